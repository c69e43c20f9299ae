//! The arithmetic of residents' ratings, and the steps in which they are published.
//!
//! "Figures are published in steps, and what is published is final." A rating is a household's
//! [`Answers`]; a step takes those of a cell that wait, once there are enough, into one increment,
//! a [`Tally`]. Every public figure is a sum of whole increments.

pub mod answers;
mod command;
mod comment;
pub mod outlook;
mod span;
mod stars;
pub mod step;
mod tally;
mod view;

pub use answers::{AnswerColumns, Answers, Cell, RatingClosed};
pub use command::NewRating;
pub use comment::{COMMENT_LENGTH, CommentFault, Screened, screen};
pub use outlook::{Closing, Outlook};
pub use span::{LONGEST_SPAN, Span};
pub use stars::{Dimension, Dimensions, NotStars, Stars};
pub use step::{
    Hold, Leftover, Schedule, StepDue, StepHistory, StepKind, StepTimes, arrived, increment_month,
    judge_burst, take,
};
pub use tally::{Sum, Tally, service_score};
pub use view::{
    Burst, BurstState, CommentState, Coverage, Figures, MonthFigures, NoFigures, OwnRating, Publication,
    Ratings, ServiceFigures,
};

/// Where the setting `min_raters` does not say otherwise.
pub const DEFAULT_MIN_RATERS: u32 = 5;
