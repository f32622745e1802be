//! Shapes that several topics share.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::ser::Serializer;
use utoipa::openapi::{OneOfBuilder, RefOr, Schema};

use crate::api::declare::{answer_shape, choice, flag, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, Named, Words, nullable, reference};
use crate::api::shape::{Decode, Faults};
use crate::api::show::{Audience, Show};
use crate::domain::catalogue::{LevyMethod, LevyObject, Rate, RateCondition};
use crate::domain::due_date::HolidayShift;
use crate::domain::error::At;
use crate::domain::place::{AreaKind, Place};
use crate::domain::quantity::{Celsius, Number, Percent, Years};
use crate::domain::start_price::Right;
use crate::domain::transfer_income::{RateBasis, Reduction, TransferMode};

choice!(Place { "land" => Place::Land, "sea" => Place::Sea });
choice!(AreaKind { "land" => AreaKind::Land, "local_sea" => AreaKind::LocalSea, "other_sea" => AreaKind::OtherSea });
choice!(Right { "exploration" => Right::Exploration, "mining" => Right::Mining });
choice!(TransferMode { "competitive" => TransferMode::Competitive, "agreement" => TransferMode::Agreement });
choice!(RateBasis { "at_transfer" => RateBasis::AtTransfer, "at_sale" => RateBasis::AtSale });
choice!(LevyMethod { "rate" => LevyMethod::Rate, "amount" => LevyMethod::Amount });
choice!(LevyObject {
    "raw_ore" => LevyObject::RawOre,
    "concentrate" => LevyObject::Concentrate,
    "not_stated" => LevyObject::NotStated,
});
flag!(HolidayShift { true => HolidayShift::On, false => HolidayShift::Off });

request_shape! {
    /// 减免（第二十条），须有批准文号 · A reduction (art. 20), with its approval.
    Reduction<'n> as "Reduction" {
        /// 减免比例（%），大于 0 且不大于 100 · Percent, above 0 and at most 100.
        percent: Number = "50";
        /// 批准文号 · Number of the approval.
        approval: &'n str = "财综批〔2024〕1号";
    }
}

/// First and last day, both included.
struct Span {
    from: NaiveDate,
    to: NaiveDate,
}

request_shape! {
    /// 起止日期，均含 · First and last day, both included.
    Span as "Period" {
        /// 首日 · First day.
        from: NaiveDate = "2020-01-01";
        /// 末日 · Last day.
        to: NaiveDate = "2020-12-31";
    }
}

impl<'n> Decode<'n> for (NaiveDate, NaiveDate) {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        Span::decode(node, at, faults).map(|Span { from, to }| (from, to))
    }
}

impl Described for (NaiveDate, NaiveDate) {
    fn schema(words: Words) -> RefOr<Schema> {
        Span::schema(words)
    }

    fn named(named: &mut Named) {
        Span::named(named);
    }
}

/// Whether an object names a field (`null` counts as left out): how alternatives without a tag are told apart.
pub fn names(node: &Node<'_>, field: &str) -> bool {
    match node {
        Node::Object(fields) => fields.iter().any(|(name, value)| name == field && *value != Node::Null),
        _ => false,
    }
}

/// One of several shapes.
pub fn one_of(shapes: Vec<RefOr<Schema>>, words: Words) -> RefOr<Schema> {
    shapes
        .into_iter()
        .fold(OneOfBuilder::new(), OneOfBuilder::item)
        .description(words.description)
        .examples(words.example)
        .into()
}

/// An optional value that an answer shows as `null` instead of leaving the field out.
#[derive(Debug)]
pub struct OrNull<'a, T>(pub &'a Option<T>);

impl<T: Show> Show for OrNull<'_, T> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show(audience, serializer)
    }
}

impl<T: Described> Described for OrNull<'_, T> {
    fn schema(words: Words) -> RefOr<Schema> {
        nullable(T::schema(words))
    }

    fn named(named: &mut Named) {
        T::named(named);
    }
}

/// A list, or nothing when it is empty.
pub fn unless_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

answer_shape! {
    /// 一个费率及其适用条件 · A rate and when it counts.
    Rate as "Rate" {
        /// 费率（%）· Percent of the revenue.
        percent: Percent = "2.3";
        /// 适用条件：第 1 行按陆域或海域，第 7 行按温度 · Land or sea (row 1), or temperature (row 7).
        condition: Option<ConditionOf> = {"place": "land"}, from |rate| ConditionOf::new(rate.condition);
    }
}

/// What a rate depends on, when it does.
#[derive(Clone, Copy, Debug)]
pub struct ConditionOf {
    place: Option<Place>,
    temperature_c: Option<Temperatures>,
}

/// A range of temperatures.
#[derive(Clone, Copy, Debug)]
pub struct Temperatures {
    ge: Option<Celsius>,
    lt: Option<Celsius>,
}

impl ConditionOf {
    fn new(condition: RateCondition) -> Option<ConditionOf> {
        match condition {
            RateCondition::Always => None,
            RateCondition::Place(place) => Some(ConditionOf { place: Some(place), temperature_c: None }),
            RateCondition::Temperature { at_least, below } => {
                Some(ConditionOf { place: None, temperature_c: Some(Temperatures { ge: at_least, lt: below }) })
            }
        }
    }
}

answer_shape! {
    /// 费率的适用条件 · When a rate counts.
    ConditionOf as "RateCondition" {
        /// 陆域或海域 · Land or sea.
        place: Option<Place> = "land";
        /// 温度范围（℃）· Range of temperatures in degrees Celsius.
        temperature_c: Option<Temperatures> = {"ge": "60", "lt": "90"};
    }
}

answer_shape! {
    /// 温度范围（℃）· Range of temperatures in degrees Celsius.
    Temperatures as "TemperatureRange" {
        /// 下限，含 · Lower end, included.
        ge: Option<Celsius> = "60";
        /// 上限，不含 · Upper end, excluded.
        lt: Option<Celsius> = "90";
    }
}

/// A reference to a schema by name, for alternatives.
pub fn named_reference(name: &str) -> RefOr<Schema> {
    reference(name, Words::default())
}

impl<'n> Decode<'n> for Years {
    /// A decimal string like every number, or a JSON integer like every count of years.
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Integer(years) => Some(Years(Number::Exactly(Decimal::from(*years)))),
            _ => Number::decode(node, at, faults).map(Years),
        }
    }
}

impl Described for Years {
    fn schema(words: Words) -> RefOr<Schema> {
        one_of(vec![Number::schema(Words::default()), i64::schema(Words::default())], words)
    }
}
