//! Participation and satisfaction of twelve months as two lines.

use rust_decimal::Decimal;
use xinwu_domain::comparison::MonthRatings;

use crate::pages::Page;

/// The frame in which shares are drawn, in the picture's units.
const LEFT: u32 = 48;
const STEP: u32 = 48;
const TOP: u32 = 24;
const HEIGHT: u32 = 160;

/// The picture.
pub(super) struct Trend {
    /// Lines of the grid.
    pub grid: [GridLine; 3],
    pub satisfied: Line,
    pub participation: Line,
    pub months: Vec<Label>,
    /// It in words: the numbers stand in a table beside it.
    pub description: String,
}

pub(super) struct GridLine {
    pub y: Decimal,
    pub share: &'static str,
}

/// One figure, month by month.
pub(super) struct Line {
    /// Through the points of months that follow one another.
    pub paths: Vec<String>,
    pub points: Vec<Point>,
}

pub(super) struct Point {
    pub x: u32,
    pub y: Decimal,
    /// Where its number stands.
    pub text_y: Decimal,
    pub share: String,
}

pub(super) struct Label {
    pub x: u32,
    pub month: String,
}

/// Where the number of a point stands.
#[derive(Clone, Copy)]
enum Beside {
    Above,
    Below,
}

impl Trend {
    /// Of months that come the latest first.
    pub(super) fn of(p: &Page, months: &[MonthRatings]) -> Trend {
        let at = || (LEFT + STEP / 2..).step_by(48).zip(months.iter().rev());
        let label = |(x, month): (u32, &MonthRatings)| Label {
            x,
            month: month.month.to_string().get(2..).unwrap_or_default().to_owned(),
        };
        let shares =
            |share: fn(&MonthRatings) -> Option<Decimal>| at().map(move |(x, month)| (x, share(month)));
        Trend {
            grid: [(0, "0%"), (50, "50%"), (100, "100%")]
                .map(|(percent, share)| GridLine { y: height(Decimal::new(percent, 2)), share }),
            satisfied: Line::through(p, shares(|month| month.satisfied.share), Beside::Above),
            participation: Line::through(p, shares(|month| month.participation.share), Beside::Below),
            months: at().map(label).collect(),
            description: p
                .t(
                    "近12个月的满意率（实线）和参与率（虚线）；各月数值见下表",
                    "Satisfied (solid) and participation (dashed) of 12 months; the numbers are in the table below",
                )
                .to_owned(),
        }
    }

    /// Whether there is anything to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.satisfied.points.is_empty() && self.participation.points.is_empty()
    }
}

impl Line {
    fn through(p: &Page, shares: impl Iterator<Item = (u32, Option<Decimal>)>, beside: Beside) -> Line {
        let mut line = Line { paths: Vec::new(), points: Vec::new() };
        let mut is_drawing = false;
        for (x, share) in shares {
            let Some(share) = share else {
                is_drawing = false;
                continue;
            };
            let y = height(share);
            match line.paths.last_mut().filter(|_| is_drawing) {
                Some(path) => path.push_str(&format!(" L{x} {y}")),
                None => line.paths.push(format!("M{x} {y}")),
            }
            is_drawing = true;
            let text_y = match beside {
                Beside::Above => y - Decimal::from(9),
                Beside::Below => y + Decimal::from(19),
            };
            line.points.push(Point { x, y, text_y, share: p.percent(&share) });
        }
        line
    }
}

/// How far down a share stands; what is above the whole stands at its line.
fn height(share: Decimal) -> Decimal {
    let part = Decimal::ONE - share.clamp(Decimal::ZERO, Decimal::ONE);
    (Decimal::from(TOP) + part * Decimal::from(HEIGHT)).round_dp(1).normalize()
}

#[cfg(test)]
mod tests {
    use xinwu_domain::text::Language;

    use super::*;

    #[test]
    fn a_month_without_figures_breaks_the_line() {
        let p = Page { language: Language::English, kept: String::new(), zone: chrono_tz::Asia::Shanghai };
        let shares = [Some(1), None, Some(0), Some(50)];
        let shares = shares.map(|percent| percent.map(|percent| Decimal::new(percent, 2)));
        let line = Line::through(&p, (0..).step_by(48).zip(shares), Beside::Above);
        assert_eq!(line.paths, ["M0 182.4", "M96 184 L144 104"]);
        assert_eq!(
            line.points.iter().map(|point| point.share.as_str()).collect::<Vec<_>>(),
            ["1%", "0%", "50%"]
        );
    }
}
