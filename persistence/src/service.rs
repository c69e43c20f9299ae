//! What residents have to do with those who serve them: cases.

pub mod case;
