//! `GET /v1/firms`

use std::sync::Arc;

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::ListKind;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Text;
use xinwu_domain::typed;
use xinwu_persistence::lookup::firm_list::{self, FirmOrder, FirmQuery};

use crate::cache::Item;
use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::firms::cards::Cards;
use crate::routes::tables::FIRMS;
use crate::rules::{bad_sort, search_text};

/// Which firms.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFirms {
    /// Part of a name, a former name or a short name, in characters, pinyin, initials or a mixture
    /// of them; a uscc or at least 4 of its characters; or part of the name of an estate that the
    /// firm serves.
    #[validate(length(min = 1, max = 200))]
    #[param(example = "演示")]
    q: Option<String>,
    /// Registered in this place or below it, or running a project there now; a code of any level.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Serving the estate of this code now.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    estate: Option<String>,
    /// With this grade by the primary scheme.
    #[validate(length(min = 1, max = 16))]
    grade: Option<String>,
    /// On this list by the primary scheme.
    #[param(inline)]
    list: Option<ListName>,
    /// `relevance` (the default with `q`), `name` (the default without), `score` or `service`; `-`
    /// before it for descending. Firms without a score come last either way.
    sort: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The public lists.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListName {
    /// 红榜
    Red,
    /// 黑榜
    Black,
}

/// Finds firms. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListFirms),
    responses((
        status = 200,
        description = "A page of cards",
        content(
            (Page<FirmCardSummary> = "application/json"),
            (String = "text/csv", example = json!("uscc,name,short_name,former_names,status,registered_place\n"))
        )
    ))
)]
#[get("/v1/firms")]
pub(super) async fn list_firms(
    permit: Permit<op::ListFirms>,
    Query(query): Query<ListFirms>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let q = query.q.as_deref().map(search_text).transpose()?;
    let (order, descending) = read_sort(query.sort.as_deref(), q.is_some())?;
    let list = query.list.map(|list| match list {
        ListName::Red => ListKind::Red,
        ListName::Black => ListKind::Black,
    });
    let estate = query.estate.map(|code| typed::code(&code));
    let mut wanted = FirmQuery { q, place: query.place, estate, grade: query.grade, list, order, descending };
    let (search, context) = (permit.state().search().await?, permit.context());
    // A table is made of the cards, and not of what is written of them.
    let in_memory = || firm_list::found(&search, &wanted, &window, context.today());
    if let Some(found) = (!permit.wants_table()).then(in_memory).flatten() {
        let items = cards(&permit, found.items).await?;
        return permit.page_of(&items, found.next);
    }
    let rulebooks = permit.state().rulebooks().await?;
    let firms = permit
        .read(move |conn| {
            if let Some(grade) = &wanted.grade {
                let rulebook = rulebooks.during(conn)?;
                let known = rulebook.grades(SubjectKind::Firm, context.today());
                wanted.grade = Some(known_grade(&known, grade)?);
            }
            let firms = firm_list::list(conn, &search, &wanted, &window, &context)?;
            crate::rules::require_known(conn, wanted.place.as_deref(), wanted.estate.as_deref())?;
            Ok(firms)
        })
        .await?;
    permit.page_or_table(firms, &FIRMS)
}

/// The cards of firms, in one read those that memory lacks; unknown firms are left out.
async fn cards(permit: &Permit<op::ListFirms>, usccs: Vec<Arc<str>>) -> Result<Vec<Item>, Problem> {
    let cards = Cards::new(permit);
    let kept = cards.kept(&usccs);
    let items = if kept.iter().all(Option::is_some) {
        kept
    } else {
        permit.read(move |conn| cards.read(conn, &usccs, kept)).await?
    };
    Ok(items.into_iter().flatten().collect())
}

fn read_sort(sort: Option<&str>, has_query: bool) -> Result<(FirmOrder, bool), Refusal> {
    let Some(sort) = sort else {
        return Ok((if has_query { FirmOrder::Relevance } else { FirmOrder::Name }, false));
    };
    let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    match name {
        "relevance" if has_query => Ok((FirmOrder::Relevance, descending)),
        "name" => Ok((FirmOrder::Name, descending)),
        "score" => Ok((FirmOrder::Score, descending)),
        "service" => Ok((FirmOrder::Service, descending)),
        _ => Err(bad_sort("relevance (with q), name, score, service")),
    }
}

/// A grade as its scheme writes it; as it was asked where no scheme is in force that could say.
fn known_grade(known: &[&str], asked: &str) -> Result<String, Refusal> {
    if known.is_empty() {
        return Ok(asked.to_owned());
    }
    let same = |grade: &&&str| typed::code(grade) == typed::code(asked);
    known.iter().find(same).map(|grade| (*grade).to_owned()).ok_or_else(|| {
        let words = Text::new(
            format!("应为 {} 之一", known.join("、")),
            format!("must be one of {}", known.join(", ")),
        );
        Refusal::bad_parameter("grade", "unknown_value", words)
    })
}
