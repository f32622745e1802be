//! Where a request ends and the next one begins, among the bytes of a connection. Whether they are good is for the server to
//! say that takes the request apart.

use actix_web::http::header::{CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use memchr::memchr_iter;

/// Longest head that is waited for; the server refuses longer ones, and hears of them to do so.
const LONGEST_HEAD: usize = 128 * 1024;

/// Most fields of a head; the server refuses more.
const FIELDS: usize = 96;

/// Bytes of a request that have not been handed on to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// So many for certain …
    sure: usize,
    /// … and what comes after these.
    then: Then,
}

/// What comes next in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Then {
    /// Nothing.
    #[default]
    End,
    /// The line that begins a chunk: its length as far as it has come, and whether that is all of it.
    Chunk { length: usize, is_whole: bool },
    /// The lines after the last chunk, of which an empty one is the end: whether there is nothing in this one so far.
    Trailer { is_empty: bool },
    /// Nobody knows: this is no request.
    Unknown,
}

impl Rest {
    /// The request that begins here, as soon as its head has come. No [empty lines](empty_lines) stand before it.
    pub(super) fn of_request(bytes: &[u8]) -> Option<Rest> {
        const UNKNOWN: Option<Rest> = Some(Rest { sure: 0, then: Then::Unknown });
        let (mut next, mut is_chunked, mut length) = (0, false, Some(0_usize));
        for (number, end) in memchr_iter(b'\n', bytes).enumerate() {
            let line = bytes.get(next..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            next = end + 1;
            match (number, line) {
                (0, line) if line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0") => {}
                (0, _) => return UNKNOWN,
                (_, b"") => {
                    return match length {
                        _ if is_chunked => Some(Rest { sure: next, then: Then::CHUNK }),
                        Some(length) => Some(Rest { sure: length.saturating_add(next), then: Then::End }),
                        None => UNKNOWN,
                    };
                }
                (number, _) if number > FIELDS => return UNKNOWN,
                (_, line) => {
                    if let Some(value) = value_of(&CONTENT_LENGTH, line) {
                        length = str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok());
                    }
                    is_chunked |= value_of(&TRANSFER_ENCODING, line).is_some();
                }
            }
        }
        let may_begin = |first: &u8| first.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~\r".contains(first);
        let is_none = !bytes.first().is_none_or(may_begin);
        if is_none || bytes.len() >= LONGEST_HEAD { UNKNOWN } else { None }
    }

    /// Whether there is none.
    pub(super) fn is_over(&self) -> bool {
        *self == Rest::default()
    }

    /// Whether nobody knows how much there is.
    pub(super) fn is_unknown(&self) -> bool {
        self.then == Then::Unknown
    }

    /// How many bytes may be read without reading more than so many of the next request.
    pub(super) fn most(&self, ahead: usize) -> usize {
        match self.then {
            Then::End => self.sure,
            Then::Chunk { .. } | Then::Trailer { .. } => self.sure.max(ahead),
            Then::Unknown => usize::MAX,
        }
    }

    /// Takes what belongs to the request from the beginning of these bytes: how many they are.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut left = bytes;
        while let Some((&byte, after)) = left.split_first() {
            if self.sure > 0 {
                let now = self.sure.min(left.len());
                self.sure -= now;
                (_, left) = left.split_at(now);
                continue;
            }
            self.then = match (self.then, byte) {
                (Then::End, _) => break,
                (Then::Unknown, _) => return bytes.len(),
                (Then::Chunk { length: 0, .. }, b'\n') => Then::Trailer { is_empty: true },
                (Then::Chunk { length, .. }, b'\n') => {
                    // With the end of the line after it.
                    self.sure = length.saturating_add(2);
                    Then::CHUNK
                }
                (Then::Chunk { length, is_whole: false }, _) => match char::from(byte).to_digit(16) {
                    Some(digit) => {
                        let digit = usize::try_from(digit).unwrap_or(usize::MAX);
                        Then::Chunk { length: length.saturating_mul(16).saturating_add(digit), is_whole: false }
                    }
                    None => Then::Chunk { length, is_whole: true },
                },
                (Then::Trailer { is_empty: true }, b'\n') => Then::End,
                (Then::Trailer { .. }, b'\n') => Then::Trailer { is_empty: true },
                (same @ Then::Chunk { .. }, _) | (same @ Then::Trailer { .. }, b'\r') => same,
                (Then::Trailer { .. }, _) => Then::Trailer { is_empty: false },
            };
            left = after;
        }
        bytes.len() - left.len()
    }
}

/// How many bytes of empty lines come before a request, which nobody needs.
pub(super) fn empty_lines(bytes: &[u8]) -> usize {
    let mut left = bytes;
    while let Some(after) = left.strip_prefix(b"\n").or_else(|| left.strip_prefix(b"\r\n")) {
        left = after;
    }
    bytes.len() - left.len()
}

/// The value of a field, if this is its line.
fn value_of<'l>(name: &HeaderName, line: &'l [u8]) -> Option<&'l [u8]> {
    let (found, value) = line.split_at_checked(name.as_str().len())?;
    value.strip_prefix(b":").filter(|_| found.eq_ignore_ascii_case(name.as_str().as_bytes()))
}

impl Then {
    /// The line that begins a chunk, of which nothing has come.
    const CHUNK: Then = Then::Chunk { length: 0, is_whole: false };
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the unexpected")]
mod tests {
    use super::*;

    const REQUESTS: [&str; 8] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /bare-line-feeds HTTP/1.1\nHost: a\n\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{\r\n}\n",
        "POST / HTTP/1.1\r\ncontent-LENGTH:  0 \r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\nb\r\n01\r\nc\r\n000\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1a ;b=\"3\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0;d\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;12\r\n\n\r\n0\r\nTrailer: 1\r\nOther: \r\n\r\n",
    ];

    /// The requests in some bytes that come so many at a time.
    fn framed(bytes: &[u8], at_once: usize) -> Vec<String> {
        let (mut requests, mut come, mut rest) = (Vec::new(), Vec::new(), Rest::default());
        let mut one = Vec::new();
        for piece in bytes.chunks(at_once) {
            come.extend_from_slice(piece);
            loop {
                if rest.is_over() {
                    come.drain(..empty_lines(&come));
                    match Rest::of_request(&come) {
                        Some(request) if !come.is_empty() => rest = request,
                        _ => break,
                    }
                }
                let taken = rest.take(&come);
                one.extend(come.drain(..taken));
                if !rest.is_over() {
                    break;
                }
                requests.push(String::from_utf8(std::mem::take(&mut one)).unwrap());
            }
        }
        assert!(come.is_empty() && one.is_empty(), "{come:?} {one:?}");
        requests
    }

    #[test]
    fn requests_are_told_from_each_other_however_they_come() {
        for first in REQUESTS {
            for second in REQUESTS {
                let both = ["\r\n", first, "\n\r\n", second].concat();
                for at_once in 1..=both.len() {
                    assert_eq!(framed(both.as_bytes(), at_once), [first, second], "{at_once} at once");
                }
            }
        }
    }

    #[test]
    fn what_is_no_request_is_handed_on_for_the_server_to_say_so() {
        let long = format!("GET / HTTP/1.1\r\nHost: {}", "a".repeat(LONGEST_HEAD));
        let fields = |count| format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(count));
        let (many, more) = (fields(FIELDS), fields(FIELDS + 1));
        let no_length = "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n{}";
        for text in ["GET\r\n\r\n", "\x16\x03\x01", "{", "a\n", " GET / HTTP/1.1", no_length, &long, &more] {
            let mut rest = Rest::of_request(text.as_bytes()).unwrap();
            assert!(rest.is_unknown() && !rest.is_over() && rest.most(1) == usize::MAX, "{text}");
            assert_eq!(rest.take(text.as_bytes()), text.len(), "{text}");
            assert!(!rest.is_over(), "{text}");
        }
        for text in ["", "\r", "GET", "GET / HTTP/1.1\r\nHost: a\r\n", &long[..LONGEST_HEAD - 1], &many] {
            assert_eq!(Rest::of_request(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn lengths_beyond_all_bounds_are_long() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut rest = Rest::of_request(head.as_bytes()).unwrap();
        let body = [b"ffffffffffffffffffffffff\r\n".as_slice(), &[b'\n'; 1000]].concat();
        assert_eq!((rest.take(head.as_bytes()), rest.take(&body), rest.is_over()), (head.len(), body.len(), false));
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", usize::MAX);
        let mut rest = Rest::of_request(head.as_bytes()).unwrap();
        assert_eq!((rest.take(head.as_bytes()), rest.is_over()), (head.len(), false));
        assert!(rest.most(1) > 1 << 40);
    }
}
