//! The guide for those who use the data (`docs/integrators.md`) is true: its lines of shell run in
//! one shell, from top to bottom; `make client-test` runs those in TypeScript and Python.

use indicatif::ProgressBar;
use xinwu_api::demo::{self, Size};
use xinwu_both::both;

use crate::admin_cookbook::{paste, script};
use crate::harness::TestApp;

const ENGLISH: &str = include_str!("../../docs/integrators.md");
const CHINESE: &str = include_str!("../../docs/integrators.zh-CN.md");

#[both]
fn every_line_of_shell_in_the_guide_runs(app: TestApp) {
    demo::fill(&app.state, Size::SMALL, &ProgressBar::hidden()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let said = paste(&script(ENGLISH), folder.path(), &[("XINWU", app.base.as_str())]);
    for part in [
        "\"eligibility\":\"allowed\"",
        "\"as_of\":\"2026-11-20T15:59:59.999999Z\"",
        "\"as_of\":\"2026-11-20T08:00:00Z\"",
        "\"credit_as_of\":{",
        "\"credit_as_of\":null",
        "\"source\":\"base\"",
        "\"coverage\":{",
        "{\"kind\":\"head\",\"format\":2,",
        "{\"items\":[],\"cursor\":\"",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    let (firms, black) = (read("firms.csv"), read("black.csv"));
    assert!(firms.starts_with("\u{feff}统一社会信用代码,企业名称,") && firms.lines().count() > 10, "{firms}");
    assert!(black.starts_with("\u{feff}list,uscc,name,"), "{black}");
}

/// The blocks of code of a guide, with their languages.
pub fn blocks(guide: &str) -> Vec<&str> {
    let blocks: Vec<&str> = guide.split("```").skip(1).step_by(2).collect();
    assert_eq!(guide.matches("```").count(), blocks.len() * 2);
    blocks
}

#[test]
fn both_guides_have_the_same_examples_all_of_which_are_run() {
    assert_eq!(blocks(ENGLISH), blocks(CHINESE));
    let languages: Vec<&str> =
        blocks(ENGLISH).into_iter().map(|block| block.split('\n').next().unwrap()).collect();
    for language in ["sh", "ts", "python"] {
        assert!(languages.iter().filter(|each| **each == language).count() >= 3, "{languages:?}");
    }
    assert!(languages.iter().all(|each| ["sh", "ts", "python"].contains(each)), "{languages:?}");
}
