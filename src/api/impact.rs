//! `POST /v1/impact`: what another dataset, or another day, does to a portfolio of requests.
//!
//! Every request is answered twice, and the two answers are compared figure by figure. Nothing is computed here but
//! differences and sums.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::{RefOr, Schema};

use super::declare::{answer_shape, choice, request_shape};
use super::error::{ErrorCode, Problem};
use super::node::{self, Node};
use super::query::Explain;
use super::reply::{JSON, Reply};
use super::routes::{Action, PostDoc, Posted, Route, Submission};
use super::schema::{Described, ListOf, Words, reference};
use super::shape::{self, Inner, decimal};
use super::show::{Audience, Show, Shown};
use super::topic::{Call, Dataset, Moved, Topic};
use crate::domain::context::Detail;
use crate::domain::error::{Code, Text};
use crate::domain::quantity::Number;
use crate::domain::rate_book::RateBook;
use crate::text;

/// Most requests of a portfolio.
pub const MOST_REQUESTS: usize = 10_000;

/// Longest body of a portfolio in bytes: 8 MiB, some 800 bytes for each of [`MOST_REQUESTS`].
pub const PORTFOLIO_LIMIT: usize = 8 * 1024 * 1024;

pub(super) const ROUTE: Route = Route { pattern: "/v1/impact", action: Action::Submit(&POSTED), doc: None };

static POSTED: Posted = Posted {
    run: impact,
    limit: PORTFOLIO_LIMIT,
    doc: PostDoc {
        operation_id: "compareImpact",
        tag: "rates",
        summary: "费率变化对一批请求的影响 · The impact of a change on a portfolio of requests",
        description: "每个请求各计算两次：一次用 from_dataset（和 from），一次用 to_dataset（和 to）；未填的数据集为本服务所用。\
            填 from、to 时，决定版本的日期移到该日，请求未填的日期不补：starting-price、transfer-income、benchmark-value、late-fee、assessment 为 as_of，\
            annual-income 为 year 和各行 sold_on，instalments 为 signed_on，split、true-up 为 paid_on，projections 为 contract_signed_on，其余主题不移动。\
            最多 10000 个请求，请求体最多 8 MiB。被拒绝的请求在其位置给出错误，不计入合计。\n\n\
            Every request is computed twice: by from_dataset (and from), and by to_dataset (and to); a dataset left out is that of \
            the service. With from and to, the dates that decide which versions count move to these days; a date that a request \
            leaves out stays out: as_of of starting-price, transfer-income, benchmark-value, late-fee and assessment, year and sold_on of \
            annual-income, signed_on of instalments, paid_on of split and true-up, contract_signed_on of projections; other topics do not move. At most 10000 \
            requests and 8 MiB. A request that is refused has its problem in its place and counts in no total.",
        request: |named| {
            Portfolio::named(named);
            Portfolio::schema(Words::default())
        },
        answer: |named| {
            Impact::named(named);
            Impact::schema(Words::default())
        },
        example: |_| {
            serde_json::json!({
                "requests": [{"id": "A-1", "topic": "instalments", "request": Topic::Instalments.example()}],
                "from": "2023-05-01", "to": "2026-07-01",
            })
        },
        errors: || vec![ErrorCode::Rule(Code::InvalidField)],
    },
};

struct Portfolio<'n> {
    requests: Vec<Item<'n>>,
    from_dataset: Option<&'n str>,
    to_dataset: Option<&'n str>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

request_shape! {
    /// 一批请求，和比较的两方 · A portfolio of requests, and what is compared.
    Portfolio<'n> as "ImpactRequest" {
        /// 请求，最多 10000 个 · The requests, at most 10000.
        requests: Vec<Item<'n>>, like ListOf<Item<'n>, 0, MOST_REQUESTS> = [];
        /// 前一数据集，见 GET /v1/datasets；不填为本服务所用 · The dataset before; that of the service if left out.
        from_dataset: Option<&'n str> = "lode-2026-11-21";
        /// 后一数据集；不填为本服务所用 · The dataset after; that of the service if left out.
        to_dataset: Option<&'n str> = "lode-2026-11-21";
        /// 前一日期，与 to 同填 · The day before; goes with `to`.
        from: Option<NaiveDate> = "2023-05-01";
        /// 后一日期，与 from 同填 · The day after; goes with `from`.
        to: Option<NaiveDate> = "2026-07-01";
    }
}

struct Item<'n> {
    id: Option<&'n str>,
    topic: Topic,
    request: Inner<'n>,
}

request_shape! {
    /// 一个请求 · One request.
    Item<'n> as "ImpactItem" {
        /// 调用方的标识，原样返回 · The caller's name for it, given back as it is.
        id: Option<&'n str> = "A-1";
        /// 计算主题 · The topic.
        topic: Topic = "late-fee";
        /// 该主题的请求体 · A request of the topic.
        request: Inner<'n> = {};
    }
}

/// One side of the comparison.
#[derive(Clone, Copy, Debug)]
struct Side<'a> {
    book: &'a RateBook,
    day: Option<NaiveDate>,
}

answer_shape! {
    /// 比较的一方 · One side of a comparison.
    Side<'a> as "ImpactSide" {
        /// 数据集 · The dataset.
        dataset: Dataset<'a> = {}, from |it| Dataset::of(it.book);
        /// 日期移到的一日 · The day to which dates move.
        day: Option<NaiveDate> = "2026-07-01";
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Unchanged,
    Changed,
    Failed,
}

choice!(Outcome { "unchanged" => Outcome::Unchanged, "changed" => Outcome::Changed, "failed" => Outcome::Failed });

/// A value that stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leaf {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
}

impl Show for Leaf {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Leaf::Null => serializer.serialize_unit(),
            Leaf::Bool(value) => serializer.serialize_bool(*value),
            Leaf::Integer(value) => serializer.serialize_i64(*value),
            Leaf::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Described for Leaf {
    fn schema(words: Words) -> RefOr<Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
            .description(words.description)
            .examples(words.example)
            .into()
    }
}

impl Leaf {
    /// The decimal that it is, digit for digit; `None` for anything else.
    fn number(&self) -> Option<Decimal> {
        match self {
            // The grammar first: `Decimal` takes more than a figure of an answer.
            Leaf::Text(text) if matches!(decimal(text), Some(Number::Exactly(_))) => Decimal::from_str_exact(text).ok(),
            Leaf::Integer(value) => Some(Decimal::from(*value)),
            _ => None,
        }
    }
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figure {
    pointer: String,
    before: Option<Leaf>,
    after: Option<Leaf>,
}

impl Figure {
    fn difference(&self) -> Option<Decimal> {
        self.after.as_ref()?.number()?.checked_sub(self.before.as_ref()?.number()?)
    }
}

answer_shape! {
    /// 前后两个值 · A value before and after.
    Figure as "ImpactFigure" {
        /// 在答复中的位置（JSON Pointer）· Where it stands in the answer.
        pointer: String = "/result/late_fee";
        /// 之前；没有则不填 · Before; left out if there is none.
        before: Option<Leaf> = "1000.00";
        /// 之后；没有则不填 · After; left out if there is none.
        after: Option<Leaf> = "500.00";
        /// 之后减之前，两者均为数时 · After less before, if both are numbers.
        difference: Option<Decimal> = "-500.00", from |it| it.difference();
    }
}

/// The body of an error as the topic gave it.
struct Refusal(Box<RawValue>);

impl Show for Refusal {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Described for Refusal {
    fn schema(words: Words) -> RefOr<Schema> {
        reference("Problem", words)
    }
}

/// One request, answered on both sides.
struct Comparison<'n> {
    id: Option<&'n str>,
    topic: Topic,
    outcome: Outcome,
    amounts: Vec<Figure>,
    changes: Vec<Figure>,
    problem_before: Option<Refusal>,
    problem_after: Option<Refusal>,
}

answer_shape! {
    /// 一个请求的前后比较 · One request before and after.
    Comparison<'a> as "ImpactComparison" {
        /// 调用方的标识 · The caller's name for it.
        id: Option<&'a str> = "A-1";
        /// 计算主题 · The topic.
        topic: Topic = "late-fee";
        /// 不变、改变，或至少一方被拒绝 · Unchanged, changed, or refused on one side at least.
        outcome: Outcome = "changed";
        /// 主要金额（元）· The main amounts in yuan.
        amounts: Vec<Figure> = [];
        /// 结果中每个改变的值，含主要金额；未列出的都没有变 · Every value of the result that changed, main amounts included; what is not listed did not.
        changes: Vec<Figure> = [];
        /// 之前被拒绝的错误 · The problem before.
        problem_before: Option<Refusal> = {};
        /// 之后被拒绝的错误 · The problem after.
        problem_after: Option<Refusal> = {};
    }
}

/// The sum of one amount over the requests of a topic.
struct Total {
    topic: Topic,
    pointer: &'static str,
    requests: u32,
    before: Decimal,
    after: Decimal,
}

answer_shape! {
    /// 一个主题一种金额的合计（元）· The sum of one amount over a topic, in yuan.
    Total as "ImpactTotal" {
        /// 计算主题 · The topic.
        topic: Topic = "late-fee";
        /// 哪一个金额 · Which amount.
        pointer: &'static str = "/result/late_fee";
        /// 计入的请求数：前后都算出该金额的 · How many requests count: those that have the amount on both sides.
        requests: u32 = 1;
        /// 之前 · Before.
        before: Decimal = "1000.00";
        /// 之后 · After.
        after: Decimal = "500.00";
        /// 之后减之前 · After less before.
        difference: Decimal = "-500.00", from |it| it.after - it.before;
    }
}

/// How many requests had which outcome.
#[derive(Clone, Copy, Debug)]
struct Counts {
    requests: u32,
    unchanged: u32,
    changed: u32,
    failed: u32,
}

answer_shape! {
    /// 请求数 · How many requests.
    Counts as "ImpactCounts" {
        /// 全部 · All.
        requests: u32 = 1;
        /// 不变 · Unchanged.
        unchanged: u32 = 0;
        /// 改变 · Changed.
        changed: u32 = 1;
        /// 至少一方被拒绝 · Refused on one side at least.
        failed: u32 = 0;
    }
}

/// Which fields of a topic's requests were moved.
struct MovedFields {
    topic: Topic,
    fields: Vec<&'static str>,
}

answer_shape! {
    /// 一个主题移动的日期字段 · The dates of a topic's requests that move.
    MovedFields as "ImpactMovedFields" {
        /// 计算主题 · The topic.
        topic: Topic = "annual-income";
        /// 字段，* 为列表的每一项；空的不移动 · The fields, `*` for every item of a list; none if nothing moves.
        fields: Vec<&'static str> = ["/year", "/lines/*/sold_on"];
    }
}

/// The comparison of a portfolio.
struct Impact<'a> {
    from: Side<'a>,
    to: Side<'a>,
    moved: Option<Vec<MovedFields>>,
    counts: Counts,
    totals: Vec<Total>,
    requests: Vec<Comparison<'a>>,
}

answer_shape! {
    /// 前后比较 · The portfolio before and after.
    Impact<'a> as "ImpactAnswer" {
        /// 之前 · Before.
        from: Side<'a> = {};
        /// 之后 · After.
        to: Side<'a> = {};
        /// 各主题移动的日期字段，比较两个日期时 · Which dates were moved, when two days are compared.
        moved: Option<Vec<MovedFields>> = [];
        /// 请求数 · How many requests.
        counts: Counts = {};
        /// 合计 · The sums.
        totals: Vec<Total> = [];
        /// 逐个请求，次序同请求 · The requests in their order.
        requests: Vec<Comparison<'a>> = [];
    }
}

fn impact<'a>(asked: &Submission<'a>) -> Result<Reply, Problem<'a>> {
    let portfolio: Portfolio<'a> = shape::decode(asked.body).map_err(Problem::malformed)?;
    let (before, after) = sides(&portfolio, asked)?;
    let moved = portfolio.from.map(|_| {
        let mut topics: Vec<Topic> = portfolio.requests.iter().map(|item| item.topic).collect();
        topics.sort_unstable();
        topics.dedup();
        let fields = |topic: Topic| topic.doc().compared.moved.iter().map(|moved| moved.pointer()).collect();
        topics.into_iter().map(|topic| MovedFields { topic, fields: fields(topic) }).collect()
    });
    let requests: Vec<Comparison<'a>> =
        portfolio.requests.iter().map(|item| compare(item, before, after, asked)).collect();
    let answer =
        Impact { from: before, to: after, moved, counts: counts(&requests), totals: totals(&requests), requests };
    let audience = Audience { lang: asked.lang, book: &asked.service.book };
    Ok(Reply::json(200, JSON, &Shown(&answer, audience)))
}

/// What is compared, or everything that is wrong with the question.
fn sides<'a>(portfolio: &Portfolio<'a>, asked: &Submission<'a>) -> Result<(Side<'a>, Side<'a>), Problem<'a>> {
    let mut faults = Vec::new();
    let mut invalid =
        |pointer: &str, detail: Text| faults.push(Problem::at(pointer, ErrorCode::Rule(Code::InvalidField), detail));
    if portfolio.requests.len() > MOST_REQUESTS {
        invalid("/requests", text!("最多 {MOST_REQUESTS} 个请求", "at most {MOST_REQUESTS} requests are allowed"));
    }
    match (portfolio.from, portfolio.to) {
        (Some(_), None) => invalid("/from", Text::fixed("from 与 to 须同填", "from and to go together")),
        (None, Some(_)) => invalid("/to", Text::fixed("from 与 to 须同填", "from and to go together")),
        (None, None) if portfolio.from_dataset.is_none() && portfolio.to_dataset.is_none() => {
            let detail = Text::fixed(
                "请填写两个数据集 from_dataset、to_dataset，或两个日期 from、to",
                "give two datasets, from_dataset and to_dataset, or two days, from and to",
            );
            invalid("", detail);
        }
        _ => {}
    }
    let own = &asked.service.book;
    let mut find = |id: Option<&str>, pointer| {
        let found = id.map(|id| asked.service.datasets.find(own, id, pointer, ErrorCode::Rule(Code::InvalidField)));
        match found {
            None => own,
            Some(Ok(book)) => book,
            Some(Err(problem)) => {
                faults.push(problem);
                own
            }
        }
    };
    let before = Side { book: find(portfolio.from_dataset, "/from_dataset"), day: portfolio.from };
    let after = Side { book: find(portfolio.to_dataset, "/to_dataset"), day: portfolio.to };
    if faults.is_empty() { Ok((before, after)) } else { Err(Problem::together(faults, asked.body)) }
}

/// The fields of an answer that explain a result; what they say follows from the data, not from the request.
const EXPLANATION: [&str; 6] = ["calculation", "trace", "steps", "rate_versions", "warnings", "dataset"];

/// The values of an answer by their pointers, in its order; or the problem that it is.
fn values(item: &Item<'_>, side: Side<'_>, asked: &Submission<'_>) -> Result<Vec<(String, Leaf)>, Refusal> {
    let call = Call {
        book: side.book,
        lang: asked.lang,
        detail: Detail::FiguresOnly,
        explain: Explain::Applied,
        request_id: asked.request_id,
    };
    let reply = match side.day {
        Some(day) => item.topic.run(&moved(item.request.0, item.topic, day), call),
        None => item.topic.run(item.request.0, call),
    };
    if !reply.is_success() {
        let body = String::from_utf8(reply.body).ok().and_then(|body| RawValue::from_string(body).ok());
        return Err(Refusal(body.unwrap_or_default()));
    }
    let mut values = Vec::new();
    if let Ok(Node::Object(fields)) = node::parse(&reply.body) {
        for (name, value) in fields.iter().filter(|(name, _)| !EXPLANATION.contains(&name.as_ref())) {
            collect(value, &mut format!("/{name}"), &mut values);
        }
    }
    Ok(values)
}

fn collect(node: &Node<'_>, pointer: &mut String, into: &mut Vec<(String, Leaf)>) {
    let length = pointer.len();
    let mut inside = |part: &str, value: &Node<'_>| {
        pointer.push('/');
        pointer.push_str(part);
        collect(value, pointer, into);
        pointer.truncate(length);
    };
    let leaf = match node {
        // The names of an answer are ours: none needs an escape in a pointer.
        Node::Object(fields) => return fields.iter().for_each(|(name, value)| inside(name, value)),
        Node::List(items) => {
            return items.iter().enumerate().for_each(|(index, value)| inside(&index.to_string(), value));
        }
        Node::Null | Node::OtherNumber => Leaf::Null,
        Node::Bool(value) => Leaf::Bool(*value),
        Node::Integer(value) => Leaf::Integer(*value),
        Node::Text(text) => Leaf::Text(text.clone().into_owned()),
    };
    into.push((pointer.clone(), leaf));
}

fn compare<'n>(item: &Item<'n>, before: Side<'_>, after: Side<'_>, asked: &Submission<'_>) -> Comparison<'n> {
    let (before, after) = (values(item, before, asked), values(item, after, asked));
    let find = |values: &[(String, Leaf)], pointer: &str| {
        values.iter().find(|(known, _)| known == pointer).map(|(_, leaf)| leaf.clone())
    };
    let figure = |pointer: &str| Figure {
        pointer: pointer.to_owned(),
        before: before.as_ref().ok().and_then(|values| find(values, pointer)),
        after: after.as_ref().ok().and_then(|values| find(values, pointer)),
    };
    let amounts: Vec<Figure> = item
        .topic
        .doc()
        .compared
        .amounts
        .iter()
        .map(|pointer| figure(pointer))
        .filter(|figure| figure.before.is_some() || figure.after.is_some())
        .collect();
    let changes: Vec<Figure> = match (&before, &after) {
        (Ok(old), Ok(new)) if old == new => Vec::new(),
        (Ok(old), Ok(new)) => {
            let added = new.iter().filter(|(pointer, _)| find(old, pointer).is_none());
            let all = old.iter().chain(added).map(|(pointer, _)| figure(pointer));
            all.filter(|figure| figure.before != figure.after).collect()
        }
        _ => Vec::new(),
    };
    let outcome = match (&before, &after) {
        (Ok(_), Ok(_)) if changes.is_empty() => Outcome::Unchanged,
        (Ok(_), Ok(_)) => Outcome::Changed,
        _ => Outcome::Failed,
    };
    Comparison {
        id: item.id,
        topic: item.topic,
        outcome,
        amounts,
        changes,
        problem_before: before.err(),
        problem_after: after.err(),
    }
}

/// The request with the dates that decide which versions count moved to a day. What it leaves out stays out.
fn moved<'n>(request: &Node<'n>, topic: Topic, day: NaiveDate) -> Node<'n> {
    let mut request = request.clone();
    for field in topic.doc().compared.moved {
        let value = match field {
            Moved::Day(_) => Node::Text(day.to_string().into()),
            Moved::Year(_) => Node::Integer(day.year().into()),
        };
        let parts: Vec<&str> = field.pointer().split('/').skip(1).collect();
        replace(&mut request, &parts, &value);
    }
    request
}

fn replace<'n>(node: &mut Node<'n>, parts: &[&str], value: &Node<'n>) {
    match (parts, node) {
        // What counts as left out stays left out.
        ([], node) if *node != Node::Null => *node = value.clone(),
        (["*", rest @ ..], Node::List(items)) => items.iter_mut().for_each(|item| replace(item, rest, value)),
        ([name, rest @ ..], Node::Object(fields)) => {
            fields.iter_mut().filter(|(known, _)| known == name).for_each(|(_, inner)| replace(inner, rest, value));
        }
        _ => {}
    }
}

fn counts(requests: &[Comparison<'_>]) -> Counts {
    let mut counts = Counts { requests: 0, unchanged: 0, changed: 0, failed: 0 };
    for request in requests {
        counts.requests += 1;
        match request.outcome {
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Changed => counts.changed += 1,
            Outcome::Failed => counts.failed += 1,
        }
    }
    counts
}

/// The sums in the order of the topics. A request counts where it has the amount on both sides, so that the difference of
/// two sums is the sum of the differences.
fn totals(requests: &[Comparison<'_>]) -> Vec<Total> {
    let mut totals = Vec::new();
    for topic in Topic::ALL {
        for pointer in topic.doc().compared.amounts {
            let mut total = Total { topic: *topic, pointer, requests: 0, before: Decimal::ZERO, after: Decimal::ZERO };
            for request in requests.iter().filter(|request| request.topic == *topic) {
                let Some(figure) = request.amounts.iter().find(|figure| figure.pointer == *pointer) else { continue };
                let number = |leaf: &Option<Leaf>| leaf.as_ref().and_then(Leaf::number);
                if let (Some(before), Some(after)) = (number(&figure.before), number(&figure.after)) {
                    // Ten thousand amounts below 10^15 yuan in whole fen are far below what a decimal holds.
                    total.before += before;
                    total.after += after;
                    total.requests += 1;
                }
            }
            if total.requests > 0 {
                totals.push(total);
            }
        }
    }
    totals
}
