//! `/v1/admin`: what officials and administrators do.

use crate::routes::Routes;

mod assessments;
mod audit;
mod bursts;
mod cases;
mod clients;
mod departments;
mod estates;
mod firms;
mod households;
mod imports;
mod inbox;
mod managers;
pub(super) mod metrics;
mod objections;
mod places;
mod projects;
pub(super) mod proposals;
mod records;
mod repairs;
mod residences;
mod reviews;
mod schemes;
mod tables;
mod users;

pub(super) fn configure(config: &mut Routes) {
    config.configure(assessments::configure);
    config.configure(audit::configure);
    config.configure(bursts::configure);
    config.configure(cases::configure);
    config.configure(clients::configure);
    config.configure(departments::configure);
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(households::configure);
    config.configure(imports::configure);
    config.configure(inbox::configure);
    config.configure(managers::configure);
    config.configure(metrics::configure);
    config.configure(objections::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
    config.configure(proposals::configure);
    config.configure(records::configure);
    config.configure(repairs::configure);
    config.configure(residences::configure);
    config.configure(reviews::configure);
    config.configure(schemes::configure);
    config.configure(users::configure);
}
