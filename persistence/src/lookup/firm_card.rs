//! Cards of firms.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use xinwu_domain::card::ProjectCounts;
use xinwu_domain::context::RequestContext;
use xinwu_domain::firm::{FirmCard, FirmCardSummary};
use xinwu_domain::kind::Kind;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::project::Area;
use xinwu_domain::rating::{Figures, ServiceFigures, Span};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result, StoreError, hot_among};

use crate::lookup::card::{Counts, Credits, CurrentGradeRow, KeptCounts, lists};
use crate::ratings::rating::{self, LastStep};
use crate::ratings::tally::kept_sums;
use crate::registers::firm::Row;
use crate::registers::firm::branch::links;
use crate::registers::firm::successor::successors;
use crate::schema::{current_grade, firm, firm_former_name, place, rating_step, tally};

/// What one statement gives of a firm.
#[derive(Queryable)]
struct Head {
    row: Row,
    place: Option<String>,
    counts: Option<KeptCounts>,
    related: RelatedRows,
    /// How many projects it runs today, and their area in square decimetres: two numbers in a text,
    /// or the projects would be gone through twice.
    projects: String,
    /// The same for every firm.
    last_step: Option<LastStep>,
    /// One of its grades: a firm with several has a row for each.
    current_grade: Option<CurrentGradeRow>,
}

/// Of which other tables a firm has rows: most have none, and need not be asked.
#[derive(Queryable)]
struct RelatedRows {
    former_names: bool,
    lists: bool,
    successors: bool,
    branches: bool,
}

impl Head {
    fn scheme(&self) -> Option<&str> {
        self.current_grade.as_ref().map(|current_grade| current_grade.scheme.as_str())
    }

    /// Whether there is nothing more to read for the firm's card.
    fn is_whole(&self, context: &RequestContext) -> bool {
        let RelatedRows { former_names, lists, successors, branches } = self.related;
        let sums = self.counts.as_ref().and_then(|counts| counts.sums.as_deref());
        !(former_names || lists || successors || branches) && kept_sums(sums, context.month()).is_some()
    }
}

/// A firm's card as lists show it, and what its own page needs besides.
struct Read {
    summary: FirmCardSummary,
    version: i64,
    retired_on: Option<NaiveDate>,
    sums: Option<String>,
    last_step: Option<LastStep>,
    related: RelatedRows,
}

/// A firm's card with the version of its register entry. `uscc` is as the register writes it.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::NotFound`].
pub fn card(conn: &mut Conn, uscc: &str, context: &RequestContext) -> Result<(FirmCard, i64)> {
    let usccs = [uscc.to_owned()];
    let heads = heads(conn, &usccs, context.today())?;
    whole(conn, &usccs, heads, context)
}

/// [`card`] by one statement: `None` if that is not enough.
pub fn card_single_statement(
    conn: &mut Conn,
    uscc: &str,
    context: &RequestContext,
) -> Result<Option<(FirmCard, i64)>> {
    let usccs = [uscc.to_owned()];
    let heads = heads(conn, &usccs, context.today())?;
    if heads.iter().all(|head| head.is_whole(context)) {
        whole(conn, &usccs, heads, context).map(Some)
    } else {
        Ok(None)
    }
}

fn whole(
    conn: &mut Conn,
    usccs: &[String],
    heads: Vec<Head>,
    context: &RequestContext,
) -> Result<(FirmCard, i64)> {
    let Read { summary, version, retired_on, sums, last_step, related } =
        summaries(conn, usccs, heads, context)?.into_iter().next().ok_or_else(|| Kind::Firm.not_found())?;
    let uscc: &str = &summary.uscc;
    let sums = match kept_sums(sums.as_deref(), context.month()) {
        Some(sums) => sums,
        None => rating::of_firms(conn, usccs, Span::usual(context.month()))?.remove(uscc).unwrap_or_default(),
    };
    let publication = rating::published(last_step, context);
    let service = ServiceFigures { figures: Figures::of(&sums), publication };
    let successors = if related.successors { successors(conn, uscc)? } else { Vec::new() };
    let links = if related.branches { links(conn, uscc)? } else { (None, Vec::new()) };
    Ok((summary.complete(service, successors, links, retired_on), version))
}

/// The cards of firms as lists show them, in the order of `usccs`; unknown ones are left out.
pub fn cards(conn: &mut Conn, usccs: &[String], context: &RequestContext) -> Result<Vec<FirmCardSummary>> {
    let heads = heads(conn, usccs, context.today())?;
    Ok(summaries(conn, usccs, heads, context)?.into_iter().map(|read| read.summary).collect())
}

fn summaries(
    conn: &mut Conn,
    usccs: &[String],
    mut heads: Vec<Head>,
    context: &RequestContext,
) -> Result<Vec<Read>> {
    let mut credits: HashMap<String, Credits> = HashMap::new();
    for head in &mut heads {
        if let Some(current_grade) = head.current_grade.take() {
            credits.entry(head.row.uscc.clone()).or_default().add(current_grade, context.language)?;
        }
    }
    heads.dedup_by(|later, first| later.row.uscc == first.row.uscc);
    let having = |what: fn(&RelatedRows) -> bool| -> Vec<String> {
        heads.iter().filter(|head| what(&head.related)).map(|head| head.row.uscc.clone()).collect()
    };
    let mut former = former_names(conn, &having(|related| related.former_names))?;
    let mut lists = lists(conn, SubjectKind::Firm, &having(|related| related.lists), context)?;
    let mut heads: HashMap<String, Head> =
        heads.into_iter().map(|head| (head.row.uscc.clone(), head)).collect();
    let mut cards = Vec::with_capacity(usccs.len());
    for uscc in usccs {
        let Some(Head { row, place, mut counts, related, projects, last_step, .. }) = heads.remove(uscc)
        else {
            continue;
        };
        let credits = match credits.remove(uscc) {
            Some(credits) => credits,
            None => Credits::without_current_grade(conn, SubjectKind::Firm)?,
        };
        let sums = counts.as_mut().and_then(|counts| counts.sums.take());
        let counts = Counts::of(counts.as_ref());
        let updated_at = row.updated_at.and_utc();
        let (version, retired_on) = (row.version, row.retired_on.map(|day| day.0));
        let summary = FirmCardSummary {
            status: row.status.0,
            uscc: row.uscc,
            name: row.name,
            short_name: row.short_name,
            former_names: former.remove(uscc).unwrap_or_default(),
            registered_place: NamedPlace { code: row.registered_place, name: place.unwrap_or_default() },
            demo: row.demo,
            // Never the time of a rating, which could name the rater.
            updated_at: credits.primary.effective_from.map_or(updated_at, |at| at.max(updated_at)),
            credit: credits.primary,
            other_credits: credits.others,
            service: counts.service,
            records: counts.records,
            lists: lists.remove(uscc).unwrap_or_default(),
            projects: counted(&projects)?,
        };
        cards.push(Read { summary, version, retired_on, sums, last_step, related });
    }
    Ok(cards)
}

/// One statement for whatever is one row of a firm, and its grades, of which most have one: on
/// PostgreSQL each statement more is a round trip. By firm, then by scheme.
fn heads(conn: &mut Conn, usccs: &[String], today: NaiveDate) -> Result<Vec<Head>> {
    let counts = tally::subject_kind.eq(Col(SubjectKind::Firm)).and(tally::subject_id.eq(firm::uscc));
    // In SQL: diesel goes through what it writes itself several times for each run.
    let related = (
        sql::<Bool>("EXISTS (SELECT 1 FROM firm_former_name WHERE firm_former_name.uscc = firm.uscc)"),
        sql::<Bool>(
            "EXISTS (SELECT 1 FROM list_entry WHERE subject_kind = 'firm' AND subject_id = firm.uscc)",
        ),
        sql::<Bool>("EXISTS (SELECT 1 FROM firm_successor WHERE firm_successor.uscc = firm.uscc)"),
        sql::<Bool>(
            "EXISTS (SELECT 1 FROM firm_branch WHERE known_until IS NULL AND (branch = firm.uscc OR parent = firm.uscc))",
        ),
    );
    // Added up by the database: a large firm has some hundred. Its own sum of such a column would
    // be a decimal.
    let projects = sql::<Text>(
        "(SELECT count(*) || ' ' || COALESCE(CAST(sum(area_dm2) AS BIGINT), 0) FROM project \
         WHERE project.uscc = firm.uscc AND project.retired_on IS NULL AND starts_on <= ",
    )
    .bind::<Text, _>(Col(today))
    .sql(" AND (ends_on IS NULL OR ends_on >= ")
    .bind::<Text, _>(Col(today))
    .sql("))");
    let grade =
        current_grade::subject_kind.eq(Col(SubjectKind::Firm)).and(current_grade::subject_id.eq(firm::uscc));
    let mut heads: Vec<Head> = hot_among!(conn, usccs => [these = firm::uscc], firm::table
        .left_join(place::table.on(place::code.eq(firm::registered_place)))
        .left_join(tally::table.on(counts))
        .left_join(rating_step::table.on(rating_step::step.nullable().eq(rating::last_step())))
        .left_join(current_grade::table.on(grade))
        .filter(these)
        .select((
            Row::as_select(),
            place::name.nullable(),
            Option::<KeptCounts>::as_select(),
            related,
            projects,
            Option::<LastStep>::as_select(),
            Option::<CurrentGradeRow>::as_select(),
        )) => load)?;
    heads.sort_by(|a, b| (&a.row.uscc, a.scheme()).cmp(&(&b.row.uscc, b.scheme())));
    Ok(heads)
}

fn counted(projects: &str) -> Result<ProjectCounts> {
    let numbers = |(count, hundredths): (&str, &str)| Some((count.parse().ok()?, hundredths.parse().ok()?));
    let (count, hundredths) = projects
        .split_once(' ')
        .and_then(numbers)
        .ok_or_else(|| StoreError::internal(format!("projects were counted as {projects}")))?;
    Ok(ProjectCounts { count, area_m2: Area::from_hundredths(hundredths) })
}

fn former_names(conn: &mut Conn, usccs: &[String]) -> Result<HashMap<String, Vec<String>>> {
    if usccs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, String)> = hot_among!(conn, usccs => [these = firm_former_name::uscc], firm_former_name::table
        .filter(these)
        .order((firm_former_name::used_until.desc(), firm_former_name::name))
        .select((firm_former_name::uscc, firm_former_name::name)) => load)?;
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for (uscc, name) in rows {
        names.entry(uscc).or_default().push(name);
    }
    Ok(names)
}
