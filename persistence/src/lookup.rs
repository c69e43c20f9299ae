//! What people look up: search, cards, lists, comparison, statistics. Reads only.

pub mod card;
pub mod comparison;
pub mod estate_list;
pub mod firm_card;
pub mod firm_list;
pub mod home;
pub mod manager_page;
pub mod place_list;
pub mod project_page;
pub mod search;
pub mod snapshot;
