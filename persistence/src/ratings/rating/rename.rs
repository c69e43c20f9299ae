//! A person changes the phone: what is theirs under the keys that live goes by the new number's
//! names, so that it stays theirs to read and nobody rates or flags twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_store::{Result, Tx, on_each};

use super::own::projects_of;
use super::shuffle::ratings_again;
use crate::ratings::month_key::{MonthKey, MonthKeys};
use crate::ratings::pseudonym::Pseudonym;
use crate::schema::{rating, review_flag};

/// Flags that one statement inserts.
const FLAGS: usize = 500;

/// Gives what waits, is held or is out of an account's ratings, and its flags, the names of another
/// phone. Nobody learns of it, as of the ratings themselves.
///
/// All ratings of the account's projects and all flags are written again with it, whether or not
/// some are its own: rows that were written with the account's row would else be known by it.
pub(crate) fn rename(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    account_id: &str,
    old_phone: &str,
    new_phone: &str,
) -> Result<()> {
    let (projects, live) = (projects_of(tx.conn, account_id)?, keys.live(tx.conn)?);
    for project in &projects {
        for key in &live {
            rename_person(tx, &key.person(project, old_phone), &key.person(project, new_phone))?;
        }
        ratings_again(tx.conn, project)?;
    }
    rename_flagger(tx, &live, old_phone, new_phone)
}

fn rename_person(tx: &mut Tx<'_>, old: &Pseudonym, new: &Pseudonym) -> Result<()> {
    let own = rating::table.filter(rating::person.eq(old));
    let is_there: bool = diesel::select(exists(own)).get_result(tx.conn)?;
    if !is_there {
        return Ok(());
    }
    // Of who had the new number before, and deleted the account: it is out or held, and closed.
    diesel::update(rating::table.filter(rating::person.eq(new)))
        .set(rating::person.eq(None::<Pseudonym>))
        .execute(tx.conn)?;
    diesel::update(own).set(rating::person.eq(new)).execute(tx.conn)?;
    Ok(())
}

fn rename_flagger(tx: &mut Tx<'_>, live: &[Arc<MonthKey>], old_phone: &str, new_phone: &str) -> Result<()> {
    let flags: Vec<(String, Pseudonym, String, bool)> = review_flag::table.load(tx.conn)?;
    let mut renamed: BTreeMap<(String, Pseudonym), (String, bool)> = BTreeMap::new();
    for (review, flagger, reason, settled) in flags {
        let key = live.iter().find(|key| key.flagger(&review, old_phone) == flagger);
        let flagger = key.map_or(flagger, |key| key.flagger(&review, new_phone));
        // "Once a person": one stays of two.
        renamed.insert((review, flagger), (reason, settled));
    }
    diesel::delete(review_flag::table).execute(tx.conn)?;
    let rows: Vec<_> = renamed
        .into_iter()
        .map(|((review, flagger), (reason, settled))| {
            (
                review_flag::review_id.eq(review),
                review_flag::flagger.eq(flagger),
                review_flag::reason.eq(reason),
                review_flag::settled.eq(settled),
            )
        })
        .collect();
    for part in rows.chunks(FLAGS) {
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(review_flag::table).values(part).execute(conn))?;
    }
    Ok(())
}
