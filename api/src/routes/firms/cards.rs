//! The cards of firms as lists and first screens show them: from memory, and in one reading those
//! that are missing there. They show what `get_firm` shows.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use xinwu_domain::access::Operates;
use xinwu_domain::context::RequestContext;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_persistence::lookup::firm_card;
use xinwu_store::{Conn, Result as StoreResult};

use crate::cache::{Item, Since};
use crate::permit::{Permit, render};
use crate::state::State;

/// The cards that a request shows. It is made before the reading that they may need.
pub(in crate::routes) struct Cards {
    state: Arc<State>,
    context: RequestContext,
    since: Since,
    until: DateTime<Utc>,
}

impl Cards {
    pub fn new<O: Operates>(permit: &Permit<O>) -> Cards {
        let state = Arc::clone(permit.state());
        let since = state.caches.firms.begin();
        Cards { state, context: permit.context(), since, until: permit.end_of_day() }
    }

    /// Those that memory has, each in its firm's position.
    pub fn kept(&self, usccs: &[Arc<str>]) -> Vec<Option<Item>> {
        let (memory, language, now) = (&self.state.caches.firms, self.context.language, self.context.now);
        let kept = |uscc: &Arc<str>| memory.get(&(language, Arc::clone(uscc)));
        usccs.iter().map(|uscc| kept(uscc).filter(|item| now < item.until)).collect()
    }

    /// Those that are `kept`, and those that are not as they are read now; unknown firms have none.
    pub fn read(
        &self,
        conn: &mut Conn,
        usccs: &[Arc<str>],
        mut kept: Vec<Option<Item>>,
    ) -> StoreResult<Vec<Option<Item>>> {
        let missing = usccs.iter().zip(&kept).filter(|(_, item)| item.is_none());
        let missing: Vec<String> = missing.map(|(uscc, _)| uscc.to_string()).collect();
        if missing.is_empty() {
            return Ok(kept);
        }
        let read = firm_card::cards(conn, &missing, &self.context)?;
        let read: HashMap<String, FirmCardSummary> =
            read.into_iter().map(|card| (card.uscc.clone(), card)).collect();
        for (uscc, item) in usccs.iter().zip(&mut kept).filter(|(_, item)| item.is_none()) {
            let Some(card) = read.get(&**uscc) else { continue };
            let card = Item { json: render(card)?.into(), until: self.until };
            let key = (self.context.language, Arc::clone(uscc));
            self.state.caches.firms.put(key, card.clone(), super::tags(uscc), self.since);
            *item = Some(card);
        }
        Ok(kept)
    }
}
