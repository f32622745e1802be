//! The pages, without a browser: what is served, what it may load, what it says, and that its figures are those of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use lode::api::access::Calculations;
use lode::api::service::Service;
use lode::api::topic::Topic;
use lode::batch::header::listed;
use lode::rates::load_builtin;
use serde_json::Value;

use crate::service::{Answer, serve, shared};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml";

/// Every page that has an address of its own; calculators are added by topic.
const PAGES: [&str; 17] = [
    "/",
    "/?mineral=%E9%87%91",
    "/calc",
    "/projection",
    "/rates",
    "/rates?on=2024-06-01&q=%E9%93%81",
    "/rates/versions",
    "/rates/versions/late-fee/2023-05-01",
    "/rates/instruments",
    "/rates/instruments/cz-2023-10",
    "/rates/instruments/zrzf-2024-173",
    "/rates/readings",
    "/rates/readings/047",
    "/rates/changes?from=2023-04-30&to=2023-05-01",
    "/rates/coverage",
    "/batch",
    "/about",
];

fn page(target: &str) -> Answer {
    shared().send("GET", target, &[BROWSER], None)
}

fn path_of(topic: Topic) -> String {
    match topic {
        Topic::Projections => "/projection".to_owned(),
        other => format!("/calc/{}", other.slug()),
    }
}

/// Every page in Chinese: those above and the form of each topic.
fn all_pages() -> Vec<String> {
    let forms = Topic::ALL.iter().map(|topic| path_of(*topic));
    PAGES.iter().map(|page| (*page).to_owned()).chain(forms).collect()
}

fn in_english(target: &str) -> String {
    format!("{target}{}lang=en", if target.contains('?') { '&' } else { '?' })
}

/// The values of an attribute, unescaped.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let mark = format!(" {name}=\"");
    let found = html.match_indices(&mark).filter_map(|(at, _)| html[at + mark.len()..].split('"').next());
    found.map(|value| value.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A request as the fields of a form.
fn flatten(value: &Value, name: String, into: &mut Vec<(String, String)>) {
    let below = |inner: &str| if name.is_empty() { inner.to_owned() } else { format!("{name}.{inner}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| flatten(value, below(field), into)),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            into.push((name, items.join("、")));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| flatten(item, format!("{name}.{}", at + 1), into));
        }
        Value::String(text) => into.push((name, text.clone())),
        other => into.push((name, other.to_string())),
    }
}

fn address(topic: Topic, request: &Value) -> String {
    let mut fields = Vec::new();
    flatten(request, String::new(), &mut fields);
    let query: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    format!("{}?{}", path_of(topic), query.join("&"))
}

fn grouped(amount: &str) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: Vec<String> =
        whole.as_bytes().rchunks(3).rev().map(|part| String::from_utf8(part.to_vec()).unwrap()).collect();
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", whole.join(","))
}

#[test]
fn a_browser_gets_a_page_where_nothing_is() {
    let answer = page("/nowhere?lang=en");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("There is no such page"));
    assert!(page("/nowhere").text().contains("没有这个页面"));
    assert_eq!(page("/calc/nothing").status, 404);
    assert_eq!(page("/rates/versions/nothing").status, 404);
    // A client of the API gets what it understands.
    assert_eq!(shared().get("/nowhere").header("content-type"), Some("application/problem+json"));
    assert_eq!(page("/v1/nowhere").header("content-type"), Some("application/problem+json"));
}

#[test]
fn a_page_takes_only_its_methods() {
    let answer = shared().send("DELETE", "/", &[BROWSER], None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn every_page_has_the_headers_that_keep_others_out_and_names_no_other_host() {
    let mut assets = BTreeSet::new();
    for target in all_pages().into_iter().chain(["/records".to_owned()]) {
        for target in [target.clone(), in_english(&target)] {
            let answer = page(&target);
            assert_eq!(answer.status, 200, "{target}");
            let policy = answer.header("content-security-policy").expect("a policy");
            assert_eq!(
                policy,
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                "{target}"
            );
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
            assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{target}");
            let html = answer.text();
            for inline in [" style=\"", "<style", "<script>", " onclick=", "javascript:"] {
                assert!(!html.contains(inline), "{target}: {inline}");
            }
            for attribute in ["href", "src", "action", "hx-get", "hx-post"] {
                for value in attributes(html, attribute) {
                    assert!(value.starts_with('/') || value.starts_with('#'), "{target}: {attribute} {value}");
                    assert!(!value.starts_with("//"), "{target}: {attribute} {value}");
                    if value.starts_with("/assets/") {
                        assets.insert(value);
                    }
                }
            }
            assert!(!html.contains("http://") && !html.contains("https://"), "{target} names an address");
        }
    }
    assert!(assets.len() >= 6, "{assets:?}");
    for asset in assets {
        let answer = shared().get(&asset);
        assert_eq!(answer.status, 200, "{asset}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"), "{asset}");
        // Licences and namespaces name addresses; nothing is fetched from them: the policy of every page forbids it.
        if !asset.ends_with(".min.js") && !asset.ends_with(".svg") {
            assert!(!answer.text().contains("://"), "{asset} names an address");
        }
        let packed = shared().send("GET", &asset, &["Accept-Encoding: gzip"], None);
        if packed.header("content-encoding") == Some("gzip") {
            assert!(packed.body.len() < answer.body.len(), "{asset}");
        }
        let elsewhere = asset.replacen("/assets/", "/assets/0", 1);
        assert_eq!(shared().get(&elsewhere).status, 404, "{elsewhere}");
    }
}

#[test]
fn the_first_page_is_light_and_quick() {
    let answer = page("/");
    let html = answer.text();
    let files = attributes(html, "href").into_iter().chain(attributes(html, "src"));
    let files: BTreeSet<String> = files.filter(|file| file.starts_with("/assets/")).collect();
    assert!(!files.iter().any(|file| file.contains("echarts")), "the first page has no charts");
    let weight: usize = files.iter().map(|file| shared().get(file).body.len()).sum();
    assert!(answer.body.len() + weight < 300 * 1024, "{} bytes without compression", answer.body.len() + weight);
    // Generous, because other tests run at the same time and the program is not optimized.
    let began = Instant::now();
    page("/");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}

/// Properties that Chromium 78 and Firefox ESR know.
const PROPERTIES: &[&str] = &[
    "align-items",
    "align-self",
    "background",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-right-radius",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-width",
    "border-radius",
    "border-top",
    "border-top-right-radius",
    "border-width",
    "bottom",
    "box-shadow",
    "box-sizing",
    "break-after",
    "break-inside",
    "clip",
    "color",
    "content",
    "counter-increment",
    "counter-reset",
    "cursor",
    "display",
    "filter",
    "flex",
    "font",
    "font-family",
    "flex-wrap",
    "font-size",
    "font-style",
    "font-variant-numeric",
    "font-weight",
    "grid-column",
    "grid-column-gap",
    "grid-gap",
    "grid-row",
    "grid-row-gap",
    "grid-template-columns",
    "grid-template-rows",
    "height",
    "justify-content",
    "left",
    "letter-spacing",
    "line-height",
    "list-style",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "opacity",
    "outline",
    "outline-offset",
    "overflow",
    "overflow-wrap",
    "overflow-x",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-top",
    "position",
    "right",
    "size",
    "text-align",
    "text-decoration",
    "text-transform",
    "top",
    "transition",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "z-index",
];

/// Properties that are newer; without them a page looks plainer and works as well.
const GRACEFUL: &[(&str, &str)] = &[
    ("color-scheme", "fields and scroll bars stay light in the dark theme"),
    ("accent-color", "progress is drawn in the browser's own colour"),
    ("text-underline-offset", "underlines stand closer"),
    ("text-size-adjust", "phones may enlarge text"),
    ("-webkit-text-size-adjust", "phones may enlarge text"),
];

/// What may stand behind a colon in a selector; `:focus-visible` is newer and stands only where a browser that does not
/// know it leaves the rule out and shows the ring always.
const PSEUDO: &[&str] = &[
    "root",
    "not",
    "before",
    "after",
    "placeholder",
    "hover",
    "focus",
    "focus-visible",
    "first-child",
    "last-child",
    "first-of-type",
    "target",
    "empty",
];

const FUNCTIONS: &[&str] =
    &["var", "rgba", "calc", "minmax", "repeat", "attr", "counter", "rect", "brightness", "not", "screen"];

/// The words before a mark, where they are names of CSS.
fn names_before(text: &str, mark: char) -> BTreeSet<String> {
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
    let ends = text.match_indices(mark).map(|(at, _)| &text[..at]);
    ends.map(|head| head.chars().rev().take_while(|sign| is_name(*sign)).collect::<Vec<_>>())
        .map(|name| name.into_iter().rev().collect::<String>())
        .filter(|name| name.chars().any(|sign| sign.is_ascii_alphabetic()))
        .collect()
}

#[test]
fn styles_keep_to_what_old_browsers_know() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/web/");
    let mut faults = Vec::new();
    for file in ["app.css", "records.css"] {
        let css = std::fs::read_to_string(format!("{root}{file}")).unwrap();
        let css: String = css.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect();
        // Strings hold whatever they like.
        let css: String = css.split('"').step_by(2).collect();
        for function in names_before(&css, '(') {
            // The condition of a media query stands in brackets after a word.
            if !FUNCTIONS.contains(&function.as_str()) && function != "and" && function != "media" {
                faults.push(format!("{file}: {function}()"));
            }
        }
        for at in css.split('@').skip(1) {
            let rule = at.split(|sign: char| !sign.is_ascii_alphabetic() && sign != '-').next().unwrap();
            if !["media", "page"].contains(&rule) {
                faults.push(format!("{file}: @{rule}"));
            }
        }
        for block in css.split('}') {
            let Some((selector, body)) = block.rsplit_once('{') else { continue };
            let selector = selector.rsplit('{').next().unwrap();
            if selector.contains('&') {
                faults.push(format!("{file}: nested {selector}"));
            }
            if !selector.trim_start().starts_with('@') {
                for part in selector.split(':').skip(1).filter(|part| !part.is_empty()) {
                    let pseudo = part.split(|sign: char| !sign.is_ascii_alphabetic() && sign != '-').next().unwrap();
                    if !PSEUDO.contains(&pseudo) {
                        faults.push(format!("{file}: :{pseudo}"));
                    }
                }
            }
            for declaration in body.split(';').filter(|it| it.contains(':')) {
                let (name, value) = declaration.split_once(':').unwrap();
                let (name, value) = (name.trim(), value.trim());
                let is_known = name.starts_with("--")
                    || PROPERTIES.contains(&name)
                    || GRACEFUL.iter().any(|(known, _)| *known == name);
                if !is_known {
                    faults.push(format!("{file}: {name}"));
                }
                // Chromium knows `anywhere` from 80 on: what is known before stands before it.
                if name == "overflow-wrap" && value == "anywhere" && !body.contains("overflow-wrap: break-word;") {
                    faults.push(format!("{file}: {} breaks nothing before Chromium 80", selector.trim()));
                }
                if value.contains("url(") || value == "inline-size" {
                    faults.push(format!("{file}: {name}: {value}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What a script may not call, because Chromium 78 does not know it. The syntax is held by `tests/web/pages.mjs`, which
/// parses every script as ES2019.
#[test]
fn scripts_call_what_old_browsers_know() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/web/");
    for script in ["app.js", "charts.js", "batch.js"] {
        let text = std::fs::read_to_string(format!("{root}{script}")).unwrap();
        for new in [
            ".replaceAll(",
            ".at(",
            ".hasOwn(",
            "structuredClone",
            "allSettled",
            "Promise.any",
            "replaceChildren",
            "randomUUID",
            ".matchAll(",
            "WeakRef",
            "globalThis",
            "showModal",
            "requestSubmit",
            ".findLast(",
            ".toSorted(",
            "AbortSignal",
            "inert",
        ] {
            assert!(!text.contains(new), "{script} has {new}");
        }
        // Known from 81 on; what has the focus is asked where it is not.
        assert_eq!(
            text.matches("event.submitter").count(),
            text.matches("event.submitter || document.activeElement").count()
        );
    }
}

#[test]
fn both_dark_themes_are_one() {
    let css = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/web/app.css")).unwrap();
    let tokens = |from: &str| -> Vec<String> {
        let block = css.split_once(from).unwrap().1.split('}').next().unwrap();
        block.lines().map(str::trim).filter(|line| line.starts_with("--")).map(str::to_owned).collect()
    };
    let chosen = tokens(":root[data-theme=\"dark\"] {");
    assert!(chosen.len() > 20);
    assert_eq!(tokens(":root:not([data-theme=\"light\"]) {"), chosen);
}

#[test]
fn a_choice_is_kept_in_a_cookie_and_leads_back() {
    let form = ["Content-Type: application/x-www-form-urlencoded", "Host: 127.0.0.1", "Origin: http://127.0.0.1"];
    let answer = shared().send("POST", "/preferences", &form, Some(b"unit=wan&back=%2Fabout%3Flang%3Den"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/about?lang=en")));
    assert_eq!(answer.header("set-cookie"), Some("lode_unit=wan; Path=/; Max-Age=31536000; SameSite=Lax"));
    let elsewhere = shared().send("POST", "/preferences", &form, Some(b"theme=dark&back=%2F%2Fevil.example"));
    assert_eq!(elsewhere.header("location"), Some("/"));
    let foreign = ["Content-Type: application/x-www-form-urlencoded", "Origin: https://evil.example"];
    assert_eq!(shared().send("POST", "/preferences", &foreign, Some(b"theme=dark")).status, 403);
    let relayed = [foreign[0], "Origin: https://lode.example", "Sec-Fetch-Site: same-origin"];
    assert_eq!(shared().send("POST", "/preferences", &relayed, Some(b"theme=dark")).status, 303);
    let from_elsewhere = [form[0], form[1], form[2], "Sec-Fetch-Site: cross-site"];
    assert_eq!(shared().send("POST", "/preferences", &from_elsewhere, Some(b"theme=dark")).status, 403);
    let dark = shared().send("GET", "/", &[BROWSER, "Cookie: lode_theme=dark"], None);
    assert!(dark.text().contains(r#"data-theme="dark""#));
}

#[test]
fn a_mineral_is_found_by_name_part_initials_and_english() {
    for (text, code) in
        [("%E9%87%91", "gold"), ("Gold&lang=en", "gold"), ("jk", "gold"), ("limestone", "cement_limestone")]
    {
        let answer = page(&format!("/?mineral={text}"));
        // What is itself a name stands in a card, what holds the text in a link.
        let shown = [format!("<code>{code}</code>"), format!("?mineral={code}")];
        assert!(shown.iter().any(|shown| answer.text().contains(shown)), "{text}");
    }
    assert!(page("/?mineral=%3Cscript%3E").text().contains("&#60;script&#62;"));
}

#[test]
fn every_form_has_every_field_of_its_request() {
    for topic in Topic::ALL {
        // One row of every list, and one of the lists in them.
        let mut adds = String::new();
        let mut open = vec![String::new()];
        let html = loop {
            let html = page(&format!("{}?x=1{adds}", path_of(*topic)).replace("x=1&", "").replace("?x=1", ""));
            let lists: Vec<String> = attributes(html.text(), "data-rows");
            let fresh: Vec<String> = lists.into_iter().filter(|list| !open.contains(list)).collect();
            if fresh.is_empty() {
                break html;
            }
            for list in fresh {
                adds.push_str(&format!("&add={}", escaped(&list)));
                open.push(list);
            }
        };
        let names: BTreeSet<String> = attributes(html.text(), "name").into_iter().collect();
        let missing: Vec<String> = listed(*topic, 1)
            .into_iter()
            .filter(|column| column.leaf.is_some() || column.path.len() == 1)
            .map(|column| column.head(*topic, lode::api::lang::Lang::En))
            .filter(|name| !names.contains(name))
            .collect();
        assert!(missing.is_empty(), "{}: {missing:?}", topic.slug());
    }
}

#[test]
fn every_example_gives_the_figures_of_the_api() {
    for topic in Topic::ALL {
        for (name, request) in topic.examples() {
            let target = address(*topic, &request);
            let answer = page(&target);
            assert_eq!(answer.status, 200, "{name}: {target} {:?}", answer.header("location"));
            let html = answer.text();
            assert!(!html.contains("id=\"faults\""), "{name} is refused");
            let wanted = shared().post(topic.path(), &request.to_string()).json();
            for pointer in topic.doc().compared.amounts {
                let Some(amount) = wanted.pointer(pointer).and_then(Value::as_str) else { continue };
                assert!(html.contains(&grouped(amount)), "{name}: {pointer} {amount}");
            }
            let json =
                page(&format!("/calc/{}/answer.json?{}", topic.slug(), target.split_once('?').unwrap().1)).json();
            assert_eq!(json, wanted, "{name}");
        }
    }
}

#[test]
fn amounts_in_wan_are_the_same_amounts() {
    let wan = [BROWSER, "Cookie: lode_unit=wan"];
    let target = "/calc/split?wan%3Aamount=100.000001&paid_on=2024-12-14&location.kind=land&location.province=&go=1";
    let answer = shared().send("GET", target, &wan, None);
    // The address keeps yuan, and leaves out what is empty.
    let wanted = "/calc/split?amount=1000000.01&paid_on=2024-12-14&location.kind=land";
    assert_eq!((answer.status, answer.header("location")), (303, Some(wanted)));
    let shown = shared().send("GET", wanted, &wan, None);
    assert!(shown.text().contains("value=\"100.000001\""));
    assert!(shown.text().contains("40"), "central share in 万元");
    assert!(page(wanted).text().contains("value=\"1000000.01\""));
}

#[test]
fn a_fault_stands_at_its_field_with_its_article() {
    let refused = page(
        "/calc/instalments?right=mining&signed_on=2024-06-01&total=100.00&mine_scale=large&licence.from=2024-06-01&licence.to=2039-05-31&plan.first_payment_percent=5",
    );
    let html = refused.text();
    assert!(html.contains("href=\"#f-plan-first_payment_percent\""));
    let slot = html.split_once("id=\"e-f-plan-first_payment_percent\">").unwrap().1.split("</div>").next().unwrap();
    assert!(slot.contains("第十二条"), "{slot}");
    // A field that is only empty yet is no fault while one types; it is when the result is asked for.
    let typing = [BROWSER, "HX-Request: true"];
    let partial = shared().send("GET", "/calc/split?amount=100", &typing, None);
    assert!(!partial.text().contains("id=\"faults\"") && partial.text().contains("还需填写"));
    assert_eq!(partial.header("hx-replace-url"), Some("/calc/split?amount=100"));
    let asked = shared().send("GET", "/calc/split?amount=100&go=1", &typing, None);
    assert!(asked.text().contains("id=\"faults\""));
    assert_eq!(asked.header("hx-push-url"), Some("/calc/split?amount=100"));
}

#[test]
fn rows_are_added_and_taken_away_without_script() {
    let added = page("/calc/late-fee?principal=100&add=payments");
    assert!(added.text().contains("name=\"payments.1.amount\""));
    let removed = page("/calc/late-fee?principal=100&payments.1.amount=1&payments.2.amount=2&remove=payments.1");
    let html = removed.text();
    assert!(html.contains("value=\"2\"") && !html.contains("payments.2.amount"));
    // A button that was pressed before goes along while one types; it adds nothing then.
    let part = |headers: &[&str]| shared().send("GET", "/calc/late-fee?principal=100&add=payments", headers, None);
    assert!(!part(&[BROWSER, "HX-Request: true"]).text().contains("<form"));
    assert!(part(&[BROWSER, "HX-Request: true", "HX-Trigger-Name: add"]).text().contains("payments.1.amount"));
}

#[test]
fn hostile_input_stays_text() {
    let evil = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for target in [
        format!("/calc/late-fee?principal={evil}"),
        format!("/calc/late-fee?{evil}=1"),
        format!("/calc/annual-income?lines.1.mineral={evil}"),
        format!("/calc/assessment?payer={evil}&registered_minerals={evil}"),
        format!("/rates?q={evil}&on={evil}"),
        format!("/rates/changes?from={evil}"),
        format!("/?mineral={evil}"),
        format!("/batch?topic={evil}"),
        format!("/{evil}"),
    ] {
        for headers in [vec![BROWSER], vec![BROWSER, "HX-Request: true"]] {
            let answer = shared().send("GET", &target, &headers, None);
            assert!(answer.status < 500, "{target}");
            assert!(!answer.text().contains("<script>alert"), "{target}");
        }
    }
}

#[test]
fn a_batch_is_checked_and_computed_without_script() {
    let form = [BROWSER, "Content-Type: application/x-www-form-urlencoded"];
    let rows = escaped("应缴本金（万元）,到期日,基准日\n10,2024-01-10,2024-03-31\nx,2024-01-10,2024-03-31\n");
    let checked =
        shared().send("POST", "/batch", &form, Some(format!("topic=late-fee&what=check&rows={rows}").as_bytes()));
    let html = checked.text();
    assert!(html.contains("16,200.00") && html.contains("有误"), "{html}");
    let computed =
        shared().send("POST", "/batch", &form, Some(format!("topic=late-fee&what=run&rows={rows}").as_bytes()));
    assert_eq!(computed.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(computed.text().contains("16200.00"));
    let wrong = shared().send("POST", "/batch", &form, Some(b"topic=late-fee&what=check&rows=nonsense%0A1"));
    assert!(wrong.text().contains("nonsense"));
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for target in all_pages().into_iter().flat_map(|target| [target.clone(), in_english(&target)]) {
        let html = page(&target);
        ids.insert(target.clone(), attributes(html.text(), "id").into_iter().collect());
        for link in attributes(html.text(), "href") {
            seen.entry(link).or_insert_with(|| target.clone());
        }
    }
    for (link, on) in seen {
        let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
        if path.is_empty() {
            assert!(fragment.is_empty() || ids[&on].contains(fragment), "{on}: {link}");
            continue;
        }
        let answer = page(path);
        assert_eq!(answer.status, 200, "{on}: {link}");
        if !fragment.is_empty() {
            assert!(attributes(answer.text(), "id").iter().any(|id| id == fragment), "{on}: {link}");
        }
    }
}

/// Words of the law and names that stand on English pages as they are.
fn is_a_name(text: &str) -> bool {
    let shown = ["中文", "普查", "圈闭预探"];
    shown.contains(&text)
}

#[test]
fn english_pages_are_english_and_chinese_pages_chinese() {
    let chinese = |text: &str| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
    let mut found = Vec::new();
    for target in ["/", "/calc", "/about", "/batch", "/calc/late-fee", "/calc/split", "/rates/changes", "/projection"] {
        let html = page(&in_english(target));
        let html = html.text();
        let body = html.split_once("<body>").unwrap().1;
        // Suggestions carry the names of both languages.
        let body: String =
            body.split("<datalist").map(|part| part.split_once("</datalist>").map_or(part, |(_, rest)| rest)).collect();
        for text in body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()) {
            if chinese(text) && !is_a_name(text) && !text.contains('圈') && !text.contains("普查") {
                found.push(format!("{target}: {text}"));
            }
        }
        let zh = page(target);
        let headline = zh.text().split_once("<h1>").unwrap().1.split("</h1>").next().unwrap();
        assert!(chinese(headline), "{target}: {headline}");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn pages_that_calculate_are_closed_where_calculations_need_a_key() {
    let service = Service::new(load_builtin().unwrap()).with_calculations(Calculations::WithKey);
    let client = serve(service);
    let get = |target: &str| client.send("GET", target, &[BROWSER], None);
    for closed in [
        "/calc",
        "/calc/late-fee?principal=1",
        "/calc/late-fee/answer.json?principal=1",
        "/projection",
        "/rates",
        "/batch",
    ] {
        let answer = get(closed);
        assert_eq!(answer.status, 401, "{closed}");
        assert!(answer.text().contains("需要先登录"), "{closed}");
    }
    assert_eq!(get("/about").status, 200);
    // The first page shows no rate of a mineral either.
    assert!(!get("/?mineral=jk").text().contains("2.3%"));
}

/// What the marks around text hold: the text of every element of a class or kind.
fn texts(html: &str, open: &str) -> Vec<String> {
    let found = html.match_indices(open).filter_map(|(at, _)| html[at..].split_once('>'));
    found.map(|(_, rest)| rest.split('<').next().unwrap().trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// Whether a text speaks of the interface: names of fields, marks of code.
fn is_technical(text: &str) -> bool {
    let has_field = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').any(|word| {
        word.contains('_') && word.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
    });
    has_field || text.contains('`') || text.contains("JSON") || text.contains("conflict")
}

#[test]
fn forms_speak_the_words_of_the_trade() {
    let mut faults = Vec::new();
    for topic in Topic::ALL {
        for target in [path_of(*topic), in_english(&path_of(*topic))] {
            // All that can be asked for, so that its hints are there.
            let filled = format!(
                "{target}{}add=lines&add=payments&add=scenarios&add=items",
                if target.contains('?') { '&' } else { '?' }
            );
            let html = page(&filled);
            for open in [
                "<p class=\"hint\"",
                "<label",
                "<legend",
                "<p class=\"lead",
                "<summary",
                "<details class=\"small lead\"",
                "<p>",
                "<option",
            ] {
                faults.extend(
                    texts(html.text(), open)
                        .into_iter()
                        .filter(|text| is_technical(text))
                        .map(|text| format!("{target}: {text}")),
                );
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_citation_leads_to_the_words_of_its_article() {
    let html = page("/calc/late-fee?principal=100000.00&due_date=2024-01-10&as_of=2024-03-31");
    let link = attributes(html.text(), "href")
        .into_iter()
        .find(|href| href.starts_with("/rates/instruments/cz-2023-10#"))
        .unwrap();
    assert_eq!(link, "/rates/instruments/cz-2023-10#a-33");
    let law = page("/rates/instruments/cz-2023-10");
    let article = law.text().split_once("id=\"a-33\"").unwrap().1.split("</article>").next().unwrap().to_owned();
    assert!(
        article.contains("矿业权人未按时足额缴纳矿业权出让收益的，从滞纳之日起每日加收千分之二的滞纳金"),
        "{article}"
    );
    // What the coverage lists by its paragraphs has its words once, before them; every article is there in order.
    let ids: Vec<String> = attributes(law.text(), "id").into_iter().filter(|id| id.starts_with("a-")).collect();
    let whole: Vec<u32> = ids.iter().filter_map(|id| id.strip_prefix("a-")?.parse().ok()).collect();
    assert_eq!(whole, (1..=37).collect::<Vec<u32>>(), "{ids:?}");
    assert_eq!(page("/rates/instruments/nothing").status, 404);
    // A step that rests on a reading leads to its record.
    let example =
        attributes(page("/projection").text(), "href").into_iter().find(|href| href.contains("?name=")).unwrap();
    let projected = page(&example.replace("&#38;", "&"));
    let cited = "<a class=\"law\" href=\"/rates/readings/047\">解读记录 047</a>";
    assert!(projected.text().contains(cited), "{}", projected.text());
    let index = page("/rates/readings");
    let records: Vec<String> =
        attributes(index.text(), "href").into_iter().filter(|href| href.starts_with("/rates/readings/")).collect();
    assert!(records.len() > 70, "{records:?}");
    for record in &records {
        let shown = page(record);
        assert!(shown.status == 200 && shown.text().contains("<h2>"), "{record}");
        assert!(page(&in_english(record)).text().contains("lang=\"zh-CN\""), "{record}");
    }
    assert_eq!(page("/rates/readings/999").status, 404);
    // Every text is of an instrument of the data whose text is at hand.
    let known = shared().get("/v1/instruments").json();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/law")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(key) = name.strip_suffix(".txt") else { continue };
        let mut all = known["instruments"].as_array().unwrap().iter();
        let found = all.find(|it| it["id"] == key || it["key"] == key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!(found["text"], "verbatim", "{key}");
        assert!(page(&format!("/rates/instruments/{key}")).text().contains("<blockquote"), "{key}");
    }
}

#[test]
fn pages_are_counted_by_pattern() {
    let client = serve(Service::new(load_builtin().unwrap()));
    let get = |target: &str| client.send("GET", target, &[BROWSER], None);
    get("/calc/late-fee?principal=1");
    get("/calc/split");
    get("/rates/versions/late-fee/2023-05-01");
    get("/nowhere");
    let counters = client.get("/metrics");
    for wanted in [
        r#"lode_http_requests_total{route="/calc/{topic}",status="200"} 2"#,
        r#"lode_http_requests_total{route="/rates/versions/{id:.+}",status="200"} 1"#,
        r#"lode_http_request_duration_seconds_count{route="/calc/{topic}"} 2"#,
        r#"lode_http_requests_total{route="unmatched",status="404"} 1"#,
    ] {
        assert!(counters.text().lines().any(|line| line == wanted), "{wanted}: {}", counters.text());
    }
    assert!(!counters.text().contains("nowhere"));
}

#[test]
fn a_workbook_is_looked_into_before_anything_runs() {
    let answered = shared().send(
        "POST",
        "/v1/batches/late-fee",
        &["Content-Type: text/csv", "Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        Some("principal,due_date,as_of\n100000,2024-01-10,2024-03-31\nx,2024-01-10,2024-03-31\n".as_bytes()),
    );
    assert_eq!(answered.status, 200);
    let kind = "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let send =
        |target: &str, body: &[u8]| shared().send("POST", target, &[BROWSER, kind, "HX-Request: true"], Some(body));
    let shown = send("/batch?file=1&topic=late-fee", &answered.body);
    assert_eq!(shown.status, 200);
    assert!(
        shown.text().contains("16,200.00") && shown.text().contains("有误") && shown.text().contains("应缴本金"),
        "{}",
        shown.text()
    );
    let broken = send("/batch?file=1&topic=late-fee&lang=en", b"no workbook");
    assert!(broken.status == 200 && broken.text().contains("role=\"alert\""), "{}", broken.text());
    let unknown = shared().send("POST", "/batch?file=1", &[BROWSER, "Content-Type: image/png"], Some(b"x"));
    assert!(unknown.text().contains("不支持这种文件"));
    // No form of another site, and no other page takes a file.
    let foreign = shared().send("POST", "/batch?file=1", &[kind, "Sec-Fetch-Site: cross-site"], Some(&answered.body));
    assert_eq!(foreign.status, 403);
    assert_eq!(shared().send("POST", "/preferences", &[kind], Some(&answered.body)).status, 403);
}
