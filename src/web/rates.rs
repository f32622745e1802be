//! `/rates`: the data openly: the catalogue of a day, every version with its values and how we know them, the instruments
//! in time, what changed between two days, which articles are computed.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{Datelike, NaiveDate};

use super::articles::{anchor, texts_of};
use super::http::{Failure, Route, html};
use super::minerals::{self, Found};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::lang::Lang;
use crate::api::rate_changes::ReadableChange;
use crate::api::rate_words;
use crate::api::reply::Reply;
use crate::api::shape;
use crate::api::sheet::code_in_chinese;
use crate::api::show::last_day;
use crate::domain::law::{InChinese, InEnglish};
use crate::domain::rate_book::{CoveredArticle, Instrument, Provenance, RateBook, Version};
use crate::domain::rate_change::between_days;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/rates", catalogue),
    Route::get("/rates/versions", versions),
    Route::get("/rates/versions/{id:.+}", version),
    Route::get("/rates/instruments", instruments),
    Route::get("/rates/instruments/{key}", instrument),
    Route::get("/rates/changes", changes),
    Route::get("/rates/coverage", coverage),
];

/// A page of the rates in the second row of the navigation.
pub(super) struct Tab {
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) is_current: bool,
}

pub(super) fn tabs(visit: &Visit) -> Vec<Tab> {
    let words = Words::of(visit.lang);
    let all = [
        ("/rates", words.catalogue),
        ("/rates/versions", words.all_versions),
        ("/rates/instruments", words.instruments),
        ("/rates/readings", words.readings),
        ("/rates/changes", words.changes),
        ("/rates/coverage", words.coverage),
    ];
    let tab = |(path, label)| Tab { href: visit.link(path), label, is_current: visit.path == path };
    all.map(tab).into()
}

pub(super) fn page<'v>(visit: &'v Visit, title: &str) -> Page<'v> {
    Page::new(visit, Section::Rates, title)
}

/// The day that a query names; nothing for one that names none, and the text as it is for one that is no day.
fn day(visit: &Visit, name: &str) -> Option<Result<NaiveDate, String>> {
    visit.parameter(name).map(|text| shape::date(text).ok_or_else(|| text.to_owned()))
}

/// How a provenance is called.
pub(super) fn provenance(provenance: Provenance, lang: Lang) -> &'static str {
    match (lang, provenance) {
        (Lang::Zh, it) => code_in_chinese("provenance", it.code()).unwrap_or_default(),
        (Lang::En, Provenance::Verbatim) => "read in the text",
        (Lang::En, Provenance::Reported) => "reported",
        (Lang::En, Provenance::Inferred) => "inferred",
        (Lang::En, Provenance::Caller) => "by the request",
    }
}

fn citation<'b>(book: &'b RateBook, key: &'b str, lang: Lang) -> &'b str {
    book.instruments.get(key).map_or(key, |it| if lang == Lang::En { &it.citation_en } else { &it.citation })
}

fn article(locator: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => InChinese(locator).to_string(),
        Lang::En => InEnglish(locator).to_string(),
    }
}

#[derive(Template)]
#[template(path = "web/rates/catalogue.html")]
struct Catalogue<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    on: String,
    asked: &'v str,
    /// Why no catalogue is shown.
    trouble: Option<&'static str>,
    version: String,
    found: Vec<Found>,
    method: &'v str,
}

fn catalogue(visit: &Visit) -> Result<Reply, Failure> {
    let book = &visit.service.book;
    let words = Words::of(visit.lang);
    let (dated, trouble, on) = match day(visit, "on") {
        None => (book.catalogue.entries().last(), None, String::new()),
        Some(Err(text)) => (None, Some(words.no_day), text),
        Some(Ok(day)) => {
            let found = book.catalogue.at(day).ok();
            (found, found.is_none().then_some(words.no_catalogue), day.to_string())
        }
    };
    let asked = visit.parameter("q").unwrap_or_default();
    // Without a name only what the catalogue lists: everything else is levied by amount.
    let method = visit.parameter("method").unwrap_or(if asked.is_empty() { "rate" } else { "all" });
    let mut found = dated.map(|dated| minerals::search(book, dated, asked, visit.lang)).unwrap_or_default();
    found.retain(|it| match method {
        "rate" => it.is_by_rate(),
        "amount" => it.is_by_amount(),
        _ => true,
    });
    if asked.is_empty() {
        found.sort_by_key(|it| (it.row.is_none(), it.row));
    }
    let version = dated.map(|dated| dated.version.id.clone()).unwrap_or_default();
    let page = page(visit, words.catalogue);
    html(200, &Catalogue { page, tabs: tabs(visit), on, asked, trouble, version, found, method })
}

/// The versions of a topic.
struct Shelf<'b> {
    topic: String,
    place: String,
    versions: Vec<Shelved<'b>>,
}

struct Shelved<'b> {
    version: &'b Version,
    citation: &'b str,
    in_force: String,
    provenance: &'static str,
    is_verbatim: bool,
}

/// From when until when something is in force, in words.
fn interval(from: Option<NaiveDate>, to: Option<NaiveDate>, lang: Lang) -> String {
    match (from, to, lang) {
        (Some(from), Some(to), _) => format!("{from} – {to}"),
        (Some(from), None, Lang::Zh) => format!("{from} 起"),
        (Some(from), None, Lang::En) => format!("from {from}"),
        (None, _, Lang::Zh) => "日期未载".to_owned(),
        (None, _, Lang::En) => "no date at hand".to_owned(),
    }
}

fn in_force(version: &Version, lang: Lang) -> String {
    interval(Some(version.effective_from), last_day(version), lang)
}

#[derive(Template)]
#[template(path = "web/rates/versions.html")]
struct Versions<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    shelves: Vec<Shelf<'v>>,
}

fn place(book: &RateBook, division: Option<&str>, lang: Lang) -> String {
    let words = Words::of(lang);
    let Some(code) = division else { return words.nation.to_owned() };
    let division = book.divisions.find(code);
    division.map_or(code, |it| if lang == Lang::En { &it.en } else { it.name_zh() }).to_owned()
}

fn topic_name(topic: &str, lang: Lang) -> String {
    rate_words::topic(topic).map_or_else(|| topic.to_owned(), |text| lang.pick(&text).to_owned())
}

fn versions(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let mut shelves: BTreeMap<(Option<&str>, &str), Vec<&Version>> = BTreeMap::new();
    for version in book.versions.values() {
        shelves.entry((version.division.as_deref(), &version.topic)).or_default().push(version);
    }
    let shelves = shelves.into_iter().map(|((division, topic), mut versions)| {
        versions.sort_by_key(|version| version.effective_from);
        let shelved = versions.into_iter().map(|version| Shelved {
            version,
            citation: citation(book, &version.instrument, lang),
            in_force: in_force(version, lang),
            provenance: provenance(version.provenance, lang),
            is_verbatim: version.provenance == Provenance::Verbatim,
        });
        Shelf { topic: topic_name(topic, lang), place: place(book, division, lang), versions: shelved.collect() }
    });
    let page = page(visit, Words::of(lang).all_versions);
    html(200, &Versions { page, tabs: tabs(visit), shelves: shelves.collect() })
}

/// A parameter of a version.
struct Parameter<'b> {
    name: &'b str,
    words: String,
    value: String,
    citation: &'b str,
    /// Where the article is.
    href: String,
    article: String,
    provenance: &'static str,
    is_verbatim: bool,
}

#[derive(Template)]
#[template(path = "web/rates/version.html")]
struct OneVersion<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    version: &'v Version,
    topic: String,
    place: String,
    instrument: Option<&'v Instrument>,
    citation: &'v str,
    in_force: String,
    provenance: &'static str,
    is_verbatim: bool,
    parameters: Vec<Parameter<'v>>,
}

fn version(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let version = book.versions.get(&visit.name).ok_or(Failure::NotFound)?;
    let parameters = version.values.iter().map(|listed| Parameter {
        name: &listed.name,
        words: rate_words::parameter(version, &listed.name, book)
            .map_or_else(|| listed.name.clone(), |text| lang.pick(&text).to_owned()),
        value: lang.pick(&rate_words::value(listed, book)).to_owned(),
        citation: citation(book, &listed.instrument, lang),
        href: super::articles::address_of(book, &listed.instrument, &listed.locator)
            .map(|path| visit.link(&path))
            .unwrap_or_default(),
        article: article(&listed.locator, lang),
        provenance: provenance(listed.provenance, lang),
        is_verbatim: listed.provenance == Provenance::Verbatim,
    });
    let topic = topic_name(&version.topic, lang);
    html(
        200,
        &OneVersion {
            page: page(visit, &format!("{topic} {}", version.effective_from)),
            tabs: tabs(visit),
            version,
            place: place(book, version.division.as_deref(), lang),
            topic,
            instrument: book.instruments.get(&version.instrument),
            citation: citation(book, &version.instrument, lang),
            in_force: in_force(version, lang),
            provenance: provenance(version.provenance, lang),
            is_verbatim: version.provenance == Provenance::Verbatim,
            parameters: parameters.collect(),
        },
    )
}

/// An instrument with what of it is at hand.
struct Paper<'b> {
    instrument: &'b Instrument,
    citation: &'b str,
    title: &'b str,
    in_force: String,
    text: &'static str,
    is_verbatim: bool,
    year: i32,
    begins_year: bool,
    articles: usize,
}

#[derive(Template)]
#[template(path = "web/rates/instruments.html")]
struct Instruments<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    papers: Vec<Paper<'v>>,
}

/// How much of the text of an instrument is at hand.
fn at_hand(instrument: &Instrument, words: &Words) -> &'static str {
    match instrument.text.as_str() {
        "verbatim" => words.text_verbatim,
        "facts" => words.text_facts,
        "reported" => words.text_reported,
        _ => words.text_missing,
    }
}

fn title_of(instrument: &Instrument, lang: Lang) -> &str {
    match lang {
        Lang::Zh => &instrument.title,
        Lang::En => instrument.title_en.as_deref().unwrap_or(&instrument.citation_en),
    }
}

fn days_of(instrument: &Instrument, lang: Lang) -> String {
    interval(instrument.in_force_from, instrument.in_force_until.and_then(|day| day.pred_opt()), lang)
}

/// An article of an instrument: its words, where they are at hand, and whether it is computed.
struct Told<'b> {
    id: String,
    label: String,
    /// What it says, in short; nothing where its words stand below.
    title: &'b str,
    status: &'static str,
    look: &'static str,
    reason: &'b str,
    paragraphs: &'b [&'b str],
}

#[derive(Template)]
#[template(path = "web/rates/instrument.html")]
struct OneInstrument<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    citation: &'v str,
    title: String,
    in_force: String,
    text: &'static str,
    is_verbatim: bool,
    articles: Vec<Told<'v>>,
}

fn instrument(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let words = Words::of(lang);
    let found = book.instruments.get(&visit.name).ok_or(Failure::NotFound)?;
    let texts = texts_of(&found.key);
    let mut articles = Vec::new();
    let covered: Vec<&CoveredArticle> = book.coverage.iter().filter(|it| it.instrument == found.key).collect();
    for it in &covered {
        let (status, look) = state_of(it, words);
        let own = texts.iter().find(|text| text.locator == it.locator);
        articles.push(Told {
            id: anchor(&it.locator),
            label: article(&it.locator, lang),
            title: &it.title,
            status,
            look,
            reason: reason_of(it, lang),
            paragraphs: own.map_or(&[], |text| &text.paragraphs),
        });
    }
    // What the coverage lists by its paragraphs has its words before them.
    for (text, place) in texts.iter().zip(0..) {
        if covered.iter().any(|it| it.locator == text.locator) {
            continue;
        }
        let told = Told {
            id: anchor(text.locator),
            label: article(text.locator, lang),
            title: "",
            status: "",
            look: "",
            reason: "",
            paragraphs: &text.paragraphs,
        };
        let below = format!("{}-", told.id);
        let at = articles.iter().position(|known| known.id.starts_with(&below)).unwrap_or(articles.len().min(place));
        articles.insert(at, told);
    }
    let citation = citation(book, &found.key, lang);
    html(
        200,
        &OneInstrument {
            page: page(visit, citation),
            tabs: tabs(visit),
            citation,
            title: title_of(found, lang).to_owned(),
            in_force: days_of(found, lang),
            text: at_hand(found, words),
            is_verbatim: found.text == "verbatim",
            articles,
        },
    )
}

fn state_of(article: &CoveredArticle, words: &Words) -> (&'static str, &'static str) {
    match article.status.as_str() {
        "modelled" => (words.modelled, "good"),
        "partly" => (words.partly, "warn"),
        "not_modelled" => (words.not_modelled, "bad"),
        _ => (words.no_computation, ""),
    }
}

fn reason_of(article: &CoveredArticle, lang: Lang) -> &str {
    let (zh, en) = (article.reason.as_deref(), article.reason_en.as_deref());
    if lang == Lang::En { en.or(zh) } else { zh }.unwrap_or_default()
}

fn instruments(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let words = Words::of(lang);
    let mut all: Vec<&Instrument> = book.instruments.values().collect();
    // Those without a day come last.
    all.sort_by_key(|it| (it.in_force_from.or(it.issued).is_none(), it.in_force_from.or(it.issued)));
    let mut last = None;
    let papers = all.into_iter().map(|it| {
        let year = it.in_force_from.or(it.issued).map_or(0, |day| day.year());
        let begins_year = last.replace(year) != Some(year);
        Paper {
            instrument: it,
            citation: citation(book, &it.key, lang),
            title: title_of(it, lang),
            in_force: days_of(it, lang),
            text: at_hand(it, words),
            is_verbatim: it.text == "verbatim",
            year,
            begins_year,
            articles: book.coverage.iter().filter(|article| article.instrument == it.key).count(),
        }
    });
    let papers = papers.collect();
    html(200, &Instruments { page: page(visit, words.instruments), tabs: tabs(visit), papers })
}

/// A change between two days.
struct Change {
    topic: String,
    place: String,
    sentence: String,
    from: String,
    version: String,
}

#[derive(Template)]
#[template(path = "web/rates/changes.html")]
struct Changes<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    from: String,
    to: String,
    trouble: Option<&'static str>,
    is_asked: bool,
    changes: Vec<Change>,
    days: Vec<String>,
}

fn changes(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let words = Words::of(lang);
    let (from, to) = (day(visit, "from"), day(visit, "to"));
    let is_asked = from.is_some() || to.is_some();
    let text = |day: &Option<Result<NaiveDate, String>>| match day {
        Some(Ok(day)) => day.to_string(),
        Some(Err(text)) => text.clone(),
        None => String::new(),
    };
    let (from_text, to_text) = (text(&from), text(&to));
    let mut found = Vec::new();
    let trouble = match (from, to) {
        (Some(Ok(from)), Some(Ok(to))) => {
            for change in between_days((book, from), (book, to), None) {
                let readable = ReadableChange { change, before: book, after: book };
                let version = change.after.or(change.before).map(|stated| stated.version.id.clone());
                found.push(Change {
                    topic: topic_name(change.subject.topic, lang),
                    place: place(book, change.subject.division, lang),
                    sentence: lang.pick(&readable.sentence()).to_owned(),
                    from: change.effective_from.to_string(),
                    version: version.unwrap_or_default(),
                });
            }
            None
        }
        (None, None) => None,
        _ => Some(words.two_days),
    };
    // The days on which something begins: likely ends of a comparison.
    let mut days: Vec<NaiveDate> = book
        .versions
        .values()
        .filter(|version| version.topic != "holidays")
        .map(|version| version.effective_from)
        .collect();
    days.sort_unstable();
    days.dedup();
    let days = days.into_iter().map(|day| day.to_string()).collect();
    let page = page(visit, words.changes);
    html(
        200,
        &Changes { page, tabs: tabs(visit), from: from_text, to: to_text, trouble, is_asked, changes: found, days },
    )
}

struct Article<'b> {
    /// Where its words are.
    href: String,
    label: String,
    title: &'b str,
    status: &'static str,
    look: &'static str,
    reason: &'b str,
}

struct Covered<'b> {
    key: &'b str,
    citation: &'b str,
    articles: Vec<Article<'b>>,
}

#[derive(Template)]
#[template(path = "web/rates/coverage.html")]
struct Coverage<'v> {
    page: Page<'v>,
    tabs: Vec<Tab>,
    covered: Vec<Covered<'v>>,
}

fn coverage(visit: &Visit) -> Result<Reply, Failure> {
    let (book, lang) = (&visit.service.book, visit.lang);
    let words = Words::of(lang);
    let mut covered: Vec<Covered<'_>> = Vec::new();
    for it in &book.coverage {
        let (status, look) = state_of(it, words);
        let article = Article {
            href: super::articles::address_of(book, &it.instrument, &it.locator)
                .map(|path| visit.link(&path))
                .unwrap_or_default(),
            label: article(&it.locator, lang),
            title: &it.title,
            status,
            look,
            reason: reason_of(it, lang),
        };
        match covered.iter_mut().find(|known| known.key == it.instrument) {
            Some(known) => known.articles.push(article),
            None => covered.push(Covered {
                key: &it.instrument,
                citation: citation(book, &it.instrument, lang),
                articles: vec![article],
            }),
        }
    }
    html(200, &Coverage { page: page(visit, words.coverage), tabs: tabs(visit), covered })
}
