//! Which facts of a dossier count at an instant, and when time alone changes that.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::dossier::{
    Assessment, Branch, Closing, Dispute, Dossier, Licence, MetricValue, Project, Record, Status, StatusFact,
};
use crate::calendar::{Month, Period, PeriodKind, day_of, start_of_day};
use crate::catalogue::RecordKind;
use crate::record::publicity::longest;
use crate::scheme::{Assessor, Disputed, Item, Scheme, Source, SubjectKind, Window};

/// The instant of an evaluation: whose state, with whose knowledge.
pub(super) struct Moment {
    pub(super) as_of: DateTime<Utc>,
    pub(super) known_at: DateTime<Utc>,
    pub(super) zone: Tz,
    /// The day of `as_of` in the city.
    pub(super) today: NaiveDate,
    next_change: Cell<Option<DateTime<Utc>>>,
    /// The earliest day to come of those that were noted.
    next_day: Cell<Option<NaiveDate>>,
}

impl Moment {
    pub(super) fn new(as_of: DateTime<Utc>, known_at: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            as_of,
            known_at,
            zone,
            today: day_of(as_of, zone),
            next_change: Cell::new(None),
            next_day: Cell::new(None),
        }
    }

    /// Notes an instant at which something begins or ends.
    fn change(&self, at: DateTime<Utc>) {
        if at > self.as_of && self.next_change.get().is_none_or(|next| at < next) {
            self.next_change.set(Some(at));
        }
    }

    /// Notes a day with whose beginning something changes.
    pub(super) fn change_on(&self, day: NaiveDate) {
        // Most days are over, or later than one that was noted: for them the zone's tables need not
        // be asked.
        if day > self.today && self.next_day.get().is_none_or(|next| day < next) {
            self.next_day.set(Some(day));
            self.change(start_of_day(day, self.zone));
        }
    }

    pub(super) fn next_change(&self) -> Option<DateTime<Utc>> {
        self.next_change.get()
    }

    /// Whether the days from `first` to `last` (inclusive) hold `as_of`; both ends are noted as
    /// changes.
    pub(super) fn within(&self, first: NaiveDate, last: Option<NaiveDate>) -> bool {
        self.change_on(first);
        let after = last.and_then(|last| last.succ_opt());
        if let Some(after) = after {
            self.change_on(after);
        }
        first <= self.today && after.is_none_or(|after| self.today < after)
    }

    /// Whether one of the objections was open at `as_of`. What is not known yet has neither begun
    /// nor ended.
    fn disputed(&self, disputes: &[Dispute]) -> bool {
        let mut disputed = false;
        for dispute in disputes.iter().filter(|dispute| dispute.opened_at <= self.known_at) {
            let closed_at = dispute.closed_at.filter(|closed_at| *closed_at <= self.known_at);
            self.change(dispute.opened_at);
            if let Some(closed_at) = closed_at {
                self.change(closed_at);
            }
            disputed |=
                dispute.opened_at <= self.as_of && closed_at.is_none_or(|closed_at| self.as_of < closed_at);
        }
        disputed
    }

    /// Whether the record was put right by `as_of`, as far as is known.
    fn repaired(&self, record: &Record) -> bool {
        let at = record.repaired_at.filter(|at| *at <= self.known_at);
        if let Some(at) = at {
            self.change(at);
        }
        at.is_some_and(|at| at <= self.as_of)
    }

    /// Whether what is published at an instant is published: by `as_of`, and known. One that lies
    /// between the two is noted as a change.
    pub(super) fn published(&self, at: DateTime<Utc>) -> bool {
        if at <= self.known_at {
            self.change(at);
        }
        at <= self.as_of.min(self.known_at)
    }

    /// The last months of `closings`, the latest first: "Evaluations: the twelve months whose
    /// closing step (that of the 1st) was by `as_of`". When the next is closed is not known before:
    /// it comes as a fact.
    pub(super) fn closed_months(&self, closings: &[Closing], count: u32) -> Vec<Month> {
        let closed = closings.iter().filter(|closing| self.published(closing.closed_at));
        let last = closed.map(|closing| closing.month).max();
        std::iter::successors(last, |month| month.previous()).take(size(count)).collect()
    }

    /// The last periods of a kind that are closed for assessment, the latest first. The last one
    /// counts until the next is closed.
    pub(super) fn closed_periods(&self, kind: PeriodKind, count: u32) -> Vec<Period> {
        let last = Period::last_closed(kind, self.today);
        let first = Period::containing(kind, Month::FIRST.first_day());
        if let Some(next) = last.map_or(first, Period::next) {
            self.change_on(next.closes_on());
        }
        std::iter::successors(last, |period| period.previous()).take(size(count)).collect()
    }

    /// The rows known at `known_at`, one of each fact, in an order that does not depend on the
    /// dossier's. What is learnt later plays no part, not even in when something changes:
    /// [`Dossier::next_learnt`] tells that.
    fn known<'f, R: Row>(&self, rows: &'f [R]) -> Vec<&'f R> {
        let mut known: Vec<&R> = Vec::new();
        for row in rows {
            let (from, until) = row.known();
            if from <= self.known_at && until.is_none_or(|until| self.known_at < until) {
                known.push(row);
            }
        }
        // The row known last comes first and is kept. Two rows of a fact known at the same instant
        // would be a fault of the dossier; the order must not decide between them all the same.
        known.sort_by(|a, b| {
            a.key()
                .cmp(&b.key())
                .then(b.known().0.cmp(&a.known().0))
                .then_with(|| format!("{:?}", a.said()).cmp(&format!("{:?}", b.said())))
        });
        known.dedup_by(|a, b| a.key() == b.key());
        known
    }

    /// The first and last days of what a window shows, the latest first.
    pub(super) fn spans(&self, closings: &[Closing], window: Window) -> Vec<(NaiveDate, NaiveDate)> {
        match window {
            Window::Periods(kind, count) => {
                let periods = self.closed_periods(kind, count).into_iter();
                periods.map(|period| (period.first_day(), period.last_day())).collect()
            }
            Window::Months(count) => {
                let months = self.closed_months(closings, count).into_iter();
                months.map(|month| (month.first_day(), month.last_day())).collect()
            }
        }
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A row with its identity and the time for which it is known.
trait Row: std::fmt::Debug + Sized {
    type Key<'a>: Ord
    where
        Self: 'a;
    fn key(&self) -> Self::Key<'_>;
    fn known(&self) -> (DateTime<Utc>, Option<DateTime<Utc>>);
    /// The row as it was when it became known, without what happened to it since.
    fn said(&self) -> Self;
}

macro_rules! row {
    ($row:ident, $key:ty, $self:ident => $identity:expr $(, $since:ident)*) => {
        impl Row for $row {
            type Key<'a> = $key;
            fn key(&$self) -> Self::Key<'_> {
                $identity
            }
            fn known(&self) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
                (self.known_from, self.known_until)
            }
            fn said(&self) -> Self {
                Self { known_until: None, $($since: Default::default(),)* ..self.clone() }
            }
        }
    };
}

row!(Record, (NaiveDate, &'a str), self => (self.counts_from, self.id.as_str()), disputes, repaired_at);
row!(Project, (&'a str, NaiveDate), self => (self.id.as_str(), self.starts_on));
row!(Assessment, (Period, &'a str, Assessor), self => (self.period, &self.project, self.assessor), disputes);
row!(MetricValue, (&'a str, Option<&'a str>, NaiveDate, Option<NaiveDate>), self => (&self.key, self.project.as_deref(), self.ends_on, self.starts_on));
row!(Branch, &'a str, self => &self.branch);
row!(Licence, (), self => ());
row!(StatusFact, (Status, NaiveDate), self => (self.status, self.starts_on));

/// A record with what the scheme makes of it.
pub(super) struct KnownRecord<'f> {
    pub(super) record: &'f Record,
    /// Whether it is in force now: within its term, and not suspended.
    pub(super) in_force: bool,
    /// The last day of its term.
    pub(super) last_day: Option<NaiveDate>,
    /// Whether an objection suspends it.
    pub(super) suspended: bool,
    /// Whether a veto item matches it.
    pub(super) veto: bool,
    /// Whether an objection was open at the instant, as far as is known.
    pub(super) disputed: bool,
}

/// An assessment with what became of it.
pub(super) struct KnownAssessment<'f> {
    pub(super) assessment: &'f Assessment,
    /// Whether an objection was open at the instant, as far as is known.
    pub(super) disputed: bool,
    /// Whether that suspends it.
    pub(super) suspended: bool,
}

/// A project's terms, current and past, and its sizes.
#[derive(Default)]
pub(super) struct Terms<'f> {
    /// The terms as they are known.
    pub(super) terms: Vec<&'f Project>,
    /// What was known of it at any time until now, by when it became known: its sizes then.
    sizes: Vec<&'f Project>,
}

impl<'f> Terms<'f> {
    /// Whether one of the terms touches the days from `first` to `last`, both included.
    pub(super) fn touch(&self, (first, last): (NaiveDate, NaiveDate)) -> bool {
        let mut terms = self.terms.iter();
        terms.any(|term| term.starts_on <= last && term.ends_on.is_none_or(|end| first <= end))
    }

    /// The last day of its terms until `today`: today's own while one runs. None before the first.
    pub(super) fn last_day(&self, today: NaiveDate) -> Option<NaiveDate> {
        let started = self.terms.iter().filter(|term| term.starts_on <= today);
        started.map(|term| term.ends_on.map_or(today, |end| end.min(today))).max()
    }

    /// The project with the size that it had at an instant: as the register knew it then. What was
    /// registered only later has the size that it had within a month of that, so that what was
    /// entered wrongly and put right counts as it was put right.
    pub(super) fn at(&self, instant: DateTime<Utc>) -> Option<&'f Project> {
        let first = self.sizes.first()?.known_from;
        let within_a_month = first.checked_add_signed(TimeDelta::days(31)).unwrap_or(first);
        let by = if first <= instant { instant } else { within_a_month };
        self.sizes.iter().take_while(|row| row.known_from <= by).last().copied()
    }
}

/// What is known of a dossier and counts.
pub(super) struct Facts<'f> {
    pub(super) dossier: &'f Dossier,
    pub(super) moment: Moment,
    pub(super) records: Vec<KnownRecord<'f>>,
    /// Current projects by id.
    pub(super) projects: Vec<&'f Project>,
    /// All projects that are known, by id.
    pub(super) terms: BTreeMap<&'f str, Terms<'f>>,
    pub(super) assessments: Vec<KnownAssessment<'f>>,
    pub(super) metrics: Vec<&'f MetricValue>,
    pub(super) statuses: Vec<Status>,
    /// Since when the subject is: a firm's licence, a project's and a manager's first term. Unknown
    /// is long ago.
    pub(super) began_on: Option<NaiveDate>,
    /// Whether the firm is a branch that the scheme rolls up to its parent.
    pub(super) rolled_up: bool,
}

impl<'f> Facts<'f> {
    pub(super) fn new(scheme: &Scheme, dossier: &'f Dossier, moment: Moment) -> Self {
        let mut known = moment.known(&dossier.records);
        // A correction may move a record's day, which is part of its key: keep the row known last.
        known.sort_by(|a, b| a.id.cmp(&b.id).then(b.known_from.cmp(&a.known_from)));
        known.dedup_by(|a, b| a.id == b.id);
        known.sort_by_key(|record| (record.counts_from, record.id.as_str()));
        known.retain(|record| !moment.repaired(record));
        // The branches that the scheme rolls up: those of parents in its place. A branch of a firm
        // elsewhere stands alone.
        let branches =
            moment.known(&dossier.branches).into_iter().filter(|row| moment.within(row.since, None));
        let branches: Vec<&Branch> = branches.filter(|row| scheme.rolls_up(row)).collect();
        let is_rolled_up = |branch: &str| branches.iter().any(|row| row.branch == branch);
        known.retain(|record| record.branch.as_deref().is_none_or(is_rolled_up));
        let rolled_up = dossier.subject == SubjectKind::Firm && is_rolled_up(&dossier.id);
        let known_projects = moment.known(&dossier.projects);
        let mut terms: BTreeMap<&str, Terms<'_>> = BTreeMap::new();
        for project in &known_projects {
            terms.entry(&project.id).or_default().terms.push(project);
        }
        for row in dossier.projects.iter().filter(|row| row.known_from <= moment.known_at) {
            if let Some(terms) = terms.get_mut(row.id.as_str()) {
                terms.sizes.push(row);
            }
        }
        for terms in terms.values_mut() {
            terms.sizes.sort_by_key(|row| (row.known_from, row.starts_on, row.area, row.households));
        }
        let began_on = match dossier.subject {
            SubjectKind::Firm => moment.known(&dossier.licences).first().map(|row| row.licensed_on),
            SubjectKind::Project | SubjectKind::Manager => {
                known_projects.iter().map(|project| project.starts_on).min()
            }
        };
        // A manager may have been in charge twice, so a term is a fact of its own; a project is
        // current once.
        let mut projects: Vec<&Project> =
            known_projects.into_iter().filter(|row| moment.within(row.starts_on, row.ends_on)).collect();
        projects.sort_by(|a, b| a.id.cmp(&b.id).then(b.known_from.cmp(&a.known_from)));
        projects.dedup_by(|a, b| a.id == b.id);
        let records = known.into_iter().map(|record| know(scheme, record, &moment)).collect();
        let statuses = moment.known(&dossier.statuses);
        let statuses = statuses.into_iter().filter(|row| moment.within(row.starts_on, row.ends_on));
        let statuses = statuses.map(|row| row.status).collect();
        let assessments = moment.known(&dossier.assessments).into_iter();
        let assessments = assessments.map(|assessment| {
            let disputed = moment.disputed(&assessment.disputes);
            let suspended = disputed && scheme.disputed == Disputed::Suspended;
            KnownAssessment { assessment, disputed, suspended }
        });
        let assessments = assessments.collect();
        let metrics = moment.known(&dossier.metrics);
        Self {
            dossier,
            moment,
            records,
            projects,
            terms,
            assessments,
            metrics,
            statuses,
            began_on,
            rolled_up,
        }
    }
}

/// The term of a record under an item: its own, else the item's (which has the group's or the
/// scheme's where it has none). A penalty counts no longer than its severity may be public, so that
/// no hidden line lowers a public grade; where the scheme cites what allows more, as long as its
/// item says.
pub(super) fn last_day(record: &Record, item: Option<&Item>, scheme: &Scheme) -> Option<NaiveDate> {
    let by_scheme = item.map_or(scheme.validity, |item| item.validity).last_day(record.counts_from);
    let term = record.counts_until.or(by_scheme);
    let most = match record.kind {
        RecordKind::Reward => None,
        RecordKind::Penalty => {
            let longest = longest(record.severity, record.counts_from);
            match item.is_some_and(|item| item.longer_by.is_some()) {
                true => by_scheme.map(|by_scheme| by_scheme.max(longest)),
                false => Some(longest),
            }
        }
    };
    term.into_iter().chain(most).min()
}

fn know<'f>(scheme: &Scheme, record: &'f Record, moment: &Moment) -> KnownRecord<'f> {
    let items: Vec<&Item> = scheme
        .components
        .values()
        .filter_map(|component| match &component.source {
            Source::Records(records) if records.through.contains(&record.through) => {
                Some(records.groups.iter().flat_map(|group| &group.items))
            }
            _ => None,
        })
        .flatten()
        .filter(|item| item.matches(&record.category, record.severity, record.level))
        .collect();
    let veto = items.iter().any(|item| item.veto);
    let last = last_day(record, items.first().copied(), scheme);
    let disputed = record.disputed | moment.disputed(&record.disputes);
    let suspended = disputed && scheme.disputed == Disputed::Suspended;
    let in_force = moment.within(record.counts_from, last) && !suspended;
    KnownRecord { record, in_force, last_day: last, suspended, veto, disputed }
}
