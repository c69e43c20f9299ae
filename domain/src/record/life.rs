//! A record's life: draft → submitted → returned or confirmed → in force → disputed → upheld,
//! amended or revoked → repaired or expired → archived. What was confirmed can be revoked without
//! an objection too, by two people.
//!
//! What a step makes is a [`RecordState`]. Disputed is a mark beside it; expired and archived are
//! told by the day.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::import::Named;
use crate::refusal::Refusal;
use crate::text::{Language, Text};
use crate::word::Word;

/// Where a record stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RecordState {
    /// Being written by one official.
    Draft,
    /// Waiting for another official's confirmation.
    Submitted,
    /// Sent back with a reason; it can be changed and submitted again.
    Returned,
    /// Confirmed: it counts, and is shown while its publicity lasts.
    InForce,
    /// Given up before it was confirmed.
    Withdrawn,
    /// It was wrong, by an objection or by itself: what it says no longer holds, nor counts.
    Revoked,
    /// The wrong was put right (信用修复): it is no longer shown, and counts no longer since.
    Repaired,
}

impl RecordState {
    fn in_chinese(self) -> &'static str {
        self.told(Language::Chinese)
    }

    /// Whether it was confirmed once: the firm may know of it.
    pub fn is_confirmed(self) -> bool {
        matches!(self, RecordState::InForce | RecordState::Revoked | RecordState::Repaired)
    }

    /// The state after a step. That an objection is open is a mark beside the state, and that a
    /// term has ended is told by the day.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for a step that this state does not have.
    pub fn after(self, step: RecordStep) -> Result<RecordState, Refusal> {
        use RecordState::{Draft, InForce, Repaired, Returned, Revoked, Submitted, Withdrawn};
        match (self, step) {
            (Draft | Returned, RecordStep::Edited) => Ok(self),
            (Draft | Returned, RecordStep::Submitted) => Ok(Submitted),
            (Submitted, RecordStep::Confirmed) => Ok(InForce),
            (Submitted, RecordStep::Returned) => Ok(Returned),
            (Submitted, RecordStep::Stated) => Ok(Submitted),
            (Draft | Returned | Submitted, RecordStep::Withdrawn) => Ok(Withdrawn),
            (
                InForce,
                RecordStep::Objected
                | RecordStep::ObjectionWithdrawn
                | RecordStep::Upheld
                | RecordStep::Amended
                | RecordStep::RepairRequested
                | RecordStep::RepairWithdrawn
                | RecordStep::RepairRefused,
            ) => Ok(InForce),
            (InForce | Repaired, RecordStep::Revoked) => Ok(Revoked),
            (InForce, RecordStep::Repaired) => Ok(Repaired),
            // A request for repair may still wait when the record falls by an objection.
            (Revoked, RecordStep::RepairRefused | RecordStep::RepairWithdrawn) => Ok(Revoked),
            (
                Draft | Submitted | Returned | InForce | Withdrawn | Revoked | Repaired,
                RecordStep::Drafted
                | RecordStep::Edited
                | RecordStep::Submitted
                | RecordStep::Confirmed
                | RecordStep::Returned
                | RecordStep::Withdrawn
                | RecordStep::Stated
                | RecordStep::Objected
                | RecordStep::ObjectionWithdrawn
                | RecordStep::Upheld
                | RecordStep::Amended
                | RecordStep::Revoked
                | RecordStep::RepairRequested
                | RecordStep::RepairWithdrawn
                | RecordStep::RepairRefused
                | RecordStep::Repaired,
            ) => Err(Refusal::wrong_state(
                self,
                Text::new(
                    format!("处于「{}」状态的信息不能进行此操作", self.in_chinese()),
                    format!(
                        "A record that is {} does not allow this step",
                        self.into_str().replace('_', " ")
                    ),
                ),
            )),
        }
    }
}

/// What was done in a step of a record's life.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RecordStep {
    /// Written down.
    Drafted,
    /// Changed.
    Edited,
    /// Put before another official.
    Submitted,
    /// Confirmed.
    Confirmed,
    /// Sent back.
    Returned,
    /// Given up.
    Withdrawn,
    /// The firm or the manager was heard before the confirmation, by a statement.
    Stated,
    /// The firm or the manager objected: it is marked as disputed.
    Objected,
    /// The firm or the manager took the objection back.
    ObjectionWithdrawn,
    /// The objection was decided: the record stands.
    Upheld,
    /// The objection was decided: another revision took its place.
    Amended,
    /// The record falls: an objection was decided so, or two officials found it wrong.
    Revoked,
    /// The firm asked for its repair.
    RepairRequested,
    /// The firm took its request for repair back.
    RepairWithdrawn,
    /// The repair was refused.
    RepairRefused,
    /// The repair was granted.
    Repaired,
}

impl RecordStep {
    /// Whether who does this step has a hand in what the record says, and so may not confirm it.
    pub fn is_authorship(self) -> bool {
        matches!(self, RecordStep::Drafted | RecordStep::Edited | RecordStep::Submitted | RecordStep::Amended)
    }

    /// Whether who does this step has a hand in the record's being in force, and so may not decide
    /// on an objection against it or on its repair.
    pub fn is_participation(self) -> bool {
        self.is_authorship() || self == RecordStep::Confirmed
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn every_state_allows_exactly_the_steps_of_its_life() {
        use RecordState::{Draft, InForce, Repaired, Returned, Revoked, Submitted, Withdrawn};
        let life: &[(RecordState, &[(RecordStep, RecordState)])] = &[
            (
                Draft,
                &[
                    (RecordStep::Edited, Draft),
                    (RecordStep::Submitted, Submitted),
                    (RecordStep::Withdrawn, Withdrawn),
                ],
            ),
            (
                Returned,
                &[
                    (RecordStep::Edited, Returned),
                    (RecordStep::Submitted, Submitted),
                    (RecordStep::Withdrawn, Withdrawn),
                ],
            ),
            (
                Submitted,
                &[
                    (RecordStep::Confirmed, InForce),
                    (RecordStep::Returned, Returned),
                    (RecordStep::Withdrawn, Withdrawn),
                    (RecordStep::Stated, Submitted),
                ],
            ),
            (
                InForce,
                &[
                    (RecordStep::Objected, InForce),
                    (RecordStep::ObjectionWithdrawn, InForce),
                    (RecordStep::Upheld, InForce),
                    (RecordStep::Amended, InForce),
                    (RecordStep::Revoked, Revoked),
                    (RecordStep::RepairRequested, InForce),
                    (RecordStep::RepairWithdrawn, InForce),
                    (RecordStep::RepairRefused, InForce),
                    (RecordStep::Repaired, Repaired),
                ],
            ),
            (Revoked, &[(RecordStep::RepairWithdrawn, Revoked), (RecordStep::RepairRefused, Revoked)]),
            (Withdrawn, &[]),
            (Repaired, &[(RecordStep::Revoked, Revoked)]),
        ];
        assert_eq!(life.len(), RecordState::VARIANTS.len());
        for (state, allowed) in life {
            for step in RecordStep::VARIANTS {
                let expected = allowed.iter().find(|(known, _)| known == step).map(|(_, after)| *after);
                assert_eq!(state.after(*step).ok(), expected, "{state:?} {step:?}");
            }
        }
    }
}
