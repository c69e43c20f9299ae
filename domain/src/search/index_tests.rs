use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::MatchKind;
use super::super::reference::Name;
use super::*;

fn entry(id: u32, names: &[&str], codes: &[&str]) -> IndexEntry {
    IndexEntry::new(&id.to_string(), names, codes.iter().map(|code| (*code).to_owned()).collect())
}

fn found(index: &Index, query: &str) -> Vec<(u32, Relevance)> {
    let found = index.find(&Query::parse(query).unwrap());
    let mut found: Vec<_> = found
        .into_iter()
        .enumerate()
        .filter_map(|(position, relevance)| Some((relevance?, position)))
        .collect();
    found.sort_unstable();
    let id = |position: usize| index.get(position).unwrap().id.parse().unwrap();
    found.into_iter().map(|(relevance, position)| (id(position), relevance)).collect()
}

fn ids(index: &Index, query: &str) -> Vec<u32> {
    found(index, query).into_iter().map(|(id, _)| id).collect()
}

fn index() -> Index {
    Index::new(vec![
        entry(1, &["大连万科物业服务有限公司", "万科物业", "大连卓越物业"], &["91210200241281392F"]),
        entry(2, &["大连亿达物业管理有限公司", "亿达物业"], &["91210200716996405L"]),
        entry(3, &["万科"], &[]),
        entry(4, &["幸福ｅ家"], &["210202001001"]),
    ])
}

#[test]
fn an_entry_is_found_by_each_name_and_code() {
    let index = index();
    assert_eq!(ids(&index, "万科"), [3, 1]);
    assert_eq!(ids(&index, "zhuoyue"), [1]);
    assert_eq!(ids(&index, "yidawy"), [2]);
    assert_eq!(ids(&index, "xfej"), [4]);
    assert_eq!(ids(&index, "91210200716996405l"), [2]);
    assert_eq!(ids(&index, "912102002"), [1]);
    assert_eq!(ids(&index, "2102"), [4, 1, 2]);
    assert_eq!(ids(&index, "沈阳"), [0; 0]);
    let exact = found(&index, "91210200716996405L");
    assert_eq!(exact.first().map(|(_, relevance)| relevance.kind), Some(MatchKind::Exact));
}

#[test]
fn a_query_is_not_put_together_from_two_names() {
    let index = Index::new(vec![entry(1, &["万科", "物业"], &[])]);
    assert_eq!(ids(&index, "万科物业"), [0; 0]);
}

#[test]
fn entries_are_added_and_replaced() {
    let index = index();
    assert!(index.with(vec![]).is_none() && index.with(vec![entry(3, &["万 科"], &[])]).is_none());
    let changed = index.with(vec![entry(1, &["大连保利物业"], &[]), entry(3, &["万科"], &[])]).unwrap();
    assert_eq!((ids(&changed, "万科"), ids(&changed, "保利"), changed.entries.len()), (vec![3], vec![1], 4));
    let more = changed.with(vec![entry(5, &["万科"], &[]), entry(4, &["幸福ｅ家"], &["1234"])]).unwrap();
    assert_eq!((ids(&more, "万科"), ids(&more, "1234"), more.entries.len()), (vec![3, 5], vec![4], 5));
    assert_eq!(ids(&index, "万科"), [3, 1]);
}

#[test]
fn equally_good_ones_are_in_the_order_of_their_names() {
    let index = Index::new(vec![
        entry(1, &["中海花园"], &[]),
        entry(2, &["保利花园"], &[]),
        entry(3, &["保利花园"], &[]),
    ]);
    assert_eq!(ids(&index, "花园"), [2, 3, 1]);
    let positions = |name: &str, id: &str| {
        (index.position_from(&sort_key(name), id), index.position_after(&sort_key(name), id))
    };
    assert_eq!(
        [positions("安", "1"), positions("保利花园", "2"), positions("保利花园", "9")],
        [(0, 0), (0, 1), (2, 2)]
    );
    assert_eq!(positions("中海花园", "1"), (2, 3));
    assert_eq!((index.position("3"), index.position("4")), (Some(1), None));
}

/// Prints the time a search takes; run with `--ignored --nocapture` on an optimised build.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement")]
fn how_long_a_search_takes() {
    let parts = [
        "万", "科", "大", "连", "保", "利", "中", "海", "恒", "绿", "城", "花", "园", "幸", "福", "阳", "光",
        "新",
    ];
    let part = |id: u32, step: u32| parts[(id / step) as usize % parts.len()];
    let firm = |id: u32| {
        let short = format!("{}{}{}物业", part(id, 1), part(id, 18), part(id, 324));
        let name = format!("大连{short}{}有限公司", if id.is_multiple_of(2) { "管理" } else { "服务" });
        entry(id, &[&name, &short], &[&format!("9121990{id:011}")])
    };
    for (kind, entries) in [
        ("1,800 firms", (0..1_800).map(firm).collect::<Vec<IndexEntry>>()),
        ("5,000 firms", (0..5_000).map(firm).collect()),
        (
            "2,600 estates",
            (0..2_600)
                .map(|id| {
                    entry(
                        id,
                        &[&format!("{}{}{}家园", part(id, 1), part(id, 18), part(id, 324))],
                        &[&format!("210202{id:06}")],
                    )
                })
                .collect(),
        ),
    ] {
        let start = Instant::now();
        let index = Index::new(entries);
        println!("{kind}: made in {:?}, {} parts", start.elapsed(), index.parts.len());
        for text in ["万科", "wanke", "wk", "dlwkwy", "物业", "wuye", "wy", "912199000004", "xyz", "沈阳"]
        {
            let query = Query::parse(text).unwrap();
            let mut times: Vec<Duration> = (0..101)
                .map(|_| {
                    let start = Instant::now();
                    std::hint::black_box(index.find(&query));
                    start.elapsed()
                })
                .collect();
            times.sort_unstable();
            println!("{kind}: {text}: {:?} for {}", times[50], ids(&index, text).len());
        }
    }
}

proptest! {
    #[test]
    fn the_index_finds_what_each_name_alone_matches(
        names in proptest::collection::vec(proptest::collection::vec("[万科大连绿城西安长昂e3]{0,5}", 1..3), 0..20),
        query in "[万科大连西wkdlvanexichg3]{1,5}",
    ) {
        let entries = (0_u32..).zip(&names).map(|(id, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            entry(id, &names, &[])
        });
        let index = Index::new(entries.collect());
        let query = Query::parse(&query).unwrap();
        for (position, found) in index.find(&query).into_iter().enumerate() {
            let id: usize = index.get(position).unwrap().id.parse().unwrap();
            let expected = names[id].iter().filter_map(|name| Name::new(name).matches(&query)).min();
            prop_assert_eq!(found, expected, "{:?} {:?}", &names[id], query.text());
        }
    }
}
