//! The faults of a form, found by one check after the other and told all at once: whoever mends the
//! first does not send the form again only to learn of the second.

use super::{FieldFault, Refusal};
use crate::text::Text;

/// Why something did not happen, which may be faults of fields.
pub trait Faulty: Sized {
    /// The faults of fields, or what else it is.
    ///
    /// # Errors
    /// Itself, where it is anything else.
    fn faults(self) -> Result<Vec<FieldFault>, Self>;
}

impl Faulty for Refusal {
    fn faults(self) -> Result<Vec<FieldFault>, Refusal> {
        match self {
            Refusal::Invalid(faults) => Ok(faults),
            other => Err(other),
        }
    }
}

impl From<Vec<FieldFault>> for Faults {
    fn from(found: Vec<FieldFault>) -> Faults {
        Faults(found)
    }
}

/// Collects the faults of a form. A use case first checks all that is asked for, and then writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    /// What a check gives, or none where it finds faults, which are kept. Of a field that has a
    /// fault already a later check says nothing more: it would follow from the first.
    ///
    /// # Errors
    /// Whatever else is wrong is told at once: that something is not there, or not the actor's.
    pub fn keep<T, E: Faulty>(&mut self, outcome: Result<T, E>) -> Result<Option<T>, E> {
        let found = match outcome.map_err(Faulty::faults) {
            Ok(value) => return Ok(Some(value)),
            Err(found) => found?,
        };
        self.extend(found);
        Ok(None)
    }

    /// Keeps the faults that one check found, as [`Faults::keep`] does.
    pub fn extend(&mut self, found: Vec<FieldFault>) {
        let new: Vec<FieldFault> = found.into_iter().filter(|fault| !self.has(&fault.pointer)).collect();
        self.0.extend(new);
    }

    /// Keeps a fault of the field at `pointer`, unless that has one.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: Text) {
        let fault = FieldFault::new(pointer, code, detail);
        if !self.has(&fault.pointer) {
            self.0.push(fault);
        }
    }

    /// Whether the field at `pointer` has a fault.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.iter().any(|fault| fault.pointer == pointer)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes on where nothing was found.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with all faults, in the order of their fields' pointers.
    pub fn refuse_if_any(&mut self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.take())) }
    }

    /// [`Faults::refuse_if_any`] of the parameters of a path or query.
    ///
    /// # Errors
    /// [`Refusal::BadParameter`]
    pub fn refuse_parameters(&mut self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::BadParameter(self.take())) }
    }

    /// [`Faults::refuse_if_any`] with what a check gave that found nothing.
    ///
    /// # Errors
    /// As there, and where there is nothing, which a check has given its reason for.
    pub fn or_refuse<T>(&mut self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Refusal::Invalid(self.take())),
        }
    }

    fn take(&mut self) -> Vec<FieldFault> {
        let mut faults = std::mem::take(&mut self.0);
        faults.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn invalid(pointer: &str, code: &'static str) -> Result<u8, Refusal> {
        Err(Refusal::invalid(pointer, code, Text::new("", "")))
    }

    fn told(refused: Result<(), Refusal>) -> Vec<(String, &'static str)> {
        let Err(Refusal::Invalid(faults)) = refused else { panic!("{refused:?}") };
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn every_fault_is_told_by_field_and_of_a_field_the_first() {
        let mut faults = Faults::default();
        assert_eq!(faults.keep(invalid("/b", "one")), Ok(None));
        assert_eq!(faults.keep(invalid("/a", "two")), Ok(None));
        assert_eq!(faults.keep(invalid("/b", "three")), Ok(None));
        assert_eq!(faults.keep(Ok::<u8, Refusal>(7)), Ok(Some(7)));
        faults.add("/a", "four", Text::new("", ""));
        faults.add("/c", "five", Text::new("", ""));
        assert!(faults.has("/c") && !faults.has("/d") && !faults.is_empty());
        let expected = [("/a", "two"), ("/b", "one"), ("/c", "five")];
        assert_eq!(told(faults.refuse_if_any()), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }

    #[test]
    fn one_check_may_find_several_faults_of_a_field() {
        let two = vec![
            FieldFault::new("/text", "one", Text::new("", "")),
            FieldFault::new("/text", "two", Text::new("", "")),
        ];
        let mut faults = Faults::default();
        assert_eq!(faults.keep(Err::<(), _>(Refusal::Invalid(two.clone()))), Ok(None));
        assert_eq!(faults.refuse_if_any(), Err(Refusal::Invalid(two)));
    }

    #[test]
    fn what_is_no_fault_of_a_field_is_told_at_once() {
        let mut faults = Faults::default();
        assert_eq!(faults.keep(invalid("/a", "one")), Ok(None));
        let gone: Result<u8, Refusal> = Err(Kind::Firm.not_found());
        assert_eq!(faults.keep(gone), Err(Kind::Firm.not_found()));
    }

    #[test]
    fn nothing_found_lets_the_use_case_go_on() {
        let mut faults = Faults::default();
        assert_eq!(faults.refuse_if_any(), Ok(()));
        assert_eq!(faults.refuse_parameters(), Ok(()));
        assert_eq!(faults.or_refuse(Some(1)), Ok(1));
        faults.add("as_of", "in_future", Text::new("", ""));
        assert!(matches!(faults.refuse_parameters(), Err(Refusal::BadParameter(_))));
        assert_eq!(faults.keep(invalid("/a", "one")), Ok(None));
        assert!(matches!(faults.or_refuse(Some(1)), Err(Refusal::Invalid(_))));
    }
}
