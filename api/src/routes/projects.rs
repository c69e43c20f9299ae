//! `/v1/projects`

use crate::routes::Routes;

mod assessments;
mod dossier;
mod evaluation;
mod evaluations;
mod get;
mod ratings;
mod records;
mod reviews;

pub(super) fn configure(config: &mut Routes) {
    config.service(assessments::list_project_assessments);
    config.service(evaluation::get_project_evaluation);
    config.service(evaluations::list_project_evaluations);
    config.service(dossier::get_project_dossier);
    config.service(get::get_project);
    config.service(ratings::get_project_ratings);
    config.service(records::list_project_records);
    config.service(reviews::list_project_reviews);
}
