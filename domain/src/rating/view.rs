//! What readers get of ratings: figures of whole increments, and to each resident the own rating.

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Dimension, Dimensions, Stars, Tally};
use crate::calendar::Month;
use crate::card::{DimensionFigure, DimensionFigures, Distribution};
use crate::estate::NamedEstate;
use crate::evaluation::number;
use crate::review::TextState;

/// Why figures are null: "a span without an increment is `null`, `reason: "waiting"`, whether or
/// not anything waits".
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
pub enum NoFigures {
    /// Nothing is published; whether anything waits is not said.
    Waiting,
}

/// The figures of some increments together. Where there is none, all are null and `reason` says so,
/// whether or not anything waits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13},
    "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null},
    "reason": null
}))]
pub struct Figures {
    /// The service score, 1 to 5 with at most 4 decimals: (7 × 3.5 + all stars) / (7 + count).
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The mean stars with at most 3 decimals.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Decimal>,
    /// How many ratings are published.
    pub count: Option<u32>,
    /// How often each number of stars was given.
    pub distribution: Option<Distribution>,
    /// Each dimension; null where none is published. They are published by themselves: there may be
    /// figures of one where there are none of the stars.
    pub dimensions: Option<DimensionFigures>,
    /// Why they are null; null where stars are published.
    pub reason: Option<NoFigures>,
}

impl Figures {
    /// The figures of the increments whose sum is `tally`.
    pub fn of(tally: &Tally) -> Figures {
        let figure = |dimension| {
            let sum = tally.dimension(dimension);
            (sum.count > 0).then(|| DimensionFigure { mean: sum.mean(), count: sum.count })
        };
        let [one, two, three, four, five] = tally.counts;
        let is_out = tally.count() > 0;
        let has_dimensions = Dimension::ALL.into_iter().any(|dimension| tally.dimension(dimension).count > 0);
        Figures {
            score: is_out.then(|| tally.service_score()),
            mean: tally.mean(),
            count: is_out.then(|| tally.count()),
            distribution: is_out.then_some(Distribution { one, two, three, four, five }),
            dimensions: (is_out || has_dimensions).then(|| DimensionFigures {
                cleaning: figure(Dimension::Cleaning),
                security: figure(Dimension::Security),
                greening: figure(Dimension::Greening),
                maintenance: figure(Dimension::Maintenance),
                attitude: figure(Dimension::Attitude),
            }),
            reason: (!is_out).then_some(NoFigures::Waiting),
        }
    }
}

/// When the city's figures were last published, and when next: the same for everyone, whether or
/// not a step publishes something of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"published_on": "2026-11-23", "next_on": "2026-11-30"}))]
pub struct Publication {
    /// The day of the last step; null before the first.
    #[schema(value_type = Option<String>)]
    pub published_on: Option<NaiveDate>,
    /// The day of the next step.
    #[schema(value_type = String)]
    pub next_on: NaiveDate,
}

/// The published ratings of the last 12 months, this one included.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13},
    "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null},
    "reason": null, "published_on": "2026-11-23", "next_on": "2026-11-30"
}))]
pub struct ServiceFigures {
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// When they were published.
    #[serde(flatten)]
    pub publication: Publication,
}

/// One month's figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "month": "2026-10", "count": 20,
    "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
    "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false,
    "coverage": {"count": 20, "households": 900, "share": 0.0222}
}))]
pub struct MonthFigures {
    /// The month.
    pub month: Month,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Whether ratings are held that came at once in this month. How many is not said.
    pub held: bool,
    /// Of how many households these are.
    pub coverage: Coverage,
}

/// The ratings of a firm or a project over some months.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-10", "to": "2026-10", "count": 20,
    "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
    "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false,
    "coverage": {"count": 20, "households": 900, "share": 0.0222}, "published_on": "2026-11-23", "next_on": "2026-11-30",
    "months": [
        {
            "month": "2026-10", "count": 20,
            "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
            "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false,
            "coverage": {"count": 20, "households": 900, "share": 0.0222}
        }
    ]
}))]
pub struct Ratings {
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// The figures of all these months together.
    #[serde(flatten)]
    pub figures: Figures,
    /// Whether ratings are held that came at once in one of these months. How many is not said.
    pub held: bool,
    /// Of how many households the ratings of these months are.
    pub coverage: Coverage,
    /// When figures were published.
    #[serde(flatten)]
    pub publication: Publication,
    /// Month by month, the latest first.
    pub months: Vec<MonthFigures>,
}

/// Of how many households the ratings are: "coverage = published count by households".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RatingCoverage, example = json!({"count": 20, "households": 900, "share": 0.0222}))]
pub struct Coverage {
    /// Ratings that are published; null where there are none.
    pub count: Option<u32>,
    /// Households of the projects that ran then, as their register has them today.
    pub households: i64,
    /// The one by the other, 4 decimals: over several months it may exceed 1, since a household
    /// rates each month. Null where nothing is published.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
}

impl Coverage {
    /// Of `count` published ratings.
    pub fn of(count: u32, households: i64) -> Coverage {
        let by_households = |count: u32| Decimal::from(count).checked_div(Decimal::from(households));
        let count = Some(count).filter(|count| *count > 0);
        Coverage {
            count,
            households,
            share: count
                .and_then(by_households)
                .map(|share| share.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)),
        }
    }
}

/// A resident's own rating. Nobody else gets this, officials included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"}, "month": "2026-11", "overall": 5,
    "dimensions": {"cleaning": 5}, "comment": "楼道很干净", "comment_state": "waiting", "comment_reason": null, "published": null, "published_dimensions": [],
    "held": false, "forgotten_on": "2026-12-30",
    "note": "如届时本项目有五户评价，将自12月1日的公布起计入；否则继续等待，最长十二个月"
}))]
pub struct OwnRating {
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: NamedEstate,
    /// The month.
    pub month: Month,
    /// Stars overall, 1 to 5.
    pub overall: Stars,
    /// Stars by dimension, where given.
    pub dimensions: Dimensions,
    /// The comment as it is kept.
    pub comment: Option<String>,
    /// Where the comment stands; null without one.
    pub comment_state: Option<CommentState>,
    /// What the comment is held for, or why it was hidden; null otherwise.
    pub comment_reason: Option<String>,
    /// The month in whose figures the stars are; null while they wait.
    pub published: Option<Month>,
    /// The dimensions that are part of published figures.
    pub published_dimensions: Vec<Dimension>,
    /// Whether it is held as part of a burst.
    pub held: bool,
    /// When and how others will see it.
    pub note: String,
    /// The day on which nobody can open it any more, the service included.
    pub forgotten_on: NaiveDate,
}

/// Where a comment stands, as its writer reads it.
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
pub enum CommentState {
    /// It comes out with the stars.
    Waiting,
    /// A person looks at it first.
    Held,
    /// It comes out with the next step.
    Cleared,
    /// Everyone reads it.
    Published,
    /// Officials took it down.
    Hidden,
}

impl From<TextState> for CommentState {
    fn from(state: TextState) -> CommentState {
        match state {
            TextState::Published => CommentState::Published,
            TextState::Held => CommentState::Held,
            TextState::Cleared => CommentState::Cleared,
            TextState::Hidden => CommentState::Hidden,
        }
    }
}

/// Where a burst stands.
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
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum BurstState {
    /// It waits for the district and the city.
    Held,
    /// It counts on the next morning.
    Released,
    /// It counted, as one increment.
    Counted,
    /// Fewer than `min_raters` were left: they wait as others do.
    Fallen,
}

impl BurstState {
    /// All of them.
    pub const ALL: [BurstState; 4] =
        [BurstState::Held, BurstState::Released, BurstState::Counted, BurstState::Fallen];
}

/// Many ratings of one project at one step that no ordinary step explains. Neither who they are nor
/// how many is anybody's to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "estate": {"code": "210202001002-001", "name": "示范小区"},
    "uscc": null, "step": "2026-11-16", "month": "2026-11", "state": "held", "district_until": "2026-11-19", "city_until": "2026-11-24",
    "counts_on": "2026-11-25", "reason": null
}))]
pub struct Burst {
    /// Its id.
    pub id: String,
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: NamedEstate,
    /// The firm that runs it; null where none does.
    pub uscc: Option<String>,
    /// The day of the step that set it apart.
    pub step: NaiveDate,
    /// The month of that step.
    pub month: Month,
    /// Where it stands.
    pub state: BurstState,
    /// The last day on which the district may release it.
    pub district_until: NaiveDate,
    /// The last day on which the city may.
    pub city_until: NaiveDate,
    /// The day on whose morning it counts.
    pub counts_on: NaiveDate,
    /// The reason of its release.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(stars: i64) -> Dimensions {
        Dimensions { cleaning: Stars::try_from(stars).ok(), ..Dimensions::default() }
    }

    #[test]
    fn without_an_increment_all_is_null() {
        let figures = serde_json::to_value(Figures::of(&Tally::default())).unwrap();
        let null = serde_json::json!({
            "score": null, "mean": null, "count": null, "distribution": null, "dimensions": null,
            "reason": "waiting",
        });
        assert_eq!(figures, null);
    }

    #[test]
    fn a_dimension_has_figures_where_the_stars_wait() {
        let mut tally = Tally::default();
        (1..=5).for_each(|stars| tally.add(Stars::try_from(stars).unwrap(), &cleaned(stars)));
        assert_eq!(Figures::of(&tally).reason, None);
        tally.counts = [0; 5];
        let Figures { count, reason, dimensions, .. } = Figures::of(&tally);
        assert_eq!((count, reason), (None, Some(NoFigures::Waiting)));
        let dimensions = dimensions.unwrap();
        assert_eq!(dimensions.cleaning, Some(DimensionFigure { mean: Some(Decimal::from(3)), count: 5 }));
        assert_eq!(dimensions.security, None);
    }

    #[test]
    fn coverage_is_of_what_is_published() {
        let share = |count, households| {
            Coverage::of(count, households).share.map(|share| share.normalize().to_string())
        };
        assert_eq!(share(5, 50).as_deref(), Some("0.1"));
        assert_eq!(share(20, 900).as_deref(), Some("0.0222"));
        assert_eq!(share(12, 8).as_deref(), Some("1.5"));
        assert_eq!(share(5, 0), None);
        assert_eq!(Coverage::of(0, 50), Coverage { count: None, households: 50, share: None });
    }
}
