//! Templates: a sheet to fill with the heads of a topic, an example that computes, a sheet that explains every column, and
//! the lists behind the choices. All of it comes from the shapes of the topic; the bytes are the same each time.

use std::io;

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, Formula, Note, Workbook, Worksheet, XlsxError,
};
use serde_json::Value as Json;

use super::XLSX;
use super::number;
use super::output::properties;
use super::sheet::column_name;
use crate::api::lang::Lang;
use crate::api::query::Explain;
use crate::api::schema::Named;
use crate::api::topic::{Call, Topic, answer};
use crate::batch::header::{Listed, Step, listed};
use crate::batch::heads::{LINE_ID, Unit};
use crate::batch::model::Leaf;
use crate::domain::context::Detail;
use crate::domain::rate_book::RateBook;

/// How many groups a list of narrow groups has in a template: payments, lines, periods.
const GROUPS: usize = 3;
/// Columns of a group that is too wide to be there three times.
const WIDE: usize = 20;
/// Characters of a list of choices that stands with its column; a longer one is referred to.
const INLINE_LIST: usize = 255;
/// The last row of a sheet, counted from zero.
const LAST_ROW: u32 = (1 << 20) - 1;

/// The lists of names that a schema may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Minerals,
    Divisions,
    DeemedSales,
}

/// What a list on the hidden sheet holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Names(Names),
    Words(Vec<String>),
}

/// A column of a template.
struct Column {
    path: Vec<Step>,
    head: String,
    leaf: Option<Leaf>,
    unit: Unit,
    described: Described,
}

/// What the schema of a field says.
#[derive(Clone, Debug, Default)]
struct Described {
    description: String,
    example: Json,
    is_required: bool,
    names: Option<Names>,
}

/// Makes the template of a topic, with the names of minerals and divisions that the data have.
pub fn template(book: &RateBook, topic: Topic, lang: Lang) -> io::Result<Vec<u8>> {
    Template::of(book, topic, lang).written().map_err(io::Error::other)
}

/// The name of the sheet with the example: the same heads as those of the sheet to fill.
pub fn example_sheet(lang: Lang) -> &'static str {
    lang_of(lang, ["示例", "Example"])
}

fn lang_of(lang: Lang, [zh, en]: [&'static str; 2]) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

struct Template<'b> {
    book: &'b RateBook,
    topic: Topic,
    lang: Lang,
    columns: Vec<Column>,
    /// Every column that there could be, lists by their first group.
    all: Vec<Column>,
    example: Vec<(Vec<Step>, Json)>,
    /// The articles behind the calculation.
    laws: Vec<String>,
}

impl<'b> Template<'b> {
    fn of(book: &'b RateBook, topic: Topic, lang: Lang) -> Template<'b> {
        let schemas = Schemas::of(topic);
        let mut example = Vec::new();
        flattened(&topic.example(), &mut Vec::new(), &mut example);
        let column = |listed: Listed| Column {
            head: listed.head(topic, lang),
            described: schemas.described(&listed.path, lang),
            path: listed.path,
            leaf: listed.leaf,
            unit: listed.unit,
        };
        let columns = chosen(topic, &example).into_iter().map(column).collect();
        let all = listed(topic, 1).into_iter().map(column).collect();
        Template { book, topic, lang, columns, all, example, laws: laws(book, topic, lang) }
    }

    fn say(&self, texts: [&'static str; 2]) -> &'static str {
        lang_of(self.lang, texts)
    }

    fn written(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_properties(&properties(self.lang)?);
        let (lists, sources) = self.lists()?;
        let mut data = Worksheet::new();
        data.set_name(self.say(["数据", "Data"]))?;
        self.heads(&mut data, true)?;
        self.choices(&mut data, &sources)?;
        let mut example = Worksheet::new();
        example.set_name(example_sheet(self.lang))?;
        example.set_tab_color(Color::RGB(0x00A6_A6A6));
        self.heads(&mut example, false)?;
        self.example_row(&mut example)?;
        let notes = self.notes()?;
        for sheet in [data, example, notes, lists] {
            workbook.push_worksheet(sheet);
        }
        workbook.save_to_buffer()
    }

    /// The heads with their comments, and the formats of the columns below.
    fn heads(&self, sheet: &mut Worksheet, with_notes: bool) -> Result<(), XlsxError> {
        let (needed, optional) = (super::output::head_format(0x00FF_E699), super::output::head_format(0x00D9_E1F2));
        sheet.set_row_height(0, 48)?;
        sheet.set_freeze_panes(1, 1)?;
        let [en, zh] = LINE_ID;
        sheet.write_string_with_format(0, 0, self.say([zh, en]), &optional)?;
        sheet.set_column_width(0, 14)?;
        sheet.set_column_format(0, &Format::new().set_num_format("@"))?;
        if with_notes {
            let words = self.say([
                "行的名称，照样写入结果；可不填",
                "A name for the row, repeated with its answer; may be left out",
            ]);
            sheet.insert_note(0, 0, &note(words))?;
        }
        for (at, column) in (1..).zip(&self.columns) {
            let look = if column.described.is_required { &needed } else { &optional };
            sheet.write_string_with_format(0, at, &column.head, look)?;
            sheet.set_column_width(at, 16)?;
            if let Some(format) = column.format() {
                sheet.set_column_format(at, &format)?;
            }
            if with_notes {
                sheet.insert_note(0, at, &note(&self.comment(column)))?;
            }
        }
        Ok(())
    }

    /// What the comment of a head says: meaning, unit, choices, an example, and the articles of the calculation.
    fn comment(&self, column: &Column) -> String {
        let mut lines = vec![column.described.description.clone()];
        if column.described.is_required {
            lines.push(self.say(["必填", "Required"]).to_owned());
        }
        if let Some(sign) = column.unit.sign() {
            let or_wan = if column.unit == Unit::Yuan {
                self.say(["（表头可改为万元）", " (or 万元, in the head)"])
            } else {
                ""
            };
            lines.push(format!("{}{sign}{or_wan}", self.say(["单位：", "Unit: "])));
        }
        if let Some(words) = self.words_of(column) {
            lines.push(format!("{}{}", self.say(["可选：", "One of: "]), words.join(self.say(["、", ", "]))));
        }
        if column.is_list() {
            lines.push(self.say(["多个值用“、”隔开", "Set several values apart by 、 or ;"]).to_owned());
        }
        let example = self.shown(column, &column.described.example);
        if !example.is_empty() {
            lines.push(format!("{}{example}", self.say(["示例：", "Example: "])));
        }
        if !self.laws.is_empty() {
            lines.push(format!("{}{}", self.say(["依据：", "Law: "]), self.laws.join(self.say(["、", ", "]))));
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// The words that a column of choices takes.
    fn words_of(&self, column: &Column) -> Option<Vec<String>> {
        match column.leaf.as_ref()? {
            Leaf::Choice(codes) => Some(
                codes
                    .iter()
                    .map(|(code, word)| match self.lang {
                        Lang::Zh if !word.is_empty() => (*word).to_owned(),
                        _ => code.clone(),
                    })
                    .collect(),
            ),
            Leaf::Flag => Some(vec![self.say(["是", "true"]).to_owned(), self.say(["否", "false"]).to_owned()]),
            _ => None,
        }
    }

    /// The hidden sheet of names, and the range of each list on it.
    fn lists(&self) -> Result<(Worksheet, Vec<(Source, String)>), XlsxError> {
        let name = self.say(["选项", "Lists"]);
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?.set_hidden(true);
        let all = [
            (Names::Minerals, self.say(["矿种", "minerals"])),
            (Names::Divisions, self.say(["行政区划", "divisions"])),
            (Names::DeemedSales, self.say(["视同销售", "deemed sales"])),
        ];
        let mut ranges = Vec::new();
        for (column, (names, head)) in (0_u16..).zip(all) {
            sheet.write_string(0, column, head)?;
            let names_of = self.names(names);
            for (row, name) in (1..).zip(&names_of) {
                sheet.write_string(row, column, name)?;
            }
            let letters = column_name(usize::from(column));
            let last = names_of.len() + 1;
            ranges.push((Source::Names(names), format!("={name}!${letters}$2:${letters}${last}")));
        }
        let mut column = 3_u16;
        for words in self.columns.iter().filter_map(|column| self.words_of(column)).filter(|words| is_long(words)) {
            let source = Source::Words(words.clone());
            if ranges.iter().any(|(known, _)| *known == source) {
                continue;
            }
            for (row, word) in (1..).zip(&words) {
                sheet.write_string(row, column, word)?;
            }
            let (letters, last) = (column_name(usize::from(column)), words.len() + 1);
            ranges.push((source, format!("={name}!${letters}$2:${letters}${last}")));
            column += 1;
        }
        Ok((sheet, ranges))
    }

    fn names(&self, names: Names) -> Vec<String> {
        let book = self.book;
        match (names, self.lang) {
            (Names::Minerals, Lang::Zh) => {
                book.minerals.iter().map(|(_, mineral)| mineral.name_zh().to_owned()).collect()
            }
            (Names::Minerals, Lang::En) => {
                book.minerals.iter().map(|(id, _)| book.minerals.code(id).to_owned()).collect()
            }
            // The codes are the same in both languages, and the names are Chinese.
            (Names::Divisions, _) => book.divisions.iter().map(|division| division.name_zh().to_owned()).collect(),
            (Names::DeemedSales, Lang::Zh) => book.deemed_sales.iter().map(|sale| sale.zh.clone()).collect(),
            (Names::DeemedSales, Lang::En) => book.deemed_sales.iter().map(|sale| sale.code.clone()).collect(),
        }
    }

    /// Drop-down lists: choices are closed, names are proposed (the data know them by other words too).
    fn choices(&self, sheet: &mut Worksheet, sources: &[(Source, String)]) -> Result<(), XlsxError> {
        let range = |wanted: Source| sources.iter().find(|(source, _)| *source == wanted).map(|(_, range)| range);
        for (at, column) in (1..).zip(&self.columns) {
            if column.is_list() {
                continue;
            }
            let closed = DataValidation::new().set_error_style(DataValidationErrorStyle::Stop);
            let proposed = DataValidation::new().show_error_message(false);
            let validation = if let Some(words) = self.words_of(column) {
                if is_long(&words) {
                    let Some(range) = range(Source::Words(words)) else { continue };
                    closed.allow_list_formula(Formula::new(range))
                } else {
                    closed.allow_list_strings(&words)?
                }
            } else if let Some(range) = column.described.names.and_then(|names| range(Source::Names(names))) {
                proposed.allow_list_formula(Formula::new(range))
            } else {
                continue;
            };
            sheet.add_data_validation(1, at, LAST_ROW, at, &validation)?;
        }
        Ok(())
    }

    /// The example of the topic as a row.
    fn example_row(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.write_string(1, 0, self.say(["示例（不参与计算）", "example (is not computed)"]))?;
        for (at, column) in (1..).zip(&self.columns) {
            let Some((_, value)) = self.example.iter().find(|(path, _)| *path == column.path) else { continue };
            let text = self.shown(column, value);
            let as_number = || number::as_double(&text);
            match &column.leaf {
                Some(Leaf::Number | Leaf::Integer) if let Some(number) = as_number() => {
                    sheet.write_number(1, at, number)?;
                }
                Some(Leaf::Day) if let Some(serial) = crate::api::shape::date(&text).and_then(number::of_day) => {
                    sheet.write_number(1, at, serial)?;
                }
                _ => {
                    sheet.write_string(1, at, &text)?;
                }
            }
        }
        Ok(())
    }

    /// A value of the example as a cell shows it.
    fn shown(&self, column: &Column, value: &Json) -> String {
        match (&column.leaf, value) {
            (_, Json::Null | Json::Object(_)) => String::new(),
            (_, Json::Array(items)) => {
                let texts: Vec<String> = items.iter().map(text_of).collect();
                texts.join("、")
            }
            (Some(Leaf::Flag), Json::Bool(yes)) => {
                self.say(if *yes { ["是", "true"] } else { ["否", "false"] }).to_owned()
            }
            (Some(Leaf::Choice(codes)), Json::String(code)) => {
                let word = codes.iter().find(|(known, word)| known == code && !word.is_empty());
                match (word, self.lang) {
                    (Some((_, word)), Lang::Zh) => (*word).to_owned(),
                    _ => code.clone(),
                }
            }
            (_, other) => text_of(other),
        }
    }

    /// The sheet that tells how to fill and send, and explains every column that there could be.
    fn notes(&self) -> Result<Worksheet, XlsxError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.say(["说明", "Notes"]))?;
        let (bold, wrap) = (Format::new().set_bold(), Format::new().set_text_wrap().set_align(FormatAlign::Top));
        let doc = self.topic.doc();
        let halves = |text: &'static str, between: &str| {
            let (zh, en) = text.split_once(between).unwrap_or((text, text));
            lang_of(self.lang, [zh, en]).trim().to_owned()
        };
        sheet.write_string_with_format(0, 0, halves(doc.summary, "·"), &bold.clone().set_font_size(14))?;
        let mut row = 1;
        for line in [halves(doc.description, "\n\n")].into_iter().chain(self.guide()) {
            sheet.merge_range(row, 0, row, 6, &line, &wrap)?;
            let lines = u32::try_from(line.chars().count() / 50).unwrap_or(0) + 1;
            sheet.set_row_height(row, 16 * lines)?;
            row += 1;
        }
        row += 1;
        let heads = [
            ["列", "column"],
            ["英文名", "name in JSON"],
            ["含义", "meaning"],
            ["单位", "unit"],
            ["必填", "required"],
            ["可选值", "choices"],
            ["示例", "example"],
            ["在本模板中", "in this template"],
        ];
        for ((column, head), width) in (0..).zip(heads).zip([34, 34, 60, 10, 8, 40, 20, 12]) {
            sheet.write_string_with_format(row, column, self.say(head), &bold)?;
            sheet.set_column_width(column, width)?;
        }
        for column in &self.all {
            row += 1;
            let yes = |is: bool| if is { self.say(["是", "yes"]) } else { "" };
            let words = self.words_of(column).unwrap_or_default().join(self.say(["、", ", "]));
            let cells = [
                column.head.clone(),
                crate::batch::header::head_in_english(&column.path),
                column.described.description.clone(),
                column.unit.sign().unwrap_or_default().to_owned(),
                yes(column.described.is_required).to_owned(),
                words,
                self.shown(column, &column.described.example),
                yes(self.columns.iter().any(|one| one.path == column.path)).to_owned(),
            ];
            for (at, cell) in (0..).zip(cells) {
                if !cell.is_empty() {
                    sheet.write_string_with_format(row, at, cell, &wrap)?;
                }
            }
        }
        Ok(sheet)
    }

    fn guide(&self) -> Vec<String> {
        let slug = self.topic.slug();
        let lines: [[&str; 2]; 10] = [
            [
                "怎样填：在“数据”表填写，一行一笔；第一行是表头，不要改动、合并或插入标题。黄色表头必填，其余按需填写；空格等于没有该项。",
                "To fill: one request in each row of the sheet “Data”. The first row holds the heads: do not merge them or put a title above. Yellow heads are required; an empty cell is a field left out.",
            ],
            [
                "“示例”表是一笔能算出结果的例子，不参与计算。各列的含义、单位、条款见表头批注和下表。",
                "The sheet “Example” holds a row that computes; it is not read. Comments on the heads and the table below explain each column.",
            ],
            [
                "不用的列可以删除。下表中未列入本模板的列，按“列”中的名称加在右侧即可。重复的项（如缴款、矿产品）默认三组，不够时照样加 4、5……组，最多 999 组。",
                "Columns that are not needed may be deleted. Those of the table below that are not in this template are added under their names. Lists have three groups: add numbers 4, 5 … up to 999.",
            ],
            [
                "金额以元为单位，最多两位小数；表头的（元）改为（万元）即按万元读取。Excel 只保存 15 位有效数字，更长的数写成文本。",
                "Amounts are in yuan with at most two decimals; a Chinese head that ends in （万元） reads them in ten thousands. Excel keeps 15 digits: write longer numbers as text.",
            ],
            [
                "百分数填数字，3% 填 3；单元格为百分比格式（显示 3%）时也按 3 读取。",
                "Percents are numbers: 3 for 3%. A cell in percent format that shows 3% is read as 3.",
            ],
            [
                "日期用日期格式的单元格，或写成 2024-02-29。",
                "Days are cells with a date format, or texts such as 2024-02-29.",
            ],
            [
                "公式按保存时的计算结果读取；没有结果的公式、错误值（如 #N/A）会报在该单元格。隐藏的行照样计算；宏和加密的文件不接收。",
                "A formula counts by the value saved with it; one without value, and errors such as #N/A, are reported at their cells. Hidden rows are computed. Macros and encrypted files are not taken.",
            ],
            ["怎样算：", "To compute: "],
            [
                "结果是同一张表，右侧加结果列；有误的行不影响其他行，红色“错误”列写明原因，有误的单元格标红并附批注。结果文件改正后可直接再算。",
                "The answer is the same sheet with columns of results. A faulty row stops no other: the red column “error” tells why, and the faulty cell is red and has a comment. A corrected answer can be sent again.",
            ],
            ["每行的结果与单独请求相同，包括舍入。", "Each row is answered as the single request is, to the last fen."],
        ];
        let mut said: Vec<String> = lines.iter().map(|line| lang_of(self.lang, *line).to_owned()).collect();
        if let Some(line) = said.get_mut(7) {
            line.push_str(&format!("lode batch {slug} data.xlsx -o result.xlsx"));
            line.push_str(lang_of(self.lang, ["；或经 HTTP：", "; or over HTTP: "]));
            line.push_str(&format!("POST /v1/batches/{slug}, Content-Type: {XLSX}"));
        }
        said
    }
}

impl Column {
    fn is_list(&self) -> bool {
        self.leaf.is_none()
    }

    /// How cells of the column look before anything is in them. A percent has no format of its own, so that Excel makes
    /// one of what is typed as 3%.
    fn format(&self) -> Option<Format> {
        let code = match (self.leaf.as_ref(), self.unit) {
            (Some(Leaf::Day), _) => "yyyy-mm-dd",
            (Some(Leaf::Number), Unit::Yuan) => "#,##0.00####",
            (Some(Leaf::Text | Leaf::Choice(_)) | None, _) => "@",
            _ => return None,
        };
        Some(Format::new().set_num_format(code))
    }
}

/// Whether choices are too long to stand with their column.
fn is_long(words: &[String]) -> bool {
    words.iter().map(|word| word.chars().count() + 1).sum::<usize>() > INLINE_LIST
}

fn note(text: &str) -> Note {
    let lines = text.lines().map(|line| line.chars().count() / 20 + 1).sum::<usize>();
    let height = u32::try_from(lines).unwrap_or(4) * 18 + 16;
    Note::new(text).set_author("lode").add_author_prefix(false).set_width(300).set_height(height.clamp(60, 400))
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A request as cells: single values and lists of such with their places.
fn flattened(value: &Json, path: &mut Vec<Step>, into: &mut Vec<(Vec<Step>, Json)>) {
    let mut below = |step: Step, value: &Json| {
        path.push(step);
        flattened(value, path, into);
        path.pop();
    };
    match value {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| below(Step::Field(name.clone()), value)),
        Json::Array(items) if items.iter().any(Json::is_object) => {
            items.iter().enumerate().for_each(|(number, value)| below(Step::Item(number), value));
        }
        Json::Null => {}
        other => into.push((path.clone(), other.clone())),
    }
}

/// The columns of a template: all of the topic with so many groups of each list as are of use, and one way to write what
/// can be written in two.
fn chosen(topic: Topic, example: &[(Vec<Step>, Json)]) -> Vec<Listed> {
    let first = listed(topic, 1);
    let in_example = |list: &[Step]| {
        let items = example.iter().filter_map(|(path, _)| match path.strip_prefix(list)? {
            [Step::Item(number), ..] => Some(number + 1),
            _ => None,
        });
        items.max().unwrap_or(0)
    };
    let width = |list: &[Step]| {
        let first_of: Vec<Step> = list
            .iter()
            .map(|step| match step {
                Step::Item(_) => Step::Item(0),
                field => field.clone(),
            })
            .chain([Step::Item(0)])
            .collect();
        first.iter().filter(|column| column.path.starts_with(&first_of)).count()
    };
    let allowed = |list: &[Step]| {
        let shown = in_example(list);
        let is_inner = list.iter().any(|step| matches!(step, Step::Item(_)));
        match list.last() {
            // Several areas of sea: oil and gas alone.
            Some(Step::Field(name)) if name == "parts" => shown,
            _ if is_inner || width(list) > WIDE => shown.max(1),
            _ => shown.max(GROUPS),
        }
    };
    let most = example.iter().flat_map(|(path, _)| path).map(|step| match step {
        Step::Item(number) => number + 1,
        Step::Field(_) => 0,
    });
    let columns: Vec<Listed> = listed(topic, most.max().unwrap_or(0).max(GROUPS))
        .into_iter()
        .filter(|column| {
            let mut steps = column.path.iter().enumerate();
            steps.all(|(at, step)| match step {
                Step::Item(number) => *number < allowed(column.path.get(..at).unwrap_or_default()),
                Step::Field(_) => true,
            })
        })
        .collect();
    let is_below = |path: &[Step], above: &[Step]| path.len() > above.len() && path.starts_with(above);
    let in_parts = |path: &[Step]| example.iter().any(|(shown, _)| is_below(shown, path));
    let kept = |column: &Listed| {
        let path = column.path.as_slice();
        let has_parts = columns.iter().any(|other| is_below(&other.path, path));
        let whole = columns.iter().find(|other| is_below(path, &other.path));
        match whole {
            Some(whole) => in_parts(&whole.path),
            None => !has_parts || !in_parts(path),
        }
    };
    columns.iter().filter(|column| kept(column)).cloned().collect()
}

/// The articles by which the example of a topic is computed.
fn laws(book: &RateBook, topic: Topic, lang: Lang) -> Vec<String> {
    const SHOWN: usize = 6;
    let call = Call { book, lang, detail: Detail::Steps, explain: Explain::Applied, request_id: "" };
    let answer: Json =
        serde_json::from_slice(&answer(topic, topic.doc().example.as_bytes(), call).body).unwrap_or_default();
    let steps = answer.get("steps").and_then(Json::as_array);
    let mut found: Vec<String> = Vec::new();
    for law in steps.into_iter().flatten().filter_map(|step| step.pointer("/law/label")?.as_str()) {
        if !found.iter().any(|known| known == law) {
            found.push(law.to_owned());
        }
    }
    found.truncate(SHOWN);
    found
}

/// The schemas of a topic, to ask what a place is about.
struct Schemas {
    request: Json,
    known: Vec<(String, Json)>,
}

impl Schemas {
    fn of(topic: Topic) -> Schemas {
        let mut named = Named::default();
        let (request, _) = topic.schemas(&mut named);
        let json = |schema| serde_json::to_value(schema).unwrap_or_default();
        let known = named.into_list().into_iter().map(|(name, schema)| (name, json(schema))).collect();
        Schemas { request: json(request), known }
    }

    /// A schema and all that stand behind it: what it refers to and its alternatives.
    fn behind<'s>(&'s self, schema: &'s Json, into: &mut Vec<&'s Json>) {
        into.push(schema);
        if let Some(name) = name_of(schema)
            && let Some((_, schema)) = self.known.iter().find(|(known, _)| known == name)
        {
            self.behind(schema, into);
        }
        for one in ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten() {
            self.behind(one, into);
        }
    }

    fn described(&self, path: &[Step], lang: Lang) -> Described {
        let mut schema = &self.request;
        let mut is_required = true;
        for step in path {
            let mut all = Vec::new();
            self.behind(schema, &mut all);
            let next = match step {
                Step::Field(name) => {
                    let holds = all.iter().find_map(|one| Some((*one, one.get("properties")?.get(name)?)));
                    let required = |one: &Json| {
                        let list = one.get("required").and_then(Json::as_array);
                        list.is_some_and(|list| list.iter().any(|known| known == name))
                    };
                    is_required &= holds.is_some_and(|(one, _)| required(one));
                    holds.map(|(_, schema)| schema)
                }
                Step::Item(number) => {
                    is_required &= *number == 0;
                    all.iter().find_map(|one| one.get("items"))
                }
            };
            let Some(next) = next else { return Described::default() };
            schema = next;
        }
        let mut all = Vec::new();
        self.behind(schema, &mut all);
        let text = all.iter().find_map(|one| one.get("description")?.as_str()).unwrap_or_default();
        let (zh, en) = text.split_once('·').unwrap_or((text, text));
        let example = all.iter().find_map(|one| one.get("examples")?.as_array()?.first());
        let example = example.cloned().unwrap_or_default();
        let names = all.iter().filter_map(|one| name_of(one)).find_map(|name| match name {
            "MineralName" => Some(Names::Minerals),
            "DivisionName" => Some(Names::Divisions),
            "DeemedSaleName" => Some(Names::DeemedSales),
            _ => None,
        });
        let description = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        Described { description: description.trim().to_owned(), example, is_required, names }
    }
}

/// The name of the schema that a reference leads to.
fn name_of(schema: &Json) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}
