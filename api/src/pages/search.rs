//! `/search?q=`: firms, estates and places by any part of a name, by pinyin or by initials.

use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::EstateSummary;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::place::Place;
use xinwu_domain::search::Query;
use xinwu_domain::typed;
use xinwu_persistence::lookup::estate_list::{self, EstateOrder, EstateQuery};
use xinwu_persistence::lookup::firm_card;
use xinwu_persistence::lookup::firm_list::{self, FirmOrder, FirmQuery};
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::lookup::search::Search;
use xinwu_store::{Conn, Result as StoreResult};

use super::{Page, first, html};
use crate::permit::Permit;
use crate::problem::Problem;

/// Of each kind.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct Results {
    p: Page,
    /// What was asked, as it is shown.
    q: String,
    fault: Option<&'static str>,
    found: Found,
}

#[derive(Default)]
struct Found {
    estates: Vec<EstateSummary>,
    firms: Vec<FirmCardSummary>,
    places: Vec<Place>,
    /// Whether there is more than is shown.
    more: bool,
}

impl Results {
    fn has_none(&self) -> bool {
        self.found.estates.is_empty() && self.found.firms.is_empty() && self.found.places.is_empty()
    }
}

/// Not cached: hardly two people type the same.
#[get("/search")]
pub(super) async fn show_search(
    permit: Permit<op::ListFirms>,
    p: Page,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let typed = asked(request.query_string());
    let shown = p.plain(&typed);
    let kept = form_urlencoded::Serializer::new(String::new()).append_pair("q", &shown).finish();
    let p = Page { kept: format!("&{kept}"), ..p };
    let (query, fault) = match typed.is_empty() {
        true => (None, None),
        false => match Query::parse(&typed) {
            Some(query) => (Some(query), None),
            None => (None, Some(p.t("请输入不超过64个字的名称。", "Type a name of at most 64 characters."))),
        },
    };
    let (search, context) = (permit.state().search().await?, permit.context());
    let page = permit
        .read(move |conn| {
            let found = match query {
                Some(query) => find(conn, &search, query, context)?,
                None => Found::default(),
            };
            html(&Results { p, q: shown, fault, found })
        })
        .await?;
    Ok(permit.html(page))
}

/// `q`; what cannot be read of the query asks nothing.
fn asked(query: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let q = pairs.find(|(name, _)| name == "q").map(|(_, value)| value).unwrap_or_default();
    typed::name(&q.replace('\0', ""))
}

fn find(conn: &mut Conn, search: &Search, query: Query, context: RequestContext) -> StoreResult<Found> {
    let window = first(SHOWN);
    let wanted = FirmQuery {
        q: Some(query.clone()),
        place: None,
        estate: None,
        grade: None,
        list: None,
        order: FirmOrder::Relevance,
        descending: false,
    };
    let named = firm_list::found(search, &wanted, &window, context.today());
    let (ids, more_firms) = match named {
        Some(named) => (named.items.iter().map(ToString::to_string).collect(), named.next.is_some()),
        None => (Vec::new(), false),
    };
    let wanted = EstateQuery {
        q: Some(query.clone()),
        place: None,
        kind: None,
        order: EstateOrder::Relevance,
        descending: false,
    };
    let estates = estate_list::list(conn, search, &wanted, &window, &context)?;
    let wanted = PlaceQuery { q: Some(query), level: None, parent: None };
    let places = place_list::list(conn, search, &wanted, &window)?;
    Ok(Found {
        firms: firm_card::cards(conn, &ids, &context)?,
        more: more_firms || estates.next.is_some() || places.next.is_some(),
        estates: estates.items,
        places: places.items,
    })
}
