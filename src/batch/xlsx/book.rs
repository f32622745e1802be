//! The parts of a workbook beside its sheets: which sheets there are, which styles show a number as a date, the shared texts.

use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::container::{Entry, Part, entries};
use super::xml::{Xml, attributes, refer, value};
use crate::batch::engine::Stop;
use crate::domain::error::Text;
use crate::text;

/// Bytes that the list of sheets, the relations and the styles may inflate to.
const MOST_OF_A_PART: u64 = 8 << 20;
/// Bytes that the shared texts may inflate to …
const MOST_OF_TEXTS: u64 = 96 << 20;
/// … and bytes of the texts in them, which stay in memory.
const MOST_TEXT: usize = 16 << 20;
/// Shared texts, each of which takes four bytes more.
const MOST_TEXTS: usize = 2_000_000;
/// Styles of cells; Excel allows 65 490.
const MOST_STYLES: usize = 1 << 16;

/// How a style shows a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shows {
    /// As a number.
    #[default]
    Number,
    /// As a hundredth: 0.03 as 3%.
    Percent,
    /// As a day or a time.
    Day,
}

/// The texts that cells refer to by number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    /// The text of that number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = usize::try_from(*self.ends.get(number)?).ok()?;
        let start = match number.checked_sub(1) {
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// What a sheet needs of its workbook.
pub(super) struct Book {
    /// Whether days are counted from 1904 on.
    pub(super) from_1904: bool,
    /// How each style shows a number.
    pub(super) styles: Vec<Shows>,
    /// The shared texts.
    pub(super) texts: Texts,
    /// The chosen sheet.
    pub(super) sheet: Entry,
    /// Its name.
    pub(super) name: String,
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    relation: String,
    is_hidden: bool,
}

/// A relation: id, kind (the last word of its address), target.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

/// The names under which a sheet is taken before others.
const PREFERRED: [&str; 2] = ["数据", "Data"];

impl Book {
    /// Reads a workbook up to its sheet: that of the name; else 数据 or Data; else the first one that is not hidden.
    pub(super) fn open<R: Read + Seek>(input: &mut R, wanted: Option<&str>) -> Result<Book, Stop> {
        let entries = entries(input)?;
        let find = |name: &str| entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
        let main = match find("_rels/.rels") {
            Some(part) => relations(input, part, "")?.into_iter().find(|relation| relation.kind == "officeDocument"),
            None => None,
        };
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        if main.ends_with(".bin") {
            return Err(Stop::Input(Text::fixed(
                "这是 .xlsb（二进制工作簿）；请另存为 .xlsx",
                "this is an .xlsb (a binary workbook): save it as .xlsx",
            )));
        }
        let is_macro = |entry: &Entry| {
            let name = entry.name.to_ascii_lowercase();
            name.ends_with("vbaproject.bin") || name.starts_with("xl/macrosheets/")
        };
        if entries.iter().any(is_macro) {
            return Err(Stop::Input(Text::fixed(
                "文件含有宏；宏不会执行，也不接收：请另存为不含宏的 .xlsx",
                "the file holds macros; they are neither run nor taken: save it as .xlsx, without macros",
            )));
        }
        let Some(part) = find(&main).filter(|_| !main.ends_with("document.xml")) else {
            return Err(Stop::Input(if find("content.xml").is_some() {
                Text::fixed("这是 .ods 文件；请另存为 .xlsx", "this is an .ods file: save it as .xlsx")
            } else {
                Text::fixed(
                    "是 ZIP 文件，但不是 XLSX 工作簿（没有 xl/workbook.xml）",
                    "this is a ZIP file, but no XLSX workbook (there is no xl/workbook.xml)",
                )
            }));
        };
        let (sheets, from_1904) = sheets(input, part)?;
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let related = match find(&format!("{folder}/_rels/{file}.rels")) {
            Some(part) => relations(input, part, folder)?,
            None => Vec::new(),
        };
        let target = |listed: &Listed| {
            let relation = related.iter().find(|relation| relation.id == listed.relation)?;
            (relation.kind == "worksheet").then(|| find(&relation.target)).flatten()
        };
        let sheet = chosen(&sheets, wanted, &|listed| target(listed).is_some())?;
        let Some(entry) = target(sheet).cloned() else { return Err(no_sheet()) };
        let of_kind = |kind: &str| {
            let relation = related.iter().find(|relation| relation.kind == kind)?;
            find(&relation.target)
        };
        let styles = of_kind("styles").map_or_else(|| Ok(Vec::new()), |part| styles(input, part))?;
        let texts = of_kind("sharedStrings").map_or_else(|| Ok(Texts::default()), |part| texts(input, part))?;
        Ok(Book { from_1904, styles, texts, sheet: entry, name: sheet.name.clone() })
    }
}

fn no_sheet() -> Stop {
    Stop::Input(Text::fixed("工作簿中没有可读的工作表", "the workbook has no sheet that can be read"))
}

fn chosen<'l>(
    sheets: &'l [Listed],
    wanted: Option<&str>,
    is_there: &dyn Fn(&Listed) -> bool,
) -> Result<&'l Listed, Stop> {
    if let Some(wanted) = wanted {
        let found = sheets.iter().find(|sheet| sheet.name == wanted && is_there(sheet));
        return found.ok_or_else(|| {
            let names: Vec<&str> = sheets.iter().take(20).map(|sheet| sheet.name.as_str()).collect();
            let names = names.join("、");
            Stop::Input(text!(
                "没有名为“{wanted}”的工作表；有：{names}",
                "no sheet is called “{wanted}”; there are: {names}"
            ))
        });
    }
    let preferred =
        PREFERRED.iter().find_map(|name| sheets.iter().find(|sheet| sheet.name == *name && is_there(sheet)));
    let first = || sheets.iter().find(|sheet| !sheet.is_hidden && is_there(sheet));
    preferred.or_else(first).ok_or_else(no_sheet)
}

/// The relations of a part in that folder, with their targets from the root.
fn relations<R: Read + Seek>(input: &mut R, part: &Entry, folder: &str) -> Result<Vec<Relation>, Stop> {
    let mut xml = Xml::new(Part::open(input, part, MOST_OF_A_PART)?);
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                let mut relation = Relation { id: String::new(), kind: String::new(), target: String::new() };
                for attribute in attributes(&element) {
                    match attribute.key.local_name().as_ref() {
                        "Id" => relation.id = value(&attribute),
                        "Type" => relation.kind = value(&attribute).rsplit('/').next().unwrap_or_default().to_owned(),
                        "Target" => relation.target = resolved(folder, &value(&attribute)),
                        _ => {}
                    }
                }
                found.push(relation);
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A target from the root on.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

fn sheets<R: Read + Seek>(input: &mut R, part: &Entry) -> Result<(Vec<Listed>, bool), Stop> {
    let mut xml = Xml::new(Part::open(input, part, MOST_OF_A_PART)?);
    let mut found = Vec::new();
    let mut from_1904 = false;
    loop {
        match xml.next()? {
            Event::Start(element) if element.local_name().as_ref() == "sheet" => {
                let mut listed = Listed { name: String::new(), relation: String::new(), is_hidden: false };
                for attribute in attributes(&element) {
                    match attribute.key.local_name().as_ref() {
                        "name" => listed.name = value(&attribute),
                        "id" => listed.relation = value(&attribute),
                        "state" => listed.is_hidden = attribute.value != "visible",
                        _ => {}
                    }
                }
                found.push(listed);
            }
            Event::Start(element) if element.local_name().as_ref() == "workbookPr" => {
                let mut all = attributes(&element);
                from_1904 =
                    all.any(|one| one.key.local_name().as_ref() == "date1904" && matches!(&*one.value, "1" | "true"));
            }
            Event::Eof => return Ok((found, from_1904)),
            _ => {}
        }
    }
}

fn styles<R: Read + Seek>(input: &mut R, part: &Entry) -> Result<Vec<Shows>, Stop> {
    let mut xml = Xml::new(Part::open(input, part, MOST_OF_A_PART)?);
    let mut own: Vec<(u32, Shows)> = Vec::new();
    let mut styles = Vec::new();
    let mut inside = false;
    loop {
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "numFmt" => {
                    let (mut id, mut code) = (None, String::new());
                    for attribute in attributes(&element) {
                        match attribute.key.local_name().as_ref() {
                            "numFmtId" => id = attribute.value.parse().ok(),
                            "formatCode" => code = value(&attribute),
                            _ => {}
                        }
                    }
                    if let Some(id) = id {
                        own.push((id, shown_by_code(&code)));
                    }
                }
                "cellXfs" => inside = true,
                "xf" if inside && styles.len() < MOST_STYLES => {
                    let mut all = attributes(&element);
                    let id = all.find(|one| one.key.local_name().as_ref() == "numFmtId");
                    let id = id.and_then(|id| id.value.parse().ok()).unwrap_or(0);
                    let declared = own.iter().find(|(known, _)| *known == id);
                    styles.push(declared.map_or_else(|| shown_by_id(id), |(_, shows)| *shows));
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == "cellXfs" => inside = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// The formats that every workbook has, by their numbers: those of the standard and those of Chinese Excel.
fn shown_by_id(id: u32) -> Shows {
    match id {
        9 | 10 => Shows::Percent,
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Shows::Day,
        _ => Shows::Number,
    }
}

/// What a format shows, by its first section: literal texts and colours do not count.
fn shown_by_code(code: &str) -> Shows {
    let mut signs = code.chars();
    let mut shows = Shows::Number;
    while let Some(sign) = signs.next() {
        match sign {
            ';' => break,
            '"' => while signs.next().is_some_and(|sign| sign != '"') {},
            '\\' | '_' | '*' => {
                signs.next();
            }
            '[' => {
                let inner: String = signs.by_ref().take_while(|sign| *sign != ']').collect();
                // [h], [mm] and [ss] are times that go on beyond a day.
                if !inner.is_empty() && inner.chars().all(|sign| matches!(sign.to_ascii_lowercase(), 'h' | 'm' | 's')) {
                    return Shows::Day;
                }
            }
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' => return Shows::Day,
            '%' => shows = Shows::Percent,
            _ => {}
        }
    }
    shows
}

/// Reads the shared texts: those of a text in pieces one after the other, without what tells how it is read aloud.
fn texts<R: Read + Seek>(input: &mut R, part: &Entry) -> Result<Texts, Stop> {
    let mut xml = Xml::new(Part::open(input, part, MOST_OF_TEXTS)?);
    let mut texts = Texts::default();
    let (mut inside, mut aloud) = (false, false);
    loop {
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => inside = !aloud,
                "rPh" => aloud = true,
                _ => {}
            },
            Event::Text(text) if inside => texts.text.push_str(&text),
            Event::CData(text) if inside => texts.text.push_str(&text),
            Event::GeneralRef(reference) if inside => refer(&reference, &mut texts.text)?,
            Event::End(element) => match element.local_name().as_ref() {
                "t" => inside = false,
                "rPh" => aloud = false,
                "si" => texts.ends.push(u32::try_from(texts.text.len()).unwrap_or(u32::MAX)),
                _ => {}
            },
            Event::Eof => return Ok(texts),
            _ => {}
        }
        if texts.text.len() > MOST_TEXT || texts.ends.len() > MOST_TEXTS {
            let most = MOST_TEXT >> 20;
            return Err(Stop::Input(text!(
                "文件中的文字超过 {most} MiB 或 {MOST_TEXTS} 条；请拆分文件，或改用 CSV",
                "the file holds more than {most} MiB of texts, or {MOST_TEXTS} of them: split it, or use CSV"
            )));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_shows_days_percents_or_numbers() {
        for code in
            ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\"", "[$-804]yyyy年m月d日", "m/d/yy h:mm", "[h]:mm:ss", "DD.MM.YYYY"]
        {
            assert_eq!(shown_by_code(code), Shows::Day, "{code}");
        }
        for code in [
            "General",
            "0.00",
            "#,##0.00",
            "#,##0.00\"元\"",
            "0.00E+00",
            "\"days\"0",
            "[Red]-0.00",
            "\\d0",
            "¥#,##0;\"yes\"0",
        ] {
            assert_eq!(shown_by_code(code), Shows::Number, "{code}");
        }
        for code in ["0%", "0.00%", "[Red]0.0%"] {
            assert_eq!(shown_by_code(code), Shows::Percent, "{code}");
        }
        assert_eq!(shown_by_code("0\"%\""), Shows::Number);
    }

    #[test]
    fn targets_start_at_the_root() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("xl", "../a.xml"), "a.xml");
    }
}
