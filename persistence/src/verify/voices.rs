//! What is kept of ratings, counted again from them, some projects at a time: a city has millions of voices, and no more than those of a few projects are held
//! in memory at once.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Difference, Progress, Report, paired, read, unequal};
use crate::dialect::{HAS_VOICE, IS_SILENT};
use crate::schema::project;
use crate::{Conn, Db, Result, month_close};

/// Projects whose ratings are read at once.
const PROJECTS: usize = 16;
/// Before and after every id: the ranges hold rows of projects that are not registered too.
const FIRST: &str = "";
const LAST: &str = "\u{10FFFF}";

const DIMENSIONS: [&str; 5] = ["cleaning", "security", "greening", "maintenance", "attitude"];

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    for (name, _) in checks("", "") {
        report.checks.push(name.to_owned());
    }
    let ids: Vec<String> =
        read(db, |conn| Ok(project::table.order(project::id).select(project::id).load(conn)?))?;
    let mut edges = vec![FIRST.to_owned()];
    edges.extend(ids.into_iter().skip(PROJECTS).step_by(PROJECTS));
    edges.push(LAST.to_owned());
    for (done, range) in edges.windows(2).enumerate() {
        let [from, until] = range else { continue };
        let (from, until) = (from.clone(), until.clone());
        report.add(read(db, move |conn| within(conn, &from, &until))?);
        progress("ratings", done + 1, edges.len() - 1);
    }
    Ok(())
}

/// What differs of the projects from `from` to before `until`.
fn within(conn: &mut Conn, from: &str, until: &str) -> Result<Vec<Difference>> {
    let last_frozen = month_close::last_closed(conn)?.map_or(String::new(), |month| month.to_string());
    let last_shut = month_close::last_shut(conn)?.map_or(String::new(), |month| month.to_string());
    let mut found = Vec::new();
    for (_, sql) in checks(&last_frozen, last_shut.as_str().max(&last_frozen)) {
        let differing: Vec<Difference> =
            diesel::sql_query(sql).bind::<Text, _>(from).bind::<Text, _>(until).load(conn)?;
        found.extend(differing);
    }
    Ok(found)
}

fn checks(last_frozen: &str, last_shut: &str) -> [(&'static str, String); 5] {
    [
        ("rating_month", sums_of_months()),
        ("rating_day", voices_of_days()),
        ("rating_close", frozen_months(last_frozen, last_shut)),
        ("rating_burst", held_voices()),
        ("review", reviews()),
    ]
}

/// The ratings of the projects from `$1` to `$2`, by the two indexes that have all of them between them.
fn ratings() -> String {
    let of_projects = "SELECT * FROM rating WHERE project_id >= $1 AND project_id < $2";
    format!("({of_projects} AND {HAS_VOICE} UNION ALL {of_projects} AND {IS_SILENT}) AS rating")
}

/// Sums by project and month: stars, held voices, and the five dimensions, of counted voices only.
fn sums_of_months() -> String {
    let stars = ["one", "two", "three", "four", "five"];
    let mut figures: Vec<(String, String)> = (1..)
        .zip(stars)
        .map(|(number, name)| {
            (name.to_owned(), format!("count(*) FILTER (WHERE state = 'counted' AND overall = {number})"))
        })
        .collect();
    figures.push(("held".to_owned(), "count(*) FILTER (WHERE state IN ('held', 'rejected'))".to_owned()));
    for dimension in DIMENSIONS {
        let counted = format!("FILTER (WHERE state = 'counted' AND {dimension} IS NOT NULL)");
        figures.push((format!("{dimension}_count"), format!("count(*) {counted}")));
        figures.push((format!("{dimension}_sum"), format!("coalesce(sum({dimension}) {counted}, 0)")));
    }
    let list =
        |each: &dyn Fn(&(String, String)) -> String| figures.iter().map(each).collect::<Vec<_>>().join(", ");
    let counted = list(&|(name, sum)| format!("{sum} AS {name}"));
    let names: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    let kept = format!(
        "SELECT project_id, month, {} FROM rating_month WHERE project_id >= $1 AND project_id < $2",
        names.join(", ")
    );
    // A month without a row has no voices, and one without voices may have a row.
    let none = list(&|(name, _)| {
        format!("coalesce(kept_{name}, 0) AS kept_{name}, coalesce(counted_{name}, 0) AS counted_{name}")
    });
    format!(
        "{}, numbers AS (SELECT key, {none} FROM pairs) {}",
        paired(
            &kept,
            &format!("SELECT project_id, month, {counted} FROM {} GROUP BY project_id, month", ratings()),
            ["project_id", "month"],
            &names
        ),
        unequal("rating_month", "numbers", &names),
    )
}

/// Voices by the day on which they were first given, whatever became of them.
fn voices_of_days() -> String {
    let kept = "SELECT project_id, day, voices FROM rating_day WHERE project_id >= $1 AND project_id < $2";
    let counted =
        format!("SELECT project_id, day, count(*) AS voices FROM {} GROUP BY project_id, day", ratings());
    format!(
        "{}, numbers AS (SELECT key, coalesce(kept_voices, 0) AS kept_voices, coalesce(counted_voices, 0) AS counted_voices FROM pairs) {}",
        paired(kept, &counted, ["project_id", "day"], &["voices"]),
        unequal("rating_day", "numbers", &["voices"]),
    )
}

/// Each closed month has one revision in force, with the figures that the ratings give now: whatever changed them after the close made a revision.
/// `last_frozen` and `last_shut` are months of the clock's own writing; between them a month is being frozen, and has rows for some projects only.
fn frozen_months(last_frozen: &str, last_shut: &str) -> String {
    let figures = ["voices", "stars", "in_force", "revisions_missing"];
    let kept = "SELECT project_id, month, max(voices) FILTER (WHERE known_until IS NULL) AS voices, \
                max(stars) FILTER (WHERE known_until IS NULL) AS stars, count(*) FILTER (WHERE known_until IS NULL) AS in_force, \
                max(revision) - count(*) AS revisions_missing FROM rating_close WHERE project_id >= $1 AND project_id < $2 GROUP BY project_id, month";
    let counted = format!(
        "SELECT project_id, month, count(*) FILTER (WHERE state = 'counted') AS voices, \
         coalesce(sum(overall) FILTER (WHERE state = 'counted'), 0) AS stars, 1 AS in_force, 0 AS revisions_missing \
         FROM {} WHERE month <= '{last_shut}' GROUP BY project_id, month",
        ratings()
    );
    // A row that is kept says how many of its revisions are in force. Its key ends with the month.
    format!(
        "{}, closed AS (SELECT key, kept_voices, counted_voices, kept_stars, counted_stars, kept_in_force, 1 AS counted_in_force, kept_revisions_missing, \
         0 AS counted_revisions_missing FROM pairs WHERE kept_in_force IS NOT NULL OR substr(key, length(key) - 6) <= '{last_frozen}') {}",
        paired(kept, &counted, ["project_id", "month"], &figures),
        unequal("rating_close", "closed", &figures),
    )
}

/// A voice is held only while the district has its day's burst to decide on.
fn held_voices() -> String {
    format!(
        "SELECT 'rating_burst' AS kept_in, project_id || '/' || day AS key, 'held' AS figure, NULL AS kept, CAST(count(*) AS TEXT) AS counted \
         FROM rating WHERE project_id >= $1 AND project_id < $2 AND {HAS_VOICE} AND state = 'held' AND NOT EXISTS \
         (SELECT 1 FROM rating_burst WHERE rating_burst.project_id = rating.project_id AND rating_burst.day = rating.day AND rating_burst.state = 'held') \
         GROUP BY project_id, day"
    )
}

/// A review that speaks says what its rating says. What it says is not told: it may be held for a phone number.
fn reviews() -> String {
    format!(
        "WITH pairs AS MATERIALIZED (SELECT review.id AS key, review.overall AS kept_overall, rating.overall AS counted_overall, \
         review.month AS kept_month, rating.month AS counted_month, review.project_id AS kept_project_id, rating.project_id AS counted_project_id, \
         'review' AS kept_comment, CASE WHEN rating.comment = review.comment THEN 'review' ELSE 'another' END AS counted_comment, \
         'speaks' AS kept_state, CASE WHEN rating.state IN ('counted', 'held', 'rejected') THEN 'speaks' ELSE rating.state END AS counted_state \
         FROM review LEFT JOIN rating ON rating.id = review.rating_id \
         WHERE review.project_id >= $1 AND review.project_id < $2 AND review.state IN ('published', 'held')) {}",
        unequal("review", "pairs", &["overall", "month", "project_id", "comment", "state"])
    )
}
