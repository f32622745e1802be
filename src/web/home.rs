//! `/`: what the service answers, and the shortest way to a first figure: a mineral, how it is levied, what can be
//! calculated for it.

use askama::Template;

use super::http::{Failure, Open, Route, Work, html};
use super::minerals::{self, Found};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::reply::Reply;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/", get: Some(home), post: None, work: Work::Quick, open: Open::ToAll }];

/// Most minerals that a search shows.
const SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home<'v> {
    page: Page<'v>,
    asked: Option<&'v str>,
    found: Vec<Found>,
    /// How many were found beyond those that are shown.
    more: usize,
    names: Vec<&'v str>,
    /// First day of the catalogue that the rates are from.
    catalogue_from: String,
    versions: usize,
    articles: usize,
    modelled: usize,
}

fn home(visit: &Visit) -> Result<Reply, Failure> {
    let book = &visit.service.book;
    let dated = book.catalogue.entries().last().ok_or(Failure::Internal)?;
    let asked = visit.parameter("mineral");
    let mut found = asked.map(|text| minerals::search(book, dated, text, visit.lang)).unwrap_or_default();
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    let articles = book.coverage.iter().filter(|article| article.status != "no_computation");
    html(
        200,
        &Home {
            page: Page::new(visit, Section::None, Words::of(visit.lang).home),
            asked,
            found,
            more,
            names: book.minerals.iter().map(|(_, mineral)| minerals::name_of(mineral, visit.lang)).collect(),
            catalogue_from: dated.version.effective_from.to_string(),
            versions: book.versions.len(),
            articles: articles.clone().count(),
            modelled: articles.filter(|article| article.status == "modelled").count(),
        },
    )
}
