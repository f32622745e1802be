//! `POST /v1/replays`: the answer that a request once got, byte for byte, from the dataset that it named.
//!
//! An answer depends on the request, the language and the dataset, and an error on the id of its request besides: all of
//! them stand in the replay, so that nothing else can make a difference.

use super::declare::request_shape;
use super::error::{ErrorCode, Problem};
use super::http::{BODY_LIMIT, RATES_DATASET};
use super::node::Node;
use super::query::Explain;
use super::reply::Reply;
use super::routes::{Action, PostDoc, Posted, Route, Submission};
use super::schema::{Described, Words};
use super::service::{dataset_header, is_request_id};
use super::shape;
use super::topic::{Call, Topic};
use crate::domain::context::Detail;
use crate::domain::error::{Code, Text};

pub(super) const ROUTE: Route = Route { pattern: "/v1/replays", action: Action::Submit(&POSTED), doc: None };

static POSTED: Posted = Posted {
    run: replay,
    limit: BODY_LIMIT,
    doc: PostDoc {
        operation_id: "replay",
        tag: "rates",
        summary: "重放：当时的答复 · Replay: the answer of the time",
        description: "以 dataset 指定的已发布数据集重新计算，答复（状态、正文、Rates-Dataset）与当时逐字节相同；lang、explain 与当时相同。\
            错误答复的正文含 request_id：填当时的 request_id 即得相同正文，不填则为本次请求的。replays 自身的错误指向 /topic、/dataset、/request、/request_id。\n\n\
            Computes again with the released dataset that the answer named: status, body and Rates-Dataset are the same bytes as \
            then, with the same lang and explain. The body of an error holds a request_id: give that of the time, else it is that of this \
            request. Errors of the replay itself point at /topic, /dataset, /request, /request_id.",
        request: |named| {
            Replay::named(named);
            Replay::schema(Words::default())
        },
        answer: |_| super::schema::object(Some("当时的答复 · The answer of the time.".to_owned()), Vec::new(), false),
        example: |book| {
            serde_json::json!({
                "topic": Topic::LateFee.slug(), "dataset": book.dataset_id, "request": Topic::LateFee.example(),
            })
        },
        // Whatever the topic refused.
        errors: || Code::ALL.into_iter().map(ErrorCode::Rule).collect(),
    },
};

struct Replay<'n> {
    topic: Topic,
    dataset: &'n str,
    request: &'n Node<'n>,
    request_id: Option<&'n str>,
    explain: Explain,
}

request_shape! {
    /// 要重放的请求 · The request to be answered again.
    Replay<'n> as "ReplayRequest" {
        /// 计算主题，即答复的 calculation · The topic: `calculation` of the answer.
        topic: Topic = "late-fee";
        /// 答复所载的数据集标识 · The id of the dataset that the answer named.
        dataset: &'n str = "lode-2026-11-21";
        /// 当时的请求体 · The body of the request.
        request: &'n Node<'n> = {};
        /// 当时的 request_id，只出现在错误答复中 · The request_id of the time; only errors show one.
        request_id: Option<&'n str> = "7d44d5b4d0a1f3c2";
        /// 当时的 explain，只对评估有作用 · The explain of the time; only an assessment has one.
        explain: Explain = "applied", left_out Explain::Applied;
    }
}

fn replay<'a>(asked: &Submission<'a>) -> Result<Reply, Problem<'a>> {
    let Replay { topic, dataset, request, request_id, explain } =
        shape::decode(asked.body).map_err(Problem::malformed)?;
    let book =
        asked.service.datasets.find(&asked.service.book, dataset, "/dataset", ErrorCode::Rule(Code::InvalidField));
    let id = request_id.unwrap_or(asked.request_id);
    if !is_request_id(id) {
        let detail =
            Text::fixed("应为 1 至 64 个字母、数字、“-”、“_”、“.”", "must be 1 to 64 letters, digits, “-”, “_” or “.”");
        let fault = Problem::at("/request_id", ErrorCode::Rule(Code::InvalidField), detail);
        return Err(Problem::together(book.err().into_iter().chain([fault]).collect(), asked.body));
    }
    let book = book?;
    let mut reply = topic.run(request, Call { book, lang: asked.lang, detail: Detail::Steps, explain, request_id: id });
    reply.headers.push((RATES_DATASET, dataset_header(book).into()));
    Ok(reply)
}
