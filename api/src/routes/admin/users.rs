//! `/v1/admin/users`

use actix_web::{HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Role, op};
use xinwu_domain::account::{NewUser, User, UserEdit};
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::people::account::user::{self, UserQuery};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_users);
    config.service(add_user);
    config.service(get_user);
    config.service(edit_user);
}

/// Proposes a new account, which another administrator confirms: that one is shown a code with
/// which its owner chooses a password. An official needs a place of the role's level, a firm's
/// account a registered firm, a manager's a manager, a department's official a department, an
/// administrator none of them.
#[utoipa::path(request_body = NewUser, responses((status = 202, description = "It waits for a second person", body = Proposal)))]
#[post("/v1/admin/users")]
async fn add_user(permit: Permit<op::AddUser>, body: Form<NewUser>) -> Result<HttpResponse, Problem> {
    permit.add_or_propose(body, user::add, |user| format!("/v1/admin/users/{}", user.id)).await
}

/// Changes an account. What it may do, where, and its password take another administrator; shutting
/// it takes one. Whatever takes something from it ends all its sessions at once. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The account")),
    request_body = UserEdit,
    responses(
        (status = 200, description = "The account", body = User),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/users/{id}")]
async fn edit_user(
    permit: Permit<op::EditUser>,
    Path(id): Path<String>,
    body: Form<UserEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(id, body, user::edit).await
}

/// One account.
#[utoipa::path(
    params(("id" = String, Path, description = "The account")),
    responses((status = 200, description = "The account", body = User))
)]
#[get("/v1/admin/users/{id}")]
async fn get_user(permit: Permit<op::GetUser>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let read = |conn: &mut Conn, row: Authorized<user::Row>| user::get(conn, &row.id);
    let answer = permit.read_one(id.clone(), read).await?;
    permit.note_reading(Kind::User, &id, 1).await?;
    Ok(answer)
}

/// Which accounts.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUsers {
    /// Only this role.
    role: Option<Role>,
    /// Only accounts of this place and of those below it, and of their departments.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Part of a username or of a shown name.
    #[validate(length(min = 1, max = 64))]
    q: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The accounts of people, the oldest first. Residents' phones are not shown.
#[utoipa::path(params(ListUsers), responses((status = 200, description = "A page of accounts", body = Page<User>)))]
#[get("/v1/admin/users")]
async fn list_users(
    permit: Permit<op::ListUsers>,
    Query(query): Query<ListUsers>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let about = query.place.clone().unwrap_or_default();
    let wanted = UserQuery { role: query.role, place: query.place, q: query.q };
    let users = permit.read(move |conn| user::list(conn, &wanted, &window)).await?;
    permit.note_reading(Kind::Place, &about, users.items.len()).await?;
    permit.page(users)
}
