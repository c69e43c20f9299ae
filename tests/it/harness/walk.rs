//! Every documented operation, as a request that gets as far as its headers and its path.

use serde_json::Value;
use xinwu_domain::access::{Audience, Operation, Role};
use xinwu_openapi::lint;

use super::{Call, TestApp, someone};

/// A documented operation.
pub struct Walked {
    pub operation: Operation,
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    /// What the document says of it.
    pub described: Value,
}

pub fn operations() -> Vec<Walked> {
    let document = xinwu_openapi::inlined(&xinwu_openapi::document().unwrap());
    lint::operations(&document)
        .into_iter()
        .map(|each| Walked {
            operation: Operation::parse(each.id().unwrap()).unwrap(),
            method: each.method.to_uppercase(),
            path: each.path.to_owned(),
            described: each.operation.clone(),
        })
        .collect()
}

impl Walked {
    /// The names of the path's parameters.
    pub fn parameters(&self) -> Vec<&str> {
        self.path.split(['{', '}']).skip(1).step_by(2).collect()
    }

    /// The path with its parameters filled, `name` with `value` and the others with what can be
    /// read.
    pub fn path_with(&self, name: &str, value: &str) -> String {
        self.parameters().into_iter().fold(self.path.clone(), |path, each| {
            let readable = match each {
                "list" => "red",
                "import" => "places",
                "n" => "1",
                "uscc" => "91210200241281392F",
                "month" => "2026-11",
                "period" => "2026-Q4",
                "assessor" => "street",
                "subject_kind" => "firm",
                "code" => "2102",
                _ => "x",
            };
            path.replace(&format!("{{{each}}}"), if each == name { value } else { readable })
        })
    }

    /// A request to `path` by somebody who may ask.
    pub fn call(&self, app: &TestApp, path: &str) -> Call {
        let mut call = app.call(&self.method, path);
        let audience = self.operation.audience();
        if audience != Audience::Public {
            let role = Role::ALL.into_iter().find(|role| audience.admits(*role)).unwrap();
            call = call.token(&app.token(someone(role)));
        }
        call
    }

    /// Whether it takes this parameter.
    pub fn takes(&self, name: &str) -> bool {
        self.described["parameters"].as_array().into_iter().flatten().any(|each| each["name"] == name)
    }
}
