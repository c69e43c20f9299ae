//! What is kept of ratings, counted again from them, some projects at a time: a city has millions of voices, and no more than those of a few projects are held
//! in memory at once.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Difference, Progress, Report, unequal};
use crate::dialect::{HAS_VOICE, IS_SILENT};
use crate::schema::project;
use crate::{Conn, Result, month_close};

/// Projects whose ratings are read at once.
const PROJECTS: usize = 16;
/// Before and after every id: the ranges hold rows of projects that are not registered too.
const FIRST: &str = "";
const LAST: &str = "\u{10FFFF}";

const DIMENSIONS: [&str; 5] = ["cleaning", "security", "greening", "maintenance", "attitude"];

pub(super) fn check(conn: &mut Conn, report: &mut Report, progress: &Progress) -> Result<()> {
    let last_frozen = month_close::last_closed(conn)?.map_or(String::new(), |month| month.to_string());
    let last_shut = month_close::last_shut(conn)?.map_or(String::new(), |month| month.to_string());
    let checks = [
        ("rating_month", sums_of_months()),
        ("rating_day", voices_of_days()),
        ("rating_close", frozen_months(&last_frozen, last_shut.as_str().max(&last_frozen))),
        ("rating_burst", held_voices()),
        ("review", reviews()),
    ];
    let ids: Vec<String> = project::table.order(project::id).select(project::id).load(conn)?;
    let mut edges: Vec<&str> = vec![FIRST];
    edges.extend(ids.iter().skip(PROJECTS).step_by(PROJECTS).map(String::as_str));
    edges.push(LAST);
    report.checks.extend(checks.iter().map(|(name, _)| (*name).to_owned()));
    for (done, range) in edges.windows(2).enumerate() {
        let [from, until] = range else { continue };
        for (_, sql) in &checks {
            let found: Vec<Difference> =
                diesel::sql_query(sql).bind::<Text, _>(*from).bind::<Text, _>(*until).load(conn)?;
            report.add(found);
        }
        progress("ratings", done + 1, edges.len() - 1);
    }
    Ok(())
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
    // A month without a row has no voices, and one without voices may have a row.
    let both = list(&|(name, _)| {
        format!("coalesce(kept.{name}, 0) AS kept_{name}, coalesce(counted.{name}, 0) AS counted_{name}")
    });
    let names: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    format!(
        "WITH counted AS MATERIALIZED (SELECT project_id, month, {counted} FROM {ratings} GROUP BY project_id, month), \
         kept AS MATERIALIZED (SELECT * FROM rating_month WHERE project_id >= $1 AND project_id < $2), \
         pairs AS MATERIALIZED (SELECT coalesce(kept.project_id, counted.project_id) || '/' || coalesce(kept.month, counted.month) AS key, {both} \
         FROM kept FULL JOIN counted ON counted.project_id = kept.project_id AND counted.month = kept.month) {}",
        unequal("rating_month", "pairs", &names),
        ratings = ratings(),
    )
}

/// Voices by the day on which they were first given, whatever became of them.
fn voices_of_days() -> String {
    format!(
        "WITH counted AS MATERIALIZED (SELECT project_id, day, count(*) AS voices FROM {ratings} GROUP BY project_id, day), \
         kept AS MATERIALIZED (SELECT project_id, day, voices FROM rating_day WHERE project_id >= $1 AND project_id < $2), \
         pairs AS MATERIALIZED (SELECT coalesce(kept.project_id, counted.project_id) || '/' || coalesce(kept.day, counted.day) AS key, \
         coalesce(kept.voices, 0) AS kept_voices, coalesce(counted.voices, 0) AS counted_voices \
         FROM kept FULL JOIN counted ON counted.project_id = kept.project_id AND counted.day = kept.day) {}",
        unequal("rating_day", "pairs", &["voices"]),
        ratings = ratings(),
    )
}

/// Each closed month has one revision in force, with the figures that the ratings give now: whatever changed them after the close made a revision.
/// `last_frozen` and `last_shut` are months of the clock's own writing; between them a month is being frozen, and has rows for some projects only.
fn frozen_months(last_frozen: &str, last_shut: &str) -> String {
    format!(
        "WITH counted AS MATERIALIZED (SELECT project_id, month, count(*) FILTER (WHERE state = 'counted') AS voices, \
         coalesce(sum(overall) FILTER (WHERE state = 'counted'), 0) AS stars FROM {ratings} \
         WHERE month <= '{last_shut}' GROUP BY project_id, month), \
         kept AS MATERIALIZED (SELECT project_id, month, max(voices) FILTER (WHERE known_until IS NULL) AS voices, \
         max(stars) FILTER (WHERE known_until IS NULL) AS stars, count(*) FILTER (WHERE known_until IS NULL) AS in_force, \
         max(revision) - count(*) AS revisions_missing FROM rating_close WHERE project_id >= $1 AND project_id < $2 GROUP BY project_id, month), \
         pairs AS MATERIALIZED (SELECT coalesce(kept.project_id, counted.project_id) || '/' || coalesce(kept.month, counted.month) AS key, \
         kept.voices AS kept_voices, counted.voices AS counted_voices, kept.stars AS kept_stars, counted.stars AS counted_stars, \
         kept.in_force AS kept_in_force, 1 AS counted_in_force, kept.revisions_missing AS kept_revisions_missing, 0 AS counted_revisions_missing \
         FROM kept FULL JOIN counted ON counted.project_id = kept.project_id AND counted.month = kept.month \
         WHERE kept.month IS NOT NULL OR counted.month <= '{last_frozen}') {}",
        unequal("rating_close", "pairs", &["voices", "stars", "in_force", "revisions_missing"]),
        ratings = ratings(),
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
