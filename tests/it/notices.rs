//! Documents: what stands on them, that the same data give the same bytes, and what the templates of a bureau may do.

use std::io::Write;
use std::process::{Command, Stdio};

use chrono::NaiveDate;
use lode::api::documents::{MOST_STEPS, negotiated};
use lode::api::sheet::code_in_chinese;
use lode::api::topic::Topic;
use lode::domain::identity::{CreditCode, NoticeNumber};
use lode::domain::money::Yuan;
use lode::domain::revenue_split::Shares;
use lode::notice::paper::{Printable, samples};
use lode::notice::payment::{DueBy, NoticeError, NoticeItem, NoticeParts, Payer, PaymentNotice, RightOnPaper};
use lode::notice::statement::{Statement, StatementError, StatementItem, StatementParts};
use lode::notice::words::{capitals, chinese_day, grouped};
use lode::notice::{Format, Paper, Press};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::service::{Answer, lode, shared};

const SHEET: &str = "/v1/documents/calculation-sheet";

fn yuan(fen: i64) -> Yuan {
    Yuan::from_fen(fen).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Asks for a sheet in a form.
fn sheet(accept: &str, request: &Json) -> Answer {
    let headers = ["Content-Type: application/json".to_owned(), format!("Accept: {accept}")];
    shared().send("POST", SHEET, &headers.each_ref().map(String::as_str), Some(request.to_string().as_bytes()))
}

/// The text of a page as a reader sees it: without tags, entities resolved.
pub(crate) fn text_of(html: &str) -> String {
    let without_tags: String =
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let mut text = without_tags;
    for (entity, sign) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        text = text.replace(entity, sign);
    }
    text
}

fn bare(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_whitespace() && *sign != '\u{200b}').collect()
}

/// What a document has to show of an answered calculation.
fn told_by(answer: &Json) -> Vec<String> {
    let mut told = Vec::new();
    for step in answer["steps"].as_array().unwrap() {
        told.extend(
            [&step["formula"], &step["rule"], &step["law"]["label"]].map(|text| text.as_str().unwrap().to_owned()),
        );
        for (name, value) in step["inputs"].as_object().unwrap() {
            told.push(format!("{name} = {}", value.as_str().unwrap()));
        }
        match &step["result"] {
            Json::Array(parts) => told.extend(parts.iter().map(|part| part.as_str().unwrap().to_owned())),
            single => told.push(single.as_str().unwrap().to_owned()),
        }
    }
    for version in answer["rate_versions"].as_array().unwrap() {
        let field = |name: &str| version[name].as_str().unwrap();
        told.extend([field("id").to_owned(), field("sha256")[..16].to_owned(), field("effective_from").to_owned()]);
    }
    for warning in answer["warnings"].as_array().unwrap() {
        told.push(warning["message"].as_str().unwrap().to_owned());
    }
    told.push(answer["dataset"]["id"].as_str().unwrap().to_owned());
    told
}

/// What `pdftotext` reads in a PDF; nothing where it is not installed.
fn read_back(pdf: &[u8]) -> Option<String> {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    Some(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
}

/// What is missing in a text, spaces and line ends aside. A row is never parted, but its columns are read in any order.
pub(crate) fn missing(told: &[String], text: &str) -> Vec<String> {
    let text = bare(text);
    told.iter().filter(|one| !text.contains(&bare(one))).cloned().collect()
}

#[test]
fn a_sheet_shows_every_step_article_and_version_of_every_topic() {
    let mut unread = 0;
    for topic in Topic::ALL {
        let calculated = shared().post(topic.path(), &topic.example().to_string());
        assert_eq!(calculated.status, 200);
        let told = told_by(&calculated.json());
        let request = json!({"topic": topic.slug(), "request": topic.example(), "subject": "某某矿"});
        let html = sheet("text/html", &request);
        assert_eq!((html.status, html.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert_eq!(missing(&told, &text_of(html.text())), [""; 0], "{}", topic.slug());
        if !cfg!(feature = "pdf") {
            continue;
        }
        let pdf = sheet("application/pdf", &request);
        assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
        assert!(pdf.body.starts_with(b"%PDF-"));
        match read_back(&pdf.body) {
            // The lines of a broken cell are read one after the other, so a formula is whole.
            Some(text) => assert_eq!(missing(&told, &text), [""; 0], "{}", topic.slug()),
            None => unread += 1,
        }
    }
    if unread > 0 {
        println!("left out: reading {unread} PDFs back (no pdftotext)");
    }
}

#[test]
fn the_example_of_the_documents_is_printed() {
    let example = include_str!("../../docs/examples/documents/calculation-sheet.json");
    let answer = sheet("text/html", &serde_json::from_str(example).unwrap());
    // 100 000 × 0.002 × 30 + 60 000 × 0.002 × 51 = 6 000 + 6 120.
    let told = ["12,120.00", "人民币壹万贰仟壹佰贰拾元整", "某市自然资源局", "2024年4月1日"];
    assert_eq!(missing(&told.map(str::to_owned), &text_of(answer.text())), [""; 0]);
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let request = |topic: Topic| json!({"topic": topic.slug(), "request": topic.example(), "issued_on": "2024-04-01"});
    for format in Format::ALL {
        let first = sheet(format.media_type(), &request(Topic::LateFee));
        assert_eq!(first.status, 200);
        sheet(format.media_type(), &request(Topic::Instalments));
        assert!(sheet(format.media_type(), &request(Topic::LateFee)).body == first.body, "{format:?} differs");
    }
}

/// `= ` and `#` begin a heading and code in typst, `<` and `&` markup in HTML.
#[test]
fn texts_of_a_request_are_never_markup() {
    let hostile = "<script>alert(1)</script> &amp; \"'\n= #panic() *x* $y$ \\ @z [";
    let request = json!({"topic": "late-fee", "request": Topic::LateFee.example(), "subject": hostile, "remark": hostile,
        "number": "1", "issuer": hostile});
    let html = sheet("text/html", &request);
    assert!(!html.text().contains("<script"), "{}", html.text());
    assert_eq!(missing(&[hostile.to_owned()], &text_of(html.text())), [""; 0]);
    if cfg!(feature = "pdf") {
        let pdf = sheet("application/pdf", &request);
        assert_eq!(pdf.status, 200);
        if let Some(text) = read_back(&pdf.body) {
            assert_eq!(missing(&[hostile.to_owned()], &text), [""; 0]);
        }
    }
}

#[test]
fn a_page_loads_nothing_from_anywhere() {
    let html = sheet("text/html", &json!({"topic": "split", "request": Topic::Split.example()}));
    for reference in ["src=", "href=", "url(", "@import"] {
        assert!(!html.text().contains(reference), "{reference}");
    }
    let policy = html.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(html.header("vary"), Some("Accept"));
}

#[test]
fn the_faults_of_a_calculation_stand_below_its_place() {
    let refused = |request: Json| {
        let answer = sheet("text/html", &request);
        let pointers: Vec<String> = answer.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
            .collect();
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned(), pointers)
    };
    let late_fee = |principal: Json| json!({"principal": principal, "due_date": "2024-01-10", "as_of": "2024-03-31"});
    let malformed = |pointers: &[&str]| {
        (400, "malformed_request".to_owned(), pointers.iter().map(|one| (*one).to_owned()).collect())
    };
    assert_eq!(
        refused(json!({"topic": "late-fee", "request": late_fee(json!(1))})),
        malformed(&["/request/principal"])
    );
    assert_eq!(refused(json!({"topic": "late-fees", "request": {}, "x": 1})), malformed(&["/topic", "/x"]));
    assert_eq!(refused(json!({"topic": "late-fee", "request": []})), malformed(&["/request"]));
    assert_eq!(refused(json!([])), malformed(&[""]));
    let invalid = |pointer: &str| (422, "invalid_field".to_owned(), vec![pointer.to_owned()]);
    assert_eq!(refused(json!({"topic": "late-fee", "request": late_fee(json!("0"))})), invalid("/request/principal"));
    let long = "长".repeat(501);
    assert_eq!(
        refused(json!({"topic": "late-fee", "request": late_fee(json!("1")), "remark": long})),
        invalid("/remark")
    );
}

#[test]
fn a_sheet_has_an_end() {
    let lines: Vec<Json> =
        (0..MOST_STEPS).map(|_| json!({"mineral": "金", "product": "concentrate", "revenue": "1.00"})).collect();
    let request = json!({"year": 2024, "transfer_mode": "agreement", "lines": lines});
    assert_eq!(shared().post("/v1/calculations/annual-income", &request.to_string()).status, 200);
    let answer = sheet("text/html", &json!({"topic": "annual-income", "request": request}));
    assert_eq!((answer.status, answer.json()["errors"][0]["pointer"].as_str()), (413, Some("/request")));
}

#[test]
fn who_takes_no_form_is_refused() {
    let answer = sheet("application/json", &json!({"topic": "split", "request": Topic::Split.example()}));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (415, Some("unsupported_media_type")));
    assert!(answer.json()["detail"].as_str().unwrap().contains("text/html"));
}

#[test]
#[cfg(feature = "pdf")]
fn the_form_is_the_one_that_the_client_would_rather_have() {
    for (accept, wanted) in [
        (None, Some(Format::Html)),
        (Some(""), Some(Format::Html)),
        (Some("*/*"), Some(Format::Html)),
        (Some("text/*"), Some(Format::Html)),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Some(Format::Html)),
        (Some("application/pdf"), Some(Format::Pdf)),
        (Some("Application/PDF; q=0.5"), Some(Format::Pdf)),
        (Some("application/pdf, */*;q=0.1"), Some(Format::Pdf)),
        (Some("text/html;q=0.4, application/pdf;q=0.45"), Some(Format::Pdf)),
        (Some("text/html, application/pdf"), Some(Format::Html)),
        (Some("text/html;q=0, */*"), Some(Format::Pdf)),
        (Some("application/*"), Some(Format::Pdf)),
        (Some("application/pdf;q=0"), None),
        (Some("application/pdf;q=5"), None),
        (Some("application/json"), None),
        (Some("image/*"), None),
    ] {
        assert_eq!(negotiated(accept), wanted, "{accept:?}");
    }
}

/// Every choice that a request or a result of a calculation has is printed in Chinese.
#[test]
fn every_code_has_its_chinese_word() {
    fn visit(document: &Json, place: &str, schema: &Json, seen: &mut Vec<String>, found: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            // The lists of the data have their names in the data.
            let listed =
                ["MineralCode", "MineralName", "DivisionCode", "DivisionName", "SplitClassCode", "DeemedSaleName"];
            if !listed.contains(&name) && !seen.iter().any(|known| known == name) {
                seen.push(name.to_owned());
                visit(document, place, &document["components"]["schemas"][name], seen, found);
            }
        }
        for code in schema["enum"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if code_in_chinese(place, code).is_none() {
                found.push(format!("{place}: {code}"));
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            visit(document, name, property, seen, found);
        }
        for inner in ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten() {
            visit(document, place, inner, seen, found);
        }
        visit_items(document, place, schema, seen, found);
    }
    fn visit_items(document: &Json, place: &str, schema: &Json, seen: &mut Vec<String>, found: &mut Vec<String>) {
        if schema["items"].is_object() {
            visit(document, place, &schema["items"], seen, found);
        }
    }
    let document = shared().get("/openapi.json").json();
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for topic in Topic::ALL {
        let operation = &document["paths"][topic.path()]["post"];
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        visit(&document, "", request, &mut seen, &mut found);
        let answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        let envelope = &document["components"]["schemas"][answer.rsplit('/').next().unwrap()];
        for (name, field) in envelope["properties"].as_object().unwrap() {
            if !["calculation", "steps", "rate_versions", "warnings", "dataset"].contains(&name.as_str()) {
                visit(&document, name, field, &mut seen, &mut found);
            }
        }
    }
    assert!(seen.len() > 40, "only {} schemas were looked at", seen.len());
    assert_eq!(found, [""; 0], "codes without a word in code_in_chinese");
}

fn right_on_paper() -> RightOnPaper {
    let minerals = vec!["金矿".to_owned(), "银矿".to_owned()];
    RightOnPaper {
        name: Some("某某金矿".to_owned()),
        kind: "采矿权",
        licence: None,
        contract: None,
        minerals,
        area: None,
    }
}

fn payer() -> Payer {
    Payer { name: "垚鑫矿业有限公司".to_owned(), credit_code: CreditCode::new("91350100M000100Y43").unwrap() }
}

fn notice_parts(amounts: &[i64]) -> NoticeParts {
    let item = |fen: &i64| NoticeItem {
        name: "第 1 期".to_owned(),
        basis: "财综〔2023〕10号 第十二条".to_owned(),
        amount: yuan(*fen),
        due: DueBy::Day(day("2024-06-05")),
    };
    NoticeParts {
        number: NoticeNumber::new("370600", 2024, 12).unwrap(),
        issuer: Some("国家税务总局烟台市税务局".to_owned()),
        contact: None,
        issued_on: day("2024-05-06"),
        payer: payer(),
        right: right_on_paper(),
        items: amounts.iter().map(item).collect(),
        shares: None,
        account: "103071404".to_owned(),
    }
}

/// 1 000.01 + 2 000.02 = 3 000.03; 40 % of it is 1 200.012, so 1 200.01 and 1 800.02.
#[test]
fn a_notice_shows_its_sum_in_figures_and_capitals_with_shares_and_account() {
    let shares =
        Shares { central: yuan(120_001), local: yuan(180_002), levels: Some([90_001, 54_001, 36_000].map(yuan)) };
    let parts = NoticeParts { shares: Some(shares), ..notice_parts(&[100_001, 200_002]) };
    let paper = Paper::of(&PaymentNotice::new(parts).unwrap()).unwrap();
    let html = String::from_utf8(Press::default().print(&paper, Format::Html).unwrap()).unwrap();
    let told = [
        "370600".to_owned() + "2024000012",
        "3,000.03".to_owned(),
        "人民币叁仟元零叁分".to_owned(),
        "103071404".to_owned(),
        "1,200.01".to_owned(),
        "900.01".to_owned(),
        "540.01".to_owned(),
        "360.00".to_owned(),
        "2024-06-05".to_owned(),
        "2024年5月6日".to_owned(),
        "盖章处".to_owned(),
        "垚鑫矿业有限公司".to_owned(),
        paper.check.short.clone(),
    ];
    assert_eq!(missing(&told, &text_of(&html)), [""; 0]);
}

#[test]
fn a_notice_whose_figures_disagree_is_not_made() {
    let refused = |parts| PaymentNotice::new(parts).unwrap_err();
    assert_eq!(refused(notice_parts(&[])), NoticeError::Empty);
    assert_eq!(refused(notice_parts(&[1, 0])), NoticeError::NotPositive);
    assert!(matches!(refused(notice_parts(&[99_999_999_999_999_999; 93])), NoticeError::Money(_)));
    for (central, local, levels) in [(40, 61, None), (40, 60, Some([30, 20, 11]))] {
        let shares = Shares { central: yuan(central), local: yuan(local), levels: levels.map(|all| all.map(yuan)) };
        let parts = NoticeParts { shares: Some(shares), ..notice_parts(&[100]) };
        assert_eq!(refused(parts), NoticeError::Shares);
    }
}

#[test]
fn a_statement_adds_up_or_is_not_made() {
    let item = |not_due: i64| StatementItem {
        name: "第 1 期".to_owned(),
        basis: "财综〔2023〕10号 第十二条".to_owned(),
        due_on: None,
        amount: yuan(6_000),
        paid: yuan(1_000),
        overdue: yuan(2_000),
        not_due: yuan(not_due),
        late_fee: Some(yuan(4)),
        overpaid: yuan(1),
    };
    let statement = |not_due| {
        Statement::new(StatementParts {
            number: None,
            issuer: None,
            issued_on: None,
            as_of: day("2024-04-30"),
            known_at: Some("2024-05-01T08:00:00.000Z".to_owned()),
            payer: payer(),
            right: right_on_paper(),
            items: vec![item(not_due), item(3_000)],
            shares: Some(Shares { central: yuan(1_600), local: yuan(2_401), levels: None }),
            account: "103071404".to_owned(),
            warnings: vec!["参数的来源为推定".to_owned()],
            dataset: "builtin".to_owned(),
        })
    };
    assert_eq!(statement(3_001).unwrap_err(), StatementError::Parts("第 1 期".to_owned()));
    let paper = Paper::of(&statement(3_000).unwrap()).unwrap();
    let html = String::from_utf8(Press::default().print(&paper, Format::Html).unwrap()).unwrap();
    // Twice 60.00 = 10.00 + 20.00 + 30.00.
    let told = [
        "16.00",
        "24.01",
        "120.00",
        "20.00",
        "40.00",
        "60.00",
        "0.08",
        "人民币肆拾元整",
        "人民币捌分",
        "年　　月　　日",
        "多缴（元）",
        "0.02",
        "按 2024-05-01T08:00:00.000Z 已知的记录",
        "提示：参数的来源为推定",
    ];
    assert_eq!(missing(&told.map(str::to_owned), &text_of(&html)), [""; 0]);
}

#[test]
fn amounts_and_days_are_written_as_documents_have_them() {
    for (fen, text) in
        [(0, "0.00"), (5, "0.05"), (99_999, "999.99"), (100_000, "1,000.00"), (-123_456_789, "-1,234,567.89")]
    {
        assert_eq!(grouped(yuan(fen)), text);
    }
    assert_eq!(capitals(yuan(1)), "人民币壹分");
    assert_eq!(chinese_day(day("2024-05-06")), "2024年5月6日");
}

/// The check code is SHA-256 over the canonical content, and the QR code carries all of it.
#[test]
fn the_check_code_belongs_to_the_content_and_stands_in_the_qr_code() {
    let notice = PaymentNotice::new(notice_parts(&[100])).unwrap();
    let canonical = notice.content().canonical().unwrap();
    assert!(canonical.starts_with(r#"[["document","payment-notice/1"],["number","3706002024000012"],"#), "{canonical}");
    let digest: String = Sha256::digest(canonical.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let paper = Paper::of(&notice).unwrap();
    assert_eq!(paper.check.sha256, digest);
    assert_eq!(bare(&paper.check.short), digest[..16]);
    let expected = format!("lode:payment-notice:3706002024000012:{digest}");
    assert_eq!(read_qr(&paper.check.qr_svg), expected);

    let other = PaymentNotice::new(notice_parts(&[101])).unwrap();
    assert_ne!(Paper::of(&other).unwrap().check.sha256, digest);
    for sample in samples().unwrap() {
        assert!(read_qr(&sample.check.qr_svg).ends_with(&sample.check.sha256));
    }
}

/// The widths of a table are percents in HTML and proportions in PDF; every row fills every column.
#[test]
fn the_columns_of_every_table_fill_the_paper() {
    for sample in samples().unwrap() {
        for table in &sample.tables {
            let width: u32 = table.columns.iter().map(|column| column.width).sum();
            assert_eq!(width, 100, "{} {}", sample.kind, table.heading);
            assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()), "{}", table.heading);
        }
    }
}

/// Draws the path of the SVG, four dots a module, and reads the code in it.
fn read_qr(svg: &str) -> String {
    let side: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let path = svg.split("#000\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let numbers: Vec<usize> = run.split([' ', 'h', 'v']).take(3).map(|number| number.parse().unwrap()).collect();
        let from = numbers[1] * side + numbers[0];
        dark[from..from + numbers[2]].fill(true);
    }
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(side * 4, side * 4, |x, y| dark[y / 4 * side + x / 4]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[cfg(feature = "pdf")]
mod templates {
    use lode::notice::PrintError;

    use super::*;

    const BUILT_IN: &str = include_str!("../../templates/document.typ");

    fn refused(template: &str) -> Vec<String> {
        match Press::with_template(template.to_owned()) {
            Err(PrintError::Template(problems)) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_built_in_template_prints_what_each_document_must_show() {
        Press::with_template(BUILT_IN.to_owned()).unwrap();
    }

    #[test]
    fn a_template_that_leaves_something_out_is_refused() {
        let without_check = BUILT_IN.replace("paper.check.short", "\"\"");
        assert_ne!(without_check, BUILT_IN);
        let problems = refused(&without_check);
        assert!(problems[0].starts_with("payment-notice: “") && problems[0].contains("未印出"), "{problems:?}");
    }

    #[test]
    fn a_broken_template_is_refused_with_its_line() {
        assert_eq!(refused("\n\n#let x = "), ["line 3: expected expression"]);
        let problems = refused("#let paper = json(\"paper.json\")\n#paper.nothing");
        assert!(problems[0].starts_with("line 2: "), "{problems:?}");
    }

    #[test]
    fn the_service_does_not_start_with_a_broken_template() {
        let file = std::env::temp_dir().join(format!("lode-template-{}.typ", std::process::id()));
        std::fs::write(&file, "#let x = ").unwrap();
        let name = file.to_str().unwrap();
        let ended = lode(&["serve", "--listen", "127.0.0.1:0", "--template", name], b"");
        std::fs::remove_file(&file).unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(name) && said.contains("line 1: expected expression"), "{said}");
        assert_eq!(lode(&["serve", "--template", name], b"").status.code(), Some(1), "the file is gone");
    }

    #[test]
    fn a_template_reaches_no_file_no_package_and_no_clock() {
        for reach in [
            "#read(\"/etc/hostname\")",
            "#read(\"Cargo.toml\")",
            "#import \"@preview/cetz:0.1.0\"",
            "#datetime.today()",
        ] {
            let problems = refused(reach);
            assert!(problems[0].starts_with("line 1: "), "{reach}: {problems:?}");
        }
    }

    /// Chinese names have signs outside GB 2312, and a notice of many rows has many pages.
    #[test]
    fn a_long_notice_repeats_its_head_on_every_page() {
        let parts = notice_parts(&[100; 120]);
        let paper = Paper::of(&PaymentNotice::new(parts).unwrap()).unwrap();
        let pdf = Press::default().print(&paper, Format::Pdf).unwrap();
        let Some(text) = read_back(&pdf) else {
            println!("left out: reading a PDF back (no pdftotext)");
            return;
        };
        let pages: Vec<String> = text.split('\u{c}').map(bare).filter(|page| !page.is_empty()).collect();
        assert!(pages.len() > 2, "{} pages", pages.len());
        for (page, at) in pages.iter().zip(1..) {
            assert!(page.contains(&format!("第{at}页，共{}页", pages.len())), "{page}");
            assert_eq!(page.contains("2024-06-05"), page.contains("缴款期限金额（元）"), "{page}");
        }
        assert!(pages[0].contains("垚鑫矿业有限公司"));
    }
}
