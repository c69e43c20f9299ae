//! The rules in force, past and announced.

use diesel::prelude::*;
use serde_json::json;
use xinwu_both::both;
use xinwu_persistence::credit::scheme;
use xinwu_persistence::schema::{current_grade, scheme_version};

use crate::facts::{COMMUNITY, FIRM, OTHER};
use crate::harness::TestApp;

/// The demo scheme with a base of 80, in force from 2026-12-01.
fn announce_second_version(app: &TestApp) {
    let text = include_str!("../../schemes/dalian-demo/1.toml")
        .replacen("version = 1", "version = 2", 1)
        .replacen("effective_from = 2020-01-01", "effective_from = 2026-12-01", 1)
        .replacen("value = 60", "value = 80", 1);
    app.db()
        .write_blocking(move |tx| {
            diesel::insert_into(scheme_version::table)
                .values((
                    scheme_version::scheme.eq("dalian-demo"),
                    scheme_version::version.eq(2),
                    scheme_version::text.eq(&text),
                    scheme_version::effective_from.eq("2026-12-01"),
                    scheme_version::place.eq("2102"),
                    scheme_version::announced_at.eq(tx.now_utc()),
                ))
                .execute(tx.conn)?;
            tx.changed(xinwu_domain::entity::Entity::Scheme, "dalian-demo");
            Ok(())
        })
        .unwrap();
}

#[both]
fn the_shipped_schemes_are_there_and_are_not_added_twice(app: TestApp) {
    let page = app.get("/v1/schemes?count=true").expect(200).json();
    assert_eq!(page["page"]["total"], 10);
    assert_eq!(page["items"][0]["id"], "dalian-demo");
    assert_eq!(page["items"][0]["primary_for"], json!(["firm", "project"]));
    assert_eq!(page["items"][0]["version_in_force"], 1);
    let ids: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..3], ["dalian-demo", "guancheng-star", "jianggan-shuangbaifen"]);
    assert_eq!(ids[6], "shandong-2019");
    let english = app.get("/v1/schemes/shandong-2019").english().expect(200).json();
    assert_eq!(english["title"], "Shandong property firms' credit (2019)");
    let again = app.db().write_blocking(scheme::install_shipped).unwrap();
    assert_eq!(again, Vec::<String>::new());
    let first = app.get("/v1/schemes?limit=1").expect(200).json();
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    assert_eq!(
        app.get(&format!("/v1/schemes?limit=1&cursor={cursor}")).expect(200).json()["items"][0]["id"],
        "guancheng-star"
    );
}

#[both]
fn a_version_shows_its_rules_and_its_source(app: TestApp) {
    let reply = app.get("/v1/schemes/dalian-demo/versions/1").expect(200);
    let version = reply.json();
    assert_eq!(version["state"], "in_force");
    assert!(version["own_numbers"].as_str().unwrap().contains("权重"));
    assert_eq!(version["bands"][1], json!({"grade": "AA", "scores": "[80, 85)"}));
    let components = version["components"].as_array().unwrap();
    let rewards = components.iter().find(|component| component["id"] == "rewards").unwrap();
    assert_eq!(
        (&rewards["at_most"], &rewards["groups"][0]["items"][0]["points"]["state"]),
        (&json!(40), &json!("10"))
    );
    let score = components.iter().find(|component| component["id"] == "score").unwrap();
    assert_eq!(score["parts"][0], json!({"of": "file", "times": 0.4}));
    assert!(version["text"].as_str().unwrap().contains("[[component]]"));
    app.get("/v1/schemes/dalian-demo/versions/1").header("If-None-Match", reply.etag()).expect(304);
    app.get("/v1/schemes/dalian-demo/versions/2").refused(404, "not_found");
    // Of one object there is one path.
    for other in ["x", "01", "+1", "1.0"] {
        let refused =
            app.get(&format!("/v1/schemes/dalian-demo/versions/{other}")).refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("n".into(), "invalid".into())], "{other}");
    }
    app.get("/v1/schemes/none").refused(404, "not_found");
}

#[both]
fn other_cities_rules_grade_nobody_here_and_a_districts_own_grades_who_is_there(app: TestApp) {
    app.put_firm(FIRM);
    app.put_firm(OTHER);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let schemes = |uscc: &'static str| -> Vec<String> {
        app.db()
            .read_blocking(move |conn| {
                Ok(current_grade::table
                    .filter(current_grade::subject_id.eq(uscc))
                    .order(current_grade::scheme)
                    .select(current_grade::scheme)
                    .load(conn)?)
            })
            .unwrap()
    };
    assert_eq!(schemes(FIRM), ["dalian-demo"]);
    let district = &COMMUNITY[..6];
    let text = include_str!("../../schemes/lanshan/1.toml")
        .replacen("id = \"lanshan\"", "id = \"district\"", 1)
        .replacen("place = \"371103\"", &format!("place = \"{district}\""), 1);
    app.db()
        .write_blocking(move |tx| {
            diesel::insert_into(scheme_version::table)
                .values((
                    scheme_version::scheme.eq("district"),
                    scheme_version::version.eq(1),
                    scheme_version::text.eq(&text),
                    scheme_version::effective_from.eq("2020-01-01"),
                    scheme_version::place.eq(&COMMUNITY[..6]),
                    scheme_version::announced_at.eq(tx.now_utc()),
                ))
                .execute(tx.conn)?;
            tx.changed(xinwu_domain::entity::Entity::Scheme, "district");
            Ok(())
        })
        .unwrap();
    app.tick();
    assert_eq!(schemes(FIRM), ["dalian-demo", "district"]);
    assert_eq!(schemes(OTHER), ["dalian-demo", "district"], "it is registered there");
    // The city's stays the primary one.
    assert_eq!(app.grade_at("/v1/firms/91219900MA0000001A/evaluation").1, json!(60));
    assert_eq!(
        app.get("/v1/firms/91219900MA0000001A/evaluation").expect(200).json()["scheme"],
        "dalian-demo"
    );
}

#[both]
fn a_new_version_grades_from_its_first_day_on(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    announce_second_version(&app);
    app.tick();
    let scheme = app.get("/v1/schemes/dalian-demo").expect(200).json();
    assert_eq!(
        (&scheme["version_in_force"], &scheme["versions"][0]["state"]),
        (&json!(1), &json!("announced"))
    );
    let path = "/v1/firms/91219900MA0000001A/evaluation";
    assert_eq!(app.grade_at(path).1, json!(60));
    app.set_time("2026-12-10T02:00:00Z");
    app.tick();
    assert_eq!(app.grade_at(path), ("evaluated".to_owned(), json!(80), json!("AA")));
    assert_eq!(app.grade_at(&format!("{path}?as_of=2026-11-30")).1, json!(60));
    let newest = app
        .get("/v1/firms/91219900MA0000001A/evaluations?scheme=dalian-demo&limit=1")
        .expect(200)
        .json()["items"][0]
        .clone();
    assert_eq!(
        (&newest["scheme_version"], &newest["effective_from"]),
        (&json!(2), &json!("2026-11-30T16:00:00Z"))
    );
    assert_eq!(newest["cause"], json!({"kind": "scheme", "id": "dalian-demo/2", "text": "评分办法变化"}));
    assert_eq!(app.get("/v1/schemes/dalian-demo").expect(200).json()["versions"][1]["state"], "past");
}
