//! The one list of what is served. HTTP, the OpenAPI document and the metrics all come from it.

use std::sync::Arc;

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::batches;
use super::documents;
use super::error::{ErrorCode, Problem};
use super::impact;
use super::jobs::{self, Part};
use super::lang::Lang;
use super::node::Node;
use super::records::exchange::Receive;
use super::records::{self, Write};
use super::replay;
use super::reply::Reply;
use super::resources;
use super::schema::{Field, Named};
use super::service::Service;
use super::show::Audience;
use super::topic::Topic;
use crate::domain::books::access::{Identity, Permission};
use crate::domain::rate_book::RateBook;
use crate::notice::Paper;

/// What a reading endpoint was asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The service.
    pub service: &'a Arc<Service>,
    /// The part of the path that varies, decoded; empty where none does.
    pub name: &'a str,
    /// The query.
    pub query: &'a Node<'a>,
    /// Who asks, where records are read; nobody elsewhere.
    pub who: &'a Identity,
    /// The form that the client would rather have, where there is a choice.
    pub form: Form,
}

/// The form of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// JSON.
    #[default]
    Json,
    /// CSV.
    Csv,
}

impl<'a> Asked<'a> {
    /// The data of a dataset that the request names; that of the service if it names none.
    pub fn dataset(&self, id: Option<&str>, pointer: &str, unknown: ErrorCode) -> Result<&'a RateBook, Problem<'a>> {
        let Service { book, datasets, .. } = self.service.as_ref();
        id.map_or(Ok(book), |id| datasets.find(book, id, pointer, unknown))
    }

    /// For whom the answer is written.
    pub fn audience(&self, lang: Lang) -> Audience<'a> {
        Audience { lang, book: &self.service.book }
    }
}

/// Answers a reading endpoint.
pub type Read = for<'a> fn(&Asked<'a>) -> Result<Reply, Problem<'a>>;

/// Makes a document out of what is recorded.
pub type Compose = for<'a> fn(&Asked<'a>) -> Result<Paper, Problem<'a>>;

/// A reading endpoint of the records, with what it takes to use it.
#[derive(Clone, Copy, Debug)]
pub struct Consult {
    /// What whoever asks has to have.
    pub permission: Permission,
    /// What answers them.
    pub read: Read,
    /// The media type of its other form.
    pub also: Option<&'static str>,
}

/// A request with a body that is not a calculation.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The service.
    pub service: &'a Service,
    /// The body.
    pub body: &'a Node<'a>,
    /// The language of texts and citations.
    pub lang: Lang,
    /// The id that an error names.
    pub request_id: &'a str,
}

/// Answers a request with a body.
pub type Submit = for<'a> fn(&Submission<'a>) -> Result<Reply, Problem<'a>>;

/// An endpoint that takes a body and is not a calculation.
#[derive(Debug)]
pub struct Posted {
    /// What answers it.
    pub run: Submit,
    /// Longest body in bytes.
    pub limit: usize,
    /// Its words.
    pub doc: PostDoc,
}

/// What the OpenAPI document says about such an endpoint.
#[derive(Debug)]
pub struct PostDoc {
    /// Stable id of the operation.
    pub operation_id: &'static str,
    /// Group.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it gives.
    pub description: &'static str,
    /// Schema of the body.
    pub request: fn(&mut Named) -> RefOr<Schema>,
    /// Schema of the answer.
    pub answer: fn(&mut Named) -> RefOr<Schema>,
    /// A body that is answered.
    pub example: fn(&RateBook) -> Value,
    /// What it may refuse beyond a malformed request.
    pub errors: fn() -> Vec<ErrorCode>,
}

/// What is done with a request.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Something is read; the same question has the same answer as long as the data are the same.
    Read(Read),
    /// The state of the running process is read; the answer must not be kept.
    Probe(Read),
    /// A calculation.
    Calculate(Topic),
    /// Records are read, or added to; both may share a path. The answer must not be kept.
    Records {
        /// What a `GET` reads.
        read: Option<Consult>,
        /// What a `POST` records.
        write: Option<&'static Write>,
    },
    /// A document of the records, in the form that the client would rather have. The answer must not be kept.
    Print {
        /// What whoever asks has to have.
        permission: Permission,
        /// What makes the document.
        compose: Compose,
    },
    /// A message of many records.
    Receive(&'static Receive),
    /// Work that takes longer than a request.
    Job(Part),
    /// Something else that takes a body.
    Submit(&'static Posted),
    /// A calculation on paper.
    CalculationSheet,
    /// Many documents at once.
    DocumentBatch,
    /// Many calculations at once.
    Batch,
}

/// A part of a path that varies.
#[derive(Clone, Copy, Debug)]
pub struct PathParameter {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// A value.
    pub example: &'static str,
}

/// What the OpenAPI document says about a reading endpoint; that of a calculation comes from its topic.
#[derive(Clone, Copy)]
pub struct ReadDoc {
    /// Stable id of the operation.
    pub operation_id: &'static str,
    /// Group.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it gives.
    pub description: &'static str,
    /// The part of the path that varies.
    pub path_parameter: Option<PathParameter>,
    /// Parameters of the query.
    pub query: fn() -> Vec<Field>,
    /// Media type of the answer.
    pub media_type: &'static str,
    /// Schema of the answer.
    pub answer: fn(&mut Named) -> RefOr<Schema>,
    /// What it may refuse beyond a malformed query.
    pub errors: &'static [ErrorCode],
    /// An answer.
    pub example: AnswerExample,
}

/// The example of an answer in the OpenAPI document.
#[derive(Clone, Copy, Debug)]
pub enum AnswerExample {
    /// The answer to this path and query.
    Of(&'static str),
    /// Written down, where the real answer is too long or changes from moment to moment: JSON, or else text.
    Written(&'static str),
}

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The pattern of its path.
    pub pattern: &'static str,
    /// What is done.
    pub action: Action,
    /// Its words; none where the action has them.
    pub doc: Option<ReadDoc>,
}

impl Route {
    /// The pattern as the OpenAPI document writes it: `{id}` for `{id:.+}`.
    pub fn template(&self) -> String {
        match self.pattern.split_once(':') {
            Some((head, _)) => format!("{head}}}"),
            None => self.pattern.to_owned(),
        }
    }

    /// The part of a path that varies, as it was sent; nothing where none does.
    pub fn varying<'p>(&self, path: &'p str) -> &'p str {
        let Some((head, rest)) = self.pattern.split_once('{') else { return "" };
        let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
        path.strip_prefix(head).and_then(|path| path.strip_suffix(tail)).unwrap_or_default()
    }

    /// The methods that it takes, for `Allow`.
    pub fn allow(&self) -> &'static str {
        match self.action {
            Action::Job(Part::State) => "DELETE, GET, HEAD",
            Action::Read(_)
            | Action::Probe(_)
            | Action::Print { .. }
            | Action::Job(Part::All | Part::Events | Part::Result) => "GET, HEAD",
            Action::Calculate(_)
            | Action::Submit(_)
            | Action::Receive(_)
            | Action::CalculationSheet
            | Action::DocumentBatch
            | Action::Batch
            | Action::Records { read: None, .. } => "POST",
            Action::Records { read: Some(_), write: None } => "GET, HEAD",
            Action::Records { read: Some(_), write: Some(_) } => "GET, HEAD, POST",
        }
    }
}

/// All routes. Of two that match a path, the first one takes it.
pub fn all() -> Vec<Route> {
    let calculations =
        Topic::ALL.iter().map(|topic| Route { pattern: topic.path(), action: Action::Calculate(*topic), doc: None });
    let sheet = Route { pattern: documents::PATH, action: Action::CalculationSheet, doc: None };
    let batch = Route { pattern: records::batch::PATH, action: Action::DocumentBatch, doc: None };
    let rows = Route { pattern: batches::PATH, action: Action::Batch, doc: None };
    let posted = [impact::ROUTE, replay::ROUTE, sheet, batch, rows];
    let listed = resources::ROUTES.iter().chain(records::ROUTES).chain(jobs::ROUTES).copied();
    calculations.chain(posted).chain(listed).collect()
}
