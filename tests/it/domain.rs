//! What of the rules no request over the built-in data reaches: a second catalogue, faulty data, values that only other
//! code could ask for.

use chrono::NaiveDate;
use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic, answer};
use lode::domain::allocate::{AllocateError, allocate};
use lode::domain::books::content::{Content, Damaged, Kept};
use lode::domain::context::Detail;
use lode::domain::exact::Exact;
use lode::domain::explain::Value;
use lode::domain::law::InEnglish;
use lode::domain::mineral::{Mineral, Minerals};
use lode::domain::money::Yuan;
use lode::domain::place::{Division, Divisions};
use lode::domain::rate_book::{Provenance, RateBook};
use lode::domain::rate_change::Subject;
use lode::rates::{Files, load, manifest};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The built-in data with a second catalogue from 1 July 2025: gold at 2.5 % instead of 2.3 %, petroleum on land at 0.9 %
/// instead of 0.8 %.
fn two_catalogues() -> RateBook {
    let files = Files::built_in();
    let (_, first) = files.iter().find(|(path, _)| *path == "national/catalogue/2023-05-01.toml").unwrap();
    let first = str::from_utf8(first).unwrap();
    let (before, from_gold_on) = first.split_once("number = 12\n").unwrap();
    let second = format!("{before}number = 12\n{}", from_gold_on.replacen("\"2.3\"", "\"2.5\"", 1))
        .replacen("effective_from = 2023-05-01", "effective_from = 2025-07-01", 1)
        .replacen("percent = \"0.8\", place = \"land\"", "percent = \"0.9\", place = \"land\"", 1);
    let files = files.with("national/catalogue/2025-07-01.toml", second.into_bytes());
    let text = manifest(&files, day("2026-11-21"), Some("two-catalogues")).unwrap();
    load(&files.with("manifest.toml", text.into_bytes())).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn asked(book: &RateBook, topic: Topic, request: &Json) -> (u16, Json) {
    let call =
        Call { book, lang: Lang::En, detail: Detail::Steps, explain: Explain::Applied, request_id: "second-catalogue" };
    let reply = answer(topic, request.to_string().as_bytes(), call);
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

#[test]
fn a_year_in_which_the_rate_changes_asks_for_the_day_of_sale() {
    let book = two_catalogues();
    let request = |line: Json| {
        let mut whole = json!({"year": 2025, "transfer_mode": "agreement", "lines": [
            {"mineral": "gold", "product": "concentrate", "revenue": "1000.00"}]});
        whole["lines"][0].as_object_mut().unwrap().extend(line.as_object().unwrap().clone());
        whole
    };
    let (status, told) = asked(&book, Topic::AnnualIncome, &request(json!({})));
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/lines/0/sold_on")), "{told}");
    assert_eq!(told["code"], "condition_missing");
    // 1 000 × 2.3 % and 1 000 × 2.5 %.
    for (sold, income) in [("2025-06-30", "23.00"), ("2025-07-01", "25.00")] {
        let (_, told) = asked(&book, Topic::AnnualIncome, &request(json!({"sold_on": sold})));
        assert_eq!(told["result"]["income"], income, "{sold}: {told}");
    }
    // The rate of silver, which stands in the same row, changed too; that of copper did not.
    let (status, _) = asked(&book, Topic::AnnualIncome, &request(json!({"mineral": "copper"})));
    assert_eq!(status, 200);
    // A contract of the first catalogue keeps its rate.
    let mut kept = request(json!({}));
    kept["transfer_mode"] = json!("competitive");
    kept["transfer_date"] = json!("2025-06-30");
    assert_eq!(asked(&book, Topic::AnnualIncome, &kept).1["result"]["income"], "23.00");
}

#[test]
fn lines_are_combined_at_one_rate() {
    let book = two_catalogues();
    let request = |days: [&str; 2]| {
        let line = |mineral: &str, day: &str| json!({"mineral": mineral, "product": "raw_ore", "revenue": "100.00", "place": "land", "sold_on": day});
        json!({"year": 2025, "transfer_mode": "agreement", "combine_as": "petroleum",
            "lines": [line("petroleum", days[0]), line("natural_gas", days[1])]})
    };
    let (status, told) = asked(&book, Topic::AnnualIncome, &request(["2025-06-30", "2025-07-01"]));
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/lines/1/sold_on")), "{told}");
    // 200 × 0.8 % and 200 × 0.9 %.
    for (sold, income) in [("2025-06-30", "1.60"), ("2025-07-01", "1.80")] {
        assert_eq!(asked(&book, Topic::AnnualIncome, &request([sold, sold])).1["result"]["income"], income);
    }
}

#[test]
fn nothing_is_allocated_by_no_weight() {
    let (yuan, weights) = (Yuan::from_fen(1).unwrap(), [Decimal::ONE, -Decimal::ONE]);
    assert_eq!(allocate(Yuan::from_fen(-1).unwrap(), &[Decimal::ONE]), Err(AllocateError::NegativeTotal));
    assert_eq!(allocate(yuan, &weights), Err(AllocateError::NegativeWeight));
    assert_eq!(allocate(yuan, &[Decimal::ZERO]), Err(AllocateError::NoWeight));
    assert_eq!(allocate(yuan, &[]), Err(AllocateError::NoWeight));
    // A zero with a sign is a zero.
    assert_eq!(allocate(yuan, &[Decimal::ONE, -Decimal::ZERO]), Ok(vec![yuan, Yuan::ZERO]));
}

#[test]
fn fractions_stay_exact() {
    let part = |of: i64| Exact::from(1).divided_by(of).unwrap();
    // 1/3 + 1/7 = 10/21, 1/4 + 1/8 = 0.375.
    assert_eq!(part(3).plus(part(7)).to_string(), "10/21");
    assert_eq!(part(4).plus(part(8)).to_string(), "0.375");
    assert_eq!(part(3).minus(part(7)).to_string(), "4/21");
    assert_eq!(part(3).plus(part(7)), Exact::from(10).divided_by(21).unwrap());
    assert!(Exact::from(1).divided_by(0).is_none());
}

#[test]
fn values_are_written_as_formulas_have_them() {
    let list = [1, 250].map(|fen| Value::Money(Yuan::from_fen(fen).unwrap()));
    assert_eq!(Value::List(list.to_vec()).to_string(), "[0.01, 2.50]");
    assert_eq!(Value::List(Vec::new()).to_string(), "[]");
}

#[test]
fn a_name_is_claimed_once() {
    let mineral = |code: &str, zh: &str, en: &str| Mineral {
        code: code.to_owned(),
        zh: vec![zh.to_owned()],
        en: en.to_owned(),
        members: Vec::new(),
    };
    assert!(Minerals::new(vec![mineral("gold", "金", "Gold"), mineral("silver", "银", "Silver")]).is_ok());
    let taken = Minerals::new(vec![mineral("gold", "金", "Gold"), mineral("aurum", "金", "Aurum")]).unwrap_err();
    assert_eq!(taken.len(), 1);
    assert_eq!((&*taken[0].name, &*taken[0].first, &*taken[0].second), ("金", "gold", "aurum"));
    let division = |code: &str| Division {
        code: code.to_owned(),
        zh: vec!["山东".to_owned()],
        en: "Shandong".to_owned(),
        parent: None,
    };
    assert_eq!(Divisions::new(vec![division("370000"), division("380000")]).unwrap_err(), ["山东"]);
}

#[test]
fn the_subject_of_a_province_names_it() {
    let (national, provincial) = (Subject::parse("late-fee"), Subject::parse("370000/split-scheme"));
    assert_eq!((national.division, national.topic), (None, "late-fee"));
    assert_eq!((provincial.division, provincial.topic), (Some("370000"), "split-scheme"));
}

#[test]
fn what_was_kept_as_something_else_is_damaged() {
    let (text, list) = (Content::Text("a".to_owned()), Content::List(Vec::new()));
    assert_eq!(text.text(), Ok("a"));
    assert_eq!(list.text(), Err(Damaged));
    assert_eq!(text.object(), Err(Damaged));
    assert_eq!(String::restore(&list), Err(Damaged));
    assert_eq!(Vec::<String>::restore(&text), Err(Damaged));
    assert_eq!(i64::restore(&text), Err(Damaged));
}

#[test]
fn codes_and_articles_of_other_forms_stand_as_they_are() {
    assert_eq!(Provenance::Caller.code(), "caller");
    assert_eq!(InEnglish("（某某）").to_string(), "（某某）");
    assert_eq!(InEnglish("（二十）").to_string(), "item (20)");
}
