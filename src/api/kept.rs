//! What many answers have in common, as JSON that was written once: what steps begin with, the versions of the data, the
//! dataset. Each thread keeps its own, for one dataset at a time.

use std::borrow::Cow;
use std::cell::RefCell;

use serde::ser::{Serialize, Serializer};

use super::json;
use super::lang::Lang;
use super::show::{Audience, Head, Shown};
use super::topic::Dataset;
use crate::domain::explain::Step;
use crate::domain::rate_book::Version;

/// JSON that was written before: an object, or [members](json::MEMBERS) of one. Only [`json`] takes it.
#[derive(Debug)]
pub(super) struct Written<'a>(&'a [u8]);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Texts that are kept of each kind. A topic has some ten steps, a few of them for each mineral.
const PLACES: usize = 256;

/// Texts by what they are of. Each has one place; one that comes to the place of another takes it.
#[derive(Debug)]
struct Texts<K>(Vec<Option<(K, Vec<u8>)>>);

impl<K> Texts<K> {
    fn new() -> Texts<K> {
        let mut places = Vec::new();
        places.resize_with(PLACES, || None);
        Texts(places)
    }

    /// The text at a place, made if another one stands there or none.
    fn at(&mut self, place: usize, is_it: impl Fn(&K) -> bool, make: impl FnOnce() -> (K, Vec<u8>)) -> Written<'_> {
        let Some(place) = self.0.get_mut(place % PLACES) else { return Written(b"") };
        if !place.as_ref().is_some_and(|(key, _)| is_it(key)) {
            *place = Some(make());
        }
        Written(place.as_ref().map_or(b"", |(_, text)| text))
    }
}

/// What the head of a step says; its words follow from that and the dataset.
#[derive(Debug)]
struct Said {
    rule: &'static str,
    /// Empty where it was made for one step.
    formula: &'static str,
    instrument: String,
    article: String,
    lang: Lang,
}

#[derive(Debug)]
struct Kept {
    /// The dataset that all of it is of.
    sha256: String,
    dataset: Vec<u8>,
    heads: Texts<Said>,
    versions: Texts<String>,
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Hands over what is kept for a dataset.
fn with<T>(audience: Audience<'_>, take: impl FnOnce(&mut Kept) -> T) -> T {
    KEPT.with_borrow_mut(|kept| {
        let sha256 = &audience.book.dataset_sha256;
        if kept.as_ref().is_some_and(|kept| kept.sha256 != *sha256) {
            *kept = None;
        }
        take(kept.get_or_insert_with(|| {
            let dataset = json(&Shown(&Dataset::of(audience.book), audience));
            Kept { sha256: sha256.clone(), dataset, heads: Texts::new(), versions: Texts::new() }
        }))
    })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    json::write(&mut text, value);
    text
}

/// A number for a text, so that texts that differ have different places as a rule.
fn spread(begin: usize, text: &str) -> usize {
    text.bytes().fold(begin, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)))
}

/// Hands over what a step begins with, `"rule":"late-fee.fee","law":{…},"formula":"…"`.
pub(super) fn head<T>(step: &Step<'_>, audience: Audience<'_>, take: impl FnOnce(&Written<'_>) -> T) -> T {
    let Step { rule, law, .. } = step;
    let (lang, article) = (audience.lang, law.article.as_ref());
    let formula = match step.formula {
        Cow::Borrowed(formula) => formula,
        Cow::Owned(_) => "",
    };
    // Rules and formulas stand in the program: the same text is the same place in memory, or is kept twice.
    let begin = rule.as_ptr().addr() ^ formula.as_ptr().addr() ^ lang as usize;
    let place = spread(begin, article);
    let is_it = |said: &Said| {
        std::ptr::eq(said.rule, *rule)
            && std::ptr::eq(said.formula, formula)
            && said.article == article
            && said.instrument == law.instrument
            && said.lang == lang
    };
    let make = || {
        let object = json(&Head(step, audience));
        let members = object.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or_default();
        let (instrument, article) = (law.instrument.to_owned(), article.to_owned());
        (Said { rule, formula, instrument, article, lang }, members.to_owned())
    };
    with(audience, |kept| take(&kept.heads.at(place, is_it, make)))
}

/// Hands over a version of the data as an answer names it.
pub(super) fn version<T>(version: &Version, audience: Audience<'_>, take: impl FnOnce(&Written<'_>) -> T) -> T {
    let place = spread(0, &version.id);
    let make = || (version.id.clone(), json(&Shown(version, audience)));
    with(audience, |kept| take(&kept.versions.at(place, |id| *id == version.id, make)))
}

/// Hands over the dataset as an answer names it.
pub(super) fn dataset<T>(audience: Audience<'_>, take: impl FnOnce(&Written<'_>) -> T) -> T {
    with(audience, |kept| take(&Written(&kept.dataset)))
}
