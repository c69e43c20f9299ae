//! Hearing what other processes on the same database changed: it stands in the table `change`, and nobody else tells of it.

use std::sync::{Mutex, PoisonError};

use super::{Change, Spine};
use crate::conn::{Conn, Purpose};
use crate::db::Url;
use crate::dialect::Heard;
use crate::{Entity, Result};

/// Reads on from where it ended the last time.
pub(crate) struct Hearing {
    url: Url,
    state: Mutex<State>,
}

struct State {
    heard: Heard,
    /// A connection of its own, so that the news that an account is shut never waits for a pool that is in use. None before the first reading and after a failed one.
    conn: Option<Conn>,
}

impl Hearing {
    /// Begins now. It must be before anything is read that is kept in memory: what is committed later is heard, so nothing that is kept can miss its change.
    pub(crate) fn begin(conn: &mut Conn, url: &Url) -> Result<Hearing> {
        let state = State { heard: conn.heard_by_now()?, conn: None };
        Ok(Hearing { url: url.clone(), state: Mutex::new(state) })
    }

    /// Tells the listeners what was committed since the last time, by whomever; gives how many changes. This process's own come once more: to forget twice is no
    /// fault.
    pub(crate) fn hear(&self, spine: &Spine) -> Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { heard, conn } = &mut *state;
        let mut open = match conn.take() {
            Some(open) => open,
            None => Conn::open(&self.url, Purpose::Read)?,
        };
        let (rows, now) = open.changes_after(heard)?;
        // Kept only when the reading went well: a broken connection is not asked again.
        *conn = Some(open);
        // A kind that this version does not know is shown by nothing that it keeps.
        let changes: Vec<Change> = rows
            .into_iter()
            .filter_map(|(entity, id)| Some(Change { entity: Entity::parse(&entity)?, id }))
            .collect();
        spine.tell(&changes);
        *heard = now;
        Ok(changes.len())
    }
}
