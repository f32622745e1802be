//! Minerals as people look for them: by part of a Chinese or English name, by code, by the initials of the pinyin.

use pinyin::ToPinyin;

use crate::api::lang::Lang;
use crate::domain::catalogue::{Catalogue, Levy, LevyMethod, LevyObject, RateCondition};
use crate::domain::mineral::{Mineral, MineralId};
use crate::domain::place::Place;
use crate::domain::rate_book::RateBook;
use crate::domain::timeline::Dated;

/// A mineral that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) code: String,
    /// The name in the language of the page.
    pub(crate) name: String,
    /// The other names in both languages.
    pub(crate) others: String,
    pub(crate) is_group: bool,
    /// How the catalogue levies it; nothing for a group whose members differ.
    pub(crate) method: Option<LevyMethod>,
    pub(crate) row: Option<u32>,
    pub(crate) object: Option<&'static str>,
    pub(crate) rates: Vec<RateLine>,
}

/// A rate of the catalogue, and when it counts.
#[derive(Clone, Debug)]
pub(crate) struct RateLine {
    pub(crate) percent: String,
    pub(crate) condition: String,
}

impl Found {
    pub(crate) fn is_by_rate(&self) -> bool {
        self.method == Some(LevyMethod::Rate)
    }

    pub(crate) fn is_by_amount(&self) -> bool {
        self.method == Some(LevyMethod::Amount)
    }
}

/// The minerals that a text names or may name, the best first: a whole name, the beginning of one, a part of one.
pub(crate) fn search(book: &RateBook, dated: &Dated<Catalogue>, text: &str, lang: Lang) -> Vec<Found> {
    ranked(book, dated, text, lang).into_iter().map(|(_, found)| found).collect()
}

/// The same, each with how well the text fits: 0 where it is a name.
pub(crate) fn ranked(book: &RateBook, dated: &Dated<Catalogue>, text: &str, lang: Lang) -> Vec<(u8, Found)> {
    let wanted = text.trim().to_lowercase();
    let mut found: Vec<(u8, MineralId, &Mineral)> =
        book.minerals.iter().filter_map(|(id, mineral)| Some((rank(mineral, &wanted)?, id, mineral))).collect();
    found.sort_by_key(|(rank, ..)| *rank);
    found.into_iter().map(|(rank, id, mineral)| (rank, describe(book, dated, id, mineral, lang))).collect()
}

/// How well a text fits a mineral: 0 is best.
fn rank(mineral: &Mineral, wanted: &str) -> Option<u8> {
    let names = mineral.zh.iter().chain([&mineral.code, &mineral.en]).map(|name| name.to_lowercase());
    let one = |name: String| match name.find(wanted)? {
        0 if name.len() == wanted.len() => Some(0),
        0 => Some(1),
        _ => Some(3),
    };
    let by_name = names.filter_map(one).min();
    let by_initials = mineral.zh.iter().map(|name| initials(name)).any(|known| known.starts_with(wanted));
    by_name.into_iter().chain(by_initials.then_some(2)).min()
}

/// The initials of the pinyin of a name: 铁矿 gives `tk`. Other signs stand as they are.
pub(crate) fn initials(name: &str) -> String {
    let first = |sign: char| sign.to_pinyin().and_then(|sound| sound.plain().chars().next()).unwrap_or(sign);
    name.chars().map(first).collect::<String>().to_lowercase()
}

/// The name of a mineral in a language.
pub(crate) fn name_of(mineral: &Mineral, lang: Lang) -> &str {
    match lang {
        Lang::Zh => mineral.name_zh(),
        Lang::En => &mineral.en,
    }
}

fn describe(book: &RateBook, dated: &Dated<Catalogue>, id: MineralId, mineral: &Mineral, lang: Lang) -> Found {
    let levy = dated.value.levy(&book.minerals, id).ok();
    let row = levy.and_then(|levy| match levy {
        Levy::ByRate(row) => Some(row),
        Levy::ByAmount => None,
    });
    let name = name_of(mineral, lang);
    let all = mineral.zh.iter().map(String::as_str).chain([mineral.en.as_str()]);
    let separator = if lang == Lang::En { ", " } else { "、" };
    Found {
        code: mineral.code.clone(),
        name: name.to_owned(),
        others: all.filter(|other| *other != name).collect::<Vec<_>>().join(separator),
        is_group: !mineral.members.is_empty(),
        method: levy.map(|levy| levy.method()),
        row: row.map(|row| row.number),
        object: row.map(|row| object(row.levy_object, lang)),
        rates: row
            .into_iter()
            .flat_map(|row| &row.rates)
            .map(|rate| rate_line(rate.percent.value(), rate.condition, lang))
            .collect(),
    }
}

fn object(object: LevyObject, lang: Lang) -> &'static str {
    match (object, lang) {
        (LevyObject::RawOre, Lang::Zh) => "原矿产品",
        (LevyObject::RawOre, Lang::En) => "raw ore",
        (LevyObject::Concentrate, Lang::Zh) => "选矿产品",
        (LevyObject::Concentrate, Lang::En) => "concentrate",
        (LevyObject::NotStated, Lang::Zh) => "文本未载",
        (LevyObject::NotStated, Lang::En) => "not stated in the text at hand",
    }
}

fn rate_line(percent: impl std::fmt::Display, condition: RateCondition, lang: Lang) -> RateLine {
    let is_english = lang == Lang::En;
    let condition = match condition {
        RateCondition::Always => String::new(),
        RateCondition::Place(Place::Land) => if is_english { "on land" } else { "陆域" }.to_owned(),
        RateCondition::Place(Place::Sea) => if is_english { "at sea" } else { "海域" }.to_owned(),
        RateCondition::Temperature { at_least, below } => match (at_least, below) {
            (Some(low), Some(high)) => format!("{} ℃ ≤ T < {} ℃", low.value(), high.value()),
            (Some(low), None) => format!("T ≥ {} ℃", low.value()),
            (None, Some(high)) => format!("T < {} ℃", high.value()),
            (None, None) => String::new(),
        },
    };
    RateLine { percent: percent.to_string(), condition }
}
