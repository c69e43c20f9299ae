//! `/firms/{uscc}/records` and the like: the whole of a list of which another page shows the
//! beginning, part by part, so that nothing that is public is out of a browser's reach. Not cached:
//! few go on to the end.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use askama::Template;
use xinwu_domain::access::{Operates, op};
use xinwu_domain::assessment::AssessmentView;
use xinwu_domain::comparison::{Listed as OnList, RankBy, Ranked};
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::EstateSummary;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Listed, Window};
use xinwu_domain::project::ProjectSummary;
use xinwu_domain::record::RecordView;
use xinwu_domain::review::Review;
use xinwu_domain::scheme::ListKind;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};
use xinwu_persistence::lookup::estate_list::{self, EstateOrder, EstateQuery};
use xinwu_persistence::lookup::firm_list::{self, FirmOrder, FirmQuery};
use xinwu_persistence::lookup::{comparison, firm_card, project_page};
use xinwu_persistence::ratings::review::{self, Of};
use xinwu_persistence::registers::{place, project};
use xinwu_store::{Conn, Result as StoreResult};

use super::{Page, html};
use crate::extract::{FirmCode, Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;

/// Items on one page.
const SHOWN: i64 = 50;

pub(super) const PATHS: [&str; 10] = [
    "/firms/{uscc}/records",
    "/firms/{uscc}/projects",
    "/firms/{uscc}/reviews",
    "/projects/{id}/records",
    "/projects/{id}/reviews",
    "/projects/{id}/assessments",
    "/places/{code}/lists/{list}",
    "/places/{code}/rankings/{by}",
    "/places/{code}/estates",
    "/places/{code}/firms",
];

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(show_firm_records)
        .service(show_firm_projects)
        .service(show_firm_reviews)
        .service(show_project_records)
        .service(show_project_reviews)
        .service(show_project_assessments)
        .service(show_list)
        .service(show_ranking)
        .service(show_place_estates)
        .service(show_place_firms);
}

#[derive(Template)]
#[template(path = "whole.html")]
struct Whole {
    p: Page,
    title: &'static str,
    owner: Owner,
    items: Items,
    total: i64,
    /// The list's own path, and the same as data.
    path: String,
    data: String,
    /// Whether this is not its beginning.
    is_later: bool,
    /// Where the next part begins.
    next: Option<String>,
}

/// What the list is of.
struct Owner {
    name: String,
    path: String,
    demo: bool,
}

enum Items {
    Records(Vec<RecordView>),
    Projects(Vec<ProjectSummary>),
    Reviews(Vec<Review>),
    Assessments(Vec<AssessmentView>),
    Listed(Vec<OnList>),
    Ranked(RankBy, Vec<Ranked>),
    Estates(Vec<EstateSummary>),
    Firms(Vec<FirmCardSummary>),
}

/// Which part is asked for.
pub(super) struct Asked {
    p: Page,
    cursor: Option<String>,
}

impl FromRequest for Asked {
    type Error = Problem;
    type Future = Ready<Result<Asked, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let cursor = pairs.find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned());
        ready(Page::from_request(request, payload).into_inner().map(|p| Asked { p, cursor }))
    }
}

/// How a list is called, and where it is.
struct Named {
    title: &'static str,
    path: String,
    data: String,
}

/// Reads a part of a list and shows it.
async fn shown<O, T, F>(
    permit: Permit<O>,
    asked: Asked,
    named: Named,
    items: impl FnOnce(Vec<T>) -> Items,
    read: F,
) -> Result<HttpResponse, Problem>
where
    O: Operates,
    T: Send + 'static,
    F: FnOnce(&mut Conn, &Window) -> StoreResult<(Owner, Listed<T>)> + Send + 'static,
{
    let window = permit.window(Some(SHOWN), asked.cursor.as_deref(), Some(true))?;
    let (owner, listed) = permit.read(move |conn| read(conn, &window)).await?;
    let next = permit.cursor(listed.next)?;
    let is_later = asked.cursor.is_some();
    let kept = asked.cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    let page = Whole {
        p: Page { kept, ..asked.p },
        title: named.title,
        owner,
        total: listed.total.unwrap_or_default(),
        items: items(listed.items),
        path: named.path,
        data: named.data,
        is_later,
        next,
    };
    Ok(permit.html(html(&page)?))
}

impl Named {
    /// A list whose data has the same path below `/v1`.
    fn of(title: &'static str, path: String) -> Named {
        Named { title, data: format!("/v1{path}"), path }
    }
}

fn firm(conn: &mut Conn, uscc: &str, context: &RequestContext) -> StoreResult<Owner> {
    let found = firm_card::cards(conn, &[uscc.to_owned()], context)?.into_iter().next();
    let firm = found.ok_or(Kind::Firm.not_found())?;
    Ok(Owner { name: firm.name, path: format!("/firms/{uscc}"), demo: firm.demo })
}

fn project_of(conn: &mut Conn, id: &str, context: &RequestContext) -> StoreResult<Owner> {
    let (project, _) = project_page::page(conn, id, context)?;
    Ok(Owner { name: project.estate.name, path: format!("/projects/{id}"), demo: project.demo })
}

fn place_of(conn: &mut Conn, code: &str) -> StoreResult<Owner> {
    let (place, _) = place::get(conn, code)?;
    Ok(Owner { name: place.name, path: format!("/places/{code}"), demo: false })
}

#[get("/firms/{uscc}/records")]
async fn show_firm_records(
    permit: Permit<op::ListFirmRecords>,
    asked: Asked,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let title = asked.p.t("良好信息和不良信息", "Rewards and penalties");
    let named = Named::of(title, format!("/firms/{uscc}/records"));
    shown(permit, asked, named, Items::Records, move |conn, window| {
        let owner = firm(conn, &uscc, &context)?;
        let wanted = PublicQuery { owner: RecordOwner::Firm(uscc), kind: None, status: None };
        Ok((owner, record::list_public(conn, &wanted, window, context)?))
    })
    .await
}

#[get("/firms/{uscc}/projects")]
async fn show_firm_projects(
    permit: Permit<op::ListFirmProjects>,
    asked: Asked,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let named = Named::of(asked.p.t("服务项目", "Projects"), format!("/firms/{uscc}/projects"));
    shown(permit, asked, named, Items::Projects, move |conn, window| {
        Ok((firm(conn, &uscc, &context)?, project::of_firm(conn, &uscc, window, &context)?))
    })
    .await
}

#[get("/firms/{uscc}/reviews")]
async fn show_firm_reviews(
    permit: Permit<op::ListFirmReviews>,
    asked: Asked,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let named = Named::of(asked.p.t(COMMENTS.0, COMMENTS.1), format!("/firms/{uscc}/reviews"));
    shown(permit, asked, named, Items::Reviews, move |conn, window| {
        let owner = firm(conn, &uscc, &context)?;
        Ok((owner, review::list(conn, &Of::Firm(uscc), window, context.language)?))
    })
    .await
}

const COMMENTS: (&str, &str) = ("住户评论和企业答复", "Comments and replies");

#[get("/projects/{id}/records")]
async fn show_project_records(
    permit: Permit<op::ListProjectRecords>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let title = asked.p.t("良好信息和不良信息", "Rewards and penalties");
    let named = Named::of(title, format!("/projects/{id}/records"));
    shown(permit, asked, named, Items::Records, move |conn, window| {
        let owner = project_of(conn, &id, &context)?;
        let wanted = PublicQuery { owner: RecordOwner::Project(id), kind: None, status: None };
        Ok((owner, record::list_public(conn, &wanted, window, context)?))
    })
    .await
}

#[get("/projects/{id}/reviews")]
async fn show_project_reviews(
    permit: Permit<op::ListProjectReviews>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let named = Named::of(asked.p.t(COMMENTS.0, COMMENTS.1), format!("/projects/{id}/reviews"));
    shown(permit, asked, named, Items::Reviews, move |conn, window| {
        let owner = project_of(conn, &id, &context)?;
        Ok((owner, review::list(conn, &Of::Project(id), window, context.language)?))
    })
    .await
}

#[get("/projects/{id}/assessments")]
async fn show_project_assessments(
    permit: Permit<op::ListProjectAssessments>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let title = asked.p.t("街道、社区评价", "Officials’ assessments");
    let named = Named::of(title, format!("/projects/{id}/assessments"));
    shown(permit, asked, named, Items::Assessments, move |conn, window| {
        let owner = project_of(conn, &id, &context)?;
        Ok((owner, assessment::list(conn, &AssessmentOwner::Project(id), window)?))
    })
    .await
}

#[get("/places/{code}/lists/{list}")]
async fn show_list(
    permit: Permit<op::GetCreditList>,
    asked: Asked,
    Path((PlaceCode(code), list)): Path<(PlaceCode, ListKind)>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let named = Named {
        title: asked.p.list(&list),
        path: format!("/places/{code}/lists/{list}"),
        data: format!("/v1/lists/{list}?place={code}"),
    };
    shown(permit, asked, named, Items::Listed, move |conn, window| {
        Ok((place_of(conn, &code)?, comparison::list(conn, list, Some(&code), &context, window)?))
    })
    .await
}

#[get("/places/{code}/rankings/{by}")]
async fn show_ranking(
    permit: Permit<op::ListRankings>,
    asked: Asked,
    Path((PlaceCode(code), by)): Path<(PlaceCode, RankBy)>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let named = Named {
        title: asked.p.ranking(&by),
        path: format!("/places/{code}/rankings/{by}"),
        data: format!("/v1/rankings?place={code}&by={by}"),
    };
    let items = move |firms| Items::Ranked(by, firms);
    shown(permit, asked, named, items, move |conn, window| {
        Ok((place_of(conn, &code)?, comparison::rankings(conn, Some(&code), (by, None), &context, window)?))
    })
    .await
}

#[get("/places/{code}/estates")]
async fn show_place_estates(
    permit: Permit<op::ListEstates>,
    asked: Asked,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    let (search, context) = (permit.state().search().await?, permit.context());
    let named = Named {
        title: asked.p.t("小区", "Estates"),
        path: format!("/places/{code}/estates"),
        data: format!("/v1/estates?place={code}"),
    };
    shown(permit, asked, named, Items::Estates, move |conn, window| {
        let owner = place_of(conn, &code)?;
        let wanted = EstateQuery {
            q: None,
            place: Some(code),
            kind: None,
            order: EstateOrder::Name,
            descending: false,
        };
        Ok((owner, estate_list::list(conn, &search, &wanted, window, &context)?))
    })
    .await
}

#[get("/places/{code}/firms")]
async fn show_place_firms(
    permit: Permit<op::ListFirms>,
    asked: Asked,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    let (search, context) = (permit.state().search().await?, permit.context());
    let named = Named {
        title: asked.p.t("物业企业", "Firms"),
        path: format!("/places/{code}/firms"),
        data: format!("/v1/firms?place={code}"),
    };
    shown(permit, asked, named, Items::Firms, move |conn, window| {
        let owner = place_of(conn, &code)?;
        let wanted = FirmQuery {
            q: None,
            place: Some(code),
            estate: None,
            grade: None,
            list: None,
            order: FirmOrder::Name,
            descending: false,
        };
        Ok((owner, firm_list::list(conn, &search, &wanted, window, &context)?))
    })
    .await
}
