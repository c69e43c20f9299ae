//! A grade in words and number, and what is behind it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use xinwu_domain::card::{Credit, PendingGrade};
use xinwu_domain::context::RequestContext;
use xinwu_domain::evaluation::{Evaluation, ItemSource, Outcome, ScoreItem};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Text;
use xinwu_persistence::credit::evaluation::{self, Question, Visibility};
use xinwu_persistence::credit::objection;
use xinwu_persistence::credit::scheme::{Rulebook, Rulebooks};
use xinwu_store::{Conn, Result as StoreResult, StoreError};

use super::Page;

/// So many lines are shown at once; more are folded.
const FEW: usize = 30;

/// A grade, or why there is none.
pub(super) struct Grade {
    pub state: State,
    pub code: Option<String>,
    /// What the grade is called.
    pub name: Option<String>,
    pub score: Option<Decimal>,
    pub since: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub pending: Option<PendingGrade>,
    pub scheme: Option<MadeBy>,
}

/// The rules by which it was made.
pub(super) struct MadeBy {
    pub title: String,
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Graded,
    /// It is graded, and the grade is contested.
    Disputed,
    /// Something is contested, and by these rules there is no grade meanwhile.
    Suspended,
    NotYet,
    Missing,
    NoScheme,
}

impl State {
    /// What stands in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            State::Graded => "graded",
            State::Disputed | State::Suspended => "disputed",
            State::NotYet | State::NoScheme => "not-yet",
            State::Missing => "missing",
        }
    }

    /// The state in words; a grade speaks for itself.
    pub(super) fn words(self, page: &Page) -> Option<&'static str> {
        match self {
            State::Graded => None,
            State::Disputed | State::Suspended => Some(page.t("异议处理中", "Under objection")),
            State::NotYet => Some(page.t("尚未评价", "Not yet graded")),
            State::Missing => Some(page.t("缺失", "Missing")),
            State::NoScheme => Some(page.t("尚无评分办法", "No rules yet")),
        }
    }

    /// What the state means.
    pub(super) fn meaning(self, page: &Page) -> Option<&'static str> {
        match self {
            State::Graded => None,
            State::Disputed => Some(page.t(
                "对该评价的异议正在处理。作出处理决定前，等级、名单及其后果照常有效。",
                "An objection to this grade is being dealt with. Until it is decided, the grade, the lists and what follows from them stay in force.",
            )),
            State::Suspended => Some(page.t(
                "异议正在处理，按评分办法的规定，处理期间暂不评定等级；名单及其后果照常有效。",
                "An objection is being dealt with, and by these rules there is no grade meanwhile. The lists and what follows from them stay in force.",
            )),
            State::NotYet => Some(page.t(
                "还没有等级，不代表好，也不代表不好。",
                "There is no grade yet. That says nothing for or against.",
            )),
            State::Missing => Some(page.t(
                "在经营而未参加信用评价。",
                "It operates and does not take part in credit evaluation.",
            )),
            State::NoScheme => Some(page.t(
                "本市尚未公布适用的评分办法。",
                "The city has not published rules for this yet.",
            )),
        }
    }
}

impl Grade {
    /// Of a firm's card.
    pub(super) fn of_firm(
        conn: &mut Conn,
        (page, rulebook): (&Page, &Rulebook),
        uscc: &str,
        credit: Credit,
    ) -> StoreResult<Grade> {
        let is_contested = match credit.scheme.as_deref() {
            Some(scheme) => objection::is_grade_contested(conn, uscc, scheme)?,
            None => false,
        };
        Ok(Grade::of(page, credit, rulebook, is_contested))
    }

    /// Of a project, whose grade by itself nobody contests.
    pub(super) fn of_project(page: &Page, credit: Credit, rulebook: &Rulebook) -> Grade {
        Grade::of(page, credit, rulebook, false)
    }

    fn of(page: &Page, credit: Credit, rulebook: &Rulebook, is_contested: bool) -> Grade {
        let made_by = credit.scheme.as_deref().zip(credit.scheme_version);
        let scheme = made_by.and_then(|(id, version)| version_of(rulebook, id, version));
        let state = match credit.outcome {
            // What is contested itself stays in force.
            Outcome::Suspended if credit.grade.is_some() => State::Disputed,
            Outcome::Suspended => State::Suspended,
            Outcome::Evaluated if is_contested => State::Disputed,
            Outcome::Evaluated => State::Graded,
            Outcome::NotEvaluated => State::NotYet,
            Outcome::Missing => State::Missing,
            Outcome::NoScheme => State::NoScheme,
        };
        Grade {
            state,
            name: scheme
                .zip(credit.grade.as_deref())
                .and_then(|(scheme, code)| name_of(scheme, code).map(|name| page.text(name).to_owned())),
            code: credit.grade,
            score: credit.score,
            since: credit.effective_from,
            reason: credit.reason,
            pending: credit.pending,
            scheme: scheme.map(|scheme| MadeBy {
                title: page.text(&scheme.title).to_owned(),
                path: format!("/schemes/{}/versions/{}", scheme.id, scheme.version),
            }),
        }
    }
}

fn version_of<'r>(rulebook: &'r Rulebook, id: &str, version: i32) -> Option<&'r Scheme> {
    let version = u32::try_from(version).ok()?;
    let found = rulebook.versions.iter().find(|each| each.scheme.id == id && each.scheme.version == version);
    found.map(|found| &*found.scheme)
}

/// What a scheme calls a grade.
fn name_of<'s>(scheme: &'s Scheme, code: &str) -> Option<&'s Text> {
    scheme.grades.iter().find(|grade| grade.code == code).map(|grade| &grade.name)
}

/// What is behind a grade: the items, which add up to the score.
pub(super) struct Behind {
    pub score: Decimal,
    /// Why this grade and not the next.
    pub why: String,
    pub parts: Vec<Part>,
    pub items: Vec<Item>,
    /// Records to which the scheme gives nothing.
    pub unmatched: usize,
}

/// A component that the score is made of.
pub(super) struct Part {
    pub name: String,
    pub value: Option<Decimal>,
    pub weight: Decimal,
}

/// One item of the score.
pub(super) struct Item {
    pub name: String,
    /// The record's page.
    pub path: Option<String>,
    pub notes: Vec<String>,
    pub contribution: Decimal,
    pub disputed: bool,
}

impl Behind {
    pub(super) fn is_long(&self) -> bool {
        self.items.len() > FEW
    }
}

/// Reads what is behind a subject's grade; `None` if there is no score. `estates` names the estates
/// of projects.
pub(super) fn behind(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    subject: &Subject,
    (page, context): (&Page, &RequestContext),
    estates: &HashMap<String, String>,
) -> StoreResult<Option<Behind>> {
    let question = Question::default();
    let evaluation =
        match evaluation::evaluate(conn, rulebooks, subject, &question, Visibility::Public, context.now) {
            Ok(evaluation) => evaluation,
            // No scheme is in force.
            Err(StoreError::Refused(Refusal::NotFound(_))) => return Ok(None),
            Err(error) => return Err(error),
        };
    let rulebook = rulebooks.during(conn)?;
    let version = i32::try_from(evaluation.scheme_version).unwrap_or(i32::MAX);
    let scheme = version_of(&rulebook, &evaluation.scheme, version);
    Ok(evaluation.score.map(|score| Behind {
        score,
        why: page.text(&evaluation.why.text).to_owned(),
        parts: scheme.map_or_else(Vec::new, |scheme| parts(page, &evaluation, scheme)),
        items: evaluation.items.iter().map(|item| line(page, item, estates)).collect(),
        unmatched: evaluation.unmatched.len(),
    }))
}

/// The parts that the score itself names, in the order of the scheme.
fn parts(page: &Page, evaluation: &Evaluation, scheme: &Scheme) -> Vec<Part> {
    let score = scheme.components.get(&scheme.score);
    let named = score.map_or_else(Vec::new, |score| score.source.parts());
    let part = |id: &str| {
        let component = evaluation.components.iter().find(|component| component.id == id)?;
        let weight = component.weight.filter(|weight| !weight.is_zero())?;
        Some(Part { name: page.text(&component.name).to_owned(), value: component.value, weight })
    };
    named.into_iter().filter_map(part).collect()
}

fn line(page: &Page, item: &ScoreItem, estates: &HashMap<String, String>) -> Item {
    let mut notes = Vec::new();
    let mut note = |zh: &str, en: &str, value: String| notes.push(format!("{} {value}", page.t(zh, en)));
    if let Some(estate) = item.project.as_ref().and_then(|project| estates.get(project)) {
        note("项目", "project", estate.clone());
    }
    match (item.source, &item.value) {
        (ItemSource::Ratings, Some(stars)) => note("服务得分", "service score", page.number(stars)),
        (ItemSource::Assessment, Some(value)) => note("评价得分", "assessed at", page.number(value)),
        (_, Some(value)) => note("数值", "value", page.number(value)),
        (_, None) => {}
    }
    if let Some(count) = item.count {
        note("评价份数", "ratings", page.count(&count));
    }
    if item.source == ItemSource::Record {
        note("分值", "points", page.signed(&item.points));
    }
    if let Some(until) = &item.counts_until {
        note("计入至", "counts until", page.day(until));
    }
    Item {
        name: page.text(&item.name).to_owned(),
        path: item
            .id
            .as_ref()
            .filter(|_| item.source == ItemSource::Record)
            .map(|id| format!("/records/{id}")),
        notes,
        contribution: item.contribution,
        disputed: item.disputed,
    }
}
