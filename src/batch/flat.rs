//! From an answer to the cells of a row, as it is written: a serializer that walks the columns beside the fields. What an
//! answer leaves out leaves its cells empty; lists of no fixed length become one cell of JSON.

use std::fmt::{self, Display};

use serde::ser::{Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};

use super::cells::CellSink;
use super::header::Plan;
use super::heads::{self, Unit};
use super::model::{self, Shape};
use crate::api::json::MEMBERS;
use crate::api::lang::Lang;
use crate::api::topic::Topic;

/// How many numbered groups a list of an answer gets: as many as the table has for the list of that name in the request,
/// which it answers item by item. Others have a number of their own; then what goes beyond it stands as JSON in one more
/// column.
fn groups_of(list: &str, table: &InTable<'_>) -> (usize, bool) {
    match list {
        "obligations" => (4, true),
        // The scenarios of a projection follow that of the request itself.
        "comparison" | "scenarios" => (1 + table.groups("scenarios"), true),
        other => (table.groups(other), false),
    }
}

/// What the columns of the answers take from those of the requests; lines of JSON have none.
struct InTable<'p> {
    plan: Option<&'p Plan>,
}

impl InTable<'_> {
    fn groups(&self, list: &str) -> usize {
        self.plan.map_or(0, |plan| plan.groups(list))
    }

    /// Whether an answer may have the field: nothing is split that lies nowhere.
    fn may_answer(&self, field: &str) -> bool {
        field != "split" || self.plan.is_none_or(|plan| plan.may_name("location"))
    }
}

/// Where a part of an answer goes.
#[derive(Clone, Debug)]
enum Out {
    /// One cell.
    Cell,
    /// One cell of JSON.
    Json,
    /// One cell with the values set apart by `、`.
    Joined,
    /// The cells of the fields, in the order in which an answer writes them.
    Object(Vec<Column>),
    /// The cells of so many items; with `rest` one more cell for those beyond.
    Groups { item: Box<Out>, count: usize, rest: bool },
}

/// Where a field of an answer goes.
#[derive(Clone, Debug)]
struct Column {
    field: String,
    out: Out,
    /// How many cells, counted once and not for each row.
    width: usize,
}

impl Column {
    fn of(field: &str, out: Out) -> Column {
        Column { field: field.to_owned(), width: out.width(), out }
    }
}

impl Out {
    fn width(&self) -> usize {
        match self {
            Out::Cell | Out::Json | Out::Joined => 1,
            Out::Object(fields) => fields.iter().map(|column| column.width).sum(),
            Out::Groups { item, count, rest } => item.width() * count + usize::from(*rest),
        }
    }
}

/// The columns of a topic's answers.
#[derive(Clone, Debug)]
pub struct Flat {
    root: Out,
    heads: Vec<[String; 2]>,
}

/// The first word of every head of an answer in Chinese, so that none is taken for one of a request.
const RESULT: &str = "结果";

impl Flat {
    /// The columns for the answers to a table with these heads, or to lines of JSON.
    pub fn of(topic: Topic, plan: Option<&Plan>) -> Flat {
        let shape = model::of_answer(topic);
        let table = InTable { plan };
        let mut heads = Vec::new();
        let fields = shape.fields.iter().filter(|(name, _)| name != "trace");
        let fields = fields
            .map(|(name, field)| {
                let start = match name.as_str() {
                    "result" => [RESULT.to_owned(), name.clone()],
                    _ => [format!("{RESULT}·{}", words("", name, Unit::None)), name.clone()],
                };
                Column::of(name, out(name, field, start, &table, &mut heads))
            })
            .collect();
        Flat { root: Out::Object(fields), heads }
    }

    /// The heads in a language.
    pub fn heads(&self, lang: Lang) -> impl Iterator<Item = &str> {
        self.heads.iter().map(move |[zh, en]| match lang {
            Lang::Zh => zh.as_str(),
            Lang::En => en.as_str(),
        })
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.heads.len()
    }

    /// Takes the fields of an answer; `end` fills the cells that are left.
    pub fn row<'s, S: CellSink>(&'s self, sink: &'s mut S) -> Fields<'s, S> {
        Fields { fields: self.root.fields(), at: 0, sink }
    }
}

impl Out {
    fn fields(&self) -> &[Column] {
        match self {
            Out::Object(fields) => fields,
            _ => &[],
        }
    }
}

/// The Chinese words of a field, with the unit of a single value.
fn words(parent: &str, name: &str, fallback: Unit) -> String {
    let Some(head) = heads::of_result(parent, name) else { return name.to_owned() };
    match head.unit.sign().or(fallback.sign()) {
        Some(sign) => format!("{}（{sign}）", head.zh),
        None => head.zh.to_owned(),
    }
}

fn out(name: &str, shape: &Shape, head: [String; 2], table: &InTable<'_>, heads: &mut Vec<[String; 2]>) -> Out {
    if let Some(item) = &shape.item {
        let (count, rest) = groups_of(name, table);
        if shape.is_plain_list() || count == 0 || item.fields.is_empty() {
            heads.push(head);
            return if shape.is_plain_list() { Out::Joined } else { Out::Json };
        }
        let [zh, en] = &head;
        let mut inner = Out::Cell;
        for number in 1..=count {
            inner = object(name, item, [format!("{zh}{number}"), format!("{en}.{number}")], table, heads);
        }
        if rest {
            heads.push([format!("{zh}·其余"), format!("{en}.more")]);
        }
        return Out::Groups { item: Box::new(inner), count, rest };
    }
    if shape.fields.is_empty() {
        heads.push(head);
        return Out::Cell;
    }
    object(name, shape, head, table, heads)
}

fn object(name: &str, shape: &Shape, [zh, en]: [String; 2], table: &InTable<'_>, heads: &mut Vec<[String; 2]>) -> Out {
    let fields = shape.fields.iter().filter(|(field, _)| is_shown(name, field) && table.may_answer(field));
    let fields = fields.map(|(field, inner)| {
        let is_single = inner.fields.is_empty() && inner.item.is_none();
        let word = match heads::of_result(name, field) {
            Some(head) if !is_single => head.zh.to_owned(),
            _ => words(name, field, Unit::None),
        };
        Column::of(field, out(field, inner, [format!("{zh}·{word}"), format!("{en}.{field}")], table, heads))
    });
    Out::Object(fields.collect())
}

/// Of a citation only its words; nothing that is the same in every answer.
fn is_shown(parent: &str, field: &str) -> bool {
    match parent {
        "law" => field == "label",
        "result" => field != "columns",
        _ => true,
    }
}

/// Why an answer could not be written: only a type that nobody shows can cause it.
#[derive(Debug)]
pub struct NotFlat(String);

impl Display for NotFlat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFlat {}

impl serde::ser::Error for NotFlat {
    fn custom<T: Display>(message: T) -> Self {
        NotFlat(message.to_string())
    }
}

fn pad<S: CellSink>(sink: &mut S, count: usize) {
    for _ in 0..count {
        sink.empty();
    }
}

/// Writes a value into the cells of its place.
struct Place<'s, S> {
    out: &'s Out,
    sink: &'s mut S,
}

fn write<S: CellSink, T: Serialize + ?Sized>(out: &Out, sink: &mut S, value: &T) -> Result<(), NotFlat> {
    match out {
        Out::Json => {
            sink.json(value);
            Ok(())
        }
        _ => value.serialize(Place { out, sink }),
    }
}

/// The fields of an object on their way into their cells.
pub struct Fields<'s, S> {
    fields: &'s [Column],
    at: usize,
    sink: &'s mut S,
}

impl<'s, S: CellSink> Fields<'s, S> {
    /// The column of a field, after those before it were left empty; `None` where it has none.
    fn column_of(&mut self, name: &str) -> Option<&'s Out> {
        let left = self.fields.get(self.at..)?;
        // Answers write their fields in the order of the columns.
        let skipped = left.iter().position(|column| column.field == name)?;
        for column in left.iter().take(skipped) {
            pad(self.sink, column.width);
        }
        self.at += skipped + 1;
        left.get(skipped).map(|column| &column.out)
    }
}

impl<S: CellSink> SerializeStruct for Fields<'_, S> {
    type Ok = ();
    type Error = NotFlat;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotFlat> {
        if name == MEMBERS {
            return Err(serde::ser::Error::custom("members that were written before"));
        }
        // A field that has no column is passed over.
        match self.column_of(name) {
            Some(out) => write(out, self.sink, value),
            None => Ok(()),
        }
    }

    fn end(self) -> Result<(), NotFlat> {
        for column in self.fields.iter().skip(self.at) {
            pad(self.sink, column.width);
        }
        Ok(())
    }
}

/// The items of a list on their way into their cells.
enum Items<'s, S> {
    Joined { text: String, sink: &'s mut S },
    Groups { item: &'s Out, left: usize, rest: Option<Vec<Vec<u8>>>, sink: &'s mut S },
    Nowhere { sink: &'s mut S },
}

impl<S: CellSink> SerializeSeq for Items<'_, S> {
    type Ok = ();
    type Error = NotFlat;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotFlat> {
        match self {
            Items::Joined { text, .. } => {
                let value = serde_json::to_value(value).unwrap_or_default();
                if !text.is_empty() {
                    text.push('、');
                }
                text.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            Items::Groups { item, left, sink, .. } if *left > 0 => {
                *left -= 1;
                write(item, *sink, value)?;
            }
            Items::Groups { rest: Some(rest), .. } => rest.push(serde_json::to_vec(value).unwrap_or_default()),
            Items::Groups { .. } => return Err(NotFlat("more items than groups".to_owned())),
            Items::Nowhere { .. } => {}
        }
        Ok(())
    }

    fn end(self) -> Result<(), NotFlat> {
        match self {
            Items::Joined { text, sink } => sink.text(&text),
            Items::Groups { item, left, rest, sink } => {
                pad(sink, item.width() * left);
                match rest {
                    Some(rest) if rest.is_empty() => sink.empty(),
                    Some(rest) => sink.text(&format!("[{}]", String::from_utf8_lossy(&rest.join(&b',')))),
                    None => {}
                }
            }
            Items::Nowhere { sink } => sink.empty(),
        }
        Ok(())
    }
}

/// What neither an answer nor a key ever is.
macro_rules! never {
    ($($name:ident($($kind:ty),*) -> $ok:ident),* $(,)?) => {
        $(#[allow(clippy::disallowed_types, reason = "serde asks for floats; nothing here is one")]
        fn $name(self, $(_: $kind),*) -> Result<Self::$ok, Self::Error> {
            Err(serde::ser::Error::custom(stringify!($name)))
        })*
    };
}

/// Whole numbers.
macro_rules! figures {
    ($($name:ident: $kind:ty),* $(,)?) => {
        $(fn $name(self, value: $kind) -> Result<(), NotFlat> {
            self.sink.figure(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl<'s, S: CellSink> Serializer for Place<'s, S> {
    type Ok = ();
    type Error = NotFlat;
    type SerializeSeq = Items<'s, S>;
    type SerializeTuple = Impossible<(), NotFlat>;
    type SerializeTupleStruct = Impossible<(), NotFlat>;
    type SerializeTupleVariant = Impossible<(), NotFlat>;
    type SerializeMap = Impossible<(), NotFlat>;
    type SerializeStruct = Fields<'s, S>;
    type SerializeStructVariant = Impossible<(), NotFlat>;

    figures!(
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
    );
    never!(
        serialize_f32(f32) -> Ok,
        serialize_f64(f64) -> Ok,
        serialize_unit_struct(&'static str) -> Ok,
        serialize_tuple(usize) -> SerializeTuple,
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant,
        serialize_map(Option<usize>) -> SerializeMap,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant,
    );

    fn serialize_bool(self, value: bool) -> Result<(), NotFlat> {
        self.sink.text(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), NotFlat> {
        self.sink.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), NotFlat> {
        self.sink.text(text);
        Ok(())
    }

    /// Bytes are digits: see [`crate::api::show::Figure`].
    fn serialize_bytes(self, digits: &[u8]) -> Result<(), NotFlat> {
        self.sink.figure(digits);
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), NotFlat> {
        self.sink.display(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NotFlat> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotFlat> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotFlat> {
        pad(self.sink, self.out.width());
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), NotFlat> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NotFlat> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotFlat> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'s, S>, NotFlat> {
        let sink = self.sink;
        Ok(match self.out {
            Out::Joined => Items::Joined { text: String::new(), sink },
            Out::Groups { item, count, rest } => Items::Groups { item, left: *count, rest: rest.then(Vec::new), sink },
            _ => Items::Nowhere { sink },
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'s, S>, NotFlat> {
        Ok(Fields { fields: self.out.fields(), at: 0, sink: self.sink })
    }
}
