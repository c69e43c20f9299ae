//! The sum of many ratings, and the service score.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Cell, Dimension, Stars};

/// How many ratings the prior weighs: m of "service score = (m·prior + Σ) / (m + n), m = 7, prior =
/// 3.5".
const PRIOR_RATINGS: u32 = 7;

/// What a project is worth before anybody has rated it: 3.5 stars.
fn prior() -> Decimal {
    Decimal::new(35, 1)
}

/// How many households rated a dimension, and the stars they gave together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sum {
    /// Households
    pub count: u32,
    /// Stars together
    pub stars: u64,
}

impl Sum {
    /// The mean in stars, rounded half up to 3 decimals; `None` without a rating.
    pub fn mean(self) -> Option<Decimal> {
        (self.count > 0).then(|| half_up(Decimal::from(self.stars) / Decimal::from(self.count), 3))
    }
}

/// Many ratings of a project or a firm, in a month or over many: how often each number of stars was
/// given, and the sums by dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tally {
    /// Ratings of 1, 2, 3, 4 and 5 stars.
    pub counts: [u32; 5],
    /// By dimension, in the order of [`Dimension::ALL`].
    pub dimensions: [Sum; 5],
}

impl Tally {
    /// Counts one household's answer of one cell.
    pub(super) fn add_answer(&mut self, cell: Cell, stars: Stars) {
        match cell {
            Cell::Stars => {
                if let Some(count) = self.counts.get_mut(stars.position()) {
                    *count = count.saturating_add(1);
                }
            }
            Cell::Dimension(dimension) => {
                if let Some(sum) = self.dimensions.get_mut(dimension.position()) {
                    sum.count = sum.count.saturating_add(1);
                    sum.stars += u64::from(stars.get());
                }
            }
        }
    }

    /// Adds another tally: of another month, or of another project of the firm.
    pub fn merge(&mut self, other: &Tally) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        for (sum, more) in self.dimensions.iter_mut().zip(other.dimensions) {
            sum.count = sum.count.saturating_add(more.count);
            sum.stars += more.stars;
        }
    }

    /// How many ratings.
    pub fn count(&self) -> u32 {
        self.counts.iter().fold(0, |total: u32, count| total.saturating_add(*count))
    }

    /// The stars of all together.
    pub fn sum(&self) -> u64 {
        Stars::ALL
            .iter()
            .zip(self.counts)
            .map(|(stars, count)| u64::from(stars.get()) * u64::from(count))
            .sum()
    }

    /// The mean in stars, rounded half up to 3 decimals; `None` without a rating.
    pub fn mean(&self) -> Option<Decimal> {
        Sum { count: self.count(), stars: self.sum() }.mean()
    }

    /// The service score, see [`service_score`].
    pub fn service_score(&self) -> Decimal {
        service_score(self.count(), self.sum())
    }

    /// The sums of one dimension. A rating may leave dimensions out, so a dimension is judged on
    /// its own.
    pub fn dimension(&self, dimension: Dimension) -> Sum {
        self.dimensions.get(dimension.position()).copied().unwrap_or_default()
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |mut total, tally| {
            total.merge(&tally);
            total
        })
    }
}

/// "Service score = (m·prior + Σ) / (m + n), m = 7, prior = 3.5": `sum` stars of `count` ratings,
/// rounded once, half up, to 4 decimals. Between 1 and 5, and 3.5 without a rating.
pub fn service_score(count: u32, sum: u64) -> Decimal {
    let stars = prior() * Decimal::from(PRIOR_RATINGS) + Decimal::from(sum);
    let weight = Decimal::from(u64::from(PRIOR_RATINGS) + u64::from(count));
    half_up(stars / weight, 4)
}

/// Half up, which for these positive numbers is away from zero. The quotient has 28 digits, and no
/// quotient of such numbers lies so near to a half without being one.
fn half_up(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
impl Tally {
    /// Counts all answers of one rating.
    pub fn add(&mut self, overall: Stars, dimensions: &super::Dimensions) {
        self.add_answer(Cell::Stars, overall);
        for (dimension, stars) in dimensions.given() {
            self.add_answer(Cell::Dimension(dimension), stars);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rating::Dimensions;

    fn stars(number: i64) -> Stars {
        Stars::try_from(number).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn tally(overall: &[i64]) -> Tally {
        let mut tally = Tally::default();
        for number in overall {
            tally.add(stars(*number), &Dimensions::default());
        }
        tally
    }

    #[test]
    fn the_published_vectors_hold() {
        assert_eq!(service_score(0, 0), decimal("3.5"));
        assert_eq!(service_score(1, 5), decimal("3.6875"));
        assert_eq!(service_score(20, 92), decimal("4.3148"));
        assert_eq!(tally(&[]).service_score(), decimal("3.5"));
        assert_eq!(tally(&[5]).service_score(), decimal("3.6875"));
    }

    #[test]
    fn a_half_is_rounded_up() {
        // (24.5 + 64) / 32 = 2.765625 is below a half; (24.5 + 27) / 16 = 3.21875 is one.
        assert_eq!(service_score(25, 64), decimal("2.7656"));
        assert_eq!(service_score(9, 27), decimal("3.2188"));
        // Mean 2.0625 -> 2.063.
        assert_eq!(Sum { count: 16, stars: 33 }.mean(), Some(decimal("2.063")));
        assert_eq!(Sum::default().mean(), None);
    }

    #[test]
    fn a_tally_counts_sums_and_means() {
        let tally = tally(&[5, 5, 4, 1]);
        assert_eq!(tally.counts, [1, 0, 0, 1, 2]);
        assert_eq!((tally.count(), tally.sum(), tally.mean()), (4, 15, Some(decimal("3.75"))));
    }

    #[test]
    fn dimensions_are_summed_where_given() {
        let mut tally = Tally::default();
        tally.add(stars(5), &Dimensions { cleaning: Some(stars(4)), ..Dimensions::default() });
        tally.add(
            stars(3),
            &Dimensions { cleaning: Some(stars(1)), attitude: Some(stars(2)), ..Dimensions::default() },
        );
        assert_eq!(tally.dimension(Dimension::Cleaning), Sum { count: 2, stars: 5 });
        assert_eq!(tally.dimension(Dimension::Attitude).mean(), Some(decimal("2")));
        assert_eq!(tally.dimension(Dimension::Security).mean(), None);
    }

    fn any_stars() -> impl Strategy<Value = Stars> {
        (1_i64..=5).prop_map(stars)
    }

    fn any_rating() -> impl Strategy<Value = (Stars, Dimensions)> {
        (any_stars(), proptest::option::of(any_stars()), proptest::option::of(any_stars())).prop_map(
            |(overall, cleaning, security)| {
                (overall, Dimensions { cleaning, security, ..Dimensions::default() })
            },
        )
    }

    proptest! {
        #[test]
        fn merging_is_adding(
            first in proptest::collection::vec(any_rating(), 0..30),
            second in proptest::collection::vec(any_rating(), 0..30),
        ) {
            let fill = |ratings: &[(Stars, Dimensions)]| {
                let mut tally = Tally::default();
                for (overall, dimensions) in ratings { tally.add(*overall, dimensions); }
                tally
            };
            let (left, right) = (fill(&first), fill(&second));
            let both: Tally = [left, right].into_iter().sum();
            prop_assert_eq!(both, fill(&[first, second].concat()));
        }

        #[test]
        fn the_score_is_the_nearest_ten_thousandth_half_up(count in 0_u32..5_000_000, mean in 1.0_f64..5.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's sample")]
            let sum = (f64::from(count) * mean) as u64;
            let score = service_score(count, sum);
            // In whole numbers: (49 + 2Σ) / (14 + 2n), to the nearest 1/10000.
            let (numerator, denominator) = (u128::from(49 + 2 * sum), u128::from(14 + 2 * u64::from(count)));
            let nearest = (2 * numerator * 10_000 + denominator) / (2 * denominator);
            prop_assert_eq!(score * Decimal::from(10_000), Decimal::from(nearest));
            prop_assert!(score <= Decimal::from(5) && score > Decimal::ZERO);
        }
    }
}
