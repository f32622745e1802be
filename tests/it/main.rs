//! All integration tests, in one binary: one link instead of twenty.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected stops there and says so"
)]

mod access;
mod api;
mod assessment_rules;
mod assessment_space;
mod batch;
mod batches;
mod boundaries;
mod cases;
mod clients;
mod deploy;
mod documents;
mod domain;
mod errors;
mod exchange;
mod formula;
mod golden;
mod identity;
mod impact;
mod jobs;
mod kept;
mod ledger;
mod limits;
mod notices;
mod oidc;
mod openapi;
mod operation;
mod projections;
mod properties;
#[path = "../../examples/province.rs"]
mod province;
mod rate_changes;
mod rate_data;
mod rates;
mod report;
mod rust_source;
mod service;
mod temporal;
mod tidy;
mod walk;
mod web;
mod web_records;
mod xlsx;
