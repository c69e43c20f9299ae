//! Every route. A URL's path is folders and a file; a handler of more than a screen has a file of
//! its verb below that: `POST /v1/admin/places` is `routes/admin/places/add.rs`.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod admin;
pub mod assessments;
pub mod auth;
pub mod case_rules;
pub mod cases;
pub mod categories;
pub mod changes;
pub mod compare;
pub mod departments;
pub mod eligibility;
pub mod estates;
mod evaluations;
pub mod firm;
pub mod firms;
pub mod keys;
pub mod lists;
pub mod manager;
mod managers;
pub mod me;
pub mod metrics;
pub mod objections;
pub mod places;
pub mod privacy;
pub mod projects;
pub mod rankings;
pub mod records;
pub mod repairs;
pub mod reviews;
pub mod schemes;
pub mod snapshots;
pub mod statistics;
pub mod system;
mod tables;

/// Where routes are registered.
pub enum Routes<'config, 'inner> {
    /// With a worker of the server: it does not need their documentation, which is as large as all
    /// else that it holds.
    Served(&'config mut web::ServiceConfig),
    /// With the document.
    Documented(&'config mut ServiceConfig<'inner>),
}

impl Routes<'_, '_> {
    fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) {
        match self {
            Routes::Served(config) => {
                config.service(route);
            }
            Routes::Documented(config) => {
                config.service(route);
            }
        }
    }

    fn configure(&mut self, routes: impl FnOnce(&mut Self)) {
        routes(self);
    }
}

/// Registers every route. They are tried in this order, and each that does not match costs time:
/// what everyone asks for comes first, what officials do last.
pub fn configure(config: &mut Routes) {
    config.configure(firms::configure);
    config.configure(me::configure);
    config.configure(assessments::configure);
    config.configure(auth::configure);
    config.configure(case_rules::configure);
    config.configure(cases::configure);
    config.configure(categories::configure);
    config.configure(changes::configure);
    config.configure(compare::configure);
    config.configure(departments::configure);
    config.configure(eligibility::configure);
    config.configure(estates::configure);
    config.configure(firm::configure);
    config.configure(keys::configure);
    config.configure(lists::configure);
    config.configure(manager::configure);
    config.configure(managers::configure);
    config.configure(metrics::configure);
    config.configure(objections::configure);
    config.configure(places::configure);
    config.configure(privacy::configure);
    config.configure(projects::configure);
    config.configure(rankings::configure);
    config.configure(records::configure);
    config.configure(repairs::configure);
    config.configure(reviews::configure);
    config.configure(schemes::configure);
    config.configure(snapshots::configure);
    config.configure(statistics::configure);
    config.configure(admin::configure);
}
