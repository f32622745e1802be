//! What every page has around its content: title, navigation, language, look, the data behind it.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::articles;
use super::assets;
use super::calc::form::money_sign;
use super::readings;
use super::session::Session;
use super::visit::{MoneyUnit, Pairs, Theme, Visit, address, link};
use super::words::Words;
use crate::api::lang::Lang;

/// A citation as answers have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cited {
    /// The words of the citation; empty where there is none.
    pub(crate) label: String,
    instrument: String,
    article: String,
}

impl Cited {
    /// The citation under `law` of a step, a fault, a warning.
    pub(crate) fn of(holder: &Json) -> Option<Cited> {
        let text = |name: &str| holder.pointer(&format!("/law/{name}")).and_then(Json::as_str).unwrap_or_default();
        let cited = Cited {
            label: text("label").to_owned(),
            instrument: text("instrument").to_owned(),
            article: text("article").to_owned(),
        };
        Some(cited).filter(|cited| !cited.label.is_empty())
    }
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    None,
    Calculate,
    Project,
    Rates,
    Batch,
    Records,
    About,
}

/// The frame of a page.
pub(crate) struct Page<'v> {
    pub(crate) visit: &'v Visit,
    pub(crate) words: &'static Words,
    pub(crate) title: String,
    pub(crate) section: Section,
    /// Whether it shows charts.
    pub(crate) has_charts: bool,
    /// The query of the address in its shortest form, where the page has one that differs from the one asked.
    pub(crate) query: Option<Pairs>,
}

/// A link of the navigation.
pub(crate) struct Entry {
    pub(crate) href: String,
    pub(crate) label: &'static str,
    pub(crate) is_current: bool,
}

/// A choice of the head of the page.
pub(crate) struct Switch {
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_chosen: bool,
}

impl<'v> Page<'v> {
    pub(crate) fn new(visit: &'v Visit, section: Section, title: impl Into<String>) -> Page<'v> {
        let words = Words::of(visit.lang);
        Page { visit, words, title: title.into(), section, has_charts: false, query: None }
    }

    /// The same page with charts.
    #[must_use]
    pub(crate) fn with_charts(self) -> Page<'v> {
        Page { has_charts: true, ..self }
    }

    /// The same page under an address with this query.
    #[must_use]
    pub(crate) fn at(self, query: Pairs) -> Page<'v> {
        Page { query: Some(query), ..self }
    }

    pub(crate) fn is_english(&self) -> bool {
        self.visit.lang == Lang::En
    }

    /// Whether files are sent from it.
    pub(crate) fn is_batch(&self) -> bool {
        self.section == Section::Batch
    }

    /// One of two texts, where a template needs them in place.
    pub(crate) fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        if self.is_english() { en } else { zh }
    }

    /// An address of the pages in the language of this one.
    pub(crate) fn link(&self, path: &str) -> String {
        self.visit.link(path)
    }

    /// The page of a data version.
    pub(crate) fn to_version(&self, id: &str) -> String {
        self.link(&format!("/rates/versions/{id}"))
    }

    /// An instrument with its articles.
    pub(crate) fn to_instrument(&self, key: &str) -> String {
        self.link(&format!("/rates/instruments/{key}"))
    }

    /// A record of how the law is read.
    pub(crate) fn to_reading(&self, number: &str) -> String {
        self.link(&readings::path_of(number))
    }

    /// The article or the record that a citation names; empty for what is neither.
    pub(crate) fn to_law(&self, law: &Cited) -> String {
        let article = articles::address_of(&self.visit.service.book, &law.instrument, &law.article);
        let record = readings::number_of(&law.instrument, &law.article);
        article.or_else(|| record.map(readings::path_of)).map(|path| self.link(&path)).unwrap_or_default()
    }

    /// The words of a citation.
    pub(crate) fn citation<'c>(&self, law: &'c Cited) -> Cow<'c, str> {
        let record = readings::number_of(&law.instrument, &law.article);
        record.map_or(Cow::Borrowed(&*law.label), |number| format!("{} {number}", self.words.reading).into())
    }

    /// A mineral with what can be calculated for it.
    pub(crate) fn to_mineral(&self, code: &str) -> String {
        self.link(&format!("/?mineral={code}"))
    }

    /// The workbook to fill for a batch of a topic.
    pub(crate) fn to_template(&self, topic: &str) -> String {
        self.link(&format!("/v1/templates/{topic}.xlsx"))
    }

    /// The address of a file that the page loads.
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// The address of this page in a language.
    fn address_in(&self, lang: Lang) -> String {
        let query = self.query.as_ref().unwrap_or(&self.visit.query);
        let pairs = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        link(&address(&self.visit.path, pairs), lang)
    }

    /// The address of this page.
    pub(crate) fn own_address(&self) -> String {
        self.address_in(self.visit.lang)
    }

    /// The address of this page in the other language.
    pub(crate) fn translated(&self) -> String {
        self.address_in(if self.is_english() { Lang::Zh } else { Lang::En })
    }

    pub(crate) fn other_html_lang(&self) -> &'static str {
        if self.is_english() { "zh-CN" } else { "en" }
    }

    pub(crate) fn navigation(&self) -> Vec<Entry> {
        let words = self.words;
        let entries = [
            (Section::Calculate, "/calc", words.calculate),
            (Section::Project, "/projection", words.project),
            (Section::Rates, "/rates", words.rates),
            (Section::Batch, "/batch", words.batch),
            (Section::Records, "/records", words.records),
            (Section::About, "/about", words.about),
        ];
        let entry =
            |(section, path, label)| Entry { href: self.link(path), label, is_current: section == self.section };
        entries.map(entry).into()
    }

    /// The unit of amounts.
    pub(crate) fn unit(&self) -> &'static str {
        money_sign(self.visit.unit, self.visit.lang)
    }

    pub(crate) fn units(&self) -> [Switch; 2] {
        [MoneyUnit::Yuan, MoneyUnit::Wan].map(|unit| Switch {
            value: unit.code(),
            label: money_sign(unit, self.visit.lang),
            is_chosen: unit == self.visit.unit,
        })
    }

    pub(crate) fn themes(&self) -> [Switch; 3] {
        let words = self.words;
        [(Theme::Auto, words.theme_auto), (Theme::Light, words.theme_light), (Theme::Dark, words.theme_dark)]
            .map(|(theme, label)| Switch { value: theme.code(), label, is_chosen: theme == self.visit.theme })
    }

    pub(crate) fn theme(&self) -> &'static str {
        self.visit.theme.code()
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.visit.session.as_ref()
    }

    pub(crate) fn dataset(&self) -> &str {
        &self.visit.service.book.dataset_id
    }
}
