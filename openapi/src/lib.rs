//! The committed documents that are made from the code: the OpenAPI document in its two parts (3.1,
//! and a 3.0 copy for generators that know no newer one), the table of permissions, and the columns
//! of files. `xinwu-openapi` writes them; `xinwu-openapi --check` fails when a committed one is not
//! what the code says, or when the document lacks something that a reader needs.
//!
//! **What belongs here:** writing, comparing and linting documents. **What does not:** anything
//! that the running service needs.

pub mod imports;
pub mod lint;
pub mod permissions;

use std::path::{Path, PathBuf};

use serde_json::Value;
use xinwu_api::document::parts::Part;
use xinwu_api::document::version_3_0;

/// One committed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Where it stands, from the project's root.
    pub path: &'static str,
    /// What it must hold.
    pub content: String,
}

/// The whole OpenAPI 3.1 document of the running code: its parts are cut out of it.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn document() -> Result<Value, serde_json::Error> {
    xinwu_api::document::written(&xinwu_api::document::document())
}

/// The document with what its operations share written out at each: the checks read it so.
pub fn inlined(document: &Value) -> Value {
    fn inline(value: &mut Value, components: &Value) {
        let shared = value.get("$ref").and_then(Value::as_str).and_then(|target| {
            let target = target.strip_prefix("#/components")?;
            (!target.starts_with("/schemas/")).then(|| components.pointer(target))?
        });
        if let Some(shared) = shared {
            *value = shared.clone();
        }
        match value {
            Value::Object(map) => map.values_mut().for_each(|below| inline(below, components)),
            Value::Array(items) => items.iter_mut().for_each(|below| inline(below, components)),
            _ => {}
        }
    }
    let mut whole = document.clone();
    let nothing = Value::Null;
    let components = document.get("components").unwrap_or(&nothing);
    if let Some(paths) = whole.get_mut("paths") {
        inline(paths, components);
    }
    let security = document.get("security").unwrap_or(&nothing);
    let paths = whole.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(|paths| paths.values_mut()).filter_map(Value::as_object_mut);
    for item in items {
        let of_path = item.remove("parameters");
        let of_path = of_path.as_ref().and_then(Value::as_array);
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            operation.entry("security").or_insert_with(|| security.clone());
            let own = operation.entry("parameters").or_insert_with(|| Value::Array(Vec::new()));
            if let Some(own) = own.as_array_mut() {
                own.extend(of_path.into_iter().flatten().cloned());
            }
        }
    }
    whole
}

/// Every committed file with what the code says that it must hold.
///
/// # Errors
/// When a document cannot be written as JSON.
pub fn committed(document: &Value) -> Result<Vec<Committed>, serde_json::Error> {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).map(|text| text + "\n");
    let (apps, admin) = (Part::Apps.of(document), Part::Admin.of(document));
    let old = |part: &Value| pretty(&version_3_0::convert(part));
    Ok(vec![
        Committed { path: "openapi/openapi.json", content: pretty(&apps)? },
        Committed { path: "openapi/openapi-3.0.json", content: old(&apps)? },
        Committed { path: "openapi/openapi-admin.json", content: pretty(&admin)? },
        Committed { path: "openapi/openapi-admin-3.0.json", content: old(&admin)? },
        Committed { path: "docs/permissions.csv", content: permissions::csv(document) },
        Committed { path: "docs/imports.md", content: imports::page() },
    ])
}

/// The project's root: the folder above this package.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
