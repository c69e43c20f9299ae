//! Months that figures are asked for together.

use crate::calendar::Month;

/// The longest span that can be asked for, in months.
pub const LONGEST_SPAN: i32 = 36;

/// "The current month and the eleven before."
const USUAL_MONTHS: i32 = 12;

/// Months from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first month.
    pub first: Month,
    /// The last month.
    pub last: Month,
}

impl Span {
    /// The usual span: the last twelve months, `current` included.
    pub fn usual(current: Month) -> Span {
        Span { first: current.plus(1 - USUAL_MONTHS).unwrap_or(Month::FIRST), last: current }
    }

    /// Whether `month` lies in it.
    pub fn has(&self, month: Month) -> bool {
        self.first <= month && month <= self.last
    }

    /// How many months it has.
    pub fn length(&self) -> i32 {
        self.last.months_since(self.first) + 1
    }

    /// Its months.
    pub fn months(&self) -> impl DoubleEndedIterator<Item = Month> + ExactSizeIterator + use<> {
        self.first.to(self.last)
    }
}
