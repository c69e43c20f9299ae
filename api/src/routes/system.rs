//! The service itself: `/livez`, `/readyz`, `/.well-known/security.txt`.

use std::sync::PoisonError;

use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use chrono::Days;
use xinwu_domain::calendar::day_of;
use xinwu_persistence::working_days;

use crate::problem::Problem;
use crate::request::SECURITY_TEXT;
use crate::sharing::Sharing;
use crate::state::State;

/// Registers the paths that are for operators, outside the documented API.
pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route(SECURITY_TEXT, web::get().to(security_text));
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

/// Whom to tell of a weakness (RFC 9116). Where the operator names nobody there is none: an address
/// that nobody reads would be worse. It is as fresh as the service that says it runs, and says so
/// for half a year.
async fn security_text(state: Data<State>) -> Result<HttpResponse, Problem> {
    let contact = state.config.security_contact.as_deref().ok_or_else(Problem::no_such_path)?;
    let expires = state.db.clock().now().date_naive() + Days::new(180);
    let public_url = state.config.public_url();
    let canonical = if public_url.starts_with("https://") {
        format!("Canonical: {public_url}{SECURITY_TEXT}\n")
    } else {
        String::new()
    };
    let text =
        format!("Contact: {contact}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: zh, en\n{canonical}");
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, Sharing::Minute.cache_control()))
        .body(text))
}
