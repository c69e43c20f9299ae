//! Answers: one object with its entity tag, an answer kept in the cache, a POST that may come
//! twice.

use std::io::Write;
use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use xinwu_domain::access::{Operates, Warrant};
use xinwu_domain::text::{Language, shown_in};
use xinwu_persistence::people::idempotency;
use xinwu_store::{Conn, Result as StoreResult, StoreError, Tx};

use super::Permit;
use super::entity_tag::{Target, UNVERSIONED, in_gzip, known};
use super::exchange::IDEMPOTENCY_KEY;
use crate::cache::{Cache, Rendered, Tag, key_of};
use crate::negotiation;
use crate::pages;
use crate::problem::Problem;
use crate::request::is_documented;
use crate::sharing::{Reader, Sharing};
use crate::state::State;

/// The answer to a POST, made inside its transaction.
#[derive(Debug, Clone)]
pub struct Posted {
    status: StatusCode,
    location: Option<String>,
    version: Option<i64>,
    /// Of a file, which is what it is tagged by.
    file: Option<Bytes>,
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
            file: None,
            body: render(view)?,
        })
    }

    /// 201 with what there is to say of a new file, which is read where it is: its tag is the
    /// file's.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn filed(location: impl Into<String>, file: Bytes, view: &impl Serialize) -> StoreResult<Posted> {
        Ok(Posted { file: Some(file), ..Posted::created(location, UNVERSIONED, view)? })
    }

    /// 200 with the object as it stands after a step.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn done(version: i64, view: &impl Serialize) -> StoreResult<Posted> {
        let (status, version) = (StatusCode::OK, Some(version));
        Ok(Posted { status, location: None, version, file: None, body: render(view)? })
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
            file: None,
            body: render(view)?,
        })
    }

    /// The answer as it is sent and kept: `target` is what was posted to, and what was made is
    /// where it is.
    fn answer(self, target: &Target) -> idempotency::Answer {
        let target = self.location.as_deref().map_or_else(|| target.clone(), |location| target.at(location));
        idempotency::Answer {
            status: i32::from(self.status.as_u16()),
            etag: self
                .version
                .map(|version| target.tag(version, self.file.as_deref().unwrap_or(self.body.as_bytes()))),
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
        Ok(self.json_response(version, render_in(self.language, view)?))
    }

    /// [`Permit::object`] for one that is written as JSON already.
    pub fn json_response(&self, version: i64, text: String) -> HttpResponse {
        self.conditional(&self.rendered(version, text, DateTime::<Utc>::MAX_UTC))
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
        let language = self.language;
        let written = move |(view, version): (T, i64)| Ok((render_in(language, &view)?, version));
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
        let now = self.now();
        let load = || async { make(read.await?) };
        let holds = |rendered: &Rendered| now < rendered.until;
        let rendered = self.state.caches.bodies.get_or_load(&key, holds, load).await?;
        Ok(self.conditional_of(&key, &rendered))
    }

    /// A POST: `work` runs once for each `Idempotency-Key`; the same request again gets the same
    /// answer. `fingerprint` is the body's, or empty.
    ///
    /// # Errors
    /// 409 for a key that was used for another request.
    pub async fn post<F>(&self, fingerprint: &str, work: F) -> Result<HttpResponse, Problem>
    where
        F: Fn(&mut Tx<'_>, &Warrant) -> StoreResult<Posted> + Send + 'static,
    {
        self.post_showing_once(fingerprint, move |tx, warrant| {
            let posted = work(tx, warrant)?;
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
        F: Fn(&mut Tx<'_>, &Warrant) -> StoreResult<(Posted, Posted)> + Send + 'static,
    {
        let (warrant, target) = (self.warrant()?, self.target());
        let request = self.idempotency_request(&warrant, fingerprint);
        let answer = self
            .write(move |tx| {
                let Some(request) = &request else {
                    return work(tx, &warrant).map(|(shown, _)| shown.answer(&target));
                };
                if let Some(answer) = idempotency::find(tx, request)? {
                    return Ok(answer);
                }
                let (shown, kept) = work(tx, &warrant)?;
                idempotency::keep(tx, request, &kept.answer(&target))?;
                Ok(shown.answer(&target))
            })
            .await?;
        self.posted(answer)
    }

    /// A POST of which nothing is kept by the account: `work` itself must refuse the second.
    pub async fn post_unkept<F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        F: Fn(&mut Tx<'_>, &Warrant) -> StoreResult<Posted> + Send + 'static,
    {
        let warrant = self.warrant()?;
        let posted = self.write(move |tx| work(tx, &warrant)).await?;
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

    /// 204: done, nothing to say.
    pub fn nothing(&self) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }

    /// What `Idempotency-Key` asks for, if it was sent.
    fn idempotency_request(&self, warrant: &Warrant, fingerprint: &str) -> Option<idempotency::Request> {
        Some(idempotency::Request {
            account_id: warrant.account_id().to_owned(),
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

    /// A file of who asks, which is shown and not saved.
    pub fn file(&self, content_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
        let file = self.rendered(UNVERSIONED, bytes, DateTime::<Utc>::MAX_UTC);
        let mut response = self.conditional(&Rendered { content_type, ..file });
        response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
        response
    }

    /// A page for people that is not cached.
    pub fn html(&self, text: String) -> HttpResponse {
        let page = self.rendered(UNVERSIONED, text, DateTime::<Utc>::MAX_UTC);
        self.conditional(&Rendered { content_type: HTML, ..page })
    }

    pub(super) fn rendered(&self, version: i64, body: impl Into<Bytes>, until: DateTime<Utc>) -> Rendered {
        let body = body.into();
        Rendered {
            etag: HeaderValue::try_from(self.target().tag(version, &body)).ok(),
            body,
            content_type: JSON,
            link: None,
            until,
            route: self.route().into(),
            // It may be kept for all, whoever asks first.
            sharing: self.sharing_with(Reader::Stranger),
            gzip: None,
        }
    }

    /// The answer to who asks for what is rendered; 304 where they have it already.
    pub(super) fn conditional(&self, rendered: &Rendered) -> HttpResponse {
        // Only a reading can find that nothing has changed.
        let conditions = Some(self.request.headers()).filter(|_| self.request.method() == Method::GET);
        answer(rendered, self.sharing(), conditions, self.language, || None)
    }

    /// [`Permit::conditional`] of what is cached under a key, in the coding that is asked for.
    fn conditional_of(&self, key: &String, rendered: &Rendered) -> HttpResponse {
        let bodies = &self.state.caches.bodies;
        let gzip = || gzip_of(bodies, key, rendered);
        answer(rendered, self.sharing(), Some(self.request.headers()), self.language, gzip)
    }

    /// To whom the answer is shown.
    pub(super) fn sharing(&self) -> Sharing {
        self.sharing_with(match self.actor {
            Some(_) => Reader::SignedIn,
            None => Reader::Stranger,
        })
    }

    /// To whom the answer to a stranger is shown, or that to who has signed in.
    fn sharing_with(&self, reader: Reader) -> Sharing {
        if is_documented(&self.path) {
            Sharing::of(O::OPERATION, reader)
        } else {
            Sharing::of_page(O::OPERATION)
        }
    }

    pub(super) fn response(&self, status: StatusCode) -> HttpResponseBuilder {
        answer_in(self.language, status, JSON)
    }
}

/// Bytes from which a body is sent in gzip. A firm's card, of some 950, is half as long in gzip; of
/// much less the head is the greater part.
const LEAST_COMPRESSED: usize = 512;

pub(super) const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// A document that the program itself holds, as it is sent from a path: it changes with the program
/// alone.
pub(crate) fn document(path: &'static str, body: Vec<u8>) -> Rendered {
    Rendered {
        etag: HeaderValue::try_from(Target::new(path, None).tag(UNVERSIONED, &body)).ok(),
        body: Bytes::from(body),
        content_type: JSON,
        link: None,
        until: DateTime::<Utc>::MAX_UTC,
        route: path.into(),
        sharing: Sharing::Minute,
        gzip: None,
    }
}

fn answer_in(language: Language, status: StatusCode, content_type: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(content_type)));
    response.insert_header((header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())));
    response
}

/// The cached answer to a public reading, with the route that it came from and to whom it is shown;
/// `None` if it must be made, or asked for by somebody (whose token must be looked at), with a key
/// that may be bad or as something else than it is. It is what the handler would answer, found
/// before the route is.
pub(crate) fn cached(state: &State, head: &RequestHead) -> Option<(HttpResponse, Arc<str>, Sharing)> {
    let headers = head.headers();
    if head.method != Method::GET
        || headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(IDEMPOTENCY_KEY)
    {
        return None;
    }
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let language = negotiation::language(headers, query);
    let key = if is_documented(path) {
        key_of(language, path, query)
    } else {
        // A page is the same whatever else its address says.
        key_of(language, path, &pages::own_query(path, query))
    };
    let bodies = &state.caches.bodies;
    let rendered = bodies.peek(&key)?;
    // A page is sent whatever is accepted: people's programs ask for much that is not one.
    let kind = rendered.content_type;
    let is_accepted = || kind == HTML || negotiation::preferred(headers, &[kind]).is_some();
    if rendered.until <= state.db.clock().now() || !is_accepted() {
        return None;
    }
    let gzip = || gzip_of(bodies, &key, &rendered);
    let response = answer(&rendered, rendered.sharing, Some(headers), language, gzip);
    Some((response, rendered.route, rendered.sharing))
}

/// What is rendered, as it is shared with who asks, in gzip where they take that and `gzip` has it;
/// 304 where the headers, if they may, say that they have it already.
pub(crate) fn answer(
    rendered: &Rendered,
    sharing: Sharing,
    conditions: Option<&HeaderMap>,
    language: Language,
    gzip: impl FnOnce() -> Option<Bytes>,
) -> HttpResponse {
    let tag = rendered.etag.as_ref();
    let start = |status, tag: Option<HeaderValue>| {
        let mut response = answer_in(language, status, rendered.content_type);
        response.insert_header((header::CACHE_CONTROL, sharing.cache_control()));
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, tag));
        }
        response
    };
    if let Some(known) = conditions.and_then(|headers| known(headers, tag?)) {
        return start(StatusCode::NOT_MODIFIED, Some(known)).finish();
    }
    let takes_gzip =
        rendered.body.len() >= LEAST_COMPRESSED && conditions.is_some_and(negotiation::takes_gzip);
    let gzip = takes_gzip.then(gzip).flatten();
    let mut response = match &gzip {
        Some(_) => start(StatusCode::OK, tag.and_then(in_gzip)),
        None => start(StatusCode::OK, tag.cloned()),
    };
    if let Some(link) = &rendered.link {
        response.insert_header((header::LINK, link.clone()));
    }
    match gzip {
        Some(gzip) => {
            response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))).body(gzip)
        }
        None => response.body(rendered.body.clone()),
    }
}

/// A cached body in gzip: the first who asks for it makes it, and it is cached beside the body.
fn gzip_of(bodies: &Cache<String, Rendered>, key: &String, rendered: &Rendered) -> Option<Bytes> {
    if rendered.gzip.is_some() {
        return rendered.gzip.clone();
    }
    let made = compressed(&rendered.body)?;
    bodies.amend(key, |cached| {
        // What has been read anew meanwhile may say something else.
        let is_same = cached.body.as_ptr() == rendered.body.as_ptr();
        if is_same {
            cached.gzip = Some(made.clone());
        }
        is_same
    });
    Some(made)
}

/// A body in gzip (RFC 1952).
pub(crate) fn compressed(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::default());
    encoder.write_all(body).and_then(|()| encoder.finish()).ok().map(Bytes::from)
}

/// A view as JSON for somebody who reads `language`.
pub(crate) fn render_in(language: Language, view: &impl Serialize) -> StoreResult<String> {
    shown_in(language, || render(view))
}

pub(crate) fn render(view: &impl Serialize) -> StoreResult<String> {
    serde_json::to_string(view)
        .map_err(|error| StoreError::internal(format!("an answer cannot be written: {error}")))
}
