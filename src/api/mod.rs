//! The only place that knows HTTP and JSON: shapes of requests, answers, errors, routes, the OpenAPI document.

mod declare;
pub mod dto;
pub mod error;
pub mod lang;
pub mod node;
pub mod reply;
pub mod schema;
pub mod shape;
pub mod show;
pub mod topic;
