//! `/v1/firms`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::comparison::Eligibility;
use xinwu_domain::entity::Entity;
use xinwu_domain::evaluation::{Dossier, Evaluation};
use xinwu_domain::firm::FirmCard;
use xinwu_domain::rating::Ratings;
use xinwu_domain::subject::Subject;
use xinwu_persistence::lookup::comparison::{self, TenderQuestion};
use xinwu_persistence::lookup::firm_card;
use xinwu_persistence::ratings::rating;

use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Picture, PictureQuery, Query};
use crate::pages::{self, Page};
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::{GetEvaluation, dossier, instant_of, show};
use crate::rules::span;

pub(super) mod assessments;
pub(super) mod cards;
pub(super) mod cases;
mod commitments;
mod evaluations;
mod list;
mod metrics;
mod projects;
pub(super) mod records;
mod reviews;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_firm);
    config.service(list::list_firms);
    config.service(get_firm_ratings);
    config.service(cases::get_firm_cases);
    config.service(reviews::list_firm_reviews);
    config.service(get_firm_evaluation);
    config.service(assessments::list_firm_assessments);
    config.service(commitments::list_firm_commitments);
    config.service(get_firm_eligibility);
    config.service(evaluations::list_firm_evaluations);
    config.service(evaluations::object::object_to_evaluation);
    config.service(get_firm_dossier);
    config.service(metrics::list_firm_metrics);
    config.service(projects::list_firm_projects);
    config.service(records::list_firm_records);
    config.service(get_firm_badge);
    config.service(get_firm_trend);
}

/// A firm's grade as a small picture, for pages elsewhere: the code and the score, or why there is
/// none. It says the same in words (`title`, `desc`). Parameters that begin with `utm_` are
/// ignored.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))
)]
#[get("/v1/firms/{uscc}/badge.svg")]
async fn get_firm_badge(
    permit: Permit<op::GetFirmBadge>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    _: Picture,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let (context, rulebooks) = (permit.context(), permit.state().rulebooks().await?);
    permit
        .cached_picture(move |conn| {
            let (firm, _) = firm_card::card(conn, &uscc, &context)?;
            let rulebook = rulebooks.during(conn)?;
            let tags = tags(&uscc).into_iter().chain([Tag::Any(Entity::Scheme)]).collect();
            Ok((pages::badge(conn, page, firm, &rulebook)?, tags))
        })
        .await
}

/// A firm’s credit dossier, for the firm and its officials: with a scheme’s text, `xinwu evaluate`
/// makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    responses((status = 200, description = "The credit dossier", body = Dossier))
)]
#[get("/v1/firms/{uscc}/dossier")]
async fn get_firm_dossier(
    permit: Permit<op::GetFirmDossier>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    dossier(&permit, Subject::firm(&uscc)).await
}

/// Where, and when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetFirmEligibility {
    /// A place of any level; the city by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// The instant (RFC 3339), or the day whose end, that is asked about; now when left out. It is
    /// told by what was known then, and by the rules in force then.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21")]
    as_of: Option<String>,
}

/// Whether a firm may take on new projects at a place, by the schemes that rule there, with the
/// reasons.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetFirmEligibility),
    responses((status = 200, description = "Allowed, restricted or barred", body = Eligibility))
)]
#[get("/v1/firms/{uscc}/eligibility")]
async fn get_firm_eligibility(
    permit: Permit<op::GetFirmEligibility>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetFirmEligibility>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let as_of = instant_of("as_of", query.as_of.as_deref(), &context)?;
    let rulebooks = permit.state().rulebooks().await?;
    let (view, version) = permit
        .read(move |conn| {
            let place = query.place.as_deref();
            let question = TenderQuestion { place, as_of, rulebooks: &rulebooks, context };
            comparison::eligibility(conn, &uscc, &question)
        })
        .await?;
    permit.object(version, &view)
}

/// A firm’s score, grade and every item behind them: the items sum exactly to the score. Items
/// whose record is not public are one line, except for the firm and its officials.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/firms/{uscc}/evaluation")]
async fn get_firm_evaluation(
    permit: Permit<op::GetFirmEvaluation>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    show(&permit, Subject::firm(&uscc), query).await
}

/// A firm's card: grade, service score, counts of rewards and penalties at a glance.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    responses((status = 200, description = "The card", body = FirmCard))
)]
#[get("/v1/firms/{uscc}")]
async fn get_firm(
    permit: Permit<op::GetFirm>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let same = uscc.clone();
    // The card says when figures are published; in a list it does not.
    let tags = tags(&uscc).into_iter().chain([Tag::figures()]).collect();
    permit
        .cached_single_statement(
            tags,
            move |conn| firm_card::card_single_statement(conn, &uscc, &context),
            move |conn| firm_card::card(conn, &same, &context),
        )
        .await
}

/// What a card shows, alone or in a list.
pub(super) fn tags(uscc: &str) -> Vec<Tag> {
    vec![Tag::One(Entity::Firm, uscc.to_owned()), Tag::Any(Entity::Place)]
}

/// Which months.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetFirmRatings {
    /// The first month; eleven before the last when left out.
    #[param(value_type = Option<String>, example = "2025-12")]
    from: Option<Month>,
    /// The last month; this one when left out. At most 36 months.
    #[param(value_type = Option<String>, example = "2026-11")]
    to: Option<Month>,
}

/// A firm's published ratings, together and month by month. Null with the reason `waiting` where
/// nothing is published. `published_on` and `next_on` are the days of the city's last step and
/// next.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetFirmRatings),
    responses((status = 200, description = "The ratings", body = Ratings))
)]
#[get("/v1/firms/{uscc}/ratings")]
async fn get_firm_ratings(
    permit: Permit<op::GetFirmRatings>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetFirmRatings>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Firm, uscc.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((rating::of_firm(conn, &uscc, span, &context)?, UNVERSIONED))).await
}

/// A firm's grade and score at the end of each of the last twelve months, by the scheme of its
/// card, as a picture that says the same in words (`title`, `desc`). Parameters that begin with
/// `utm_` are ignored.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))
)]
#[get("/v1/firms/{uscc}/trend.svg")]
async fn get_firm_trend(
    permit: Permit<op::GetFirmTrend>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    _: Picture,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .cached_picture(move |conn| {
            let (firm, _) = firm_card::card(conn, &uscc, &context)?;
            let trend = pages::trend_of_firm(conn, &uscc, firm.credit.scheme.as_deref(), &context)?;
            let tags = tags(&uscc).into_iter().chain([Tag::Any(Entity::Scheme), Tag::figures()]).collect();
            Ok((pages::trend_picture(page, &firm, &trend)?, tags))
        })
        .await
}
