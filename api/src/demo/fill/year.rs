//! The year: day by day what officials, residents and firms do, and what time does by itself.

mod cases;
mod metrics;
mod ratings;
mod records;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use xinwu_domain::access::{Actor, Operation, Role, Warrant};
use xinwu_domain::assessment::{AssessmentKey, AssessmentScores, NewAssessment};
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::page::Window;
use xinwu_domain::project::{NewProject, ProjectEdit};
use xinwu_domain::rating::NewRating;
use xinwu_domain::record::NewRecord;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::review::PutReviewReply;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Language;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::version::Expected;
use xinwu_persistence::credit::{assessment, record};
use xinwu_persistence::ratings::rating;
use xinwu_persistence::ratings::review::{self, Of};
use xinwu_persistence::registers::authorized::{find, hold};
use xinwu_persistence::registers::project;
use xinwu_store::{Result, StoreError};

use super::{Fill, actor};
use crate::demo::words;

/// Days after a quarter's end on which its assessments are confirmed: all are given by then, and it
/// is not closed yet.
const CONFIRMED_AFTER: u64 = 26;

/// Something that happens on a day.
#[derive(Clone)]
pub(super) enum Event {
    /// One operator's term ends and the next begins.
    TakeOver { ended: usize, successor: usize },
    /// A record is drafted and submitted.
    Draft(usize, Box<(Actor, NewRecord)>),
    /// Another official confirms it.
    Confirm(usize, Actor),
    /// An official assesses a project.
    Assess { project: usize, period: Period, assessor: Assessor },
    /// The district confirms what a street and its communities gave.
    ConfirmAssessments { street: String, period: Period },
    /// Someone rates.
    Rate(ratings::Planned),
}

/// An event as one write does it, with everything that it needs.
#[derive(Clone)]
enum Deed {
    TakeOver { ended: String, last_day: NaiveDate, at: usize, new: NewProject },
    Draft(usize, Box<(Actor, NewRecord)>),
    Confirm(String, Actor),
    Assess(Actor, AssessmentKey, NewAssessment),
    ConfirmAssessments(Actor, String, Period),
    Rate(Actor, String, Month, NewRating),
}

/// What a deed made.
enum Made {
    Project(usize, String),
    Record(usize, String),
    Nothing,
}

impl Fill<'_> {
    pub(super) fn year(&mut self) -> Result<()> {
        self.metrics()?;
        let mut events: BTreeMap<NaiveDate, Vec<Event>> = BTreeMap::new();
        self.takeovers(&mut events);
        self.records(&mut events);
        self.assessments(&mut events);
        self.ratings(&mut events)?;
        let mut stories = self.stories()?;
        let mut records: BTreeMap<usize, String> = BTreeMap::new();
        let mut day = self.plan.begins;
        while day <= self.plan.today {
            // When figures are published.
            self.set_time(day, 6);
            self.tick()?;
            self.cases_on(day, &mut stories)?;
            let (ratings, others): (Vec<Event>, Vec<Event>) = events
                .remove(&day)
                .unwrap_or_default()
                .into_iter()
                .partition(|event| matches!(event, Event::Rate(_)));
            for (hour, events) in [(10, others), (20, ratings)] {
                self.set_time(day, hour);
                for part in steps(events) {
                    let deeds = part.into_iter().filter_map(|event| self.deed(event, &records)).collect();
                    for made in self.perform(deeds)? {
                        match made {
                            Made::Project(at, id) => {
                                self.projects.splice(at..=at, [Some(id)]);
                            }
                            Made::Record(at, id) => {
                                records.insert(at, id);
                            }
                            Made::Nothing => {}
                        }
                    }
                }
            }
            self.fees_on(day)?;
            day = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        }
        self.set_time_to_now();
        self.tick()?;
        self.replies()?;
        self.step_every_minute()?;
        self.waiting()
    }

    fn deed(&self, event: Event, records: &BTreeMap<usize, String>) -> Option<Deed> {
        let id_of = |at: usize| self.projects.get(at).cloned().flatten();
        Some(match event {
            Event::TakeOver { ended, successor } => Deed::TakeOver {
                ended: id_of(ended)?,
                last_day: self.plan.projects.get(ended)?.ends_on?,
                at: successor,
                new: self.new_project(successor)?,
            },
            Event::Draft(at, mut draft) => {
                // A project is named by its place in the plan until here.
                let project = draft.1.project.take().and_then(|at| id_of(at.parse().ok()?));
                draft.1.project = project;
                Deed::Draft(at, draft)
            }
            Event::Confirm(at, actor) => Deed::Confirm(records.get(&at)?.clone(), actor),
            Event::Assess { project, period, assessor } => self.assessment(project, period, assessor)?,
            Event::ConfirmAssessments { street, period } => {
                let district =
                    self.plan.estates.iter().find(|estate| estate.street == street)?.district.clone();
                let confirmer = self.officials.get(&format!("{district} confirms"))?.clone();
                Deed::ConfirmAssessments(confirmer, street, period)
            }
            Event::Rate(planned) => {
                let actor = self.homes.get(planned.home)?.actor.clone();
                Deed::Rate(actor, id_of(planned.project)?, planned.month, planned.rating)
            }
        })
    }

    fn perform(&self, deeds: Vec<Deed>) -> Result<Vec<Made>> {
        let (context, reader) = (self.context(), self.reader());
        self.each(deeds, move |tx, deed| {
            Ok(match deed {
                Deed::TakeOver { ended, last_day, at, new } => {
                    let edit = ProjectEdit { ends_on: Some(Some(*last_day)), ..ProjectEdit::default() };
                    let ending = Warrant::operator(Operation::EditProject);
                    let held = hold(tx, &ending, ended, &Expected::Any, context.today())?;
                    project::edit(tx, &ending, &held, &edit, context)?;
                    Made::Project(*at, project::add(tx, &Warrant::operator(Operation::AddProject), new)?.0.id)
                }
                Deed::Draft(at, draft) => {
                    let (actor, new) = draft.as_ref();
                    let adding = Warrant::of(Operation::AddRecord, actor.clone())?;
                    let id = record::add(tx, &adding, new, context)?.0.record.id;
                    let submitting = adding.also(Operation::SubmitRecord)?;
                    let held = hold(tx, &submitting, &id, &Expected::Any, context.today())?;
                    record::submit(tx, &submitting, &held, &(), context)?;
                    Made::Record(*at, id)
                }
                Deed::Confirm(id, actor) => {
                    let confirming = Warrant::of(Operation::ConfirmRecord, actor.clone())?;
                    let held = hold(tx, &confirming, id, &Expected::Any, context.today())?;
                    record::confirm(tx, &confirming, &held, &(), context)?;
                    Made::Nothing
                }
                Deed::Assess(actor, key, new) => {
                    let assessing = Warrant::of(Operation::PutAssessment, actor.clone())?;
                    let held = find(tx.conn, &assessing, &key.project, context.today())?;
                    let of = (&held, key.period, key.assessor);
                    assessment::put(tx, &assessing, of, new, None, context)?;
                    Made::Nothing
                }
                Deed::ConfirmAssessments(actor, street, period) => {
                    let confirming = Warrant::of(Operation::ConfirmAssessments, actor.clone())?;
                    let held = find(tx.conn, &confirming, street, context.today())?;
                    let of = (&held, *period);
                    assessment::confirm_place_batch(tx, &confirming, of, &Expected::Any, context)?;
                    Made::Nothing
                }
                Deed::Rate(actor, project, month, new) => {
                    let leave = Warrant::of(Operation::PutRating, actor.clone())?;
                    match rating::put(tx, &reader, &leave, project, *month, None, new) {
                        // What waited from the month before is the household's rating of this one.
                        Ok(_) | Err(StoreError::Refused(Refusal::Conflict { .. })) => Made::Nothing,
                        Err(error) => return Err(error),
                    }
                }
            })
        })
    }

    fn takeovers(&self, events: &mut BTreeMap<NaiveDate, Vec<Event>>) {
        for (successor, planned) in self.plan.projects.iter().enumerate() {
            let before =
                successor.checked_sub(1).and_then(|ended| Some((ended, self.plan.projects.get(ended)?)));
            if let Some((ended, previous)) = before
                && previous.estate == planned.estate
            {
                events.entry(planned.starts_on).or_default().push(Event::TakeOver { ended, successor });
            }
        }
    }

    /// Community and street assess each quarter in the weeks after it, and before it is closed the
    /// district confirms what each street and its communities gave.
    fn assessments(&mut self, events: &mut BTreeMap<NaiveDate, Vec<Event>>) {
        let mut quarters: Vec<Period> = Vec::new();
        let last = Month::containing(self.plan.today);
        let months = Month::containing(self.plan.begins).zip(last).map(|(first, last)| first.to(last));
        for month in months.into_iter().flatten() {
            let quarter = Period::quarter_of(month);
            if quarter.last_day() < self.plan.today && !quarters.contains(&quarter) {
                quarters.push(quarter);
            }
        }
        for period in quarters {
            let confirmed = period.last_day().checked_add_days(Days::new(CONFIRMED_AFTER));
            let mut assessed: BTreeSet<String> = BTreeSet::new();
            for project in 0..self.plan.projects.len() {
                let Some(planned) = self.plan.projects.get(project) else { continue };
                let ran = planned.starts_on <= period.last_day()
                    && planned.ends_on.is_none_or(|end| end >= period.first_day());
                if !ran {
                    continue;
                }
                assessed.extend(self.plan.estates.get(planned.estate).map(|estate| estate.street.clone()));
                for assessor in [Assessor::Community, Assessor::Street] {
                    let after = Days::new(u64::try_from(self.dice.between(3, 24)).unwrap_or(3));
                    let day = period.last_day().checked_add_days(after).unwrap_or(self.plan.today);
                    if day <= self.plan.today {
                        events.entry(day).or_default().push(Event::Assess { project, period, assessor });
                    }
                }
            }
            if let Some(day) = confirmed.filter(|day| *day <= self.plan.today) {
                let confirm = |street| Event::ConfirmAssessments { street, period };
                events.entry(day).or_default().extend(assessed.into_iter().map(confirm));
            }
        }
    }

    fn assessment(&self, at: usize, period: Period, assessor: Assessor) -> Option<Deed> {
        let planned = self.plan.projects.get(at)?;
        let estate = self.plan.estates.get(planned.estate)?;
        let place = if assessor == Assessor::Community { &estate.community } else { &estate.street };
        // The same project and period give the same scores, whenever they are asked for.
        let seed = u64::try_from(at * 100).unwrap_or(0) + u64::from(period.first_month().number()) * 7;
        let mut dice = crate::demo::random::Dice::new(seed + u64::from(assessor == Assessor::Street));
        let (low, high) = planned.tier.assessed();
        let mut score = || Thousandths::from_stored(dice.between(low * 10, high * 10) * 100);
        let scores = AssessmentScores { service: score(), party: score() };
        Some(Deed::Assess(
            self.officials.get(place)?.clone(),
            AssessmentKey { project: self.projects.get(at).cloned().flatten()?, period, assessor },
            NewAssessment {
                scores,
                note: Some(dice.word(words::NOTES).to_owned()),
                evidence: vec![format!("演示检查表-{period}-{}", at + 1)],
                correction_reason: None,
            },
        ))
    }

    /// Firms answer one of six published comments.
    fn replies(&mut self) -> Result<()> {
        let usccs: Vec<String> = self.plan.firms.iter().map(|firm| firm.uscc.to_string()).collect();
        let mut replies = Vec::new();
        for uscc in usccs {
            let of = Of::Firm(uscc.clone());
            let window = Window { limit: 100, after: None, count: false };
            let listed =
                self.db.read_blocking(move |conn| review::list(conn, &of, &window, Language::Chinese))?;
            for review in listed.items.into_iter().step_by(6) {
                replies.push((uscc.clone(), review.id, self.dice.word(words::REPLIES)));
            }
        }
        let context = self.context();
        self.each(replies, move |tx, (uscc, review, text)| {
            let firm = actor("demo-firm", Role::Firm, None, Some(uscc), false);
            let replying = Warrant::of(Operation::PutReviewReply, firm)?;
            let held = find(tx.conn, &replying, review, context.today())?;
            let new = PutReviewReply { text: (*text).to_owned() };
            review::put_reply(tx, &replying, &held, None, &new, context).map(|_| ())
        })?;
        Ok(())
    }
}

/// A record is confirmed in a write after the one that drafts it.
fn steps(events: Vec<Event>) -> [Vec<Event>; 2] {
    let (later, first) = events.into_iter().partition(|event| matches!(event, Event::Confirm(..)));
    [first, later]
}
