//! Under what names ratings are kept: HMAC-SHA-256 under the key of their month, of what they are
//! about, each with a label, the project, and the lengths of all parts. Who has no key cannot tell
//! whose they are, nor which of two months are one's.

use aws_lc_rs::hmac;
use xinwu_domain::household::Dwelling;

use crate::ratings::month_key::MonthKey;

/// A pseudonym.
pub type Pseudonym = Vec<u8>;

impl MonthKey {
    /// Of a dwelling, by its estate's code and its normal form.
    pub fn dwelling(&self, project: &str, estate: &str, dwelling: &Dwelling) -> Pseudonym {
        let Dwelling { building, unit, room } = dwelling;
        self.keyed("dwelling", &[project, estate, building, unit, room].map(str::as_bytes))
    }

    /// Of a person, as [`crate::people::person`] knows them.
    pub fn person(&self, project: &str, person: &str) -> Pseudonym {
        self.keyed("person", &[project.as_bytes(), person.as_bytes()])
    }

    /// Of a comment's writer, by the dwelling's pseudonym of the same month: without the key
    /// nothing links a comment to its stars.
    pub fn writer(&self, project: &str, dwelling: &[u8]) -> Pseudonym {
        self.keyed("comment", &[project.as_bytes(), dwelling])
    }

    /// Of the person who flags a review.
    pub(crate) fn flagger(&self, review: &str, person: &str) -> Pseudonym {
        self.keyed("flag", &[review.as_bytes(), person.as_bytes()])
    }

    /// Of a person who left a dwelling of an estate in the month.
    pub(crate) fn left(&self, estate: &str, person: &str) -> Pseudonym {
        self.keyed("left", &[estate.as_bytes(), person.as_bytes()])
    }

    /// Of the dwelling that they left.
    pub(crate) fn left_home(&self, estate: &str, person: &str, dwelling: &Dwelling) -> Pseudonym {
        let Dwelling { building, unit, room } = dwelling;
        self.keyed("left home", &[estate, person, building, unit, room].map(str::as_bytes))
    }

    fn keyed(&self, label: &str, parts: &[&[u8]]) -> Pseudonym {
        let mut context = hmac::Context::with_key(&self.mac);
        for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratings::month_key::MonthKey;

    fn home(building: &str, unit: &str, room: &str) -> Dwelling {
        Dwelling { building: building.to_owned(), unit: unit.to_owned(), room: room.to_owned() }
    }

    #[test]
    fn each_part_each_label_and_each_key_makes_another() {
        let month = "2026-11".parse().unwrap();
        let (key, other) =
            (MonthKey::new(month, &[1; 32], Vec::new()), MonthKey::new(month, &[2; 32], Vec::new()));
        let one = key.dwelling("p", "e", &home("1", "12", "3"));
        assert_eq!((one.len(), &one), (32, &key.dwelling("p", "e", &home("1", "12", "3"))));
        for another in [
            key.dwelling("p", "e", &home("11", "2", "3")),
            key.dwelling("pe", "", &home("1", "12", "3")),
            key.dwelling("q", "e", &home("1", "12", "3")),
            other.dwelling("p", "e", &home("1", "12", "3")),
            key.writer("p", &one),
        ] {
            assert_ne!(one, another);
        }
        assert_ne!(key.person("p", "hash"), key.flagger("p", "hash"));
    }
}
