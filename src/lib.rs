//! `lode`: the reference implementation of China's mining-rights transfer income (矿业权出让收益) rules.
//!
//! The map of the code is in `ARCHITECTURE.md`.

#![forbid(unsafe_code)]

pub mod api;
pub mod batch;
pub mod cli;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod ledger;
pub mod notice;
pub mod rates;
pub mod startup;
pub mod telemetry;
pub mod tls;
pub mod web;
