//! Officials' lists as tables for spreadsheets.

use rust_decimal::Decimal;
use xinwu_domain::access::Operation;
use xinwu_domain::account::People;
use xinwu_domain::case::{CaseAssignee, CaseSummary};
use xinwu_domain::import::{ImportJob, Named};
use xinwu_domain::inbox::InboxItem;
use xinwu_domain::manager::Manager;
use xinwu_domain::objection::AdminObjection;
use xinwu_domain::project::Project;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::record::AdminRecord;
use xinwu_domain::record::repair::AdminRepair;
use xinwu_domain::text::Language;

use crate::routes::tables::{area, day, instant, maybe, text};
use crate::spreadsheet::{Column, Listing, Said};

/// What waits for who asks.
pub(super) const INBOX: Listing<InboxItem> = Listing {
    file: "inbox",
    columns: &[
        Column("类型", "kind", |item, language| text(item.kind.told(language))),
        Column("编号", "id", |item, _| text(&item.id)),
        Column("名称", "name", |item, _| text(&item.name)),
        Column("区划代码", "place", |item, _| maybe(item.place.as_ref().map(|place| &place.code))),
        Column("区划", "place_name", |item, _| maybe(item.place.as_ref().map(|place| &place.name))),
        Column("办理期限（UTC）", "due_at", |item, _| instant(item.due_at)),
        Column("提交时间（UTC）", "since", |item, _| instant(item.since)),
        Column("提交账号", "by", |item, _| maybe(item.by.as_ref().map(|by| &by.id))),
        Column("提交人", "by_name", |item, _| maybe(item.by.as_ref().and_then(|by| by.name.as_ref()))),
        Column("可办理的操作", "may", |item, language| {
            Said::texts(item.may.iter().map(|id| operation(id, language)))
        }),
        Column("地址", "href", |item, _| text(&item.href)),
    ],
};

/// Records in any state.
pub(super) const ADMIN_RECORDS: Listing<AdminRecord> = Listing {
    file: "records",
    columns: &[
        Column("编号", "id", |each, _| text(&each.record.id)),
        Column("办理状态", "state", |each, language| text(each.state.told(language))),
        Column("信息类型", "kind", |each, language| text(each.record.kind.told(language))),
        Column("分类代码", "category", |each, _| text(&each.record.category.code)),
        Column("分类", "category_name", |each, _| text(&each.record.category.name)),
        Column("企业代码", "firm", |each, _| maybe(each.record.firm.as_ref().map(|firm| &firm.uscc))),
        Column("企业", "firm_name", |each, _| maybe(each.record.firm.as_ref().map(|firm| &firm.name))),
        Column("项目", "project", |each, _| maybe(each.record.project.as_ref().map(|project| &project.id))),
        Column("小区", "estate_name", |each, _| {
            maybe(each.record.project.as_ref().map(|project| &project.name))
        }),
        Column("项目经理编号", "manager", |each, _| {
            maybe(each.record.manager.as_ref().map(|manager| &manager.id))
        }),
        Column("项目经理", "manager_name", |each, _| {
            maybe(each.record.manager.as_ref().map(|manager| &manager.name))
        }),
        Column("严重程度", "severity", |each, language| text(each.record.severity.told(language))),
        Column("标题", "title", |each, _| text(&each.record.title)),
        Column("文号", "document_number", |each, _| text(&each.record.document_number)),
        Column("决定日期", "decided_on", |each, _| day(Some(each.record.decided_on))),
        Column("区划代码", "place", |each, _| text(&each.place)),
        Column("起草账号", "drafted_by", |each, _| text(&each.drafted_by)),
        Column("起草人", "drafted_by_name", |each, _| name(&each.people, Some(&each.drafted_by))),
        Column("起草时间（UTC）", "drafted_at", |each, _| instant(Some(each.drafted_at))),
        Column("确认期限", "confirm_due_on", |each, _| day(each.confirm_due_on)),
        Column("确认账号", "confirmed_by", |each, _| maybe(each.confirmed_by.as_ref())),
        Column("确认人", "confirmed_by_name", |each, _| name(&each.people, each.confirmed_by.as_ref())),
        Column("导入编号", "import_id", |each, _| maybe(each.import_id.as_ref())),
        Column("演示数据", "demo", |each, language| Said::yes_or_no(each.record.demo, language)),
    ],
};

/// Objections.
pub(super) const ADMIN_OBJECTIONS: Listing<AdminObjection> = Listing {
    file: "objections",
    columns: &[
        Column("编号", "id", |each, _| text(&each.objection.id)),
        Column("对象类型", "object_kind", |each, language| {
            text(each.objection.object.kind.told(language))
        }),
        Column("对象", "object", |each, _| text(&each.objection.object.id)),
        Column("企业代码", "uscc", |each, _| maybe(each.objection.uscc.as_ref())),
        Column("项目经理编号", "manager", |each, _| maybe(each.objection.manager.as_ref())),
        Column("状态", "status", |each, language| text(each.objection.status.told(language))),
        Column("提出时间（UTC）", "filed_at", |each, _| instant(Some(each.objection.filed_at))),
        Column("办理期限", "due_on", |each, _| day(Some(each.objection.due_on))),
        Column("剩余工作日", "working_days_left", |each, _| {
            Said::Number(each.objection.working_days_left.map(Decimal::from))
        }),
        Column("区划代码", "place", |each, _| text(&each.place)),
        Column("提出账号", "filed_by", |each, _| text(&each.filed_by)),
        Column("提出人", "filed_by_name", |each, _| name(&each.people, Some(&each.filed_by))),
        Column("办理账号", "decided_by", |each, _| maybe(each.decided_by.as_ref())),
        Column("办理人", "decided_by_name", |each, _| name(&each.people, each.decided_by.as_ref())),
        Column("办结时间（UTC）", "closed_at", |each, _| instant(each.objection.closed_at)),
    ],
};

/// Requests for repair.
pub(super) const ADMIN_REPAIRS: Listing<AdminRepair> = Listing {
    file: "repairs",
    columns: &[
        Column("编号", "id", |each, _| text(&each.repair.id)),
        Column("信息", "record", |each, _| text(&each.repair.record)),
        Column("企业代码", "uscc", |each, _| text(&each.repair.uscc)),
        Column("状态", "status", |each, language| text(each.repair.status.told(language))),
        Column("申请时间（UTC）", "filed_at", |each, _| instant(Some(each.repair.filed_at))),
        Column("办理期限", "due_on", |each, _| day(Some(each.repair.due_on))),
        Column("剩余工作日", "working_days_left", |each, _| {
            Said::Number(each.repair.working_days_left.map(Decimal::from))
        }),
        Column("区划代码", "place", |each, _| text(&each.place)),
        Column("申请账号", "filed_by", |each, _| text(&each.filed_by)),
        Column("申请人", "filed_by_name", |each, _| name(&each.people, Some(&each.filed_by))),
        Column("办理账号", "decided_by", |each, _| maybe(each.decided_by.as_ref())),
        Column("办理人", "decided_by_name", |each, _| name(&each.people, each.decided_by.as_ref())),
        Column("办结时间（UTC）", "decided_at", |each, _| instant(each.repair.decided_at)),
    ],
};

/// Cases.
pub(super) const CASES: Listing<CaseSummary> = Listing {
    file: "cases",
    columns: &[
        Column("编号", "id", |each, _| text(&each.id)),
        Column("类型代码", "kind", |each, _| text(&each.kind.code)),
        Column("类型", "kind_name", |each, language| text(each.kind.name.in_language(language))),
        Column("类别代码", "category", |each, _| text(&each.category.code)),
        Column("类别", "category_name", |each, language| text(each.category.name.in_language(language))),
        Column("级别代码", "class", |each, _| text(&each.class.code)),
        Column("级别", "class_name", |each, language| text(each.class.name.in_language(language))),
        Column("状态", "state", |each, language| text(each.state.told(language))),
        Column("办理轮次", "cycle", |each, _| Said::number(each.cycle)),
        Column("小区代码", "estate", |each, _| text(&each.estate.code)),
        Column("小区名称", "estate_name", |each, _| text(&each.estate.name)),
        Column("社区代码", "place", |each, _| text(&each.place.code)),
        Column("社区", "place_name", |each, _| text(&each.place.name)),
        Column("楼栋", "building", |each, _| maybe(each.building.as_ref())),
        Column("位置", "place_in_estate", |each, _| maybe(each.place_in_estate.as_ref())),
        Column("来源", "channel", |each, language| text(each.channel.told(language))),
        Column("发起时间（UTC）", "opened_at", |each, _| instant(Some(each.opened_at))),
        Column("户数", "households", |each, _| Said::number(each.households)),
        Column("承办方类型", "assignee_kind", |each, language| {
            Said::text(assignee(each).map(|assignee| assignee.kind.told(language)))
        }),
        Column("承办方代码", "assignee", |each, _| maybe(assignee(each).map(|assignee| &assignee.id))),
        Column("承办方", "assignee_name", |each, _| maybe(assignee(each).map(|assignee| &assignee.name))),
        Column("退单待改派", "is_contested", |each, language| {
            Said::yes_or_no(each.is_contested, language)
        }),
        Column("办理期限（UTC）", "due_at", |each, _| instant(each.due_at)),
        Column("已超期", "is_overdue", |each, language| Said::yes_or_no(each.is_overdue, language)),
        Column("验单期限（UTC）", "verify_by", |each, _| instant(each.verify_by)),
        Column("办理结果", "outcome", |each, language| {
            Said::text(each.outcome.map(|outcome| outcome.told(language)))
        }),
    ],
};

/// Files that were sent.
pub(super) const IMPORTS: Listing<ImportJob> = Listing {
    file: "imports",
    columns: &[
        Column("编号", "id", |each, _| text(&each.id)),
        Column("数据类型", "kind", |each, language| text(each.kind.told(language))),
        Column("文件名", "name", |each, _| maybe(each.name.as_ref())),
        Column("文件摘要（SHA-256）", "sha256", |each, _| maybe(each.sha256.as_ref())),
        Column("理由", "reason", |each, _| maybe(each.reason.as_ref())),
        Column("状态", "state", |each, language| text(each.state.told(language))),
        Column("试运行", "dry_run", |each, language| Said::yes_or_no(each.dry_run, language)),
        Column("区划代码", "place", |each, _| maybe(each.place.as_ref())),
        Column("提交账号", "by", |each, _| text(&each.by)),
        Column("提交人", "by_name", |each, _| name(&each.people, Some(&each.by))),
        Column("提交时间（UTC）", "created_at", |each, _| instant(Some(each.created_at))),
        Column("截止时间（UTC）", "expires_at", |each, _| instant(each.expires_at)),
        Column("办理账号", "confirmed_by", |each, _| maybe(each.confirmed_by.as_ref())),
        Column("办理人", "confirmed_by_name", |each, _| name(&each.people, each.confirmed_by.as_ref())),
        Column("读取行数", "read", |each, _| Said::number(each.rows.read)),
        Column("错误行数", "bad", |each, _| Said::number(each.rows.bad)),
        Column("新增行数", "created", |each, _| Said::number(each.rows.created)),
        Column("更新行数", "updated", |each, _| Said::number(each.rows.updated)),
        Column("未变行数", "unchanged", |each, _| Said::number(each.rows.unchanged)),
        Column("结束时间（UTC）", "finished_at", |each, _| instant(each.finished_at)),
    ],
};

/// What waits, or waited, for a second person.
pub(super) const PROPOSALS: Listing<Proposal> = Listing {
    file: "proposals",
    columns: &[
        Column("编号", "id", |each, _| text(&each.id)),
        Column("操作", "operation", |each, language| text(operation(&each.operation, language))),
        Column("对象类型", "object_kind", |each, language| text(each.object.kind.told(language))),
        Column("对象", "object", |each, _| maybe(each.object.id.as_ref())),
        Column("变更字段", "changes", |each, _| {
            Said::texts(each.changes.iter().map(|change| change.field.as_str()))
        }),
        Column("理由", "reason", |each, _| text(&each.reason)),
        Column("证明材料", "evidence", |each, _| Said::texts(each.evidence.iter().map(String::as_str))),
        Column("状态", "state", |each, language| text(each.state.told(language))),
        Column("确认方", "asks", |each, language| text(each.asks.told(language))),
        Column("企业代码", "firm", |each, _| maybe(each.firm.as_ref())),
        Column("区划代码", "place", |each, _| maybe(each.place.as_ref())),
        Column("提请账号", "proposed_by", |each, _| maybe(each.proposed_by.as_ref())),
        Column("提请人", "proposed_by_name", |each, _| name(&each.people, each.proposed_by.as_ref())),
        Column("提请时间（UTC）", "proposed_at", |each, _| instant(Some(each.proposed_at))),
        Column("截止时间（UTC）", "until", |each, _| instant(Some(each.until))),
        Column("办理账号", "decided_by", |each, _| maybe(each.decided_by.as_ref())),
        Column("办理人", "decided_by_name", |each, _| name(&each.people, each.decided_by.as_ref())),
        Column("退回理由", "decision_reason", |each, _| maybe(each.decision_reason.as_ref())),
        Column("结束时间（UTC）", "ended_at", |each, _| instant(each.ended_at)),
    ],
};

/// Projects of the register.
pub(super) const PROJECTS: Listing<Project> = Listing {
    file: "projects",
    columns: &[
        Column("项目", "id", |each, _| text(&each.id)),
        Column("小区代码", "estate", |each, _| text(&each.estate.code)),
        Column("小区名称", "estate_name", |each, _| text(&each.estate.name)),
        Column("承接方", "operator", |each, language| text(each.operator.told(language))),
        Column("物业企业代码", "firm", |each, _| maybe(each.firm.as_ref().map(|firm| &firm.uscc))),
        Column("物业企业", "firm_name", |each, _| maybe(each.firm.as_ref().map(|firm| &firm.name))),
        Column("项目经理编号", "manager", |each, _| {
            maybe(each.manager.as_ref().map(|manager| &manager.id))
        }),
        Column("项目经理", "manager_name", |each, _| {
            maybe(each.manager.as_ref().map(|manager| &manager.name))
        }),
        Column("服务起始日期", "starts_on", |each, _| day(Some(each.starts_on))),
        Column("服务截止日期", "ends_on", |each, _| day(each.ends_on)),
        Column("服务面积（平方米）", "area_m2", |each, _| area(Some(each.area_m2))),
        Column("户数", "households", |each, _| Said::number(each.households)),
        Column("物业费（元/平方米·月）", "fee_yuan", |each, _| {
            Said::Number(each.fee_fen.map(|fen| Decimal::new(fen, 2)))
        }),
        Column("更新时间（UTC）", "updated_at", |each, _| instant(Some(each.updated_at))),
        Column("演示数据", "demo", |each, language| Said::yes_or_no(each.demo, language)),
    ],
};

/// Managers of the register.
pub(super) const MANAGERS: Listing<Manager> = Listing {
    file: "managers",
    columns: &[
        Column("项目经理编号", "id", |each, _| text(&each.id)),
        Column("姓名", "name", |each, _| text(&each.name)),
        Column("物业企业代码", "firm", |each, _| maybe(each.firm.as_ref().map(|firm| &firm.uscc))),
        Column("物业企业", "firm_name", |each, _| maybe(each.firm.as_ref().map(|firm| &firm.name))),
        Column("更新时间（UTC）", "updated_at", |each, _| instant(Some(each.updated_at))),
        Column("演示数据", "demo", |each, language| Said::yes_or_no(each.demo, language)),
    ],
};

fn assignee(case: &CaseSummary) -> Option<&CaseAssignee> {
    case.assignee.as_ref()
}

/// What an operation is called by its id.
fn operation(id: &str, language: Language) -> &str {
    Operation::parse(id).map_or(id, |operation| operation.told(language))
}

fn name(people: &People, account: Option<&String>) -> Said {
    maybe(account.and_then(|id| people.get(id)))
}
