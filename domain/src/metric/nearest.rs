//! Which key somebody meant who wrote another.

/// The one of `keys` that is least far from `written`, where that is near enough to be meant: a
/// letter in four may be wrong, missing, too many or exchanged with its neighbour.
pub(super) fn nearest<'k>(written: &str, keys: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let most = (written.chars().count() / 4).max(1);
    keys.map(|key| (distance(written, key), key))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// How many letters have to be put, taken, changed or exchanged with the next to make one text of
/// the other. Keys have 64 letters at the most.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut left: Option<char> = None;
    for (row, letter) in one.chars().enumerate() {
        let mut current = vec![row + 1];
        let mut above: Option<char> = None;
        for (column, wanted) in other.iter().copied().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&last, column) + usize::from(letter != wanted);
            let mut least = changed.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            if above == Some(letter) && left == Some(wanted) {
                least = least.min(at(&before_last, column.saturating_sub(1)) + 1);
            }
            current.push(least);
            above = Some(wanted);
        }
        before_last = std::mem::replace(&mut last, current);
        left = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_told_what_was_meant() {
        let keys = ["fee_collection_rate", "on_time_rate", "staff_count"];
        let meant = |written: &str| nearest(written, keys.into_iter());
        for written in
            ["fee_colection_rate", "fee_collection_rat", "fee_colletcion_rate", "fee_collection_rates"]
        {
            assert_eq!(meant(written), Some("fee_collection_rate"), "{written}");
        }
        assert_eq!(meant("on_tiem_rate"), Some("on_time_rate"));
        for written in ["", "x", "waiting", "rate", "lift_failures"] {
            assert_eq!(meant(written), None, "{written}");
        }
    }

    #[test]
    fn the_distance_counts_letters() {
        for (one, other, letters) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
            ("abc", "abc", 0),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (letters, letters), "{one} {other}");
        }
    }
}
