//! What is published of ratings against what the rows say that are not forgotten yet, some projects
//! at a time. What differs is told by project and month, never by row.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::rating::StepTimes;
use xinwu_store::{Conn, Db, Result};

use super::{Difference, Progress, Report, paired, read, unequal};
use crate::city;
use crate::ratings::month_key::MonthKeys;
use crate::schema::project;

/// Projects whose ratings are read at once.
const PROJECTS: usize = 64;
/// Before and after every id: the ranges hold rows of projects that are not registered too.
const FIRST: &str = "";
const LAST: &str = "\u{10FFFF}";

const STARS: [&str; 5] = ["one", "two", "three", "four", "five"];
const DIMENSIONS: [&str; 5] = ["cleaning", "security", "greening", "maintenance", "attitude"];

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    for (name, _) in checks(&[]) {
        report.checks.push(name.to_owned());
    }
    let today = day_of(db.clock().now(), read(db, city::city)?.zone);
    let ids: Vec<String> =
        read(db, |conn| Ok(project::table.order(project::id).select(project::id).load(conn)?))?;
    let mut edges = vec![FIRST.to_owned()];
    edges.extend(ids.into_iter().skip(PROJECTS).step_by(PROJECTS));
    edges.push(LAST.to_owned());
    for (done, range) in edges.windows(2).enumerate() {
        let [from, until] = range else { continue };
        let (from, until) = (from.clone(), until.clone());
        report.add(read(db, move |conn| within(conn, &from, &until, today))?);
        progress("ratings", done + 1, edges.len() - 1);
    }
    Ok(())
}

/// What differs of the projects from `from` to before `until`.
fn within(conn: &mut Conn, from: &str, until: &str, today: NaiveDate) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    for (_, sql) in checks(&whole_months(conn, today)?) {
        let differing: Vec<Difference> =
            diesel::sql_query(sql).bind::<Text, _>(from).bind::<Text, _>(until).load(conn)?;
        found.extend(differing);
    }
    Ok(found)
}

/// The months all of whose rows are there: their key lives, and they are not being forgotten. In
/// the demo, where nothing rolls, a rating may be in a later month's increment than its own: none.
fn whole_months(conn: &mut Conn, today: NaiveDate) -> Result<Vec<Month>> {
    let city = city::city(conn)?;
    if city.figures == StepTimes::EveryMinute {
        return Ok(Vec::new());
    }
    let live = MonthKeys::months(conn)?.into_iter();
    Ok(live.filter(|month| city.forgotten_on(*month) > today).collect())
}

fn checks(months: &[Month]) -> [(&'static str, String); 5] {
    [
        ("rating_increment", increments()),
        ("rating_step", steps()),
        ("rating", once(months)),
        ("rating_burst", held()),
        ("review", reviews()),
    ]
}

/// A cell in which answers of at least `min_raters` households wait gets one increment, and none
/// has negative numbers: of each cell there are none or at least as many as its step needed, and of
/// a dimension their stars together are what so many can give.
fn increments() -> String {
    let mut selects = Vec::new();
    let mut add = |figure: &str, kept: &str, counted: &str, wrong: &str| {
        selects.push(format!(
            "SELECT 'rating_increment' AS kept_in, project_id || '/' || month AS key, '{figure}' AS figure, \
             CAST({kept} AS TEXT) AS kept, CAST({counted} AS TEXT) AS counted FROM rating_increment \
             WHERE project_id >= $1 AND project_id < $2 AND ({wrong})"
        ));
    };
    let stars = STARS.join(" + ");
    add("stars", &format!("({stars})"), "need", &format!("({stars}) BETWEEN 1 AND need - 1"));
    for figure in STARS {
        add(figure, figure, "0", &format!("{figure} < 0"));
    }
    for dimension in DIMENSIONS {
        let (count, sum) = (format!("{dimension}_count"), format!("{dimension}_sum"));
        add(&count, &count, "need", &format!("{count} <> 0 AND {count} < need"));
        add(&sum, &sum, &count, &format!("{sum} NOT BETWEEN {count} AND 5 * {count}"));
    }
    selects.join(" UNION ALL ")
}

/// An increment that a step made is one of a step that is there, and needed what that one did. An
/// increment of a burst has a morning of its own, and what a restore put back may be of a step that
/// the copy did not have.
fn steps() -> String {
    "SELECT 'rating_increment' AS kept_in, project_id || '/' || month AS key, 'need' AS figure, \
     CAST(rating_increment.need AS TEXT) AS kept, CAST(rating_step.need AS TEXT) AS counted FROM rating_increment \
     LEFT JOIN rating_step ON rating_step.step = rating_increment.step \
     WHERE project_id >= $1 AND project_id < $2 AND burst = '' AND NOT restored \
     AND rating_step.need IS DISTINCT FROM rating_increment.need"
        .to_owned()
}

/// "An answer enters one increment and never leaves it": as long as a month's rows are there, those
/// that are out are exactly its increments. What a burst held may count in the month after: they
/// are compared by the month in which it was set apart. What was published before a restore has no
/// rows. And a row is out in an increment that is there.
fn once(months: &[Month]) -> String {
    let mut figures: Vec<(String, String, String)> = (1..)
        .zip(STARS)
        .map(|(number, name)| {
            let out = format!("count(*) FILTER (WHERE published IS NOT NULL AND stars = {number})");
            (name.to_owned(), format!("sum({name})"), out)
        })
        .collect();
    for (bit, dimension) in DIMENSIONS.iter().enumerate() {
        let out = format!("FILTER (WHERE \"out\" & {} <> 0)", 1 << bit);
        let (count, sum) = (format!("{dimension}_count"), format!("{dimension}_sum"));
        figures.push((count.clone(), format!("sum({count})"), format!("count(*) {out}")));
        figures.push((sum.clone(), format!("sum({sum})"), format!("coalesce(sum({dimension}) {out}, 0)")));
    }
    let list = |each: &dyn Fn(&(String, String, String)) -> String| {
        figures.iter().map(each).collect::<Vec<_>>().join(", ")
    };
    let names: Vec<&str> = figures.iter().map(|(name, ..)| name.as_str()).collect();
    let months = months.iter().map(|month| format!("'{month}'")).collect::<Vec<_>>().join(", ");
    let months = if months.is_empty() { "NULL".to_owned() } else { months };
    let kept = format!(
        "SELECT made.project_id, coalesce(rating_burst.month, made.month) AS of_month, {} FROM rating_increment AS made \
         LEFT JOIN rating_burst ON rating_burst.id = made.burst \
         WHERE made.project_id >= $1 AND made.project_id < $2 AND NOT made.restored \
         AND coalesce(rating_burst.month, made.month) IN ({months}) \
         GROUP BY made.project_id, coalesce(rating_burst.month, made.month)",
        list(&|(name, kept, _)| format!("{kept} AS {name}")),
    );
    let of_month = "coalesce(rating_burst.month, out_of.published, out_of.month)";
    let counted = format!(
        "SELECT out_of.project_id, {of_month} AS of_month, {} FROM rating AS out_of \
         LEFT JOIN rating_burst ON rating_burst.id = out_of.burst \
         WHERE out_of.project_id >= $1 AND out_of.project_id < $2 AND (published IS NOT NULL OR \"out\" <> 0) \
         AND {of_month} IN ({months}) GROUP BY out_of.project_id, {of_month}",
        list(&|(name, _, counted)| format!("{counted} AS {name}")),
    );
    // A month in which nothing is out has neither.
    let none = list(&|(name, ..)| {
        format!("coalesce(kept_{name}, 0) AS kept_{name}, coalesce(counted_{name}, 0) AS counted_{name}")
    });
    format!(
        "{}, numbers AS (SELECT key, {none} FROM pairs) {} \
         UNION ALL SELECT 'rating' AS kept_in, project_id || '/' || published AS key, 'published' AS figure, \
         CAST(count(*) AS TEXT) AS kept, '0' AS counted FROM rating WHERE project_id >= $1 AND project_id < $2 \
         AND published IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rating_increment AS made \
         WHERE made.project_id = rating.project_id AND made.month = rating.published) GROUP BY project_id, published",
        paired(&kept, &counted, ["project_id", "of_month"], &names),
        unequal("rating_increment", "numbers", &names),
    )
}

/// A rating is held only by a burst that is open.
fn held() -> String {
    "SELECT 'rating' AS kept_in, project_id || '/' || month AS key, 'burst' AS figure, \
     CAST(count(*) AS TEXT) AS kept, '0' AS counted FROM rating WHERE project_id >= $1 AND project_id < $2 \
     AND burst IS NOT NULL AND published IS NULL AND NOT EXISTS (SELECT 1 FROM rating_burst \
     WHERE rating_burst.id = rating.burst AND rating_burst.project_id = rating.project_id \
     AND rating_burst.state IN ('held', 'released')) GROUP BY project_id, month"
        .to_owned()
}

/// "Reviews come out with the increment of their stars": there is none of a month without one.
fn reviews() -> String {
    format!(
        "SELECT 'review' AS kept_in, project_id || '/' || month AS key, 'increment' AS figure, \
         CAST(count(*) AS TEXT) AS kept, '0' AS counted FROM review WHERE project_id >= $1 AND project_id < $2 \
         AND NOT EXISTS (SELECT 1 FROM rating_increment AS made WHERE made.project_id = review.project_id \
         AND made.month = review.month AND {} > 0) GROUP BY project_id, month",
        STARS.join(" + ")
    )
}
