//! What the tax office collected, line by line: each line becomes a payment, is one that was booked before, or is refused; a
//! line that is refused stops no other.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Ref, RefOr, Required, Schema};

use super::csv;
use crate::api::declare::{RequestFields, answer_shape, choice, request_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::node::{self, Node};
use crate::api::openapi::{Headers, parameters, success};
use crate::api::query::LangOnly;
use crate::api::records::{Arrived, RECORDED, denied_as_problem, mismatch, store_failed};
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, Form, Route};
use crate::api::schema::{Described, ListOf, Named, Words, string};
use crate::api::service::Service;
use crate::api::shape;
use crate::api::show::{Audience, Show, Shown};
use crate::domain::books::access::Permission;
use crate::domain::books::decide::Shelf;
use crate::domain::books::entry::{ItemId, RightId, Seq, Subject};
use crate::domain::books::event::Event;
use crate::domain::books::exchange::{Collected, Received, Stage, collect_for, receive};
use crate::domain::error::Text;
use crate::domain::quantity::Number;
use crate::ledger::chain::Hash;
use crate::ledger::{Outcome, Store, StoreError, Stored, Submission};
use crate::text;

/// Lines of one message, at most.
const MOST_LINES: usize = 1000;

choice!(Stage { "accepted" => Stage::Accepted, "in_treasury" => Stage::InTreasury });

request_shape! {
    /// 一笔征收信息 · Something that was collected.
    Collected<'n> as "CollectionRecord" {
        /// 税票号：同一税票号只登记一次 · Number of the tax receipt, which is booked once.
        receipt: &'n str = "337010523070000001";
        /// 通知书号 · The notice that it was paid on.
        notice: Option<&'n str> = "3701052023000001";
        /// 应缴项；通知书只有一项的可不填 · The item; may be left out where the notice has one only.
        item: Option<&'n str> = "I6-1";
        /// 金额（元）· Yuan.
        amount: Number = "60000.00";
        /// 缴款日 · The day of payment.
        paid_on: NaiveDate = "2023-07-01";
        /// 收款国库，随报文留存 · The treasury; kept with the message.
        treasury: Option<&'n str> = "国家金库济南市历城区支库";
        /// accepted 受理、in_treasury 已入库（默认）；均自缴款日计，随报文留存 · How far it has come; either counts from the day of payment.
        stage: Stage = "in_treasury", left_out Stage::InTreasury;
    }
}

struct Receipts<'n> {
    receipts: Vec<&'n Node<'n>>,
}

request_shape! {
    /// 征收信息报文 · A message with what was collected.
    Receipts<'n> as "CollectionMessage" {
        /// 各笔，1 至 1000 笔 · The lines, 1 to 1000.
        receipts: Vec<&'n Node<'n>>, like ListOf<Collected<'n>, 1, MOST_LINES> = [{"receipt": "337010523070000001", "notice": "3701052023000001",
            "amount": "60000.00", "paid_on": "2023-07-01"}];
    }
}

/// A problem as it would be answered on its own.
struct AsAnswered(Value);

impl Show for AsAnswered {
    fn show<S: serde::ser::Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&self.0, serializer)
    }
}

impl Described for AsAnswered {
    fn schema(words: Words) -> RefOr<Schema> {
        crate::api::schema::reference("Problem", words)
    }
}

/// What became of a line.
struct LineResult {
    line: u32,
    receipt: Option<String>,
    outcome: &'static str,
    stored: Option<Stored>,
    problem: Option<AsAnswered>,
}

impl LineResult {
    fn right(&self) -> Option<RightId> {
        match self.stored.as_ref()?.entry.subject {
            Subject::Right(id) => Some(id),
            _ => None,
        }
    }

    fn item(&self) -> Option<ItemId> {
        match &self.stored.as_ref()?.entry.event {
            Event::PaymentBooked(payment) => Some(payment.item),
            _ => None,
        }
    }
}

answer_shape! {
    /// 一笔的结果 · What became of a line.
    LineResult as "CollectionResult" {
        /// 第几笔，从 1 起 · Which line, from 1.
        line: u32 = 1;
        /// 税票号 · Number of the receipt.
        receipt: Option<String> = "337010523070000001", from |it| it.receipt.clone();
        /// booked 已登记、repeated 以前已登记、refused 未登记 · booked, repeated or refused.
        outcome: &'static str = "booked";
        /// 缴款的记录号 · The entry of the payment.
        entry: Option<Seq> = 11, from |it| it.stored.as_ref().map(|stored| stored.entry.seq);
        /// 矿业权 · The right.
        right: Option<RightId> = "R3", from |it| it.right();
        /// 应缴项 · The item.
        item: Option<ItemId> = "I6-1", from |it| it.item();
        /// 未登记的原因，指针相对于该笔 · Why it was refused, with pointers below the line.
        problem: Option<&'a AsAnswered> = {"code": "conflict"}, from |it| it.problem.as_ref();
    }
}

struct Results {
    message: Seq,
    results: Vec<LineResult>,
}

impl Results {
    fn count(&self, outcome: &str) -> i64 {
        let count = self.results.iter().filter(|result| result.outcome == outcome).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

answer_shape! {
    /// 征收信息的处理结果 · What became of a message.
    Results as "CollectionResults" {
        /// 报文的记录号 · The entry that keeps the message.
        message: Seq = 20;
        /// 已登记的笔数 · Lines booked.
        booked: i64 = 1, from |it| it.count(BOOKED);
        /// 以前已登记的笔数 · Lines booked before.
        repeated: i64 = 0, from |it| it.count(REPEATED);
        /// 未登记的笔数 · Lines refused.
        refused: i64 = 0, from |it| it.count(REFUSED);
        /// 逐笔结果 · Line by line.
        results: Vec<LineResult> = [], from |it| it.results.as_slice();
    }
}

const BOOKED: &str = "booked";
const REPEATED: &str = "repeated";
const REFUSED: &str = "refused";

/// An endpoint that takes a message of many lines.
#[derive(Debug)]
pub struct Receive {
    /// What whoever asks has to have.
    pub permission: Permission,
    /// What answers it.
    pub run: fn(&Arc<Service>, &Arrived, Form) -> Reply,
}

static RECEIVE: Receive = Receive { permission: Permission::BookPayment, run };

/// The receipts.
pub const RECEIPTS: Route = Route { pattern: "/v1/exchange/receipts", action: Action::Receive(&RECEIVE), doc: None };

/// The operation in the OpenAPI document; the schemas that it refers to go to `named`.
pub fn operation(named: &mut Named) -> Operation {
    Receipts::named(named);
    Results::named(named);
    let example = serde_json::json!({"receipts": [{"receipt": "337010523070000001", "notice": "3701052023000001",
        "amount": "60000.00", "paid_on": "2023-07-01"}]});
    let table = "税票号,通知书号,应缴项,金额,缴款日,国库,状态\r\n337010523070000001,3701052023000001,,60000.00,2023-07-01,,已入库\r\n";
    let lines = ContentBuilder::new().schema(Some(string(Words::default(), None))).example(Some(table.into())).build();
    let body = RequestBodyBuilder::new()
        .description(Some(
            "JSON 或 CSV（UTF-8 或 GB18030），最多 1 MiB · JSON, or CSV in UTF-8 or GB18030, at most 1 MiB.",
        ))
        .required(Some(Required::True))
        .content(
            JSON,
            ContentBuilder::new().schema(Some(Receipts::schema(Words::default()))).example(Some(example)).build(),
        )
        .content("text/csv", lines)
        .build();
    let answer = serde_json::json!({"message": 20, "booked": 1, "repeated": 0, "refused": 0,
        "results": [{"line": 1, "receipt": "337010523070000001", "outcome": "booked", "entry": 21, "right": "R3", "item": "I6-1"}]});
    OperationBuilder::new()
        .operation_id(Some("receiveReceipts"))
        .tag("records")
        .summary(Some("征收信息 · Receipts of the tax office"))
        .description(Some(
            "逐笔登记为缴款，规则与 POST /v1/rights/{id}/payments 相同；一笔有误不影响其他。同一税票号、应缴项、金额和缴款日再报为 repeated，\
            不同的为 conflict。同一报文按缴款日的先后登记。报文原样留存。\n\nEach line becomes a payment by the same rule as POST /v1/rights/{id}/payments; a line in error \
            stops no other. The same receipt, item, amount and day again are `repeated`, others a conflict. The lines of a message are booked in the order of their days of payment. The message is kept as sent.",
        ))
        .parameters(Some(parameters(LangOnly::fields())))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .parameter_ref(Ref::new("#/components/parameters/IdempotencyKey"))
        .request_body(Some(body))
        .response("201", success(JSON, Results::schema(Words::default()), Some(answer), Headers::Plain))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"))
        .response("422", Ref::from_response_name("UnprocessableRecord"))
        .response("500", Ref::from_response_name("Internal"))
        .build()
}

fn run(service: &Arc<Service>, arrived: &Arrived, form: Form) -> Reply {
    match lines_of(&arrived.body, form) {
        Ok(lines) => book(service, arrived, &lines).unwrap_or_else(|problem| arrived.refuse(service, &problem)),
        Err(problem) => arrived.refuse(service, &problem),
    }
}

/// The lines of a message, each still to be read.
fn lines_of(body: &[u8], form: Form) -> Result<Vec<Node<'static>>, Problem<'static>> {
    let malformed = |detail| Problem::at("", ErrorCode::MalformedRequest, detail);
    let lines = match form {
        Form::Csv => csv::receipts(body).map_err(malformed)?,
        Form::Json => {
            let message = node::parse(body).map_err(malformed)?;
            let Receipts { receipts } = shape::decode(&message).map_err(Problem::malformed)?;
            receipts.into_iter().map(owned).collect()
        }
    };
    if lines.is_empty() || lines.len() > MOST_LINES {
        let detail = text!("应有 1 至 {MOST_LINES} 笔", "a message has 1 to {MOST_LINES} lines");
        return Err(Problem::at("/receipts", ErrorCode::MalformedRequest, detail));
    }
    Ok(lines)
}

/// Keeps the message, then books its lines one after the other.
fn book(service: &Arc<Service>, arrived: &Arrived, lines: &[Node<'static>]) -> Result<Reply, Problem<'static>> {
    let store = service.records.store().map_err(|error| store_failed(&error))?;
    let fingerprint = arrived.fingerprint();
    let message = csv::readable(&arrived.body).unwrap_or_else(|| String::from_utf8_lossy(&arrived.body)).into_owned();
    let (today, visit) = (service.records.today(), Arc::clone(&arrived.visit));
    let outcome = store.submit(Submission {
        actor: visit.who.actor.clone(),
        request: Some((arrived.key.clone(), Hash::sha256(&fingerprint))),
        decide: Box::new(move |_: &dyn Shelf| Some(receive(&message, today))),
        note: Some(Box::new(move |outcome| {
            visit.access(match outcome {
                Outcome::Recorded(_) | Outcome::Repeated(_) => RECORDED,
                _ => ErrorCode::IdempotencyMismatch.status(),
            })
        })),
    });
    let kept = match outcome.map_err(|error| store_failed(&error))? {
        Outcome::Recorded(stored) | Outcome::Repeated(stored) => stored.entry.seq,
        Outcome::Mismatch => {
            arrived.visit.is_noted();
            return Err(mismatch());
        }
        Outcome::Refused => return Err(Problem::internal()),
    };
    arrived.visit.is_noted();
    let mut results = Vec::with_capacity(lines.len());
    // Money moves forward in time on an item: what was paid first is booked first, in whatever order the lines came.
    let mut numbered: Vec<(u32, &Node<'static>)> = (1..).zip(lines).collect();
    numbered.sort_by_key(|(_, line)| shape::decode::<Collected<'_>>(line).ok().map(|collected| collected.paid_on));
    for (number, line) in numbered {
        results.push(
            line_of(service, &*store, arrived, &fingerprint, number, line).map_err(|error| store_failed(&error))?,
        );
    }
    results.sort_by_key(|result| result.line);
    let audience = Audience { lang: arrived.lang, book: &service.book };
    Ok(Reply::json(RECORDED, JSON, &Shown(&Results { message: kept, results }, audience)))
}

/// What a decision about a line found, beside an entry.
enum Found {
    Repeated(Seq),
    Refused(Vec<u8>),
}

fn line_of(
    service: &Arc<Service>,
    store: &dyn Store,
    arrived: &Arrived,
    fingerprint: &[u8],
    number: u32,
    line: &Node<'static>,
) -> Result<LineResult, StoreError> {
    let result = |receipt: Option<&str>, outcome, stored, problem: Option<Vec<u8>>| LineResult {
        line: number,
        receipt: receipt.map(str::to_owned),
        outcome,
        stored,
        problem: problem.and_then(|body| serde_json::from_slice(&body).ok()).map(AsAnswered),
    };
    let collected: Collected<'_> = match shape::decode(line) {
        Ok(collected) => collected,
        Err(faults) => {
            let body = arrived.refuse(service, &Problem::malformed(faults)).body;
            return Ok(result(None, REFUSED, None, Some(body)));
        }
    };
    let receipt = Some(collected.receipt);
    let found = Arc::new(Mutex::new(None));
    let (slot, within, asked, owned) = (Arc::clone(&found), Arc::clone(service), arrived.clone(), line.clone());
    let decide = move |shelf: &dyn Shelf| {
        let Ok(line) = shape::decode::<Collected<'_>>(&owned) else { return None };
        let decided = collect_for(&asked.visit.who, within.records.today(), &line, shelf, &within.book);
        let other = match decided {
            Ok(Received::Payment(entry)) => return Some(*entry),
            Ok(Received::Repeated(seq)) => Found::Repeated(seq),
            Err(denied) => {
                Found::Refused(asked.refuse(&within, &denied_as_problem(denied, &asked, &owned, &within)).body)
            }
        };
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
        None
    };
    // A space is in no key that a client can send.
    let key = format!("{} {number}", arrived.key);
    let hash = Hash::sha256(&[fingerprint, format!("\n{number}").as_bytes()].concat());
    let actor = arrived.visit.who.actor.clone();
    let outcome =
        store.submit(Submission { actor, request: Some((key, hash)), decide: Box::new(decide), note: None })?;
    Ok(match outcome {
        Outcome::Recorded(stored) | Outcome::Repeated(stored) => result(receipt, BOOKED, Some(stored), None),
        Outcome::Mismatch => result(receipt, REFUSED, None, Some(arrived.refuse(service, &mismatch()).body)),
        Outcome::Refused => match found.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(Found::Repeated(seq)) => result(receipt, REPEATED, store.entry(seq)?, None),
            Some(Found::Refused(body)) => result(receipt, REFUSED, None, Some(body)),
            None => result(receipt, REFUSED, None, Some(arrived.refuse(service, &Problem::internal()).body)),
        },
    })
}

/// A line that can go to the writer.
fn owned(node: &Node<'_>) -> Node<'static> {
    match node {
        Node::Null => Node::Null,
        Node::Bool(value) => Node::Bool(*value),
        Node::Integer(value) => Node::Integer(*value),
        Node::OtherNumber => Node::OtherNumber,
        Node::Text(text) => Node::Text(Cow::Owned(text.clone().into_owned())),
        Node::List(items) => Node::List(items.iter().map(owned).collect()),
        Node::Object(fields) => Node::Object(
            fields.iter().map(|(name, value)| (Cow::Owned(name.clone().into_owned()), owned(value))).collect(),
        ),
    }
}

/// What is said of a body that is neither.
pub(in crate::api) fn neither() -> Text {
    Text::fixed(
        "请以 Content-Type: application/json 或 text/csv 发送未压缩的 UTF-8 内容",
        "send UTF-8, not compressed, as Content-Type: application/json or text/csv",
    )
}
