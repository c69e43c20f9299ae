//! Versions of objects, by which two changes made from the same state are told apart.

use crate::refusal::Refusal;

/// The versions that a change may be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whichever stands.
    Any,
    /// One of these.
    OneOf(Vec<i64>),
}

impl Expected {
    /// Checks the version that stands.
    ///
    /// # Errors
    /// [`Refusal::Stale`] for another than the expected ones.
    pub fn check(&self, stands: i64) -> Result<(), Refusal> {
        Expected::check_any(Some(self), Some(stands))
    }

    /// [`Expected::check`] for an object that may not stand yet, and a change that may be made from
    /// nothing said. Where nothing stands, nothing that is expected does.
    ///
    /// # Errors
    /// As [`Expected::check`].
    pub fn check_any(expected: Option<&Expected>, stands: Option<i64>) -> Result<(), Refusal> {
        match (expected, stands) {
            (None, _) | (Some(Expected::Any), Some(_)) => Ok(()),
            (Some(Expected::OneOf(versions)), Some(stands)) if versions.contains(&stands) => Ok(()),
            _ => Err(Refusal::Stale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_from_a_version_that_stands() {
        let listed = Expected::OneOf(vec![2, 5]);
        assert_eq!([1, 2, 5].map(|stands| listed.check(stands).is_ok()), [false, true, true]);
        assert_eq!(Expected::Any.check(1), Ok(()));
        for (expected, stands, holds) in [
            (None, None, true),
            (None, Some(1), true),
            (Some(&Expected::Any), None, false),
            (Some(&listed), None, false),
        ] {
            assert_eq!(Expected::check_any(expected, stands).is_ok(), holds, "{expected:?} {stands:?}");
        }
    }
}
