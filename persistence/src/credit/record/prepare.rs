//! From what an official says to a row: every rule that a record must satisfy before it is stored.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::catalogue::{Category, Level, RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::record::decision::decision;
use xinwu_domain::record::publicity::{self, Wish};
use xinwu_domain::record::{GivenPoints, NewPoints, NewRecord, RecordAmendment, RecordEdit, RecordState};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, from_json, to_json};
use crate::credit::procedure::{Procedure, Weight};
use crate::credit::scheme::{self, Rulebook};
use crate::registers;
use crate::registers::authorized::Resource;
use crate::registers::place::{is_within, require_reach};
use crate::registers::retirement::named;
use crate::schema::{project, project_fact};

/// The row of a new record in `state`.
pub(super) fn row(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewRecord,
    state: RecordState,
    procedure: &Procedure,
    context: RequestContext,
) -> Result<Row> {
    let (uscc, project) = (new.uscc.as_deref(), new.project.as_deref());
    let mut faults = Faults::default();
    let place = faults.keep(drafting_place(tx.conn, warrant, uscc, project, context.today()))?;
    faults.keep(require_listed(tx.conn, new))?;
    if let Some(manager) = new.manager.as_deref().filter(|_| place.is_some()) {
        faults.keep(require_manager(tx.conn, manager, uscc, project))?;
    }
    faults.keep(decision(uscc, project, &new.category, &new.document_number))?;
    if new.evidence.is_empty() {
        let category = scheme::catalogue()?.get(&new.category);
        faults.add("/evidence", "required", needs_evidence(category, context.language));
    }
    let content = faults.keep(content(tx.conn, new, &new.points, procedure, context.today()))?;
    let (place, content) = faults.or_refuse(place.zip(content))?;
    let Content { category, severity, severity_reason, public_until, points } = content;
    Ok(Row {
        id: tx.random.id(),
        kind: Col(category.kind),
        category: category.code.clone(),
        uscc: new.uscc.clone(),
        project_id: new.project.clone(),
        manager_id: new.manager.clone(),
        level: Col(new.level),
        severity: Col(severity),
        title: new.title.clone(),
        detail: new.detail.clone(),
        document_number: new.document_number.clone(),
        authority: new.authority.clone(),
        evidence: to_json(&new.evidence)?,
        decided_on: Col(new.decided_on),
        counts_until: new.counts_until.map(Col),
        public_until: public_until.map(Col),
        retain_until: publicity::retain_until(category.kind, new.decided_on).map(Col),
        points: to_json(&points)?,
        state: Col(state),
        place,
        drafted_by: warrant.account_id().to_owned(),
        drafted_at: tx.now_utc(),
        confirmed_by: None,
        known_from: None,
        known_until: None,
        disputed: false,
        import_id: None,
        demo: new.demo,
        updated_at: tx.now_utc(),
        version: 1,
        revision: 1,
        severity_reason,
    })
}

/// By what a new record will weigh; none of an unknown category.
pub(super) fn weight(new: &NewRecord) -> Result<Option<Weight>> {
    let category = scheme::catalogue()?.get(&new.category);
    Ok(category.map(|category| (category.kind, new.severity.unwrap_or(category.usual_severity))))
}

/// A record in force with what a decision on an objection changes. Whose it is, where, and by which
/// document stays; points that an officer gave fall when category, level or severity change, unless
/// new ones are given.
pub(super) fn amended(
    conn: &mut Conn,
    old: &Row,
    amendment: &RecordAmendment,
    context: RequestContext,
) -> Result<Row> {
    let new = edited(old, &amendment.clone().into())?;
    let mut faults = Faults::default();
    if scheme::catalogue()?.get(&new.category).is_some_and(|category| category.kind != old.kind.0) {
        let text = Text::new(
            "不能把惩戒改为奖励或把奖励改为惩戒",
            "A penalty cannot become a reward, nor a reward a penalty",
        );
        faults.add("/category", "other_kind", text);
    }
    let procedure = Procedure::load(conn, context.today())?;
    let given = amendment.points.as_deref().unwrap_or_default();
    let content = faults.keep(content(conn, &new, given, &procedure, context.today()))?;
    let Content { category, severity, severity_reason, public_until, points } = faults.or_refuse(content)?;
    let is_weighed_alike =
        category.code == old.category && severity == old.severity.0 && new.level == old.level.0;
    let points = match &amendment.points {
        None if is_weighed_alike => old.points.clone(),
        _ => to_json(&points)?,
    };
    Ok(Row {
        category: category.code.clone(),
        level: Col(new.level),
        severity: Col(severity),
        title: new.title.clone(),
        detail: new.detail.clone(),
        decided_on: Col(new.decided_on),
        counts_until: new.counts_until.map(Col),
        public_until: public_until.map(Col),
        retain_until: publicity::retain_until(category.kind, new.decided_on).map(Col),
        points,
        severity_reason,
        ..old.clone()
    })
}

/// What a row holds of what is said and does not stand there as it was said.
struct Content {
    category: &'static Category,
    severity: Severity,
    severity_reason: Option<String>,
    public_until: Option<NaiveDate>,
    points: Vec<GivenPoints>,
}

/// Checks what a record says, apart from whom it is about.
fn content(
    conn: &mut Conn,
    new: &NewRecord,
    points: &[NewPoints],
    procedure: &Procedure,
    today: NaiveDate,
) -> Result<Content> {
    let mut faults = Faults::default();
    check_days(new, today, &mut faults);
    // What everyone reads of a record names nobody; who was punished says the firm.
    faults.keep(require_showable("/title", new.title.as_str()))?;
    faults.keep(require_showable("/detail", new.detail.as_deref()))?;
    let Some(category) = faults.keep(known_category(&new.category))? else {
        return Ok(faults.or_refuse(None)?);
    };
    let severity = new.severity.unwrap_or(category.usual_severity);
    faults.keep(category.require_severity(severity, new.severity_reason.as_deref()))?;
    // A severity that the category has needs no reason, and keeps none. Another's is shown.
    let severity_reason = new.severity_reason.clone().filter(|_| !category.severities.contains(&severity));
    faults.keep(require_showable("/severity_reason", severity_reason.as_deref()))?;
    let public_until = faults.keep(public_until(new, category, severity, procedure))?;
    let points = faults.keep(given_points(conn, &category.code, severity, new.level, points, today))?;
    let (public_until, points) = faults.or_refuse(public_until.zip(points))?;
    Ok(Content { category, severity, severity_reason, public_until, points })
}

fn public_until(
    new: &NewRecord,
    category: &Category,
    severity: Severity,
    procedure: &Procedure,
) -> Result<Option<NaiveDate>> {
    let black_lists = procedure.black_lists(&category.code, new.level, (category.kind, severity));
    let wish = Wish { publish: new.publish, until: new.public_until, black_lists };
    Ok(publicity::public_until(category.kind, severity, new.decided_on, wish)?)
}

fn known_category(code: &str) -> Result<&'static Category> {
    scheme::catalogue()?.get(code).ok_or_else(|| {
        Refusal::invalid(
            "/category",
            "unknown_category",
            Text::new("目录中没有这个分类", "The catalogue has no such category"),
        )
        .into()
    })
}

/// What a stored draft says, with the changes of an edit.
pub(super) fn edited(old: &Row, edit: &RecordEdit) -> Result<NewRecord> {
    let category = edit.category.clone().unwrap_or_else(|| old.category.clone());
    let old_severity = old.severity.0;
    // Another category brings its own usual severity with it.
    let severity = match edit.severity {
        Some(severity) => Some(severity),
        None if category == old.category => Some(old_severity),
        None => None,
    };
    let category_stays = category == old.category;
    let old_decided_on = old.decided_on.0;
    let decided_on = edit.decided_on.unwrap_or(old_decided_on);
    let was_shown = old.public_until.is_some() && old.kind.0 == RecordKind::Penalty;
    let publish = edit.publish.or(was_shown.then_some(true));
    // The term hangs on severity and day: when they change, and nothing else is said, it is the
    // longest again.
    let same_term =
        category == old.category && severity == Some(old_severity) && decided_on == old_decided_on;
    let public_until = match (edit.public_until, same_term && edit.publish != Some(false)) {
        (Some(until), _) => until,
        (None, true) => old.public_until.map(|day| day.0),
        (None, false) => None,
    };
    let points = match &edit.points {
        Some(points) => points.clone(),
        None => from_json::<Vec<GivenPoints>>(&old.points)?
            .into_iter()
            .map(stored_points)
            .collect::<Result<_>>()?,
    };
    Ok(NewRecord {
        category,
        uscc: old.uscc.clone(),
        project: edit.project.clone().unwrap_or_else(|| old.project_id.clone()),
        manager: edit.manager.clone().unwrap_or_else(|| old.manager_id.clone()),
        level: edit.level.unwrap_or(old.level.0),
        severity,
        severity_reason: edit.severity_reason.clone().or_else(|| {
            old.severity_reason.clone().filter(|_| category_stays && severity == Some(old_severity))
        }),
        title: edit.title.clone().unwrap_or_else(|| old.title.clone()),
        detail: edit.detail.clone().unwrap_or_else(|| old.detail.clone()),
        document_number: edit.document_number.clone().unwrap_or_else(|| old.document_number.clone()),
        authority: edit.authority.clone().unwrap_or_else(|| old.authority.clone()),
        evidence: edit.evidence.clone().map_or_else(|| from_json(&old.evidence), Ok)?,
        decided_on,
        counts_until: edit.counts_until.unwrap_or(old.counts_until.map(|day| day.0)),
        publish,
        public_until,
        points,
        demo: old.demo,
    })
}

fn stored_points(given: GivenPoints) -> Result<NewPoints> {
    let points = Thousandths::try_from(given.actual)
        .map_err(|fault| xinwu_store::StoreError::internal(format!("stored points: {fault}")))?;
    Ok(NewPoints { scheme: given.scheme, points, reason: given.reason })
}

/// Nothing new is recorded of an entry that is retired.
fn require_listed(conn: &mut Conn, new: &NewRecord) -> Result<()> {
    let mut faults = Faults::default();
    if let Some(uscc) = &new.uscc {
        faults.keep(named::<registers::firm::Row>(conn, uscc, "/uscc"))?;
    }
    if let Some(project) = &new.project {
        faults.keep(named::<registers::project::Row>(conn, project, "/project"))?;
    }
    if let Some(manager) = &new.manager {
        faults.keep(named::<registers::manager::Row>(conn, manager, "/manager"))?;
    }
    Ok(faults.refuse_if_any()?)
}

/// The place whose officials answer for a record that the actor drafts: the actor's own. It must
/// contain the project concerned, the firm's seat or, where no project is named, a current project
/// of the firm: a street official may record on a firm working in the street. Of a project without
/// a firm it must contain the project.
pub(super) fn drafting_place(
    conn: &mut Conn,
    warrant: &Warrant,
    uscc: Option<&str>,
    project: Option<&str>,
    today: NaiveDate,
) -> Result<String> {
    let mut faults = Faults::default();
    let seat = faults.keep(uscc.map(|uscc| firm_place(conn, uscc)).transpose())?;
    let known = uscc.filter(|_| seat.is_some());
    let project_place = faults.keep(project.map(|id| project_place(conn, id, known)).transpose())?;
    let (seat, project_place) = faults.or_refuse(seat.zip(project_place))?;
    let Some(subject_place) = project_place.as_deref().or(seat.as_deref()) else {
        let text = Text::new("须给出企业，或没有企业的项目", "A firm is needed, or a project that has none");
        return Err(Refusal::invalid("/uscc", "required", text).into());
    };
    let Some(own) = warrant.place() else {
        require_reach(conn, warrant, subject_place)?;
        return Ok(subject_place.to_owned());
    };
    let inside = match (&project_place, uscc) {
        (None, Some(uscc)) => crate::registers::firm::works_within(conn, uscc, own, today)?,
        _ => is_within(conn, subject_place, own)?,
    };
    let seated = match &seat {
        Some(seat) if !inside => is_within(conn, seat, own)?,
        _ => inside,
    };
    if seated { Ok(own.to_owned()) } else { Err(Refusal::out_of_reach().into()) }
}

/// The place where a firm is registered.
fn firm_place(conn: &mut Conn, uscc: &str) -> Result<String> {
    Ok(registers::firm::Row::named(conn, uscc, "/uscc")?.registered_place)
}

/// The place of a project of the firm, or of one that has no firm where none is named.
fn project_place(conn: &mut Conn, id: &str, uscc: Option<&str>) -> Result<String> {
    let found = registers::project::Row::named(conn, id, "/project")?;
    match (uscc, found.uscc()) {
        (uscc, operator) if uscc == operator => registers::project::place_of(conn, id),
        (None, _) => {
            let text = Text::new("该项目由企业服务，须给出企业", "The project is a firm's: name the firm");
            Err(Refusal::invalid("/uscc", "required", text).into())
        }
        (Some(_), _) => {
            let text = Text::new("该项目不由该企业服务", "The project is not this firm's");
            Err(Refusal::invalid("/project", "project_of_another_firm", text).into())
        }
    }
}

/// A manager is the firm's own, or is or was in charge of the project, or of another of the firm's.
fn require_manager(conn: &mut Conn, id: &str, uscc: Option<&str>, project_id: Option<&str>) -> Result<()> {
    let own = registers::manager::Row::named(conn, id, "/manager")?.uscc;
    if own.is_some() && own.as_deref() == uscc {
        return Ok(());
    }
    // Neither a code nor an id is empty.
    let (firm, in_question) = (uscc.unwrap_or_default(), project_id.unwrap_or_default());
    let now: i64 = project::table
        .filter(project::manager_id.eq(id))
        .filter(project::uscc.eq(firm).or(project::id.eq(in_question)))
        .count()
        .get_result(conn)?;
    let before: i64 = project_fact::table
        .filter(project_fact::manager_id.eq(id))
        .filter(project_fact::uscc.eq(firm).or(project_fact::project_id.eq(in_question)))
        .count()
        .get_result(conn)?;
    if now + before > 0 {
        return Ok(());
    }
    let text = Text::new(
        "该项目经理不属于该企业，也不负责该项目",
        "The manager is not this firm's, nor in charge of the project",
    );
    Err(Refusal::invalid("/manager", "manager_of_another_firm", text).into())
}

fn check_days(new: &NewRecord, today: NaiveDate, faults: &mut Faults) {
    if new.decided_on > today {
        let text = Text::new("决定日期不能在将来", "The decision's day must not be in the future");
        faults.add("/decided_on", "in_future", text);
    }
    if new.counts_until.is_some_and(|until| until < new.decided_on) {
        let text = Text::new("计分截止日不得早于决定日期", "must not be before the decision's day");
        faults.add("/counts_until", "out_of_range", text);
    }
}

/// Which evidence, the catalogue says of a category that it has.
fn needs_evidence(category: Option<&Category>, language: Language) -> Text {
    match category.map(|category| category.evidence.in_language(language)) {
        Some(needed) => Text::new(format!("需要证据：{needed}"), format!("Evidence is needed: {needed}")),
        None => Text::new("需要证据", "Evidence is needed"),
    }
}

/// Checks an officer's points against each scheme's range, and keeps the reference beside them.
fn given_points(
    conn: &mut Conn,
    category: &str,
    severity: Severity,
    level: Level,
    points: &[NewPoints],
    today: NaiveDate,
) -> Result<Vec<GivenPoints>> {
    let mut given: Vec<GivenPoints> = Vec::with_capacity(points.len());
    if points.is_empty() {
        return Ok(given);
    }
    let rulebook = Rulebook::load(conn)?;
    let mut faults = Faults::default();
    for (index, new) in points.iter().enumerate() {
        let mut fault = |field: &str, code, text| faults.add(format!("/points/{index}{field}"), code, text);
        if points.iter().take(index).any(|before| before.scheme == new.scheme) {
            fault("/scheme", "duplicate", Text::new("该评分办法出现了两次", "The scheme stands twice"));
            continue;
        }
        let Some(scheme) = rulebook.at(&new.scheme, today) else {
            let text = Text::new("没有这个评分办法", "There is no such scheme in force");
            fault("/scheme", "unknown_scheme", text);
            continue;
        };
        let Some((from, to, reference)) = scheme.discretion(category, severity, Some(level)) else {
            let text = Text::new(
                "该评分办法未给此类信息留出裁量空间",
                "The scheme leaves no discretion for such a record",
            );
            fault("", "no_discretion", text);
            continue;
        };
        let actual = new.points.decimal();
        if actual < from || actual > to {
            let text = Text::new(format!("应在{from}到{to}之间"), format!("must be between {from} and {to}"));
            fault("/points", "out_of_range", text);
        }
        if actual != reference && new.reason.is_none() {
            let text = Text::new(
                format!("与参考分{reference}不同，须说明理由"),
                format!("A reason is needed where the points differ from the reference of {reference}"),
            );
            fault("/reason", "required", text);
        }
        given.push(GivenPoints { scheme: new.scheme.clone(), reference, actual, reason: new.reason.clone() });
    }
    Ok(faults.or_refuse(Some(given))?)
}
