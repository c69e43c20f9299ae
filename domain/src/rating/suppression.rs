//! Small counts: what is not shown, so that nobody can say who rated.
//!
//! "Below k = 5 voices (a setting) count, score, mean, distribution and dimensions are null with a reason, and so is a
//! second cell from which the first could be subtracted."
//!
//! A *cell* is any group of voices whose figures are shown as one: a month of a project, a project of a firm. What is said here of
//! counts holds for every figure of the cell, since stars are summed along the same lines as voices.
//!
//! - An empty cell names nobody and may be shown as empty. A cell of k voices or more that all gave the same star is shown.
//! - The reader is assumed to know these rules and every figure that is shown, but not which of the hidden cells
//!   was too small: say the same reason for [`Shown::TooFew`] and [`Shown::Complement`], or two hidden cells of 1 and 5 under
//!   a total of 6 give themselves away.
//! - Out of scope: *differencing over time* (reading a total twice, before and after one voice: the reader who asks every minute sees
//!   each voice arrive; figures that change live are always open to it, frozen ones are not), *bounds* (a hidden cell under a total of 6 has
//!   at most 6), and what a rater knows of the own voice.

/// k, where the setting does not say otherwise.
pub const DEFAULT_MINIMUM_VOICES: u32 = 5;

/// Whether a cell's figures are shown, and if not, why. The reason is for the log and for tests; readers are told
/// the same of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Shown.
    Yes,
    /// Null: between one voice and k − 1.
    TooFew,
    /// Null: a cell that is too small could be had by subtracting this one.
    Complement,
}

impl Shown {
    /// Whether the figures are shown.
    pub fn is_shown(self) -> bool {
        self == Shown::Yes
    }

    /// The one reason that a reader is told when they are not, for an answer's `reason`.
    pub fn reason(self) -> Option<&'static str> {
        (!self.is_shown()).then_some("too_few_voices")
    }
}

/// Whether `voices` alone are enough to be shown, with nothing beside them to be subtracted from.
pub fn show(voices: u32, k: u32) -> Shown {
    if too_few(u64::from(voices), k) { Shown::TooFew } else { Shown::Yes }
}

/// More than none and fewer than k.
pub(super) fn too_few(voices: u64, k: u32) -> bool {
    voices > 0 && voices < u64::from(k)
}

/// Which of several cells are shown. When their total is published too (itself subject to [`show`]), what is hidden
/// under it is nothing, or at least k voices in at least two cells with a voice; the smallest cells are hidden first. When
/// the total is below k it must be hidden with all of them, which `show(total, k)` says as well.
///
/// Cells that lie in a table with totals along both sides need [`super::suppress_table`].
pub fn suppress(cells: &[u32], total_is_published: bool, k: u32) -> Vec<Shown> {
    let mut shown: Vec<Shown> = cells.iter().map(|voices| show(*voices, k)).collect();
    if !total_is_published || shown.iter().all(|cell| cell.is_shown()) {
        return shown;
    }
    let mut hidden: u64 = cells
        .iter()
        .zip(&shown)
        .filter(|(_, shown)| !shown.is_shown())
        .map(|(voices, _)| u64::from(*voices))
        .sum();
    // The hidden sum reaches k only with a second cell, since a cell that is too small has less than k.
    let mut candidates: Vec<(&u32, &mut Shown)> =
        cells.iter().zip(&mut shown).filter(|(voices, shown)| **voices > 0 && shown.is_shown()).collect();
    candidates.sort_by_key(|(voices, _)| **voices);
    for (voices, shown) in candidates {
        if !too_few(hidden, k) {
            break;
        }
        *shown = Shown::Complement;
        hidden += u64::from(*voices);
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Shown::{Complement, TooFew, Yes};
    use super::*;

    #[test]
    fn a_cell_below_k_is_hidden_and_an_empty_one_is_not() {
        assert_eq!([0, 1, 4, 5, 6].map(|voices| show(voices, 5)), [Yes, TooFew, TooFew, Yes, Yes]);
        assert_eq!(suppress(&[0, 1, 4, 5, 6], false, 5), [Yes, TooFew, TooFew, Yes, Yes]);
        assert_eq!(suppress(&[], true, 5), []);
        assert_eq!(suppress(&[1, 2], true, 1), [Yes, Yes]);
    }

    #[test]
    fn the_smallest_cell_is_hidden_with_the_one_that_could_be_subtracted() {
        assert_eq!(suppress(&[3, 9, 7, 8], true, 5), [TooFew, Yes, Complement, Yes]);
        assert_eq!(suppress(&[0, 3, 9], true, 5), [Yes, TooFew, Complement]);
    }

    #[test]
    fn several_small_cells_protect_each_other_when_they_reach_k() {
        assert_eq!(suppress(&[2, 2, 9], true, 5), [TooFew, TooFew, Complement]);
        assert_eq!(suppress(&[2, 3, 9], true, 5), [TooFew, TooFew, Yes]);
    }

    #[test]
    fn when_all_are_too_few_the_total_is_hidden_too() {
        assert_eq!(suppress(&[1, 2], true, 5), [TooFew, TooFew]);
        assert_eq!(show(1 + 2, 5), TooFew);
    }

    #[test]
    fn readers_are_told_one_reason() {
        assert_eq!(TooFew.reason(), Complement.reason());
        assert_eq!(Yes.reason(), None);
    }

    proptest! {
        #[test]
        fn what_is_hidden_under_a_published_total_is_nothing_or_k_in_two_cells(
            cells in proptest::collection::vec(0_u32..12, 0..12), k in 1_u32..8,
        ) {
            let shown = suppress(&cells, true, k);
            let hidden: Vec<u32> =
                cells.iter().zip(&shown).filter(|(_, shown)| !shown.is_shown()).map(|(voices, _)| *voices).collect();
            let total: u32 = cells.iter().sum();
            for (voices, shown) in cells.iter().zip(&shown) {
                prop_assert!(*voices == 0 || *voices >= k || *shown == TooFew);
                prop_assert!(*voices > 0 || *shown == Yes);
            }
            if show(total, k).is_shown() && !hidden.is_empty() {
                prop_assert!(hidden.iter().sum::<u32>() >= k);
                prop_assert!(hidden.iter().filter(|voices| **voices > 0).count() >= 2);
            }
        }
    }
}
