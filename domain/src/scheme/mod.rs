//! 评分办法: a city's rules as data. One TOML file is one version of one scheme; a city adopts its
//! own rules without a programmer. `schemes/README.md` explains the format to officials; this page
//! is the reference.
//!
//! [`Scheme::read`] reads a file strictly: what the format does not know is refused and never
//! ignored, and every [`Fault`] of a file is named with its line. Numbers are exact decimals, taken
//! from their text.
//!
//! # The header
//!
//! `format = 1`, `id`, `version`, `title`, `source`, `public_facts` and `own_numbers` (which
//! numbers are published and which are this project's own), `effective_from`, `place` (a place's
//! code: the rules are in force there and below, and grade nobody elsewhere), `subjects` and
//! `primary_for` (`firm`, `project`, `manager`), `applies_to` (of a scheme for projects alone:
//! `kinds` of estates and `operators`, all where one is left out), `announce_working_days` (how
//! long a new grade is announced before it takes effect; the keeper of grades applies it),
//! `disputed` (`counts` or `suspended`: what an open objection does to a record), `validity` (the
//! term of what names none), `score` (the component that is the score). Every text is
//! `{ zh = "…", en = "…" }`.
//!
//! # Components
//!
//! The score is a tree of `[[component]]`s with `id`, `name`, `kind`, and `at_least` and `at_most`
//! if it has a floor or a ceiling, and `required = true` if nobody is evaluated without it. Each is
//! part of one other at most.
//!
//! | `kind` | value | keys |
//! |---|---|---|
//! | `constant` | the same for all | `value` |
//! | `records` | points of rewards less points of penalties | `through` (`own`, `branch`, `project`), `[[component.group]]` |
//! | `assessments` | mean of officials' scores in the last closed periods (closed a month after they end) | `assessors`, `score` (`service`, `party`), `period` (`quarter`, `half`, `year`), `periods`, `minimum` |
//! | `residents` | `times` × (`prior_weight` × `prior` + stars) / (`prior_weight` + ratings) over closed months | `months`, `minimum`, `prior`, `prior_weight`, `times` |
//! | `metric` | the latest figure of a key, while it counts | `key`, `validity` (12 months), `missing` |
//! | `table` | the points of the last step that another's value reaches | `of`, `steps = [{ from, points }]` |
//! | `sum` | the parts, each multiplied | `parts = [{ of, times }]`, `without_sample` (`zero`, `not_evaluated`) |
//! | `weighted` | the parts by weights that sum to 1 | `parts = [{ of, weight }]`, `without_sample` (also `redistribute`) |
//! | `highest`, `lowest` | the best or worst part | `parts = ["…"]` |
//! | `roll_up` | another made for each project, brought together | `of`, `by` (`area`, `households`, `evenly`, `worst`), `projects` (`current`, `period`), `most_share`, `minimum` |
//!
//! Inside a roll-up, assessments, ratings, metrics and records are those of one project. Outside,
//! assessments and ratings are those of all projects in one pot, and metrics the subject's own. A
//! project has the assessments and ratings of the periods and months that its term touches. A
//! roll-up of the `period` takes every project that has any of these, also one that has ended, each
//! by its size at the end of each; where it is made of records or metrics too, or of periods and
//! months, it takes those that run, and those that have ended while any of these counts (records do
//! not keep one), each by its size now or when it ended. One of `current` projects takes those that
//! run, by their size now. With `most_share` no project weighs more than that share of what is
//! rolled up by `area` or `households`: the rest goes to the others by their sizes, and where there
//! are too few projects for it, all weigh the same. A manager's terms are the days of being in
//! charge. A project's metric is of the term that its period's last day lies in. A component has no
//! value where its sample is too small: fewer assessments, ratings or projects than `minimum`, or
//! no metric. A `sum` without any part that has one has none either.
//!
//! # Groups and items
//!
//! A group has `id`, `name`, `kind` (`reward`, `penalty`: its sign), `cap`, `highest_only`,
//! `level_times` (multipliers by level; a level not named counts once) and `validity`. Its
//! `[[component.group.item]]`s have `category` or `categories` of the
//! [catalogue](crate::catalogue), an `id` and a `name` (the first category's where they are left
//! out), `severities` and `levels` that narrow what matches, one of `points = 5` ·
//! `by_level = { state = 10, … }` · `by_severity = { minor = 1, … }` ·
//! `range = { from, to, reference }` (an officer's discretion), `count` (`each`, `once`,
//! `highest`), `cap`, `level_times`, `validity`, `longer_by`, `veto`. No two items of a component
//! match the same record.
//!
//! A record counts for its own term, else its item's, group's, scheme's: `"12 months"`,
//! `"90 days"`, `"2 years"`, `"calendar year"` (archived when the year ends) or `"forever"`. A
//! penalty counts at most as long as its severity may be public, unless its group or item cites in
//! `longer_by` the text that allows more.
//!
//! # Grades, rules, outcomes, constraints
//!
//! `[[grade]]`s (`code` of at most 16 characters, `name`, and `consequences` of having it) stand
//! best first. `[[band]]`s give them scores, from `from` (inclusive) or `above` (exclusive) to `to`
//! (inclusive) or `below` (exclusive), and must cover every score exactly once.
//!
//! A `[[rule]]` (`id`, `reason`, `when`) moves the grade (`at_most`, `at_least` or `grade`), puts
//! on a `list` (`red`, `black`) for as long as it holds, at the longest `list_validity` from its
//! latest record on, and has `consequences` (`code`, `text`, `effect`: `notice`, `restricted`,
//! `barred`; `amount` with `unit`; `up_to_months`). Rules apply in their order.
//!
//! A rule about records (`veto`, `records` with `at_least`, and `all` and `any` of such) can
//! outlast them: with `lasts = "24 months"` it applies, as a whole, until so long after the first
//! day of the last record that made it hold. And it can be lifted early: it no longer applies once
//! `lifted_when` holds, where `records` and `veto` look at those that began on that day or since,
//! whether or not their term has ended, and everything else is as it is now.
//!
//! An `[[outcome]]` (`outcome`: `not_evaluated`, `missing`, `suspended`; `when`, `reason`) takes
//! the score's place; the first that holds does.
//!
//! `when` is one of `{ all = [] }`, `{ any = [] }`, `{ not = {} }`, `{ veto = true }`,
//! `{ no_project = true }`, `{ status = "unregistered" }` (`no_residential_business`, `refuses`,
//! `under_objection`), `{ younger_than_months = 12 }`, `{ no_sample = "component" }`,
//! `{ score = { at_least, above, at_most, below } }`, `{ component = { id, at_least, … } }`,
//! `{ records = { kind, categories, severities, levels, within, disputed, at_least, at_most } }` (a
//! count of records in force; `within = "90 days"` takes those that began no longer ago). A
//! component that only conditions look at need not be part of the score.
//!
//! A `[[constraint]]` is what the scheme itself must satisfy: of the weight of `components`
//! together (Lanshan's party assessments of at least 0.30) or of each amount of a `consequence`
//! (Guancheng's subsidy of at most 30 fen), `at_least`, `above`, `at_most` or `below`. A weight has
//! these bounds in effect too, whatever has no sample: a component with a least weight must be
//! `required` (or never without a value), and one with a greatest must gain no other's.
//!
//! # Procedures
//!
//! A `[[procedure]]` (`kind`, `severities`: all where they are left out) says in `steps` who does
//! what with such records: `step` (`record`, `confirm`, `mark_objection`, `decide_objection`,
//! `repair`), `by` (`community`, `street`, `district`, `city`), `working_days`,
//! `complex_working_days`. The first that fits a record is its: [`Scheme::step`]. The primary
//! scheme for firms narrows by it who may take a step: [`Scheme::require_step`].
//!
//! `schemes/scheme.schema.json` is the same as a JSON Schema, for editors; what stands between the
//! parts only the reader checks.

mod check;
mod check_metrics;
mod check_rules;
mod document;
mod model;
mod procedure;
mod read;
mod read_components;
mod read_procedure;
mod read_records;
mod read_rules;
mod rules;
mod sources;

pub use document::{Document, Fault, Table};
pub use model::*;
pub use procedure::*;
pub use rules::*;
pub use sources::*;

use crate::text::Text;

fn text(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh.into(), en.into())
}
