//! Bursts: many voices on one day that no ordinary day explains.

/// "At least 20 in a day …"
pub const BURST_MINIMUM: u32 = 20;

/// "… and more than 5 × the project's median for that day of the month."
pub const BURST_FACTOR: u32 = 5;

/// Whether `today`'s voices on a project are a burst: "at least 20 in a day and more than 5 × the project's median for that
/// day of the month". `same_day_of_earlier_months` has the project's voices on the same day of each earlier month
/// of its term, zero days included; without any the median is 0, and with an even number of them it is the mean of the two
/// middle ones. A burst is held for the district's decision; it is never deleted.
pub fn is_burst(today: u32, same_day_of_earlier_months: &[u32]) -> bool {
    // Twice the median, so that a half stays exact.
    let mut days = same_day_of_earlier_months.to_vec();
    days.sort_unstable();
    let at = |place: usize| days.get(place).copied().map_or(0, u64::from);
    let twice_the_median = at(days.len() / 2) + at(days.len().saturating_sub(1) / 2);
    today >= BURST_MINIMUM && 2 * u64::from(today) > u64::from(BURST_FACTOR) * twice_the_median
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twenty_are_a_burst_where_few_speak() {
        assert!(!is_burst(19, &[]));
        assert!(is_burst(20, &[]));
        assert!(is_burst(20, &[0, 0, 1]));
        assert!(is_burst(20, &[3]));
    }

    #[test]
    fn more_than_five_times_the_median_and_not_just_as_much() {
        assert!(!is_burst(20, &[4]));
        assert!(is_burst(21, &[4]));
        assert!(!is_burst(21, &[100, 5, 1]));
        assert!(is_burst(26, &[100, 5, 1]));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        // Median 4.5: more than 22.5 is a burst.
        assert!(!is_burst(22, &[4, 5]));
        assert!(is_burst(23, &[5, 4]));
        assert!(!is_burst(22, &[0, 5, 4, 90]));
        assert!(is_burst(23, &[0, 5, 4, 90]));
    }

    proptest! {
        #[test]
        fn more_voices_never_end_a_burst(
            today in 0_u32..1000, days in proptest::collection::vec(0_u32..50, 0..24),
        ) {
            prop_assert!(!is_burst(today, &days) || is_burst(today + 1, &days));
        }

        #[test]
        fn the_largest_numbers_are_answered(today: u32, days: Vec<u32>) {
            let _burst = is_burst(today, &days);
        }
    }
}
