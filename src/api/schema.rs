//! What the OpenAPI document says about a type, next to what is read ([`super::shape`]) and shown ([`super::show`]).

use std::marker::PhantomData;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat};

use super::node::Node;
use super::shape::Inner;
use crate::domain::error::Text;
use crate::domain::exact::Exact;
use crate::domain::money::Yuan;
use crate::domain::projection::PresentValue;
use crate::domain::quantity::{Celsius, Coefficient, Number, Percent, Quantity, StandardWanPerKm2, UnitPrice};

/// The grammar of decimals in requests.
pub const DECIMAL_PATTERN: &str = r"^-?(0|[1-9]\d*)(\.\d+)?$";
/// The grammar of money in answers.
pub const MONEY_PATTERN: &str = r"^-?(0|[1-9]\d*)\.\d{2}$";
/// The grammar of days.
const DAY_PATTERN: &str = r"^\d{4}-\d{2}-\d{2}$";

/// What is read and shown as a whole number has 64 bits.
const INT64: SchemaFormat = SchemaFormat::KnownFormat(KnownFormat::Int64);

/// What the document says about one field beyond its type.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Meaning, unit, article.
    pub description: Option<String>,
    /// A value.
    pub example: Option<Value>,
}

/// The named schemas of the document.
#[derive(Default)]
pub struct Named(Vec<(String, RefOr<Schema>)>);

impl Named {
    /// Adds a schema under its name, once; `inner` adds those it refers to.
    pub fn add(&mut self, name: &str, schema: impl FnOnce() -> RefOr<Schema>, inner: impl FnOnce(&mut Named)) {
        if !self.0.iter().any(|(known, _)| known == name) {
            self.0.push((name.to_owned(), schema()));
            inner(self);
        }
    }

    /// All of them.
    pub fn into_list(self) -> Vec<(String, RefOr<Schema>)> {
        self.0
    }
}

/// A type that the document can describe.
pub trait Described {
    /// Whether a field of this type may be left out.
    const OPTIONAL: bool = false;

    /// The schema of a field of this type.
    fn schema(words: Words) -> RefOr<Schema>;

    /// Adds the named schemas that [`Described::schema`] refers to.
    fn named(_named: &mut Named) {}
}

/// One field of an object, or one parameter of a query.
#[derive(Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its schema.
    pub schema: RefOr<Schema>,
    /// Whether it has to be there.
    pub required: bool,
    /// Its words.
    pub words: Words,
}

impl Field {
    /// A field that has to be there, with no words of its own.
    pub fn required(name: &'static str, schema: RefOr<Schema>) -> Field {
        Field { name, schema, required: true, words: Words::default() }
    }
}

/// The lines of a doc comment as one text.
pub fn joined(lines: &[&str]) -> Option<String> {
    let lines: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    Some(lines.join("\n").trim().to_owned()).filter(|text| !text.is_empty())
}

/// The schema of an object. A request refuses fields that it does not know; an answer may get more of them.
pub fn object(description: Option<String>, fields: Vec<Field>, closed: bool) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(description);
    for field in fields {
        object = object.property(field.name, field.schema);
        if field.required {
            object = object.required(field.name);
        }
    }
    if closed {
        object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    }
    object.into()
}

/// A reference to a named schema.
pub fn reference(name: &str, words: Words) -> RefOr<Schema> {
    let mut reference = Ref::from_schema_name(name);
    reference.description = words.description.unwrap_or_default();
    RefOr::Ref(reference)
}

/// A string with a grammar.
pub fn string(words: Words, pattern: Option<&str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(pattern)
        .description(words.description)
        .examples(words.example)
        .into()
}

/// One of several codes.
pub fn one_of_codes(words: Words, codes: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes.iter().copied()))
        .description(words.description)
        .examples(words.example)
        .into()
}

/// The same, or `null`.
pub fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let or_null = |kind: SchemaType| match kind {
        SchemaType::Type(kind) => SchemaType::Array(vec![kind, Type::Null]),
        other => other,
    };
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = or_null(object.schema_type);
            if let Some(codes) = &mut object.enum_values {
                codes.push(Value::Null);
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = or_null(array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items.push(ObjectBuilder::new().schema_type(Type::Null).into());
            RefOr::T(Schema::OneOf(one_of))
        }
        RefOr::Ref(mut reference) => {
            let description = std::mem::take(&mut reference.description);
            OneOfBuilder::new()
                .item(RefOr::<Schema>::Ref(reference))
                .item(ObjectBuilder::new().schema_type(Type::Null))
                .description(Some(description).filter(|text| !text.is_empty()))
                .into()
        }
        other => other,
    }
}

/// Puts the words of a field on a schema that has none of its own.
fn list_of(items: RefOr<Schema>, words: Words) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).description(words.description).examples(words.example).into()
}

impl<T: Described> Described for Option<T> {
    const OPTIONAL: bool = true;

    fn schema(words: Words) -> RefOr<Schema> {
        T::schema(words)
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

impl<T: Described> Described for Vec<T> {
    fn schema(words: Words) -> RefOr<Schema> {
        list_of(T::schema(Words::default()), words)
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

impl<T: Described> Described for [T] {
    fn schema(words: Words) -> RefOr<Schema> {
        Vec::<T>::schema(words)
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

impl<T: Described + ?Sized> Described for &T {
    const OPTIONAL: bool = T::OPTIONAL;

    fn schema(words: Words) -> RefOr<Schema> {
        T::schema(words)
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

macro_rules! described {
    ($($kind:ty),* => |$words:ident| $schema:expr) => {
        $(impl Described for $kind {
            fn schema($words: Words) -> RefOr<Schema> {
                $schema
            }
        })*
    };
}

described!(str, String, Text => |words| string(words, None));
described!(bool => |words| {
    ObjectBuilder::new().schema_type(Type::Boolean).description(words.description).examples(words.example).into()
});
described!(i64 => |words| {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(INT64))
        .description(words.description)
        .examples(words.example)
        .into()
});
described!(u32 => |words| whole_number(words, 0, Some(u32::MAX)));
described!(Number, Decimal, Exact, PresentValue, Percent, Quantity, Coefficient, UnitPrice, StandardWanPerKm2, Celsius => |words| {
    string(words, Some(DECIMAL_PATTERN))
});
described!(Yuan => |words| string(words, Some(MONEY_PATTERN)));
described!(NaiveDate => |words| {
    let mut schema = string(words, Some(DAY_PATTERN));
    if let RefOr::T(Schema::Object(day)) = &mut schema {
        day.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date));
    }
    schema
});

described!(Node<'_> => |words| {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(words.description).examples(words.example).into()
});

described!(Inner<'_> => |words| {
    ObjectBuilder::new().schema_type(Type::Object).description(words.description).examples(words.example).into()
});

/// A type that stands for the name of a list of codes in the document; the list itself comes from the data.
macro_rules! listed {
    ($(#[doc = $doc:literal])* $kind:ident as $name:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $kind;

        impl Described for $kind {
            fn schema(words: Words) -> RefOr<Schema> {
                reference($name, words)
            }
        }
    };
}

listed! {
    /// The stable codes of minerals.
    MineralCode as "MineralCode"
}
listed! {
    /// A code or any registered name of a mineral.
    MineralName as "MineralName"
}
listed! {
    /// The codes of the divisions at hand.
    DivisionCode as "DivisionCode"
}
listed! {
    /// A code or the Chinese name of a division.
    DivisionName as "DivisionName"
}
listed! {
    /// The codes of the classes of provincial schemes.
    SplitClassCode as "SplitClassCode"
}
listed! {
    /// A code or the Chinese name of a kind of deemed sale.
    DeemedSaleName as "DeemedSaleName"
}

/// A list whose length has bounds.
#[derive(Debug)]
pub struct ListOf<T, const LEAST: usize, const MOST: usize>(PhantomData<T>);

impl<T: Described, const LEAST: usize, const MOST: usize> Described for ListOf<T, LEAST, MOST> {
    fn schema(words: Words) -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema(Words::default()))
            .min_items(Some(LEAST).filter(|least| *least > 0))
            .max_items(Some(MOST))
            .description(words.description)
            .examples(words.example)
            .into()
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

/// A list of strings, for the parts of the document that are written by hand.
pub fn strings(words: Words) -> RefOr<Schema> {
    list_of(string(Words::default(), None), words)
}

/// The description of a doc comment and nothing more.
pub fn words(description: &str) -> Words {
    Words { description: Some(description.to_owned()), example: None }
}

/// A description with an example.
pub fn example(description: &str, example: impl Into<Value>) -> Words {
    Words { description: Some(description.to_owned()), example: Some(example.into()) }
}

/// A whole number between bounds.
pub fn whole_number(words: Words, least: u32, most: Option<u32>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
        .maximum(most)
        // Without an end of its own it still is no number of any length.
        .format(most.is_none().then_some(INT64))
        .description(words.description)
        .examples(words.example)
        .into()
}

/// An object whose values are strings under names of their own.
pub fn string_map(words: Words) -> RefOr<Schema> {
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::RefOr(string(Words::default(), None))))
        .description(words.description)
        .examples(words.example)
        .into()
}
