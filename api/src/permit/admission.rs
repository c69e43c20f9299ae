//! Who asks, and whether they may.

use actix_web::http::header::{self, HeaderMap};
use xinwu_domain::access::{Actor, Audience, Operation, Reach};
use xinwu_domain::entity::Entity;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::people::account;
use xinwu_store::{Conn, Consistency};

use crate::cache::{Tag, VerifiedActor};
use crate::config::SecondFactor;
use crate::problem::Problem;
use crate::state::State;

/// Who asks, found out before the route: nobody, an actor, or the problem with the credentials.
#[derive(Debug, Clone)]
pub(crate) struct Asker(pub Result<Option<Actor>, Problem>);

/// Checks who asks against the table of operations.
pub(super) fn admit(operation: Operation, actor: Option<&Actor>) -> Result<(), Problem> {
    match (operation.audience(), actor) {
        (Audience::Public, None) => Ok(()),
        (_, Some(actor)) => Ok(operation.require_role(actor.role)?),
        (_, None) => Err(not_signed_in()),
    }
}

/// Whoever needs a second factor and has none yet sets one up, and is a stranger to all else.
pub(super) fn with_second_factor(
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
pub(super) fn require_person(operation: Operation, actor: &Actor) -> Result<(), Problem> {
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

pub(super) fn not_signed_in() -> Problem {
    Problem::unauthenticated("not_signed_in", Text::new("请先登录", "Sign in first"))
}
