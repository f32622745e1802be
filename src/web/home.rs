//! `/`: what the service answers, and the shortest way to a first figure: a mineral, how it is levied, what can be
//! calculated for it.

use askama::Template;

use super::calc;
use super::http::{Failure, Open, Route, Work, html};
use super::minerals::{self, Found};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::lang::Lang;
use crate::api::reply::Reply;
use crate::api::topic::Topic;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/", get: Some(home), post: None, work: Work::Quick, open: Open::ToAll }];

/// A mineral that was found, with what can be calculated for it.
struct Start {
    it: Found,
    links: Vec<(String, &'static str)>,
}

/// Calculations that begin with a mineral, and the field that takes it.
const BEGUN: [(Topic, &str); 4] = [
    (Topic::TransferIncome, "mineral"),
    (Topic::StartingPrice, "mineral"),
    (Topic::AnnualIncome, "lines.1.mineral"),
    (Topic::Assessment, "registered_minerals"),
];

fn begun(visit: &Visit, found: Found) -> Start {
    // What is levied by amount has no annual part, and a group whose members differ has no single answer.
    let fits = |topic: Topic| topic != Topic::AnnualIncome || found.is_by_rate();
    let link = |(topic, field): &(Topic, &str)| {
        let values = vec![((*field).to_owned(), found.name.clone())];
        (calc::address_of(*topic, &values, visit.lang), calc::name_of(*topic, visit.lang))
    };
    let links = BEGUN.iter().filter(|(topic, _)| fits(*topic) && found.method.is_some()).map(link).collect();
    Start { links, it: found }
}

/// Most minerals that a search shows.
const SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home<'v> {
    page: Page<'v>,
    asked: Option<&'v str>,
    found: Vec<Start>,
    groups: Vec<(&'static str, Vec<(String, &'static str)>)>,
    /// Minerals whose names hold the text, where it is itself the name of another.
    others: Vec<(String, String)>,
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
    // What a mineral is levied at is for those who may read the rates.
    let asked = visit.parameter("mineral").filter(|_| visit.may_calculate());
    let ranked = asked.map(|text| minerals::ranked(book, dated, text, visit.lang)).unwrap_or_default();
    // Whoever writes a whole name means that mineral: 金 is not 冶金用石英岩. The others are named below it. The name of a
    // group means its members, too.
    let is_named = ranked.first().is_some_and(|(rank, it)| *rank == 0 && !it.is_group);
    let (meant, rest): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(rank, _)| !is_named || *rank == 0);
    let mut found: Vec<Found> = meant.into_iter().map(|(_, found)| found).collect();
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    let others = rest.into_iter().map(|(_, it)| (visit.link(&format!("/?mineral={}", it.code)), it.name)).collect();
    let articles = book.coverage.iter().filter(|article| article.status != "no_computation");
    let is_english = visit.lang == Lang::En;
    let groups = calc::GROUPS.iter().map(|(zh, en, topics)| {
        let links = topics.iter().map(|topic| (visit.link(&calc::path_of(*topic)), calc::name_of(*topic, visit.lang)));
        (if is_english { *en } else { *zh }, links.collect())
    });
    let groups = groups.collect();
    html(
        200,
        &Home {
            page: Page::new(visit, Section::None, Words::of(visit.lang).home),
            asked,
            found: found.into_iter().map(|found| begun(visit, found)).collect(),
            groups,
            others,
            more,
            names: book.minerals.iter().map(|(_, mineral)| minerals::name_of(mineral, visit.lang)).collect(),
            catalogue_from: dated.version.effective_from.to_string(),
            versions: book.versions.len(),
            articles: articles.clone().count(),
            modelled: articles.filter(|article| article.status == "modelled").count(),
        },
    )
}
