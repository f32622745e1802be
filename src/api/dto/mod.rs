//! The shapes of the calculations, one file per topic: what a request holds, what its result shows, and their words in
//! the OpenAPI document. The types are the domain's own; see [`super::declare`].

pub mod annual_income;
pub mod arrears;
pub mod assessment;
pub mod benchmark_value;
pub mod common;
pub mod fund_occupation_charge;
pub mod instalments;
pub mod late_fee;
pub mod projections;
pub mod refund;
pub mod split;
pub mod starting_price;
pub mod transfer_income;
pub mod true_up;
pub mod unpaid_reserves;
