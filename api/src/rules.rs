//! What the parameters of several queries have in common.

use chrono::NaiveDate;
use xinwu_domain::calendar::{Month, last_instant_of, start_of_day};
use xinwu_domain::context::RequestContext;
use xinwu_domain::rating::{LONGEST_SPAN, Span};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::search::Query;
use xinwu_domain::text::Text;
use xinwu_persistence::registers::authorized::Resource;
use xinwu_persistence::registers::narrowing::Narrowing;
use xinwu_persistence::registers::{estate, place};
use xinwu_store::{Conn, Result as StoreResult};

/// What a person typed into `q`.
///
/// # Errors
/// [`Refusal::BadParameter`] when it has more than 64 characters without spaces and punctuation.
pub fn search_text(text: &str) -> Result<Query, Refusal> {
    Query::parse(text).ok_or_else(|| {
        Refusal::bad_parameter(
            "q",
            "length",
            Text::new(
                "去掉空格和标点后最多64个字符",
                "must have at most 64 characters besides spaces and punctuation",
            ),
        )
    })
}

/// A `sort` that is made up.
pub fn bad_sort(known: &'static str) -> Refusal {
    let words = Text::new(
        format!("应为：{known}，前加 - 为降序"),
        format!("must be one of: {known}; with - before it for descending"),
    );
    Refusal::bad_parameter("sort", "unknown_value", words)
}

/// Whether the place and the estate that a query names exist.
///
/// # Errors
/// [`Refusal::BadParameter`] by name.
pub fn require_known(conn: &mut Conn, in_place: Option<&str>, in_estate: Option<&str>) -> StoreResult<()> {
    if let Some(code) = in_place {
        known::<place::Row>(conn, code, "place")?;
    }
    if let Some(code) = in_estate {
        known::<estate::Row>(conn, code, "estate")?;
    }
    Ok(())
}

/// What narrows an official's list, by days of the city's.
pub fn narrowing(
    place: Option<String>,
    drafter: Option<String>,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    context: RequestContext,
) -> Narrowing {
    Narrowing {
        place,
        drafter,
        from: from.map(|day| start_of_day(day, context.zone())),
        until: to.map(|day| last_instant_of(day, context.zone())),
    }
}

fn known<R: Resource>(conn: &mut Conn, id: &str, name: &str) -> StoreResult<()> {
    let (code, text) = R::KIND.unknown();
    R::find(conn, id)?.map(|_| ()).ok_or_else(|| Refusal::bad_parameter(name, code, text).into())
}

/// The span of months that a query asks for: the last twelve when it names none.
///
/// # Errors
/// [`Refusal::BadParameter`] for months that have not begun, an end before the beginning, and more
/// than 36 months.
pub fn span(from: Option<Month>, to: Option<Month>, current: Month) -> Result<Span, Refusal> {
    let last = to.unwrap_or(current);
    let first = from.unwrap_or_else(|| Span::usual(last).first);
    let span = Span { first, last };
    if last > current || first > current {
        let name = if last > current { "to" } else { "from" };
        return Err(Refusal::bad_parameter(
            name,
            "month_in_future",
            Text::new("该月份尚未开始", "the month has not begun"),
        ));
    }
    if first > last {
        let text = Text::new("起始月份不得晚于截止月份", "must not be after `to`");
        return Err(Refusal::bad_parameter("from", "out_of_range", text));
    }
    if span.length() > LONGEST_SPAN {
        let text = Text::new(
            format!("最多{LONGEST_SPAN}个月"),
            format!("must be at most {LONGEST_SPAN} months before `to`"),
        );
        return Err(Refusal::bad_parameter("from", "out_of_range", text));
    }
    Ok(span)
}
