//! What a test has to tell even when it passes.

use std::io::Write;

/// Writes a line to standard error past the capture of the test harness, so that it is seen without `--nocapture`.
pub(crate) fn say(text: &str) {
    // A closed standard error is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "{text}");
}
