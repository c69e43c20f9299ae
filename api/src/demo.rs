//! The demo: a year of invented firms, people, records, ratings and cases over Dalian's real
//! places.
//!
//! Everything but the places is invented and marked so: names begin with or end in 演示, the `demo`
//! flag is set, and the firms' codes have the division 219900, which nobody has. It is stored
//! through the same use cases as everyone's, with the clock held at each day, so its history is
//! what a year of use would have left. The dice are seeded: the same day gives the same story
//! (identifiers aside).

pub mod fill;
pub mod people;
pub mod plan;
pub mod random;
pub mod welcome;
pub mod words;

pub use fill::fill;
pub use plan::Size;
