//! How answers become JSON: in the order in which their fields are declared, without an intermediate tree.
//!
//! The domain has no serialization; each of its outcomes is shown by a declaration ([`answer_shape!`]) that also
//! describes it for the OpenAPI document.

use std::borrow::Cow;
use std::fmt::Display;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::json::MEMBERS;
use super::kept;
use super::lang::Lang;
use crate::domain::dates::day_before;
use crate::domain::digits::{Digits, Iso, Plain};
use crate::domain::error::Text;
use crate::domain::exact::Exact;
use crate::domain::explain::{Answer, Group, Input, Step, Value, Warning};
use crate::domain::law::{InChinese, InEnglish, Law};
use crate::domain::mineral::MineralId;
use crate::domain::money::Yuan;
use crate::domain::projection::PresentValue;
use crate::domain::quantity::{Celsius, Coefficient, Percent, Quantity, StandardWanPerKm2, UnitPrice};
use crate::domain::rate_book::{RateBook, Version};

/// For whom an answer is written: in which language, and with whose citations.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The language.
    pub lang: Lang,
    /// The instruments behind the citations.
    pub book: &'a RateBook,
}

/// What can stand in an answer.
pub trait Show {
    /// Writes the value.
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether the field is left out of the answer.
    fn is_left_out(&self) -> bool {
        false
    }
}

/// A value on its way into an answer.
#[derive(Debug)]
pub struct Shown<'a, T: ?Sized>(pub &'a T, pub Audience<'a>);

impl<T: Show + ?Sized> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show(self.1, serializer)
    }
}

/// Writes a field of an object unless it is left out.
#[inline]
pub fn field<M: SerializeStruct, T: Show + ?Sized>(
    object: &mut M,
    name: &'static str,
    value: &T,
    audience: Audience<'_>,
) -> Result<(), M::Error> {
    if value.is_left_out() { Ok(()) } else { object.serialize_field(name, &Shown(value, audience)) }
}

impl<T: Show> Show for Option<T> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.show(audience, serializer),
            None => serializer.serialize_none(),
        }
    }

    fn is_left_out(&self) -> bool {
        self.as_ref().is_none_or(Show::is_left_out)
    }
}

impl<T: Show> Show for [T] {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            list.serialize_element(&Shown(item, audience))?;
        }
        list.end()
    }
}

impl<T: Show> Show for Vec<T> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().show(audience, serializer)
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).show(audience, serializer)
    }

    fn is_left_out(&self) -> bool {
        (**self).is_left_out()
    }
}

impl Show for str {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Show for Text {
    /// In the language that was asked for.
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(audience.lang.pick(self))
    }
}

impl Show for String {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Show for bool {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

impl Show for i64 {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

impl Show for u32 {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(*self)
    }
}

impl Show for MineralId {
    /// Its code.
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(audience.book.minerals.code(*self))
    }
}

/// The digits of a number, an amount or a day. Those serializers of ours that are not for reading by people, in serde's words,
/// take them as bytes: nothing in them has to be escaped or checked, and a table knows a figure by it. To any other they are
/// a text.
pub struct Figure(pub Digits);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.0.as_str())
        } else {
            serializer.serialize_bytes(self.0.as_bytes())
        }
    }
}

/// Writes digits; what has more than fit into them writes itself.
fn figure<S: Serializer>(digits: Option<Digits>, value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    match digits {
        Some(digits) => Figure(digits).serialize(serializer),
        None => serializer.collect_str(value),
    }
}

/// A text of the program itself, such as the name of a rule or a formula: nothing in it has to be escaped, so it goes to a
/// serializer as the name of a choice does.
struct Fixed(&'static str);

impl Serialize for Fixed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Fixed", 0, self.0)
    }
}

/// The same where the text may have been put together.
struct MostlyFixed<'a>(&'a Cow<'static, str>);

impl Serialize for MostlyFixed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cow::Borrowed(text) => Fixed(text).serialize(serializer),
            Cow::Owned(text) => serializer.serialize_str(text),
        }
    }
}

impl Show for Yuan {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        figure(Some(self.digits()), self, serializer)
    }
}

impl Show for Exact {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        figure(self.digits(), self, serializer)
    }
}

impl Show for PresentValue {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Show for NaiveDate {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        figure(Iso(*self).digits(), self, serializer)
    }
}

/// Numbers with a unit: the number as a string.
macro_rules! shown_by_value {
    ($($kind:ty),*) => {
        $(impl Show for $kind {
            fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
                self.value().show(audience, serializer)
            }
        })*
    };
}

shown_by_value!(Celsius, Percent, Quantity, Coefficient, UnitPrice, StandardWanPerKm2);

impl Show for Decimal {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        figure(Plain(*self).digits(), self, serializer)
    }
}

/// The words of a citation: `财综〔2023〕10号 第三十三条`.
#[derive(Debug)]
pub struct Label<'a>(pub &'a Law<'a>, pub Audience<'a>);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Label(law, Audience { lang, book }) = self;
        let instrument = book.instruments.get(law.instrument);
        let citation = instrument.map(|it| match lang {
            Lang::Zh => it.citation.as_str(),
            Lang::En => it.citation_en.as_str(),
        });
        f.write_str(citation.unwrap_or(law.instrument))?;
        match (lang, law.article.as_ref()) {
            (_, "") => Ok(()),
            (Lang::Zh, article) => write!(f, " {}", InChinese(article)),
            (Lang::En, article) => write!(f, " {}", InEnglish(article)),
        }
    }
}

impl Show for Law<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Law", 3)?;
        object.serialize_field("instrument", self.instrument)?;
        object.serialize_field("article", &self.article)?;
        object.serialize_field("label", &AsText(Label(self, audience)))?;
        object.end()
    }
}

/// Anything that displays itself, as a string.
#[derive(Debug)]
pub struct AsText<T>(pub T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Show for Value {
    /// A list becomes a list of strings, everything else one string.
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::List(values) => values.show(audience, serializer),
            single => InputValue(single).serialize(serializer),
        }
    }
}

/// A value as one string, a list too: so an input has it.
struct InputValue<'a>(&'a Value);

impl Serialize for InputValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Name(name) => Fixed(name).serialize(serializer),
            value => figure(value.digits(), value, serializer),
        }
    }
}

/// The inputs of a step: name to string.
struct Inputs<'a>(&'a [Input]);

impl Serialize for Inputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for input in self.0 {
            map.serialize_entry(&MostlyFixed(&input.name), &InputValue(&input.value))?;
        }
        map.end()
    }
}

/// The steps of an answer, each with the group that it belongs to.
#[derive(Debug)]
pub struct Steps<'a, 'b, T>(pub &'a Answer<'b, T>);

impl<T> Show for Steps<'_, '_, T> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.steps.len()))?;
        for step in self.0.grouped_steps() {
            list.serialize_element(&Shown(&step, audience))?;
        }
        list.end()
    }
}

impl Show for (&Step<'_>, Option<&Group>) {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let (step, group) = self;
        let is_ours = !serializer.is_human_readable();
        let mut object = serializer.serialize_struct("Step", 9)?;
        if let Some(group) = group {
            object.serialize_field("scenario", &group.scenario)?;
            if let Some(year) = group.year {
                object.serialize_field("year", &year)?;
            }
        }
        if is_ours {
            kept::head(step, audience, |head| object.serialize_field(MEMBERS, head))?;
        } else {
            Head(step, audience).write(&mut object)?;
        }
        if let Cow::Owned(formula) = &step.formula {
            object.serialize_field("formula", formula)?;
        }
        object.serialize_field("inputs", &Inputs(&step.inputs))?;
        object.serialize_field("result", &Shown(&step.result, audience))?;
        if let Some(rounding) = step.rounding {
            object.serialize_field("rounding", &Fixed(rounding))?;
        }
        if let Some(version) = step.version {
            object.serialize_field("rate_version", &version.id)?;
        }
        object.end()
    }
}

/// What a step begins with, as an object of its own: rule, article, and the formula unless it was made for this step.
#[derive(Debug)]
pub(super) struct Head<'a, 'b>(pub &'a Step<'b>, pub Audience<'a>);

impl Head<'_, '_> {
    fn write<M: SerializeStruct>(&self, object: &mut M) -> Result<(), M::Error> {
        let Head(step, audience) = self;
        object.serialize_field("rule", &Fixed(step.rule))?;
        object.serialize_field("law", &Shown(&step.law, *audience))?;
        match step.formula {
            Cow::Borrowed(formula) => object.serialize_field("formula", &Fixed(formula)),
            Cow::Owned(_) => Ok(()),
        }
    }
}

impl Serialize for Head<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Step", 3)?;
        self.write(&mut object)?;
        object.end()
    }
}

/// The versions behind an answer, each without its values.
#[derive(Debug)]
pub struct Versions<'a>(pub &'a [&'a Version]);

impl Show for Versions<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let is_ours = !serializer.is_human_readable();
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for version in self.0 {
            if is_ours {
                kept::version(version, audience, |version| list.serialize_element(version))?;
            } else {
                list.serialize_element(&Shown(*version, audience))?;
            }
        }
        list.end()
    }
}

impl Show for Warning<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Warning", 3)?;
        object.serialize_field("code", &Fixed(self.code.as_str()))?;
        object.serialize_field("message", audience.lang.pick(&self.message))?;
        if let Some(law) = &self.law {
            object.serialize_field("law", &Shown(law, audience))?;
        }
        object.end()
    }
}

impl Show for Version {
    /// As an answer names a data file: without its values.
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("RateVersion", 6)?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("instrument", &self.instrument)?;
        field(&mut object, "effective_from", &self.effective_from, audience)?;
        field(&mut object, "effective_to", &last_day(self), audience)?;
        object.serialize_field("provenance", self.provenance.code())?;
        object.serialize_field("sha256", &self.sha256)?;
        object.end()
    }
}

/// The last day on which a version is in force, where there is one.
pub fn last_day(version: &Version) -> Option<NaiveDate> {
    version.effective_until.and_then(day_before)
}
