//! The stories: a burst pipe that concerns several households and a department that is called;
//! repairs and complaints that are settled, in time and late, enough of each that their sums are
//! published; and one case of every other kind of end and of every state, among them a complaint
//! that is not handled and drafts a record.

use xinwu_domain::case::{
    AssigneeKind, AssigneeName, CaseClosing, CaseDispatch, CaseExtension, CaseFinish, CaseJoin, CasePause,
    CaseReturn, CaseVerification, CaseWithdrawal, ClosingReason, DeskCase, FirmCase, NewCase, PauseReason,
};
use xinwu_domain::text::Reason;

use super::{Cast, Deed, Story};
use crate::demo::fill::{Fill, Home};

/// How many days before today the first is opened. More than a month, so that at the 1st of a month
/// that is past enough households wait, whatever day it is.
const FIRST: u64 = 44;
/// Repairs that are settled, one every other day.
const REPAIRS: u64 = 16;
/// What they are about, in turn, and what was done.
const PROBLEMS: [(&str, &str, &str); 4] = [
    ("leak", "厨房下水管接口渗漏", "已更换接口，试水无渗漏"),
    ("electricity", "楼道照明不亮", "已更换灯具"),
    ("lift", "电梯运行有异响", "已调整导轨并加注润滑油"),
    ("heating", "暖气不热", "已排气并清洗过滤器"),
];
/// Complaints that are settled, one every other day too: about what, where, what is wrong, and what
/// was done.
const COMPLAINTS: [[&str; 4]; 6] = [
    ["cleaning", "3号楼门前", "垃圾清运不及时", "已改为每日清运两次"],
    ["greening", "中心花园", "草坪枯死，一直未补种", "已补种"],
    ["parking", "小区东门", "外来车辆长期占用车位", "已落实门岗登记"],
    ["security", "2号楼单元门", "门禁损坏，长期敞开", "已更换门禁"],
    ["fees", "公示栏", "公共收益一直未公示", "已补充公示并说明明细"],
    ["service", "物业服务中心", "来电长时间无人接听", "已增设值班电话"],
];
/// When the pipe bursts, in days before today.
const BURST: u64 = 20;
/// Households that join it.
const JOINED: usize = 6;
/// What residents complain of in the other stories.
const GARAGE: Report = Report::Complaint("garage_leak", "地下车库入口", "雨后车库入口处一直漏水");

/// Who takes a step of a resident's case.
#[derive(Clone, Copy)]
enum Who {
    Resident,
    Community,
    Firm,
}

/// What a resident reports: the category of a repair and what is wrong, or those of a complaint and
/// where it is.
#[derive(Clone, Copy)]
enum Report {
    Repair(&'static str, &'static str),
    Complaint(&'static str, &'static str, &'static str),
}

/// A resident's story, in days before today.
struct Tale {
    opened: u64,
    report: Report,
    steps: Vec<(u64, Who, Deed)>,
}

impl Fill<'_> {
    /// All of them, the burst pipe first.
    pub(super) fn told(&self, cast: &Cast) -> Vec<Story> {
        let mut stories = vec![self.burst_pipe(cast)];
        stories.extend(self.whistles(cast));
        let tell = |(tale, home): (Tale, &Home)| self.story(tale, home, cast);
        stories.extend((0..REPAIRS).map(repair).zip(&cast.residents).map(tell));
        let others = (0..).zip(COMPLAINTS).map(|(number, about)| complaint(number, about));
        // In a small estate the same few report more than once.
        stories.extend(others.chain(other_ends()).zip(cast.residents.iter().rev().cycle()).map(tell));
        stories
    }

    fn story(&self, Tale { opened, report, steps }: Tale, home: &Home, cast: &Cast) -> Story {
        let first = (self.days_ago(opened), &home.actor, Deed::Open(report.by(home, cast)));
        let others = steps.into_iter().map(|(ago, who, deed)| {
            let actor = match who {
                Who::Resident => &home.actor,
                Who::Community => &cast.community,
                Who::Firm => &cast.firm,
            };
            (self.days_ago(ago), actor, deed)
        });
        Story::of(std::iter::once(first).chain(others))
    }

    /// A burst pipe, which the community opens and several households join.
    fn burst_pipe(&self, cast: &Cast) -> Story {
        let new = DeskCase {
            kind: "repair".to_owned(),
            category: "leak".to_owned(),
            estate: cast.estate.clone(),
            building: None,
            unit: None,
            room: None,
            place_in_estate: Some("小区供水主管".to_owned()),
            description: "供水主管爆裂，全小区停水（演示）".to_owned(),
            class: None,
            assignee: None,
            channel: None,
            is_incident: true,
        };
        let (day, next) = (self.days_ago(BURST), self.days_ago(BURST - 1));
        let joining = cast.residents.iter().take(JOINED).map(|home| {
            let join = CaseJoin { residence: home.residence.clone() };
            (day, &home.actor, Deed::Join(join))
        });
        let first = [(day, &cast.community, Deed::OpenDesk(new)), (day, &cast.firm, Deed::Accept)];
        let last = [(next, &cast.firm, finish("主管已更换，恢复供水"))];
        Story::of(first.into_iter().chain(joining).chain(last))
    }

    /// The firm calls the department: once the community has verified what it did, and once it has
    /// not accepted yet.
    fn whistles(&self, cast: &Cast) -> [Story; 2] {
        let open = |place: &str, description: &str| {
            Deed::OpenFirm(FirmCase {
                kind: "whistle".to_owned(),
                category: "fire_lane".to_owned(),
                project: cast.project.clone(),
                building: None,
                place_in_estate: Some(place.to_owned()),
                description: format!("{description}（演示）"),
                suggested: None,
            })
        };
        let to_department = || dispatch(AssigneeKind::Department, cast.department.department.clone());
        let verified = CaseVerification { satisfied: true, note: None };
        [
            Story::of([
                (self.days_ago(6), &cast.firm, open("2号楼北侧", "消防通道长期被占用，劝阻无效")),
                (self.days_ago(6), &cast.community, to_department()),
                (self.days_ago(6), &cast.department, Deed::Accept),
                (self.days_ago(5), &cast.department, finish("已清理占道车辆，并设置隔离桩")),
                (self.days_ago(4), &cast.community, Deed::VerifyDesk(verified)),
            ]),
            Story::of([
                (self.days_ago(1), &cast.firm, open("3号楼楼道", "电动自行车飞线充电，劝阻无效")),
                (self.days_ago(1), &cast.community, to_department()),
            ]),
        ]
    }
}

impl Report {
    /// As a resident sends it.
    fn by(self, home: &Home, cast: &Cast) -> NewCase {
        let (kind, category, place, description) = match self {
            Report::Repair(category, description) => ("repair", category, None, description),
            Report::Complaint(category, place, description) => {
                ("complaint", category, Some(place), description)
            }
        };
        // A repair is of a dwelling, a complaint of the estate.
        let (residence, estate) = match place {
            None => (Some(home.residence.clone()), None),
            Some(_) => (None, Some(cast.estate.clone())),
        };
        NewCase {
            kind: kind.to_owned(),
            category: category.to_owned(),
            residence,
            estate,
            building: None,
            place_in_estate: place.map(str::to_owned),
            description: format!("{description}（演示）"),
            despite_similar: true,
        }
    }
}

/// A repair, which goes to the firm at once. Of four one is done too late, of six one resident is
/// not satisfied, of eight one is reopened.
fn repair(number: u64) -> Tale {
    let at = usize::try_from(number).unwrap_or_default();
    let (category, description, result) = PROBLEMS.into_iter().cycle().nth(at).unwrap_or_default();
    let opened = FIRST - 2 * number;
    let mut steps = vec![accepted(opened)];
    let done = opened - if number % 4 == 3 { 3 } else { 1 };
    steps.extend(settled(done, result, number % 6 != 5, number % 8 == 6));
    Tale { opened, report: Report::Repair(category, description), steps }
}

/// A complaint, which the community dispatches to the firm. One is done too late; one is reopened,
/// and its resident is not satisfied in the end: it drafts a record.
fn complaint(number: u64, [category, place, description, result]: [&'static str; 4]) -> Tale {
    let opened = FIRST - 1 - 2 * number;
    let mut steps = vec![to_firm(opened), accepted(opened)];
    let done = opened - if number == 2 { 3 } else { 1 };
    steps.extend(settled(done, result, number != 4, number == 4));
    Tale { opened, report: Report::Complaint(category, place, description), steps }
}

/// It is done, and its resident says so; where it is reopened first, it is done once more.
fn settled(done: u64, result: &str, satisfied: bool, is_reopened: bool) -> Vec<(u64, Who, Deed)> {
    let verified = |ago| {
        let said = CaseVerification { satisfied, note: None };
        (ago, Who::Resident, Deed::Verify(said))
    };
    let finished = |ago| (ago, Who::Firm, finish(result));
    if !is_reopened {
        return vec![finished(done), verified(done - 1)];
    }
    let reason = Reason { reason: "问题仍未解决".to_owned() };
    vec![
        finished(done),
        (done - 1, Who::Resident, Deed::Reopen(reason)),
        accepted(done - 1),
        finished(done - 2),
        verified(done - 3),
    ]
}

/// Those that are under way, and those that end otherwise.
fn other_ends() -> Vec<Tale> {
    let extension = CaseExtension { hours: 24, reason: "防水材料到货延迟一天".to_owned() };
    let pause = CasePause {
        reason: PauseReason::WaitingForResident,
        note: "需入户检查，请告知方便的时间".to_owned(),
    };
    let back = CaseReturn {
        reason: "施工单位在小区外，不属于物业服务范围".to_owned(),
        responsible: AssigneeName { kind: AssigneeKind::Street, id: None },
    };
    let closing = CaseClosing {
        ground: ClosingReason::NotOurMatter,
        reason: "属住户之间的纠纷，已告知调解途径".to_owned(),
    };
    let withdrawal = CaseWithdrawal { reason: Some("已自行解决".to_owned()) };
    let tale = |opened, report, steps| Tale { opened, report, steps };
    let noise = |place| Report::Complaint("noise", place, "夜间噪声扰民");
    vec![
        // Nobody has dispatched it yet, and nobody has accepted it.
        tale(0, GARAGE, Vec::new()),
        tale(0, Report::Repair("lift", "电梯停在五层不动"), Vec::new()),
        tale(1, GARAGE, vec![to_firm(1), accepted(1), (1, Who::Firm, Deed::Extend(extension))]),
        // It stays so for longer than is allowed: a record is drafted.
        tale(9, GARAGE, vec![to_firm(9), accepted(9)]),
        tale(1, noise("小区西侧"), vec![to_firm(1), (1, Who::Firm, Deed::Return(back))]),
        tale(
            1,
            Report::Repair("leak", "卫生间顶棚渗水"),
            vec![accepted(1), (1, Who::Firm, Deed::Pause(pause))],
        ),
        tale(
            2,
            Report::Repair("heating", "次卧暖气不热"),
            vec![accepted(2), (1, Who::Firm, finish("已更换阀门"))],
        ),
        tale(15, noise("1号楼"), vec![(15, Who::Community, Deed::Close(closing))]),
        tale(
            12,
            Report::Repair("electricity", "客厅插座没有电"),
            vec![(12, Who::Resident, Deed::Withdraw(withdrawal))],
        ),
        tale(BURST, Report::Repair("leak", "家中停水"), vec![(BURST, Who::Community, Deed::Merge)]),
    ]
}

fn to_firm(ago: u64) -> (u64, Who, Deed) {
    (ago, Who::Community, dispatch(AssigneeKind::Firm, None))
}

fn accepted(ago: u64) -> (u64, Who, Deed) {
    (ago, Who::Firm, Deed::Accept)
}

fn dispatch(kind: AssigneeKind, id: Option<String>) -> Deed {
    Deed::Dispatch(CaseDispatch { assignee: AssigneeName { kind, id }, class: None, reason: None })
}

fn finish(result: &str) -> Deed {
    Deed::Finish(CaseFinish { result: result.to_owned() })
}
