//! Finding firms and estates by their names, as people in China type them, and by their codes.
//!
//! A name is found by any part of it in Chinese characters, in full pinyin, in initials, or in a
//! mixture of them: 大连万科物业 by 万科, `wanke`, `dlwk`, 大连wk and `wanke物业`. Case, full-width
//! forms, spaces and punctuation make no difference: 幸福ｅ家 is found by 幸福e家 and by `xfej`. A
//! character with several readings is found by each of them (长 by `chang` and `zhang`); ü is typed
//! v or u. Traditional forms are found by simplified ones and the other way round: 萬科 by 万科.

mod code;
mod index;
mod key;
mod name;
mod parts;
mod query;
#[cfg(test)]
mod reference;
mod syllables;

pub use index::{Index, IndexEntry};
pub use key::sort_key;
pub use name::{MatchKind, Relevance};
pub use query::{QUERY_LENGTH, Query};
