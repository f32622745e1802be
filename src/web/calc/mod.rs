//! `/calc`: a form for every calculation, its result beside it. A form is sent by `GET`; its address is the link that
//! reproduces the calculation. The figures are those of the API, from the same call.

mod downloads;
mod facts;
pub(super) mod fault;
pub(super) mod form;
mod input;
mod layout;
mod life;
mod view;

use std::sync::LazyLock;

use actix_web::http::header::HeaderName;
use askama::Template;
use serde_json::Value as Json;

use self::fault::Complaint;
use self::form::{Maker, Piece, Widget};
use self::input::Input;
use self::view::{Block, View, Writer};
use super::http::{Failure, Route, html, redirect};
use super::page::{Page, Section};
use super::visit::{Pairs, Visit, address};
use super::words::Words;
use crate::api::lang::Lang;
use crate::api::query::Explain;
use crate::api::reply::Reply;
use crate::api::sheet::code_in_chinese;
use crate::api::topic::{Call, Topic, answer};
use crate::batch::model::{self, Shape};
use crate::domain::context::Detail;
use crate::domain::rate_book::RateBook;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/calc", index),
    Route::get("/calc/{topic}", calculator),
    downloads::JSON,
    downloads::TEXT,
    downloads::PDF,
    downloads::XLSX,
];

/// The topics in the order in which a right meets them, in groups.
pub(super) const GROUPS: &[(&str, &str, &[Topic])] = &[
    ("先判定", "Which rule", &[Topic::Assessment]),
    (
        "出让时",
        "At the grant",
        &[Topic::StartingPrice, Topic::TransferIncome, Topic::BenchmarkValue, Topic::UnpaidReserves],
    ),
    ("逐年与分期", "Year by year", &[Topic::AnnualIncome, Topic::Instalments, Topic::Split]),
    (
        "逾期与清算",
        "Late and settled",
        &[Topic::LateFee, Topic::Arrears, Topic::TrueUp, Topic::Refund, Topic::FundOccupationCharge],
    ),
];

/// The calculations that an assessment of the records can be drafted by.
pub(super) const ASSESSED: [Topic; 5] =
    [Topic::TransferIncome, Topic::Instalments, Topic::Arrears, Topic::FundOccupationCharge, Topic::Assessment];

/// The shapes of a topic's request and answer.
pub(super) struct Shapes {
    pub(super) request: Shape,
    pub(super) answer: Shape,
}

/// The shapes of a topic, made once.
pub(super) fn shapes(topic: Topic) -> &'static Shapes {
    static ALL: LazyLock<Vec<(Topic, Shapes)>> = LazyLock::new(|| {
        let shapes = |topic| Shapes { request: model::of_request(topic), answer: model::of_answer(topic) };
        Topic::ALL.iter().map(|topic| (*topic, shapes(*topic))).collect()
    });
    static NONE: LazyLock<Shapes> = LazyLock::new(|| Shapes { request: Shape::default(), answer: Shape::default() });
    ALL.iter().find(|(known, _)| *known == topic).map_or(&NONE, |(_, shapes)| shapes)
}

/// The name of a topic in a language.
pub(super) fn name_of(topic: Topic, lang: Lang) -> &'static str {
    let summary = topic.doc().summary;
    let (zh, en) = summary.split_once('·').unwrap_or((summary, summary));
    if lang == Lang::En { en.trim() } else { zh.trim() }
}

/// What a topic computes, in the words of the API's document.
pub(super) fn description_of(topic: Topic, lang: Lang) -> Vec<&'static str> {
    let half = |part: &str| {
        !part.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign) && sign != '普' && sign != '查')
    };
    let parts = topic.doc().description.split("\n\n");
    parts.filter(|part| half(part) == (lang == Lang::En)).collect()
}

/// The first sentence of a text and the rest of it.
fn first_sentence(text: &'static str) -> (&'static str, &'static str) {
    let ends = ["。", ". "].into_iter().filter_map(|mark| Some(text.find(mark)? + mark.len())).min();
    ends.and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}

/// Where a topic's form is.
pub(super) fn path_of(topic: Topic) -> String {
    match topic {
        Topic::Projections => "/projection".to_owned(),
        other => format!("/calc/{}", other.slug()),
    }
}

/// The address of a calculation of these values.
pub(super) fn address_of(topic: Topic, values: &Pairs, lang: Lang) -> String {
    let pairs = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    super::visit::link(&address(&path_of(topic), pairs), lang)
}

/// The values of a request as a form has them.
pub(super) fn values_of(topic: Topic, request: &Json) -> Pairs {
    let mut values = Pairs::new();
    input::flatten(request, &shapes(topic).request, String::new(), &mut values);
    values
}

#[derive(Template)]
#[template(path = "web/calc/index.html")]
struct Index<'v> {
    page: Page<'v>,
    groups: Vec<(&'static str, Vec<Entry>)>,
}

struct Entry {
    href: String,
    name: &'static str,
    about: &'static str,
}

fn index(visit: &Visit) -> Result<Reply, Failure> {
    let lang = visit.lang;
    let entry = |topic: &Topic| Entry {
        href: visit.link(&path_of(*topic)),
        name: name_of(*topic, lang),
        about: first_sentence(description_of(*topic, lang).first().copied().unwrap_or_default()).0,
    };
    let groups = GROUPS
        .iter()
        .map(|(zh, en, topics)| (if lang == Lang::En { *en } else { *zh }, topics.iter().map(entry).collect()));
    let page = Page::new(visit, Section::Calculate, Words::of(lang).calculate);
    html(200, &Index { page, groups: groups.collect() })
}

/// What came of a form.
pub(super) enum Outcome {
    /// Nothing was filled.
    Empty,
    /// Something is wrong, or missing.
    Refused(Vec<Complaint>),
    /// An answer.
    Answered(Box<View>),
}

/// A form with what came of it.
pub(super) struct Worked {
    pub(super) topic: Topic,
    pub(super) input: Input,
    pub(super) outcome: Outcome,
}

impl Worked {
    /// Reads what was sent and computes it.
    pub(super) fn of(visit: &Visit, topic: Topic, sent: &Pairs) -> Worked {
        let Shapes { request, answer: shape } = shapes(topic);
        let input = Input::of(topic, request, sent);
        let book = &visit.service.book;
        if input.is_empty() {
            return Worked { topic, input, outcome: Outcome::Empty };
        }
        let lang = visit.lang;
        if !input.faults.is_empty() {
            let complaint = |(pointer, text): &(String, crate::domain::error::Text)| {
                fault::at(pointer, lang.pick(text).to_owned(), None, Vec::new(), request, &input, lang)
            };
            let complaints = input.faults.iter().map(complaint).collect();
            return Worked { topic, input, outcome: Outcome::Refused(complaints) };
        }
        let reply = run(book, topic, &input.body, lang, &visit.request_id);
        let json: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
        let outcome = if reply.is_success() {
            let writer = Writer { book, lang, unit: visit.unit };
            Outcome::Answered(Box::new(writer.view(topic, shape, &json)))
        } else {
            Outcome::Refused(fault::of_problem(&json, request, &input, lang))
        };
        Worked { topic, input, outcome }
    }

    /// What is wrong, or missing.
    pub(super) fn complaints(&self) -> &[Complaint] {
        match &self.outcome {
            Outcome::Refused(complaints) => complaints,
            _ => &[],
        }
    }
}

/// The answer of the API to a request.
pub(super) fn run(book: &RateBook, topic: Topic, body: &str, lang: Lang, request_id: &str) -> Reply {
    let call = Call { book, lang, detail: Detail::Steps, explain: Explain::Applied, request_id };
    answer(topic, body.as_bytes(), call)
}

/// A suggestion of a list.
struct Suggestion {
    value: String,
    more: String,
}

#[derive(Template)]
#[template(path = "web/calc/calculator.html")]
struct Calculator<'v> {
    page: Page<'v>,
    topic: Topic,
    name: &'static str,
    lead: &'static str,
    about: Vec<&'static str>,
    pieces: Vec<Piece>,
    worked: &'v Worked,
    /// Whether faults of empty fields are shown as such: somebody asked for the result.
    is_asked: bool,
    link: String,
    examples: Vec<(String, String)>,
    shown: String,
    minerals: Vec<Suggestion>,
    divisions: Vec<Suggestion>,
    deemed_sales: Vec<Suggestion>,
}

/// The part of a calculator that changes while one types.
#[derive(Template)]
#[template(path = "web/calc/partial.html")]
struct Partial<'v> {
    page: Page<'v>,
    topic: Topic,
    name: &'static str,
    pieces: Vec<Piece>,
    worked: &'v Worked,
    is_asked: bool,
    link: String,
    shown: String,
}

/// What both the page and its part need.
macro_rules! takes_away {
    ($page:ident) => {
        impl $page<'_> {
            /// The address of a download of this calculation.
            fn download(&self, file: &str) -> String {
                let values = self.worked.input.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                self.page.link(&address(&format!("/calc/{}/{file}", self.topic.slug()), values))
            }

            /// What is said to be wrong: fields that are only empty yet, when somebody asked for the result.
            fn said(&self) -> impl Iterator<Item = &Complaint> {
                let is_asked = self.is_asked;
                self.worked.complaints().iter().filter(move |complaint| is_asked || !complaint.is_missing)
            }

            /// Where these facts go into the records: a draft of an assessment, or a declaration.
            fn carried(&self) -> Option<(String, &'static str)> {
                let words = self.page.words;
                let label = match self.topic {
                    Topic::AnnualIncome => words.declare_this,
                    topic if ASSESSED.contains(&topic) => words.draft_this,
                    _ => return None,
                };
                let values = self.worked.input.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let pairs = [("topic", self.topic.slug())].into_iter().chain(values);
                Some((self.page.link(&address("/records/carry", pairs)), label))
            }

            /// The answer as text.
            fn copied(&self, view: &View) -> String {
                downloads::text_of(view, self.name)
            }
        }
    };
}

takes_away!(Calculator);
takes_away!(Partial);

const PUSH_URL: HeaderName = HeaderName::from_static("hx-push-url");
const REPLACE_URL: HeaderName = HeaderName::from_static("hx-replace-url");

fn calculator(visit: &Visit) -> Result<Reply, Failure> {
    let topic = Topic::from_slug(&visit.name).ok_or(Failure::NotFound)?;
    if topic == Topic::Projections {
        return Ok(redirect(visit.link(&path_of(topic))));
    }
    show(visit, topic, Section::Calculate)
}

/// The page of a topic, or the part of it that the script asks for.
pub(super) fn show(visit: &Visit, topic: Topic, section: Section) -> Result<Reply, Failure> {
    let changes_rows = visit.changes_rows();
    let sent = without_row(&visit.query, visit.parameter("remove").filter(|_| changes_rows));
    let worked = Worked::of(visit, topic, &sent);
    let link = address_of(topic, &worked.input.values, visit.lang);
    if worked.input.is_rewritten && !visit.is_partial && !changes_rows {
        return Ok(redirect(link));
    }
    let is_asked = visit.parameter("go").is_some() || !visit.is_partial;
    let lang = visit.lang;
    let added: Vec<String> =
        visit.query.iter().filter(|(name, _)| name == "add").map(|(_, value)| value.clone()).collect();
    let silent = changes_rows || !is_asked;
    let complaints: Vec<Complaint> =
        worked.complaints().iter().filter(|complaint| !(silent && complaint.is_missing)).cloned().collect();
    let maker = Maker {
        topic,
        shape: &shapes(topic).request,
        book: &visit.service.book,
        lang,
        unit: visit.unit,
        values: &worked.input.values,
        complaints: &complaints,
        added: &added,
    };
    let pieces = maker.pieces();
    let shown = form::shown(&pieces).join(" ");
    let is_asked = !silent;
    let name = name_of(topic, lang);
    let page = Page::new(visit, section, name).with_charts().at(worked.input.values.clone());
    if visit.is_partial && !changes_rows {
        let mut reply =
            html(200, &Partial { page, topic, name, pieces, worked: &worked, is_asked, link: link.clone(), shown })?;
        let header = if is_asked { PUSH_URL } else { REPLACE_URL };
        reply.headers.push((header, link.into()));
        return Ok(reply);
    }
    let book = &visit.service.book;
    let mut about = description_of(topic, lang).into_iter();
    let (lead, rest) = first_sentence(about.next().unwrap_or_default());
    let example = |(name, request): (&str, Json)| {
        // Several examples are told apart by what happened.
        let event = request.get("event").and_then(Json::as_str).unwrap_or_default();
        let words = match lang {
            Lang::Zh => code_in_chinese("event", event).unwrap_or_default().to_owned(),
            Lang::En => form::in_words(event).to_lowercase(),
        };
        let label = format!("{words} {}", name.to_uppercase());
        (label.trim().to_owned(), address_of(topic, &values_of(topic, &request), lang))
    };
    html(
        200,
        &Calculator {
            page,
            topic,
            name,
            lead,
            about: [rest].into_iter().chain(about).filter(|text| !text.is_empty()).collect(),
            pieces,
            worked: &worked,
            is_asked,
            link,
            examples: topic.examples().into_iter().map(example).collect(),
            shown,
            minerals: minerals(book, lang),
            divisions: divisions(book, lang),
            deemed_sales: book
                .deemed_sales
                .iter()
                .map(|sale| Suggestion { value: sale.zh.clone(), more: sale.en.clone() })
                .collect(),
        },
    )
}

/// What was sent without the fields of a row that is taken away; the rows after it move up.
fn without_row(sent: &Pairs, row: Option<&str>) -> Pairs {
    let Some((list, number)) = row.and_then(|row| row.rsplit_once('.')) else { return sent.clone() };
    let Ok(removed) = number.parse::<usize>() else { return sent.clone() };
    let moved = |name: &str| -> Option<String> {
        let (mark, bare) = name.strip_prefix(input::WAN).map_or(("", name), |bare| (input::WAN, bare));
        let Some(rest) = bare.strip_prefix(list).and_then(|rest| rest.strip_prefix('.')) else {
            return Some(name.to_owned());
        };
        let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
        match number.parse::<usize>() {
            Ok(number) if number == removed => None,
            Ok(number) if number > removed => Some(format!("{mark}{list}.{}.{field}", number - 1)),
            _ => Some(name.to_owned()),
        }
    };
    sent.iter().filter_map(|(name, value)| Some((moved(name)?, value.clone()))).collect()
}

fn minerals(book: &RateBook, lang: Lang) -> Vec<Suggestion> {
    let suggestion = |mineral: &crate::domain::mineral::Mineral| {
        let zh = mineral.name_zh();
        match lang {
            Lang::Zh => Suggestion {
                value: zh.to_owned(),
                more: format!("{} · {}", super::minerals::initials(zh), mineral.en),
            },
            Lang::En => Suggestion { value: mineral.en.clone(), more: zh.to_owned() },
        }
    };
    book.minerals.iter().map(|(_, mineral)| suggestion(mineral)).collect()
}

fn divisions(book: &RateBook, lang: Lang) -> Vec<Suggestion> {
    let suggestion = |division: &crate::domain::place::Division| {
        let zh = division.name_zh();
        let more = if lang == Lang::En { division.en.clone() } else { super::minerals::initials(zh) };
        Suggestion { value: zh.to_owned(), more }
    };
    book.divisions.iter().map(suggestion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_taken_away_leaves_no_gap() {
        let pairs = |list: &[(&str, &str)]| -> Pairs {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let sent = pairs(&[("a", "1"), ("p.1.x", "2"), ("wan:p.2.y", "3"), ("p.3.x", "4"), ("pp.2.x", "5")]);
        let left = pairs(&[("a", "1"), ("p.1.x", "2"), ("p.2.x", "4"), ("pp.2.x", "5")]);
        assert_eq!(without_row(&sent, Some("p.2")), left);
        assert_eq!(without_row(&sent, None), sent);
    }

    #[test]
    fn every_topic_is_in_a_group_or_has_a_page_of_its_own() {
        for topic in Topic::ALL {
            let listed = GROUPS.iter().filter(|(.., topics)| topics.contains(topic)).count();
            assert_eq!(listed, usize::from(*topic != Topic::Projections), "{topic:?}");
        }
    }
}
