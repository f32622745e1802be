//! Where the files of a data set come from: built into the binary, or a directory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// The files below `rates/` as they were when the binary was built, sorted by path.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rates.rs"));

/// The files of a data set by their paths below its root, with `/` between the parts. Nothing is interpreted yet.
#[derive(Clone, Debug)]
pub struct Files {
    root: String,
    contents: BTreeMap<String, Cow<'static, [u8]>>,
    unreadable: Vec<(String, String)>,
}

impl Files {
    /// The data that is built into the binary.
    pub fn built_in() -> Files {
        let contents =
            BUILT_IN.iter().map(|(path, text)| ((*path).to_owned(), Cow::Borrowed(text.as_bytes()))).collect();
        Files { contents, ..Files::empty("rates".to_owned()) }
    }

    /// No files; messages show them below the root of that name.
    pub(super) fn empty(root: String) -> Files {
        Files { root, contents: BTreeMap::new(), unreadable: Vec::new() }
    }

    /// The content of a file.
    pub(super) fn content(&self, path: &str) -> Option<&[u8]> {
        self.contents.get(path).map(AsRef::as_ref)
    }

    /// The files below a directory, hidden ones included. What cannot be read is reported by the check `readable`.
    pub fn of_directory(root: &Path) -> Files {
        let label = root.display().to_string();
        let label = label.strip_suffix('/').map(str::to_owned).unwrap_or(label);
        let mut files = Files::empty(label);
        files.collect(root, "");
        files
    }

    fn collect(&mut self, directory: &Path, prefix: &str) {
        let entries = match fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push((prefix.trim_end_matches('/').to_owned(), error.to_string()));
                return;
            }
        };
        for entry in entries {
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.collect(&entry.path(), &format!("{path}/"));
                continue;
            }
            match fs::read(entry.path()) {
                Ok(content) => {
                    self.contents.insert(path, Cow::Owned(content));
                }
                Err(error) => self.unreadable.push((path, error.to_string())),
            }
        }
    }

    /// The same set with one file replaced or added.
    #[must_use]
    pub fn with(mut self, path: &str, content: Vec<u8>) -> Files {
        self.contents.insert(path.to_owned(), Cow::Owned(content));
        self
    }

    /// The same set without one file.
    #[must_use]
    pub fn without(mut self, path: &str) -> Files {
        self.contents.remove(path);
        self
    }

    /// The name under which messages show a file.
    pub(super) fn shown(&self, path: &str) -> String {
        if path.is_empty() { self.root.clone() } else { format!("{}/{path}", self.root) }
    }

    /// Every file with its content, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.contents.iter().map(|(path, content)| (path.as_str(), content.as_ref()))
    }

    /// What could not be read, with the reason.
    pub(super) fn unreadable(&self) -> &[(String, String)] {
        &self.unreadable
    }
}
