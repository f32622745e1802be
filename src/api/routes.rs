//! The one list of what is served. HTTP, the OpenAPI document and the metrics all come from it.

use std::sync::Arc;

use utoipa::openapi::{RefOr, Schema};

use super::error::{ErrorCode, Problem};
use super::node::Node;
use super::records::{self, Write};
use super::reply::Reply;
use super::resources;
use super::schema::{Field, Named};
use super::service::Service;
use super::show::Audience;
use super::topic::Topic;

/// What a reading endpoint was asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The service.
    pub service: &'a Arc<Service>,
    /// The part of the path that varies, decoded; empty where none does.
    pub name: &'a str,
    /// The query.
    pub query: &'a Node<'a>,
}

impl<'a> Asked<'a> {
    /// For whom the answer is written.
    pub fn audience(&self, lang: super::lang::Lang) -> Audience<'a> {
        Audience { lang, book: &self.service.book }
    }
}

/// Answers a reading endpoint.
pub type Read = for<'a> fn(&Asked<'a>) -> Result<Reply, Problem<'a>>;

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
        read: Option<Read>,
        /// What a `POST` records.
        write: Option<&'static Write>,
    },
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
    /// Its words; none for a calculation, whose topic has them.
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
            Action::Read(_) | Action::Probe(_) => "GET, HEAD",
            Action::Calculate(_) | Action::Records { read: None, .. } => "POST",
            Action::Records { read: Some(_), write: None } => "GET, HEAD",
            Action::Records { read: Some(_), write: Some(_) } => "GET, HEAD, POST",
        }
    }
}

/// All routes. Of two that match a path, the first one takes it.
pub fn all() -> Vec<Route> {
    let calculations =
        Topic::ALL.iter().map(|topic| Route { pattern: topic.path(), action: Action::Calculate(*topic), doc: None });
    calculations.chain(resources::ROUTES.iter().copied()).chain(records::ROUTES.iter().copied()).collect()
}
