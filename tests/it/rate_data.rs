//! The rate data that is built into the binary, loaded once for all tests.

use std::sync::OnceLock;

use lode::domain::rate_book::RateBook;

/// The rate book of the built-in data.
pub(crate) fn book() -> &'static RateBook {
    static BOOK: OnceLock<RateBook> = OnceLock::new();
    BOOK.get_or_init(|| lode::rates::load_builtin().unwrap_or_else(|problems| panic!("{problems:?}")))
}
