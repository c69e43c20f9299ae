//! Whom anybody grades: projects by themselves, or through their firm or manager, by the schemes in
//! force. Of others no assessment is missed.

use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use strum::VariantArray;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::evaluation::Status;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::project::Operator;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use crate::credit::scheme::Rulebook;
use crate::registers::place::at_or_below;
use crate::schema::{estate, firm, project};

/// Whether an assessment of a project can count for somebody.
pub(super) type Condition =
    Box<dyn BoxableExpression<project::table, <Conn as diesel::Connection>::Backend, SqlType = Bool>>;

/// The estates of a scheme's place. Macros, since the types have no short names.
macro_rules! estates_of {
    ($scheme:expr) => {
        estate::table.filter(estate::place.eq_any(at_or_below($scheme.place.clone()))).select(estate::code)
    };
}

/// The firms that a scheme is for, registered in its place or at work there, but for those that it
/// does not evaluate as they stand in the register.
macro_rules! firms {
    ($scheme:expr) => {{
        let keeps = |status| (!$scheme.leaves_out(status)).into_sql::<Bool>();
        let at_work = diesel::alias!(project as at_work);
        let works = at_work
            .filter(at_work.field(project::estate).eq_any(estates_of!($scheme)))
            .filter(at_work.field(project::uscc).is_not_null())
            .filter(at_work.field(project::retired_on).is_null())
            .select(at_work.field(project::uscc).assume_not_null());
        let registered = firm::registered_place.eq_any(at_or_below($scheme.place.clone()));
        firm::table
            .filter(registered.or(firm::uscc.eq_any(works)))
            .filter(firm::retired_on.is_null())
            .filter(firm::status.eq(Col(FirmStatus::Active)).or(keeps(Status::Unregistered)))
            .filter(firm::participates.or(keeps(Status::Refuses)))
            .filter(firm::residential.or(keeps(Status::NoResidentialBusiness)))
            .select(firm::uscc)
    }};
}

/// The schemes in force on a day.
pub(super) struct Graded {
    of_projects: Vec<Arc<Scheme>>,
    of_firms: Vec<Arc<Scheme>>,
    of_managers: Vec<Arc<Scheme>>,
}

impl Graded {
    pub(super) fn load(conn: &mut Conn, day: NaiveDate) -> Result<Graded> {
        let rulebook = Rulebook::load(conn)?;
        let in_force = |kind| rulebook.in_force(kind, day).into_iter().cloned().collect();
        Ok(Graded {
            of_projects: in_force(SubjectKind::Project),
            of_firms: in_force(SubjectKind::Firm),
            of_managers: in_force(SubjectKind::Manager),
        })
    }

    /// Of projects, whether one of them grades it, or its firm or manager.
    pub(super) fn is_graded(&self) -> Condition {
        let nobody: [&str; 0] = [];
        let mut any: Condition = Box::new(project::id.eq_any(nobody));
        for scheme in &self.of_projects {
            let (kinds, operators) = applies_to(scheme);
            let estates = estates_of!(scheme).filter(estate::kind.eq_any(kinds));
            let fits = project::estate.eq_any(estates).and(project::operator.eq_any(operators));
            any = Box::new(any.or(fits));
        }
        for scheme in &self.of_firms {
            let of_firm =
                project::uscc.is_not_null().and(project::uscc.assume_not_null().eq_any(firms!(scheme)));
            any = Box::new(any.or(of_firm));
        }
        for scheme in &self.of_managers {
            let there = project::estate.eq_any(estates_of!(scheme));
            any = Box::new(any.or(project::manager_id.is_not_null().and(there)));
        }
        any
    }
}

/// Of which estates and operators the projects are that a scheme for projects grades.
fn applies_to(scheme: &Scheme) -> (Vec<Col<EstateKind>>, Vec<Col<Operator>>) {
    let (kinds, operators) = match &scheme.applies_to {
        Some(to) => (to.kinds.as_slice(), to.operators.as_slice()),
        None => (&[][..], &[][..]),
    };
    // An empty list names them all.
    let kinds = if kinds.is_empty() { EstateKind::VARIANTS } else { kinds };
    let operators = if operators.is_empty() { Operator::VARIANTS } else { operators };
    (kinds.iter().copied().map(Col).collect(), operators.iter().copied().map(Col).collect())
}
