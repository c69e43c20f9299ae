//! `/places/{code}`: a place in figures, its lists and rankings, and what lies below it.

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::comparison::{Listed as OnList, RankBy, Ranked, Statistics};
use xinwu_domain::entity::Entity;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind, PublicMetric};
use xinwu_domain::page::Listed;
use xinwu_domain::place::Place;
use xinwu_domain::rating::Span;
use xinwu_domain::scheme::ListKind;
use xinwu_persistence::credit::metric;
use xinwu_persistence::lookup::comparison;
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::registers::place;
use xinwu_persistence::service::case::figures as case_figures;

use super::{Page, first, html};
use crate::cache::Tag;
use crate::extract::{Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;

/// Firms of each list and ranking; pages of their own have the rest.
const FIRMS: i64 = 10;
/// Places below one: all of them, as a street has some dozens.
const CHILDREN: i64 = 1_000;

#[derive(Template)]
#[template(path = "place.html")]
struct ShownPlace {
    p: Page,
    place: Place,
    figures: Statistics,
    cases: CaseFigures,
    lists: Vec<(ListKind, Listed<OnList>)>,
    rankings: Vec<(RankBy, Listed<Ranked>)>,
    children: Vec<Place>,
    metrics: Vec<PublicMetric>,
}

#[get("/places/{code}")]
pub(super) async fn show_place(
    permit: Permit<op::GetStatistics>,
    p: Page,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    let (context, search) = (permit.context(), permit.state().search().await?);
    permit
        .cached_html(move |conn| {
            let (place, _) = place::get(conn, &code)?;
            let here = Some(code.as_str());
            let mut lists = Vec::new();
            for kind in [ListKind::Red, ListKind::Black] {
                lists.push((kind, comparison::list(conn, kind, here, &context, &first(FIRMS))?));
            }
            let mut rankings = Vec::new();
            for by in [RankBy::Score, RankBy::Service, RankBy::Penalties] {
                let mut ranked = comparison::rankings(conn, here, (by, None), &context, &first(FIRMS))?;
                // Who has no penalty is not at the bottom of a list of those who have.
                if by == RankBy::Penalties {
                    ranked.items.retain(|each| !each.value.is_zero());
                }
                rankings.push((by, ranked));
            }
            let below = PlaceQuery { q: None, level: None, parent: Some(code.clone()) };
            let page = ShownPlace {
                figures: comparison::statistics(conn, here, None, &context)?,
                cases: case_figures::of_place(conn, &code, Span::usual(context.month()), &context)?,
                children: place_list::list(conn, &search, &below, &first(CHILDREN))?.items,
                metrics: metric::latest_public(conn, &MetricSubject::new(MetricSubjectKind::Place, &code))?,
                place,
                lists,
                rankings,
                p,
            };
            Ok((html(&page)?, tags()))
        })
        .await
}

/// What a place's figures are made of: everything below it, and what that is changes too.
pub(super) fn tags() -> Vec<Tag> {
    let kinds = [
        Entity::Place,
        Entity::Firm,
        Entity::Estate,
        Entity::Project,
        Entity::Record,
        Entity::Assessment,
        Entity::Metric,
        Entity::Scheme,
        Entity::Figures,
    ];
    kinds.map(Tag::Any).to_vec()
}
