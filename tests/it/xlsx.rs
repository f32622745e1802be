//! Workbooks: what comes in as cells is what a request says, what is wrong is told at its cell, hostile files are refused in
//! little memory, templates read back as the examples that they hold.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use chrono::{Days, NaiveDate};
use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic};
use lode::batch::cells::Table;
use lode::batch::engine::{Asking, Form, Stop, Tally, run};
use lode::batch::header::Plan;
use lode::batch::lines::LineForm;
use lode::batch::reading::Reading;
use lode::batch::xlsx::{SheetPlace, XLSX, XlsxBook, XlsxForm, XlsxSource, example_sheet, template};
use lode::domain::context::Detail;
use serde_json::{Value as Json, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::province::Province;
use crate::rate_data::book;
use crate::report::say;
use crate::service::{REQUEST_ID, lode, shared};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Number formats of the cells of tests: 1 a day, 2 a percent, 3 an amount, 4 a Chinese day.
const STYLES: &str = r#"<numFmts count="2"><numFmt numFmtId="170" formatCode="&quot;元&quot;#,##0.00"/><numFmt numFmtId="171" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>
<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs>
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs>"#;

/// A container of parts.
fn container(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What a workbook of a test is made of.
struct Made {
    sheets: Vec<(&'static str, &'static str, String)>,
    texts: String,
    workbook: &'static str,
    more: Vec<(&'static str, Vec<u8>)>,
}

impl Made {
    fn of(sheet: impl Into<String>) -> Made {
        Made { sheets: vec![("表一", "", sheet.into())], texts: String::new(), workbook: "", more: Vec::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, text: String| parts.push((name.to_owned(), text.into_bytes()));
        add("[Content_Types].xml", format!("{HEAD}<Types/>"));
        add(
            "_rels/.rels",
            format!(
                r#"{HEAD}<Relationships><Relationship Id="r1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        );
        let (mut listed, mut related) = (String::new(), String::new());
        for (number, (name, state, sheet)) in (1..).zip(&self.sheets) {
            listed.push_str(&format!(r#"<sheet name="{name}" sheetId="{number}" r:id="s{number}" {state}/>"#));
            related.push_str(&format!(
                r#"<Relationship Id="s{number}" Type="{RELATED}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
            ));
            add(
                &format!("xl/worksheets/sheet{number}.xml"),
                format!(r#"{HEAD}<worksheet xmlns="{MAIN}">{sheet}</worksheet>"#),
            );
        }
        add(
            "xl/workbook.xml",
            format!(
                r#"{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">{}<sheets>{listed}</sheets></workbook>"#,
                self.workbook
            ),
        );
        add(
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"{HEAD}<Relationships>{related}<Relationship Id="a" Type="{RELATED}/styles" Target="/xl/styles.xml"/><Relationship Id="b" Type="{RELATED}/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#
            ),
        );
        add("xl/styles.xml", format!("{HEAD}<styleSheet>{STYLES}</styleSheet>"));
        add("xl/sharedStrings.xml", format!("{HEAD}<sst>{}</sst>", self.texts));
        for (name, bytes) in &self.more {
            parts.retain(|(known, _)| known != name);
            parts.push(((*name).to_owned(), bytes.clone()));
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        container(&parts)
    }
}

fn inline(reference: &str, text: &str) -> String {
    format!(r#"<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// The heads of a late fee in the first row, and these rows.
fn late_fee(rows: &str) -> String {
    let heads = ["应缴本金（元）", "到期日", "基准日", "缴款1·日期", "缴款1·金额（万元）"];
    let heads: String =
        (b'A'..).zip(heads).map(|(letter, head)| inline(&format!("{}1", char::from(letter)), head)).collect();
    format!(r#"<sheetData><row r="1">{heads}</row>{rows}</sheetData>"#)
}

/// A sound row at this number.
fn sound(row: u32) -> String {
    format!(
        r#"<row r="{row}"><c r="A{row}"><v>100000</v></c><c r="B{row}" s="1"><v>45301</v></c><c r="C{row}" s="4"><v>45382</v></c></row>"#
    )
}

fn call(lang: Lang, detail: Detail) -> Call<'static> {
    Call { book: book(), lang, detail, explain: Explain::Applied, request_id: REQUEST_ID }
}

/// A workbook that was opened, with its heads.
type Opened = (XlsxSource<Cursor<Vec<u8>>>, Vec<String>);

fn opened(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Opened, Stop> {
    XlsxSource::open(Cursor::new(bytes), sheet)
}

/// The answers to a workbook as lines of JSON.
fn lines(topic: Topic, bytes: Vec<u8>, sheet: Option<&str>) -> Result<Vec<Json>, Stop> {
    let (mut source, heads) = opened(bytes, sheet)?;
    let reading = Reading::Table(Plan::compile(topic, &heads).map_err(Stop::Input)?.with_kinds());
    let mut out = Vec::new();
    let asking = Asking { topic, reading: &reading, call: call(Lang::Zh, Detail::FiguresOnly) };
    run(&asking, &mut source, &LineForm, 1, &mut |bytes, _| {
        out.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The workbook that answers a workbook.
fn answered(topic: Topic, bytes: Vec<u8>, lang: Lang, detail: Detail) -> (Vec<u8>, Tally) {
    let (mut source, heads) = opened(bytes, None).unwrap_or_else(|stop| panic!("{stop}"));
    let place = SheetPlace { name: Some(source.name().to_owned()), head_row: Some(source.head_row()) };
    let reading = Reading::Table(Plan::compile(topic, &heads).unwrap().with_kinds());
    let form = XlsxForm::new(Table::of(topic, &reading, lang, detail), &heads);
    let mut written = XlsxBook::begin(&form, &place, lang, None).unwrap();
    let asking = Asking { topic, reading: &reading, call: call(lang, detail) };
    let tally = run(&asking, &mut source, &form as &dyn Form, 2, &mut |bytes, _| written.take(bytes)).unwrap();
    let mut out = Vec::new();
    written.finish(&mut out).unwrap();
    (out, tally)
}

/// The cells of a sheet by a reader that is not ours.
fn cells(bytes: &[u8], sheet: &str) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let (rows, columns) = range.end().unwrap();
    let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    (0..=rows).map(|row| (0..=columns).map(|column| cell(row, column)).collect()).collect()
}

fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(day) => day.as_f64().to_string(),
        other => other.to_string(),
    }
}

#[track_caller]
fn under<'r>(rows: &'r [Vec<Data>], row: usize, head: &str) -> &'r Data {
    let column =
        rows[0].iter().position(|cell| text(cell) == head).unwrap_or_else(|| panic!("{head} in {:?}", rows[0]));
    &rows[row][column]
}

/// What stops a workbook, in Chinese and English.
#[track_caller]
fn stop(bytes: Vec<u8>) -> [String; 2] {
    match lines(Topic::LateFee, bytes, None) {
        Err(Stop::Input(text)) => [text.zh.into_owned(), text.en.into_owned()],
        Err(other) => panic!("{other}"),
        Ok(lines) => panic!("it ran: {lines:?}"),
    }
}

#[test]
fn cells_are_read_for_what_they_are() {
    let rows = [
        // Numbers as Excel writes them, a day by its number and by text, an amount in 万元.
        r#"<row r="2"><c r="A2"><v>100000.10000000001</v></c><c r="B2" s="1"><v>45301</v></c><c r="C2" t="s"><v>0</v></c><c r="D2" s="4"><v>45331</v></c><c r="E2" s="3"><v>4</v></c></row>"#,
        // A formula by its value, a text in pieces without its reading aid, a number as text.
        r#"<row r="4" hidden="1"><c r="A4"><f>50000*2</f><v>100000</v></c><c r="B4" t="str"><f>TEXT(1,"")</f><v>2024-01-10</v></c><c r="C4" t="inlineStr"><is><r><t>2024/</t></r><r><t>3/31</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c><c r="E4" t="str"><f>""</f><v></v></c></row>"#,
        r#"<row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5" t="d"><v>2024-01-10T00:00:00</v></c><c r="C5" s="1"><v>45382</v></c></row>"#,
        // Nothing but formats.
        r#"<row r="9"><c r="A9" s="3"/><c r="XFD9" s="1"/></row>"#,
    ];
    let mut made = Made::of(late_fee(&rows.concat()));
    made.texts = "<si><t>2024-03-31</t></si><si><t xml:space=\"preserve\"> 100,000.00 </t></si>".to_owned();
    let answers = lines(Topic::LateFee, made.bytes(), None).unwrap();
    let single =
        |request: Json| shared().post("/v1/calculations/late-fee", &request.to_string()).json()["result"].clone();
    let days = json!({"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31"});
    assert_eq!(answers.len(), 3);
    assert_eq!(
        answers[0]["result"],
        single(json!({"principal": "100000.10", "due_date": "2024-01-10", "as_of": "2024-03-31",
            "payments": [{"date": "2024-02-09", "amount": "40000"}]}))
    );
    assert_eq!((&answers[1]["result"], &answers[2]["result"]), (&single(days.clone()), &single(days)));
}

#[test]
fn days_of_1904_and_percents_count_as_they_are_shown() {
    let mut made = Made::of(late_fee(
        r#"<row r="2"><c r="A2"><v>100000</v></c><c r="B2" s="1"><v>43839</v></c><c r="C2" s="1"><v>43920</v></c></row>"#,
    ));
    made.workbook = r#"<workbookPr date1904="1"/>"#;
    let answers = lines(Topic::LateFee, made.bytes(), None).unwrap();
    assert_eq!(answers[0]["result"]["days"], 81);

    let heads =
        ["计息天数基数（天）", "计费期间1·首日", "计费期间1·末日", "计费期间1·未缴余额（元）", "计费期间1·年利率（%）"];
    let heads: String = heads.iter().zip(["A1", "B1", "C1", "D1", "E1"]).map(|(head, at)| inline(at, head)).collect();
    let answer = |cell: &str| {
        let row = r#"<c r="A2"><v>365</v></c><c r="B2" s="1"><v>44249</v></c><c r="C2" s="1"><v>44651</v></c><c r="D2"><v>5438.74</v></c>"#;
        let sheet = format!(r#"<sheetData><row r="1">{heads}</row><row r="2">{row}{cell}</row></sheetData>"#);
        lines(Topic::FundOccupationCharge, Made::of(sheet).bytes(), None).unwrap().remove(0)["result"].take()
    };
    let charge = answer(r#"<c r="E2"><v>6.98</v></c>"#);
    assert_eq!(charge["charge"], "418.11");
    assert_eq!(answer(r#"<c r="E2" s="2"><v>6.9800000000000001E-2</v></c>"#), charge);
    assert_ne!(answer(r#"<c r="E2"><v>0.0698</v></c>"#), charge);
}

#[test]
fn the_sheet_is_the_named_one_or_that_of_the_data_or_the_first_visible() {
    let mut made = Made::of(late_fee(&sound(2)));
    made.sheets = vec![
        ("隐藏", r#"state="hidden""#, "<sheetData/>".to_owned()),
        ("空", "", "<sheetData/>".to_owned()),
        ("数据", "", late_fee(&sound(2))),
    ];
    let bytes = made.bytes();
    assert_eq!(lines(Topic::LateFee, bytes.clone(), None).unwrap().len(), 1);
    assert_eq!(lines(Topic::LateFee, bytes.clone(), Some("数据")).unwrap().len(), 1);
    let told = |sheet| match lines(Topic::LateFee, bytes.clone(), Some(sheet)) {
        Err(Stop::Input(text)) => text.zh.into_owned(),
        other => panic!("{other:?}"),
    };
    assert!(told("空").contains("是空的"));
    assert!(told("没有").contains("隐藏、空、数据"));
    made.sheets.truncate(2);
    assert!(stop(made.bytes())[0].contains("“空”是空的"));
}

#[test]
fn a_bad_row_is_told_at_its_cell() {
    let rows = [
        sound(2),
        r#"<row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="B3"><v>45301</v></c><c r="C3" s="1"><v>45382.5</v></c></row>"#.to_owned(),
        r#"<row r="5"><c r="A5"><f>A2+A3</f></c><c r="B5" s="1"><v>60</v></c><c r="C5" s="1"><v>45382</v></c></row>"#.to_owned(),
        r#"<row r="6"><c r="A6"><v>0.123</v></c><c r="B6" s="1"><v>45301</v></c><c r="C6" s="1"><v>45382</v></c></row>"#.to_owned(),
        r#"<row r="7"><c r="A7"><v>abc</v></c><c r="C7" s="1"><v>45382</v></c><c r="H7"><v>1</v></c></row>"#.to_owned(),
        r#"<row r="8"><c r="A8"><v>abc</v></c><c r="C8" s="1"><v>45382</v></c></row>"#.to_owned(),
        r#"<row r="9"><c r="A9"><v>1</v></c><c r="C9" s="1"><v>45382</v></c></row>"#.to_owned(),
    ];
    let (out, tally) =
        answered(Topic::LateFee, Made::of(late_fee(&rows.concat())).bytes(), Lang::Zh, Detail::FiguresOnly);
    assert_eq!(tally, Tally { good: 1, bad: 6 });
    let rows = cells(&out, "表一");
    assert_eq!(text(under(&rows, 1, "结果·滞纳金（元）")), "16200");
    assert_eq!(under(&rows, 3, "应缴本金（元）"), &Data::Empty, "an empty row stays where it was");
    let error = |row: usize| text(under(&rows, row, "错误"));
    assert!(
        error(2).contains("应缴本金（元）：单元格是错误值 #N/A") && error(2).contains("日期列中是数 45301"),
        "{}",
        error(2)
    );
    assert!(error(2).contains("含时间"), "{}", error(2));
    assert!(error(4).contains("=A2+A3 没有保存计算结果") && error(4).contains("日期序列号 60"), "{}", error(4));
    assert_eq!(text(under(&rows, 5, "错误代码")), "invalid_field");
    assert!(error(6).contains("H7"), "{}", error(6));
    assert!(error(7).contains("单元格应为数，实为“abc”"), "{}", error(7));
    assert_eq!(text(under(&rows, 2, "错误位置")), "应缴本金（元）、到期日、基准日");

    // The comments stand at the cells, which are red.
    let mut zip = zip::ZipArchive::new(Cursor::new(out)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(zip.by_name(name).unwrap()).unwrap();
    let comments = part("xl/comments1.xml");
    for at in ["A3", "B3", "C3", "A5", "B5", "A6", "A8", "B9"] {
        assert!(comments.contains(&format!("ref=\"{at}\"")), "{at}: {comments}");
    }
    assert!(!comments.contains("ref=\"A2\""));
    let (sheet, styles) = (part("xl/worksheets/sheet1.xml"), part("xl/styles.xml"));
    let style = sheet.split("<c r=\"A3\" s=\"").nth(1).unwrap().split('"').next().unwrap().parse::<usize>().unwrap();
    let formats = styles.split("<cellXfs").nth(1).unwrap();
    let fill =
        formats.split("<xf ").nth(style + 1).unwrap().split("fillId=\"").nth(1).unwrap().split('"').next().unwrap();
    let fills = styles.split("<fills").nth(1).unwrap().split("<fill>").nth(fill.parse::<usize>().unwrap() + 1).unwrap();
    assert!(fills.contains("FFFFC7CE"), "{fills}");
}

#[test]
fn an_answer_is_the_same_sheet_and_can_be_sent_again() {
    let (out, tally) =
        answered(Topic::LateFee, Made::of(late_fee(&(sound(2) + &sound(4)))).bytes(), Lang::Zh, Detail::Steps);
    assert_eq!(tally, Tally { good: 2, bad: 0 });
    let rows = cells(&out, "表一");
    assert_eq!(text(&rows[1][0]), "100000");
    assert!(matches!(rows[3][1], Data::DateTime(_)), "{:?}", rows[3]);
    assert_eq!(text(under(&rows, 1, "计算步骤")), "步骤 2–5");
    let steps = cells(&out, "步骤");
    let single = shared()
        .post(
            "/v1/calculations/late-fee",
            r#"{"principal": "100000", "due_date": "2024-01-10", "as_of": "2024-03-31"}"#,
        )
        .json();
    let single = single["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1 + 2 * single.len());
    for (number, step) in single.iter().enumerate() {
        for (row, of) in [(1 + number, "2"), (1 + single.len() + number, "4")] {
            assert_eq!(text(under(&steps, row, "行")), of);
            assert_eq!(text(under(&steps, row, "公式")), step["formula"].as_str().unwrap());
            assert_eq!(text(under(&steps, row, "条次")), step["law"]["label"].as_str().unwrap());
            assert_eq!(text(under(&steps, row, "结果")), step["result"].as_str().unwrap());
        }
    }
    let (again, tally) = answered(Topic::LateFee, out.clone(), Lang::Zh, Detail::Steps);
    assert_eq!(tally, Tally { good: 2, bad: 0 });
    assert_eq!(cells(&again, "表一"), rows);
    assert_eq!(answered(Topic::LateFee, out, Lang::Zh, Detail::Steps).0, again, "the same bytes");
}

#[test]
fn an_amount_is_a_number_where_excel_keeps_it_and_a_text_elsewhere() {
    let row = |row: u32, amount: &str| {
        format!(
            r#"<row r="{row}">{}<c r="B{row}" s="1"><v>45301</v></c><c r="C{row}" s="1"><v>45302</v></c></row>"#,
            inline(&format!("A{row}"), amount)
        )
    };
    let rows = row(2, "9999999999999.99") + &row(3, "99999999999999.99");
    let (out, tally) = answered(Topic::LateFee, Made::of(late_fee(&rows)).bytes(), Lang::Zh, Detail::FiguresOnly);
    assert_eq!(tally.bad, 0);
    let rows = cells(&out, "表一");
    assert_eq!(under(&rows, 1, "结果·上限（元）"), &Data::Float(9_999_999_999_999.99));
    assert_eq!(under(&rows, 2, "结果·上限（元）"), &Data::String("99999999999999.99".to_owned()));
}

#[test]
fn what_begins_like_a_formula_stays_a_text() {
    let sheet = late_fee(&sound(2))
        .replace("应缴本金（元）", "行号")
        .replace("<v>100000</v>", "")
        .replace(r#"<c r="A2"></c>"#, &inline("A2", "=HYPERLINK(1)"));
    let (out, tally) = answered(Topic::LateFee, Made::of(sheet).bytes(), Lang::Zh, Detail::FiguresOnly);
    assert_eq!(tally.bad, 1);
    assert_eq!(cells(&out, "表一")[1][0], Data::String("=HYPERLINK(1)".to_owned()));
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(out)).unwrap();
    assert!(workbook.worksheet_formula("表一").unwrap().is_empty());
}

/// A directory of a test's files that goes away with it.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Files {
        let path = std::env::temp_dir().join(format!("lode-xlsx-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Files(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a batch in 64 MiB of data.
fn in_64_mib(topic: &str, input: &Path, output: &Path, more: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", "ulimit -d 65536; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_lode"), "batch", topic])
        .args([input, Path::new("-o"), output])
        .args(more)
        .output()
        .unwrap()
}

fn zeros(mebibytes: usize) -> Vec<u8> {
    vec![b' '; mebibytes << 20]
}

/// Hostile files, each with a word of what it is told.
pub(crate) fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = Made::of(late_fee(&sound(2))).bytes();
    let with = |name: &'static str, bytes: Vec<u8>| {
        let mut made = Made::of(late_fee(&sound(2)));
        made.more.push((name, bytes));
        made.bytes()
    };
    let sheet = |inner: &str| format!(r#"{HEAD}<worksheet xmlns="{MAIN}">{inner}</worksheet>"#).into_bytes();
    let entities = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"#;
    let bomb = {
        let mut text = sheet(&late_fee(&sound(2)));
        let end = text.len() - "</worksheet>".len();
        // Tags all the way, so that only the ratio tells.
        let filler = "<row></row>".repeat((20 << 20) / 11);
        text.splice(end..end, filler.into_bytes());
        text
    };
    let many: String = (0..1_000_000).map(|_| "<c><v>1</v></c>").collect();
    let parts: Vec<(String, Vec<u8>)> = (0..5_000).map(|number| (format!("a{number}"), Vec::new())).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let ole = |stream: &str| {
        let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
        bytes.resize(2048, 0);
        bytes.extend(stream.bytes().flat_map(|byte| [byte, 0]));
        bytes
    };
    let cut = |from_end: usize| good[..good.len() - from_end].to_vec();
    let flipped = {
        let mut bytes = good.clone();
        // Inside the packed sheet.
        let at = bytes.windows(27).position(|window| window == b"xl/worksheets/sheet1.xmlXXX").unwrap_or(0);
        let start = bytes.windows(24).position(|window| window == b"xl/worksheets/sheet1.xml").unwrap().max(at);
        for byte in &mut bytes[start + 60..start + 70] {
            *byte ^= 0x5A;
        }
        bytes
    };
    let merged = |range: &str| {
        Made::of(late_fee(&sound(2)) + &format!(r#"<mergeCells count="1"><mergeCell ref="{range}"/></mergeCells>"#))
            .bytes()
    };
    let named = |name: &str, bytes: &[u8]| container(&[(name, bytes)]);
    vec![
        ("empty", Vec::new(), "空的"),
        ("truncated", cut(40), "不完整"),
        ("half", cut(good.len() / 2), "不完整"),
        ("one byte", b"P".to_vec(), "不是 XLSX"),
        ("damaged", flipped, "损坏"),
        ("bomb of spaces", with("xl/sharedStrings.xml", zeros(20)), "256 KiB"),
        ("bomb of tags", with("xl/worksheets/sheet1.xml", bomb), "炸弹"),
        (
            "entities",
            with("xl/sharedStrings.xml", format!("{HEAD}{entities}<sst><si><t>&c;</t></si></sst>").into_bytes()),
            "DTD",
        ),
        (
            "entities in the sheet",
            with("xl/worksheets/sheet1.xml", format!("{HEAD}{entities}<worksheet/>").into_bytes()),
            "DTD",
        ),
        (
            "unknown entity",
            Made::of(late_fee("<row r=\"2\"><c r=\"A2\" t=\"str\"><v>&lol;</v></c></row>")).bytes(),
            "实体",
        ),
        ("a million columns", Made::of(format!("<sheetData><row r=\"1\">{many}</row></sheetData>")).bytes(), "4096"),
        ("column XFE", Made::of("<sheetData><row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row></sheetData>").bytes(), "XFD"),
        ("row beyond", Made::of(late_fee("<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>")).bytes(), "行号"),
        ("rows backwards", Made::of(late_fee(&(sound(3) + &sound(2)))).bytes(), "行号"),
        (
            "cells backwards",
            Made::of(late_fee("<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>1</v></c></row>")).bytes(),
            "次序",
        ),
        ("merged head", merged("A1:C1"), "A1:C1"),
        ("merged cells", merged("A2:A9"), "合并"),
        ("macros", with("xl/vbaProject.bin", vec![1, 2, 3]), "宏"),
        ("encrypted", ole("EncryptedPackage"), "加密"),
        ("xls", ole("Workbook"), ".xls"),
        ("html", b"<html><table><tr><td>1</td></tr></table></html>".to_vec(), "网页"),
        ("csv", "应缴本金,到期日\r\n1,2".as_bytes().to_vec(), "CSV"),
        ("another zip", named("word/document.xml", b"<x/>"), "不是 XLSX 工作簿"),
        ("ods", named("content.xml", b"<x/>"), ".ods"),
        ("many parts", container(&parts), "4096"),
        ("no sheet", with("xl/workbook.xml", b"<workbook><sheets/></workbook>".to_vec()), "没有可读的工作表"),
        (
            "other encoding",
            with("xl/worksheets/sheet1.xml", b"<?xml version=\"1.0\" encoding=\"GBK\"?><worksheet/>".to_vec()),
            "GBK",
        ),
        (
            "no UTF-8",
            with(
                "xl/worksheets/sheet1.xml",
                [
                    HEAD.as_bytes(),
                    b"<worksheet><sheetData><row><c t=\"str\"><v>\xFF\xFE</v></c></row></sheetData></worksheet>",
                ]
                .concat(),
            ),
            "UTF-8",
        ),
        (
            "breaks off",
            with(
                "xl/worksheets/sheet1.xml",
                format!("{HEAD}<worksheet>{}", late_fee(&sound(2)).replace("</sheetData>", "")).into_bytes(),
            ),
            "没有写完",
        ),
        ("deep", with("xl/styles.xml", "<a>".repeat(100_000).into_bytes()), "嵌套"),
        (
            "long tag",
            with("xl/worksheets/sheet1.xml", format!("<worksheet a=\"{}\"/>", "x".repeat(1 << 20)).into_bytes()),
            "256 KiB",
        ),
        ("empty sheet", Made::of("<sheetData/>").bytes(), "是空的"),
        ("no heads", Made::of(format!("<sheetData>{}</sheetData>", sound(1))).bytes(), "100000"),
    ]
}

#[test]
fn hostile_files_are_refused_by_name() {
    for (name, bytes, word) in hostile() {
        let [zh, en] = match lines(Topic::LateFee, bytes, None) {
            Err(Stop::Input(text)) => [text.zh.into_owned(), text.en.into_owned()],
            other => panic!("{name}: {other:?}"),
        };
        assert!(zh.contains(word), "{name}: {zh}");
        assert!(
            en.is_ascii() || name == "no heads" || en.contains('“') || en.contains('–') || en.contains('…'),
            "{name}: {en}"
        );
        assert!(!en.is_empty() && zh != en, "{name}: {en}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn hostile_files_take_little_memory() {
    let files = Files::new("hostile");
    let output = files.path("out.xlsx");
    for (name, bytes, word) in hostile() {
        let input = files.path("in.xlsx");
        fs::write(&input, bytes).unwrap();
        let ran = in_64_mib("late-fee", &input, &output, &[]);
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{name}: {told}");
        assert!(told.contains(word), "{name}: {told}");
        assert!(!output.exists(), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_rows_of_a_sheet() {
    let files = Files::new("rows");
    let (input, output) = (files.path("in.xlsx"), files.path("out.xlsx"));
    let rows: String =
        (2..20_002).map(|row| if row % 100 == 0 { sound(row).replace("45301", "1") } else { sound(row) }).collect();
    fs::write(&input, Made::of(late_fee(&rows)).bytes()).unwrap();
    let ran = in_64_mib("late-fee", &input, &output, &["--steps"]);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(cells(&fs::read(&output).unwrap(), "表一").len(), 20_001);
}

/// Whether a field of the answer stands in a cell.
#[allow(clippy::disallowed_types, reason = "a number in a cell is a double")]
fn stands_in(field: Option<&Json>, cell: &Data) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    match (field, cell) {
        (None | Some(Json::Null), Data::Empty) => true,
        (Some(Json::String(said)), Data::Float(written)) => number(said) == Some(*written),
        (Some(Json::Number(said)), Data::Float(written)) => said.as_f64() == Some(*written),
        (Some(Json::String(said)), Data::DateTime(day)) => {
            let start = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
            let written = start + Days::new(day.as_f64() as u64);
            written.to_string() == *said
        }
        (Some(Json::String(said)), Data::String(written)) => said == written,
        (Some(Json::String(said)), Data::Empty) => said.is_empty(),
        (Some(Json::Bool(said)), Data::String(written)) => said.to_string() == *written,
        (Some(Json::Array(items)), Data::Empty) => items.is_empty(),
        (Some(Json::Array(items)), Data::String(written)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            texts.is_some_and(|texts| texts.join("、") == *written)
                || serde_json::from_str::<Json>(written).is_ok_and(|written| written == *field.unwrap())
        }
        _ => false,
    }
}

/// A province of so many rights with a topic: the workbook that answers it says in every row what the single calculation
/// says, and tells every bad row at its cell.
fn compare_a_province(topic: Topic, rights: u64) -> (u64, u64) {
    let province = Province::new(book(), topic, 62);
    let mut input = Vec::new();
    province.write(rights, &mut input).unwrap();
    let files = Files::new(&format!("province-{}", topic.slug()));
    let (from, to) = (files.path("in.xlsx"), files.path("out.xlsx"));
    fs::write(&from, input).unwrap();
    let ran = in_64_mib(topic.slug(), &from, &to, &["--lang", "en"]);
    assert!(
        ran.status.code().is_some_and(|code| code < 2),
        "{}: {}",
        topic.slug(),
        String::from_utf8_lossy(&ran.stderr)
    );
    let bytes = fs::read(&to).unwrap();
    let notes = {
        let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let part = zip.by_name("xl/comments1.xml").map(|part| std::io::read_to_string(part).unwrap());
        let part = part.unwrap_or_default();
        let refs: BTreeSet<String> =
            part.split("<comment ref=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        refs
    };
    // A workbook has 500 comments at most; rows after the last of them are told by colour and by their columns of errors.
    let row_of =
        |cell: &String| cell.trim_start_matches(|sign: char| sign.is_ascii_uppercase()).parse::<u64>().unwrap();
    let noted_until = if notes.len() < 500 { u64::MAX } else { notes.iter().map(row_of).max().unwrap_or_default() };
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range("Sheet1").unwrap();
    let mut rows = range.rows();
    let heads: Vec<String> = rows.next().unwrap().iter().map(text).collect();
    let results = 1 + province.columns.len();
    let (mut good, mut bad) = (0, 0);
    for (number, row) in (1..).zip(rows) {
        let right = province.right(number);
        assert_eq!(row[0], Data::String(right.name.clone()));
        let tail = |name: &str| text(&row[heads.iter().position(|head| head == name).unwrap()]);
        let place = || format!("{} {}: {}", topic.slug(), right.name, right.request);
        if let Some((column, kind)) = right.bad {
            bad += 1;
            assert!(!tail("error").is_empty(), "{kind:?} in {}", place());
            assert!(
                tail("error_at").contains(&province.columns[column].head),
                "{kind:?} {}: {}",
                tail("error"),
                place()
            );
            let cell = format!("{}{}", letters(column + 1), number + 1);
            assert!(notes.contains(&cell) || number + 1 > noted_until, "{cell} has no comment: {}", place());
            continue;
        }
        let request = right.request.to_string();
        let reply = lode::api::topic::answer(topic, request.as_bytes(), call(Lang::En, Detail::FiguresOnly));
        let answer: Json = serde_json::from_slice(&reply.body).unwrap();
        if !reply.is_success() {
            assert_eq!(tail("error_code"), answer["code"].as_str().unwrap(), "{}", place());
            continue;
        }
        good += 1;
        assert_eq!((tail("error"), tail("error_code")), (String::new(), String::new()), "{}", place());
        for (head, cell) in heads.iter().zip(row).skip(results) {
            if head.ends_with(".more") || matches!(head.as_str(), "error" | "error_code" | "error_at") {
                continue;
            }
            if head == "warnings" {
                assert_eq!(cell == &Data::Empty, answer["warnings"].as_array().unwrap().is_empty(), "{}", place());
                continue;
            }
            let field = head.split('.').try_fold(&answer, |value, part| match part.parse::<usize>() {
                Ok(number) => value.get(number - 1),
                Err(_) => value.get(part),
            });
            assert!(stands_in(field, cell), "{head}: {cell:?}, not {field:?}: {}", place());
        }
    }
    assert_eq!(range.height() as u64, rights + 1);
    assert_eq!(bad, (1..=rights).filter(|number| province.right(*number).bad.is_some()).count() as u64);
    (good, bad)
}

/// The letters of a column.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap());
    if column < 26 { last.to_string() } else { letters(column / 26 - 1) + &last.to_string() }
}

#[test]
#[cfg(target_os = "linux")]
fn a_small_province_is_answered_as_its_single_calculations() {
    let (mut good, mut bad) = (0, 0);
    for topic in Topic::ALL {
        let (well, told) = compare_a_province(*topic, 200);
        assert!(well > 60, "{}: only {well} rows can be answered", topic.slug());
        (good, bad) = (good + well, bad + told);
    }
    say(&format!(
        "province: {good} answers are those of the single calculations, {bad} bad rows are told at their cells"
    ));
}

#[test]
#[ignore = "100 000 rights with every topic take minutes; .ci/run runs LODE_TEST_RIGHTS of them"]
#[cfg(target_os = "linux")]
fn a_province_is_answered_as_its_single_calculations() {
    let rights =
        std::env::var_os("LODE_TEST_RIGHTS").map_or(100_000, |rights| rights.into_string().unwrap().parse().unwrap());
    let only = std::env::var_os("LODE_TEST_TOPIC").map(|topic| topic.into_string().unwrap());
    for topic in Topic::ALL.iter().filter(|topic| only.as_ref().is_none_or(|only| only == topic.slug())) {
        let begun = std::time::Instant::now();
        let (good, bad) = compare_a_province(*topic, rights);
        say(&format!(
            "province: {}: {good} answers equal, {bad} bad rows at their cells, {:?}",
            topic.slug(),
            begun.elapsed()
        ));
    }
}

/// A request with its decimals in one form.
fn plain(value: &Json) -> Json {
    match value {
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::String(text) if text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
            text.trim_end_matches('0').trim_end_matches('.').into()
        }
        other => other.clone(),
    }
}

#[test]
fn a_template_holds_its_example() {
    for topic in Topic::ALL {
        for lang in [Lang::Zh, Lang::En] {
            let bytes = template(book(), *topic, lang).unwrap();
            assert_eq!(bytes, template(book(), *topic, lang).unwrap(), "{}: the same bytes", topic.slug());
            let sheet = if lang == Lang::Zh { "数据" } else { "Data" };
            let (source, heads) = opened(bytes.clone(), None).unwrap();
            assert_eq!(source.name(), sheet);
            Plan::compile(*topic, &heads).unwrap_or_else(|text| panic!("{}: {text:?}", topic.slug()));
            let name = example_sheet(lang);
            let answers = lines(*topic, bytes, Some(name)).unwrap();
            let example = shared().post(topic.path(), &plain(&topic.example()).to_string());
            assert_eq!(example.status, 200, "{}", example.text());
            let example = example.json();
            assert_eq!(answers.len(), 1);
            for field in ["result", "obligations", "needs", "warnings"] {
                assert_eq!(plain(&answers[0][field]), plain(&example[field]), "{}: {field}", topic.slug());
            }
        }
    }
}

#[test]
fn templates_are_served_and_written() {
    let served = shared().get("/v1/templates/annual-income.xlsx");
    assert_eq!((served.status, served.header("content-type")), (200, Some(XLSX)));
    assert_eq!(served.header("content-disposition"), Some("attachment; filename=\"lode-annual-income.xlsx\""));
    let tag = served.header("etag").unwrap().to_owned();
    let again = shared().send("GET", "/v1/templates/annual-income.xlsx", &[&format!("If-None-Match: {tag}")], None);
    assert_eq!(again.status, 304);
    assert_ne!(shared().get("/v1/templates/annual-income.xlsx?lang=en").header("etag"), Some(&*tag));
    let missing = shared().get("/v1/templates/income.xlsx");
    assert_eq!((missing.status, missing.json()["code"].as_str()), (404, Some("not_found")));

    let files = Files::new("template");
    let path = files.path("t.xlsx");
    let ran = lode(&["template", "annual-income", "-o", path.to_str().unwrap()], b"");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(fs::read(&path).unwrap(), template(book(), Topic::AnnualIncome, Lang::Zh).unwrap());
    assert_eq!(lode(&["template", "income", "-o", path.to_str().unwrap()], b"").status.code(), Some(2));

    let mut zip = zip::ZipArchive::new(Cursor::new(fs::read(&path).unwrap())).unwrap();
    let mut part = |name: &str| std::io::read_to_string(zip.by_name(name).unwrap()).unwrap();
    let (sheet, comments) = (part("xl/worksheets/sheet1.xml"), part("xl/comments1.xml"));
    assert!(
        sheet.contains("state=\"frozen\"")
            && sheet.contains("原矿产品,选矿产品,其他产品")
            && sheet.contains("选项!$A$2:$A$")
    );
    assert!(comments.contains("第八条") || comments.contains("第九条"), "{comments}");
}
