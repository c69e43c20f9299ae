//! What a household's rating says, answer by answer, and which of its answers are out.

use super::{Dimension, Dimensions, Stars};

/// "Rolling … twelve times at most."
pub const MOST_ROLLS: u8 = 12;

/// Bits of [`AnswerColumns::rolled`] for each cell: twelve fits into four.
const ROLLED_BITS: usize = 4;
const ROLLED_MASK: i32 = 0b1111;

/// What a rating answers, and what of a project is published on its own: the stars overall, or one
/// dimension. "A rating waits in the cells it answers: stars, and five dimensions."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// The stars overall.
    Stars,
    /// One dimension.
    Dimension(Dimension),
}

impl Cell {
    /// All six: the stars, then the dimensions in the order of [`Dimension::ALL`].
    pub const ALL: [Cell; 6] = [
        Cell::Stars,
        Cell::Dimension(Dimension::Cleaning),
        Cell::Dimension(Dimension::Security),
        Cell::Dimension(Dimension::Greening),
        Cell::Dimension(Dimension::Maintenance),
        Cell::Dimension(Dimension::Attitude),
    ];

    /// Its position in [`Cell::ALL`], 0–5.
    fn position(self) -> usize {
        match self {
            Cell::Stars => 0,
            Cell::Dimension(dimension) => 1 + dimension.position(),
        }
    }

    /// What a new rating answers here.
    fn of(self, stars: Stars, dimensions: &Dimensions) -> Option<Stars> {
        match self {
            Cell::Stars => Some(stars),
            Cell::Dimension(dimension) => dimensions.get(dimension),
        }
    }
}

/// One cell of a household's rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Answer {
    #[default]
    None,
    Waiting {
        stars: Stars,
        /// How many times it was rolled, 0–12.
        rolled: u8,
    },
    /// In an increment, for good.
    Out(Stars),
}

/// The answers of one household for one project and month. Each of them waits until it is part of
/// an increment; from then on it is *out*, stays as it is and is never counted again: "an answer
/// enters one increment and never leaves it". Stars and dimensions come out independently of each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers([Answer; 6]);

/// The stars are out: "once its stars are out a rating is closed; the household rates again next
/// month".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the rating is part of published figures and can no longer be changed or taken back; rate again next month"
)]
pub struct RatingClosed;

impl Answers {
    /// A new rating, all of which waits.
    pub fn new(stars: Stars, dimensions: &Dimensions) -> Answers {
        Answers(Cell::ALL.map(|cell| match cell.of(stars, dimensions) {
            Some(stars) => Answer::Waiting { stars, rolled: 0 },
            None => Answer::None,
        }))
    }

    /// Gives the rating, or changes it: "while its stars wait its holder may change it". What is
    /// out stays. A dimension that is not given is taken back, unless no stars waited here: then
    /// the household gives a new rating over what rolled from an older one, whose dimensions stay
    /// where it "has not given a newer one".
    ///
    /// # Errors
    /// [`RatingClosed`], and nothing is changed, once the stars are out.
    pub fn put(&mut self, stars: Stars, dimensions: &Dimensions) -> Result<(), RatingClosed> {
        if self.is_out(Cell::Stars) {
            return Err(RatingClosed);
        }
        let is_change = self.waiting(Cell::Stars).is_some();
        for (answer, cell) in self.0.iter_mut().zip(Cell::ALL) {
            *answer = match (*answer, cell.of(stars, dimensions)) {
                (Answer::Out(stars), _) => Answer::Out(stars),
                (_, Some(stars)) => Answer::Waiting { stars, rolled: 0 },
                (_, None) if is_change => Answer::None,
                (leftover, None) => leftover,
            };
        }
        Ok(())
    }

    /// Takes back all that waits and keeps what is out: by its holder, with the account, or when
    /// nothing takes it any more.
    pub fn drop_all_waiting(&mut self) {
        Cell::ALL.into_iter().for_each(|cell| self.drop_waiting(cell));
    }

    /// Drops the answer of a cell if it waits.
    pub fn drop_waiting(&mut self, cell: Cell) {
        if self.waiting(cell).is_some() {
            self.set(cell, Answer::None);
        }
    }

    /// The answer of a cell, waiting or out: what its writer sees.
    pub fn given(&self, cell: Cell) -> Option<Stars> {
        match self.answer(cell) {
            Answer::None => None,
            Answer::Waiting { stars, .. } | Answer::Out(stars) => Some(stars),
        }
    }

    /// The answer of a cell that waits for a step.
    pub fn waiting(&self, cell: Cell) -> Option<Stars> {
        match self.answer(cell) {
            Answer::Waiting { stars, .. } => Some(stars),
            Answer::None | Answer::Out(_) => None,
        }
    }

    /// Whether the answer of a cell is in an increment.
    pub fn is_out(&self, cell: Cell) -> bool {
        matches!(self.answer(cell), Answer::Out(_))
    }

    /// Whether any answer waits.
    pub fn has_waiting(&self) -> bool {
        Cell::ALL.into_iter().any(|cell| self.waiting(cell).is_some())
    }

    /// Whether there is nothing to keep, waiting or out.
    pub fn is_empty(&self) -> bool {
        *self == Answers::default()
    }

    /// How many times the answer of a cell may still be rolled, 0–12; `None` if none waits.
    pub fn rolls_left(&self, cell: Cell) -> Option<u8> {
        match self.answer(cell) {
            Answer::Waiting { rolled, .. } => Some(MOST_ROLLS.saturating_sub(rolled)),
            Answer::None | Answer::Out(_) => None,
        }
    }

    /// The answer of a cell becomes part of an increment; nothing happens if none waits.
    pub fn publish(&mut self, cell: Cell) {
        if let Some(stars) = self.waiting(cell) {
            self.set(cell, Answer::Out(stars));
        }
    }

    /// Moves what waits to a later month after the step of a 1st: "what still waits becomes the
    /// household's rating of the new month, answer by answer … twelve times at most … then it is
    /// dropped". `months` later, which is 1 if no 1st was missed. What is out stays here. `None` if
    /// nothing is moved. Put it [`Answers::under`] what the household has given in that month.
    #[must_use]
    pub fn roll(&mut self, months: u8) -> Option<Answers> {
        self.move_waiting(|rolled| rolled.checked_add(months).filter(|rolled| *rolled <= MOST_ROLLS))
    }

    /// Moves what waits `months` later *before* it is counted, because the steps between were
    /// missed or passed while it was held. As [`Answers::roll`], but nothing is dropped before its
    /// last step: the rolling after that does so.
    #[must_use]
    pub fn catch_up(&mut self, months: u8) -> Option<Answers> {
        self.move_waiting(|rolled| Some(rolled.saturating_add(months).min(MOST_ROLLS)))
    }

    /// Adds answers rolled from an older month: "answer by answer, unless it has given a newer
    /// one".
    pub fn under(&mut self, older: Answers) {
        for (answer, older) in self.0.iter_mut().zip(older.0) {
            if *answer == Answer::None {
                *answer = older;
            }
        }
    }

    /// As stored.
    pub fn to_columns(&self) -> AnswerColumns {
        let rolled = |answer: &Answer| match answer {
            Answer::Waiting { rolled, .. } => i32::from(*rolled),
            Answer::None | Answer::Out(_) => 0,
        };
        let [stars, dimensions @ ..] =
            Cell::ALL.map(|cell| self.given(cell).map(|stars| i32::from(stars.get())));
        AnswerColumns {
            stars,
            dimensions,
            is_published: self.is_out(Cell::Stars),
            out: Dimension::ALL
                .into_iter()
                .filter(|dimension| self.is_out(Cell::Dimension(*dimension)))
                .fold(0, |out, dimension| out | 1 << dimension.position()),
            rolled: self.0.iter().rev().fold(0, |all, answer| all << ROLLED_BITS | rolled(answer)),
        }
    }

    /// Reads [`Answers::to_columns`] back; `None` if the columns cannot have been written by it: a
    /// number that is no stars, more than twelve rolls, or an answer that is out and not there. The
    /// rolls of what does not wait are ignored, so that a step may leave them.
    pub fn from_columns(columns: &AnswerColumns) -> Option<Answers> {
        let mut answers = Answers::default();
        let given = std::iter::once(columns.stars).chain(columns.dimensions);
        for (cell, given) in Cell::ALL.into_iter().zip(given) {
            let is_out = match cell {
                Cell::Stars => columns.is_published,
                Cell::Dimension(dimension) => columns.out & 1 << dimension.position() != 0,
            };
            let Some(given) = given else {
                if is_out {
                    return None;
                }
                continue;
            };
            let stars = Stars::try_from(i64::from(given)).ok()?;
            let rolled = columns.rolled >> (ROLLED_BITS * cell.position()) & ROLLED_MASK;
            let rolled = u8::try_from(rolled).ok().filter(|rolled| is_out || *rolled <= MOST_ROLLS)?;
            answers.set(cell, if is_out { Answer::Out(stars) } else { Answer::Waiting { stars, rolled } });
        }
        Some(answers)
    }

    fn move_waiting(&mut self, age: impl Fn(u8) -> Option<u8>) -> Option<Answers> {
        let mut moved = Answers::default();
        for (from, to) in self.0.iter_mut().zip(&mut moved.0) {
            if let Answer::Waiting { stars, rolled } = *from {
                *from = Answer::None;
                *to = age(rolled).map_or(Answer::None, |rolled| Answer::Waiting { stars, rolled });
            }
        }
        (!moved.is_empty()).then_some(moved)
    }

    fn answer(&self, cell: Cell) -> Answer {
        self.0.get(cell.position()).copied().unwrap_or_default()
    }

    fn set(&mut self, cell: Cell, answer: Answer) {
        if let Some(slot) = self.0.get_mut(cell.position()) {
            *slot = answer;
        }
    }
}

/// [`Answers`] as columns of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerColumns {
    /// Stars overall, 1–5.
    pub stars: Option<i32>,
    /// Stars by dimension, 1–5, in the order of [`Dimension::ALL`].
    pub dimensions: [Option<i32>; 5],
    /// Whether the stars are out.
    pub is_published: bool,
    /// Bit *i* is set if dimension *i* of [`Dimension::ALL`] is out, 0–31.
    pub out: i32,
    /// How many times each cell that waits was rolled: four bits a cell, the stars in the lowest.
    pub rolled: i32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLEANING: Cell = Cell::Dimension(Dimension::Cleaning);
    const SECURITY: Cell = Cell::Dimension(Dimension::Security);

    fn stars(number: i64) -> Stars {
        Stars::try_from(number).unwrap()
    }

    fn cleaning(number: i64) -> Dimensions {
        Dimensions { cleaning: Some(stars(number)), ..Dimensions::default() }
    }

    fn security(number: i64) -> Dimensions {
        Dimensions { security: Some(stars(number)), ..Dimensions::default() }
    }

    fn published(mut answers: Answers, cells: &[Cell]) -> Answers {
        cells.iter().for_each(|cell| answers.publish(*cell));
        answers
    }

    #[test]
    fn a_waiting_rating_is_changed_as_a_whole() {
        let mut answers = Answers::new(stars(5), &cleaning(4));
        answers.put(stars(2), &security(3)).unwrap();
        assert_eq!(answers, Answers::new(stars(2), &security(3)));
        answers.drop_all_waiting();
        assert!(answers.is_empty());
    }

    #[test]
    fn it_is_closed_once_its_stars_are_out() {
        let mut answers = published(Answers::new(stars(5), &cleaning(4)), &[Cell::Stars]);
        let before = answers;
        assert_eq!(answers.put(stars(1), &cleaning(1)), Err(RatingClosed));
        assert_eq!(answers, before);
        assert_eq!(answers.waiting(CLEANING), Some(stars(4)));
    }

    #[test]
    fn a_dimension_that_is_out_while_the_stars_wait_stays_as_it_was() {
        let mut answers = published(Answers::new(stars(5), &cleaning(4)), &[CLEANING]);
        answers.put(stars(1), &cleaning(1)).unwrap();
        assert_eq!((answers.waiting(Cell::Stars), answers.given(CLEANING)), (Some(stars(1)), Some(stars(4))));
        answers.drop_all_waiting();
        assert!(answers.is_out(CLEANING) && !answers.has_waiting());
        // The household rates again in the same month: its cleaning is not asked twice.
        answers.put(stars(3), &cleaning(2)).unwrap();
        assert_eq!((answers.waiting(Cell::Stars), answers.waiting(CLEANING)), (Some(stars(3)), None));
    }

    #[test]
    fn leftover_dimensions_stay_under_a_new_rating() {
        let mut closed = published(Answers::new(stars(5), &cleaning(4)), &[Cell::Stars]);
        let mut leftover = closed.roll(1).unwrap();
        assert!(!closed.has_waiting() && closed.is_out(Cell::Stars));
        assert_eq!(closed.roll(1), None);
        leftover.put(stars(2), &security(1)).unwrap();
        assert_eq!(leftover.waiting(CLEANING), Some(stars(4)));
        assert_eq!((leftover.rolls_left(CLEANING), leftover.rolls_left(SECURITY)), (Some(11), Some(12)));
        // From then on it is one rating, and changed as a whole.
        leftover.put(stars(2), &Dimensions::default()).unwrap();
        assert_eq!(leftover.waiting(CLEANING), None);
    }

    #[test]
    fn newer_answers_win_and_older_ones_fill_the_rest() {
        let mut newer = published(Answers::new(stars(2), &cleaning(1)), &[CLEANING]);
        let mut older = Answers::new(
            stars(5),
            &Dimensions { cleaning: Some(stars(5)), security: Some(stars(5)), ..Dimensions::default() },
        );
        newer.under(older.roll(1).unwrap());
        assert_eq!(newer.given(Cell::Stars), Some(stars(2)));
        assert!(newer.is_out(CLEANING), "an older answer does not come after a newer one that is out");
        assert_eq!(newer.waiting(SECURITY), Some(stars(5)));
    }

    #[test]
    fn an_answer_is_rolled_twelve_times_at_most() {
        let mut answers = Answers::new(stars(5), &Dimensions::default());
        for left in (0..12).rev() {
            answers = answers.roll(1).unwrap();
            assert_eq!(answers.rolls_left(Cell::Stars), Some(left));
        }
        let mut late = answers;
        assert_eq!(answers.roll(1), None);
        assert!(answers.is_empty());
        // Where its last step was missed it is counted at the one that is made instead, and dropped
        // after that.
        let mut caught_up = late.catch_up(1).unwrap();
        assert_eq!(caught_up.rolls_left(Cell::Stars), Some(0));
        assert_eq!(caught_up.roll(1), None);
    }

    #[test]
    fn each_answer_has_its_own_age() {
        let mut row = Answers::new(stars(5), &cleaning(4));
        for _ in 0..12 {
            row = row.roll(1).unwrap();
        }
        // The stars are given again; a change takes the cleaning back, so it is given under other
        // stars.
        let mut newer = Answers::new(stars(1), &Dimensions::default());
        newer.under(row);
        let rolled = newer.roll(1).unwrap();
        assert_eq!((rolled.waiting(Cell::Stars), rolled.waiting(CLEANING)), (Some(stars(1)), None));
        // Several missed months count as many.
        assert_eq!(Answers::new(stars(1), &cleaning(1)).roll(13), None);
        assert_eq!(Answers::new(stars(1), &cleaning(1)).roll(u8::MAX), None);
    }

    #[test]
    fn columns_that_were_never_written_are_refused() {
        let row = AnswerColumns { stars: Some(5), ..AnswerColumns::default() };
        assert_eq!(Answers::from_columns(&row), Some(Answers::new(stars(5), &Dimensions::default())));
        for broken in [
            AnswerColumns { stars: Some(0), ..row },
            AnswerColumns { stars: Some(6), ..row },
            AnswerColumns { out: 1, ..row },
            AnswerColumns { stars: None, is_published: true, ..row },
            AnswerColumns { rolled: 13, ..row },
        ] {
            assert_eq!(Answers::from_columns(&broken), None, "{broken:?}");
        }
        // A step that publishes with one statement leaves the rolls where they are.
        let published = AnswerColumns { rolled: 7, is_published: true, ..row };
        assert!(Answers::from_columns(&published).unwrap().is_out(Cell::Stars));
    }

    fn any_answers() -> impl Strategy<Value = Answers> {
        let cell = (proptest::option::of(1_i64..=5), any::<bool>(), 0..=MOST_ROLLS);
        proptest::array::uniform6(cell).prop_map(|cells| {
            Answers(cells.map(|(number, is_out, rolled)| match number.map(stars) {
                None => Answer::None,
                Some(stars) if is_out => Answer::Out(stars),
                Some(stars) => Answer::Waiting { stars, rolled },
            }))
        })
    }

    proptest! {
        #[test]
        fn columns_are_read_as_they_were_written(answers in any_answers()) {
            prop_assert_eq!(Answers::from_columns(&answers.to_columns()), Some(answers));
        }

        #[test]
        fn nothing_is_lost_or_doubled_by_rolling(before in any_answers(), target in any_answers()) {
            let mut row = before;
            let moved = row.roll(1);
            let mut after = target;
            after.under(moved.unwrap_or_default());
            for cell in Cell::ALL {
                prop_assert_eq!(row.is_out(cell), before.is_out(cell));
                prop_assert_eq!(row.waiting(cell), None);
                prop_assert_eq!(after.is_out(cell), target.is_out(cell));
                let rolled = before.waiting(cell).filter(|_| before.rolls_left(cell) > Some(0));
                prop_assert_eq!(after.given(cell), target.given(cell).or(rolled));
            }
        }

        #[test]
        fn what_is_out_stays_whatever_its_holder_does(
            before in any_answers(), number in 1_i64..=5, other in proptest::option::of(1_i64..=5),
        ) {
            let dimensions = Dimensions { cleaning: other.map(stars), ..Dimensions::default() };
            let mut put = before;
            let mut taken_back = before;
            prop_assert_eq!(put.put(stars(number), &dimensions).is_err(), before.is_out(Cell::Stars));
            taken_back.drop_all_waiting();
            for cell in Cell::ALL.into_iter().filter(|cell| before.is_out(*cell)) {
                prop_assert_eq!(put.given(cell), before.given(cell));
                prop_assert!(put.is_out(cell) && taken_back.is_out(cell));
                prop_assert_eq!(taken_back.given(cell), before.given(cell));
            }
        }
    }
}
