//! `/places/{code}`: a place in figures, its lists and rankings, and what lies below it.

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::comparison::{Listed, RankBy, Ranked, Statistics};
use xinwu_domain::entity::Entity;
use xinwu_domain::place::Place;
use xinwu_domain::scheme::ListKind;
use xinwu_persistence::lookup::comparison;
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::registers::place;

use super::{Page, first, html};
use crate::cache::Tag;
use crate::extract::{Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;

/// Firms of each list and ranking; the API has the rest.
const FIRMS: i64 = 10;
/// Places below one: a street has some dozens.
const CHILDREN: i64 = 100;

#[derive(Template)]
#[template(path = "place.html")]
struct ShownPlace {
    p: Page,
    place: Place,
    figures: Statistics,
    lists: Vec<(ListKind, Vec<Listed>)>,
    rankings: Vec<Ranking>,
    children: Vec<Place>,
}

struct Ranking {
    title: &'static str,
    value: &'static str,
    firms: Vec<Ranked>,
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
                lists.push((kind, comparison::list(conn, kind, here, &context, &first(FIRMS))?.items));
            }
            let mut rankings = Vec::new();
            for (by, title, value) in [
                (RankBy::Score, p.t("信用得分", "By credit score"), p.t("得分", "Score")),
                (
                    RankBy::Service,
                    p.t("住户评价的服务得分", "By residents’ service score"),
                    p.t("服务得分", "Service score"),
                ),
            ] {
                let firms = comparison::rankings(conn, here, by, &context, &first(FIRMS))?.items;
                rankings.push(Ranking { title, value, firms });
            }
            let below = PlaceQuery { q: None, level: None, parent: Some(code.clone()) };
            let page = ShownPlace {
                figures: comparison::statistics(conn, here, None, &context)?,
                children: place_list::list(conn, &search, &below, &first(CHILDREN))?.items,
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
        Entity::Scheme,
        Entity::Figures,
    ];
    kinds.map(Tag::Any).to_vec()
}
