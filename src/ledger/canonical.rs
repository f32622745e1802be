//! The canonical form of an entry's content: JSON with fields sorted by name, without spaces, one text for one value.

use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};

use crate::domain::books::account::EntrySet;
use crate::domain::books::content::{Content, Damaged, Kept};
use crate::domain::books::event::Event;

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
                serializer.collect_map(fields.iter().map(|(name, value)| (name.as_str(), Json(value))))
            }
        }
    }
}

/// The content of an entry: what happened, and what it did to the accounts.
pub fn content(event: &Event, set: &EntrySet) -> Content {
    let fields = [("event".to_owned(), event.keep()), ("postings".to_owned(), set.keep())];
    Content::Object(BTreeMap::from(fields))
}

/// The canonical text.
pub fn text(content: &Content) -> String {
    // Writing into memory fails only if a type refuses to be written; none of these does.
    serde_json::to_string(&Json(content)).unwrap_or_default()
}

/// What a canonical text says. Whether it is the one text for what it says is a question of verification.
pub fn parse(kind: &str, canonical: &str) -> Result<(Event, EntrySet), Damaged> {
    let value: serde_json::Value = serde_json::from_str(canonical).map_err(|_| Damaged)?;
    let read = tree(value)?;
    let fields = read.object()?;
    let (Some(event), Some(postings), 2) = (fields.get("event"), fields.get("postings"), fields.len()) else {
        return Err(Damaged);
    };
    Ok((Event::restore(kind, event)?, EntrySet::restore(postings)?))
}

fn tree(value: serde_json::Value) -> Result<Content, Damaged> {
    match value {
        serde_json::Value::String(text) => Ok(Content::Text(text)),
        serde_json::Value::Number(number) => number.as_i64().map(Content::Whole).ok_or(Damaged),
        serde_json::Value::Array(items) => items.into_iter().map(tree).collect::<Result<_, _>>().map(Content::List),
        serde_json::Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| Ok((name, tree(value)?)))
            .collect::<Result<_, _>>()
            .map(Content::Object),
        serde_json::Value::Null | serde_json::Value::Bool(_) => Err(Damaged),
    }
}
