//! The sums of cases: "each of the three things of a case is counted once". An increment is exactly
//! what the cases of its kind that are marked with its step add up to, and of enough households.

use xinwu_store::{Db, Result};

use super::{Progress, Report, differing, paired, read, unequal};

/// The figures of an increment, each with the mark by which a case is in it and what it adds.
const FIGURES: [(&str, &str, &str); 16] = [
    ("opened", "opened", "TRUE"),
    (
        "on_time",
        "timing",
        "NOT is_late AND NOT was_overdue AND is_closed AND outcome IN ('verified', 'lapsed')",
    ),
    ("late", "timing", "is_late"),
    ("closed", "end", "is_closed"),
    ("reopened", "end", "is_closed AND cycle > 1"),
    ("satisfied", "end", "is_closed AND satisfied IS TRUE"),
    ("unsatisfied", "end", "is_closed AND satisfied IS FALSE"),
    ("unanswered", "end", "is_closed AND satisfied IS NULL"),
    ("hours_24", "end", "is_closed AND consumed <= 86400"),
    ("hours_48", "end", "is_closed AND consumed > 86400 AND consumed <= 172800"),
    ("hours_72", "end", "is_closed AND consumed > 172800 AND consumed <= 259200"),
    ("hours_more", "end", "is_closed AND consumed > 259200"),
    ("excluded_withdrawn", "end", "outcome = 'withdrawn'"),
    ("excluded_joined", "end", "outcome IN ('joined', 'duplicate')"),
    ("excluded_not_theirs", "end", "outcome = 'not_our_matter'"),
    (
        "excluded_elsewhere",
        "end",
        "NOT is_theirs AND NOT is_closed AND outcome IN \
     ('verified', 'lapsed', 'cannot_be_fixed', 'resident_unreachable')",
    ),
];

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    report.checks.push("case_increment".to_owned());
    let sql = format!("{} UNION ALL {}", recounted(), too_few());
    report.add(read(db, move |conn| differing(conn, &sql))?);
    progress("case figures", 1, 1);
    Ok(())
}

/// What the marked cases add up to. What was put back after a restore has no cases of its own.
fn recounted() -> String {
    let names = FIGURES.map(|(name, ..)| name);
    let of_mark = |mark: &str| {
        let figures = FIGURES.map(|(name, of, when)| {
            let when = if of == mark { when } else { "FALSE" };
            format!("CASE WHEN {when} THEN 1 ELSE 0 END AS {name}")
        });
        format!(
            "SELECT project_id, {mark}_counted || '/' || kind AS step, {} FROM counted_cases WHERE {mark}_counted IS NOT NULL",
            figures.join(", ")
        )
    };
    let sums = names.map(|name| format!("sum({name}) AS {name}")).join(", ");
    let restored = "EXISTS (SELECT 1 FROM case_increment AS back WHERE back.project_id = marked.project_id \
                    AND back.step || '/' || back.kind = marked.step AND back.restored)";
    let counted = format!(
        "WITH held AS (SELECT \"case\".project_id, \"case\".kind, \"case\".cycle, outcome, satisfied, consumed, opened_counted, timing_counted, \
         end_counted, late_at IS NOT NULL AND (uscc IS NULL OR coalesce(late_uscc, '') = uscc) AS is_late, \
         EXISTS (SELECT 1 FROM case_step WHERE case_id = \"case\".id AND case_step.kind = 'overdue') AS was_overdue, \
         uscc IS NULL OR (coalesce(assignee_kind, '') = 'firm' AND coalesce(assignee, '') = uscc) AS is_theirs \
         FROM \"case\" INNER JOIN case_clock ON case_clock.case_id = \"case\".id), \
         counted_cases AS (SELECT held.*, is_theirs AND coalesce(outcome, '') IN \
         ('verified', 'lapsed', 'cannot_be_fixed', 'resident_unreachable') AS is_closed FROM held) \
         SELECT project_id, step, {sums} FROM ({} UNION ALL {} UNION ALL {}) AS marked WHERE NOT {restored} \
         GROUP BY project_id, step",
        of_mark("opened"),
        of_mark("timing"),
        of_mark("end"),
    );
    let kept = format!(
        "SELECT project_id, step || '/' || kind AS step, {} FROM case_increment WHERE NOT restored",
        names.join(", ")
    );
    format!(
        "SELECT * FROM ({} {}) AS recounted",
        paired(&kept, &counted, ["project_id", "step"], &names),
        unequal("case_increment", "pairs", &names)
    )
}

/// None is of fewer households than its step needed.
fn too_few() -> String {
    "SELECT 'case_increment' AS kept_in, project_id || '/' || step || '/' || kind AS key, 'households' AS figure, \
     CAST(households AS TEXT) AS kept, CAST(need AS TEXT) AS counted FROM case_increment WHERE households < need"
        .to_owned()
}
