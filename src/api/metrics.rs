//! Counters for `GET /metrics`, in the text format of Prometheus. Labels are route patterns, never raw paths.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use super::routes;
use crate::domain::rate_book::RateBook;

/// The statuses that are counted one by one; any other is counted as `other`.
const STATUSES: [u16; 15] = [200, 201, 304, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500];

/// The label of requests that no route takes.
const UNMATCHED: &str = "unmatched";

/// Requests by route and status since the start.
#[derive(Debug)]
pub struct Metrics {
    routes: Vec<(&'static str, [AtomicU64; STATUSES.len() + 1])>,
}

impl Metrics {
    /// All counters at zero.
    pub(super) fn new() -> Metrics {
        let mut patterns: Vec<&'static str> = routes::all().iter().map(|route| route.pattern).collect();
        patterns.push(UNMATCHED);
        Metrics { routes: patterns.into_iter().map(|pattern| (pattern, Default::default())).collect() }
    }

    /// Counts an answer. `pattern` is `None` for a path that no route takes.
    pub(super) fn count(&self, pattern: Option<&str>, status: u16) {
        let pattern = pattern.unwrap_or(UNMATCHED);
        let column = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len());
        let counter = self.routes.iter().find(|(known, _)| *known == pattern).and_then(|(_, row)| row.get(column));
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The page.
    pub(super) fn page(&self, book: &RateBook) -> String {
        let mut page =
            String::from("# HELP lode_build_info The running build and its dataset.\n# TYPE lode_build_info gauge\n");
        // Writing into a string does not fail.
        let _ = writeln!(
            page,
            "lode_build_info{{version=\"{}\",dataset=\"{}\",dataset_sha256=\"{}\"}} 1",
            env!("CARGO_PKG_VERSION"),
            book.dataset_id,
            book.dataset_sha256
        );
        page.push_str("# HELP lode_http_requests_total Answers by route and status.\n");
        page.push_str("# TYPE lode_http_requests_total counter\n");
        for (pattern, row) in &self.routes {
            for (column, counter) in row.iter().enumerate() {
                let count = counter.load(Ordering::Relaxed);
                if count > 0 {
                    let status = STATUSES.get(column).map_or_else(|| "other".to_owned(), u16::to_string);
                    let _ =
                        writeln!(page, "lode_http_requests_total{{route=\"{pattern}\",status=\"{status}\"}} {count}");
                }
            }
        }
        page
    }
}
