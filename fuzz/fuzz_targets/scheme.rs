//! Any text is read as a scheme or refused with faults; whatever is read can be shown and grades an
//! empty file.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use xinwu_domain::catalogue::Catalogue;
use xinwu_domain::evaluation::{File, evaluate, sum_of_items};
use xinwu_domain::scheme::Scheme;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::read(include_str!("../../schemes/catalogue.toml"), "catalogue.toml").expect("the catalogue is read")
});

fuzz_target!(|text: &str| {
    match Scheme::read(text, "scheme.toml", &CATALOGUE) {
        Err(faults) => assert!(!faults.is_empty(), "refused without a fault"),
        Ok(scheme) => {
            let now = "2026-11-21T04:00:00Z".parse().expect("an instant");
            for kind in &scheme.subjects {
                let file = File::new(*kind, "subject", "Asia/Shanghai".parse().expect("a zone"));
                let evaluation = evaluate(&scheme, &file, now, now);
                assert_eq!(sum_of_items(&evaluation), evaluation.score.unwrap_or_default());
                serde_json::to_string(&evaluation).expect("an evaluation is shown");
            }
        }
    }
});
