//! What `deploy/` and the files beside it say of the service.

use std::collections::BTreeSet;
use std::path::Path;

use crate::layers::rust_files;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `deploy/example.env` is copied to `.env`, which holds the master secret.
#[test]
fn secrets_are_ignored_by_git_and_by_docker() {
    for name in [".gitignore", ".dockerignore"] {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        for pattern in [".env", ".env.*", "*.secret", "*.db", "*.db-*"] {
            assert!(text.lines().any(|line| line == pattern), "{name} lacks {pattern}");
        }
    }
}

/// The words of `text` that begin with `xinwu_`.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("xinwu_")).collect()
}

#[test]
fn each_alarm_is_of_a_metric_that_the_service_has_and_is_explained() {
    let alarms = include_str!("../../deploy/alarms.yaml");
    let document = include_str!("../../docs/operations.md");
    let mut files = Vec::new();
    for folder in ["api/src", "persistence/src", "persistence/store/src"] {
        rust_files(&root().join(folder), &mut files);
    }
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let metrics = metrics_in(alarms);
    assert!(metrics.len() > 5, "{metrics:?}");
    for metric in metrics {
        assert!(code.contains(&format!("\"{metric}\"")), "the service has no {metric}");
    }
    for alarm in alarms.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(
            document.contains(&format!("| `{alarm}` |")),
            "docs/operations.md does not say what {alarm} asks for"
        );
    }
}
