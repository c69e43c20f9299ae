//! What each of several sizes weighs in a whole.

use rust_decimal::Decimal;

use super::number::{sum, times};

/// A part of a whole, as a numerator and a denominator: divided last, what comes out even is exact.
pub(super) type Share = (Decimal, Decimal);

/// The shares of sizes that are not negative, in their order; together they are the whole. Sizes
/// that are all unknown weigh the same, rather than nothing at all.
///
/// None weighs more than `most`: what is above it goes to the others by their sizes. Where there
/// are too few for that, all weigh the same.
pub(super) fn shares(sizes: &[Decimal], most: Option<Decimal>) -> Vec<Share> {
    let count = Decimal::from(sizes.len());
    let total = sum(sizes.iter().copied());
    let most = most.unwrap_or(Decimal::ONE);
    if total.is_zero() || times(most, count) <= Decimal::ONE {
        return vec![(Decimal::ONE, count); sizes.len()];
    }
    let mut is_bounded = vec![false; sizes.len()];
    loop {
        let open = || sizes.iter().zip(&is_bounded).filter(|(_, bounded)| !**bounded).map(|(size, _)| *size);
        let (left, among) = (sum(open()), Decimal::from(open().count()));
        let bounded = count.saturating_sub(among);
        let rest = Decimal::ONE.saturating_sub(times(most, bounded));
        let share = |size: Decimal| if left.is_zero() { (rest, among) } else { (times(rest, size), left) };
        let is_above = |size: Decimal| {
            let (part, of) = share(size);
            part > times(most, of)
        };
        let mut changed = false;
        for (size, bounded) in sizes.iter().zip(&mut is_bounded) {
            if !*bounded && is_above(*size) {
                (*bounded, changed) = (true, true);
            }
        }
        if !changed {
            let one = |(size, bounded): (&Decimal, &bool)| {
                if *bounded { (most, Decimal::ONE) } else { share(*size) }
            };
            return sizes.iter().zip(&is_bounded).map(one).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluation::number::over;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Settled to 15 decimals.
    fn told(sizes: &[i64], most: Option<&str>) -> Vec<String> {
        let sizes: Vec<Decimal> = sizes.iter().map(|size| Decimal::from(*size)).collect();
        let shares = shares(&sizes, most.map(decimal));
        shares.into_iter().map(|(part, of)| over(part, of).round_dp(15).normalize().to_string()).collect()
    }

    #[test]
    fn each_weighs_its_size_unless_it_is_bounded() {
        assert_eq!(told(&[1, 3], None), ["0.25", "0.75"]);
        assert_eq!(told(&[0, 0, 0, 0], None), ["0.25"; 4]);
        assert!(told(&[], Some("0.5")).is_empty());
        // What is above goes to the others by their sizes.
        assert_eq!(told(&[90, 6, 4], Some("0.5")), ["0.5", "0.3", "0.2"]);
        // That may be too much for the next.
        assert_eq!(told(&[90, 8, 1, 1], Some("0.4")), ["0.4", "0.4", "0.1", "0.1"]);
        assert_eq!(told(&[5, 0, 0], Some("0.5")), ["0.5", "0.25", "0.25"]);
        // Too few to keep the bound.
        assert_eq!(told(&[90, 10], Some("0.5")), ["0.5", "0.5"]);
        assert_eq!(told(&[90, 10], Some("0.4")), ["0.5", "0.5"]);
        assert_eq!(told(&[90], Some("0.5")), ["1"]);
        assert_eq!(told(&[60, 40], Some("0.6")), ["0.6", "0.4"]);
    }

    proptest! {
        #[test]
        fn shares_are_the_whole_and_none_is_above_the_bound(
            sizes in prop::collection::vec(0_i64..10_000_000_000, 1..40),
            most in prop::option::of(1_i64..=1000),
        ) {
            let sizes: Vec<Decimal> = sizes.into_iter().map(|size| Decimal::new(size, 2)).collect();
            let most = most.map(|most| Decimal::new(most, 3));
            let parts: Vec<Decimal> =
                shares(&sizes, most).into_iter().map(|(part, of)| over(part, of).round_dp(20)).collect();
            let hair = Decimal::new(1, 15);
            prop_assert!((sum(parts.iter().copied()) - Decimal::ONE).abs() < hair, "{parts:?}");
            let even = over(Decimal::ONE, Decimal::from(sizes.len()));
            let bound = most.unwrap_or(Decimal::ONE).max(even);
            prop_assert!(parts.iter().all(|part| *part <= bound + hair), "{parts:?}");
            // The larger weighs no less.
            for (one, other) in sizes.iter().zip(&parts).flat_map(|one| sizes.iter().zip(&parts).map(move |other| (one, other))) {
                prop_assert!(one.0 < other.0 || one.1 + hair >= *other.1, "{sizes:?}: {parts:?}");
            }
        }
    }
}
