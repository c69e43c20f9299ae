//! Pages for people: what the API answers, in words.
//!
//! A page is made of the reads of the API's handlers, under their permits, in one snapshot, and is
//! cached with the tags of all that it shows: it changes when they do. It shows what everyone may
//! see, whoever asks. It takes `lang`, which a link switches, and ignores parameters that it does
//! not know: chat programs add their own to every link. There is no script.

mod error;
mod estate;
mod firm;
mod grade;
mod home;
mod metrics;
mod picture;
mod place;
mod poster;
mod problem;
mod project;
mod record;
mod scheme;
mod search;
mod statistics;
mod style;
mod trend;
mod whole;
mod words;

use std::future::{Ready, ready};

use actix_web::dev::{Payload, ResourceDef};
use actix_web::web::{self, Data};
use actix_web::{FromRequest, HttpRequest};
use askama::Template;
use chrono_tz::Tz;
use xinwu_domain::page::Window;
use xinwu_domain::text::{Language, Text};
use xinwu_store::{Result as StoreResult, StoreError};

pub(crate) use error::answer as error_page;
pub(crate) use picture::{badge, trend as trend_picture};
pub(crate) use trend::of_firm as trend_of_firm;

use crate::negotiation;
use crate::problem::Problem;
use crate::state::State;

/// The paths of all pages.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    PATHS.into_iter().chain(whole::PATHS)
}

const PATHS: [&str; 15] = [
    "/",
    "/search",
    "/firms/{uscc}",
    "/estates/{code}",
    "/estates/{code}/poster",
    "/projects/{id}",
    "/records/{id}",
    "/places/{code}",
    statistics::PATH,
    "/schemes",
    "/schemes/{id}",
    "/schemes/{id}/versions/{number}",
    "/problems/{code}",
    style::PATH,
    style::ICON,
];

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    whole::configure(config);
    config
        .service(firm::show_firm)
        .service(estate::show_estate)
        .service(poster::show_poster)
        .service(project::show_project)
        .service(record::show_record)
        .service(place::show_place)
        .service(statistics::show_statistics)
        .service(search::show_search)
        .service(home::show_home)
        .service(scheme::list_schemes)
        .service(scheme::show_scheme)
        .service(scheme::show_version)
        .service(problem::show_problem)
        .service(style::show_style)
        .service(style::show_icon);
}

/// What of a page's query its answer depends on beside the language.
pub(crate) fn own_query(path: &str, query: &str) -> String {
    if path == statistics::PATH { statistics::own_query(query) } else { String::new() }
}

/// Which paths are pages'.
#[derive(Debug)]
pub(crate) struct Paths(ResourceDef);

impl Paths {
    pub(crate) fn new() -> Paths {
        Paths(ResourceDef::new(paths().collect::<Vec<_>>()))
    }

    /// Whether an error on this path is told as a page: it is a page's, or it is nobody's and the
    /// client asks for pages by name.
    pub(crate) fn are_told_so(&self, path: &str, takes_pages: bool) -> bool {
        self.0.is_match(path) || takes_pages && !crate::request::is_documented(path)
    }
}

/// What every page is shown with. In templates it is `p`.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    language: Language,
    /// What the page's address says beside the language, from `&` on.
    kept: String,
    zone: Tz,
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Page, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"));
        ready(state.map(|state| Page {
            language: negotiation::language(request.headers(), request.query_string()),
            kept: String::new(),
            zone: state.zone,
        }))
    }
}

impl Page {
    /// One of two texts.
    fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.in_language(self.language)
    }

    /// The language's tag.
    fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The other language: its tag, and what it calls itself.
    fn other(&self) -> (&'static str, &'static str) {
        match self.language {
            Language::Chinese => ("en", "English"),
            Language::English => ("zh-CN", "中文"),
        }
    }

    /// `lang` of this language.
    fn lang(&self) -> &'static str {
        self.t("zh", "en")
    }

    /// A link to another page, in this language: the choice of one stays, without a cookie.
    fn to(&self, path: impl AsRef<str>) -> String {
        format!("{}?lang={}", path.as_ref(), self.lang())
    }

    /// [`Page::to`] for what lies below a page.
    fn below(&self, path: impl AsRef<str>, name: &str) -> String {
        self.to(format!("{}/{name}", path.as_ref()))
    }

    /// This page in the other language. Of its address only the query is written: a path such as
    /// `//elsewhere` would lead away.
    fn switched(&self) -> String {
        format!("?lang={}{}", self.t("en", "zh"), self.kept)
    }

    fn style(&self) -> &'static str {
        style::url()
    }
}

/// A template as HTML.
fn html(page: &impl Template) -> StoreResult<String> {
    page.render().map_err(|error| StoreError::internal(format!("a page cannot be written: {error}")))
}

/// The first items of a list.
fn first(limit: i64) -> Window {
    Window { limit, after: None, count: false }
}
