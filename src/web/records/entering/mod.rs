//! Entering: a form out of the shape of a request, what it would record, and recording it once. Every writing endpoint of the
//! records has its form by being there: fields, words, permission and what happens come from its declaration.
//!
//! The key of the request is made with the form. Sending it twice, or once more after the answer was lost, records once.

mod around;
mod pieces;

use askama::Template;
use serde_json::Value as Json;

use self::around::Around;
use self::pieces::{Complaint, Maker, Piece, Widget, label_at};
use super::input::{FIELD, body, filled, flattened, name_at};
use super::rights::half;
use super::show::{Part, list, plain, text};
use super::{Desk, Made, Stop, at_desk, problem, words};
use crate::api::lang::Lang;
use crate::api::records::Write;
use crate::api::records::inside::write_at;
use crate::api::reply::Reply;
use crate::api::sessions::random_text;
use crate::api::topic::Topic;
use crate::batch::model::{Leaf, Shape, of_body, of_request};
use crate::web::http::{Failure, html, redirect};
use crate::web::page::{Cited, Page};
use crate::web::visit::{Pairs, Visit, address};

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
