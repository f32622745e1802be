//! Entering: a form out of the shape of a request, what it would record, and recording it once. Every writing endpoint of the
//! records has its form by being there: fields, words, permission and what happens come from its declaration.
//!
//! The key of the request is made with the form. Sending it twice, or once more after the answer was lost, records once.

use askama::Template;
use serde_json::Value as Json;

use super::input::{FIELD, WAN, body, filled, flattened, name_at};
use super::rights::half;
use super::show::{Part, list, plain, text};
use super::{Desk, Made, Stop, at_desk, problem, words};
use crate::api::lang::Lang;
use crate::api::records::Write;
use crate::api::records::inside::write_at;
use crate::api::reply::Reply;
use crate::api::sessions::random_text;
use crate::api::topic::Topic;
use crate::batch::heads::{self, Unit};
use crate::batch::model::{Leaf, Shape, of_body, of_request};
use crate::web::calc::form::{PRICES, hint_of_list, money_sign, only_lists, says_more, unit_sign};
use crate::web::http::{Failure, html, redirect};
use crate::web::money::typed;
use crate::web::page::{Cited, Page};
use crate::web::visit::{MoneyUnit, Pairs, Visit, address};
use crate::web::words::one_of;

/// How a field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Widget {
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
struct Complaint {
    name: String,
    label: String,
    text: String,
    law: Option<Cited>,
    candidates: Vec<String>,
}

impl Complaint {
    fn target(&self) -> String {
        id_of(&self.name)
    }
}

/// A field of the form.
#[derive(Clone, Debug)]
struct Control {
    id: String,
    /// The name under which it is sent.
    sent_as: String,
    label: String,
    hint: String,
    unit: Option<&'static str>,
    widget: Widget,
    value: String,
    placeholder: String,
    is_required: bool,
    complaints: Vec<Complaint>,
}

impl Control {
    fn holds(&self, code: &str) -> bool {
        self.value.split('、').any(|value| value == code)
    }
}

/// A part of the form, in the order of the page.
#[derive(Clone, Debug)]
enum Piece {
    Field(Box<Control>),
    Open { label: String },
    Close,
    Row { label: String },
    EndRow,
    Add { name: String, label: String },
    Fold { is_open: bool },
    EndFold,
}

fn id_of(name: &str) -> String {
    format!("f-{}", name.replace('.', "-"))
}

/// What the page knows beside the request: the records that the form is about.
#[derive(Default)]
struct Around {
    /// The right, where the form is about one.
    right: Option<String>,
    licence: String,
    facts: Json,
    items: Vec<(String, String)>,
    payments: Vec<(String, String)>,
    assessments: Vec<(String, String)>,
    /// The other rights of the holder, where the form asks for one.
    rights: Vec<(String, String)>,
    /// The entry that the form answers: a draft, a notice, what is to be reversed.
    subject: Vec<Part>,
    heading: String,
}

struct Form<'v> {
    desk: &'v Desk<'v>,
    /// The path in the API.
    path: String,
    write: &'static Write,
    shape: Shape,
    topic: Option<Topic>,
    around: Around,
}

#[derive(Template)]
#[template(path = "web/records/enter.html")]
struct Enter<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    title: String,
    about: String,
    action: String,
    right: Option<(String, String)>,
    heading: String,
    subject: Vec<Part>,
    /// The calculations to choose from, before one is chosen.
    topics: Vec<(String, String)>,
    topic: Option<String>,
    pieces: Vec<Piece>,
    once: String,
    complaints: Vec<Complaint>,
    preview: Option<Preview>,
    minerals: Vec<String>,
    divisions: Vec<String>,
    parties: Vec<String>,
    recorded: Option<String>,
}

impl Enter<'_> {
    /// The right that the entry belongs to, where the path does not say it.
    fn of(&self) -> Option<&str> {
        self.page.visit.parameter("of").or_else(|| self.page.visit.field("of"))
    }
}

/// What would be recorded.
struct Preview {
    kind: String,
    effective_on: String,
    parts: Vec<Part>,
    postings: Vec<(String, String, String)>,
    /// The form again, to be sent once more.
    values: Pairs,
}

pub(super) fn form(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        let form = Form::of(desk)?;
        let mut values = form.defaults();
        let asked: Pairs = visit.query.iter().filter(|(name, _)| form.takes(name)).cloned().collect();
        // Facts that come with the address are whole: what the registration would add could contradict them.
        if asked.iter().any(|(name, _)| name.starts_with("request.")) {
            values.retain(|(known, _)| !known.starts_with("request."));
        }
        for (name, _) in &asked {
            values.retain(|(known, _)| known != name);
        }
        values.extend(asked);
        form.shown(200, &values, &[], None, &random()?, None)
    })
}

/// Whether somebody sends a form of these.
pub(super) fn is_form(visit: &Visit) -> bool {
    !visit.form.is_empty() && visit.path.starts_with(PATH)
}

/// Where the forms are.
pub(super) const PATH: &str = "/records/new/";

fn random() -> Result<String, Failure> {
    random_text().map_err(|error| {
        tracing::error!(%error, "no random numbers for a form");
        Failure::Internal
    })
}

pub(super) fn enter(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        if !desk.is_own_form() {
            return Err(Failure::Foreign.into());
        }
        let form = Form::of(desk)?;
        let mut values = filled(&visit.form);
        // A suggestion was pressed: `choose:f.holder:` and what it says.
        let chosen =
            visit.field("step").and_then(|step| step.strip_prefix("choose:")?.strip_prefix(FIELD)?.split_once(':'));
        if let Some((name, value)) = chosen {
            values.retain(|(known, _)| known != name);
            values.push((name.to_owned(), value.to_owned()));
        }
        let (values, unclear) = form.with_parties(values)?;
        let once = match visit.field("once").filter(|once| once.len() == 64) {
            Some(once) => once.to_owned(),
            None => random()?,
        };
        let request = form.body(&values);
        match visit.field("step") {
            Some("record") if unclear.is_empty() => form.recorded(&values, &request, &once),
            Some("edit") => form.shown(200, &values, &[], None, &once, None),
            Some(step) if step.starts_with("choose:") => form.shown(200, &values, &[], None, &once, None),
            Some(step) if step.starts_with("add:") => {
                form.shown(200, &values, &[], step.strip_prefix("add:"), &once, None)
            }
            _ if !unclear.is_empty() => form.shown(422, &values, &unclear, None, &once, None),
            _ => form.previewed(&values, &request, &once),
        }
    })
}

impl<'v> Form<'v> {
    /// The form of the endpoint that the address names, for whoever may use it.
    fn of(desk: &'v Desk<'v>) -> Result<Form<'v>, Stop> {
        let visit = desk.visit;
        let path = format!("/v1/{}", visit.name);
        let write = write_at(&path).ok_or(Failure::NotFound)?;
        if !desk.may(write.permission) {
            return Err(Stop::Refused(desk.inside.forbidden(&desk.who)));
        }
        let mut shape = of_body(write.doc.body);
        let asked = visit.field("topic").or_else(|| visit.parameter("topic"));
        let mut topic = None;
        if let Some(offered) = shape.fields.iter().find(|(name, _)| name == "topic").map(|(_, shape)| shape.clone()) {
            topic =
                asked.filter(|slug| codes(&offered).iter().any(|(code, _)| code == slug)).and_then(Topic::from_slug);
            if let (Some(topic), Some((_, request))) =
                (topic, shape.fields.iter_mut().find(|(name, _)| name == "request"))
            {
                *request = of_request(topic);
                request.about.is_required = true;
            }
        }
        let around = Around::of(desk, &path)?;
        Ok(Form { desk, path, write, shape, topic, around })
    }

    /// Whether a parameter of the address is a field of the form.
    fn takes(&self, name: &str) -> bool {
        let own = name.split('.').next().unwrap_or_default();
        own != "topic" && self.shape.field(own).is_some()
    }

    /// The parties that were named by code or name, by their ids; and what is said where that is none, or several.
    fn with_parties(&self, mut values: Pairs) -> Result<(Pairs, Vec<Complaint>), Stop> {
        let desk = self.desk;
        let mut unclear = Vec::new();
        for (name, value) in &mut values {
            if !words::is_party(name, &self.path) {
                continue;
            }
            let found = desk.parties_named(value)?;
            if let [(id, _)] = found.as_slice() {
                value.clone_from(id);
                continue;
            }
            let text = match found.is_empty() {
                true => desk.pick(
                    "没有登记这个名称或统一社会信用代码的当事人；请先登记当事人",
                    "no party is registered under this name or credit code: register it first",
                ),
                false => desk.pick("有多个当事人符合，请选定一个", "several parties fit: choose one"),
            };
            unclear.push(Complaint {
                name: name.clone(),
                label: self.label_of(name),
                text: text.to_owned(),
                law: None,
                candidates: found.into_iter().map(|(_, shown)| shown).collect(),
            });
        }
        Ok((values, unclear))
    }

    fn title(&self) -> String {
        half(self.desk, self.write.doc.summary).to_owned()
    }

    /// The description: its first paragraph is Chinese, the second English.
    fn about(&self) -> String {
        let mut parts = self.write.doc.description.split("\n\n");
        let (zh, en) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        self.desk.pick_text(zh, en).to_owned()
    }

    fn body(&self, values: &Pairs) -> Json {
        let mut request = body(values, &self.shape);
        if let (Some(topic), Some(fields)) = (self.topic, request.as_object_mut()) {
            fields.insert("topic".to_owned(), topic.slug().into());
            fields.entry("request").or_insert_with(|| Json::Object(serde_json::Map::new()));
        }
        request
    }

    /// What a new form begins with: today, and what the registration says.
    fn defaults(&self) -> Pairs {
        let mut values = Pairs::new();
        let today = self.desk.today();
        let mut set = |name: &str, value: &str| {
            if !value.is_empty() {
                values.push((name.to_owned(), value.to_owned()));
            }
        };
        let has = |name: &str| self.shape.field(name).is_some();
        for day in ["effective_on", "paid_on", "received_on", "as_of"] {
            if has(day) {
                set(day, &today);
            }
        }
        if has("verdict") {
            set("verdict", "confirm");
        }
        let facts = &self.around.facts;
        let Some(request) = self.shape.field("request").filter(|_| self.topic.is_some()) else { return values };
        let known = |name: &str| text(facts, &format!("/{name}"));
        let minerals: Vec<&str> = list(facts, "minerals").filter_map(Json::as_str).collect();
        let signed = known("contract_signed_on");
        let named = |code: &str| self.desk.mineral(code);
        let offered = [
            ("as_of", if signed.is_empty() { today.clone() } else { signed.to_owned() }),
            ("signed_on", signed.to_owned()),
            ("contract_signed_on", signed.to_owned()),
            ("mineral", minerals.first().copied().map(named).unwrap_or_default()),
            ("registered_minerals", minerals.iter().copied().map(named).collect::<Vec<_>>().join("、")),
            ("transfer_mode", known("transfer_mode").to_owned()),
            ("right", known("right").to_owned()),
            ("mine_scale", known("mine_scale").to_owned()),
        ];
        for (name, value) in &offered {
            if request.field(name).is_some() {
                set(&format!("request.{name}"), value);
            }
        }
        if request.field("licence").is_some() {
            set("request.licence.from", known("term_from"));
            set("request.licence.to", known("term_to"));
        }
        values
    }

    fn complaints(&self, refused: &Json) -> Vec<Complaint> {
        let found: Vec<Complaint> = list(refused, "errors")
            .map(|error| {
                let name = name_at(text(error, "/pointer"), &self.shape);
                Complaint {
                    label: self.label_of(&name),
                    text: text(error, "/detail").to_owned(),
                    law: Cited::of(error),
                    candidates: list(error, "candidates").map(plain).collect(),
                    name,
                }
            })
            .collect();
        match found.is_empty() {
            false => found,
            true => vec![Complaint {
                name: String::new(),
                label: String::new(),
                text: text(refused, "/detail").to_owned(),
                law: None,
                candidates: Vec::new(),
            }],
        }
    }

    fn label_of(&self, name: &str) -> String {
        let mut parent = "";
        let mut words = Vec::new();
        for part in name.split('.').filter(|part| *part != "request" && !part.is_empty()) {
            match part.parse::<usize>() {
                Ok(_) => words.push(part.to_owned()),
                Err(_) => {
                    words.push(label_at(self.desk, parent, part, name));
                    parent = part;
                }
            }
        }
        words.join(" · ")
    }

    fn previewed(&self, values: &Pairs, request: &Json, once: &str) -> Made {
        let page = self.desk.page("").own_address();
        let reply = self.desk.inside.preview(&page, &self.path, request.to_string().into_bytes());
        let answer = problem(&reply);
        if !reply.is_success() {
            return self.refused(&reply, &answer, values, once);
        }
        let lang = self.desk.visit.lang;
        let fresh = |text: &str| match text.strip_prefix("I0-") {
            Some(number) => format!("{} {number}", self.desk.pick("新项", "new item")),
            None => text.to_owned(),
        };
        let preview = Preview {
            kind: words::kind(text(&answer, "/kind"), lang),
            effective_on: text(&answer, "/effective_on").to_owned(),
            parts: self.desk.parts(answer.get("content").unwrap_or(&Json::Null)),
            postings: list(&answer, "postings")
                .map(|it| {
                    let account = words::account(text(it, "/account"), lang);
                    (account, fresh(text(it, "/item")), self.desk.money(text(it, "/amount")))
                })
                .collect(),
            values: values.iter().map(|(name, value)| (format!("{FIELD}{name}"), value.clone())).collect(),
        };
        self.shown(200, values, &[], None, once, Some(preview))
    }

    /// What was refused is mended in the form; who may not even ask gets a page that says so.
    fn refused(&self, reply: &Reply, answer: &Json, values: &Pairs, once: &str) -> Made {
        if matches!(reply.status, 400 | 409 | 422) {
            let mut again = Pairs::new();
            flattened(&self.body(values), "", &mut again);
            return self.shown(reply.status, &again, &self.complaints(answer), None, once, None);
        }
        Err(Stop::Refused(reply.clone()))
    }

    fn recorded(&self, values: &Pairs, request: &Json, once: &str) -> Made {
        let reply = self.desk.inside.post(&self.path, once, request.to_string().into_bytes());
        let entry = problem(&reply);
        if !reply.is_success() {
            return self.refused(&reply, &entry, values, once);
        }
        let number = entry.get("entry").map(plain).unwrap_or_default();
        let subject = text(&entry, "/subject");
        let shown = |path: &str, pairs: &[(&str, &str)]| self.desk.link(&address(path, pairs.iter().copied()));
        Ok(redirect(match subject.get(..1) {
            Some("R") => shown(&format!("/records/rights/{subject}#e{number}"), &[]).replacen(
                '#',
                &format!("{}recorded={number}#", if self.desk.visit.lang == Lang::En { "&" } else { "?" }),
                1,
            ),
            Some("P") if self.desk.may_write("/v1/rights") => {
                shown("/records/new/rights", &[("holder", subject), ("recorded", subject)])
            }
            _ => shown("/records/rights", &[("holder", subject)]),
        }))
    }

    fn shown(
        &self,
        status: u16,
        values: &Pairs,
        complaints: &[Complaint],
        added: Option<&str>,
        once: &str,
        preview: Option<Preview>,
    ) -> Made {
        let desk = self.desk;
        let needs_topic = self.topic.is_none() && self.shape.field("topic").is_some();
        let mut pieces = Vec::new();
        if !needs_topic {
            let maker = Maker { form: self, values, complaints, added };
            maker.fields("", "", &self.shape, true, &mut pieces);
        }
        let topics = self.shape.field("topic").filter(|_| needs_topic).map(codes).unwrap_or_default();
        let topics = topics
            .into_iter()
            .map(|(slug, _)| (desk.link(&address(&desk.visit.path, [("topic", slug.as_str())])), desk.topic(&slug)));
        let book = &desk.visit.service.book;
        let page = Enter {
            page: desk.page(self.title()),
            desk: Some(desk),
            title: self.title(),
            about: self.about(),
            action: desk.link(&desk.visit.path),
            right: self
                .around
                .right
                .as_ref()
                .map(|id| (desk.link(&format!("/records/rights/{id}")), format!("{id} {}", self.around.licence))),
            heading: self.around.heading.clone(),
            subject: self.around.subject.clone(),
            topics: topics.collect(),
            topic: self.topic.map(|topic| topic.slug().to_owned()),
            pieces,
            once: once.to_owned(),
            complaints: complaints.to_vec(),
            preview,
            minerals: book
                .minerals
                .iter()
                .map(|(_, it)| crate::web::minerals::name_of(it, desk.visit.lang).to_owned())
                .collect(),
            parties: if self.shape.fields.iter().any(|(name, _)| words::is_party(name, &self.path)) {
                desk.parties_to_suggest()
            } else {
                Vec::new()
            },
            divisions: book.divisions.iter().map(|it| it.name_zh().to_owned()).collect(),
            recorded: desk.visit.parameter("recorded").map(str::to_owned),
        };
        Ok(html(status, &page)?)
    }
}

fn codes(shape: &Shape) -> Vec<(String, &'static str)> {
    match &shape.leaf {
        Some(Leaf::Choice(codes)) => codes.clone(),
        _ => Vec::new(),
    }
}

/// The label of a field, by its own name, what holds it, and its whole name.
fn label_at(desk: &Desk<'_>, parent: &str, own: &str, name: &str) -> String {
    let lang = desk.visit.lang;
    let words = if name.contains('.') { words::request_field(parent, own, lang) } else { words::field(own, lang) };
    // The unit stands beside the field.
    words.split('（').next().unwrap_or_default().split(" (").next().unwrap_or_default().to_owned()
}

impl Around {
    /// What the records say of the path: the right, or the entry that the form answers.
    fn of(desk: &Desk<'_>, path: &str) -> Result<Around, Stop> {
        let mut parts = path.strip_prefix("/v1/").unwrap_or_default().split('/');
        let (kind, id, act) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (kind, id, act) {
            ("rights", Some(id), Some(act)) => {
                let mut around = Around::of_right(desk, id)?;
                if act == "conversions" {
                    around.rights = around.mining_rights(desk)?;
                }
                Ok(around)
            }
            ("parties" | "rights", None, None) => Ok(Around::default()),
            // Of an entry the right is not in the path; the links of a right's page say it.
            (_, Some(id), _) => match desk.visit.parameter("of").or_else(|| desk.visit.field("of")) {
                Some(right) => Around::of_entry(desk, right, kind, id),
                None => Ok(Around::default()),
            },
            _ => Ok(Around::default()),
        }
    }

    fn of_right(desk: &Desk<'_>, id: &str) -> Result<Around, Stop> {
        let facts = desk.get(&format!("/v1/rights/{id}"))?;
        let today = desk.today();
        let statement = desk.get(&address(&format!("/v1/rights/{id}/statement"), [("as_of", "9999-12-31")]));
        let statement = match statement {
            Ok(statement) => statement,
            Err(_) => desk.get(&address(&format!("/v1/rights/{id}/statement"), [("as_of", today.as_str())]))?,
        };
        let lang = desk.visit.lang;
        let items = list(&statement, "items").map(|line| {
            let item = text(line, "/item");
            let year = line.get("year").map(|year| format!(" {}", plain(year))).unwrap_or_default();
            let due = text(line, "/due_on");
            let total = desk.money(text(line, "/figures/total"));
            let kind = words::item_kind(text(line, "/kind"), lang);
            (item.to_owned(), format!("{item} · {kind}{year} · {total} · {due}").trim_end_matches(" · ").to_owned())
        });
        let entries = desk.get(&format!("/v1/rights/{id}/entries"))?;
        let reversed: Vec<String> =
            list(&entries, "entries").filter_map(|it| Some(plain(it.pointer("/content/of")?))).collect();
        let payments = list(&entries, "entries").filter(|it| text(it, "/kind") == "payment_booked").filter_map(|it| {
            let number = it.get("entry").map(plain).filter(|number| !reversed.contains(number))?;
            let (day, amount) = (text(it, "/effective_on"), desk.money(text(it, "/content/amount")));
            let (item, receipt) = (text(it, "/content/item"), text(it, "/content/receipt"));
            Some((number.clone(), format!("#{number} · {day} · {amount} · {item} · {receipt}")))
        });
        let assessments = list(&facts, "assessments").map(|it| {
            let number = it.get("entry").map(plain).unwrap_or_default();
            let standing = words::value("standing", text(it, "/standing"), lang).unwrap_or_default();
            (number.clone(), format!("#{number} · {} · {standing}", desk.topic(text(it, "/topic"))))
        });
        Ok(Around {
            right: Some(id.to_owned()),
            licence: text(&facts, "/licence_number").to_owned(),
            items: items.collect(),
            payments: payments.collect(),
            assessments: assessments.collect(),
            facts,
            ..Around::default()
        })
    }

    /// The mining rights of the holder.
    fn mining_rights(&self, desk: &Desk<'_>) -> Result<Vec<(String, String)>, Stop> {
        let holder = text(&self.facts, "/holder");
        let found =
            desk.get(&address("/v1/rights", [("holder", holder), ("right", "mining"), ("standing", "open")]))?;
        let shown = |right: &Json| {
            let id = text(right, "/id").to_owned();
            (id.clone(), format!("{id} · {} · {}", text(right, "/licence_number"), super::rights::names(desk, right)))
        };
        Ok(list(&found, "rights").map(shown).collect())
    }

    fn of_entry(desk: &Desk<'_>, right: &str, kind: &str, id: &str) -> Result<Around, Stop> {
        let entries = desk.get(&format!("/v1/rights/{right}/entries"))?;
        let found = list(&entries, "entries").find(|entry| match kind {
            "notices" => text(entry, "/content/number") == id && text(entry, "/kind") == "notice_issued",
            _ => entry.get("entry").map(plain).as_deref() == Some(id),
        });
        let Some(entry) = found else { return Err(Failure::NotFound.into()) };
        let number = entry.get("entry").map(plain).unwrap_or_default();
        let day = text(entry, "/effective_on");
        Ok(Around {
            right: Some(right.to_owned()),
            heading: format!("#{number} {} {day}", words::kind(text(entry, "/kind"), desk.visit.lang)),
            subject: desk.parts(entry.get("content").unwrap_or(&Json::Null)),
            ..Around::default()
        })
    }
}

/// Makes the pieces of a form.
struct Maker<'a> {
    form: &'a Form<'a>,
    values: &'a Pairs,
    complaints: &'a [Complaint],
    /// A list that shows one row more than was filled.
    added: Option<&'a str>,
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
    fn fields(&self, parent: &str, above: &str, shape: &Shape, needed: bool, into: &mut Vec<Piece>) {
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
