//! What everyone reads of cases: sums of whole increments, each rate with what it is made of.

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::CaseTally;
use crate::calendar::Month;
use crate::evaluation::number;
use crate::rating::{NoFigures, Publication, Span};
use crate::text::{Language, Text};

/// A share of cases, with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"numerator": 11, "denominator": 12, "rate": 0.9167}))]
pub struct CaseRate {
    /// How many.
    pub numerator: u32,
    /// Of how many.
    pub denominator: u32,
    /// The one by the other, 0 to 1 with at most 4 decimals; null of none.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub rate: Option<Decimal>,
}

/// The closed cases by the hours that their clocks consumed, all cycles together and without
/// pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"within_24": 8, "within_48": 3, "within_72": 1, "more": 0}))]
pub struct CaseHours {
    /// At most 24.
    pub within_24: u32,
    /// More than 24, at most 48.
    pub within_48: u32,
    /// More than 48, at most 72.
    pub within_72: u32,
    /// More than 72.
    pub more: u32,
}

/// Why a case that ended is not among the closed ones.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Exclusion {
    /// Who opened it took it back.
    Withdrawn,
    /// It was another's: joined to one on the same thing, or closed as a duplicate.
    Joined,
    /// The desk closed it as nobody's there to fix.
    NotTheirs,
    /// It ended in other hands than those of the project's operator.
    Elsewhere,
}

impl Exclusion {
    /// All of them.
    pub const ALL: [Exclusion; 4] =
        [Exclusion::Withdrawn, Exclusion::Joined, Exclusion::NotTheirs, Exclusion::Elsewhere];

    /// Where [`Exclusion::ALL`] has it.
    pub(super) fn position(self) -> usize {
        match self {
            Exclusion::Withdrawn => 0,
            Exclusion::Joined => 1,
            Exclusion::NotTheirs => 2,
            Exclusion::Elsewhere => 3,
        }
    }

    /// Why, in words for people.
    pub fn text(self) -> Text {
        match self {
            Exclusion::Withdrawn => Text::new("由提出人撤回", "Taken back by whoever opened them"),
            Exclusion::Joined => Text::new(
                "与同一事项合并，或属重复提出",
                "Joined to a case on the same thing, or opened twice",
            ),
            Exclusion::NotTheirs => {
                Text::new("经核实不属于物业服务事项", "Found to be no matter of property service")
            }
            Exclusion::Elsewhere => Text::new(
                "由社区、街道或有关部门办结，不计入项目",
                "Ended by an office and not by the project",
            ),
        }
    }
}

/// Cases that ended and are not among the closed ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"why": "withdrawn", "text": "由提出人撤回", "count": 1}))]
pub struct CaseExclusion {
    /// Why.
    pub why: Exclusion,
    /// The same in words.
    pub text: String,
    /// How many.
    pub count: u32,
}

/// What a copy holds of the cases of a project that are published in a month: every count that its
/// increments are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedCases {
    /// The project.
    pub project: String,
    /// The month.
    pub month: Month,
    /// Opened.
    pub opened: u32,
    /// Closed in time.
    pub on_time: u32,
    /// Closed late, or open and overdue on a 1st.
    pub late: u32,
    /// Closed.
    pub closed: u32,
    /// Of the closed, those that were reopened before.
    pub reopened: u32,
    /// Of the closed, those whose resident was satisfied.
    pub satisfied: u32,
    /// Of the closed, those whose resident was not.
    pub unsatisfied: u32,
    /// Of the closed, those whose resident said nothing.
    pub unanswered: u32,
    /// The closed by hours.
    pub hours: CaseHours,
    /// What ended and is not among the closed.
    pub excluded: CopiedExclusions,
}

/// Cases that ended and are not among the closed ones, by why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedExclusions {
    /// Who opened it took it back.
    pub withdrawn: u32,
    /// It was another's, or was opened twice.
    pub joined: u32,
    /// It was nobody's there to fix.
    pub not_theirs: u32,
    /// It ended in other hands than those of the project's operator.
    pub elsewhere: u32,
}

impl CopiedCases {
    /// Of a project and a month.
    pub fn of(project: String, month: Month, tally: &CaseTally) -> CopiedCases {
        let [withdrawn, joined, not_theirs, elsewhere] = tally.excluded;
        CopiedCases {
            project,
            month,
            opened: tally.opened,
            on_time: tally.on_time,
            late: tally.late,
            closed: tally.closed,
            reopened: tally.reopened,
            satisfied: tally.satisfied,
            unsatisfied: tally.unsatisfied,
            unanswered: tally.unanswered,
            hours: CaseHours::of(tally),
            excluded: CopiedExclusions { withdrawn, joined, not_theirs, elsewhere },
        }
    }
}

impl CaseHours {
    fn of(tally: &CaseTally) -> CaseHours {
        let [within_24, within_48, within_72, more] = tally.hours;
        CaseHours { within_24, within_48, within_72, more }
    }
}

/// The sums of some increments together. Where there is none, all are null and `reason` says so,
/// whether or not anything waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "opened": 14, "closed": 12, "late": 1, "unanswered": 4, "on_time": {"numerator": 11, "denominator": 12, "rate": 0.9167},
    "satisfied": {"numerator": 7, "denominator": 8, "rate": 0.875}, "reopened": {"numerator": 1, "denominator": 12, "rate": 0.0833},
    "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0},
    "excluded": [{"why": "withdrawn", "text": "由提出人撤回", "count": 1}], "reason": null
}))]
pub struct CaseSums {
    /// Cases that were opened.
    pub opened: Option<u32>,
    /// Cases that were closed, fixed or not.
    pub closed: Option<u32>,
    /// Cases that were late: closed late, or open and overdue on a 1st. A case is counted so once,
    /// and no later step of it takes that back.
    pub late: Option<u32>,
    /// Closed cases on which the resident said nothing for 7 days: they are in neither number of
    /// `satisfied`.
    pub unanswered: Option<u32>,
    /// Done in time, of these and the late ones. What was closed without being fixed, and what was
    /// late in other hands before, is in neither number.
    pub on_time: Option<CaseRate>,
    /// Whose resident was satisfied, of those whose resident said yes or no.
    pub satisfied: Option<CaseRate>,
    /// Reopened before their end, of the closed.
    pub reopened: Option<CaseRate>,
    /// The closed by hours.
    pub hours: Option<CaseHours>,
    /// What ended and is not among the closed, by why; only what there is.
    pub excluded: Option<Vec<CaseExclusion>>,
    /// Why they are null; null where something is published.
    pub reason: Option<NoFigures>,
}

impl CaseSums {
    /// The sums of increments, for a reader; `None` where there are none.
    pub fn of(tally: Option<&CaseTally>, language: Language) -> CaseSums {
        let excluded = |tally: &CaseTally| {
            Exclusion::ALL
                .into_iter()
                .zip(tally.excluded)
                .filter(|(_, count)| *count > 0)
                .map(|(why, count)| {
                    let text = why.text().in_language(language).to_owned();
                    CaseExclusion { why, text, count }
                })
                .collect()
        };
        CaseSums {
            opened: tally.map(|tally| tally.opened),
            closed: tally.map(|tally| tally.closed),
            late: tally.map(|tally| tally.late),
            unanswered: tally.map(|tally| tally.unanswered),
            on_time: tally.map(CaseTally::on_time_rate),
            satisfied: tally.map(CaseTally::satisfaction_rate),
            reopened: tally.map(CaseTally::reopened_rate),
            hours: tally.map(CaseHours::of),
            excluded: tally.map(excluded),
            reason: tally.is_none().then_some(NoFigures::Waiting),
        }
    }
}

/// One month's sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "month": "2026-11", "opened": 14, "closed": 12, "late": 1, "unanswered": 4, "on_time": {"numerator": 11, "denominator": 12, "rate": 0.9167},
    "satisfied": {"numerator": 7, "denominator": 8, "rate": 0.875}, "reopened": {"numerator": 1, "denominator": 12, "rate": 0.0833},
    "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0},
    "excluded": [{"why": "withdrawn", "text": "由提出人撤回", "count": 1}], "reason": null
}))]
pub struct CaseFiguresMonth {
    /// The month in whose steps they were published. What was too little to be published in one
    /// month is in a later one's.
    pub month: Month,
    /// Its sums.
    #[serde(flatten)]
    pub sums: CaseSums,
}

/// The cases of a firm, a project or a place over some months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-11", "to": "2026-11", "opened": 14, "closed": 12, "late": 1, "unanswered": 4,
    "on_time": {"numerator": 11, "denominator": 12, "rate": 0.9167},
    "satisfied": {"numerator": 7, "denominator": 8, "rate": 0.875}, "reopened": {"numerator": 1, "denominator": 12, "rate": 0.0833},
    "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0},
    "excluded": [{"why": "withdrawn", "text": "由提出人撤回", "count": 1}], "reason": null,
    "published_on": "2026-12-01", "next_on": "2026-12-07",
    "months": [{
        "month": "2026-11", "opened": 14, "closed": 12, "late": 1, "unanswered": 4, "on_time": {"numerator": 11, "denominator": 12, "rate": 0.9167},
        "satisfied": {"numerator": 7, "denominator": 8, "rate": 0.875}, "reopened": {"numerator": 1, "denominator": 12, "rate": 0.0833},
        "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0},
        "excluded": [{"why": "withdrawn", "text": "由提出人撤回", "count": 1}], "reason": null
    }]
}))]
pub struct CaseFigures {
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// The sums of all these months together.
    #[serde(flatten)]
    pub sums: CaseSums,
    /// When figures were published.
    #[serde(flatten)]
    pub publication: Publication,
    /// Month by month, the latest first.
    pub months: Vec<CaseFiguresMonth>,
}

impl CaseFigures {
    /// Of the months of a span, with the increments of each that has some.
    pub fn of(
        span: Span,
        tally: impl Fn(Month) -> Option<CaseTally>,
        publication: Publication,
        language: Language,
    ) -> CaseFigures {
        let all = span.months().filter_map(&tally).reduce(|mut all, tally| {
            all.merge(&tally);
            all
        });
        let month = |month| CaseFiguresMonth { month, sums: CaseSums::of(tally(month).as_ref(), language) };
        CaseFigures {
            from: span.first,
            to: span.last,
            sums: CaseSums::of(all.as_ref(), language),
            publication,
            months: span.months().rev().map(month).collect(),
        }
    }
}
