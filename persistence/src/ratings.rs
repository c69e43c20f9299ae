//! Residents' ratings, from writing one to publishing it: steps, bursts, reviews, and the
//! pseudonyms under which rows are stored.

pub mod burst;
pub mod moderation;
pub mod month_key;
pub mod own_home;
pub(crate) mod pseudonym;
pub mod rating;
pub(crate) mod reply;
pub mod residence_end;
pub mod review;
pub(crate) mod tally;
