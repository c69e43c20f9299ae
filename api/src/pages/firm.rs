//! `/firms/{uscc}`

use std::collections::HashMap;

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::card::ListMembership;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::comparison::{Eligibility, Eligible};
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::FirmCard;
use xinwu_domain::metric::PublicMetric;
use xinwu_domain::project::ProjectSummary;
use xinwu_domain::rating::{ServiceFigures, Span};
use xinwu_domain::record::RecordView;
use xinwu_domain::review::Review;
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::metric;
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};
use xinwu_persistence::lookup::comparison::TenderQuestion;
use xinwu_persistence::lookup::{comparison, firm_card};
use xinwu_persistence::ratings::review::{self, Of};
use xinwu_persistence::registers::project;
use xinwu_persistence::service::case::figures;

use super::grade::{Behind, Grade, behind};
use super::trend::{self, Trend};
use super::{Page, first, html};
use crate::cache::Tag;
use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Records, projects and comments that the page shows; pages of their own have the rest.
const RECORDS: i64 = 50;
const PROJECTS: i64 = 100;
const REVIEWS: i64 = 10;

#[derive(Template)]
#[template(path = "firm.html")]
struct FirmPage {
    p: Page,
    firm: FirmCard,
    grade: Grade,
    tenders: Eligibility,
    behind: Option<Behind>,
    records: Vec<RecordView>,
    has_more_records: bool,
    reviews: Vec<Review>,
    has_more_reviews: bool,
    projects: Vec<ProjectSummary>,
    has_more_projects: bool,
    trend: Trend,
    cases: CaseFigures,
    metrics: Vec<PublicMetric>,
}

impl FirmPage {
    fn service(&self) -> &ServiceFigures {
        &self.firm.service
    }

    fn households(&self) -> i64 {
        self.trend.ratings.coverage.households
    }

    fn held(&self) -> bool {
        self.trend.ratings.held
    }

    fn lists(&self) -> &[ListMembership] {
        &self.firm.lists
    }

    fn public_records(&self) -> i64 {
        i64::from(self.firm.records.rewards) + i64::from(self.firm.records.penalties)
    }

    fn is_barred(&self) -> bool {
        self.tenders.eligibility == Eligible::Barred
    }

    fn is_restricted(&self) -> bool {
        self.tenders.eligibility == Eligible::Restricted
    }

    fn has_replies(&self) -> bool {
        self.records.iter().any(|record| record.reply.is_some()) || !self.reviews.is_empty()
    }
}

#[get("/firms/{uscc}")]
pub(super) async fn show_firm(
    permit: Permit<op::GetFirm>,
    p: Page,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let (context, rulebooks) = (permit.context(), permit.state().rulebooks().await?);
    permit
        .cached_html(move |conn| {
            let (firm, _) = firm_card::card(conn, &uscc, &context)?;
            let owner = RecordOwner::Firm(uscc.clone());
            let wanted = PublicQuery { owner, kind: None, status: None };
            let records = record::list_public(conn, &wanted, &first(RECORDS), context)?;
            let reviews = review::list(conn, &Of::Firm(uscc.clone()), &first(REVIEWS), context.language)?;
            let projects = project::of_firm(conn, &uscc, &first(PROJECTS), &context)?;
            let estates = estates_of(&projects.items);
            let trend = trend::of_firm(conn, &uscc, firm.credit.scheme.as_deref(), &context)?;
            let rulebook = rulebooks.during(conn)?;
            let tender_question = TenderQuestion { place: None, as_of: None, rulebooks: &rulebooks, context };
            let page = FirmPage {
                grade: Grade::of_firm(conn, (&p, &rulebook), &uscc, firm.credit.clone())?,
                tenders: comparison::eligibility(conn, &uscc, &tender_question)?.0,
                behind: behind(conn, &rulebooks, &Subject::firm(&uscc), (&p, &context), &estates)?,
                has_more_records: records.next.is_some(),
                records: records.items,
                has_more_reviews: reviews.next.is_some(),
                reviews: reviews.items,
                has_more_projects: projects.next.is_some(),
                projects: projects.items,
                trend,
                cases: figures::of_firm(conn, &uscc, Span::usual(context.month()), &context)?,
                metrics: metric::latest_public(conn, &Subject::firm(&uscc).into())?,
                firm,
                p,
            };
            let tags = tags(&page, uscc);
            Ok((html(&page)?, tags))
        })
        .await
}

/// Everything that the page shows.
fn tags(page: &FirmPage, uscc: String) -> Vec<Tag> {
    let of = Tag::One(Entity::Firm, uscc);
    let mut tags = crate::routes::reviews::tags(&page.reviews, of);
    tags.extend([Tag::Any(Entity::Place), Tag::Any(Entity::Scheme), Tag::figures()]);
    tags.extend(page.records.iter().flat_map(record_tags));
    tags.extend(page.projects.iter().flat_map(project_tags));
    let links = page.firm.parent.iter().chain(&page.firm.branches).map(|firm| &firm.uscc);
    let firms = links.chain(page.firm.successors.iter().map(|firm| &firm.uscc));
    tags.extend(firms.map(|uscc| Tag::One(Entity::Firm, uscc.clone())));
    tags
}

/// What a record in a list shows.
pub(super) fn record_tags(record: &RecordView) -> Vec<Tag> {
    let mut tags = vec![Tag::One(Entity::Record, record.id.clone())];
    if let Some(firm) = &record.firm {
        tags.push(Tag::One(Entity::Firm, firm.uscc.clone()));
    }
    if let Some(project) = &record.project {
        tags.push(Tag::One(Entity::Project, project.id.clone()));
        tags.push(Tag::One(Entity::Estate, project.estate.clone()));
    }
    if let Some(manager) = &record.manager {
        tags.push(Tag::One(Entity::Manager, manager.id.clone()));
    }
    tags
}

/// What a project in a list shows.
pub(super) fn project_tags(project: &ProjectSummary) -> Vec<Tag> {
    let mut tags = vec![
        Tag::One(Entity::Project, project.id.clone()),
        Tag::One(Entity::Estate, project.estate.code.clone()),
    ];
    if let Some(firm) = &project.firm {
        tags.push(Tag::One(Entity::Firm, firm.uscc.clone()));
    }
    if let Some(manager) = &project.manager {
        tags.push(Tag::One(Entity::Manager, manager.id.clone()));
    }
    tags
}

/// The estates' names by project.
pub(super) fn estates_of(projects: &[ProjectSummary]) -> HashMap<String, String> {
    projects.iter().map(|project| (project.id.clone(), project.estate.name.clone())).collect()
}
