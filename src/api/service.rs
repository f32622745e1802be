//! What every request needs: the data, the ids of requests, the counters.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::Metrics;
use super::records::Records;
use crate::domain::rate_book::RateBook;

/// The state of the running service, shared by all workers.
#[derive(Debug)]
pub struct Service {
    /// The data.
    pub book: RateBook,
    /// Requests by route and status.
    pub metrics: Metrics,
    /// The records.
    pub records: Records,
    /// The value of the header `Rates-Dataset`.
    pub dataset_header: String,
    ids: RequestIds,
    pub(super) document: OnceLock<Vec<u8>>,
}

impl Service {
    /// A service over this data, without records.
    pub fn new(book: RateBook) -> Service {
        Service::with_records(book, Records::default())
    }

    /// A service over this data and these records.
    pub fn with_records(book: RateBook, records: Records) -> Service {
        let dataset_header = format!("{}; sha256={}", book.dataset_id, book.dataset_sha256);
        Service {
            book,
            records,
            metrics: Metrics::new(),
            dataset_header,
            ids: RequestIds::default(),
            document: OnceLock::new(),
        }
    }

    /// The id of a request: the caller's when it is 1 to 64 safe characters, else a new one.
    pub fn request_id(&self, given: Option<&str>) -> String {
        let safe = |id: &&str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        given.filter(safe).map_or_else(|| self.ids.next(), str::to_owned)
    }
}

/// New request ids: a counter behind a hash with random keys, so that no clock is read.
#[derive(Debug, Default)]
struct RequestIds {
    keys: RandomState,
    counter: AtomicU64,
}

impl RequestIds {
    fn next(&self) -> String {
        format!("{:016x}", self.keys.hash_one(self.counter.fetch_add(1, Ordering::Relaxed)))
    }
}
