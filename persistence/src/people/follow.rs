//! Firms that accounts follow: known to each account alone, counted nowhere, and no part of the
//! change feed or the audit.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::firm::NamedFirm;
use xinwu_domain::follow::{Follow, MOST_FOLLOWS};
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use crate::registers::firm as firms;
use crate::schema::{firm, follow};

type Row = (String, String, NaiveDateTime);

/// The firms that an account follows, by name.
pub fn list(conn: &mut Conn, account_id: &str, window: &Window) -> Result<Listed<Follow>> {
    let own = || follow::table.filter(follow::account_id.eq(account_id.to_owned()));
    let mut rows = own()
        .inner_join(firm::table.on(firm::uscc.eq(follow::uscc)))
        .order((firm::name_sort, firm::uscc))
        .select(((firm::uscc, firm::name, follow::followed_at), firm::name_sort))
        .limit(window.limit + 1)
        .into_boxed();
    if let Some(after) = &window.after {
        let (name, uscc) = (after.get(0).to_owned(), after.get(1).to_owned());
        rows = rows
            .filter(firm::name_sort.gt(name.clone()).or(firm::name_sort.eq(name).and(firm::uscc.gt(uscc))));
    }
    let rows: Vec<(Row, String)> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |((uscc, ..), name)| Keys::of([name, uscc]));
    let total = if window.count { Some(own().count().get_result(conn)?) } else { None };
    Ok(Listed { total, ..page.map(|(row, _)| view(row)) })
}

/// All of them, in the order in which they were followed, for the account's export.
pub(crate) fn all(conn: &mut Conn, account_id: &str) -> Result<Vec<Follow>> {
    let rows: Vec<Row> = follow::table
        .inner_join(firm::table.on(firm::uscc.eq(follow::uscc)))
        .filter(follow::account_id.eq(account_id))
        .order(follow::since)
        .select((firm::uscc, firm::name, follow::followed_at))
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// What a follow's row would be: it never changes.
const VERSION: i64 = 1;

/// Follows a firm from now on; who follows it already goes on as before. Gives it with its version,
/// and whether it is new.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm, [`Refusal::Conflict`] for one too many,
/// [`Refusal::Stale`].
pub fn put(
    tx: &mut Tx<'_>,
    account_id: &str,
    uscc: &str,
    version: Option<&Expected>,
) -> Result<(Follow, i64, bool)> {
    let firm = firms::require(tx.conn, uscc)?;
    let since: Option<NaiveDateTime> =
        follow::table.find((account_id, uscc)).select(follow::followed_at).first(tx.conn).optional()?;
    Expected::check_any(version, since.map(|_| VERSION))?;
    if let Some(since) = since {
        return Ok((Follow { firm, followed_at: since.and_utc() }, VERSION, false));
    }
    let followed: i64 =
        follow::table.filter(follow::account_id.eq(account_id)).count().get_result(tx.conn)?;
    if followed >= MOST_FOLLOWS {
        let text = Text::new(
            format!("最多关注{MOST_FOLLOWS}家企业"),
            format!("At most {MOST_FOLLOWS} firms can be followed"),
        );
        return Err(Refusal::conflict("too_many_follows", text).into());
    }
    diesel::insert_into(follow::table)
        .values((
            follow::account_id.eq(account_id),
            follow::uscc.eq(uscc),
            follow::since.eq(tx.random.id()),
            follow::followed_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    Ok((Follow { firm, followed_at: tx.now }, VERSION, true))
}

/// Follows a firm no longer. What was told stays.
///
/// # Errors
/// [`Refusal::NotFound`] for a firm that the account does not follow, [`Refusal::Stale`].
pub fn delete(tx: &mut Tx<'_>, account_id: &str, uscc: &str, version: Option<&Expected>) -> Result<()> {
    Expected::check_any(version, Some(VERSION))?;
    let ended = diesel::delete(follow::table.find((account_id, uscc))).execute(tx.conn)?;
    if ended == 0 {
        return Err(Kind::Follow.not_found().into());
    }
    Ok(())
}

fn view((uscc, name, followed_at): Row) -> Follow {
    Follow { firm: NamedFirm { uscc, name }, followed_at: followed_at.and_utc() }
}
