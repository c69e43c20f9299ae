use proptest::prelude::*;

use super::MatchKind::{Exact, Initials, Pinyin, Prefix, Substring};
use super::*;
use crate::search::{Index, IndexEntry};

fn fit(name: &str, query: &Query) -> Option<Relevance> {
    Index::new(vec![IndexEntry::new("1", &[name], vec![])]).find(query).into_iter().flatten().next()
}

fn relevance(name: &str, query: &str) -> Option<Relevance> {
    fit(name, &Query::parse(query).unwrap())
}

fn kind(name: &str, query: &str) -> Option<MatchKind> {
    relevance(name, query).map(|relevance| relevance.kind)
}

#[test]
fn a_name_is_found_in_every_way_of_typing_it() {
    let name = "大连万科物业服务有限公司";
    for (query, expected) in [
        ("大连万科物业服务有限公司", Exact),
        ("大连 万科物业服务有限公司", Exact),
        ("大连", Prefix),
        ("万科", Substring),
        ("万科物业", Substring),
        ("dalianwanke", Pinyin),
        ("wanke", Pinyin),
        ("WanKe", Pinyin),
        ("wan ke", Pinyin),
        ("ｗａｎｋｅ", Pinyin),
        ("wank", Pinyin),
        ("dalianwan", Pinyin),
        ("wanke物业", Pinyin),
        ("大连wanke", Pinyin),
        ("dlwk", Initials),
        ("大连wk", Initials),
        ("wkwy", Initials),
        ("dalianwk", Initials),
        ("dlwanke", Initials),
        ("dlwk物业", Initials),
        ("w", Initials),
    ] {
        assert_eq!(kind(name, query), Some(expected), "{query}");
    }
    for query in ["万达", "wankx", "dlkw", "沈阳", "大万", "科万", "dalianwuye", "1", "wanke1"] {
        assert_eq!(kind(name, query), None, "{query}");
    }
}

#[test]
fn full_width_and_half_width_are_the_same() {
    for query in ["幸福ｅ家", "幸福e家", "幸福E家", "xfej", "xingfuejia", "福e", "xingfue家"] {
        assert!(kind("幸福ｅ家", query).is_some(), "{query}");
        assert_eq!(relevance("幸福ｅ家", query), relevance("幸福e家", query), "{query}");
    }
}

#[test]
fn every_reading_of_a_character_finds_it() {
    for query in ["changchun", "zhangchun", "cc", "zc", "zhc"] {
        assert!(kind("长春", query).is_some(), "{query}");
    }
    for query in ["chongqing", "zhongqing"] {
        assert_eq!(kind("重庆", query), Some(Pinyin), "{query}");
    }
    for query in ["lvcheng", "lucheng", "lücheng", "lc"] {
        assert!(kind("绿城", query).is_some(), "{query}");
    }
}

#[test]
fn syllables_that_can_be_cut_in_two_ways_are_found_in_both() {
    assert_eq!(kind("西安花园", "xian"), Some(Pinyin));
    assert_eq!(kind("先锋花园", "xian"), Some(Pinyin));
    assert_eq!(kind("西安花园", "xianhuayuan"), Some(Pinyin));
    // Typed in full by one way of cutting, with initials by another.
    assert_eq!(kind("大安啊", "daan"), Some(Pinyin));
}

#[test]
fn digits_and_letters_are_as_written() {
    assert_eq!(kind("大有恬园3期", "3期"), Some(Substring));
    assert_eq!(kind("大有恬园3期", "ty3q"), Some(Initials));
    assert_eq!(kind("SOHO公寓", "soho"), Some(Prefix));
    assert_eq!(kind("SOHO公寓", "oho公"), Some(Substring));
    assert_eq!(kind("大有恬园（三期）", "恬园三期"), Some(Substring));
}

#[test]
fn the_better_fit_comes_first() {
    let order = |query: &str, names: &[&str]| {
        let found: Vec<_> = names.iter().map(|name| relevance(name, query).unwrap()).collect();
        assert!(found.is_sorted_by(|left, right| left < right), "{query}: {found:?}");
    };
    order("万科", &["万科", "万科城", "万科城物业", "大连万科", "大连万科城"]);
    order("wanke", &["wanke", "wanke城", "万科", "大连万科"]);
    order("wk", &["大连wk", "万科", "万科城", "大连万科"]);
}

#[test]
fn the_key_has_the_order_of_the_relevance() {
    let all: Vec<Relevance> =
        [(Exact, 0, 5), (Prefix, 0, 9), (Substring, 1, 2), (Substring, 2, 1), (Initials, 0, 1)]
            .map(|(kind, position, length)| Relevance { kind, position, length })
            .to_vec();
    assert!(all.is_sorted() && all.iter().map(|relevance| relevance.key()).is_sorted());
    assert_eq!(Relevance::new(Exact, 100_000, 100_000).position, u16::MAX);
}

#[test]
fn hostile_queries_end() {
    let name = "安昂安啊".repeat(300);
    assert!(relevance(&name, &"anangana".repeat(8)).is_some());
    assert!(relevance(&name, &"a".repeat(64)).is_some());
    assert!(relevance(&name, &format!("{}nn", "a".repeat(62))).is_none());
    assert!(relevance("", "a").is_none());
}

#[test]
fn marks_that_meet_when_punctuation_goes_are_put_in_their_order() {
    let query = Query::parse("\u{f71}:\u{c55}").unwrap();
    assert_eq!(fit(&query.text(), &query).map(|found| found.kind), Some(Exact));
}

proptest! {
    #[test]
    fn every_part_of_a_name_finds_it_as_characters_pinyin_and_initials(
        name in "[一-龥]{1,12}", start in 0_usize..12, length in 1_usize..8, reading in 0_usize..4,
    ) {
        // Traditional ones are read as the simplified ones that they are found by.
        let characters: Vec<char> = crate::typed::search(&name).chars().collect();
        let start = start % characters.len();
        let part = &characters[start..(start + length).min(characters.len())];
        let readings: Vec<Vec<&str>> = part.iter().map(|character| super::readings(*character)).collect();
        // A few characters of the range have no reading.
        prop_assume!(readings.iter().all(|readings| !readings.is_empty()));
        let read: Vec<&str> = readings.iter().map(|readings| readings[reading % readings.len()]).collect();
        let written: String = part.iter().collect();
        let initials: String = read.iter().map(|reading| &reading[..1]).collect();
        let mixed: String = part.iter().zip(&read).enumerate()
            .map(|(place, (character, reading))| match place % 3 {
                0 => (*reading).to_owned(),
                1 => character.to_string(),
                _ => reading[..1].to_owned(),
            }).collect();
        prop_assert!(kind(&name, &written).unwrap() <= Substring);
        prop_assert!(kind(&name, &read.concat()).unwrap() <= Pinyin);
        prop_assert!(kind(&name, &initials).is_some());
        prop_assert!(kind(&name, &mixed).is_some());
    }

    #[test]
    fn any_name_and_query_are_answered(name in any::<String>(), query in any::<String>()) {
        if let Some(query) = Query::parse(&query) {
            let _relevance = fit(&name, &query);
            let whole = Some(Exact).filter(|_| !query.text().is_empty());
            prop_assert_eq!(fit(&query.text(), &query).map(|found| found.kind), whole);
        }
    }
}
