//! The service itself: `/livez`, `/readyz`, `/metrics`.

use std::sync::PoisonError;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use metrics_exporter_prometheus::PrometheusHandle;
use xinwu_domain::calendar::day_of;
use xinwu_persistence::working_days;

use crate::problem::Problem;
use crate::state::State;

/// Registers the paths that are for operators, outside the documented API.
pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(show_metrics));
}

async fn livez() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// Ready when the database answers. What an operator should see to stands below, a line each.
async fn readyz(state: Data<State>) -> Result<HttpResponse, Problem> {
    state.db.read(|_| Ok(())).await?;
    let doubt = *state.clock_doubt.lock().unwrap_or_else(PoisonError::into_inner);
    let doubt =
        doubt.map(|doubt| format!("{doubt}; nothing due is done until it is right, or `xinwu clock accept`"));
    let holidays = working_days::warning(day_of(state.db.clock().now(), state.zone))?;
    let warnings = doubt.into_iter().chain(holidays);
    let lines: String = warnings
        .map(|warning| {
            format!(
                "warning: {warning}
"
            )
        })
        .collect();
    let body = format!(
        "ok
{lines}"
    );
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(body))
}

async fn show_metrics(state: Data<State>, handle: Data<PrometheusHandle>) -> impl Responder {
    let gauges = state.db.gauges();
    for (name, value) in [
        ("xinwu_database_connections", gauges.connections),
        ("xinwu_database_connections_in_use", gauges.in_use),
        ("xinwu_write_queue", gauges.queue),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "these are at most some thousands")]
        metrics::gauge!(name).set(value as f64);
    }
    #[expect(clippy::cast_precision_loss, reason = "a cache has at most some millions of entries")]
    metrics::gauge!("xinwu_cache_entries").set((state.caches.bodies.len() + state.caches.firms.len()) as f64);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
}
