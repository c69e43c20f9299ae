//! What readers get of ratings: figures of many voices, and to each resident the own voice.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Dimension, Dimensions, Shown, Stars, Tally, show};
use crate::calendar::Month;
use crate::card::{DimensionFigure, DimensionFigures, Distribution};
use crate::estate::EstateName;
use crate::evaluation::number;

/// The figures of some voices together. Where too few spoke, or where another figure could be subtracted, all are null and
/// `reason` says so.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13},
    "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null},
    "reason": null
}))]
pub struct Figures {
    /// The service score, 1 to 5 with at most 4 decimals: (7 × 3.5 + all stars) / (7 + voices).
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The mean stars with at most 3 decimals; null without a voice.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Decimal>,
    /// How many voices.
    pub count: Option<u32>,
    /// How often each number of stars was given.
    pub distribution: Option<Distribution>,
    /// Each dimension that enough voices rated.
    pub dimensions: Option<DimensionFigures>,
    /// `too_few_voices` where the figures are not shown.
    pub reason: Option<&'static str>,
}

impl Figures {
    /// Figures that are not shown.
    pub fn hidden() -> Figures {
        Figures {
            score: None,
            mean: None,
            count: None,
            distribution: None,
            dimensions: None,
            reason: Shown::TooFew.reason(),
        }
    }

    /// What [`super::Ledger::together`] gives of all projects of a firm over the whole usual span, whose voices are `tally`: nothing of it can be had by subtraction, for
    /// what is hidden beside it lies within it. `k` is the fewest voices that are shown.
    pub fn of_firm(tally: &Tally, k: u32) -> Figures {
        let enough = |voices: u32| show(voices, k).is_shown();
        Figures::of(tally, enough(tally.count()), |dimension| enough(tally.dimension(dimension).count))
    }

    /// The figures of a tally, if they are `shown`; its dimensions where `shows` says so too.
    pub fn of(tally: &Tally, shown: bool, shows: impl Fn(Dimension) -> bool) -> Figures {
        if !shown {
            return Figures::hidden();
        }
        let [one, two, three, four, five] = tally.counts;
        let figure = |dimension| {
            let sum = tally.dimension(dimension);
            (sum.count > 0 && shows(dimension))
                .then(|| DimensionFigure { mean: sum.mean(), count: sum.count })
        };
        Figures {
            score: Some(tally.service_score()),
            mean: tally.mean(),
            count: Some(tally.count()),
            distribution: Some(Distribution { one, two, three, four, five }),
            dimensions: Some(DimensionFigures {
                cleaning: figure(Dimension::Cleaning),
                security: figure(Dimension::Security),
                greening: figure(Dimension::Greening),
                maintenance: figure(Dimension::Maintenance),
                attitude: figure(Dimension::Attitude),
            }),
            reason: None,
        }
    }
}

/// One month's figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "month": "2026-10", "count": 20,
    "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
    "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false
}))]
pub struct MonthFigures {
    /// The month.
    pub month: Month,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Whether some voices of the month are held as a burst for the district's decision, or were left uncounted by it.
    pub held: bool,
}

/// The ratings of a firm or a project over some months.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-10", "to": "2026-10", "count": 20,
    "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
    "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false,
    "months": [
        {
            "month": "2026-10", "count": 20,
            "dimensions": {"attitude": null, "cleaning": {"count": 12, "mean": 4.5}, "greening": null, "maintenance": null, "security": null},
            "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13}, "mean": 4.6, "reason": null, "score": 4.3148, "held": false
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
    /// Whether some voices of these months are held as a burst, or were left uncounted by the district's decision.
    pub held: bool,
    /// Month by month, the latest first.
    pub months: Vec<MonthFigures>,
}

/// What a voice says now, as its own rater sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnVoice {
    /// It counts.
    Counted,
    /// It is held as part of a burst until the district decides, and does not count meanwhile.
    Held,
    /// The district decided that the burst it was part of does not count.
    Rejected,
    /// Another resident of the household has rated since: a household has one voice.
    Replaced,
}

impl OwnVoice {
    /// Reads the state that is stored; none for a voice that was withdrawn.
    pub fn parse(state: &str) -> Option<OwnVoice> {
        match state {
            "counted" => Some(OwnVoice::Counted),
            "held" => Some(OwnVoice::Held),
            "rejected" => Some(OwnVoice::Rejected),
            "replaced" => Some(OwnVoice::Replaced),
            _ => None,
        }
    }
}

/// A resident's own rating. Nobody else gets this, officials included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "demo-001", "name": "示范小区"}, "month": "2026-11", "overall": 5,
    "dimensions": {"cleaning": 5}, "comment": "楼道很干净", "comment_state": "published", "state": "counted", "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct OwnRating {
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: EstateName,
    /// The month.
    pub month: Month,
    /// Stars overall, 1 to 5.
    pub overall: Stars,
    /// Stars by dimension, where given.
    pub dimensions: Dimensions,
    /// The comment as it is kept.
    pub comment: Option<String>,
    /// `published`, `held` (a person looks at it first) or `hidden` (officials took it down); null without a comment.
    pub comment_state: Option<String>,
    /// Whether the voice counts.
    pub state: OwnVoice,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What has been decided on a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BurstState {
    /// It waits for the district.
    Held,
    /// Its voices count.
    Released,
    /// Its voices do not count; they are kept.
    Rejected,
}

impl BurstState {
    /// The name in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            BurstState::Held => "held",
            BurstState::Released => "released",
            BurstState::Rejected => "rejected",
        }
    }

    /// Reads [`BurstState::as_str`] back.
    pub fn parse(state: &str) -> Option<BurstState> {
        [BurstState::Held, BurstState::Released, BurstState::Rejected]
            .into_iter()
            .find(|each| each.as_str() == state)
    }
}

/// Many voices on one project on one day that no ordinary day explains, for the district's decision. Who they are is nobody's to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "estate": {"code": "demo-001", "name": "示范小区"},
    "uscc": null, "day": "2026-11-21", "state": "held", "voices": 24, "stars_about": 5,
    "usual_voices": 0.5, "decide_by": "2026-11-25", "reason": null
}))]
pub struct Burst {
    /// Its id.
    pub id: String,
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: EstateName,
    /// The firm that runs it; null where none does.
    pub uscc: Option<String>,
    /// The day, in the city's zone.
    pub day: String,
    /// What has been decided.
    pub state: BurstState,
    /// The voices of that day that are part of it; null below the fewest that are shown.
    pub voices: Option<u32>,
    /// The mean of the stars they gave, to a whole star: anything finer could be subtracted from the month's figures. Null with `voices`.
    pub stars_about: Option<Stars>,
    /// The median of the voices on the same day of the months before.
    #[serde(serialize_with = "number::plain")]
    #[schema(value_type = f64)]
    pub usual_voices: Decimal,
    /// The last day on which it should be decided: the third working day.
    pub decide_by: String,
    /// The reason of the decision.
    pub reason: Option<String>,
}
