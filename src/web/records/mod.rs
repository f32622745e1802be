//! `/records`: the records in the browser. So far the page says how they are reached.

use askama::Template;

use super::http::{Failure, Open, Route, Work, html};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::reply::Reply;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/records", get: Some(index), post: None, work: Work::Quick, open: Open::ToAll }];

#[derive(Template)]
#[template(path = "web/records/index.html")]
struct Index<'v> {
    page: Page<'v>,
}

fn index(visit: &Visit) -> Result<Reply, Failure> {
    html(200, &Index { page: Page::new(visit, Section::Records, Words::of(visit.lang).records) })
}
