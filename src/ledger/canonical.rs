//! The canonical form of an entry's content: JSON with fields sorted by name, without spaces, one text for one value.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::books::account::EntrySet;
use crate::domain::books::content::{Content, Damaged, Kept};
use crate::domain::books::event::Event;

/// Bytes of a content: usually enough.
const ROOM: usize = 1024;

/// A content on its way to JSON.
#[derive(Debug)]
pub struct Json<'c>(pub &'c Content);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Content::Text(text) => serializer.serialize_str(text),
            Content::Whole(number) => serializer.serialize_i64(*number),
            Content::List(items) => serializer.collect_seq(items.iter().map(Json)),
            Content::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (&**name, Json(value))))
            }
        }
    }
}

/// The content of an entry: what happened, and what it did to the accounts.
pub fn content(event: &Event, set: &EntrySet) -> Content {
    let fields = [("event".into(), event.keep()), ("postings".into(), set.keep())];
    Content::Object(BTreeMap::from(fields))
}

/// The canonical text.
pub fn text(content: &Content) -> String {
    let mut written = Vec::with_capacity(ROOM);
    // Writing into memory fails only if a type refuses to be written; none of these does.
    serde_json::to_writer(&mut written, &Json(content)).ok();
    String::from_utf8(written).unwrap_or_default()
}

/// What a canonical text says. Whether it is the one text for what it says is a question of verification.
pub fn parse(kind: &str, canonical: &str) -> Result<(Event, EntrySet), Damaged> {
    let Read(read) = serde_json::from_str(canonical).map_err(|_| Damaged)?;
    let fields = read.object()?;
    let (Some(event), Some(postings), 2) = (fields.get("event"), fields.get("postings"), fields.len()) else {
        return Err(Damaged);
    };
    Ok((Event::restore(kind, event)?, EntrySet::restore(postings)?))
}

/// A content out of JSON: texts, whole numbers, lists and objects, and nothing else.
struct Read(Content);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(Reader).map(Read)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, a list or an object")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Content, E> {
        Ok(Content::Whole(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Content, E> {
        i64::try_from(number).map(Content::Whole).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(Read(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Content, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, Read(value))) = object.next_entry::<String, _>()? {
            fields.insert(name.into(), value);
        }
        Ok(Content::Object(fields))
    }
}
