//! "Nothing that anyone but the writer can read, officials included, moves with a waiting rating": one history is polled, and every byte
//! and header is the same before and after a household rates, changes, rates elsewhere and takes back.

use serde_json::json;
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};

/// Everything that is public about a project, its firm and their places, and what officials, the firm and the operator see beside it.
fn polled(app: &TestApp, stage: &Stage, askers: &[Option<String>]) -> Vec<(String, String)> {
    let Stage { uscc, estate, project } = stage;
    let mut paths: Vec<String> = [
        "",
        "/ratings",
        "/ratings?from=2026-01",
        "/reviews?count=true",
        "/evaluation",
        "/evaluations?count=true",
        "/records",
        "/projects",
    ]
    .iter()
    .map(|below| format!("/v1/firms/{uscc}{below}"))
    .collect();
    paths.extend(
        [
            "",
            "/ratings",
            "/ratings?from=2026-11&to=2026-11",
            "/reviews?limit=1",
            "/evaluation",
            "/evaluations?count=true",
        ]
        .map(|below| format!("/v1/projects/{project}{below}")),
    );
    paths.extend([
        format!("/v1/estates/{estate}"),
        format!("/v1/compare?firms={uscc}"),
        "/v1/firms?count=true".to_owned(),
        "/v1/firms?sort=-service".to_owned(),
        "/v1/estates?count=true".to_owned(),
        "/v1/rankings?by=service&count=true".to_owned(),
        "/v1/statistics?period=2026".to_owned(),
        format!("/v1/statistics?place={COMMUNITY}"),
    ]);
    let officials = [
        "/v1/admin/reviews?count=true".to_owned(),
        "/v1/admin/reviews?status=held&count=true".to_owned(),
        "/v1/admin/bursts?count=true".to_owned(),
        "/v1/admin/residences?status=pending&count=true".to_owned(),
        format!("/v1/admin/projects/{project}"),
        format!("/v1/admin/estates/{estate}"),
        format!("/v1/admin/firms/{uscc}"),
        format!("/v1/admin/households?estate={estate}&count=true"),
        "/v1/admin/audit?limit=100&count=true".to_owned(),
        "/v1/firm".to_owned(),
    ];
    let mut seen = Vec::new();
    for (position, asker) in askers.iter().enumerate() {
        for path in paths.iter().chain(officials.iter().filter(|_| asker.is_some())) {
            let call = app.get(path);
            let reply = if let Some(token) = asker { call.token(token) } else { call }.send();
            let mut headers: Vec<String> = reply
                .headers
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            // A problem names its request.
            let text = if reply.status < 400 { reply.text } else { String::new() };
            seen.push((format!("{position} {path}"), format!("{} {headers:?} {text}", reply.status)));
        }
    }
    // How far every list and feed has come.
    let change = app.db().read_blocking(|conn| {
        use diesel::prelude::*;
        use xinwu_persistence::schema::{audit, change};
        let seq: Option<i64> = change::table.select(diesel::dsl::max(change::seq)).first(conn)?;
        Ok((seq, audit::table.count().get_result::<i64>(conn)?))
    });
    seen.push(("the feed and the audit".to_owned(), format!("{:?}", change.unwrap())));
    seen
}

/// Nobody, an official of each level, the firm and the operator.
fn askers(app: &TestApp, uscc: &str) -> Vec<Option<String>> {
    vec![
        None,
        Some(app.official(Role::Community, COMMUNITY, true)),
        Some(app.official(Role::Street, STREET, true)),
        Some(app.official(Role::District, DISTRICT, true)),
        Some(app.official(Role::City, "2102", true)),
        Some(app.firm_account(uscc)),
        Some(app.admin()),
    ]
}

/// Does something that nobody else may see.
#[track_caller]
fn unseen(app: &TestApp, stage: &Stage, what: &str, act: impl Fn()) {
    // Who polls has an account of before: a new one is a change.
    let askers = askers(app, &stage.uscc);
    // Once it is cached the headers also tell whether anything was invalidated since.
    polled(app, stage, &askers);
    let before = polled(app, stage, &askers);
    act();
    for ((path, before), (_, after)) in before.iter().zip(polled(app, stage, &askers)) {
        assert_eq!(*before, after, "{what}: {path}");
    }
}

both! {
    fn one_history_is_polled_and_no_waiting_rating_moves_it(app) {
        let stage = app.stage();
        let residents = app.neighbours(&stage.estate, 11);
        let (waits, others) = residents.split_first().unwrap();
        let put = |resident: &Resident, month: &str, stars: i64, comment: &str| {
            let body = json!({"overall": stars, "dimensions": {"security": stars}, "comment": comment});
            app.rating(resident, &stage.project, month).json(&body).send();
        };
        app.tick();
        let histories = [("2026-11-21", "2026-11", "2026-11-23"), ("2026-11-24", "2026-11", "2026-12-01"), ("2026-12-02", "2026-12", "2026-12-07")];
        for (position, (day, month, step)) in histories.into_iter().enumerate() {
            app.set_hour(day, 12);
            app.tick();
            unseen(&app, &stage, "given", || put(waits, month, 1, "一般"));
            unseen(&app, &stage, "changed", || put(waits, month, 5, "请致电 139 0000 0000"));
            unseen(&app, &stage, "asked for", || { app.own_rating(waits, &stage.project, month).expect(200); });
            unseen(&app, &stage, "taken back", || { app.taken_back(waits, &stage.project, month).expect(204); });
            unseen(&app, &stage, "given again", || put(waits, month, 2, "还行"));
            if position == 1 {
                // Enough with it for the step of the 1st: now it is no longer alone.
                others[..4].iter().for_each(|resident| put(resident, month, 4, "好"));
            }
            app.step_on(step);
        }
        assert_eq!(app.project_ratings(&stage.project)["count"], 5);
    }
}
