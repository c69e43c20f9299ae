//! How a survey was made, which is published with its result: whom it speaks for, how many were
//! asked and answered, when and how, and what was left out.

use chrono::{Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::evaluation::{serialize_decimal, serialize_optional_decimal};
use crate::refusal::{Faults, Refusal};
use crate::rules;
use crate::text::Text;

/// Households that one survey speaks for at the most.
pub const MOST_HOUSEHOLDS: u32 = 10_000_000;

/// Days from a survey's first to its last at the most.
const LONGEST_DAYS: u64 = 366;

/// How the households of a survey were chosen.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
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
pub enum Sampling {
    /// 随机抽样: each had the same chance, so that a margin of error can be told.
    Random,
    /// 全面调查: all were asked.
    All,
    /// 便利抽样: who could be reached.
    Convenience,
}

/// How the answers were collected.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
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
pub enum Collection {
    /// 入户: at the door.
    InPerson,
    /// 电话: by telephone.
    Telephone,
    /// 线上: by an app or a web page.
    Online,
    /// 书面: on paper.
    Paper,
    /// 多种方式: in several of these ways.
    Mixed,
}

/// How a survey was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "population": 18800, "asked": 1500, "answered": 1128, "asked_from": "2026-11-02", "asked_to": "2026-11-13",
    "collection": "telephone", "sampling": "random", "excluded": 12, "excluded_why": "号码停机或空号", "minimum": 1000
}))]
pub struct SurveyMethod {
    /// Households that the result speaks for.
    #[validate(range(min = 1, max = MOST_HOUSEHOLDS))]
    pub population: u32,
    /// Households that were asked.
    #[validate(range(min = 1, max = MOST_HOUSEHOLDS))]
    pub asked: u32,
    /// Households whose answers count: the sample that was achieved.
    #[validate(range(min = 1, max = MOST_HOUSEHOLDS))]
    pub answered: u32,
    /// The first day on which anybody was asked.
    #[serde(deserialize_with = "rules::read_day")]
    pub asked_from: NaiveDate,
    /// The last.
    #[serde(deserialize_with = "rules::read_day")]
    pub asked_to: NaiveDate,
    /// How the answers were collected.
    pub collection: Collection,
    /// How the households were chosen.
    pub sampling: Sampling,
    /// Households that were asked and are left out of the result.
    #[serde(default)]
    #[validate(range(max = MOST_HOUSEHOLDS))]
    pub excluded: u32,
    /// Why; needed where there are any.
    #[serde(default)]
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub excluded_why: Option<String>,
    /// How many answers the survey was to have at least.
    #[validate(range(min = 1, max = MOST_HOUSEHOLDS))]
    pub minimum: u32,
}

impl SurveyMethod {
    /// One that has no fault, for tests and examples.
    #[cfg(test)]
    pub(crate) fn example() -> SurveyMethod {
        SurveyMethod {
            population: 18_800,
            asked: 1_500,
            answered: 1_128,
            asked_from: NaiveDate::from_ymd_opt(2026, 5, 4).unwrap(),
            asked_to: NaiveDate::from_ymd_opt(2026, 5, 13).unwrap(),
            collection: Collection::Telephone,
            sampling: Sampling::Random,
            excluded: 0,
            excluded_why: None,
            minimum: 1_000,
        }
    }

    /// Its numbers and days agree with each other.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], with pointers below `/method`.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        let mut most = |field: &str, number: u64, most: u64, (zh, en): (&str, &str)| {
            if number > most {
                let text = Text::new(format!("不能多于{zh}"), format!("cannot be more than {en}"));
                faults.add(format!("/method/{field}"), "out_of_range", text);
            }
        };
        let [population, asked, answered, excluded] =
            [self.population, self.asked, self.answered, self.excluded].map(u64::from);
        most("asked", asked, population, ("调查总体户数", "the households that the survey speaks for"));
        most("answered", answered, asked, ("受访户数", "the households that were asked"));
        // What follows from the one before is not told.
        if let Some(rest) = asked.checked_sub(answered) {
            most(
                "excluded",
                excluded,
                rest,
                ("未计入结果的受访户数", "those that were asked and did not count"),
            );
        }
        if self.sampling == Sampling::All && asked < population {
            let text = Text::new("全面调查应调查全部住户", "all are asked where no sample is drawn");
            faults.add("/method/asked", "out_of_range", text);
        }
        if self.excluded > 0 && self.excluded_why.is_none() {
            let text = Text::new("须说明剔除原因", "is needed where any are left out");
            faults.add("/method/excluded_why", "required", text);
        }
        if self.asked_to < self.asked_from {
            let text = Text::new("截止日期不能早于起始日期", "the last day is not before the first");
            faults.add("/method/asked_to", "ends_before_start", text);
        }
        let longest = self.asked_from.checked_add_days(Days::new(LONGEST_DAYS));
        if longest.is_some_and(|longest| self.asked_to > longest) {
            let text = Text::new("调查不能超过一年", "a survey takes a year at the most");
            faults.add("/method/asked_to", "out_of_range", text);
        }
        faults.refuse_if_any()
    }

    /// Nobody was asked in days to come.
    ///
    /// # Errors
    /// [`Refusal::Invalid`]
    pub fn require_over(&self, today: NaiveDate) -> Result<(), Refusal> {
        if self.asked_to <= today {
            return Ok(());
        }
        let text = Text::new("调查尚未结束", "the survey is not over");
        Err(Refusal::invalid("/method/asked_to", "in_future", text))
    }

    /// Half the width of the interval in which the result of all lies with a certainty of 95 %, in
    /// hundredths of a point: 1.96·√(0.25/n·(N−n)/(N−1)), rounded. Only a random sample has one.
    fn margin(&self) -> Option<Decimal> {
        if self.sampling != Sampling::Random {
            return None;
        }
        let (all, sample) = (u128::from(self.population), u128::from(self.answered));
        // The square of 4 × 1.96 × 10,000 × ½, so that its root is halved to round.
        let squared = 4 * 96_040_000 * all.saturating_sub(sample);
        let hundredths = (squared / (sample * all.saturating_sub(1)).max(1)).isqrt().div_ceil(2);
        i64::try_from(hundredths).ok().map(|hundredths| Decimal::new(hundredths, 2).normalize())
    }

    /// As everyone reads it.
    pub fn view(&self) -> SurveyMethodView {
        let rate = Decimal::from(self.answered).checked_div(Decimal::from(self.asked)).unwrap_or_default();
        SurveyMethodView {
            population: self.population,
            asked: self.asked,
            answered: self.answered,
            response_rate: rate.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero).normalize(),
            margin: self.margin(),
            asked_from: self.asked_from,
            asked_to: self.asked_to,
            collection: self.collection,
            sampling: self.sampling,
            excluded: self.excluded,
            excluded_why: self.excluded_why.clone(),
            minimum: self.minimum,
            minimum_met: self.answered >= self.minimum,
        }
    }
}

/// How a survey was made, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "population": 18800, "asked": 1500, "answered": 1128, "response_rate": 0.752, "margin": 2.83,
    "asked_from": "2026-11-02", "asked_to": "2026-11-13", "collection": "telephone", "sampling": "random",
    "excluded": 12, "excluded_why": "号码停机或空号", "minimum": 1000, "minimum_met": true
}))]
pub struct SurveyMethodView {
    /// Households that the result speaks for.
    pub population: u32,
    /// Households that were asked.
    pub asked: u32,
    /// Households whose answers count: the sample that was achieved.
    pub answered: u32,
    /// Answers for each household asked, 0 to 1, with at most 4 decimals.
    #[serde(serialize_with = "serialize_decimal")]
    #[schema(value_type = f64)]
    pub response_rate: Decimal,
    /// The margin of error either side in points, with a certainty of 95 % and at most 2 decimals;
    /// null where the sample was not random.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub margin: Option<Decimal>,
    /// The first day on which anybody was asked.
    pub asked_from: NaiveDate,
    /// The last.
    pub asked_to: NaiveDate,
    /// How the answers were collected.
    pub collection: Collection,
    /// How the households were chosen.
    pub sampling: Sampling,
    /// Households that were asked and are left out of the result.
    pub excluded: u32,
    /// Why they are left out.
    pub excluded_why: Option<String>,
    /// How many answers the survey was to have at least.
    pub minimum: u32,
    /// Whether it has them.
    pub minimum_met: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(method: &SurveyMethod) -> Vec<(String, &'static str)> {
        match method.check() {
            Ok(()) => Vec::new(),
            Err(Refusal::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_margin_is_that_of_the_published_examples() {
        let of = |population, answered| {
            SurveyMethod { population, answered, ..SurveyMethod::example() }.view().margin
        };
        assert_eq!(of(18_800, 1_128), Some(Decimal::new(283, 2)));
        assert_eq!(of(300, 50), Some(Decimal::new(1267, 2)));
        assert_eq!(of(50, 50), Some(Decimal::ZERO));
        assert_eq!(of(1, 1), Some(Decimal::ZERO));
        for sampling in [Sampling::All, Sampling::Convenience] {
            assert_eq!(SurveyMethod { sampling, ..SurveyMethod::example() }.view().margin, None);
        }
    }

    #[test]
    fn a_view_says_what_follows() {
        let view = SurveyMethod::example().view();
        assert_eq!(view.response_rate, Decimal::new(752, 3));
        assert!(view.minimum_met);
        assert!(!SurveyMethod { minimum: 1_129, ..SurveyMethod::example() }.view().minimum_met);
    }

    #[test]
    fn its_numbers_and_days_agree() {
        let good = SurveyMethod::example;
        assert_eq!(faults(&good()), []);
        let day = |day| NaiveDate::from_ymd_opt(2026, 5, day).unwrap();
        let fault = |pointer: &str, code| [(format!("/method/{pointer}"), code)];
        assert_eq!(faults(&SurveyMethod { population: 1_499, ..good() }), fault("asked", "out_of_range"));
        assert_eq!(faults(&SurveyMethod { asked: 1_127, ..good() }), fault("answered", "out_of_range"));
        let why = Some("空号".to_owned());
        let excluding = |excluded| SurveyMethod { excluded, excluded_why: why.clone(), ..good() };
        assert_eq!(faults(&excluding(372)), []);
        assert_eq!(faults(&excluding(373)), fault("excluded", "out_of_range"));
        assert_eq!(faults(&SurveyMethod { excluded: 1, ..good() }), fault("excluded_why", "required"));
        assert_eq!(
            faults(&SurveyMethod { sampling: Sampling::All, ..good() }),
            fault("asked", "out_of_range")
        );
        assert_eq!(
            faults(&SurveyMethod { asked_to: day(3), ..good() }),
            fault("asked_to", "ends_before_start")
        );
        let long = SurveyMethod { asked_from: NaiveDate::from_ymd_opt(2025, 5, 1).unwrap(), ..good() };
        assert_eq!(faults(&long), fault("asked_to", "out_of_range"));
        assert!(good().require_over(day(13)).is_ok() && good().require_over(day(12)).is_err());
    }
}
