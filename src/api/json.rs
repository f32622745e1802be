//! Answers as JSON: the bytes that `serde_json` would write, compact, in half the time.
//!
//! Most of an answer are texts in which nothing has to be escaped. They are looked through in blocks, as processors like it,
//! instead of byte by byte, and copied as a whole.

use std::fmt::{self, Display, Write as _};

use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

/// Adds a value to a text. Writing into memory fails only if a type refuses to be written, and none of ours does.
pub fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    write_with::<false>(out, value);
}

/// Adds a value inside a quoted cell of a table: its own quotes are doubled.
pub fn write_quoted(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    write_with::<true>(out, value);
}

fn write_with<const DOUBLED: bool>(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    if let Err(error) = value.serialize(Json::<DOUBLED>::to(out)) {
        tracing::error!(%error, "an answer could not be written");
    }
}

/// How a quotation mark is written.
const fn quote(doubled: bool) -> &'static [u8] {
    if doubled { b"\"\"" } else { b"\"" }
}

/// A value on its way into a text, its quotation marks doubled or not.
struct Json<'o, const DOUBLED: bool> {
    out: &'o mut Vec<u8>,
}

impl<'o, const DOUBLED: bool> Json<'o, DOUBLED> {
    fn to(out: &'o mut Vec<u8>) -> Self {
        Json { out }
    }
}

/// Why a value has no JSON: only a type that nobody shows can cause it.
#[derive(Debug)]
struct NoJson(String);

impl Display for NoJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoJson {}

impl serde::ser::Error for NoJson {
    fn custom<T: Display>(message: T) -> Self {
        NoJson(message.to_string())
    }
}

/// The name of a field that has none: its value are members that were [written before](super::kept), which become members of
/// the object where they stand.
pub const MEMBERS: &str = "";

/// How many bytes are looked at together.
const BLOCK: usize = 16;

fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether any byte of a text is such a one. Without a branch in it, a block is a few instructions of the processor; the last
/// block reaches back over bytes that were looked at before.
#[inline]
pub fn holds(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> bool {
    let in_small = |block: &[u8; BLOCK / 2]| block.iter().fold(false, |any, byte| any | is_one(*byte));
    let in_block = |block: &[u8; BLOCK]| block.iter().fold(false, |any, byte| any | is_one(*byte));
    if let Some(last) = bytes.last_chunk() {
        let (blocks, _) = bytes.as_chunks();
        return blocks.iter().any(in_block) || in_block(last);
    }
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => in_small(first) | in_small(last),
        _ => bytes.iter().any(|byte| is_one(*byte)),
    }
}

/// Adds a text that holds nothing to be escaped, in its quotation marks.
#[inline]
fn put_plain<const DOUBLED: bool>(text: &[u8], out: &mut Vec<u8>) {
    debug_assert!(!holds(text, is_escaped), "{}", String::from_utf8_lossy(text));
    out.extend_from_slice(quote(DOUBLED));
    out.extend_from_slice(text);
    out.extend_from_slice(quote(DOUBLED));
}

/// Adds JSON that was written before, its quotation marks not doubled.
fn put_written<const DOUBLED: bool>(written: &[u8], out: &mut Vec<u8>) {
    if !DOUBLED {
        return out.extend_from_slice(written);
    }
    for part in written.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
}

/// Adds a text in its quotation marks.
fn put_quoted<const DOUBLED: bool>(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(quote(DOUBLED));
    put::<DOUBLED>(text, out);
    out.extend_from_slice(quote(DOUBLED));
}

/// Adds a text, escaped.
fn put<const DOUBLED: bool>(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if holds(bytes, is_escaped) { put_escaped::<DOUBLED>(text, out) } else { out.extend_from_slice(bytes) }
}

#[cold]
fn put_escaped<const DOUBLED: bool>(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        let short = match byte {
            b'"' => {
                out.push(b'\\');
                out.extend_from_slice(quote(DOUBLED));
                continue;
            }
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0C => b'f',
            control @ 0..0x20 => {
                out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
                continue;
            }
            plain => {
                out.push(plain);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

/// Takes what displays itself.
struct Escaping<'o, const DOUBLED: bool> {
    out: &'o mut Vec<u8>,
}

impl<const DOUBLED: bool> fmt::Write for Escaping<'_, DOUBLED> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        put::<DOUBLED>(text, self.out);
        Ok(())
    }
}

impl<const DOUBLED: bool> Json<'_, DOUBLED> {
    fn integer(self, integer: impl itoa::Integer) -> Result<(), NoJson> {
        self.out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
        Ok(())
    }
}

/// A list or an object on its way into a text.
struct Members<'o, const DOUBLED: bool> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl<'o, const DOUBLED: bool> Members<'o, DOUBLED> {
    fn begin(Json { out }: Json<'o, DOUBLED>, begin: u8, end: u8) -> Self {
        out.push(begin);
        Members { out, is_first: true, end }
    }

    /// Writes the name of a field. It stands in the program, and nothing in it is escaped.
    #[inline]
    fn name(&mut self, name: &'static str) {
        self.comma();
        put_plain::<DOUBLED>(name.as_bytes(), self.out);
        self.out.push(b':');
    }

    /// Writes a comma before what comes next, unless it is the first.
    #[inline]
    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
    }

    /// Writes what comes next.
    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.comma();
        value.serialize(Json::<DOUBLED>::to(self.out))
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.out.push(b':');
        value.serialize(Json::<DOUBLED>::to(self.out))
    }

    fn finish(self) {
        self.out.push(self.end);
    }
}

impl<const DOUBLED: bool> SerializeSeq for Members<'_, DOUBLED> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.next(value)
    }

    fn end(self) -> Result<(), NoJson> {
        self.finish();
        Ok(())
    }
}

impl<const DOUBLED: bool> SerializeTuple for Members<'_, DOUBLED> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.next(value)
    }

    fn end(self) -> Result<(), NoJson> {
        self.finish();
        Ok(())
    }
}

impl<const DOUBLED: bool> SerializeMap for Members<'_, DOUBLED> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoJson> {
        self.next(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.value(value)
    }

    fn end(self) -> Result<(), NoJson> {
        self.finish();
        Ok(())
    }
}

impl<const DOUBLED: bool> SerializeStruct for Members<'_, DOUBLED> {
    type Ok = ();
    type Error = NoJson;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NoJson> {
        if name == MEMBERS {
            return self.next(value);
        }
        self.name(name);
        value.serialize(Json::<DOUBLED>::to(self.out))
    }

    fn end(self) -> Result<(), NoJson> {
        self.finish();
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident: $kind:ty),* $(,)?) => {
        $(fn $name(self, value: $kind) -> Result<(), NoJson> {
            self.integer(value)
        })*
    };
}

/// What an answer never is.
macro_rules! never {
    ($($name:ident($($kind:ty),*) -> $ok:ident),* $(,)?) => {
        $(#[allow(clippy::disallowed_types, reason = "serde asks for floats; nothing here is one")]
        fn $name(self, $(_: $kind),*) -> Result<Self::$ok, NoJson> {
            Err(NoJson::custom(stringify!($name)))
        })*
    };
}

impl<'o, const DOUBLED: bool> Serializer for Json<'o, DOUBLED> {
    type Ok = ();
    type Error = NoJson;
    type SerializeSeq = Members<'o, DOUBLED>;
    type SerializeTuple = Members<'o, DOUBLED>;
    type SerializeTupleStruct = Impossible<(), NoJson>;
    type SerializeTupleVariant = Impossible<(), NoJson>;
    type SerializeMap = Members<'o, DOUBLED>;
    type SerializeStruct = Members<'o, DOUBLED>;
    type SerializeStructVariant = Impossible<(), NoJson>;

    integers!(
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
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant,
    );

    fn serialize_bool(self, value: bool) -> Result<(), NoJson> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), NoJson> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), NoJson> {
        put_quoted::<DOUBLED>(text, self.out);
        Ok(())
    }

    /// Bytes are digits (see [`super::show::Figure`]) or JSON that was written before, an object or members of one, which
    /// no digits begin like.
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), NoJson> {
        match bytes {
            [b'"' | b'{', ..] => put_written::<DOUBLED>(bytes, self.out),
            digits => put_plain::<DOUBLED>(digits, self.out),
        }
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        self.out.extend_from_slice(quote(DOUBLED));
        write!(Escaping::<DOUBLED> { out: self.out }, "{value}").map_err(NoJson::custom)?;
        self.out.extend_from_slice(quote(DOUBLED));
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoJson> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), NoJson> {
        put_plain::<DOUBLED>(name.as_bytes(), self.out);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        let mut members = Members::begin(self, b'{', b'}');
        SerializeMap::serialize_entry(&mut members, name, value)?;
        members.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'o, DOUBLED>, NoJson> {
        Ok(Members::begin(self, b'[', b']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'o, DOUBLED>, NoJson> {
        Ok(Members::begin(self, b'[', b']'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o, DOUBLED>, NoJson> {
        Ok(Members::begin(self, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'o, DOUBLED>, NoJson> {
        Ok(Members::begin(self, b'{', b'}'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap_or_default()
    }

    fn trees() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "\\PC*".prop_map(Value::from),
            "[\\x00-\\x7F]{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec(("[\\x00-\\x7F]{0,20}", inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_serde_json(tree in trees()) {
            prop_assert_eq!(written(&tree), tree.to_string());
        }

        #[test]
        fn inside_a_cell_its_quotes_are_doubled(tree in trees()) {
            let mut out = Vec::new();
            write_quoted(&mut out, &tree);
            prop_assert_eq!(String::from_utf8(out), Ok(tree.to_string().replace('"', "\"\"")));
        }
    }

    #[test]
    fn every_sign_is_written_as_it_has_to_be() {
        for sign in (0..=0x2_FFFF).filter_map(char::from_u32) {
            for text in [sign.to_string(), format!("{sign}{}", "x".repeat(BLOCK)), format!("铜矿 x{sign}y")] {
                assert_eq!(written(&json!(text)), json!(text).to_string());
            }
        }
    }
}
