//! Rankings of a place's firms.

use std::collections::HashSet;

use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::comparison::{RankBy, Ranked, ranks};
use xinwu_domain::context::RequestContext;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::past::{self, End};
use super::{firms_of, place_or_city, primary_at, summaries};
use crate::ratings::tally::{ratings, service_ten_thousandths};
use crate::schema::{current_grade, firm, tally};

/// One page of the ranking of a place's firms in business, now or at the end of a period that is
/// over.
///
/// # Errors
/// A bad parameter for an unknown place, for a period shorter than a quarter or not over, and for
/// penalties of one: what is no longer public is told of nobody.
pub fn rankings(
    conn: &mut Conn,
    place: Option<&str>,
    (by, period): (RankBy, Option<Period>),
    context: &RequestContext,
    window: &Window,
) -> Result<Listed<Ranked>> {
    let place = place_or_city(conn, place)?;
    let (members, mut values) = match period {
        None => (firms_of(conn, &place.code, context.today())?, values(conn, by)?),
        Some(period) => {
            period.require_kind_asked(&PeriodKind::ASSESSED)?;
            let end = End::of(period, context).ok_or_else(not_over)?;
            let members = past::firms(conn, &place.code, end)?;
            let values = past_values(conn, by, (period, end), &members)?;
            (members, values)
        }
    };
    values.retain(|(_, uscc)| members.contains(uscc));
    values.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.cmp(b)));
    let before = window.after.as_ref().map_or(0, |after| {
        let last = (after.get(0).parse::<i64>().unwrap_or(i64::MIN), after.get(1));
        values
            .partition_point(|(value, uscc)| *value > last.0 || (*value == last.0 && uscc.as_str() <= last.1))
    });
    let total = window.count.then(|| as_i64(values.len()));
    let first = values.get(before).map(|(value, _)| *value);
    let better = first.map_or(0, |first| values.partition_point(|(value, _)| *value > first));
    let limit = usize::try_from(window.limit).unwrap_or(1);
    let rows: Vec<(i64, String)> = values.into_iter().skip(before).take(limit + 1).collect();
    let mut page = Listed::from_rows(rows, window, |(value, uscc)| Keys::of([&value.to_string(), uscc]));
    page.total = total;
    let numbers: Vec<i64> = page.items.iter().map(|(value, _)| *value).collect();
    let ranks = ranks(&numbers, as_i64(before), as_i64(better));
    let codes: Vec<String> = page.items.iter().map(|(_, uscc)| uscc.clone()).collect();
    let mut cards = summaries(conn, &codes, context)?;
    let mut items = Vec::with_capacity(page.items.len());
    for ((value, uscc), rank) in page.items.into_iter().zip(ranks) {
        let firm = cards.remove(&uscc).ok_or_else(|| StoreError::internal(format!("no card of {uscc}")))?;
        items.push(Ranked { rank, value: Decimal::new(value, decimals(by)).normalize(), firm });
    }
    Ok(Listed { items, next: page.next, total: page.total })
}

/// The value of every firm in business that has one, as whole numbers.
fn values(conn: &mut Conn, by: RankBy) -> Result<Vec<(i64, String)>> {
    let kind = Col(SubjectKind::Firm);
    let valued: Vec<(Option<i64>, String)> = match by {
        RankBy::Score => current_grade::table
            .inner_join(firm::table.on(firm::uscc.eq(current_grade::subject_id)))
            .filter(current_grade::subject_kind.eq(kind))
            .filter(current_grade::is_primary.eq(true))
            .filter(firm::status.eq(Col(FirmStatus::Active)))
            .select((current_grade::score_thousandths, firm::uscc))
            .load(conn)?,
        RankBy::Service => tally::table
            .inner_join(firm::table.on(firm::uscc.eq(tally::subject_id)))
            .filter(tally::subject_kind.eq(kind))
            .filter(tally::service_score_ten_thousandths.is_not_null())
            .filter(firm::status.eq(Col(FirmStatus::Active)))
            .select((tally::service_score_ten_thousandths, firm::uscc))
            .load(conn)?,
        RankBy::Penalties => {
            let counts: Vec<(i32, String)> = tally::table
                .inner_join(firm::table.on(firm::uscc.eq(tally::subject_id)))
                .filter(tally::subject_kind.eq(kind))
                .filter(firm::status.eq(Col(FirmStatus::Active)))
                .select((tally::penalties, firm::uscc))
                .load(conn)?;
            counts.into_iter().map(|(count, uscc)| (Some(i64::from(count)), uscc)).collect()
        }
    };
    Ok(valued.into_iter().filter_map(|(value, uscc)| Some((value?, uscc))).collect())
}

/// The value that every firm that was in business had at the end of a period, as whole numbers.
fn past_values(
    conn: &mut Conn,
    by: RankBy,
    (period, end): (Period, End),
    members: &HashSet<String>,
) -> Result<Vec<(i64, String)>> {
    let active = past::active(conn, end)?;
    let valued: Vec<(String, Option<i64>)> = match by {
        RankBy::Score => match primary_at(conn, end)? {
            None => Vec::new(),
            Some(scheme) => {
                let graded = past::in_effect(conn, &scheme, end)?.into_iter();
                graded.map(|(uscc, graded)| (uscc, graded.score_thousandths)).collect()
            }
        },
        // The twelve months up to its last: what is published of a month is final.
        RankBy::Service => {
            let ids: Vec<String> = members.iter().cloned().collect();
            let sums = ratings(conn, SubjectKind::Firm, &ids, period.last_month())?;
            sums.into_iter().map(|(uscc, tally)| (uscc, service_ten_thousandths(&tally))).collect()
        }
        RankBy::Penalties => {
            let text = Text::new(
                "已过期间不提供不良信息排名",
                "of a period that is over there is no ranking by penalties",
            );
            return Err(Refusal::bad_parameter("period", "not_applicable", text).into());
        }
    };
    let valued = valued.into_iter().filter(|(uscc, _)| active.contains(uscc));
    Ok(valued.filter_map(|(uscc, value)| Some((value?, uscc))).collect())
}

fn not_over() -> Refusal {
    let text = Text::new("该期间尚未结束", "the period is not over");
    Refusal::bad_parameter("period", "in_future", text)
}

/// The decimals of a stored value.
fn decimals(by: RankBy) -> u32 {
    match by {
        RankBy::Score => 3,
        RankBy::Service => 4,
        RankBy::Penalties => 0,
    }
}

fn as_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
