//! The content of a record as a tree that any store can keep: no serialization format is known here. A record is declared
//! once, with [`record!`]; its fields, and how they are kept and restored, cannot differ (kept for as long as arts 33–36 ask).

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::dates;
use crate::domain::money::Yuan;

/// A value as it is kept. Money, decimals and days are texts; a field without a value is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Values in order.
    List(Vec<Content>),
    /// Fields, sorted by name.
    Object(BTreeMap<Cow<'static, str>, Content>),
}

/// What was kept is not what this type keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content of the record is damaged")]
pub struct Damaged;

/// What can be kept. `restore(keep(value)) == value`.
pub trait Kept: Sized {
    /// The value as it is kept.
    fn keep(&self) -> Content;

    /// The value that was kept so.
    fn restore(content: &Content) -> Result<Self, Damaged>;
}

/// A field of a record: a value, or one that may be left out. A list cannot leave an element out.
pub trait Field: Sized {
    /// The value as a field; `None` leaves the field out.
    fn keep_field(&self) -> Option<Content>;

    /// The value of a field that may have been left out.
    fn restore_field(content: Option<&Content>) -> Result<Self, Damaged>;
}

impl<T: Kept> Field for T {
    fn keep_field(&self) -> Option<Content> {
        Some(self.keep())
    }

    fn restore_field(content: Option<&Content>) -> Result<T, Damaged> {
        content.ok_or(Damaged).and_then(T::restore)
    }
}

impl Content {
    /// The text.
    pub fn text(&self) -> Result<&str, Damaged> {
        match self {
            Content::Text(text) => Ok(text),
            _ => Err(Damaged),
        }
    }

    /// The fields.
    pub fn object(&self) -> Result<&BTreeMap<Cow<'static, str>, Content>, Damaged> {
        match self {
            Content::Object(fields) => Ok(fields),
            _ => Err(Damaged),
        }
    }
}

impl Kept for String {
    fn keep(&self) -> Content {
        Content::Text(self.clone())
    }

    fn restore(content: &Content) -> Result<String, Damaged> {
        content.text().map(str::to_owned)
    }
}

impl Kept for i64 {
    fn keep(&self) -> Content {
        Content::Whole(*self)
    }

    fn restore(content: &Content) -> Result<i64, Damaged> {
        match content {
            Content::Whole(number) => Ok(*number),
            _ => Err(Damaged),
        }
    }
}

/// Whole numbers that fit into `i64`.
macro_rules! kept_as_whole {
    ($($kind:ty),*) => {
        $(impl Kept for $kind {
            fn keep(&self) -> Content {
                // Numbers of entries and days stay far below 2^63.
                Content::Whole(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn restore(content: &Content) -> Result<$kind, Damaged> {
                i64::restore(content).and_then(|number| <$kind>::try_from(number).map_err(|_| Damaged))
            }
        })*
    };
}

kept_as_whole!(u64, u32, i32);

/// Values that are kept as they are displayed, and read back by a function.
macro_rules! kept_as_text {
    ($($kind:ty: $read:expr;)*) => {
        $(impl $crate::domain::books::content::Kept for $kind {
            fn keep(&self) -> $crate::domain::books::content::Content {
                $crate::domain::books::content::Content::Text(self.to_string())
            }

            fn restore(
                content: &$crate::domain::books::content::Content,
            ) -> Result<$kind, $crate::domain::books::content::Damaged> {
                let text = content.text()?;
                let read: Option<$kind> = ($read)(text);
                // One value has one text.
                read.filter(|value| value.to_string() == text).ok_or($crate::domain::books::content::Damaged)
            }
        })*
    };
}

kept_as_text! {
    Yuan: |text: &str| Yuan::from_decimal(Decimal::from_str_exact(text).ok()?).ok();
    Decimal: |text: &str| Decimal::from_str_exact(text).ok();
    NaiveDate: dates::day;
}

impl<T: Kept> Kept for Vec<T> {
    fn keep(&self) -> Content {
        Content::List(self.iter().map(Kept::keep).collect())
    }

    fn restore(content: &Content) -> Result<Vec<T>, Damaged> {
        match content {
            Content::List(items) => items.iter().map(T::restore).collect(),
            _ => Err(Damaged),
        }
    }
}

impl<T: Kept> Field for Option<T> {
    fn keep_field(&self) -> Option<Content> {
        self.as_ref().map(Kept::keep)
    }

    fn restore_field(content: Option<&Content>) -> Result<Option<T>, Damaged> {
        content.map(T::restore).transpose()
    }
}

/// Declares a record with public fields that can be kept.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $crate::domain::books::content::Kept for $name {
            fn keep(&self) -> $crate::domain::books::content::Content {
                let fields = [$(
                    (stringify!($field), $crate::domain::books::content::Field::keep_field(&self.$field)),
                )*];
                let kept = fields.into_iter().filter_map(|(name, value)| Some((std::borrow::Cow::Borrowed(name), value?)));
                $crate::domain::books::content::Content::Object(kept.collect())
            }

            fn restore(
                content: &$crate::domain::books::content::Content,
            ) -> Result<$name, $crate::domain::books::content::Damaged> {
                let fields = content.object()?;
                if fields.keys().any(|name| ![$(stringify!($field)),*].contains(&name.as_ref())) {
                    return Err($crate::domain::books::content::Damaged);
                }
                Ok($name {
                    $($field: $crate::domain::books::content::Field::restore_field(fields.get(stringify!($field)))?,)*
                })
            }
        }
    };
}

/// Declares the codes by which the values of an enum are kept and shown.
macro_rules! kept_codes {
    ($kind:ident { $($variant:ident => $code:literal),* $(,)? }) => {
        impl $kind {
            /// All of them.
            pub const ALL: &'static [$kind] = &[$($kind::$variant),*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $($kind::$variant => $code,)*
                }
            }
        }

        kept_by_code!($kind { $($kind::$variant => $code),* });
    };
}

/// Declares how the values of an enum of another module are kept.
macro_rules! kept_by_code {
    ($kind:ty { $($variant:path => $code:literal),* $(,)? }) => {
        impl $crate::domain::books::content::Kept for $kind {
            fn keep(&self) -> $crate::domain::books::content::Content {
                let code = match self {
                    $($variant => $code,)*
                };
                $crate::domain::books::content::Content::Text(code.to_owned())
            }

            fn restore(
                content: &$crate::domain::books::content::Content,
            ) -> Result<$kind, $crate::domain::books::content::Damaged> {
                match content.text()? {
                    $($code => Ok($variant),)*
                    _ => Err($crate::domain::books::content::Damaged),
                }
            }
        }
    };
}
