//! The form of a topic out of the shape of its request: groups, fields, rows of lists, with what was filled and what is
//! wrong with it. Nothing of a field is declared here.

use super::facts::Facts;
use super::fault::{Complaint, label_of};
use super::input::WAN;
use super::layout::{self, Layout};
use crate::api::lang::Lang;
use crate::api::topic::Topic;
use crate::batch::heads::{self, Unit};
use crate::batch::model::{Leaf, Shape};
use crate::domain::rate_book::RateBook;
use crate::web::money::typed;
use crate::web::visit::{MoneyUnit, Pairs};
use crate::web::words::one_of;

/// Amounts for one unit of a product: they stay in yuan whatever unit was chosen.
pub(crate) const PRICES: [&str; 2] = ["unit_price", "price"];

/// How a field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Widget {
    /// A text, perhaps with suggestions from a list of the page.
    Text(&'static str),
    /// A decimal.
    Number,
    /// A whole number.
    Integer,
    /// A day.
    Day,
    /// One of several codes with their words.
    Choice(Vec<(String, String)>),
}

/// A field as the form shows it.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    /// The name of the field in the request.
    pub(crate) name: String,
    /// The name under which it is sent.
    pub(crate) sent_as: String,
    pub(crate) id: String,
    pub(crate) label: String,
    /// The label with those of the fields that hold it.
    pub(crate) full_label: String,
    pub(crate) hint: String,
    pub(crate) unit: Option<&'static str>,
    pub(crate) widget: Widget,
    pub(crate) value: String,
    pub(crate) placeholder: String,
    pub(crate) is_required: bool,
    pub(crate) is_shown: bool,
    pub(crate) complaints: Vec<Complaint>,
}

impl Control {
    /// What it holds, in words.
    pub(crate) fn in_words(&self) -> &str {
        match &self.widget {
            Widget::Choice(choices) => {
                choices.iter().find(|(code, _)| *code == self.value).map_or(&self.value, |(_, word)| word)
            }
            _ => &self.value,
        }
    }

    /// Whether only whole numbers fit.
    pub(crate) fn is_integer(&self) -> bool {
        self.widget == Widget::Integer
    }
}

/// A part of the form, in the order of the page.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Group {
        title: &'static str,
        is_folded: bool,
        name: String,
        is_shown: bool,
    },
    EndGroup {
        is_folded: bool,
    },
    /// A field that holds others.
    Nest {
        name: String,
        label: String,
        is_shown: bool,
    },
    EndNest,
    /// A list of items.
    Rows {
        name: String,
        label: String,
        hint: String,
        is_shown: bool,
    },
    Row {
        name: String,
        label: String,
    },
    EndRow,
    EndRows {
        name: String,
        /// What one row is called.
        one: String,
    },
    /// What of an item is rarely needed.
    Fold {
        is_open: bool,
    },
    EndFold,
    Field(Box<Control>),
}

/// What a form is made of.
pub(crate) struct Maker<'a> {
    pub(crate) topic: Topic,
    pub(crate) shape: &'a Shape,
    pub(crate) book: &'a RateBook,
    pub(crate) lang: Lang,
    pub(crate) unit: MoneyUnit,
    pub(crate) values: &'a Pairs,
    pub(crate) complaints: &'a [Complaint],
    /// Lists that show one row more than were filled.
    pub(crate) added: &'a [String],
}

/// The label of a field.
pub(crate) fn label(parent: &str, name: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => heads::of_request(parent, name).map_or(name, |head| head.zh).to_owned(),
        Lang::En => in_words(name),
    }
}

/// A field name in English words: `first_payment_percent` gives `First payment`, the unit stands beside the field.
pub(crate) fn in_words(name: &str) -> String {
    let bare = ["_percent", "_km2", "_m3", "_wan_per_km2", "_c"].iter().find_map(|unit| name.strip_suffix(unit));
    let mut words = bare.unwrap_or(name).replace('_', " ").replace("vat", "VAT");
    if let Some(first) = words.get(..1).map(str::to_uppercase) {
        words.replace_range(..1, &first);
    }
    words
}

/// The unit of a field in a language.
pub(crate) fn unit_sign(unit: Unit, lang: Lang) -> Option<&'static str> {
    let sign = unit.sign()?;
    Some(match (lang, sign) {
        (Lang::En, "年") => "years",
        (Lang::En, "天") => "days",
        (Lang::En, "元") => "yuan",
        (Lang::En, "元/m³") => "yuan/m³",
        (Lang::En, "万元/km²") => "10⁴ yuan/km²",
        _ => sign,
    })
}

/// The unit of amounts in a language.
pub(crate) fn money_sign(unit: MoneyUnit, lang: Lang) -> &'static str {
    match (unit, lang) {
        (MoneyUnit::Yuan, Lang::En) => "yuan",
        (MoneyUnit::Wan, Lang::En) => "10⁴ yuan",
        (unit, Lang::Zh) => unit.sign(),
    }
}

impl Maker<'_> {
    /// The whole form.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let layout = layout::of(self.topic);
        let named: Vec<&str> = layout.groups.iter().flat_map(|group| group.fields).copied().collect();
        let left: Vec<&str> =
            self.shape.fields.iter().map(|(name, _)| name.as_str()).filter(|name| !named.contains(name)).collect();
        let mut pieces = Vec::new();
        for group in layout.groups {
            let mut inner = Vec::new();
            for name in group.fields {
                if let Some(shape) = self.shape.field(name) {
                    self.place(&layout, "", name, name, shape, &mut inner);
                }
            }
            self.group(group.zh, group.en, group.is_folded, inner, &mut pieces);
        }
        let mut inner = Vec::new();
        for name in left {
            if let Some(shape) = self.shape.field(name) {
                self.place(&layout, "", name, name, shape, &mut inner);
            }
        }
        if !inner.is_empty() {
            self.group("其他", "Other", true, inner, &mut pieces);
        }
        pieces
    }

    fn group(&self, zh: &'static str, en: &'static str, is_folded: bool, mut inner: Vec<Piece>, into: &mut Vec<Piece>) {
        let in_use = inner.iter().any(
            |piece| matches!(piece, Piece::Field(field) if !field.value.is_empty() || !field.complaints.is_empty()),
        );
        let is_shown = inner.iter().any(is_visible);
        let name = inner.iter().filter_map(name_of).collect::<Vec<_>>().join(" ");
        let title = if self.lang == Lang::En { en } else { zh };
        // A group of one list or one nest: the title is said once.
        let is_list = matches!(inner.first(), Some(Piece::Rows { .. }));
        if let Some(Piece::Rows { label, .. } | Piece::Nest { label, .. }) = inner.first_mut()
            && (is_list
                || label.as_str() == title
                || name.split(' ').all(|known| known.starts_with(name.split('.').next().unwrap_or_default())))
        {
            label.clear();
        }
        let is_folded = is_folded && !in_use;
        into.push(Piece::Group { title, is_folded, name, is_shown });
        into.extend(inner);
        into.push(Piece::EndGroup { is_folded });
    }

    /// A field with everything below it; `name` is its own name (`lines.1.place`), `pattern` that without numbers.
    fn place(&self, layout: &Layout, parent: &str, name: &str, pattern: &str, shape: &Shape, into: &mut Vec<Piece>) {
        let own = pattern.rsplit('.').next().unwrap_or(pattern);
        let is_shown = self.is_shown(layout, name, pattern);
        if let Some(item) = shape.item.as_deref().filter(|_| !shape.is_plain_list()) {
            // That a list is one of rows is seen; what counts for all of them is said.
            let hint = Some(self.hint(shape)).filter(|hint| hint.contains(['，', '；', ',', ';'])).unwrap_or_default();
            let one = one_of(own, self.lang).map_or_else(|| label(parent, own, self.lang), str::to_owned);
            into.push(Piece::Rows { name: name.to_owned(), label: label(parent, own, self.lang), hint, is_shown });
            for number in 1..=self.rows(name, shape) {
                let item_name = format!("{name}.{number}");
                let label = format!("{one} {number}");
                into.push(Piece::Row { name: item_name.clone(), label });
                self.fields(layout, own, &item_name, pattern, item, into);
                into.push(Piece::EndRow);
            }
            into.push(Piece::EndRows { name: name.to_owned(), one });
            return;
        }
        if shape.leaf.is_some() || shape.is_plain_list() {
            into.push(Piece::Field(Box::new(self.control(parent, own, name, shape, is_shown))));
        }
        if !shape.fields.is_empty() {
            // What may be a single value or a whole is named once.
            let label = if shape.leaf.is_some() { String::new() } else { label(parent, own, self.lang) };
            into.push(Piece::Nest { name: name.to_owned(), label, is_shown });
            self.fields(layout, own, name, pattern, shape, into);
            into.push(Piece::EndNest);
        }
    }

    fn fields(&self, layout: &Layout, parent: &str, name: &str, pattern: &str, shape: &Shape, into: &mut Vec<Piece>) {
        let is_item = name.rsplit('.').next().is_some_and(|last| last.parse::<usize>().is_ok());
        let is_rare = |field: &str| is_item && layout.rare.contains(&field);
        let mut folded = Vec::new();
        for (field, inner) in &shape.fields {
            let target = if is_rare(field) { &mut folded } else { &mut *into };
            self.place(layout, parent, &format!("{name}.{field}"), &format!("{pattern}.{field}"), inner, target);
        }
        if !folded.is_empty() {
            let is_open = folded.iter().any(
                |piece| matches!(piece, Piece::Field(field) if !field.value.is_empty() || !field.complaints.is_empty()),
            );
            into.push(Piece::Fold { is_open });
            into.append(&mut folded);
            into.push(Piece::EndFold);
        }
    }

    fn is_shown(&self, layout: &Layout, name: &str, pattern: &str) -> bool {
        let facts = Facts { book: self.book, values: self.values };
        let below = format!("{name}.");
        let in_use = |known: &str| known == name || known.starts_with(&below);
        let item = name.rsplit_once('.').map_or("", |(item, _)| item);
        let asked =
            layout.when.iter().find(|(known, _)| *known == pattern).is_none_or(|(_, when)| facts.hold(*when, item));
        asked
            || self.values.iter().any(|(known, _)| in_use(known))
            || self.complaints.iter().any(|complaint| in_use(&complaint.name))
    }

    /// How many rows a list shows: those that were filled, one more where somebody asked, and one where a list has to be
    /// there.
    fn rows(&self, name: &str, shape: &Shape) -> usize {
        let prefix = format!("{name}.");
        let numbers =
            self.values.iter().filter_map(|(known, _)| known.strip_prefix(&prefix)?.split('.').next()?.parse().ok());
        let filled: usize = numbers.max().unwrap_or(0);
        let wanted = self.added.iter().filter(|list| *list == name).count();
        (filled + wanted).max(usize::from(shape.about.is_required))
    }

    fn hint(&self, shape: &Shape) -> String {
        shape.about.description(self.lang).to_owned()
    }

    fn control(&self, parent: &str, own: &str, name: &str, shape: &Shape, is_shown: bool) -> Control {
        let declared = heads::of_request(parent, own).map_or(Unit::None, |head| head.unit);
        let is_money = declared == Unit::Yuan && !PRICES.contains(&own);
        let in_wan = is_money && self.unit == MoneyUnit::Wan;
        let value = self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let leaf = shape.leaf.as_ref().or_else(|| shape.item.as_deref().and_then(|item| item.leaf.as_ref()));
        let names = shape.about.names.as_deref().or_else(|| shape.item.as_deref()?.about.names.as_deref());
        let widget = match (leaf, names) {
            (_, Some("MineralName")) => Widget::Text("minerals"),
            (_, Some("DivisionName")) => Widget::Text("divisions"),
            (_, Some("DeemedSaleName")) => Widget::Text("deemed-sales"),
            _ if shape.is_plain_list() => Widget::Text(""),
            (Some(Leaf::Number), _) => Widget::Number,
            (Some(Leaf::Integer), _) => Widget::Integer,
            (Some(Leaf::Day), _) => Widget::Day,
            (Some(Leaf::Flag), _) => Widget::Choice(self.yes_and_no()),
            (Some(Leaf::Choice(codes)), _) => {
                Widget::Choice(codes.iter().map(|(code, word)| self.word(code, word)).collect())
            }
            _ => Widget::Text(""),
        };
        let unit = if is_money { Some(money_sign(self.unit, self.lang)) } else { unit_sign(declared, self.lang) };
        let amount = |text: &str| if in_wan { typed(text, MoneyUnit::Wan) } else { text.to_owned() };
        let placeholder = match widget {
            Widget::Number | Widget::Integer | Widget::Text(_) => amount(&shape.about.example_text()),
            Widget::Day | Widget::Choice(_) => String::new(),
        };
        Control {
            name: name.to_owned(),
            sent_as: if in_wan { format!("{WAN}{name}") } else { name.to_owned() },
            id: format!("f-{}", name.replace('.', "-")),
            label: label(parent, own, self.lang),
            full_label: label_of(name, self.lang),
            hint: hint_of(&self.hint(shape), &label(parent, own, self.lang), &widget, self.lang),
            unit,
            widget,
            value: amount(value),
            placeholder,
            is_required: shape.about.is_required,
            is_shown,
            complaints: self.complaints.iter().filter(|complaint| complaint.name == name).cloned().collect(),
        }
    }

    fn word(&self, code: &str, word: &str) -> (String, String) {
        let words = match self.lang {
            Lang::Zh if !word.is_empty() => word.to_owned(),
            Lang::Zh => code.to_owned(),
            Lang::En => in_words(code),
        };
        (code.to_owned(), words)
    }

    fn yes_and_no(&self) -> Vec<(String, String)> {
        let words = if self.lang == Lang::En { ["Yes", "No"] } else { ["是", "否"] };
        ["true", "false"].into_iter().zip(words).map(|(code, word)| (code.to_owned(), word.to_owned())).collect()
    }
}

/// What is said below a field: how names are found where there is a list of them, else what its declaration says, unless
/// the label or the choices say it.
fn hint_of(hint: &str, label: &str, widget: &Widget, lang: Lang) -> String {
    match widget {
        Widget::Text(list @ ("minerals" | "divisions")) => hint_of_list(list, lang).to_owned(),
        Widget::Choice(choices) if only_lists(hint, choices) => String::new(),
        _ => Some(hint).filter(|hint| says_more(hint, label)).unwrap_or_default().to_owned(),
    }
}

/// How a name is found in a list of the page.
pub(crate) fn hint_of_list(list: &str, lang: Lang) -> &'static str {
    match (list, lang) {
        ("minerals", Lang::Zh) => "名称、拼音首字母或英文，从列表中选",
        ("minerals", Lang::En) => "A name in English or Chinese; choose from the list",
        (_, Lang::Zh) => "名称或六位代码，从列表中选",
        (_, Lang::En) => "A Chinese name or the six-digit code; choose from the list",
    }
}

/// Whether a hint only lists the choices.
pub(crate) fn only_lists(hint: &str, choices: &[(String, String)]) -> bool {
    const JOINS: [&str; 15] = [
        "exploration",
        "mining",
        "right",
        "product",
        "others",
        "other",
        "area",
        "any",
        "by",
        "or",
        "of",
        "a",
        "yes",
        "no",
        "to",
    ];
    let mut rest = hint.to_lowercase();
    for (_, word) in choices {
        rest = rest.replace(&word.to_lowercase(), " ");
    }
    let mut words = rest.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| JOINS.contains(&word) || word.chars().all(|sign| "或其他产品海域矿权的".contains(sign)))
}

/// Whether a hint says more than the label with its unit, and says it to people.
pub(crate) fn says_more(hint: &str, label: &str) -> bool {
    let bare = match (hint.split_once('（'), hint.strip_suffix('）')) {
        (Some((bare, _)), Some(_)) => bare,
        _ => hint.trim_end_matches('.'),
    };
    // A few plain English words say the label once more: `Number of the licence.` below `Licence number`.
    let is_plain = hint.is_ascii() && !hint.contains([',', ';', '(']) && hint.split(' ').count() <= 5;
    bare != label && !is_plain && !hint.contains("true")
}

fn is_visible(piece: &Piece) -> bool {
    match piece {
        Piece::Field(field) => field.is_shown,
        Piece::Nest { is_shown, .. } | Piece::Rows { is_shown, .. } => *is_shown,
        _ => false,
    }
}

fn name_of(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Field(field) => Some(&field.name),
        Piece::Nest { name, .. } | Piece::Rows { name, .. } => Some(name),
        _ => None,
    }
}

/// The names of all fields, nests and lists that are asked for.
pub(crate) fn shown(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().filter(|piece| is_visible(piece)).filter_map(name_of).collect()
}
