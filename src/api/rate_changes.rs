//! What changed between two datasets or two days, so that a person can read it: which parameter, from when, by which
//! instrument, from which value to which, in Chinese and English.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::ser::Serializer;
use utoipa::openapi::{RefOr, Schema};

use super::declare::{answer_shape, choice};
use super::lang::Lang;
use super::rate_words;
use super::schema::{Described, DivisionCode, Named, Words};
use super::show::{Audience, Label, Show};
use crate::domain::dates::day_before;
use crate::domain::error::Text;
use crate::domain::law::Law;
use crate::domain::rate_book::{RateBook, Version};
use crate::domain::rate_change::{RateChange, Stated, between};
use crate::text;

/// What became of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// Its value, unit or provenance is another.
    Changed,
}

choice!(Kind { "added" => Kind::Added, "removed" => Kind::Removed, "changed" => Kind::Changed });

/// A change with the rate books that it lies between.
#[derive(Clone, Copy, Debug)]
pub struct ReadableChange<'a> {
    /// The change.
    pub change: RateChange<'a>,
    /// What counted before.
    pub before: &'a RateBook,
    /// What counts after.
    pub after: &'a RateBook,
}

/// A citation by the instruments of the data that it stands in, which need not be those of the service.
#[derive(Clone, Debug)]
pub struct Cited<'a> {
    law: Law<'a>,
    book: &'a RateBook,
}

impl Show for Cited<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.law.show(Audience { book: self.book, ..audience }, serializer)
    }
}

impl Described for Cited<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        Law::schema(words)
    }

    fn named(named: &mut Named) {
        Law::named(named);
    }
}

impl<'a> ReadableChange<'a> {
    fn kind(&self) -> Kind {
        match (self.change.before, self.change.after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        }
    }

    /// The side that speaks of the parameter: the new one, if it does.
    fn side(&self) -> Option<(Stated<'a>, &'a RateBook)> {
        let after = self.change.after.map(|stated| (stated, self.after));
        after.or(self.change.before.map(|stated| (stated, self.before)))
    }

    fn law(&self) -> Option<Cited<'a>> {
        self.side().map(|(stated, book)| {
            let law = Law { instrument: &stated.listed.instrument, article: stated.listed.locator.as_str().into() };
            Cited { law, book }
        })
    }

    fn topic_name(&self) -> Text {
        let topic = self.change.subject.topic;
        rate_words::topic(topic).unwrap_or_else(|| text!("{topic}", "{topic}"))
    }

    fn name(&self) -> Text {
        let name = self.change.name;
        let words = self.side().and_then(|(stated, book)| rate_words::parameter(stated.version, name, book));
        words.unwrap_or_else(|| text!("{name}", "{name}"))
    }

    fn last_day(&self) -> Option<NaiveDate> {
        self.change.effective_until.and_then(day_before)
    }

    /// The change as a sentence.
    pub fn sentence(&self) -> Text {
        let (topic, name, from) = (self.topic_name(), self.name(), self.change.effective_from);
        let division = self.change.subject.division.and_then(|code| self.after.divisions.find(code));
        let (zh_place, en_place) = match division {
            Some(division) => (division.zh.first().map_or("", String::as_str).to_owned(), format!("{}, ", division.en)),
            None => (String::new(), String::new()),
        };
        let (zh_until, en_until) = match self.last_day() {
            Some(last) => (format!("至 {last} "), format!(" to {last}")),
            None => (String::new(), String::new()),
        };
        let RateChange { before, after, .. } = self.change;
        let old = before.map(|stated| rate_words::value(stated.listed, self.before));
        let new = after.map(|stated| rate_words::value(stated.listed, self.after));
        let list = match (before, after) {
            (Some(before), Some(after)) => rate_words::list_change(before.listed, after.listed, self.after),
            _ => None,
        };
        let what = match (old, new, list) {
            (Some(_), Some(_), Some(list)) => list,
            (Some(old), Some(new), None) if old == new => {
                let source = |stated: Option<Stated<'_>>| stated.map_or("", |stated| stated.listed.provenance.code());
                let (zh, en, was, is) = (&new.zh, &new.en, source(before), source(after));
                text!("仍为 {zh}，来源由 {was} 改为 {is}", "is still {en}, its source {is} instead of {was}")
            }
            (Some(old), Some(new), None) => {
                let (zh_old, zh_new, en_old, en_new) = (&old.zh, &new.zh, &old.en, &new.en);
                text!("由 {zh_old} 改为 {zh_new}", "changes from {en_old} to {en_new}")
            }
            (None, Some(new), _) => {
                let (zh, en) = (&new.zh, &new.en);
                text!("新增，为 {zh}", "is added as {en}")
            }
            (old, None, _) => {
                let (zh, en) = old.map_or((String::new(), String::new()), |old| (old.zh.into(), old.en.into()));
                text!("不再规定（原为 {zh}）", "is no longer stated (it was {en})")
            }
        };
        let citation = |lang| {
            self.law()
                .map_or_else(String::new, |cited| Label(&cited.law, Audience { lang, book: cited.book }).to_string())
        };
        let (zh_law, en_law) = (citation(Lang::Zh), citation(Lang::En));
        let (zh_topic, zh_name, zh_what) = (&topic.zh, &name.zh, &what.zh);
        let (en_topic, en_name, en_what) = (&topic.en, &name.en, &what.en);
        text!(
            "{zh_place}{zh_topic}·{zh_name}：自 {from} 起{zh_until}{zh_what}（{zh_law}）",
            "{en_place}{en_topic}, {en_name}: from {from}{en_until} {en_what} ({en_law})"
        )
    }
}

answer_shape! {
    /// 一个参数的变化，可直接阅读 · A parameter that changed, so that it can be read.
    ReadableChange<'a> as "ReadableChange" {
        /// 主题 · Topic.
        topic: &'a str = "late-fee", from |it| it.change.subject.topic;
        /// 主题名称 · What the topic is about.
        topic_name: Text = "滞纳金", from |it| it.topic_name();
        /// 行政区划代码，省级的有 · Division code of a provincial topic.
        division: Option<DivisionCode> = "370000", from |it| it.change.subject.division.map(str::to_owned);
        /// 参数在文件中的路径 · Path of the parameter in its file.
        name: &'a str = "daily_rate", from |it| it.change.name;
        /// 参数名称 · What the parameter is.
        label: Text = "每日加收率", from |it| it.name();
        /// 新增、删除或变化 · Added, removed or changed.
        kind: Kind = "changed", from |it| it.kind();
        /// 原值，照录 · The old value as written.
        old_value: Option<&'a str> = "0.002", from |it| it.change.before.map(|stated| stated.listed.value.as_str());
        /// 新值，照录 · The new value as written.
        new_value: Option<&'a str> = "0.001", from |it| it.change.after.map(|stated| stated.listed.value.as_str());
        /// 单位 · Unit.
        unit: &'a str = "1/day", from |it| it.side().map_or("", |(stated, _)| stated.listed.unit.as_str());
        /// 变化的首日 · First day of the change.
        effective_from: NaiveDate = "2023-05-01", from |it| it.change.effective_from;
        /// 变化的末日，没有终期的不写 · Last day of it; none while it lasts.
        effective_to: Option<NaiveDate> = "2028-08-24", from |it| it.last_day();
        /// 依据：新值的文件和条款，删除的为原值的 · By which article: that of the new value, or of one removed.
        law: Option<Cited<'a>> = {"instrument": "cz-2023-10", "article": "33", "label": "财综〔2023〕10号 第三十三条"}, from |it| it.law();
        /// 原值所在的版本 · The version of the old value.
        old_version: Option<&'a str> = "late-fee/2017-07-01", from |it| it.change.before.map(|stated| stated.version.id.as_str());
        /// 新值所在的版本 · The version of the new value.
        new_version: Option<&'a str> = "late-fee/2023-05-01", from |it| it.change.after.map(|stated| stated.version.id.as_str());
        /// 一句话说明 · The change as a sentence.
        text: Text = "滞纳金·每日加收率：自 2023-05-01 起由 0.002/日 改为 0.001/日（财综〔2023〕10号 第三十三条）", from |it| it.sentence();
    }
}

/// A data file that only one of two datasets has, or that is another in each.
#[derive(Clone, Copy, Debug)]
pub struct FileChange<'a> {
    id: &'a str,
    kind: Kind,
}

answer_shape! {
    /// 一个数据文件的变化 · A data file that changed.
    FileChange<'a> as "RateVersionChange" {
        /// 版本标识 · Id of the version.
        id: &'a str = "late-fee/2027-01-01";
        /// 新增、删除或变化 · Added, removed or changed.
        kind: Kind = "added";
    }
}

/// The versions that differ between two datasets, in the order of their ids.
pub fn files<'a>(before: &'a RateBook, after: &'a RateBook) -> Vec<FileChange<'a>> {
    let mut ids: Vec<&str> = before.versions.keys().chain(after.versions.keys()).map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    let changed =
        |old: &Version, new: &Version| (&old.sha256, old.effective_until) != (&new.sha256, new.effective_until);
    let kind = |id: &str| match (before.version(id), after.version(id)) {
        (None, _) => Some(Kind::Added),
        (_, None) => Some(Kind::Removed),
        (Some(old), Some(new)) => changed(old, new).then_some(Kind::Changed),
    };
    ids.into_iter().filter_map(|id| kind(id).map(|kind| FileChange { id, kind })).collect()
}

/// The registers that differ between two datasets: what stands beside the versions.
pub fn registers(before: &RateBook, after: &RateBook) -> Vec<&'static str> {
    let differs = [
        ("coverage", before.coverage != after.coverage),
        ("divisions", !before.divisions.iter().eq(after.divisions.iter())),
        ("minerals", !before.minerals.iter().eq(after.minerals.iter())),
        ("sources", before.instruments != after.instruments),
    ];
    differs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// The changes between two datasets as lines of text.
pub fn listing(before: &RateBook, after: &RateBook, lang: Lang) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{} → {}", before.dataset_id, after.dataset_id);
    let changes = between(before, after, None);
    for change in &changes {
        let sentence = ReadableChange { change: *change, before, after }.sentence();
        let _ = writeln!(text, "{}", lang.pick(&sentence));
    }
    let (count, registers) = (changes.len(), registers(before, after));
    let listed = if registers.is_empty() { "-".to_owned() } else { registers.join(", ") };
    let summary =
        text!("参数变化：{count}；登记表变化：{listed}", "parameters that differ: {count}; registers: {listed}");
    let _ = writeln!(text, "{}", lang.pick(&summary));
    text
}
