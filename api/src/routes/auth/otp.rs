//! `POST /v1/auth/otp`

use actix_web::http::header;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::phone::Phone;
use xinwu_persistence::people::code::{self, CODE_LIFE, CodeRequest};

use super::{address_hash, device_hash, network_hash};
use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;

/// A phone that wants a code.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "19900099999"}))]
pub struct RequestCode {
    /// A mainland mobile number.
    phone: Phone,
    /// The device, as `POST /v1/auth/token` gave it: its codes are counted apart from those that
    /// strangers ask for, and good where it is sent along. One that is not known, or another
    /// phone's, is as if it were left out. For a change of phones (`PUT /v1/me/phone`) it goes with
    /// the code to the phone until now; the new one has none yet.
    #[validate(length(min = 1, max = 1024))]
    device: Option<String>,
}

/// The answer to everyone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"expires_in": 300, "retry_after": 60}))]
pub struct CodeRequested {
    /// Seconds for which the code is good.
    expires_in: i64,
    /// Seconds until another code can be asked for; sooner is 429 with the same in `Retry-After`.
    retry_after: u32,
}

/// Sends a code of 6 digits to a phone. The answer is the same whoever asks. A phone may ask once a
/// minute and, unless the operator has set it otherwise, 5 times an hour and 10 times a day; so may
/// each `device` that is known, whatever strangers ask for.
#[utoipa::path(
    request_body = RequestCode,
    responses((status = 202, description = "If the phone can be reached, a code is on its way", body = CodeRequested))
)]
#[post("/v1/auth/otp")]
pub(super) async fn request_code(
    permit: Permit<op::RequestCode>,
    body: Json<RequestCode>,
) -> Result<HttpResponse, Problem> {
    let phone = body.value.phone;
    let state = permit.state();
    // In the demo the code is printed beforehand.
    let code = state.demo_code.get().cloned().map_or_else(random_code, Ok)?;
    let phone_hash = state.secrets.phone_hash(phone.digits());
    let request = CodeRequest {
        code_hash: state.secrets.code_hash(&phone_hash, &code),
        address_hash: address_hash(&permit),
        network_hash: network_hash(&permit),
        device_hash: body.value.device.as_deref().map(|device| device_hash(&state.secrets, device)),
        phone_hash,
        limits: state.config.limits(),
    };
    // The same work for known phones and for strangers, and nothing after it that is waited for.
    let requested = permit.write(move |tx| code::request(tx, &request)).await?;
    if requested.is_sent {
        state.sms.send(&phone, &code, permit.now() + CODE_LIFE);
    } else {
        tracing::warn!("the hour's codes are used up; a code was not sent");
        metrics::counter!("xinwu_sms_total", "outcome" => "over_budget").increment(1);
    }
    Ok(HttpResponse::Accepted()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(CodeRequested { expires_in: CODE_LIFE.num_seconds(), retry_after: requested.retry_after }))
}

/// Six digits, each number as likely as any other.
fn random_code() -> Result<String, Problem> {
    const NUMBERS: u32 = 1_000_000;
    loop {
        let mut bytes = [0_u8; 4];
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|_| Problem::internal("the system gives no random bytes"))?;
        let number = u32::from_be_bytes(bytes);
        // The last, incomplete million would make small numbers likelier.
        if number < u32::MAX - u32::MAX % NUMBERS {
            return Ok(format!("{:06}", number % NUMBERS));
        }
    }
}
