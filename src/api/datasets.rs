//! The datasets at hand: the one that the service computes with, every released one, and a candidate for comparison.

use std::fmt;
use std::sync::OnceLock;

use super::declare::{answer_shape, choice};
use super::error::{ErrorCode, Problem};
use crate::domain::error::shortened;
use crate::domain::rate_book::RateBook;
use crate::text;

/// Where a dataset comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The one that the service computes with, if it is not a released one.
    Current,
    /// Released: it never changes.
    Released,
    /// Not released; at hand for comparison.
    Candidate,
}

choice!(Standing {
    "current" => Standing::Current,
    "released" => Standing::Released,
    "candidate" => Standing::Candidate,
});

/// Reads the data of a dataset; what is wrong with them comes back as text for the log.
pub type Load = Box<dyn Fn() -> Result<RateBook, String> + Send + Sync>;

/// A dataset beside the one that the service computes with. Its data are read when they are first asked for.
pub struct OtherDataset {
    /// Its id.
    pub id: String,
    /// SHA-256 over its files.
    pub sha256: String,
    /// Where it comes from.
    pub standing: Standing,
    load: Load,
    book: OnceLock<Option<RateBook>>,
}

impl fmt::Debug for OtherDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherDataset")
            .field("id", &self.id)
            .field("sha256", &self.sha256)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl OtherDataset {
    /// A released dataset, read when it is first asked for: most processes never need the old ones.
    pub fn released(id: String, sha256: String, load: Load) -> OtherDataset {
        OtherDataset { id, sha256, standing: Standing::Released, load, book: OnceLock::new() }
    }

    /// A candidate, which was read at the start.
    pub fn candidate(book: RateBook) -> OtherDataset {
        OtherDataset {
            id: book.dataset_id.clone(),
            sha256: book.dataset_sha256.clone(),
            standing: Standing::Candidate,
            load: Box::new(|| Err("the candidate was read at the start".to_owned())),
            book: OnceLock::from(Some(book)),
        }
    }

    fn book(&self) -> Option<&RateBook> {
        let read = || {
            let log = |error| tracing::error!(dataset = self.id, error, "a dataset cannot be read");
            (self.load)().map_err(log).ok()
        };
        self.book.get_or_init(read).as_ref()
    }
}

/// The datasets of a service.
#[derive(Debug, Default)]
pub struct Datasets(Vec<OtherDataset>);

impl Datasets {
    /// The datasets beside the one that the service computes with. One with the id and the data of that one, or of one
    /// before it in the list, adds nothing; one with such an id and other data is the error.
    pub fn beside(book: &RateBook, others: Vec<OtherDataset>) -> Result<Datasets, Ambiguous> {
        let mut kept: Vec<OtherDataset> = Vec::new();
        for other in others {
            let known = kept.iter().find(|known| known.id == other.id).map(|known| known.sha256.as_str());
            match known.or_else(|| (book.dataset_id == other.id).then_some(&book.dataset_sha256)) {
                None => kept.push(other),
                // The data that the service computes with may be a released dataset: it stands twice, as both.
                Some(sha256) if *sha256 == other.sha256 && other.standing == Standing::Released => kept.push(other),
                Some(sha256) if *sha256 == other.sha256 => {}
                Some(_) => return Err(Ambiguous { id: other.id }),
            }
        }
        Ok(Datasets(kept))
    }

    /// Every dataset once, the one that the service computes with first.
    pub fn list<'a>(&'a self, book: &'a RateBook) -> Vec<ListedDataset<'a>> {
        let current = ListedDataset {
            id: &book.dataset_id,
            sha256: &book.dataset_sha256,
            standing: self
                .0
                .iter()
                .find(|other| other.id == book.dataset_id)
                .map_or(Standing::Current, |it| it.standing),
            current: true,
        };
        let others = self.0.iter().filter(|other| other.id != book.dataset_id).map(|other| ListedDataset {
            id: &other.id,
            sha256: &other.sha256,
            standing: other.standing,
            current: false,
        });
        std::iter::once(current).chain(others).collect()
    }

    /// The data of a dataset. A pointer says where the request names it; `unknown` is the code for an id that is not at
    /// hand: `not_found` in a query, `invalid_field` in a body.
    pub fn find<'a>(
        &'a self,
        book: &'a RateBook,
        id: &str,
        pointer: &str,
        unknown: ErrorCode,
    ) -> Result<&'a RateBook, Problem<'a>> {
        if id == book.dataset_id {
            return Ok(book);
        }
        if let Some(other) = self.0.iter().find(|other| other.id == id) {
            // What was released is read by a test; that it cannot be read here is a defect.
            return other.book().ok_or_else(Problem::internal);
        }
        let known: Vec<&str> = self.list(book).into_iter().map(|dataset| dataset.id).collect();
        let (shown, list) = (shortened(id), known.join(", "));
        let detail = text!("没有数据集“{shown}”；可用：{list}", "no dataset is called “{shown}”: use one of {list}");
        Err(Problem::with_candidates(pointer, unknown, detail, &known))
    }
}

/// Two datasets of different data have one id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "数据集标识 {id} 已属于另一份数据，请改用别的标识 · the dataset id {id} belongs to other data: use another one"
)]
pub struct Ambiguous {
    /// The id.
    pub id: String,
}

/// A dataset as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct ListedDataset<'a> {
    id: &'a str,
    sha256: &'a str,
    standing: Standing,
    current: bool,
}

answer_shape! {
    /// 一个可用的数据集 · A dataset at hand.
    ListedDataset<'a> as "ListedDataset" {
        /// 数据集标识 · Id of the dataset.
        id: &'a str = "lode-2026-11-21";
        /// 全部数据文件的 SHA-256 · SHA-256 over all data files.
        sha256: &'a str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        /// 已发布、待发布（--rates-candidate）或仅为本服务所用（--rates）· Released, candidate, or only what this service computes with.
        standing: Standing = "released";
        /// 是否为本服务计算所用 · Whether the calculations of this service use it.
        current: bool = true;
    }
}
