//! The reading endpoints, what every answer has in common, the documentation page, and the process around it all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use lode::api::topic::Topic;
use serde_json::{Value as Json, json};

use crate::cases;
use crate::openapi::percent_encoded;
use crate::service::{Answer, Process, REQUEST_ID, finish, lode, shared};

/// One target of every reading endpoint whose answer depends on nothing but the data.
const KEPT: [&str; 12] = [
    "/v1/minerals?as_of=2024-06-01",
    "/v1/minerals/gold?as_of=2024-06-01",
    "/v1/rate-versions",
    "/v1/rate-versions/late-fee/2023-05-01",
    "/v1/rate-versions/diff?topic=instalment&from=2020-01-01&to=2024-01-01",
    "/v1/provinces/370000?as_of=2024-06-01",
    "/v1/instruments",
    "/v1/coverage",
    "/problems/rate_not_in_force",
    "/openapi.json",
    "/docs/",
    "/docs/swagger-initializer.js",
];

/// Those that speak of the running process.
const PROBES: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];

fn get_json(target: &str) -> Json {
    let answer = shared().get(target);
    assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    answer.json()
}

/// The codes of the minerals that a query finds.
fn found(query: &str) -> Vec<String> {
    let answer = get_json(&format!("/v1/minerals?as_of=2024-06-01&{query}"));
    let minerals = answer["minerals"].as_array().unwrap();
    minerals.iter().map(|mineral| mineral["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn minerals_are_found_by_any_name_or_part_of_one() {
    for (name, text, wanted) in [
        ("official name", "石油", "petroleum"),
        ("alias", "金", "gold"),
        ("part of a name", "金刚", "diamond"),
        ("English", "GOLD", "gold"),
        ("code", "coalbed_methane", "coalbed_methane"),
        ("spaces around it", " 煤层气 ", "coalbed_methane"),
        ("name of the group", "轻稀土", "cerium"),
        ("outside the catalogue", "建筑用花岗岩", "building_granite"),
    ] {
        let codes = found(&format!("q={}", percent_encoded(text)));
        assert!(codes.iter().any(|code| code == wanted), "{name}: {text} finds {codes:?}");
    }
    assert!(found("q=nothing-is-called-this").is_empty());
    let (by_rate, by_amount, all) = (found("levy_method=rate"), found("levy_method=amount"), found(""));
    assert!(by_rate.contains(&"gold".to_owned()) && by_amount.contains(&"granite".to_owned()));
    let both: BTreeSet<&String> = by_rate.iter().chain(&by_amount).collect();
    assert_eq!(both.len(), by_rate.len() + by_amount.len(), "no mineral is levied both ways");
    // Groups whose members differ have no method of their own.
    let neither: Vec<&String> = all.iter().filter(|code| !both.contains(code)).collect();
    assert!(!neither.is_empty() && neither.len() + both.len() == all.len());
}

/// What the reading endpoints say: (target, pointer into the answer, value).
#[test]
fn reading_endpoints_answer_from_the_data() {
    let table = [
        ("/v1/minerals/%E9%87%91%E7%9F%BF?as_of=2024-06-01", "/code", json!("gold")),
        ("/v1/minerals/gold?as_of=2024-06-01", "/names/zh/0", json!("金")),
        ("/v1/minerals/gold?as_of=2024-06-01", "/levy_method", json!("rate")),
        ("/v1/minerals/gold?as_of=2024-06-01", "/levy_object", json!("concentrate")),
        ("/v1/minerals/gold?as_of=2024-06-01", "/rates/0/percent", json!("2.3")),
        ("/v1/minerals/gold?as_of=2024-06-01", "/rate_version", json!("catalogue/2023-05-01")),
        (
            "/v1/minerals/geothermal?as_of=2024-06-01",
            "/rates/1/condition/temperature_c",
            json!({"ge": "60", "lt": "90"}),
        ),
        ("/v1/minerals/petroleum?as_of=2024-06-01", "/levy_object", json!("not_stated")),
        ("/v1/minerals/granite?as_of=2024-06-01", "/levy_method", json!("amount")),
        ("/v1/minerals/granite?as_of=2024-06-01", "/rates", json!([])),
        ("/v1/rate-versions/late-fee/2023-05-01", "/version/instrument", json!("cz-2023-10")),
        ("/v1/rate-versions/late-fee%2F2023-05-01", "/version/id", json!("late-fee/2023-05-01")),
        ("/v1/rate-versions/140000/split-scheme/2024-03-10", "/version/effective_to", json!("2028-03-09")),
        (
            "/v1/rate-versions/diff?topic=instalment&from=2023-04-30&to=2023-05-01",
            "/from/id",
            json!("instalment/2017-07-01"),
        ),
        (
            "/v1/rate-versions/diff?topic=instalment&from=2023-04-30&to=2023-05-01",
            "/to/id",
            json!("instalment/2023-05-01"),
        ),
        ("/v1/rate-versions/diff?topic=instalment&from=2023-04-30&to=2023-05-01", "/changed/0/to/value", json!("10")),
        ("/v1/rate-versions/diff?topic=instalment&from=2024-01-01&to=2025-01-01", "/changed", json!([])),
        ("/v1/provinces/370000?as_of=2024-06-01", "/names/zh/0", json!("山东省")),
        ("/v1/provinces/%E5%B1%B1%E4%B8%9C?as_of=2024-06-01", "/code", json!("370000")),
        (
            "/v1/provinces/370000?as_of=2024-06-01",
            "/starting_price_standard/rate_version",
            json!("370000/starting-price-standard/2024-02-01"),
        ),
        ("/v1/provinces/140000?as_of=2024-06-01", "/split_scheme/classes/0/code", json!("province_granted")),
        ("/v1/instruments", "/instruments/1/citation", json!("财综〔2017〕35号")),
        ("/v1/coverage", "/articles/0/law/article", json!("1")),
        ("/problems/mineral_not_found", "/statuses", json!([404, 422])),
        ("/health/live", "/status", json!("live")),
        ("/health/ready", "/status", json!("ready")),
        ("/openapi.json", "/openapi", json!("3.1.0")),
    ];
    for (target, pointer, wanted) in table {
        assert_eq!(get_json(target).pointer(pointer), Some(&wanted), "{target} {pointer}");
    }
    // A province that has published no standard shows none instead of another one's.
    assert_eq!(get_json("/v1/provinces/110000?as_of=2024-06-01").get("starting_price_standard"), None);
}

#[test]
fn every_version_and_province_that_is_listed_can_be_read() {
    for version in get_json("/v1/rate-versions")["rate_versions"].as_array().unwrap() {
        let id = version["id"].as_str().unwrap();
        assert_eq!(get_json(&format!("/v1/rate-versions/{id}"))["version"], *version, "{id}");
    }
    let document = get_json("/openapi.json");
    let codes = |list: &str| document["components"]["schemas"][list]["enum"].as_array().unwrap().clone();
    for code in codes("DivisionCode") {
        let target = format!("/v1/provinces/{}?as_of=2024-06-01", code.as_str().unwrap());
        assert_eq!(get_json(&target)["code"], code);
    }
    let listed: Vec<String> = found("");
    let described: Vec<Json> = codes("MineralCode");
    assert_eq!(json!(listed), json!(described), "the document lists the minerals that the endpoint lists");
}

/// Nothing of an answer in English is left in Chinese but names, titles and citations that the law prints.
#[test]
fn english_turns_texts_and_leaves_codes() {
    for (target, pointer, zh, en) in [
        ("/v1/coverage?", "/articles/0/law/label", "财综〔2023〕10号 第一条", "Cai Zong [2023] No. 10 art. 1"),
        ("/problems/rate_not_in_force?", "/title", "该日期没有生效的规定", "No rule in force on the date"),
        (
            "/v1/provinces/140000?as_of=2024-06-01&",
            "/split_scheme/classes/0/law/label",
            "晋财规综〔2024〕2号 （条次未载）",
            "Jin Cai Gui Zong [2024] No. 2 (article not recorded)",
        ),
    ] {
        let read = |lang: &str| get_json(&format!("{target}lang={lang}")).pointer(pointer).cloned();
        assert_eq!((read("zh"), read("en")), (Some(json!(zh)), Some(json!(en))), "{target}");
    }
    let target = "/v1/calculations/late-fee";
    let request = Topic::LateFee.example().to_string();
    let (zh, en) =
        (shared().post(target, &request).json(), shared().post(&format!("{target}?lang=en"), &request).json());
    assert_eq!(zh["result"], en["result"]);
    assert!(zh["steps"][0]["law"]["label"].as_str().unwrap().starts_with("财综"));
    let chinese = |step: &Json| !step["law"]["label"].as_str().unwrap().is_ascii();
    assert!(!en["steps"].as_array().unwrap().iter().any(chinese), "{}", en["steps"]);
    // The language is that of the query, never of a header: the same address has the same answer.
    let asked = shared().send("GET", "/v1/coverage", &["Accept-Language: en"], None);
    assert_eq!(asked.body, shared().get("/v1/coverage").body);
}

#[test]
fn what_is_read_can_be_revalidated() {
    for target in KEPT {
        let first = shared().get(target);
        let tag = first.header("etag").unwrap_or_else(|| panic!("{target} has no ETag"));
        assert_eq!(first.header("cache-control"), Some("no-cache"), "{target}");
        for (known, status) in [
            (tag.to_owned(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            (format!("W/\"other\",W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
            (tag.trim_matches('"').to_owned(), 200),
        ] {
            let again = shared().send("GET", target, &[&format!("If-None-Match: {known}")], None);
            assert_eq!((again.status, again.header("etag")), (status, Some(tag)), "{target} with {known}");
            let body = if status == 304 { b"".as_slice() } else { &first.body };
            assert_eq!(again.body, body, "{target} with {known}");
        }
        let twice = shared().send("GET", target, &["If-None-Match: \"other\"", &format!("If-None-Match: {tag}")], None);
        assert_eq!(twice.status, 304, "{target}: two headers are one list");
    }
    for target in PROBES {
        let answer = shared().get(target);
        assert_eq!((answer.header("etag"), answer.header("cache-control")), (None, Some("no-store")), "{target}");
    }
    // Another language is another answer.
    let tag = |target: &str| shared().get(target).header("etag").map(str::to_owned);
    assert_ne!(tag("/v1/coverage"), tag("/v1/coverage?lang=en"));
}

#[test]
fn head_is_get_without_the_body() {
    let shown = |answer: &Answer| {
        let headers: Vec<(String, String)> =
            answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        (answer.status, headers.into_iter().collect::<BTreeMap<String, String>>())
    };
    for target in KEPT.iter().chain(&PROBES[..2]) {
        let (head, get) = (shared().send("HEAD", target, &[], None), shared().get(target));
        assert_eq!(shown(&head), shown(&get), "{target}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{target}");
    }
}

#[test]
fn every_answer_names_its_request_and_its_dataset() {
    let ready = get_json("/health/ready")["dataset"].clone();
    let dataset = format!("{}; sha256={}", ready["id"].as_str().unwrap(), ready["sha256"].as_str().unwrap());
    for target in KEPT.iter().chain(&PROBES).chain(&["/nothing", "/docs", "/v1/minerals"]) {
        let answer = shared().get(target);
        assert_eq!(answer.header("x-request-id"), Some(REQUEST_ID), "{target}");
        assert_eq!(answer.header("rates-dataset"), Some(dataset.as_str()), "{target}");
    }
    let calculated = shared().post("/v1/calculations/late-fee", &Topic::LateFee.example().to_string());
    assert_eq!(calculated.json()["dataset"], ready);
    assert_eq!(calculated.header("rates-dataset"), Some(dataset.as_str()));

    let id_for = |given: &str| {
        let answer = shared().send("GET", "/nothing", &[&format!("X-Request-Id: {given}")], None);
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!(answer.json()["request_id"], json!(id), "the body names the same id");
        id
    };
    for safe in ["a", "Order-7_b.3", &"x".repeat(64)] {
        assert_eq!(id_for(safe), safe);
    }
    let mut made = BTreeSet::new();
    for unsafe_id in ["", "a b", "<script>", "订单", &"x".repeat(65)] {
        let id = id_for(unsafe_id);
        assert!(id != unsafe_id && made.insert(id), "{unsafe_id:?} gets a new id of its own");
    }
}

#[test]
fn metrics_count_by_route_and_never_by_path() {
    let process = Process::start(&[]);
    let client = process.client();
    client.post("/v1/calculations/late-fee", &Topic::LateFee.example().to_string());
    client.post("/v1/calculations/late-fee", "{}");
    client.get("/v1/minerals/gold?as_of=2024-06-01");
    client.get("/secret-path");
    let page = client.get("/metrics");
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let wanted = [
        r#"{route="/v1/calculations/late-fee",status="200"} 1"#,
        r#"{route="/v1/calculations/late-fee",status="400"} 1"#,
        r#"{route="/v1/minerals/{code}",status="200"} 1"#,
        r#"{route="unmatched",status="404"} 1"#,
    ];
    let counted: Vec<&str> =
        page.text().lines().filter_map(|line| line.strip_prefix("lode_http_requests_total")).collect();
    assert_eq!(counted, wanted);
    assert!(page.text().contains("lode_build_info{version=") && !page.text().contains("secret"));
}

/// The values of an attribute in a page: `src="x"` gives `x`.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!("{name}=\"");
    page.match_indices(&opening).filter_map(|(at, _)| page[at + opening.len()..].split('"').next()).collect()
}

#[test]
fn the_documentation_page_needs_nothing_but_this_service() {
    let entry = shared().get("/docs");
    assert_eq!((entry.status, entry.header("location")), (308, Some("/docs/")));
    let page = shared().get("/docs/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    let mut assets: Vec<&str> = attributes(page.text(), "src");
    assets.extend(attributes(page.text(), "href"));
    assert!(assets.len() >= 5, "{assets:?}");
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is asked of another host");
        let file = shared().get(&format!("/docs/{}", asset.trim_start_matches("./")));
        assert_eq!(file.status, 200, "{asset}");
        let kind = file.header("content-type").unwrap();
        let wanted = match asset.rsplit('.').next() {
            Some("css") => "text/css",
            Some("js") => "javascript",
            _ => "image/png",
        };
        assert!(kind.contains(wanted), "{asset} is {kind}");
        if wanted == "text/css" {
            // A style sheet loads what it names in url(...) and @import.
            let text = file.text();
            assert!(!text.contains("@import"), "{asset}");
            let loads = text.match_indices("url(").map(|(at, _)| &text[at + 4..]);
            let foreign: Vec<&str> =
                loads.filter(|rest| !rest.trim_start_matches(['"', '\'']).starts_with("data:")).collect();
            assert!(foreign.is_empty(), "{asset} loads {foreign:?}");
        }
        // Scripts hold addresses of other hosts in their texts. The policy keeps the browser from asking any of them.
        let policy = file.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("http"), "{asset}: {policy}");
    }
    let settings = shared().get("/docs/swagger-initializer.js");
    assert!(!settings.text().contains("://"), "{}", settings.text());
    assert!(
        settings.text().contains("/openapi.json") && settings.text().contains(r#""validatorUrl": "none""#),
        "{}",
        settings.text()
    );
}

/// The same question has the same bytes for an answer, now and in another process.
#[test]
fn answers_are_determined_by_request_and_data() {
    let process = Process::start(&["--workers", "1"]);
    let same = |name: &str, ask: &dyn Fn(crate::service::Client) -> Answer| {
        let (first, second, elsewhere) = (ask(shared()), ask(shared()), ask(process.client()));
        assert_eq!(first.body, second.body, "{name}");
        assert_eq!(first.body, elsewhere.body, "{name} in another process");
        assert_eq!(first.header("etag"), elsewhere.header("etag"), "{name}");
    };
    for target in KEPT {
        same(target, &|client| client.get(target));
    }
    for topic in Topic::ALL {
        let request = topic.example().to_string();
        same(topic.slug(), &|client| client.post(topic.path(), &request));
        same(topic.slug(), &|client| client.post(topic.path(), "{}"));
    }
}

/// The first case of each topic with each status, and its example, on standard input and over HTTP.
#[test]
fn the_command_line_answers_as_the_api_does() {
    let mut requests: BTreeMap<(&str, u64), String> = BTreeMap::new();
    for case in cases::all() {
        let path = case["path"].as_str().unwrap();
        let topic = Topic::ALL.iter().find(|topic| topic.path() == path);
        if let (Some(topic), true) = (topic, case["request"].is_object()) {
            let status = case["status"].as_u64().unwrap_or(200);
            requests.entry((topic.slug(), status)).or_insert_with(|| case["request"].to_string());
        }
    }
    for topic in Topic::ALL {
        requests.entry((topic.slug(), 200)).or_insert_with(|| topic.example().to_string());
    }
    for ((slug, _), body) in requests {
        let path = Topic::from_slug(slug).unwrap().path();
        for lang in ["zh", "en"] {
            let answer = shared().post(&format!("{path}?lang={lang}"), &body);
            let output = lode(&["calc", slug, "--lang", lang, "--request-id", REQUEST_ID], body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&output.stdout), answer.text(), "{slug} {lang}");
            let wanted = if answer.status == 200 { 0 } else { 1 };
            assert_eq!(output.status.code(), Some(wanted), "{slug} {lang}");
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// (name, arguments, input, exit status, what standard output says, what standard error says).
#[test]
fn a_misused_command_says_so() {
    let long = vec![b' '; lode::api::http::BODY_LIMIT + 1];
    for (name, arguments, input, status, out, complaint) in [
        ("no such topic", vec!["calc", "latefee"], b"{}".as_slice(), 2, "", "没有主题 latefee"),
        ("no input", vec!["calc", "split"], b"", 1, "malformed_request", ""),
        ("too much input", vec!["calc", "split"], &long, 1, "payload_too_large", ""),
        ("input that is not UTF-8", vec!["calc", "split"], b"\xff", 1, "malformed_request", ""),
        ("no such language", vec!["calc", "split", "--lang", "fr"], b"{}", 2, "", "fr"),
        ("no such option", vec!["serve", "--port", "1"], b"", 2, "", "--port"),
        ("no such rates", vec!["calc", "split", "--rates", "/nowhere"], b"{}", 1, "", "/nowhere"),
    ] {
        let output = lode(&arguments, input);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{name}: {stdout}{stderr}");
        assert!(stdout.contains(out) && stdout.is_empty() == out.is_empty(), "{name}: {stdout}");
        assert!(stderr.contains(complaint) && stderr.is_empty() == complaint.is_empty(), "{name}: {stderr}");
    }
}

/// A client that waits for `100 Continue` knows that its request has been taken up.
fn half_sent(process: &Process, body: &str) -> TcpStream {
    let head = format!(
        "POST /v1/calculations/late-fee HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = process.client().connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    stream.write_all(&body.as_bytes()[..body.len() / 2]).unwrap();
    stream
}

#[test]
fn a_stop_lets_requests_in_flight_finish() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start(&[]);
        let body = Topic::LateFee.example().to_string();
        let mut stream = half_sent(&process, &body);
        process.signal(signal);
        // The signal has been heard when nobody is let in any more.
        while TcpStream::connect(process.client().0).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(&body.as_bytes()[body.len() / 2..]).unwrap();
        let answer = finish(stream);
        assert_eq!(answer.status, 200, "{signal}: {}", answer.text());
        assert!(answer.json()["result"]["late_fee"].is_string(), "{signal}");
        assert_eq!(process.wait().code(), Some(0), "{signal}");
    }
}

#[test]
fn port_0_is_any_free_port_and_the_printed_line_names_it() {
    let (one, other) = (Process::start(&[]), Process::start(&[]));
    let ports = [one.client().0.port(), other.client().0.port()];
    assert!(ports[0] != 0 && ports[1] != 0 && ports[0] != ports[1], "{ports:?}");
    for process in [&one, &other] {
        assert_eq!(process.client().get("/health/ready").status, 200);
    }
}

#[test]
fn an_address_that_cannot_be_listened_on_is_a_clear_error() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    // 192.0.2.0/24 is for documentation; no machine has an address of it.
    for address in [taken.as_str(), "nonsense", "127.0.0.1", "127.0.0.1:70000", "192.0.2.1:80"] {
        let output = lode(&["serve", "--listen", address], b"");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{address}: {stderr}");
        assert!(stderr.contains(&format!("lode: {address}: ")), "{stderr}");
    }
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() { copy(&from, &to) } else { fs::copy(&from, &to).map(drop).unwrap() }
    }
}

#[test]
fn broken_rates_are_refused_at_the_start_with_file_and_line() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("api-rates");
    let _ = fs::remove_dir_all(&folder);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rates"), &folder);
    let rates = folder.to_str().unwrap();
    let sound = Process::start(&["--rates", rates]);
    assert_eq!(sound.client().get("/health/ready").json(), get_json("/health/ready"));

    let file = folder.join("national/late-fee/2023-05-01.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("colour = \"red\"\n{text}")).unwrap();
    for arguments in
        [vec!["serve", "--listen", "127.0.0.1:0", "--rates", rates], vec!["calc", "split", "--rates", rates]]
    {
        let output = lode(&arguments, b"{}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{stderr}");
        let line = stderr.lines().find(|line| line.contains("colour")).unwrap_or_else(|| panic!("{stderr}"));
        assert!(line.contains("national/late-fee/2023-05-01.toml:1"), "{line}");
        assert!(stderr.lines().any(|line| line.contains("manifest.toml:")), "every problem is told at once: {stderr}");
    }
    // The service that runs has read its data already.
    assert_eq!(sound.client().get("/health/ready").status, 200);
}
