//! The server: everything put together, in one function that the binary and the tests share.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};
use xinwu_domain::text::Language;

use crate::cache::Rendered;
use crate::connection::{Patience, end_when_unread, watch};
use crate::document::parts::Part;
use crate::document::version_3_0;
use crate::extract::LARGEST_BODY;
use crate::permit;
use crate::request::reads::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::request::{Documented, REQUEST_ID, around};
use crate::routes::Routes;
use crate::state::State;

/// How long a connection whose answer is sent stays for a client that still sends.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// Starts to serve on `listener`. The server runs until its handle stops it; then running requests
/// have the configured time.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(state: Arc<State>, listener: TcpListener) -> std::io::Result<Server> {
    let config = state.config.clone();
    let state = Data::from(state);
    let (documented, openapi) = described()?;
    // Before anything is counted.
    recorder();
    let origins = config.cors_origins.clone();
    let (slow_reader, patience) = (config.slow_reader_seconds, Patience::of(&config));
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(documented.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .wrap(cors(&origins))
            .wrap(from_fn(around))
            .configure(|config| crate::routes::configure(&mut Routes::Served(config)))
            .configure(crate::pages::configure)
            .configure(crate::routes::system::configure)
            .app_data(openapi.clone())
            .configure(documents)
            .route("/docs", web::get().to(|| async { web::Redirect::to("/docs/").permanent() }))
            .service(SwaggerUi::new("/docs/{_:.*}").config(Config::new(shown_documents())))
            .default_service(web::to(HttpResponse::NotFound))
    })
    .on_connect(move |connection, data| {
        end_when_unread(connection, slow_reader);
        watch(connection, data, patience);
    })
    .client_request_timeout(Duration::from_secs(config.client_timeout_seconds))
    .client_disconnect_timeout(LINGER)
    .keep_alive(Duration::from_secs(config.keep_alive_seconds))
    .shutdown_timeout(config.shutdown_seconds)
    .disable_signals();
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    Ok(server.listen(listener)?.run())
}

/// Where a part of the OpenAPI document is, and where as OpenAPI 3.0, for generators that know no
/// newer version.
const fn paths(part: Part) -> [&'static str; 2] {
    match part {
        Part::Apps => ["/openapi.json", "/openapi-3.0.json"],
        Part::Admin => ["/openapi-admin.json", "/openapi-admin-3.0.json"],
    }
}

/// The documents that the page of the API offers.
fn shown_documents() -> [Url<'static>; 2] {
    Part::ALL.map(|part| {
        let [newest, _] = paths(part);
        match part {
            Part::Apps => {
                Url::with_primary("Apps, integrators and firms · 应用、数据使用方与企业", newest, true)
            }
            Part::Admin => Url::new("Officials and administrators · 主管部门与系统管理", newest),
        }
    })
}

/// The parts of the OpenAPI document as they are sent, by their paths.
type Sent = HashMap<&'static str, Document>;

/// One version of a part. In gzip it is a tenth of it, made for the first who asks for that.
struct Document {
    rendered: Rendered,
    gzip: OnceLock<Option<Bytes>>,
}

impl Document {
    fn new(path: &'static str, document: &serde_json::Value) -> std::io::Result<Document> {
        let rendered = permit::document(path, serde_json::to_vec(document)?);
        Ok(Document { rendered, gzip: OnceLock::new() })
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let gzip = || self.gzip.get_or_init(|| permit::compressed(&self.rendered.body)).clone();
        let (rendered, headers) = (&self.rendered, Some(request.headers()));
        let mut response = permit::answer(rendered, rendered.sharing, headers, Language::default(), gzip);
        // It is in both.
        response.headers_mut().remove(header::CONTENT_LANGUAGE);
        response
    }
}

/// What is needed of the document, made once for all servers of this process: tests start hundreds.
/// The document itself takes as much memory as all else that a small city's service holds, and is
/// not kept.
fn described() -> std::io::Result<(Data<Documented>, Data<Sent>)> {
    static KEPT: OnceLock<(Data<Documented>, Data<Sent>)> = OnceLock::new();
    if let Some(kept) = KEPT.get() {
        return Ok(kept.clone());
    }
    let document = crate::document::document();
    let written = crate::document::written(&document)?;
    let mut sent = Sent::new();
    for part in Part::ALL {
        let (document, [newest, old]) = (part.of(&written), paths(part));
        sent.insert(newest, Document::new(newest, &document)?);
        sent.insert(old, Document::new(old, &version_3_0::convert(&document))?);
    }
    Ok(KEPT.get_or_init(|| (Data::new(Documented::new(&document)), Data::new(sent))).clone())
}

fn documents(config: &mut ServiceConfig) {
    for path in Part::ALL.into_iter().flat_map(paths) {
        config.route(path, web::get().to(show_document));
    }
}

async fn show_document(request: HttpRequest, documents: Data<Sent>) -> HttpResponse {
    match documents.get(request.path()) {
        Some(document) => document.answer(&request),
        None => HttpResponse::NotFound().finish(),
    }
}

fn cors(origins: &[String]) -> Cors {
    origins
        .iter()
        .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::RANGE,
            header::CACHE_CONTROL,
            header::ACCEPT_LANGUAGE,
            header::HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            header::ACCEPT_ENCODING,
            header::ALLOW,
            header::CONTENT_DISPOSITION,
            header::ETAG,
            header::LINK,
            header::LOCATION,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            REQUEST_ID,
        ])
        // Said of every answer alike, see `request.rs`.
        .disable_vary_header()
        .max_age(3600)
}

/// The one recorder of this process: tests start many servers in one.
pub(crate) fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Only another recorder, set by whoever embeds this, would refuse: then that one is
            // theirs.
            metrics::set_global_recorder(recorder).ok();
            handle
        })
        .clone()
}
