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

/// The text of a file of the built-in data.
fn built_in(path: &str) -> String {
    let files = Files::built_in();
    let (_, content) = files.iter().find(|(known, _)| *known == path).unwrap();
    str::from_utf8(content).unwrap().to_owned()
}

/// The built-in data with other files beside or instead of its own.
fn with_files(changed: &[(&str, String)]) -> RateBook {
    let laid = |files: Files, (path, text): &(&str, String)| files.with(path, text.clone().into_bytes());
    let files = changed.iter().fold(Files::built_in(), laid);
    let text = manifest(&files, day("2026-11-21"), Some("altered")).unwrap();
    load(&files.with("manifest.toml", text.into_bytes())).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A text with one part of it put in place of another, which is there.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

const CATALOGUE: &str = "national/catalogue/2023-05-01.toml";

/// The built-in data with a second catalogue from 1 July 2025: gold at 2.5 % instead of 2.3 %, petroleum on land at 0.9 %
/// instead of 0.8 %; cement limestone is levied like iron.
fn two_catalogues() -> RateBook {
    let first = replaced(&built_in(CATALOGUE), "\"iron\"", "\"iron\", \"cement_limestone\"");
    let (before, from_gold_on) = first.split_once("number = 12\n").unwrap();
    let second = format!("{before}number = 12\n{}", from_gold_on.replacen("\"2.3\"", "\"2.5\"", 1))
        .replacen("effective_from = 2023-05-01", "effective_from = 2025-07-01", 1)
        .replacen("percent = \"0.8\", place = \"land\"", "percent = \"0.9\", place = \"land\"", 1);
    with_files(&[("national/catalogue/2025-07-01.toml", second)])
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
    let written = |value: Value| value.to_string();
    assert_eq!(written(Value::Number("0.125".parse().unwrap())), "0.125");
    assert_eq!(written(Value::Day(day("2024-02-29"))), "2024-02-29");
    assert_eq!(written(Value::Name("half_up")), "half_up");
    // Beyond four digits a year has a sign.
    assert_eq!(written(Value::Day(NaiveDate::from_ymd_opt(12_024, 2, 29).unwrap())), "+12024-02-29");
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

fn pointers(told: &Json) -> Vec<&str> {
    told["errors"].as_array().into_iter().flatten().map(|error| error["pointer"].as_str().unwrap()).collect()
}

fn warned(told: &Json) -> Vec<&str> {
    told["warnings"].as_array().into_iter().flatten().map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[test]
fn what_is_sold_after_the_catalogue_changed_is_levied_by_the_new_one() {
    let book = two_catalogues();
    // Outside the catalogue until June: what was sold then is levied by amount; of the year as a whole nothing can be said.
    let sold = |on: Option<&str>| {
        let mut line = json!({"mineral": "cement_limestone", "product": "concentrate", "revenue": "1000.00"});
        line["sold_on"] = json!(on);
        if on.is_none() {
            line.as_object_mut().unwrap().remove("sold_on");
        }
        asked(&book, Topic::AnnualIncome, &json!({"year": 2025, "transfer_mode": "agreement", "lines": [line]}))
    };
    assert_eq!(sold(Some("2025-07-01")).0, 200);
    let (status, told) = sold(Some("2025-06-30"));
    assert_eq!(
        (status, &told["code"], pointers(&told)),
        (422, &json!("levy_method_mismatch"), vec!["/lines/0/mineral"])
    );
    assert_eq!(pointers(&sold(None).1), ["/lines/0/sold_on"]);
}

#[test]
fn a_mineral_that_came_into_the_catalogue_has_no_rate_of_before() {
    let book = two_catalogues();
    let converted = |acquired: &str, mineral: &str| {
        let request = json!({"as_of": "2025-08-01", "event": "conversion", "right": "exploration", "acquired": acquired,
            "registered_minerals": [mineral], "contract_signed_on": "2024-01-01"});
        asked(&book, Topic::Assessment, &request)
    };
    let (status, told) = converted("competitive", "cement_limestone");
    assert_eq!((status, &told["code"]), (422, &json!("levy_method_mismatch")), "{told}");
    assert_eq!(pointers(&told), ["/registered_minerals/0"]);
    assert_eq!(converted("agreement", "cement_limestone").0, 200);
    // The rate is that of the transfer, or of the sale: as of the day asked for.
    assert_eq!(converted("competitive", "gold").1["obligations"][0]["rate_percent"], "2.3");
    assert_eq!(converted("agreement", "gold").1["obligations"][0]["rate_percent"], "2.5");
    let granted = |as_of: &str| {
        let request = json!({"as_of": as_of, "event": "grant", "right": "mining", "acquired": "agreement",
            "registered_minerals": ["gold"], "contract_signed_on": "2024-01-01", "values": {"starting_price": "1.00"}});
        asked(&book, Topic::Assessment, &request).1["obligations"][1]["rate_percent"].clone()
    };
    assert_eq!([granted("2024-01-01"), granted("2025-06-30"), granted("2025-07-01")], ["2.3", "2.3", "2.5"]);
}

#[test]
fn a_contract_rate_is_held_against_that_of_the_catalogue() {
    let book = crate::rate_data::book();
    let income = |percent: &str, basis: Option<&str>| {
        let mut line = json!({"mineral": "gold", "product": "concentrate", "revenue": "1000.00"});
        if let Some(basis) = basis {
            line["rate_basis"] = json!(basis);
        }
        let request = json!({"year": 2025, "transfer_mode": "competitive", "transfer_date": "2024-01-01",
            "contract_rate_percent": percent, "lines": [line]});
        asked(book, Topic::AnnualIncome, &request)
    };
    let differs = |told: &Json| warned(told).iter().filter(|code| **code == "contract_rate_differs").count();
    for (percent, basis, amount, remarks) in [
        ("2.3", None, "23.00", 0),
        ("3", None, "30.00", 1),
        ("3", Some("at_transfer"), "30.00", 1),
        // What was added later is not of the contract.
        ("3", Some("at_sale"), "23.00", 0),
    ] {
        let (_, told) = income(percent, basis);
        assert_eq!(told["result"]["income"], amount, "{percent} {basis:?}: {told}");
        let found = differs(&told);
        assert_eq!(found, remarks, "{percent} {basis:?}: {:?}", warned(&told));
    }
}

#[test]
fn a_province_narrows_the_bounds_of_instalments() {
    let national = built_in("national/instalment/2023-05-01.toml");
    let (head, rest) = national.split_once("[small_minimum_years]").unwrap();
    assert!(rest.contains("value = \"1\""));
    let narrowed = replaced(head, "value = \"10\"", "value = \"15\"");
    let book = with_files(&[
        ("national/instalment/2023-05-01.toml", head.to_owned()),
        ("provinces/370000/instalment/2024-01-01.toml", replaced(&narrowed, "2023-05-01", "2024-01-01")),
    ]);
    let planned = |province: Option<&str>, signed: &str, percent: &str, scale: &str| {
        let mut request = json!({"right": "mining", "signed_on": signed, "total": "100.00", "mine_scale": scale,
            "licence": {"from": signed, "to": "2044-01-01"},
            "plan": {"first_payment_percent": percent, "years": 10}});
        if let Some(province) = province {
            request["province"] = json!(province);
        }
        let (status, told) = asked(&book, Topic::Instalments, &request);
        let versions = told["rate_versions"].as_array().into_iter().flatten();
        let used = versions.filter(|version| version["id"].as_str().unwrap().starts_with("370000/instalment")).count();
        (status, used)
    };
    assert_eq!(planned(None, "2024-06-01", "14.999999", "small"), (200, 0));
    assert_eq!(planned(Some("610000"), "2024-06-01", "14.999999", "small"), (200, 0));
    assert_eq!(planned(Some("370000"), "2023-12-31", "14.999999", "small"), (200, 0));
    assert_eq!(planned(Some("370000"), "2024-01-01", "14.999999", "small").0, 422);
    assert_eq!(planned(Some("370000"), "2024-01-01", "15", "small"), (200, 1));
    // Where no minimum is set for small mines, the number of years has to be said.
    let open = |book: &RateBook| {
        let request = json!({"right": "mining", "signed_on": "2024-06-01", "total": "100.00", "mine_scale": "small",
            "licence": {"years": "20"}, "plan": {"first_payment_percent": "20"}});
        asked(book, Topic::Instalments, &request)
    };
    assert_eq!(open(crate::rate_data::book()).0, 200);
    let (status, told) = open(&book);
    assert_eq!((status, pointers(&told)), (422, vec!["/plan/years"]), "{told}");
}

#[test]
fn an_unconverted_right_has_faults_like_any_other() {
    let book = crate::rate_data::book();
    let asked_with = |changes: Json| {
        let mut request = json!({"right": "exploration", "signed_on": "2024-06-01", "total": "1000.00",
            "plan": {"first_payment_percent": "20"}, "notice_received_on": "2024-06-10"});
        request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        asked(book, Topic::Instalments, &request)
    };
    let (_, told) = asked_with(json!({}));
    assert_eq!(told["result"]["first_payment"]["amount"], "200.00", "{told}");
    assert_eq!(told["result"]["first_payment"]["due_date"], "2024-07-10");
    for (changes, pointer) in [
        (json!({"total": "0.00"}), "/total"),
        (json!({"plan": {"first_payment_percent": "9.999999"}}), "/plan/first_payment_percent"),
        (json!({"plan": {"first_payment_percent": "20.000001"}}), "/plan/first_payment_percent"),
        (json!({"plan": {"percentages": ["30", "70"]}}), "/plan/percentages/0"),
    ] {
        let (status, told) = asked_with(changes.clone());
        assert_eq!((status, pointers(&told)), (422, vec![pointer]), "{changes}");
    }
    for (plan, first, remainder) in [
        (json!({"lump_sum": true}), "1000.00", "none"),
        (json!({"percentages": ["100"]}), "1000.00", "none"),
        (json!({"first_payment_percent": "100"}), "1000.00", "none"),
        (json!({"percentages": ["15", "85"]}), "150.00", "on_conversion"),
        (json!({"first_payment_percent": "10"}), "100.00", "on_conversion"),
    ] {
        let (_, told) = asked_with(json!({"plan": plan}));
        assert_eq!(told["result"]["first_payment"]["amount"], first, "{plan}: {told}");
        assert_eq!(told["result"]["remainder"], remainder, "{plan}: {told}");
    }
}

#[test]
fn equal_parts_are_asked_of_large_and_medium_mines() {
    let book = crate::rate_data::book();
    let planned = |scale: &str, percentages: Json| {
        let request = json!({"right": "mining", "signed_on": "2024-06-01", "total": "100.00", "mine_scale": scale,
            "licence": {"years": "6"}, "plan": {"percentages": percentages}});
        let (status, told) = asked(book, Topic::Instalments, &request);
        assert_eq!(status, 200, "{told}");
        warned(&told).contains(&"unequal_instalments")
    };
    for (scale, asks) in [("large", true), ("medium", true), ("small", false)] {
        assert_eq!(planned(scale, json!(["20", "27", "27", "26"])), asks, "{scale}");
        assert!(!planned(scale, json!(["19", "27", "27", "27"])), "{scale}");
    }
}

const BENCHMARK: &str = "provinces/130000/benchmark-price/2024-06-30.toml";

#[test]
fn a_table_with_areas_and_no_other_areas_asks_for_one() {
    let table = built_in(BENCHMARK);
    let (head, rest) = table.split_once("[else_coefficient]").unwrap();
    let (_, rest) = rest.split_once("\n\n").unwrap();
    let without = with_files(&[(BENCHMARK, format!("{head}{rest}"))]);
    let value = |book: &RateBook, area: Option<&str>| {
        let mut item = json!({"mineral": "cement_limestone", "quantity": "100", "unit": "t"});
        if let Some(area) = area {
            item["area"] = json!(area);
        }
        asked(book, Topic::BenchmarkValue, &json!({"as_of": "2025-01-01", "province": "河北", "items": [item]}))
    };
    // 1.30 × 100 × 0.8.
    assert_eq!(value(&without, Some("张家口市张北县")).1["result"]["benchmark_value"], "104.00");
    for (area, code) in [(None, "parameter_unknown"), (Some("石家庄市"), "invalid_field")] {
        let (status, told) = value(&without, area);
        assert_eq!((status, &told["code"], pointers(&told)), (422, &json!(code), vec!["/items/0/area"]), "{told}");
        // With other areas in the table, theirs.
        assert_eq!(value(crate::rate_data::book(), area).1["result"]["benchmark_value"], "130.00");
    }
}

#[test]
fn a_mineral_with_several_prices_needs_its_class() {
    let book = crate::rate_data::book();
    let value = |changes: Json| {
        let mut item = json!({"mineral": "lead_zinc", "quantity": "10", "unit": "t"});
        item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        asked(book, Topic::BenchmarkValue, &json!({"as_of": "2024-01-01", "province": "重庆", "items": [item]}))
    };
    for (changes, code, pointer) in [
        (json!({}), "parameter_unknown", "/items/0/class"),
        (json!({"class": "pb"}), "invalid_field", "/items/0/class"),
        (json!({"class": "pb_zn_ge_20", "unit": "m3"}), "invalid_field", "/items/0/unit"),
    ] {
        let (status, told) = value(changes.clone());
        assert_eq!((status, &told["code"], pointers(&told)), (422, &json!(code), vec![pointer]), "{changes}");
    }
    // By its code or its name; a member of the group has the price of the group.
    for changes in [
        json!({"class": "pb_zn_10_to_20"}),
        json!({"class": "10 %≤（Pb+Zn）<20 %"}),
        json!({"class": "pb_zn_10_to_20", "mineral": "lead"}),
    ] {
        assert_eq!(value(changes.clone()).1["result"]["benchmark_value"], "155.00", "{changes}");
    }
}

#[test]
fn a_benchmark_table_is_old_after_three_years() {
    let book = crate::rate_data::book();
    // The table of Chongqing is of 20 February 2023.
    for (as_of, old) in [("2026-02-20", false), ("2026-02-21", true)] {
        let item = json!({"mineral": "bauxite", "quantity": "10", "unit": "t"});
        let request = json!({"as_of": as_of, "province": "重庆", "items": [item]});
        let (_, told) = asked(book, Topic::BenchmarkValue, &request);
        assert_eq!(warned(&told).contains(&"outdated"), old, "{as_of}: {told}");
    }
}

#[test]
fn a_price_by_temperature_needs_the_temperature() {
    let book = crate::rate_data::book();
    let income = |temperature: Option<Json>| {
        let mut line = json!({"mineral": "geothermal", "product": "raw_ore", "volume_m3": "100"});
        if let Some(temperature) = temperature {
            line["temperature_c"] = temperature;
        }
        let request = json!({"year": 2025, "transfer_mode": "agreement", "province": "浙江", "lines": [line]});
        asked(book, Topic::AnnualIncome, &request)
    };
    let (status, told) = income(None);
    assert_eq!(
        (status, &told["code"], pointers(&told)),
        (422, &json!("condition_missing"), vec!["/lines/0/temperature_c"])
    );
    assert_eq!(income(Some(json!("59.999999"))).1["result"]["lines"][0]["levy_revenue"], "3200.00");
    let (status, told) = income(Some(json!("60")));
    assert_eq!((status, pointers(&told)), (422, vec!["/lines/0/approved_price"]), "{told}");
    // A faulty one is said once.
    assert_eq!(pointers(&income(Some(json!("45.00000000001"))).1), ["/lines/0/temperature_c"]);
}

/// A projection of coal, sold for 1 000 000.00 in 2028, with changes.
fn projected(changes: &Json) -> (u16, Json) {
    let mut request = json!({"right": "mining", "acquired": "competitive", "contract_signed_on": "2027-03-10",
        "registered_minerals": ["coal"], "values": {"transaction_price": "1000000.00"},
        "notice_received_on": "2027-12-15",
        "sales": [{"mineral": "coal", "product": "raw_ore", "from_year": 2028, "to_year": 2028, "revenue": "1000000.00"}]});
    request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    asked(crate::rate_data::book(), Topic::Projections, &request)
}

fn sale(changes: &Json) -> Json {
    let mut line =
        json!({"mineral": "coal", "product": "raw_ore", "from_year": 2028, "to_year": 2028, "revenue": "1.00"});
    let fields = line.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    line
}

#[test]
fn a_projection_ends_a_hundred_years_after_the_contract() {
    let years = |from: i32, to: i32| projected(&json!({"sales": [sale(&json!({"from_year": from, "to_year": to}))]}));
    // The income of the last year of sales is due in the year after it: 2126 is the hundredth year.
    assert_eq!(years(2027, 2125).0, 200);
    let (_, told) = years(2027, 2125);
    assert_eq!(told["result"]["scenarios"][0]["years"].as_array().unwrap().len(), 100);
    let (status, told) = years(2027, 2126);
    assert_eq!((status, pointers(&told)), (422, vec!["/sales/0/to_year"]));
    assert!(told["errors"][0]["detail"].as_str().unwrap().contains("at most 2125"), "{told}");
    for from in [2026, 2127] {
        let (status, told) = years(from, from);
        assert_eq!((status, pointers(&told)), (422, vec!["/sales/0/from_year"]));
        assert!(told["errors"][0]["detail"].as_str().unwrap().contains("between 2027 and 2126"), "{told}");
    }
    assert_eq!(pointers(&years(2028, 2027).1), ["/sales/0/to_year"]);
}

#[test]
fn a_projection_has_limits_to_their_ends() {
    let many = |count: usize, to: i32| {
        let one = sale(&json!({"to_year": to}));
        projected(&json!({"sales": vec![one; count]}))
    };
    assert_eq!(many(20, 2028).0, 200);
    assert_eq!(pointers(&many(21, 2028).1), ["/sales"]);
    // 41 scenarios cannot be: 21 of 20 forecasts with ten years each are 4 200, with nine 3 780.
    let scenarios = |line: &Json, count: usize| {
        let variants: Vec<Json> = (0..count).map(|index| json!({"name": format!("{index}")})).collect();
        pointers(&projected(&json!({"sales": vec![line.clone(); 20], "scenarios": variants})).1)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let listed = |years: usize| sale(&json!({"to_year": null, "revenue": vec!["1.00"; years]}));
    assert_eq!(scenarios(&listed(10), 20), ["/sales"]);
    // 20 scenarios beside the first, with 200 years each: 4 200; 19 of them: 4 000.
    assert_eq!(scenarios(&sale(&json!({"to_year": 2037})), 20), ["/sales"]);
    assert_eq!(scenarios(&listed(1), 21), ["/scenarios"]);
    // The longest name has sixty signs.
    for (length, fits) in [(60, true), (61, false)] {
        let (status, _) = projected(&json!({"scenarios": [{"name": "名".repeat(length)}]}));
        assert_eq!(status == 200, fits, "{length}");
    }
}

#[test]
fn a_projection_discounts_by_at_most_one_hundred_percent() {
    for (percent, fits) in [("0", true), ("100", true), ("100.000001", false)] {
        let (status, told) = projected(&json!({"discount_percent": percent}));
        assert_eq!(status == 200, fits, "{percent}");
        if !fits {
            assert_eq!(pointers(&told), ["/discount_percent"]);
        }
    }
    // Paid in 2028, discounted to 2027 at 100 %: half of it.
    let (_, told) = projected(&json!({"discount_percent": "100"}));
    assert_eq!(told["result"]["scenarios"][0]["years"][0]["present_value"], "500000.0000000000");
    for (year, fits) in [(1927, true), (1926, false), (2127, false)] {
        let (_, told) = projected(&json!({"discount_percent": "1", "present_value_year": year}));
        assert_eq!(!pointers(&told).contains(&"/present_value_year"), fits, "{year}: {told}");
    }
}

#[test]
fn waters_are_projected_by_volume_and_price() {
    let waters = |price: Option<&str>| {
        let line = json!({"mineral": "geothermal", "product": "raw_ore", "from_year": 2028, "to_year": 2028,
            "output": "1000", "price": price, "revenue": null});
        projected(
            &json!({"registered_minerals": ["geothermal"], "province": "浙江", "temperature_c": "45", "sales": [sale(&line)]}),
        )
    };
    // At the price given, else at that of the province.
    for (price, revenue) in [(Some("40"), "40000.00"), (None, "32000.00")] {
        let (_, told) = waters(price);
        assert_eq!(told["result"]["scenarios"][0]["years"][0]["sales"], revenue, "{price:?}: {told}");
    }
}

#[test]
fn warnings_of_a_projection_name_its_forecasts() {
    let first = sale(&json!({}));
    let second = sale(&json!({"product": "concentrate", "conversion_coefficient": "0.9"}));
    for sales in [vec![second.clone()], vec![first, second]] {
        let last = sales.len() - 1;
        let (_, told) = projected(&json!({"sales": sales}));
        let texts: Vec<&str> =
            told["warnings"].as_array().unwrap().iter().map(|warning| warning["message"].as_str().unwrap()).collect();
        assert!(texts.iter().any(|text| text.contains(&format!("sales[{last}].conversion_coefficient"))), "{texts:?}");
        assert!(!texts.iter().any(|text| text.contains("lines[")), "{texts:?}");
    }
}

#[test]
fn faults_of_a_projection_stand_at_its_own_fields() {
    for (changes, wanted) in [
        (json!({"contract_rate_percent": "101"}), "/contract_rate_percent"),
        (json!({"temperature_c": "45.00000000001"}), "/temperature_c"),
        (json!({"values": {"transaction_price": "-1.00"}}), "/values/transaction_price"),
        (json!({"registered_minerals": ["无此矿"]}), "/registered_minerals/0"),
        (json!({"location": {"kind": "land", "province": "无此省"}}), "/location/province"),
        (json!({"province": "无此省"}), "/province"),
    ] {
        let (status, told) = projected(&changes);
        assert_eq!(status, 422, "{changes}");
        assert!(pointers(&told).contains(&wanted), "{changes}: {:?}", pointers(&told));
    }
}

#[test]
fn quotients_of_fractions_are_fractions() {
    let part = |of: i64| Exact::from(1).divided_by(of).unwrap();
    // (1/3) / (1/7) = 7/3, (1/3) / (-1/4) = -4/3, 1 / 0.05 = 20.
    assert_eq!(part(3).divided_by(part(7)).unwrap().to_string(), "7/3");
    assert_eq!(part(3).divided_by(part(-4)).unwrap().to_string(), "-4/3");
    let hundredths = Exact::from(Decimal::new(5, 2));
    assert_eq!(Exact::from(1).divided_by(&hundredths).unwrap(), Exact::from(20));
    assert_eq!(part(3).divided_by(&hundredths).unwrap(), Exact::from(20).divided_by(3).unwrap());
    assert_eq!(part(3).times(part(7)).to_string(), "1/21");
    assert!(part(3) > part(4) && part(-3) < part(-4));
}

#[test]
fn revenue_is_told_in_one_way_with_all_that_belongs_to_it() {
    let book = crate::rate_data::book();
    let income = |changes: Json| {
        let mut line = json!({"mineral": "coal", "product": "raw_ore"});
        line.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (_, told) =
            asked(book, Topic::AnnualIncome, &json!({"year": 2025, "transfer_mode": "agreement", "lines": [line]}));
        pointers(&told).into_iter().map(|pointer| pointer.trim_start_matches("/lines/0").to_owned()).collect::<Vec<_>>()
    };
    for sound in [
        json!({"revenue": "1.00"}),
        json!({"gross_revenue": "1.13", "vat_percent": "13"}),
        json!({"quantity": "1", "unit_price": "1"}),
    ] {
        assert_eq!(income(sound.clone()), [""; 0], "{sound}");
    }
    for (half, missing) in [
        (json!({"gross_revenue": "1.13"}), "/vat_percent"),
        (json!({"vat_percent": "13"}), "/gross_revenue"),
        (json!({"quantity": "1"}), "/unit_price"),
        (json!({"unit_price": "1"}), "/quantity"),
    ] {
        assert_eq!(income(half.clone()), [missing], "{half}");
        let mut two = half.clone();
        two["revenue"] = json!("1.00");
        assert_eq!(income(two).len(), 1, "{half} and revenue");
    }
    assert_eq!(income(json!({})).len(), 1);
}

#[test]
fn an_approved_price_may_begin_at_a_temperature() {
    let path = "provinces/330000/approved-price/2024-12-13.toml";
    let table = built_in(path);
    let (_, row) = table.split_once("[[price]]").unwrap();
    let hotter = replaced(&replaced(row, "lt = \"60\"", "ge = \"60\", lt = \"90\""), "\"32\"", "\"50\"");
    let book = with_files(&[(path, format!("{table}\n[[price]]{hotter}"))]);
    let revenue = |temperature: &str| {
        let line =
            json!({"mineral": "geothermal", "product": "raw_ore", "volume_m3": "1", "temperature_c": temperature});
        let request = json!({"year": 2025, "transfer_mode": "agreement", "province": "浙江", "lines": [line]});
        asked(&book, Topic::AnnualIncome, &request).1["result"]["lines"][0]["levy_revenue"].clone()
    };
    assert_eq!(["59.999999", "60", "89.999999"].map(revenue), ["32.00", "50.00", "50.00"]);
    assert_eq!(revenue("90"), Json::Null);
}

#[test]
fn only_a_whole_set_of_supplied_parameters_stands_for_the_tables() {
    let book = crate::rate_data::book();
    let price = |geology: Option<&str>, stage: Option<&str>| {
        let mut request = json!({"as_of": "2024-06-01", "right": "exploration", "mineral": "cement_limestone",
            "area_km2": "1", "stage": "general", "geology": "simple", "parameters": {"standard_wan_per_km2": "2"}});
        for (field, value) in [("geology_coefficient", geology), ("stage_coefficient", stage)] {
            if let Some(value) = value {
                request["parameters"][field] = json!(value);
            }
        }
        let (status, told) = asked(book, Topic::StartingPrice, &request);
        (status, told["code"].as_str().map(str::to_owned))
    };
    assert_eq!(price(Some("1"), Some("1")).0, 200);
    for half in [(Some("1"), None), (None, Some("1")), (None, None)] {
        assert_eq!(price(half.0, half.1), (422, Some("levy_method_mismatch".to_owned())), "{half:?}");
    }
}

#[test]
fn an_assessment_says_by_when_and_on_what_grounds() {
    let book = crate::rate_data::book();
    let assessed = |changes: Json| {
        let mut request = json!({"as_of": "2024-06-01", "event": "conversion", "right": "exploration",
            "registered_minerals": ["gold"]});
        request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        asked(book, Topic::Assessment, &request)
    };
    // Of a conversion by agreement the day of the contract decides whether the old one goes on.
    let texts = |told: &Json| {
        let warnings = told["warnings"].as_array().into_iter().flatten();
        warnings.filter(|warning| warning["message"].as_str().unwrap().contains("(T1)")).count()
    };
    for (changes, told) in [
        (json!({"acquired": "agreement"}), 1),
        (json!({"acquired": "agreement", "contract_signed_on": "2024-01-01"}), 0),
        (json!({"acquired": "competitive", "contract_signed_on": "2024-01-01"}), 0),
    ] {
        let (_, answer) = assessed(changes.clone());
        assert_eq!(texts(&answer), told, "{changes}: {answer}");
    }
    // Of sales in arrears one sum is due by a notice, what is sold from now on by the end of February.
    let (_, told) = assessed(json!({"event": "transition", "right": "mining", "acquired": "first_come"}));
    let due: Vec<&Json> = told["obligations"].as_array().into_iter().flatten().map(|it| &it["due"]).collect();
    assert_eq!(due, ["payment_notice", "end_of_february"], "{told}");
}

#[test]
fn a_place_of_the_annual_part_is_looked_at_by_its_own_name() {
    let nowhere = json!({"kind": "land", "province": "无此省"});
    let (_, told) = projected(&json!({"annual_location": nowhere}));
    assert_eq!(pointers(&told), ["/annual_location/province"]);
    let (_, told) = projected(&json!({"location": nowhere}));
    assert_eq!(pointers(&told), ["/location/province"]);
}

#[test]
fn a_forecast_needs_revenue_or_output() {
    let told = |changes: Json| {
        let (_, told) = projected(&json!({"sales": [sale(&changes)]}));
        pointers(&told).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(json!({"revenue": null})), ["/sales/0"]);
    let (_, nothing) = projected(&json!({"sales": [sale(&json!({"revenue": null}))]}));
    assert_eq!(nothing["errors"][0]["detail"], "give revenue, or output with price");
    assert_eq!(told(json!({"output": "1", "price": "1"})), ["/sales/0/output"]);
    assert_eq!(told(json!({"price": "1"})), ["/sales/0/price", "/sales/0/output"]);
    assert_eq!(told(json!({"revenue": null, "output": "1"})), ["/sales/0/price"]);
    assert_eq!(told(json!({"revenue": null, "output": "1", "price": "1"})), [""; 0]);
    assert_eq!(told(json!({"to_year": null})), ["/sales/0/to_year"]);
    assert_eq!(told(json!({"to_year": null, "revenue": ["1.00", "2.00"]})), [""; 0]);
    assert_eq!(told(json!({"revenue": ["1.00", "2.00"]})), ["/sales/0/revenue"]);
}

#[test]
fn divisions_have_their_names() {
    let book = crate::rate_data::book();
    let shandong = book.divisions.find("370000").unwrap();
    assert_eq!((shandong.name_zh(), shandong.en.as_str()), ("山东省", "Shandong"));
    assert_eq!(book.divisions.find("山东").map(|it| &*it.code), Some("370000"));
}

#[test]
fn every_code_is_what_it_was() {
    use lode::domain::catalogue::LevyObject;
    use lode::domain::explain::WarningCode;
    use lode::domain::place::Place;
    use lode::domain::rounding::PriceRounding;

    assert_eq!([Place::Land, Place::Sea].map(Place::code), ["land", "sea"]);
    let objects = [LevyObject::RawOre, LevyObject::Concentrate, LevyObject::NotStated];
    assert_eq!(objects.map(LevyObject::code), ["raw_ore", "concentrate", "not_stated"]);
    let roundings = ["fen", "yuan", "wan_up", "wan_half_up", "hundred_yuan_half_up"];
    assert_eq!(PriceRounding::ALL.map(PriceRounding::code), roundings);
    assert_eq!(roundings.map(PriceRounding::from_code), PriceRounding::ALL.map(Some));
    assert_eq!(PriceRounding::from_code("wan"), None);
    let provenances = [Provenance::Verbatim, Provenance::Reported, Provenance::Inferred, Provenance::Caller];
    assert_eq!(provenances.map(Provenance::code), ["verbatim", "reported", "inferred", "caller"]);
    let warnings = [
        (WarningCode::Provenance, "provenance"),
        (WarningCode::Reading, "reading"),
        (WarningCode::NotStatedLevyObject, "not_stated_levy_object"),
        (WarningCode::ReserveBelowStarting, "reserve_below_starting"),
        (WarningCode::BoundViolated, "bound_violated"),
        (WarningCode::Assumed, "assumed"),
        (WarningCode::NotUsed, "not_used"),
        (WarningCode::ContractRateDiffers, "contract_rate_differs"),
        (WarningCode::LocalPartUndivided, "local_part_undivided"),
        (WarningCode::Outdated, "outdated"),
        (WarningCode::MinedWithoutPayment, "mined_without_payment"),
        (WarningCode::TenderBelowFloor, "tender_below_floor"),
        (WarningCode::UnequalInstalments, "unequal_instalments"),
        (WarningCode::Approximation, "approximation"),
    ];
    for (code, text) in warnings {
        assert_eq!(code.as_str(), text);
    }
}

#[test]
fn a_due_date_by_the_calendar_says_where_the_calendar_is_from() {
    let book = crate::rate_data::book();
    let warned_of = |shift: bool| {
        let request = json!({"year": 2024, "transfer_mode": "agreement", "holiday_shift": shift,
            "lines": [{"mineral": "gold", "product": "concentrate", "revenue": "1.00"}]});
        let (_, told) = asked(book, Topic::AnnualIncome, &request);
        let warnings = told["warnings"].as_array().into_iter().flatten();
        warnings
            .filter(|it| it["message"].as_str().unwrap().contains("the data of holidays/2025-01-01 are reported"))
            .count()
    };
    assert_eq!([warned_of(true), warned_of(false)], [1, 0]);
}

#[test]
fn a_plan_has_at_most_a_thousand_parts() {
    let book = crate::rate_data::book();
    let planned = |parts: usize| {
        let request = json!({"right": "mining", "signed_on": "2024-06-01", "total": "100.00", "mine_scale": "small",
            "licence": {"years": "2000"}, "enforce": false, "plan": {"percentages": vec!["0.1"; parts]}});
        asked(book, Topic::Instalments, &request)
    };
    let (status, told) = planned(1000);
    assert_eq!(status, 200, "{told}");
    assert_eq!(pointers(&planned(1001).1), ["/plan/percentages"]);
}

#[test]
fn the_year_of_the_present_value_is_within_a_century() {
    let in_year = |year: i64| pointers(&projected(&json!({"present_value_year": year})).1).len();
    assert_eq!([1926, 1927, 2127, 2128].map(in_year), [1, 0, 0, 1]);
    assert_eq!([i64::from(i32::MAX), i64::MIN].map(in_year), [1, 1]);
}

#[test]
fn a_projection_says_which_rules_have_no_end() {
    let told_by = |book: &RateBook| {
        let request = json!({"right": "mining", "acquired": "agreement", "contract_signed_on": "2027-03-10",
            "registered_minerals": ["gold"], "values": {"starting_price": "1000000.00"},
            "sales": [{"mineral": "gold", "product": "concentrate", "from_year": 2028, "to_year": 2028, "revenue": "1.00"}]});
        let (_, told) = asked(book, Topic::Projections, &request);
        let warnings = told["warnings"].as_array().unwrap().iter();
        let texts: Vec<String> = warnings.map(|it| it["message"].as_str().unwrap().to_owned()).collect();
        texts.into_iter().find(|text| text.starts_with("projected to 2029:")).unwrap()
    };
    let one = told_by(crate::rate_data::book());
    assert!(one.contains("catalogue/2023-05-01") && one.contains("have no end"), "{one}");
    // One that a later version follows is none of them.
    let two = told_by(&two_catalogues());
    assert!(two.contains("catalogue/2025-07-01") && !two.contains("catalogue/2023-05-01"), "{two}");
}

#[test]
fn a_projection_of_four_thousand_years_is_none_too_long() {
    let with = |to: i32| {
        let variants: Vec<Json> = (0..19).map(|index| json!({"name": format!("{index}")})).collect();
        let sales = vec![sale(&json!({"to_year": to})); 20];
        // A place that nobody knows ends it before anything is computed.
        let (_, told) = projected(&json!({"sales": sales, "scenarios": variants, "province": "无此省"}));
        pointers(&told).contains(&"/sales")
    };
    // 20 scenarios of 20 forecasts: ten years each, and eleven.
    assert_eq!([with(2037), with(2038)], [false, true]);
}

#[test]
fn an_assessment_of_a_cancelled_right_says_what_it_took_for_granted() {
    let book = crate::rate_data::book();
    let cancelled = |changes: Json| {
        let mut request = json!({"as_of": "2024-06-01", "event": "cancellation", "right": "mining",
            "registered_minerals": ["cement_limestone"]});
        request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, told) = asked(book, Topic::Assessment, &request);
        assert_eq!(status, 200, "{told}");
        let warnings = told["warnings"].as_array().into_iter().flatten();
        warnings
            .filter(|it| it["message"].as_str().unwrap().contains("levy_form and contract_signed_on were left out"))
            .count()
    };
    for (changes, told) in [
        (json!({}), 1),
        (json!({"levy_form": "amount"}), 0),
        (json!({"contract_signed_on": "2024-01-01"}), 0),
        (json!({"levy_form": "amount", "contract_signed_on": "2024-01-01"}), 0),
    ] {
        assert_eq!(cancelled(changes.clone()), told, "{changes}");
    }
    // The rule on force majeure ends on 25 July 2028.
    let withdrawn = |as_of: &str| {
        let request = json!({"as_of": as_of, "event": "withdrawal", "right": "mining", "registered_minerals": ["cement_limestone"]});
        asked(book, Topic::Assessment, &request).1["obligations"][0]["law"]["instrument"].clone()
    };
    assert_eq!(["2028-07-25", "2028-07-26"].map(withdrawn), ["zrzg-2023-6", "cz-2023-10"]);
}

#[test]
fn the_reserves_of_old_rights_are_of_a_day_before_the_measures() {
    let book = crate::rate_data::book();
    let based = |on: &str| {
        let request = json!({"as_of": "2024-06-01", "event": "transition", "right": "mining", "acquired": "free",
            "registered_minerals": ["cement_limestone"], "reserve_base_date": on});
        pointers(&asked(book, Topic::Assessment, &request).1).contains(&"/reserve_base_date")
    };
    assert_eq!(["2023-04-30", "2023-05-01"].map(based), [false, true]);
}

#[test]
fn without_any_catalogue_a_mineral_has_its_name_all_the_same() {
    let book = RateBook { catalogue: Default::default(), ..crate::rate_data::book().clone() };
    let item = json!({"mineral": "cement_limestone", "quantity": "100", "unit_price": "1.3"});
    let (status, told) = asked(&book, Topic::BenchmarkValue, &json!({"as_of": "2025-01-01", "items": [item]}));
    assert_eq!((status, &told["result"]["benchmark_value"]), (200, &json!("130.00")), "{told}");
}

#[test]
fn a_nought_stands_for_what_is_passed_over_and_nothing_else() {
    for (yuan, written) in [
        (110, "壹佰壹拾元整"),
        (1_100, "壹仟壹佰元整"),
        (1_010, "壹仟零壹拾元整"),
        (11_000, "壹万壹仟元整"),
        (10_100, "壹万零壹佰元整"),
        (110_000_000, "壹亿壹仟万元整"),
        (101_000_000, "壹亿零壹佰万元整"),
    ] {
        assert_eq!(lode::domain::capitals::in_capitals(Yuan::from_fen(yuan * 100).unwrap()), written);
    }
}

#[test]
fn values_that_have_no_part_in_a_price_are_said_to_have_none() {
    let book = crate::rate_data::book();
    let told = |field: Option<&str>| {
        let mut request = json!({"as_of": "2024-06-01", "mineral": "gold", "right": "exploration", "geology": "medium",
            "stage": "general", "area_km2": "1"});
        if let Some(field) = field {
            request[field] = json!("1.00");
        }
        let (status, answer) = asked(book, Topic::StartingPrice, &request);
        assert_eq!(status, 200, "{answer}");
        warned(&answer).iter().filter(|code| **code == "not_used").count()
    };
    assert_eq!([None, Some("appraised_value"), Some("benchmark_value")].map(told), [0, 1, 1]);
}

#[test]
fn a_rate_is_taken_for_granted_where_the_grant_is_not_told() {
    let book = crate::rate_data::book();
    let remarks = |changes: Json| {
        let mut request = json!({"as_of": "2024-06-01", "event": "oil_gas_producing", "right": "exploration",
            "registered_minerals": ["shale_gas"], "place": "land"});
        request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, told) = asked(book, Topic::Assessment, &request);
        assert_eq!(status, 200, "{told}");
        let said = |part: &str| {
            let warnings = told["warnings"].as_array().into_iter().flatten();
            warnings.filter(|it| it["message"].as_str().unwrap().contains(part)).count()
        };
        [said("acquired or contract_signed_on was left out"), said("(T1)")]
    };
    for (changes, wanted) in [
        (json!({}), [1, 0]),
        (json!({"contract_signed_on": "2024-01-01"}), [1, 0]),
        (json!({"acquired": "competitive"}), [1, 0]),
        (json!({"acquired": "competitive", "contract_signed_on": "2024-01-01"}), [0, 0]),
        // What is granted by agreement has the rate of the sale, whenever it was signed.
        (json!({"acquired": "agreement"}), [0, 0]),
        (json!({"acquired": "agreement", "contract_signed_on": "2024-01-01"}), [0, 0]),
    ] {
        assert_eq!(remarks(changes.clone()), wanted, "{changes}");
    }
}

#[test]
fn what_is_missing_is_named_with_the_rows_that_hang_on_it() {
    let book = crate::rate_data::book();
    let missing = |request: Json| {
        let (status, told) = asked(book, Topic::Assessment, &request);
        assert_eq!((status, &told["code"]), (422, &json!("parameter_unknown")), "{told}");
        told["errors"][0]["detail"].as_str().unwrap().to_owned()
    };
    let grant = json!({"as_of": "2024-06-01", "event": "grant", "right": "mining", "registered_minerals": ["gold"]});
    assert_eq!(missing(grant), "give acquired: it decides whether G1, G2 applies");
    let stage = json!({"as_of": "2026-06-29", "event": "grant", "right": "mining", "registered_minerals": ["gold"],
        "acquired": "agreement", "state_funded_exploration": true});
    assert_eq!(missing(stage), "give stage_completed: it decides whether G2, G3 applies");
}
