//! The bounds of fields and parameters whose type says no more than text or number, by their names.
//!
//! A name means the same everywhere (`docs`: the same thing has the same name in every layer), so
//! one line gives it its form. Answers have a form that is exact; what is asked may be written in
//! many ways, so it only has the length that the rules check. The tests hold both against what the
//! service takes and gives (`tests/it/harness/contract.rs`), and name whatever has none
//! (`tests/it/openapi.rs`).

use xinwu_domain::account::SCOPES;

use crate::problem::{codes, kinds};

/// What a value keeps to.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// A format of JSON Schema.
    Format(&'static str),
    /// The whole of a text.
    Pattern(&'static str),
    /// Characters of a text, or items of a list.
    Length(u64, u64),
    /// Characters of a text that is not blank.
    Text(u64),
    /// The smallest and the largest number.
    Range(i64, i64),
    /// The smallest number.
    From(i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// No bound is known that always holds.
    Free,
}

use Bound::{Format, Free, From, Length, Pattern, Range, Text, Words};

/// The forms that are named: generators make one type of each, and it stands once.
pub(super) const NAMED: [(&str, &str, Bound); 4] = [
    ("FirmCode", "The unified social credit code.", USCC),
    ("PlaceCode", "The division code.", PLACE),
    ("ActorId", "An account's id, or `system` for the operator.", ACCOUNT),
    ("ImportCode", "A stable word for programs.", Words(codes::IMPORTS)),
];

/// A bound, and the names that have it: of a field, or of its schema and its own. What a list holds
/// is named `.items`, and what an object under any name holds `.values`.
pub(super) type Table = &'static [(Bound, &'static [&'static str])];

const DAY: Bound = Format("date");
const ID: Bound = Format("uuid");
/// Whose act it was: an account's, or the operator's at the service itself.
const ACCOUNT: Bound = Pattern("^(system|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$");
/// As [`ACCOUNT`], and nobody's who tried to sign in.
const AUDITED: Bound = Pattern("^(system|unknown|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$");
pub(super) const USCC: Bound = Pattern("^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$");
const PLACE: Bound = Pattern("^[0-9]{2,12}(X[0-9]{2})*$");
const ESTATE: Bound = Pattern("^[0-9A-Z-]{4,32}$");
const DEPARTMENT: Bound = Pattern("^[0-9A-Z][0-9A-Z-]{1,31}$");
/// A name within a scheme or the catalogue, and a scheme's own.
const NAME: Bound = Pattern("^[0-9A-Za-z_-]{1,64}$");
/// The name of a figure.
const KEY: Bound = Pattern("^[a-z][0-9a-z_]{0,63}$");
/// A word for programs.
const WORD: Bound = Pattern("^[0-9a-z_]+$");
const USERNAME: Bound = Pattern("^[a-z0-9][a-z0-9._-]{2,63}$");
/// A decimal number as text.
const DECIMAL: Bound = Pattern(r"^-?[0-9]+(\.[0-9]+)?$");
/// 32 bytes in URL-safe base64.
const SECRET: Bound = Pattern("^[0-9A-Za-z_-]{43}$");
/// A version of the privacy notice.
const VERSION: Bound = Pattern("^[0-9A-Za-z._-]{1,40}$");
/// How long something counts, as a scheme's file says it.
const TERM: Bound = Pattern("^([0-9]+ (months|days)|calendar year|forever)$");
/// One tag or several, or any (RFC 9110 §13.1.1).
const TAGS: Bound = Pattern(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#);
/// A text, a number and a list of a scheme's file or of the catalogue, and the whole of it:
/// `domain/src/scheme/document.rs`.
const SCHEME_TEXT: Bound = Length(0, 2000);
const SCHEME_NUMBER: Bound = Range(-1_000_000, 1_000_000);
const SCHEME_LIST: Bound = Length(0, 4096);
const SCHEME_FILE: Bound = Length(0, 524_288);
/// A grade's code: what `grade` of a search takes.
const GRADE: Bound = Length(0, 16);
/// A uscc or an id.
const SUBJECT: Bound = Length(0, 64);

/// Of answers. That a text is not empty is left unsaid: it would be at most of them.
pub(super) const ANSWERS: Table = &[
    (
        DAY,
        &[
            "city_until",
            "counts_on",
            "district_until",
            "ends_on",
            "forgotten_on",
            "licensed_on",
            "next_on",
            "published_on",
            "rates_from",
            "retired_on",
            "since",
            "starts_on",
            "until",
            "used_until",
            "valid_from",
            "valid_until",
        ],
    ),
    (Format("date-time"), &["decided_at", "Proposal.until"]),
    (
        ID,
        &[
            "on_behalf_of",
            "id",
            "project",
            "review",
            "record",
            "records.items",
            "import_id",
            "MetricReport.import",
            "request_id",
            "household",
            "existing",
            "PublicKey.kid",
            "ModeratedText.answers",
            "ExportedFlag.text",
            "CopiedProject.manager",
            "CopiedProject.successor",
            "CopiedManager.successor",
            "OwnDwelling.residence",
            "CopiedRecord.manager",
            "ObjectionView.manager",
            "CaseView.joined_into",
            "source_case",
        ],
    ),
    (
        ACCOUNT,
        &[
            "NamedAccount.id",
            "by",
            "drafted_by",
            "proposed_by",
            "decided_by",
            "confirmed_by",
            "filed_by",
            "seconded_by",
        ],
    ),
    (AUDITED, &["AuditEntry.user"]),
    (Pattern("^[0-9]+$"), &["AuditEntry.id"]),
    (Length(0, 45), &["AuditEntry.address"]),
    (
        NAME,
        &[
            "ComponentView.id",
            "ComparedPart.id",
            "SchemeView.id",
            "EvaluationComponent.id",
            "ItemView.id",
            "GroupView.id",
            "RuleView.id",
            "SchemeVersionView.id",
            "SchemeVersionView.score",
            "SchemeLine.id",
            "CopiedScheme.id",
            "CopiedConsequence.code",
            "scheme",
            "schemes.items",
            "component",
            "rule",
            "group",
            "of",
            "category",
            "categories.items",
            "CategoryView.code",
            "RecordCategory.code",
            "AppliedConsequence.code",
            "Consequence.code",
            "EligibilityReason.code",
        ],
    ),
    (Pattern("^[0-9A-Za-z_-]{0,64}$"), &["EvaluationItem.component"]),
    (KEY, &["key"]),
    (
        GRADE,
        &[
            "grade",
            "grade_by_score",
            "next_grade",
            "announced_grade",
            "GradeView.code",
            "AppliedRule.from",
            "AppliedRule.to",
            "GradeMove.from",
            "GradeMove.to",
            "RuleView.at_least",
            "RuleView.at_most",
        ],
    ),
    (SUBJECT, &["subject", "CreditFile.id"]),
    // The demo's program has a name.
    // As it was sent.
    (Length(0, 64), &["client_id", "ApprovalOutcome.id"]),
    // A month, a firm or a version of a scheme too.
    (
        Length(0, 200),
        &["EvaluationItem.id", "CauseView.id", "About.id", "InboxItem.id", "ProposedObject.id", "object_id"],
    ),
    (
        USCC,
        &[
            "uscc",
            "branch",
            "CreditFileBranch.parent",
            "FirmLine.id",
            "Proposal.firm",
            "CopiedManager.firm",
            "CopiedProject.firm",
            "CopiedRecord.firm",
            "CopiedReview.firm",
        ],
    ),
    (Pattern("^[0-9a-f-]{36}/20[0-9]{2}-(0[1-9]|1[0-2])$"), &["RatingsLine.id", "CasesLine.id"]),
    (
        PLACE,
        &[
            "place",
            "Place.code",
            "Place.successors.items",
            "CopiedPlace.successors.items",
            "NamedPlace.code",
            "PlaceStep.code",
            "PlaceLine.id",
            "CopiedPlace.code",
            "CopiedPlace.parent",
            "CopiedFirm.registered_place",
            "parent_places.items",
        ],
    ),
    (
        ESTATE,
        &[
            "estate",
            "Estate.code",
            "NamedEstate.code",
            "EstatePage.code",
            "EstateSummary.code",
            "EstateLine.id",
            "CopiedEstate.code",
            "CopiedEstate.successor",
        ],
    ),
    (DEPARTMENT, &["Department.code", "NamedDepartment.code"]),
    (Words(kinds::CODES), &["Problem.code"]),
    (Words(codes::FAULTS), &["ProblemField.code"]),
    (Words(codes::IMPORTS), &["BadRow.code", "ImportFailure.code"]),
    (Words(codes::WHY_NOT), &["WhyNot.code"]),
    (
        WORD,
        &[
            "object_kind",
            "operation",
            "end_reason",
            "may.items",
            "allows.items",
            "Problem.state",
            "ApprovalOutcome.code",
            "CaseCategoryView.kinds.items",
            "CaseKindView.class",
            "CodedName.code",
            "ExportedCase.kind",
        ],
    ),
    (Pattern("^/"), &["Problem.pointer", "InboxItem.href", "PhotoView.href"]),
    (Range(1, 2560), &["PhotoView.height", "PhotoView.width"]),
    (From(1), &["PhotoView.bytes"]),
    (Pattern("^https?://[^/]+/problems/[0-9a-z_]+$"), &["Problem.type"]),
    (
        DECIMAL,
        &[
            "announced_score",
            "CreditFileAnnouncement.score",
            "party",
            "service",
            "CreditFileProject.area",
            "CreditFileMetric.value",
            "CreditFileRecord.points.values",
            "ItemView.points.values",
            "ItemView.level_times.values",
        ],
    ),
    (VERSION, &["PrivacyNotice.version", "AcceptedPrivacy.version"]),
    (Length(0, 65_536), &["PrivacyNotice.text"]),
    (TERM, &["validity"]),
    (Pattern(r"^[\[(](-∞|-?[0-9.]+), (∞|-?[0-9.]+)[\])]$"), &["BandView.scores"]),
    (Pattern("^[A-Za-z_]+(/[0-9A-Za-z_+-]+)*$"), &["CreditFile.zone"]),
    (Pattern("^[0-9]{4}$"), &["phone_ending"]),
    (Pattern("^1[0-9]{2}([*]{4}|[0-9]{4})[0-9]{4}$"), &["Me.phone"]),
    (USERNAME, &["username"]),
    (Words(SCOPES), &["scopes.items"]),
    (Words(&["Bearer"]), &["token_type"]),
    (Pattern("^([a-z]+( [a-z]+)*)?$"), &["TokenAnswer.scope"]),
    (Pattern(r"^[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+){2}$"), &["access_token"]),
    (SECRET, &["refresh_token", "client_secret", "PublicKey.x", "TokenAnswer.device"]),
    (Pattern("^[A-Z2-7]{32}$"), &["TotpSecret.secret"]),
    (Pattern("^otpauth://totp/"), &["TotpSecret.uri"]),
    (Pattern("^[0-9A-Z]{5}-[0-9A-Z]{5}$"), &["recovery_codes.items"]),
    (Length(1, 10), &["recovery_codes"]),
    (Words(&["OKP"]), &["PublicKey.kty"]),
    (Words(&["Ed25519"]), &["PublicKey.crv"]),
    (Words(&["sig"]), &["PublicKey.use"]),
    (Words(&["EdDSA"]), &["PublicKey.alg"]),
    (Length(0, 4096), &["next_cursor", "cursor"]),
    (Length(0, 20), &["building", "room"]),
    (Length(0, 20), &["unit"]),
    (
        Length(0, 50),
        &["short_name", "Manager.name", "NamedManager.name", "ManagerPage.name", "RecordManager.name"],
    ),
    (
        Length(0, 100),
        &[
            "name",
            "display_name",
            "authority",
            "document_number",
            "aliases.items",
            "former_names.items",
            "BadRow.column",
            "BadRow.header",
            "People.values",
            "object_name",
            "place_in_estate",
            "subject_name",
        ],
    ),
    (Length(0, 100), &["BadRow.key", "ImportedRow.key", "Change.field"]),
    // A firm's code, or that of a place or a department.
    (Length(0, 32), &["staff_number", "CaseAssignee.id"]),
    (Length(0, 64), &["activation_code"]),
    (
        Length(0, 200),
        &[
            "title",
            "address",
            "MetricView.source",
            "MetricReport.source",
            "PublicMetric.source",
            "FormerValue.source",
            "CopiedMetric.source",
            "ImportJob.name",
            "ImportJob.reason",
            "InboxItem.name",
        ],
    ),
    (Pattern("^[0-9a-f]{64}$"), &["sha256"]),
    (Length(0, 300), &["evidence.items"]),
    (
        Length(0, 500),
        &[
            "reason",
            "check_override_reason",
            "correction_reason",
            "decision_reason",
            "extension_reason",
            "severity_reason",
            "comment",
            "flags.items",
            "excluded_why",
        ],
    ),
    (
        Length(0, 1000),
        &[
            "AssessmentBefore.note",
            "AssessmentEntry.note",
            "AssessmentView.note",
            "CopiedAssessment.note",
            "CopiedReply.text",
            "Notice.reason",
            "ObjectionView.reason",
            "Proposal.reason",
            "RepairView.reason",
            "Revocation.reason",
            "StepView.reason",
            "Reply.text",
            "OwnReply.text",
            "ModeratedText.text",
        ],
    ),
    (Length(0, 64), &["ExportedCase.dwelling"]),
    (
        Length(0, 2000),
        &[
            "CaseStepView.reason",
            "CaseView.description",
            "ExportedCase.description",
            "ExportedCaseStep.reason",
        ],
    ),
    (
        Length(0, 4000),
        &["detail", "grounds", "Hearing.statement", "RepairView.commitment", "Commitment.text"],
    ),
    (
        SCHEME_TEXT,
        &[
            "basis",
            "public_facts",
            "own_numbers",
            "source",
            "AppliedConsequence.text",
            "AppliedConsequence.unit",
            "AppliedRule.reason",
            "CardCredit.reason",
            "CategoryView.evidence",
            "CategoryView.name",
            "ComparedPart.name",
            "ComponentView.name",
            "Consequence.text",
            "Consequence.unit",
            "CreditEvaluation.reason",
            "EligibilityReason.text",
            "EligibilityReason.unit",
            "EvaluationComponent.name",
            "GradeView.name",
            "GroupView.name",
            "ItemView.name",
            "Listed.reason",
            "ListMembership.reason",
            "Listing.reason",
            "OutcomeRuleView.reason",
            "RecordCategory.name",
            "RuleView.reason",
            "SchemeDraftSummary.title",
            "Metric.name",
            "Metric.says",
            "MetricReport.name",
            "PublicMetric.name",
            "SchemeVersionView.title",
            "SchemeView.title",
            "UnmatchedRecord.reason",
        ],
    ),
    (SCHEME_FILE, &["SchemeDraft.text", "SchemeVersionView.text", "CopiedSchemeVersion.text"]),
    // What the service says for people, and what has no end.
    (
        Free,
        &[
            "EvaluationItem.name",
            "OwnReply.reason",
            "ApprovalOutcome.detail",
            "BadRow.detail",
            "ImportFailure.detail",
            "Problem.detail",
            "ProblemField.detail",
            "Problem.title",
            "CreditEvaluation.items",
        ],
    ),
    (Range(100, 599), &["Problem.status"]),
    (Range(1, 5), &["mean", "Figures.score", "RatingFigures.score", "ServiceSummary.score"]),
    (From(0), &["RatingCoverage.share", "Proportion.share"]),
    (Range(0, 1), &["share", "share_of_area", "share_of_households", "response_rate", "CaseRate.rate"]),
    (Range(0, 100), &["margin"]),
    (Range(1, 10_000_000), &["population", "asked", "answered", "minimum"]),
    (Range(0, 10_000_000), &["excluded"]),
    (
        SCHEME_NUMBER,
        &[
            "amount",
            "cap",
            "ComponentView.at_least",
            "ComponentView.at_most",
            "PartView.times",
            "GivenPoints.actual",
            "GivenPoints.reference",
            "EvaluationItem.reference_points",
        ],
    ),
    (Range(-1_000_000_000_000, 1_000_000_000_000), &["Thousandths", "FeeCollection.rate"]),
    (Free, &["working_days_left", "confirm_working_days_left"]),
    (
        SCHEME_LIST,
        &[
            "ComponentView.groups",
            "ComponentView.parts",
            "GradeView.consequences",
            "GroupView.items",
            "ItemView.categories",
            "RuleView.consequences",
            "SchemeVersionView.bands",
            "SchemeVersionView.components",
            "SchemeVersionView.grades",
            "SchemeVersionView.outcomes",
            "SchemeVersionView.rules",
            "ComparedFirm.components",
            "CreditEvaluation.components",
            "FirmFigures.by_grade",
            "KindFigures.by_category",
            "Why.rules",
        ],
    ),
    // A scheme's versions are numbered up to it.
    (Length(0, 10_000), &["SchemeView.versions", "CopiedScheme.versions"]),
    (
        Length(0, 2000),
        &[
            "AssessmentBatch.assessments",
            "OwnDossier.assessments",
            "OwnDossier.metrics",
            "OwnDossier.objections",
            "OwnDossier.records",
            "OwnDossier.repairs",
            "OwnManager.objections",
            "OwnManager.records",
        ],
    ),
    (Length(0, 1000), &["bad_rows", "Simulation.moved"]),
    (Length(0, 500), &["AssessmentBatch.missing"]),
    (Length(0, 200), &["Problem.errors"]),
    (Length(0, 1000), &["CopyChanges.items"]),
    (
        Length(0, 100),
        &[
            "items",
            "PublicMetric.former",
            "Eligibilities.firms",
            "ApprovalOutcomes.residences",
            "CaseCategoryView.kinds",
            "CaseRulesView.categories",
            "CaseRulesView.classes",
            "CaseRulesView.kinds",
        ],
    ),
    (Length(0, 3), &["CasesHome.items", "CaseKindView.opened_by"]),
    // What was drafted of a case: once late, once unsolved.
    (Length(0, 2), &["CaseView.records"]),
    (Length(0, 36), &["Ratings.months", "CaseFigures.months"]),
    (Length(0, 12), &["Statistics.months"]),
    (Length(0, 4), &["CaseSums.excluded", "CaseFigures.excluded", "CaseFiguresMonth.excluded"]),
    (Length(0, 10), &["Home.dwellings", "Home.claims"]),
    (Length(0, 20), &["aliases", "changes", "evidence", "points", "successors"]),
    // As many operations as there are steps.
    (Length(0, 24), &["allows", "CaseView.may", "InboxItem.may"]),
    (Length(0, 10), &["near", "Comparison.firms", "CaseView.photos", "ExportedCase.photos"]),
    (Length(0, 5), &["published_dimensions"]),
    (Length(0, 4), &["places", "parent_places", "CaseKindView.assignees"]),
    (Length(0, 6), &["Metric.periods"]),
    (Length(0, 5), &["Metric.subjects"]),
    (Length(0, 3), &["may", "reporters", "subjects", "primary_for", "severities", "compared_with"]),
    (Length(0, 2), &["by_assessor", "scopes"]),
];

/// Of bodies.
pub(super) const ASKED: Table = &[
    (Length(0, 20), &["DeskCase.unit"]),
    (Text(20), &["DeskCase.building", "DeskCase.room", "FirmCase.building", "NewCase.building"]),
    (Text(50), &["short_name", "NewManager.name", "ManagerEdit.name"]),
    (
        Text(100),
        &["name", "authority", "display_name", "document_number", "aliases.items", "place_in_estate"],
    ),
    (Text(200), &["address", "title", "source"]),
    (Text(300), &["evidence.items", "assessments.items"]),
    (Length(1, 500), &["assessments"]),
    (
        Text(500),
        &[
            "area_reason",
            "check_override_reason",
            "comment",
            "correction_reason",
            "severity_reason",
            "reason",
            "CaseNote.note",
            "CasePause.note",
            "CaseVerification.note",
            "PutReviewReply.text",
            "excluded_why",
        ],
    ),
    (
        Text(1000),
        &[
            "note",
            "CaseAnswer.text",
            "CaseClosing.reason",
            "ObjectionVerdict.reason",
            "RepairVerdict.reason",
            "PutRecordReply.text",
        ],
    ),
    (Text(2000), &["description", "CaseFinish.result"]),
    (Text(4000), &["detail", "commitment", "grounds", "NewStatement.text"]),
    (Length(1, 1_048_576), &["text"]),
    (Length(0, 100), &["building", "unit", "room"]),
    (Length(1, 100), &["uscc", "parent", "Phone"]),
    (
        Length(1, 64),
        &[
            "manager",
            "project",
            "scheme",
            "household",
            "residence",
            "ApprovedClaim.id",
            "CaseMerge.into",
            "NewRecord.uscc",
            "NewResidence.estate",
            "successors.items",
            "successor",
        ],
    ),
    (
        Length(1, 32),
        &[
            "category",
            "class",
            "code",
            "current_code",
            "department",
            "estate",
            "place",
            "registered_place",
            "NewPlace.parent",
            "PlaceEdit.parent",
            "AssigneeName.id",
            "DeskCase.kind",
            "FirmCase.kind",
            "NewCase.kind",
        ],
    ),
    (
        Length(1, 1024),
        &[
            "client_id",
            "client_secret",
            "refresh_token",
            "privacy_version",
            "PasswordGrant.username",
            "PasswordGrant.password",
            "PasswordGrant.totp",
            "OtpGrant.device",
            "RequestCode.device",
            "PutPhone.device",
            "NewTotp.password",
            "current_password",
            "current_device",
        ],
    ),
    (Length(12, 128), &["password"]),
    (Length(1, 32), &["staff_number", "totp"]),
    (Length(1, 64), &["Activation.code", "on_behalf_of"]),
    (USERNAME, &["username"]),
    (
        Length(0, 20),
        &[
            "aliases",
            "former_names",
            "successors",
            "phones",
            "points",
            "NewObjection.evidence",
            "NewAssessment.evidence",
            "NewUndo.evidence",
            "NewStatement.evidence",
        ],
    ),
    (Length(1, 20), &["evidence"]),
    (Length(0, 10), &["scopes"]),
    (Words(SCOPES), &["scopes.items"]),
    (
        DAY,
        &[
            "counts_until",
            "decided_on",
            "ends_on",
            "licensed_on",
            "parent_since",
            "public_until",
            "starts_on",
            "used_until",
            "valid_from",
            "valid_until",
            "asked_from",
            "asked_to",
        ],
    ),
    (Range(0, 100_000), &["households", "fee_fen"]),
    (Range(1, 10_000_000), &["population", "asked", "answered", "minimum"]),
    (Range(0, 10_000_000), &["excluded"]),
    (Range(0, 1000), &["limit"]),
    (Range(1, 2160), &["CaseExtension.hours"]),
    (Range(1, 4_294_967_295), &["version"]),
];

/// Of parameters, by where they stand and their name, or by their operation too; those of a path by
/// the segment before them.
pub(super) const PARAMETERS: Table = &[
    (NAME, &["schemes.path.id"]),
    // One that nobody has is not found, whatever its form.
    (Length(1, 100), &["path.id", "path.import", "path.project", "path.sha256"]),
    (Length(1, 64), &["query.drafter", "query.import", "query.manager", "query.scheme", "query.object_kind"]),
    (Length(1, 100), &["path.uscc", "query.building"]),
    (
        Length(1, 32),
        &["path.code", "list_cases.query.category", "list_cases.query.kind", "list_firm_cases.query.kind"],
    ),
    (Length(1, 100), &["path.uscc", "path.subject", "query.building"]),
    (Length(1, 64), &["path.key", "query.key", "query.subject"]),
    (Length(1, 32), &["path.code"]),
    (Range(1, 4_294_967_295), &["path.n"]),
    (
        DAY,
        &[
            "list_admin_metrics.query.from",
            "list_admin_metrics.query.to",
            "list_admin_objections.query.from",
            "list_admin_objections.query.to",
            "list_admin_records.query.from",
            "list_admin_records.query.to",
            "list_admin_repairs.query.from",
            "list_admin_repairs.query.to",
            "list_audit.query.from",
            "list_audit.query.to",
            "list_estate_metrics.query.from",
            "list_estate_metrics.query.to",
            "list_firm_evaluations.query.from",
            "list_firm_evaluations.query.to",
            "list_firm_metrics.query.from",
            "list_firm_metrics.query.to",
            "list_imports.query.from",
            "list_imports.query.to",
            "list_place_metrics.query.from",
            "list_place_metrics.query.to",
            "list_project_evaluations.query.from",
            "list_project_evaluations.query.to",
            "list_project_metrics.query.from",
            "list_project_metrics.query.to",
            "list_proposals.query.from",
            "list_proposals.query.to",
            "query.due_by",
        ],
    ),
    (Pattern("^20[0-9]{2}-(0[1-9]|1[0-2])$"), &["path.month", "query.from", "query.to"]),
    (Pattern("^20[0-9]{2}(-(Q[1-4]|H[12]|0[1-9]|1[0-2]))?$"), &["get_statistics.query.period"]),
    (
        Pattern("^20[0-9]{2}(-(Q[1-4]|H[12]|(0[1-9]|1[0-2])(-(H[12]|0[1-9]|[12][0-9]|3[01]))?))?$"),
        &["{key}.path.period"],
    ),
    (Pattern("^20[0-9]{2}(-(Q[1-4]|H[12]))?$"), &["path.period", "query.period"]),
    (Words(&["community", "street", "district"]), &["path.assessor", "query.assessor"]),
    (Range(1, 1000), &["get_changes.query.limit"]),
    (Range(1, 100), &["query.limit"]),
    (Length(1, 8192), &["query.since"]),
    (Range(0, 30), &["query.wait"]),
    (Length(1, 4096), &["query.cursor"]),
    (Length(1, 40), &["query.as_of", "query.due_before", "query.known_at"]),
    (Length(1, 4000), &["list_eligibility.query.firms"]),
    (Length(1, 400), &["query.firms"]),
    (WORD, &["query.operation"]),
    (Length(1, 200), &["query.q", "query.object_id", "query.user", "query.name", "query.reason"]),
    (Length(0, 64), &["query.uscc", "query.project", "query.estate"]),
    (Length(0, 32), &["query.place", "query.parent"]),
    (Length(1, 16), &["query.grade"]),
    (Words(&["relevance", "-relevance", "name", "-name"]), &["list_estates.query.sort"]),
    (
        Words(&["relevance", "-relevance", "name", "-name", "score", "-score", "service", "-service"]),
        &["query.sort"],
    ),
    // What cannot be read of these is passed over (RFC 9110 §12.5.4, §13.1.2, §14.2).
    (Free, &["header.Accept-Language", "header.If-Range", "header.Range"]),
    (TAGS, &["header.If-Match"]),
    (Pattern("^[!-~]([ -~]{0,198}[!-~])?$"), &["header.Idempotency-Key"]),
];

/// Of answers' headers.
pub(super) const HEADERS: Table = &[
    (Pattern(r#"^"[0-9]+\.[0-9a-f]{8}\.[0-9a-f]{16}(-gz)?"$"#), &["ETag"]),
    (Words(&["no-store", "public, max-age=0, must-revalidate", "public, max-age=60"]), &["Cache-Control"]),
    (Pattern(r"^bytes (\*|[0-9]+-[0-9]+)/[0-9]+$"), &["Content-Range"]),
    (Pattern(r#"^<[^>]+>; rel="next"$"#), &["Link"]),
    (Format("uri-reference"), &["Location"]),
    (Pattern(r#"^"anonymous";r=[0-9]+;t=[0-9]+$"#), &["RateLimit"]),
    (Pattern(r#"^"anonymous";q=[0-9]+;w=60$"#), &["RateLimit-Policy"]),
    (Pattern("^[0-9]+$"), &["Retry-After"]),
    (Words(&["Bearer"]), &["WWW-Authenticate"]),
    (ID, &["X-Request-Id"]),
];
