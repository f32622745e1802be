//! The shapes of the calculations, one file per topic: what a request holds, what its result shows, and their words in
//! the OpenAPI document. The types are the domain's own; see [`super::declare`].

pub mod common;
pub mod fund_occupation_charge;
pub mod late_fee;
pub mod split;
pub mod unpaid_reserves;
