//! What is wrong with a set of rate data: where, by which check, and in what way.

use std::fmt;

/// One problem of the data, in the form in which compilers report: `file:line: [check] message`.
///
/// The order of problems is that of their files, lines and checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file as the reader of the message finds it: `rates/national/late-fee/2023-05-01.toml`.
    pub file: String,
    /// The line, from 1; 1 also for a problem of the file as a whole.
    pub line: usize,
    /// Name of the check in [`super::checks::CHECKS`], or `build` for what no check foresaw.
    pub check: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.file, self.line, self.check, self.message)
    }
}
