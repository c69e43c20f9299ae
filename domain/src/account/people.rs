//! The names of the accounts that an object names by their ids.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::NamedAccount;

/// What the accounts are called that an object names, by id, where they have a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(example = json!({"0193a5c2-0000-7f00-8000-5d0c3f6a1b2c": "海军广场街道"}))]
pub struct People(BTreeMap<String, String>);

impl People {
    /// What an account is called.
    pub fn get(&self, id: &str) -> Option<&String> {
        self.0.get(id)
    }

    /// The account with what it is called.
    pub fn named(&self, id: &str) -> NamedAccount {
        NamedAccount { id: id.to_owned(), name: self.get(id).cloned() }
    }
}

impl FromIterator<(String, String)> for People {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> People {
        People(names.into_iter().collect())
    }
}

/// What names accounts by their ids, and can say what they are called.
pub trait NamesPeople {
    /// The ids.
    fn accounts(&self) -> Vec<&str>;

    /// Where their names stand.
    fn people_mut(&mut self) -> &mut People;
}
