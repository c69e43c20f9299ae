//! Ratings: a household's answers wait under pseudonyms until a step publishes them together with
//! those of enough others.
//!
//! Nobody but its writer sees what waits: writing a rating leaves no trace in the change feed or
//! the audit. What everyone reads is made of increments ([`figures`]), which a step makes
//! ([`step`]).

use std::sync::Arc;

use xinwu_domain::calendar::MonthFault;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::OwnRating;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::StoreError;

use crate::ratings::month_key::MonthKeys;

mod comment;
mod figures;
mod forget;
mod increment;
mod own;
mod put;
mod rekey;
mod row;
mod shuffle;
pub(crate) mod step;
mod take_back;
mod this_month;

pub(crate) use comment::{Comment, drop_comments};
pub(crate) use figures::{
    LastStep, last_closed_month, last_step, of_firms, of_place, of_projects, published, service_of_project,
};
pub use figures::{of_firm, of_project, publication};
pub(crate) use forget::{clear_deleted, next_to_unlink, unlink_some};
pub use increment::Increment;
pub(crate) use increment::{DATABASE, name_database};
pub(crate) use own::{all, has_rated};
pub use own::{get, list};
pub(crate) use put::month_without_key;
pub use put::put;
pub(crate) use row::Row;
pub use shuffle::{Shuffle, shuffle_at};
pub(crate) use take_back::{FalseResidence, drop_held, take_back};
pub use take_back::{delete_comment, withdraw};
pub(crate) use this_month::{Asked, ThisMonth};

/// Who reads or gives their own ratings, and when.
#[derive(Debug, Clone)]
pub struct Reader {
    /// What opens the ratings.
    pub keys: Arc<MonthKeys>,
    /// When, and in which language the sentence is that says what becomes of them.
    pub context: RequestContext,
}

/// What became of a PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The rating as it stands now.
    pub rating: OwnRating,
    /// Its version.
    pub version: i64,
    /// Whether there was none before.
    pub is_new: bool,
}

fn not_found() -> StoreError {
    Kind::Rating.not_found().into()
}

fn month_fault(fault: MonthFault) -> Refusal {
    Refusal::invalid("month", fault.code(), fault.text())
}

/// "Once its stars are out a rating is closed (409 `rating_published`)."
fn rating_published() -> Refusal {
    let text = Text::new(
        "该评价已计入公布的数据，不能修改或撤回；下月可再次评价",
        "This rating is part of published figures and can no longer be changed or taken back; rate again next month",
    );
    Refusal::conflict("rating_published", text)
}

/// "While held a rating is closed (409 `rating_held`)."
fn rating_held() -> Refusal {
    let text = Text::new(
        "该评价正与同批评价一起核查，核查期间不能修改或撤回",
        "This rating is held with others that came at once, and cannot be changed or taken back meanwhile",
    );
    Refusal::conflict("rating_held", text)
}
