//! What answers have in common is written once and kept: it is what would be written each time.

use lode::api::error::Problem;
use lode::api::json;
use lode::api::lang::Lang;
use lode::api::node::{self, Node};
use lode::api::query::Explain;
use lode::api::topic::{Answered, Call, Envelope, Receive, Topic};
use lode::domain::context::Detail;
use lode::domain::explain::Answer;
use lode::domain::rate_book::RateBook;
use lode::rates::load_builtin;

/// The answer with what is kept, inside a quoted cell, and as `serde_json` writes it.
struct ThreeWays;

impl Receive for ThreeWays {
    type Output = [String; 3];

    fn answered<T: Answered>(self, topic: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> [String; 3] {
        let envelope = Envelope { topic, answer, call: *call };
        let (mut kept, mut quoted) = (Vec::new(), Vec::new());
        json::write(&mut kept, &envelope);
        json::write_quoted(&mut quoted, &envelope);
        let plain = serde_json::to_vec(&envelope).unwrap_or_default();
        [kept, quoted, plain].map(|text| String::from_utf8(text).unwrap_or_default())
    }

    /// No example is refused: the three are not the same.
    fn refused(self, problem: &Problem<'_>, _: &Call<'_>) -> [String; 3] {
        [format!("{problem:?}"), String::new(), String::new()]
    }
}

/// Another dataset with other words for its instruments.
fn other(book: &RateBook) -> RateBook {
    let mut other = book.clone();
    other.dataset_sha256 = "0".repeat(64);
    for instrument in other.instruments.values_mut() {
        instrument.citation.push_str("（另）");
    }
    other
}

#[test]
fn what_is_kept_is_what_would_be_written() {
    let book = load_builtin().unwrap_or_default();
    let books = [&other(&book), &book];
    // Two rounds: in the second everything is there already, but for what another dataset took away.
    for (book, lang) in [0, 1].into_iter().flat_map(|_| books).flat_map(|book| [(book, Lang::Zh), (book, Lang::En)]) {
        for topic in Topic::ALL {
            for (name, example) in topic.examples() {
                let call = Call { book, lang, detail: Detail::Steps, explain: Explain::All, request_id: "" };
                let text = example.to_string();
                let request = node::parse(text.as_bytes()).unwrap_or(Node::Null);
                let [kept, quoted, plain] = topic.run_into(&request, call, ThreeWays);
                assert_eq!(kept, plain, "{name}");
                assert_eq!(quoted, plain.replace('"', "\"\""), "{name}");
            }
        }
    }
}
