//! The only place that knows HTTP and JSON: shapes of requests, answers, errors, routes, the OpenAPI document.

pub mod access;
mod batch_doc;
pub mod batches;
pub mod datasets;
pub mod declare;
pub mod documents;
pub mod dto;
pub mod error;
pub mod gate;
pub mod http;
pub mod impact;
pub mod jobs;
pub mod json;
pub mod lang;
pub mod metrics;
pub mod node;
pub mod oidc;
pub mod openapi;
pub mod query;
pub mod rate_changes;
pub mod rate_words;
pub mod readiness;
pub mod records;
pub mod replay;
pub mod reply;
mod resources;
pub mod routes;
pub mod schema;
pub mod service;
pub mod sessions;
pub mod shape;
pub mod sheet;
pub mod show;
pub mod topic;
mod trace;

pub use resources::mineral_listing;
