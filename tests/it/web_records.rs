//! The records in the pages: signing in and out, what a role is offered and refused, forms that record once, nothing of others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access::{Known, ROLES, key, keys, limited, recorded, send, started};
use crate::ledger::world::Folder;
use crate::service::{Answer, Client};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Somebody with a browser.
struct Visitor {
    client: Client,
    cookie: Option<String>,
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn body(pairs: &[(&str, &str)]) -> Vec<u8> {
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.text().split_once(&mark).unwrap_or_else(|| panic!("no {name} in {}", page.text()));
    rest.split('"').next().unwrap().to_owned()
}

impl Visitor {
    fn nobody(client: Client) -> Visitor {
        Visitor { client, cookie: None }
    }

    fn with_key(client: Client, key: &str) -> Visitor {
        let answer = client.send("POST", "/records/sign-in", &[FORM], Some(&body(&[("key", key)])));
        assert_eq!((answer.status, answer.header("location")), (303, Some("/records")), "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap();
        Visitor { client, cookie: Some(format!("Cookie: {cookie}")) }
    }

    fn headers<'h>(&'h self, more: &[&'h str]) -> Vec<&'h str> {
        [BROWSER].into_iter().chain(self.cookie.as_deref()).chain(more.iter().copied()).collect()
    }

    fn get(&self, target: &str) -> Answer {
        self.client.send("GET", target, &self.headers(&[]), None)
    }

    fn post(&self, target: &str, pairs: &[(&str, &str)]) -> Answer {
        self.client.send("POST", target, &self.headers(&[FORM]), Some(&body(pairs)))
    }

    /// Opens a form and sends it with these fields in one step.
    fn enter(&self, target: &str, step: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.get(target);
        assert_eq!(form.status, 200, "{target}: {}", form.text());
        let (token, once) = (hidden(&form, "form_token"), hidden(&form, "once"));
        let own = [("form_token", token.as_str()), ("once", once.as_str()), ("step", step)];
        self.post(target, &[&own, fields].concat())
    }
}

fn entries(client: Client, key: &str) -> u64 {
    send(client, key, "GET /v1/ledger/head", &Value::Null).json()["entries"].as_u64().unwrap()
}

const PARTY: [(&str, &str); 3] =
    [("f.effective_on", "2024-01-01"), ("f.code", "91150200MA0N000018"), ("f.name", "某某建材有限公司")];

#[test]
fn a_key_opens_a_session_and_stays_out_of_everything() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);

    let stranger = Visitor::nobody(client);
    let sent_away = stranger.get("/records/rights?text=x&lang=en");
    assert_eq!(sent_away.status, 303);
    let to = sent_away.header("location").unwrap();
    assert!(to.starts_with("/records/sign-in?to=%2Frecords%2Frights"), "{to}");
    assert!(stranger.get("/records/sign-in").text().contains("type=\"password\""));
    // Not by a header: a browser adds nothing of the kind by itself, and a page is for whoever signed in on it.
    let by_header = client.send("GET", "/records", &[BROWSER, &format!("Authorization: Bearer {admin}")], None);
    assert_eq!(by_header.status, 303);

    let wrong = format!("lode_{}", "0".repeat(64));
    for sent in [wrong.as_str(), "x", ""] {
        let refused = stranger.post("/records/sign-in", &[("key", sent)]);
        assert_eq!((refused.status, refused.header("set-cookie")), (401, None), "{sent}");
        assert!(!refused.text().contains(&wrong));
    }

    let form = body(&[("key", &admin), ("to", "//evil.example")]);
    let plain = client.send("POST", "/records/sign-in", &[FORM], Some(&form));
    assert_eq!(plain.header("location"), Some("/records"));
    let cookie = plain.header("set-cookie").unwrap();
    let (name, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Strict");
    assert_eq!(name.len(), "lode_session=".len() + 64);
    assert!(!cookie.contains(&admin));
    let secure = client.send("POST", "/records/sign-in", &[FORM, "X-Forwarded-Proto: https"], Some(&form));
    assert!(secure.header("set-cookie").unwrap().contains("; Secure"));

    let signed = Visitor::with_key(client, &admin);
    let page = signed.get("/records?as_of=2024-01-01");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(!page.text().contains(&admin) && page.text().contains("管理"));

    // Out: with the token of the session's own forms only.
    assert_eq!(signed.post("/records/sign-out", &[("form_token", "0")]).status, 403);
    let out = signed.post("/records/sign-out", &[("form_token", &hidden(&page, "form_token"))]);
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(signed.get("/records").status, 303);

    // A key that is revoked closes the sessions that it began.
    let cashier = key(&folder, &["--role", "cashier"]);
    let short = Visitor::with_key(client, &cashier);
    assert_eq!(short.get("/records").status, 200);
    let listed = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    let line = listed.lines().find(|line| line.contains("cashier")).unwrap();
    let id = line.split(|sign: char| sign.is_whitespace() || sign == '\t').next().unwrap().to_owned();
    assert!(keys(&folder, &["revoke", &id]).status.success(), "{listed}");
    assert_eq!(short.get("/records").status, 303);
}

#[test]
fn without_keys_the_local_user_is_there_already_and_nobody_else() {
    let folder = Folder::new();
    let process = started(&folder);
    let local = Visitor::nobody(process.client());
    let page = local.get("/records");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("本机用户") && !page.text().contains("/records/sign-out"));
    for elsewhere in ["Host: lode.example", "X-Forwarded-For: 10.0.0.1", "Via: 1.1 proxy"] {
        let refused = process.client().send("GET", "/records", &[BROWSER, elsewhere], None);
        assert_eq!(refused.status, 401, "{elsewhere}");
        assert!(refused.text().contains("127.0.0.1") && !refused.text().contains("type=\"password\""));
    }
    // Its forms have a token, too.
    assert_eq!(local.post("/records/new/parties", &PARTY).status, 403);
    let done = local.enter("/records/new/parties", "record", &PARTY);
    assert_eq!((done.status, done.header("location")), (303, Some("/records/new/rights?holder=P2&recorded=P2")));
}

#[test]
fn a_form_of_another_site_or_session_records_nothing() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);
    let (one, other) = (Visitor::with_key(client, &admin), Visitor::with_key(client, &admin));
    let before = entries(client, &admin);
    let form = one.get("/records/new/parties");
    let (token, once) = (hidden(&form, "form_token"), hidden(&form, "once"));
    let fields = |token: &str| -> Vec<u8> {
        let own = [("form_token", token), ("once", once.as_str()), ("step", "record")];
        body(&[&own[..], &PARTY[..]].concat())
    };
    let send = |visitor: &Visitor, token: &str, more: &[&str]| {
        let headers = visitor.headers(&[&[FORM], more].concat()).iter().map(ToString::to_string).collect::<Vec<_>>();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        client.send("POST", "/records/new/parties", &headers, Some(&fields(token))).status
    };
    assert_eq!(send(&one, "", &[]), 403);
    assert_eq!(send(&one, &"0".repeat(64), &[]), 403);
    // The token of somebody else's form.
    assert_eq!(send(&other, &token, &[]), 403);
    assert_eq!(send(&one, &token, &["Origin: https://evil.example"]), 403);
    assert_eq!(send(&one, &token, &["Sec-Fetch-Site: cross-site"]), 403);
    assert_eq!(send(&one, &token, &["Sec-Fetch-Site: same-site"]), 403);
    assert_eq!(entries(client, &admin), before);
    assert_eq!(
        send(&one, &token, &["Sec-Fetch-Site: same-origin", "Host: 127.0.0.1", "Origin: http://127.0.0.1"]),
        303
    );
    assert_eq!(entries(client, &admin), before + 1);
}

#[test]
fn what_is_sent_twice_is_recorded_once_and_a_preview_not_at_all() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);
    let visitor = Visitor::with_key(client, &admin);
    let right = known[0].right;
    let before = entries(client, &admin);
    let payment = [
        ("f.item", format!("I{}-1", known[0].draft + 2)),
        ("f.paid_on", "2023-07-18".to_owned()),
        ("f.amount", "40,800.00".to_owned()),
        ("f.receipt", "蒙票 0001".to_owned()),
    ];
    let payment: Vec<(&str, &str)> = payment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let target = format!("/records/new/rights/{right}/payments");
    let preview = visitor.enter(&target, "preview", &payment);
    assert_eq!(preview.status, 200);
    for figure in ["40,800.00", "40,000.00", "800.00", "将要记录", "中央"] {
        assert!(preview.text().contains(figure), "{figure}: {}", preview.text());
    }
    assert_eq!(entries(client, &admin), before);

    let own = [("form_token", hidden(&preview, "form_token")), ("once", hidden(&preview, "once"))];
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = [own.as_slice(), &[("step", "record")], payment.as_slice()].concat();
    let (first, second) = (visitor.post(&target, &sent), visitor.post(&target, &sent));
    let number = before + 1;
    let to = format!("/records/rights/{right}?recorded={number}#e{number}");
    for answer in [&first, &second] {
        assert_eq!((answer.status, answer.header("location")), (303, Some(to.as_str())), "{}", answer.text());
    }
    assert_eq!(entries(client, &admin), number);
    // The same form with other values is another request.
    let mut changed = sent.clone();
    changed.retain(|(name, _)| *name != "f.receipt");
    changed.push(("f.receipt", "蒙票 0002"));
    let refused = visitor.post(&target, &changed);
    assert!(refused.status == 409 || refused.status == 422, "{}", refused.status);
    assert_eq!(entries(client, &admin), number);

    // What is wrong stands at its field, with what was typed.
    let wrong =
        visitor.enter(&target, "preview", &[("f.item", "I999-1"), ("f.paid_on", "2023-02-30"), ("f.amount", "x")]);
    assert_eq!(wrong.status, 400);
    for part in ["id=\"f-paid_on\"", "href=\"#f-amount\"", "aria-invalid=\"true\"", "value=\"x\""] {
        assert!(wrong.text().contains(part), "{part}");
    }
}

/// Pages beside a right: what each role is answered, in the order of [`ROLES`].
const PAGES: [(&str, [u16; 7]); 13] = [
    ("/records?as_of=2024-01-01", [200; 7]),
    ("/records?list=checks&as_of=2024-01-01", [200; 7]),
    ("/records/rights", [200; 7]),
    ("/records/rights?text=LICENCE&lang=en", [200; 7]),
    ("/records/new/parties", [403, 403, 200, 403, 403, 403, 200]),
    ("/records/new/rights", [403, 403, 200, 403, 403, 403, 200]),
    ("/records/carry?topic=instalments&total=1.00", [403, 403, 200, 403, 403, 403, 200]),
    ("/records/carry?topic=annual-income&year=2024", [403, 200, 200, 403, 403, 403, 200]),
    ("/records/jobs", [200; 7]),
    ("/records/fee-sources", [200, 403, 200, 200, 200, 200, 200]),
    ("/records/ledger", [403, 403, 403, 403, 403, 200, 200]),
    ("/records/ledger?verify=1", [403, 403, 403, 403, 403, 200, 200]),
    ("/records/audit", [403, 403, 403, 403, 403, 200, 200]),
];

/// What can be recorded under a right, with the roles that may.
const ACTS: [(&str, &str); 11] = [
    ("changes", "assessor admin"),
    ("assessments", "assessor admin"),
    ("plans", "assessor admin"),
    ("declarations", "enterprise assessor admin"),
    ("notices", "assessor admin"),
    ("payments", "cashier admin"),
    ("late-fees", "cashier admin"),
    ("deferrals", "assessor admin"),
    ("refunds", "cashier admin"),
    ("transfers", "assessor admin"),
    ("closures", "assessor admin"),
];

#[test]
fn a_role_is_offered_what_it_may_do_and_sees_nothing_of_others() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let mut faults = Vec::new();
    for (index, role) in ROLES.into_iter().enumerate() {
        let visitor = Visitor::with_key(client, &limited(&folder, role));
        let sees = if role == "enterprise" { [true, false, true, false] } else { [true, true, false, false] };
        let mut shown = Vec::new();
        for (target, wanted) in PAGES {
            let answer = visitor.get(target);
            if answer.status != wanted[index] {
                faults.push(format!("{role} {target}: {}, wanted {}", answer.status, wanted[index]));
            }
            shown.push(answer);
        }
        for (known, sees) in known.iter().zip(sees) {
            let Known { right, notice, .. } = known;
            let page = visitor.get(&format!("/records/rights/{right}?as_of=2024-01-01"));
            let papers = [
                format!("/records/notices/{notice}/notice.html"),
                format!("/records/rights/{right}/statement.html?as_of=2024-01-01"),
            ];
            for paper in papers {
                let answer = visitor.get(&paper);
                if (answer.status == 200) != sees || !sees && answer.status != 404 {
                    faults.push(format!("{role} {paper}: {}", answer.status));
                }
                shown.extend((!sees).then_some(answer));
            }
            if page.status != if sees { 200 } else { 404 } {
                faults.push(format!("{role} {right}: {}", page.status));
            }
            for (act, roles) in ACTS {
                let target = format!("/records/new/rights/{right}/{act}");
                let may = roles.split(' ').any(|known| known == role);
                if page.text().contains(&target) != (may && sees) {
                    faults.push(format!("{role} {target} is offered: {}", !may));
                }
                let form = visitor.get(&target);
                let wanted = if !may {
                    403
                } else if sees {
                    200
                } else {
                    404
                };
                if form.status != wanted {
                    faults.push(format!("{role} {target}: {}, wanted {wanted}", form.status));
                }
                if !sees {
                    shown.push(form);
                }
            }
            if !sees {
                shown.push(page);
            }
        }
        for (known, _) in known.iter().zip(sees).filter(|(_, sees)| !sees) {
            let marks = [format!("/rights/{}\"", known.right), known.licence(), format!("I{}-", known.draft + 2)];
            for answer in &shown {
                let found: Vec<&String> = marks.iter().filter(|mark| answer.text().contains(mark.as_str())).collect();
                if !found.is_empty() {
                    faults.push(format!("{role} is shown {found:?}"));
                }
            }
        }
        // Tried all the same, with a form of their own.
        let page = visitor.get("/records");
        let token = hidden(&page, "form_token");
        let once = "0".repeat(64);
        let tried = visitor.post(
            "/records/new/parties",
            &[&[("form_token", token.as_str()), ("once", &once), ("step", "record")][..], &PARTY[..]].concat(),
        );
        let may = matches!(role, "assessor" | "admin");
        if (tried.status == 403) == may {
            faults.push(format!("{role} registers a party: {}", tried.status));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_was_entered_is_text_and_an_access_by_a_page_is_noted() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);
    let visitor = Visitor::with_key(client, &admin);
    let name = "<script>alert(1)</script>\"' onload=x";
    let party = [("f.effective_on", "2024-01-01"), ("f.code", "91150200MA0N000018"), ("f.name", name)];
    let preview = visitor.enter("/records/new/parties", "preview", &party);
    assert!(preview.text().contains("&#60;script&#62;") && !preview.text().contains("<script>alert"));
    let done = visitor.enter("/records/new/parties", "record", &party);
    let to = done.header("location").unwrap();
    let id = to.split("recorded=").nth(1).unwrap().to_owned();
    let right = known[0].right;
    let moved = [("f.effective_on", "2024-02-01"), ("f.to", id.as_str()), ("f.reason", name)];
    assert_eq!(visitor.enter(&format!("/records/new/rights/{right}/transfers"), "record", &moved).status, 303);
    for target in ["/records?as_of=2024-06-01", "/records/rights", &format!("/records/rights/{right}")] {
        let page = visitor.get(target);
        assert!(page.text().contains("&#60;script&#62;") && !page.text().contains("<script>alert"), "{target}");
    }
    let sought = visitor.get("/records/rights?text=%22%3E%3Cscript%3E");
    assert!(!sought.text().contains("\"><script>"));

    let rows = send(client, &admin, "GET /v1/audit", &Value::Null).json();
    let seen: BTreeSet<(String, String)> = rows["accesses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["method"].as_str().unwrap().to_owned(), row["target"].as_str().unwrap().to_owned()))
        .collect();
    for (method, target) in [
        ("POST", "/records/new/parties".to_owned()),
        ("POST", "/v1/parties".to_owned()),
        ("POST", format!("/v1/rights/{right}/transfers")),
        ("GET", format!("/v1/rights/{right}")),
        ("GET", "/v1/worklists/overdue?as_of=2024-06-01&lang=zh".to_owned()),
    ] {
        assert!(seen.contains(&(method.to_owned(), target.clone())), "{method} {target}: {seen:?}");
    }
    assert!(rows["accesses"].as_array().unwrap().iter().all(|row| row["address"] == json!("127.0.0.1")));
    assert!(!rows.to_string().contains(&admin));
}

#[test]
fn a_form_whose_session_ended_is_kept_until_somebody_signs_in_again() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);
    let target = format!("/records/new/rights/{}/payments?lang=en", known[0].right);
    let before = entries(client, &admin);
    let typed =
        [("form_token", "0"), ("once", "x"), ("step", "record"), ("f.amount", "1,234.50"), ("f.receipt", "<b>\"1")];
    let stranger = Visitor::nobody(client);
    let asked = stranger.post(&target, &typed);
    assert_eq!(asked.status, 401);
    for part in
        ["type=\"password\"", "name=\"kept.f.amount\" value=\"1,234.50\"", "&#60;b&#62;", "The session has ended"]
    {
        assert!(asked.text().contains(part), "{part}: {}", asked.text());
    }
    assert!(!asked.text().contains("kept.form_token"));
    let to = hidden(&asked, "to");
    assert_eq!(to.replace("&#38;", "&"), target);
    let kept =
        [("to", target.as_str()), ("kept.f.amount", "1,234.50"), ("kept.f.receipt", "蒙票 9"), ("kept.step", "record")];
    // A wrong key loses nothing either.
    let wrong = stranger.post("/records/sign-in?lang=en", &[&[("key", "x")][..], &kept[..]].concat());
    assert!(wrong.status == 401 && wrong.text().contains("kept.f.receipt"));
    let again = stranger.post("/records/sign-in?lang=en", &[&[("key", admin.as_str())][..], &kept[..]].concat());
    assert_eq!(again.status, 200, "{}", again.text());
    let cookie = again.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(again.text().contains("value=\"1,234.50\"") && again.text().contains("蒙票 9"), "{}", again.text());
    assert!(again.text().contains("<html lang=\"en\"") && again.header("cache-control") == Some("no-store"));
    // It is shown, not recorded, and belongs to the new session.
    assert_eq!(entries(client, &admin), before);
    let visitor = Visitor { client, cookie: Some(format!("Cookie: {cookie}")) };
    let (token, once) = (hidden(&again, "form_token"), hidden(&again, "once"));
    let form = [("form_token", token.as_str()), ("once", once.as_str()), ("step", "preview"), ("f.amount", "x")];
    assert_eq!(visitor.post(&target, &form).status, 400);
    // Only forms of the records are kept, and nobody is led elsewhere.
    let elsewhere = [("to", "//evil.example/records/new/x"), ("kept.f.amount", "1"), ("key", admin.as_str())];
    let led = stranger.post("/records/sign-in", &elsewhere);
    assert_eq!((led.status, led.header("location")), (303, Some("/records")));
}

#[test]
fn amounts_are_typed_in_wan_and_parties_by_code_or_name() {
    let folder = Folder::new();
    let process = started(&folder);
    let local = Visitor::nobody(process.client());
    let party = |code, name| {
        let fields = [("f.effective_on", "2024-01-01"), ("f.code", code), ("f.name", name)];
        assert_eq!(local.enter("/records/new/parties", "record", &fields).status, 303);
    };
    party("91150200MA0N000018", "某某建材有限公司");
    party("91150200MA0N00002B", "某某水泥有限公司");
    let right = [
        ("f.effective_on", "2024-06-20"),
        ("f.right", "mining"),
        ("f.licence_number", "C1502002024067130000001"),
        ("f.transfer_mode", "agreement"),
        ("f.division", "150221"),
        ("f.area", "land"),
        ("f.scheme", "whole_region"),
        ("f.minerals", "石膏"),
        ("f.area_km2", "1"),
    ];
    let register =
        |holder, step| local.enter("/records/new/rights", step, &[&right[..], &[("f.holder", holder)][..]].concat());
    for holder in ["某某建材有限公司", "91150200MA0N000018", "某某建材有限公司 91150200MA0N000018", "建材", "P2"]
    {
        let preview = register(holder, "preview");
        assert_eq!(preview.status, 200, "{holder}: {}", preview.text());
        assert!(preview.text().contains("name=\"f.holder\" value=\"P2\""), "{holder}");
    }
    let several = register("某某", "record");
    assert_eq!(several.status, 422);
    assert!(several.text().contains("choose:f.holder:某某水泥有限公司 91150200MA0N00002B"), "{}", several.text());
    let nobody = register("无此公司", "preview");
    assert!(nobody.status == 422 && nobody.text().contains("请先登记当事人"));
    let chosen = register("某某", "choose:f.holder:某某水泥有限公司 91150200MA0N00002B");
    assert!(chosen.status == 200 && chosen.text().contains("value=\"某某水泥有限公司 91150200MA0N00002B\""));
    let done = register("某某水泥有限公司", "record");
    assert_eq!(done.status, 303, "{}", done.text());
    let id = done.header("location").unwrap().split('/').nth(3).unwrap().split('?').next().unwrap().to_owned();
    let found = local.get("/records/rights?holder=%E6%B0%B4%E6%B3%A5");
    assert!(found.text().contains(&format!("/records/rights/{id}\"")), "{}", found.text());
    assert!(local.get("/records/rights?holder=%E6%9F%90%E6%9F%90").text().contains("holder=P"));
    assert!(local.get("/records/rights?holder=x").text().contains("没有登记这个持有人"));

    let draft = format!("/records/new/rights/{id}/assessments?topic=transfer-income");
    let facts = [
        ("topic", "transfer-income"),
        ("f.effective_on", "2024-06-21"),
        ("f.request.as_of", "2024-06-20"),
        ("f.request.mineral", "石膏"),
        ("f.request.transfer_mode", "agreement"),
        ("f.wan:request.starting_price", "54.00001"),
    ];
    let preview = local.enter(&draft, "preview", &facts);
    assert_eq!(preview.status, 200, "{}", preview.text());
    assert!(preview.text().contains("name=\"f.request.starting_price\" value=\"540000.1\""), "{}", preview.text());
    let in_wan = local.client.send(
        "GET",
        &format!("{draft}&request.starting_price=540000.10"),
        &[BROWSER, "Cookie: lode_unit=wan"],
        None,
    );
    assert!(in_wan.text().contains("name=\"f.wan:request.starting_price\""), "{}", in_wan.text());
    assert!(in_wan.text().contains("value=\"54.00001\""));
}

#[test]
fn many_documents_are_ordered_followed_and_fetched_by_whoever_asked_alone() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let visitor = Visitor::with_key(client, &key(&folder, &["--role", "admin"]));
    let page = visitor.get("/records/jobs");
    let (token, once) = (hidden(&page, "form_token"), hidden(&page, "once"));
    let right =
        send(client, &key(&folder, &["--role", "admin"]), &format!("GET /v1/rights/{}", known[0].right), &Value::Null);
    let division = right.json()["division"].as_str().unwrap().to_owned();
    let order = |token: &str, division: &str| {
        let own = [("form_token", token), ("once", once.as_str()), ("form", "zip"), ("what", "statements")];
        visitor.post("/records/jobs", &[&own[..], &[("division", division), ("as_of", "2024-01-01")][..]].concat())
    };
    assert_eq!(order("0", &division).status, 403);
    let wrong = order(&token, "x");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("role=\"alert\"") && wrong.text().contains("value=\"x\""));
    // Sent twice it is one job.
    for _ in 0..2 {
        let taken = order(&token, &division);
        assert_eq!((taken.status, taken.header("location")), (303, Some("/records/jobs")), "{}", taken.text());
    }
    let begun = std::time::Instant::now();
    let done = loop {
        let page = visitor.get("/records/jobs");
        if page.text().contains("/result\"") {
            break page;
        }
        assert!(begun.elapsed().as_secs() < 60, "{}", page.text());
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    let links: Vec<&str> = done
        .text()
        .match_indices("href=\"/records/jobs/")
        .map(|(at, _)| done.text()[at + 6..].split('"').next().unwrap())
        .collect();
    assert_eq!(links.len(), 1, "{links:?}");
    let file = visitor.get(links[0]);
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/zip")));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"documents.zip\""));
    assert!(file.body.starts_with(b"PK"));
    let other = Visitor::with_key(client, &key(&folder, &["--role", "viewer"]));
    assert!(!other.get("/records/jobs").text().contains("/result\""));
    assert_eq!(other.get(links[0]).status, 404);
    assert_eq!(visitor.get("/records/jobs/nothing/result").status, 404);
    // Taken away by whoever asked for it, from a page of their own.
    let removal = links[0].replace("/result", "/removal");
    assert!(done.text().contains(&format!("action=\"{removal}\"")), "{}", done.text());
    let its = hidden(&other.get("/records/jobs"), "form_token");
    for (who, token, status) in [(&visitor, "0", 403), (&other, its.as_str(), 303)] {
        assert_eq!(who.post(&removal, &[("form_token", token)]).status, status);
        assert_eq!(visitor.get(links[0]).status, 200);
    }
    for _ in 0..2 {
        let gone = visitor.post(&removal, &[("form_token", token.as_str())]);
        assert_eq!((gone.status, gone.header("location")), (303, Some("/records/jobs")), "{}", gone.text());
        assert_eq!(visitor.get(links[0]).status, 404);
    }
    assert!(!visitor.get("/records/jobs").text().contains("/removal"));
}
