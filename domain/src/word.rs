//! Closed lists: each value has one word, the same in files, JSON, SQL and tokens.
//!
//! Such a list is an enum that derives strum's `Display`, `EnumString`, `IntoStaticStr` and
//! `VariantArray`, with `serialize_all = "snake_case"`, as its JSON is by serde: a test holds both
//! against each other for each list.

use std::str::FromStr;

use strum::VariantArray;

/// A value of a closed list.
pub trait Word: Copy + VariantArray + FromStr + Into<&'static str> {
    /// The word.
    fn into_str(self) -> &'static str {
        self.into()
    }

    /// Every word of the list, in its order.
    fn words() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(|value| (*value).into()).collect()
    }
}

impl<T: Copy + VariantArray + FromStr + Into<&'static str>> Word for T {}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn check<W: Word + Serialize + std::fmt::Debug>() {
        for value in W::VARIANTS {
            let word: &str = (*value).into();
            assert_eq!(serde_json::to_value(value).unwrap(), word, "{value:?}");
            assert_eq!(word.parse::<W>().ok().map(Into::into), Some(word), "{value:?}");
        }
        assert!("".parse::<W>().is_err());
    }

    macro_rules! check {
        ($($list:ty),* $(,)?) => { $(check::<$list>();)* };
    }

    #[test]
    fn a_list_has_the_same_words_in_json_as_in_sql() {
        check![
            crate::access::Role,
            crate::account::AccountStatus,
            crate::assessment::AssessmentState,
            crate::assessment::BatchState,
            crate::assessment::RevisionState,
            crate::case::AssigneeKind,
            crate::case::CaseOutcome,
            crate::case::CaseState,
            crate::case::Channel,
            crate::case::ClosingReason,
            crate::case::PartyRole,
            crate::case::PauseReason,
            crate::case::PhotoType,
            crate::case::StepKind,
            crate::calendar::PeriodKind,
            crate::catalogue::Level,
            crate::catalogue::RecordKind,
            crate::catalogue::Severity,
            crate::copy::CopyKind,
            crate::credit::ComponentKind,
            crate::credit::DraftState,
            crate::credit::HistoryEvent,
            crate::credit::VersionState,
            crate::estate::EstateKind,
            crate::evaluation::Outcome,
            crate::evaluation::Status,
            crate::firm::FirmStatus,
            crate::import::ImportEncoding,
            crate::import::ImportFormat,
            crate::import::ImportKind,
            crate::import::ImportState,
            crate::import::RowOutcome,
            crate::inbox::InboxKind,
            crate::kind::Kind,
            crate::metric::Collection,
            crate::metric::MetricMethod,
            crate::metric::MetricState,
            crate::metric::MetricSubjectKind,
            crate::metric::MetricUnit,
            crate::metric::Reporter,
            crate::metric::Sampling,
            crate::notice::AboutKind,
            crate::notice::NoticeKind,
            crate::objection::ObjectKind,
            crate::objection::ObjectionStatus,
            crate::place::PlaceLevel,
            crate::project::Operator,
            crate::project::ProjectReach,
            crate::proposal::ProposalState,
            crate::proposal::SecondPerson,
            crate::rating::BurstState,
            crate::rating::CommentState,
            crate::rating::Dimension,
            crate::rating::NoFigures,
            crate::record::RecordState,
            crate::record::RecordStep,
            crate::record::RevocationGround,
            crate::record::repair::RepairStatus,
            crate::residence::ResidenceStatus,
            crate::review::HidingRule,
            crate::review::TextKind,
            crate::review::TextState,
            crate::scheme::Assessor,
            crate::scheme::Count,
            crate::scheme::Disputed,
            crate::scheme::Effect,
            crate::scheme::ListKind,
            crate::scheme::Through,
            crate::screen::HeldReason,
            crate::subject::CauseKind,
            crate::subject::SubjectKind,
        ];
    }
}
