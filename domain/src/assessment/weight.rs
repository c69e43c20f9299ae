//! What a project weighs where a firm's projects are brought together: whoever confirms an
//! assessment is shown it.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use utoipa::ToSchema;

use crate::evaluation::number;
use crate::project::Area;

/// What an assessed project weighs beside the others of its firm. A scheme weighs projects by area
/// or by households, and may bound what one of them weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"area_m2": 85000.5, "households": 1200, "share_of_area": 0.3123, "share_of_households": 0.3333}))]
pub struct ProjectWeight {
    /// The project's area in m².
    pub area_m2: Area,
    /// The households that it serves.
    pub households: i64,
    /// Its part of the area of the firm's projects whose terms touch the period, 4 decimals; null
    /// where it is no firm's.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub share_of_area: Option<Decimal>,
    /// Its part of their households.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub share_of_households: Option<Decimal>,
}

impl ProjectWeight {
    /// Of a project of that size; `whole` is what its firm's projects make up together, in
    /// hundredths of a m² and in households.
    pub fn of(area_m2: Area, households: i64, whole: Option<(i64, i64)>) -> ProjectWeight {
        ProjectWeight {
            area_m2,
            households,
            share_of_area: whole.and_then(|(area, _)| share(area_m2.hundredths(), area)),
            share_of_households: whole.and_then(|(_, of)| share(households, of)),
        }
    }
}

/// All of it at the most, where its own term no longer touches the period.
fn share(part: i64, whole: i64) -> Option<Decimal> {
    let share = Decimal::from(part).checked_div(Decimal::from(whole.max(part)))?;
    Some(share.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_the_firms_projects_make_up_together() {
        let area = Area::from_hundredths(100);
        let shares = |whole| {
            let weight = ProjectWeight::of(area, 0, whole);
            (weight.share_of_area.map(|share| share.to_string()), weight.share_of_households)
        };
        assert_eq!(shares(Some((300, 0))), (Some("0.3333".to_owned()), None));
        assert_eq!(shares(Some((100, 5))), (Some("1".to_owned()), Some(Decimal::ZERO)));
        assert_eq!(shares(Some((0, 5))).0, Some("1".to_owned()));
        assert_eq!(shares(None), (None, None));
    }
}
