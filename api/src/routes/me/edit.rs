//! `PATCH /v1/me`

use actix_web::{HttpResponse, patch};
use xinwu_domain::access::op;
use xinwu_domain::account::{Me, OwnEdit, check_password};
use xinwu_domain::phone::Phone;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::people::account::own::{self, NewPassword};

use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::auth::check_own_password;
use crate::routes::auth::second_factor::{require, succeeded};

/// Changes your own account. A new password needs the current one, and a code of the second factor
/// where the account has one. Needs `If-Match`.
#[utoipa::path(tag = "me", request_body = OwnEdit, responses((status = 200, description = "The account", body = Me)))]
#[patch("/v1/me")]
pub(super) async fn edit_me(
    permit: Permit<op::EditMe>,
    body: Json<OwnEdit>,
) -> Result<HttpResponse, Problem> {
    let (id, expected, edit) = (permit.warrant()?.account_id().to_owned(), permit.expected()?, body.value);
    let new = match &edit.password {
        Some(password) => Some(new_password(&permit, &id, password, &edit).await?),
        None => None,
    };
    let has_shown = new.as_ref().is_some_and(|new| new.shown.is_some());
    let wanted = id.clone();
    let mut own = permit.write(move |tx| own::edit(tx, &wanted, &expected, &edit, new.as_ref())).await?;
    if has_shown {
        succeeded(&permit, &id).await?;
    }
    let phone = super::phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.phone = phone.as_ref().map(Phone::masked);
    permit.object(own.version, &own.view)
}

/// A new password, once the current one has been shown, and the second factor where the account has
/// one. Wrong ones are counted as at the sign-in: a stolen token must not become a way to guess.
async fn new_password(
    permit: &Permit<op::EditMe>,
    id: &str,
    password: &str,
    edit: &OwnEdit,
) -> Result<NewPassword, Problem> {
    let wanted = id.to_owned();
    let Some((username, stored)) = permit.read(move |conn| own::password(conn, &wanted)).await? else {
        let text = Text::new("此账号不用密码登录", "This account does not sign in with a password");
        return Err(Refusal::invalid("/password", "not_for_role", text).into());
    };
    check_password(password, &username)?;
    let Some(current) = edit.current_password.as_deref() else {
        let text = Text::new("修改密码须提供当前密码", "A new password needs the current one");
        return Err(Refusal::invalid("/current_password", "required", text).into());
    };
    if !check_own_password(permit, &username, current, Some(&stored)).await? {
        let text = Text::new("当前密码错误", "The current password is wrong");
        return Err(Refusal::invalid("/current_password", "wrong_password", text).into());
    }
    let shown = require(permit, id, edit.totp.as_deref()).await?;
    Ok(NewPassword { hash: permit.state().passwords.hash(password).await?, shown })
}
