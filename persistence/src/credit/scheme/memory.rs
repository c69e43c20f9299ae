//! The rulebook in memory, invalidated by the change feed.
//!
//! What it depends on is counted: each change of a scheme or a place is one. A rulebook that was
//! read is kept with the count from before its snapshot began, and holds while that is still the
//! count. So an older state is never taken for the newer one, whichever of two readings ends first.
//!
//! It is for reads. A write may have changed the schemes itself, so it reads them from its own
//! transaction ([`Rulebook::load`]).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use xinwu_domain::entity::Entity;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet};
use xinwu_store::{Conn, Db, Result};

use super::Rulebook;

/// The rulebook of one database.
#[derive(Debug, Default)]
pub struct Rulebooks {
    /// How often something that it depends on has changed.
    changes: AtomicU64,
    /// The rulebook, and the count when it was read.
    kept: RwLock<Option<(u64, Arc<Rulebook>)>>,
}

impl Rulebooks {
    /// The rules as they stand now: for [`crate::credit::evaluation::evaluate`].
    pub async fn current(self: &Arc<Rulebooks>, db: &Db) -> Result<Arc<Rulebooks>> {
        if self.kept().is_none() {
            let stale = Arc::clone(self);
            // Never from a replica: it might lack a change that is counted already.
            db.read(move |conn| stale.bring_up_to_date(conn)).await?;
        }
        Ok(Arc::clone(self))
    }

    /// A memory that learns of changes on `change_feed`.
    pub fn subscribed_to(change_feed: &ChangeFeed) -> Arc<Rulebooks> {
        let rulebooks = Arc::new(Rulebooks::default());
        let subscriber = Arc::clone(&rulebooks);
        change_feed.subscribe(move |changes| subscriber.mark(changes));
        rulebooks
    }

    fn mark(&self, changes: ChangeSet<'_>) {
        let concerns = match changes {
            ChangeSet::Everything => true,
            ChangeSet::Changed(changes) => {
                changes.iter().any(|change| matches!(change.entity, Entity::Scheme | Entity::Place))
            }
        };
        if concerns {
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The rulebook, where nothing has changed since it was read.
    pub(crate) fn kept(&self) -> Option<Arc<Rulebook>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let (count, rulebook) = kept.as_ref()?;
        (*count == self.changes.load(Ordering::SeqCst)).then(|| Arc::clone(rulebook))
    }

    /// Reads it and keeps it. It must be the first statement of its read.
    pub(crate) fn bring_up_to_date(&self, conn: &mut Conn) -> Result<()> {
        // Before the first statement, with which the snapshot begins: whatever commits later is
        // counted after it.
        let count = self.changes.load(Ordering::SeqCst);
        let rulebook = Arc::new(Rulebook::load(conn)?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|(older, _)| *older <= count) {
            *kept = Some((count, rulebook));
        }
        Ok(())
    }

    /// The rulebook for a read that is under way: from memory, or from the read's snapshot where it
    /// has changed a moment ago.
    pub fn during(&self, conn: &mut Conn) -> Result<Arc<Rulebook>> {
        match self.kept() {
            Some(rulebook) => Ok(rulebook),
            None => Ok(Arc::new(Rulebook::load(conn)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xinwu_store::change_feed::Change;

    fn changed(entity: Entity) -> Vec<Change> {
        vec![Change { entity, id: "one".to_owned() }]
    }

    fn keep(rulebooks: &Rulebooks, count: u64) {
        let empty = Rulebook { versions: Vec::new(), places: Default::default() };
        *rulebooks.kept.write().unwrap() = Some((count, Arc::new(empty)));
    }

    #[test]
    fn schemes_places_and_unknown_changes_invalidate_it_and_firms_do_not() {
        let change_feed = ChangeFeed::default();
        let rulebooks = Rulebooks::subscribed_to(&change_feed);
        assert!(rulebooks.kept().is_none());
        keep(&rulebooks, 0);
        change_feed.tell(ChangeSet::Changed(&changed(Entity::Firm)));
        assert!(rulebooks.kept().is_some());
        change_feed.tell(ChangeSet::Changed(&changed(Entity::Scheme)));
        assert!(rulebooks.kept().is_none());
        keep(&rulebooks, 1);
        change_feed.tell(ChangeSet::Changed(&changed(Entity::Place)));
        assert!(rulebooks.kept().is_none());
        keep(&rulebooks, 2);
        change_feed.tell(ChangeSet::Everything);
        assert!(rulebooks.kept().is_none());
    }
}
