//! `/estates/{code}`: where the code on the notice board leads.

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstatePage;
use xinwu_domain::project::ProjectPage;
use xinwu_domain::rating::ServiceFigures;
use xinwu_domain::typed;
use xinwu_persistence::lookup::{firm_card, project_page};
use xinwu_persistence::registers::estate;

use super::firm::project_tags;
use super::grade::Grade;
use super::{Page, html};
use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "estate.html")]
struct ShownEstate {
    p: Page,
    estate: EstatePage,
    /// Who serves it now.
    project: Option<ProjectPage>,
    /// The firm's grade; none where no firm serves it.
    grade: Option<Grade>,
    households: i64,
}

impl ShownEstate {
    fn service(&self) -> Option<&ServiceFigures> {
        self.project.as_ref().map(|project| &project.service)
    }

    fn households(&self) -> i64 {
        self.households
    }
}

#[get("/estates/{code}")]
pub(super) async fn show_estate(
    permit: Permit<op::GetEstate>,
    p: Page,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (code, context) = (typed::code(&code), permit.context());
    let rulebooks = permit.state().rulebooks().await?;
    permit
        .cached_html(move |conn| {
            let (estate, _) = estate::page(conn, &code, &context)?;
            let current = estate.project.as_ref();
            let project = match current {
                Some(project) => Some(project_page::page(conn, &project.id, &context)?.0),
                None => None,
            };
            let uscc = current.and_then(|project| project.firm.as_ref()).map(|firm| firm.uscc.clone());
            let cards = firm_card::cards(conn, uscc.as_slice(), &context)?;
            let rulebook = rulebooks.during(conn)?;
            let grade = match cards.into_iter().next() {
                Some(card) => Some(Grade::of_firm(conn, (&p, &rulebook), &card.uscc, card.credit)?),
                None => None,
            };
            let own = [
                Tag::One(Entity::Estate, code),
                Tag::Any(Entity::Place),
                Tag::Any(Entity::Scheme),
                Tag::figures(),
            ];
            let projects = current.into_iter().chain(&estate.future_projects).chain(&estate.past_projects);
            let tags = projects.flat_map(project_tags).chain(own).collect();
            let households = project.as_ref().map_or(0, |project| i64::from(project.households));
            Ok((html(&ShownEstate { p, estate, project, grade, households })?, tags))
        })
        .await
}
