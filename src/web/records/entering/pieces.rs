//! The fields of a form out of the shape of its request: how each is filled, with its label, hint, unit and suggestions.

use super::Form;
use crate::api::lang::Lang;
use crate::api::topic::Topic;
use crate::batch::heads::{self, Unit};
use crate::batch::model::{Leaf, Shape};
use crate::web::calc::form::{PRICES, hint_of_list, money_sign, only_lists, says_more, unit_sign};
use crate::web::money::typed;
use crate::web::page::Cited;
use crate::web::records::input::{FIELD, WAN};
use crate::web::records::{Desk, words};
use crate::web::visit::{MoneyUnit, Pairs};
use crate::web::words::one_of;

/// How a field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Widget {
    /// A text, perhaps with suggestions from a list of the page.
    Text(&'static str),
    Number,
    Integer,
    Day,
    /// One of several, each with its words.
    Choice(Vec<(String, String)>),
    /// Any of several.
    Checks(Vec<(String, String)>),
}

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) text: String,
    pub(super) law: Option<Cited>,
    pub(super) candidates: Vec<String>,
}

impl Complaint {
    pub(super) fn target(&self) -> String {
        id_of(&self.name)
    }
}

/// A field of the form.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) id: String,
    /// The name under which it is sent.
    pub(super) sent_as: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) unit: Option<&'static str>,
    pub(super) widget: Widget,
    pub(super) value: String,
    pub(super) placeholder: String,
    pub(super) is_required: bool,
    pub(super) complaints: Vec<Complaint>,
}

impl Control {
    pub(super) fn holds(&self, code: &str) -> bool {
        self.value.split('、').any(|value| value == code)
    }
}

/// A part of the form, in the order of the page.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Field(Box<Control>),
    Open { label: String },
    Close,
    Row { label: String },
    EndRow,
    Add { name: String, label: String },
    Fold { is_open: bool },
    EndFold,
}

pub(super) fn id_of(name: &str) -> String {
    format!("f-{}", name.replace('.', "-"))
}

/// The label of a field, by its own name, what holds it, and its whole name.
pub(super) fn label_at(desk: &Desk<'_>, parent: &str, own: &str, name: &str) -> String {
    let lang = desk.visit.lang;
    let words = if name.contains('.') { words::request_field(parent, own, lang) } else { words::field(own, lang) };
    // The unit stands beside the field.
    words.split('（').next().unwrap_or_default().split(" (").next().unwrap_or_default().to_owned()
}

/// Makes the pieces of a form.
pub(super) struct Maker<'a> {
    pub(super) form: &'a Form<'a>,
    pub(super) values: &'a Pairs,
    pub(super) complaints: &'a [Complaint],
    /// A list that shows one row more than was filled.
    pub(super) added: Option<&'a str>,
}

/// Fields of a calculation and of a line that are asked for at once; the others are folded away until they are needed.
const USUAL: [&str; 31] = [
    "as_of",
    "mineral",
    "minerals",
    "product",
    "revenue",
    "transfer_mode",
    "total",
    "signed_on",
    "right",
    "mine_scale",
    "licence",
    "plan",
    "from",
    "to",
    "first_payment_percent",
    "years",
    "starting_price",
    "transaction_price",
    "appraised_value",
    "benchmark_value",
    "values",
    "event",
    "acquired",
    "registered_minerals",
    "added_minerals",
    "reason",
    "sold_on",
    "lines",
    "province",
    "due_date",
    "annual_percent",
];

impl Maker<'_> {
    /// The fields of an object; `needed` says whether it has to be there.
    pub(super) fn fields(&self, parent: &str, above: &str, shape: &Shape, needed: bool, into: &mut Vec<Piece>) {
        let mut folded = Vec::new();
        for (field, inner) in &shape.fields {
            let name = format!("{above}{field}");
            if above.is_empty() && field == "topic" {
                continue;
            }
            let is_usual =
                above.is_empty() || inner.about.is_required || USUAL.contains(&field.as_str()) || self.is_in_use(&name);
            let target = if is_usual { &mut *into } else { &mut folded };
            self.place(parent, &name, inner, needed, target);
        }
        if !folded.is_empty() {
            into.push(Piece::Fold { is_open: false });
            into.append(&mut folded);
            into.push(Piece::EndFold);
        }
    }

    fn is_in_use(&self, name: &str) -> bool {
        let below = format!("{name}.");
        let is_here = |known: &str| known == name || known.starts_with(&below);
        self.values.iter().any(|(known, _)| is_here(known)) || self.complaints.iter().any(|it| is_here(&it.name))
    }

    fn place(&self, parent: &str, name: &str, shape: &Shape, needed: bool, into: &mut Vec<Piece>) {
        let own = name.rsplit('.').next().unwrap_or(name);
        let desk = self.form.desk;
        if let Some(item) = shape.item.as_deref().filter(|_| !shape.is_plain_list()) {
            let label = label_at(desk, parent, own, name);
            let one = one_of(own, desk.visit.lang).map_or_else(|| label.clone(), str::to_owned);
            into.push(Piece::Open { label });
            let prefix = format!("{name}.");
            let numbers = self
                .values
                .iter()
                .filter_map(|(known, _)| known.strip_prefix(&prefix)?.split('.').next()?.parse().ok());
            let filled: usize = numbers.max().unwrap_or(0);
            let wanted = usize::from(self.added == Some(name));
            for number in 1..=(filled + wanted).max(usize::from(shape.about.is_required)) {
                into.push(Piece::Row { label: format!("{one} {number}") });
                self.fields(own, &format!("{name}.{number}."), item, true, into);
                into.push(Piece::EndRow);
            }
            let label = match desk.visit.lang {
                Lang::Zh => format!("增加{one}"),
                Lang::En => format!("Add {}", one.to_lowercase()),
            };
            into.push(Piece::Add { name: name.to_owned(), label });
            into.push(Piece::Close);
            return;
        }
        if shape.leaf.is_some() || shape.is_plain_list() || shape.fields.is_empty() {
            into.push(Piece::Field(Box::new(self.control(parent, own, name, shape, needed))));
        }
        if !shape.fields.is_empty() {
            let label = match own {
                "request" => desk.topic(self.form.topic.map_or("", Topic::slug)),
                own => label_at(desk, parent, own, name),
            };
            into.push(Piece::Open { label });
            let parent = if own == "request" { "" } else { own };
            self.fields(parent, &format!("{name}."), shape, needed && shape.about.is_required, into);
            into.push(Piece::Close);
        }
    }

    fn control(&self, parent: &str, own: &str, name: &str, shape: &Shape, needed: bool) -> Control {
        let desk = self.form.desk;
        let lang = desk.visit.lang;
        let values = self.values.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.collect::<Vec<_>>().join("、");
        let unit = match own {
            "amount" | "base" | "deduction" | "already_paid" => Unit::Yuan,
            _ => heads::of_request(parent, own).map_or(Unit::None, |head| head.unit),
        };
        let widget = self.widget(own, name, shape);
        let is_money = unit == Unit::Yuan && !PRICES.contains(&own);
        let in_wan = is_money && desk.visit.unit == MoneyUnit::Wan;
        let amount = |text: &str| if in_wan { typed(text, MoneyUnit::Wan) } else { text.to_owned() };
        let is_party = words::is_party(name, &self.form.path);
        let value = if is_party && value.starts_with('P') { desk.party_in_full(&value) } else { amount(&value) };
        let label = label_at(desk, parent, own, name);
        let placeholder = match widget {
            // An id of the interface is no example for people.
            Widget::Text("parties") => String::new(),
            Widget::Number | Widget::Integer | Widget::Text(_) => amount(&shape.about.example_text()),
            _ => String::new(),
        };
        Control {
            id: id_of(name),
            hint: match (&widget, is_party) {
                (Widget::Text(list @ ("minerals" | "divisions")), _) => hint_of_list(list, lang).to_owned(),
                (_, true) => desk
                    .pick(
                        "已登记当事人的名称或统一社会信用代码",
                        "Name or unified social credit code of a registered party",
                    )
                    .to_owned(),
                (_, false) => {
                    let hint = shape.about.description(lang);
                    let is_list = matches!(&widget, Widget::Choice(choices) if only_lists(hint, choices));
                    Some(hint).filter(|hint| !is_list && says_more(hint, &label)).unwrap_or_default().to_owned()
                }
            },
            label,
            sent_as: format!("{FIELD}{}{name}", if in_wan { WAN } else { "" }),
            unit: if is_money { Some(money_sign(desk.visit.unit, lang)) } else { unit_sign(unit, lang) },
            widget,
            value,
            placeholder,
            is_required: needed && shape.about.is_required,
            complaints: self.complaints.iter().filter(|it| it.name == name).cloned().collect(),
        }
    }

    fn widget(&self, own: &str, name: &str, shape: &Shape) -> Widget {
        let desk = self.form.desk;
        let around = &self.form.around;
        let is_own = !name.contains('.') && around.right.is_some();
        let names = shape.about.names.as_deref().or_else(|| shape.item.as_deref()?.about.names.as_deref());
        match (own, &shape.leaf, names) {
            _ if words::is_party(name, &self.form.path) => Widget::Text("parties"),
            ("to", ..) if is_own && self.form.path.ends_with("/conversions") => Widget::Choice(around.rights.clone()),
            ("item", ..) if is_own && !around.items.is_empty() => Widget::Choice(around.items.clone()),
            ("items", ..) if is_own && !around.items.is_empty() => Widget::Checks(around.items.clone()),
            ("payment", ..) if is_own => Widget::Choice(around.payments.clone()),
            ("assessment", ..) if is_own => Widget::Choice(around.assessments.clone()),
            (_, _, Some("MineralName")) => Widget::Text("minerals"),
            (_, _, Some("DivisionName")) => Widget::Text("divisions"),
            (_, _, Some("SplitClassCode")) => Widget::Choice(desk.classes()),
            _ if shape.is_plain_list() => Widget::Text(""),
            (_, Some(Leaf::Number), _) => Widget::Number,
            (_, Some(Leaf::Integer), _) => Widget::Integer,
            (_, Some(Leaf::Day), _) => Widget::Day,
            (_, Some(Leaf::Flag), _) => Widget::Choice(vec![
                ("true".to_owned(), desk.pick("是", "Yes").to_owned()),
                ("false".to_owned(), desk.pick("否", "No").to_owned()),
            ]),
            (_, Some(Leaf::Choice(codes)), _) => Widget::Choice(
                codes
                    .iter()
                    .map(|(code, _)| {
                        (code.clone(), words::value(own, code, desk.visit.lang).unwrap_or_else(|| code.clone()))
                    })
                    .collect(),
            ),
            _ => Widget::Text(""),
        }
    }
}
