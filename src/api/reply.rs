//! An answer before it meets a transport: the same bytes over HTTP and from the command line.

use std::borrow::Cow;

use actix_web::http::header::HeaderName;
use serde::Serialize;

use super::error::ErrorCode;

/// The media type of answers.
pub const JSON: &str = "application/json";

/// Most answers with their steps are not longer, so that their bytes are not moved while they are written.
const USUAL_BYTES: usize = 8192;

/// Status, headers and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: Cow<'static, str>,
    /// Headers beyond those that every answer has.
    pub headers: Vec<(HeaderName, Cow<'static, str>)>,
    /// The body.
    pub body: Vec<u8>,
    /// What was refused, where something was.
    pub problem: Option<ErrorCode>,
}

impl Reply {
    /// A reply whose body is JSON.
    pub fn json(status: u16, content_type: &'static str, body: &impl Serialize) -> Reply {
        let mut bytes = Vec::with_capacity(2048);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => Reply::new(status, content_type, bytes),
            // Writing into memory fails only if a type refuses to be written, and none of ours does.
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                Reply::new(500, JSON, br#"{"code":"internal"}"#.to_vec())
            }
        }
    }

    /// A reply whose body is the answer of a calculation.
    pub fn answer(body: &impl Serialize) -> Reply {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        super::json::write(&mut bytes, body);
        Reply::new(200, JSON, bytes)
    }

    /// A reply without headers of its own.
    pub fn new(status: u16, content_type: impl Into<Cow<'static, str>>, body: Vec<u8>) -> Reply {
        Reply { status, content_type: content_type.into(), headers: Vec::new(), body, problem: None }
    }

    /// Whether the request was answered and not refused.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
