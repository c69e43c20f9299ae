//! `/v1/admin/proposals`

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Operation, op};
use xinwu_domain::calendar::last_instant_of;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{Proposal, ProposalState};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::{Reason, Text};
use xinwu_persistence::operations::decide::{self, Given, ShownOnce};
use xinwu_persistence::people::proposal::{self, ProposalQuery};
use xinwu_persistence::registers::authorized::{Authorized, hold};
use xinwu_store::Conn;

use crate::extract::{Form, Json, Path, Query};
use crate::permit::{Page, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::PROPOSALS;
use crate::rules::{narrowing, require_known};

pub(super) fn configure(config: &mut Routes) {
    config.service(list_proposals);
    config.service(get_proposal);
    config.service(confirm_proposal);
    config.service(return_proposal);
    config.service(withdraw_proposal);
}

/// Which proposals.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProposals {
    /// Only those that stand so.
    state: Option<ProposalState>,
    /// Only of this operation, such as `edit_project`.
    #[validate(length(min = 1, max = 64))]
    operation: Option<String>,
    /// Only what ends by itself by the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    due_by: Option<NaiveDate>,
    /// Only what was proposed in this place or below it, or is about something there.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account proposed.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what was proposed from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was proposed until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What somebody proposed in your place or below, or about a firm that is registered there, the
/// newest first. To administrators, what administrators proposed. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListProposals),
    responses((
        status = 200,
        description = "A page of proposals",
        content(
            (Page<Proposal> = "application/json"),
            (String = "text/csv", example = json!("id,operation,object,state,reason,proposed_by,proposed_at,until\n"))
        )
    ))
)]
#[get("/v1/admin/proposals")]
async fn list_proposals(
    permit: Permit<op::ListProposals>,
    Query(query): Query<ListProposals>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    if query.operation.as_deref().is_some_and(|operation| Operation::parse(operation).is_none()) {
        let words = Text::new("没有这个操作", "there is no such operation");
        return Err(Refusal::bad_parameter("operation", "unknown_value", words).into());
    }
    let warrant = permit.warrant()?;
    let own = warrant.place().unwrap_or_default().to_owned();
    let ListProposals { state, operation, due_by, place, drafter, from, to, .. } = query;
    let context = permit.context();
    let about = place.clone().unwrap_or(own);
    let wanted = ProposalQuery {
        state,
        operation,
        due_by: due_by.map(|day| last_instant_of(day, context.zone())),
        narrowing: narrowing(place, drafter, (from, to), context),
    };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.narrowing.place.as_deref(), None)?;
            proposal::list(conn, &warrant, &wanted, &window)
        })
        .await?;
    permit.note_reading(Kind::Place, &about, page.items.len()).await?;
    permit.page_or_table(page, &PROPOSALS)
}

/// One proposal: what it would change, why, and who may decide.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[get("/v1/admin/proposals/{id}")]
async fn get_proposal(
    permit: Permit<op::GetProposal>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let read = |conn: &mut Conn, row: Authorized<proposal::Row>| proposal::get(conn, &row.id);
    let answer = permit.read_one(id.clone(), read).await?;
    permit.note_reading(Kind::Proposal, &id, 1).await?;
    Ok(answer)
}

/// Confirms what another person proposed, and does it at once, by the rules of today. Whoever
/// proposed it cannot, nor an account of the same staff number. Where what it changes has changed
/// meanwhile: 409 `proposal_stale` with the fields, and it ends; where the rules refuse it by now:
/// 409 `proposal_refused`, and it waits on. Of an account without a password the answer has a code
/// for one, of a program its secret, once: the same request again gets the answer without. Needs
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[post("/v1/admin/proposals/{id}/confirm")]
async fn confirm_proposal(
    permit: Permit<op::ConfirmProposal>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let code = crate::secrets::random_token::<15>().map_err(Problem::internal)?;
    let secret = crate::secrets::random_token::<32>().map_err(Problem::internal)?;
    let [code_hash, secret_hash] = [&code, &secret].map(|each| permit.state().secrets.token_hash(each));
    let (expected, today, context) = (permit.expected()?, permit.today(), permit.context());
    let (wanted, keys) = (id.clone(), permit.state().month_keys());
    let objection_days = permit.state().config().objection_working_days;
    let answer = permit
        .post_showing_once("", move |tx, warrant| {
            let held = hold::<proposal::Row>(tx, warrant, &wanted, &expected, today)?;
            let given = Given {
                context,
                month_keys: &keys,
                code_hash: &code_hash,
                secret_hash: &secret_hash,
                objection_days,
            };
            let (proposal, version, shown) = decide::confirm(tx, warrant, &held, given)?;
            let shown = Proposal {
                activation_code: (shown == Some(ShownOnce::Code)).then(|| code.clone()),
                client_secret: (shown == Some(ShownOnce::Secret)).then(|| secret.clone()),
                ..proposal.clone()
            };
            Ok((Posted::done(version, &shown)?, Posted::done(version, &proposal)?))
        })
        .await;
    end_if_stale(&permit, id, answer).await
}

/// A refusal takes back all that its transaction wrote: the end of what is stale is written after
/// it.
pub(in crate::routes) async fn end_if_stale<O: xinwu_domain::access::Operates>(
    permit: &Permit<O>,
    id: String,
    answer: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    if answer.as_ref().is_err_and(|problem| problem.code() == "proposal_stale") {
        permit.write(move |tx| proposal::end_stale(tx, &id)).await?;
    }
    answer
}

/// Sends a proposal back: it is not done. Whoever may confirm it may return it. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    request_body = Reason,
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[post("/v1/admin/proposals/{id}/return")]
async fn return_proposal(
    permit: Permit<op::ReturnProposal>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, decide::give_back).await
}

/// Takes back what one's own office proposed. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = Proposal))
)]
#[post("/v1/admin/proposals/{id}/withdraw")]
async fn withdraw_proposal(
    permit: Permit<op::WithdrawProposal>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), proposal::withdraw).await
}
