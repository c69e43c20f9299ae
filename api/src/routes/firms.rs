//! `/v1/firms`

use crate::routes::Routes;

pub(super) mod assessments;
mod badge;
pub(super) mod cards;
mod commitments;
mod dossier;
mod eligibility;
mod evaluation;
mod evaluations;
mod get;
mod list;
mod projects;
mod ratings;
pub(super) mod records;
mod reviews;
mod trend;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_firm);
    config.service(list::list_firms);
    config.service(ratings::get_firm_ratings);
    config.service(reviews::list_firm_reviews);
    config.service(evaluation::get_firm_evaluation);
    config.service(assessments::list_firm_assessments);
    config.service(commitments::list_firm_commitments);
    config.service(eligibility::get_firm_eligibility);
    config.service(evaluations::list_firm_evaluations);
    config.service(evaluations::object::object_to_evaluation);
    config.service(dossier::get_firm_dossier);
    config.service(projects::list_firm_projects);
    config.service(records::list_firm_records);
    config.service(badge::get_firm_badge);
    config.service(trend::get_firm_trend);
}
