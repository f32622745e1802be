//! What the records answer, as pages show it: values become words and grouped digits, contents become lists of facts and
//! tables. Nothing is computed.

use serde_json::{Map, Value as Json};

use super::Desk;
use super::words;
use crate::web::money::{grouped, shown};
use crate::web::page::Cited;

/// A text inside an answer; empty without one.
pub(super) fn text<'j>(value: &'j Json, pointer: &str) -> &'j str {
    value.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

/// A list inside an answer.
pub(super) fn list<'j>(value: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> {
    value.get(name).and_then(Json::as_array).into_iter().flatten()
}

/// A value as it stands in the answer.
pub(super) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

/// A part of a content.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Labels and values.
    Facts(Vec<(String, String)>),
    /// A list of objects.
    Table {
        /// What it lists.
        caption: String,
        /// Heads; whether they stand over numbers.
        heads: Vec<(String, bool)>,
        rows: Vec<Vec<String>>,
    },
}

/// A step of a calculation.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) formula: String,
    pub(super) result: String,
    pub(super) law: Option<Cited>,
    pub(super) inputs: Vec<(String, String)>,
}

impl Desk<'_> {
    /// An amount in the chosen unit, thousands apart.
    pub(super) fn money(&self, yuan: &str) -> String {
        shown(yuan, self.visit.unit)
    }

    /// A value of a field in words.
    fn cell(&self, name: &str, value: &Json) -> String {
        let one = |value: &Json| {
            let text = plain(value);
            if name == "mineral" || name == "minerals" || name == "added_minerals" {
                return self.mineral(&text);
            }
            if words::is_money(name) && text.contains('.') {
                return self.money(&text);
            }
            match name {
                "kind" | "item_kind" if words::item_kind(&text, self.visit.lang) != text => {
                    return words::value("kind", &text, self.visit.lang)
                        .unwrap_or_else(|| words::item_kind(&text, self.visit.lang));
                }
                "holder" | "to" if text.starts_with('P') => return self.party(&text),
                "area_km2" => return grouped(&text),
                "scheme" => return self.class(&text),
                "topic" => return self.topic(&text),
                _ => {}
            }
            words::value(name, &text, self.visit.lang).unwrap_or(text)
        };
        match value {
            Json::Array(items) => items.iter().map(one).collect::<Vec<_>>().join(self.pick("、", ", ")),
            other => one(other),
        }
    }

    /// The content of an entry.
    pub(super) fn parts(&self, content: &Json) -> Vec<Part> {
        let mut facts = Vec::new();
        let mut tables = Vec::new();
        if let Json::Object(fields) = content {
            self.gather("", None, fields, &mut facts, &mut tables);
        }
        let mut parts = Vec::new();
        if !facts.is_empty() {
            parts.push(Part::Facts(facts));
        }
        parts.extend(tables);
        parts
    }

    fn gather(
        &self,
        above: &str,
        // Inside the request of a calculation: the field that holds these.
        parent: Option<&str>,
        fields: &Map<String, Json>,
        facts: &mut Vec<(String, String)>,
        tables: &mut Vec<Part>,
    ) {
        let lang = self.visit.lang;
        for (name, value) in fields {
            let own =
                parent.map_or_else(|| words::field(name, lang), |parent| words::request_field(parent, name, lang));
            let label = if above.is_empty() { own } else { format!("{above} · {own}") };
            match value {
                Json::Null => {}
                Json::Object(inner) => self.gather(&label, parent.map(|_| name.as_str()), inner, facts, tables),
                Json::Array(items) if items.iter().any(Json::is_object) => tables.push(self.table(label, items)),
                Json::Array(items) if items.is_empty() => {}
                // The request of a calculation is kept as it was sent.
                Json::String(text) if name == "request" => {
                    if let Ok(Json::Object(inner)) = serde_json::from_str(text) {
                        self.gather(&label, Some(""), &inner, facts, tables);
                    }
                }
                value => facts.push((label, self.cell(name, value))),
            }
        }
    }

    fn table(&self, caption: String, items: &[Json]) -> Part {
        let mut names: Vec<&str> = Vec::new();
        for field in items.iter().filter_map(Json::as_object).flat_map(Map::keys) {
            if !names.contains(&field.as_str()) {
                names.push(field);
            }
        }
        let is_number = |name: &str| words::is_money(name) || name.ends_with("percent");
        let heads = names.iter().map(|name| (words::field(name, self.visit.lang), is_number(name))).collect();
        let cell = |item: &Json, name: &str| item.get(name).map_or_else(String::new, |it| self.cell(name, it));
        let rows = items.iter().map(|item| names.iter().map(|name| cell(item, name)).collect());
        Part::Table { caption, heads, rows: rows.collect() }
    }

    /// The steps of a calculation.
    pub(super) fn steps(&self, holder: &Json) -> Vec<Step> {
        list(holder, "steps")
            .map(|step| {
                let inputs = step.get("inputs").and_then(Json::as_object);
                let value = |value: &Json| match value.get("value") {
                    Some(inner) => plain(inner),
                    None => plain(value),
                };
                Step {
                    formula: text(step, "/formula").to_owned(),
                    result: step.get("result").map_or_else(String::new, value),
                    law: Cited::of(step),
                    inputs: inputs.into_iter().flatten().map(|(name, it)| (name.clone(), value(it))).collect(),
                }
            })
            .collect()
    }
}
