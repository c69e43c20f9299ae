//! The report's first table: each figure, what it is made of, and that of the year before.

use rust_decimal::Decimal;
use xinwu_domain::case::figures::{CaseRate, CaseSums};
use xinwu_domain::comparison::{
    AssessmentFigures, Coverage, FeeCollection, Proportion, RatingFigures, RecordFigures, Statistics,
};

use super::words::NOTHING;
use crate::pages::Page;

/// A figure, and that of the year before.
pub(super) struct SummaryRow {
    pub name: &'static str,
    pub now: Said,
    pub before: Said,
}

/// A figure as it is written, and what it is made of.
#[derive(Clone)]
pub(super) struct Said {
    pub figure: String,
    pub detail: Option<String>,
}

impl Said {
    fn nothing() -> Said {
        Said { figure: NOTHING.to_owned(), detail: None }
    }

    fn plain(figure: String) -> Said {
        Said { figure, detail: None }
    }
}

/// The figures of one period, of which some may not be known.
struct Figures<'f> {
    coverage: Option<&'f Coverage>,
    ratings: Option<&'f RatingFigures>,
    records: Option<&'f RecordFigures>,
    assessments: Option<&'f AssessmentFigures>,
    fees: Option<&'f FeeCollection>,
    cases: Option<&'f CaseSums>,
    complaints: Option<&'f CaseSums>,
}

pub(super) fn rows(p: &Page, figures: &Statistics) -> Vec<SummaryRow> {
    let now = Figures {
        coverage: Some(&figures.coverage),
        ratings: Some(&figures.ratings),
        records: Some(&figures.records),
        assessments: figures.assessments.as_ref(),
        fees: Some(&figures.fee_collection),
        cases: Some(&figures.cases),
        complaints: Some(&figures.complaints),
    };
    let before = figures.before.as_ref();
    let before = Figures {
        coverage: before.and_then(|before| before.coverage.as_ref()),
        ratings: before.and_then(|before| before.ratings.as_ref()),
        records: before.and_then(|before| before.records.as_ref()),
        assessments: before.and_then(|before| before.assessments.as_ref()),
        fees: before.and_then(|before| before.fee_collection.as_ref()),
        cases: before.and_then(|before| before.cases.as_ref()),
        complaints: before.and_then(|before| before.complaints.as_ref()),
    };
    let row = |name, said: fn(&Page, &Figures<'_>) -> Option<Said>| SummaryRow {
        name,
        now: said(p, &now).unwrap_or_else(Said::nothing),
        before: said(p, &before).unwrap_or_else(Said::nothing),
    };
    let mut rows = vec![
        row(p.t("物业服务覆盖率（户）", "Households served"), households),
        row(p.t("物业服务覆盖率（小区）", "Estates served"), estates),
        row(p.t("服务面积", "Area served"), area),
        row(p.t("参与率", "Participation"), |p, figures| {
            Some(proportion(p, figures.ratings?.participation))
        }),
        row(p.t("满意率（4星和5星）", "Satisfied (4 and 5 stars)"), |p, figures| {
            Some(proportion(p, figures.ratings?.satisfied))
        }),
        row(p.t("服务得分（满分5）", "Service score (out of 5)"), |p, figures| {
            Some(Said::plain(p.number(figures.ratings?.score.as_ref()?)))
        }),
        row(p.t("物业费收缴率", "Fees collected"), fees),
        row(p.t("事项", "Cases"), |p, figures| Some(Said::plain(p.count(&figures.cases?.opened?)))),
        row(p.t("事项按时办结率", "Cases done in time"), |p, figures| rate(p, figures.cases?.on_time)),
        row(p.t("事项满意率", "Satisfied with their cases"), |p, figures| {
            rate(p, figures.cases?.satisfied)
        }),
        row(p.t("投诉", "Complaints"), |p, figures| {
            Some(Said::plain(p.count(&figures.complaints?.opened?)))
        }),
        row(p.t("投诉按时办结率", "Complaints settled in time"), |p, figures| {
            rate(p, figures.complaints?.on_time)
        }),
        row(p.t("投诉满意率", "Satisfied with their complaints"), |p, figures| {
            rate(p, figures.complaints?.satisfied)
        }),
        row(p.t("良好信息", "Rewards"), |p, figures| {
            Some(Said::plain(p.count(&figures.records?.rewards.total)))
        }),
        row(p.t("不良信息", "Penalties"), |p, figures| {
            Some(Said::plain(p.count(&figures.records?.penalties.total)))
        }),
    ];
    if figures.assessments.is_some() {
        rows.push(row(p.t("街道社区评价完成率", "Assessments done"), |p, figures| {
            let AssessmentFigures { due, done, share, .. } = figures.assessments?;
            Some(Said { figure: p.share(share), detail: Some(part(p, *done, *due)) })
        }));
    }
    rows
}

fn households(p: &Page, figures: &Figures<'_>) -> Option<Said> {
    let households = figures.coverage?.households;
    let detail = Some(part(p, households.served, households.total));
    Some(Said { figure: p.share(&households.share), detail })
}

fn estates(p: &Page, figures: &Figures<'_>) -> Option<Said> {
    let estates = figures.coverage?.estates;
    Some(Said { figure: p.share(&estates.share), detail: Some(part(p, estates.served, estates.total)) })
}

fn area(p: &Page, figures: &Figures<'_>) -> Option<Said> {
    let area = Decimal::new(figures.coverage?.area_m2.hundredths(), 2);
    Some(Said::plain(format!("{} {}", p.number(&area), p.t("平方米", "m²"))))
}

fn proportion(p: &Page, of: Proportion) -> Said {
    let detail = of.count.map(|count| part(p, count, of.of));
    Said { figure: p.share(&of.share), detail }
}

fn fees(p: &Page, figures: &Figures<'_>) -> Option<Said> {
    let FeeCollection { rate, projects, reported, .. } = figures.fees?;
    let detail = format!("{} {}", part(p, *reported, *projects), p.t("个项目填报", "projects reported"));
    Some(Said { figure: p.rate(rate), detail: Some(detail) })
}

fn rate(p: &Page, rate: Option<CaseRate>) -> Option<Said> {
    let CaseRate { numerator, denominator, rate } = rate?;
    let detail = Some(part(p, numerator.into(), denominator.into()));
    Some(Said { figure: p.share(&rate), detail })
}

fn part(p: &Page, part: i64, whole: i64) -> String {
    format!("{} / {}", p.count(&part), p.count(&whole))
}
