//! Builders of files, and the shipped schemes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use xinwu_domain::calendar::{Month, start_of_day};
use xinwu_domain::catalogue::{Catalogue, Level, Severity};
use xinwu_domain::evaluation::{
    Assessment, Closing, Dossier, Evaluation, Licence, MetricValue, Project, RatedIncrement, Record, Status,
    StatusFact, evaluate, sum_of_items,
};
use xinwu_domain::scheme::{Assessor, Scheme, SubjectKind, Through};
use xinwu_domain::word::Word;

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes")
}

pub fn catalogue() -> Catalogue {
    let text = std::fs::read_to_string(folder().join("catalogue.toml")).unwrap();
    Catalogue::read(&text, "catalogue.toml").unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub fn text_of(id: &str) -> String {
    std::fs::read_to_string(folder().join(id).join("1.toml")).unwrap()
}

pub fn scheme(id: &str) -> Scheme {
    let name = format!("{id}/1.toml");
    Scheme::read(&text_of(id), &name, &catalogue()).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
}

/// The ids of all shipped schemes.
pub fn ids() -> Vec<String> {
    let mut ids: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    ids.sort();
    ids
}

pub fn read_all() -> Vec<Scheme> {
    ids().iter().map(|id| scheme(id)).collect()
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Noon in Dalian on the day on which most vectors are graded: October is closed, the third quarter
/// is the last.
pub fn noon() -> DateTime<Utc> {
    at("2026-11-21T04:00:00Z")
}

pub fn long_ago() -> DateTime<Utc> {
    at("2020-01-01T00:00:00Z")
}

/// A file that is built fact by fact.
#[derive(Debug, Clone)]
pub struct Builder(pub Dossier);

pub fn firm() -> Builder {
    of(SubjectKind::Firm, "firm")
}

pub fn subject(kind: SubjectKind) -> Builder {
    of(kind, "subject")
}

/// An empty file of a city whose every month up to [`noon`] is closed.
fn of(kind: SubjectKind, id: &str) -> Builder {
    let mut file = Dossier::new(kind, id, chrono_tz::Asia::Shanghai);
    file.closings = closings(noon());
    Builder(file)
}

/// The months that are closed by an instant: each by the step of the next one's 1st, at 06:00.
pub fn closings(by: DateTime<Utc>) -> Vec<Closing> {
    let first: Month = "2025-01".parse().unwrap();
    let closing = |month: Month| {
        let day = month.next().unwrap().first_day();
        Closing { month, closed_at: start_of_day(day, chrono_tz::Asia::Shanghai) + TimeDelta::hours(6) }
    };
    first
        .to(Month::LAST.previous().unwrap())
        .map(closing)
        .take_while(|closing| closing.closed_at <= by)
        .collect()
}

pub fn record(catalogue: &Catalogue, category: &str, from: &str) -> Record {
    let known = catalogue.get(category).unwrap_or_else(|| panic!("no category {category}"));
    Record {
        id: String::new(),
        category: category.to_owned(),
        kind: known.kind,
        severity: known.usual_severity,
        level: None,
        project: None,
        through: Through::Own,
        branch: None,
        counts_from: day(from),
        counts_until: None,
        points: BTreeMap::new(),
        disputed: false,
        disputes: Vec::new(),
        repaired_at: None,
        known_from: long_ago(),
        known_until: None,
    }
}

impl Builder {
    pub fn with_record(self, category: &str, from: &str) -> Self {
        self.with(record(&catalogue(), category, from))
    }

    pub fn with_level(self, category: &str, level: Level) -> Self {
        self.with(Record { level: Some(level), ..record(&catalogue(), category, "2026-10-01") })
    }

    pub fn with_severity(self, category: &str, severity: Severity) -> Self {
        self.with(Record { severity, ..record(&catalogue(), category, "2026-10-01") })
    }

    pub fn with(mut self, mut record: Record) -> Self {
        if record.id.is_empty() {
            record.id = format!("record-{}", self.0.records.len() + 1);
        }
        self.0.records.push(record);
        self
    }

    pub fn with_project(mut self, id: &str, area: i64) -> Self {
        self.0.projects.push(Project {
            id: id.to_owned(),
            area: Decimal::from(area),
            households: u32::try_from(area / 100).unwrap(),
            starts_on: day("2020-01-01"),
            ends_on: None,
            known_from: long_ago(),
            known_until: None,
        });
        self
    }

    pub fn assessed(self, project: &str, assessor: Assessor, score: &str) -> Self {
        self.assessed_in("2026-Q3", project, assessor, score)
    }

    pub fn assessed_in(mut self, period: &str, project: &str, by: Assessor, score: &str) -> Self {
        self.0.assessments.push(Assessment {
            id: format!("{period}-{project}-{}", by.into_str()),
            project: project.to_owned(),
            period: period.parse().unwrap(),
            assessor: by,
            service: Some(decimal(score)),
            party: Some(decimal(score)),
            disputes: Vec::new(),
            known_from: long_ago(),
            known_until: None,
        });
        self
    }

    pub fn rated(mut self, project: &str, month: &str, count: u32, stars: u32) -> Self {
        self.0.increments.push(RatedIncrement {
            project: project.to_owned(),
            month: month.parse().unwrap(),
            count,
            stars,
            known_from: long_ago(),
        });
        self
    }

    pub fn measured(self, key: &str, value: &str) -> Self {
        self.figure(None, key, "2026-06-30", value)
    }

    pub fn measured_of(self, project: &str, key: &str, ends_on: &str, value: &str) -> Self {
        self.figure(Some(project), key, ends_on, value)
    }

    fn figure(mut self, project: Option<&str>, key: &str, ends_on: &str, value: &str) -> Self {
        self.0.metrics.push(MetricValue {
            project: project.map(str::to_owned),
            key: key.to_owned(),
            starts_on: None,
            ends_on: day(ends_on),
            value: decimal(value),
            known_from: long_ago(),
            known_until: None,
        });
        self
    }

    pub fn licensed(mut self, day_of_licence: &str) -> Self {
        let licensed_on = day(day_of_licence);
        self.0.licences = vec![Licence { licensed_on, known_from: long_ago(), known_until: None }];
        self
    }

    pub fn with_status(mut self, status: Status) -> Self {
        self.0.statuses.push(StatusFact {
            status,
            starts_on: day("2026-01-01"),
            ends_on: None,
            known_from: long_ago(),
            known_until: None,
        });
        self
    }

    pub fn graded(&self, scheme: &Scheme) -> Evaluation {
        self.graded_at(scheme, noon())
    }

    /// With the months closed that are by then.
    pub fn graded_at(&self, scheme: &Scheme, instant: DateTime<Utc>) -> Evaluation {
        let file = Dossier { closings: closings(instant), ..self.0.clone() };
        let evaluation = evaluate(scheme, &file, instant, instant);
        assert_eq!(
            sum_of_items(&evaluation),
            evaluation.score.unwrap_or_default(),
            "the items sum to the score"
        );
        evaluation
    }
}
