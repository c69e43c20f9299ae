//! What residents of the demo's own estate report in the last weeks, and what becomes of it, day by
//! day: what is told stands in [`stories`], and here how it is done.

mod stories;

use chrono::{Days, NaiveDate};
use xinwu_domain::access::{Actor, Operation, Role, Warrant};
use xinwu_domain::case::{
    CaseClosing, CaseDispatch, CaseExtension, CaseFinish, CaseJoin, CaseMerge, CaseNote, CasePause,
    CaseReturn, CaseVerification, CaseWithdrawal, DeskCase, FirmCase, NewCase,
};
use xinwu_domain::department::NewDepartment;
use xinwu_domain::text::Reason;
use xinwu_domain::version::Expected;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_persistence::registers::authorized::hold;
use xinwu_persistence::registers::department;
use xinwu_persistence::service::case::{self, Joinable, Row};
use xinwu_store::Result;

use crate::demo::fill::{Fill, Home, actor};
use crate::demo::people::{department_of, someone};
use crate::demo::plan::places;

/// The hour at which the office opens cases, and at which is done what was begun the day before.
const EARLY: u32 = 8;
/// The hour of everything else: a day later, at [`EARLY`], a day's time has not run out.
const LATER: u32 = 9;
/// The district's departments that are given nothing to do: the end of the code, and the name.
const DEPARTMENTS: [(&str, &str); 2] = [("CGJ", "城市管理局"), ("ZJJ", "住房和城乡建设局")];

/// What is done on which day, and by whom.
type Step = (NaiveDate, Actor, Deed);

/// One case, and what happens to it.
pub(super) struct Story {
    steps: Vec<Step>,
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
    Return(CaseReturn),
    Extend(CaseExtension),
    Pause(CasePause),
    Finish(CaseFinish),
    Verify(CaseVerification),
    VerifyDesk(CaseVerification),
    Reopen(Reason),
    Withdraw(CaseWithdrawal),
    Close(CaseClosing),
    /// It goes on in the first story's.
    Merge,
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
    /// The stories of the last weeks.
    pub(super) fn stories(&self) -> Result<Vec<Story>> {
        Ok(self.told(&self.cast()?))
    }

    /// What of them happens on a day.
    pub(super) fn cases_on(&self, day: NaiveDate, stories: &mut [Story]) -> Result<()> {
        for hour in [EARLY, LATER] {
            self.set_time(day, hour);
            let first = stories.first().and_then(|story| story.id.clone()).unwrap_or_default();
            for story in stories.iter_mut() {
                let (now, later): (Vec<Step>, Vec<Step>) = std::mem::take(&mut story.steps)
                    .into_iter()
                    .partition(|(on, _, deed)| *on == day && deed.hour() == hour);
                story.steps = later;
                for (_, actor, deed) in now {
                    let id = story.id.take().unwrap_or_default();
                    story.id = Some(self.case_step(actor, id, first.clone(), deed)?);
                }
            }
        }
        Ok(())
    }

    /// Does one step of a case, and gives the case's id. `first` is the first story's.
    fn case_step(&self, actor: Actor, id: String, first: String, deed: Deed) -> Result<String> {
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
                Deed::Return(command) => take!(case::give_back, command),
                Deed::Extend(command) => take!(case::extend, command),
                Deed::Pause(command) => take!(case::pause, command),
                Deed::Finish(command) => take!(case::finish, command),
                Deed::Verify(command) | Deed::VerifyDesk(command) => take!(case::verify, command),
                Deed::Reopen(reason) => take!(case::reopen, reason),
                Deed::Withdraw(command) => take!(case::withdraw, command),
                Deed::Close(command) => take!(case::close, command),
                Deed::Merge => {
                    let merge = CaseMerge { into: first.clone(), reason: "同一处爆管".to_owned() };
                    take!(case::join_cases, &merge)
                }
            }?;
            Ok(view.summary.id)
        })
    }

    fn cast(&self) -> Result<Cast> {
        let subject = self.subject()?;
        let homes = self.homes.iter().filter(|home| home.estate == self.demo_estate);
        let code = department_of(&subject.district);
        let district = places().into_iter().find(|place| place.code == subject.district);
        let district = district.map(|place| place.name).unwrap_or_default();
        let named = |code: String, name: &str| NewDepartment {
            code,
            name: format!("{district}{name}（演示）"),
            place: subject.district.clone(),
        };
        let mut departments = vec![named(code.clone(), "消防救援大队")];
        departments.extend(DEPARTMENTS.map(|(end, name)| named(format!("{}-{end}", subject.district), name)));
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
        self.write(move |tx| {
            let adding = Warrant::operator(Operation::AddDepartment);
            departments.iter().try_for_each(|new| department::add(tx, &adding, new).map(|_| ()))?;
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
}

impl Story {
    fn of<'a>(steps: impl IntoIterator<Item = (NaiveDate, &'a Actor, Deed)>) -> Story {
        let steps = steps.into_iter().map(|(day, actor, deed)| (day, actor.clone(), deed));
        Story { steps: steps.collect(), id: None }
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
            Deed::Return(_) => Operation::ReturnCase,
            Deed::Extend(_) => Operation::ExtendCase,
            Deed::Pause(_) => Operation::PauseCase,
            Deed::Finish(_) => Operation::FinishCase,
            Deed::Verify(_) => Operation::VerifyCase,
            Deed::VerifyDesk(_) => Operation::VerifyAdminCase,
            Deed::Reopen(_) => Operation::ReopenCase,
            Deed::Withdraw(_) => Operation::WithdrawCase,
            Deed::Close(_) => Operation::CloseCase,
            Deed::Merge => Operation::MergeCase,
        }
    }

    /// The hour at which it is done.
    fn hour(&self) -> u32 {
        match self {
            Deed::OpenDesk(_) | Deed::Finish(_) | Deed::Verify(_) | Deed::VerifyDesk(_) => EARLY,
            _ => LATER,
        }
    }
}
