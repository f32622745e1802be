//! The body of a request as a tree that keeps what the faults need: the order of the fields, repeated names, and whether
//! a number is an integer.
//!
//! Text is borrowed from the body wherever it holds no escape. `serde_json` reads the syntax and limits the depth to 128.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::error::Text;
use crate::text;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'b> {
    /// `null`, which counts as left out.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; one that `i64` does not hold stands at the nearer end, where every rule refuses it.
    Integer(i64),
    /// Any other number; no field takes one.
    OtherNumber,
    /// A string.
    Text(Cow<'b, str>),
    /// A list.
    List(Vec<Node<'b>>),
    /// An object: names and values in the order of the document, repeated names included.
    Object(Vec<(Cow<'b, str>, Node<'b>)>),
}

/// Reads a body, or says where its syntax is broken.
pub fn parse(body: &[u8]) -> Result<Node<'_>, Text> {
    let body = std::str::from_utf8(body).map_err(|error| {
        let offset = error.valid_up_to();
        text!(
            "请求体不是 UTF-8 编码（第 {offset} 字节起）；请以 UTF-8 发送 JSON",
            "the body is not UTF-8 (from byte {offset} on): send JSON in UTF-8"
        )
    })?;
    serde_json::from_str(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // The crate has no kinds for its limits of depth and of numbers; the words are pinned by tests.
        let said = error.to_string();
        if said.starts_with("number out of range") {
            text!(
                "第 {line} 行第 {column} 列的数字过大；请把数写成字符串",
                "the number at line {line}, column {column} is too large: write numbers as strings"
            )
        } else if said.starts_with("recursion limit exceeded") {
            text!(
                "JSON 嵌套超过 128 层（第 {line} 行第 {column} 列）；请减少嵌套",
                "the JSON is nested deeper than 128 levels (line {line}, column {column}): nest less"
            )
        } else if error.is_eof() {
            text!(
                "JSON 在第 {line} 行第 {column} 列处意外结束；请发送完整的 JSON 对象",
                "the JSON ends too early (line {line}, column {column}): send a complete JSON object"
            )
        } else {
            text!(
                "JSON 语法错误（第 {line} 行第 {column} 列）；请发送一个 JSON 对象",
                "the JSON syntax is broken (line {line}, column {column}): send one JSON object"
            )
        }
    })
}

impl Node<'_> {
    /// Where a JSON Pointer stands in the document, as a key to sort by: the positions along the way. What is missing
    /// stands where its parent ends.
    pub fn position(&self, pointer: &str) -> Vec<usize> {
        let mut position = Vec::new();
        let mut node = Some(self);
        for part in pointer.split('/').skip(1) {
            let index = match node {
                Some(Node::Object(fields)) => {
                    let name = part.replace("~1", "/").replace("~0", "~");
                    fields.iter().position(|(key, _)| *key == name)
                }
                Some(Node::List(items)) => part.parse().ok().filter(|index| *index < items.len()),
                _ => None,
            };
            position.push(index.unwrap_or(usize::MAX));
            node = match (node, index) {
                (Some(Node::Object(fields)), Some(index)) => fields.get(index).map(|(_, value)| value),
                (Some(Node::List(items)), Some(index)) => items.get(index),
                _ => None,
            };
        }
        position
    }

    /// The value as JSON without spaces, fields in their order. A number that is no integer, which no field takes, is `null`.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&Written(self)).unwrap_or_default()
    }

    /// What the value is, in words.
    pub fn kind(&self) -> Text {
        match self {
            Node::Null => Text::fixed("null", "null"),
            Node::Bool(_) => Text::fixed("布尔值", "a boolean"),
            Node::Integer(_) | Node::OtherNumber => Text::fixed("JSON 数字", "a JSON number"),
            Node::Text(_) => Text::fixed("字符串", "a string"),
            Node::List(_) => Text::fixed("数组", "a list"),
            Node::Object(_) => Text::fixed("对象", "an object"),
        }
    }
}

struct Written<'a>(&'a Node<'a>);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Null | Node::OtherNumber => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Integer(value) => serializer.serialize_i64(*value),
            Node::Text(text) => serializer.serialize_str(text),
            Node::List(items) => serializer.collect_seq(items.iter().map(Written)),
            Node::Object(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, Written(value)))),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// A field name, borrowed where it can be.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(NodeVisitor)? {
            Node::Text(name) => Ok(Name(name)),
            _ => Err(D::Error::custom("a field name is a string")),
        }
    }
}

/// Most objects of a request have no more fields, so that their list grows once.
const USUAL_FIELDS: usize = 6;

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Node::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    #[expect(
        clippy::disallowed_types,
        reason = "serde_json hands every other number over as f64; its value is not used"
    )]
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::with_capacity(USUAL_FIELDS);
        while let Some(Name(name)) = fields.next_key()? {
            object.push((name, fields.next_value()?));
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_sorts_where_its_parent_ends() {
        let tree = parse(br#"{"b": [{"x": 1, "y": 2}, 3], "a": null}"#).ok();
        let position = |pointer: &str| tree.as_ref().map(|tree| tree.position(pointer));
        let mut pointers = vec!["/missing", "/a", "/b/0/missing", "/b/0/y", "/b/1", "/b", "/b/0/x", ""];
        pointers.sort_by_key(|pointer| position(pointer));
        assert_eq!(pointers, ["", "/b", "/b/0/x", "/b/0/y", "/b/0/missing", "/b/1", "/a", "/missing"]);
    }

    #[test]
    fn numbers_are_integers_of_64_bits_or_not() {
        let numbers = parse(b"[2024, 2024.5, -3, 9999999999999999999, -99999999999999999999999, 1e3]");
        let kinds = vec![
            Node::Integer(2024),
            Node::OtherNumber,
            Node::Integer(-3),
            Node::Integer(i64::MAX),
            Node::OtherNumber,
            Node::OtherNumber,
        ];
        assert_eq!(numbers, Ok(Node::List(kinds)));
    }

    #[test]
    fn a_number_beyond_all_is_no_broken_syntax() {
        for number in ["1e400", "-1e400", "1e999999999999"] {
            let said = parse(format!("[{number}]").as_bytes()).err().map(|text| text.en);
            assert!(said.is_some_and(|text| text.contains("too large")), "{number}");
        }
    }

    #[test]
    fn the_depth_is_limited_and_said() {
        let deep = "[".repeat(10_000);
        let said = parse(deep.as_bytes()).err().map(|text| text.en);
        assert!(said.is_some_and(|text| text.contains("deeper than 128")));
    }
}
