//! What is over goes a portion at a time, and nothing waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::prelude::*;
use xinwu_both::both;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::operations::due;
use xinwu_persistence::schema::{activation, residence, session};
use xinwu_store::schema::audit;

use crate::harness::TestApp;
use crate::harness::world::COMMUNITY;

/// Rows of each kind: more than two portions.
const ROWS: usize = 2_001;

/// Sessions, claims and lines of the audit that are over for longer than they are kept.
fn over(app: &TestApp) -> [i64; 3] {
    app.db()
        .read_blocking(|conn| {
            Ok([
                session::table.filter(session::id.like("over-%")).count().get_result(conn)?,
                residence::table.filter(residence::id.like("over-%")).count().get_result(conn)?,
                audit::table.filter(audit::object_id.like("over-%")).count().get_result(conn)?,
            ])
        })
        .unwrap()
}

fn codes(app: &TestApp) -> i64 {
    app.db().read_blocking(|conn| Ok(activation::table.count().get_result(conn)?)).unwrap()
}

/// So many rows by one statement.
fn insert(head: &str, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    format!("INSERT INTO {head} VALUES {}", rows.join(","))
}

#[both]
fn more_than_one_portion_goes_and_what_is_due_later_does_not_wait(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let (id, token) = app.resident("13900000001");
    let standing = app.claim(&token, &estate, "1").expect(201).json()["id"].as_str().unwrap().to_owned();
    app.tick();
    let day = "2020-01-01 00:00:00";
    let statements = [
        insert("session (id, account_id, created_at, expires_at, ended_at, end_reason)", |number| {
            format!("('over-{number}', '{id}', '{day}', '{day}', NULL, NULL)")
        }),
        insert(
            "residence (id, account_id, estate, building, unit, room, status, requested_at, decided_at, version)",
            |number| {
                let (status, decided) = match number % 2 {
                    0 => ("ended", "NULL".to_owned()),
                    _ => ("refused", format!("'{day}'")),
                };
                format!(
                    "('over-{number}', '{id}', '{estate}', '1', '1', 'X', '{status}', '{day}', {decided}, 1)"
                )
            },
        ),
        insert("audit (at, user_id, role, operation, object_kind, object_id, detail)", |number| {
            format!("('{day}', 'system', 'admin', 'edit_firm', 'firm', 'over-{number}', '{{}}')")
        }),
        // At 05:00 a code ends: two hours after what is over is due.
        format!(
            "INSERT INTO activation (account_id, code_hash, proposed_by, confirmed_by, expires_at) \
             VALUES ('{id}', 'x', '{id}', '{id}', '2026-11-21 21:00:00')"
        ),
    ];
    app.sql(&statements, "");
    let all = [i64::try_from(ROWS).unwrap(); 3];
    assert_eq!((over(&app), codes(&app)), (all, 1));

    app.set_time("2026-11-22T02:00:00Z");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut seen = vec![all];
    // Told to stop after a few of its writes, again and again.
    for _ in 0..100 {
        let left = AtomicUsize::new(2);
        let goes_on =
            || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let keys = app.state.month_keys();
        runtime.block_on(due::tick(app.db(), app.state.journal(), &keys, app.now(), &goes_on)).unwrap();
        let now = over(&app);
        assert!(codes(&app) == 0 || now == all, "{now:?}");
        let before = seen[seen.len() - 1];
        assert!((0..3).all(|kind| before[kind] - now[kind] <= 2_000), "{before:?} {now:?}");
        seen.push(now);
    }
    assert_eq!((over(&app), codes(&app)), ([0; 3], 0));
    // One kind after the other, in more than one portion.
    assert!(seen.iter().any(|now| (1..all[0]).contains(&now[0]) && now[1..] == all[1..]), "{seen:?}");
    assert!(
        seen.iter().any(|now| now[0] == 0 && (1..all[1]).contains(&now[1]) && now[2] == all[2]),
        "{seen:?}"
    );
    assert!(seen.iter().any(|now| now[..2] == [0, 0] && (1..all[2]).contains(&now[2])), "{seen:?}");
    // What stands, stays; and nothing more is due today.
    let claims = app.get("/v1/me/residences").token(&app.renewed(&id)).expect(200).json();
    let left: Vec<&str> =
        claims["items"].as_array().unwrap().iter().map(|each| each["id"].as_str().unwrap()).collect();
    assert_eq!(left, [standing]);
    assert!(app.tick() > Some(app.now()));
}
