//! The change feed: the one account of what changed.
//!
//! Every write puts its changes into the table `change` in its own transaction. After the commit,
//! and before the write is answered, the subscribers of this process read them: so whoever wrote
//! sees what was written. What other processes committed they read when the table is read again, a
//! few times a second ([`Db::poll_changes`](crate::Db::poll_changes)). Caches are emptied from here
//! and from nowhere else.

use std::sync::{Arc, RwLock};

use xinwu_domain::entity::Entity;

mod follow;
mod poller;
mod week;

pub use follow::{Part, Position};
pub(crate) use poller::Poller;
pub(crate) use week::drop_some;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// What kind of thing.
    pub entity: Entity,
    /// Which one.
    pub id: String,
}

/// What subscribers are told.
#[derive(Debug, Clone, Copy)]
pub enum ChangeSet<'a> {
    /// These changed.
    Changed(&'a [Change]),
    /// What changed is not known: a connection was lost, or another server took over. Whatever is
    /// kept may be wrong.
    Everything,
}

type Subscriber = Arc<dyn Fn(ChangeSet<'_>) + Send + Sync>;

/// Tells subscribers of committed changes.
#[derive(Clone, Default)]
pub struct ChangeFeed {
    subscribers: Arc<RwLock<Vec<Subscriber>>>,
}

impl ChangeFeed {
    /// Calls `subscriber` after every commit, with what it changed. It must be quick: the write's
    /// answer waits for it.
    pub fn subscribe(&self, subscriber: impl Fn(ChangeSet<'_>) + Send + Sync + 'static) {
        if let Ok(mut subscribers) = self.subscribers.write() {
            subscribers.push(Arc::new(subscriber));
        }
    }

    /// Calls every subscriber.
    pub fn tell(&self, changes: ChangeSet<'_>) {
        if matches!(changes, ChangeSet::Changed([])) {
            return;
        }
        let subscribers = self.subscribers.read().map(|subscribers| subscribers.clone()).unwrap_or_default();
        for subscriber in &subscribers {
            subscriber(changes);
        }
    }
}

impl std::fmt::Debug for ChangeFeed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ChangeFeed")
    }
}
