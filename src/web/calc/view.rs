//! An answer of a calculation as a page shows it: figures, facts, tables, shares, warnings, steps. The shapes of the answer
//! say what is an amount and what it is called; only which figure comes first is said by the topic.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::form::{in_words, money_sign, unit_sign};
use crate::api::lang::Lang;
use crate::api::sheet::code_in_chinese;
use crate::api::topic::Topic;
use crate::batch::heads::{self, Unit};
use crate::batch::model::Shape;
use crate::domain::capitals::in_capitals;
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::web::money::{grouped, shown, typed};
use crate::web::page::Cited;
use crate::web::visit::MoneyUnit;

/// A value on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// The unit beside it, where no head says it.
    pub(crate) unit: Option<&'static str>,
    /// The number itself, for charts.
    pub(crate) number: Option<String>,
    pub(crate) is_number: bool,
}

/// A figure that is shown large.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) label: String,
    pub(crate) cell: Cell,
    /// The amount in capitals.
    pub(crate) words: Option<String>,
}

/// A table; it is also the source of its chart.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) heads: Vec<(String, bool)>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) chart: Option<Chart>,
}

/// A chart of a table: which columns are drawn along which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) along: usize,
    pub(crate) bars: Vec<usize>,
    pub(crate) lines: Vec<usize>,
    pub(crate) is_stacked: bool,
}

impl Chart {
    /// Columns as an attribute names them.
    pub(crate) fn listed(&self, columns: &[usize]) -> String {
        columns.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
    }
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    Heading(String),
    Facts(Vec<(String, Cell)>),
    Table(Table),
}

/// A step of the calculation.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) rule: String,
    pub(crate) group: String,
    pub(crate) law: Option<Cited>,
    pub(crate) formula: String,
    /// The formula with the numbers in it.
    pub(crate) filled: String,
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) result: String,
    pub(crate) rounding: Option<String>,
    pub(crate) version: Option<String>,
}

/// Something that the reader has to know.
#[derive(Clone, Debug)]
pub(crate) struct Warning {
    pub(crate) text: String,
    pub(crate) law: Option<Cited>,
}

/// A data version behind the answer.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) instrument: String,
    pub(crate) in_force: String,
    pub(crate) provenance: String,
    pub(crate) is_verbatim: bool,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) figures: Vec<Figure>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) steps: Vec<Step>,
    /// Steps that the page does not show; the answer as JSON has all of them.
    pub(crate) more_steps: usize,
    pub(crate) versions: Vec<Version>,
    pub(crate) dataset: String,
}

/// The parts of an envelope that are no result.
const AROUND: [&str; 5] = ["calculation", "steps", "rate_versions", "warnings", "dataset"];

/// Steps that a page shows: a projection has hundreds.
const MOST_STEPS: usize = 60;

/// Rows from which on a table has a chart.
const ENOUGH_FOR_A_CHART: usize = 3;

/// Which figures are shown large, as pointers; those of the topic's comparison unless it has none or too many.
fn main_figures(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::UnpaidReserves => &["/result/to_pay"],
        Topic::LateFee => &["/result/late_fee"],
        Topic::TrueUp => &["/result/difference", "/result/due"],
        Topic::Refund => &["/result/refund"],
        Topic::Instalments => &["/result/first_payment/amount", "/result/remainder_amount"],
        _ => topic.doc().compared.amounts,
    }
}

/// How values are written.
pub(crate) struct Writer<'a> {
    pub(crate) book: &'a RateBook,
    pub(crate) lang: Lang,
    pub(crate) unit: MoneyUnit,
}

impl Writer<'_> {
    /// An answer as a page shows it.
    pub(crate) fn view(&self, topic: Topic, shape: &Shape, answer: &Json) -> View {
        let mut blocks = Vec::new();
        let empty = Shape::default();
        for (name, value) in object(answer).filter(|(name, _)| !AROUND.contains(&name.as_str())) {
            let inner = shape.field(name).unwrap_or(&empty);
            if name == "result" && topic == Topic::Projections {
                self.life(inner, value, &mut blocks);
            } else if name == "result" {
                self.fields(name, inner, value, "", &mut blocks);
            } else {
                self.field("", name, inner, value, "", &mut blocks);
            }
        }
        let shown: Vec<String> = main_figures(topic)
            .iter()
            .filter_map(|pointer| Some(self.label("result", pointer.strip_prefix("/result/")?)))
            .collect();
        for block in &mut blocks {
            if let Block::Facts(facts) = block {
                facts.retain(|(label, _)| !shown.contains(label));
            }
        }
        blocks.retain(|block| !matches!(block, Block::Facts(facts) if facts.is_empty()));
        let mut figures: Vec<Figure> =
            main_figures(topic).iter().filter_map(|pointer| self.figure(pointer, shape, answer)).collect();
        if topic == Topic::Assessment {
            figures.extend(self.owed(shape, answer));
        }
        View {
            figures,
            blocks: joined(blocks),
            warnings: list(answer, "warnings")
                .map(|warning| Warning { text: text(warning, "message"), law: Cited::of(warning) })
                .collect(),
            steps: list(answer, "steps").take(MOST_STEPS).map(|step| self.step(step)).collect(),
            more_steps: list(answer, "steps").count().saturating_sub(MOST_STEPS),
            versions: list(answer, "rate_versions").map(|version| self.version(version)).collect(),
            dataset: answer.pointer("/dataset/id").map(single).unwrap_or_default(),
        }
    }

    fn figure(&self, pointer: &str, shape: &Shape, answer: &Json) -> Option<Figure> {
        let value = answer.pointer(pointer).filter(|value| !value.is_null())?;
        let mut place = shape;
        let (mut parent, mut own) = ("", "");
        for part in pointer.split('/').skip(1) {
            place = place.field(part)?;
            (parent, own) = (own, part);
        }
        let amount = || Yuan::from_decimal(Decimal::from_str_exact(&single(value)).ok()?).ok();
        let words = if place.about.is_money { amount().map(in_capitals) } else { None };
        let words = words.filter(|_| self.lang == Lang::Zh);
        // The amount of something is called by what it is of.
        let label = if own == "amount" { self.label("result", parent) } else { self.label(parent, own) };
        Some(Figure { label, cell: self.cell(parent, own, place, value, true), words })
    }

    /// The amounts of the obligations of an assessment.
    fn owed(&self, shape: &Shape, answer: &Json) -> Vec<Figure> {
        let empty = Shape::default();
        let place = shape.field("obligations").and_then(|list| list.item.as_deref()).unwrap_or(&empty);
        let figure = |owed: &Json| {
            let value = owed.get("amount").filter(|value| !value.is_null())?;
            let kind = self.words("kind", place.field("kind").unwrap_or(&empty), owed.get("kind")?);
            let cell = self.cell("obligations", "amount", place.field("amount").unwrap_or(&empty), value, true);
            Some(Figure { label: format!("{} · {kind}", text(owed, "rule")), cell, words: None })
        };
        list(answer, "obligations").filter_map(figure).collect()
    }

    /// The name of a field of an answer.
    pub(crate) fn label(&self, parent: &str, name: &str) -> String {
        match self.lang {
            Lang::Zh => heads::of_result(parent, name).map_or(name, |head| head.zh).to_owned(),
            Lang::En => in_words(name),
        }
    }

    fn fields(&self, parent: &str, shape: &Shape, value: &Json, title: &str, into: &mut Vec<Block>) {
        let empty = Shape::default();
        for (name, value) in object(value).filter(|(name, _)| *name != "columns") {
            self.field(parent, name, shape.field(name).unwrap_or(&empty), value, title, into);
        }
    }

    pub(super) fn field(
        &self,
        parent: &str,
        name: &str,
        shape: &Shape,
        value: &Json,
        title: &str,
        into: &mut Vec<Block>,
    ) {
        let label = self.label(parent, name);
        let titled = if title.is_empty() { label.clone() } else { format!("{title} · {label}") };
        match value {
            Json::Null => {}
            Json::Object(_) if name == "law" => {
                into.push(Block::Facts(vec![(label, Cell { text: text(value, "label"), ..Cell::default() })]));
            }
            Json::Object(fields) if name == "split" => self.shares(titled, shape, fields, into),
            Json::Object(_) => {
                into.push(Block::Heading(titled.clone()));
                self.fields(name, shape, value, &titled, into);
            }
            Json::Array(items) if items.iter().any(Json::is_object) => {
                let empty = Shape::default();
                into.push(Block::Table(self.table(titled, name, shape.item.as_deref().unwrap_or(&empty), items)));
            }
            _ => into.push(Block::Facts(vec![(label, self.cell(parent, name, shape, value, true))])),
        }
    }

    /// The shares of the treasuries as a table.
    fn shares(&self, caption: String, shape: &Shape, fields: &Map<String, Json>, into: &mut Vec<Block>) {
        let empty = Shape::default();
        let is_share = |name: &str| shape.field(name).is_some_and(|shape| shape.about.is_money);
        let rows = fields.iter().filter(|(name, value)| is_share(name) && !value.is_null()).map(|(name, value)| {
            let who = Cell { text: self.label("split", name), ..Cell::default() };
            vec![who, self.cell("split", name, shape.field(name).unwrap_or(&empty), value, false)]
        });
        let words = if self.lang == Lang::En { ["Treasury", "Amount"] } else { ["国库", "金额"] };
        let amount = format!("{} ({})", words[1], money_sign(self.unit, self.lang));
        into.push(Block::Table(Table {
            caption,
            heads: vec![(words[0].to_owned(), false), (amount, true)],
            rows: rows.collect(),
            chart: None,
        }));
        for (name, value) in fields.iter().filter(|(name, _)| !is_share(name)) {
            self.field("split", name, shape.field(name).unwrap_or(&empty), value, "", into);
        }
    }

    /// A list as a table: a column for every single value of its items, in their order.
    pub(crate) fn table(&self, caption: String, parent: &str, shape: &Shape, items: &[Json]) -> Table {
        let mut columns: Vec<(String, String, &Shape)> = Vec::new();
        for item in items {
            self.columns(parent, "", shape, item, &mut columns);
        }
        let heads: Vec<(String, bool)> = columns
            .iter()
            .map(|(pointer, parent, shape)| {
                let name = pointer.rsplit('/').next().unwrap_or_default();
                let (unit, is_number) = self.unit(parent, name, shape);
                let unit = unit.map(|unit| format!(" ({unit})")).unwrap_or_default();
                let outer = pointer
                    .trim_start_matches('/')
                    .split('/')
                    .next()
                    .filter(|outer| *outer != name && !["law", "due"].contains(outer));
                let outer = outer.map(|outer| format!("{} · ", self.label(parent, outer))).unwrap_or_default();
                let label = if name == "label" { self.label("", "law") } else { self.label(parent, name) };
                (format!("{outer}{label}{unit}"), is_number)
            })
            .collect();
        let rows = items
            .iter()
            .map(|item| {
                columns
                    .iter()
                    .map(|(pointer, parent, shape)| {
                        let name = pointer.rsplit('/').next().unwrap_or_default();
                        let value = item.pointer(pointer).unwrap_or(&Json::Null);
                        self.cell(parent, name, shape, value, false)
                    })
                    .collect()
            })
            .collect();
        let drawn: Vec<usize> =
            (0..).zip(&columns).filter(|(_, (.., shape))| shape.about.is_money).map(|(at, _)| at).collect();
        let called = |wanted: &str| columns.iter().position(|(pointer, ..)| pointer == wanted);
        let along =
            ["/due_date", "/paid_on", "/from", "/year", "/number", "/mineral", "/name"].into_iter().find_map(called);
        let is_drawn = !drawn.is_empty() && items.len() >= ENOUGH_FOR_A_CHART;
        let chart = along.filter(|_| is_drawn).map(|along| Chart { along, bars: drawn, ..Chart::default() });
        Table { caption, heads, rows, chart }
    }

    fn columns<'s>(
        &self,
        parent: &str,
        pointer: &str,
        shape: &'s Shape,
        item: &Json,
        into: &mut Vec<(String, String, &'s Shape)>,
    ) {
        for (name, value) in object(item) {
            let Some(inner) = shape.field(name) else { continue };
            let pointer = format!("{pointer}/{name}");
            match value {
                Json::Object(_) if name == "law" => {
                    let label = format!("{pointer}/label");
                    if let Some(inner) = inner.field("label")
                        && !into.iter().any(|(known, ..)| *known == label)
                    {
                        into.push((label, name.clone(), inner));
                    }
                }
                Json::Object(_) => self.columns(name, &pointer, inner, value, into),
                Json::Array(items) if items.iter().any(Json::is_object) => {}
                _ if into.iter().any(|(known, ..)| *known == pointer) => {}
                _ => into.push((pointer, parent.to_owned(), inner)),
            }
        }
    }

    /// The unit of a field, and whether it holds numbers.
    pub(super) fn unit(&self, parent: &str, name: &str, shape: &Shape) -> (Option<&'static str>, bool) {
        let declared = heads::of_result(parent, name).map_or(Unit::None, |head| head.unit);
        if shape.about.is_money {
            return (Some(money_sign(self.unit, self.lang)), true);
        }
        let unit = unit_sign(declared, self.lang);
        (unit, unit.is_some() || shape.about.is_number)
    }

    pub(super) fn cell(&self, parent: &str, name: &str, shape: &Shape, value: &Json, with_unit: bool) -> Cell {
        let (unit, is_number) = self.unit(parent, name, shape);
        let plain = match value {
            Json::Null => return Cell { is_number, ..Cell::default() },
            Json::Array(items) => {
                let separator = if self.lang == Lang::En { ", " } else { "、" };
                items.iter().map(|item| self.words(name, shape, item)).collect::<Vec<_>>().join(separator)
            }
            other => self.words(name, shape, other),
        };
        let text = match () {
            () if shape.about.is_money => shown(&plain, self.unit),
            () if is_number => grouped(&plain),
            () => plain.clone(),
        };
        let is_year = name == "year" || name.ends_with("_year");
        let text = if is_year { plain.clone() } else { text };
        let number = is_number.then(|| if shape.about.is_money { typed(&plain, self.unit) } else { plain });
        Cell { text, unit: unit.filter(|_| with_unit), number, is_number }
    }

    /// A single value in words: names for codes.
    fn words(&self, name: &str, shape: &Shape, value: &Json) -> String {
        match value {
            Json::Bool(yes) => match (self.lang, yes) {
                (Lang::Zh, true) => "是",
                (Lang::Zh, false) => "否",
                (Lang::En, true) => "yes",
                (Lang::En, false) => "no",
            }
            .to_owned(),
            Json::String(code) => self.named(name, shape, code).unwrap_or_else(|| code.clone()),
            Json::Object(fields) => fields
                .iter()
                .map(|(name, value)| format!("{} {}", self.label("", name), single(value)))
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        }
    }

    fn named(&self, name: &str, shape: &Shape, code: &str) -> Option<String> {
        let is_english = self.lang == Lang::En;
        let names = shape.about.names.as_deref().or_else(|| shape.item.as_deref()?.about.names.as_deref());
        match names {
            Some("MineralCode" | "MineralName") => {
                let mineral = self.book.minerals.get(self.book.minerals.find(code)?)?;
                Some(if is_english { &mineral.en } else { mineral.name_zh() }.to_owned())
            }
            Some("DivisionCode" | "DivisionName") => {
                let division = self.book.divisions.find(code)?;
                Some(if is_english { &division.en } else { division.name_zh() }.to_owned())
            }
            _ if shape.about.is_choice && is_english => Some(in_words(code).to_lowercase()),
            _ if !is_english => code_in_chinese(name, code).map(str::to_owned),
            _ => None,
        }
    }

    fn step(&self, step: &Json) -> Step {
        let inputs: Vec<(String, String)> = step
            .get("inputs")
            .into_iter()
            .flat_map(object)
            .map(|(name, value)| (name.clone(), single(value)))
            .collect();
        let formula = text(step, "formula");
        let rounding = step.get("rounding").map(single);
        let rounding = rounding.map(|code| match self.lang {
            Lang::Zh => code_in_chinese("rounding", &code).map_or(code, str::to_owned),
            Lang::En => code.replace('_', " "),
        });
        let group: Vec<String> = ["scenario", "year"].iter().filter_map(|name| step.get(name)).map(single).collect();
        Step {
            rule: text(step, "rule"),
            group: group.join(" · "),
            law: Cited::of(step),
            filled: readable(&with_numbers(&formula, &inputs)),
            formula: readable(&formula),
            inputs,
            result: step.get("result").map(|value| grouped(&single(value))).unwrap_or_default(),
            rounding,
            version: step.get("rate_version").map(single),
        }
    }

    fn version(&self, version: &Json) -> Version {
        let key = text(version, "instrument");
        let instrument = self.book.instruments.get(&key);
        let provenance = text(version, "provenance");
        let is_english = self.lang == Lang::En;
        let from = text(version, "effective_from");
        let to = version.get("effective_to").and_then(Json::as_str);
        Version {
            id: text(version, "id"),
            instrument: instrument
                .map_or(key, |it| if is_english { it.citation_en.clone() } else { it.citation.clone() }),
            in_force: match (to, is_english) {
                (Some(to), _) => format!("{from} – {to}"),
                (None, true) => format!("from {from}"),
                (None, false) => format!("{from} 起"),
            },
            is_verbatim: provenance == "verbatim",
            provenance: match self.lang {
                Lang::Zh => code_in_chinese("provenance", &provenance).map_or(provenance, str::to_owned),
                Lang::En => provenance,
            },
        }
    }
}

/// Facts that follow each other as one list.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::new();
    for block in blocks {
        match (joined.last_mut(), block) {
            (Some(Block::Facts(known)), Block::Facts(more)) => known.extend(more),
            (_, block) => joined.push(block),
        }
    }
    joined
}

fn object(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

fn list<'a>(answer: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    answer.get(name).and_then(Json::as_array).into_iter().flatten()
}

fn text(value: &Json, name: &str) -> String {
    value.get(name).map(single).unwrap_or_default()
}

fn single(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(single).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A formula with the values in the place of their names.
fn with_numbers(formula: &str, inputs: &[(String, String)]) -> String {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let mut filled = String::with_capacity(formula.len());
    let mut rest = formula;
    while let Some(sign) = rest.chars().next() {
        if sign.is_alphabetic() || sign == '_' {
            let end = rest.find(|sign| !is_name(sign)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let value = inputs.iter().find(|(known, _)| known == name);
            filled.push_str(value.map_or(name, |(_, value)| value.as_str()));
            rest = after;
        } else if sign.is_ascii_digit() {
            let end = rest.find(|sign: char| !is_name(sign) && sign != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            filled.push_str(number);
            rest = after;
        } else {
            filled.push(sign);
            rest = rest.get(sign.len_utf8()..).unwrap_or_default();
        }
    }
    filled
}

/// A formula with the signs of mathematics.
fn readable(formula: &str) -> String {
    formula.replace('*', "×").replace(" / ", " ÷ ").replace(" - ", " − ").replace("<=", "≤").replace(">=", "≥")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_place_of_names() {
        let inputs =
            [("rate", "0.002"), ("days", "30"), ("d", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(with_numbers("round2(base * rate * days) + d2", &inputs), "round2(base * 0.002 * 30) + d2");
        assert_eq!(readable("a * b / c - 1"), "a × b ÷ c − 1");
    }
}
