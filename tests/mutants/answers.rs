//! Every mutant against the golden answers and the cases, in one process: put into the copy of the tests by
//! `tests/mutants/run.py`. Each result is a line of the file that `LODE_MUTANT_OUT` names; a mutant that does not come back
//! ends the process with status 3, and the next one goes on behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic, answer};
use lode::domain::context::Detail;
use lode::domain::rate_book::RateBook;
use lode::mutation::{NONE, NOTE, REACHED, active};
use serde_json::Value as Json;

/// Milliseconds that one answer may take.
const PATIENCE: u64 = 8_000;

struct Request {
    topic: Topic,
    lang: Lang,
    explain: Explain,
    body: Vec<u8>,
    /// A case says what it wants; a golden answer is wanted byte by byte.
    case: Option<Json>,
}

fn run(request: &Request, book: &RateBook) -> (u16, Vec<u8>) {
    let Request { lang, explain, .. } = *request;
    let call = Call { book, lang, detail: Detail::Steps, explain, request_id: "test-0001" };
    let reply = answer(request.topic, &request.body, call);
    (reply.status, reply.body.to_vec())
}

fn requests(book: &RateBook) -> Vec<Request> {
    let lang = |english: bool| if english { Lang::En } else { Lang::Zh };
    let golden = crate::golden::golden(&book.dataset_id).into_iter().map(|golden| Request {
        topic: golden.topic,
        lang: lang(golden.lang == "en"),
        explain: Explain::Applied,
        body: golden.request.to_string().into_bytes(),
        case: None,
    });
    let cases = crate::cases::all().into_iter().filter_map(|case| {
        let (path, query) = case["path"].as_str()?.split_once('?').unwrap_or((case["path"].as_str()?, ""));
        Some(Request {
            topic: Topic::ALL.iter().copied().find(|topic| topic.path() == path)?,
            lang: lang(query.contains("lang=en")),
            explain: if query.contains("explain=all") { Explain::All } else { Explain::Applied },
            body: crate::cases::body_of(&case)?,
            case: Some(case.clone()),
        })
    });
    golden.chain(cases).collect()
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
#[ignore = "only in the copy that has the mutants"]
fn every_mutant_against_the_answers() {
    static BEGAN: AtomicU64 = AtomicU64::new(0);
    static CURRENT: AtomicUsize = AtomicUsize::new(0);
    let out = std::env::var("LODE_MUTANT_OUT").unwrap();
    let append = |out: &str| std::fs::OpenOptions::new().create(true).append(true).open(out).unwrap();
    let book = crate::rate_data::book();
    let requests = requests(book);
    let mut reached: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        for flag in &REACHED {
            flag.store(false, Ordering::Relaxed);
        }
        active().store(NOTE, Ordering::Relaxed);
        let answer = run(request, book);
        active().store(NONE, Ordering::Relaxed);
        for (number, _) in REACHED.iter().enumerate().filter(|(_, flag)| flag.load(Ordering::Relaxed)) {
            reached.entry(number).or_default().push(index);
        }
        let holds = request.case.as_ref().is_none_or(|case| crate::cases::complaints(case, answer.0, &answer.1).is_empty());
        wanted.push((answer, holds));
    }
    std::panic::set_hook(Box::new(|_| {}));
    let known = std::fs::read_to_string(&out).unwrap_or_default();
    let known: BTreeSet<usize> = known.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
    let file_of_the_watch = out.clone();
    std::thread::spawn(move || loop {
        std::thread::sleep(Duration::from_millis(500));
        let began = BEGAN.load(Ordering::Relaxed);
        if began != 0 && now() > began + PATIENCE {
            writeln!(append(&file_of_the_watch), "{} caught timeout", CURRENT.load(Ordering::Relaxed)).unwrap();
            std::process::exit(3);
        }
    });
    let mut file = append(&out);
    let seconds = std::env::var("LODE_MUTANT_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX / 2_000);
    let until = now() + seconds * 1_000;
    for (number, indexes) in reached.iter().filter(|(number, _)| !known.contains(number)) {
        if now() > until {
            break;
        }
        CURRENT.store(*number, Ordering::Relaxed);
        let caught = indexes.iter().find(|index| {
            let (request, (answer, holds)) = (&requests[**index], &wanted[**index]);
            BEGAN.store(now(), Ordering::Relaxed);
            active().store(*number, Ordering::Relaxed);
            let got = catch_unwind(AssertUnwindSafe(|| run(request, book)));
            active().store(NONE, Ordering::Relaxed);
            BEGAN.store(0, Ordering::Relaxed);
            match (got, &request.case) {
                (Err(_), _) => true,
                (Ok(got), None) => got != *answer,
                (Ok(got), Some(case)) => {
                    got != *answer && *holds && !crate::cases::complaints(case, got.0, &got.1).is_empty()
                }
            }
        });
        match caught {
            Some(index) => writeln!(file, "{number} caught request {index}").unwrap(),
            None => writeln!(file, "{number} survived").unwrap(),
        }
    }
}
