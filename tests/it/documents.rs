//! The documents keep their word: every request that the README shows is sent, and every figure that it and the worked
//! examples name is looked for in the answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lode::api::topic::Topic;
use serde_json::Value as Json;

use crate::formula::{Value, parse_value};
use crate::service::shared;

const ADDRESS: &str = "http://127.0.0.1:8080";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The blocks of code of a Markdown text with what stands behind the fence, in order.
fn blocks(markdown: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                blocks.push((kind, String::new()));
            }
        } else if let (true, Some((_, text))) = (inside, blocks.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    blocks
}

/// The path and the body of a request as it is shown.
fn shown_request(block: &str) -> Option<(&str, &str)> {
    let path = block.split_once(ADDRESS)?.1.split([' ', '\n']).next()?;
    let body = block.split_once("-d '")?.1.rsplit_once('\'')?.0;
    Some((path, body))
}

/// The pairs `"name": "value"` that stand in an abridged answer.
fn shown_pairs(abridged: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let parts: Vec<&str> = abridged.split('"').collect();
    for window in parts.windows(4) {
        if let [_, name, colon, value] = window
            && colon.trim() == ":"
            && !value.contains('…')
        {
            pairs.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    pairs
}

fn has_pair(answer: &Json, name: &str, value: &str) -> bool {
    match answer {
        Json::Object(fields) => fields
            .iter()
            .any(|(field, found)| (field == name && found.as_str() == Some(value)) || has_pair(found, name, value)),
        Json::Array(items) => items.iter().any(|item| has_pair(item, name, value)),
        _ => false,
    }
}

pub(crate) fn leaves(answer: &Json, into: &mut Vec<Value>) {
    match answer {
        Json::Object(fields) => fields.values().for_each(|field| leaves(field, into)),
        Json::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Json::String(text) => into.push(parse_value(text)),
        Json::Number(number) => into.push(parse_value(&number.to_string())),
        _ => {}
    }
}

/// The figures and days that a text prints in bold.
pub(crate) fn bold_figures(text: &str) -> BTreeSet<String> {
    text.split("**")
        .skip(1)
        .step_by(2)
        .flat_map(|bold| bold.split(['+', '、', '→', '；']))
        .map(|figure| figure.replace([' ', '元', '年'], "").replace('−', "-"))
        .filter(|figure| figure.starts_with(|first: char| first.is_ascii_digit() || first == '-'))
        .collect()
}

#[test]
fn the_requests_of_the_readme_are_answered_as_it_says() {
    let readme = fs::read_to_string(path("README.md")).unwrap();
    let blocks = blocks(&readme);
    let mut sent = 0;
    for pair in blocks.windows(2) {
        let Some((path, body)) = shown_request(&pair[0].1) else { continue };
        assert_eq!(pair[1].0, "json", "the answer of {path} follows it");
        let answer = shared().post(path, body).json();
        for (name, value) in shown_pairs(&pair[1].1) {
            assert!(has_pair(&answer, &name, &value), "README: {path} does not answer \"{name}\": \"{value}\"");
        }
        sent += 1;
    }
    assert_eq!(sent, 5, "requests that the README shows with their answers");
}

#[test]
fn every_figure_of_the_worked_examples_is_in_the_answer() {
    let folder = path("docs/examples");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let mut worked = BTreeSet::new();
    for section in text.split("\n## ").skip(1) {
        let Some(file) = section.split_once("](").and_then(|(_, rest)| rest.split_once(".json)")).map(|found| found.0)
        else {
            continue;
        };
        let request = fs::read_to_string(folder.join(file).with_extension("json")).unwrap();
        let topic = Topic::from_slug(file).unwrap_or_else(|| panic!("{file} is no topic"));
        let sent = shared().post(topic.path(), &request);
        assert_eq!(sent.status, 200, "{file}: {}", sent.text());
        let mut found = Vec::new();
        leaves(&sent.json()["result"], &mut found);
        leaves(&sent.json()["obligations"], &mut found);
        let figures = bold_figures(section);
        assert!(!figures.is_empty(), "{file} names its result");
        for figure in figures {
            assert!(found.contains(&parse_value(&figure)), "{file}: {figure} is not in the answer: {found:?}");
        }
        worked.insert(file.to_owned());
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(topic) = name.strip_suffix(".json") {
            assert!(worked.contains(topic), "{name} is not worked by hand");
        }
    }
}

mod tests {
    use super::*;

    #[test]
    fn blocks_pairs_and_bold_figures_are_found() {
        let markdown = "x\n```\ncurl -s http://127.0.0.1:8080/v1/a \\\n  -d '{\"b\": \"c\"}'\n```\ny\n```json\n{\"d\": \"1.00\", \"e\": \"…\", \"f\": 3}\n```\n";
        let found = blocks(markdown);
        assert_eq!(shown_request(&found[0].1), Some(("/v1/a", "{\"b\": \"c\"}")));
        assert_eq!(shown_request(&found[1].1), None);
        assert_eq!(shown_pairs(&found[1].1), [("d".to_owned(), "1.00".to_owned())]);
        let bold = bold_figures("**1 000.01 元** 2 **10 年** **−3.00、4.00** **2024-02-29** **注意**");
        assert_eq!(bold, ["-3.00", "1000.01", "10", "2024-02-29", "4.00"].map(str::to_owned).into());
    }
}
