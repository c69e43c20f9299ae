//! The shipped schemes read, and grade as their cities say.

mod support;

use support::{catalogue, read_all};

#[test]
fn every_shipped_scheme_is_read_and_has_at_least_fifteen_items() {
    for scheme in read_all() {
        assert!(scheme.items().count() >= 15, "{} has {} items", scheme.id, scheme.items().count());
        assert!(scheme.subjects.iter().count() > 0);
    }
    assert!(catalogue().iter().count() >= 40);
}
