use std::time::{Duration, Instant};

use proptest::prelude::*;
use xinwu_domain::search::IndexEntry;
use xinwu_store::change_feed::Change;

use super::rows::Term;
use super::*;

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();

/// A firm by its names; an estate by its name, with the firms that serve it and whether they still
/// do.
type Firm = Vec<String>;
type Estate = (String, Vec<(usize, bool)>);

fn firm_entry(number: usize, names: &[String]) -> IndexEntry {
    let uscc = format!("9121{number:014}");
    IndexEntry::new(&uscc, names, vec![uscc.clone()])
}

fn estate_entry(number: usize, name: &str) -> IndexEntry {
    IndexEntry::new(&format!("E{number}"), &[name], vec![])
}

fn term((firm, is_current): (usize, bool)) -> Term {
    Term {
        uscc: format!("9121{firm:014}"),
        starts_on: NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(),
        ends_on: TODAY.pred_opt().filter(|_| !is_current),
    }
}

fn search(firms: &[Firm], estates: &[Estate]) -> Search {
    let terms = |(number, (_, terms)): (usize, &Estate)| {
        (format!("E{number}"), terms.iter().copied().map(term).collect())
    };
    let names = Names {
        firms: Index::new(
            firms.iter().enumerate().map(|(number, names)| firm_entry(number, names)).collect(),
        ),
        estates: Index::new(
            estates.iter().enumerate().map(|(number, (name, _))| estate_entry(number, name)).collect(),
        ),
        terms: estates.iter().enumerate().map(terms).collect(),
        ..Names::default()
    };
    Search { names: RwLock::new(names), ..Search::default() }
}

/// Each firm and each estate looked at alone, and everything sorted.
fn naively(firms: &[Firm], estates: &[Estate], query: &Query) -> Vec<String> {
    let fit = |entry: IndexEntry| Index::new(vec![entry]).find(query)[0].map(Relevance::key);
    let mut all: Vec<(i64, Arc<str>, Arc<str>)> = Vec::new();
    for (number, names) in firms.iter().enumerate() {
        let through = estates.iter().enumerate().filter(|(_, (_, terms))| terms.contains(&(number, true)));
        let through = through.filter_map(|(estate, (name, _))| fit(estate_entry(estate, name))).min();
        let entry = firm_entry(number, names);
        let relevance = fit(entry.clone()).or(through.map(|relevance| THROUGH_ESTATE + relevance));
        all.extend(relevance.map(|relevance| (relevance, entry.sort_key, entry.id)));
    }
    all.sort();
    all.into_iter().map(|(_, _, uscc)| uscc.to_string()).collect()
}

fn page_by_page(search: &Search, query: &Query, descending: bool, most: usize) -> Vec<String> {
    let (mut found, mut after): (Vec<String>, Option<Keys>) = (Vec::new(), None);
    loop {
        let page = search.firms(query, TODAY, &Part { after: after.as_ref(), descending, most });
        let Some(last) = page.last() else { return found };
        assert!(page.len() <= most);
        after = Some(last.keys());
        found.extend(page.iter().map(|each| each.id.to_string()));
    }
}

proptest! {
    #[test]
    fn the_pages_together_are_the_whole_list_as_a_naive_scan_gives_it(
        firms in proptest::collection::vec(proptest::collection::vec("[万科大连物业]{1,4}", 1..3), 1..15),
        estates in proptest::collection::vec(("[万科大连家园]{1,3}", proptest::collection::vec((0_usize..15, any::<bool>()), 0..3)), 0..8),
        query in "[万科大物wkdlj]{1,3}", most in 1_usize..5,
    ) {
        let search = search(&firms, &estates);
        let query = Query::parse(&query).unwrap();
        let mut expected = naively(&firms, &estates, &query);
        prop_assert_eq!(&page_by_page(&search, &query, false, most), &expected);
        let all: Vec<String> = search.firms(&query, TODAY, &Part::ALL).iter().map(|each| each.id.to_string()).collect();
        prop_assert_eq!(&all, &expected);
        expected.reverse();
        prop_assert_eq!(&page_by_page(&search, &query, true, most), &expected);
    }
}

#[test]
fn no_more_than_the_best_five_thousand_are_found_in_either_direction() {
    let firms: Vec<Firm> = (0..MOST_FOUND + 10).map(|number| vec![format!("万科{number:05}")]).collect();
    let search = search(&firms, &[("万科".to_owned(), vec![(7, true)])]);
    let query = Query::parse("wk").unwrap();
    let forwards = page_by_page(&search, &query, false, 999);
    let mut backwards = page_by_page(&search, &query, true, 999);
    backwards.reverse();
    assert_eq!((forwards.len(), &forwards), (MOST_FOUND, &backwards));
    assert_eq!(forwards.last().map(String::as_str), Some("912100000000004999"));
}

#[test]
fn names_that_are_being_read_are_not_up_to_date() {
    let search = Search::default();
    assert!(!search.is_up_to_date());
    search.read.store(1, Ordering::SeqCst);
    assert!(search.is_up_to_date());
    let change = |entity| Change { entity, id: "1".to_owned() };
    search.mark(ChangeSet::Changed(&[change(Entity::Scheme)]));
    assert!(search.is_up_to_date());
    search.mark(ChangeSet::Changed(&[change(Entity::Firm)]));
    let taken = std::mem::take(&mut *lock(&search.dirty));
    assert_eq!(taken.firms.len(), 1);
    assert!(!search.is_up_to_date());
}

/// Prints the time it takes to find a page of 20; run with `--ignored --nocapture` on an optimised
/// build.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement")]
fn how_long_finding_a_page_takes() {
    let parts = [
        "万", "科", "大", "连", "保", "利", "中", "海", "恒", "绿", "城", "花", "园", "幸", "福", "阳", "光",
        "新",
    ];
    let name = |id: usize| [1, 18, 324].map(|step| parts[(id / step) % parts.len()]).concat();
    let firms: Vec<Firm> = (0..1_800)
        .map(|id| vec![format!("大连{}物业管理有限公司", name(id)), format!("{}物业", name(id))])
        .collect();
    let estates: Vec<Estate> = (0..2_600)
        .map(|id| (format!("{}花园", name(id * 2)), vec![(id % 1_800, true), ((id + 1) % 1_800, false)]))
        .collect();
    let search = search(&firms, &estates);
    for text in ["万科", "wanke", "wk", "物业", "wuye", "wy", "花园", "huayuan", "hy", "xyz", "沈阳"]
    {
        let query = Query::parse(text).unwrap();
        let part = Part { after: None, descending: false, most: 21 };
        let mut times: Vec<Duration> = (0..101)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(search.firms(&query, TODAY, &part));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("{text}: {:?} for a page of {}", times[50], search.firms(&query, TODAY, &Part::ALL).len());
    }
}
