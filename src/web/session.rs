//! Who is signed in on the pages. So far nobody can be: the pages need no key, and those of the records are not there yet.

use actix_web::http::header::HeaderMap;

use crate::api::service::Service;

/// Somebody who is signed in, as the head of a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// The name.
    pub(crate) name: String,
}

impl Session {
    /// Who sends a request.
    pub(crate) fn of(_: &Service, _: &HeaderMap) -> Option<Session> {
        None
    }
}
