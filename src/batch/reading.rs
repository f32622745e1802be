//! From a row to a request: no text in between, every cell borrowed where it stands.

use std::borrow::Cow;

use super::engine::Row;
use super::header::{Column, Plan, Slot};
use super::kind::{BEYOND, Kind};
use super::model::Leaf;
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::node::{self, Node};
use crate::api::shape::{ShapeFault, decimal};
use crate::domain::error::{Text, shortened};
use crate::text;

/// How the rows of a batch become requests.
#[derive(Clone, Debug)]
pub enum Reading {
    /// Cells by the heads of their table.
    Table(Plan),
    /// One JSON object in the only cell of each row.
    Lines,
}

/// The name of a row, to be repeated with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineId<'r> {
    /// A text.
    Text(Cow<'r, str>),
    /// A whole number, as JSON may have it.
    Integer(i64),
}

/// What a row asks: a request, or why it is none; a blank row asks nothing.
#[derive(Debug)]
pub struct Asked<'r> {
    /// The name of the row, where it has one.
    pub line_id: Option<LineId<'r>>,
    /// The request.
    pub request: Result<Node<'r>, Problem<'static>>,
}

impl Reading {
    /// What a row asks; `None` when it is blank.
    pub fn ask<'r>(&'r self, row: &Row<'r>) -> Option<Asked<'r>> {
        match self {
            Reading::Table(plan) => plan.ask(row),
            Reading::Lines => line(row),
        }
    }

    /// Where a pointer into the request stands in the row: the head of its column, or for JSON the pointer itself.
    pub fn place(&self, pointer: &str, row: &Row<'_>, lang: Lang) -> String {
        match self {
            Reading::Table(plan) => plan.place(pointer, lang, &|items, nth| {
                let mut filled =
                    items.iter().enumerate().filter(|(_, item)| item.as_ref().is_some_and(|slot| !is_empty(slot, row)));
                filled.nth(nth).map_or(nth, |(number, _)| number)
            }),
            Reading::Lines => pointer.to_owned(),
        }
    }
}

impl Plan {
    fn ask<'r>(&'r self, row: &Row<'r>) -> Option<Asked<'r>> {
        let line_id = self.line_id.map(|index| row.cell(index)).filter(|name| !name.is_empty());
        let line_id = line_id.map(|name| LineId::Text(name.into()));
        if let Some(problem) = self.surplus(row).or_else(|| self.beyond(row)) {
            return Some(Asked { line_id, request: Err(problem) });
        }
        let mut faults = Vec::new();
        let node = self.build(&self.root, row, &mut faults)?;
        let request = if faults.is_empty() { Ok(node) } else { Err(Problem::malformed(faults)) };
        Some(Asked { line_id, request })
    }

    /// A row with filled cells beyond the heads.
    fn surplus(&self, row: &Row<'_>) -> Option<Problem<'static>> {
        let heads = self.columns.len();
        if row.len() <= heads || (heads..row.len()).all(|index| row.cell(index).is_empty()) {
            return None;
        }
        let cells = row.len();
        let detail = text!(
            "本行有 {cells} 格，表头只有 {heads} 列；请检查分隔符和引号",
            "the row has {cells} cells, the heads are {heads}: check separators and quotes"
        );
        Some(Problem::at("", ErrorCode::MalformedRequest, detail))
    }

    /// A cell with something under no head, where rows say what their cells are.
    fn beyond(&self, row: &Row<'_>) -> Option<Problem<'static>> {
        let (_, column) = row.cell(self.kinds?).split_once(BEYOND)?;
        let number = row.number;
        let detail = text!(
            "单元格 {column}{number} 有内容，但该列没有表头；请删除或补上表头",
            "cell {column}{number} holds something under no head: empty it, or give its column a head"
        );
        Some(Problem::at("", ErrorCode::MalformedRequest, detail))
    }

    /// What the cell of a column is, where rows say so.
    pub fn kind(&self, column: usize, row: &Row<'_>) -> Option<Kind> {
        row.cell(self.kinds?).as_bytes().get(column).map(|letter| Kind::of(*letter))
    }

    fn build<'r>(&'r self, slot: &'r Slot, row: &Row<'r>, faults: &mut Vec<ShapeFault>) -> Option<Node<'r>> {
        match slot {
            Slot::Cell(index) => {
                let column = self.columns.get(*index)?.as_ref()?;
                let text = row.cell(*index);
                if text.is_empty() {
                    return None;
                }
                Some(column.read(text, self.kind(*index, row)).unwrap_or_else(|detail| {
                    faults.push(ShapeFault { pointer: self.pointer(*index, row), detail });
                    Node::Null
                }))
            }
            Slot::Object(fields) => {
                let mut object = Vec::with_capacity(fields.len());
                for (name, slot) in fields {
                    if let Some(value) = self.build(slot, row, faults) {
                        object.push((Cow::Borrowed(name.as_str()), value));
                    }
                }
                (!object.is_empty()).then_some(Node::Object(object))
            }
            Slot::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                list.extend(items.iter().flatten().filter_map(|slot| self.build(slot, row, faults)));
                (!list.is_empty()).then_some(Node::List(list))
            }
        }
    }

    /// The column that a pointer into the request of this row names, or the first one below it.
    pub fn column_at(&self, pointer: &str, row: &Row<'_>) -> Option<usize> {
        let mut slot = (!pointer.is_empty()).then_some(&self.root)?;
        for part in pointer.split('/').skip(1) {
            slot = match slot {
                Slot::Cell(column) => return Some(*column),
                Slot::Object(fields) => &fields.iter().find(|(name, _)| name == part)?.1,
                Slot::List(items) => {
                    let number = part.parse().ok()?;
                    let filled = items.iter().flatten().filter(|slot| !is_empty(slot, row));
                    filled.clone().nth(number).or_else(|| items.get(number)?.as_ref())?
                }
            };
        }
        slot.first_column()
    }

    /// The pointer of the cell of a column in this row.
    fn pointer(&self, column: usize, row: &Row<'_>) -> String {
        fn search(slot: &Slot, column: usize, row: &Row<'_>, pointer: &mut String) -> bool {
            let length = pointer.len();
            match slot {
                Slot::Cell(index) => *index == column,
                Slot::Object(fields) => fields.iter().any(|(name, slot)| {
                    pointer.truncate(length);
                    pointer.push('/');
                    pointer.push_str(name);
                    search(slot, column, row, pointer)
                }),
                Slot::List(items) => {
                    let filled = items.iter().flatten().filter(|slot| !is_empty(slot, row));
                    filled.enumerate().any(|(nth, slot)| {
                        pointer.truncate(length);
                        pointer.push('/');
                        pointer.push_str(&nth.to_string());
                        search(slot, column, row, pointer)
                    })
                }
            }
        }
        let mut pointer = String::new();
        search(&self.root, column, row, &mut pointer);
        pointer
    }
}

impl Slot {
    fn first_column(&self) -> Option<usize> {
        match self {
            Slot::Cell(column) => Some(*column),
            Slot::Object(fields) => fields.iter().find_map(|(_, slot)| slot.first_column()),
            Slot::List(items) => items.iter().flatten().find_map(Slot::first_column),
        }
    }
}

fn is_empty(slot: &Slot, row: &Row<'_>) -> bool {
    match slot {
        Slot::Cell(index) => row.cell(*index).is_empty(),
        Slot::Object(fields) => fields.iter().all(|(_, slot)| is_empty(slot, row)),
        Slot::List(items) => items.iter().flatten().all(|slot| is_empty(slot, row)),
    }
}

impl Column {
    /// The value of a cell that is not empty. What is no value of its kind stays a text: the shape says what is wrong.
    fn read<'r>(&'r self, text: &'r str, kind: Option<Kind>) -> Result<Node<'r>, Text> {
        if let Some(kind) = kind {
            let as_day = || (self.leaf == Some(Leaf::Day)).then(|| kind.fault_as_day(text)).flatten();
            if let Some(fault) = kind.fault(text).or_else(as_day) {
                return Err(fault);
            }
            if self.is_percent && kind == Kind::Percent {
                let percent = Node::Text(number(text, 2));
                return Ok(if self.item.is_some() { Node::List(vec![percent]) } else { percent });
            }
        }
        if self.json && text.starts_with(['[', '{']) {
            if self.shift > 0 {
                return Err(text!("单位为万元的列不能填 JSON；请改用元", "a column in 万元 takes no JSON: use yuan"));
            }
            return node::parse(text.as_bytes());
        }
        match (&self.leaf, &self.item) {
            (leaf, Some(item)) if leaf.is_none() || text.contains(SEVERAL) => {
                let values = text.split(SEVERAL).map(str::trim).filter(|value| !value.is_empty());
                values.map(|value| single(item, value, self.shift)).collect::<Result<_, _>>().map(Node::List)
            }
            (Some(leaf), _) => single(leaf, text, self.shift),
            (None, _) => Err(Text::fixed(
                "该列为整体，请填写 JSON，或改用分列的表头",
                "this column holds a whole: write JSON, or give its parts columns of their own",
            )),
        }
    }
}

/// What sets several values in one cell apart.
const SEVERAL: [char; 4] = ['、', '；', ';', '|'];

/// A single value.
fn single<'r>(leaf: &'r Leaf, text: &'r str, shift: usize) -> Result<Node<'r>, Text> {
    Ok(match leaf {
        Leaf::Text => Node::Text(text.into()),
        Leaf::Number => Node::Text(number(text, shift)),
        Leaf::Day => Node::Text(day(text)),
        Leaf::Integer => text.parse().map_or_else(|_| Node::Text(text.into()), Node::Integer),
        Leaf::Flag => match text {
            "是" => Node::Bool(true),
            "否" => Node::Bool(false),
            _ if text.eq_ignore_ascii_case("true") => Node::Bool(true),
            _ if text.eq_ignore_ascii_case("false") => Node::Bool(false),
            _ => {
                let text = shortened(text);
                return Err(text!("应为 是 或 否，实为“{text}”", "must be true or false, not “{text}”"));
            }
        },
        Leaf::Choice(codes) => {
            let code = codes.iter().find(|(code, word)| code == text || *word == text);
            Node::Text(code.map_or(text, |(code, _)| code).into())
        }
    })
}

/// A number without the commas of its thousands, its point moved to the right.
fn number(text: &str, shift: usize) -> Cow<'_, str> {
    let plain = without_commas(text);
    if shift == 0 {
        return plain;
    }
    // Anything but a number stays as it is: the shape refuses it by name.
    if decimal(&plain).is_none() {
        return plain;
    }
    let (sign, digits) = plain.strip_prefix('-').map_or(("", &*plain), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let moved: String = fraction.chars().chain("0".repeat(shift).chars()).take(shift).collect();
    let rest = fraction.get(shift..).unwrap_or_default();
    let whole = format!("{whole}{moved}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}").into()
}

/// `1,234,567.89` without its commas, if they set off groups of three.
fn without_commas(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b',') {
        return text.into();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3) && !fraction.contains(',');
    if grouped { text.replace(',', "").into() } else { text.into() }
}

/// A day as `YYYY-MM-DD` out of the ways in which tables write one: 2024/2/9, 2024-2-9, 2024.2.9, 2024年2月9日.
fn day(text: &str) -> Cow<'_, str> {
    if text.len() == 10 && text.as_bytes().get(4) == Some(&b'-') {
        return text.into();
    }
    let bare = text.strip_suffix('日').unwrap_or(text);
    let mut parts = bare.split(['/', '-', '.', '年', '月']);
    let parts = (parts.next(), parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(day), None) = parts else { return text.into() };
    let digits =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return text.into();
    }
    format!("{year}-{month:0>2}-{day:0>2}").into()
}

/// What a line of JSON asks. The field `line_id` is taken out of the request.
fn line<'r>(row: &Row<'r>) -> Option<Asked<'r>> {
    let text = row.cell(0);
    if text.is_empty() {
        return None;
    }
    let mut node = match node::parse(text.as_bytes()) {
        Ok(node) => node,
        Err(detail) => {
            let problem = Problem::at("", ErrorCode::MalformedRequest, detail);
            return Some(Asked { line_id: None, request: Err(problem) });
        }
    };
    let mut line_id = None;
    if let Node::Object(fields) = &mut node
        && let Some(position) = fields.iter().position(|(name, _)| name == "line_id")
    {
        line_id = match fields.remove(position).1 {
            Node::Null => None,
            Node::Text(name) => Some(LineId::Text(name)),
            Node::Integer(number) => Some(LineId::Integer(number)),
            other => {
                let kind = other.kind();
                let (zh, en) = (&kind.zh, &kind.en);
                let detail = text!("应为字符串或整数，实为 {zh}", "must be a string or an integer, not {en}");
                let problem = Problem::at("/line_id", ErrorCode::MalformedRequest, detail);
                return Some(Asked { line_id: None, request: Err(problem) });
            }
        };
    }
    Some(Asked { line_id, request: Ok(node) })
}
