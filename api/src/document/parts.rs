//! The document in two parts: one for apps, integrators and firms, who are many and generate
//! clients from it, and one for those who administer. Each has what its readers may ask, by the
//! table of operations, and no schema that only the other needs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use xinwu_domain::access::{Audience, Operation, Role};

/// A part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What everyone, residents, firms and integrators ask.
    Apps,
    /// What officials and administrators do, with how they sign in.
    Admin,
}

impl Part {
    /// Both.
    pub const ALL: [Part; 2] = [Part::Apps, Part::Admin];

    /// This part of the whole document.
    #[must_use]
    pub fn of(self, whole: &Value) -> Value {
        let mut part = whole.clone();
        let Some(document) = part.as_object_mut() else { return part };
        if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
            paths.retain(|path, item| {
                let Some(item) = item.as_object() else { return false };
                // A path stands whole: `Allow` names all that it takes.
                item.values().any(|operation| known(operation).is_some_and(|known| self.holds(known, path)))
            });
        }
        keep_named(document);
        keep_tags(document);
        if self == Part::Admin
            && let Some(title) = document.get_mut("info").and_then(|info| info.get_mut("title"))
        {
            // It names the package of a generated client.
            *title = Value::from("Xinwu Admin");
        }
        part
    }

    fn holds(self, operation: Operation, path: &str) -> bool {
        let asked_by = |roles: &[Role]| match self {
            Part::Apps => roles.iter().any(|role| !is_administering(*role)),
            Part::Admin => roles.iter().any(|role| is_administering(*role)),
        };
        match operation.audience() {
            Audience::Public => self == Part::Apps || path.starts_with("/v1/auth/"),
            Audience::SignedIn => true,
            Audience::Roles(roles) => asked_by(roles),
        }
    }
}

fn is_administering(role: Role) -> bool {
    match role {
        Role::Community | Role::Street | Role::District | Role::City | Role::Department | Role::Admin => true,
        Role::Resident | Role::Firm | Role::Manager | Role::Integrator => false,
    }
}

fn known(operation: &Value) -> Option<Operation> {
    Operation::parse(operation.get("operationId")?.as_str()?)
}

/// Takes out the components that nothing names any more.
fn keep_named(document: &mut Map<String, Value>) {
    let mut named = BTreeSet::new();
    if let Some(paths) = document.get("paths") {
        find_named(paths, document.get("components").unwrap_or(&Value::Null), &mut named);
    }
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    for (section, entries) in components.iter_mut().filter(|(section, _)| *section != "securitySchemes") {
        if let Some(entries) = entries.as_object_mut() {
            entries.retain(|name, _| named.contains(&format!("/{section}/{name}")));
        }
    }
}

/// Adds the components that a value names, and those that they name.
fn find_named(value: &Value, components: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.values().for_each(|below| find_named(below, components, named)),
        Value::Array(items) => items.iter().for_each(|below| find_named(below, components, named)),
        // A reference, in `$ref` or in the mapping of a discriminator.
        Value::String(text) => {
            if let Some(pointer) = text.strip_prefix("#/components")
                && named.insert(pointer.to_owned())
                && let Some(component) = components.pointer(pointer)
            {
                find_named(component, components, named);
            }
        }
        _ => {}
    }
}

/// Takes out the tags that no operation has any more.
fn keep_tags(document: &mut Map<String, Value>) {
    let operations = document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let operations = operations.filter_map(Value::as_object).flat_map(Map::values);
    let tags = operations.filter_map(|operation| operation.get("tags")?.as_array()).flatten();
    let used: BTreeSet<String> = tags.filter_map(Value::as_str).map(str::to_owned).collect();
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        tags.retain(|tag| tag.get("name").and_then(Value::as_str).is_some_and(|name| used.contains(name)));
    }
}
