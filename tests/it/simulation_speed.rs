//! A simulation of a whole city takes less than 10 seconds, even unoptimised; run by hand:
//! `cargo test --workspace --test it -- --ignored simulation_speed`.

use std::time::Instant;
use xinwu_both::both;

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_persistence::schema::{estate, firm, firm_fact, project, project_fact, record};

use crate::harness::TestApp;
use crate::scheme_drafts::second_version;

const FIRMS: usize = 1_800;
const RECORDS: usize = 50_000;

/// A city of so many firms with a project each and the records spread over them, without any
/// evaluation.
fn found_city(app: &TestApp) {
    app.db()
        .write_blocking(|tx| {
            let now = tx.now_utc();
            for number in 0..FIRMS {
                let (uscc, name) = (format!("91219900MB{number:08}"), format!("演示物业{number}"));
                diesel::insert_into(firm::table)
                    .values((
                        firm::uscc.eq(&uscc),
                        firm::name.eq(&name),
                        firm::name_sort.eq("yanshi"),
                        firm::status.eq("active"),
                        firm::registered_place.eq("210202"),
                        firm::participates.eq(true),
                        firm::residential.eq(true),
                        firm::demo.eq(true),
                        firm::updated_at.eq(now),
                        firm::version.eq(1_i64),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(firm_fact::table)
                    .values((
                        firm_fact::uscc.eq(&uscc),
                        firm_fact::status.eq("active"),
                        firm_fact::participates.eq(true),
                        firm_fact::residential.eq(true),
                        firm_fact::known_from.eq(now),
                    ))
                    .execute(tx.conn)?;
                let (id, code) = (format!("project-{number}"), format!("E-{number}"));
                diesel::insert_into(estate::table)
                    .values((
                        estate::code.eq(&code),
                        estate::name.eq("演示小区"),
                        estate::name_sort.eq("yanshi"),
                        estate::aliases.eq("[]"),
                        estate::kind.eq("professional"),
                        estate::place.eq("210202001002"),
                        estate::households.eq(1000),
                        estate::demo.eq(true),
                        estate::updated_at.eq(now),
                        estate::version.eq(1_i64),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(project::table)
                    .values((
                        project::id.eq(&id),
                        project::estate.eq(&code),
                        project::operator.eq("firm"),
                        project::uscc.eq(&uscc),
                        project::starts_on.eq("2026-01-05"),
                        project::area_dm2.eq(10_000_000_i64),
                        project::households.eq(1000),
                        project::demo.eq(true),
                        project::updated_at.eq(now),
                        project::version.eq(1_i64),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(project_fact::table)
                    .values((
                        project_fact::project_id.eq(&id),
                        project_fact::operator.eq("firm"),
                        project_fact::uscc.eq(&uscc),
                        project_fact::starts_on.eq("2026-01-05"),
                        project_fact::area_dm2.eq(10_000_000_i64),
                        project_fact::households.eq(1000),
                        project_fact::known_from.eq(now),
                    ))
                    .execute(tx.conn)?;
            }
            for number in 0..RECORDS {
                let (kind, category) = if number % 3 == 0 { ("penalty", "P101") } else { ("reward", "R101") };
                diesel::insert_into(record::table)
                    .values((
                        (
                            record::id.eq(format!("record-{number}")),
                            record::kind.eq(kind),
                            record::category.eq(category),
                            record::uscc.eq(format!("91219900MB{:08}", number * 7 % FIRMS)),
                            record::level.eq("city"),
                            record::severity.eq("ordinary"),
                            record::title.eq("演示"),
                            record::document_number.eq("演示〔2026〕1号"),
                            record::authority.eq("演示机关"),
                            record::evidence.eq("[]"),
                            record::points.eq("[]"),
                        ),
                        (
                            record::decided_on.eq(format!("2026-{:02}-10", 1 + number % 10)),
                            record::public_until.eq("2027-11-20"),
                            record::state.eq("in_force"),
                            record::place.eq("210202"),
                            record::drafted_by.eq("drafter"),
                            record::drafted_at.eq(now),
                            record::known_from.eq(now),
                            record::disputed.eq(false),
                            record::demo.eq(true),
                            record::updated_at.eq(now),
                            record::version.eq(1_i64),
                        ),
                    ))
                    .execute(tx.conn)?;
            }
            Ok(())
        })
        .unwrap();
}

#[both]
#[ignore = "a measurement"]
fn a_whole_city(app: TestApp) {
    found_city(&app);
    let official = app.official(Role::City, "2102", false);
    let text = second_version("2026-12-01", &[("value = 60", "value = 65")]);
    for kind in ["application/json", "text/csv"] {
        let start = Instant::now();
        let answer = app
            .post("/v1/admin/schemes/simulate")
            .token(&official)
            .header("Accept", kind)
            .json(&json!({"text": text}))
            .expect(200);
        assert!(start.elapsed().as_secs() < 10, "{:?} {kind}: {:?}", app.backend, start.elapsed());
        assert!(answer.text.len() > 100);
    }
}
