//! Those whom it concerns are told what happened to a firm: its own accounts, and whoever follows
//! it, some hundreds a write, so that a firm with fifty thousand of them delays nobody's write.
//!
//! What is owed is a row that says how far it went: broken off, it goes on from there.

use diesel::prelude::*;
use xinwu_domain::account::AccountStatus;
use xinwu_domain::calendar::day_of;
use xinwu_domain::notice::NoticeKind;
use xinwu_store::{Col, Conn, Db, Result, Tx};

use crate::city;
use crate::credit::record;
use crate::owed_notice::OwedNotice;
use crate::people::notice::{NewNotice, accounts_of, tell_all};
use crate::ratings::rating::step::GoesOn;
use crate::registers::firm;
use crate::schema::{account, follow, owed_notice};

/// Followers who are told in one write.
const TOLD_AT_ONCE: i64 = 500;

/// Tells everyone who is owed something, for as long as it `goes_on`.
///
/// # Errors
/// What was told before an error stays told, and the next call goes on from there.
pub(super) async fn work_off(db: &Db, goes_on: GoesOn<'_>) -> Result<()> {
    if !db.read(is_owed).await? {
        return Ok(());
    }
    while goes_on() && db.write(tell_some).await? {}
    Ok(())
}

fn is_owed(conn: &mut Conn) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(owed_notice::table.select(owed_notice::mark))).get_result(conn)?)
}

/// Gives whether there was anybody to tell.
fn tell_some(tx: &mut Tx<'_>) -> Result<bool> {
    let first = owed_notice::table.order((owed_notice::kind, owed_notice::about_id));
    let owed: Option<OwedNotice> = first.select(OwedNotice::as_select()).first(tx.conn).optional()?;
    let Some(owed) = owed else { return Ok(false) };
    let this = owed_notice::table.find((owed.kind, owed.about_id.clone()));
    let firm_name = firm::require(tx.conn, &owed.uscc)?.name;
    let is_record = owed.kind.0 == NoticeKind::RecordAdded;
    let mut is_for_followers = !owed.kind.0.is_for_the_firm();
    if !is_for_followers {
        tell_firm_itself(tx, &owed)?;
    }
    if is_record {
        let today = day_of(tx.now, city::city(tx.conn)?.zone);
        let added = record::added(tx.conn, &owed.about_id, tx.now, today)?;
        is_for_followers = added.is_public_penalty;
        if owed.told_to.is_none() {
            let told = NewNotice::new(NoticeKind::RecordAdded, &owed.about_id).named(&added.title);
            let accounts = accounts_of(tx.conn, &owed.uscc)?;
            tell_all(tx, &accounts, &told, owed.at)?;
        }
    }
    let followers = if is_for_followers { next_followers(tx.conn, &owed)? } else { Vec::new() };
    let kind = if is_record { NoticeKind::FollowedPenalty } else { owed.kind.0 };
    let told = NewNotice::new(kind, &owed.about_id).named(&firm_name);
    let told = NewNotice { detail: owed.detail.as_deref(), ..told };
    tell_all(tx, &followers, &told, owed.at)?;
    match followers.last() {
        Some(last) if i64::try_from(followers.len()).is_ok_and(|count| count == TOLD_AT_ONCE) => {
            diesel::update(this).set(owed_notice::told_to.eq(last)).execute(tx.conn)?;
        }
        _ => {
            diesel::delete(this).execute(tx.conn)?;
        }
    }
    Ok(true)
}

/// Tells the firm's own accounts: of a record that fell what it was called, and why.
fn tell_firm_itself(tx: &mut Tx<'_>, owed: &OwedNotice) -> Result<()> {
    let accounts = accounts_of(tx.conn, &owed.uscc)?;
    let (told, detail) = (NewNotice::new(owed.kind.0, &owed.about_id), owed.detail.as_deref());
    if owed.kind.0 != NoticeKind::RecordTakenBack {
        return tell_all(tx, &accounts, &NewNotice { detail, ..told }, owed.at);
    }
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    let title = record::added(tx.conn, &owed.about_id, tx.now, today)?.title;
    tell_all(tx, &accounts, &NewNotice { reason: detail, ..told.named(&title) }, owed.at)
}

/// Who follows the firm since before it happened, and is not told yet. What is added to its file,
/// or falls, an account of the firm itself is told as that.
fn next_followers(conn: &mut Conn, owed: &OwedNotice) -> Result<Vec<String>> {
    let mut rows = follow::table
        .inner_join(account::table.on(account::id.eq(follow::account_id)))
        .filter(follow::uscc.eq(owed.uscc.clone()))
        .filter(follow::since.lt(owed.mark.clone()))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .order(follow::account_id)
        .limit(TOLD_AT_ONCE)
        .select(follow::account_id)
        .into_boxed();
    if let Some(last) = &owed.told_to {
        rows = rows.filter(follow::account_id.gt(last.clone()));
    }
    if matches!(owed.kind.0, NoticeKind::RecordAdded | NoticeKind::FollowedRevocation) {
        rows = rows.filter(account::uscc.is_null().or(account::uscc.ne(owed.uscc.clone())));
    }
    Ok(rows.load(conn)?)
}
