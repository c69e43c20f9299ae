//! 评分办法: a city's rules as data.
//!
//! placeholder
mod check;
mod document;
mod model;
mod read;
mod read_rules;

pub use document::{Document, Fault, Table};
pub use model::*;

use crate::text::Text;

fn text(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh.into(), en.into())
}
