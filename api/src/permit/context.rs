//! What an answer depends on besides its object.

use chrono::{DateTime, Utc};
use xinwu_domain::access::Operates;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::context::RequestContext;
use xinwu_persistence::ratings::rating::Reader;

use super::Permit;

impl<O: Operates> Permit<O> {
    /// What the answer depends on besides its object.
    pub fn context(&self) -> RequestContext {
        self.state.city().context(self.language(), self.now())
    }

    /// Who reads their own ratings, and when.
    pub fn own_reader(&self) -> Reader {
        Reader { keys: self.state.month_keys(), context: self.context() }
    }

    /// When the day of the request ends: what was read on it may look different then, though
    /// nothing changes, as a new day alone ends and begins terms.
    pub(crate) fn end_of_day(&self) -> DateTime<Utc> {
        start_of_day(day_of(self.now(), self.zone()).succ_opt().unwrap_or_default(), self.zone())
    }
}
