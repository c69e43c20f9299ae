//! What happened to a firm and is owed to those whom it concerns: its own accounts and whoever
//! follows it. A write only notes it, in a row for the firm and not one a reader:
//! [`crate::operations::fan_out`] tells them afterwards, some at a time.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp};
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::RecordState;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use crate::schema::{account, follow, owed_notice, record};

/// What is owed, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = owed_notice)]
// Several go into one statement.
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct OwedNotice {
    pub kind: Col<NoticeKind>,
    pub about_id: String,
    pub uscc: String,
    pub detail: Option<String>,
    pub at: NaiveDateTime,
    pub mark: String,
    pub told_to: Option<String>,
}

/// Accounts that act for a firm now.
macro_rules! acts_for_a_firm {
    () => {
        $crate::schema::account::role.eq(xinwu_store::Col(xinwu_domain::access::Role::Firm)).and(
            $crate::schema::account::status
                .eq(xinwu_store::Col(xinwu_domain::account::AccountStatus::Active)),
        )
    };
}
pub(crate) use acts_for_a_firm;

/// Notes that those who follow a firm are to be told, if anybody does. What it makes pointless is
/// not told any more.
pub(crate) fn owe_followers(
    tx: &mut Tx<'_>,
    uscc: &str,
    kind: NoticeKind,
    about_id: &str,
    detail: Option<&str>,
) -> Result<()> {
    let is_followed: bool =
        diesel::select(exists(follow::table.filter(follow::uscc.eq(uscc)))).get_result(tx.conn)?;
    if is_followed { owe(tx, uscc, kind, about_id, detail) } else { Ok(()) }
}

/// Notes that a firm's own accounts are to be told. What it makes pointless is not told any more.
pub(crate) fn owe_firm(
    tx: &mut Tx<'_>,
    uscc: &str,
    kind: NoticeKind,
    about_id: &str,
    detail: &str,
) -> Result<()> {
    owe(tx, uscc, kind, about_id, Some(detail))
}

fn owe(tx: &mut Tx<'_>, uscc: &str, kind: NoticeKind, about_id: &str, detail: Option<&str>) -> Result<()> {
    let superseded: Vec<Col<NoticeKind>> = kind.supersedes().iter().copied().map(Col).collect();
    if !superseded.is_empty() {
        let of_before = owed_notice::table.filter(owed_notice::about_id.eq(about_id));
        diesel::delete(of_before.filter(owed_notice::kind.eq_any(superseded))).execute(tx.conn)?;
    }
    let row = OwedNotice {
        kind: Col(kind),
        about_id: about_id.to_owned(),
        uscc: uscc.to_owned(),
        detail: detail.map(str::to_owned),
        at: tx.now_utc(),
        mark: tx.random.id(),
        told_to: None,
    };
    diesel::insert_into(owed_notice::table).values(&row).execute(tx.conn)?;
    Ok(())
}

/// Of some firms, those of which somebody is told.
#[derive(Debug, Default)]
pub(crate) struct ToldFirms {
    acted_for: BTreeSet<String>,
    followed: BTreeSet<String>,
}

impl ToldFirms {
    pub fn is_empty(&self) -> bool {
        self.acted_for.is_empty() && self.followed.is_empty()
    }

    /// Whether an account acts for the firm.
    pub fn act_for(&self, uscc: &str) -> bool {
        self.acted_for.contains(uscc)
    }

    /// Whether anybody follows the firm.
    pub fn follow(&self, uscc: &str) -> bool {
        self.followed.contains(uscc)
    }
}

/// Which of these firms have accounts, and which are followed.
pub(crate) fn told_firms(conn: &mut Conn, firms: &BTreeSet<&str>) -> Result<ToldFirms> {
    let mut told = ToldFirms::default();
    for part in firms.iter().copied().collect::<Vec<_>>().chunks(500) {
        let acted_for: Vec<String> = account::table
            .filter(account::uscc.eq_any(part))
            .filter(acts_for_a_firm!())
            .select(account::uscc.assume_not_null())
            .distinct()
            .load(conn)?;
        let followed: Vec<String> =
            follow::table.filter(follow::uscc.eq_any(part)).select(follow::uscc).distinct().load(conn)?;
        told.acted_for.extend(acted_for);
        told.followed.extend(followed);
    }
    Ok(told)
}

/// What is owed of one of many things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owed<'a> {
    pub kind: NoticeKind,
    pub about: &'a str,
    pub uscc: &'a str,
    pub detail: Option<&'a str>,
}

/// Notes some hundreds of things at once: [`told_firms`] says to whom.
pub(crate) fn owe_all(tx: &mut Tx<'_>, owed: &[Owed<'_>]) -> Result<()> {
    if owed.is_empty() {
        return Ok(());
    }
    let now = tx.now_utc();
    let rows: Vec<OwedNotice> = owed
        .iter()
        .map(|owed| OwedNotice {
            kind: Col(owed.kind),
            about_id: owed.about.to_owned(),
            uscc: owed.uscc.to_owned(),
            detail: owed.detail.map(str::to_owned),
            at: now,
            mark: tx.random.id(),
            told_to: None,
        })
        .collect();
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(owed_notice::table).values(&rows).execute(conn))?;
    Ok(())
}

/// Which records are confirmed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Confirmed<'a> {
    /// This one.
    pub id: Option<&'a str>,
    /// All that this import brought.
    pub import: Option<&'a str>,
}

/// Notes that records in force are to be told to their firms and to whoever follows these, in one
/// statement however many they are.
pub(crate) fn owe_records(tx: &mut Tx<'_>, confirmed: Confirmed<'_>) -> Result<()> {
    let own = account::table.filter(account::uscc.eq(record::uscc)).filter(acts_for_a_firm!());
    let following = follow::table
        .filter(follow::uscc.nullable().eq(record::uscc))
        .filter(record::kind.eq(Col(RecordKind::Penalty)));
    let rows = record::table
        .filter(record::id.nullable().eq(confirmed.id).or(record::import_id.eq(confirmed.import)))
        .filter(record::state.eq(Col(RecordState::InForce)))
        .filter(record::uscc.is_not_null())
        .filter(exists(own).or(exists(following)))
        .select((
            Col(NoticeKind::RecordAdded).into_sql::<Text>(),
            record::id,
            record::uscc.assume_not_null(),
            None::<String>.into_sql::<Nullable<Text>>(),
            tx.now_utc().into_sql::<Timestamp>(),
            tx.random.id().into_sql::<Text>(),
            None::<String>.into_sql::<Nullable<Text>>(),
        ));
    let into = (
        owed_notice::kind,
        owed_notice::about_id,
        owed_notice::uscc,
        owed_notice::detail,
        owed_notice::at,
        owed_notice::mark,
        owed_notice::told_to,
    );
    on_each!(&mut *tx.conn, |conn| rows.insert_into(owed_notice::table).into_columns(into).execute(conn))?;
    Ok(())
}
