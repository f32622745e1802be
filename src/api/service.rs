//! What every request needs: the data, the ids of requests, the counters.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::http::header::HeaderValue;
use data_encoding::HEXLOWER;
use tokio::sync::Semaphore;

use super::access::{Calculations, Keyed};
use super::batches;
use super::datasets::{Ambiguous, Datasets, OtherDataset};
use super::gate::{Gate, Limits};
use super::metrics::Metrics;
use super::oidc::Oidc;
use super::readiness::Readiness;
use super::records::Records;
use super::sessions::Sessions;
use crate::domain::rate_book::RateBook;
use crate::jobs::Jobs;
use crate::ledger::StoreError;
use crate::notice::Press;

/// Long batches that are received at once.
const SPOOLS: usize = 64;

/// The office that issues notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Its name.
    pub name: String,
    /// How to reach it.
    pub contact: Option<String>,
}

/// The state of the running service, shared by all workers.
#[derive(Debug)]
pub struct Service {
    /// The data.
    pub book: RateBook,
    /// The datasets that a comparison or a replay may name.
    pub datasets: Datasets,
    /// Requests by route and status.
    pub metrics: Metrics,
    /// Prints documents.
    pub press: Press,
    /// How many documents are printed at once: each takes a processor to itself.
    pub printing: Arc<Semaphore>,
    /// How many batches are computed at once.
    pub batching: Arc<Semaphore>,
    /// Longest body of a batch in bytes.
    pub batch_bytes: usize,
    /// How many long batches are received at once: each takes so many bytes of the disk.
    pub spools: Arc<Semaphore>,
    /// The records.
    pub records: Records,
    /// Work that takes longer than a request.
    pub jobs: Jobs,
    /// Who may calculate and read the rates.
    pub calculations: Calculations,
    /// Who is signed in on the pages.
    pub sessions: Sessions,
    /// Signs people in, where an issuer is configured.
    pub oidc: Option<Oidc>,
    /// Whom it lets in.
    pub gate: Gate,
    /// Whether it can do its work.
    pub readiness: Readiness,
    /// Which office issues notices; without one the paper leaves the line to fill in.
    pub office: Option<Office>,
    /// The value of the header `Rates-Dataset`, if it has one that a header can have.
    pub dataset_header: Option<HeaderValue>,
    ids: RequestIds,
    /// The API document with its `ETag`.
    pub(super) document: OnceLock<(Vec<u8>, String)>,
}

impl Service {
    /// A service over this data and no other.
    pub fn new(book: RateBook) -> Service {
        let dataset_header = HeaderValue::try_from(dataset_header(&book)).ok();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Service {
            book,
            datasets: Datasets::default(),
            metrics: Metrics::new(),
            press: Press::default(),
            printing: Arc::new(Semaphore::new(processors)),
            batching: Arc::new(Semaphore::new(processors)),
            batch_bytes: batches::LIMIT,
            spools: Arc::new(Semaphore::new(SPOOLS)),
            records: Records::default(),
            jobs: Jobs::default(),
            calculations: Calculations::default(),
            sessions: Sessions::default(),
            oidc: None,
            gate: Gate::default(),
            readiness: Readiness::default(),
            office: None,
            dataset_header,
            ids: RequestIds::default(),
            document: OnceLock::new(),
        }
    }

    /// A service over this data that can be asked about other datasets too.
    pub fn with_datasets(book: RateBook, others: Vec<OtherDataset>) -> Result<Service, Ambiguous> {
        let datasets = Datasets::beside(&book, others)?;
        Ok(Service { datasets, ..Service::new(book) })
    }

    /// The same service with a press of its own template.
    #[must_use]
    pub fn printing_with(self, press: Press) -> Service {
        Service { press, ..self }
    }

    /// The same service with these records.
    #[must_use]
    pub fn with_records(self, records: Records) -> Service {
        Service { records, ..self }
    }

    /// The same service with these jobs.
    #[must_use]
    pub fn with_jobs(self, jobs: Jobs) -> Service {
        Service { jobs, ..self }
    }

    /// The same service with batches of so many bytes.
    #[must_use]
    pub fn with_batches_of(self, batch_bytes: usize) -> Service {
        Service { batch_bytes, ..self }
    }

    /// The same service with calculations for these.
    #[must_use]
    pub fn with_calculations(self, calculations: Calculations) -> Service {
        Service { calculations, ..self }
    }

    /// The same service, signing people in.
    #[must_use]
    pub fn with_oidc(self, oidc: Option<Oidc>) -> Service {
        Service { oidc, ..self }
    }

    /// The same service with these limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Service {
        Service { gate: Gate::of(limits), ..self }
    }

    /// The same service, ready as long as this says so.
    #[must_use]
    pub fn with_readiness(self, readiness: Readiness) -> Service {
        Service { readiness, ..self }
    }

    /// The same service of an office.
    #[must_use]
    pub fn of_office(self, office: Option<Office>) -> Service {
        Service { office, ..self }
    }

    /// Whether whoever asks for records has to show who they are.
    pub fn keyed(&self) -> Result<Keyed, StoreError> {
        if self.oidc.is_some() { Ok(Keyed::Yes) } else { self.records.keyed() }
    }

    /// A new id: 16 hexadecimal digits.
    pub(super) fn new_id(&self) -> String {
        self.ids.next()
    }

    /// The id of a request: the caller's when it is 1 to 64 safe characters, else a new one.
    pub fn request_id(&self, given: Option<&str>) -> String {
        given.filter(|id| is_request_id(id)).map_or_else(|| self.ids.next(), str::to_owned)
    }
}

/// Whether a text can be the id of a request: 1 to 64 letters, digits, `-`, `_` or `.`.
pub fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The value of the header `Rates-Dataset` for answers from this data.
pub fn dataset_header(book: &RateBook) -> String {
    format!("{}; sha256={}", book.dataset_id, book.dataset_sha256)
}

/// New request ids: a counter behind a hash with random keys, so that no clock is read.
#[derive(Debug, Default)]
struct RequestIds {
    keys: RandomState,
    counter: AtomicU64,
}

impl RequestIds {
    fn next(&self) -> String {
        let id = self.keys.hash_one(self.counter.fetch_add(1, Ordering::Relaxed));
        HEXLOWER.encode(&id.to_be_bytes())
    }
}
