//! What firms and projects report in figures: files of the city, confirmed by another official.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::import::{ImportFormat, ImportKind, ImportRows, Occasion, Run};
use xinwu_domain::metric::{Collection, MetricSubject, MetricSubjectKind, NewMetric, Sampling, SurveyMethod};
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Language;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::version::Expected;
use xinwu_persistence::credit::metric;
use xinwu_persistence::operations::import::{self, NewImport, SentFile};
use xinwu_persistence::registers::authorized::hold;
use xinwu_store::Result;

use crate::demo::fill::Fill;

/// Days after a month's end on which its file of fees is brought, and confirmed.
const REPORTED_AFTER: u64 = 12;
/// Days before today by whose half-month the surveys begin.
const SURVEYED: u64 = 62;
/// Of so many projects one reports nothing.
const SILENT: usize = 5;

impl Fill<'_> {
    /// Last year's figures of each firm.
    pub(super) fn metrics(&mut self) -> Result<()> {
        let Some(period) = Period::containing(PeriodKind::Year, self.plan.begins).and_then(Period::previous)
        else {
            return Ok(());
        };
        let usccs: Vec<String> = self.plan.firms.iter().map(|firm| firm.uscc.to_string()).collect();
        let mut all = Vec::new();
        for uscc in usccs {
            for (key, low, high) in
                [("fee_collection_rate", 62, 98), ("on_time_rate", 80, 99), ("years_in_business", 2, 24)]
            {
                all.push(NewMetric {
                    subject: Subject::firm(&uscc).into(),
                    key: key.to_owned(),
                    period,
                    value: Thousandths::from_stored(self.dice.between(low, high) * 1000),
                    source: "演示年报".to_owned(),
                    method: None,
                    known_from: None,
                });
            }
        }
        self.report(all, "演示年报")
    }

    /// The fee-collection rates of the month that ended so many days before, as most projects
    /// reported them: the better the project, the higher.
    pub(super) fn fees_on(&mut self, day: NaiveDate) -> Result<()> {
        let ended = day.checked_sub_days(Days::new(REPORTED_AFTER));
        let month = ended.and_then(|ended| Period::containing(PeriodKind::Month, ended));
        let Some(month) = month.filter(|month| Some(month.last_day()) == ended) else {
            return Ok(());
        };
        let mut all = Vec::new();
        for (at, (project, id)) in self.plan.projects.iter().zip(&self.projects).enumerate() {
            let ran = project.starts_on <= month.last_day()
                && project.ends_on.is_none_or(|end| end >= month.first_day());
            let Some(id) = id.as_ref().filter(|_| ran && at % SILENT != 0) else { continue };
            // No dice: the rest of the story stays as it is.
            let (low, high) = project.tier.assessed();
            let step = i64::try_from(at).unwrap_or_default() * 7 + i64::from(month.first_month().number());
            all.push(NewMetric {
                subject: Subject::project(id).into(),
                key: "fee_collection_rate".to_owned(),
                period: month,
                value: Thousandths::from_stored((low + step.rem_euclid(high - low + 1)) * 1000),
                source: "演示月报".to_owned(),
                method: None,
                known_from: None,
            });
        }
        self.report(all, "演示月报")?;
        self.surveys_of(month)
    }

    /// The survey of a month's second half in each estate and each district, and the month's joint
    /// meetings of the districts; of the last weeks alone.
    fn surveys_of(&mut self, month: Period) -> Result<()> {
        let oldest = self.plan.today.checked_sub_days(Days::new(SURVEYED)).unwrap_or_default();
        let half = Period::containing(PeriodKind::HalfMonth, month.last_day());
        let Some(half) = half.filter(|half| half.last_day() >= oldest) else { return Ok(()) };
        let mut all = Vec::new();
        let mut districts: BTreeMap<&String, usize> = BTreeMap::new();
        for (at, (planned, code)) in self.plan.estates.iter().zip(&self.estates).enumerate() {
            let value = i64::try_from(at % 12).unwrap_or_default() + 84;
            let estate = MetricSubject::new(MetricSubjectKind::Estate, code);
            all.push(survey(estate, half, planned.households, value));
            *districts.entry(&planned.district).or_default() += planned.households;
        }
        for ((code, households), value) in districts.into_iter().zip(80..) {
            let district = MetricSubject::new(MetricSubjectKind::Place, code);
            all.push(survey(district.clone(), half, households, value + 6));
            all.push(NewMetric {
                subject: district,
                key: "joint_meeting_rate".to_owned(),
                period: month,
                value: Thousandths::from_stored(value * 1000),
                source: "演示月报".to_owned(),
                method: None,
                known_from: None,
            });
        }
        self.report(all, "演示满意度调查")
    }

    /// A file of the city, which another official confirms.
    fn report(&mut self, all: Vec<NewMetric>, reason: &str) -> Result<()> {
        let context = self.context();
        let sending = Warrant::of(Operation::AddImport, self.official("2102")?)?;
        let confirming = Warrant::of(Operation::ConfirmImport, self.official("2102 confirms")?)?;
        let id = xinwu_store::Random.id();
        let new = NewImport {
            id: id.clone(),
            kind: ImportKind::Metrics,
            format: ImportFormat::Csv,
            run: Run::Real,
            occasion: Occasion::Usual,
            file: SentFile { reason: Some(reason.to_owned()), ..SentFile::default() },
        };
        let rows = i32::try_from(all.len()).unwrap_or(i32::MAX);
        let rows = ImportRows { read: rows, created: rows, ..ImportRows::default() };
        let opening = sending.clone();
        self.write(move |tx| import::open(tx, &opening, &new, Language::Chinese))?;
        let of = id.clone();
        self.each(all, move |tx, new| metric::stage(tx, &sending, &of, new, context).map(|_| ()))?;
        self.write(move |tx| {
            import::show_batch(tx, &id, &rows)?;
            let held = hold(tx, &confirming, &id, &Expected::Any, context.today())?;
            import::confirm(tx, &confirming, &held, &(), context)
        })?;
        Ok(())
    }
}

/// A survey of all households, of which half answered at the door; so many per cent are satisfied.
fn survey(subject: MetricSubject, half: Period, households: usize, value: i64) -> NewMetric {
    let population = u32::try_from(households).unwrap_or(u32::MAX).max(1);
    NewMetric {
        subject,
        key: "survey_satisfaction".to_owned(),
        period: half,
        value: Thousandths::from_stored(value * 1000),
        source: "演示社区满意度调查".to_owned(),
        method: Some(SurveyMethod {
            population,
            asked: population,
            answered: population.div_ceil(2),
            asked_from: half.first_day(),
            asked_to: half.last_day(),
            collection: Collection::InPerson,
            sampling: Sampling::All,
            excluded: 0,
            excluded_why: None,
            minimum: population.div_ceil(4),
        }),
        known_from: None,
    }
}
