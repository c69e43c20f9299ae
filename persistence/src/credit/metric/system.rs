//! What the service computes itself.

use diesel::prelude::*;
use xinwu_domain::access::OPERATOR;
use xinwu_domain::calendar::Period;
use xinwu_domain::metric::{MetricCatalogue, MetricKey, MetricState, MetricSubject, NewMetric, Reporter};
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Result, Tx};

use super::{Row, changed, find_in, next_version, supersede};
use crate::schema::metric;

/// Where a figure comes from that the service computes.
const SOURCE: &str = "系统计算";

/// Puts a figure in force that the service computed, at once; one that says the same stays.
///
/// # Errors
/// [`Refusal::Invalid`](xinwu_domain::refusal::Refusal::Invalid) for what the catalogue does not
/// let the service compute.
pub fn put_by_system(
    tx: &mut Tx<'_>,
    subject: &MetricSubject,
    key: &str,
    period: Period,
    value: Thousandths,
) -> Result<()> {
    let new = NewMetric {
        subject: subject.clone(),
        key: key.to_owned(),
        period,
        value,
        source: SOURCE.to_owned(),
        method: None,
        known_from: None,
    };
    MetricCatalogue::shipped().check(new.figure(Reporter::System))?;
    let of = MetricKey { subject: subject.clone(), key: key.to_owned(), period };
    let version = next_version(tx.conn, &of)?;
    let row = Row::submitted(tx, &new, (Reporter::System, OPERATOR), version)?;
    if find_in(tx.conn, &of, MetricState::InForce)?.is_some_and(|current| current.says_as(&row)) {
        return Ok(());
    }
    supersede(tx, &of)?;
    let row = Row { state: Col(MetricState::InForce), known_from: Some(tx.now_utc()), ..row };
    diesel::insert_into(metric::table).values(&row).execute(tx.conn)?;
    changed(tx, subject, (key, &row.id));
    Ok(())
}
