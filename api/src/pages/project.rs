//! `/projects/{id}`

use std::collections::HashMap;

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::entity::Entity;
use xinwu_domain::metric::PublicMetric;
use xinwu_domain::project::ProjectPage;
use xinwu_domain::rating::{Ratings, ServiceFigures, Span};
use xinwu_domain::record::RecordView;
use xinwu_domain::review::Review;
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};
use xinwu_persistence::credit::metric;
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};
use xinwu_persistence::lookup::project_page;
use xinwu_persistence::ratings::rating;
use xinwu_persistence::ratings::review::{self, Of};
use xinwu_persistence::service::case::figures;

use super::firm::record_tags;
use super::grade::{Behind, Grade, behind};
use super::{Page, first, html};
use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Of each kind; pages of their own have the rest.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "project.html")]
struct ShownProject {
    p: Page,
    project: ProjectPage,
    grade: Grade,
    behind: Option<Behind>,
    assessments: Vec<AssessmentView>,
    has_more_assessments: bool,
    records: Vec<RecordView>,
    has_more_records: bool,
    reviews: Vec<Review>,
    has_more_reviews: bool,
    ratings: Ratings,
    cases: CaseFigures,
    metrics: Vec<PublicMetric>,
}

impl ShownProject {
    fn service(&self) -> &ServiceFigures {
        &self.project.service
    }

    fn households(&self) -> i64 {
        self.ratings.coverage.households
    }

    fn held(&self) -> bool {
        self.ratings.held
    }
}

#[get("/projects/{id}")]
pub(super) async fn show_project(
    permit: Permit<op::GetProject>,
    p: Page,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (context, rulebooks) = (permit.context(), permit.state().rulebooks().await?);
    permit
        .cached_html(move |conn| {
            let (project, _) = project_page::page(conn, &id, &context)?;
            let owner = RecordOwner::Project(id.clone());
            let wanted = PublicQuery { owner, kind: None, status: None };
            let records = record::list_public(conn, &wanted, &first(SHOWN), context)?;
            let assessed = AssessmentOwner::Project(id.clone());
            let assessments = assessment::list(conn, &assessed, &first(SHOWN))?;
            let reviews = review::list(conn, &Of::Project(id.clone()), &first(SHOWN), context.language)?;
            let rulebook = rulebooks.during(conn)?;
            let estates = HashMap::new();
            let page = ShownProject {
                grade: Grade::of_project(&p, project.credit.clone(), &rulebook),
                behind: behind(conn, &rulebooks, &Subject::project(&id), (&p, &context), &estates)?,
                has_more_assessments: assessments.next.is_some(),
                assessments: assessments.items,
                has_more_records: records.next.is_some(),
                records: records.items,
                has_more_reviews: reviews.next.is_some(),
                reviews: reviews.items,
                metrics: metric::latest_public(conn, &Subject::project(&id).into())?,
                ratings: rating::of_project(conn, &id, Span::usual(context.month()), &context)?,
                cases: figures::of_project(conn, &id, Span::usual(context.month()), &context)?,
                project,
                p,
            };
            let tags = tags(&page, id);
            Ok((html(&page)?, tags))
        })
        .await
}

/// Everything that the page shows.
fn tags(page: &ShownProject, id: String) -> Vec<Tag> {
    let mut tags = crate::routes::reviews::tags(&page.reviews, Tag::One(Entity::Project, id));
    tags.extend([Tag::Any(Entity::Place), Tag::Any(Entity::Scheme), Tag::figures()]);
    tags.push(Tag::One(Entity::Estate, page.project.estate.code.clone()));
    tags.extend(page.project.firm.iter().map(|firm| Tag::One(Entity::Firm, firm.uscc.clone())));
    tags.extend(page.project.manager.iter().map(|manager| Tag::One(Entity::Manager, manager.id.clone())));
    tags.extend(page.records.iter().flat_map(record_tags));
    tags.extend(page.assessments.iter().map(|each| Tag::One(Entity::Assessment, each.id.clone())));
    tags
}
