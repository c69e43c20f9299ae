//! The ledger: a firm's voices by month and project, and which sums of them may be shown.
//!
//! Whether a month of a project is shown must not depend on the question that is asked, or two questions could be subtracted: `from=2026-10` and
//! `from=2026-11` differ by one month. So months lie in fixed *frames*: the usual one (the last twelve months, this one included), and for older
//! months the calendar years. Each frame is one table of months and projects under [`suppress_table`], with all its totals taken as
//! published. A span of months is shown when its sum can be had from what the frames show already: when of each frame's hidden
//! cells it has none, or all of them under a total that is shown. So no question, and no two of them, says more than the frames do.
//!
//! Voices may leave dimensions out, so each dimension is a table of its own; its means are shown where both tables show.

use std::sync::OnceLock;

use super::{Dimension, Figures, MonthFigures, ShownTable, Tally, suppress_table};
use crate::calendar::Month;

/// The longest span that can be asked for, in months.
pub const LONGEST_SPAN: i32 = 36;

/// The months of the usual frame.
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

/// The frames that a span touches, the oldest first.
fn frames(span: Span, current: Month) -> Vec<Span> {
    let usual = Span::usual(current);
    let mut frames: Vec<Span> = (span.first.year()..=span.last.year())
        .filter_map(|year| {
            let first = Month::new(year, 1)?;
            let last = Month::new(year, 12)?.min(usual.first.previous()?);
            (first <= last && first <= span.last && last >= span.first).then_some(Span { first, last })
        })
        .collect();
    if span.last >= usual.first {
        frames.push(usual);
    }
    frames
}

/// The voices of one project in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The project's id.
    pub project: String,
    /// The month.
    pub month: Month,
    /// The voices that count.
    pub tally: Tally,
    /// Whether some voices of the month are held as a burst, or were left uncounted by the district's decision.
    pub held: bool,
}

/// Whose figures: all projects together, or one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The firm: all projects of the ledger.
    All,
    /// One project.
    Project(&'a str),
}

/// Months under one judgement of what may be shown.
#[derive(Debug, Clone)]
pub struct Frame {
    span: Span,
    projects: Vec<String>,
    /// By month, then by project.
    tallies: Vec<Vec<Tally>>,
    held: Vec<Vec<bool>>,
    k: u32,
    voices: ShownTable,
    /// In the order of [`Dimension::ALL`]; made when they are asked for, which not everybody does.
    dimensions: [OnceLock<ShownTable>; Dimension::ALL.len()],
}

/// What is counted of a tally: voices, or the voices that rated one dimension.
#[derive(Debug, Clone, Copy)]
enum Counted {
    Voices,
    Dimension(Dimension),
}

impl Counted {
    fn of(self, tally: &Tally) -> u32 {
        match self {
            Counted::Voices => tally.count(),
            Counted::Dimension(dimension) => tally.dimension(dimension).count,
        }
    }
}

fn judged(tallies: &[Vec<Tally>], counted: Counted, k: u32) -> ShownTable {
    let counts: Vec<Vec<u32>> =
        tallies.iter().map(|row| row.iter().map(|tally| counted.of(tally)).collect()).collect();
    suppress_table(&counts, k)
}

impl Frame {
    fn new(span: Span, cells: &[Cell], k: u32) -> Frame {
        let mut projects: Vec<String> =
            cells.iter().filter(|cell| span.has(cell.month)).map(|cell| cell.project.clone()).collect();
        projects.sort();
        projects.dedup();
        let months = span.months().len();
        let mut tallies = vec![vec![Tally::default(); projects.len()]; months];
        let mut held = vec![vec![false; projects.len()]; months];
        for cell in cells.iter().filter(|cell| span.has(cell.month)) {
            let row = usize::try_from(cell.month.months_since(span.first)).unwrap_or_default();
            let Ok(column) = projects.binary_search(&cell.project) else { continue };
            if let Some(tally) = tallies.get_mut(row).and_then(|row| row.get_mut(column)) {
                tally.merge(&cell.tally);
            }
            if let Some(mark) = held.get_mut(row).and_then(|row| row.get_mut(column)) {
                *mark |= cell.held;
            }
        }
        let voices = judged(&tallies, Counted::Voices, k);
        Frame { voices, dimensions: Default::default(), k, span, projects, tallies, held }
    }

    fn table(&self, counted: Counted) -> Option<&ShownTable> {
        match counted {
            Counted::Voices => Some(&self.voices),
            Counted::Dimension(dimension) => {
                let table = self.dimensions.get(dimension.place())?;
                Some(table.get_or_init(|| judged(&self.tallies, counted, self.k)))
            }
        }
    }

    fn row(&self, month: Month) -> Option<usize> {
        self.span.has(month).then(|| usize::try_from(month.months_since(self.span.first)).unwrap_or_default())
    }

    fn column(&self, project: &str) -> Option<usize> {
        self.projects.iter().position(|each| each == project)
    }

    fn tally(&self, line: Line<'_>, month: Month) -> Tally {
        let row = self.row(month).and_then(|row| self.tallies.get(row));
        match line {
            Line::All => row.into_iter().flatten().copied().sum(),
            Line::Project(project) => {
                let tally = self.column(project).and_then(|column| row?.get(column));
                tally.copied().unwrap_or_default()
            }
        }
    }

    fn is_held(&self, line: Line<'_>, month: Month) -> bool {
        let row = self.row(month).and_then(|row| self.held.get(row));
        match line {
            Line::All => row.into_iter().flatten().any(|held| *held),
            Line::Project(project) => {
                self.column(project).and_then(|column| row?.get(column)).copied().unwrap_or_default()
            }
        }
    }

    /// Whether a month's figures are shown. What has no voice names nobody.
    fn shows_month(&self, counted: Counted, line: Line<'_>, month: Month) -> bool {
        let (Some(table), Some(row)) = (self.table(counted), self.row(month)) else { return false };
        match line {
            Line::All => table.rows.get(row).is_some_and(|shown| shown.is_shown()),
            Line::Project(project) => self.column(project).is_none_or(|column| {
                table.cells.get(row).and_then(|row| row.get(column)).is_some_and(|shown| shown.is_shown())
            }),
        }
    }

    fn shows_total(&self, counted: Counted, line: Line<'_>) -> bool {
        let Some(table) = self.table(counted) else { return false };
        match line {
            Line::All => table.total.is_shown(),
            Line::Project(project) => self
                .column(project)
                .is_none_or(|column| table.columns.get(column).is_some_and(|shown| shown.is_shown())),
        }
    }

    /// Whether the sum of the months that `span` has of this frame can be had from what the frame shows.
    fn shows_part(&self, counted: Counted, line: Line<'_>, span: Span) -> bool {
        let hidden: Vec<Month> = self
            .span
            .months()
            .filter(|month| {
                counted.of(&self.tally(line, *month)) > 0 && !self.shows_month(counted, line, *month)
            })
            .collect();
        let inside = hidden.iter().filter(|month| span.has(**month)).count();
        inside == 0 || (inside == hidden.len() && self.shows_total(counted, line))
    }
}

/// Voices with the judgement of what of them may be shown.
#[derive(Debug, Clone)]
pub struct Ledger {
    frames: Vec<Frame>,
}

impl Ledger {
    /// The months whose cells [`Ledger::new`] needs for the figures of `span`: the whole frames that it touches.
    pub fn needs(span: Span, current: Month) -> Span {
        let frames = frames(span, current);
        Span {
            first: frames.first().map_or(span.first, |frame| frame.first),
            last: frames.last().map_or(span.last, |frame| frame.last),
        }
    }

    /// The judgement over the `cells` of all projects of one firm (or of one project without a firm), for spans within
    /// `span`. `k` is the fewest voices that are shown.
    pub fn new(span: Span, current: Month, cells: &[Cell], k: u32) -> Ledger {
        Ledger {
            frames: frames(span, current).into_iter().map(|frame| Frame::new(frame, cells, k)).collect(),
        }
    }

    /// Whether a project's figures of a month are shown: a review's stars are, where they are.
    pub fn shows_month(&self, line: Line<'_>, month: Month) -> bool {
        self.frame(month).is_some_and(|frame| frame.shows_month(Counted::Voices, line, month))
    }

    /// The figures of a month.
    pub fn month(&self, line: Line<'_>, month: Month) -> MonthFigures {
        let Some(frame) = self.frame(month) else {
            return MonthFigures { month, figures: Figures::hidden(), held: false };
        };
        let shows = |counted| frame.shows_month(counted, line, month);
        let figures = Figures::of(&frame.tally(line, month), shows(Counted::Voices), |dimension| {
            shows(Counted::Dimension(dimension))
        });
        MonthFigures { month, figures, held: frame.is_held(line, month) }
    }

    /// The voices of a span together, whether they may be shown or not: for arithmetic, not for answers.
    pub fn tally(&self, line: Line<'_>, span: Span) -> Tally {
        span.months().filter_map(|month| Some(self.frame(month)?.tally(line, month))).sum()
    }

    /// The figures of a span together.
    pub fn together(&self, line: Line<'_>, span: Span) -> Figures {
        let shows = |counted| self.frames.iter().all(|frame| frame.shows_part(counted, line, span));
        Figures::of(&self.tally(line, span), shows(Counted::Voices), |dimension| {
            shows(Counted::Dimension(dimension))
        })
    }

    fn frame(&self, month: Month) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.span.has(month))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Dimensions, Stars};
    use super::*;
    use crate::card::ServiceSummary;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn span(first: &str, last: &str) -> Span {
        Span { first: month(first), last: month(last) }
    }

    fn cell(project: &str, at: &str, voices: u32) -> Cell {
        let mut tally = Tally::default();
        for _ in 0..voices {
            tally.add(Stars::ALL[3], &Dimensions::default());
        }
        Cell { project: project.to_owned(), month: month(at), tally, held: false }
    }

    const NOW: &str = "2026-11";

    fn ledger(cells: &[Cell], asked: Span) -> Ledger {
        Ledger::new(asked, month(NOW), cells, 5)
    }

    #[test]
    fn frames_are_the_last_twelve_months_and_calendar_years_before_them() {
        let now = month(NOW);
        assert_eq!(frames(span("2025-12", NOW), now), [span("2025-12", NOW)]);
        assert_eq!(frames(span("2026-03", "2026-03"), now), [span("2025-12", NOW)]);
        assert_eq!(
            frames(span("2025-11", "2025-12"), now),
            [span("2025-01", "2025-11"), span("2025-12", NOW)]
        );
        assert_eq!(frames(span("2024-02", "2024-03"), now), [span("2024-01", "2024-12")]);
        assert_eq!(Ledger::needs(span("2024-02", "2025-03"), now), span("2024-01", "2025-11"));
    }

    #[test]
    fn two_spans_never_differ_by_a_hidden_month() {
        let cells = [cell("a", "2026-11", 1), cell("a", "2026-10", 6), cell("a", "2026-09", 9)];
        for asked in [span("2026-10", "2026-10"), span("2026-10", NOW), span("2025-12", NOW)] {
            let ledger = ledger(&cells, asked);
            assert_eq!(ledger.month(Line::All, month("2026-10")).figures.count, None, "{asked:?}");
            assert_eq!(ledger.month(Line::All, month("2026-09")).figures.count, Some(9), "{asked:?}");
        }
        let count = |first, last| {
            let asked = span(first, last);
            ledger(&cells, asked).together(Line::Project("a"), asked).count
        };
        assert_eq!(count("2025-12", NOW), Some(16));
        assert_eq!(count("2026-10", NOW), Some(7));
        assert_eq!(count("2026-11", "2026-11"), None);
        assert_eq!(count("2026-09", "2026-10"), None);
        assert_eq!(count("2026-08", "2026-09"), Some(9));
    }

    #[test]
    fn a_projects_total_is_hidden_where_the_firms_would_give_another_away() {
        let cells = [cell("a", "2026-11", 3), cell("b", "2026-11", 9)];
        let asked = span("2025-12", NOW);
        let ledger = ledger(&cells, asked);
        assert_eq!(ledger.together(Line::All, asked).count, Some(12));
        assert_eq!(ledger.together(Line::Project("a"), asked).count, None);
        assert_eq!(ledger.together(Line::Project("b"), asked).count, None);
        assert_eq!(ledger.together(Line::Project("without voices"), asked).count, Some(0));
    }

    proptest! {
        /// Lists of firms and their cards judge a firm's total by itself: that must be what the ledger says.
        #[test]
        fn a_firms_usual_total_is_hidden_only_when_it_is_too_few_itself(
            voices in proptest::collection::vec((0_u8..4, 0_i32..12, 0_u32..7, 0_u32..7), 0..12), k in 2_u32..8,
        ) {
            let now = month(NOW);
            let cells: Vec<Cell> = voices
                .iter()
                .map(|(project, back, voices, cleaning)| {
                    let mut cell = cell(&project.to_string(), &now.plus(-back).unwrap().to_string(), *voices);
                    let dimensions = Dimensions { cleaning: Some(Stars::ALL[1]), ..Dimensions::default() };
                    for _ in 0..*cleaning {
                        cell.tally.add(Stars::ALL[2], &dimensions);
                    }
                    cell
                })
                .collect();
            let usual = Span::usual(now);
            let ledger = Ledger::new(usual, now, &cells, k);
            prop_assert_eq!(Figures::of_firm(&ledger.tally(Line::All, usual), k), ledger.together(Line::All, usual));
            let (tally, figures) = (ledger.tally(Line::All, usual), ledger.together(Line::All, usual));
            let summary = ServiceSummary::of_firm(tally.count(), tally.sum(), k);
            prop_assert_eq!(
                (summary.score, summary.mean, summary.count, summary.reason),
                (figures.score, figures.mean, figures.count, figures.reason)
            );
        }
    }

    #[test]
    fn a_dimension_that_few_rated_is_hidden_alone() {
        let mut few = cell("a", "2026-11", 6);
        let dimensions = Dimensions { cleaning: Some(Stars::ALL[4]), ..Dimensions::default() };
        for _ in 0..4 {
            few.tally.add(Stars::ALL[4], &dimensions);
        }
        let asked = span("2025-12", NOW);
        let figures = ledger(&[few.clone()], asked).together(Line::All, asked);
        assert_eq!(figures.count, Some(10));
        assert_eq!(figures.dimensions.unwrap().cleaning, None);
        few.tally.add(Stars::ALL[0], &dimensions);
        let figures = ledger(&[few], asked).together(Line::All, asked);
        assert_eq!(figures.dimensions.unwrap().cleaning.map(|figure| figure.count), Some(5));
    }
}
