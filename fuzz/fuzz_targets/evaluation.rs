//! Any file that can be read is evaluated by a shipped scheme (the first byte says which): the
//! lines sum to the score, in public too, nothing that is learnt later changes a byte, and the next
//! change lies ahead.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use xinwu_domain::catalogue::Catalogue;
use xinwu_domain::evaluation::{File, evaluate, public, sum_of_items};
use xinwu_domain::scheme::Scheme;

/// Every scheme that comes with the program.
static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file that comes with the program");
    let catalogue = Catalogue::read(&read(&folder.join("catalogue.toml")), "catalogue.toml");
    let catalogue = catalogue.expect("the catalogue is read");
    let mut texts: Vec<String> = Vec::new();
    for scheme in folder.read_dir().expect("the schemes' folder").flatten().filter(|entry| entry.path().is_dir()) {
        texts.extend(scheme.path().read_dir().expect("a scheme's folder").flatten().map(|version| read(&version.path())));
    }
    assert!(texts.len() >= 10, "the schemes are found");
    texts.sort();
    texts.iter().map(|text| Scheme::read(text, "scheme.toml", &catalogue).expect("a shipped scheme is read")).collect()
});

fuzz_target!(|data: &[u8]| {
    let Some((which, json)) = data.split_first() else { return };
    let Ok(file) = serde_json::from_slice::<File>(json) else { return };
    let scheme = &SCHEMES[usize::from(*which) % SCHEMES.len()];
    let now = "2026-11-21T04:00:00Z".parse().expect("an instant");
    let evaluation = evaluate(scheme, &file, now, now);
    assert_eq!(sum_of_items(&evaluation), evaluation.score.unwrap_or_default(), "the lines sum to the score");
    assert!(evaluation.next_change_on.is_none_or(|next| next > now), "the next change lies ahead");
    let shown = public(&evaluation, |id| id.len() % 2 == 0);
    assert_eq!(sum_of_items(&shown), evaluation.score.unwrap_or_default(), "the public lines sum to the score");
    let told = serde_json::to_string(&evaluation).expect("an evaluation is shown");
    let mut unlearnt = file;
    unlearnt.records.retain(|row| row.known_from <= now);
    unlearnt.assessments.retain(|row| row.known_from <= now);
    unlearnt.increments.retain(|row| row.known_from <= now);
    unlearnt.closings.retain(|closing| closing.closed_at <= now);
    unlearnt.metrics.retain(|row| row.known_from <= now);
    let again = serde_json::to_string(&evaluate(scheme, &unlearnt, now, now)).expect("an evaluation is shown");
    assert_eq!(told, again, "what is learnt later changes a byte");
});
