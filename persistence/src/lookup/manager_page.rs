//! Pages of managers.

use std::collections::BTreeSet;

use xinwu_domain::context::RequestContext;
use xinwu_domain::manager::ManagerPage;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Conn, Result};

use crate::credit::evaluation::load::terms_of_manager;
use crate::lookup::card::credits_of;
use crate::registers::manager::get;

/// A manager's dossier: firm, projects, credit.
///
/// # Errors
/// [`NotFound`](xinwu_domain::refusal::Refusal::NotFound).
pub fn page(conn: &mut Conn, id: &str, context: &RequestContext) -> Result<(ManagerPage, i64)> {
    let (manager, version) = get(conn, id)?;
    let credits = credits_of(conn, SubjectKind::Manager, id, context.language)?;
    let terms = terms_of_manager(conn, &manager.id, context)?;
    let ids: BTreeSet<String> = terms.into_iter().map(|term| term.id).collect();
    let today = context.today();
    let (mut projects, mut past_projects) = (Vec::new(), Vec::new());
    for project in crate::registers::project::some(conn, &Vec::from_iter(ids))? {
        let in_charge = project.manager.as_ref().is_some_and(|manager| manager.id == id);
        let project = project.summary(today);
        if project.current && in_charge {
            projects.push(project);
        } else if project.starts_on <= today {
            past_projects.push(project);
        }
    }
    let changed = manager.updated_at;
    let page = ManagerPage {
        id: manager.id,
        name: manager.name,
        firm: manager.firm,
        demo: manager.demo,
        retired_on: manager.retired_on,
        successor: manager.successor,
        projects,
        past_projects,
        updated_at: credits.primary.effective_from.map_or(changed, |at| at.max(changed)),
        credit: credits.primary,
        other_credits: credits.others,
    };
    Ok((page, version))
}
