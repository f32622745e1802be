//! The XML of a part, event by event: no document types, no entities but the five of XML, no deep nesting.

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::container::Part;
use crate::batch::engine::Stop;
use crate::domain::error::Text;
use crate::text;

/// Elements inside each other; a workbook has about ten.
const MOST_DEPTH: usize = 64;

/// A part read as XML. Empty elements are given as a start and an end.
pub(super) struct Xml<R: Read> {
    reader: Reader<Part<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(part: Part<R>) -> Xml<R> {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Xml { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'_>, Stop> {
        self.buffer.clear();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let place = self.reader.error_position();
                let part = self.reader.get_mut();
                return Err(part.fault().unwrap_or_else(|| malformed(part.name(), place, &error)));
            }
        };
        let name = self.reader.get_ref().name();
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => {
                return Err(Stop::Input(text!(
                    "“{name}”含有文档类型声明（DTD），XLSX 不允许；拒绝读取",
                    "“{name}” declares a document type (DTD), which XLSX does not allow: refused"
                )));
            }
            Event::Decl(declared) => {
                let encoding = declared.encoding().and_then(Result::ok);
                if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    let encoding = crate::domain::error::shortened(&encoding);
                    return Err(Stop::Input(text!(
                        "“{name}”的编码是 {encoding}；应为 UTF-8",
                        "“{name}” is in {encoding}; it must be in UTF-8"
                    )));
                }
            }
            Event::Eof if self.depth > 0 => {
                return Err(Stop::Input(text!(
                    "“{name}”没有写完，文件不完整",
                    "“{name}” breaks off: the file is truncated"
                )));
            }
            _ => {}
        }
        if self.depth > MOST_DEPTH {
            return Err(Stop::Input(text!("“{name}”嵌套过深", "“{name}” is nested too deeply")));
        }
        Ok(event)
    }
}

fn malformed(name: &str, place: u64, error: &quick_xml::Error) -> Stop {
    tracing::debug!(part = name, place, %error, "a part of a workbook is no XML");
    Stop::Input(text!(
        "“{name}”第 {place} 字节处不是正确的 UTF-8 XML；文件已损坏",
        "“{name}” is no sound XML in UTF-8 at byte {place}: the file is damaged"
    ))
}

/// The attributes of an element by their local names.
pub(super) fn attributes<'a>(element: &'a BytesStart<'_>) -> impl Iterator<Item = Attribute<'a>> {
    // Looking for repeated names takes the square of their number.
    let mut all = element.attributes();
    all.with_checks(false);
    all.flatten()
}

/// The value of an attribute, its entities resolved; what cannot be is given as it stands.
pub(super) fn value(attribute: &Attribute<'_>) -> String {
    let text = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
    text.map_or_else(|_| attribute.value.to_string(), |text| text.into_owned())
}

/// Adds what a reference stands for to a text.
pub(super) fn refer(reference: &BytesRef<'_>, into: &mut String) -> Result<(), Stop> {
    let character = match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    let Some(character) = character else {
        return Err(Stop::Input(Text::fixed(
            "文件含有自定义实体（&…;），XLSX 不允许；拒绝读取",
            "the file uses entities of its own (&…;), which XLSX does not allow: refused",
        )));
    };
    into.push(character);
    Ok(())
}
