//! The commands of `lode rates`, as functions that give the text to print and say whether all is well.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use chrono::NaiveDate;

use super::checks::CHECKS;
use super::problem::Problem;
use super::text::Files;
use super::{load, manifest};

/// What a command has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the exit status is 0.
    pub sound: bool,
    /// The text, with a line break at its end.
    pub text: String,
}

fn files(directory: Option<&Path>) -> Files {
    directory.map_or_else(Files::built_in, Files::of_directory)
}

/// `lode rates check [DIR]`: every problem of the directory, or of the built-in data, a line each.
pub fn check_command(directory: Option<&Path>) -> Outcome {
    match load(&files(directory)) {
        Ok(book) => Outcome {
            sound: true,
            text: format!(
                "费率数据无误：{id}，{count} 个版本，sha256 {sha256}\n\
                 The rate data is sound: {id}, {count} versions, sha256 {sha256}\n",
                id = book.dataset_id,
                count = book.versions.len(),
                sha256 = book.dataset_sha256,
            ),
        },
        Err(problems) => refusal(&problems),
    }
}

/// `lode rates manifest [DIR] --verified-on DATE [--id ID]`: writes `DIR/manifest.toml`; for the built-in data, which
/// cannot be written, the text of the manifest.
pub fn manifest_command(directory: Option<&Path>, verified_on: NaiveDate, id: Option<&str>) -> Outcome {
    let text = match manifest(&files(directory), verified_on, id) {
        Ok(text) => text,
        Err(problems) => return refusal(&problems),
    };
    let Some(directory) = directory else { return Outcome { sound: true, text } };
    let path = directory.join("manifest.toml");
    match replace(&path, &text) {
        Ok(()) => Outcome { sound: true, text: format!("已写入 {path}\nWrote {path}\n", path = path.display()) },
        Err(error) => Outcome {
            sound: false,
            text: format!("无法写入 {path}：{error}\nCannot write {path}: {error}\n", path = path.display()),
        },
    }
}

/// Puts a text in the place of a file at once, so that a manifest is never half written. The new file is built beside the
/// directory's data under a name that the loader would report if it stayed.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("toml.new");
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

/// The text for data that has problems: each with its place, then the rules that were broken, then the count.
pub fn refusal(problems: &[Problem]) -> Outcome {
    let mut text = String::new();
    // Writing to a string does not fail.
    for problem in problems {
        let _ = writeln!(text, "{problem}");
    }
    let broken: BTreeSet<&str> = problems.iter().map(|problem| problem.check).collect();
    for check in CHECKS.iter().filter(|check| broken.contains(check.name)) {
        let _ = writeln!(text, "规则 [{}]：{}", check.name, check.rule);
    }
    let count = problems.len();
    let _ = writeln!(text, "费率数据有 {count} 处问题，不予使用。\nThe rate data has {count} problems and is refused.");
    Outcome { sound: false, text }
}
