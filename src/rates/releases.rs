//! The released datasets that the binary carries.
//!
//! `releases/<dataset id>/manifest.toml` is the manifest as it was released. It lists every file with its SHA-256; a file
//! that `rates/` still has as it was is found there, any other stands beside the manifest. So a release costs what
//! changed since, and its manifest says whether it is whole.

use super::build;
use super::checks::{self, Scope};
use super::problem::Problem;
use super::raw::{Register, read_manifest};
use super::set::{MANIFEST, Set};
use super::text::Files;
use crate::domain::rate_book::RateBook;

/// The files below `releases/` as they were when the binary was built, sorted by path.
static RELEASED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/releases.rs"));

/// A released dataset by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Id of the dataset.
    pub id: String,
    /// SHA-256 over its files, as its manifest states it.
    pub sha256: String,
}

/// Every release, in the order of the ids. Only the manifests are read; the data are read by [`load_release`].
pub fn releases() -> Vec<Release> {
    let manifests = RELEASED.iter().filter_map(|(path, text)| Some((path.strip_suffix("/manifest.toml")?, text)));
    manifests
        .filter_map(|(id, text)| {
            let stated = Register::read(MANIFEST, text, read_manifest).content?;
            Some(Release { id: id.to_owned(), sha256: stated.sha256.get_ref().clone() })
        })
        .collect()
}

/// The files of a release. What neither the release nor `rates/` has as the manifest states it is missing or differs, and
/// is found by the checks of the manifest. An id that was not released has no files.
pub fn release_files(id: &str) -> Files {
    let own = |path: &str| {
        let found = RELEASED
            .iter()
            .find(|(name, _)| name.strip_prefix(id).and_then(|rest| rest.strip_prefix('/')) == Some(path));
        found.map(|(_, text)| *text)
    };
    let files = Files::empty(format!("releases/{id}"));
    let Some(text) = own(MANIFEST) else { return files };
    let Some(stated) = Register::read(MANIFEST, text, read_manifest).content else { return files };
    let now = Files::built_in();
    stated.files.iter().fold(files.with(MANIFEST, text.as_bytes().to_vec()), |files, entry| {
        let path = entry.path.get_ref();
        let content = own(path).map(str::as_bytes).or_else(|| now.content(path));
        match content {
            Some(content) => files.with(path, content.to_vec()),
            None => files,
        }
    })
}

/// The rate book of a release, or what is wrong with it. Only the checks of the manifest run: the data passed the others
/// when they were released, and a rule that came later must not take them away.
pub fn load_release(id: &str) -> Result<RateBook, Vec<Problem>> {
    let files = release_files(id);
    let set = Set::read(&files);
    let problems = checks::run(&set, Scope::ManifestAlone);
    if problems.is_empty() { build::book(&set) } else { Err(problems) }
}

/// The id for data that differ from every release, made of a day: `lode-2026-11-21`, or with a number behind it when a
/// release of that day has other data.
pub(super) fn free_id(id: &str, sha256: &str) -> String {
    let released = releases();
    let taken = |id: &str| released.iter().any(|release| release.id == id && release.sha256 != sha256);
    let numbered = (2_u32..).map(|number| format!("{id}-{number}"));
    std::iter::once(id.to_owned()).chain(numbered).find(|id| !taken(id)).unwrap_or_default()
}
