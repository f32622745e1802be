//! Workbooks as people upload them. The bytes are the worksheet of a sound container, or the container itself: without
//! that the checksums of the ZIP would let nothing through.
#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use lode::batch::engine::{Asking, run};
use lode::batch::header::Plan;
use lode::batch::lines::LineForm;
use lode::batch::reading::Reading;
use lode::batch::xlsx::XlsxSource;

#[path = "common.rs"]
mod common;

const PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
    ("xl/worksheets/sheet1.xml", ""),
];

/// A workbook whose one sheet is this text.
fn packed(sheet: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in PARTS {
        archive.start_file(name, options).expect("a part");
        archive.write_all(if content.is_empty() { sheet } else { content.as_bytes() }).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

fuzz_target!(|bytes: &[u8]| {
    let [which, how, input @ ..] = bytes else { return };
    let (topic, call) = (common::topic(*which), common::call(*how));
    let workbook = if how & 0x80 == 0 { packed(input) } else { input.to_vec() };
    let Ok((mut source, heads)) = XlsxSource::open(Cursor::new(workbook), None) else { return };
    let Ok(plan) = Plan::compile(topic, &heads) else { return };
    let reading = Reading::Table(plan.with_kinds());
    let _ = run(&Asking { topic, reading: &reading, call }, &mut source, &LineForm, 1, &mut |_, _| Ok(()));
});
