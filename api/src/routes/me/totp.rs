//! `/v1/me/totp`: the second factor of one's own account.

use actix_web::http::header;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use xinwu_domain::access::op;
use xinwu_domain::account::{ConfirmTotp, NewTotp, RecoveryCodes, TotpSecret};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_persistence::people::account::own;
use xinwu_persistence::people::account::second_factor::{self, Shown, wrong_code};

use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::auth::check_own_password;
use crate::routes::auth::second_factor::{look_at, require, succeeded};

pub(super) fn configure(config: &mut Routes) {
    config.service(set_up_totp);
    config.service(confirm_totp);
}

/// Makes a secret for an authenticator app, which is shown this once and counts once it is
/// confirmed. Of an account that has an authenticator already, that goes on until then, and a code
/// of it is asked for. Wrong passwords and codes count as at the sign-in.
#[utoipa::path(request_body = NewTotp, responses((status = 200, description = "The secret", body = TotpSecret)))]
#[post("/v1/me/totp")]
async fn set_up_totp(permit: Permit<op::SetUpTotp>, body: Json<NewTotp>) -> Result<HttpResponse, Problem> {
    let id = permit.warrant()?.account_id().to_owned();
    let wanted = id.clone();
    let Some((username, stored)) = permit.read(move |conn| own::password(conn, &wanted)).await? else {
        let text = Text::new("此账号不用密码登录", "This account does not sign in with a password");
        return Err(Refusal::invalid("/password", "not_for_role", text).into());
    };
    let NewTotp { password, totp } = body.value;
    let mut faults = Faults::default();
    if !check_own_password(&permit, &username, &password, Some(&stored)).await? {
        faults.add("/password", "wrong_password", Text::new("密码错误", "The password is wrong"));
    }
    let shown = require(&permit, &id, totp.as_deref(), &mut faults).await?;
    faults.refuse_if_any()?;
    let secrets = &permit.state().secrets;
    let (secret, sealed) =
        crate::second_factor::new_secret(secrets, &id, &username).map_err(Problem::internal)?;
    let (wanted, had_one) = (id.clone(), shown.is_some());
    permit.write(move |tx| second_factor::set_up(tx, &wanted, &sealed, shown.as_ref())).await?;
    if had_one {
        succeeded(&permit, &id).await?;
    }
    Ok(shown_once(&secret))
}

/// Puts the authenticator in force that was set up last, by a code of it: from now on a sign-in
/// needs one. Every other session ends. The recovery codes are shown this once, and those of before
/// are void. Wrong codes count as at the sign-in.
#[utoipa::path(request_body = ConfirmTotp, responses((status = 200, description = "The recovery codes", body = RecoveryCodes)))]
#[post("/v1/me/totp/confirm")]
async fn confirm_totp(
    permit: Permit<op::ConfirmTotp>,
    body: Json<ConfirmTotp>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let id = warrant.account_id().to_owned();
    let wanted = id.clone();
    let sealed = permit.read(move |conn| second_factor::new_secret(conn, &wanted)).await?;
    let Some(Shown::Step { step, .. }) = look_at(&permit, &id, &sealed, &body.value.totp).await? else {
        return Err(wrong_code().into());
    };
    let secrets = &permit.state().secrets;
    let (recovery_codes, hashes) =
        crate::second_factor::recovery_codes(secrets, &id).map_err(Problem::internal)?;
    permit.write(move |tx| second_factor::confirm(tx, &warrant, (&sealed, step), &hashes)).await?;
    succeeded(&permit, &id).await?;
    Ok(shown_once(&RecoveryCodes { recovery_codes }))
}

fn shown_once(secret: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(secret)
}
