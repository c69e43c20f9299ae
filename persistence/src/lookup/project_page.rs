//! Pages of projects.

use xinwu_domain::context::RequestContext;
use xinwu_domain::project::{ProjectPage, term_contains};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Conn, Result};

use crate::lookup::card::credits_of;
use crate::registers::project::get;

/// A project with where it is, its credit and its residents' ratings.
///
/// # Errors
/// [`NotFound`](xinwu_domain::refusal::Refusal::NotFound).
pub fn page(conn: &mut Conn, id: &str, context: &RequestContext) -> Result<(ProjectPage, i64)> {
    let (project, version) = get(conn, id)?;
    let community = crate::registers::estate::place_of(conn, &project.estate.code)?;
    let credits = credits_of(conn, SubjectKind::Project, id, context.language)?;
    let changed = project.updated_at;
    let page = ProjectPage {
        places: crate::registers::estate::places_above(conn, &community)?,
        current: project.retired_on.is_none()
            && term_contains(project.starts_on, project.ends_on, context.today()),
        id: project.id,
        estate: project.estate,
        operator: project.operator,
        firm: project.firm,
        manager: project.manager,
        starts_on: project.starts_on,
        ends_on: project.ends_on,
        area_m2: project.area_m2,
        households: project.households,
        fee_fen: project.fee_fen,
        demo: project.demo,
        retired_on: project.retired_on,
        successor: project.successor,
        updated_at: credits.primary.effective_from.map_or(changed, |at| at.max(changed)),
        credit: credits.primary,
        other_credits: credits.others,
        service: crate::ratings::rating::service_of_project(conn, id, context)?,
    };
    Ok((page, version))
}
