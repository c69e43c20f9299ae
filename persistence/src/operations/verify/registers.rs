//! What is kept twice of the registers and of the history of grades, and what refers to what.

use xinwu_store::{Db, Result};

use super::{Progress, Report, differing, read, unequal};

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    let checks = [
        ("place_ancestor", ancestors()),
        ("place_parent_history", parents()),
        (
            "firm_fact",
            facts("firm", "firm", "uscc", "uscc", &["status", "participates", "residential", "licensed_on"]),
        ),
        (
            "project_fact",
            facts(
                "project",
                // Of one that is retired nothing is known any more.
                "(SELECT * FROM project WHERE retired_on IS NULL)",
                "id",
                "project_id",
                &["operator", "uscc", "manager_id", "starts_on", "ends_on", "area_dm2", "households"],
            ),
        ),
        ("current grade against history", current_grades()),
        ("announced grade against history", announcements()),
        ("evaluation", sequences()),
        ("record_revision", revisions()),
        ("references", references()),
    ];
    let parts = checks.len();
    for (done, (name, sql)) in checks.into_iter().enumerate() {
        report.add(read(db, move |conn| differing(conn, &sql))?);
        report.checks.push(name.to_owned());
        progress("registers", done + 1, parts);
    }
    Ok(())
}

/// Each place with itself and all above it. A tree has four levels; a circle would end at sixteen.
/// Both sides are grouped and not joined: SQLite has no index for a full join, and would compare
/// each of some 8,000 rows with each.
fn ancestors() -> String {
    format!(
        "WITH RECURSIVE above(place, ancestor, distance) AS (SELECT code, code, 0 FROM place UNION ALL \
         SELECT above.place, place.parent, above.distance + 1 FROM above JOIN place ON place.code = above.ancestor \
         WHERE place.parent IS NOT NULL AND above.distance < 16), \
         both_sides(place, ancestor, kept, counted) AS (SELECT place, ancestor, distance, CAST(NULL AS INTEGER) FROM place_ancestor \
         UNION ALL SELECT place, ancestor, CAST(NULL AS INTEGER), distance FROM above), \
         pairs AS (SELECT place || '/' || ancestor AS key, max(kept) AS kept_distance, max(counted) AS counted_distance \
         FROM both_sides GROUP BY place, ancestor) {}",
        unequal("place_ancestor", "pairs", &["distance"])
    )
}

/// The parent of today is the last one of the history.
fn parents() -> String {
    format!(
        "WITH latest AS (SELECT code, parent FROM place_parent_history WHERE valid_until IS NULL), \
         pairs AS (SELECT known.code AS key, latest.parent AS kept_parent, place.parent AS counted_parent \
         FROM (SELECT code FROM place UNION SELECT code FROM latest) AS known \
         LEFT JOIN place ON place.code = known.code LEFT JOIN latest ON latest.code = known.code) {}",
        unequal("place_parent_history", "pairs", &["parent"])
    )
}

/// What is known of a firm or a project since its last change is what its register says.
fn facts(register: &str, entries: &str, own_key: &str, key: &str, figures: &[&str]) -> String {
    let both = figures
        .iter()
        .map(|figure| format!("fact.{figure} AS kept_{figure}, register.{figure} AS counted_{figure}"))
        .collect::<Vec<_>>()
        .join(", ");
    let one = "coalesce(number.facts, 0) AS kept_in_force, CASE WHEN register.version IS NULL THEN 0 ELSE 1 END AS counted_in_force";
    let all: Vec<&str> = figures.iter().copied().chain(["in_force"]).collect();
    format!(
        "WITH fact AS (SELECT * FROM {register}_fact WHERE known_until IS NULL), \
         number AS (SELECT {key}, count(*) AS facts FROM fact GROUP BY {key}), \
         pairs AS (SELECT known.key AS key, {both}, {one} \
         FROM (SELECT {own_key} AS key FROM {entries} AS entries UNION SELECT {key} FROM fact) AS known \
         LEFT JOIN {entries} AS register ON register.{own_key} = known.key LEFT JOIN fact ON fact.{key} = known.key \
         LEFT JOIN number ON number.{key} = known.key) {}",
        unequal(&format!("{register}_fact"), "pairs", &all)
    )
}

/// The result in effect is that of the last change in the history.
fn current_grades() -> String {
    format!(
        "WITH last AS (SELECT subject_kind, subject_id, scheme, max(sequence) AS sequence FROM evaluation WHERE event = 'effective' \
         GROUP BY subject_kind, subject_id, scheme), \
         pairs AS (SELECT current_grade.subject_kind || '/' || current_grade.subject_id || '/' || current_grade.scheme AS key, \
         current_grade.outcome AS kept_outcome, evaluation.outcome AS counted_outcome, \
         current_grade.score_thousandths AS kept_score_thousandths, evaluation.score_thousandths AS counted_score_thousandths, \
         current_grade.grade AS kept_grade, evaluation.grade AS counted_grade, \
         current_grade.effective_from AS kept_effective_from, evaluation.effective_from AS counted_effective_from FROM current_grade \
         LEFT JOIN last ON last.subject_kind = current_grade.subject_kind AND last.subject_id = current_grade.subject_id AND last.scheme = current_grade.scheme \
         LEFT JOIN evaluation ON evaluation.subject_kind = current_grade.subject_kind AND evaluation.subject_id = current_grade.subject_id \
         AND evaluation.scheme = current_grade.scheme AND evaluation.sequence = last.sequence) {}",
        unequal("current_grade", "pairs", &["outcome", "score_thousandths", "grade", "effective_from"])
    )
}

/// What a current grade announces is an announcement of the history that has not ended. Its score
/// may have moved since.
fn announcements() -> String {
    format!(
        "WITH pairs AS (SELECT current_grade.subject_kind || '/' || current_grade.subject_id || '/' || current_grade.scheme AS key, \
         current_grade.pending_grade AS kept_pending_grade, evaluation.grade AS counted_pending_grade, \
         current_grade.pending_from AS kept_pending_from, evaluation.takes_effect_at AS counted_pending_from FROM current_grade \
         LEFT JOIN evaluation ON evaluation.id = current_grade.pending_id AND evaluation.event = 'announced' AND evaluation.ended_at IS NULL \
         WHERE current_grade.pending_id IS NOT NULL) {}",
        unequal("current_grade", "pairs", &["pending_grade", "pending_from"])
    )
}

/// The history of a subject is numbered without gaps.
fn sequences() -> String {
    format!(
        "WITH pairs AS (SELECT subject_kind || '/' || subject_id || '/' || scheme AS key, count(*) AS kept_entries, max(sequence) AS counted_entries \
         FROM evaluation GROUP BY subject_kind, subject_id, scheme) {}",
        unequal("evaluation", "pairs", &["entries"])
    )
}

/// A record in its third revision keeps two earlier ones.
fn revisions() -> String {
    format!(
        "WITH kept AS (SELECT record_id, count(*) AS revisions FROM record_revision GROUP BY record_id), \
         pairs AS (SELECT record.id AS key, coalesce(kept.revisions, 0) AS kept_revisions, record.revision - 1 AS counted_revisions \
         FROM record LEFT JOIN kept ON kept.record_id = record.id) {}",
        unequal("record_revision", "pairs", &["revisions"])
    )
}

/// Column, and the column that it must be found in: those that no foreign key holds, for what it
/// would cost or since they were added later.
const REFERENCES: [(&str, &str, &str, &str); 7] = [
    ("rating", "project_id", "project", "id"),
    ("rating_comment", "project_id", "project", "id"),
    ("account", "manager_id", "manager", "id"),
    ("account", "department", "department", "code"),
    ("estate", "successor", "estate", "code"),
    ("manager", "successor", "manager", "id"),
    ("project", "successor", "project", "id"),
];

/// Tables of subjects, and the registers of each kind: no foreign key goes to one of several
/// tables.
const OF_SUBJECTS: [&str; 6] = ["current_grade", "tally", "evaluation", "due", "list_entry", "metric"];
const KINDS: [(&str, &str, &str); 5] = [
    ("firm", "firm", "uscc"),
    ("project", "project", "id"),
    ("manager", "manager", "id"),
    ("estate", "estate", "code"),
    ("place", "place", "code"),
];

/// Rows that refer to nothing where the database does not see to it: their number, by column.
fn references() -> String {
    let missing = |table: &str, column: &str, to: &str, to_column: &str, only: &str| {
        format!(
            "SELECT '{table}' AS kept_in, '{column}' AS key, 'refers to no {to}' AS figure, CAST(count(*) AS TEXT) AS kept, '0' AS counted \
             FROM {table} AS here WHERE here.{column} IS NOT NULL {only} \
             AND NOT EXISTS (SELECT 1 FROM {to} AS there WHERE there.{to_column} = here.{column}) HAVING count(*) > 0"
        )
    };
    let plain =
        REFERENCES.iter().map(|(table, column, to, to_column)| missing(table, column, to, to_column, ""));
    let of_subjects = OF_SUBJECTS.iter().flat_map(|table| {
        KINDS.iter().map(move |(kind, to, to_column)| {
            missing(table, "subject_id", to, to_column, &format!("AND here.subject_kind = '{kind}'"))
        })
    });
    // A flag is of a comment or of a reply.
    let of_flags = "SELECT 'review_flag' AS kept_in, 'review_id' AS key, 'refers to no text' AS figure, \
                    CAST(count(*) AS TEXT) AS kept, '0' AS counted FROM review_flag AS here \
                    WHERE NOT EXISTS (SELECT 1 FROM review WHERE review.id = here.review_id) \
                    AND NOT EXISTS (SELECT 1 FROM reply WHERE reply.id = here.review_id) HAVING count(*) > 0";
    plain.chain(of_subjects).chain([of_flags.to_owned()]).collect::<Vec<_>>().join(" UNION ALL ")
}
