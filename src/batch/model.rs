//! What a topic looks like as a table: the places of its request and of its answer, read from the schemas that also make
//! the OpenAPI document. Nothing of it is written a second time.

use serde_json::Value as Json;
use utoipa::openapi::{RefOr, Schema};

use crate::api::lang::Lang;
use crate::api::schema::{DECIMAL_PATTERN, MONEY_PATTERN, Named};
use crate::api::sheet::code_in_chinese;
use crate::api::topic::Topic;

/// How a single cell of a request is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A text as it stands: names, numbers, all that the shape itself checks.
    Text,
    /// A decimal.
    Number,
    /// A day.
    Day,
    /// A whole number.
    Integer,
    /// Yes or no.
    Flag,
    /// One of several codes, each with its Chinese word.
    Choice(Vec<(String, &'static str)>),
}

/// What may stand at a place: a single value, an object, a list, or several of these.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// A single value.
    pub leaf: Option<Leaf>,
    /// The fields of an object, of all its alternatives together.
    pub fields: Vec<(String, Shape)>,
    /// The items of a list.
    pub item: Option<Box<Shape>>,
    /// What its schema says for people.
    pub about: Box<About>,
}

/// What a schema says of a place for those who fill or read it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Meaning in both languages, set apart by a middle dot.
    description: String,
    /// A value.
    pub example: Json,
    /// Whether it has to be there, wherever what holds it is.
    pub is_required: bool,
    /// The list of names that the data have for it: `MineralName`, `DivisionName` and their kin.
    pub names: Option<String>,
    /// Whether it is an amount in yuan that an answer shows.
    pub is_money: bool,
    /// Whether it is a number.
    pub is_number: bool,
    /// Whether it is one of several codes.
    pub is_choice: bool,
}

impl About {
    /// Its meaning in a language.
    pub fn description(&self, lang: Lang) -> &str {
        let (zh, en) = self.description.split_once('·').unwrap_or((&self.description, &self.description));
        match lang {
            Lang::Zh => zh.trim(),
            Lang::En => en.trim(),
        }
    }

    /// A single value as a cell would have it; empty where the example is a whole.
    pub fn example_text(&self) -> String {
        match &self.example {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("、"),
            _ => String::new(),
        }
    }
}

impl Shape {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Shape> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, shape)| shape)
    }

    /// Whether it is a list of single values.
    pub fn is_plain_list(&self) -> bool {
        self.item.as_ref().is_some_and(|item| item.fields.is_empty() && item.item.is_none())
    }
}

/// The shape of a topic's request.
pub fn of_request(topic: Topic) -> Shape {
    Schemas::of(topic).request
}

/// The shape of what a topic's envelope holds between its name and its steps.
pub fn of_answer(topic: Topic) -> Shape {
    Schemas::of(topic).answer
}

/// The shape of a body, by its schema.
pub fn of_body(body: impl FnOnce(&mut Named) -> RefOr<Schema>) -> Shape {
    let mut named = Named::default();
    let schema = serde_json::to_value(body(&mut named)).unwrap_or_default();
    let known = named.into_list().into_iter();
    let known = known.map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
    Reader { known }.shape("", &schema)
}

struct Schemas {
    request: Shape,
    answer: Shape,
}

impl Schemas {
    fn of(topic: Topic) -> Schemas {
        let mut named = Named::default();
        let (request, answer) = topic.schemas(&mut named);
        let json = |schema| serde_json::to_value(schema).unwrap_or_default();
        let known: Vec<(String, Json)> =
            named.into_list().into_iter().map(|(name, schema)| (name, json(schema))).collect();
        let reader = Reader { known };
        let fields =
            answer.into_iter().map(|field| (field.name.to_owned(), reader.shape(field.name, &json(field.schema))));
        Schemas {
            request: reader.shape("", &json(request)),
            answer: Shape { fields: fields.collect(), ..Shape::default() },
        }
    }
}

struct Reader {
    known: Vec<(String, Json)>,
}

impl Reader {
    fn shape(&self, name: &str, schema: &Json) -> Shape {
        let mut shape = Shape::default();
        self.read(name, schema, &mut shape);
        shape
    }

    /// Adds what a schema says to a shape, so that alternatives come together.
    fn read(&self, name: &str, schema: &Json, into: &mut Shape) {
        about(schema, &mut into.about);
        if let Some(referred) = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.rsplit('/').next()) {
            match self.known.iter().find(|(known, _)| known == referred) {
                Some((_, behind)) => self.read(name, behind, into),
                // The lists of codes that come from the data: names of minerals and divisions.
                None => self.leaf(Leaf::Text, into),
            }
            into.about.names.get_or_insert_with(|| referred.to_owned());
        }
        let alternatives =
            || ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
        for one in alternatives() {
            self.read(name, one, into);
        }
        let required = schema.get("required").and_then(Json::as_array);
        for (field, schema) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            match into.fields.iter_mut().find(|(known, _)| known == field) {
                Some((_, shape)) => self.read(field, schema, shape),
                None => into.fields.push((field.clone(), self.shape(field, schema))),
            }
            if let Some((_, shape)) = into.fields.iter_mut().find(|(known, _)| known == field) {
                shape.about.is_required = required.is_some_and(|list| list.iter().any(|name| name == field));
            }
        }
        if alternatives().filter(|one| one.get("type") != Some(&"null".into())).count() > 1 {
            // What one alternative needs another one may not take.
            into.fields.iter_mut().for_each(|(_, shape)| shape.about.is_required = false);
        }
        if let Some(items) = schema.get("items") {
            into.item.get_or_insert_default();
            if let Some(item) = &mut into.item {
                self.read(name, items, item);
            }
        }
        let kinds = schema.get("type");
        let is = |wanted: &str| match kinds {
            Some(Json::String(kind)) => kind == wanted,
            Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
            _ => false,
        };
        if is("string") {
            self.leaf(text_leaf(name, schema), into);
        } else if is("integer") {
            self.leaf(Leaf::Integer, into);
        } else if is("boolean") {
            self.leaf(Leaf::Flag, into);
        }
    }

    fn leaf(&self, leaf: Leaf, into: &mut Shape) {
        // A decimal or an integer is a decimal.
        into.leaf.get_or_insert(leaf);
    }
}

/// Adds what a schema says for people; what was said before, nearer to the place, counts.
fn about(schema: &Json, about: &mut About) {
    if about.description.is_empty() {
        about.description = schema.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
    }
    if about.example.is_null() {
        let example = schema.get("examples").and_then(Json::as_array).and_then(|examples| examples.first());
        about.example = example.cloned().unwrap_or_default();
    }
    let pattern = schema.get("pattern").and_then(Json::as_str);
    about.is_money |= pattern == Some(MONEY_PATTERN);
    about.is_number |= pattern == Some(DECIMAL_PATTERN) || schema.get("type") == Some(&"integer".into());
    about.is_choice |= schema.get("enum").is_some();
}

fn text_leaf(name: &str, schema: &Json) -> Leaf {
    if let Some(codes) = schema.get("enum").and_then(Json::as_array) {
        let codes = codes.iter().filter_map(Json::as_str);
        return Leaf::Choice(
            codes.map(|code| (code.to_owned(), code_in_chinese(name, code).unwrap_or_default())).collect(),
        );
    }
    if schema.get("format").and_then(Json::as_str) == Some("date") {
        return Leaf::Day;
    }
    match schema.get("pattern").and_then(Json::as_str) {
        Some(pattern) if pattern == DECIMAL_PATTERN || pattern == MONEY_PATTERN => Leaf::Number,
        _ => Leaf::Text,
    }
}
