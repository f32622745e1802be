//! The records on the wire: what waits for the disk runs where waiting does no harm.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{Arrived, Write};
use crate::api::documents;
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{Asker, BODY_LIMIT, Served, accepted, ask, conclude, guarded, id_of, json_body};
use crate::api::query::{self, LangOnly};
use crate::api::reply::Reply;
use crate::api::routes::{Compose, Read};
use crate::api::service::Service;
use crate::api::shape;
use crate::domain::error::Text;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who asks. Until keys are known it is the local user; no header is trusted.
fn actor(_request: &HttpRequest) -> &'static str {
    "local"
}

/// The key under which a writing request is recorded once: 1 to 200 visible ASCII signs.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok()?;
    let fits = (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| key.to_owned())
}

/// Makes an answer on a thread of its own, and sends it.
async fn respond(
    service: Arc<Service>,
    request: HttpRequest,
    pattern: &'static str,
    make: impl FnOnce(&Arc<Service>, Asker<'_>) -> Reply + Send + 'static,
) -> HttpResponse {
    let request_id = id_of(&service, &request);
    let lang = query::lang(request.query_string());
    let (within, id) = (Arc::clone(&service), request_id.clone());
    let reply = web::block(move || guarded(&within, Asker { request_id: &id, lang }, |asker| make(&within, asker)));
    let internal = |_| Problem::internal().reply(lang, &service.book, &request_id);
    let reply = reply.await.unwrap_or_else(internal);
    conclude(&service, &request, Some(pattern), &request_id, reply)
}

/// Reads the records.
pub async fn consult(served: Served, request: HttpRequest, read: Read) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    respond(service, request, route.pattern, move |service, asker| {
        let mut reply = ask(service, &route, read, &path, &query, asker);
        reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
        reply
    })
    .await
}

/// Prints from the records: only as many documents at once as there are processors.
pub async fn print(served: Served, request: HttpRequest, compose: Compose) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let accept = accepted(request.headers());
    let turn = Arc::clone(&service.printing).acquire_owned().await;
    respond(service, request, route.pattern, move |service, asker| {
        let _turn = turn;
        let mut reply = ask(
            service,
            &route,
            |asked| {
                let format = documents::negotiated(Some(&accept)).ok_or_else(documents::not_acceptable)?;
                documents::printed(service, &compose(asked)?, format, asker.request_id)
            },
            &path,
            &query,
            asker,
        );
        reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
        reply
    })
    .await
}

/// Adds to the records.
pub async fn record(served: Served, request: HttpRequest, write: &'static Write, body: Payload) -> HttpResponse {
    let Served { route, service } = served;
    let body = json_body(&request, body, BODY_LIMIT).await;
    let key = idempotency_key(request.headers());
    let (actor, path, query) = (actor(&request), request.uri().path().to_owned(), request.query_string().to_owned());
    respond(service, request, route.pattern, move |service, asker| {
        let refuse = |problem: Problem<'_>| problem.reply(asker.lang, &service.book, asker.request_id);
        let body = match body {
            Ok(body) => body,
            Err(problem) => return refuse(problem),
        };
        let parsed = query::parse(&query);
        let lang = match parsed.as_ref().map_err(Clone::clone).and_then(shape::decode::<LangOnly>) {
            Ok(LangOnly { lang }) => lang,
            Err(faults) => return refuse(Problem::malformed(faults)),
        };
        let Some(key) = key else {
            let detail = Text::fixed(
                "缺少请求头 Idempotency-Key：1 至 200 个可见 ASCII 字符，重试时不变",
                "the header Idempotency-Key is missing: 1 to 200 visible ASCII signs, the same for every retry",
            );
            return refuse(Problem::at("", ErrorCode::MalformedRequest, detail));
        };
        let Some(name) = query::percent_decoded(route.varying(&path)).map(|name| name.into_owned()) else {
            return refuse(Problem::at("/id", ErrorCode::NotFound, ErrorCode::NotFound.title()));
        };
        let request_id = asker.request_id.to_owned();
        let (actor, body) = (actor.to_owned(), body.to_vec());
        super::record(service, write, Arrived { actor, key, path, name, body, request_id, lang })
    })
    .await
}
