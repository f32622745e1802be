//! What the service says is wrong with a request, at the field where it stands.

use serde_json::Value as Json;

use super::form::label;
use super::input::{Input, name_at};
use crate::api::lang::Lang;
use crate::batch::model::Shape;
use crate::web::page::Cited;
use crate::web::words::{Words, one_of};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The field, by its name; empty for the request as a whole.
    pub(crate) name: String,
    /// What the field is called, with the fields that hold it.
    pub(crate) label: String,
    pub(crate) text: String,
    /// The article behind it.
    pub(crate) law: Option<Cited>,
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
            let candidates = error.get("candidates").and_then(Json::as_array).into_iter().flatten();
            let candidates = candidates.filter_map(Json::as_str).map(str::to_owned).collect();
            let complaint =
                at(&text(error, "/pointer"), text(error, "/detail"), Cited::of(error), candidates, shape, input, lang);
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
    law: Option<Cited>,
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
    let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().copied().enumerate() {
        if part.parse::<usize>().is_ok() {
            words.push(' ');
            words.push_str(part);
            continue;
        }
        if !words.is_empty() {
            words.push_str(" · ");
        }
        let is_list = parts.get(at + 1).is_some_and(|next| next.parse::<usize>().is_ok());
        match one_of(part, lang).filter(|_| is_list) {
            Some(one) => words.push_str(one),
            None => words.push_str(&label(parent, part, lang)),
        }
        parent = part;
    }
    words
}
