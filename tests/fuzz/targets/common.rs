//! What the targets share.

use std::sync::OnceLock;

use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic};
use lode::domain::context::Detail;
use lode::domain::rate_book::RateBook;

/// The built-in data.
pub fn book() -> &'static RateBook {
    static BOOK: OnceLock<RateBook> = OnceLock::new();
    BOOK.get_or_init(|| lode::rates::load_builtin().expect("the built-in data is sound"))
}

/// A call in Chinese or English, with or without steps, as the bits say.
pub fn call(bits: u8) -> Call<'static> {
    Call {
        book: book(),
        lang: if bits & 1 == 0 { Lang::Zh } else { Lang::En },
        detail: if bits & 2 == 0 { Detail::Steps } else { Detail::FiguresOnly },
        explain: if bits & 4 == 0 { Explain::Applied } else { Explain::All },
        request_id: "fuzz",
    }
}

/// The topic that a byte stands for.
pub fn topic(byte: u8) -> Topic {
    Topic::ALL[usize::from(byte) % Topic::ALL.len()]
}
