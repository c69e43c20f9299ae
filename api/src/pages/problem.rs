//! `/problems/{code}`: what a problem of the API means and what to do about it. Its `type` leads
//! here.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use xinwu_domain::text::Text;

use super::{Page, html, style};
use crate::extract::Path;
use crate::problem::Problem;
use crate::problem::kinds::{ProblemKind, kind};
use crate::secrets::sha256_hex;

#[derive(Template)]
#[template(path = "problem.html")]
struct ShownProblem {
    p: Page,
    kind: &'static ProblemKind,
}

impl Page {
    /// A text in pieces, and which of them stand between backquotes: those are code.
    fn pieces<'a>(&self, text: &'a Text) -> impl Iterator<Item = (bool, &'a str)> {
        self.text(text).split('`').enumerate().map(|(number, piece)| (number % 2 == 1, piece))
    }
}

#[get("/problems/{code}")]
pub(super) async fn show_problem(
    request: HttpRequest,
    p: Page,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    let kind = kind(&code).ok_or_else(Problem::no_such_path)?;
    let language = p.tag();
    let page = html(&ShownProblem { p, kind })?;
    let hash = sha256_hex(page.as_bytes());
    let mut answer = style::answer(
        request.headers(),
        "text/html; charset=utf-8",
        "no-cache",
        page,
        hash.get(..12).unwrap_or_default(),
    );
    answer.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    Ok(answer)
}
