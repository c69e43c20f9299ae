//! Whether a firm may take on new projects at a place.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::comparison::{Eligibility, EligibilityReason, Eligible, ReasonSource};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::Consequence;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::{Effect, ListKind};
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result};

use super::{place_or_city, places};
use crate::schema::{current_grade, firm, list_entry, scheme_version};

/// What the schemes in force at a place, and the business register, say of new projects there. The
/// place is the city where none is named; a scheme rules at its own place and everywhere below.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm, a bad parameter for an unknown place.
pub fn eligibility(
    conn: &mut Conn,
    uscc: &str,
    place: Option<&str>,
    context: &RequestContext,
) -> Result<(Eligibility, i64)> {
    let found: Option<(Col<FirmStatus>, i64)> =
        firm::table.find(uscc).select((firm::status, firm::version)).first(conn).optional()?;
    let (Col(status), version) = found.ok_or(Refusal::NotFound { what: "firm" })?;
    let place = place_or_city(conn, place)?;
    let current_grades: Vec<(String, String, String)> = current_grade::table
        .inner_join(
            scheme_version::table.on(scheme_version::scheme
                .eq(current_grade::scheme)
                .and(scheme_version::version.eq(current_grade::scheme_version))),
        )
        .filter(current_grade::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(current_grade::subject_id.eq(uscc))
        .order(current_grade::scheme)
        .select((current_grade::scheme, scheme_version::place, current_grade::consequences))
        .load(conn)?;
    let mut reasons: Vec<EligibilityReason> = not_in_business(status, context).into_iter().collect();
    let mut schemes = Vec::new();
    for (scheme, ruled, consequences) in current_grades {
        if !places::is_within(conn, &place.code, &ruled)? {
            continue;
        }
        reasons.extend(black_listed(conn, uscc, &scheme, context)?);
        let consequences: Vec<Consequence> = places::from_json(&consequences)?;
        reasons.extend(consequences.into_iter().filter(|each| each.effect != Effect::Notice).map(|each| {
            EligibilityReason {
                source: ReasonSource::Consequence,
                effect: each.effect.into(),
                code: each.code,
                text: each.text.in_language(context.language).to_owned(),
                scheme: Some(scheme.clone()),
                until: None,
                amount: each.amount,
                unit: each.unit,
                up_to_months: each.up_to_months,
            }
        }));
        schemes.push(scheme);
    }
    Ok((Eligibility::of(uscc.to_owned(), place, reasons, schemes), version))
}

fn not_in_business(status: FirmStatus, context: &RequestContext) -> Option<EligibilityReason> {
    let text = match status {
        FirmStatus::Active => return None,
        FirmStatus::Revoked => Text::new("营业执照已被吊销", "Its business licence was revoked"),
        FirmStatus::Deregistered => Text::new("企业已注销", "The firm is struck off the business register"),
    };
    Some(EligibilityReason {
        source: ReasonSource::Register,
        effect: Eligible::Barred,
        code: status.to_string(),
        text: text.in_language(context.language).to_owned(),
        scheme: None,
        until: None,
        amount: None,
        unit: None,
        up_to_months: None,
    })
}

fn black_listed(
    conn: &mut Conn,
    uscc: &str,
    scheme: &str,
    context: &RequestContext,
) -> Result<Option<EligibilityReason>> {
    let found: Option<(Option<Col<NaiveDate>>, String, String)> = list_entry::table
        .find((Col(ListKind::Black), Col(SubjectKind::Firm), uscc, scheme))
        .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(Col(context.today()))))
        .select((list_entry::ends_on, list_entry::reason_zh, list_entry::reason_en))
        .first(conn)
        .optional()?;
    Ok(found.map(|(ends_on, zh, en)| EligibilityReason {
        source: ReasonSource::List,
        effect: Eligible::Barred,
        code: "black_list".to_owned(),
        text: Text::new(zh, en).in_language(context.language).to_owned(),
        scheme: Some(scheme.to_owned()),
        until: ends_on.map(|day| day.0),
        amount: None,
        unit: None,
        up_to_months: None,
    }))
}
