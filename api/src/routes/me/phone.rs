//! `PUT /v1/me/phone`. Its body is HTTP's own, as those of `/v1/auth`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, put};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::Me;
use xinwu_domain::phone::Phone;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_persistence::operations::phone_change::{self, Outcome, PhoneChange};
use xinwu_persistence::people::account::own::{self, Own};
use xinwu_persistence::people::code::{self, Tried, TypedCode};

use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::auth::{check_code, device_hash, pasted_code, typed_code, typed_from, wrong_code_text};

/// Another phone, with the codes that went to it and to the phone until now.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "19900099998", "code": "246810", "current_code": "246810"}))]
pub struct PutPhone {
    /// The new mainland mobile number.
    phone: Phone,
    /// The six digits that went to it.
    #[serde(deserialize_with = "pasted_code")]
    #[validate(custom(function = check_code))]
    code: String,
    /// The six digits that went to the phone until now.
    #[serde(deserialize_with = "pasted_code")]
    #[validate(custom(function = check_code))]
    current_code: String,
    /// The device with which that code was asked for, where it was with one: codes that strangers
    /// ask for and guesses of theirs do not stand in its way.
    #[validate(length(min = 1, max = 1024))]
    current_device: Option<String>,
}

/// Changes the phone that you sign in with. Ask for a code for each of both phones first
/// (`POST /v1/auth/otp`). Your dwellings and ratings stay yours, and your other sessions end. A
/// phone that has an account is 409 `phone_taken`; one whose former account rated or flagged lately
/// is 409 `phone_reserved`. The phone that you have already changes nothing. Three times a day.
#[utoipa::path(
    request_body = PutPhone,
    responses((status = 200, description = "The account", body = Me))
)]
#[put("/v1/me/phone")]
pub(super) async fn put_phone(
    permit: Permit<op::PutPhone>,
    body: Json<PutPhone>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, value) = (permit.warrant()?, permit.expected_if_any()?, body.value);
    let secrets = &permit.state().secrets;
    let id = warrant.account_id().to_owned();
    let own = permit.read(move |conn| own::get(conn, &id)).await?;
    let current = super::phone(secrets, warrant.account_id(), own.phone_encrypted.as_deref())?
        .ok_or_else(|| Problem::internal("a resident without a phone"))?;
    if current == value.phone {
        Expected::check_any(expected.as_ref(), Some(own.version))?;
        return show(&permit, own, &current);
    }
    let phone_encrypted =
        secrets.encrypt(warrant.account_id(), value.phone.digits().as_bytes()).map_err(Problem::internal)?;
    let device_hash = value.current_device.as_deref().map(|device| device_hash(secrets, device));
    let change = PhoneChange {
        expected,
        old: TypedCode { device_hash, ..typed_code(secrets, &current, &value.current_code) },
        new: typed_code(secrets, &value.phone, &value.code),
        from: typed_from(&permit),
        phone_encrypted,
    };
    let keys = permit.state().month_keys();
    match permit.write(move |tx| phone_change::change(tx, &keys, &warrant, &change)).await? {
        Outcome::Changed(own) => show(&permit, *own, &value.phone),
        Outcome::WrongCode(tried) => Err(wrong_codes(tried)),
        Outcome::Taken => Err(Problem::new(
            StatusCode::CONFLICT,
            "phone_taken",
            Text::new(
                "该手机号码已有账号；请先用该号码登录并注销那个账号",
                "This phone has an account already; sign in with it and delete that account first",
            ),
        )),
        Outcome::Reserved(day) => Err(Problem::new(
            StatusCode::CONFLICT,
            "phone_reserved",
            Text::new(
                format!("该手机号码的原账号近期有过评价或举报，请在{day}之后再改用该号码"),
                format!(
                    "An account that this phone had has rated or flagged lately; change to it after {day}"
                ),
            ),
        )),
    }
}

fn show(permit: &Permit<op::PutPhone>, mut own: Own<Me>, phone: &Phone) -> Result<HttpResponse, Problem> {
    own.view.phone = Some(phone.masked());
    permit.object(own.version, &own.view)
}

/// Not 401: whoever asks is signed in.
fn wrong_codes(tried: Tried<2>) -> Problem {
    if let Some(wait) = tried.wait {
        return code::too_many_wrong_codes(wait).into();
    }
    let text = wrong_code_text(tried.tries_left);
    let faults = ["/current_code", "/code"]
        .into_iter()
        .zip(tried.are_right)
        .filter(|(_, is_right)| !is_right)
        .map(|(pointer, _)| FieldFault::new(pointer, "wrong_code", text.clone()))
        .collect();
    Problem::from(Refusal::Invalid(faults)).tries_left(tried.tries_left)
}
