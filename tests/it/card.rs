//! A firm's card.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Language;
use xinwu_persistence::credit::current_grade;
use xinwu_persistence::lookup::firm_card;
use xinwu_store::Conn;

use crate::harness::world::{COMMUNITY, DISTRICT};

#[both]
fn the_card_has_its_fields_in_their_order(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let reply = app.get(&format!("/v1/firms/{uscc}")).expect(200);
    let keys: Vec<&str> = [
        "uscc",
        "name",
        "short_name",
        "former_names",
        "successors",
        "parent",
        "branches",
        "status",
        "registered_place",
        "demo",
        "credit",
        "other_credits",
        "service",
        "records",
        "lists",
        "projects",
        "updated_at",
    ]
    .to_vec();
    let at: Vec<usize> = keys.iter().map(|key| reply.text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(at.is_sorted(), "{}", reply.text);
    let card = reply.json();
    assert_eq!(card.as_object().unwrap().len(), keys.len());
    assert_eq!(
        (&card["credit"]["outcome"], &card["credit"]["score"], &card["credit"]["grade"]),
        (&json!("not_evaluated"), &json!(null), &json!(null))
    );
    assert_eq!(
        (&card["service"]["score"], &card["service"]["count"], &card["service"]["mean"]),
        (&json!(null), &json!(null), &json!(null))
    );
    // The clock has made no step yet; the next is Monday's.
    assert_eq!(
        (&card["service"]["reason"], &card["service"]["published_on"], &card["service"]["next_on"]),
        (&json!("waiting"), &json!(null), &json!("2026-11-23"))
    );
    app.get(&format!("/v1/firms/{uscc}")).header("If-None-Match", reply.etag()).expect(304);
}

#[both]
fn the_card_shows_grade_ratings_and_projects(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project(&estate, &uscc);
    app.increment_with(&project, "2026-11", [0, 0, 2, 4, 10], (6, 27));
    app.increment(&project, "2025-12", [0, 0, 0, 0, 4]);
    app.increment_with(&project, "2025-11", [100, 0, 0, 0, 0], (100, 100));
    app.graded(&uscc, Some(81_875), "AA");
    let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!(
        (&card["credit"]["score"], &card["credit"]["grade"], &card["credit"]["effective_from"]),
        (&json!(81.875), &json!("AA"), &json!("2026-11-01T00:00:00Z"))
    );
    // 20 ratings that give 92 stars: (24.5 + 92) / 27 = 4.3148; a month that is thirteen months old
    // does not count.
    assert_eq!(
        card["service"],
        json!({
            "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 2, "4": 4, "5": 14},
            "dimensions": {"cleaning": {"mean": 4.5, "count": 6}, "security": null, "greening": null, "maintenance": null, "attitude": null}, "reason": null,
            "published_on": "2026-11-21", "next_on": "2026-11-23"
        })
    );
    assert_eq!(card["projects"], json!({"count": 1, "area_m2": 10000}));
    let page = app.get(&format!("/v1/projects/{project}")).expect(200).json();
    assert_eq!(page["service"], card["service"]);
}

#[both]
fn a_card_by_one_statement_is_the_card_by_many(app: TestApp) {
    let (plain, renamed) = (app.firm("大连甲物业管理有限公司"), app.firm("大连乙物业管理有限公司"));
    for uscc in [&plain, &renamed] {
        let estate = app.estate(COMMUNITY, EstateKind::Professional);
        let project = app.project(&estate, uscc);
        app.graded(uscc, Some(81_875), "AA");
        app.increment_with(&project, "2026-11", [0, 0, 2, 4, 10], (6, 27));
    }
    let second = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &plain);
    app.increment(&second, "2026-10", [0, 0, 0, 9, 0]);
    app.patch(&format!("/v1/admin/firms/{renamed}"))
        .token(&app.official(Role::District, DISTRICT, false))
        .header("If-Match", "*")
        .json(&json!({"name": "大连丙物业管理有限公司"}))
        .expect(200);
    for uscc in [&plain, &renamed] {
        let subject = Subject::firm(uscc);
        app.db().write_blocking(move |tx| current_grade::refresh_tally(tx, &subject)).unwrap();
    }
    let context = app.state.city().context(Language::Chinese, app.now());
    let read = |uscc: &str| {
        let uscc = uscc.to_owned();
        let both = move |conn: &mut Conn| {
            Ok((
                firm_card::card_single_statement(conn, &uscc, &context)?,
                firm_card::card(conn, &uscc, &context)?,
            ))
        };
        app.db().read_blocking(both).unwrap()
    };
    let (by_one, by_many) = read(&plain);
    assert_eq!((by_one.unwrap(), by_many.0.projects.count), (by_many.clone(), 2));
    // A former name is a row of another table.
    let (by_one, by_many) = read(&renamed);
    assert_eq!((by_one, by_many.0.former_names.len()), (None, 1));
    for (uscc, count) in [(&plain, 25), (&renamed, 16)] {
        assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["service"]["count"], count);
    }
}

#[both]
fn a_firm_shows_what_its_projects_have_published_together(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let [first, second, unrated] =
        [(); 3].map(|()| app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc));
    let service = |path: String| {
        let service: Value = app.get(&path).expect(200).json()["service"].clone();
        (service["count"].clone(), service["score"].clone(), service["reason"].clone())
    };
    let waits = || (json!(null), json!(null), json!("waiting"));
    assert_eq!(
        (service(format!("/v1/firms/{uscc}")), service(format!("/v1/projects/{first}"))),
        (waits(), waits())
    );
    app.increment(&first, "2026-11", [1, 1, 0, 1, 2]);
    app.increment(&second, "2026-10", [0, 0, 0, 10, 0]);
    // (24.5 + 17) / 12, (24.5 + 40) / 17, and together (24.5 + 57) / 22.
    let told = |count: i64, score: f64| (json!(count), json!(score), json!(null));
    assert_eq!(service(format!("/v1/projects/{first}")), told(5, 3.4583));
    assert_eq!(service(format!("/v1/projects/{second}")), told(10, 3.7941));
    assert_eq!(service(format!("/v1/projects/{unrated}")), waits());
    assert_eq!(service(format!("/v1/firms/{uscc}")), told(15, 3.7045));
}
