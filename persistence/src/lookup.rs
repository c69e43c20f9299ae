//! What people look up: search, cards, comparison.

pub mod card;
pub mod comparison;
pub mod estate_list;
pub mod firm_card;
pub mod firm_list;
pub mod manager_page;
pub mod project_page;
pub mod search;
