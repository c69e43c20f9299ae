//! Rankings of a place's firms.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::FirmStatus;

use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, plain_firm};

fn ranked(app: &TestApp, query: &str) -> Vec<(i64, f64, String)> {
    let page = app.get(&format!("/v1/rankings?{query}")).expect(200).json();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let uscc = item["firm"]["uscc"].as_str().unwrap().to_owned();
            (item["rank"].as_i64().unwrap(), item["value"].as_f64().unwrap(), uscc)
        })
        .collect()
}

#[both]
fn equal_scores_share_a_rank_also_over_pages(app: TestApp) {
    let firms: Vec<String> = (0..5).map(|n| app.firm(&format!("物业{n}"))).collect();
    for (firm, score) in firms.iter().zip([90_000, 80_500, 80_500, 70_000]) {
        app.graded(firm, Some(score), "A");
    }
    let all = ranked(&app, "by=score");
    assert_eq!(
        all.iter().map(|(rank, value, _)| (*rank, *value)).collect::<Vec<_>>(),
        [(1, 90.0), (2, 80.5), (2, 80.5), (4, 70.0)]
    );
    let mut paged = Vec::new();
    let mut next = Some("/v1/rankings?limit=1".to_owned());
    while let Some(path) = next {
        let page = app.get(&path).expect(200).json();
        paged.extend(page["items"].as_array().unwrap().iter().map(|item| item["rank"].as_i64().unwrap()));
        next = page["page"]["next_cursor"]
            .as_str()
            .map(|cursor| format!("/v1/rankings?limit=1&cursor={cursor}"));
    }
    assert_eq!(paged, [1, 2, 2, 4]);
    assert_eq!(app.get("/v1/rankings?count=true").expect(200).json()["page"]["total"], 4);
}

#[both]
fn a_place_ranks_the_firms_that_are_registered_or_work_there(app: TestApp) {
    let here = app.firm("本地物业");
    let other = app.firm_with(xinwu_domain::firm::NewFirm {
        registered_place: OTHER_DISTRICT.into(),
        ..plain_firm("外区物业")
    });
    let gone = app.firm_with(xinwu_domain::firm::NewFirm {
        status: Some(FirmStatus::Deregistered),
        ..plain_firm("注销物业")
    });
    for firm in [&here, &other, &gone] {
        app.tallied(firm, 20, 92, Some(43_148));
    }
    let firms = |place: &str| -> Vec<String> {
        ranked(&app, &format!("by=service&place={place}")).into_iter().map(|each| each.2).collect()
    };
    assert_eq!(firms(DISTRICT), std::slice::from_ref(&here));
    assert_eq!(firms(OTHER_DISTRICT), std::slice::from_ref(&other));
    app.project(&app.estate(COMMUNITY, EstateKind::Old), &other);
    app.tallied(&other, 20, 92, Some(43_148));
    assert_eq!(firms(COMMUNITY), std::slice::from_ref(&other));
    let mut both = vec![here, other];
    both.sort();
    assert_eq!(firms(DISTRICT), both);
    assert_eq!(firms("2102"), both);
    assert_eq!(ranked(&app, "by=penalties")[0].1, 1.0);
}

#[both]
fn what_is_made_up_is_refused(app: TestApp) {
    assert_eq!(
        app.get("/v1/rankings?by=luck").refused(400, "bad_parameter").faults(),
        [("by".into(), "unknown_value".into())]
    );
    assert_eq!(
        app.get("/v1/rankings?place=999999").refused(400, "bad_parameter").faults(),
        [("place".into(), "unknown_place".into())]
    );
    assert_eq!(app.get("/v1/rankings").expect(200).json()["items"], json!([]));
}

#[both]
fn a_period_that_is_over_is_ranked_by_what_was_in_effect_at_its_end(app: TestApp) {
    let firms: Vec<String> = (0..3).map(|n| app.firm(&format!("物业{n}"))).collect();
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &firms[0]);
    app.increment(&project, "2026-10", [0, 0, 0, 10, 10]);
    for (firm, score) in firms.iter().zip([70_000, 90_000, 80_000]) {
        app.in_effect(firm, 101, Some((score, "A")), "2026-12-01 02:00:00");
    }
    app.in_effect(&firms[0], 102, Some((99_000, "A")), "2027-01-01 02:00:00");
    app.set_time("2027-01-10T02:00:00Z");
    app.graded(&firms[0], Some(99_000), "A");
    let of = |query: &str| -> Vec<(i64, f64, String)> { ranked(&app, query) };
    let then = of("period=2026-Q4");
    let scores: Vec<f64> = then.iter().map(|each| each.1).collect();
    assert_eq!(scores, [90.0, 80.0, 70.0]);
    assert_eq!(then[0].2, firms[1]);
    assert_eq!(of("")[0], (1, 99.0, firms[0].clone()));
    assert_eq!(of("period=2026-Q4&by=service").len(), 1);
    assert_eq!(of("period=2026-Q3&by=service").len(), 0);
    let fault = |query: &str| {
        app.get(&format!("/v1/rankings?{query}")).refused(400, "bad_parameter").faults()[0].clone()
    };
    assert_eq!(fault("period=2027-Q1"), ("period".to_owned(), "in_future".to_owned()));
    assert_eq!(fault("period=2026-Q4&by=penalties"), ("period".to_owned(), "not_applicable".to_owned()));
}
