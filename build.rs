//! Builds the rate data into the binary: every file below `rates/`, and below `releases/` what each released dataset had
//! and `rates/` no longer has; and the records of how the law is read. Files stand by their paths, in sorted order.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed=build.rs");
    for folder in ["rates", "releases", "docs/interpretations"] {
        // A directory counts as changed when any file below it does, and when one is added or removed.
        println!("cargo:rerun-if-changed={folder}");
        let name = Path::new(folder).file_name().unwrap_or_default();
        fs::write(out_dir.join(name).with_extension("rs"), list_of(&manifest_dir.join(folder))?)?;
    }
    Ok(())
}

/// A Rust expression: the files below a directory, each with its path and its text.
fn list_of(root: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    if root.is_dir() {
        collect(root, "", &mut files)?;
    }
    files.sort();

    let mut list = String::from("&[\n");
    for (name, path) in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        // `{:?}` writes both as Rust string literals.
        writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string()).map_err(io::Error::other)?;
    }
    list.push(']');
    Ok(list)
}

/// Adds the files below a directory by their path from the root, with `/` between the parts.
fn collect(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
