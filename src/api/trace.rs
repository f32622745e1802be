//! W3C trace context: `traceparent` as it comes, and as it goes on.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};

/// The header.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The place of a request in somebody's trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// 32 hexadecimal digits.
    pub(super) trace_id: String,
    /// What the sender calls its own part: 16 digits.
    pub(super) parent_id: String,
    /// What this service calls its own part: 16 digits.
    pub(super) span_id: String,
    flags: String,
}

impl Trace {
    /// The trace of a request whose `traceparent` is one and sound; anything else is no trace, as the recommendation says.
    pub(super) fn of(headers: &HeaderMap, span_id: impl FnOnce() -> String) -> Option<Trace> {
        let mut sent = headers.get_all(TRACEPARENT);
        let (Some(parent), None) = (sent.next(), sent.next()) else { return None };
        let mut parts = parent.to_str().ok()?.split('-');
        let (version, trace_id) = (hexadecimal(parts.next()?, 2)?, hexadecimal(parts.next()?, 32)?);
        let (parent_id, flags) = (hexadecimal(parts.next()?, 16)?, hexadecimal(parts.next()?, 2)?);
        // A later version may add something; this one has four parts.
        let sound = version != "ff" && (version != "00" || parts.next().is_none());
        let named = [trace_id, parent_id].iter().all(|id| id.bytes().any(|digit| digit != b'0'));
        let [trace_id, parent_id, flags] = [trace_id, parent_id, flags].map(str::to_owned);
        (sound && named).then(|| Trace { trace_id, parent_id, span_id: span_id(), flags })
    }
}

/// A text of so many hexadecimal digits, letters small.
fn hexadecimal(text: &str, digits: usize) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(plain)).then_some(text)
}

/// As it goes on: the same trace, with this service as the one before.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trace { trace_id, span_id, flags, .. } = self;
        write!(f, "00-{trace_id}-{span_id}-{flags}")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(text: &'static str) -> Option<Trace> {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_static(text));
        Trace::of(&headers, || "1111111111111111".to_owned())
    }

    #[test]
    fn a_sound_parent_goes_on_and_anything_else_is_none() {
        let sound = of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(
            sound.map(|trace| trace.to_string()).as_deref(),
            Some("00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01")
        );
        assert!(of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later").is_some());
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
