//! `/about`: what is computed, how a figure can be checked, what is kept, which libraries are in the pages.

use askama::Template;

use super::http::{Failure, Open, Route, Work, html};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::reply::Reply;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/about", get: Some(about), post: None, work: Work::Quick, open: Open::ToAll }];

#[derive(Template)]
#[template(path = "web/about.html")]
struct About<'v> {
    page: Page<'v>,
}

fn about(visit: &Visit) -> Result<Reply, Failure> {
    html(200, &About { page: Page::new(visit, Section::About, Words::of(visit.lang).about) })
}
