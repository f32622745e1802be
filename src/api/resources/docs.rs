//! `GET /docs/`: the Swagger UI from assets inside the binary. Nothing on the page asks another host.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use utoipa_swagger_ui::Config;

use crate::api::error::Problem;
use crate::api::reply::Reply;
use crate::api::routes::{Action, Asked, Route};

/// The page belongs to `/docs/`; without the slash its relative links would lead elsewhere.
pub(super) const ENTRY: Route = Route { pattern: "/docs", action: Action::Probe(entry), doc: None };

pub(super) const FILES: Route = Route { pattern: "/docs/{file:.*}", action: Action::Read(file), doc: None };

/// What the page may load: its own files, and the images that its style sheet carries along.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

fn entry<'a>(_: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let mut reply = Reply::new(308, "text/plain; charset=utf-8", Vec::new());
    reply.headers.push((LOCATION, "/docs/".into()));
    Ok(reply)
}

fn file<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    // "none" keeps the page from sending the document to the validator of the project that made it.
    let config = Config::new(["/openapi.json"]).validator_url("none").deep_linking(true);
    match utoipa_swagger_ui::serve(asked.name, Arc::new(config)) {
        Ok(Some(file)) => {
            let mut reply = Reply::new(200, file.content_type, file.bytes.into_owned());
            reply.headers.push((CONTENT_SECURITY_POLICY, POLICY.into()));
            Ok(reply)
        }
        Ok(None) => Err(Problem::no_route()),
        Err(error) => {
            tracing::error!(%error, file = asked.name, "a page of the documentation could not be made");
            Err(Problem::internal())
        }
    }
}
