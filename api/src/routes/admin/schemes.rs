//! `/v1/admin/schemes`: drafts of schemes, what they would do, and their announcement.

use actix_web::HttpResponse;
use xinwu_domain::access::{Actor, Operates};
use xinwu_domain::credit::SchemeDraft;
use xinwu_domain::version::Expected;
use xinwu_store::{Result as StoreResult, Tx};

use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::localised;

mod add;
mod announce;
mod confirm;
mod get;
mod list;
mod simulate;
mod withdraw;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_scheme_drafts);
    config.service(add::add_scheme_draft);
    config.service(simulate::simulate_scheme);
    config.service(get::get_scheme_draft);
    config.service(announce::announce_scheme);
    config.service(confirm::confirm_scheme);
    config.service(withdraw::withdraw_scheme);
}

/// What a step does with the version of a scheme: who takes it, which one, and what the asker knows
/// of it.
type Step = fn(&mut Tx<'_>, &Actor, &str, u32, &Expected) -> StoreResult<(SchemeDraft, i64)>;

/// A step of one draft: what each of them does differs only by the store's function.
async fn step<O: Operates>(
    permit: &Permit<O>,
    (id, number): (String, u32),
    work: Step,
) -> Result<HttpResponse, Problem> {
    let language = permit.language();
    permit
        .step("", move |tx, actor, known| {
            let (draft, version) = work(tx, actor, &id, number, known)?;
            Ok((localised(&draft, language)?, version))
        })
        .await
}
