//! The rulebook in memory, invalidated by each change of a scheme or a place.
//!
//! It is for reads. A write may have changed the schemes itself, so it reads them from its own
//! transaction ([`Rulebook::load`]).

use std::sync::Arc;

use xinwu_domain::entity::Entity;
use xinwu_store::cache::{Cache, Generations, Tag};
use xinwu_store::{Conn, Db, Result, StoreError};

use super::Rulebook;

/// The rulebook of one database.
#[derive(Debug)]
pub struct Rulebooks(Cache<(), Arc<Rulebook>>);

impl Rulebooks {
    /// None yet.
    pub fn new(generations: Arc<Generations>) -> Arc<Rulebooks> {
        Arc::new(Rulebooks(Cache::new(1, 1, generations, "rulebook")))
    }

    /// The rules as they stand now: for [`crate::credit::evaluation::evaluate`].
    pub async fn current(self: &Arc<Rulebooks>, db: &Db) -> Result<Arc<Rulebooks>> {
        let load = || async {
            // Never from a replica: it might lack a change that was told of already.
            let rulebook = db.read(Rulebook::load).await?;
            let tags = vec![Tag::Any(Entity::Scheme), Tag::Any(Entity::Place)];
            Ok::<_, StoreError>((Arc::new(rulebook), tags))
        };
        self.0.get_or_load(&(), |_| true, load).await?;
        Ok(Arc::clone(self))
    }

    /// The rulebook for a read that is under way: from memory, or from the read's snapshot where it
    /// has changed a moment ago.
    pub fn during(&self, conn: &mut Conn) -> Result<Arc<Rulebook>> {
        match self.0.peek(&()) {
            Some(rulebook) => Ok(rulebook),
            None => Ok(Arc::new(Rulebook::load(conn)?)),
        }
    }
}
