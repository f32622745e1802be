//! The rate data: read from text, checked as a whole, built into the [`RateBook`] that the rules read.
//!
//! Text ([`Files`]) is read file by file without judgement, every named check runs over all of it, and only a set without
//! any problem becomes a rate book. The service does not start on a problem.

mod build;
mod checks;
mod command;
mod fields;
mod manifest;
mod problem;
mod raw;
mod releases;
mod set;
mod text;
mod topic;
mod value;

use std::path::Path;

use chrono::NaiveDate;

use crate::domain::rate_book::RateBook;

pub use checks::{CHECKS, Check};
pub use command::{Outcome, check_command, manifest_command, refusal};
pub use problem::Problem;
pub use releases::{Release, load_release, release_files, releases};
pub use text::Files;

use checks::Scope;
use set::Set;

/// The data that is built into the binary.
pub fn load_builtin() -> Result<RateBook, Vec<Problem>> {
    load(&Files::built_in())
}

/// The data of a directory.
pub fn load_dir(directory: &Path) -> Result<RateBook, Vec<Problem>> {
    load(&Files::of_directory(directory))
}

/// The rate book of a set of files, or every problem of it, sorted by file and line.
pub fn load(files: &Files) -> Result<RateBook, Vec<Problem>> {
    let set = Set::read(files);
    let problems = checks::run(&set, Scope::Everything);
    if problems.is_empty() { build::book(&set) } else { Err(problems) }
}

/// Every problem of a set of files, sorted by file and line.
pub fn check(files: &Files) -> Vec<Problem> {
    load(files).err().unwrap_or_default()
}

/// The manifest of a set of files. `verified_on` is the day on which somebody compared new and changed files with their
/// instruments; the other files keep the day that the old manifest has. `id` names the dataset; without it the name is
/// made of the day when the data changed. Nothing is vouched for that has a problem: what the data checks find is the
/// error.
pub fn manifest(files: &Files, verified_on: NaiveDate, id: Option<&str>) -> Result<String, Vec<Problem>> {
    let set = Set::read(files);
    let problems = checks::run(&set, Scope::DataAlone);
    if problems.is_empty() { Ok(manifest::text(&set, verified_on, id)) } else { Err(problems) }
}

/// The manifest that a set would have if it were sound, so that a test can break one rule without breaking the checksums.
pub fn manifest_unchecked(files: &Files, verified_on: NaiveDate) -> String {
    manifest::text(&Set::read(files), verified_on, None)
}
