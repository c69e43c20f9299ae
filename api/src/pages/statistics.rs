//! `/statistics?place=&period=`: the report of a place and a month (信息月报), quarter, half-year
//! or year, made to be printed. Of its address the place and the period count; it shows what
//! `GET /v1/statistics` answers to them.

mod bars;
mod summary;
mod trend;
mod words;

use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::calendar::{NotAPeriod, Period, PeriodKind};
use xinwu_domain::comparison::{REPORTED, Statistics};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::typed;
use xinwu_persistence::lookup::comparison;
use xinwu_persistence::registers::place;
use xinwu_store::StoreError;

use super::place::tags;
use super::{Page, html};
use crate::cache::Tag;
use crate::permit::Permit;
use crate::problem::Problem;
use bars::{GradeBar, KindBar, OperatorRow, StarsBar};
use summary::SummaryRow;
use trend::Trend;

pub(super) const PATH: &str = "/statistics";

#[derive(Template)]
#[template(path = "statistics.html")]
struct Report {
    p: Page,
    figures: Statistics,
    /// The places right below it.
    below: Vec<Statistics>,
    /// The place above it, if there is one.
    parent: Option<NamedPlace>,
    /// The report's own address beside the language, as data.
    data: String,
    /// The periods around it, and the longer and shorter ones.
    other_periods: Vec<Period>,
    summary: Vec<SummaryRow>,
    kinds: Vec<KindBar>,
    operators: Vec<OperatorRow>,
    grades: Vec<GradeBar>,
    stars: Vec<StarsBar>,
    trend: Trend,
}

/// What is asked for.
struct Asked {
    place: Option<String>,
    period: Option<Period>,
}

#[get("/statistics")]
pub(super) async fn show_statistics(
    permit: Permit<op::GetStatistics>,
    p: Page,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Asked { place, period } = Asked::of(&own_query(request.query_string()))?;
    let context = permit.context();
    permit
        .cached_html(move |conn| {
            let mut places =
                comparison::statistics_below(conn, place.as_deref(), period, &context)?.into_iter();
            let figures = places.next().ok_or_else(|| StoreError::internal("no place is first"))?;
            let parent = place::get(conn, &figures.place.code)?.0.parent;
            let report = Report::new(p, figures, places.collect(), parent, period.is_some(), &context);
            let tags = tags().into_iter().chain([Tag::Any(Entity::Metric)]).collect();
            Ok((html(&report)?, tags))
        })
        .await
}

/// What of the query the report depends on beside the language, as it was written: the first
/// `place`, and the first `period`.
pub(super) fn own_query(query: &str) -> String {
    let first = |name: &str| query.split('&').find(|pair| pair.starts_with(name)).map(str::to_owned);
    [first("place="), first("period=")].into_iter().flatten().collect::<Vec<_>>().join("&")
}

impl Asked {
    /// # Errors
    /// 400 for what is no period, or one of a kind that no report is of.
    fn of(query: &str) -> Result<Asked, Refusal> {
        let mut asked = Asked { place: None, period: None };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if value.trim().is_empty() {
                continue;
            }
            if name == "place" {
                asked.place = Some(typed::code(&value));
            } else {
                let period: Period = value
                    .trim()
                    .parse()
                    .map_err(|fault: NotAPeriod| Refusal::bad_parameter("period", "period", fault.text()))?;
                period.require_kind_asked(&REPORTED)?;
                asked.period = Some(period);
            }
        }
        Ok(asked)
    }
}

impl Report {
    fn new(
        p: Page,
        figures: Statistics,
        below: Vec<Statistics>,
        parent: Option<NamedPlace>,
        is_named: bool,
        context: &RequestContext,
    ) -> Report {
        let period = if is_named { format!("&period={}", figures.period) } else { String::new() };
        let kept = format!("&place={}{period}", figures.place.code);
        Report {
            data: format!("/v1/statistics?place={}{period}", figures.place.code),
            other_periods: other_periods(figures.period, context),
            summary: summary::rows(&p, &figures),
            kinds: bars::kinds(&p, &figures),
            operators: bars::operators(&p, &figures),
            grades: bars::grades(&p, &figures),
            stars: bars::stars(&figures),
            trend: Trend::of(&p, &figures.months),
            p: Page { kept, ..p },
            figures,
            below,
            parent,
        }
    }
}

/// The period before it and the one after it, unless that is to come; and those of the other kinds
/// in which its last day lies.
fn other_periods(period: Period, context: &RequestContext) -> Vec<Period> {
    let has_begun = |other: &Period| other.first_day() <= context.today();
    let others = REPORTED.into_iter().filter(|kind| *kind != period.kind());
    let containing = |kind: PeriodKind| Period::containing(kind, period.last_day());
    let around = [period.previous(), period.next()].into_iter().flatten();
    around.chain(others.filter_map(containing)).filter(has_begun).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_depends_on_its_place_and_period_alone() {
        for (query, own) in [
            ("", ""),
            ("lang=en", ""),
            ("utm_source=x&period=2026-10&lang=en&place=2102&place=210202", "place=2102&period=2026-10"),
            ("place=2102&period=", "place=2102&period="),
        ] {
            assert_eq!(own_query(query), own, "{query}");
        }
        let asked = Asked::of("place=%20210202%20&period=2026-Q3").unwrap();
        assert_eq!((asked.place.as_deref(), asked.period), (Some("210202"), "2026-Q3".parse().ok()));
        let usual = Asked::of("place=&period=").unwrap();
        assert_eq!((usual.place, usual.period), (None, None));
        for bad in ["2026-13", "2026-10-01", "2026-10-H1", "x"] {
            assert!(Asked::of(&format!("period={bad}")).is_err(), "{bad}");
        }
    }
}
