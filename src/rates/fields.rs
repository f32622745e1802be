//! Strict reading of TOML tables: every fault of a file is noted with its place, none hides another.
//!
//! A derived `Deserialize` would stop at the first fault of a file, has no places for flattened fields, and cannot refuse
//! unknown keys beside them. Here each key is asked for by name; what was not asked for is unknown, and what is found
//! missing or of another type is noted while the reading goes on.
//!
//! The same pass lists the parameters: what a topic reads is what a version shows, so neither can be forgotten.

use std::cell::RefCell;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::Unit;

/// A text of the data and where it stands.
pub(super) type Word = Spanned<String>;

/// How the shape of a file can be at fault. Each kind is a check of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Not TOML.
    Syntax,
    /// A key that the format does not have there.
    UnknownKey,
    /// A key that the format asks for.
    MissingKey,
    /// A value of another type than the format asks for.
    WrongType,
    /// A text without content.
    EmptyText,
}

/// A fault of the shape.
#[derive(Debug)]
pub(super) struct Fault {
    /// Its kind.
    pub(super) shape: Shape,
    /// Byte at which it stands.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) message: String,
}

/// The words about a value that a table states for itself and for the tables inside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Article.
    pub(super) locator: Option<Word>,
    /// How the value is known.
    pub(super) provenance: Option<Word>,
    /// Instrument, if not that of the file.
    pub(super) instrument: Option<Word>,
}

/// A value of a version with its name, its form and the words about it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Path inside the file: `daily_rate`, `row.12.rates.0.percent`.
    pub(super) name: String,
    /// The value as written; lists are joined by commas.
    pub(super) value: Word,
    /// What the topic takes it for.
    pub(super) unit: Unit,
    /// The unit as the file states it, where the format has a place for it.
    pub(super) stated_unit: Option<Word>,
    /// Article, provenance, instrument.
    pub(super) marks: Marks,
    /// Whether it is shown by itself.
    pub(super) shown: Shown,
}

/// Where a reader of a version finds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Among the parameters, by its own name.
    ByItself,
    /// In the name of the row that it belongs to.
    InName,
}

/// A mineral that a version names.
#[derive(Clone, Debug)]
pub(super) struct MineralUse {
    /// The code.
    pub(super) code: Word,
    /// Whether a group may stand here.
    pub(super) kind: MineralKind,
}

/// Which minerals may stand at a place of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MineralKind {
    /// Single minerals only.
    Single,
    /// A group, too: it stands for its members.
    SingleOrGroup,
}

/// Everything that the reading of one file noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    faults: RefCell<Vec<Fault>>,
    leaves: RefCell<Vec<Leaf>>,
    locators: RefCell<Vec<Word>>,
    provenances: RefCell<Vec<Word>>,
    instruments: RefCell<Vec<Word>>,
    minerals: RefCell<Vec<MineralUse>>,
    days: RefCell<Vec<Spanned<NaiveDate>>>,
    rows: RefCell<Vec<Word>>,
}

/// What the reading of one file noted, once it is done.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// Faults of the shape.
    pub(super) faults: Vec<Fault>,
    /// Values in the order of the file.
    pub(super) leaves: Vec<Leaf>,
    /// Every locator.
    pub(super) locators: Vec<Word>,
    /// Every provenance.
    pub(super) provenances: Vec<Word>,
    /// Every key of an instrument.
    pub(super) instruments: Vec<Word>,
    /// Every mineral named by code.
    pub(super) minerals: Vec<MineralUse>,
    /// Every day.
    pub(super) days: Vec<Spanned<NaiveDate>>,
    /// The names of rows that have a name.
    pub(super) rows: Vec<Word>,
}

impl Notes {
    fn fault(&self, shape: Shape, at: usize, message: String) {
        self.faults.borrow_mut().push(Fault { shape, at, message });
    }

    fn done(self) -> Noted {
        let mut leaves = self.leaves.into_inner();
        leaves.sort_by_key(|leaf| leaf.value.span().start);
        Noted {
            faults: self.faults.into_inner(),
            leaves,
            locators: self.locators.into_inner(),
            provenances: self.provenances.into_inner(),
            instruments: self.instruments.into_inner(),
            minerals: self.minerals.into_inner(),
            days: self.days.into_inner(),
            rows: self.rows.into_inner(),
        }
    }
}

/// Reads a file: what the body makes of it, and what was noted. Only with no fault noted does the value stand for the
/// whole file.
pub(super) fn read<T>(text: &str, body: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> (Option<T>, Noted) {
    let notes = Notes::default();
    let (table, errors) = DeTable::parse_recoverable(text);
    let value = if errors.is_empty() {
        Fields::over(table.get_ref(), 0, String::new(), Marks::default(), &notes, body)
    } else {
        // What a broken file seems to say is not worth a second message.
        for error in errors {
            notes.fault(Shape::Syntax, error.span().map_or(0, |span| span.start), error.message().to_owned());
        }
        None
    };
    (value, notes.done())
}

/// A table of the data while it is read.
#[derive(Debug)]
pub(super) struct Fields<'f> {
    table: &'f DeTable<'f>,
    at: usize,
    path: String,
    marks: Marks,
    notes: &'f Notes,
    asked: Vec<&'static str>,
    judged: bool,
}

/// Several texts as one value.
fn joined(texts: &Spanned<Vec<Word>>) -> Word {
    let words: Vec<&str> = texts.get_ref().iter().map(|word| word.get_ref().as_str()).collect();
    Spanned::new(texts.span(), words.join(", "))
}

impl<'f> Fields<'f> {
    fn over<T>(
        table: &'f DeTable<'f>,
        at: usize,
        path: String,
        marks: Marks,
        notes: &'f Notes,
        body: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut fields = Fields { table, at, path, marks, notes, asked: Vec::new(), judged: true };
        let value = body(&mut fields);
        for key in table.keys() {
            let name: &str = key.get_ref();
            if fields.judged && !fields.asked.contains(&name) {
                notes.fault(Shape::UnknownKey, key.span().start, format!("the format has no key `{name}` here"));
            }
        }
        value
    }

    /// Where the table stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Names a row of a list by what tells it from the others, instead of by its position.
    pub(super) fn name_row(&mut self, key: &str) {
        let list = self.path.rsplit_once('.').map_or("", |(list, _)| list);
        self.path = format!("{list}.{key}");
        self.notes.rows.borrow_mut().push(Spanned::new(self.at..self.at, self.path.clone()));
    }

    /// Takes what is left as it is: the place of the file is wrong, and says all there is to say.
    pub(super) fn leave_the_rest(&mut self) {
        self.judged = false;
    }

    /// Whether the table has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn ask(&mut self, key: &'static str) -> Option<&'f Spanned<DeValue<'f>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn missing(&self, key: &str) {
        self.notes.fault(Shape::MissingKey, self.at, format!("`{}` is missing", self.name_of(key)));
    }

    fn wrong_type(&self, key: &str, found: &Spanned<DeValue<'_>>, wanted: &str) {
        let name = self.name_of(key);
        let kind = found.get_ref().type_str();
        let message = format!("`{name}` has to be {wanted}, not of type {kind}");
        self.notes.fault(Shape::WrongType, found.span().start, message);
    }

    fn text_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Word> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "a quoted string");
            return None;
        };
        Some(Spanned::new(value.span(), text.clone().into_owned()))
    }

    /// A text as it stands; an empty one is left to the check that knows what it is.
    fn word(&mut self, key: &'static str) -> Option<Word> {
        let value = self.ask(key)?;
        self.text_of(key, value)
    }

    /// A text that has to have content, if it is there.
    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<Word> {
        let word = self.word(key)?;
        self.refuse_empty(key, &word);
        Some(word)
    }

    fn refuse_empty(&self, key: &str, word: &Word) {
        let text = word.get_ref();
        if text.trim().is_empty() || text.trim() != text {
            let message = format!("`{}` is empty, or begins or ends with a space", self.name_of(key));
            self.notes.fault(Shape::EmptyText, word.span().start, message);
        }
    }

    /// A text that has to be there and to have content.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Word> {
        if !self.has(key) {
            self.missing(key);
        }
        self.optional_text(key)
    }

    /// A value that has to be there; its check knows its form.
    fn value(&mut self, key: &'static str) -> Option<Word> {
        if !self.has(key) {
            self.missing(key);
        }
        self.word(key)
    }

    /// A key of `sources.toml`, if it is there.
    fn optional_instrument(&mut self) -> Option<Word> {
        let word = self.optional_text("instrument")?;
        self.notes.instruments.borrow_mut().push(word.clone());
        Some(word)
    }

    /// A key of `sources.toml`.
    pub(super) fn instrument(&mut self) -> Option<Word> {
        if !self.has("instrument") {
            self.missing("instrument");
        }
        self.optional_instrument()
    }

    /// The article of a table, for the values in it.
    pub(super) fn locator(&mut self) -> Option<Word> {
        let word = self.value("locator")?;
        self.notes.locators.borrow_mut().push(word.clone());
        Some(word)
    }

    /// Article, provenance and the words of the text, for the values of this table and of those inside it.
    pub(super) fn marks(&mut self) -> Option<()> {
        let locator = self.locator();
        let provenance = self.value("provenance");
        self.notes.provenances.borrow_mut().extend(provenance.clone());
        self.marks = Marks { locator, provenance, instrument: self.optional_instrument() };
        self.optional_text("printed");
        self.optional_text("note");
        (self.marks.locator.is_some() && self.marks.provenance.is_some()).then_some(())
    }

    fn list(&self, name: String, value: Word, unit: Unit, stated_unit: Option<Word>) -> Leaf {
        self.note(Leaf { name, value, unit, stated_unit, marks: self.marks.clone(), shown: Shown::ByItself })
    }

    fn note(&self, leaf: Leaf) -> Leaf {
        self.notes.leaves.borrow_mut().push(leaf.clone());
        leaf
    }

    /// A value in this table whose unit the format fixes, under the marks of the table.
    pub(super) fn leaf(&mut self, key: &'static str, unit: Unit, shown: Shown) -> Option<Leaf> {
        if !self.has(key) {
            self.missing(key);
        }
        self.optional_leaf(key, unit, shown)
    }

    /// The same, if it is there.
    pub(super) fn optional_leaf(&mut self, key: &'static str, unit: Unit, shown: Shown) -> Option<Leaf> {
        let value = self.word(key)?;
        let marks = self.marks.clone();
        Some(self.note(Leaf { name: self.name_of(key), value, unit, stated_unit: None, marks, shown }))
    }

    /// The parameter that this table is: value, unit, locator, provenance.
    pub(super) fn flat_parameter(&mut self, unit: Unit) -> Option<Leaf> {
        let value = self.value("value");
        let stated = self.value("unit");
        let marked = self.marks();
        let leaf = self.list(self.path.clone(), value?, unit, Some(stated?));
        marked.map(|()| leaf)
    }

    /// The parameter that this table is when its value is the list of minerals under a key.
    pub(super) fn mineral_parameter(&mut self, key: &'static str, unit: Unit) -> Option<(Vec<Word>, Leaf)> {
        let codes = self.texts(key);
        let stated = self.value("unit");
        let marked = self.marks();
        let codes = codes?;
        self.use_minerals(codes.get_ref(), MineralKind::Single);
        let leaf = self.list(self.path.clone(), joined(&codes), unit, Some(stated?));
        marked.map(|()| (codes.into_inner(), leaf))
    }

    /// The parameter under a key.
    pub(super) fn parameter(&mut self, key: &'static str, unit: Unit) -> Option<Leaf> {
        self.table(key, |fields| fields.flat_parameter(unit))
    }

    /// The parameter under a key, if it is there. `None` also when it is faulty, which is noted.
    pub(super) fn optional_parameter(&mut self, key: &'static str, unit: Unit) -> Option<Leaf> {
        self.optional_table(key, |fields| fields.flat_parameter(unit))
    }

    fn day_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<NaiveDate>> {
        let day = match value.get_ref() {
            DeValue::Datetime(moment) if moment.time.is_none() && moment.offset.is_none() => {
                moment.date.and_then(|date| {
                    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
                })
            }
            _ => None,
        };
        let Some(day) = day else {
            self.wrong_type(key, value, "a date without time and without quotes");
            return None;
        };
        let day = Spanned::new(value.span(), day);
        self.notes.days.borrow_mut().push(day.clone());
        Some(day)
    }

    /// A day, if it is there.
    pub(super) fn optional_day(&mut self, key: &'static str) -> Option<Spanned<NaiveDate>> {
        let value = self.ask(key)?;
        self.day_of(key, value)
    }

    /// A day.
    pub(super) fn day(&mut self, key: &'static str) -> Option<Spanned<NaiveDate>> {
        if !self.has(key) {
            self.missing(key);
        }
        self.optional_day(key)
    }

    fn array<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        item: impl Fn(&Self, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Option<Spanned<Vec<T>>> {
        let value = self.ask(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_type(key, value, wanted);
            return None;
        };
        let items: Vec<Option<T>> = array.iter().map(|value| item(self, value)).collect();
        let items: Option<Vec<T>> = items.into_iter().collect();
        items.map(|items| Spanned::new(value.span(), items))
    }

    /// A list of days, listed as one value.
    pub(super) fn days(&mut self, key: &'static str) -> Option<Vec<Spanned<NaiveDate>>> {
        if !self.has(key) {
            self.missing(key);
        }
        let days = self.array(key, "a list of dates", |fields, value| fields.day_of(key, value))?;
        let text: Vec<String> = days.get_ref().iter().map(|day| day.get_ref().to_string()).collect();
        self.list(self.name_of(key), Spanned::new(days.span(), text.join(", ")), Unit::Text, None);
        Some(days.into_inner())
    }

    /// A list of texts, if it is there.
    pub(super) fn optional_texts(&mut self, key: &'static str) -> Option<Spanned<Vec<Word>>> {
        self.array(key, "a list of quoted strings", |fields, value| {
            let word = fields.text_of(key, value)?;
            fields.refuse_empty(key, &word);
            Some(word)
        })
    }

    /// A list of texts with at least one in it.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Spanned<Vec<Word>>> {
        if !self.has(key) {
            self.missing(key);
        }
        let texts = self.optional_texts(key)?;
        if texts.get_ref().is_empty() {
            let message = format!("`{}` has to name at least one", self.name_of(key));
            self.notes.fault(Shape::EmptyText, texts.span().start, message);
        }
        Some(texts)
    }

    /// A list of names, listed as one value.
    pub(super) fn names(&mut self, key: &'static str) -> Option<Vec<Word>> {
        let names = self.texts(key)?;
        self.list_texts(key, &names, Unit::Text);
        Some(names.into_inner())
    }

    /// A list of minerals, listed as one value.
    pub(super) fn minerals(&mut self, key: &'static str, kind: MineralKind) -> Option<Vec<Word>> {
        let codes = self.texts(key)?;
        self.use_minerals(codes.get_ref(), kind);
        self.list_texts(key, &codes, Unit::Minerals);
        Some(codes.into_inner())
    }

    /// A mineral that names its row, and so is not listed again.
    pub(super) fn mineral(&mut self, kind: MineralKind) -> Option<Word> {
        let code = self.text("mineral")?;
        self.use_minerals(std::slice::from_ref(&code), kind);
        Some(code)
    }

    /// Minerals that name their row, and so are not listed again.
    pub(super) fn minerals_of_row(&mut self, kind: MineralKind) -> Option<Vec<Word>> {
        let codes = self.texts("minerals")?.into_inner();
        self.use_minerals(&codes, kind);
        Some(codes)
    }

    fn use_minerals(&self, codes: &[Word], kind: MineralKind) {
        self.notes.minerals.borrow_mut().extend(codes.iter().map(|code| MineralUse { code: code.clone(), kind }));
    }

    fn list_texts(&self, key: &str, texts: &Spanned<Vec<Word>>, unit: Unit) {
        self.list(self.name_of(key), joined(texts), unit, None);
    }

    /// A whole number from 0 on.
    pub(super) fn integer(&mut self, key: &'static str) -> Option<Spanned<u32>> {
        if !self.has(key) {
            self.missing(key);
        }
        let value = self.ask(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(key, value, "a whole number without quotes");
        }
        number.map(|number| Spanned::new(value.span(), number))
    }

    /// The table under a key, if it is there. `None` also when it is faulty, which is noted.
    pub(super) fn optional_table<T>(
        &mut self,
        key: &'static str,
        body: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.ask(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Fields::over(table, value.span().start, self.name_of(key), self.marks.clone(), self.notes, body)
    }

    /// The table under a key.
    pub(super) fn table<T>(&mut self, key: &'static str, body: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Option<T> {
        if !self.has(key) {
            self.missing(key);
        }
        self.optional_table(key, body)
    }

    /// The tables of a list; none when the key is left out. `None` when any of them is faulty, which is noted.
    pub(super) fn rows<T>(
        &mut self,
        key: &'static str,
        mut body: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(value) = self.ask(key) else { return Some(Vec::new()) };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_type(key, value, "a list of tables");
            return None;
        };
        let name = self.name_of(key);
        let mut rows = Vec::with_capacity(array.len());
        for (index, item) in array.iter().enumerate() {
            rows.push(match item.get_ref() {
                DeValue::Table(table) => {
                    let path = format!("{name}.{index}");
                    Fields::over(table, item.span().start, path, self.marks.clone(), self.notes, &mut body)
                }
                _ => {
                    self.wrong_type(key, item, "a list of tables");
                    None
                }
            });
        }
        rows.into_iter().collect()
    }

    /// The tables of a list that may not be empty.
    pub(super) fn some_rows<T>(
        &mut self,
        key: &'static str,
        body: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if !self.has(key) {
            self.missing(key);
        }
        let rows = self.rows(key, body)?;
        if let (true, Some(value)) = (rows.is_empty(), self.table.get(key)) {
            let message = format!("`{}` has to have at least one row", self.name_of(key));
            self.notes.fault(Shape::EmptyText, value.span().start, message);
        }
        Some(rows)
    }
}
