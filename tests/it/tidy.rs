//! The conventions of this repository, each held by a test: layers, floating point, citations, glossary, readings,
//! README, file lengths, what may not leave the machine.
//!
//! Every test lists all places that break its rule, not the first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_source::{Kind, Token, lex, paths_of};

/// The four instruments of which `rates/coverage.toml` names every article.
const COVERED: [&str; 4] = ["cz-2023-10", "zrzf-2023-166", "zrzbh-2023-223", "zrzf-2024-173"];

/// Files of `src/domain` that carry no legal topic: the tools that the topics are written with.
const TOOLS: [&str; 21] = [
    "allocate.rs",
    "capitals.rs",
    "catalogue.rs",
    "context.rs",
    "dates.rs",
    "digits.rs",
    "error.rs",
    "exact.rs",
    "explain.rs",
    "identity.rs",
    "law.rs",
    "mineral.rs",
    "mod.rs",
    "money.rs",
    "names.rs",
    "place.rs",
    "quantity.rs",
    "rate_book.rs",
    "rate_change.rs",
    "rounding.rs",
    "timeline.rs",
];

/// No file of `src` is longer.
const LONGEST: usize = 900;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository: all but `.git` and what `.gitignore` names.
fn files() -> Vec<PathBuf> {
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let ignored: Vec<&str> = ignored.lines().chain([".git"]).map(|line| line.trim_end_matches('/')).collect();
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let relative = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            let is_ignored = |line: &&str| match line.strip_prefix('/') {
                Some(from_the_root) => from_the_root == relative,
                None => entry.file_name() == *line,
            };
            if ignored.iter().any(is_ignored) {
                continue;
            }
            match entry.file_type().unwrap().is_dir() {
                true => open.push(path),
                false => found.push(PathBuf::from(relative)),
            }
        }
    }
    found.sort();
    found
}

fn files_under(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    files()
        .into_iter()
        .filter(|path| path.starts_with(folder) && path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn nothing_wrong(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}; {} places:\n  {}", found.len(), found.join("\n  "));
}

/// What a path of the domain may begin with.
fn domain_may_name(path: &[&str]) -> bool {
    match path {
        // Files, clock, environment, network and threads are the business of other layers.
        ["std" | "core", rest @ ..] => !matches!(
            rest.first(),
            Some(&("fs" | "env" | "net" | "process" | "io" | "time" | "thread" | "os" | "path"))
        ),
        ["rust_decimal" | "thiserror" | "dashu_int", ..] => true,
        ["chrono"] => false,
        ["chrono", item, ..] => matches!(*item, "NaiveDate" | "Datelike" | "Days" | "Months" | "Weekday"),
        ["crate", item, ..] => matches!(*item, "domain" | "text" | "inputs"),
        ["lode", ..] => false,
        _ => true,
    }
}

/// Names under which a dependency can be reached.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    names.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn the_domain_names_nothing_but_pure_crates() {
    let foreign: BTreeSet<String> = dependencies()
        .into_iter()
        .filter(|name| !["rust_decimal", "thiserror", "dashu_int", "chrono"].contains(&name.as_str()))
        .collect();
    let mut found = Vec::new();
    for (file, text) in files_under("src/domain", "rs") {
        for path in paths_of(&lex(&text)) {
            let parts: Vec<&str> = path.parts.iter().map(String::as_str).collect();
            let outside = parts.first().is_some_and(|head| foreign.contains(*head));
            let unknown_crate = path.in_use
                && !matches!(
                    parts.first(),
                    Some(
                        &("std"
                            | "core"
                            | "rust_decimal"
                            | "thiserror"
                            | "dashu_int"
                            | "chrono"
                            | "crate"
                            | "super"
                            | "self")
                    )
                );
            if outside || unknown_crate || !domain_may_name(&parts) {
                found.push(format!("{}:{} {}", file.display(), path.line, parts.join("::")));
            }
        }
    }
    nothing_wrong("src/domain is pure: std, rust_decimal, thiserror, dashu_int, five names of chrono, itself", &found);
}

#[test]
fn each_layer_knows_only_the_layers_below_it() {
    // Folder, and what it may not name: the modules of the crate and the crates that belong to another layer.
    let layers: [(&str, &[&str], &[&str]); 8] = [
        ("src/domain", &["api", "batch", "rates", "ledger", "notice", "jobs", "startup", "config", "cli", "web"], &[]),
        (
            "src/rates",
            &["api", "batch", "ledger", "notice", "jobs", "startup", "config", "cli", "web"],
            &["actix_web", "utoipa", "deserr", "rusqlite", "postgres"],
        ),
        (
            "src/ledger",
            &["api", "batch", "rates", "notice", "jobs", "startup", "config", "cli", "web"],
            &["actix_web", "utoipa", "toml", "clap"],
        ),
        (
            "src/notice",
            &["api", "batch", "rates", "ledger", "jobs", "startup", "config", "cli", "web"],
            &["actix_web", "utoipa", "toml", "rusqlite", "postgres"],
        ),
        (
            "src/jobs",
            &["api", "batch", "rates", "ledger", "notice", "startup", "config", "cli", "web"],
            &["actix_web", "utoipa", "toml", "rusqlite", "postgres", "typst"],
        ),
        (
            "src/batch",
            &["rates", "ledger", "notice", "jobs", "startup", "config", "cli", "web"],
            &["actix_web", "toml", "clap", "rusqlite", "postgres", "askama", "typst"],
        ),
        (
            "src/api",
            &["rates", "startup", "config", "cli", "web"],
            &["toml", "clap", "rusqlite", "postgres", "askama", "qrcode", "typst"],
        ),
        (
            "src/web",
            &["rates", "ledger", "startup", "config", "cli"],
            &["toml", "clap", "utoipa", "rusqlite", "postgres", "qrcode", "typst"],
        ),
    ];
    let mut found = Vec::new();
    for (folder, modules, crates) in layers {
        for (file, text) in files_under(folder, "rs") {
            for path in paths_of(&lex(&text)) {
                let parts: Vec<&str> = path.parts.iter().map(String::as_str).collect();
                let broken = match parts.as_slice() {
                    ["crate" | "lode", module, ..] => modules.contains(module),
                    [head, ..] => crates.contains(head),
                    [] => false,
                };
                if broken {
                    found.push(format!("{}:{} {}", file.display(), path.line, parts.join("::")));
                }
            }
        }
    }
    nothing_wrong("dependencies point inwards; rates and api do not know each other", &found);
}

/// Where a floating-point type has to be named, with the reason.
const FLOATS: [(&str, &str); 4] = [
    ("src/api/json.rs", "serde asks every serializer for floats, to be refused"),
    ("src/api/node.rs", "serde hands a JSON number over as f64, to be refused"),
    ("src/batch/flat.rs", "serde asks every serializer for floats, to be refused"),
    ("src/batch/xlsx/number.rs", "cells of a spreadsheet are doubles; they become decimals there"),
];

/// What of the layer above the domain a batch may name: topics and shapes, not HTTP.
const SHAPES: [&str; 11] =
    ["error", "json", "lang", "node", "query", "schema", "shape", "sheet", "show", "topic", "declare"];

#[test]
fn a_batch_knows_the_topics_and_nothing_of_http() {
    let mut found = Vec::new();
    for (file, text) in files_under("src/batch", "rs") {
        for path in paths_of(&lex(&text)) {
            let parts: Vec<&str> = path.parts.iter().map(String::as_str).collect();
            if let ["crate" | "lode", "api", module, ..] = parts.as_slice()
                && !SHAPES.contains(module)
            {
                found.push(format!("{}:{} {}", file.display(), path.line, parts.join("::")));
            }
        }
    }
    nothing_wrong("src/batch names of src/api only topics and shapes", &found);
}

#[test]
fn no_floating_point() {
    let mut found = Vec::new();
    for (file, text) in files_under("src", "rs") {
        let mut floats =
            lex(&text).into_iter().filter(|token| token.kind == Kind::Name && ["f32", "f64"].contains(&&*token.text));
        if FLOATS.iter().any(|(allowed, _)| file == Path::new(allowed)) {
            assert!(floats.next().is_some(), "{} names no float any more: take it off the list", file.display());
            continue;
        }
        found.extend(floats.map(|token| format!("{}:{} {}", file.display(), token.line, token.text)));
    }
    nothing_wrong("no floating point in src", &found);
}

/// A citation in the source: the calls `measures("33")` and `cite("zrzg-2023-1", "（二十）")`.
struct Citation {
    file: PathBuf,
    line: usize,
    instrument: String,
    article: String,
}

fn citations() -> Vec<Citation> {
    let mut found = Vec::new();
    for (file, text) in files_under("src/domain", "rs") {
        let tokens = lex(&text);
        let literal = |at: usize| tokens.get(at).filter(|token: &&Token| token.kind == Kind::Text);
        for (at, token) in tokens.iter().enumerate() {
            let called = token.kind == Kind::Name && tokens.get(at + 1).is_some_and(|next| next.text == "(");
            let citation = match (called, token.text.as_str()) {
                (true, "measures") => literal(at + 2).map(|article| ("cz-2023-10".to_owned(), article.text.clone())),
                (true, "cite") => literal(at + 2)
                    .zip(literal(at + 4))
                    .map(|(instrument, article)| (instrument.text.clone(), article.text.clone())),
                _ => None,
            };
            if let Some((instrument, article)) = citation {
                found.push(Citation { file: file.clone(), line: token.line, instrument, article });
            }
        }
    }
    found
}

fn instruments() -> BTreeSet<String> {
    let sources: toml::Table = read("rates/sources.toml").parse().unwrap();
    let list = sources["instrument"].as_array().unwrap();
    list.iter().map(|instrument| instrument["key"].as_str().unwrap().to_owned()).collect()
}

/// The articles of `rates/coverage.toml`: instrument, locator, the entry itself.
fn coverage() -> Vec<(String, String, toml::Value)> {
    let coverage: toml::Table = read("rates/coverage.toml").parse().unwrap();
    let text = |entry: &toml::Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let list = coverage["article"].as_array().unwrap();
    list.iter().map(|entry| (text(entry, "instrument"), text(entry, "locator"), entry.clone())).collect()
}

#[test]
fn every_citation_names_a_known_article() {
    let instruments = instruments();
    let listed: BTreeSet<(String, String)> =
        coverage().into_iter().map(|(instrument, locator, _)| (instrument, locator)).collect();
    let citations = citations();
    assert!(citations.len() > 20, "only {} citations were found: is the search still right?", citations.len());
    let mut found = Vec::new();
    for Citation { file, line, instrument, article } in citations {
        let place = format!("{}:{line} {instrument} {article}", file.display());
        if !instruments.contains(&instrument) {
            found.push(format!("{place}: not an instrument of rates/sources.toml"));
        } else if COVERED.contains(&instrument.as_str()) {
            // A paragraph is covered by its article: 8(2) by 8, `annex row 12` by `annex`.
            let whole = article.split(['(', '（']).next().unwrap_or(&article);
            let whole = if article.starts_with("annex") { "annex" } else { whole };
            let known =
                [article.as_str(), whole].iter().any(|form| listed.contains(&(instrument.clone(), (*form).to_owned())));
            if !known {
                found.push(format!("{place}: not an article of rates/coverage.toml"));
            }
        }
    }
    nothing_wrong("a citation names an instrument of the sources and an article of the coverage", &found);
}

#[test]
fn coverage_points_at_files_that_exist_or_says_why_not() {
    let instruments = instruments();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (instrument, locator, entry) in coverage() {
        let place = format!("{instrument} {locator}");
        if !instruments.contains(&instrument) {
            found.push(format!("{place}: not an instrument of rates/sources.toml"));
        }
        if !seen.insert(place.clone()) {
            found.push(format!("{place}: listed twice"));
        }
        let status = entry.get("status").and_then(toml::Value::as_str).unwrap_or("");
        let places = entry.get("where").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let reason = entry.get("reason").and_then(toml::Value::as_str).unwrap_or("");
        if matches!(status, "modelled" | "partly") && places.is_empty() {
            found.push(format!("{place}: {status}, but it does not say where"));
        }
        if matches!(status, "not_modelled" | "partly") && reason.is_empty() {
            found.push(format!("{place}: {status}, but it does not say why"));
        }
        for path in &places {
            // A place may name an item inside the file after `::` or `#`.
            let path = path.as_str().unwrap_or("");
            let file = path.split(['#', ':']).next().unwrap_or("");
            if file.is_empty() || !root().join(file).exists() {
                found.push(format!("{place}: {path} does not exist"));
            }
        }
    }
    for instrument in COVERED {
        if !seen.iter().any(|place| place.starts_with(&format!("{instrument} "))) {
            found.push(format!("{instrument}: no article is listed"));
        }
    }
    for article in 1..=37 {
        if !seen.contains(&format!("cz-2023-10 {article}")) {
            found.push(format!("cz-2023-10 {article}: not listed"));
        }
    }
    nothing_wrong("rates/coverage.toml", &found);
}

#[test]
fn every_topic_says_which_articles_it_computes() {
    let mut found = Vec::new();
    for (file, text) in files_under("src/domain", "rs") {
        let name = file.file_name().unwrap().to_str().unwrap();
        if TOOLS.contains(&name) {
            continue;
        }
        let doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let cites = ["art. ", "arts ", "annex", "号", "RULES"].iter().any(|word| doc.contains(word));
        if !cites {
            found.push(format!("{}: the module's doc comment cites no article", file.display()));
        }
    }
    nothing_wrong("a topic begins with what it computes and by which article", &found);
}

/// The rows of a Markdown table, without its head.
fn table_rows(markdown: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut in_body = false;
    for line in markdown.lines().map(str::trim) {
        let is_row = line.starts_with('|') && line.ends_with('|') && line.len() > 1;
        let is_rule = is_row && line.chars().all(|sign| matches!(sign, '|' | '-' | ':' | ' '));
        if is_rule {
            in_body = true;
        } else if is_row && in_body {
            rows.push(line[1..line.len() - 1].split('|').map(|cell| cell.trim().to_owned()).collect());
        } else if !is_row {
            in_body = false;
        }
    }
    rows
}

#[test]
fn the_glossary_names_identifiers_that_exist() {
    // | 中文 | English | identifier | article |
    let rows = table_rows(&read("docs/terms.md"));
    assert!(rows.len() > 30, "docs/terms.md has only {} rows", rows.len());
    let mut names = BTreeSet::new();
    for (_, text) in files_under("src", "rs") {
        names.extend(lex(&text).into_iter().filter(|token| token.kind == Kind::Name).map(|token| token.text));
    }
    let texts: Vec<String> =
        files_under("src", "rs").into_iter().chain(files_under("rates", "toml")).map(|(_, text)| text).collect();
    let mut found = Vec::new();
    let mut terms: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let [chinese, english, identifier, article] = row.as_slice() else {
            found.push(format!("{}: four columns were expected", row.join(" | ")));
            continue;
        };
        *terms.entry(chinese.clone()).or_default() += 1;
        if [chinese, english, identifier, article].iter().any(|cell| cell.is_empty()) {
            found.push(format!("{chinese}: an empty cell"));
        }
        // `LateFee`, `late_fee::calculate`, several separated by a comma; each in backticks or bare.
        for one in identifier.split([',', '、']).map(|one| one.trim().trim_matches('`')).filter(|one| !one.is_empty())
        {
            let exists =
                one.split("::").all(|part| names.contains(part)) || texts.iter().any(|text| contains_word(text, one));
            if !exists {
                found.push(format!("{chinese}: {one} appears neither in src nor in rates"));
            }
        }
    }
    found
        .extend(terms.into_iter().filter(|(_, count)| *count > 1).map(|(term, count)| format!("{term}: {count} rows")));
    nothing_wrong("docs/terms.md", &found);
}

fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[test]
fn every_reading_is_recorded_in_one_form() {
    let index = read("docs/interpretations/README.md");
    let mut found = Vec::new();
    let mut numbers = BTreeSet::new();
    let records: Vec<_> = files_under("docs/interpretations", "md")
        .into_iter()
        .filter(|(file, _)| file.file_name().unwrap() != "README.md")
        .collect();
    for (file, text) in &records {
        let name = file.file_name().unwrap().to_str().unwrap();
        let (number, slug) = name.strip_suffix(".md").unwrap().split_once('-').unwrap_or((name, ""));
        let well_named = number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !slug.is_empty()
            && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !well_named {
            found.push(format!("{name}: the name is not NNN-slug.md"));
        }
        if !numbers.insert(number.to_owned()) {
            found.push(format!("{name}: the number {number} is taken"));
        }
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        for wanted in ["问题", "Reading", "依据", "影响"] {
            if !headings.iter().any(|heading| heading.contains(wanted)) {
                found.push(format!("{name}: no heading {wanted}"));
            }
        }
        if !index.contains(name) {
            found.push(format!("{name}: not in docs/interpretations/README.md"));
        }
    }
    for (at, number) in numbers.iter().enumerate() {
        if *number != format!("{:03}", at + 1) {
            found.push(format!("the numbers have a gap before {number}"));
            break;
        }
    }
    assert!(records.len() >= 20, "only {} readings are recorded", records.len());
    nothing_wrong("docs/interpretations", &found);
}

#[test]
fn the_readme_names_two_cargo_commands() {
    let readme = read("README.md");
    let mut commands = BTreeSet::new();
    let mut in_code = false;
    for line in readme.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            let line = line.trim().trim_start_matches("$ ");
            if line.starts_with("cargo ") {
                commands.insert(line.split('#').next().unwrap_or("").trim().to_owned());
            }
        }
    }
    let expected: BTreeSet<String> = ["cargo run --release", "cargo test"].map(str::to_owned).into();
    assert_eq!(commands, expected, "README.md tells how to run and how to test, and nothing else of cargo");
}

/// The targets of the links in a Markdown text, outside code.
fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every other piece between backticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for (at, _) in prose.match_indices("](") {
            let target = &prose[at + 2..];
            found.extend(target.split_once(')').map(|(target, _)| target.trim().to_owned()));
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut found = Vec::new();
    for (file, text) in files_under("", "md") {
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or("");
            let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            let folder = root().join(&file);
            if !elsewhere && !folder.parent().unwrap().join(target).exists() {
                found.push(format!("{}: {link}", file.display()));
            }
        }
    }
    nothing_wrong("a relative link names a file of the repository", &found);
}

#[test]
fn no_source_file_is_too_long() {
    let found: Vec<String> = files_under("src", "rs")
        .into_iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{}: {lines} lines", file.display()))
        .collect();
    nothing_wrong("one file, one responsibility", &found);
}

/// The host of every address in a text: what follows `://` up to the path.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    ["http://", "https://"].into_iter().flat_map(move |scheme| {
        text.match_indices(scheme).map(move |(at, _)| {
            let rest = &text[at + scheme.len()..];
            let end = rest
                .find(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | ':' | '@' | '[')))
                .unwrap_or(rest.len());
            &rest[..end]
        })
    })
}

#[test]
fn nothing_speaks_of_the_machine_it_was_made_on() {
    // Split, so that this file does not find itself.
    let folders = [concat!("/wo", "rk/"), concat!("/t", "mp/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let mut found = Vec::new();
    for file in files() {
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", file.display(), number + 1);
            for folder in folders {
                if line.match_indices(folder).any(|(at, _)| {
                    // The folder of a machine begins a path; `src/work/` would not.
                    !line[..at]
                        .ends_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '_' | '-' | '}' | '>'))
                }) {
                    found.push(format!("{place} names {folder}"));
                }
            }
            for host in hosts(line) {
                // Loopback is where the service listens; any other host has a name with a dot and the usual port.
                let name = host.trim_end_matches('.');
                let loopback = ["127.0.0.1", "localhost", "0.0.0.0", "[::1"].iter().any(|own| name.starts_with(own));
                let is_address = name.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '.' | ':'));
                let private = name.contains('@') || name.contains(':') || is_address || !name.contains('.');
                if !name.is_empty() && !loopback && private {
                    found.push(format!("{place} names the host {name}"));
                }
            }
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        if [".npmrc", "pip.conf", "config.toml"].contains(&name) && file.components().count() <= 2 {
            found.push(format!("{}: settings of a machine's package clients", file.display()));
        }
    }
    for line in read("Cargo.lock").lines() {
        if let Some(source) = line.strip_prefix("source = ")
            && source != "\"registry+https://github.com/rust-lang/crates.io-index\""
        {
            found.push(format!("Cargo.lock: {source}"));
        }
    }
    nothing_wrong("paths and hosts of a machine stay on it", &found);
}

mod tests {
    use super::*;

    #[test]
    fn table_rows_are_read_without_the_head() {
        let rows = table_rows("text\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n| not a row |\n");
        assert_eq!(rows, [["1", "2"]]);
    }

    #[test]
    fn links_are_found_outside_code() {
        assert_eq!(links("[a](b.md) `[c](d.md)` ![e](f.png)\n```\n[g](h)\n```\n"), ["b.md", "f.png"]);
    }

    #[test]
    fn hosts_end_where_the_path_begins() {
        let text = "see https://docs.rs/x and http://127.0.0.1:8080/docs";
        assert_eq!(hosts(text).collect::<Vec<_>>(), ["127.0.0.1:8080", "docs.rs"]);
    }
}
