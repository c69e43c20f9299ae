//! Pictures of a firm's grade, for pages elsewhere: a badge, and the trend of twelve months. Each
//! says in words what it shows.

use askama::Template;
use rust_decimal::Decimal;
use xinwu_domain::firm::FirmCard;
use xinwu_persistence::credit::scheme::Rulebook;
use xinwu_store::{Conn, Result as StoreResult};

use super::grade::{Grade, State};
use super::trend::Trend;
use super::{Page, html};

/// In the picture's units, about a pixel each.
const WIDE: u32 = 14;
const NARROW: u32 = 8;
const MARGIN: u32 = 9;

#[derive(Template)]
#[template(path = "badge.svg", escape = "html")]
struct Badge {
    p: Page,
    title: String,
    description: String,
    label: String,
    value: String,
    label_width: u32,
    value_width: u32,
    class: &'static str,
}

impl Badge {
    fn width(&self) -> u32 {
        self.label_width + self.value_width
    }

    fn label_middle(&self) -> u32 {
        self.label_width / 2
    }

    fn value_middle(&self) -> u32 {
        self.label_width + self.value_width / 2
    }

    fn fill(&self) -> &'static str {
        match self.class {
            "graded" => "#1d4f91",
            "disputed" => "#8a4b00",
            "missing" => "#942514",
            _ => "#505a5f",
        }
    }
}

/// A firm's grade as a small picture.
pub(crate) fn badge(conn: &mut Conn, p: Page, firm: FirmCard, rulebook: &Rulebook) -> StoreResult<String> {
    let grade = Grade::of_firm(conn, (&p, rulebook), &firm.uscc, firm.credit)?;
    let label = p.t(
        if firm.demo { "信用等级（演示）" } else { "信用等级" },
        if firm.demo { "Credit grade (demo)" } else { "Credit grade" },
    );
    let value = short(&p, &grade);
    let since = grade.since.as_ref().filter(|_| grade.code.is_some()).map(|since| p.day_of(since));
    let mut description = vec![firm.name, format!("{label} {value}")];
    description.extend(grade.name);
    description.extend(since.map(|since| format!("{}{since}", p.t("自", "since "))));
    let badge = Badge {
        title: format!("{label} {value}"),
        description: description.join(p.t("，", ", ")),
        label: label.to_owned(),
        label_width: width(label),
        value_width: width(&value),
        value,
        class: grade.state.class(),
        p,
    };
    html(&badge)
}

/// The grade and its score, or the state.
fn short(p: &Page, grade: &Grade) -> String {
    let code = grade.code.clone();
    let number = grade.score.as_ref().map(|score| p.number(score));
    let state = grade.state.words(p).map(str::to_owned);
    let parts: Vec<String> = match grade.state {
        State::Graded => [code, number].into_iter().flatten().collect(),
        State::Disputed => [code, number, state].into_iter().flatten().collect(),
        _ => state.into_iter().collect(),
    };
    parts.join(" ")
}

/// How wide a text is drawn, with its margins.
fn width(text: &str) -> u32 {
    text.chars().map(|character| if character.is_ascii() { NARROW } else { WIDE }).sum::<u32>() + 2 * MARGIN
}

/// The frame in which scores are drawn.
const LEFT: u32 = 48;
const STEP: u32 = 48;
const TOP: u32 = 28;
const HEIGHT: u32 = 150;

#[derive(Template)]
#[template(path = "trend.svg", escape = "html")]
struct Drawn {
    p: Page,
    title: String,
    description: String,
    lines: Vec<Line>,
    /// The line through the scores of months that follow one another.
    paths: Vec<String>,
    points: Vec<Point>,
    months: Vec<Label>,
}

/// A line of the grid, with its score.
struct Line {
    y: Decimal,
    score: String,
}

struct Point {
    x: u32,
    y: Decimal,
    above: Decimal,
    score: String,
    grade: String,
}

struct Label {
    x: u32,
    month: String,
}

/// The scores and grades of a firm's last twelve months as a picture.
pub(crate) fn trend(p: Page, firm: &FirmCard, trend: &Trend) -> StoreResult<String> {
    let demo = if firm.demo { p.t("（演示）", " (demo)") } else { "" };
    let title = format!(
        "{}{}{demo}",
        firm.name,
        p.t("：近12个月的信用得分和等级", ": credit score and grade of 12 months")
    );
    let scores = trend.months.iter().filter_map(|month| month.score);
    let (low, high) = frame(scores);
    let height = |score: Decimal| {
        let part = (high - score).checked_div(high - low).unwrap_or_default();
        (Decimal::from(TOP) + part * Decimal::from(HEIGHT)).round_dp(1)
    };
    let mut drawn = Drawn {
        title,
        description: described(&p, trend),
        lines: [low, (low + high) / Decimal::TWO, high]
            .map(|score| Line { y: height(score), score: p.number(&score) })
            .into(),
        paths: Vec::new(),
        points: Vec::new(),
        months: Vec::new(),
        p,
    };
    let mut is_drawing = false;
    for (x, month) in (LEFT + STEP / 2..).step_by(48).zip(trend.months.iter().rev()) {
        drawn
            .months
            .push(Label { x, month: month.month.to_string().get(2..).unwrap_or_default().to_owned() });
        let Some(score) = month.score else {
            is_drawing = false;
            continue;
        };
        let y = height(score);
        match drawn.paths.last_mut().filter(|_| is_drawing) {
            Some(path) => path.push_str(&format!(" L{x} {y}")),
            None => drawn.paths.push(format!("M{x} {y}")),
        }
        is_drawing = true;
        drawn.points.push(Point {
            x,
            y,
            above: y - Decimal::from(10),
            score: drawn.p.number(&score.round_dp(1)),
            grade: month.grade.clone().unwrap_or_default(),
        });
    }
    html(&drawn)
}

/// Whole tens around all scores.
fn frame(scores: impl Iterator<Item = Decimal> + Clone) -> (Decimal, Decimal) {
    let ten = Decimal::TEN;
    let low = scores.clone().min().map_or(Decimal::ZERO, |low| (low / ten).floor() * ten);
    let high = scores.max().map_or(Decimal::ONE_HUNDRED, |high| (high / ten).floor() * ten + ten);
    (low, high.max(low + ten))
}

/// Each month in words.
fn described(p: &Page, trend: &Trend) -> String {
    let month = |month: &super::trend::TrendMonth| {
        let score = month.score.as_ref().map(|score| p.number(score));
        let said = match (score, &month.grade) {
            (Some(score), Some(grade)) => format!("{score} {grade}"),
            (Some(score), None) => score,
            _ => p.t("无", "none").to_owned(),
        };
        format!("{} {said}", p.month(&month.month))
    };
    let months: Vec<String> = trend.months.iter().rev().map(month).collect();
    months.join(p.t("；", "; "))
}
