//! `PATCH /v1/me`

use actix_web::{HttpResponse, patch};
use xinwu_domain::access::op;
use xinwu_domain::account::{Me, OwnEdit, check_password};
use xinwu_domain::phone::Phone;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_persistence::people::account::own::{self, NewPassword};

use crate::extract::{Form, Json};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::auth::check_own_password;
use crate::routes::auth::second_factor::{require, succeeded};

/// Changes your own account. A new password needs the current one, and a code of the second factor
/// where the account has one. Needs `If-Match`.
#[utoipa::path(request_body = OwnEdit, responses((status = 200, description = "The account", body = Me)))]
#[patch("/v1/me")]
pub(super) async fn edit_me(
    permit: Permit<op::EditMe>,
    body: Form<OwnEdit>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let id = warrant.account_id().to_owned();
    let (Json { value: edit, .. }, broken) = body.open();
    let mut faults = Faults::from(broken);
    let new = match &edit.password {
        Some(password) => new_password(&permit, &id, (&edit, password), &mut faults).await?,
        None => None,
    };
    faults.refuse_if_any()?;
    let expected = permit.expected()?;
    let has_shown = new.as_ref().is_some_and(|new| new.shown.is_some());
    let mut own = permit.write(move |tx| own::edit(tx, &warrant, &expected, &edit, new.as_ref())).await?;
    if has_shown {
        succeeded(&permit, &id).await?;
    }
    let phone = super::phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.phone = phone.as_ref().map(Phone::masked);
    permit.object(own.version, &own.view)
}

/// A new password, once the current one has been shown, and the second factor where the account has
/// one; none where faults are kept. Wrong ones are counted as at the sign-in: a stolen token must
/// not become a way to guess.
async fn new_password(
    permit: &Permit<op::EditMe>,
    id: &str,
    (edit, password): (&OwnEdit, &str),
    faults: &mut Faults,
) -> Result<Option<NewPassword>, Problem> {
    let wanted = id.to_owned();
    let read = permit.read(move |conn| Ok((own::get(conn, &wanted)?, own::password(conn, &wanted)?)));
    let (own, stored) = read.await?;
    faults.keep(edit.require_own_name(&own.view))?;
    match stored {
        Some((username, stored)) => {
            faults.keep(check_password(password, &username))?;
            if let Some(fault) = wrong_password(permit, edit, (&username, &stored)).await? {
                faults.keep(Err::<(), _>(fault))?;
            }
        }
        None => {
            let text = Text::new("此账号不用密码登录", "This account does not sign in with a password");
            faults.add("/password", "not_for_role", text);
        }
    }
    let shown = require(permit, id, edit.totp.as_deref(), faults).await?;
    if !faults.is_empty() {
        return Ok(None);
    }
    Ok(Some(NewPassword { hash: permit.state().passwords.hash(password).await?, shown }))
}

/// What is wrong with the current password as it was given.
async fn wrong_password(
    permit: &Permit<op::EditMe>,
    edit: &OwnEdit,
    (username, stored): (&str, &str),
) -> Result<Option<Refusal>, Problem> {
    let Some(current) = &edit.current_password else {
        let text = Text::new("修改密码须提供当前密码", "A new password needs the current one");
        return Ok(Some(Refusal::invalid("/current_password", "required", text)));
    };
    if check_own_password(permit, username, current, Some(stored)).await? {
        return Ok(None);
    }
    let text = Text::new("当前密码错误", "The current password is wrong");
    Ok(Some(Refusal::invalid("/current_password", "wrong_password", text)))
}
