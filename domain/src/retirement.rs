//! Entries of the registers that were made by mistake, or twice: they are retired and not deleted.
//! They are in no list any more, nothing rests on them, and they can still be read by their ids.

use chrono::NaiveDate;

use crate::proposal::Change;
use crate::refusal::Refusal;
use crate::text::Text;

/// What an edit makes of an entry's retirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retirement {
    /// It stays as it is.
    Stays,
    /// It is in the lists again.
    TakenBack,
    /// It is retired; another entry may hold in its place.
    Retired(Option<String>),
}

impl Retirement {
    /// Reads the two fields of an edit.
    ///
    /// # Errors
    /// A fault of `/successor` where nothing is retired that it could hold for.
    pub fn read(retired: Option<bool>, successor: Option<String>) -> Result<Retirement, Refusal> {
        match (retired, successor) {
            (Some(true), successor) => Ok(Retirement::Retired(successor)),
            (None | Some(false), Some(_)) => {
                let text = Text::new("仅在停用时可指明替代的登记", "only of an entry that is retired");
                Err(Refusal::invalid("/successor", "not_applicable", text))
            }
            (Some(false), None) => Ok(Retirement::TakenBack),
            (None, None) => Ok(Retirement::Stays),
        }
    }

    /// Checks what may be done with an entry as it stands: one that is retired changes only as that
    /// is taken back, or as it gets another successor.
    ///
    /// # Errors
    /// [`Refusal::Conflict`]
    pub fn check(&self, retired_on: Option<NaiveDate>) -> Result<(), Refusal> {
        match self {
            Retirement::Stays if retired_on.is_some() => Err(Refusal::conflict("retired", retired_text())),
            _ => Ok(()),
        }
    }

    /// Since when the entry is retired after the edit, which happens on `today`, and what holds in
    /// its place.
    #[must_use]
    pub fn of(
        &self,
        retired_on: Option<NaiveDate>,
        successor: Option<String>,
        today: NaiveDate,
    ) -> (Option<NaiveDate>, Option<String>) {
        match self {
            Retirement::Stays => (retired_on, successor),
            Retirement::TakenBack => (None, None),
            Retirement::Retired(successor) => (retired_on.or(Some(today)), successor.clone()),
        }
    }

    /// What a second person is shown of it: that, and not the day, which is that of the
    /// confirmation.
    pub fn changes(&self, retired_on: Option<NaiveDate>) -> Vec<Change> {
        let (before, after) = (retired_on.is_some(), self.of(retired_on, None, NaiveDate::MIN).0.is_some());
        let change = Change { field: "retired".to_owned(), before: before.into(), after: after.into() };
        if before == after { Vec::new() } else { vec![change] }
    }
}

/// What people read where a retired entry is named.
pub fn retired_text() -> Text {
    Text::new("该登记已停用", "This entry is retired")
}

/// 409: something rests on the entry, which `zh` and `en` say, of this id.
pub fn in_use(zh: &'static str, en: &'static str, id: &str) -> Refusal {
    let text = Text::new(format!("{zh}，编号 {id}"), format!("{en}: {id}"));
    Refusal::conflict("in_use", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_successor_is_named_of_what_is_retired_alone() {
        let read = |retired, successor: Option<&str>| Retirement::read(retired, successor.map(str::to_owned));
        assert_eq!(read(None, None), Ok(Retirement::Stays));
        assert_eq!(read(Some(false), None), Ok(Retirement::TakenBack));
        assert_eq!(read(Some(true), None), Ok(Retirement::Retired(None)));
        assert_eq!(read(Some(true), Some("B")), Ok(Retirement::Retired(Some("B".to_owned()))));
        for retired in [None, Some(false)] {
            let Err(Refusal::Invalid(faults)) = read(retired, Some("B")) else { panic!("{retired:?}") };
            assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/successor", "not_applicable"));
        }
    }

    #[test]
    fn what_is_retired_stays_so_from_its_first_day_until_that_is_taken_back() {
        let (since, today) = (Some(day("2026-11-20")), day("2026-11-21"));
        assert!(Retirement::Stays.check(None).is_ok());
        assert!(Retirement::Stays.check(since).is_err());
        assert!(Retirement::TakenBack.check(since).is_ok());
        let (old, new) = (Some("B".to_owned()), Some("C".to_owned()));
        assert_eq!(Retirement::Retired(new.clone()).of(since, old.clone(), today), (since, new.clone()));
        assert_eq!(Retirement::Retired(new.clone()).of(None, None, today), (Some(today), new.clone()));
        assert_eq!(Retirement::TakenBack.of(since, old, today), (None, None));
        let told = |retirement: Retirement, before| {
            let change = retirement.changes(before).pop()?;
            Some((change.before.as_bool(), change.after.as_bool()))
        };
        assert_eq!(told(Retirement::Retired(None), None), Some((Some(false), Some(true))));
        assert_eq!(told(Retirement::TakenBack, since), Some((Some(true), Some(false))));
        assert_eq!(told(Retirement::Retired(new), since), None);
        assert_eq!(told(Retirement::Stays, None), None);
    }
}
