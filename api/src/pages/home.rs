//! `/`: the search, what this is, and the newest figures of the city.

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::comparison::Statistics;
use xinwu_domain::place::Place;
use xinwu_domain::rating::Publication;
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::lookup::comparison;
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::ratings::rating;
use xinwu_store::StoreError;

use super::place::tags;
use super::{Page, first, html};
use crate::permit::Permit;
use crate::problem::Problem;

/// The districts: a city has some dozen.
const DISTRICTS: i64 = 100;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    p: Page,
    /// None where no place is registered yet.
    figures: Option<Statistics>,
    publication: Publication,
    districts: Vec<Place>,
}

#[get("/")]
pub(super) async fn show_home(permit: Permit<op::GetStatistics>, p: Page) -> Result<HttpResponse, Problem> {
    let (context, search) = (permit.context(), permit.state().search().await?);
    permit
        .cached_html(move |conn| {
            let figures = match comparison::statistics(conn, None, None, &context) {
                Ok(figures) => Some(figures),
                Err(StoreError::Refused(Refusal::BadParameter(_))) => None,
                Err(error) => return Err(error),
            };
            let city = figures.as_ref().map(|figures| figures.place.code.clone());
            let below = PlaceQuery { q: None, level: None, parent: city };
            let districts = match &below.parent {
                Some(_) => place_list::list(conn, &search, &below, &first(DISTRICTS))?.items,
                None => Vec::new(),
            };
            let publication = rating::publication(conn, &context)?;
            Ok((html(&Home { p, figures, publication, districts })?, tags()))
        })
        .await
}
