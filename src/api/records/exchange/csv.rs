//! Tables of the exchange as CSV: UTF-8 with a byte order mark, as spreadsheet programs want it, Chinese heads, and no cell
//! that such a program would take for a formula.

use std::borrow::Cow;
use std::collections::BTreeSet;

use encoding_rs::GB18030;

use super::Pushed;
use crate::api::node::Node;
use crate::domain::books::exchange::FeeLine;
use crate::domain::error::Text;
use crate::domain::money::Yuan;
use crate::ledger::rfc3339;
use crate::text;

/// The media type.
pub(in crate::api) const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a formula begins with, or what some programs take off before they look.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The heads of the fee-source records; see [`cells`].
const HEADS: [&str; 33] = [
    "游标",
    "种类",
    "生效日",
    "记录时刻",
    "收回游标",
    "矿业权",
    "权利种类",
    "许可证号",
    "合同编号",
    "合同签订日",
    "行政区划",
    "矿种",
    "缴款人",
    "缴款人名称",
    "统一社会信用代码",
    "科目",
    "通知书号",
    "应缴项",
    "款项",
    "年度",
    "总额",
    "到期日",
    "通知金额",
    "缓缴自",
    "缓缴至",
    "滞纳金",
    "应退",
    "中央",
    "地方",
    "省级",
    "市级",
    "县级",
    "事由",
];

/// A cell that no program takes for a formula: an apostrophe stands before one.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA) { format!("'{cell}").into() } else { cell.into() }
}

/// A cell as it was before [`harmless`].
fn meant(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell)
}

/// Adds a row. Writing into memory does not fail, and all rows have as many cells as the heads.
fn add(writer: &mut csv::Writer<Vec<u8>>, cells: &[Cow<'_, str>]) {
    if let Err(error) = writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned())) {
        tracing::error!(%error, "a row could not be written");
    }
}

/// The records, a line for each item, or one without.
pub(super) fn table(records: &[Pushed]) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    add(&mut writer, &HEADS.map(Cow::from));
    for record in records {
        if record.source.lines.is_empty() {
            add(&mut writer, &cells(record, None));
        }
        for line in &record.source.lines {
            add(&mut writer, &cells(record, Some(line)));
        }
    }
    writer.into_inner().unwrap_or_default()
}

fn cells<'r>(record: &'r Pushed, line: Option<&FeeLine>) -> [Cow<'r, str>; HEADS.len()] {
    fn shown<T: ToString>(value: Option<T>) -> Cow<'static, str> {
        value.map(|value| value.to_string()).unwrap_or_default().into()
    }
    fn given(text: Option<&String>) -> Cow<'_, str> {
        text.map_or("", String::as_str).into()
    }
    let (source, shares) = (&record.source, record.source.shares.as_ref());
    let money = |take: fn(&FeeLine) -> Option<Yuan>| shown(line.and_then(take));
    [
        source.seq.to_string().into(),
        source.kind.into(),
        source.effective_on.to_string().into(),
        rfc3339(source.recorded_at).into(),
        shown(source.takes_back),
        source.right.to_string().into(),
        match source.right_kind {
            crate::domain::start_price::Right::Exploration => "exploration".into(),
            crate::domain::start_price::Right::Mining => "mining".into(),
        },
        source.licence_number.as_str().into(),
        given(source.contract_number.as_ref()),
        shown(source.contract_signed_on),
        source.division.as_str().into(),
        source.minerals.join(" ").into(),
        source.payer.to_string().into(),
        record.payer.name.as_str().into(),
        record.payer.code.as_str().into(),
        record.account.as_str().into(),
        given(source.notice.as_ref()),
        shown(line.map(|line| line.item)),
        line.map_or("", |line| line.kind.code()).into(),
        shown(line.and_then(|line| line.year)),
        money(|line| Some(line.amount)),
        shown(line.and_then(|line| line.due_on)),
        money(|line| line.notified),
        shown(line.and_then(|line| line.deferred_from)),
        shown(line.and_then(|line| line.deferred_to)),
        money(|line| line.late_fee),
        money(|line| line.refund),
        shown(shares.map(|shares| shares.central)),
        shown(shares.map(|shares| shares.local)),
        shown(shares.and_then(|shares| shares.province)),
        shown(shares.and_then(|shares| shares.city)),
        shown(shares.and_then(|shares| shares.county)),
        given(source.reason.as_ref()),
    ]
}

/// The columns of receipts with the fields that they fill.
const RECEIPT_HEADS: [(&str, &str); 7] = [
    ("税票号", "receipt"),
    ("通知书号", "notice"),
    ("应缴项", "item"),
    ("金额", "amount"),
    ("缴款日", "paid_on"),
    ("国库", "treasury"),
    ("状态", "stage"),
];

/// A table as text: UTF-8, or what is none and can be GB18030, as spreadsheet programs write it in China.
pub(super) fn readable(body: &[u8]) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(body) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(body),
    }
}

/// The lines of receipts, each as the object that JSON would have. An empty cell is a field left out.
pub(super) fn receipts(body: &[u8]) -> Result<Vec<Node<'static>>, Text> {
    let body = readable(body).ok_or_else(|| {
        Text::fixed(
            "CSV 既不是 UTF-8 也不是 GB18030 编码；请另存为 UTF-8",
            "the CSV is neither UTF-8 nor GB18030: save it as UTF-8",
        )
    })?;
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(false).from_reader(body.as_bytes());
    let known: Vec<&str> = RECEIPT_HEADS.iter().map(|(head, _)| *head).collect();
    let known = known.join("、");
    let unreadable = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        text!(
            "CSV 第 {line} 行有误：列数与表头不符或引号未配对",
            "line {line} of the CSV has another number of cells than the heads, or a quote left open"
        )
    };
    let heads = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let mut fields = Vec::with_capacity(heads.len());
    for head in &heads {
        let field = RECEIPT_HEADS.iter().find(|(known, _)| *known == head.trim()).map(|(_, field)| *field);
        fields.push(field.ok_or_else(|| {
            let shown: String = head.chars().take(40).collect();
            text!("没有列“{shown}”；可用的列：{known}", "there is no column “{shown}”; the columns are: {known}")
        })?);
    }
    if fields.iter().collect::<BTreeSet<_>>().len() != fields.len() {
        return Err(Text::fixed("CSV 有重复的列", "a column of the CSV is there twice"));
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let filled = fields.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty());
        let cells =
            filled.map(|(field, cell)| (Cow::from(*field), Node::Text(stage(field, meant(cell.trim())).into())));
        lines.push(Node::Object(cells.collect()));
    }
    Ok(lines)
}

/// The words that tax offices use for the stages.
fn stage(field: &str, cell: &str) -> String {
    match (field, cell) {
        ("stage", "受理") => "accepted".to_owned(),
        ("stage", "已入库") => "in_treasury".to_owned(),
        (_, other) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_is_changed_for_good() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "plain", "'quoted", "", "1.00", "'", "'=x"] {
            assert!(!harmless(cell).starts_with(FORMULA), "{cell:?}");
            let back = meant(&harmless(cell)).to_owned();
            // A text that looks as if it had been made harmless is the one that is read without its apostrophe.
            assert!(back == cell || cell == "'=x", "{cell:?} {back:?}");
        }
    }
}
