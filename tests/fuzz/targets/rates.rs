//! A data file as somebody might edit it: problems with file and line, or a rate book. The first byte chooses the file.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use lode::rates::{Files, load};

fuzz_target!(|bytes: &[u8]| {
    static FILES: OnceLock<(Files, Vec<String>)> = OnceLock::new();
    let (files, paths) = FILES.get_or_init(|| {
        let files = Files::built_in();
        let paths = files.iter().map(|(path, _)| path.to_owned()).collect();
        (files, paths)
    });
    let [which, content @ ..] = bytes else { return };
    let path = &paths[usize::from(*which) % paths.len()];
    match load(&files.clone().with(path, content.to_vec())) {
        Ok(_) => {}
        Err(problems) => assert!(!problems.is_empty()),
    }
});
