//! The golden answers: a thousand requests with what each release answered, replayed byte for byte.
//!
//! `tests/golden/<dataset id>.jsonl` has a line for each request: `{"topic", "lang", "request", "status", "sha256"}`, the
//! SHA-256 being that of the body, and for every tenth the whole body as `answer`. The files are written by
//! `cargo test --test it write_the_golden_answers -- --ignored`: the requests of a release once, from the acceptance cases
//! with other values; afterwards only the answers, so that a change of them shows as a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::cases;
use crate::rate_data::book;
use crate::report::say;
use crate::service::{Answer, REQUEST_ID, shared};
use lode::api::topic::Topic;
use lode::rates::releases;

/// How many requests a release keeps.
const REQUESTS: usize = 1000;
/// Each of so many answers is kept whole.
const WHOLE: usize = 10;

/// A request and what it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Golden {
    pub(crate) topic: Topic,
    pub(crate) lang: String,
    pub(crate) request: Json,
    status: u16,
    sha256: String,
    answer: Option<String>,
}

fn file_of(dataset: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{dataset}.jsonl"))
}

/// The golden answers of a release; none when it has no file.
pub(crate) fn golden(dataset: &str) -> Vec<Golden> {
    let Ok(text) = fs::read_to_string(file_of(dataset)) else { return Vec::new() };
    text.lines()
        .map(|line| {
            let fields: Json = serde_json::from_str(line).unwrap();
            let string = |name: &str| fields[name].as_str().unwrap().to_owned();
            Golden {
                topic: Topic::from_slug(fields["topic"].as_str().unwrap()).unwrap(),
                lang: string("lang"),
                request: fields["request"].clone(),
                status: u16::try_from(fields["status"].as_u64().unwrap()).unwrap(),
                sha256: string("sha256"),
                answer: fields.get("answer").map(Json::to_string),
            }
        })
        .collect()
}

fn sha256(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What the service answers to a request of the past.
fn replayed(dataset: &str, golden: &Golden) -> Answer {
    let body = json!({
        "topic": golden.topic.slug(), "dataset": dataset, "request": golden.request, "request_id": REQUEST_ID,
    });
    let target = format!("/v1/replays?lang={}", golden.lang);
    let headers = ["Content-Type: application/json", "X-Request-Id: of-the-replay"];
    shared().send("POST", &target, &headers, Some(body.to_string().as_bytes()))
}

#[test]
fn every_release_answers_as_it_did() {
    for release in releases() {
        let stored = golden(&release.id);
        assert!(stored.len() >= REQUESTS, "{} has {} golden answers", release.id, stored.len());
        let mut differing = Vec::new();
        let mut whole = 0;
        for (number, golden) in stored.iter().enumerate() {
            let answer = replayed(&release.id, golden);
            let same_bytes = match &golden.answer {
                Some(answer_then) => {
                    whole += 1;
                    answer.body == answer_then.as_bytes()
                }
                None => true,
            };
            if answer.status != golden.status || sha256(&answer.body) != golden.sha256 || !same_bytes {
                let beginning: String = answer.text().chars().take(300).collect();
                differing.push(format!("line {}: {} {beginning}", number + 1, answer.status));
            }
            assert_eq!(
                answer.header("rates-dataset"),
                Some(format!("{}; sha256={}", release.id, release.sha256).as_str())
            );
            assert_eq!(answer.header("x-request-id"), Some("of-the-replay"));
        }
        let path = file_of(&release.id);
        assert!(
            differing.is_empty(),
            "{}: {} of {} answers are not what they were. Either something broke, or the change is meant: then it goes \
             into the changelog, and the file is written again as CONTRIBUTING.md says.\n{}",
            path.display(),
            differing.len(),
            stored.len(),
            differing.join("\n")
        );
        say(&format!(
            "golden: {}: {} answers replayed, {whole} of them compared byte by byte",
            release.id,
            stored.len()
        ));
    }
}

/// A replay is what the endpoint of the topic answers, errors included, when both have the same data.
#[test]
fn a_replay_is_the_answer_of_the_calculation() {
    let dataset = &book().dataset_id;
    for golden in golden(dataset).iter().step_by(9) {
        let target = format!("{}?lang={}", golden.topic.path(), golden.lang);
        let original = shared().post(&target, &golden.request.to_string());
        let replay = replayed(dataset, golden);
        assert_eq!(
            (replay.status, replay.text(), replay.header("content-type"), replay.header("rates-dataset")),
            (original.status, original.text(), original.header("content-type"), original.header("rates-dataset")),
            "{}",
            golden.request
        );
    }
}

#[test]
fn the_golden_requests_reach_every_topic_mineral_and_year() {
    for release in releases() {
        let stored = golden(&release.id);
        let topics: BTreeSet<Topic> = stored.iter().map(|golden| golden.topic).collect();
        let (mut minerals, mut years) = (BTreeSet::new(), BTreeSet::new());
        for golden in &stored {
            visit(&golden.request, &mut |name, value| {
                if MINERALS.contains(&name) {
                    minerals.extend(book().minerals.find(value).map(|id| book().minerals.code(id).to_owned()));
                }
                years.extend(date(value).map(|day| day.year()));
            });
        }
        // A topic or mineral may be younger than a release.
        assert!(topics.len() >= 12, "{}: {topics:?}", release.id);
        let missing: Vec<&str> =
            book().minerals.iter().map(|(_, it)| it.code.as_str()).filter(|code| !minerals.contains(*code)).collect();
        assert!(missing.len() * 20 <= minerals.len(), "{}: no request for {missing:?}", release.id);
        assert!((2017..=2030).all(|year| years.contains(&year)), "{}: {years:?}", release.id);
        let answered = stored.iter().filter(|golden| golden.status == 200).count();
        assert!(answered * 10 >= stored.len() * 7, "{}: only {answered} requests were answered", release.id);
        assert!(stored.iter().any(|golden| golden.status == 400) && stored.iter().any(|golden| golden.status == 422));
    }
}

#[test]
#[ignore = "writes tests/golden: run it by hand for a release"]
fn write_the_golden_answers() {
    for release in releases() {
        let mut stored = golden(&release.id);
        if stored.is_empty() {
            stored = requests();
        }
        let mut text = String::new();
        for (number, golden) in stored.iter().enumerate() {
            let answer = replayed(&release.id, golden);
            let whole = if number % WHOLE == 0 { format!(", \"answer\": {}", answer.text()) } else { String::new() };
            let Golden { topic, lang, request, .. } = golden;
            let (slug, status, sha256) = (topic.slug(), answer.status, sha256(&answer.body));
            let _ = writeln!(
                text,
                "{{\"topic\": \"{slug}\", \"lang\": \"{lang}\", \"request\": {request}, \"status\": {status}, \"sha256\": \"{sha256}\"{whole}}}"
            );
        }
        fs::create_dir_all(file_of(&release.id).parent().unwrap()).unwrap();
        fs::write(file_of(&release.id), text).unwrap();
    }
}

/// Calls with the name and the value of every text; an item of a list has the name of the list.
fn visit(value: &Json, with: &mut impl FnMut(&str, &str)) {
    fn inside(name: &str, value: &Json, with: &mut impl FnMut(&str, &str)) {
        match value {
            Json::String(text) => with(name, text),
            Json::Array(items) => items.iter().for_each(|item| inside(name, item, with)),
            Json::Object(fields) => fields.iter().for_each(|(name, value)| inside(name, value, with)),
            _ => {}
        }
    }
    inside("", value, with);
}

/// The fields that name minerals of a right or of a sale.
const MINERALS: [&str; 2] = ["mineral", "registered_minerals"];

fn date(text: &str) -> Option<NaiveDate> {
    if text.len() == 10 { text.parse().ok() } else { None }
}

/// Numbers that look random and are the same every time: `x * 6364136223846793005 + 1442695040888963407`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// The requests of a new release, not answered yet: the shapes of the acceptance cases, with other minerals, days and amounts.
fn requests() -> Vec<Golden> {
    let mut shapes: BTreeMap<Topic, Vec<Json>> = BTreeMap::new();
    for case in cases::all() {
        let path = case["path"].as_str().unwrap().split('?').next().unwrap();
        let topic = Topic::ALL.iter().find(|topic| topic.path() == path);
        if let (Some(topic), Some(request)) = (topic, case.get("request")) {
            shapes.entry(*topic).or_default().push(request.clone());
        }
    }
    let minerals: Vec<&str> = book().minerals.iter().map(|(_, mineral)| mineral.code.as_str()).collect();
    let (mut requests, mut reached) = (Vec::new(), BTreeSet::new());
    for (index, topic) in Topic::ALL.iter().enumerate() {
        let (first, end) = (REQUESTS * index / Topic::ALL.len(), REQUESTS * (index + 1) / Topic::ALL.len());
        let shapes = shapes.entry(*topic).or_insert_with(|| vec![topic.example()]);
        for number in first..end {
            // In steps, so that no topic gets neighbours only: they are levied alike. First those without a request.
            let left: Vec<&str> = minerals.iter().copied().filter(|code| !reached.contains(*code)).collect();
            let choice = if left.is_empty() { &minerals } else { &left };
            let mineral = choice[number * 37 % choice.len()];
            // Most requests are to be answered: the first one of several that is. One of six is as it comes, so that
            // errors are replayed too.
            let tries = if number % 6 == 5 { 1 } else { 12 };
            let candidates = (0..tries).map(|attempt| {
                let mut dice = Dice(u64::try_from(number * 64 + attempt).unwrap());
                let shape = &shapes[(number - first + attempt * 7) % shapes.len()];
                let year = 2017 + i32::try_from((number + attempt * 5) % 14).unwrap();
                vary(shape, year, (attempt < 8).then_some(mineral), &mut dice)
            });
            let candidates: Vec<Json> = candidates.collect();
            let is_answered = |request: &&Json| shared().post(topic.path(), &request.to_string()).status == 200;
            let mut request = candidates.iter().find(is_answered).unwrap_or(&candidates[0]).clone();
            if number == first + 40 {
                request["unknown"] = json!("a fault of shape");
            }
            visit(&request, &mut |name, value| {
                if MINERALS.contains(&name) {
                    reached.insert(value.to_owned());
                }
            });
            let lang = if number % 7 == 3 { "en" } else { "zh" };
            requests.push(Golden {
                topic: *topic,
                lang: lang.to_owned(),
                request,
                status: 0,
                sha256: String::new(),
                answer: None,
            });
        }
    }
    requests
}

/// A request of the same shape: its first day falls into the year and the others keep their distance; the first
/// mineral is another, if one is given; amounts have other digits.
fn vary(shape: &Json, year: i32, mut mineral: Option<&str>, dice: &mut Dice) -> Json {
    let mut first_year = None;
    visit(shape, &mut |_, value| first_year = first_year.or_else(|| date(value).map(|day| day.year())));
    let first_year = first_year.or_else(|| shape["year"].as_i64().and_then(|year| i32::try_from(year).ok()));
    let years = first_year.map_or(0, |first| year - first);
    rewrite("", shape, &mut |name, value| match value {
        Json::String(text) if MINERALS.contains(&name) => json!(mineral.take().unwrap_or(text)),
        Json::String(text) => match date(text) {
            Some(day) => {
                let moved =
                    day.with_year(day.year() + years).or_else(|| day.with_day(28)?.with_year(day.year() + years));
                json!(moved.unwrap().to_string())
            }
            None if AMOUNTS.contains(&name) => json!(other_digits(text, dice)),
            None => json!(text),
        },
        Json::Number(number) if name == "year" || name.ends_with("_year") => match number.as_i64() {
            Some(year) => json!(year.saturating_add(i64::from(years))),
            None => value.clone(),
        },
        other => other.clone(),
    })
}

/// The fields whose digits may be any.
const AMOUNTS: [&str; 20] = [
    "amount",
    "appraised_value",
    "area_km2",
    "benchmark_value",
    "gross_revenue",
    "identified",
    "mined",
    "outstanding",
    "paid",
    "paid_for",
    "principal",
    "quantity",
    "reserve_price",
    "reserves_used",
    "revenue",
    "starting_price",
    "total",
    "transaction_price",
    "unit_price",
    "volume_m3",
];

/// The same number of digits, the first one kept.
fn other_digits(text: &str, dice: &mut Dice) -> String {
    let mut seen = false;
    text.chars()
        .map(|sign| match sign {
            '1'..='9' if !seen => {
                seen = true;
                sign
            }
            '0'..='9' if seen => char::from_digit(u32::try_from(dice.roll(10)).unwrap(), 10).unwrap(),
            _ => sign,
        })
        .collect()
}

fn rewrite(name: &str, value: &Json, with: &mut impl FnMut(&str, &Json) -> Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(|item| rewrite(name, item, with)).collect(),
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), rewrite(name, value, with))).collect(),
        leaf => with(name, leaf),
    }
}
