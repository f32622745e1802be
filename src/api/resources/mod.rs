//! The reading endpoints, one file per resource.

mod coverage;
mod datasets;
mod docs;
mod instruments;
mod minerals;
mod probes;
mod problems;
mod provinces;
mod rate_versions;
mod templates;

pub use minerals::listing as mineral_listing;

use super::error::Problem;
use super::lang::Lang;
use super::reply::{JSON, Reply};
use super::routes::{Asked, Route};
use super::shape::{self, Decode};
use super::show::{Show, Shown};

/// All reading endpoints. Of two that match a path, the first one takes it.
pub(super) static ROUTES: &[Route] = &[
    minerals::LIST,
    minerals::ONE,
    datasets::LIST,
    rate_versions::LIST,
    rate_versions::DIFF,
    rate_versions::ONE,
    provinces::ONE,
    instruments::LIST,
    templates::ONE,
    coverage::LIST,
    problems::ONE,
    probes::DOCUMENT,
    probes::LIVE,
    probes::READY,
    probes::METRICS,
    docs::ENTRY,
    docs::FILES,
];

/// The query in the shape that the endpoint reads.
pub(super) fn query<'a, Q: Decode<'a>>(asked: &Asked<'a>) -> Result<Q, Problem<'a>> {
    shape::decode(asked.query).map_err(Problem::malformed)
}

/// The answer as JSON.
pub(super) fn ok<'a>(asked: &Asked<'a>, lang: Lang, body: &impl Show) -> Result<Reply, Problem<'a>> {
    Ok(Reply::json(200, JSON, &Shown(body, asked.audience(lang))))
}
