//! `PATCH /v1/admin/firms/{uscc}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::firm::{Firm, FirmStatus};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::registers::firm::{self, FirmEdit};

use crate::extract::{FirmCode, Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::{naming, nullable, require_day};

/// What changes in a firm; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "大连新名物业管理有限公司"}))]
pub struct EditFirm {
    /// A new name; the old one becomes a former name and stays searchable.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    correction: bool,
    /// What people call it; null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    short_name: Option<Option<String>>,
    /// How it stands in the business register.
    status: Option<FirmStatus>,
    /// The code of the place where it is registered.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    registered_place: Option<String>,
    /// Whether it takes part in credit evaluation.
    participates: Option<bool>,
    /// Whether it has residential business.
    residential: Option<bool>,
    /// The day of its business licence, not to come; null makes it unknown.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    licensed_on: Option<Option<String>>,
    /// All firms that carry on its business after a merger or a split, by unified social credit
    /// code, at most 20. Its dossier stays its own.
    #[validate(length(max = 20))]
    successors: Option<Vec<String>>,
    /// The firm whose branch it is (分支机构), by unified social credit code; null makes it a firm
    /// of its own.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<String>>,
    /// The first day on which it is a branch, not to come; needed with another parent.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    parent_since: Option<String>,
}

/// Changes a firm registered in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    request_body = EditFirm,
    responses((status = 200, description = "The firm", body = Firm))
)]
#[patch("/v1/admin/firms/{uscc}")]
pub(super) async fn edit_firm(
    permit: Permit<op::EditFirm>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    body: Json<EditFirm>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    if let Some(Some(short_name)) = &value.short_name {
        xinwu_domain::rules::require_line("/short_name", short_name, 50)?;
    }
    let day = |pointer: &str, text: Option<String>| text.map(|text| require_day(pointer, &text)).transpose();
    let edit = FirmEdit {
        naming: naming(value.correction, value.name.as_deref())?,
        name: value.name,
        short_name: value.short_name,
        status: value.status,
        registered_place: value.registered_place,
        participates: value.participates,
        residential: value.residential,
        licensed_on: value.licensed_on.map(|text| day("/licensed_on", text)).transpose()?,
        successors: value.successors.map(successors).transpose()?,
        parent: match value.parent {
            Some(Some(code)) => Some(Some(super::parent_code(&code)?)),
            other => other,
        },
        parent_since: day("/parent_since", value.parent_since)?,
    };
    permit.change(uscc, edit, firm::edit).await
}

/// Codes as the register writes them, each once.
fn successors(codes: Vec<String>) -> Result<Vec<String>, Refusal> {
    let mut known: Vec<String> = Vec::with_capacity(codes.len());
    for (index, code) in codes.iter().enumerate() {
        let code = Uscc::parse_known(code)
            .map_err(|fault| Refusal::invalid(format!("/successors/{index}"), fault.code(), fault.text()))?;
        if !known.iter().any(|known| known == code.as_str()) {
            known.push(code.as_str().to_owned());
        }
    }
    Ok(known)
}
