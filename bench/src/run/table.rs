//! The table: what was measured, beside its floor and what is required.

use std::fmt::Write;
use std::path::PathBuf;

use crate::Result;

/// A requirement.
#[derive(Debug, Clone, Copy)]
pub enum Must {
    AtLeast(f64),
    AtMost(f64),
}

/// Figures of several rounds.
#[derive(Debug, Clone, Default)]
pub struct Rounds(pub Vec<f64>);

impl Rounds {
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            length if length.is_multiple_of(2) => (sorted[middle - 1] + sorted[middle]) / 2.0,
            _ => sorted[middle],
        }
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Each by the other of its own round.
    pub fn by(&self, other: &Rounds) -> Rounds {
        Rounds(self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect())
    }
}

pub struct Table {
    title: String,
    rows: Vec<String>,
    missed: usize,
    file: PathBuf,
}

impl Table {
    pub fn new(database: &str, ratings: u64, file: PathBuf) -> Table {
        let kind = if database.starts_with("postgres") { "PostgreSQL" } else { "SQLite" };
        Table { title: format!("{kind}, {ratings} ratings"), rows: Vec::new(), missed: 0, file }
    }

    /// Adds a row and writes the file as it stands: a run that is broken off has measured something
    /// too.
    pub fn add(&mut self, what: &str, measured: &str, floor: &str, ratio: &Rounds, must: Must) -> Result<()> {
        let median = ratio.median();
        let (holds, required) = match must {
            Must::AtLeast(least) => (median >= least, format!("≥ {least}")),
            Must::AtMost(most) => (median <= most, format!("≤ {most}")),
        };
        self.missed += usize::from(!holds);
        let row = format!(
            "| {what} | {measured} | {floor} | {} | {}–{} | {required} | {} |",
            short(median),
            short(ratio.least()),
            short(ratio.most()),
            if holds { "yes" } else { "**no**" }
        );
        crate::say(&row);
        self.rows.push(row);
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(&self.file, self.text())?)
    }

    pub fn text(&self) -> String {
        let mut text = format!(
            "# {}\n\nRates are answers a second, medians of the rounds. A ratio is the median of the rounds' own ratios, with the least and the most.\n\n\
             | what | measured | floor | ratio | spread | required | holds |\n|---|---|---|---|---|---|---|\n",
            self.title
        );
        for row in &self.rows {
            // Writing to a String cannot fail.
            writeln!(text, "{row}").ok();
        }
        writeln!(text, "\n{} of {} rows miss.", self.missed, self.rows.len()).ok();
        text
    }
}

/// Three figures that matter.
pub fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 0.1 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}
