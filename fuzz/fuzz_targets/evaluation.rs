//! Any file that can be read is evaluated by a shipped scheme (the first byte says which): the lines sum to the score, in public too, nothing that is
//! learnt later changes a byte, and the next change lies ahead.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use xinwu_domain::catalogue::Catalogue;
use xinwu_domain::evaluation::{File, evaluate, public, sum_of_items};
use xinwu_domain::scheme::Scheme;

const TEXTS: [&str; 10] = [
    include_str!("../../schemes/dalian-demo/1.toml"),
    include_str!("../../schemes/guancheng-star/1.toml"),
    include_str!("../../schemes/jianggan-shuangbaifen/1.toml"),
    include_str!("../../schemes/lanshan/1.toml"),
    include_str!("../../schemes/lianyungang/1.toml"),
    include_str!("../../schemes/nanning-2024/1.toml"),
    include_str!("../../schemes/shandong-2019/1.toml"),
    include_str!("../../schemes/wuhan-five-star/1.toml"),
    include_str!("../../schemes/wuxi-managers/1.toml"),
    include_str!("../../schemes/yantai-2022/1.toml"),
];

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let catalogue = Catalogue::read(include_str!("../../schemes/catalogue.toml"), "catalogue.toml");
    let catalogue = catalogue.expect("the catalogue is read");
    TEXTS.iter().map(|text| Scheme::read(text, "scheme.toml", &catalogue).expect("a shipped scheme is read")).collect()
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
    unlearnt.months.retain(|row| row.known_from <= now);
    unlearnt.metrics.retain(|row| row.known_from <= now);
    let again = serde_json::to_string(&evaluate(scheme, &unlearnt, now, now)).expect("an evaluation is shown");
    assert_eq!(told, again, "what is learnt later changes a byte");
});
