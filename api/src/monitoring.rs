//! The door of who runs the service: metrics, on an address of their own. They tell by the sums of
//! routes who is registered, and a proxy's rule for one path of the public address is walked around
//! by writing the path otherwise.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer, Responder};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::connection::end_when_unread;
use crate::server::{LINGER, recorder};
use crate::state::State;

/// Starts to serve on `listener`. Its connections have the server's own limits of time: it is for
/// who is trusted.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(state: Arc<State>, listener: TcpListener) -> std::io::Result<Server> {
    let config = &state.config;
    let slow_reader = config.slow_reader_seconds;
    let head = Duration::from_secs(config.client_timeout_seconds);
    let keep_alive = Duration::from_secs(config.keep_alive_seconds);
    let (state, recorder) = (Data::from(state), Data::new(recorder()));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(recorder.clone())
            .route("/metrics", web::get().to(show_metrics))
            .default_service(web::to(HttpResponse::NotFound))
    })
    .on_connect(move |connection, _| end_when_unread(connection, slow_reader))
    .client_request_timeout(head)
    .client_disconnect_timeout(LINGER)
    .keep_alive(keep_alive)
    .shutdown_timeout(1)
    .disable_signals()
    .workers(1);
    Ok(server.listen(listener)?.run())
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
