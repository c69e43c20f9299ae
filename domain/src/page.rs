//! Pages of lists, by keyset: a page begins after the sort keys of the last item before it, so that
//! it holds under inserts.

use serde::{Deserialize, Serialize};

/// What part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Items a page, 1 to 100.
    pub limit: i64,
    /// The sort keys of the last item of the page before; none for the first page.
    pub after: Option<Keys>,
    /// Whether the total is asked for.
    pub count: bool,
}

/// The sort keys of one item, in the order of the sort; the last one is unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Keys(pub Vec<String>);

impl Keys {
    /// Keys from texts.
    pub fn of<const N: usize>(keys: [&str; N]) -> Keys {
        Keys(keys.into_iter().map(str::to_owned).collect())
    }

    /// The key at `position`; empty where there is none.
    pub fn get(&self, position: usize) -> &str {
        self.0.get(position).map_or("", String::as_str)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most as many as the window's limit.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next: Option<Keys>,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl<T> Listed<T> {
    /// Makes a page of rows that were fetched with a limit one above the window's: the extra row
    /// tells that there is a next page.
    pub fn from_rows(mut rows: Vec<T>, window: &Window, keys: impl Fn(&T) -> Keys) -> Listed<T> {
        let limit = usize::try_from(window.limit).unwrap_or(1);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(keys) } else { None };
        Listed { items: rows, next, total: None }
    }

    /// The same page of other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(change).collect(), next: self.next, total: self.total }
    }
}
