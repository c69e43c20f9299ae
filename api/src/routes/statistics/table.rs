//! The figures of places as a table for spreadsheets: a row a place. What stands beside a figure of
//! the year before ends in `_before`.

use rust_decimal::Decimal;
use xinwu_domain::case::figures::{CaseRate, CaseSums};
use xinwu_domain::comparison::{
    AssessmentFigures, Coverage, FeeCollection, KindCoverage, Proportion, RatingFigures, RecordFigures,
    Statistics, StatisticsBefore,
};
use xinwu_domain::import::Named;
use xinwu_domain::text::Language;

use crate::routes::tables::{area, day, text};
use crate::spreadsheet::{Cell, Column, Said, Table};

/// All columns but those of the grades, which stand at the end: schemes name them.
const COLUMNS: &[Column<Statistics>] = &[
    Column("区划代码", "place", |row, _| text(&row.place.code)),
    Column("区划", "place_name", |row, _| text(&row.place.name)),
    Column("级别", "level", |row, language| text(row.level.told(language))),
    Column("周期", "period", |row, _| text(&row.period.to_string())),
    Column("开始日期", "from", |row, _| day(Some(row.from))),
    Column("截止日期", "to", |row, _| day(Some(row.to))),
    Column("评价已截止", "closed", |row, language| Said::yes_or_no(row.closed, language)),
    Column("覆盖和企业截至", "as_of", |row, _| day(Some(row.as_of))),
    Column("小区", "estates", |row, _| Said::number(row.coverage.estates.total)),
    Column("有物业服务的小区", "estates_served", |row, _| Said::number(row.coverage.estates.served)),
    Column("小区覆盖率", "estates_share", |row, _| Said::Number(row.coverage.estates.share)),
    Column("户数", "households", |row, _| Said::number(row.coverage.households.total)),
    Column("有物业服务的户数", "households_served", |row, _| {
        Said::number(row.coverage.households.served)
    }),
    Column("户数覆盖率", "households_share", |row, _| Said::Number(row.coverage.households.share)),
    Column("上年同期户数覆盖率", "households_share_before", |row, _| {
        Said::Number(coverage(row).and_then(|coverage| coverage.households.share))
    }),
    Column("服务面积（平方米）", "area_m2", |row, _| area(Some(row.coverage.area_m2))),
    Column("上年同期服务面积（平方米）", "area_m2_before", |row, _| {
        area(coverage(row).map(|coverage| coverage.area_m2))
    }),
    Column("专业型小区", "professional", |row, _| estates(&row.coverage.by_kind.professional)),
    Column("专业型小区户数", "professional_households", |row, _| {
        households(&row.coverage.by_kind.professional)
    }),
    Column("专业型小区服务面积（平方米）", "professional_area_m2", |row, _| {
        area(Some(row.coverage.by_kind.professional.area_m2))
    }),
    Column("老旧小区", "old", |row, _| estates(&row.coverage.by_kind.old)),
    Column("老旧小区户数", "old_households", |row, _| households(&row.coverage.by_kind.old)),
    Column("老旧小区服务面积（平方米）", "old_area_m2", |row, _| {
        area(Some(row.coverage.by_kind.old.area_m2))
    }),
    Column("弃管小区", "unmanaged", |row, _| estates(&row.coverage.by_kind.unmanaged)),
    Column("弃管小区户数", "unmanaged_households", |row, _| {
        households(&row.coverage.by_kind.unmanaged)
    }),
    Column("弃管小区服务面积（平方米）", "unmanaged_area_m2", |row, _| {
        area(Some(row.coverage.by_kind.unmanaged.area_m2))
    }),
    Column("保障型小区", "affordable", |row, _| estates(&row.coverage.by_kind.affordable)),
    Column("保障型小区户数", "affordable_households", |row, _| {
        households(&row.coverage.by_kind.affordable)
    }),
    Column("保障型小区服务面积（平方米）", "affordable_area_m2", |row, _| {
        area(Some(row.coverage.by_kind.affordable.area_m2))
    }),
    Column("物业企业服务的小区", "by_firm", |row, _| {
        Said::number(row.coverage.estates.by_operator.firm)
    }),
    Column("街道所属物业企业服务的小区", "by_street_firm", |row, _| {
        Said::number(row.coverage.estates.by_operator.street_firm)
    }),
    Column("业主自管的小区", "by_owners", |row, _| {
        Said::number(row.coverage.estates.by_operator.owners)
    }),
    Column("社区托管的小区", "by_community", |row, _| {
        Said::number(row.coverage.estates.by_operator.community)
    }),
    Column("无人服务的小区", "by_none", |row, _| Said::number(row.coverage.estates.by_operator.none)),
    Column("评价份数", "ratings", |row, _| count(row.ratings.participation)),
    Column("应评户次", "ratings_of", |row, _| Said::number(row.ratings.participation.of)),
    Column("参与率", "participation", |row, _| Said::Number(row.ratings.participation.share)),
    Column("上年同期参与率", "participation_before", |row, _| {
        Said::Number(ratings(row).and_then(|ratings| ratings.participation.share))
    }),
    Column("满意评价（4、5星）", "satisfied", |row, _| count(row.ratings.satisfied)),
    Column("满意率", "satisfied_share", |row, _| Said::Number(row.ratings.satisfied.share)),
    Column("上年同期满意率", "satisfied_share_before", |row, _| {
        Said::Number(ratings(row).and_then(|ratings| ratings.satisfied.share))
    }),
    Column("平均星级", "mean", |row, _| Said::Number(row.ratings.mean)),
    Column("服务得分", "score", |row, _| Said::Number(row.ratings.score)),
    Column("良好信息", "rewards", |row, _| Said::number(row.records.rewards.total)),
    Column("上年同期良好信息", "rewards_before", |row, _| {
        Said::Number(records(row).map(|records| Decimal::from(records.rewards.total)))
    }),
    Column("不良信息", "penalties", |row, _| Said::number(row.records.penalties.total)),
    Column("上年同期不良信息", "penalties_before", |row, _| {
        Said::Number(records(row).map(|records| Decimal::from(records.penalties.total)))
    }),
    Column("应完成的街道社区评价", "assessments_due", |row, _| assessments(row, |each| each.due)),
    Column("已完成的街道社区评价", "assessments_done", |row, _| assessments(row, |each| each.done)),
    Column("收费率（%）", "fee_collection_rate", |row, _| Said::Number(row.fee_collection.rate)),
    Column("上年同期收费率（%）", "fee_collection_rate_before", |row, _| {
        Said::Number(fees(row).and_then(|fees| fees.rate))
    }),
    Column("填报收费率的项目", "fee_reported", |row, _| Said::number(row.fee_collection.reported)),
    Column("项目", "fee_projects", |row, _| Said::number(row.fee_collection.projects)),
    Column("填报收费率的面积（平方米）", "fee_reported_area_m2", |row, _| {
        area(Some(row.fee_collection.reported_area_m2))
    }),
    Column("事项", "cases", |row, _| number(row.cases.opened)),
    Column("上年同期事项", "cases_before", |row, _| number(cases(row).and_then(|each| each.opened))),
    Column("办结的事项", "cases_closed", |row, _| number(row.cases.closed)),
    Column("事项按时办结率", "cases_on_time", |row, _| rate(row.cases.on_time)),
    Column("上年同期事项按时办结率", "cases_on_time_before", |row, _| {
        rate(cases(row).and_then(|each| each.on_time))
    }),
    Column("事项满意率", "cases_satisfied", |row, _| rate(row.cases.satisfied)),
    Column("上年同期事项满意率", "cases_satisfied_before", |row, _| {
        rate(cases(row).and_then(|each| each.satisfied))
    }),
    Column("投诉", "complaints", |row, _| number(row.complaints.opened)),
    Column("上年同期投诉", "complaints_before", |row, _| {
        number(complaints(row).and_then(|each| each.opened))
    }),
    Column("办结的投诉", "complaints_closed", |row, _| number(row.complaints.closed)),
    Column("投诉按时办结率", "complaints_on_time", |row, _| rate(row.complaints.on_time)),
    Column("上年同期投诉按时办结率", "complaints_on_time_before", |row, _| {
        rate(complaints(row).and_then(|each| each.on_time))
    }),
    Column("投诉满意率", "complaints_satisfied", |row, _| rate(row.complaints.satisfied)),
    Column("上年同期投诉满意率", "complaints_satisfied_before", |row, _| {
        rate(complaints(row).and_then(|each| each.satisfied))
    }),
    Column("物业企业", "firms", |row, _| Said::number(row.firms.total)),
    Column("尚未评价的企业", "firms_not_evaluated", |row, _| Said::number(row.firms.not_evaluated)),
    Column("缺失的企业", "firms_missing", |row, _| Said::number(row.firms.missing)),
];

/// The places as a file.
///
/// # Errors
/// None that memory gives.
pub(super) fn write(rows: &[Statistics], language: Language) -> Result<Vec<u8>, csv::Error> {
    let grades = grades(rows);
    let mut table = Table::new();
    let names = COLUMNS.iter().map(|Column(zh, en, _)| match language {
        Language::Chinese => (*zh).to_owned(),
        Language::English => (*en).to_owned(),
    });
    let names: Vec<String> = names
        .chain(grades.iter().map(|grade| match language {
            Language::Chinese => format!("{grade}级企业"),
            Language::English => format!("firms_{grade}"),
        }))
        .collect();
    table.row(names.iter().map(|name| Cell::Text(name)))?;
    for row in rows {
        let said = COLUMNS.iter().map(|Column(_, _, said)| said(row, language));
        let said: Vec<Said> = said.chain(grades.iter().map(|grade| of_grade(row, grade))).collect();
        table.row(said.iter().map(Said::cell))?;
    }
    table.into_bytes()
}

/// The grades of all rows, the best first: the first place has the firms of those below it.
fn grades(rows: &[Statistics]) -> Vec<&str> {
    let mut grades: Vec<&str> = Vec::new();
    for each in rows.iter().flat_map(|row| &row.firms.by_grade) {
        if !grades.contains(&each.grade.as_str()) {
            grades.push(&each.grade);
        }
    }
    grades
}

fn of_grade(row: &Statistics, grade: &str) -> Said {
    let counted = row.firms.by_grade.iter().find(|each| each.grade == grade);
    Said::number(counted.map_or(0, |each| each.count))
}

fn estates(kind: &KindCoverage) -> Said {
    Said::number(kind.estates)
}

fn households(kind: &KindCoverage) -> Said {
    Said::number(kind.households)
}

fn count(proportion: Proportion) -> Said {
    Said::Number(proportion.count.map(Decimal::from))
}

fn assessments(row: &Statistics, number: fn(&AssessmentFigures) -> i64) -> Said {
    Said::Number(row.assessments.as_ref().map(number).map(Decimal::from))
}

fn before(row: &Statistics) -> Option<&StatisticsBefore> {
    row.before.as_ref()
}

fn coverage(row: &Statistics) -> Option<&Coverage> {
    before(row)?.coverage.as_ref()
}

fn ratings(row: &Statistics) -> Option<&RatingFigures> {
    before(row)?.ratings.as_ref()
}

fn records(row: &Statistics) -> Option<&RecordFigures> {
    before(row)?.records.as_ref()
}

fn cases(row: &Statistics) -> Option<&CaseSums> {
    before(row)?.cases.as_ref()
}

fn complaints(row: &Statistics) -> Option<&CaseSums> {
    before(row)?.complaints.as_ref()
}

fn number(count: Option<u32>) -> Said {
    Said::Number(count.map(Decimal::from))
}

fn rate(rate: Option<CaseRate>) -> Said {
    Said::Number(rate.and_then(|rate| rate.rate))
}

fn fees(row: &Statistics) -> Option<&FeeCollection> {
    before(row)?.fee_collection.as_ref()
}
