//! `GET /v1/privacy`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::privacy::PrivacyNotice;

use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

/// How residents' data is handled, in the client's language: which, what for and how long. The
/// first sign-in sends its `version`.
#[utoipa::path(responses((status = 200, description = "The text in force", body = PrivacyNotice)))]
#[get("/v1/privacy")]
async fn get_privacy(permit: Permit<op::GetPrivacy>) -> Result<HttpResponse, Problem> {
    let privacy = &permit.state().privacy;
    let text = privacy.in_language(permit.language()).to_owned();
    permit.object(UNVERSIONED, &PrivacyNotice { version: privacy.version.clone(), text })
}

pub(super) fn configure(config: &mut Routes) {
    config.service(get_privacy);
}
