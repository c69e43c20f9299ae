//! `POST /v1/admin/firms`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::firm::{Firm, FirmStatus, FormerName, read_uscc};
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::registers::firm::{self, NewFirm, Parent};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use xinwu_domain::rules::{few, require_day};

/// A new firm.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业", "registered_place": "210202"}))]
pub struct AddFirm {
    /// The unified social credit code.
    #[validate(length(min = 1, max = 100))]
    uscc: String,
    /// The name in the business register.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: String,
    /// What people call it.
    #[validate(length(min = 1, max = 50), custom(function = "xinwu_domain::rules::plain_text"))]
    short_name: Option<String>,
    /// Names it had before.
    #[serde(default, deserialize_with = "few")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    former_names: Vec<AddFormerName>,
    /// How it stands in the business register; `active` when left out.
    status: Option<FirmStatus>,
    /// The code of the place where it is registered.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "xinwu_domain::rules::typed_code")]
    registered_place: String,
    /// Why a code whose check character fails is accepted all the same. Only that one failure can
    /// be overridden.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::plain_text"))]
    check_override_reason: Option<String>,
    /// Whether it takes part in credit evaluation; true when left out.
    participates: Option<bool>,
    /// Whether it has residential business; true when left out.
    residential: Option<bool>,
    /// The day of its business licence, not to come: how old it is, where a scheme asks for that.
    /// Unknown when left out.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    licensed_on: Option<String>,
    /// The firm whose branch it is (分支机构), by unified social credit code; needs `parent_since`.
    #[validate(length(min = 1, max = 100))]
    parent: Option<String>,
    /// The first day on which it is a branch, not to come.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    parent_since: Option<String>,
}

/// A name that a firm had before.
#[derive(Debug, Deserialize, serde::Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "大连样例物业有限公司", "used_until": "2025-03-01"}))]
pub struct AddFormerName {
    /// The name.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: String,
    /// The first day on which it no longer was the name.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    used_until: String,
}

/// Adds a firm that is registered in your jurisdiction.
#[utoipa::path(tag = "registers", request_body = AddFirm, responses((status = 201, description = "The new firm", body = Firm)))]
#[post("/v1/admin/firms")]
pub(super) async fn add_firm(
    permit: Permit<op::AddFirm>,
    body: Json<AddFirm>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let day = |pointer: &str, text: Option<String>| text.map(|text| require_day(pointer, &text)).transpose();
    let since = day("/parent_since", value.parent_since)?;
    let parent = match (value.parent.as_deref().map(super::parent_code).transpose()?, since) {
        (Some(uscc), Some(since)) => Some(Parent { uscc, since }),
        (Some(_), None) => return Err(firm::since_needed().into()),
        (None, Some(_)) => return Err(firm::since_alone().into()),
        (None, None) => None,
    };
    let new = NewFirm {
        uscc: read_uscc(&value.uscc, value.check_override_reason.as_deref())?,
        name: value.name,
        short_name: value.short_name,
        former_names: former_names(value.former_names)?,
        status: value.status.unwrap_or(FirmStatus::Active),
        registered_place: value.registered_place,
        check_override_reason: value.check_override_reason,
        participates: value.participates.unwrap_or(true),
        residential: value.residential.unwrap_or(true),
        licensed_on: day("/licensed_on", value.licensed_on)?,
        parent,
        demo: false,
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (firm, version) = firm::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/firms/{}", firm.uscc), version, &firm)
        })
        .await
}

fn former_names(names: Vec<AddFormerName>) -> Result<Vec<FormerName>, Refusal> {
    let read = |(index, former): (usize, AddFormerName)| {
        let used_until = require_day(&format!("/former_names/{index}/used_until"), &former.used_until)?;
        Ok(FormerName { name: former.name, used_until })
    };
    names.into_iter().enumerate().map(read).collect()
}
