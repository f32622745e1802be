//! A candidate dataset with one changed rate: the difference names it, a portfolio moves where it has to, to the fen, and
//! nowhere else. And what comparisons refuse.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fs, str};

use chrono::NaiveDate;
use lode::api::datasets::OtherDataset;
use lode::api::http::{Asker, submit};
use lode::api::impact::{MOST_REQUESTS, PORTFOLIO_LIMIT};
use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::rate_words;
use lode::api::reply::Reply;
use lode::api::routes::{self, Action};
use lode::api::service::Service;
use lode::api::topic::{Call, Topic, answer};
use lode::domain::context::Detail;
use lode::domain::rate_book::RateBook;
use lode::domain::rate_change::{Subject, between, between_days};
use lode::rates::{Files, load, load_release, manifest, release_files, releases};
use num_bigint::BigInt;
use num_rational::BigRational;
use serde_json::{Value as Json, json};

use crate::golden::golden;
use crate::rate_data::book;
use crate::service::{Process, lode, shared};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A file of the built-in data.
fn text_of(path: &str) -> String {
    let files = Files::built_in();
    let (_, content) = files.iter().find(|(known, _)| *known == path).unwrap();
    str::from_utf8(content).unwrap().to_owned()
}

/// The built-in data with one text in the place of another in one file, under a name of its own.
fn changed(id: &str, path: &str, from: &str, to: &str) -> Files {
    let text = text_of(path);
    assert_eq!(text.matches(from).count(), 1, "{path}: {from}");
    named(Files::built_in().with(path, text.replace(from, to).into_bytes()), id)
}

fn named(files: Files, id: &str) -> Files {
    let text = manifest(&files, day("2026-11-21"), Some(id)).unwrap();
    files.with("manifest.toml", text.into_bytes())
}

/// The rate of gold, silver and the platinum group (row 12): 2.5 % in the place of 2.3 %.
fn gold_files() -> Files {
    let row = "number = 12\n";
    let path = "national/catalogue/2023-05-01.toml";
    let text = text_of(path);
    let (before, after) = text.split_once(row).expect("the row begins with its number");
    let after = after.replacen("\"2.3\"", "\"2.5\"", 1);
    named(Files::built_in().with(path, format!("{before}{row}{after}").into_bytes()), "candidate-gold")
}

fn candidate() -> &'static RateBook {
    static BOOK: OnceLock<RateBook> = OnceLock::new();
    BOOK.get_or_init(|| load(&gold_files()).unwrap_or_else(|problems| panic!("{problems:?}")))
}

/// A service over the built-in data with the candidate beside it.
fn service() -> &'static Arc<Service> {
    static SERVICE: OnceLock<Arc<Service>> = OnceLock::new();
    SERVICE.get_or_init(|| {
        let mut others = lode::cli::released();
        others.push(OtherDataset::candidate(load(&gold_files()).unwrap()));
        Arc::new(Service::with_datasets(load(&Files::built_in()).unwrap(), others).unwrap())
    })
}

fn submitted(service: &Service, pattern: &str, body: &Json) -> Reply {
    let route = routes::all().into_iter().find(|route| route.pattern == pattern).unwrap();
    let Action::Submit(posted) = route.action else { panic!("{pattern} takes no body") };
    submit(service, posted, body.to_string().as_bytes(), "", Asker { request_id: "test-0001", lang: Lang::Zh })
}

fn impact(body: &Json) -> Json {
    let reply = submitted(service(), "/v1/impact", body);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

/// A single calculation.
fn single(book: &RateBook, topic: Topic, request: &Json) -> Reply {
    let call = Call { book, lang: Lang::Zh, detail: Detail::Steps, explain: Explain::Applied, request_id: "test-0001" };
    answer(topic, request.to_string().as_bytes(), call)
}

/// The values of a result by their pointers.
fn values(answer: &Json) -> BTreeMap<String, Json> {
    fn collect(value: &Json, pointer: &str, into: &mut BTreeMap<String, Json>) {
        match value {
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| collect(item, &format!("{pointer}/{index}"), into));
            }
            Json::Object(fields) => {
                fields.iter().for_each(|(name, field)| collect(field, &format!("{pointer}/{name}"), into));
            }
            leaf => {
                into.insert(pointer.to_owned(), leaf.clone());
            }
        }
    }
    let mut values = BTreeMap::new();
    for name in ["result", "obligations"] {
        if let Some(part) = answer.get(name) {
            collect(part, &format!("/{name}"), &mut values);
        }
    }
    values
}

fn number(text: &Json) -> BigRational {
    let text = text.as_str().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().unwrap();
    BigRational::new(digits, BigInt::from(10).pow(u32::try_from(fraction.len()).unwrap()))
}

/// Yuan as whole fen.
fn fen(text: &Json) -> i128 {
    let fen = number(text) * BigRational::from_integer(BigInt::from(100));
    assert!(fen.is_integer(), "{text}");
    i128::try_from(fen.to_integer()).unwrap()
}

/// `round2(fen × tenths of a percent ÷ 1000)` by hand, half up.
fn income_in_fen(revenue: i128, tenths_of_percent: i128) -> i128 {
    (2 * revenue * tenths_of_percent + 1000) / 2000
}

fn yuan(fen: i128) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[test]
fn the_difference_names_the_one_rate_that_changed_and_nothing_else() {
    let changes = between(book(), candidate(), None);
    let [change] = changes.as_slice() else { panic!("{changes:#?}") };
    assert_eq!(change.subject, Subject { division: None, topic: "catalogue" });
    assert_eq!(change.name, "row.12.rates.0.percent");
    assert_eq!(change.before.unwrap().listed.value, "2.3");
    assert_eq!(change.after.unwrap().listed.value, "2.5");
    assert_eq!((change.effective_from, change.effective_until), (day("2023-05-01"), None));

    let route = routes::all().into_iter().find(|route| route.pattern == "/v1/rate-versions/diff").unwrap();
    let Action::Read(read) = route.action else { panic!("the difference is read") };
    let text = |lang: &str| {
        let asker = Asker { request_id: "test-0001", lang: Lang::Zh };
        let query = format!("to_dataset=candidate-gold{lang}");
        let reply =
            lode::api::http::ask(service(), &route, read, route.pattern, &query, asker, &lode::api::access::NOBODY);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        serde_json::from_slice::<Json>(&reply.body).unwrap()
    };
    let (zh, en) = (text(""), text("&lang=en"));
    assert_eq!(zh["changes"].as_array().unwrap().len(), 1);
    assert_eq!(
        zh["changes"][0]["text"],
        "矿种目录·第12行收益率：自 2023-05-01 起由 2.3% 改为 2.5%（财综〔2023〕10号 附件第12行）"
    );
    assert_eq!(
        en["changes"][0]["text"],
        "catalogue of minerals, rate of row 12: from 2023-05-01 changes from 2.3% to 2.5% (Cai Zong [2023] No. 10 annex row 12)"
    );
    assert_eq!(zh["versions"], json!([{"id": "catalogue/2023-05-01", "kind": "changed"}]));
    assert_eq!(zh["registers"], json!([]));
    assert_eq!(
        (&zh["from_dataset"]["id"], &zh["to_dataset"]["id"]),
        (&json!(book().dataset_id), &json!("candidate-gold"))
    );
}

/// A thousand requests: half of them sales whose income is worked out here by hand, half of every topic as it comes.
#[test]
fn the_impact_on_a_thousand_requests_is_right_in_every_figure() {
    // Mineral, what the rate is in tenths of a percent before, and after. By RULES 2, row 12 is gold.
    let rates = [("gold", 23, 25), ("silver", 23, 25), ("copper", 12, 12), ("tungsten", 23, 23), ("coal", 24, 24)];
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for index in 0..500_u64 {
        let (mineral, before, after) = rates[usize::try_from(index).unwrap() % rates.len()];
        // Any number of fen from a few to some billions of yuan.
        let revenue = i128::from(index.wrapping_mul(6_364_136_223_846_793_005) >> (20 + index % 24)) + 1;
        let product = if mineral == "coal" { "raw_ore" } else { "concentrate" };
        let line = json!({"mineral": mineral, "product": product, "revenue": yuan(revenue)});
        let year = 2024 + index % 7;
        requests.push(json!({"id": format!("hand-{index}"), "topic": "annual-income", "request": {
            "year": year, "transfer_mode": "agreement", "lines": [line]}}));
        expected.push((income_in_fen(revenue, before), income_in_fen(revenue, after)));
    }
    for golden in golden(&book().dataset_id).into_iter().skip(1).step_by(2) {
        requests.push(json!({"topic": golden.topic.slug(), "request": golden.request}));
    }
    assert_eq!(requests.len(), 1000);

    let answer = impact(&json!({"requests": requests, "to_dataset": "candidate-gold"}));
    assert_eq!(answer["from"]["dataset"]["id"], json!(book().dataset_id));
    assert_eq!(answer["to"]["dataset"]["id"], "candidate-gold");
    let items = answer["requests"].as_array().unwrap();
    assert_eq!(items.len(), 1000);

    // By hand.
    for (item, (before, after)) in items.iter().zip(&expected) {
        let amount = &item["amounts"][0];
        assert_eq!(amount["pointer"], "/result/income");
        assert_eq!(
            (&amount["before"], &amount["after"]),
            (&json!(yuan(*before)), &json!(yuan(*after))),
            "{}",
            item["id"]
        );
        assert_eq!(fen(&amount["difference"]), after - before);
    }

    // By the two single calculations: every figure that differs is listed, and nothing else.
    let (mut unchanged, mut moved, mut failed) = (0, 0, 0);
    let mut sums: BTreeMap<(String, String), (i128, i128)> = BTreeMap::new();
    for (request, item) in requests.iter().zip(items) {
        assert_eq!(request.get("id"), item.get("id"));
        let topic = Topic::from_slug(request["topic"].as_str().unwrap()).unwrap();
        let (before, after) =
            (single(book(), topic, &request["request"]), single(candidate(), topic, &request["request"]));
        let parse = |reply: &Reply| serde_json::from_slice::<Json>(&reply.body).unwrap();
        let problem = |reply: &Reply| (!reply.is_success()).then(|| parse(reply));
        assert_eq!(item.get("problem_before"), problem(&before).as_ref());
        assert_eq!(item.get("problem_after"), problem(&after).as_ref());
        let (before_values, after_values) = (values(&parse(&before)), values(&parse(&after)));
        let differing: BTreeMap<&String, (&Json, &Json)> = before_values
            .iter()
            .filter(|(pointer, value)| after_values.get(*pointer) != Some(value))
            .map(|(pointer, value)| (pointer, (value, &after_values[pointer])))
            .collect();
        let listed = item["changes"].as_array().unwrap();
        assert_eq!(listed.len(), differing.len(), "{item}");
        for change in listed {
            let (old, new) = differing[&change["pointer"].as_str().unwrap().to_owned()];
            assert_eq!((&change["before"], &change["after"]), (old, new));
            assert_eq!(number(&change["difference"]), number(new) - number(old), "{change}");
        }
        for amount in item["amounts"].as_array().unwrap() {
            let pointer = amount["pointer"].as_str().unwrap();
            assert_eq!((&amount["before"], &amount["after"]), (&before_values[pointer], &after_values[pointer]));
            let sum = sums.entry((topic.slug().to_owned(), pointer.to_owned())).or_default();
            sum.0 += fen(&amount["before"]);
            sum.1 += fen(&amount["after"]);
        }
        let outcome = if !before.is_success() || !after.is_success() {
            failed += 1;
            "failed"
        } else if differing.is_empty() {
            unchanged += 1;
            "unchanged"
        } else {
            moved += 1;
            // Nothing moves that has no mineral of row 12.
            let minerals = request["request"].to_string();
            let row = ["gold", "silver", "platinum", "palladium", "ruthenium", "osmium", "iridium", "rhodium"];
            let names = ["金", "银", "铂", "钯", "钌", "锇", "铱", "铑"];
            assert!(row.iter().chain(&names).any(|name| minerals.contains(name)), "{minerals}");
            "changed"
        };
        assert_eq!(item["outcome"], outcome);
    }
    assert!(moved >= 150 && unchanged >= 700 && failed >= 10, "{moved} {unchanged} {failed}");
    assert_eq!(answer["counts"], json!({"requests": 1000, "unchanged": unchanged, "changed": moved, "failed": failed}));

    // The sums.
    let totals = answer["totals"].as_array().unwrap();
    assert_eq!(totals.len(), sums.len());
    for total in totals {
        let key = (total["topic"].as_str().unwrap().to_owned(), total["pointer"].as_str().unwrap().to_owned());
        let (before, after) = sums[&key];
        assert_eq!((fen(&total["before"]), fen(&total["after"])), (before, after), "{key:?}");
        assert_eq!(fen(&total["difference"]), after - before, "{key:?}");
    }
}

#[test]
fn a_new_version_from_a_later_day_is_one_change_from_that_day() {
    let text = text_of("national/late-fee/2023-05-01.toml");
    let text = text.replace("2023-05-01", "2027-03-01").replace("\"0.002\"", "\"0.0005\"");
    let later =
        named(Files::built_in().with("national/late-fee/2027-03-01.toml", text.into_bytes()), "candidate-later");
    let later = load(&later).unwrap();
    let changes = between(book(), &later, None);
    let [change] = changes.as_slice() else { panic!("{changes:#?}") };
    assert_eq!((change.name, change.effective_from), ("daily_rate", day("2027-03-01")));
    assert_eq!(change.after.unwrap().version.id, "late-fee/2027-03-01");
    assert_eq!(change.before.unwrap().version.id, "late-fee/2023-05-01");
    // Read backwards it is the same change.
    let changes = between(&later, book(), None);
    assert_eq!((changes.len(), changes[0].after.unwrap().listed.value.as_str()), (1, "0.002"));
    let text = lode::api::rate_changes::listing(book(), &later, Lang::Zh);
    assert!(text.contains("滞纳金·每日加收率：自 2027-03-01 起由 0.002/日 改为 0.0005/日"), "{text}");
    // Between two days it is found where the second day has come, and counts from its first day.
    let on = |text| between_days((book(), day("2026-11-21")), (&later, day(text)), None);
    assert_eq!(on("2027-02-28").iter().filter(|change| change.subject.topic == "late-fee").count(), 0);
    let found: Vec<NaiveDate> = on("2027-12-31")
        .iter()
        .filter(|change| change.subject.topic == "late-fee")
        .map(|change| change.effective_from)
        .collect();
    assert_eq!(found, [day("2027-03-01")]);
}

#[test]
fn a_list_says_what_it_gained_and_lost() {
    let files = changed(
        "candidate-list",
        "national/sales-revenue/2024-09-03.toml",
        "minerals = [\"geothermal\", \"mineral_water\"]",
        "minerals = [\"geothermal\", \"gold\"]",
    );
    let text = lode::api::rate_changes::listing(book(), &load(&files).unwrap(), Lang::Zh);
    assert!(text.contains("须按取水量计的矿种：自 2024-09-03 起增加 金，减少 矿泉水（"), "{text}");
}

#[test]
fn every_topic_and_parameter_of_the_data_has_a_name_in_both_languages() {
    let mut without = Vec::new();
    for version in book().versions.values() {
        if rate_words::topic(&version.topic).is_none() {
            without.push(version.topic.clone());
        }
        for listed in &version.values {
            if rate_words::parameter(version, &listed.name, book()).is_none() {
                without.push(format!("{} {}", version.id, listed.name));
            }
        }
    }
    assert!(without.is_empty(), "src/api/rate_words.rs has no words for {without:#?}");
}

/// With two days the dates move that decide which versions count; the figures are those of the request so written.
#[test]
fn two_days_move_the_dates_that_decide() {
    let starting = json!({"as_of": "2024-01-01", "mineral": "金", "right": "exploration", "geology": "medium",
        "stage": "general", "area_km2": "3.5784"});
    let annual = |year: i64, sold_on: &str| {
        json!({"year": year, "transfer_mode": "agreement",
            "lines": [{"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": sold_on}]})
    };
    let instalments = |signed_on: &str| {
        json!({"right": "mining", "signed_on": signed_on, "total": "130000000.00", "mine_scale": "large",
            "licence": {"years": "15"}, "plan": {"first_payment_percent": "20"}})
    };
    let refund = Topic::Refund.example();
    let answer = impact(&json!({
        "requests": [
            {"topic": "starting-price", "request": starting},
            {"topic": "annual-income", "request": annual(2024, "2024-06-30")},
            {"topic": "instalments", "request": instalments("2024-06-01")},
            {"topic": "refund", "request": refund},
        ],
        "from": "2022-06-15", "to": "2025-06-15",
    }));
    assert_eq!(answer["from"]["day"], "2022-06-15");
    assert_eq!(answer["moved"][0], json!({"topic": "starting-price", "fields": ["/as_of"]}));
    let moved = answer["moved"].as_array().unwrap();
    assert!(moved.contains(&json!({"topic": "annual-income", "fields": ["/year", "/lines/*/sold_on"]})));
    assert!(moved.contains(&json!({"topic": "refund", "fields": []})));

    let expect = |index: usize, topic: Topic, before: Json, after: Json| {
        let item = &answer["requests"][index];
        for (side, problem, request) in [("before", "problem_before", before), ("after", "problem_after", after)] {
            let reply = single(book(), topic, &request);
            let body: Json = serde_json::from_slice(&reply.body).unwrap();
            if !reply.is_success() {
                assert_eq!(item[problem], body, "{request}");
                continue;
            }
            assert_eq!(item.get(problem), None, "{request}");
            for amount in item["amounts"].as_array().unwrap() {
                assert_eq!(amount.get(side), body.pointer(amount["pointer"].as_str().unwrap()), "{request}");
            }
        }
    };
    let at = |text: &str| {
        let mut request = starting.clone();
        request["as_of"] = json!(text);
        request
    };
    // No standard in 2022, no catalogue in 2022: said in place.
    let (before, after) = (at("2022-06-15"), at("2025-06-15"));
    expect(0, Topic::StartingPrice, before, after);
    expect(1, Topic::AnnualIncome, annual(2022, "2022-06-15"), annual(2025, "2025-06-15"));
    expect(2, Topic::Instalments, instalments("2022-06-15"), instalments("2025-06-15"));
    expect(3, Topic::Refund, refund.clone(), refund);
    assert_eq!(answer["requests"][1]["outcome"], "failed");
    assert_eq!(answer["requests"][1]["problem_before"]["code"], "rate_not_in_force");
    assert_eq!(answer["requests"][3]["outcome"], "unchanged");
}

#[test]
fn what_cannot_be_compared_is_refused_with_every_fault() {
    let refused = |body: Json| {
        let reply = submitted(service(), "/v1/impact", &body);
        let problem: Json = serde_json::from_slice(&reply.body).unwrap();
        let entries = problem["errors"].as_array().unwrap().clone();
        let shown: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {}", entry["pointer"].as_str().unwrap(), entry["code"].as_str().unwrap()))
            .collect();
        (reply.status, shown.join("; "))
    };
    let none = json!([]);
    let is = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(refused(json!({"requests": none})), is(422, " invalid_field"));
    assert_eq!(
        refused(json!({"to_dataset": "x", "from": "2024-01-01", "from_dataset": "y", "requests": none})),
        is(422, "/to_dataset invalid_field; /from invalid_field; /from_dataset invalid_field")
    );
    let request = json!({"topic": "no-such", "request": {}});
    assert_eq!(
        refused(json!({"to_dataset": "candidate-gold", "requests": [request, {"topic": "split"}]})),
        is(400, "/requests/0/topic malformed_request; /requests/1/request malformed_request")
    );
    let item = json!({"topic": "unpaid-reserves", "request": {}});
    let many = |count: usize| json!({"to_dataset": "candidate-gold", "requests": vec![item.clone(); count]});
    assert_eq!(refused(many(MOST_REQUESTS + 1)), is(422, "/requests invalid_field"));
    assert_eq!(impact(&many(MOST_REQUESTS))["counts"]["failed"], json!(MOST_REQUESTS));

    let problem = submitted(service(), "/v1/impact", &json!({"to_dataset": "x", "requests": []}));
    let problem: Json = serde_json::from_slice(&problem.body).unwrap();
    let known = json!([book().dataset_id, "candidate-gold"]);
    assert_eq!(problem["candidates"], known);
    let problem = submitted(service(), "/v1/replays", &json!({"topic": "split", "dataset": "x", "request": {}}));
    assert_eq!(problem.status, 422);
    let problem: Json = serde_json::from_slice(&problem.body).unwrap();
    assert_eq!((&problem["code"], &problem["candidates"]), (&json!("invalid_field"), &known));
    assert!(problem["detail"].as_str().unwrap().contains("candidate-gold"));
}

#[test]
fn a_portfolio_may_be_longer_than_other_bodies() {
    let padding = |bytes: usize| format!("{{\"requests\": [], \"to_dataset\": \"{}\"}}", "x".repeat(bytes));
    assert_eq!(shared().post("/v1/impact", &padding(2 * 1024 * 1024)).status, 422);
    let refused = shared().post("/v1/impact", &padding(PORTFOLIO_LIMIT));
    assert_eq!((refused.status, refused.json()["code"].as_str()), (413, Some("payload_too_large")));
    assert!(refused.json()["detail"].as_str().unwrap().contains("8 MiB"));
    assert_eq!(shared().post("/v1/replays", &padding(2 * 1024 * 1024)).status, 413);
}

/// Every release is whole: what `rates/` no longer has as it was stands below `releases/`.
#[test]
fn every_release_is_whole_and_as_it_was() {
    let all = releases();
    assert!(!all.is_empty());
    for release in &all {
        let problems = lode::rates::check(&release_files(&release.id));
        assert!(
            problems.is_empty(),
            "{}: a file that changed in rates/ has to be kept as it was under releases/{0}/: {problems:#?}",
            release.id
        );
        let book = load_release(&release.id).unwrap();
        assert_eq!((&book.dataset_id, &book.dataset_sha256), (&release.id, &release.sha256));
    }
    let current = all.iter().find(|release| release.id == book().dataset_id);
    assert!(
        current.is_none_or(|release| release.sha256 == book().dataset_sha256),
        "rates/ differs from the release {}: write its manifest again, so that it has an id of its own",
        book().dataset_id
    );
    assert!(load_release("no-such").is_err());
}

/// An old release answers from its own data when the service computes with other data.
#[test]
fn a_release_is_replayed_whatever_the_service_computes_with() {
    let release = &releases()[0];
    let service = Service::with_datasets(load(&gold_files()).unwrap(), lode::cli::released()).unwrap();
    let request = json!({"year": 2024, "transfer_mode": "agreement",
        "lines": [{"mineral": "gold", "product": "concentrate", "revenue": "1000.00"}]});
    let replay = |dataset: &str| {
        let body = json!({"topic": "annual-income", "dataset": dataset, "request": request});
        submitted(&service, "/v1/replays", &body).body
    };
    let released = load_release(&release.id).unwrap();
    assert_eq!(replay(&release.id), single(&released, Topic::AnnualIncome, &request).body);
    assert_eq!(replay("candidate-gold"), single(candidate(), Topic::AnnualIncome, &request).body);
    assert_ne!(replay(&release.id), replay("candidate-gold"));
}

fn written(files: &Files, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // The folder of an earlier run may be there.
    let _ = fs::remove_dir_all(&folder);
    for (path, content) in files.iter() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn the_options_and_commands_of_candidates_work_as_said() {
    let folder = written(&gold_files(), "candidate-gold");
    let folder = folder.to_str().unwrap();
    let process = Process::start(&["--rates-candidate", folder]);
    let listed = process.client().get("/v1/datasets").json();
    let shown: Vec<(&str, &str)> = listed["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dataset| (dataset["id"].as_str().unwrap(), dataset["standing"].as_str().unwrap()))
        .collect();
    assert!(shown.contains(&("candidate-gold", "candidate")), "{shown:?}");
    assert_eq!(shown.iter().filter(|(id, _)| *id == book().dataset_id).count(), 1);
    let changes = process.client().get("/v1/rate-versions/diff?to_dataset=candidate-gold").json();
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);

    let said = lode(&["rates", "diff", &releases()[0].id, folder, "--lang", "en"], b"");
    assert!(said.status.success());
    assert!(
        String::from_utf8(said.stdout).unwrap().contains("rate of row 12: from 2023-05-01 changes from 2.3% to 2.5%")
    );

    // A candidate with a problem, and one that takes the name of other data.
    let path = "national/late-fee/2023-05-01.toml";
    let broken = written(&gold_files().with(path, b"topic = 1".to_vec()), "candidate-broken");
    let taken = written(&changed(&book().dataset_id, path, "\"0.002\"", "\"0.003\""), "candidate-taken");
    for (folder, complaint) in [(broken, "manifest-checksum"), (taken, "belongs to other data")] {
        let listen = ["serve", "--listen", "127.0.0.1:0", "--rates-candidate", folder.to_str().unwrap()];
        let said = lode(&listen, b"");
        assert_eq!(said.status.code(), Some(1));
        assert!(String::from_utf8(said.stderr).unwrap().contains(complaint), "{complaint}");
    }
}
