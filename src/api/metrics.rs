//! Counters for `GET /metrics`, in the text format of Prometheus. Labels are route patterns, never raw paths.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::error::ErrorCode;
use super::readiness::Wanting;
use super::reply::Reply;
use super::routes::{self, Action};
use super::service::Service;
use crate::jobs::State;

/// The statuses that are counted one by one; any other is counted as `other`.
const STATUSES: [u16; 18] = [200, 201, 202, 303, 304, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503];

/// Ends of the spans of time that are counted one by one, in microseconds.
const SPANS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// The label of requests that no route takes.
const UNMATCHED: &str = "unmatched";

/// What is counted of one route.
#[derive(Debug, Default)]
struct Counted {
    statuses: [AtomicU64; STATUSES.len() + 1],
    /// Answers within each span and in none before; the last has no end.
    spans: [AtomicU64; SPANS.len() + 1],
    microseconds: AtomicU64,
}

/// Requests since the start: by route and status, by route and time, by error.
#[derive(Debug)]
pub struct Metrics {
    routes: Vec<(&'static str, Counted)>,
    /// The pages, where there are any.
    pages: OnceLock<Vec<(&'static str, Counted)>>,
    errors: Vec<(ErrorCode, AtomicU64)>,
}

/// Microseconds as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let digits = format!("{rest:06}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            digits => write!(f, "{whole}.{digits}"),
        }
    }
}

/// Counters of these routes.
fn at_zero(patterns: impl Iterator<Item = &'static str>) -> Vec<(&'static str, Counted)> {
    patterns.map(|pattern| (pattern, Counted::default())).collect()
}

impl Metrics {
    /// All counters at zero.
    pub(super) fn new() -> Metrics {
        let patterns: Vec<&'static str> = routes::all().iter().map(|route| route.pattern).collect();
        Metrics {
            routes: at_zero(patterns.into_iter().chain([UNMATCHED])),
            pages: OnceLock::new(),
            errors: ErrorCode::all().map(|code| (code, AtomicU64::new(0))).collect(),
        }
    }

    /// Counts these routes too: those of the pages, which are no part of the API. Said once; what is said later is the same.
    pub fn also_count(&self, patterns: impl Iterator<Item = &'static str>) {
        self.pages.get_or_init(|| at_zero(patterns));
    }

    /// All routes that are counted.
    fn counted(&self) -> impl Iterator<Item = &(&'static str, Counted)> {
        self.routes.iter().chain(self.pages.get().into_iter().flatten())
    }

    /// Counts an answer. `pattern` is `None` for a path that no route takes, and for who was turned away before any did.
    pub(super) fn count(&self, pattern: Option<&str>, reply: &Reply, elapsed: Option<Duration>) {
        let pattern = pattern.unwrap_or(UNMATCHED);
        let column = STATUSES.iter().position(|known| *known == reply.status).unwrap_or(STATUSES.len());
        if let Some((_, counted)) = self.counted().find(|(known, _)| *known == pattern) {
            if let Some(counter) = counted.statuses.get(column) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(elapsed) = elapsed {
                let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                let span = SPANS.iter().position(|end| microseconds <= *end).unwrap_or(SPANS.len());
                if let Some(counter) = counted.spans.get(span) {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                counted.microseconds.fetch_add(microseconds, Ordering::Relaxed);
            }
        }
        if let Some(code) = reply.problem
            && let Some((_, counter)) = self.errors.iter().find(|(known, _)| *known == code)
        {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The page.
    pub(super) fn page(&self, service: &Service) -> String {
        let mut page = Page(String::new());
        let (version, book) = (env!("CARGO_PKG_VERSION"), &service.book);
        page.head("lode_build_info", "gauge", "The running build and its dataset.");
        page.line(format_args!(
            "lode_build_info{{version=\"{version}\",dataset=\"{}\",dataset_sha256=\"{}\"}} 1",
            book.dataset_id, book.dataset_sha256
        ));
        self.answers(&mut page);
        self.times(&mut page);
        self.calculations(&mut page);
        page.head("lode_errors_total", "counter", "Refusals and failures by code.");
        for (code, counter) in &self.errors {
            let count = counter.load(Ordering::Relaxed);
            // Two kinds of error share the code of an unknown mineral.
            if count > 0 {
                let (code, status) = (code.as_str(), code.status());
                page.line(format_args!("lode_errors_total{{code=\"{code}\",status=\"{status}\"}} {count}"));
            }
        }
        page.head("lode_requests_in_progress", "gauge", "Requests that are worked on now.");
        page.line(format_args!("lode_requests_in_progress {}", service.gate.at_once()));
        page.head("lode_requests_waiting", "gauge", "Requests that wait for their worker now.");
        page.line(format_args!("lode_requests_waiting {}", service.gate.waiting()));
        page.head("lode_jobs", "gauge", "Jobs by state.");
        for state in State::ALL.into_iter().filter(|state| *state != State::Cancelled) {
            page.line(format_args!("lode_jobs{{state=\"{}\"}} {}", state.code(), service.jobs.count(state)));
        }
        page.head("lode_ready", "gauge", "Whether each part can do its work: 1, or 0.");
        let wanting = service.readiness.wanting();
        for part in Wanting::ALL {
            let up = u8::from(!wanting.contains(&part));
            page.line(format_args!("lode_ready{{part=\"{}\"}} {up}", part.code()));
        }
        page.0
    }

    fn answers(&self, page: &mut Page) {
        page.head("lode_http_requests_total", "counter", "Answers by route and status.");
        for (pattern, counted) in self.counted() {
            for (column, counter) in counted.statuses.iter().enumerate() {
                let count = counter.load(Ordering::Relaxed);
                if count > 0 {
                    let status = STATUSES.get(column).map_or_else(|| "other".to_owned(), u16::to_string);
                    page.line(format_args!(
                        "lode_http_requests_total{{route=\"{pattern}\",status=\"{status}\"}} {count}"
                    ));
                }
            }
        }
    }

    fn times(&self, page: &mut Page) {
        const NAME: &str = "lode_http_request_duration_seconds";
        page.head(NAME, "histogram", "From the head of a request until its answer is made.");
        for (pattern, counted) in self.counted() {
            let counts: Vec<u64> = counted.spans.iter().map(|counter| counter.load(Ordering::Relaxed)).collect();
            let all: u64 = counts.iter().sum();
            if all == 0 {
                continue;
            }
            let mut within = 0;
            for (end, count) in SPANS.into_iter().zip(counts) {
                within += count;
                page.line(format_args!("{NAME}_bucket{{route=\"{pattern}\",le=\"{}\"}} {within}", Seconds(end)));
            }
            page.line(format_args!("{NAME}_bucket{{route=\"{pattern}\",le=\"+Inf\"}} {all}"));
            let sum = Seconds(counted.microseconds.load(Ordering::Relaxed));
            page.line(format_args!("{NAME}_sum{{route=\"{pattern}\"}} {sum}"));
            page.line(format_args!("{NAME}_count{{route=\"{pattern}\"}} {all}"));
        }
    }

    fn calculations(&self, page: &mut Page) {
        page.head("lode_calculations_total", "counter", "Single calculations that were answered, by topic.");
        for route in routes::all() {
            let Action::Calculate(topic) = route.action else { continue };
            let counted = self.routes.iter().find(|(pattern, _)| *pattern == route.pattern);
            // The first status is 200.
            let count = counted.and_then(|(_, counted)| counted.statuses.first());
            let count = count.map_or(0, |counter| counter.load(Ordering::Relaxed));
            page.line(format_args!("lode_calculations_total{{topic=\"{}\"}} {count}", topic.slug()));
        }
    }
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing into a string does not fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (microseconds, wanted) in
            [(0, "0"), (1, "0.000001"), (250, "0.00025"), (1_000_000, "1"), (2_500_000, "2.5")]
        {
            assert_eq!(Seconds(microseconds).to_string(), wanted);
        }
    }
}
