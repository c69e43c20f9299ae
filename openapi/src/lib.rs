//! The committed documents that are made from the code: the OpenAPI document (3.1, and a 3.0 copy
//! for generators that know no newer one), the table of permissions, and the columns of files.
//! `xinwu-openapi` writes them; `xinwu-openapi --check` fails when a committed one is not what the
//! code says, or when the document lacks something that a reader needs.
//!
//! **What belongs here:** writing, comparing and linting documents. **What does not:** anything
//! that the running service needs.

pub mod imports;
pub mod lint;
pub mod permissions;

use std::path::{Path, PathBuf};

use serde_json::Value;
use xinwu_api::document::version_3_0;

/// One committed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Where it stands, from the project's root.
    pub path: &'static str,
    /// What it must hold.
    pub content: String,
}

/// The OpenAPI 3.1 document of the running code.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn document() -> Result<Value, serde_json::Error> {
    serde_json::to_value(xinwu_api::document::document())
}

/// Every committed file with what the code says that it must hold.
///
/// # Errors
/// When a document cannot be written as JSON.
pub fn committed(document: &Value) -> Result<Vec<Committed>, serde_json::Error> {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).map(|text| text + "\n");
    Ok(vec![
        Committed { path: "openapi/openapi.json", content: pretty(document)? },
        Committed { path: "openapi/openapi-3.0.json", content: pretty(&version_3_0::convert(document))? },
        Committed { path: "docs/permissions.csv", content: permissions::csv(document) },
        Committed { path: "docs/imports.md", content: imports::page() },
    ])
}

/// The project's root: the folder above this package.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
