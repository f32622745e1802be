//! The rules of mining-rights transfer income (矿业权出让收益), and nothing else.
//!
//! Pure: no files, no clock, no HTTP, no SQL, no serialization. A test (`tests/it/tidy.rs`) reads the `use` lines and
//! fails when anything but `std`, `rust_decimal`, `chrono::NaiveDate`, `thiserror` and `dashu_int` is imported. The last
//! one carries exact products: `rust_decimal` holds 28 digits and rounds silently beyond.
//!
//! One file per legal topic. Each topic has a `Request` (values that have the right shape and nothing more), an outcome,
//! and one function that checks every value, applies the rule and writes down each step; see [`context::Context`].

pub mod allocate;
pub mod annual_income;
pub mod arrears;
pub mod assessment;
pub mod benchmark;
pub mod books;
pub mod capitals;
pub mod catalogue;
pub mod context;
pub mod dates;
pub mod digits;
pub mod due_date;
pub mod error;
pub mod exact;
pub mod explain;
pub mod fund_occupation;
pub mod identity;
pub mod instalment;
pub mod late_fee;
pub mod law;
pub mod mineral;
pub mod money;
mod names;
pub mod place;
pub mod projection;
pub mod quantity;
pub mod rate_book;
pub mod rate_change;
pub mod refund;
pub mod reserves;
pub mod revenue_split;
pub mod rounding;
pub mod sales;
pub mod start_price;
pub mod timeline;
pub mod transfer_income;
pub mod true_up;
