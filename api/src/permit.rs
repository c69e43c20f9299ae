//! `Permit<op::…>`: the only way from a handler to the database. Its type names the operation;
//! extracting it from a request checks the client against the domain's table of operations.

mod admission;
mod answer;
mod context;
mod entity_tag;
mod exchange;
mod held;
mod tagged;
mod window;

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, NaiveDate, Utc};
use xinwu_domain::access::{Actor, Operates, Warrant};
use xinwu_domain::calendar::day_of;
use xinwu_domain::kind::Kind;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Consistency, Result as StoreResult, Tx};

pub(crate) use admission::{Asker, authenticate};
use admission::{admit, not_signed_in, require_person, with_second_factor};
pub use answer::Posted;
pub(crate) use answer::{answer, cached, compressed, document, render, render_in};
use entity_tag::Target;
pub(crate) use entity_tag::{UNVERSIONED, known};
use exchange::{check, idempotency_key};
pub(crate) use held::or_propose;
pub use window::{Page, PageQuery};

use crate::client;
use crate::negotiation;
use crate::pages;
use crate::problem::Problem;
use crate::request::{Documented, is_documented};
use crate::sharing::{Reader, Sharing};
use crate::state::State;

/// Permission to do one operation, and what the request says beside its body.
pub struct Permit<O: Operates> {
    state: Data<State>,
    actor: Option<Actor>,
    language: Language,
    path: String,
    query: String,
    idempotency_key: Option<String>,
    request: HttpRequest,
    consistency: Consistency,
    now: DateTime<Utc>,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operates> Permit<O> {
    /// Who asks; none on a public operation asked for without a token. What depends on that is not
    /// to be kept for all: its [`Sharing`] must say so.
    pub fn warrant_if_any(&self) -> Result<Option<Warrant>, Problem> {
        debug_assert!(!matches!(
            Sharing::of(O::OPERATION, Reader::Stranger),
            Sharing::Current | Sharing::Minute
        ));
        Ok(self.actor.clone().map(|actor| Warrant::of(O::OPERATION, actor)).transpose()?)
    }

    /// The warrant of who asks.
    ///
    /// # Errors
    /// 401 on a public operation asked for without a token.
    pub fn warrant(&self) -> Result<Warrant, Problem> {
        let actor = self.actor.clone().ok_or_else(not_signed_in)?;
        Ok(Warrant::of(O::OPERATION, actor)?.asked_from(self.told_address()))
    }

    /// The client's address, as it is written down.
    pub(crate) fn told_address(&self) -> Option<String> {
        self.client_address().map(|address| address.to_canonical().to_string())
    }

    /// Writes down that an official or an administrator is about to be given personal data, of how
    /// many: nothing is given out without it. `id` is what was read, or among what. An empty list
    /// gives nothing: an app that asks for it time and again fills no audit.
    pub(crate) async fn note_reading(&self, kind: Kind, id: &str, read: usize) -> Result<(), Problem> {
        debug_assert!(O::OPERATION.noted(), "the table of operations says that this is noted");
        let warrant = self.warrant()?;
        if read == 0 || !warrant.role().has_staff_number() {
            return Ok(());
        }
        let (id, detail) = (id.to_owned(), serde_json::json!({"read": read}));
        self.write(move |tx| tx.audit(&warrant, kind, &id, &detail)).await
    }

    /// The route's pattern, as the log and the metrics name it.
    fn route(&self) -> String {
        self.request.match_pattern().unwrap_or_default()
    }

    /// The language for people.
    pub fn language(&self) -> Language {
        self.language
    }

    /// When the request came: one instant for all that its answer says, or what was read before
    /// midnight would be kept for the day after.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The city's zone.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.state.zone
    }

    /// Today in the city's zone.
    pub fn today(&self) -> NaiveDate {
        day_of(self.now(), self.state.zone)
    }

    /// The client's address, as far as it is known.
    pub fn client_address(&self) -> Option<IpAddr> {
        client::address(&self.state.config.trusted_proxies, &self.request)
    }

    /// The network that counts as one client.
    pub fn client_network(&self) -> String {
        client::network(self.client_address())
    }

    /// The network around the client's, all of which may be somebody's.
    pub fn client_wide_network(&self) -> String {
        client::wide_network(self.client_address())
    }

    /// The running service: its settings, secrets and caches.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Reads one snapshot. Whoever signed in may have written something a moment ago, through
    /// another instance too, and reads the newest; a stranger's GET may be answered by a replica
    /// that has all that this instance knows of.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
    {
        Ok(self.state.db.read_from(self.consistency, work).await?)
    }

    /// [`Permit::read`] of the newest, whoever asks.
    pub async fn read_newest<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
    {
        Ok(self.state.db.read(work).await?)
    }

    /// [`Permit::read`] of what one statement, `single_statement`, usually gives, and `work` where
    /// it does not.
    async fn read_single_statement<T, A, F>(&self, single_statement: A, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&mut Conn) -> StoreResult<Option<T>> + Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
    {
        Ok(self.state.db.read_single_statement(self.consistency, single_statement, work).await?)
    }

    /// Writes in one transaction, for PUT, PATCH and DELETE; a POST goes through [`Permit::post`].
    pub async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> StoreResult<T> + Send + 'static,
    {
        Ok(self.state.db.write(work).await?)
    }

    /// The headers of the request.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The strong entity tag of what is answered with this content.
    pub fn tag_of(&self, content: &[u8]) -> String {
        self.target().tag(UNVERSIONED, content)
    }

    /// The versions that `If-Match` names.
    ///
    /// # Errors
    /// 428 without `If-Match`, 400 when it cannot be read, 412 when it names no tag of this object.
    pub fn expected(&self) -> Result<Expected, Problem> {
        self.expected_if_any()?.ok_or_else(if_match_required)
    }

    /// [`Permit::expected`] where the object may not exist yet: no `If-Match` means that it is
    /// believed to be new, or that any version may be replaced.
    ///
    /// # Errors
    /// 400 when `If-Match` cannot be read, 412 when it names no tag of this object.
    pub fn expected_if_any(&self) -> Result<Option<Expected>, Problem> {
        self.target().expected(self.request.headers())
    }

    /// The object that the request is about. What is posted to is a verb below its object, whose id
    /// is the path's last parameter.
    fn target(&self) -> Target {
        let account = self.actor.as_ref().map(|actor| actor.account_id.as_str());
        let route = self.route();
        let id = route.rsplit_once('}').filter(|_| self.request.method() == Method::POST);
        match id.map(|(above, _)| above.matches('/').count() + 1) {
            Some(depth) => {
                let segments: Vec<&str> = self.path.split('/').take(depth).collect();
                Target::new(&segments.join("/"), account)
            }
            None => Target::new(&self.path, account),
        }
    }
}

impl<O: Operates> FromRequest for Permit<O> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// Ready at once: who asks was found out before the route (see [`crate::request`]). A handler
    /// names its permit first, so that who may not ask learns nothing of what is wrong with the
    /// body.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(permit(request))
    }
}

fn permit<O: Operates>(request: &HttpRequest) -> Result<Permit<O>, Problem> {
    let state = request.app_data::<Data<State>>().cloned().ok_or_else(|| Problem::internal("no state"))?;
    let asker = request.extensions().get::<Asker>().cloned();
    let actor = asker.ok_or_else(|| Problem::internal("a route outside the middleware"))?.0?;
    admit(O::OPERATION, actor.as_ref())?;
    let actor = with_second_factor(state.config.second_factor, O::OPERATION, actor)?;
    if let Some(actor) = &actor {
        require_person(O::OPERATION, actor)?;
    }
    let documented = request.app_data::<Data<Documented>>();
    let exchange = documented.and_then(|documented| documented.exchange(O::OPERATION));
    // A page shows what its operation gives; what the document says is of the API's own paths.
    if let Some(exchange) = exchange.filter(|_| is_documented(request.path())) {
        check(exchange, request)?;
    }
    Ok(Permit {
        now: state.db.clock().now(),
        state,
        // A password, for one, is read by a POST: it is checked against the newest.
        consistency: if actor.is_none() && request.method() == Method::GET {
            Consistency::ReplicaOrNewest
        } else {
            Consistency::Newest
        },
        actor,
        language: negotiation::language(request.headers(), request.query_string()),
        path: request.path().to_owned(),
        query: own_query(request),
        idempotency_key: idempotency_key(request.headers())?,
        request: request.clone(),
        operation: PhantomData,
    })
}

/// The query, as far as the answer depends on it: that of a page or a picture names its language
/// alone, but for what [`pages::own_query`] has, and others' parameters, of which a cache would
/// hold one answer each.
fn own_query(request: &HttpRequest) -> String {
    let (path, query) = (request.path(), request.query_string());
    let is_picture = path.ends_with(".svg");
    if is_documented(path) && !is_picture { query.to_owned() } else { pages::own_query(path, query) }
}

/// 428
pub(crate) fn if_match_required() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "if_match_required",
        Text::new(
            "修改须带 If-Match：先读取该对象，用其 ETag",
            "A change needs If-Match: read the object first and send its ETag",
        ),
    )
}
