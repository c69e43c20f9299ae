//! `/v1/firm/proposals`

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Warrant, op};
use xinwu_domain::page::Listed;
use xinwu_domain::proposal::{Proposal, ProposalState};
use xinwu_domain::text::Reason;
use xinwu_persistence::operations::decide::{self, Given};
use xinwu_persistence::people::proposal::{self, ProposalQuery};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Tx;

use crate::extract::{Form, Json, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::proposals::end_if_stale;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_firm_proposals);
    config.service(get_firm_proposal);
    config.service(confirm_firm_proposal);
    config.service(return_firm_proposal);
}

/// Which proposals.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFirmProposals {
    /// Only those that stand so.
    state: Option<ProposalState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What officials proposed that concerns the own firm, the newest first: what it is asked to agree
/// to, such as a new project of it, and what its district is asked (`asks` is `district`).
#[utoipa::path(params(ListFirmProposals), responses((status = 200, description = "A page of proposals", body = Page<Proposal>)))]
#[get("/v1/firm/proposals")]
async fn list_firm_proposals(
    permit: Permit<op::ListFirmProposals>,
    Query(query): Query<ListFirmProposals>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let warrant = permit.warrant()?;
    let wanted = ProposalQuery { state: query.state, ..ProposalQuery::default() };
    let page = permit.read(move |conn| proposal::list(conn, &warrant, &wanted, &window)).await?;
    let items = page.items.into_iter().map(Proposal::to_firm).collect();
    permit.page(Listed { items, next: page.next, total: page.total })
}

/// One proposal that concerns the own firm.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[get("/v1/firm/proposals/{id}")]
async fn get_firm_proposal(
    permit: Permit<op::GetFirmProposal>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit
        .read_one(id, |conn, row: Authorized<proposal::Row>| {
            let (proposal, version) = proposal::get(conn, &row.id)?;
            Ok((proposal.to_firm(), version))
        })
        .await
}

/// Agrees to a proposal of which the firm is asked: it is done at once. Where what it changes has
/// changed meanwhile: 409 `proposal_stale`, and it ends. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[post("/v1/firm/proposals/{id}/confirm")]
async fn confirm_firm_proposal(
    permit: Permit<op::ConfirmFirmProposal>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let keys = permit.state().month_keys();
    let objection_days = permit.state().config().objection_working_days;
    let work =
        move |tx: &mut Tx<'_>, warrant: &Warrant, row: &Authorized<proposal::Row>, (): &(), context| {
            let given = Given { context, month_keys: &keys, code_hash: "", secret_hash: "", objection_days };
            let (proposal, version, _) = decide::confirm(tx, warrant, row, given)?;
            Ok((proposal.to_firm(), version))
        };
    let answer = permit.step(id.clone(), Json::nothing(), work).await;
    end_if_stale(&permit, id, answer).await
}

/// Does not agree to a proposal: it is not done. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    request_body = Reason,
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[post("/v1/firm/proposals/{id}/return")]
async fn return_firm_proposal(
    permit: Permit<op::ReturnFirmProposal>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit
        .step(id, body, |tx, warrant, row, reason, context| {
            let (proposal, version) = proposal::give_back(tx, warrant, row, reason, context)?;
            Ok((proposal.to_firm(), version))
        })
        .await
}
