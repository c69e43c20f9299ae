//! The read model: credit by every scheme, lists, counts.

use diesel::prelude::*;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_persistence::lookup::card::{self, Credits};
use xinwu_persistence::schema::{list_entry, tally};

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::TestApp;

fn credits(app: &TestApp, uscc: &'static str) -> Credits {
    app.db()
        .read_blocking(move |conn| card::credits_of(conn, SubjectKind::Firm, uscc, Language::English))
        .unwrap()
}

fn shandong(app: &TestApp, uscc: &'static str) -> (Option<String>, Option<String>) {
    let others = credits(app, uscc).others;
    let credit = others.into_iter().find(|credit| credit.scheme.as_deref() == Some("shandong-2019")).unwrap();
    (credit.score.map(|score| score.normalize().to_string()), credit.grade)
}

fn lists(app: &TestApp) -> Vec<(String, String, Option<String>)> {
    app.db()
        .read_blocking(|conn| {
            Ok(list_entry::table
                .order((list_entry::list, list_entry::subject_kind, list_entry::subject_id))
                .filter(list_entry::subject_kind.eq("firm"))
                .select((list_entry::list, list_entry::subject_id, list_entry::ends_on))
                .load(conn)?)
        })
        .unwrap()
}

/// Rewards, penalties, projects and dm².
fn counts(app: &TestApp) -> (i32, i32, i32, i64) {
    app.db()
        .read_blocking(|conn| {
            Ok(tally::table
                .find(("firm", FIRM))
                .select((tally::rewards, tally::penalties, tally::projects, tally::area_dm2))
                .first(conn)?)
        })
        .unwrap()
}

#[both]
fn shandong_gives_b_below_sixty_without_a_penalty_and_c_with_one(app: TestApp) {
    app.shandong_here();
    app.put_firm(FIRM);
    app.put_firm(OTHER);
    // What nobody reported is worth the lowest steps, 24; five years in business are 10 points
    // where none are 6.
    app.put_metric(FIRM, "years_in_business", "2026-Q3", 5);
    assert_eq!(shandong(&app, FIRM), (Some("28".to_owned()), Some("B".to_owned())));
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("penalty", "P102") });
    assert_eq!(shandong(&app, FIRM), (Some("27.5".to_owned()), Some("C".to_owned())));
    assert_eq!(shandong(&app, OTHER), (Some("24".to_owned()), Some("B".to_owned())));
    assert_eq!(
        app.grade_at("/v1/firms/91219900MA0000001A/evaluation?scheme=shandong-2019"),
        ("evaluated".to_owned(), json!(27.5), json!("C"))
    );
    // A year after the decision the penalty is no longer in force; a figure of years in business
    // counts for two.
    app.set_time("2027-11-21T02:00:00Z");
    app.tick();
    assert_eq!(shandong(&app, FIRM), (Some("28".to_owned()), Some("B".to_owned())));
}

#[both]
fn the_primary_scheme_stands_apart_from_the_others(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    let credits = credits(&app, FIRM);
    let primary = credits.primary;
    assert_eq!(
        (primary.scheme.as_deref(), primary.scheme_version, primary.grade.as_deref()),
        (Some("dalian-demo"), Some(1), Some("B"))
    );
    assert_eq!(credits.others.len(), 0, "the rules of other places grade nobody here");
}

#[both]
fn lists_come_and_go_with_what_caused_them(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_record(FIRM, Fact { severity: "serious", ..Fact::of("veto", "P202") });
    // Vetoes count for 36 months.
    assert_eq!(lists(&app), [("black".to_owned(), FIRM.to_owned(), Some("2029-11-20".to_owned()))]);
    let primary = credits(&app, FIRM).primary;
    assert_eq!((primary.grade.as_deref(), primary.consequences[0].code.as_str()), (Some("C"), "bar"));
    app.set_time("2029-11-20T15:59:59Z");
    app.tick();
    assert_eq!(lists(&app).len(), 1);
    app.set_time("2029-11-20T16:00:00Z");
    app.tick();
    assert_eq!(lists(&app), []);
    assert_eq!(credits(&app, FIRM).primary.grade.as_deref(), Some("B"));
}

#[both]
fn what_black_lists_is_told_with_its_rule_and_without_a_record_that_is_not_public(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("veto", "P202") });
    let credits = credits(&app, FIRM);
    assert_eq!(credits.primary.consequences[0].text, "Barred from new projects");
    let card = app.get("/v1/firms/91219900MA0000001A").english().expect(200).json();
    assert_eq!(card["lists"][0]["reason"], "Veto: a grave breach of trust is in force");
    assert_eq!(card["credit"]["grade"], "C");
}

#[both]
fn counts_are_of_what_is_public_and_current(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", Some("2026-11-30"));
    app.put_project("small", FIRM, 50_000, "2026-12-01", None);
    app.put_record(FIRM, Fact::of("reward", "R101"));
    app.put_record(FIRM, Fact { public_until: Some("2026-12-15"), ..Fact::of("penalty", "P101") });
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("hidden", "P101") });
    assert_eq!(counts(&app), (1, 1, 1, 10_000_000));
    app.set_time("2026-11-30T16:00:00Z");
    app.tick();
    assert_eq!(counts(&app), (1, 1, 1, 5_000_000));
    app.set_time("2026-12-15T16:00:00Z");
    app.tick();
    assert_eq!(counts(&app), (1, 0, 1, 5_000_000));
}

#[both]
fn a_firm_of_the_past_is_evaluated_with_what_became_of_its_project(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", Some("2026-11-30"));
    assert_eq!(credits(&app, FIRM).primary.grade.as_deref(), Some("B"));
    app.set_time("2026-12-01T02:00:00Z");
    app.tick();
    let primary = credits(&app, FIRM).primary;
    assert_eq!(
        (primary.outcome.into_str(), primary.effective_from.unwrap().to_rfc3339()),
        ("not_evaluated", "2026-11-30T16:00:00+00:00".to_owned())
    );
}
