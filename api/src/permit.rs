//! `Permit<op::…>`: the only way from a handler to the database. Its type names the operation;
//! extracting it from a request checks the client against the domain's table of operations.

mod answer;
mod context;
mod entity_tag;
mod held;
mod tagged;
mod window;

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, NaiveDate, Utc};
use xinwu_domain::access::{Actor, Audience, Operates, Operation, Reach, Role, Warrant};
use xinwu_domain::calendar::day_of;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::version::Expected;
use xinwu_persistence::people::account;
use xinwu_store::{Conn, Consistency, Result as StoreResult, Tx};

pub use answer::Posted;
pub(crate) use answer::{answer, cached, compressed, document, render, render_in};
use entity_tag::Target;
pub(crate) use entity_tag::{UNVERSIONED, known};
pub(crate) use held::or_propose;
pub use window::{Page, PageQuery};

use crate::cache::{Tag, VerifiedActor};
use crate::client;
use crate::config::SecondFactor;
use crate::document::Exchange;
use crate::negotiation;
use crate::problem::Problem;
use crate::request::{Documented, is_documented};
use crate::sharing::Sharing;
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
        debug_assert!(!matches!(Sharing::of(O::OPERATION, true), Sharing::Current | Sharing::Minute));
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
    /// many: nothing is given out without it. `id` is what was read, or among what.
    pub(crate) async fn note_reading(&self, kind: Kind, id: &str, read: usize) -> Result<(), Problem> {
        debug_assert!(O::OPERATION.noted(), "the table of operations says that this is noted");
        let warrant = self.warrant()?;
        if !warrant.role().is_official() && warrant.role() != Role::Admin {
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
        query: own_query(request).to_owned(),
        idempotency_key: idempotency_key(request.headers())?,
        request: request.clone(),
        operation: PhantomData,
    })
}

/// The query, as far as the answer depends on it: that of a page or a picture names its language
/// alone, and others' parameters, of which a cache would hold one answer each.
fn own_query(request: &HttpRequest) -> &str {
    let is_picture = request.path().ends_with(".svg");
    if is_documented(request.path()) && !is_picture { request.query_string() } else { "" }
}

/// The client's `Idempotency-Key`.
///
/// # Errors
/// 400 for one that is sent twice, or is not of 1 to 200 printable ASCII characters: were it
/// ignored, the same request would have two effects.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let bad = |code, zh, en| Refusal::bad_parameter("Idempotency-Key", code, Text::new(zh, en)).into();
    let mut lines = headers.get_all(IDEMPOTENCY_KEY);
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(bad("repeated", "只能出现一次", "must be sent once"));
    }
    let text = std::str::from_utf8(line.as_bytes()).unwrap_or_default();
    if !line.is_empty() && !line.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return Err(bad("not_ascii", "只能使用可打印的 ASCII 字符", "must be printable ASCII"));
    }
    if text.is_empty() || text.len() > LONGEST_KEY {
        return Err(bad("length", "应为1到200个字符", "must have 1 to 200 characters"));
    }
    Ok(Some(text.to_owned()))
}

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// In characters.
const LONGEST_KEY: usize = 200;

/// Checks a request against what the operation takes and gives.
fn check(exchange: &Exchange, request: &HttpRequest) -> Result<(), Problem> {
    if !exchange.takes_query {
        crate::extract::no_query(request.query_string())?;
    }
    if !exchange.takes_condition && request.headers().contains_key(header::IF_MATCH) {
        let text = Text::new("此操作不接受 If-Match", "is not taken by this operation");
        return Err(Refusal::bad_parameter("If-Match", "not_taken", text).into());
    }
    let gives = &exchange.gives;
    if !gives.is_empty() && negotiation::preferred(request.headers(), gives).is_none() {
        return Err(Problem::not_acceptable(gives));
    }
    if exchange.takes_body { refuse_coding(request.headers()) } else { refuse_body(request.headers()) }
}

/// Refuses a body where none is taken: who says why a record is confirmed would believe that it is
/// kept.
fn refuse_body(headers: &HeaderMap) -> Result<(), Problem> {
    let is_empty = |length: &header::HeaderValue| length.as_bytes() == b"0";
    if headers.get(header::CONTENT_LENGTH).is_none_or(is_empty)
        && !headers.contains_key(header::TRANSFER_ENCODING)
    {
        return Ok(());
    }
    let text = Text::new("此操作不接受请求体", "this operation takes no body");
    Err(Refusal::bad_parameter("", "not_taken", text).into())
}

/// Refuses a body that is compressed: taken for what it is not, it would be refused as bad JSON, or
/// imported as rows of nothing.
fn refuse_coding(headers: &HeaderMap) -> Result<(), Problem> {
    for line in headers.get_all(header::CONTENT_ENCODING) {
        let codings = String::from_utf8_lossy(line.as_bytes());
        let unknown = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
        if let Some(coding) = codings.split(',').map(str::trim).find(unknown) {
            return Err(Problem::unknown_coding(coding));
        }
    }
    Ok(())
}

/// Who asks, found out before the route: nobody, an actor, or the problem with the credentials.
#[derive(Debug, Clone)]
pub(crate) struct Asker(pub Result<Option<Actor>, Problem>);

/// Checks who asks against the table of operations.
fn admit(operation: Operation, actor: Option<&Actor>) -> Result<(), Problem> {
    match (operation.audience(), actor) {
        (Audience::Public, None) => Ok(()),
        (_, Some(actor)) => Ok(operation.require_role(actor.role)?),
        (_, None) => Err(not_signed_in()),
    }
}

/// Whoever needs a second factor and has none yet sets one up, and is a stranger to all else.
fn with_second_factor(
    policy: SecondFactor,
    operation: Operation,
    actor: Option<Actor>,
) -> Result<Option<Actor>, Problem> {
    let is_lacking = |actor: &Actor| actor.needs_second_factor() && !actor.has_second_factor;
    let is_own = operation.reach() == Reach::Own || operation == Operation::RevokeToken;
    if policy == SecondFactor::Offered || is_own || !actor.as_ref().is_some_and(is_lacking) {
        return Ok(actor);
    }
    if operation.audience() == Audience::Public {
        return Ok(None);
    }
    let text = Text::new(
        "管理员和有确认权限的账号须先设置动态码（POST /v1/me/totp）",
        "Administrators and who may confirm sign in with a second factor: set one up first (POST /v1/me/totp)",
    );
    Err(Refusal::forbidden("second_factor_required", text).into())
}

/// A program that acts as an official leaves the official's account as it is.
fn require_person(operation: Operation, actor: &Actor) -> Result<(), Problem> {
    let is_the_owners =
        matches!(operation, Operation::EditMe | Operation::SetUpTotp | Operation::ConfirmTotp);
    if actor.client.is_none() || !is_the_owners {
        return Ok(());
    }
    let text = Text::new("程序不能更改账号", "A program does not change the account as which it acts");
    Err(Refusal::forbidden("role_not_allowed", text).into())
}

/// Finds out who asks.
pub(crate) async fn authenticate(state: &State, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let bad = || {
        Problem::unauthenticated(
            "bad_credentials",
            Text::new("登录已失效，请重新登录", "The access token is no longer valid"),
        )
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(bad)?;
    let (actors, now) = (&state.caches.actors, state.db.clock().now());
    let key = crate::secrets::sha256(token.as_bytes());
    if let Some(verified) = actors.get(&key).filter(|verified| now < verified.until) {
        return Ok(Some(verified.actor));
    }
    let since = actors.begin();
    let keys = state.keys().await?;
    let (claims, until) = keys.verify(token, now)?;
    let signed_in = claims.sub.clone();
    let actor_of = move |conn: &mut Conn| account::actor(conn, &claims.sub, &claims.sid, claims.epoch);
    let single_statement = actor_of.clone();
    let actor = state
        .db
        .read_single_statement(Consistency::Newest, move |conn| single_statement(conn).map(Some), actor_of)
        .await?;
    let actor = actor.ok_or_else(bad)?;
    let mut tags = vec![Tag::One(Entity::Account, actor.account_id.clone()), Tag::Any(Entity::Key)];
    // A program's own account too, where one acts as an official.
    if signed_in != actor.account_id {
        tags.push(Tag::One(Entity::Account, signed_in));
    }
    actors.put(key, VerifiedActor { actor: actor.clone(), until }, tags, since);
    Ok(Some(actor))
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

fn not_signed_in() -> Problem {
    Problem::unauthenticated("not_signed_in", Text::new("请先登录", "Sign in first"))
}
