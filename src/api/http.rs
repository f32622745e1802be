//! The transport: what actix hands over, and what goes back. Every answer leaves through [`respond`], so that ids,
//! headers, counters and the form of errors are the same everywhere. The one exception is actix's own answer to what is
//! not HTTP (400, 408 or 431 without a body).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::{self, Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Resource, rt};
use data_encoding::HEXLOWER;
use futures_util::{FutureExt, StreamExt};
use sha2::{Digest, Sha256};

use super::access::{NOBODY, objection};
use super::batches;
use super::connection::{self, Watch};
use super::documents;
use super::error::{ErrorCode, Problem};
use super::gate::{Begun, beside, in_turn, press};
use super::jobs::{self, Part};
use super::lang::Lang;
use super::node;
use super::query::{self, LangOnly};
use super::records::exchange::neither;
use super::records::transport;
use super::reply::{JSON, Reply};
use super::routes::{Action, Asked, Form, Posted, Read, Route, Submission};
use super::service::Service;
use super::shape;
use super::topic::{Call, Options, Topic, answer};
use super::trace::TRACEPARENT;
use crate::domain::books::access::Identity;
use crate::domain::context::Detail;
use crate::domain::error::Text;
use crate::text;

/// Longest body of a calculation in bytes: 1 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A body that is too long is read up to here and thrown away, so that the client is still listening when the answer
/// comes. Beyond it the connection is closed.
const DRAIN_LIMIT: usize = 8 * BODY_LIMIT;

/// The type of nearly every answer, checked when the program is made.
const JSON_VALUE: HeaderValue = HeaderValue::from_static(JSON);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that names the dataset behind an answer.
pub const RATES_DATASET: HeaderName = HeaderName::from_static("rates-dataset");

/// A route with the service that answers it.
#[derive(Clone)]
pub struct Served {
    /// The route.
    pub route: Route,
    /// The service.
    pub service: Arc<Service>,
}

impl HttpServiceFactory for Served {
    fn register(self, config: &mut AppService) {
        let resource = Resource::new(self.route.pattern);
        let other = self.clone();
        let resource = resource.default_service(web::to(move |request: HttpRequest, body: Payload| {
            let Served { route, service } = other.clone();
            async move {
                drain(&service, &request, body).await;
                respond(&service, &request, Some(route.pattern), |asker| {
                    Problem::method_not_allowed(route.allow()).reply(asker.lang, &service.book, asker.request_id)
                })
            }
        }));
        let resource = match self.route.action {
            Action::Read(read) | Action::Probe(read) => {
                let handler = move |request: HttpRequest| {
                    let Served { route, service } = self.clone();
                    async move { read_route(&service, &request, &route, read).await }
                };
                resource.route(web::get().to(handler.clone())).route(web::head().to(handler))
            }
            Action::Calculate(topic) => resource.route(web::post().to(move |request: HttpRequest, body: Payload| {
                let Served { route, service } = self.clone();
                async move { calculate_route(&service, request, &route, topic, body).await }
            })),
            Action::CalculationSheet => resource.route(web::post().to(move |request: HttpRequest, body: Payload| {
                let Served { route, service } = self.clone();
                async move { sheet_route(service, request, &route, body).await }
            })),
            Action::DocumentBatch => resource.route(
                web::post()
                    .to(move |request: HttpRequest, body: Payload| transport::order(self.clone(), request, body)),
            ),
            Action::Batch => resource.route(
                web::post().to(move |request: HttpRequest, body: Payload| batches::post(self.clone(), request, body)),
            ),
            Action::Records { read, write } => {
                let mut resource = resource;
                if let Some(read) = read {
                    let served = self.clone();
                    let handler = move |request: HttpRequest| transport::consult(served.clone(), request, read);
                    resource = resource.route(web::get().to(handler.clone())).route(web::head().to(handler));
                }
                if let Some(write) = write {
                    resource = resource.route(web::post().to(move |request: HttpRequest, body: Payload| {
                        transport::record(self.clone(), request, write, body)
                    }));
                }
                resource
            }
            Action::Print { permission, compose } => {
                let handler = move |request: HttpRequest| transport::print(self.clone(), request, permission, compose);
                resource.route(web::get().to(handler.clone())).route(web::head().to(handler))
            }
            Action::Receive(receive) => resource.route(web::post().to(move |request: HttpRequest, body: Payload| {
                transport::receive(self.clone(), request, receive, body)
            })),
            Action::Job(part) => {
                let served = self.clone();
                let handler = move |request: HttpRequest| jobs::answer(served.clone(), request, part);
                let resource = resource.route(web::get().to(handler.clone())).route(web::head().to(handler));
                match part {
                    Part::State => resource
                        .route(web::delete().to(move |request: HttpRequest| jobs::remove(self.clone(), request))),
                    Part::All | Part::Events | Part::Result => resource,
                }
            }
            Action::Submit(posted) => resource.route(web::post().to(move |request: HttpRequest, body: Payload| {
                let Served { route, service } = self.clone();
                async move { submit_route(service, request, &route, posted, body).await }
            })),
        };
        resource.register(config);
    }
}

/// Who asked, as far as the answer needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The id of the request.
    pub request_id: &'a str,
    /// The language.
    pub lang: Lang,
}

/// Makes an answer and sends it: a panic becomes a 500 that shows the request id and nothing else.
pub fn respond(
    service: &Service,
    request: &HttpRequest,
    pattern: Option<&str>,
    make: impl FnOnce(Asker<'_>) -> Reply,
) -> HttpResponse {
    let request_id = id_of(service, request);
    let asker = Asker { request_id: &request_id, lang: query::lang(request.query_string()) };
    let reply = guarded(service, asker, make);
    conclude(service, request, pattern, &request_id, reply)
}

/// The id of a request: the caller's, or a new one.
pub fn id_of(service: &Service, request: &HttpRequest) -> String {
    service.request_id(request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()))
}

/// The answer, or after a panic a 500 that shows the request id and nothing else.
pub(super) fn guarded(service: &Service, asker: Asker<'_>, make: impl FnOnce(Asker<'_>) -> Reply) -> Reply {
    caught(service, asker, |asker| Ok(make(asker))).unwrap_or_else(|internal| internal)
}

/// What is made, or a refusal; after a panic a 500 that shows the request id and nothing else.
pub(super) fn caught<T>(
    service: &Service,
    asker: Asker<'_>,
    make: impl FnOnce(Asker<'_>) -> Result<T, Reply>,
) -> Result<T, Reply> {
    catch_unwind(AssertUnwindSafe(|| make(asker)))
        .unwrap_or_else(|_| Err(Problem::internal().reply(asker.lang, &service.book, asker.request_id)))
}

/// Counts the answer, logs it and sends it.
pub fn conclude(
    service: &Service,
    request: &HttpRequest,
    pattern: Option<&str>,
    request_id: &str,
    reply: Reply,
) -> HttpResponse {
    conclude_with(service, request, pattern, request_id, reply, None)
}

/// The same, with a body that is sent as it comes instead of that of the reply.
pub(super) fn conclude_with(
    service: &Service,
    request: &HttpRequest,
    pattern: Option<&str>,
    request_id: &str,
    reply: Reply,
    body: Option<BoxBody>,
) -> HttpResponse {
    let extensions = request.extensions();
    let begun = extensions.get::<Begun>();
    let elapsed = begun.map(Begun::elapsed);
    let trace = begun.and_then(|begun| begun.trace.as_ref());
    service.metrics.count(pattern, &reply, elapsed);
    if reply.status >= 500 && reply.problem != Some(ErrorCode::Unavailable) {
        tracing::error!(
            request_id,
            trace_id = trace.map(|trace| trace.trace_id.as_str()),
            path = request.path(),
            status = reply.status,
            "a request failed"
        );
    }
    // A line for each request is for whoever asks for it: --log info,lode::access=debug.
    tracing::debug!(
        target: "lode::access",
        request_id,
        trace_id = trace.map(|trace| trace.trace_id.as_str()),
        parent_id = trace.map(|trace| trace.parent_id.as_str()),
        span_id = trace.map(|trace| trace.span_id.as_str()),
        method = %request.method(),
        path = request.path(),
        route = pattern,
        status = reply.status,
        code = reply.problem.map(ErrorCode::as_str),
        microseconds = elapsed.map(|elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)),
        "answered"
    );
    let body = body.map(|body| match request.conn_data::<Rc<Watch>>() {
        Some(watch) => connection::lasting(body, watch.busy()),
        None => body,
    });
    let mut response = send(service, request_id, reply, body);
    if let Some(trace) = trace {
        insert(response.headers_mut(), TRACEPARENT, &trace.to_string());
    }
    response
}

fn send(service: &Service, request_id: &str, reply: Reply, body: Option<BoxBody>) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = body.unwrap_or_else(|| BoxBody::new(Bytes::from(reply.body)));
    let mut response = HttpResponse::new(status).set_body(body);
    let headers = response.headers_mut();
    if status != StatusCode::NOT_MODIFIED && status != StatusCode::NO_CONTENT {
        match reply.content_type.as_ref() {
            JSON => drop(headers.insert(header::CONTENT_TYPE, JSON_VALUE)),
            other => insert(headers, header::CONTENT_TYPE, other),
        }
    }
    insert(headers, REQUEST_ID, request_id);
    if let Some(dataset) = &service.dataset_header {
        headers.insert(RATES_DATASET, dataset.clone());
    }
    for (name, value) in reply.headers {
        insert(headers, name, &value);
    }
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

async fn read_route(service: &Arc<Service>, request: &HttpRequest, route: &Route, read: Read) -> HttpResponse {
    let objection = objection(service, request, route.pattern).await;
    if matches!(route.action, Action::Probe(_)) {
        // Asks the disk or the database, which may take its time.
        let asked = Arc::clone(service);
        let _ = web::block(move || asked.readiness.look(&asked)).await;
    }
    let answered = || read_at_once(service, request, route, read, objection.as_ref());
    match route.action {
        Action::Probe(_) => answered(),
        _ => in_turn(service, request, route.pattern, answered).await,
    }
}

fn read_at_once(
    service: &Arc<Service>,
    request: &HttpRequest,
    route: &Route,
    read: Read,
    objection: Option<&Problem<'static>>,
) -> HttpResponse {
    respond(service, request, Some(route.pattern), |asker| {
        if let Some(problem) = objection {
            return problem.reply(asker.lang, &service.book, asker.request_id);
        }
        let mut reply = ask(service, route, read, request.uri().path(), request.query_string(), asker, &NOBODY);
        if reply.is_success() {
            match route.action {
                Action::Read(_) => revalidate(&mut reply, request.headers()),
                _ => reply.headers.push((header::CACHE_CONTROL, "no-store".into())),
            }
        }
        reply
    })
}

/// Answers a reading endpoint.
pub fn ask(
    service: &Arc<Service>,
    route: &Route,
    read: impl for<'a> FnOnce(&Asked<'a>) -> Result<Reply, Problem<'a>>,
    path: &str,
    query: &str,
    asker: Asker<'_>,
    who: &Identity,
) -> Reply {
    with_asked(service, route, path, query, asker, who, read).unwrap_or_else(|refused| refused)
}

/// Reads what an endpoint is asked and hands it over; a refusal as it is answered.
pub(super) fn with_asked<T>(
    service: &Arc<Service>,
    route: &Route,
    path: &str,
    query: &str,
    asker: Asker<'_>,
    who: &Identity,
    read: impl for<'a> FnOnce(&Asked<'a>) -> Result<T, Problem<'a>>,
) -> Result<T, Reply> {
    let refuse = |problem: Problem<'_>| problem.reply(asker.lang, &service.book, asker.request_id);
    let parameters = query::parse(query).map_err(|faults| refuse(Problem::malformed(faults)))?;
    // actix leaves some escapes in place and replaces broken ones; the path as it was sent decides.
    let Some(name) = query::percent_decoded(route.varying(path)) else {
        let pointer = route.doc.and_then(|doc| doc.path_parameter).map(|parameter| format!("/{}", parameter.name));
        let detail = Text::fixed(
            "路径不是百分号编码的 UTF-8；请以 UTF-8 编码并转义",
            "the path is not percent-encoded UTF-8: encode it in UTF-8 and escape it",
        );
        return Err(refuse(Problem::at(&pointer.unwrap_or_default(), ErrorCode::MalformedRequest, detail)));
    };
    let asked = Asked { service, name: &name, query: &parameters, who, form: Form::default() };
    read(&asked).map_err(refuse)
}

/// The strong `ETag` of a body.
pub(super) fn tag(body: &[u8]) -> String {
    let mut hex = HEXLOWER.encode(&Sha256::digest(body));
    hex.truncate(32);
    format!("\"{hex}\"")
}

/// Adds the `ETag` of the body, unless it is there already, and answers 304 to whoever has it.
fn revalidate(reply: &mut Reply, headers: &HeaderMap) {
    let there = reply.headers.iter().position(|(name, _)| *name == header::ETAG);
    let tag = there.map_or_else(|| tag(&reply.body).into(), |at| reply.headers.swap_remove(at).1);
    let known = headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    });
    if known {
        reply.status = 304;
        reply.body = Vec::new();
    }
    reply.headers.push((header::ETAG, tag));
    reply.headers.push((header::CACHE_CONTROL, "no-cache".into()));
}

async fn calculate_route(
    service: &Arc<Service>,
    request: HttpRequest,
    route: &Route,
    topic: Topic,
    body: Payload,
) -> HttpResponse {
    let body = admitted(service, &request, route, body, service.gate.limits().body).await;
    let calculate = |asker: Asker<'_>| {
        let body = match &body {
            Ok(body) => body,
            Err(problem) => return problem.reply(asker.lang, &service.book, asker.request_id),
        };
        let query = query::parse(request.query_string());
        let options = query.as_ref().map_err(Clone::clone).and_then(|query| topic.options(query));
        match options {
            Ok(Options { lang, explain }) => {
                let request_id = asker.request_id;
                answer(topic, body, Call { book: &service.book, lang, detail: Detail::Steps, explain, request_id })
            }
            Err(faults) => Problem::malformed(faults).reply(asker.lang, &service.book, asker.request_id),
        }
    };
    let pattern = route.pattern;
    in_turn(service, &request, pattern, || respond(service, &request, Some(pattern), calculate)).await
}

/// Answers on a thread of its own: a portfolio keeps a processor busy for longer than other requests should wait.
async fn submit_route(
    service: Arc<Service>,
    request: HttpRequest,
    route: &Route,
    posted: &'static Posted,
    body: Payload,
) -> HttpResponse {
    let body = admitted(&service, &request, route, body, posted.limit).await;
    let request_id = id_of(&service, &request);
    let answered = beside_the_workers(&service, &request, &request_id, body, move |service, body, query, asker| {
        Ok(submit(service, posted, body, query, asker))
    });
    let reply = answered.await.unwrap_or_else(|refused| refused);
    conclude(&service, &request, Some(route.pattern), &request_id, reply)
}

/// Prints a calculation: only as many at once as there are processors. What is refused does not wait for a press.
async fn sheet_route(service: Arc<Service>, request: HttpRequest, route: &Route, body: Payload) -> HttpResponse {
    let body = admitted(&service, &request, route, body, service.gate.limits().body).await;
    let accept = accepted(request.headers());
    let request_id = id_of(&service, &request);
    let composed = beside_the_workers(&service, &request, &request_id, body, move |service, body, query, asker| {
        let query = query::parse(query);
        match query.as_ref().map_err(Clone::clone).and_then(shape::decode) {
            Ok(LangOnly { lang }) => documents::compose_sheet(service, body, &accept, Asker { lang, ..asker }),
            Err(faults) => Err(Problem::malformed(faults).reply(asker.lang, &service.book, asker.request_id)),
        }
    });
    let reply = match composed.await {
        Err(refused) => refused,
        Ok((paper, format)) => match press(&service).await {
            Err(problem) => problem.reply(query::lang(request.query_string()), &service.book, &request_id),
            Ok(turn) => {
                let nothing = Ok(Bytes::new());
                let printed =
                    beside_the_workers(&service, &request, &request_id, nothing, move |service, _, _, asker| {
                        let _turn = turn;
                        documents::printed(service, &paper, format, asker.request_id)
                            .map_err(|problem| problem.reply(asker.lang, &service.book, asker.request_id))
                    });
                printed.await.unwrap_or_else(|refused| refused)
            }
        },
    };
    conclude(&service, &request, Some(route.pattern), &request_id, reply)
}

/// The forms that a client takes: every header `Accept` in one.
pub fn accepted(headers: &HeaderMap) -> String {
    let accepts = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    accepts.collect::<Vec<_>>().join(",")
}

/// Makes something of a body, or a refusal, on a thread of its own.
async fn beside_the_workers<T: Send + 'static>(
    service: &Arc<Service>,
    request: &HttpRequest,
    request_id: &str,
    body: Result<Bytes, Problem<'static>>,
    make: impl FnOnce(&Arc<Service>, &[u8], &str, Asker<'_>) -> Result<T, Reply> + Send + 'static,
) -> Result<T, Reply> {
    let asked = (Arc::clone(service), request_id.to_owned(), request.query_string().to_owned());
    let made = beside(service, move || {
        let (service, request_id, query_string) = asked;
        let asker = Asker { request_id: &request_id, lang: query::lang(&query_string) };
        caught(&service, asker, |asker| match &body {
            Ok(body) => make(&service, body, &query_string, asker),
            Err(problem) => Err(problem.reply(asker.lang, &service.book, asker.request_id)),
        })
    });
    made.await
        .unwrap_or_else(|problem| Err(problem.reply(query::lang(request.query_string()), &service.book, request_id)))
}

/// Answers an endpoint that takes a body, whoever asks.
pub fn submit(service: &Service, posted: &Posted, body: &[u8], query: &str, asker: Asker<'_>) -> Reply {
    let refuse = |problem: Problem<'_>| problem.reply(asker.lang, &service.book, asker.request_id);
    let query = query::parse(query);
    let LangOnly { lang } = match query.as_ref().map_err(Clone::clone).and_then(shape::decode) {
        Ok(options) => options,
        Err(faults) => return refuse(Problem::malformed(faults)),
    };
    let body = match node::parse(body) {
        Ok(body) => body,
        Err(detail) => return refuse(Problem::at("", ErrorCode::MalformedRequest, detail)),
    };
    let asked = Submission { service, body: &body, lang, request_id: asker.request_id };
    (posted.run)(&asked).unwrap_or_else(refuse)
}

/// The body, if whoever sends it may have it answered; who may not is told so whatever they send.
async fn admitted(
    service: &Arc<Service>,
    request: &HttpRequest,
    route: &Route,
    body: Payload,
    limit: usize,
) -> Result<Bytes, Problem<'static>> {
    match objection(service, request, route.pattern).await {
        None => json_body(service, request, body, limit).await,
        Some(problem) => {
            drain(service, request, body).await;
            Err(problem)
        }
    }
}

/// The body, if it is JSON and not longer than the limit.
pub(super) async fn json_body(
    service: &Service,
    request: &HttpRequest,
    body: Payload,
    limit: usize,
) -> Result<Bytes, Problem<'static>> {
    match collect(service, body, limit).await {
        Ok(_) if !is_plain(request.headers(), JSON) => Err(Problem::new(ErrorCode::UnsupportedMediaType, not_json())),
        collected => collected,
    }
}

/// The body with its form, if it is JSON or CSV and not longer than the limit.
pub(super) async fn listed_body(
    service: &Service,
    request: &HttpRequest,
    body: Payload,
    limit: usize,
) -> Result<(Bytes, Form), Problem<'static>> {
    let headers = request.headers();
    let form = if is_plain(headers, "text/csv") { Form::Csv } else { Form::Json };
    match collect(service, body, limit).await? {
        _ if form == Form::Json && !is_plain(headers, JSON) => {
            Err(Problem::new(ErrorCode::UnsupportedMediaType, neither()))
        }
        body => Ok((body, form)),
    }
}

/// Whether the headers announce a body of this type in UTF-8 as it stands.
fn is_plain(headers: &HeaderMap, wanted: &str) -> bool {
    let Some(media_type) = announced(headers) else { return false };
    // So most clients announce it.
    if media_type == wanted {
        return is_uncompressed(headers);
    }
    let mut parts = media_type.split(';').map(str::trim);
    let wanted = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    wanted && utf8 && is_uncompressed(headers)
}

/// Whether the headers announce a body as it stands.
pub(super) fn is_uncompressed(headers: &HeaderMap) -> bool {
    let identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    headers.get_all(header::CONTENT_ENCODING).all(identity)
}

/// The type that the headers announce. Of two nobody can say which one is meant.
pub(super) fn announced(headers: &HeaderMap) -> Option<&str> {
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let (Some(media_type), None) = (types.next(), types.next()) else { return None };
    media_type.to_str().ok()
}

/// The whole body, as long as it is not longer than the limit.
async fn collect(service: &Service, body: Payload, limit: usize) -> Result<Bytes, Problem<'static>> {
    let time = service.gate.limits().body_time;
    let mut collecting = pin!(collect_without_clock(body, limit));
    // Most bodies have come with their head: no clock is needed then.
    if let Some(collected) = collecting.as_mut().now_or_never() {
        return collected;
    }
    match rt::time::timeout(time, collecting).await {
        Ok(collected) => collected,
        Err(_) => {
            let seconds = time.as_secs();
            Err(Problem::at(
                "",
                ErrorCode::MalformedRequest,
                text!(
                    "请求体未在 {seconds} 秒内送达；请重新发送",
                    "the body did not arrive within {seconds} seconds: send it again"
                ),
            ))
        }
    }
}

async fn collect_without_clock(mut body: Payload, limit: usize) -> Result<Bytes, Problem<'static>> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0_usize;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| cut_off())?;
        length += chunk.len();
        if length > DRAIN_LIMIT.max(2 * limit) {
            break;
        }
        if length > limit {
            continue;
        }
        // Most bodies arrive in one piece, which is used as it is.
        if first.is_empty() {
            first = chunk;
        } else {
            rest.extend_from_slice(&chunk);
        }
    }
    if length > limit {
        return Err(Problem::new(ErrorCode::PayloadTooLarge, too_large(limit)));
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first, rest.freeze()].concat().into())
}

/// The refusal of a body that ended too early.
pub(super) fn cut_off() -> Problem<'static> {
    let detail = Text::fixed("请求体没有完整送达；请重新发送", "the body did not arrive as a whole: send it again");
    Problem::at("", ErrorCode::MalformedRequest, detail)
}

/// What to say about a body that is too long.
pub fn too_large(limit: usize) -> Text {
    let mebibytes = limit / (1024 * 1024);
    if !limit.is_multiple_of(1024 * 1024) {
        return text!("请求体不得超过 {limit} 字节", "the body must not be longer than {limit} bytes");
    }
    text!(
        "请求体不得超过 {mebibytes} MiB（{limit} 字节）",
        "the body must not be longer than {mebibytes} MiB ({limit} bytes)"
    )
}

/// What to say about a body that is not announced as plain JSON.
pub fn not_json() -> Text {
    Text::fixed(
        "请以 Content-Type: application/json 发送未压缩的 UTF-8 JSON",
        "send UTF-8 JSON, not compressed, as Content-Type: application/json",
    )
}

/// Reads a body that nobody wants, so that the connection can go on.
pub(super) async fn drain(service: &Service, request: &HttpRequest, body: Payload) {
    if request.headers().contains_key(header::CONTENT_LENGTH)
        || request.headers().contains_key(header::TRANSFER_ENCODING)
    {
        // Whatever is wrong with the body does not matter any more.
        let _ = collect(service, body, BODY_LIMIT).await;
    }
}

/// Answers whatever no route takes.
pub async fn not_found(service: Arc<Service>, request: HttpRequest, body: Payload) -> HttpResponse {
    drain(&service, &request, body).await;
    respond(&service, &request, None, |asker| Problem::no_route().reply(asker.lang, &service.book, asker.request_id))
}
