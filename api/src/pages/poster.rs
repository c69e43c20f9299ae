//! `/estates/{code}/poster`: a sheet of paper for the hall of an estate, with the code that leads
//! to its page. It says nothing that a month later would be wrong but who serves the estate.

use actix_web::{HttpResponse, get};
use askama::Template;
use fast_qr::{ECL, QRBuilder};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstatePage;
use xinwu_domain::typed;
use xinwu_persistence::registers::estate;
use xinwu_store::{Result as StoreResult, StoreError};

use super::firm::project_tags;
use super::{Page, html};
use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Modules of white around the code: the standard's least.
const QUIET: usize = 4;

#[derive(Template)]
#[template(path = "poster.html")]
struct Poster {
    p: Page,
    estate: EstatePage,
    url: String,
    code: Code,
}

/// A QR code as one path of a picture.
struct Code {
    /// Modules on a side, the white included.
    size: usize,
    path: String,
}

#[get("/estates/{code}/poster")]
pub(super) async fn show_poster(
    permit: Permit<op::GetEstate>,
    p: Page,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (code, context) = (typed::code(&code), permit.context());
    let public_url = permit.state().config().public_url();
    permit
        .cached_html(move |conn| {
            let (estate, _) = estate::page(conn, &code, &context)?;
            let tags = estate
                .project
                .iter()
                .flat_map(project_tags)
                .chain([Tag::One(Entity::Estate, code), Tag::Any(Entity::Place)])
                .collect();
            let url = format!("{public_url}/estates/{}", estate.code);
            let poster = Poster { code: Code::of(&url)?, p, estate, url };
            Ok((html(&poster)?, tags))
        })
        .await
}

impl Code {
    /// The code of a text, a quarter of which may be torn or dirty (level Q).
    fn of(text: &str) -> StoreResult<Code> {
        let code = QRBuilder::new(text)
            .ecl(ECL::Q)
            .build()
            .map_err(|error| StoreError::internal(format!("a QR code cannot be made: {error}")))?;
        let mut path = String::new();
        for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
            let mut modules = row.iter().map(|module| module.value()).enumerate().peekable();
            while let Some((x, is_dark)) = modules.next() {
                if !is_dark {
                    continue;
                }
                let mut length = 1;
                while modules.next_if(|(_, is_dark)| *is_dark).is_some() {
                    length += 1;
                }
                path.push_str(&format!("M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET));
            }
        }
        Ok(Code { size: code.size + 2 * QUIET, path })
    }
}
