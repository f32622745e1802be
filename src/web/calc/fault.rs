//! What the service says is wrong with a request, at the field where it stands.

use serde_json::Value as Json;

use super::form::label;
use super::input::{Input, name_at};
use crate::api::lang::Lang;
use crate::batch::model::Shape;
use crate::web::words::Words;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The field, by its name; empty for the request as a whole.
    pub(crate) name: String,
    /// What the field is called, with the fields that hold it.
    pub(crate) label: String,
    pub(crate) text: String,
    /// The words of the article behind it, and its instrument.
    pub(crate) law: Option<(String, String)>,
    /// What may have been meant.
    pub(crate) candidates: Vec<String>,
    /// Whether the field is empty and only has to be filled.
    pub(crate) is_missing: bool,
}

impl Complaint {
    /// The id of its field on the page.
    pub(crate) fn target(&self) -> String {
        format!("f-{}", self.name.replace('.', "-"))
    }
}

/// The complaints of a problem as the API answers it.
pub(crate) fn of_problem(problem: &Json, shape: &Shape, input: &Input, lang: Lang) -> Vec<Complaint> {
    let text =
        |value: &Json, pointer: &str| value.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
    let errors = problem.get("errors").and_then(Json::as_array);
    let mut found: Vec<Complaint> = errors
        .into_iter()
        .flatten()
        .map(|error| {
            let law = error.get("law").map(|law| (text(law, "/label"), text(law, "/instrument")));
            let candidates = error.get("candidates").and_then(Json::as_array).into_iter().flatten();
            let candidates = candidates.filter_map(Json::as_str).map(str::to_owned).collect();
            let complaint = at(&text(error, "/pointer"), text(error, "/detail"), law, candidates, shape, input, lang);
            // That a field is missing is said to people without its name in the interface.
            let is_malformed = error.pointer("/code").and_then(Json::as_str) == Some("malformed_request");
            match complaint.is_missing && is_malformed {
                true => Complaint { text: Words::of(lang).please_fill.to_owned(), ..complaint },
                false => complaint,
            }
        })
        .collect();
    if found.is_empty() {
        found.push(at("", text(problem, "/detail"), None, Vec::new(), shape, input, lang));
    }
    found
}

/// A complaint at a pointer of the request.
pub(crate) fn at(
    pointer: &str,
    text: String,
    law: Option<(String, String)>,
    candidates: Vec<String>,
    shape: &Shape,
    input: &Input,
    lang: Lang,
) -> Complaint {
    let name = name_at(pointer, shape, &input.values);
    let prefix = format!("{name}.");
    let is_filled = |known: &str| known == name || known.starts_with(&prefix);
    let is_missing = !name.is_empty() && !input.values.iter().any(|(known, _)| is_filled(known));
    Complaint { label: label_of(&name, lang), name, text, law, candidates, is_missing }
}

/// `缴款 1 · 金额`.
pub(crate) fn label_of(name: &str, lang: Lang) -> String {
    let mut words = String::new();
    let mut parent = "";
    for part in name.split('.').filter(|part| !part.is_empty()) {
        if part.parse::<usize>().is_ok() {
            words.push(' ');
            words.push_str(part);
            continue;
        }
        if !words.is_empty() {
            words.push_str(" · ");
        }
        words.push_str(&label(parent, part, lang));
        parent = part;
    }
    words
}
