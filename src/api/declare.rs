//! One declaration for each shape: what is read or shown and what the OpenAPI document says about it cannot differ.

/// Declares how an object of a request is read into a type of the domain whose fields have the same names.
///
/// ```text
/// request_shape! {
///     /// What the object is.
///     late_fee::Payment as "LateFeePayment" {
///         /// What the field is, with its unit and article.
///         date: NaiveDate = "2024-03-01";
///         /// `left_out` gives the value of a field that may be missing; an `Option` needs none.
///         amount: Number = "1.00", left_out Number::Exactly(Decimal::ZERO);
///         /// `as` gives the name in JSON where the domain has another.
///         enforcement as "enforce": Enforcement = true;
///         /// `like` gives the type that describes the field, where that is not its own.
///         mineral: &'n str, like MineralName = "gold";
///     }
/// }
/// ```
macro_rules! request_shape {
    (
        $(#[doc = $doc:literal])*
        $kind:ty as $schema_name:literal {
            $( $(#[doc = $field_doc:literal])* $field:ident $(as $json:literal)?: $field_kind:ty $(, like $like:ty)?
               = $example:tt $(, left_out $default:expr)?; )*
        }
    ) => {
        #[allow(clippy::extra_unused_lifetimes, reason = "some shapes borrow from the body, some do not")]
        impl<'n> $crate::api::shape::Decode<'n> for $kind {
            fn decode(
                node: &'n $crate::api::node::Node<'n>,
                at: $crate::domain::error::At<'_>,
                faults: &mut $crate::api::shape::Faults,
            ) -> Option<Self> {
                use $crate::api::shape::Slot;
                $( let mut $field: Slot<$field_kind> = Slot::Unseen; )*
                for (name, value) in $crate::api::shape::fields(node, at, faults)? {
                    match name.as_ref() {
                        $( $crate::api::declare::json_name!($field $($json)?) => {
                            $field.fill($crate::api::declare::json_name!($field $($json)?), value, at, faults);
                        } )*
                        other => {
                            faults.unknown(at, other, &[$($crate::api::declare::json_name!($field $($json)?)),*]);
                        }
                    }
                }
                $( let $field = {
                    let left_out = $crate::api::declare::left_out!($field_kind $(, $default)?);
                    $field.end($crate::api::declare::json_name!($field $($json)?), left_out, at, faults)
                }; )*
                Some(Self { $($field: $field?),* })
            }
        }

        #[allow(clippy::extra_unused_lifetimes, reason = "some shapes borrow from the body, some do not")]
        impl<'n> $crate::api::declare::RequestFields for $kind {
            fn fields() -> Vec<$crate::api::schema::Field> {
                use $crate::api::schema::{Described, Field, Words, joined};
                vec![$({
                    let words = Words {
                        description: joined(&[$($field_doc),*]),
                        example: Some(serde_json::json!($example)),
                    };
                    Field {
                        name: $crate::api::declare::json_name!($field $($json)?),
                        schema: <$crate::api::declare::like!($field_kind $(, $like)?) as Described>::schema(words.clone()),
                        required: $crate::api::declare::is_required!($field_kind $(, $default)?),
                        words,
                    }
                }),*]
            }
        }

        #[allow(clippy::extra_unused_lifetimes, reason = "some shapes borrow from the body, some do not")]
        impl<'n> $crate::api::schema::Described for $kind {
            fn schema(words: $crate::api::schema::Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::api::schema::reference($schema_name, words)
            }

            fn named(named: &mut $crate::api::schema::Named) {
                use $crate::api::declare::{RequestFields, request_object};
                named.add(
                    $schema_name,
                    || request_object($crate::api::schema::joined(&[$($doc),*]), <Self as RequestFields>::fields()),
                    |named| {
                        $( <$crate::api::declare::like!($field_kind $(, $like)?) as $crate::api::schema::Described>::named(named); )*
                        let _ = named;
                    },
                );
            }
        }
    };
}

/// What stands for a field that was left out: the value declared, or what its type says.
macro_rules! left_out {
    ($kind:ty) => {
        <$kind as $crate::api::shape::Decode<'n>>::left_out()
    };
    ($kind:ty, $default:expr) => {
        Some($default)
    };
}

/// The type that describes a field: its own, or the one declared.
macro_rules! like {
    ($kind:ty) => {
        $kind
    };
    ($kind:ty, $like:ty) => {
        $like
    };
}

/// The name of a field in JSON: its own, or the one declared.
macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:literal) => {
        $json
    };
}

/// Whether a field has to be there.
macro_rules! is_required {
    ($kind:ty) => {
        !<$kind as $crate::api::schema::Described>::OPTIONAL
    };
    ($kind:ty, $default:expr) => {
        false
    };
}

/// Declares the codes of a choice, each with the value of the domain that it stands for.
macro_rules! choice {
    ($kind:ty { $($code:literal => $value:path),* $(,)? }) => {
        impl<'n> $crate::api::shape::Decode<'n> for $kind {
            fn decode(
                node: &'n $crate::api::node::Node<'n>,
                at: $crate::domain::error::At<'_>,
                faults: &mut $crate::api::shape::Faults,
            ) -> Option<Self> {
                match $crate::api::shape::code(node, at, faults, &[$($code),*])? {
                    $( $code => Some($value), )*
                    _ => None,
                }
            }
        }

        impl $crate::api::show::Show for $kind {
            fn show<S: serde::ser::Serializer>(
                &self,
                _: $crate::api::show::Audience<'_>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(match self {
                    $( $value => $code, )*
                })
            }
        }

        impl $crate::api::schema::Described for $kind {
            fn schema(words: $crate::api::schema::Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::api::schema::one_of_codes(words, &[$($code),*])
            }
        }
    };
}

/// Declares a boolean of a request that the domain has as two named values; left out it is `false`, unless `left_out`
/// says otherwise.
macro_rules! flag {
    ($kind:ty { true => $yes:path, false => $no:path }) => {
        $crate::api::declare::flag!($kind { true => $yes, false => $no }, left_out $no);
    };
    ($kind:ty { true => $yes:path, false => $no:path }, left_out $default:path) => {
        impl<'n> $crate::api::shape::Decode<'n> for $kind {
            fn decode(
                node: &'n $crate::api::node::Node<'n>,
                at: $crate::domain::error::At<'_>,
                faults: &mut $crate::api::shape::Faults,
            ) -> Option<Self> {
                bool::decode(node, at, faults).map(|yes| if yes { $yes } else { $no })
            }

            fn left_out() -> Option<Self> {
                Some($default)
            }
        }

        impl $crate::api::schema::Described for $kind {
            const OPTIONAL: bool = true;

            fn schema(words: $crate::api::schema::Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                <bool as $crate::api::schema::Described>::schema(words)
            }
        }
    };
}

/// Declares how an object of an answer is shown: its fields in order, each by its own name or by what `from` takes.
///
/// ```text
/// answer_shape! {
///     /// What the object is.
///     reserves::Outcome as "UnpaidReservesResult" {
///         /// What the field is.
///         retained: Exact = "20";
///         /// A field that the domain names otherwise.
///         unit: String = "t", from |outcome| outcome.unit_of_all;
///     }
/// }
/// ```
macro_rules! answer_shape {
    (
        $(#[doc = $doc:literal])*
        $kind:ty as $schema_name:literal {
            $( $(#[doc = $field_doc:literal])* $field:ident: $field_kind:ty = $example:tt
               $(, from |$this:ident| $get:expr)?; )*
        }
    ) => {
        #[allow(clippy::extra_unused_lifetimes, reason = "some answers borrow from the data, some do not")]
        impl<'a> $crate::api::show::Show for $kind {
            fn show<S: serde::ser::Serializer>(
                &self,
                audience: $crate::api::show::Audience<'_>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let mut object = serializer.serialize_struct($schema_name, [$(stringify!($field)),*].len())?;
                $( $crate::api::show::field(
                    &mut object,
                    stringify!($field),
                    $crate::api::declare::taken!(self, $field $(, $this, $get)?),
                    audience,
                )?; )*
                object.end()
            }
        }

        #[allow(clippy::extra_unused_lifetimes, reason = "some answers borrow from the data, some do not")]
        impl<'a> $crate::api::schema::Described for $kind {
            fn schema(words: $crate::api::schema::Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::api::schema::reference($schema_name, words)
            }

            fn named(named: &mut $crate::api::schema::Named) {
                use $crate::api::schema::{Described, Field, Words, joined, object};
                let fields = || vec![$({
                    let words = Words {
                        description: joined(&[$($field_doc),*]),
                        example: Some(serde_json::json!($example)),
                    };
                    Field {
                        name: stringify!($field),
                        schema: <$field_kind as Described>::schema(words.clone()),
                        required: !<$field_kind as Described>::OPTIONAL,
                        words,
                    }
                }),*];
                named.add($schema_name, || object(joined(&[$($doc),*]), fields(), false), |named| {
                    $( <$field_kind as Described>::named(named); )*
                    let _ = named;
                });
            }
        }
    };
}

/// The value behind a field of an answer.
macro_rules! taken {
    ($self:ident, $field:ident) => {
        &$self.$field
    };
    ($self:ident, $field:ident, $this:ident, $get:expr) => {
        &{
            let $this = $self;
            $get
        }
    };
}

pub(crate) use {answer_shape, choice, flag, is_required, json_name, left_out, like, request_shape, taken};

use utoipa::openapi::{RefOr, Schema};

use super::schema::{Field, nullable, object};

/// The fields of an object of a request, or the parameters of a query.
pub trait RequestFields {
    /// All of them in the order of their declaration.
    fn fields() -> Vec<Field>;
}

/// The schema of an object of a request: `null` counts as left out, so whatever may be left out may be `null`.
pub fn request_object(description: Option<String>, fields: Vec<Field>) -> RefOr<Schema> {
    let fields = fields
        .into_iter()
        .map(|field| if field.required { field } else { Field { schema: nullable(field.schema), ..field } })
        .collect();
    object(description, fields, true)
}
