//! Decimals as JSON numbers, and the arithmetic that cannot overflow.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// A decimal as a JSON number of at most 4 decimals, by its shortest text: `85`, `81.875`.
///
/// # Errors
/// As the serializer.
pub fn plain<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let number = round(*number, 4).normalize();
    if number.scale() == 0
        && let Ok(whole) = i64::try_from(number)
    {
        return serializer.serialize_i64(whole);
    }
    // The nearest double of a short decimal prints as that decimal: 15 digits survive the way there
    // and back.
    match number.to_string().parse::<f64>() {
        Ok(float) => serializer.serialize_f64(float),
        Err(_) => serializer.serialize_str(&number.to_string()),
    }
}

/// As [`plain`], with null.
///
/// # Errors
/// As the serializer.
pub fn optional<S: Serializer>(number: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    struct Plain(Decimal);
    impl Serialize for Plain {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            plain(&self.0, serializer)
        }
    }
    match number {
        Some(number) => serializer.serialize_some(&Plain(*number)),
        None => serializer.serialize_none(),
    }
}

/// Rounds half up (towards the greater), as the rules say.
///
/// Quotients such as a third carry 28 digits, so a true half could stand a hair below itself: they
/// are first settled to 15 decimals, far finer than any fact and far coarser than that hair.
pub(crate) fn round(number: Decimal, decimals: u32) -> Decimal {
    let settled = number.round_dp(15);
    let unit = Decimal::new(1, decimals);
    let half = Decimal::new(5, decimals + 1);
    floor_to(settled.saturating_add(half), unit).normalize()
}

/// The greatest multiple of `unit` (a power of ten) that is not above the number.
pub(crate) fn floor_to(number: Decimal, unit: Decimal) -> Decimal {
    let units = number.checked_div(unit).unwrap_or_default().floor();
    units.saturating_mul(unit)
}

/// A product.
pub(crate) fn times(a: Decimal, b: Decimal) -> Decimal {
    a.saturating_mul(b)
}

/// A quotient; 0 where the divisor is 0.
pub(crate) fn over(a: Decimal, b: Decimal) -> Decimal {
    a.checked_div(b).unwrap_or_default()
}

/// A sum.
pub(crate) fn sum(numbers: impl IntoIterator<Item = Decimal>) -> Decimal {
    numbers.into_iter().fold(Decimal::ZERO, Decimal::saturating_add)
}

/// Rounds the parts down to 3 decimals and gives the missing thousandths to the largest remainders,
/// the earlier first, so that they sum exactly to `total`, which is their own sum rounded half up.
pub(crate) fn apportion(parts: &[Decimal], total: Decimal) -> Vec<Decimal> {
    let unit = Decimal::new(1, 3);
    let settled: Vec<Decimal> = parts.iter().map(|part| part.round_dp(15)).collect();
    let mut rounded: Vec<Decimal> = settled.iter().map(|part| floor_to(*part, unit)).collect();
    let mut order: Vec<(Decimal, usize)> = settled
        .iter()
        .zip(&rounded)
        .enumerate()
        .map(|(at, (part, floor))| (floor.saturating_sub(*part), at))
        .collect();
    order.sort();
    let mut missing = total.saturating_sub(sum(rounded.iter().copied()));
    for (_, at) in order {
        if missing < unit {
            break;
        }
        if let Some(part) = rounded.get_mut(at) {
            *part = part.saturating_add(unit);
            missing = missing.saturating_sub(unit);
        }
    }
    rounded.into_iter().map(|part| part.normalize()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn halves_round_up_and_quotients_do_not_lose_them() {
        for (number, rounded) in [
            ("84.9995", "85"),
            ("84.9994", "84.999"),
            ("-0.0005", "0"),
            ("-0.0006", "-0.001"),
            ("0.0005", "0.001"),
        ] {
            assert_eq!(round(decimal(number), 3), decimal(rounded), "{number}");
        }
        // What a quotient of 28 digits can leave of 59.9995.
        let hair_below = decimal("59.99949999999999999999999999");
        assert!(hair_below < decimal("59.9995"));
        assert_eq!(round(hair_below, 3), decimal("60"));
    }

    #[test]
    fn parts_sum_to_the_total_by_largest_remainder() {
        let third = Decimal::ONE / Decimal::from(3);
        let parts = apportion(&[third, third, third], Decimal::ONE);
        assert_eq!(parts, [decimal("0.334"), decimal("0.333"), decimal("0.333")]);
        let parts = apportion(&[decimal("1.0006"), decimal("-0.0006")], Decimal::ONE);
        assert_eq!(parts.iter().copied().sum::<Decimal>(), Decimal::ONE);
    }
}
