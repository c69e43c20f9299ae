//! The spine: the one account of what changed.
//!
//! Every write puts its changes into the table `change` in its own transaction. After the commit, and before the write is answered, the listeners of
//! this process hear them: so whoever wrote sees what was written. What other processes committed they hear when the table is read again, a few times a
//! second ([`Db::hear`](crate::Db::hear)). Caches are emptied from here and from nowhere else.

use std::sync::{Arc, RwLock};

use xinwu_domain::entity::Entity;

mod hearing;
mod week;

pub(crate) use hearing::Hearing;
pub(crate) use week::drop_some;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// What kind of thing.
    pub entity: Entity,
    /// Which one.
    pub id: String,
}

/// What listeners are told.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// These changed.
    Changed(&'a [Change]),
    /// What changed is not known: a connection was lost, or another server took over. Whatever is kept may be wrong.
    Everything,
}

type Listener = Arc<dyn Fn(News<'_>) + Send + Sync>;

/// Tells listeners of committed changes.
#[derive(Clone, Default)]
pub struct Spine {
    listeners: Arc<RwLock<Vec<Listener>>>,
}

impl Spine {
    /// Calls `listener` after every commit, with what it changed. It must be quick: the write's answer waits for it.
    pub fn listen(&self, listener: impl Fn(News<'_>) + Send + Sync + 'static) {
        if let Ok(mut listeners) = self.listeners.write() {
            listeners.push(Arc::new(listener));
        }
    }

    /// Calls every listener.
    pub fn tell(&self, news: News<'_>) {
        if matches!(news, News::Changed([])) {
            return;
        }
        let listeners = self.listeners.read().map(|listeners| listeners.clone()).unwrap_or_default();
        for listener in &listeners {
            listener(news);
        }
    }
}

impl std::fmt::Debug for Spine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Spine")
    }
}
