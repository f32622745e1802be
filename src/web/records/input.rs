//! From what a form sends to the body of a request: names such as `lines.1.revenue` are places in its shape. What is read
//! and refused is the business of the API.

use serde_json::{Map, Value as Json};

use super::show::plain;
use crate::batch::model::{Leaf, Shape};
use crate::web::money::in_yuan;
use crate::web::visit::Pairs;

/// What stands before the name of a field of the request, so that no field is taken for a control of the page.
pub(super) const FIELD: &str = "f.";

/// What stands before the name of an amount that is typed in 万元; the request has yuan.
pub(super) const WAN: &str = "wan:";

/// The fields of the request that were filled, with their values; rows of lists are numbered anew, without the empty ones.
pub(super) fn filled(sent: &Pairs) -> Pairs {
    let mut found: Pairs = Vec::new();
    for (name, value) in sent {
        let Some(name) = name.strip_prefix(FIELD) else { continue };
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        found.push(match name.strip_prefix(WAN) {
            Some(name) => (name.to_owned(), in_yuan(value)),
            None => (name.to_owned(), value.to_owned()),
        });
    }
    renumbered(found)
}

fn renumbered(pairs: Pairs) -> Pairs {
    // The numbers of rows that are there, by the name of their list.
    let mut rows: Vec<(String, Vec<usize>)> = Vec::new();
    let parts = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<_>>();
    for (name, _) in &pairs {
        let mut list = String::new();
        for part in parts(name) {
            if let Ok(number) = part.parse::<usize>() {
                match rows.iter_mut().find(|(known, _)| *known == list) {
                    Some((_, numbers)) => numbers.push(number),
                    None => rows.push((list.clone(), vec![number])),
                }
            }
            list = if list.is_empty() { part } else { format!("{list}.{part}") };
        }
    }
    for (_, numbers) in &mut rows {
        numbers.sort_unstable();
        numbers.dedup();
    }
    let place = |list: &str, number: usize| {
        let (_, numbers) = rows.iter().find(|(known, _)| known == list)?;
        numbers.iter().position(|known| *known == number).map(|place| place + 1)
    };
    pairs
        .into_iter()
        .map(|(name, value)| {
            let (mut list, mut fresh) = (String::new(), Vec::new());
            for part in parts(&name) {
                let number = part.parse::<usize>().ok().and_then(|number| place(&list, number));
                fresh.push(number.map_or_else(|| part.clone(), |number| number.to_string()));
                list = if list.is_empty() { part } else { format!("{list}.{part}") };
            }
            (fresh.join("."), value)
        })
        .collect()
}

/// The body of a request.
pub(super) fn body(values: &Pairs, shape: &Shape) -> Json {
    object(values, shape, "")
}

fn object(values: &Pairs, shape: &Shape, above: &str) -> Json {
    let mut fields = Map::new();
    for (name, inner) in &shape.fields {
        let place = format!("{above}{name}");
        if let Some(value) = value(values, inner, &place) {
            fields.insert(name.clone(), value);
        }
    }
    Json::Object(fields)
}

fn value(values: &Pairs, shape: &Shape, place: &str) -> Option<Json> {
    let below = format!("{place}.");
    let has_below = values.iter().any(|(name, _)| name.starts_with(&below));
    let own: Vec<&str> = values.iter().filter(|(name, _)| name == place).map(|(_, value)| value.as_str()).collect();
    match &shape.item {
        Some(item) if shape.is_plain_list() => {
            let parts = own.iter().flat_map(|text| text.split(['、', '，', ',', '；', ';', '\n']));
            let parts: Vec<Json> =
                parts.map(str::trim).filter(|part| !part.is_empty()).map(|part| leaf(part, item)).collect();
            (!parts.is_empty()).then_some(Json::Array(parts))
        }
        Some(item) if has_below => {
            let rows = (1..).map(|number| format!("{place}.{number}."));
            let rows = rows.take_while(|row| values.iter().any(|(name, _)| name.starts_with(row)));
            Some(Json::Array(rows.map(|row| object(values, item, &row)).collect()))
        }
        _ if has_below => Some(object(values, shape, &below)),
        _ => own.first().map(|text| leaf(text, shape)),
    }
}

fn leaf(text: &str, shape: &Shape) -> Json {
    match &shape.leaf {
        // People group thousands; the grammar of requests does not.
        Some(Leaf::Number) => Json::String(text.replace([',', '，', ' '], "")),
        Some(Leaf::Integer) => text.parse::<i64>().map_or_else(|_| Json::String(text.to_owned()), Json::from),
        Some(Leaf::Flag) => match text {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            other => Json::String(other.to_owned()),
        },
        _ => Json::String(text.to_owned()),
    }
}

/// The field that a pointer into the request stands for.
pub(super) fn name_at(pointer: &str, shape: &Shape) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut place = Some(shape);
    for part in pointer.split('/').skip(1) {
        let within = place;
        match part.parse::<usize>() {
            Ok(_) if within.is_some_and(Shape::is_plain_list) => break,
            Ok(number) if within.is_some_and(|place| place.item.is_some()) => {
                names.push((number + 1).to_string());
                place = within.and_then(|place| place.item.as_deref());
            }
            _ => {
                let part = part.replace("~1", "/").replace("~0", "~");
                place = within.and_then(|place| place.field(&part));
                names.push(part);
            }
        }
    }
    names.join(".")
}

/// The values of a request by the names of their fields.
pub(super) fn flattened(value: &Json, name: &str, into: &mut Pairs) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Json::Null => {}
        Json::Object(fields) => fields.iter().for_each(|(field, inner)| flattened(inner, &below(field), into)),
        Json::Array(items) if items.iter().any(Json::is_object) => {
            items.iter().zip(1_usize..).for_each(|(item, number)| flattened(item, &below(&number.to_string()), into));
        }
        Json::Array(items) => into.push((name.to_owned(), items.iter().map(plain).collect::<Vec<_>>().join("、"))),
        other => into.push((name.to_owned(), plain(other))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::records::inside::write_at;
    use crate::batch::model::of_body;

    fn sent(pairs: &[(&str, &str)]) -> Pairs {
        pairs.iter().map(|(name, value)| (format!("{FIELD}{name}"), (*value).to_owned())).collect()
    }

    fn shape_of(path: &str) -> Shape {
        write_at(path).map(|write| of_body(write.doc.body)).unwrap_or_default()
    }

    #[test]
    fn a_form_becomes_the_body_of_its_request() {
        let shape = shape_of("/v1/rights/R3/declarations");
        let form = sent(&[
            ("effective_on", "2025-01-15"),
            ("year", "2024"),
            ("lines.1.mineral", ""),
            ("lines.2.mineral", " 煤 "),
            ("lines.2.product", "raw_ore"),
            ("lines.2.revenue", "1,000,000.00"),
            ("lines.4.mineral", "金"),
            ("holiday_shift", "true"),
        ]);
        let values = filled(&form);
        assert_eq!(
            body(&values, &shape),
            json!({"effective_on": "2025-01-15", "year": 2024, "lines": [
                {"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}, {"mineral": "金"}],
                "holiday_shift": true})
        );
        assert_eq!(name_at("/lines/1/revenue", &shape), "lines.2.revenue");
        let mut flat = Pairs::new();
        flattened(&body(&values, &shape), "", &mut flat);
        assert!(flat.contains(&("lines.2.mineral".to_owned(), "金".to_owned())), "{flat:?}");
    }

    #[test]
    fn a_plain_list_takes_several_values_and_separators() {
        let shape = shape_of("/v1/rights/R3/notices");
        let values = filled(&sent(&[("items", "I6-1"), ("items", "I6-2、I6-3"), ("effective_on", "2024-06-26")]));
        assert_eq!(body(&values, &shape), json!({"effective_on": "2024-06-26", "items": ["I6-1", "I6-2", "I6-3"]}));
        assert_eq!(name_at("/items/2", &shape), "items");
    }
}
