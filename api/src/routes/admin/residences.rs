//! `/v1/admin/residences`: who lives where.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::residence::{
    Approval, ApprovalOutcome, ApprovalOutcomes, Approvals, ResidenceClaim, ResidenceStatus,
};
use xinwu_domain::text::Reason;
use xinwu_persistence::people::residence::{self, ClaimQuery, SealedClaim};
use xinwu_persistence::ratings::residence_end;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

use crate::extract::{Form, OptionalJson, Path, Query};
use crate::permit::{Page, Permit, Posted, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::secrets::Secrets;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_pending_residences);
    config.service(get_admin_residence);
    config.service(approve_residence);
    config.service(approve_residences);
    config.service(refuse_residence);
    config.service(end_admin_residence);
}

/// Approves a claim: the claimant lives there. A household that the register lacks is added to it;
/// where there are some `near` it, the approver says whether one of them is meant. Needs
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The claim")),
    request_body(
        content = Option<Approval>,
        example = json!({"household": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"})
    ),
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[post("/v1/admin/residences/{id}/approve")]
async fn approve_residence(
    permit: Permit<op::ApproveResidence>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<Approval>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    permit
        .step(id, body, move |tx, warrant, row, approval, context| {
            let today = context.at(tx.now).today();
            let (claim, version) = residence::approve(tx, warrant, row, approval, today)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}

/// Approves up to a hundred claims at once, each as if by itself: one that cannot be approved, as
/// where a person has to look at dwellings `near` it, is told with its code and holds up no other.
#[utoipa::path(
    request_body = Approvals,
    responses((status = 200, description = "What became of each", body = ApprovalOutcomes))
)]
#[post("/v1/admin/residences/approve")]
async fn approve_residences(
    permit: Permit<op::ApproveResidences>,
    body: Form<Approvals>,
) -> Result<HttpResponse, Problem> {
    let (today, language) = (permit.today(), permit.language());
    permit
        .post_form(body, move |tx, warrant, approvals: &Approvals| {
            let refusals = residence::approve_all(tx, warrant, approvals, today)?;
            let claims = approvals.residences.iter().zip(refusals);
            let outcome = claims.map(|(claim, refusal)| ApprovalOutcome::of(&claim.id, refusal, language));
            Posted::done(UNVERSIONED, &ApprovalOutcomes { residences: outcome.collect() })
        })
        .await
}

/// A claim with the end of the claimant's phone.
fn opened(secrets: &Secrets, sealed: SealedClaim) -> ResidenceClaim {
    let phone = sealed.phone.and_then(|phone| secrets.decrypt(&sealed.account_id, &phone).ok());
    let phone_ending = phone.and_then(|phone| {
        let phone = String::from_utf8(phone).ok()?;
        phone.get(phone.len().checked_sub(4)?..).map(str::to_owned)
    });
    ResidenceClaim { phone_ending, ..sealed.claim }
}

/// Ends a verified residence, with the reason that the resident is told. What was rated stays.
/// While a burst of one of the estate's projects is held it is proposed, since what is held of the
/// dwelling is dropped. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The residence")),
    request_body = Reason,
    responses(
        (status = 200, description = "The residence, ended", body = ResidenceClaim),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[post("/v1/admin/residences/{id}/end")]
async fn end_admin_residence(
    permit: Permit<op::EndAdminResidence>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    permit
        .step_or_propose(id, body, move |tx, warrant, row, why, _| {
            let keys = state.month_keys();
            let (claim, version) = residence_end::end_by_official(tx, &keys, warrant, row, why)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}

/// One claim of your place.
#[utoipa::path(
    params(("id" = String, Path, description = "The claim")),
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[get("/v1/admin/residences/{id}")]
async fn get_admin_residence(
    permit: Permit<op::GetAdminResidence>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    let view = move |conn: &mut Conn, row: Authorized<residence::Row>| {
        let (found, version) = residence::get_claim(conn, &row.id)?;
        Ok((opened(state.secrets(), found), version))
    };
    let answer = permit.read_one(id.clone(), view).await?;
    permit.note_reading(Kind::Residence, &id, 1).await?;
    Ok(answer)
}

/// Which ones.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPendingResidences {
    /// Only claims that stand so.
    status: Option<ResidenceStatus>,
    /// Only this estate's.
    #[validate(length(max = 64))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    estate: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Claims to dwellings in your place, the oldest first.
#[utoipa::path(params(ListPendingResidences), responses((status = 200, description = "A page of claims", body = Page<ResidenceClaim>)))]
#[get("/v1/admin/residences")]
async fn list_pending_residences(
    permit: Permit<op::ListPendingResidences>,
    Query(query): Query<ListPendingResidences>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let about = match &query.estate {
        Some(estate) => (Kind::Estate, estate.clone()),
        None => (Kind::Place, warrant.own_place()?.to_owned()),
    };
    let wanted = ClaimQuery { status: query.status, estate: query.estate };
    let claims = permit.read(move |conn| residence::list_claims(conn, &warrant, &wanted, &window)).await?;
    permit.note_reading(about.0, &about.1, claims.items.len()).await?;
    permit.page(claims.map(|sealed| opened(permit.state().secrets(), sealed)))
}

/// Refuses a claim, with the reason that the resident reads. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The claim")),
    request_body = Reason,
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[post("/v1/admin/residences/{id}/refuse")]
async fn refuse_residence(
    permit: Permit<op::RefuseResidence>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    permit
        .step(id, body, move |tx, warrant, row, why: &Reason, _| {
            let (claim, version) = residence::refuse(tx, warrant, row, &why.reason)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}
