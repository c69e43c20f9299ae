//! A subject's dossier for the firm and its officials, to check an evaluation with.

use chrono::NaiveDate;
use xinwu_domain::access::Warrant;
use xinwu_domain::evaluation::Dossier;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;
use xinwu_store::{Conn, Result};

use super::load::load_one;
use super::{Visibility, require, visibility_of};

/// The dossier of a subject whose evaluations the actor sees in full.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject, [`Refusal::Forbidden`] for other firms and
/// officials.
pub fn dossier_for(
    conn: &mut Conn,
    warrant: &Warrant,
    subject: &Subject,
    today: NaiveDate,
) -> Result<Dossier> {
    require(conn, subject)?;
    if visibility_of(conn, Some(warrant), subject, today)? != Visibility::Full {
        return Err(Refusal::out_of_reach().into());
    }
    Ok(load_one(conn, subject, None)?.dossier)
}
