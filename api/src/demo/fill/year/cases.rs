//! What residents of the demo's own estate report in the last weeks, and what becomes of it: enough
//! repairs that their sums are published, complaints in each state, one that was never handled and
//! became a draft of the street's, a burst pipe that concerns several, and a department that is
//! called.

use chrono::{Days, NaiveDate};
use xinwu_domain::access::{Actor, Operation, Role, Warrant};
use xinwu_domain::case::{
    AssigneeKind, AssigneeName, CaseDispatch, CaseFinish, CaseJoin, CaseNote, CaseVerification, DeskCase,
    FirmCase, NewCase,
};
use xinwu_domain::department::NewDepartment;
use xinwu_domain::version::Expected;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_persistence::registers::authorized::hold;
use xinwu_persistence::registers::department;
use xinwu_persistence::service::case::{self, Joinable, Row};
use xinwu_store::Result;

use crate::demo::fill::{Fill, Home, actor};
use crate::demo::people::{department_of, someone};
use crate::demo::plan::places;

/// How many days before today the first is opened.
const WEEKS: u64 = 44;
/// Repairs, one every other day.
const REPAIRS: u64 = 16;
/// What they are about, in turn, and what was done.
const PROBLEMS: [(&str, &str, &str); 4] = [
    ("leak", "厨房下水管接口渗漏", "已更换接口，试水无渗漏"),
    ("electricity", "楼道照明不亮", "已更换灯具"),
    ("lift", "电梯运行有异响", "已调整导轨并加注润滑油"),
    ("heating", "暖气不热", "已排气并清洗过滤器"),
];

/// One case: what happens to it, on which day and by whom.
pub(super) struct Story {
    deeds: Vec<(NaiveDate, Actor, Deed)>,
    /// Its id, once it is opened.
    id: Option<String>,
}

/// A step of a case, as one write does it.
#[derive(Clone)]
enum Deed {
    Open(NewCase),
    OpenFirm(FirmCase),
    OpenDesk(DeskCase),
    Join(CaseJoin),
    Dispatch(CaseDispatch),
    Accept,
    Finish(CaseFinish),
    Verify(CaseVerification),
    VerifyDesk(CaseVerification),
}

/// Who takes part.
struct Cast {
    residents: Vec<Home>,
    community: Actor,
    firm: Actor,
    department: Actor,
    estate: String,
    project: String,
}

impl Fill<'_> {
    /// The stories of the last weeks; of an estate too small for them none.
    pub(super) fn stories(&self) -> Result<Vec<Story>> {
        let cast = self.cast()?;
        let mut stories = Vec::new();
        for (number, home) in (0..REPAIRS).zip(&cast.residents) {
            stories.push(self.repair(number, home, &cast));
        }
        let mut others = cast.residents.iter().rev();
        if let (Some(under_way), Some(waiting), Some(late)) = (others.next(), others.next(), others.next()) {
            stories.push(self.complaint(1, under_way, Some(&cast.firm), &cast));
            stories.push(self.complaint(0, waiting, None, &cast));
            stories.push(self.complaint(9, late, Some(&cast.firm), &cast));
        }
        stories.push(self.burst_pipe(&cast));
        stories.push(self.whistle(&cast));
        Ok(stories)
    }

    /// What of them happens on a day, at the clock's time.
    pub(super) fn cases_on(&self, day: NaiveDate, stories: &mut [Story]) -> Result<()> {
        for story in stories {
            let (today, later) =
                std::mem::take(&mut story.deeds).into_iter().partition(|(on, ..)| *on == day);
            story.deeds = later;
            for (_, actor, deed) in Vec::from_iter::<Vec<(NaiveDate, Actor, Deed)>>(today) {
                story.id = Some(self.case_step(actor, story.id.take().unwrap_or_default(), deed)?);
            }
        }
        Ok(())
    }

    /// Does one step of a case, and gives the case's id.
    fn case_step(&self, actor: Actor, id: String, deed: Deed) -> Result<String> {
        let context = self.context();
        self.write(move |tx| {
            let warrant = Warrant::of(deed.operation(), actor.clone())?;
            let today = context.today();
            macro_rules! take {
                ($step:path, $command:expr) => {{
                    let held = hold::<Row>(tx, &warrant, &id, &Expected::Any, today)?;
                    $step(tx, &warrant, &held, $command, context)
                }};
            }
            let (view, _) = match &deed {
                Deed::Open(new) => case::open_own(tx, &warrant, new, context),
                Deed::OpenFirm(new) => case::open_firm(tx, &warrant, new, context),
                Deed::OpenDesk(new) => case::open_desk(tx, &warrant, new, context),
                Deed::Join(command) => {
                    let held = hold::<Joinable>(tx, &warrant, &id, &Expected::Any, today)?;
                    case::join(tx, &warrant, &held, command, context)
                }
                Deed::Dispatch(command) => take!(case::dispatch, command),
                Deed::Accept => take!(case::accept, &CaseNote::default()),
                Deed::Finish(command) => take!(case::finish, command),
                Deed::Verify(command) | Deed::VerifyDesk(command) => take!(case::verify, command),
            }?;
            Ok(view.summary.id)
        })
    }

    fn cast(&self) -> Result<Cast> {
        let subject = self.subject()?;
        let homes = self.homes.iter().filter(|home| home.estate == self.demo_estate);
        let code = department_of(&subject.district);
        let district = places().into_iter().find(|place| place.code == subject.district);
        let name = format!("{}消防救援大队（演示）", district.map(|place| place.name).unwrap_or_default());
        let [firm, department] = [xinwu_store::Random.id(), xinwu_store::Random.id()];
        let accounts = [
            (firm.clone(), NewAccount { uscc: Some(subject.uscc.clone()), ..someone(Role::Firm) }),
            (
                department.clone(),
                NewAccount {
                    department: Some(code.clone()),
                    staff_number: Some(format!("DEMO-{code}")),
                    ..someone(Role::Department)
                },
            ),
        ];
        let new = NewDepartment { code: code.clone(), name, place: subject.district.clone() };
        self.write(move |tx| {
            department::add(tx, &Warrant::operator(Operation::AddDepartment), &new)?;
            accounts.iter().try_for_each(|(id, new)| account::add(tx, id, new).map(|_| ()))
        })?;
        Ok(Cast {
            residents: homes.cloned().collect(),
            community: self.official(&subject.community)?,
            firm: actor(&firm, Role::Firm, None, Some(&subject.uscc), false),
            department: Actor {
                department: Some(code),
                ..actor(&department, Role::Department, None, None, false)
            },
            estate: subject.estate,
            project: subject.project,
        })
    }

    /// The day so many days before today.
    fn days_ago(&self, days: u64) -> NaiveDate {
        self.plan.today.checked_sub_days(Days::new(days)).unwrap_or(self.plan.today)
    }

    /// A repair, which goes to the firm at once. Of four one is done too late, of six one resident
    /// is not satisfied.
    fn repair(&self, number: u64, home: &Home, cast: &Cast) -> Story {
        let about = usize::try_from(number).unwrap_or_default();
        let (category, description, result) = PROBLEMS.into_iter().cycle().nth(about).unwrap_or_default();
        let opened = WEEKS.saturating_sub(2 * number);
        let done = opened.saturating_sub(if number % 4 == 3 { 3 } else { 1 });
        let new = NewCase {
            kind: "repair".to_owned(),
            category: category.to_owned(),
            residence: Some(home.residence.clone()),
            estate: None,
            building: None,
            place_in_estate: None,
            description: format!("{description}（演示）"),
            despite_similar: true,
        };
        let verified = CaseVerification { satisfied: number % 6 != 5, note: None };
        Story::of([
            (self.days_ago(opened), &home.actor, Deed::Open(new)),
            (self.days_ago(opened), &cast.firm, Deed::Accept),
            (self.days_ago(done), &cast.firm, Deed::Finish(finish(result))),
            (self.days_ago(done.saturating_sub(1)), &home.actor, Deed::Verify(verified)),
        ])
    }

    /// A complaint of so many days ago, which the community dispatches to a firm that only accepts
    /// it; one without a firm waits for the community.
    fn complaint(&self, ago: u64, home: &Home, firm: Option<&Actor>, cast: &Cast) -> Story {
        let day = self.days_ago(ago);
        let new = NewCase {
            kind: "complaint".to_owned(),
            category: "garage_leak".to_owned(),
            residence: None,
            estate: Some(cast.estate.clone()),
            building: None,
            place_in_estate: Some("地下车库入口".to_owned()),
            description: "雨后车库入口处一直漏水（演示）".to_owned(),
            despite_similar: true,
        };
        let mut deeds = vec![(day, &home.actor, Deed::Open(new))];
        if let Some(firm) = firm {
            deeds.push((day, &cast.community, dispatch(AssigneeKind::Firm, None)));
            deeds.push((day, firm, Deed::Accept));
        }
        Story::of(deeds)
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
        let joining = cast.residents.iter().take(6).map(|home| {
            let join = CaseJoin { residence: home.residence.clone() };
            (self.days_ago(20), &home.actor, Deed::Join(join))
        });
        let first = [
            (self.days_ago(20), &cast.community, Deed::OpenDesk(new)),
            (self.days_ago(20), &cast.firm, Deed::Accept),
        ];
        let result = "主管已更换，恢复供水";
        let last = [(self.days_ago(19), &cast.firm, Deed::Finish(finish(result)))];
        Story::of(first.into_iter().chain(joining).chain(last))
    }

    /// The firm calls the department; the community verifies what it did.
    fn whistle(&self, cast: &Cast) -> Story {
        let new = FirmCase {
            kind: "whistle".to_owned(),
            category: "fire_lane".to_owned(),
            project: cast.project.clone(),
            building: None,
            place_in_estate: Some("2号楼北侧".to_owned()),
            description: "消防通道长期被占用，劝阻无效（演示）".to_owned(),
            suggested: None,
        };
        let department = cast.department.department.clone();
        let verified = CaseVerification { satisfied: true, note: None };
        Story::of([
            (self.days_ago(6), &cast.firm, Deed::OpenFirm(new)),
            (self.days_ago(6), &cast.community, dispatch(AssigneeKind::Department, department)),
            (self.days_ago(6), &cast.department, Deed::Accept),
            (self.days_ago(5), &cast.department, Deed::Finish(finish("已清理占道车辆，并设置隔离桩"))),
            (self.days_ago(4), &cast.community, Deed::VerifyDesk(verified)),
        ])
    }
}

impl Story {
    fn of<'a>(deeds: impl IntoIterator<Item = (NaiveDate, &'a Actor, Deed)>) -> Story {
        let deeds = deeds.into_iter().map(|(day, actor, deed)| (day, actor.clone(), deed));
        Story { deeds: deeds.collect(), id: None }
    }
}

impl Deed {
    fn operation(&self) -> Operation {
        match self {
            Deed::Open(_) => Operation::OpenMyCase,
            Deed::OpenFirm(_) => Operation::OpenFirmCase,
            Deed::OpenDesk(_) => Operation::OpenCase,
            Deed::Join(_) => Operation::JoinCase,
            Deed::Dispatch(_) => Operation::DispatchCase,
            Deed::Accept => Operation::AcceptCase,
            Deed::Finish(_) => Operation::FinishCase,
            Deed::Verify(_) => Operation::VerifyCase,
            Deed::VerifyDesk(_) => Operation::VerifyAdminCase,
        }
    }
}

fn dispatch(kind: AssigneeKind, id: Option<String>) -> Deed {
    Deed::Dispatch(CaseDispatch { assignee: AssigneeName { kind, id }, class: None, reason: None })
}

fn finish(result: &str) -> CaseFinish {
    CaseFinish { result: result.to_owned() }
}
