//! Faults of a request: what is wrong, where, by which article, and what the caller can do about it.

use std::borrow::Cow;

use super::explain::TracedRule;
use super::law::Law;

/// A text in both languages of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// Two fixed texts.
    pub const fn fixed(zh: &'static str, en: &'static str) -> Text {
        Text { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }
}

/// The beginning of a text of the request, as a message repeats it: at most 60 characters.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// A [`Text`] from two format strings over the same names: `text!("应为 {x}", "should be {x}")`.
#[macro_export]
macro_rules! text {
    ($zh:literal, $en:literal $(, $($arg:tt)*)?) => {
        $crate::domain::error::Text {
            zh: ::std::borrow::Cow::Owned(format!($zh $(, $($arg)*)?)),
            en: ::std::borrow::Cow::Owned(format!($en $(, $($arg)*)?)),
        }
    };
}

/// The kinds of fault that a calculation reports. The HTTP status of each stands in one table, in `api/error.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A value is out of range, contradicts another one, or is too precise.
    InvalidField,
    /// No version of the data covers the date.
    RateNotInForce,
    /// Place, temperature, day of sale or a scheme's class is needed and missing.
    ConditionMissing,
    /// The mineral is levied by the other method.
    LevyMethodMismatch,
    /// No mineral has that name.
    MineralNotFound,
    /// The name stands for minerals with different rates.
    MineralAmbiguous,
    /// A value that the rule needs is neither in the data nor in the request.
    ParameterUnknown,
    /// The product is not the levy object and no coefficient converts it.
    ConversionCoefficientMissing,
    /// The first payment is outside its bounds.
    FirstPaymentRatioOutOfRange,
    /// The instalments run for fewer years than the minimum.
    InstalmentTermTooShort,
    /// An instalment falls after the end of the licence.
    InstalmentAfterLicence,
    /// The price is below the starting price.
    BelowStartingPrice,
    /// The price is below the reserve price.
    BelowReservePrice,
    /// No row of the decision table covers the facts.
    NoRuleApplies,
    /// Two rows of the decision table claim the facts.
    RulesConflict,
    /// The law has a rule here that the service does not compute.
    NotModelled,
}

impl Code {
    /// All of them.
    pub const ALL: [Code; 16] = [
        Code::InvalidField,
        Code::RateNotInForce,
        Code::ConditionMissing,
        Code::LevyMethodMismatch,
        Code::MineralNotFound,
        Code::MineralAmbiguous,
        Code::ParameterUnknown,
        Code::ConversionCoefficientMissing,
        Code::FirstPaymentRatioOutOfRange,
        Code::InstalmentTermTooShort,
        Code::InstalmentAfterLicence,
        Code::BelowStartingPrice,
        Code::BelowReservePrice,
        Code::NoRuleApplies,
        Code::RulesConflict,
        Code::NotModelled,
    ];

    /// The stable code of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::InvalidField => "invalid_field",
            Code::RateNotInForce => "rate_not_in_force",
            Code::ConditionMissing => "condition_missing",
            Code::LevyMethodMismatch => "levy_method_mismatch",
            Code::MineralNotFound => "mineral_not_found",
            Code::MineralAmbiguous => "mineral_ambiguous",
            Code::ParameterUnknown => "parameter_unknown",
            Code::ConversionCoefficientMissing => "conversion_coefficient_missing",
            Code::FirstPaymentRatioOutOfRange => "first_payment_ratio_out_of_range",
            Code::InstalmentTermTooShort => "instalment_term_too_short",
            Code::InstalmentAfterLicence => "instalment_after_licence",
            Code::BelowStartingPrice => "below_starting_price",
            Code::BelowReservePrice => "below_reserve_price",
            Code::NoRuleApplies => "no_rule_applies",
            Code::RulesConflict => "rules_conflict",
            Code::NotModelled => "not_modelled",
        }
    }
}

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<'b> {
    /// Its kind.
    pub code: Code,
    /// JSON Pointer of the field that has to change.
    pub pointer: String,
    /// What is wrong and what to do.
    pub detail: Text,
    /// The article that asks for it, where there is one.
    pub law: Option<Law<'b>>,
    /// For a mineral that was not understood: the name as given.
    pub unknown_name: Option<String>,
    /// For a name that stands for several minerals: their codes.
    pub candidates: Vec<String>,
    /// For a decision that found no rule, or several: every rule with what it asks for.
    pub trace: Vec<TracedRule>,
}

impl<'b> Fault<'b> {
    /// A fault of which nothing more is known than what, where and by which article.
    pub fn new(code: Code, at: At<'_>, detail: Text, law: Option<Law<'b>>) -> Fault<'b> {
        let pointer = at.pointer();
        Fault { code, pointer, detail, law, unknown_name: None, candidates: Vec::new(), trace: Vec::new() }
    }
}

/// Where in the request a value stands: a chain on the stack that becomes a JSON Pointer only when a fault is reported.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    name: &'a str,
    index: usize,
}

impl<'a> At<'a> {
    /// The whole request.
    pub const ROOT: At<'static> = At { parent: None, name: "", index: 0 };

    /// A field of this object.
    pub const fn field(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), name, index: 0 }
    }

    /// An element of this list, counted from zero.
    pub fn item(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), name: "", index }
    }

    /// The JSON Pointer: `/lines/0/revenue`; the whole request is the empty string.
    pub fn pointer(&self) -> String {
        let Some(parent) = self.parent else { return String::new() };
        let mut pointer = parent.pointer();
        pointer.push('/');
        if self.name.is_empty() {
            pointer.push_str(&self.index.to_string());
        } else {
            pointer.push_str(&self.name.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }
}
