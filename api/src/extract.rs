//! What a handler takes from a request: bodies, queries and paths, each refused with a problem that
//! names the field.

mod body;
mod form;
mod parameters;
pub(crate) mod range;
mod tree;
mod words;

pub use body::{Form, Json, JsonFile, LARGEST_BODY, OptionalJson};
pub(crate) use body::{LARGEST_MEBIBYTES, payload_problem};
pub(crate) use parameters::Picture;
pub(crate) use parameters::no_query;
pub use parameters::{FirmCode, Path, PictureQuery, PlaceCode, Query, VersionNumber};
pub(crate) use words::check as check_rules;
