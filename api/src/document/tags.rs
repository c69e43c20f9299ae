//! Under which heading of the document an operation stands, by its path.

/// The heading of each collection, by the beginning of its paths after `/v1/`; `*` is any
/// parameter, and the longest that fits says it. What officials keep is a register, unless a line
/// says otherwise.
const TAGS: &[(&str, &str)] = &[
    (".well-known", "sign-in"),
    ("admin", "registers"),
    ("admin/assessments", "assessments"),
    ("admin/audit", "system"),
    ("admin/bursts", "moderation"),
    ("admin/cases", "cases"),
    ("admin/clients", "system"),
    ("admin/imports", "imports"),
    ("admin/inbox", "proposals"),
    ("admin/metrics", "assessments"),
    ("admin/objections", "records"),
    ("admin/places/*/assessments", "assessments"),
    ("admin/proposals", "proposals"),
    ("admin/records", "records"),
    ("admin/repairs", "records"),
    ("admin/residences", "moderation"),
    ("admin/reviews", "moderation"),
    ("admin/schemes", "schemes"),
    ("admin/users", "system"),
    ("assessments", "firm"),
    ("auth", "sign-in"),
    ("case-rules", "cases"),
    ("cases", "cases"),
    ("categories", "schemes"),
    ("changes", "copy"),
    ("compare", "comparison"),
    ("departments", "cases"),
    ("eligibility", "comparison"),
    ("estates", "projects"),
    ("firm", "firm"),
    ("firm/cases", "cases"),
    ("firms", "firms"),
    ("firms/*/cases", "cases"),
    ("firms/*/eligibility", "comparison"),
    ("firms/*/evaluations/*/objections", "firm"),
    ("lists", "comparison"),
    ("manager", "firm"),
    ("managers", "projects"),
    ("me", "me"),
    ("me/cases", "cases"),
    ("me/totp", "sign-in"),
    ("metrics", "schemes"),
    ("objections", "firm"),
    ("places", "places"),
    ("places/*/cases", "cases"),
    ("privacy", "sign-in"),
    ("projects", "projects"),
    ("projects/*/cases", "cases"),
    ("rankings", "comparison"),
    ("records", "firms"),
    ("records/*/objections", "firm"),
    ("records/*/repairs", "firm"),
    ("records/*/reply", "firm"),
    ("records/*/statement", "firm"),
    ("repairs", "firm"),
    ("reviews/*/flags", "me"),
    ("reviews/*/reply", "firm"),
    ("schemes", "schemes"),
    ("snapshots", "copy"),
    ("statistics", "comparison"),
];

/// The heading of a path; none of one whose collection is not in the table, which the document's
/// lint names.
pub(super) fn of(path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/v1").unwrap_or(path).trim_start_matches('/');
    let fits = |beginning: &str| {
        let mut rest = path.split('/');
        beginning
            .split('/')
            .all(|wanted| rest.next().is_some_and(|segment| wanted == "*" || wanted == segment))
    };
    let fitting = TAGS.iter().filter(|(beginning, _)| fits(beginning));
    fitting.max_by_key(|(beginning, _)| beginning.split('/').count()).map(|(_, tag)| *tag)
}
