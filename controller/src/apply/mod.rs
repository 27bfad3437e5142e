//! Floor 5: carries out an approved plan.

pub mod port;
