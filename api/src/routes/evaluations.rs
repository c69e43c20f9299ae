//! What the evaluations of firms, projects and managers have in common.

use actix_web::HttpResponse;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::Operates;
use xinwu_domain::calendar::{last_instant_of, start_of_day};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::rules::read_day_if_any;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_domain::text::Text;
use xinwu_persistence::credit::evaluation::{self, HistoryQuery, Question, Visibility};

use crate::cache::Tag;
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;

/// Which evaluation.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetEvaluation {
    /// A scheme's id; the primary scheme when left out.
    #[validate(length(min = 1, max = 64))]
    scheme: Option<String>,
    /// The instant (RFC 3339), or the day whose end, is graded; now when left out.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21T02:00:00Z")]
    as_of: Option<String>,
    /// The instant or the day whose end's knowledge is used; that of `as_of` when left out.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21")]
    known_at: Option<String>,
}

/// Which part of the history.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEvaluations {
    /// Only by this scheme.
    #[validate(length(min = 1, max = 64))]
    scheme: Option<String>,
    /// Only what was published from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was published until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Answers with a subject's evaluation, as much of it as the asker may see.
pub(super) async fn show<O: Operates>(
    permit: &Permit<O>,
    subject: Subject,
    query: GetEvaluation,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let question = Question {
        as_of: instant_of("as_of", query.as_of.as_deref(), &context)?,
        known_at: instant_of("known_at", query.known_at.as_deref(), &context)?,
        scheme: query.scheme,
    };
    let visibility = visibility_of(permit, &subject).await?;
    let rulebooks = permit.state().rulebooks().await?;
    // An instant is hardly asked for twice: what was said of it would only push out of the memory
    // what is.
    let is_kept = visibility == Visibility::Public && question.as_of.is_none() && question.known_at.is_none();
    let manager = (subject.kind == SubjectKind::Manager).then(|| subject.id.clone());
    let answer = move |conn: &mut xinwu_store::Conn| {
        let evaluation =
            evaluation::evaluate(conn, &rulebooks, &subject, &question, visibility, context.now)?;
        let tags = vec![tag(&subject), Tag::Any(Entity::Scheme)];
        let version = i64::from(evaluation.scheme_version);
        Ok((evaluation, version, tags))
    };
    if is_kept {
        return permit.cached_as_read(answer).await;
    }
    let (evaluation, version, _) = permit.read(answer).await?;
    if let Some(manager) = manager.filter(|_| visibility == Visibility::Full) {
        permit.note_reading(Kind::Manager, &manager, 1).await?;
    }
    permit.object(version, &evaluation)
}

/// Answers with a page of a subject's history of grades.
pub(super) async fn list<O: Operates>(
    permit: &Permit<O>,
    subject: Subject,
    query: ListEvaluations,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let (now, zone) = (permit.now(), permit.zone());
    let wanted = HistoryQuery {
        scheme: query.scheme,
        from: query.from.map(|day| start_of_day(day, zone)),
        until: query.to.map(|day| last_instant_of(day, zone)),
    };
    let visibility = visibility_of(permit, &subject).await?;
    let page = permit
        .read(move |conn| evaluation::history(conn, &subject, &wanted, visibility, &window, now))
        .await?;
    permit.page(page)
}

/// Answers with a subject's dossier, byte for byte as `xinwu export` writes it.
pub(super) async fn dossier<O: Operates>(
    permit: &Permit<O>,
    subject: Subject,
) -> Result<HttpResponse, Problem> {
    let (warrant, today) = (permit.warrant()?, permit.today());
    // A project's has no person in it.
    let about = match subject.kind {
        SubjectKind::Firm => Some((Kind::Firm, subject.id.clone())),
        SubjectKind::Manager => Some((Kind::Manager, subject.id.clone())),
        SubjectKind::Project => None,
    };
    let dossier = permit.read(move |conn| evaluation::dossier_for(conn, &warrant, &subject, today)).await?;
    let text = dossier
        .to_text()
        .map_err(|error| Problem::internal(format!("a dossier cannot be written: {error}")))?;
    if let Some((kind, id)) = about {
        permit.note_reading(kind, &id, 1).await?;
    }
    Ok(permit.json_response(UNVERSIONED, text))
}

async fn visibility_of<O: Operates>(permit: &Permit<O>, subject: &Subject) -> Result<Visibility, Problem> {
    let Some(warrant) = permit.warrant_if_any()? else { return Ok(Visibility::Public) };
    let (subject, today) = (subject.clone(), permit.today());
    permit.read(move |conn| evaluation::visibility_of(conn, Some(&warrant), &subject, today)).await
}

fn tag(subject: &Subject) -> Tag {
    let entity = match subject.kind {
        SubjectKind::Firm => Entity::Firm,
        SubjectKind::Project => Entity::Project,
        SubjectKind::Manager => Entity::Manager,
    };
    Tag::One(entity, subject.id.clone())
}

/// The instant that a parameter names, or the last one of a day: of today, now.
///
/// # Errors
/// [`Refusal::BadParameter`] for what is neither.
pub(super) fn instant_of(
    name: &'static str,
    text: Option<&str>,
    context: &RequestContext,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(instant.with_timezone(&Utc)));
    }
    let bad = || {
        let text = Text::new(
            "应为 RFC 3339 时间或 YYYY-MM-DD 日期",
            "must be an RFC 3339 time or a day such as 2026-11-21",
        );
        Refusal::bad_parameter(name, "instant", text)
    };
    let day: NaiveDate =
        text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text).ok_or_else(bad)?;
    let next = day.checked_add_days(Days::new(1)).ok_or_else(bad)?;
    let (now, zone) = (context.now, context.zone());
    let last = start_of_day(next, zone) - TimeDelta::microseconds(1);
    Ok(Some(if start_of_day(day, zone) <= now { last.min(now) } else { last }))
}
