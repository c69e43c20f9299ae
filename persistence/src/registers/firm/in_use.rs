//! What rests on a firm, so that its entry is not retired.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::objection::ObjectionStatus;
use xinwu_domain::record::RecordState;
use xinwu_domain::retirement::in_use;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use super::{Row, branch};
use crate::registers::project as projects;
use crate::registers::retirement::Entry;
use crate::schema::{list_entry, manager, objection, project, record};

impl Entry for Row {
    fn key(&self) -> &str {
        &self.uscc
    }

    fn retired_on(&self) -> Option<NaiveDate> {
        self.retired_on.map(|day| day.0)
    }

    /// What stands in its file keeps it in the lists too: a firm does not leave a list by leaving
    /// the register.
    fn require_unused(&self, conn: &mut Conn, today: NaiveDate) -> Result<()> {
        let uscc: &str = &self.uscc;
        let running = project::table.filter(project::uscc.eq(uscc)).filter(projects::runs_or_will!(today));
        let running: Option<String> = running.select(project::id).first(conn).optional()?;
        let managers = manager::table.filter(manager::uscc.eq(uscc)).filter(manager::retired_on.is_null());
        let manager: Option<String> = managers.select(manager::id).first(conn).optional()?;
        let records = record::table
            .filter(record::uscc.eq(uscc))
            .filter(record::state.eq_any([RecordState::Submitted, RecordState::InForce].map(Col)));
        let record: Option<String> = records.select(record::id).first(conn).optional()?;
        let objections = objection::table
            .filter(objection::uscc.eq(uscc))
            .filter(objection::state.eq(Col(ObjectionStatus::Open)));
        let objection: Option<String> = objections.select(objection::id).first(conn).optional()?;
        let listed = list_entry::table
            .filter(list_entry::subject_kind.eq(Col(SubjectKind::Firm)))
            .filter(list_entry::subject_id.eq(uscc))
            .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(Col(today))));
        let list: Option<String> = listed.select(list_entry::list).first(conn).optional()?;
        let branch = branch::links(conn, uscc)?.1.into_iter().next().map(|branch| branch.uscc);
        let found = [
            (running, "该企业仍有服务项目", "The firm has a project"),
            (manager, "该企业仍有项目经理", "A manager works for the firm"),
            (record, "该企业仍有信用信息", "A record is in the firm's dossier"),
            (objection, "该企业的异议尚在处理", "An objection of the firm is open"),
            (list, "该企业仍在名单上", "The firm is on a list"),
            (branch, "该企业仍有分支机构", "The firm has a branch"),
        ];
        match found.into_iter().find_map(|(id, zh, en)| Some(in_use(zh, en, &id?))) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }
}
