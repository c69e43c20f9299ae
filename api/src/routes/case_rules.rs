//! `GET /v1/case-rules`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::case::{CaseRules, CaseRulesView};

use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_case_rules);
}

/// What cases there are in the city, by which an app makes its form: the kinds, with who opens them
/// and whom they go to, the classes with their hours, the categories, and the limits.
#[utoipa::path(responses((status = 200, description = "The city's rules of cases", body = CaseRulesView)))]
#[get("/v1/case-rules")]
async fn get_case_rules(permit: Permit<op::GetCaseRules>) -> Result<HttpResponse, Problem> {
    permit.object(UNVERSIONED, &CaseRulesView::from(CaseRules::shipped()))
}
