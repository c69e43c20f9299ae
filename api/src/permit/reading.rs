//! What a public read depends on besides its object.

use xinwu_domain::access::Operates;
use xinwu_persistence::Reading;

use super::Permit;

impl<O: Operates> Permit<O> {
    /// Who reads, and when.
    pub fn reading(&self) -> Reading {
        Reading {
            language: self.language(),
            fewest_voices: self.state.config.fewest_voices,
            now: self.now(),
            zone: self.zone(),
        }
    }
}
