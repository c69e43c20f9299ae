//! `/v1/admin/schemes`: drafts of schemes, what they would do, and their announcement.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::credit::{AddSchemeDraft, DraftState, SchemeDraft, SchemeDraftSummary};
use xinwu_domain::record::NewWithdrawal;
use xinwu_domain::text::shown_in;
use xinwu_persistence::credit::scheme::draft;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Json, JsonFile, OptionalJson, Path, Query, VersionNumber};
use crate::permit::{Page, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

mod simulate;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_scheme_drafts);
    config.service(add_scheme_draft);
    config.service(simulate::simulate_scheme);
    config.service(get_scheme_draft);
    config.service(announce_scheme);
    config.service(confirm_scheme);
    config.service(withdraw_scheme);
}

/// Which draft.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DraftPath {
    /// The scheme's id
    #[param(example = "dalian-demo")]
    id: String,
    /// The version's number
    #[param(value_type = u32, example = 2)]
    n: VersionNumber,
}

impl DraftPath {
    /// The id of the draft.
    fn of_draft(&self) -> String {
        format!("{}/{}", self.id, self.n.0)
    }
}

/// Keeps a scheme’s file as a draft. Every fault of the text is named with its line and column. A
/// draft of the same version that is not announced yet is replaced, and a proposal to announce it
/// falls. Nothing in force changes.
#[utoipa::path(request_body = AddSchemeDraft, responses((status = 201, description = "The draft", body = SchemeDraft)))]
#[post("/v1/admin/schemes")]
async fn add_scheme_draft(
    permit: Permit<op::AddSchemeDraft>,
    JsonFile(body): JsonFile<AddSchemeDraft>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint, .. } = body;
    let language = permit.language();
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (draft, version) = draft::add(tx, warrant, &value)?;
            let place =
                format!("/v1/admin/schemes/{}/versions/{}", draft.summary.scheme, draft.summary.version);
            shown_in(language, || Posted::created(place, version, &draft))
        })
        .await
}

/// Proposes to announce a draft; another official confirms it. Its first day must not have passed.
/// Needs `If-Match`.
#[utoipa::path(
    params(DraftPath),
    responses((status = 200, description = "The draft", body = SchemeDraft))
)]
#[post("/v1/admin/schemes/{id}/versions/{n}/announce")]
async fn announce_scheme(
    permit: Permit<op::AnnounceScheme>,
    Path(path): Path<DraftPath>,
) -> Result<HttpResponse, Problem> {
    permit
        .step(path.of_draft(), Json::nothing(), |tx, warrant, row, (), _| draft::propose(tx, warrant, row))
        .await
}

/// Confirms the announcement that another official proposed: from now on the version is public as
/// `announced`, and it is applied on its first day. Needs the power to confirm; who drafted or
/// proposed it may not. Needs `If-Match`.
#[utoipa::path(
    params(DraftPath),
    responses((status = 200, description = "The draft", body = SchemeDraft))
)]
#[post("/v1/admin/schemes/{id}/versions/{n}/announce/confirm")]
async fn confirm_scheme(
    permit: Permit<op::ConfirmScheme>,
    Path(path): Path<DraftPath>,
) -> Result<HttpResponse, Problem> {
    permit
        .step(path.of_draft(), Json::nothing(), |tx, warrant, row, (), _| draft::confirm(tx, warrant, row))
        .await
}

/// One draft with its text.
#[utoipa::path(
    params(DraftPath),
    responses((status = 200, description = "The draft", body = SchemeDraft))
)]
#[get("/v1/admin/schemes/{id}/versions/{n}")]
async fn get_scheme_draft(
    permit: Permit<op::GetSchemeDraft>,
    Path(path): Path<DraftPath>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(path.of_draft(), |conn, row: Authorized<draft::Row>| draft::get(conn, &row)).await
}

/// Which drafts.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSchemeDrafts {
    /// Only in this state.
    state: Option<DraftState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The drafts of schemes and how far each has come, by scheme, the newest version first. Versions
/// that came with the program were never drafts.
#[utoipa::path(params(ListSchemeDrafts), responses((status = 200, description = "A page of drafts", body = Page<SchemeDraftSummary>)))]
#[get("/v1/admin/schemes")]
async fn list_scheme_drafts(
    permit: Permit<op::ListSchemeDrafts>,
    Query(query): Query<ListSchemeDrafts>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let page = permit.read(move |conn| draft::list(conn, &warrant, query.state, &window)).await?;
    permit.page(page)
}

/// Gives up a draft that is not announced. What another person has proposed to announce is given up
/// by who could confirm it, with a reason that its authors read. Needs `If-Match`.
#[utoipa::path(
    params(DraftPath),
    request_body(content = Option<NewWithdrawal>, example = json!({"reason": "分值设置与办法原文不符"})),
    responses((status = 200, description = "The draft", body = SchemeDraft))
)]
#[post("/v1/admin/schemes/{id}/versions/{n}/withdraw")]
async fn withdraw_scheme(
    permit: Permit<op::WithdrawScheme>,
    Path(path): Path<DraftPath>,
    OptionalJson(body): OptionalJson<NewWithdrawal>,
) -> Result<HttpResponse, Problem> {
    permit.step(path.of_draft(), body, draft::withdraw).await
}
