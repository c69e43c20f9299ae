//! Managers (项目经理): the persons in charge of projects.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::card::Credit;
use crate::firm::NamedFirm;
use crate::project::ProjectSummary;
use crate::rules;

/// A manager, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "王经理",
    "firm": {"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}, "demo": false, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct Manager {
    /// The manager's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The firm that the manager works for.
    pub firm: Option<NamedFirm>,
    /// Part of demo data.
    pub demo: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<NamedManager>,
    /// When the entry last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A person in charge of projects, as other objects show it: id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "王经理"}))]
pub struct NamedManager {
    /// The manager's id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A manager's page: firm, projects, credit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "王经理",
    "firm": {"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}, "demo": false, "projects": [], "past_projects": [],
    "credit": {"outcome": "not_evaluated", "scheme": null, "scheme_version": null, "score": null, "grade": null, "effective_from": null,
        "reason": null, "pending": null, "consequences": []},
    "other_credits": [], "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct ManagerPage {
    /// The manager's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The firm that the manager works for.
    pub firm: Option<NamedFirm>,
    /// Part of demo data.
    pub demo: bool,
    /// The projects that the manager is in charge of now.
    pub projects: Vec<ProjectSummary>,
    /// The projects that the manager was in charge of, the latest first.
    pub past_projects: Vec<ProjectSummary>,
    /// The manager's grade by the primary scheme for managers.
    pub credit: Credit,
    /// Grades by other schemes in force.
    pub other_credits: Vec<Credit>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<NamedManager>,
    /// When the entry or the credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A new manager.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "王经理", "uscc": "91219900MA0D00000P"}))]
pub struct NewManager {
    /// The name.
    #[validate(length(min = 1, max = 50), custom(function = "rules::plain_text"))]
    pub name: String,
    /// The code of the firm that the manager works for.
    #[serde(default, deserialize_with = "rules::known_uscc_if_any")]
    pub uscc: Option<String>,
    /// Part of demo data.
    #[serde(skip)]
    pub demo: bool,
}

/// What changes in a manager; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"uscc": "91219900MA0D00001T"}))]
pub struct ManagerEdit {
    /// The name.
    #[validate(length(min = 1, max = 50), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// Another firm, or null for none. The manager leaves the charge of the old firm's running
    /// projects; those that ended stay in the file.
    #[serde(default, deserialize_with = "rules::nullable_uscc")]
    #[schema(value_type = Option<String>)]
    pub uscc: Option<Option<String>>,
    /// Whether the entry is retired, as one that was made by mistake or twice: it is in no list any
    /// more, and readable by its id.
    pub retired: Option<bool>,
    /// The id of the entry that holds in its place.
    #[validate(length(min = 1, max = 64))]
    pub successor: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}
