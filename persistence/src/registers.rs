//! The registers that officials keep: places, firms, estates, projects, managers, households,
//! departments.

pub(crate) mod audited;
pub mod authorized;
pub(crate) mod authors;
pub mod department;
pub mod estate;
pub mod firm;
pub mod household;
pub mod manager;
pub mod narrowing;
pub mod place;
pub mod project;
pub(crate) mod retirement;
pub(crate) mod roster;
pub(crate) mod second_person;
