//! `GET /v1/firms/{uscc}/metrics`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind, PublicMetric};

use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::metrics::{ListFigures, figures_of};

/// A firm’s public figures, those of the latest period first, each with the values that it had
/// before it was corrected.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), ListFigures),
    responses((status = 200, description = "A page of figures", body = Page<PublicMetric>))
)]
#[get("/v1/firms/{uscc}/metrics")]
pub(super) async fn list_firm_metrics(
    permit: Permit<op::ListFirmMetrics>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<ListFigures>,
) -> Result<HttpResponse, Problem> {
    let tag = Tag::One(Entity::Firm, uscc.clone());
    figures_of(&permit, (MetricSubject::new(MetricSubjectKind::Firm, uscc), tag), query).await
}
