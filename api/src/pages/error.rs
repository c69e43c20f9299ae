//! Errors in words.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use askama::Template;
use xinwu_domain::text::Language;

use super::Page;
use crate::problem::{Problem, ShownProblem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    p: Page,
    told: ShownProblem<'a>,
}

/// The answer that tells of a problem as a page, with its status and headers.
pub(crate) fn answer(problem: &Problem, language: Language) -> HttpResponse<BoxBody> {
    let p = Page { language, kept: String::new(), zone: chrono_tz::UTC };
    let page = ErrorPage { p, told: problem.told() };
    // Of a page that cannot be written, the problem is left.
    match page.render() {
        Ok(html) => problem.answer("text/html; charset=utf-8", html.into_bytes()),
        Err(_) => actix_web::ResponseError::error_response(problem),
    }
}
