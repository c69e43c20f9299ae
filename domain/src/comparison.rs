//! Comparison: firms side by side, rankings, the red and black lists, eligibility for new projects,
//! and statistics by place.

mod statistics;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use statistics::{
    AssessmentFigures, AssessorFigures, CategoryCount, CountedEstate, Coverage, EstateFigures,
    FEE_COLLECTION_RATE, FeeCollection, FirmFigures, GradeCount, HouseholdFigures, KindCounts, KindCoverage,
    KindCoverages, KindFigures, MonthRatings, OperatorCounts, Proportion, REPORTED, RatingFigures,
    RecordFigures, SeverityCounts, Statistics, StatisticsBefore, names_nobody, public_on, rate_of,
    sources_of, year_before,
};

use crate::card::Credit;
use crate::firm::FirmCardSummary;
use crate::place::NamedPlace;
use crate::refusal::Refusal;
use crate::scheme::{Effect, ListKind};
use crate::text::Text;
use crate::uscc::Uscc;

/// The most firms that are compared at once.
pub const MOST_COMPARED: usize = 10;

/// The most firms that the tender question is asked about at once.
pub const MOST_ASKED: usize = 100;

/// Reads the `firms` of a query: 1 to `most` codes between commas, each once.
///
/// # Errors
/// [`Refusal::BadParameter`] that names the code that is wrong.
pub fn read_firms(text: &str, most: usize) -> Result<Vec<Uscc>, Refusal> {
    let refuse = |code, detail| Refusal::bad_parameter("firms", code, detail);
    let mut firms: Vec<Uscc> = Vec::new();
    for part in text.split([',', '，']) {
        let firm = Uscc::parse_known(part).map_err(|fault| {
            let words = fault.text();
            refuse(fault.code(), Text::new(format!("{part}：{}", words.zh), format!("{part}: {}", words.en)))
        })?;
        if firms.contains(&firm) {
            let detail = Text::new(format!("{firm} 出现了两次"), format!("{firm} stands twice"));
            return Err(refuse("duplicate", detail));
        }
        firms.push(firm);
    }
    if firms.len() > most {
        let detail = Text::new(format!("一次最多{most}家企业"), format!("At most {most} firms at once"));
        return Err(refuse("too_many", detail));
    }
    Ok(firms)
}

/// The firms of a query that the register does not have, each named.
pub fn unknown_firms(unknown: &[String]) -> Refusal {
    let detail = Text::new(
        format!("未找到企业 {}", unknown.join("、")),
        format!("There is no firm {}", unknown.join(", ")),
    );
    Refusal::bad_parameter("firms", "unknown_firm", detail)
}

/// Firms side by side, in the order asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"as_of": null, "firms": []}))]
pub struct Comparison {
    /// The instant that was asked about; null for now.
    pub as_of: Option<DateTime<Utc>>,
    /// Each firm.
    pub firms: Vec<ComparedFirm>,
}

/// One firm of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "firm": {
        "credit": {
            "consequences": [], "effective_from": "2026-11-05T16:00:00Z", "grade": "AA", "outcome": "evaluated", "pending": null,
            "reason": null, "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875
        },
        "demo": false, "former_names": [], "lists": [], "name": "大连示例物业管理有限公司", "other_credits": [],
        "projects": {"area_m2": 1250000.5, "count": 12}, "records": {"penalties": 1, "rewards": 3},
        "registered_place": {"code": "210202", "name": "中山区"}, "service": {"count": 20, "mean": 4.6, "reason": null, "score": 4.3148},
        "short_name": "示例物业", "status": "active", "updated_at": "2026-11-21T02:00:00Z", "uscc": "91219900MA00000019"
    },
    "credit_as_of": null, "components": [{"id": "assessments", "name": "街道社区评价", "value": 82.5, "weight": 0.3}]
}))]
pub struct ComparedFirm {
    /// Its card as it is now.
    pub firm: FirmCardSummary,
    /// Its grade by the primary scheme at the instant that was asked about; its history says since
    /// when. Null for now, which the card tells.
    pub credit_as_of: Option<Credit>,
    /// The components of its score by the primary scheme, now or at that instant; empty where there
    /// is no score.
    pub components: Vec<ComparedPart>,
}

/// One component of a firm's score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "assessments", "name": "街道社区评价", "value": 82.5, "weight": 0.3}))]
pub struct ComparedPart {
    /// The component's id in the scheme.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its value, 4 decimals; null without a sufficient sample.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub value: Option<Decimal>,
    /// Its weight in the score before any redistribution; null where it is only a part of another.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub weight: Option<Decimal>,
}

/// What a ranking orders by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum RankBy {
    /// The score by the primary scheme, the highest first; firms without one are not ranked.
    Score,
    /// The residents' service score, the highest first; firms of which nothing is published are not
    /// ranked.
    Service,
    /// Penalties now public, the most first.
    Penalties,
}

/// A firm with its rank. Equal values share a rank, and the ranks after them are left out: 1, 2, 2, 4.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "rank": 2, "value": 81.875,
    "firm": {
        "credit": {
            "consequences": [], "effective_from": "2026-11-05T16:00:00Z", "grade": "AA", "outcome": "evaluated", "pending": null,
            "reason": null, "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875
        },
        "demo": false, "former_names": [], "lists": [], "name": "大连示例物业管理有限公司", "other_credits": [],
        "projects": {"area_m2": 1250000.5, "count": 12}, "records": {"penalties": 1, "rewards": 3},
        "registered_place": {"code": "210202", "name": "中山区"}, "service": {"count": 20, "mean": 4.6, "reason": null, "score": 4.3148},
        "short_name": "示例物业", "status": "active", "updated_at": "2026-11-21T02:00:00Z", "uscc": "91219900MA00000019"
    }
}))]
pub struct Ranked {
    /// Its rank, from 1.
    pub rank: i64,
    /// What it is ranked by: a score (3 decimals), a service score (4) or a number of penalties.
    #[serde(serialize_with = "crate::evaluation::serialize_decimal")]
    #[schema(value_type = f64)]
    pub value: Decimal,
    /// The firm.
    pub firm: FirmCardSummary,
}

/// An entry of the red or the black list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "list": "red", "listed_at": "2026-10-05T16:00:00Z", "reason": "得分 85 以上且没有有效的不良信息", "scheme": "dalian-demo", "until": null,
    "firm": {
        "credit": {
            "consequences": [], "effective_from": "2026-11-05T16:00:00Z", "grade": "AA", "outcome": "evaluated", "pending": null,
            "reason": null, "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875
        },
        "demo": false, "former_names": [], "lists": [], "name": "大连示例物业管理有限公司", "other_credits": [],
        "projects": {"area_m2": 1250000.5, "count": 12}, "records": {"penalties": 1, "rewards": 3},
        "registered_place": {"code": "210202", "name": "中山区"}, "service": {"count": 20, "mean": 4.6, "reason": null, "score": 4.3148},
        "short_name": "示例物业", "status": "active", "updated_at": "2026-11-21T02:00:00Z", "uscc": "91219900MA00000019"
    }
}))]
pub struct Listed {
    /// Red or black.
    pub list: ListKind,
    /// By which scheme.
    pub scheme: String,
    /// Since when.
    pub listed_at: DateTime<Utc>,
    /// The last day; null while its condition holds.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
    /// The firm.
    pub firm: FirmCardSummary,
}

/// Whether a firm may take on new projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Eligible {
    /// Yes.
    Allowed,
    /// Under conditions.
    Restricted,
    /// No.
    Barred,
}

impl From<Effect> for Eligible {
    fn from(effect: Effect) -> Eligible {
        match effect {
            Effect::Notice => Eligible::Allowed,
            Effect::Restricted => Eligible::Restricted,
            Effect::Barred => Eligible::Barred,
        }
    }
}

/// Whether a firm may take on new projects at a place, by the schemes in force there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "place": {"code": "210202", "name": "中山区"}, "as_of": null,
    "eligibility": "barred",
    "reasons": [{"source": "consequence", "effect": "barred", "code": "bar", "text": "禁止承接新项目", "scheme": "dalian-demo", "until": null,
        "amount": null, "unit": null, "up_to_months": null}],
    "schemes": ["dalian-demo"]
}))]
pub struct Eligibility {
    /// The firm.
    pub uscc: String,
    /// Its name as it is now.
    pub name: String,
    /// The place asked about.
    pub place: NamedPlace,
    /// The instant that was asked about; null for now.
    pub as_of: Option<DateTime<Utc>>,
    /// The strictest of the reasons; `allowed` without any.
    pub eligibility: Eligible,
    /// Why.
    pub reasons: Vec<EligibilityReason>,
    /// The schemes that rule at the place and were asked.
    pub schemes: Vec<String>,
}

/// Whether firms may take on new projects at a place, in the order asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "place": {"code": "210202", "name": "中山区"}, "as_of": "2026-11-21T15:59:59.999999Z",
    "firms": [{"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "eligibility": "allowed", "reasons": [], "schemes": ["dalian-demo"]}]
}))]
pub struct Eligibilities {
    /// The place asked about.
    pub place: NamedPlace,
    /// The instant that was asked about; null for now.
    pub as_of: Option<DateTime<Utc>>,
    /// Each firm.
    pub firms: Vec<FirmEligibility>,
}

/// Whether one of several firms may take on new projects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "eligibility": "allowed", "reasons": [], "schemes": ["dalian-demo"]
}))]
pub struct FirmEligibility {
    /// The firm.
    pub uscc: String,
    /// Its name as it is now.
    pub name: String,
    /// The strictest of the reasons; `allowed` without any.
    pub eligibility: Eligible,
    /// Why.
    pub reasons: Vec<EligibilityReason>,
    /// The schemes that rule at the place and were asked.
    pub schemes: Vec<String>,
}

/// One reason why a firm may not, or only under conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"source": "list", "effect": "barred", "code": "black_list", "text": "一票否决：存在严重失信行为", "scheme": "dalian-demo", "until": null,
    "amount": null, "unit": null, "up_to_months": null}))]
pub struct EligibilityReason {
    /// Where it comes from.
    pub source: ReasonSource,
    /// What it does.
    pub effect: Eligible,
    /// A stable word for programs: the consequence's code, `black_list`, or the firm's status.
    pub code: String,
    /// The reason, for people.
    pub text: String,
    /// The scheme whose rule it is; null for the business register.
    pub scheme: Option<String>,
    /// The last day, where that is known.
    pub until: Option<NaiveDate>,
    /// Of a consequence with an amount, such as a deposit: how much, in the unit.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub amount: Option<Decimal>,
    /// The amount's unit, as the scheme writes it.
    pub unit: Option<String>,
    /// For how many months at most.
    pub up_to_months: Option<u32>,
}

/// Where a reason comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReasonSource {
    /// A black list.
    List,
    /// A consequence of a scheme's rule.
    Consequence,
    /// The business register: the firm is not in business.
    Register,
}

impl FirmEligibility {
    /// The strictest of the reasons decides.
    pub fn of(uscc: String, name: String, reasons: Vec<EligibilityReason>, schemes: Vec<String>) -> Self {
        let eligibility = reasons.iter().map(|reason| reason.effect).max().unwrap_or(Eligible::Allowed);
        FirmEligibility { uscc, name, eligibility, reasons, schemes }
    }

    /// The same where only one firm was asked about.
    pub fn at(self, place: NamedPlace, as_of: Option<DateTime<Utc>>) -> Eligibility {
        let FirmEligibility { uscc, name, eligibility, reasons, schemes } = self;
        Eligibility { uscc, name, place, as_of, eligibility, reasons, schemes }
    }
}

/// Ranks for one page of values in order, the best first: `before` items stand before the page, and
/// `better` of all items are strictly better than the page's first.
pub fn ranks(values: &[i64], before: i64, better: i64) -> Vec<i64> {
    let mut rank = better + 1;
    let mut last = values.first().copied();
    let mut ranks = Vec::with_capacity(values.len());
    for (position, value) in (before + 1..).zip(values) {
        if last != Some(*value) {
            rank = position;
            last = Some(*value);
        }
        ranks.push(rank);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> &'static str {
        match read_firms(text, MOST_COMPARED) {
            Err(Refusal::BadParameter(faults)) => faults[0].code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn firms_are_read_each_once_and_ten_at_most() {
        let two = read_firms("91210200241281392f,91210200716996405L", MOST_COMPARED).unwrap();
        assert_eq!(
            two.iter().map(Uscc::as_str).collect::<Vec<_>>(),
            ["91210200241281392F", "91210200716996405L"]
        );
        assert_eq!(fault(""), "uscc_length");
        assert_eq!(fault("91210200241281392F,"), "uscc_length");
        assert_eq!(fault("91210200241281392F, 91210200241281392f"), "duplicate");
        let many: Vec<String> = (0..11)
            .map(|n| Uscc::with_check(&format!("91219900MA00000{n:02}")).unwrap().to_string())
            .collect();
        assert_eq!(fault(&many.join(",")), "too_many");
        assert_eq!(read_firms(&many[..10].join(","), MOST_COMPARED).unwrap().len(), 10);
        assert_eq!(read_firms(&many.join(","), MOST_ASKED).unwrap().len(), 11);
    }

    #[test]
    fn equal_values_share_a_rank_over_pages() {
        assert_eq!(ranks(&[90, 80, 80, 70], 0, 0), [1, 2, 2, 4]);
        // The second page begins in the middle of a tie: three items stand before it, one is
        // strictly better than its first.
        assert_eq!(ranks(&[80, 70, 70], 3, 1), [2, 5, 5]);
        assert_eq!(ranks(&[], 0, 0), [0; 0]);
    }

    #[test]
    fn the_strictest_reason_decides() {
        let reason = |effect| EligibilityReason {
            source: ReasonSource::Consequence,
            effect,
            code: String::new(),
            text: String::new(),
            scheme: None,
            until: None,
            amount: None,
            unit: None,
            up_to_months: None,
        };
        let decide = |effects: &[Eligible]| {
            let reasons = effects.iter().map(|effect| reason(*effect)).collect();
            FirmEligibility::of(String::new(), String::new(), reasons, Vec::new()).eligibility
        };
        assert_eq!(decide(&[]), Eligible::Allowed);
        assert_eq!(decide(&[Eligible::Restricted]), Eligible::Restricted);
        assert_eq!(decide(&[Eligible::Barred, Eligible::Restricted]), Eligible::Barred);
    }
}
