//! `POST /v1/batches/{topic}`: many requests of one topic. Few rows are answered at once, more become a job.
//!
//! The body goes through a file as soon as it is longer than [`IN_MEMORY`], the answer likewise, so that neither is held as a
//! whole. Rows are counted by answering them: the first [`AT_ONCE`] are computed before the status goes out, whatever the
//! form, and if there are more of them the file that the body is in becomes that of a job.

mod answers;
mod body;
mod order;
mod work;

use std::io;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use self::answers::{Long, Outcome, Waited, Waiting, Wish, answered};
use self::body::receive;
pub(super) use self::order::BatchQuery;
use self::order::Order;
use super::access::{Calculations, unauthenticated};
use super::error::{ErrorCode, Problem};
use super::gate::beside;
use super::http::{Served, caught, conclude_with, drain};
use super::jobs::{self, Kind};
use super::records::transport::{Admission, Arrival};
use super::reply::Reply;
use super::routes::Route;
use super::service::Service;
use crate::batch::forms;
use crate::domain::books::access::Identity;
use crate::domain::error::Text;

/// Where batches are asked for.
pub const PATH: &str = "/v1/batches/{topic}";

/// Longest body in bytes unless more or less is said: 256 MiB.
pub const LIMIT: usize = 256 << 20;

/// Rows that are answered at once; more become a job.
pub const AT_ONCE: u64 = 10_000;

/// Bodies and answers up to here never see the disk: 1 MiB.
const IN_MEMORY: usize = 1 << 20;

/// What an answer is written through.
const BUFFER: usize = 1 << 20;

const ROWS: HeaderName = HeaderName::from_static("batch-rows");
const REFUSED: HeaderName = HeaderName::from_static("batch-refused");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RESPOND_ASYNC: &str = "respond-async";

/// The files of a batch in the directory of its job.
const REQUEST: &str = "request";
const ORDER: &str = "order.json";
const ANSWER: &str = "answer";

/// The kind of work.
pub(super) const KIND: Kind = Kind { name: "batch", run: work::work };

/// One line.
pub const SUMMARY: &str = "批量计算 · Many calculations at once";

/// What it does.
pub const DESCRIPTION: &str = "每行一个请求，每行一个答复，次序不变，`line_id` 原样返回；有误的一行在其位置给出错误，不影响其余。每行的答复与单个请求的相同。\n\
    JSON 行、CSV（UTF-8、GB18030，表头中英文均可）或 XLSX（见 /v1/templates/{topic}.xlsx），按 Content-Type；答复的格式按 Accept，默认与请求相同。不压缩，至多 256 MiB。\n\
    至多 10 000 行（答复不超过 64 MiB）的立即答复，行数见 Batch-Rows，有误的行数见 Batch-Refused；更多的，或请求头 `Prefer: respond-async` 的，由作业完成：\
    202，进度、取消和结果见 /v1/jobs/{id}，结果保留 24 小时，服务重新启动后从中断处继续。表头、编码、工作簿有误或没有数据行的，整个请求被拒绝。\n\n\
    A request on each row, an answer on each row, in their order, `line_id` repeated; a bad row has its problem in its place and stops nothing else. \
    Each row is answered as the single request is. JSON lines, CSV (UTF-8, GB18030; Chinese or English heads) or XLSX (see /v1/templates/{topic}.xlsx) by `Content-Type`; the answer in the form that `Accept` \
    names, else that of the request. Not compressed, 256 MiB at most. Up to 10 000 rows (and 64 MiB of answers) are answered at once, counted in `Batch-Rows` and `Batch-Refused`; \
    more, or whatever comes with `Prefer: respond-async`, is done by a job: 202, with progress, result for 24 hours and cancelling at /v1/jobs/{id}; a restart of the service goes on where it was. \
    Wrong heads, a wrong encoding, a workbook that cannot be read or no row at all refuse the whole.";

/// Takes a batch.
pub(super) async fn post(served: Served, request: HttpRequest, body: Payload) -> HttpResponse {
    let Served { route, service } = served;
    let arrival = Arc::new(Arrival::of(&service, &request, route.pattern, Admission::Anybody));
    let (reply, body) = match respond(&service, &request, &route, &arrival, body).await {
        Ok(answer) => answer,
        Err(refused) => (refused, None),
    };
    conclude_with(&service, &request, Some(route.pattern), &arrival.request_id, reply, body)
}

async fn respond(
    service: &Arc<Service>,
    request: &HttpRequest,
    route: &Route,
    arrival: &Arc<Arrival>,
    body: Payload,
) -> Result<(Reply, Option<BoxBody>), Reply> {
    let refuse = |problem: Problem<'_>| arrival.refuse(service, &problem);
    let (within, arrived) = (Arc::clone(service), Arc::clone(arrival));
    let who = beside(service, move || match arrived.admitted(&within) {
        Ok(visit) if within.calculations == Calculations::WithKey && visit.who == Identity::nobody() => {
            Err(arrived.refuse(&within, &unauthenticated()))
        }
        Ok(visit) => Ok(visit.who.clone()),
        Err(refused) => Err(arrived.turned_away(&within, refused)),
    });
    let who = who.await.unwrap_or_else(|problem| Err(refuse(problem)));
    let asked = who.and_then(|who| {
        let order = Order::of(request, route, arrival.request_id.clone()).map_err(refuse)?;
        Ok((who, order))
    });
    let (who, order) = match asked {
        Ok(asked) => asked,
        Err(refused) => {
            drain(service, request, body).await;
            return Err(refused);
        }
    };
    let body = receive(service, request, body).await.map_err(refuse)?;
    let at_once = !prefers_a_job(request.headers());
    let waited = Waited::default();
    let _waiting = Waiting(waited.clone());
    let wish = Wish { owner: jobs::owner(&who), at_once, waited };
    // Only as many at once as there are processors; whoever goes away leaves the queue.
    let turn = Arc::clone(&service.batching).acquire_owned().await;
    let (within, arrived, ordered) = (Arc::clone(service), Arc::clone(arrival), order.clone());
    let outcome = beside(service, move || {
        let _turn = turn;
        caught(&within, arrived.asker(), |_| {
            answered(&within, &ordered, &wish, body).map_err(|problem| arrived.refuse(&within, &problem))
        })
    });
    match outcome.await.unwrap_or_else(|problem| Err(refuse(problem)))? {
        Outcome::Answered { tally, memory, long } => {
            let mut reply = Reply::new(200, order.content_type(), memory);
            reply.headers.extend([
                (ROWS, tally.rows().to_string().into()),
                (REFUSED, tally.bad.to_string().into()),
                (header::VARY, "Accept, Prefer".into()),
            ]);
            Ok((reply, long.map(|Long { file, length, draft }| jobs::contents(file, length, draft))))
        }
        Outcome::Taken(job) => {
            let mut reply = jobs::accepted(service, job, order.lang);
            if !at_once {
                reply.headers.push((PREFERENCE_APPLIED, RESPOND_ASYNC.into()));
            }
            Ok((reply, None))
        }
    }
}

/// Whether a client wants a job whatever there is to do.
fn prefers_a_job(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PREFER).filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|preference| {
        preference.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(RESPOND_ASYNC))
    })
}

fn broken(error: &io::Error) -> Problem<'static> {
    tracing::error!(%error, "a batch could not be written or read");
    Problem::internal()
}

fn no_rows() -> Problem<'static> {
    Problem::at("", ErrorCode::MalformedRequest, Text::fixed("没有数据行", "there are no rows"))
}

/// Examples of a body and its answer in each form.
pub(super) fn examples(media_type: &str) -> [Value; 2] {
    match forms::of_media_type(media_type).map(|row| row.extension) {
        Some("csv") => [
            "line_id,identified,mined,paid_for,unit\nA-1,430.88,43.73,108.52,万吨\n".into(),
            "行号,保有量,剩余已缴量,应缴量,…\nA-1,387.15,64.79,322.36,…\n".into(),
        ],
        Some("xlsx") => ["PK…".into(), "PK…".into()],
        _ => [
            "{\"line_id\": \"A-1\", \"identified\": \"430.88\", \"mined\": \"43.73\", \"paid_for\": \"108.52\", \"unit\": \"万吨\"}\n"
                .into(),
            "{\"line_id\":\"A-1\",\"calculation\":\"unpaid-reserves\",\"result\":{…},…}\n".into(),
        ],
    }
}
