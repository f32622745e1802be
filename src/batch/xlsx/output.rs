//! The workbook that answers a table: the same sheet with columns of results, a sheet with the steps where they are asked
//! for, and what is too long for a cell on a sheet of its own.

use std::io::{self, Write};
use std::path::Path;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Note, Workbook, Worksheet,
};
use serde_json::Value as Json;

use super::form::XlsxForm;
use super::number;
use super::record::{Outcome, Records, Tag};
use crate::api::lang::Lang;
use crate::batch::cells::TAIL;
use crate::batch::engine::Unfit;
use crate::batch::kind::Kind;
use crate::domain::error::Text;
use crate::text;

/// Rows and columns of a sheet, by the limits of Excel.
const MOST_ROWS: u32 = 1 << 20;
const MOST_COLUMNS: usize = 1 << 14;
/// Characters of a cell, as UTF-16, by the limits of Excel; some are left for what is said in their place.
const MOST_IN_A_CELL: usize = 32_000;
/// Comments of a sheet: each is kept in memory until the end and drawn by Excel, and the library takes some 35 KB for each
/// row that has one. Beyond that a cell is only marked.
const MOST_NOTES: usize = 500;

/// How the cells look.
struct Looks {
    head: Format,
    result_head: Format,
    error_head: Format,
    error: Format,
    plain: [Format; 2],
    number: [Format; 2],
    percent: [Format; 2],
    day: [Format; 2],
    money: [Format; 2],
    whole: Format,
    decimal: Format,
}

const RED: Color = Color::RGB(0x00FF_C7CE);
const DARK_RED: Color = Color::RGB(0x009C_0006);

/// How a head looks, on its background.
pub(super) fn head_format(color: u32) -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(color))
}

impl Looks {
    fn new() -> Looks {
        // A cell as it is, and one at which something is wrong.
        let both = |format: Format| {
            let marked = format.clone().set_background_color(RED).set_font_color(DARK_RED);
            [format, marked]
        };
        Looks {
            head: head_format(0x00D9_E1F2),
            result_head: head_format(0x00E2_EFDA),
            error_head: head_format(0x00FF_0000).set_font_color(Color::White),
            error: Format::new().set_background_color(RED).set_font_color(DARK_RED),
            plain: both(Format::new()),
            number: both(Format::new()),
            percent: both(Format::new().set_num_format("0.########%")),
            day: both(Format::new().set_num_format("yyyy-mm-dd")),
            money: both(Format::new().set_num_format("#,##0.00######")),
            whole: Format::new().set_num_format("0"),
            decimal: Format::new().set_num_format("0.################"),
        }
    }
}

/// A workbook on its way. Rows go to a temporary file at once; comments stay in memory, up to a number of them.
pub struct XlsxBook {
    workbook: Workbook,
    sheet: Worksheet,
    name: String,
    lang: Lang,
    looks: Looks,
    /// The heads of the columns that are repeated, and whether they hold amounts.
    repeated: Vec<(String, bool)>,
    results: Vec<String>,
    steps_at: Option<usize>,
    head_row: u32,
    keeps_rows: bool,
    next_row: u32,
    notes: usize,
    steps: Extra,
    long: Extra,
}

/// A sheet that is there once something is written on it, and goes on with another one when it is full.
struct Extra {
    name: [&'static str; 2],
    heads: &'static [[&'static str; 2]],
    sheets: Vec<Worksheet>,
    next_row: u32,
}

/// The sheets of steps and of long texts.
const OURS: [[&str; 2]; 2] = [["步骤", "Steps"], ["长文本", "Long texts"]];
const STEPS: [[&str; 2]; 12] = [
    ["行", "row"],
    ["序号", "number"],
    ["方案", "scenario"],
    ["年度", "year"],
    ["规则", "rule"],
    ["条次", "article"],
    ["公式", "formula"],
    ["输入", "inputs"],
    ["结果", "result"],
    ["取整", "rounding"],
    ["数据版本", "rate_version"],
    ["文件", "instrument"],
];
const LONG: [[&str; 2]; 4] = [["行", "row"], ["列", "column"], ["部分", "part"], ["内容", "text"]];

/// Where rows go.
#[derive(Clone, Debug, Default)]
pub struct SheetPlace {
    /// The name of the sheet; one of its own where the input had none.
    pub name: Option<String>,
    /// The row of the heads, counted from one: then every row goes where it stood. Without, rows follow each other.
    pub head_row: Option<u64>,
}

fn failed(error: rust_xlsxwriter::XlsxError) -> io::Error {
    io::Error::other(error)
}

fn refused(text: Text) -> io::Error {
    io::Error::other(Unfit(text))
}

fn picked(lang: Lang, [zh, en]: [&'static str; 2]) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

impl XlsxBook {
    /// Begins a workbook and writes its heads. Its temporary files go to the directory, or where the system has them.
    pub fn begin(form: &XlsxForm, place: &SheetPlace, lang: Lang, directory: Option<&Path>) -> io::Result<XlsxBook> {
        let mut workbook = Workbook::new();
        if let Some(directory) = directory {
            workbook.set_tempdir(directory).map_err(failed)?;
        }
        workbook.set_properties(&properties(lang).map_err(failed)?);
        let mut sheet = workbook.new_worksheet_with_constant_memory().map_err(failed)?;
        let own = picked(lang, ["数据", "Data"]);
        // What calls itself a workbook may have a name that Excel does not take; and those of our sheets are taken.
        let is_ours =
            |name: &str| OURS.iter().flatten().any(|ours| name.to_lowercase().starts_with(&ours.to_lowercase()));
        let name = place.name.as_deref().filter(|name| !is_ours(name)).filter(|name| sheet.set_name(*name).is_ok());
        let name = name.unwrap_or(own).to_owned();
        sheet.set_name(&name).map_err(failed)?;
        let head_row = place.head_row.map_or(0, |row| u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX));
        let is_money = |head: &str| head.contains("元）") || head.contains("元)");
        let mut book = XlsxBook {
            workbook,
            sheet,
            name,
            lang,
            looks: Looks::new(),
            repeated: form.repeated.iter().map(|(_, head)| (head.clone(), is_money(head))).collect(),
            results: form.table.heads().into_iter().map(str::to_owned).collect(),
            steps_at: form.table.steps_at(),
            head_row,
            keeps_rows: place.head_row.is_some(),
            next_row: head_row + 1,
            notes: 0,
            steps: Extra::new(OURS[0], &STEPS),
            long: Extra::new(OURS[1], &LONG),
        };
        book.heads().map_err(failed)?;
        Ok(book)
    }

    fn heads(&mut self) -> Result<(), rust_xlsxwriter::XlsxError> {
        let XlsxBook { sheet, looks, head_row, repeated, results, lang, .. } = self;
        if repeated.len() + results.len() > MOST_COLUMNS {
            return Err(rust_xlsxwriter::XlsxError::RowColumnLimitError);
        }
        sheet.set_row_height(*head_row, 32)?;
        sheet.set_freeze_panes(*head_row + 1, 0)?;
        let [_, _, tail @ ..] = TAIL.map(|head| picked(*lang, head));
        let all = repeated.iter().map(|(head, _)| (head, &looks.head));
        let [error, ..] = tail;
        let all =
            all.chain(results.iter().map(|head| {
                (head, if tail.contains(&head.as_str()) { &looks.error_head } else { &looks.result_head })
            }));
        for (column, (head, look)) in (0..).zip(all) {
            sheet.write_string_with_format(*head_row, column, head, look)?;
            sheet.set_column_width(column, if head == error { 48 } else { 16 })?;
        }
        Ok(())
    }

    /// Writes the rows that a form made, in their order.
    pub fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut records = Records(bytes);
        while !records.is_empty() {
            self.row(&mut records)?;
        }
        Ok(())
    }

    fn row(&mut self, records: &mut Records<'_>) -> io::Result<()> {
        let (number, outcome) = records.head()?;
        let row =
            if self.keeps_rows { u32::try_from(number.saturating_sub(1)).unwrap_or(u32::MAX) } else { self.next_row };
        if row >= MOST_ROWS {
            return Err(refused(text!(
                "结果超过 Excel 的 {MOST_ROWS} 行；请输出 CSV 或拆分",
                "the answers exceed the {MOST_ROWS} rows of a sheet: write CSV, or split them"
            )));
        }
        self.next_row = row + 1;
        let own = (0..self.repeated.len()).map(|_| records.cell()).collect::<io::Result<Vec<_>>>()?;
        let mut answer = Vec::new();
        let mut faults: Vec<(usize, &str)> = Vec::new();
        if outcome != Outcome::Passed {
            answer = (0..self.results.len()).map(|_| records.answer()).collect::<io::Result<_>>()?;
        }
        if outcome == Outcome::Bad {
            for _ in 0..records.number()? {
                faults.push((records.number()?, records.text()?));
            }
        }
        for (column, (kind, text)) in own.iter().enumerate() {
            let told: Vec<&str> = faults.iter().filter(|(at, _)| *at == column).map(|(_, detail)| *detail).collect();
            self.own_cell((row, column), *kind, text, &told).map_err(failed)?;
        }
        for (index, (tag, text)) in answer.into_iter().enumerate() {
            let column = self.repeated.len() + index;
            if tag == Tag::Json && self.steps_at == Some(index) {
                let place = self.steps(row, text).map_err(failed)?;
                self.text((row, column), &place, None).map_err(failed)?;
                continue;
            }
            self.result_cell((row, column), tag, text, outcome == Outcome::Bad).map_err(failed)?;
        }
        Ok(())
    }

    /// A cell of the row itself, as it was.
    fn own_cell(
        &mut self,
        (row, column): (u32, usize),
        kind: Kind,
        text: &str,
        faults: &[&str],
    ) -> Result<(), rust_xlsxwriter::XlsxError> {
        let marked = usize::from(!faults.is_empty());
        let at = u16::try_from(column).unwrap_or(u16::MAX);
        let Looks { plain, number, percent, day, money, .. } = &self.looks;
        let [plain, number, percent, day, money] =
            [plain, number, percent, day, money].map(|both| both.get(marked).unwrap_or(&self.looks.error));
        let is_money = self.repeated.get(column).is_some_and(|(_, is_money)| *is_money);
        let as_number = || number::of_cell(text);
        let as_day = || crate::api::shape::date(text).and_then(number::of_day);
        match kind {
            Kind::Empty => {
                if marked == 1 {
                    self.sheet.write_blank(row, at, plain)?;
                }
            }
            Kind::Number if let Some(value) = as_number() => {
                self.sheet.write_number_with_format(row, at, value, if is_money { money } else { number })?;
            }
            Kind::Percent if let Some(value) = as_number() => {
                self.sheet.write_number_with_format(row, at, value, percent)?;
            }
            Kind::Day if let Some(value) = as_day() => {
                self.sheet.write_number_with_format(row, at, value, day)?;
            }
            Kind::Flag => {
                self.sheet.write_boolean_with_format(row, at, text == "true", plain)?;
            }
            _ => {
                let look = plain.clone();
                self.text((row, column), text, Some(&look))?;
            }
        }
        if marked == 1 && self.notes < MOST_NOTES {
            self.notes += 1;
            let note =
                Note::new(shortened(&faults.join("\n"))).set_author("lode").add_author_prefix(false).set_width(260);
            self.sheet.insert_note(row, at, &note)?;
        }
        Ok(())
    }

    /// A cell of the answer: a number where nothing of it is lost, else a text.
    fn result_cell(
        &mut self,
        (row, column): (u32, usize),
        tag: Tag,
        text: &str,
        is_bad: bool,
    ) -> Result<(), rust_xlsxwriter::XlsxError> {
        let at = u16::try_from(column).unwrap_or(u16::MAX);
        match tag {
            Tag::Empty => {}
            Tag::Figure => {
                if let Some(value) = number::as_double(text) {
                    let look = match text.split_once('.').map_or(0, |(_, fraction)| fraction.len()) {
                        0 => &self.looks.whole,
                        2 => &self.looks.money[0],
                        _ => &self.looks.decimal,
                    };
                    self.sheet.write_number_with_format(row, at, value, look)?;
                } else if let Some(value) = crate::api::shape::date(text).and_then(number::of_day) {
                    self.sheet.write_number_with_format(row, at, value, &self.looks.day[0])?;
                } else {
                    self.text((row, column), text, None)?;
                }
            }
            Tag::Text | Tag::Json => {
                let look = is_bad.then(|| self.looks.error.clone());
                self.text((row, column), text, look.as_ref())?;
            }
        }
        Ok(())
    }

    /// A text; one that a cell does not take goes on the sheet of long texts, and the cell says so. A text is never a
    /// formula, whatever it begins with.
    fn text(
        &mut self,
        (row, column): (u32, usize),
        text: &str,
        look: Option<&Format>,
    ) -> Result<(), rust_xlsxwriter::XlsxError> {
        let at = u16::try_from(column).unwrap_or(u16::MAX);
        if text.is_empty() {
            return Ok(());
        }
        // No character takes more units of UTF-16 than bytes of UTF-8.
        if text.len() > MOST_IN_A_CELL && text.encode_utf16().count() > MOST_IN_A_CELL {
            let said = self.long(row, column, text)?;
            self.sheet.write_string(row, at, said)?;
            return Ok(());
        }
        match look {
            Some(look) => self.sheet.write_string_with_format(row, at, text, look)?,
            None => self.sheet.write_string(row, at, text)?,
        };
        Ok(())
    }

    fn long(&mut self, row: u32, column: usize, text: &str) -> Result<String, rust_xlsxwriter::XlsxError> {
        let heads = self.repeated.iter().map(|(head, _)| head).chain(&self.results);
        let head = heads.skip(column).map(String::as_str).next().unwrap_or_default().to_owned();
        let mut rest = text;
        let mut part = 0;
        let mut first = 0;
        while !rest.is_empty() {
            part += 1;
            let mut units = 0;
            let fits = |character: &char| {
                units += character.len_utf16();
                units <= MOST_IN_A_CELL
            };
            let length: usize = rest.chars().take_while(fits).map(char::len_utf8).sum();
            let (piece, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
            let (line, sheet) = self.long.line(&mut self.workbook, &self.looks, self.lang)?;
            sheet.write_number(line, 0, row + 1)?;
            sheet.write_string(line, 1, &head)?;
            sheet.write_number(line, 2, part)?;
            sheet.write_string(line, 3, piece)?;
            if part == 1 {
                first = line + 1;
            }
            rest = after;
        }
        let name = self.long.current(self.lang);
        let said = text!(
            "内容超出单元格，见工作表“{name}”第 {first} 行起 {part} 行",
            "too long for a cell: see sheet “{name}”, {part} rows from row {first}"
        );
        Ok(self.lang.pick(&said).to_owned())
    }

    /// Writes the steps of a row on their sheet; gives where they stand.
    fn steps(&mut self, row: u32, text: &str) -> Result<String, rust_xlsxwriter::XlsxError> {
        let Ok(steps) = serde_json::from_str::<Vec<Json>>(text) else { return Ok(String::new()) };
        let mut place = None;
        for (number, step) in (1_u32..).zip(&steps) {
            let (line, sheet) = self.steps.line(&mut self.workbook, &self.looks, self.lang)?;
            sheet.write_number(line, 0, row + 1)?;
            sheet.write_number(line, 1, number)?;
            let of = |pointer: &str| step.pointer(pointer).map_or_else(String::new, plain);
            let inputs = step.get("inputs").and_then(Json::as_object).into_iter().flatten();
            let inputs: Vec<String> = inputs.map(|(name, value)| format!("{name} = {}", plain(value))).collect();
            let cells = [
                of("/scenario"),
                of("/year"),
                of("/rule"),
                of("/law/label"),
                of("/formula"),
                inputs.join("；"),
                of("/result"),
                of("/rounding"),
                of("/rate_version"),
                of("/law/instrument"),
            ];
            for (column, cell) in (2..).zip(cells) {
                if !cell.is_empty() {
                    sheet.write_string(line, column, shortened(&cell))?;
                }
            }
            place.get_or_insert((line + 1, line + 1)).1 = line + 1;
        }
        let name = self.steps.current(self.lang);
        Ok(place.map_or_else(String::new, |(first, last)| format!("{name} {first}–{last}")))
    }

    /// Writes the whole workbook.
    pub fn finish(mut self, out: impl Write + Send) -> io::Result<()> {
        let columns = u16::try_from(self.repeated.len() + self.results.len()).unwrap_or(u16::MAX);
        if self.next_row > self.head_row + 1 && columns > 0 {
            self.sheet.autofilter(self.head_row, 0, self.next_row - 1, columns - 1).map_err(failed)?;
        }
        self.workbook.push_worksheet(self.sheet);
        for sheet in self.steps.sheets.into_iter().chain(self.long.sheets) {
            self.workbook.push_worksheet(sheet);
        }
        tracing::debug!(sheet = self.name, rows = self.next_row, "a workbook is written");
        self.workbook.save_to_writer(out).map_err(|error| match error {
            rust_xlsxwriter::XlsxError::IoError(error) => error,
            other => failed(other),
        })
    }
}

impl Extra {
    fn new(name: [&'static str; 2], heads: &'static [[&'static str; 2]]) -> Extra {
        Extra { name, heads, sheets: Vec::new(), next_row: 0 }
    }

    /// The name of the sheet that is written on.
    fn current(&self, lang: Lang) -> String {
        let name = picked(lang, self.name);
        match self.sheets.len() {
            0 | 1 => name.to_owned(),
            count => format!("{name} {count}"),
        }
    }

    /// The next line, with its sheet.
    fn line(
        &mut self,
        workbook: &mut Workbook,
        looks: &Looks,
        lang: Lang,
    ) -> Result<(u32, &mut Worksheet), rust_xlsxwriter::XlsxError> {
        if self.sheets.is_empty() || self.next_row >= MOST_ROWS {
            self.sheets.push(workbook.new_worksheet_with_constant_memory()?);
            self.next_row = 1;
            let name = self.current(lang);
            if let Some(sheet) = self.sheets.last_mut() {
                sheet.set_name(name)?;
                sheet.set_freeze_panes(1, 0)?;
                for (column, head) in (0..).zip(self.heads) {
                    sheet.write_string_with_format(0, column, picked(lang, *head), &looks.head)?;
                    sheet.set_column_width(column, 18)?;
                }
            }
        }
        self.next_row += 1;
        let line = self.next_row - 1;
        let sheet = self.sheets.last_mut().ok_or(rust_xlsxwriter::XlsxError::RowColumnLimitError)?;
        Ok((line, sheet))
    }
}

/// A value as a cell shows it.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// A text as far as a cell takes it: no formula and no input of a step comes near.
fn shortened(text: &str) -> String {
    text.chars().take(MOST_IN_A_CELL / 2).collect()
}

/// The same bytes for the same content: no clock.
pub(super) fn properties(lang: Lang) -> Result<DocProperties, rust_xlsxwriter::XlsxError> {
    let title = picked(lang, ["矿业权出让收益", "Mining-rights transfer income"]);
    Ok(DocProperties::new()
        .set_author("lode")
        .set_title(title)
        .set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?))
}
