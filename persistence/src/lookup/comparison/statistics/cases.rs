//! Cases of a place: "every public figure is made of whole increments".

use xinwu_domain::calendar::Period;
use xinwu_domain::case::figures::{CaseSums, CaseTally};
use xinwu_domain::context::RequestContext;
use xinwu_store::{Conn, Result};

use super::span_of;
use crate::service::case::figures::kinds_of_place;

/// The code of the kind that is told by itself: 投诉率, "complaints down by 30 %".
const COMPLAINT: &str = "complaint";

/// The sums of all kinds together, and those of complaints.
pub(super) fn figures(
    conn: &mut Conn,
    place: &str,
    period: Period,
    context: &RequestContext,
) -> Result<(CaseSums, CaseSums)> {
    let kinds = kinds_of_place(conn, place, span_of(period))?;
    let all: Option<CaseTally> = (!kinds.is_empty()).then(|| kinds.values().copied().sum());
    let language = context.language;
    Ok((CaseSums::of(all.as_ref(), language), CaseSums::of(kinds.get(COMPLAINT), language)))
}
