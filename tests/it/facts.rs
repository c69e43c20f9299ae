//! Facts put straight into a dossier, with the evaluation that each of their writes brings.

use diesel::prelude::*;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_persistence::schema::{
    assessment, estate, firm, firm_fact, manager, metric, project, project_fact, record,
};
use xinwu_store::{Result, Tx};

use crate::harness::TestApp;

/// An invented firm: division 219900 is nobody's.
pub const FIRM: &str = "91219900MA0000001A";
pub const OTHER: &str = "91219900MA0000002B";
/// A community of Zhongshan district, 210202, where the projects' estates lie.
pub const COMMUNITY: &str = "210202001002";

/// A record in force from now; the rest is what most tests need.
#[derive(Debug, Clone)]
pub struct Fact {
    pub id: &'static str,
    pub category: &'static str,
    pub level: &'static str,
    pub severity: &'static str,
    pub decided_on: &'static str,
    pub counts_until: Option<&'static str>,
    pub public_until: Option<&'static str>,
    pub project: Option<&'static str>,
}

impl Fact {
    /// A record of a category, decided on 2026-11-20 and shown until 2027-11-20.
    pub fn of(id: &'static str, category: &'static str) -> Fact {
        Fact {
            id,
            category,
            level: "city",
            severity: "ordinary",
            decided_on: "2026-11-20",
            counts_until: None,
            public_until: Some("2027-11-20"),
            project: None,
        }
    }
}

fn write(app: &TestApp, work: impl Fn(&mut Tx<'_>) -> Result<()> + Send + 'static) {
    app.db().write_blocking(work).unwrap();
}

impl TestApp {
    pub fn put_firm(&self, uscc: &'static str) {
        write(self, move |tx| {
            diesel::insert_into(firm::table)
                .values((
                    firm::uscc.eq(uscc),
                    firm::name.eq("演示物业"),
                    firm::name_sort.eq("yanshi"),
                    firm::status.eq("active"),
                    firm::registered_place.eq("210202"),
                    firm::participates.eq(true),
                    firm::residential.eq(true),
                    firm::demo.eq(true),
                    firm::updated_at.eq(tx.now_utc()),
                    firm::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            put_firm_fact(tx, uscc, true)?;
            tx.facts_changed(Subject::firm(uscc), Cause::of(CauseKind::Firm, uscc));
            Ok(())
        });
    }

    /// The firm takes part from now, or refuses to.
    pub fn set_participation(&self, uscc: &'static str, participates: bool) {
        write(self, move |tx| {
            diesel::update(firm_fact::table.filter(firm_fact::uscc.eq(uscc)))
                .filter(firm_fact::known_until.is_null())
                .set(firm_fact::known_until.eq(tx.now_utc()))
                .execute(tx.conn)?;
            put_firm_fact(tx, uscc, participates)?;
            tx.facts_changed(Subject::firm(uscc), Cause::of(CauseKind::Firm, uscc));
            Ok(())
        });
    }

    /// A project of so many m², from a day until another.
    pub fn put_project(
        &self,
        id: &'static str,
        uscc: &'static str,
        area: i64,
        starts_on: &'static str,
        ends_on: Option<&'static str>,
    ) {
        write(self, move |tx| {
            diesel::insert_into(estate::table)
                .values((
                    estate::code.eq(format!("E-{id}")),
                    estate::name.eq("演示小区"),
                    estate::name_sort.eq("yanshi"),
                    estate::aliases.eq("[]"),
                    estate::kind.eq("professional"),
                    estate::place.eq(COMMUNITY),
                    estate::households.eq(1000),
                    estate::demo.eq(true),
                    estate::updated_at.eq(tx.now_utc()),
                    estate::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            put_manager(tx)?;
            diesel::insert_into(project::table)
                .values((
                    project::id.eq(id),
                    project::estate.eq(format!("E-{id}")),
                    project::operator.eq("firm"),
                    project::uscc.eq(uscc),
                    project::manager_id.eq("manager-1"),
                    project::starts_on.eq(starts_on),
                    project::ends_on.eq(ends_on),
                    project::area_dm2.eq(area * 100),
                    project::households.eq(1000),
                    project::demo.eq(true),
                    project::updated_at.eq(tx.now_utc()),
                    project::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            diesel::insert_into(project_fact::table)
                .values((
                    project_fact::project_id.eq(id),
                    project_fact::operator.eq("firm"),
                    project_fact::uscc.eq(uscc),
                    project_fact::manager_id.eq("manager-1"),
                    project_fact::starts_on.eq(starts_on),
                    project_fact::ends_on.eq(ends_on),
                    project_fact::area_dm2.eq(area * 100),
                    project_fact::households.eq(1000),
                    project_fact::known_from.eq(tx.now_utc()),
                ))
                .execute(tx.conn)?;
            tx.facts_changed(Subject::project(id), Cause::of(CauseKind::Project, id));
            Ok(())
        });
    }

    /// The manager of every project; the first that is put brings it.
    pub fn put_manager(&self) {
        write(self, put_manager);
    }

    pub fn put_record(&self, uscc: &'static str, fact: Fact) {
        let kind = if fact.category.starts_with('R') { "reward" } else { "penalty" };
        write(self, move |tx| {
            diesel::insert_into(record::table)
                .values((
                    (
                        record::id.eq(fact.id),
                        record::kind.eq(kind),
                        record::category.eq(fact.category),
                        record::uscc.eq(uscc),
                        record::project_id.eq(fact.project),
                        record::level.eq(fact.level),
                        record::severity.eq(fact.severity),
                        record::title.eq("演示"),
                        record::document_number.eq("演示〔2026〕1号"),
                        record::authority.eq("演示机关"),
                        record::evidence.eq("[]"),
                        record::points.eq("[]"),
                    ),
                    (
                        record::decided_on.eq(fact.decided_on),
                        record::counts_until.eq(fact.counts_until),
                        record::public_until.eq(fact.public_until),
                        record::state.eq("in_force"),
                        record::place.eq("210202"),
                        record::drafted_by.eq("drafter"),
                        record::drafted_at.eq(tx.now_utc()),
                        record::known_from.eq(tx.now_utc()),
                        record::disputed.eq(false),
                        record::demo.eq(true),
                        record::updated_at.eq(tx.now_utc()),
                        record::version.eq(1_i64),
                    ),
                ))
                .execute(tx.conn)?;
            let subject = fact.project.map_or_else(|| Subject::firm(uscc), Subject::project);
            tx.facts_changed(subject, Cause::of(CauseKind::Record, fact.id));
            Ok(())
        });
    }

    pub fn put_assessment(
        &self,
        project: &'static str,
        period: &'static str,
        assessor: &'static str,
        score: i64,
    ) {
        let id = format!("{project}-{period}-{assessor}");
        write(self, move |tx| {
            diesel::insert_into(assessment::table)
                .values((
                    assessment::id.eq(&id),
                    assessment::project_id.eq(project),
                    assessment::period.eq(period),
                    assessment::assessor.eq(assessor),
                    assessment::service_thousandths.eq(score * 1000),
                    assessment::party_thousandths.eq(0_i64),
                    assessment::evidence.eq("[]"),
                    assessment::state.eq("in_force"),
                    assessment::revision.eq(1),
                    assessment::by_account.eq("official"),
                    assessment::known_from.eq(tx.now_utc()),
                    assessment::updated_at.eq(tx.now_utc()),
                    assessment::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            tx.facts_changed(Subject::project(project), Cause::of(CauseKind::Assessment, &id));
            Ok(())
        });
    }

    pub fn put_metric(&self, uscc: &str, key: &'static str, period: &'static str, value: i64) {
        let uscc = uscc.to_owned();
        write(self, move |tx| {
            let id = tx.random.id();
            diesel::insert_into(metric::table)
                .values((
                    metric::id.eq(&id),
                    metric::subject_kind.eq("firm"),
                    metric::subject_id.eq(&uscc),
                    metric::metric_key.eq(key),
                    metric::period.eq(period),
                    metric::value_thousandths.eq(value * 1000),
                    metric::source.eq("演示"),
                    metric::state.eq("in_force"),
                    metric::by_account.eq("official"),
                    metric::known_from.eq(tx.now_utc()),
                    metric::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            tx.facts_changed(Subject::firm(&uscc), Cause::of(CauseKind::Metric, key));
            Ok(())
        });
    }

    /// Outcome, score and grade by a scheme, through HTTP.
    pub fn grade_at(&self, path: &str) -> (String, serde_json::Value, serde_json::Value) {
        let body = self.get(path).expect(200).json();
        (body["outcome"].as_str().unwrap().to_owned(), body["score"].clone(), body["grade"].clone())
    }
}

fn put_manager(tx: &mut Tx<'_>) -> Result<()> {
    let known: i64 = manager::table.find("manager-1").count().get_result(tx.conn)?;
    if known > 0 {
        return Ok(());
    }
    diesel::insert_into(manager::table)
        .values((
            manager::id.eq("manager-1"),
            manager::name.eq("演示经理"),
            manager::uscc.eq(FIRM),
            manager::demo.eq(true),
            manager::updated_at.eq(tx.now_utc()),
            manager::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn put_firm_fact(tx: &mut Tx<'_>, uscc: &str, participates: bool) -> Result<()> {
    diesel::insert_into(firm_fact::table)
        .values((
            firm_fact::uscc.eq(uscc),
            firm_fact::status.eq("active"),
            firm_fact::participates.eq(participates),
            firm_fact::residential.eq(true),
            firm_fact::known_from.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
