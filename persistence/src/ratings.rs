//! Ratings, the steps that publish them, reviews.

pub mod burst;
pub mod month_key;
pub(crate) mod pseudonym;
pub mod rating;
pub mod residence_end;
pub mod review;
pub(crate) mod tally;
