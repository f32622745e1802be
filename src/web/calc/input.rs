//! From what a form sends to a request: the flat names of the fields are the heads of a table of one row, which `batch`
//! compiles and reads. So a form takes what a table takes: Chinese words for choices, days in several ways, 万元.

use serde_json::Value as Json;

use crate::api::error::Problem;
use crate::api::topic::Topic;
use crate::batch::engine::Row;
use crate::batch::header::Plan;
use crate::batch::model::Shape;
use crate::batch::reading::Reading;
use crate::domain::error::Text;
use crate::web::visit::Pairs;

/// What stands before the name of an amount that is typed in 万元.
pub(crate) const WAN: &str = "wan:";

/// Parameters that are no fields.
const CONTROLS: [&str; 4] = ["go", "add", "remove", "only"];

/// What a form sent.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Names and values of the fields that were filled, amounts in yuan, as they were sent where they could not be read.
    pub(crate) values: Pairs,
    /// The request as JSON; empty where there is none.
    pub(crate) body: String,
    /// What is wrong with a field, by its pointer, before the rules have seen it.
    pub(crate) faults: Vec<(String, Text)>,
    /// Whether the values are written otherwise than they were sent.
    pub(crate) is_rewritten: bool,
}

impl Input {
    /// Reads what was sent.
    pub(crate) fn of(topic: Topic, shape: &Shape, sent: &Pairs) -> Input {
        let filled = sent.iter().filter(|(name, _)| !CONTROLS.contains(&name.as_str()));
        let filled: Vec<(&str, &str)> =
            filled.map(|(name, value)| (name.as_str(), value.trim())).filter(|(_, value)| !value.is_empty()).collect();
        if filled.is_empty() {
            return Input { is_rewritten: !sent.is_empty(), ..Input::default() };
        }
        let as_sent = || filled.iter().map(|(name, value)| (bare(name).to_owned(), (*value).to_owned())).collect();
        let heads: Vec<String> = filled.iter().map(|(name, _)| head(name)).collect();
        let reading = match Plan::compile(topic, &heads) {
            Ok(plan) => Reading::Table(plan),
            Err(problem) => {
                return Input { values: as_sent(), faults: vec![(String::new(), problem)], ..Input::default() };
            }
        };
        let (mut text, mut ends) = (String::new(), Vec::new());
        for (_, value) in &filled {
            text.push_str(value);
            ends.push(text.len());
        }
        let row = Row::new(&text, &ends);
        match reading.ask(&row).map(|asked| asked.request) {
            None => Input::default(),
            Some(Ok(node)) => {
                let body = node.to_text();
                let mut values = Pairs::new();
                flatten(&serde_json::from_str(&body).unwrap_or_default(), shape, String::new(), &mut values);
                let same = values.len() == sent.len()
                    && values.iter().all(|(name, value)| sent.iter().any(|(known, was)| known == name && was == value));
                Input { values, body, faults: Vec::new(), is_rewritten: !same }
            }
            Some(Err(problem)) => Input { values: as_sent(), faults: faults(&problem), ..Input::default() },
        }
    }

    /// Whether nothing was filled.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

fn faults(problem: &Problem<'_>) -> Vec<(String, Text)> {
    problem.faults().map(|(pointer, text)| (pointer.to_owned(), text.clone())).collect()
}

fn bare(name: &str) -> &str {
    name.strip_prefix(WAN).unwrap_or(name)
}

/// The head under which a table has a field.
fn head(name: &str) -> String {
    name.strip_prefix(WAN).map_or_else(|| name.to_owned(), |name| format!("{name}（万元）"))
}

/// Names and values of a request, in its order.
pub(crate) fn flatten(value: &Json, shape: &Shape, name: String, into: &mut Pairs) {
    let below = |inner: &str| if name.is_empty() { inner.to_owned() } else { format!("{name}.{inner}") };
    match value {
        Json::Null => {}
        Json::Object(fields) => {
            for (field, value) in fields {
                let unknown = Shape::default();
                flatten(value, shape.field(field).unwrap_or(&unknown), below(field), into);
            }
        }
        Json::Array(items) if shape.is_plain_list() || items.iter().all(|item| !item.is_object()) => {
            let items: Vec<String> = items.iter().map(single).collect();
            into.push((name, items.join("、")));
        }
        Json::Array(items) => {
            for (item, number) in items.iter().zip(1..) {
                let unknown = Shape::default();
                flatten(item, shape.item.as_deref().unwrap_or(&unknown), format!("{name}.{number}"), into);
            }
        }
        other => into.push((name, single(other))),
    }
}

fn single(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of the field that a pointer into the request stands for. Rows that were left empty have no item in the
/// request, so an item is the one of so many that were filled.
pub(crate) fn name_at(pointer: &str, shape: &Shape, values: &Pairs) -> String {
    let mut name = String::new();
    let mut place = Some(shape);
    for part in pointer.split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(_) if place.is_some_and(Shape::is_plain_list) => break,
            Ok(nth) => {
                let prefix = format!("{name}.");
                let mut numbers: Vec<usize> = values
                    .iter()
                    .filter_map(|(known, _)| known.strip_prefix(&prefix)?.split('.').next()?.parse().ok())
                    .collect();
                numbers.sort_unstable();
                numbers.dedup();
                let number = numbers.get(nth).copied().unwrap_or(nth + 1);
                name = format!("{name}.{number}");
                place = place.and_then(|place| place.item.as_deref());
            }
            Err(_) => {
                let part = part.replace("~1", "/").replace("~0", "~");
                place = place.and_then(|place| place.field(&part));
                name = if name.is_empty() { part } else { format!("{name}.{part}") };
            }
        }
    }
    name
}
