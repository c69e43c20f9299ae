//! What the document says of each path, before its route is found.

use std::collections::HashMap;

use actix_web::dev::ResourceDef;
use xinwu_domain::access::Operation;

use super::is_at_or_below;
use crate::document::{Exchange, Upload};
use crate::pages;
use crate::sharing::{Reader, Sharing};

/// What the document says that every request needs.
#[derive(Debug)]
pub(crate) struct Documented {
    /// The methods of each path, to tell a wrong method (405) from a wrong path (404).
    methods: Vec<(ResourceDef, Vec<&'static str>)>,
    /// What is read at each path.
    readings: HashMap<String, Operation>,
    /// What each operation takes and gives.
    exchanges: HashMap<Operation, Exchange>,
    /// Where files are taken, which have a limit of size of their own.
    uploads: Vec<(ResourceDef, Upload)>,
    /// Where errors are told as pages.
    pub(super) pages: pages::Paths,
}

/// Whether a path is of those that the document describes; pages for people are the others.
pub(crate) fn is_documented(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/.well-known/")
}

/// What is served beside the documented paths, and only read: to everybody,
const BESIDE: [&str; 5] =
    ["/openapi.json", "/openapi-3.0.json", "/openapi-admin.json", "/openapi-admin-3.0.json", SECURITY_TEXT];
/// and to those who run the service, or look at it in a browser.
const OPERATORS: [&str; 3] = ["/livez", "/readyz", "/docs"];

/// Whom to tell of a weakness (RFC 9116).
pub(crate) const SECURITY_TEXT: &str = "/.well-known/security.txt";

impl Documented {
    pub(crate) fn new(document: &utoipa::openapi::OpenApi) -> Documented {
        let beside = BESIDE.into_iter().chain(OPERATORS).chain(pages::paths());
        let beside = beside.map(|path| (path.to_owned(), vec!["GET"]));
        Documented {
            methods: crate::document::methods(document)
                .into_iter()
                .chain(beside)
                .map(|(path, methods)| (ResourceDef::new(path), methods))
                .collect(),
            readings: crate::document::readings(document),
            exchanges: crate::document::exchanges(document),
            uploads: crate::document::uploads(document)
                .into_iter()
                .map(|(path, upload)| (ResourceDef::new(path), upload))
                .collect(),
            pages: pages::Paths::new(),
        }
    }

    /// To whom the answer of a path with this pattern is shown. What the document does not say is a
    /// page for people or nothing at all, and there nothing is anybody's own.
    pub(super) fn sharing(&self, pattern: Option<&str>, path: &str, reader: Reader) -> Sharing {
        match pattern.and_then(|pattern| self.readings.get(pattern)) {
            Some(operation) => Sharing::of(*operation, reader),
            None if OPERATORS.iter().any(|operators| is_at_or_below(path, operators)) => Sharing::Private,
            None => Sharing::Current,
        }
    }

    /// What is read at this path, by its pattern, and to whom a stranger's answer is shown, before
    /// the route is found.
    pub(super) fn shown_at(&self, path: &str) -> (Option<&str>, Sharing) {
        let mut found = self.methods.iter().map(|(resource, _)| resource).filter(|each| each.is_match(path));
        let pattern = found.find_map(|each| each.pattern().filter(|it| self.readings.contains_key(*it)));
        (pattern, self.sharing(pattern, path, Reader::Stranger))
    }

    /// What file is posted to this path, if any is.
    pub(super) fn upload(&self, path: &str) -> Option<Upload> {
        self.uploads.iter().find(|(resource, _)| resource.is_match(path)).map(|(_, upload)| *upload)
    }

    /// What the operation takes and gives.
    pub(crate) fn exchange(&self, operation: Operation) -> Option<&Exchange> {
        self.exchanges.get(&operation)
    }

    /// The methods of a path, as `Allow` lists them.
    pub(super) fn methods_of(&self, path: &str) -> Option<String> {
        let parameters =
            |resource: &ResourceDef| resource.pattern().map_or(0, |pattern| pattern.matches('{').count());
        let matching = || self.methods.iter().filter(|(resource, _)| resource.is_match(path));
        // A path that is written out is no id of another.
        let fewest = matching().map(|(resource, _)| parameters(resource)).min();
        let mut allowed: Vec<&str> = matching()
            .filter(|(resource, _)| Some(parameters(resource)) == fewest)
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        // A HEAD is answered as its GET.
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.sort_unstable();
        allowed.dedup();
        (!allowed.is_empty()).then(|| allowed.join(", "))
    }
}
