//! The keys by which ratings are linked to dwellings and people: a random one a month, made once
//! and stored sealed, and deleted some weeks after the month. What is written down under a key that
//! is gone is nobody's.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_store::{Col, Conn, Result, StoreError, Tx, on_each};

use crate::schema::{rated_month, rating_key};

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of the nonce that stands before what is sealed.
const NONCE: usize = 12;

/// Opens and makes the months' keys.
pub struct MonthKeys {
    seal: RandomizedNonceKey,
    /// Those that were read from the database: never one that a transaction made and may take back.
    opened: RwLock<BTreeMap<Month, Arc<MonthKey>>>,
}

/// A month's key.
pub struct MonthKey {
    pub(crate) month: Month,
    pub(crate) mac: hmac::Key,
    /// As it is stored: another in its place is another key.
    sealed: Vec<u8>,
}

impl MonthKeys {
    /// The keys that are sealed by `seal`.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the library refuses, which it does not.
    pub fn new(seal: &[u8; KEY]) -> Result<MonthKeys> {
        let seal = RandomizedNonceKey::new(&AES_256_GCM, seal)
            .map_err(|_| StoreError::internal("the seal of the months' keys cannot be used"))?;
        Ok(MonthKeys { seal, opened: RwLock::default() })
    }

    /// The month's key, if it has one. Whether it is there is asked each time: it may have been
    /// forgotten since.
    pub(crate) fn of(&self, conn: &mut Conn, month: Month) -> Result<Option<Arc<MonthKey>>> {
        let found = rating_key::table.find(Col(month)).select(rating_key::sealed).get_result(conn);
        self.kept(month, found.optional()?)
    }

    /// The month's key by what is stored of it now, for who has read that with something else.
    pub(crate) fn kept(&self, month: Month, sealed: Option<Vec<u8>>) -> Result<Option<Arc<MonthKey>>> {
        let Some(sealed) = sealed else {
            self.opened.write().unwrap_or_else(PoisonError::into_inner).remove(&month);
            return Ok(None);
        };
        self.open(month, sealed).map(Some)
    }

    /// The month's key, which is made where the month never had one: "the month's key is random,
    /// made once (insert, not overwrite)". `None` if it was forgotten, or left out of a backup.
    pub fn make(&self, tx: &mut Tx<'_>, month: Month) -> Result<Option<Arc<MonthKey>>> {
        if let Some(key) = self.of(tx.conn, month)? {
            return Ok(Some(key));
        }
        let is_first = on_each!(&mut *tx.conn, |conn| diesel::insert_into(rated_month::table)
            .values((rated_month::month.eq(Col(month)), rated_month::forgotten.eq(false)))
            .on_conflict_do_nothing()
            .execute(conn))?;
        if is_first == 0 {
            return Ok(None);
        }
        let mut key = [0_u8; KEY];
        rand::fill(&mut key).map_err(|_| StoreError::internal("the system gives no random bytes"))?;
        let sealed = self.seal(month, &key)?;
        let row = (rating_key::month.eq(Col(month)), rating_key::sealed.eq(&sealed));
        diesel::insert_into(rating_key::table).values(row).execute(tx.conn)?;
        // Not cached: this transaction may be taken back, and another make another.
        Ok(Some(Arc::new(MonthKey::new(month, &key, sealed))))
    }

    /// The months that have a key.
    pub(crate) fn months(conn: &mut Conn) -> Result<Vec<Month>> {
        let months: Vec<Col<Month>> =
            rating_key::table.order(rating_key::month).select(rating_key::month).load(conn)?;
        Ok(months.into_iter().map(|month| month.0).collect())
    }

    /// The keys that there are. All others are kept in memory no longer.
    pub(crate) fn live(&self, conn: &mut Conn) -> Result<Vec<Arc<MonthKey>>> {
        let months = MonthKeys::months(conn)?;
        self.opened.write().unwrap_or_else(PoisonError::into_inner).retain(|month, _| months.contains(month));
        let mut keys = Vec::with_capacity(months.len());
        for month in months {
            keys.extend(self.of(conn, month)?);
        }
        Ok(keys)
    }

    fn seal(&self, month: Month, key: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = key.to_vec();
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(context(month).as_bytes()), &mut sealed)
            .map_err(|_| StoreError::internal("a month's key cannot be sealed"))?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    fn open(&self, month: Month, sealed: Vec<u8>) -> Result<Arc<MonthKey>> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(&month).cloned();
        if let Some(opened) = opened.filter(|opened| opened.sealed == sealed) {
            return Ok(opened);
        }
        let unusable = || StoreError::internal("a month's key was sealed with another secret, or is damaged");
        let (nonce, body) = sealed.split_at_checked(NONCE).ok_or_else(unusable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unusable())?;
        let mut body = body.to_vec();
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(context(month).as_bytes()), &mut body)
            .map_err(|_| unusable())?;
        let key = Arc::new(MonthKey::new(month, plain, sealed.clone()));
        self.opened.write().unwrap_or_else(PoisonError::into_inner).insert(month, Arc::clone(&key));
        Ok(key)
    }
}

impl MonthKey {
    pub(crate) fn new(month: Month, key: &[u8], sealed: Vec<u8>) -> MonthKey {
        MonthKey { month, mac: hmac::Key::new(hmac::HMAC_SHA256, key), sealed }
    }
}

impl std::fmt::Debug for MonthKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MonthKeys")
    }
}

fn context(month: Month) -> String {
    format!("rating-key/{month}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_under_its_seal_and_month_alone() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let keys = MonthKeys::new(&[7; KEY]).unwrap();
        let sealed = keys.seal(month("2026-11"), &[3; KEY]).unwrap();
        let opened = keys.open(month("2026-11"), sealed.clone()).unwrap();
        let plain = MonthKey::new(month("2026-11"), &[3; KEY], Vec::new());
        assert_eq!(opened.person("p", "hash"), plain.person("p", "hash"));
        assert!(keys.open(month("2026-12"), sealed.clone()).is_err());
        assert!(MonthKeys::new(&[8; KEY]).unwrap().open(month("2026-11"), sealed).is_err());
    }
}
