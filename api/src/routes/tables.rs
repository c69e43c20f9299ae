//! The lists that are also tables for spreadsheets: their columns. In Chinese a closed list's
//! values have the names that files of imports take; in English they are the words of the API.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use xinwu_domain::assessment::{AssessmentEntry, AssessmentState};
use xinwu_domain::card::Credit;
use xinwu_domain::comparison::Listed;
use xinwu_domain::estate::EstateSummary;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::import::Named;
use xinwu_domain::project::{Area, ProjectSummary};
use xinwu_domain::record::{RecordStatus, RecordView};
use xinwu_domain::scheme::ListKind;

use crate::spreadsheet::{Column, Listing, Said};

/// Firms, as their cards in lists say them.
pub(super) const FIRMS: Listing<FirmCardSummary> = Listing {
    file: "firms",
    columns: &[
        Column("统一社会信用代码", "uscc", |firm, _| text(&firm.uscc)),
        Column("企业名称", "name", |firm, _| text(&firm.name)),
        Column("简称", "short_name", |firm, _| maybe(firm.short_name.as_ref())),
        Column("曾用名", "former_names", |firm, _| {
            Said::texts(firm.former_names.iter().map(String::as_str))
        }),
        Column("登记状态", "status", |firm, language| text(firm.status.told(language))),
        Column("注册地代码", "registered_place", |firm, _| text(&firm.registered_place.code)),
        Column("注册地", "registered_place_name", |firm, _| text(&firm.registered_place.name)),
        Column("评价结果", "outcome", |firm, language| text(firm.credit.outcome.told(language))),
        Column("评分办法", "scheme", |firm, _| maybe(firm.credit.scheme.as_ref())),
        Column("评分办法版本", "scheme_version", |firm, _| {
            Said::Number(firm.credit.scheme_version.map(Decimal::from))
        }),
        Column("信用得分", "score", |firm, _| Said::Number(firm.credit.score)),
        Column("信用等级", "grade", |firm, _| maybe(firm.credit.grade.as_ref())),
        Column("公示中的等级", "pending_grade", |firm, _| maybe(pending(&firm.credit))),
        Column("评价后果", "consequences", |firm, _| {
            Said::texts(firm.credit.consequences.iter().map(|each| each.text.as_str()))
        }),
        Column("红黑榜", "lists", |firm, language| {
            let is_on = |list: &ListKind| firm.lists.iter().any(|each| each.list == *list);
            let lists = [ListKind::Red, ListKind::Black];
            Said::texts(lists.into_iter().filter(is_on).map(|list| list.told(language)))
        }),
        Column("服务得分", "service_score", |firm, _| Said::Number(firm.service.score)),
        Column("评价户数", "ratings", |firm, _| Said::Number(firm.service.count.map(Decimal::from))),
        Column("良好信息", "rewards", |firm, _| Said::number(firm.records.rewards)),
        Column("不良信息", "penalties", |firm, _| Said::number(firm.records.penalties)),
        Column("在管项目", "projects", |firm, _| Said::number(firm.projects.count)),
        Column("在管面积（平方米）", "area_m2", |firm, _| area(Some(firm.projects.area_m2))),
        Column("演示数据", "demo", |firm, language| Said::yes_or_no(firm.demo, language)),
    ],
};

/// Estates, and who serves each.
pub(super) const ESTATES: Listing<EstateSummary> = Listing {
    file: "estates",
    columns: &[
        Column("小区代码", "code", |estate, _| text(&estate.code)),
        Column("小区名称", "name", |estate, _| text(&estate.name)),
        Column("其他名称", "aliases", |estate, _| Said::texts(estate.aliases.iter().map(String::as_str))),
        Column("小区类型", "kind", |estate, language| text(estate.kind.told(language))),
        Column("社区代码", "place", |estate, _| text(&estate.place.code)),
        Column("社区", "place_name", |estate, _| text(&estate.place.name)),
        Column("地址", "address", |estate, _| maybe(estate.address.as_ref())),
        Column("户数", "households", |estate, _| Said::number(estate.households)),
        Column("承接方", "operator", |estate, language| {
            Said::text(served(estate).map(|project| project.operator.told(language)))
        }),
        Column("物业企业代码", "firm", |estate, _| {
            maybe(served(estate).and_then(|project| project.firm.as_ref()).map(|firm| &firm.uscc))
        }),
        Column("物业企业", "firm_name", |estate, _| {
            maybe(served(estate).and_then(|project| project.firm.as_ref()).map(|firm| &firm.name))
        }),
        Column("项目", "project", |estate, _| maybe(served(estate).map(|project| &project.id))),
        Column("服务起始日期", "starts_on", |estate, _| {
            day(served(estate).map(|project| project.starts_on))
        }),
        Column("服务截止日期", "ends_on", |estate, _| {
            day(served(estate).and_then(|project| project.ends_on))
        }),
        Column("服务面积（平方米）", "area_m2", |estate, _| {
            area(served(estate).map(|project| project.area_m2))
        }),
        Column("物业费（元/平方米·月）", "fee_yuan", |estate, _| {
            let fee = served(estate).and_then(|project| project.fee_fen);
            Said::Number(fee.map(|fen| Decimal::new(fen, 2)))
        }),
        Column("演示数据", "demo", |estate, language| Said::yes_or_no(estate.demo, language)),
    ],
};

/// Records that are public now.
pub(super) const RECORDS: Listing<RecordView> = Listing {
    file: "records",
    columns: &[
        Column("编号", "id", |record, _| text(&record.id)),
        Column("信息类型", "kind", |record, language| text(record.kind.told(language))),
        Column("分类代码", "category", |record, _| text(&record.category.code)),
        Column("分类", "category_name", |record, _| text(&record.category.name)),
        Column("依据", "basis", |record, _| text(&record.category.basis)),
        Column("企业代码", "firm", |record, _| maybe(record.firm.as_ref().map(|firm| &firm.uscc))),
        Column("企业", "firm_name", |record, _| maybe(record.firm.as_ref().map(|firm| &firm.name))),
        Column("项目", "project", |record, _| maybe(record.project.as_ref().map(|project| &project.id))),
        Column("小区", "estate_name", |record, _| {
            maybe(record.project.as_ref().map(|project| &project.name))
        }),
        Column("级别", "level", |record, language| text(record.level.told(language))),
        Column("严重程度", "severity", |record, language| text(record.severity.told(language))),
        Column("标题", "title", |record, _| text(&record.title)),
        Column("详情", "detail", |record, _| maybe(record.detail.as_ref())),
        Column("文号", "document_number", |record, _| text(&record.document_number)),
        Column("决定机关", "authority", |record, _| text(&record.authority)),
        Column("决定日期", "decided_on", |record, _| day(Some(record.decided_on))),
        Column("计分截止", "counts_until", |record, _| day(record.counts_until)),
        Column("公示截止", "public_until", |record, _| day(record.public_until)),
        Column("状态", "status", |record, language| match record.status {
            Some(RecordStatus::InForce) => Said::words(language, "有效", "in_force"),
            Some(RecordStatus::Expired) => Said::words(language, "有效期已满", "expired"),
            Some(RecordStatus::Revoked) => Said::words(language, "已撤销", "revoked"),
            Some(RecordStatus::Repaired) => Said::words(language, "已修复", "repaired"),
            Some(RecordStatus::Archived) => Said::words(language, "已归档", "archived"),
            None => Said::text(None),
        }),
        Column("异议处理中", "disputed", |record, language| Said::yes_or_no(record.disputed, language)),
        Column("企业回复", "reply", |record, _| {
            Said::text(record.reply.as_ref().and_then(|reply| reply.text.as_deref()))
        }),
        Column("演示数据", "demo", |record, language| Said::yes_or_no(record.demo, language)),
    ],
};

/// Assessments, as officials list them.
pub(super) const ASSESSMENTS: Listing<AssessmentEntry> = Listing {
    file: "assessments",
    columns: &[
        Column("编号", "id", |entry, _| maybe(entry.id.as_ref())),
        Column("项目", "project", |entry, _| text(&entry.project.id)),
        Column("小区编码", "estate", |entry, _| text(&entry.project.estate)),
        Column("小区", "estate_name", |entry, _| text(&entry.project.name)),
        Column("企业代码", "firm", |entry, _| maybe(entry.project.uscc.as_ref())),
        Column("周期", "period", |entry, _| text(&entry.period.to_string())),
        Column("评价主体", "assessor", |entry, language| text(entry.assessor.told(language))),
        Column("评价主体区划代码", "place", |entry, _| {
            maybe(entry.place.as_ref().map(|place| &place.code))
        }),
        Column("评价主体区划", "place_name", |entry, _| {
            maybe(entry.place.as_ref().map(|place| &place.name))
        }),
        Column("状态", "state", |entry, language| match entry.state {
            AssessmentState::Submitted => Said::words(language, "待确认", "submitted"),
            AssessmentState::InForce => Said::words(language, "有效", "in_force"),
            AssessmentState::Missing => Said::words(language, "未评价", "missing"),
        }),
        Column("服务得分", "service", |entry, _| {
            Said::Number(entry.scores.map(|scores| scores.service.decimal()))
        }),
        Column("党建得分", "party", |entry, _| {
            Said::Number(entry.scores.map(|scores| scores.party.decimal()))
        }),
        Column("原服务得分", "service_before", |entry, _| {
            Said::Number(entry.before.as_ref().map(|before| before.scores.service.decimal()))
        }),
        Column("原党建得分", "party_before", |entry, _| {
            Said::Number(entry.before.as_ref().map(|before| before.scores.party.decimal()))
        }),
        Column("面积（平方米）", "area_m2", |entry, _| {
            area(entry.weight.as_ref().map(|weight| weight.area_m2))
        }),
        Column("户数", "households", |entry, _| {
            Said::Number(entry.weight.as_ref().map(|weight| Decimal::from(weight.households)))
        }),
        Column("占该企业面积", "share_of_area", |entry, _| {
            Said::Number(entry.weight.as_ref().and_then(|weight| weight.share_of_area))
        }),
        Column("占该企业户数", "share_of_households", |entry, _| {
            Said::Number(entry.weight.as_ref().and_then(|weight| weight.share_of_households))
        }),
        Column("说明", "note", |entry, _| maybe(entry.note.as_ref())),
        Column("证明材料", "evidence", |entry, _| Said::texts(entry.evidence.iter().map(String::as_str))),
        Column("评价人", "by", |entry, _| maybe(entry.by.as_ref().and_then(|by| by.name.as_ref()))),
        Column("更新时间（UTC）", "updated_at", |entry, _| instant(entry.updated_at)),
    ],
};

/// The entries of the red or the black list.
pub(super) const LISTED: Listing<Listed> = Listing {
    file: "list",
    columns: &[
        Column("红黑榜", "list", |listed, language| text(listed.list.told(language))),
        Column("统一社会信用代码", "uscc", |listed, _| text(&listed.firm.uscc)),
        Column("企业名称", "name", |listed, _| text(&listed.firm.name)),
        Column("注册地代码", "registered_place", |listed, _| text(&listed.firm.registered_place.code)),
        Column("注册地", "registered_place_name", |listed, _| text(&listed.firm.registered_place.name)),
        Column("评分办法", "scheme", |listed, _| text(&listed.scheme)),
        Column("信用得分", "score", |listed, _| Said::Number(listed.firm.credit.score)),
        Column("信用等级", "grade", |listed, _| maybe(listed.firm.credit.grade.as_ref())),
        Column("列入时间（UTC）", "listed_at", |listed, _| instant(Some(listed.listed_at))),
        Column("截止日期", "until", |listed, _| day(listed.until)),
        Column("原因", "reason", |listed, _| text(&listed.reason)),
        Column("演示数据", "demo", |listed, language| Said::yes_or_no(listed.firm.demo, language)),
    ],
};

pub(super) fn instant(at: Option<DateTime<Utc>>) -> Said {
    Said::Text(at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default())
}

pub(super) fn text(text: &str) -> Said {
    Said::text(Some(text))
}

pub(super) fn maybe(text: Option<&String>) -> Said {
    Said::text(text.map(String::as_str))
}

pub(super) fn day(day: Option<NaiveDate>) -> Said {
    Said::Text(day.map(|day| day.to_string()).unwrap_or_default())
}

pub(super) fn area(area: Option<Area>) -> Said {
    Said::Number(area.map(|area| Decimal::new(area.hundredths(), 2)))
}

fn pending(credit: &Credit) -> Option<&String> {
    credit.pending.as_ref().map(|pending| &pending.grade)
}

fn served(estate: &EstateSummary) -> Option<&ProjectSummary> {
    estate.project.as_ref()
}
