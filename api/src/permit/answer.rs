//! Answers: one object with its entity tag, an answer kept in the cache, a POST that may come
//! twice.

use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use serde::Serialize;
use xinwu_domain::access::{Actor, Operates};
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_persistence::people::idempotency;
use xinwu_store::{Conn, Result as StoreResult, StoreError, Tx};

use super::entity_tag::{Target, UNVERSIONED, is_known};
use super::{IDEMPOTENCY_KEY, Permit};
use crate::cache::{Rendered, Tag, key_of};
use crate::negotiation;
use crate::problem::Problem;
use crate::request::is_documented;
use crate::state::State;

/// The answer to a POST, made inside its transaction.
#[derive(Debug, Clone)]
pub struct Posted {
    status: StatusCode,
    location: Option<String>,
    version: Option<i64>,
    body: String,
}

impl Posted {
    /// 201 with the new object, its version and where it is.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn created(location: impl Into<String>, version: i64, view: &impl Serialize) -> StoreResult<Posted> {
        Ok(Posted {
            status: StatusCode::CREATED,
            location: Some(location.into()),
            version: Some(version),
            body: render(view)?,
        })
    }

    /// 200 with the object as it stands after a step.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn done(version: i64, view: &impl Serialize) -> StoreResult<Posted> {
        Ok(Posted { status: StatusCode::OK, location: None, version: Some(version), body: render(view)? })
    }

    /// 202 with a job, and where to ask how it goes.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn accepted(location: impl Into<String>, view: &impl Serialize) -> StoreResult<Posted> {
        Ok(Posted {
            status: StatusCode::ACCEPTED,
            location: Some(location.into()),
            version: None,
            body: render(view)?,
        })
    }

    /// The answer as it is sent and kept: `target` is what was posted to, and what was made is
    /// where it is.
    fn answer(self, target: &Target) -> idempotency::Answer {
        let target = self.location.as_deref().map_or_else(|| target.clone(), |location| target.at(location));
        idempotency::Answer {
            status: i32::from(self.status.as_u16()),
            etag: self.version.map(|version| target.tag(version, self.body.as_bytes())),
            location: self.location,
            body: self.body,
        }
    }
}

impl<O: Operates> Permit<O> {
    /// One object with a strong entity tag; 304 when the asker has it already.
    ///
    /// # Errors
    /// 500 when it cannot be written as JSON.
    pub fn object(&self, version: i64, view: &impl Serialize) -> Result<HttpResponse, Problem> {
        Ok(self.json_response(version, render(view)?))
    }

    /// [`Permit::object`] for one that is written as JSON already.
    pub fn json_response(&self, version: i64, text: String) -> HttpResponse {
        self.conditional(self.rendered(version, text, DateTime::<Utc>::MAX_UTC), self.caching())
    }

    /// An object's representation kept in the cache under the request's path, query and language;
    /// `work` reads it with the version for its entity tag. `tags` must name everything that it
    /// shows.
    pub async fn cached<T, F>(&self, tags: Vec<Tag>, work: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<(T, i64)> + Send + 'static,
    {
        self.cached_as_read(move |conn| {
            let (view, version) = work(conn)?;
            Ok((view, version, tags))
        })
        .await
    }

    /// [`Permit::cached`] for what one statement, `single_statement`, usually gives, and `work`
    /// where it does not.
    pub async fn cached_single_statement<T, A, F>(
        &self,
        tags: Vec<Tag>,
        single_statement: A,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        A: FnOnce(&mut Conn) -> StoreResult<Option<(T, i64)>> + Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<(T, i64)> + Send + 'static,
    {
        let written = |(view, version): (T, i64)| Ok((render(&view)?, version));
        let read = self.read_single_statement(
            move |conn| single_statement(conn)?.map(written).transpose(),
            move |conn| work(conn).and_then(written),
        );
        let until = self.end_of_day();
        self.cache_answer(read, |(text, version)| Ok((self.rendered(version, text, until), tags))).await
    }

    /// The answer to this request that is cached; else it is read, and what `make` makes of that is
    /// cached with its tags.
    pub(super) async fn cache_answer<T>(
        &self,
        read: impl Future<Output = Result<T, Problem>>,
        make: impl FnOnce(T) -> Result<(Rendered, Vec<Tag>), Problem>,
    ) -> Result<HttpResponse, Problem> {
        let key = key_of(self.language, &self.path, &self.query);
        let (bodies, now) = (&self.state.caches.bodies, self.now());
        let holds = |rendered: &Rendered| now < rendered.until;
        if let Some(rendered) = bodies.get(&key).filter(holds) {
            return Ok(self.conditional(rendered, self.caching()));
        }
        let _guard = bodies.single_flight(&key).await;
        if let Some(rendered) = bodies.peek(&key).filter(holds) {
            return Ok(self.conditional(rendered, self.caching()));
        }
        let since = bodies.begin();
        let (rendered, tags) = make(read.await?)?;
        bodies.put(key, rendered.clone(), tags, since);
        Ok(self.conditional(rendered, self.caching()))
    }

    /// A POST: `work` runs once for each `Idempotency-Key`; the same request again gets the same
    /// answer. `fingerprint` is the body's, or empty.
    ///
    /// # Errors
    /// 409 for a key that was used for another request.
    pub async fn post<F>(&self, fingerprint: &str, work: F) -> Result<HttpResponse, Problem>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> StoreResult<Posted> + Send + 'static,
    {
        self.post_showing_once(fingerprint, move |tx, actor| {
            let posted = work(tx, actor)?;
            Ok((posted.clone(), posted))
        })
        .await
    }

    /// A POST whose first answer holds a secret: `work` gives that answer and the one that is kept,
    /// which must not hold it.
    ///
    /// # Errors
    /// As [`Permit::post`].
    pub async fn post_showing_once<F>(&self, fingerprint: &str, work: F) -> Result<HttpResponse, Problem>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> StoreResult<(Posted, Posted)> + Send + 'static,
    {
        let (actor, target) = (self.actor()?, self.target());
        let request = self.idempotency_request(&actor, fingerprint);
        let answer = self
            .write(move |tx| {
                let Some(request) = &request else {
                    return work(tx, &actor).map(|(shown, _)| shown.answer(&target));
                };
                if let Some(answer) = idempotency::find(tx, request)? {
                    return Ok(answer);
                }
                let (shown, kept) = work(tx, &actor)?;
                idempotency::keep(tx, request, &kept.answer(&target))?;
                Ok(shown.answer(&target))
            })
            .await?;
        self.posted(answer)
    }

    /// A POST of which nothing is kept by the account: `work` itself must refuse the second.
    pub async fn post_unkept<F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> StoreResult<Posted> + Send + 'static,
    {
        let actor = self.actor()?;
        let posted = self.write(move |tx| work(tx, &actor)).await?;
        self.posted(posted.answer(&self.target()))
    }

    fn posted(&self, answer: idempotency::Answer) -> Result<HttpResponse, Problem> {
        let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.ok_or_else(|| StoreError::internal("a kept answer has no status"))?;
        let mut response = self.response(status);
        for (name, value) in [(header::LOCATION, answer.location), (header::ETAG, answer.etag)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.insert_header((name, value));
            }
        }
        Ok(response.insert_header((header::CACHE_CONTROL, "no-store")).body(answer.body))
    }

    /// A POST to a verb: a step of the object whose version `If-Match` names. `work` gives the
    /// object as it stands after it.
    ///
    /// # Errors
    /// As [`Permit::expected`] and [`Permit::post`].
    pub async fn step<T, F>(&self, fingerprint: &str, work: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Actor, &Expected) -> StoreResult<(T, i64)> + Send + 'static,
    {
        let expected = self.expected()?;
        self.post(fingerprint, move |tx, actor| {
            let (view, version) = work(tx, actor, &expected)?;
            Posted::done(version, &view)
        })
        .await
    }

    /// 204: done, nothing to say.
    pub fn nothing(&self) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }

    /// What `Idempotency-Key` asks for, if it was sent.
    fn idempotency_request(&self, actor: &Actor, fingerprint: &str) -> Option<idempotency::Request> {
        Some(idempotency::Request {
            account_id: actor.account_id.clone(),
            key: self.idempotency_key.clone()?,
            operation: format!("{} {}?{}", O::OPERATION.id(), self.path, self.query),
            fingerprint: fingerprint.to_owned(),
        })
    }

    /// A page for people, kept in the cache as [`Permit::cached_as_read`] keeps an object: `work`
    /// gives its HTML and the tags of everything that it shows.
    pub async fn cached_html<F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        F: FnOnce(&mut Conn) -> StoreResult<(String, Vec<Tag>)> + Send + 'static,
    {
        self.cached_written(HTML, work).await
    }

    /// [`Permit::cached_html`] for a picture.
    pub async fn cached_picture<F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        F: FnOnce(&mut Conn) -> StoreResult<(String, Vec<Tag>)> + Send + 'static,
    {
        self.cached_written(PICTURE, work).await
    }

    async fn cached_written<F>(&self, content_type: &'static str, work: F) -> Result<HttpResponse, Problem>
    where
        F: FnOnce(&mut Conn) -> StoreResult<(String, Vec<Tag>)> + Send + 'static,
    {
        let until = self.end_of_day();
        self.cache_answer(self.read(work), |(text, tags)| {
            Ok((Rendered { content_type, ..self.rendered(UNVERSIONED, text, until) }, tags))
        })
        .await
    }

    /// A page for people that is not cached.
    pub fn html(&self, text: String) -> HttpResponse {
        let page = self.rendered(UNVERSIONED, text, DateTime::<Utc>::MAX_UTC);
        self.conditional(Rendered { content_type: HTML, ..page }, self.caching())
    }

    pub(super) fn rendered(&self, version: i64, text: String, until: DateTime<Utc>) -> Rendered {
        let body = Bytes::from(text);
        Rendered {
            etag: HeaderValue::try_from(self.target().tag(version, &body)).ok(),
            body,
            content_type: JSON,
            link: None,
            until,
            route: self.route().into(),
        }
    }

    pub(super) fn conditional(&self, rendered: Rendered, caching: &'static str) -> HttpResponse {
        // Only a reading can find that nothing has changed.
        let is_reading = self.request.method() == Method::GET;
        let unchanged = is_reading && is_known(self.request.headers(), rendered.etag.as_ref());
        conditional(rendered, unchanged, self.language, caching)
    }

    /// Public answers may be kept by anyone who asks each time whether they still hold; private
    /// ones by nobody.
    pub(super) fn caching(&self) -> &'static str {
        match O::OPERATION.audience() {
            xinwu_domain::access::Audience::Public => PUBLIC,
            _ => "no-store",
        }
    }

    pub(super) fn response(&self, status: StatusCode) -> HttpResponseBuilder {
        answer_in(self.language, status, JSON)
    }
}

const PUBLIC: &str = "no-cache";
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

fn answer_in(language: Language, status: StatusCode, content_type: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(content_type)));
    response.insert_header((header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())));
    response
}

/// The cached answer to a public reading, with the route that it came from; `None` if it must be
/// made, or asked for by somebody (whose token must be looked at), by a page of another origin
/// (which is told whether it may read), with a key that may be bad or as something else than it is.
/// It is what the handler would answer, found before the route is.
pub(crate) fn cached(state: &State, head: &RequestHead) -> Option<(HttpResponse, Arc<str>)> {
    let headers = head.headers();
    if head.method != Method::GET
        || headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::ORIGIN)
        || headers.contains_key(IDEMPOTENCY_KEY)
    {
        return None;
    }
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let language = negotiation::language(headers, query);
    // A page is the same whatever else its address says.
    let key = key_of(language, path, if is_documented(path) { query } else { "" });
    let rendered = state.caches.bodies.peek(&key)?;
    // A page is sent whatever is accepted: people's programs ask for much that is not one.
    let kind = rendered.content_type;
    let is_accepted = || kind == HTML || negotiation::preferred(headers, &[kind]).is_some();
    if rendered.until <= state.db.clock().now() || !is_accepted() {
        return None;
    }
    let route = Arc::clone(&rendered.route);
    let unchanged = is_known(headers, rendered.etag.as_ref());
    Some((conditional(rendered, unchanged, language, PUBLIC), route))
}

fn conditional(
    rendered: Rendered,
    unchanged: bool,
    language: Language,
    caching: &'static str,
) -> HttpResponse {
    let status = if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = answer_in(language, status, rendered.content_type);
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static(caching)));
    if let Some(etag) = rendered.etag {
        response.insert_header((header::ETAG, etag));
    }
    if let Some(link) = rendered.link.filter(|_| !unchanged) {
        response.insert_header((header::LINK, link));
    }
    if unchanged { response.finish() } else { response.body(rendered.body) }
}

pub(crate) fn render(view: &impl Serialize) -> StoreResult<String> {
    serde_json::to_string(view)
        .map_err(|error| StoreError::internal(format!("an answer cannot be written: {error}")))
}
