//! Small counts in a table with totals along both sides: the months of a firm's projects.
//!
//! A reader has the firm month by month (totals of rows), each project over the window (totals of columns), each project
//! month by month (cells) and the firm over the window (the grand total), and may add and subtract all of them.
//!
//! What can be had by that: give every row and every column a whole number, and add the shown totals so often. A
//! hidden cell then counts as often as its row's and its column's numbers say together, and the shown cells are taken off. A set of hidden
//! cells can be had exactly when such numbers count each of its cells once and every other hidden cell never. These
//! sets are unions of *directed cuts* of the graph whose points are the rows and columns and whose arrows are the hidden
//! cells, from row to column: the points are split in two such that no arrow comes back over the split, and the set is the arrows that cross it.
//! Rows whose totals are hidden have only their common total (the rest of the grand total), so they are one point; so are
//! such columns. The table is safe when no cut has between 1 and k − 1 voices, which [`smallest_cut`] finds as a flow. Where
//! one has, a further cell that crosses the split is hidden, until none has.

use std::collections::{HashSet, VecDeque};

use super::suppression::{Shown, show, suppress, too_few};

/// Which figures of a table are shown. Readers are told one reason, see [`Shown::reason`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownTable {
    /// Row by row, as the cells were given; a short row is filled up to the longest.
    pub cells: Vec<Vec<Shown>>,
    /// The total of each row.
    pub rows: Vec<Shown>,
    /// The total of each column.
    pub columns: Vec<Shown>,
    /// The grand total.
    pub total: Shown,
}

/// Which cells and totals of a table are shown, so that no adding and subtracting of what is shown gives a set of voices of
/// more than none and fewer than `k`. `cells` are rows of counts; a missing cell has no voices. Deterministic; the smallest
/// cells are hidden first.
pub fn suppress_table(cells: &[Vec<u32>], k: u32) -> ShownTable {
    let mut table = Table::new(cells, k);
    if table.shown.total.is_shown() {
        table.protect();
    } else {
        table.hide_everything();
    }
    table.shown
}

struct Table {
    k: u32,
    cells: Vec<Vec<u32>>,
    row_totals: Vec<u64>,
    column_totals: Vec<u64>,
    shown: ShownTable,
}

/// A point of the graph: points below the number of rows are rows, the rest columns. All rows with a hidden total are
/// one point, and all columns.
type Point = usize;

/// The arrows between points with the voices of the hidden cells that they stand for.
struct Graph {
    /// By point of origin: where to, and with how many voices.
    arrows: Vec<Vec<(Point, u64)>>,
    /// The point of each row and of each column.
    row_points: Vec<Point>,
    column_points: Vec<Point>,
}

impl Table {
    fn new(cells: &[Vec<u32>], k: u32) -> Table {
        let width = cells.iter().map(Vec::len).max().unwrap_or_default();
        let cells: Vec<Vec<u32>> = cells
            .iter()
            .map(|row| row.iter().copied().chain(std::iter::repeat(0)).take(width).collect())
            .collect();
        let row_totals: Vec<u64> =
            cells.iter().map(|row| row.iter().map(|voices| u64::from(*voices)).sum()).collect();
        let mut column_totals = vec![0_u64; width];
        for row in &cells {
            for (total, voices) in column_totals.iter_mut().zip(row) {
                *total += u64::from(*voices);
            }
        }
        let shown = ShownTable {
            cells: cells.iter().map(|row| row.iter().map(|voices| show(*voices, k)).collect()).collect(),
            rows: suppress(&saturated(&row_totals), true, k),
            columns: suppress(&saturated(&column_totals), true, k),
            total: if too_few(row_totals.iter().sum(), k) { Shown::TooFew } else { Shown::Yes },
        };
        Table { k, cells, row_totals, column_totals, shown }
    }

    /// The whole table has fewer than k voices.
    fn hide_everything(&mut self) {
        let hide = |totals: &[u64]| -> Vec<Shown> {
            totals.iter().map(|voices| if *voices > 0 { Shown::TooFew } else { Shown::Yes }).collect()
        };
        self.shown.rows = hide(&self.row_totals);
        self.shown.columns = hide(&self.column_totals);
        // The cells are all empty or too few already.
    }

    /// Hides cells until no cut gives a few voices away. Each round hides one more cell, so it ends.
    fn protect(&mut self) {
        let mut safe = HashSet::new();
        while let Some(split) = self.small_cut(&mut safe) {
            let Some((row, column)) = self.cheapest_across(&split) else { break };
            if let Some(cell) = self.shown.cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = Shown::Complement;
            }
        }
    }

    fn graph(&self) -> Graph {
        let points = |shown: &[Shown], from: Point| -> Vec<Point> {
            let common = shown.iter().position(|total| !total.is_shown()).unwrap_or_default();
            let point =
                |(place, total): (usize, &Shown)| from + if total.is_shown() { place } else { common };
            shown.iter().enumerate().map(point).collect()
        };
        let row_points = points(&self.shown.rows, 0);
        let column_points = points(&self.shown.columns, row_points.len());
        let mut arrows: Vec<Vec<(Point, u64)>> = vec![Vec::new(); row_points.len() + column_points.len()];
        for (row, column) in self.places().filter(|place| self.is_unknown(*place)) {
            let (Some(from), Some(to)) = (row_points.get(row), column_points.get(column)) else { continue };
            let Some(leaving) = arrows.get_mut(*from) else { continue };
            let voices = self.voices((row, column));
            match leaving.iter_mut().find(|(point, _)| point == to) {
                Some((_, sum)) => *sum += voices,
                None => leaving.push((*to, voices)),
            }
        }
        Graph { arrows, row_points, column_points }
    }

    /// A split over which more than none and fewer than k voices go: `true` for the points on the rows' side of it.
    ///
    /// `safe` keeps the arrows over which no such split goes. They stay so: a split of a table in which one cell more is hidden was one before too, with as
    /// many voices or fewer.
    fn small_cut(&self, safe: &mut HashSet<(Point, Point)>) -> Option<(Graph, Vec<bool>)> {
        let graph = self.graph();
        let limit = u64::from(self.k);
        for (from, arrows) in graph.arrows.iter().enumerate() {
            for (to, _) in arrows.iter().filter(|(_, voices)| too_few(*voices, self.k)) {
                if safe.contains(&(from, *to)) {
                    continue;
                }
                if let Some(split) = smallest_cut(&graph.arrows, from, *to, limit) {
                    return Some((graph, split));
                }
                safe.insert((from, *to));
            }
        }
        None
    }

    /// The smallest shown cell whose hiding changes the cut: one that crosses it, or one that comes back over it (an empty
    /// one will do for that, since an unknown number then stands beside the sum). Cells in a row or a column that is
    /// shown to be empty are known, whatever is said of them.
    fn cheapest_across(&self, (graph, split): &(Graph, Vec<bool>)) -> Option<(usize, usize)> {
        let side =
            |points: &[Point], place: usize| points.get(place).and_then(|point| split.get(*point)).copied();
        self.places()
            .filter(|place| !self.is_unknown(*place) && !self.is_known_to_be_empty(*place))
            .filter(|(row, column)| {
                match (side(&graph.row_points, *row), side(&graph.column_points, *column)) {
                    (Some(true), Some(false)) => self.voices((*row, *column)) > 0,
                    (Some(false), Some(true)) => true,
                    _ => false,
                }
            })
            .min_by_key(|place| self.voices(*place))
    }

    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let width = self.column_totals.len();
        (0..self.cells.len()).flat_map(move |row| (0..width).map(move |column| (row, column)))
    }

    fn voices(&self, (row, column): (usize, usize)) -> u64 {
        self.cells.get(row).and_then(|row| row.get(column)).map_or(0, |voices| u64::from(*voices))
    }

    /// Whether the cell is hidden.
    fn is_unknown(&self, (row, column): (usize, usize)) -> bool {
        self.shown.cells.get(row).and_then(|row| row.get(column)).is_some_and(|shown| !shown.is_shown())
    }

    fn is_known_to_be_empty(&self, (row, column): (usize, usize)) -> bool {
        self.row_totals.get(row) == Some(&0) || self.column_totals.get(column) == Some(&0)
    }
}

/// Totals as [`suppress`] takes them; a larger one is large enough.
fn saturated(totals: &[u64]) -> Vec<u32> {
    totals.iter().map(|total| u32::try_from(*total).unwrap_or(u32::MAX)).collect()
}

/// The points on `source`'s side of a split between `source` and `sink` over which fewer than `limit` voices go and
/// no arrow comes back; `None` when there is none. Found as a flow of whole voices along the arrows, which may also run back
/// over an arrow without end (an arrow that comes back over the split is not allowed).
fn smallest_cut(arrows: &[Vec<(Point, u64)>], source: Point, sink: Point, limit: u64) -> Option<Vec<bool>> {
    let mut left: Vec<Vec<(Point, u64)>> = arrows.to_vec();
    let mut backwards: Vec<Vec<Point>> = vec![Vec::new(); arrows.len()];
    for (from, leaving) in arrows.iter().enumerate() {
        for (to, _) in leaving {
            if let Some(back) = backwards.get_mut(*to) {
                back.push(from);
            }
        }
    }
    for _ in 0..limit {
        let came_from = reach(&left, &backwards, source);
        let reached: Vec<bool> = came_from.iter().map(Option::is_some).collect();
        if !reached.get(sink).copied().unwrap_or_default() {
            return Some(reached);
        }
        // One voice more along the way that was found.
        let mut to = sink;
        while to != source {
            let Some(Some(from)) = came_from.get(to).copied() else { break };
            if let Some((_, voices)) =
                left.get_mut(from).and_then(|leaving| leaving.iter_mut().find(|(point, _)| *point == to))
            {
                *voices = voices.saturating_sub(1);
            } else if let Some((_, voices)) =
                left.get_mut(to).and_then(|leaving| leaving.iter_mut().find(|(point, _)| *point == from))
            {
                *voices += 1;
            }
            to = from;
        }
    }
    None
}

/// From which point each point is reached from `source` (itself from itself), where voices are left or against an arrow.
fn reach(left: &[Vec<(Point, u64)>], backwards: &[Vec<Point>], source: Point) -> Vec<Option<Point>> {
    let mut came_from: Vec<Option<Point>> = vec![None; left.len()];
    let mut queue = VecDeque::from([source]);
    if let Some(start) = came_from.get_mut(source) {
        *start = Some(source);
    }
    while let Some(point) = queue.pop_front() {
        let forwards =
            left.get(point).into_iter().flatten().filter(|(_, voices)| *voices > 0).map(|(to, _)| *to);
        let against = backwards.get(point).into_iter().flatten().copied();
        for next in forwards.chain(against) {
            if let Some(unreached @ None) = came_from.get_mut(next) {
                *unreached = Some(point);
                queue.push_back(next);
            }
        }
    }
    came_from
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
