//! Whether firms may take on new projects at a place, now or at an instant of the past.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use xinwu_domain::comparison::{
    Eligibilities, Eligibility, EligibilityReason, Eligible, FirmEligibility, ReasonSource, unknown_firms,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::{Consequence, consequences_of, lists_of};
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::kind::Kind;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::retirement::retired_text;
use xinwu_domain::scheme::{Effect, ListKind};
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::uscc::Uscc;
use xinwu_store::{Col, Conn, Result};

use super::{place_or_city, places};
use crate::credit::evaluation;
use crate::credit::scheme::Rulebooks;
use crate::schema::{current_grade, firm, firm_fact, list_entry, place_ancestor, scheme_version};

/// Where, and when.
#[derive(Debug)]
pub struct TenderQuestion<'a> {
    /// A place of any level; the city where none is named.
    pub place: Option<&'a str>,
    /// The instant whose state is asked about; now when none is named.
    pub as_of: Option<DateTime<Utc>>,
    /// The rules.
    pub rulebooks: &'a Rulebooks,
    /// The asker's language, and when they ask.
    pub context: RequestContext,
}

/// What the register says of a firm.
#[derive(Queryable)]
struct FirmRow {
    uscc: String,
    name: String,
    status: Col<FirmStatus>,
    version: i64,
    retired_on: Option<Col<NaiveDate>>,
}

/// What the schemes that rule at the place say of one firm.
#[derive(Default)]
struct Said {
    reasons: Vec<EligibilityReason>,
    schemes: Vec<String>,
}

/// What the schemes in force at a place, and the business register, say of new projects of a firm
/// there; with the version of the firm's entry. A scheme rules at its own place and everywhere
/// below.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm, a bad parameter for an unknown place and for an
/// instant to come.
pub fn eligibility(conn: &mut Conn, uscc: &str, question: &TenderQuestion<'_>) -> Result<(Eligibility, i64)> {
    let firms = firms(conn, &[uscc.to_owned()])?;
    let firm = firms.get(uscc).ok_or(Kind::Firm.not_found())?;
    let place = place_or_city(conn, question.place)?;
    let of_firm = of_firm(firm, &mut said(conn, &firms, &place, question)?);
    Ok((of_firm.at(place, question.as_of), firm.version))
}

/// [`eligibility`] of several firms, in the order of `usccs`, by as many statements as of one.
///
/// # Errors
/// As [`eligibility`], but a bad parameter that names all unknown firms.
pub fn eligibilities(
    conn: &mut Conn,
    usccs: &[Uscc],
    question: &TenderQuestion<'_>,
) -> Result<Eligibilities> {
    let codes: Vec<String> = usccs.iter().map(Uscc::to_string).collect();
    let firms = firms(conn, &codes)?;
    let unknown: Vec<String> = codes.iter().filter(|code| !firms.contains_key(*code)).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown_firms(&unknown).into());
    }
    let place = place_or_city(conn, question.place)?;
    let mut said = said(conn, &firms, &place, question)?;
    let asked = codes.iter().filter_map(|code| firms.get(code));
    let firms = asked.map(|firm| of_firm(firm, &mut said)).collect();
    Ok(Eligibilities { place, as_of: question.as_of, firms })
}

fn of_firm(firm: &FirmRow, said: &mut HashMap<String, Said>) -> FirmEligibility {
    let Said { reasons, schemes } = said.remove(&firm.uscc).unwrap_or_default();
    FirmEligibility::of(firm.uscc.clone(), firm.name.clone(), reasons, schemes)
}

fn firms(conn: &mut Conn, codes: &[String]) -> Result<HashMap<String, FirmRow>> {
    let rows: Vec<FirmRow> = firm::table
        .filter(firm::uscc.eq_any(codes))
        .select((firm::uscc, firm::name, firm::status, firm::version, firm::retired_on))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.uscc.clone(), row)).collect())
}

fn said(
    conn: &mut Conn,
    firms: &HashMap<String, FirmRow>,
    place: &NamedPlace,
    question: &TenderQuestion<'_>,
) -> Result<HashMap<String, Said>> {
    let language = question.context.language;
    let codes: Vec<String> = firms.keys().cloned().collect();
    let above: Vec<String> = place_ancestor::table
        .filter(place_ancestor::place.eq(&place.code))
        .select(place_ancestor::ancestor)
        .load(conn)?;
    let statuses = match question.as_of {
        None => firms.values().map(|firm| (firm.uscc.clone(), firm.status)).collect(),
        Some(as_of) => statuses_then(conn, &codes, as_of)?,
    };
    let mut said: HashMap<String, Said> = HashMap::new();
    for (uscc, Col(status)) in statuses {
        said.entry(uscc).or_default().reasons.extend(not_in_business(status, language));
    }
    let on = question.as_of.map_or(question.context.today(), |as_of| question.context.day_of(as_of));
    for firm in firms.values().filter(|firm| firm.retired_on.is_some_and(|day| day.0 <= on)) {
        said.entry(firm.uscc.clone()).or_default().reasons.push(retired(language));
    }
    match question.as_of {
        None => now(conn, &codes, &above, &question.context, &mut said)?,
        Some(as_of) => then(conn, &codes, &above, as_of, question, &mut said)?,
    }
    Ok(said)
}

/// The firms' statuses on the business register at an instant; before the register knew of a firm
/// it says nothing of it.
fn statuses_then(
    conn: &mut Conn,
    codes: &[String],
    as_of: DateTime<Utc>,
) -> Result<Vec<(String, Col<FirmStatus>)>> {
    let at = as_of.naive_utc();
    Ok(firm_fact::table
        .filter(firm_fact::uscc.eq_any(codes))
        .filter(firm_fact::known_from.le(at))
        .filter(firm_fact::known_until.is_null().or(firm_fact::known_until.gt(at)))
        .select((firm_fact::uscc, firm_fact::status))
        .load(conn)?)
}

/// What is kept of the firms' current grades and lists.
fn now(
    conn: &mut Conn,
    codes: &[String],
    above: &[String],
    context: &RequestContext,
    said: &mut HashMap<String, Said>,
) -> Result<()> {
    let current_grades: Vec<(String, String, String)> = current_grade::table
        .inner_join(
            scheme_version::table.on(scheme_version::scheme
                .eq(current_grade::scheme)
                .and(scheme_version::version.eq(current_grade::scheme_version))),
        )
        .filter(current_grade::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(current_grade::subject_id.eq_any(codes))
        .filter(scheme_version::place.eq_any(above))
        .order((current_grade::subject_id, current_grade::scheme))
        .select((current_grade::subject_id, current_grade::scheme, current_grade::consequences))
        .load(conn)?;
    let mut black_listed = black_listed(conn, codes, context)?;
    for (uscc, scheme, consequences) in current_grades {
        let listed = black_listed.remove(&(uscc.clone(), scheme.clone()));
        let consequences: Vec<Consequence> = places::from_json(&consequences)?;
        said.entry(uscc).or_default().add(scheme, listed, consequences, context.language);
    }
    Ok(())
}

/// What the rules that were in force then make of what was known then: the same whenever it is
/// asked, as an evaluation with `as_of` is.
fn then(
    conn: &mut Conn,
    codes: &[String],
    above: &[String],
    as_of: DateTime<Utc>,
    question: &TenderQuestion<'_>,
    said: &mut HashMap<String, Said>,
) -> Result<()> {
    let TenderQuestion { rulebooks, context, .. } = question;
    evaluation::require_past(&[("as_of", Some(as_of))], context.now)?;
    let rulebook = rulebooks.during(conn)?;
    let in_force = rulebook.known_at(as_of).in_force(SubjectKind::Firm, context.day_of(as_of));
    let schemes: Vec<_> = in_force.into_iter().filter(|scheme| above.contains(&scheme.place)).collect();
    for answer in evaluation::of_firms(conn, codes, &schemes, as_of, context.now)? {
        let listed = lists_of(&answer).into_iter().find(|place| place.list == ListKind::Black);
        let listed = listed.map(|place| (place.until, place.reason));
        let consequences = consequences_of(&answer);
        said.entry(answer.subject).or_default().add(answer.scheme, listed, consequences, context.language);
    }
    Ok(())
}

impl Said {
    /// Adds what one scheme says.
    fn add(
        &mut self,
        scheme: String,
        listed: Option<(Option<NaiveDate>, Text)>,
        consequences: Vec<Consequence>,
        language: Language,
    ) {
        let listed = listed.map(|(until, text)| EligibilityReason {
            scheme: Some(scheme.clone()),
            until,
            ..barred(ReasonSource::List, "black_list", text.in_language(language))
        });
        let restricts = consequences.into_iter().filter(|each| each.effect != Effect::Notice);
        let follows = restricts.map(|each| EligibilityReason {
            source: ReasonSource::Consequence,
            effect: each.effect.into(),
            code: each.code,
            text: each.text.in_language(language).to_owned(),
            scheme: Some(scheme.clone()),
            until: None,
            amount: each.amount,
            unit: each.unit,
            up_to_months: each.up_to_months,
        });
        self.reasons.extend(listed.into_iter().chain(follows));
        self.schemes.push(scheme);
    }
}

fn barred(source: ReasonSource, code: &str, text: &str) -> EligibilityReason {
    EligibilityReason {
        source,
        effect: Eligible::Barred,
        code: code.to_owned(),
        text: text.to_owned(),
        scheme: None,
        until: None,
        amount: None,
        unit: None,
        up_to_months: None,
    }
}

/// An entry that was made by mistake or twice is nobody who could tender.
fn retired(language: Language) -> EligibilityReason {
    barred(ReasonSource::Register, "retired", retired_text().in_language(language))
}

fn not_in_business(status: FirmStatus, language: Language) -> Option<EligibilityReason> {
    let text = match status {
        FirmStatus::Active => return None,
        FirmStatus::Revoked => Text::new("营业执照已被吊销", "Its business licence was revoked"),
        FirmStatus::Deregistered => Text::new("企业已注销", "The firm is struck off the business register"),
    };
    Some(barred(ReasonSource::Register, &status.to_string(), text.in_language(language)))
}

/// The last day and the reason of each firm's place on the black list by each scheme.
type BlackListed = HashMap<(String, String), (Option<NaiveDate>, Text)>;

fn black_listed(conn: &mut Conn, codes: &[String], context: &RequestContext) -> Result<BlackListed> {
    type Row = (String, String, Option<Col<NaiveDate>>, String, String);
    let rows: Vec<Row> = list_entry::table
        .filter(list_entry::list.eq(Col(ListKind::Black)))
        .filter(list_entry::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(list_entry::subject_id.eq_any(codes))
        .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(Col(context.today()))))
        .select((
            list_entry::subject_id,
            list_entry::scheme,
            list_entry::ends_on,
            list_entry::reason_zh,
            list_entry::reason_en,
        ))
        .load(conn)?;
    let listed =
        |(uscc, scheme, until, zh, en): Row| ((uscc, scheme), (until.map(|day| day.0), Text::new(zh, en)));
    Ok(rows.into_iter().map(listed).collect())
}
