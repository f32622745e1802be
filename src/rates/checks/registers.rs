//! The registers: minerals, divisions, instruments, coverage.

use std::collections::{HashMap, HashSet};

use super::Report;
use crate::rates::raw::{Division, Document, Mineral, Register};
use crate::rates::set::Set;

/// The rows of a register, as far as it could be read.
fn entries<T>(register: &Option<Register<Vec<T>>>) -> impl Iterator<Item = (&Document, &T)> {
    register.iter().flat_map(|register| register.content.iter().flatten().map(|entry| (&register.document, entry)))
}

/// Whether a text is made of lower-case ASCII words, begins with a letter, and has the separator only between words.
fn in_words(text: &str, separator: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .split(separator)
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// Codes of minerals and groups are unique, and in snake case: `cement_limestone`.
pub(super) fn mineral_code(set: &Set<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for (document, mineral) in entries(&set.minerals) {
        let code = mineral.code.get_ref();
        if !in_words(code, '_') {
            report.at(document, mineral.code.span().start, format!("the code `{code}` is not in snake case"));
        }
        if !seen.insert(code) {
            report.at(document, mineral.code.span().start, format!("the code `{code}` is taken"));
        }
    }
}

/// A name belongs to one mineral or group, once: Chinese names, English names and the codes of others, in any case.
pub(super) fn mineral_name(set: &Set<'_>, report: &mut Report<'_>) {
    let mut owner: HashMap<String, &Mineral> = HashMap::new();
    for (_, mineral) in entries(&set.minerals) {
        owner.entry(mineral.code.get_ref().to_lowercase()).or_insert(mineral);
    }
    for (document, mineral) in entries(&set.minerals) {
        let mut own = HashSet::new();
        for name in &mineral.zh {
            if !own.insert(name.get_ref()) {
                report.at(document, name.span().start, format!("`{}` stands here already", name.get_ref()));
            }
        }
        for name in mineral.zh.iter().chain(std::iter::once(&mineral.en)) {
            let other = *owner.entry(name.get_ref().to_lowercase()).or_insert(mineral);
            if other.code.get_ref() != mineral.code.get_ref() {
                let message = format!("the name `{}` belongs to `{}`", name.get_ref(), other.code.get_ref());
                report.at(document, name.span().start, message);
            }
        }
    }
}

/// A group has at least two members; each is a single mineral of the register and stands once.
pub(super) fn group_members(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(known) = set.minerals_by_code() else { return };
    for (document, group) in entries(&set.minerals) {
        let Some(members) = &group.members else { continue };
        if members.len() < 2 {
            report.at(document, group.at, format!("the group `{}` needs at least two members", group.code.get_ref()));
        }
        let mut seen = HashSet::new();
        for member in members {
            let code = member.get_ref();
            let message = match known.get(code.as_str()) {
                None => format!("there is no mineral `{code}`"),
                Some(mineral) if mineral.members.is_some() => format!("`{code}` is a group itself"),
                Some(_) if !seen.insert(code) => format!("`{code}` stands here already"),
                Some(_) => continue,
            };
            report.at(document, member.span().start, message);
        }
    }
}

/// Codes of divisions have six digits and are unique.
pub(super) fn division_code(set: &Set<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for (document, division) in entries(&set.divisions) {
        let code = division.code.get_ref();
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            report.at(document, division.code.span().start, format!("the code `{code}` is not six digits"));
        }
        if !seen.insert(code) {
            report.at(document, division.code.span().start, format!("the code `{code}` is taken"));
        }
    }
}

/// A Chinese name belongs to one division, once.
pub(super) fn division_name(set: &Set<'_>, report: &mut Report<'_>) {
    let mut owner: HashMap<&String, &Division> = HashMap::new();
    for (document, division) in entries(&set.divisions) {
        for name in &division.zh {
            if let Some(other) = owner.insert(name.get_ref(), division) {
                let message = format!("the name `{}` belongs to `{}`", name.get_ref(), other.code.get_ref());
                report.at(document, name.span().start, message);
            }
        }
    }
}

/// A province (code `…0000`) has no division above it. Any other division names the one above it: listed, with the same
/// first two digits, and of a higher level.
pub(super) fn division_parent(set: &Set<'_>, report: &mut Report<'_>) {
    let known: HashSet<&str> = entries(&set.divisions).map(|(_, division)| division.code.get_ref().as_str()).collect();
    let level = |code: &str| match code {
        province if province.ends_with("0000") => 0,
        city if city.ends_with("00") => 1,
        _ => 2,
    };
    for (document, division) in entries(&set.divisions) {
        let code = division.code.get_ref().as_str();
        let (at, message) = match &division.parent {
            None if level(code) == 0 => continue,
            None => (division.code.span().start, "a division below a province names the one above it".to_owned()),
            Some(parent) => {
                let above = parent.get_ref().as_str();
                let message = if level(code) == 0 {
                    "a province has no division above it".to_owned()
                } else if !known.contains(above) {
                    format!("there is no division `{above}`")
                } else if above.get(..2) != code.get(..2) || level(above) >= level(code) {
                    format!("`{above}` is not above `{code}`")
                } else {
                    continue;
                };
                (parent.span().start, message)
            }
        };
        report.at(document, at, message);
    }
}

/// The folders below `provinces/` are codes of the register.
pub(super) fn division_folder(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(divisions) = set.division_list() else { return };
    let known: HashSet<&str> = divisions.iter().map(|division| division.code.get_ref().as_str()).collect();
    for version in &set.versions {
        if let Some(code) = version.place.division.as_deref().filter(|code| !known.contains(code)) {
            report.of_file(&version.document.path, format!("divisions.toml has no division `{code}`"));
        }
    }
}

/// Keys of instruments are unique, and lower-case words joined by hyphens: `cz-2023-10`.
pub(super) fn source_key(set: &Set<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for (document, source) in entries(&set.sources) {
        let key = source.key.get_ref();
        if !in_words(key, '-') {
            report.at(
                document,
                source.key.span().start,
                format!("the key `{key}` is not lower-case words and hyphens"),
            );
        }
        if !seen.insert(key) {
            report.at(document, source.key.span().start, format!("the key `{key}` is taken"));
        }
    }
}

/// An article of an instrument is covered once.
pub(super) fn coverage_article(set: &Set<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for (document, article) in entries(&set.coverage) {
        if !seen.insert((article.instrument.get_ref(), article.locator.get_ref())) {
            let message = format!("{} {} stands here already", article.instrument.get_ref(), article.locator.get_ref());
            report.at(document, article.locator.span().start, message);
        }
    }
}

/// What is modelled says where; what is not says why, in both languages; what is partly modelled says both.
pub(super) fn coverage_status(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, article) in entries(&set.coverage) {
        let (needs_place, needs_reason) = match article.status.value.get_ref().as_str() {
            "modelled" => (true, false),
            "partly" => (true, true),
            "not_modelled" | "no_computation" => (false, true),
            _ => continue,
        };
        let status = article.status.value.get_ref();
        let mut judge = |there: bool, needed: bool, key: &str| {
            if there != needed {
                let verb = if needed { "needs" } else { "has no" };
                let message = format!("an article that is `{status}` {verb} `{key}`");
                report.at(document, article.at, message);
            }
        };
        judge(!article.places.is_empty(), needs_place, "where");
        judge(article.reason.is_some(), needs_reason, "reason");
        judge(article.reason_en.is_some(), needs_reason, "reason_en");
    }
}

/// Where an article is modelled is a Rust file below `src/`. Whether it exists is for a test: the data set does not carry
/// the code.
pub(super) fn coverage_path(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, article) in entries(&set.coverage) {
        for place in &article.places {
            let path = place.get_ref();
            let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
            if !(path.starts_with("src/") && path.ends_with(".rs") && plain) {
                report.at(document, place.span().start, format!("`{path}` is not a Rust file below src/"));
            }
        }
    }
}
