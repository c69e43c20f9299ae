//! `/v1/admin/schemes`: drafts of schemes, what they would do, and their announcement.

use actix_web::HttpResponse;
use xinwu_domain::access::{Operates, Warrant};
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;
use xinwu_persistence::registers::authorized::Authorized;
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

/// What a step does with a draft.
type Step = fn(&mut Tx<'_>, &Warrant, &Authorized<draft::Row>) -> StoreResult<(SchemeDraft, i64)>;

/// A step of one draft: what each of them does differs only by the store's function.
async fn step<O: Operates>(
    permit: &Permit<O>,
    (id, number): (String, u32),
    work: Step,
) -> Result<HttpResponse, Problem> {
    permit
        .step(format!("{id}/{number}"), ("", ()), move |tx, warrant, row, (), context| {
            let (draft, version) = work(tx, warrant, row)?;
            Ok((localised(&draft, context.language)?, version))
        })
        .await
}
