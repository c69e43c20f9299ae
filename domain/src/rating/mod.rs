//! The arithmetic of residents' ratings, and what of it may be shown.
//!
//! "One household, one voice per project and month." A [`Tally`] is the sum of such voices; it is kept in the
//! rating's own transaction and never counted anew. What a reader sees of it passes through a [`Ledger`] first: it alone says what may
//! be shown.

mod burst;
mod comment;
mod ledger;
mod suppression;
mod table;
mod tally;
mod view;
mod voice;

pub use burst::{BURST_FACTOR, BURST_MINIMUM, is_burst};
pub use comment::{COMMENT_LENGTH, CommentFault, HeldReason, Screened, Verdict, personal_number, screen};
pub use ledger::{Cell, Frame, LONGEST_SPAN, Ledger, Line, Span};
pub use suppression::{DEFAULT_MINIMUM_VOICES, Shown, show};
use table::{ShownTable, suppress_table};
pub use tally::{NotCounted, PRIOR_VOICES, Sum, Tally, prior, service_score};
pub use view::{Burst, BurstState, Figures, MonthFigures, OwnRating, OwnVoice, Ratings};
pub use voice::{Dimension, Dimensions, NotStars, Stars};
