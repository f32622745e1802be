//! `/rates/readings`: what the instruments leave open and how it is read, one record each, in the words of
//! `docs/interpretations`. Steps that rest on a reading lead here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

use super::http::{Failure, Route, html};
use super::page::Page;
use super::rates::{Tab, page, tabs};
use super::visit::Visit;
use super::words::Words;
use crate::api::lang::Lang;
use crate::api::reply::Reply;
use crate::domain::law;

/// The files of the records: name, text.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/interpretations.rs"));

pub(super) const ROUTES: &[Route] =
    &[Route::get("/rates/readings", readings), Route::get("/rates/readings/{number}", reading)];

/// A record.
struct Reading {
    number: &'static str,
    title: String,
    title_en: &'static str,
    /// The record in Chinese, as HTML.
    record: String,
    /// What it says in English, as HTML.
    summary: String,
}

/// All records by their numbers.
static READINGS: LazyLock<BTreeMap<&str, Reading>> = LazyLock::new(|| {
    let index = FILES.iter().find(|(name, _)| *name == "README.md").map_or("", |(_, text)| text);
    let numbered = FILES.iter().filter_map(|(name, text)| Some((name.split_once('-')?.0, *text)));
    numbered.map(|(number, text)| (number, read(number, text, index))).collect()
});

fn read(number: &'static str, text: &'static str, index: &'static str) -> Reading {
    let (record, summary) = text.split_once("## Summary").unwrap_or((text, ""));
    let (head, record) = record.split_once('\n').unwrap_or((record, ""));
    let title = head.trim_start_matches(['#', ' ']).strip_prefix(number).unwrap_or(head).trim().to_owned();
    // The index has a row of three cells for each.
    let row = index.lines().find_map(|line| line.strip_prefix("| [")?.strip_prefix(number));
    let title_en =
        row.and_then(|row| row.trim_end_matches(['|', ' ']).rsplit_once("| ")).map_or("", |(_, title)| title);
    Reading { number, title, title_en, record: as_html(record), summary: as_html(summary) }
}

/// Markdown as HTML. Links lead to other records or, out of the project, nowhere; marks of HTML are text.
fn as_html(markdown: &str) -> String {
    let target = |link: &str| {
        let number = link.split_once('-').map_or("", |(number, _)| number);
        let is_record = FILES.iter().any(|(name, _)| *name == link) && number.len() == 3;
        is_record.then(|| path_of(number))
    };
    let mut is_link = false;
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = target(&dest_url);
            is_link = dest_url.is_some();
            dest_url.map(|link| Event::Start(Tag::Link { link_type, dest_url: link.into(), title, id }))
        }
        Event::End(TagEnd::Link) if !is_link => None,
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        other => Some(other),
    });
    let mut written = String::new();
    push_html(&mut written, events);
    written
}

/// Where the page of a record is.
pub(super) fn path_of(number: &str) -> String {
    format!("/rates/readings/{number}")
}

/// The number of the record that a citation names; nothing for what is no record.
pub(super) fn number_of(instrument: &str, locator: &str) -> Option<&'static str> {
    let number = locator.strip_prefix("record ").filter(|_| instrument == law::READINGS)?;
    READINGS.get(number).map(|reading| reading.number)
}

impl Reading {
    fn title(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.title_en.is_empty() { self.title_en } else { &self.title }
    }
}

#[derive(Template)]
#[template(path = "web/rates/readings.html")]
struct Readings<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    /// Number and title of each.
    readings: Vec<(&'static str, &'v str)>,
}

fn readings(visit: &Visit) -> Result<Reply, Failure> {
    let readings = READINGS.values().map(|it| (it.number, it.title(visit.lang))).collect();
    html(200, &Readings { page: page(visit, Words::of(visit.lang).readings), tabs: tabs(visit), readings })
}

#[derive(Template)]
#[template(path = "web/rates/reading.html")]
struct OneReading<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    reading: &'static Reading,
    title: &'v str,
}

fn reading(visit: &Visit) -> Result<Reply, Failure> {
    let reading = READINGS.get(visit.name.as_str()).ok_or(Failure::NotFound)?;
    let title = reading.title(visit.lang);
    html(200, &OneReading { page: page(visit, title), tabs: tabs(visit), reading, title })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the unexpected")]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_read_with_its_titles() {
        assert_eq!(READINGS.len() + 1, FILES.len());
        for it in READINGS.values() {
            let said = [&it.title, it.title_en, &it.record, &it.summary];
            assert!(said.iter().all(|text| !text.is_empty()), "{}", it.number);
            assert!(!it.title_en.contains('|') && !it.title.starts_with(['#', '0']), "{}", it.number);
            assert!(
                it.record.contains("<h2>") && !it.record.contains("<h1") && !it.summary.contains("<h"),
                "{}",
                it.number
            );
        }
    }

    #[test]
    fn links_lead_to_records_and_marks_are_text() {
        let (name, _) = FILES.first().unwrap();
        let (number, _) = name.split_once('-').unwrap();
        let text = format!("见[甲]({name})、[乙](../../README.md)<b>\n\n| a |\n|---|\n| 1 |\n");
        let wanted = format!("<p>见<a href=\"/rates/readings/{number}\">甲</a>、乙&lt;b&gt;</p>\n<table>");
        assert!(as_html(&text).starts_with(&wanted), "{}", as_html(&text));
        assert_eq!(number_of(law::READINGS, "record 001"), Some("001"));
        assert_eq!((number_of(law::READINGS, "record 999"), number_of("cz-2023-10", "record 001")), (None, None));
    }
}
