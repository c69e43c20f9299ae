//! What the service keeps in memory: rendered answers, and who asks. [`xinwu_store::cache`] says
//! how the change feed invalidates it.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use xinwu_domain::access::Actor;
use xinwu_domain::text::Language;
pub use xinwu_store::cache::{Cache, Since, Tag};
use xinwu_store::cache::{Generations, Weighed};

use crate::sharing::Sharing;

/// A rendered answer.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The body,
    pub body: Bytes,
    /// and its media type.
    pub content_type: &'static str,
    /// Its strong entity tag, with quotes.
    pub etag: Option<HeaderValue>,
    /// Where the next page is, if it is a page.
    pub link: Option<HeaderValue>,
    /// The instant from which it no longer holds, though nothing changes: a new day alone ends and
    /// begins terms.
    pub until: DateTime<Utc>,
    /// The route that answers so, as the log and the metrics name it.
    pub route: Arc<str>,
    /// To whom it is shown when a stranger asks.
    pub sharing: Sharing,
    /// The body in gzip, once somebody has asked for that.
    pub gzip: Option<Bytes>,
}

/// Who a token speaks for: verified once, and believed until then or until the account, its session
/// or the keys change.
#[derive(Debug, Clone)]
pub struct VerifiedActor {
    /// Who asks.
    pub actor: Actor,
    /// The instant from which the token is no longer valid.
    pub until: DateTime<Utc>,
}

/// An item of a list, rendered.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its JSON.
    pub json: Arc<str>,
    /// As for [`Rendered`].
    pub until: DateTime<Utc>,
}

/// By bytes.
impl Weighed<String> for Rendered {
    fn weight(&self, key: &String) -> usize {
        let headers = [&self.etag, &self.link].into_iter().flatten().map(HeaderValue::len).sum::<usize>();
        let gzip = self.gzip.as_ref().map_or(0, Bytes::len);
        key.len() + self.body.len() + gzip + headers + 256
    }
}

/// By bytes.
impl Weighed<(Language, Arc<str>)> for Item {
    fn weight(&self, _: &(Language, Arc<str>)) -> usize {
        self.json.len() + 256
    }
}

/// One by one: they are alike.
impl Weighed<[u8; 32]> for VerifiedActor {
    fn weight(&self, _: &[u8; 32]) -> usize {
        1
    }
}

/// Tokens that are cached: an evening's residents, at about half a kilobyte each.
const ACTORS: u64 = 50_000;

const KIBIBYTE: u64 = 1024;

/// Everything that is cached.
pub struct Caches {
    /// Rendered public answers, by language, path and query ([`key_of`]).
    pub bodies: Cache<String, Rendered>,
    /// The cards of firms as lists show them, by language and uscc: every search shows another
    /// choice of the same ones.
    pub firms: Cache<(Language, Arc<str>), Item>,
    /// Who asks, by the token's digest.
    pub actors: Cache<[u8; 32], VerifiedActor>,
}

/// Under what an answer is cached.
pub fn key_of(language: Language, path: &str, query: &str) -> String {
    let tag = language.tag();
    let mut key = String::with_capacity(tag.len() + path.len() + query.len() + 2);
    for part in [tag, " ", path, "?", query] {
        key.push_str(part);
    }
    key
}

impl Caches {
    /// Empty ones; `bytes` bounds what is rendered: three quarters for bodies, one for the cards of
    /// lists.
    pub fn new(generations: Arc<Generations>, bytes: u64) -> Caches {
        Caches {
            bodies: Cache::new(bytes - bytes / 4, 2 * KIBIBYTE, Arc::clone(&generations), "bodies"),
            firms: Cache::new(bytes / 4, KIBIBYTE, Arc::clone(&generations), "firms"),
            actors: Cache::new(ACTORS, 1, generations, "actors"),
        }
    }
}
