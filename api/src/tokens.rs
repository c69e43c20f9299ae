//! Access tokens: JWTs signed with Ed25519, fifteen minutes long, every claim required.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use xinwu_domain::entity::Entity;
use xinwu_domain::text::Text;
use xinwu_persistence::people::key;
use xinwu_persistence::people::key::SigningKey;
use xinwu_store::cache::{Cache, Generations, Tag};
use xinwu_store::{Db, Random, StoreError};

use crate::problem::Problem;
use crate::secrets::Secrets;

/// How long an access token lives.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(15);
/// How old the keys in memory may be: another process (the command line) may have rotated them. A
/// new key signs only after longer than this.
const KEYS_HOLD_FOR: Duration = Duration::minutes(1);
/// The `typ` of an access token (RFC 9068): a token made for another purpose is refused.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// No token of ours is longer.
const LONGEST_TOKEN: usize = 4096;

/// What an access token says. Every claim is required, and none may have another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The account.
    pub sub: String,
    /// The session.
    pub sid: String,
    /// The account's token epoch: an older one is no longer believed.
    pub epoch: i64,
    /// Its scopes, separated by spaces.
    pub scope: String,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Expires at, in seconds since 1970.
    pub exp: i64,
    /// Its own name.
    pub jti: String,
}

struct Key {
    kid: String,
    signs_from: DateTime<Utc>,
    verifies_until: Option<DateTime<Utc>>,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: String,
}

/// The keys as they stand, and what tokens say of issuer and audience.
pub struct Keys {
    issuer: String,
    audience: String,
    keys: Vec<Key>,
    /// When they are read again, whatever the change feed says.
    until: DateTime<Utc>,
}

/// The keys in memory.
pub struct Tokens {
    issuer: String,
    audience: String,
    keys: Cache<(), Arc<Keys>>,
}

/// One public key, as a JWK (RFC 8037).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "use": "sig", "alg": "EdDSA"}))]
pub struct PublicKey {
    /// The kind of key: `OKP`.
    kty: &'static str,
    /// The curve: `Ed25519`.
    crv: &'static str,
    /// The public key, base64url without padding.
    x: String,
    /// The key's id, which each token's header names.
    kid: String,
    /// What the key is for: `sig`, signatures.
    #[serde(rename = "use")]
    usage: &'static str,
    /// The algorithm: `EdDSA`.
    alg: &'static str,
}

impl Tokens {
    /// Reads the keys, making the first one in a new database.
    ///
    /// # Errors
    /// Those of the database, and where a key cannot be opened.
    pub async fn load(
        db: &Db,
        secrets: &Secrets,
        (issuer, audience): (&str, &str),
        generations: Arc<Generations>,
    ) -> Result<Tokens, StoreError> {
        make_first(db, secrets).await?;
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        let tokens = Tokens { issuer, audience, keys: Cache::new(1, 1, generations, "keys") };
        tokens.keys(db, secrets).await?;
        Ok(tokens)
    }

    /// The keys as they stand: read again when they have changed, and after a minute.
    ///
    /// # Errors
    /// As [`Tokens::load`].
    pub async fn keys(&self, db: &Db, secrets: &Secrets) -> Result<Arc<Keys>, StoreError> {
        let now = db.clock().now();
        let load = || async {
            let stored = db.read(move |conn| key::list(conn, now)).await?;
            let keys = stored.into_iter().map(|key| open(key, secrets)).collect::<Result<Vec<_>, _>>()?;
            let (issuer, audience) = (self.issuer.clone(), self.audience.clone());
            let keys = Arc::new(Keys { issuer, audience, keys, until: now + KEYS_HOLD_FOR });
            Ok((keys, vec![Tag::Any(Entity::Key)]))
        };
        self.keys.get_or_load(&(), |keys| now < keys.until, load).await
    }
}

impl Keys {
    /// Signs an access token.
    ///
    /// # Errors
    /// A problem of 500 when there is no key to sign with.
    pub fn issue(
        &self,
        account_id: &str,
        session_id: &str,
        epoch: i64,
        scope: &str,
        now: DateTime<Utc>,
    ) -> Result<String, Problem> {
        let key = self
            .keys
            .iter()
            .find(|key| key.signs_from <= now)
            .ok_or_else(|| Problem::internal("no key signs now"))?;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: account_id.to_owned(),
            sid: session_id.to_owned(),
            epoch,
            scope: scope.to_owned(),
            iat: now.timestamp(),
            exp: (now + ACCESS_TOKEN_LIFE).timestamp(),
            jti: Random.id(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TOKEN_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        encode(&header, &claims, &key.signing).map_err(Problem::internal)
    }

    /// Reads an access token, and says until when it is valid: until it expires or its key does.
    ///
    /// # Errors
    /// 401 for one that is expired, forged, unsigned, for another audience or purpose, or not a
    /// token at all.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<(Claims, DateTime<Utc>), Problem> {
        if token.len() > LONGEST_TOKEN {
            return Err(bad_token());
        }
        let header = decode_header(token).map_err(|_| bad_token())?;
        if header.typ.as_deref() != Some(ACCESS_TOKEN_TYPE) || header.alg != Algorithm::EdDSA {
            return Err(bad_token());
        }
        let kid = header.kid.ok_or_else(bad_token)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or_else(bad_token)?;
        if key.verifies_until.is_some_and(|until| until <= now) {
            return Err(bad_token());
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // The clock is ours to give: the library would read the machine's.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key.verifying, &validation).map_err(|_| bad_token())?.claims;
        if claims.exp <= now.timestamp() {
            return Err(Problem::unauthenticated(
                "token_expired",
                Text::new("登录已过期，请重新登录", "The access token has expired; use the refresh token"),
            ));
        }
        let expires = DateTime::from_timestamp(claims.exp, 0).ok_or_else(bad_token)?;
        let until = key.verifies_until.map_or(expires, |key_ends| key_ends.min(expires));
        Ok((claims, until))
    }

    /// The public ones, for `/.well-known/jwks.json`.
    pub fn public(&self, now: DateTime<Utc>) -> Vec<PublicKey> {
        self.keys
            .iter()
            .filter(|key| key.verifies_until.is_none_or(|until| until > now))
            .map(|key| PublicKey {
                kty: "OKP",
                crv: "Ed25519",
                x: key.public.clone(),
                kid: key.kid.clone(),
                usage: "sig",
                alg: "EdDSA",
            })
            .collect()
    }
}

/// Makes the first signing key of a new database.
async fn make_first(db: &Db, secrets: &Secrets) -> Result<(), StoreError> {
    let now = db.clock().now();
    if !db.read(move |conn| key::list(conn, now)).await?.is_empty() {
        return Ok(());
    }
    let first = new_key(secrets, now)?;
    // Another process may be first.
    db.write(move |tx| match key::list(tx.conn, now)?.is_empty() {
        true => key::add(tx, &first, now + ACCESS_TOKEN_LIFE),
        false => Ok(()),
    })
    .await
}

/// Makes a new key that signs from now on, or after `delay`; the ones before it verify for as long
/// as their last tokens live. Returns its name.
pub async fn rotate(db: &Db, secrets: &Secrets, delay: Duration) -> Result<String, StoreError> {
    let signs_from = db.clock().now() + delay;
    let new = new_key(secrets, signs_from)?;
    let kid = new.kid.clone();
    db.write(move |tx| key::rotate(tx, &new, signs_from + ACCESS_TOKEN_LIFE)).await?;
    Ok(kid)
}

fn new_key(secrets: &Secrets, signs_from: DateTime<Utc>) -> Result<SigningKey, StoreError> {
    let broken = |_| StoreError::internal("a signing key could not be made");
    let pair = Ed25519KeyPair::generate().map_err(broken)?;
    let private = pair.to_pkcs8v1().map_err(broken)?;
    let kid = Random.id();
    Ok(SigningKey {
        private_encrypted: secrets
            .encrypt(&kid, private.as_ref())
            .map_err(|error| StoreError::internal(error.to_string()))?,
        public_key: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        kid,
        signs_from,
        verifies_until: None,
    })
}

fn open(stored: SigningKey, secrets: &Secrets) -> Result<Key, StoreError> {
    let private = secrets.decrypt(&stored.kid, &stored.private_encrypted).map_err(|_| {
        StoreError::Unavailable(format!("the signing key {} does not open; it may be damaged", stored.kid))
    })?;
    let verifying = DecodingKey::from_ed_components(&stored.public_key)
        .map_err(|error| StoreError::internal(error.to_string()))?;
    Ok(Key {
        kid: stored.kid,
        signs_from: stored.signs_from,
        verifies_until: stored.verifies_until,
        signing: EncodingKey::from_ed_der(&private),
        verifying,
        public: stored.public_key,
    })
}

fn bad_token() -> Problem {
    Problem::unauthenticated(
        "bad_token",
        Text::new("登录凭证无效，请重新登录", "The access token is not valid"),
    )
}
