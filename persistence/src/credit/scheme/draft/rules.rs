//! What must hold of a draft: as it is kept, and as it is announced.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::credit::DraftState;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, StoreError, Tx};

use super::{Row, read_text};
use crate::city;
use crate::credit::scheme::{Rulebook, number};
use crate::registers::place;
use crate::schema::scheme_version;

pub(super) fn require_state(row: &Row, wanted: &[DraftState]) -> Result<()> {
    if wanted.contains(&row.state.0) {
        return Ok(());
    }
    let text = match row.state.0 {
        DraftState::Draft => Text::new("该草案尚未提请公布", "Nobody has proposed to announce this draft"),
        DraftState::Proposed => Text::new(
            "该草案已提请公布，待另一人确认",
            "It is proposed already; another official is to confirm it",
        ),
        DraftState::Announced => Text::new("该版本已公布", "This version is announced already"),
        DraftState::Withdrawn => Text::new("该草案已撤回", "This draft was withdrawn"),
    };
    Err(Refusal::wrong_state(row.state.0, text).into())
}

pub(super) fn require_place(conn: &mut Conn, warrant: &Warrant, scheme: &Scheme) -> Result<()> {
    match place::require(conn, &scheme.place) {
        Err(StoreError::Refused(Refusal::NotFound(_))) => {
            let code = &scheme.place;
            let text = Text::new(format!("没有区划 {code}"), format!("there is no place `{code}`"));
            Err(Refusal::invalid("/text", "unknown_place", text).into())
        }
        Err(error) => Err(error),
        Ok(_) => place::require_reach(conn, warrant, &scheme.place),
    }
}

/// Versions go forward: what is announced is never changed, and nothing is put before it.
pub(in crate::credit::scheme) fn require_new(conn: &mut Conn, scheme: &Scheme) -> Result<()> {
    let announced: Option<i32> = scheme_version::table
        .filter(scheme_version::scheme.eq(&scheme.id))
        .select(diesel::dsl::max(scheme_version::version))
        .first(conn)?;
    let wanted = number(scheme.version)?;
    match announced {
        Some(last) if last >= wanted => Err(Refusal::conflict(
            "version_announced",
            Text::new(
                format!("第 {last} 版已公布，新版本号须大于 {last}"),
                format!("Version {last} is announced: a new one needs a higher number"),
            ),
        )
        .of_state(DraftState::Announced)
        .into()),
        _ => Ok(()),
    }
}

/// What must hold on the day of the announcement.
pub(super) fn require_announceable(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let scheme = read_text(&row.text)?;
    require_new(tx.conn, &scheme)?;
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    if scheme.effective_from < today {
        return Err(Refusal::conflict(
            "effective_in_past",
            Text::new(
                format!("生效日期 {} 已过", scheme.effective_from),
                format!("Its first day, {}, has passed", scheme.effective_from),
            ),
        )
        .into());
    }
    require_only_primary(tx.conn, &scheme, scheme.effective_from)
}

/// "For each kind of subject and city one is primary"; those of other places stand beside it.
pub(in crate::credit::scheme) fn require_only_primary(
    conn: &mut Conn,
    scheme: &Scheme,
    day: NaiveDate,
) -> Result<()> {
    let rulebook = Rulebook::load(conn)?;
    for kind in &scheme.primary_for {
        let other = rulebook
            .in_force(*kind, day)
            .into_iter()
            .filter(|other| other.id != scheme.id && other.place == scheme.place)
            .find(|other| other.primary_for.contains(kind));
        if let Some(other) = other {
            let other = &other.id;
            return Err(Refusal::conflict(
                "second_primary",
                Text::new(
                    format!("届时 {other} 已是 {kind} 的主评分办法"),
                    format!("`{other}` is the primary scheme for a {kind} on that day"),
                ),
            )
            .into());
        }
    }
    Ok(())
}
