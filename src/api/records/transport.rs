//! The records on the wire: who asks is found out and what they are answered is noted, and what waits for the disk runs where
//! waiting does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::exchange::Receive;
use super::{Arrived, Write, store_failed};
use crate::api::access::{Presented, Stopped, forbidden, identify};
use crate::api::documents;
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{Asker, BODY_LIMIT, Served, accepted, ask, conclude, guarded, id_of, json_body, listed_body};
use crate::api::query::{self, LangOnly};
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Asked, Compose, Consult, Form};
use crate::api::service::Service;
use crate::api::shape;
use crate::domain::books::access::{Identity, Permission};
use crate::domain::error::Text;
use crate::ledger::audit::Access;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Somebody at the records.
#[derive(Debug)]
pub struct Visit {
    /// Who asks.
    pub who: Identity,
    access: Access,
    noted: AtomicBool,
}

impl Visit {
    /// What the audit log says when this is the answer.
    pub fn access(&self, status: u16) -> Access {
        Access { status, ..self.access.clone() }
    }

    /// It is in the audit log.
    pub fn is_noted(&self) {
        self.noted.store(true, Ordering::Release);
    }
}

/// The key under which a writing request is recorded once: 1 to 200 visible ASCII signs.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok()?;
    let fits = (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| key.to_owned())
}

/// An access as it begins: whose it is and how it ends are not known yet.
fn access_of(request: &HttpRequest, request_id: &str) -> Access {
    let target = request.uri().path_and_query().map_or_else(String::new, |target| target.as_str().to_owned());
    Access {
        actor: String::new(),
        method: request.method().to_string(),
        target,
        // Headers that name another address are not trusted.
        address: request.peer_addr().map_or_else(String::new, |address| address.ip().to_string()),
        request_id: request_id.to_owned(),
        status: 0,
    }
}

/// Finds out who asks, makes their answer if they may have it, and notes it before it is sent; on a thread of its own.
async fn respond(
    service: Arc<Service>,
    request: HttpRequest,
    pattern: &'static str,
    permission: Permission,
    make: impl FnOnce(&Arc<Service>, Asker<'_>, &Arc<Visit>) -> Reply + Send + 'static,
) -> HttpResponse {
    let request_id = id_of(&service, &request);
    let lang = query::lang(request.query_string());
    let (presented, access) = (Presented::of(&request), access_of(&request, &request_id));
    let (within, id) = (Arc::clone(&service), request_id.clone());
    let reply = web::block(move || {
        let service = within;
        let asker = Asker { request_id: &id, lang };
        let refuse = |problem: Problem<'_>| problem.reply(lang, &service.book, &id);
        let noted = |access: Access, reply: Reply| {
            // What cannot be noted is not shown.
            let noted = service.records.store().and_then(|store| store.note(access));
            noted.map_or_else(|error| refuse(store_failed(&error)), |()| reply)
        };
        let who = match identify(&service, &presented) {
            Ok(who) => who,
            Err(Stopped { problem, actor }) => {
                let Access { address, method, .. } = &access;
                tracing::warn!(request_id = id, address, method, route = pattern, "no valid key");
                let reply = refuse(problem);
                return match actor {
                    Some(actor) => noted(Access { actor, status: reply.status, ..access }, reply),
                    None => reply,
                };
            }
        };
        let access = Access { actor: who.actor.clone(), ..access };
        let visit = Arc::new(Visit { who, access, noted: AtomicBool::new(false) });
        let reply = if visit.who.may(permission) {
            guarded(&service, asker, |asker| make(&service, asker, &visit))
        } else {
            refuse(forbidden(visit.who.role))
        };
        if visit.noted.load(Ordering::Acquire) {
            return reply;
        }
        noted(visit.access(reply.status), reply)
    });
    let internal = |_| Problem::internal().reply(lang, &service.book, &request_id);
    let reply = reply.await.unwrap_or_else(internal);
    conclude(&service, &request, Some(pattern), &request_id, reply)
}

/// Reads the records.
pub async fn consult(served: Served, request: HttpRequest, consult: Consult) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let other = consult.also.is_some_and(|other| documents::prefers(&accepted(request.headers()), other, JSON));
    let form = if other { Form::Csv } else { Form::Json };
    respond(service, request, route.pattern, consult.permission, move |service, asker, visit| {
        let mut reply =
            ask(service, &route, |asked| (consult.read)(&Asked { form, ..*asked }), &path, &query, asker, &visit.who);
        reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
        reply
    })
    .await
}

/// Prints from the records: only as many documents at once as there are processors.
pub async fn print(served: Served, request: HttpRequest, permission: Permission, compose: Compose) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let accept = accepted(request.headers());
    let turn = Arc::clone(&service.printing).acquire_owned().await;
    respond(service, request, route.pattern, permission, move |service, asker, visit| {
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
            &visit.who,
        );
        reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
        reply
    })
    .await
}

/// A writing request as it arrived, or what is wrong with its query, its key or its path.
fn arrived(
    served: &Served,
    path: String,
    query: &str,
    key: Option<String>,
    body: Vec<u8>,
    asker: Asker<'_>,
    visit: &Arc<Visit>,
) -> Result<Arrived, Problem<'static>> {
    let parsed = query::parse(query);
    let decoded = parsed.as_ref().map_err(Clone::clone).and_then(shape::decode::<LangOnly>);
    let LangOnly { lang } = decoded.map_err(Problem::malformed)?;
    let missing = || {
        let detail = Text::fixed(
            "缺少请求头 Idempotency-Key：1 至 200 个可见 ASCII 字符，重试时不变",
            "the header Idempotency-Key is missing: 1 to 200 visible ASCII signs, the same for every retry",
        );
        Problem::at("", ErrorCode::MalformedRequest, detail)
    };
    let key = key.ok_or_else(missing)?;
    let name = query::percent_decoded(served.route.varying(&path)).map(|name| name.into_owned());
    let name = name.ok_or_else(|| Problem::at("/id", ErrorCode::NotFound, ErrorCode::NotFound.title()))?;
    let request_id = asker.request_id.to_owned();
    Ok(Arrived { visit: Arc::clone(visit), key, path, name, body, request_id, lang })
}

/// Adds to the records.
pub async fn record(served: Served, request: HttpRequest, write: &'static Write, body: Payload) -> HttpResponse {
    let body = json_body(&request, body, BODY_LIMIT).await;
    let key = idempotency_key(request.headers());
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let (service, pattern) = (Arc::clone(&served.service), served.route.pattern);
    respond(service, request, pattern, write.permission, move |service, asker, visit| {
        let arrived = body.and_then(|body| arrived(&served, path, &query, key, body.to_vec(), asker, visit));
        match arrived {
            Ok(arrived) => super::record(service, write, arrived),
            Err(problem) => problem.reply(asker.lang, &service.book, asker.request_id),
        }
    })
    .await
}

/// Takes a message of many records.
pub async fn receive(served: Served, request: HttpRequest, receive: &'static Receive, body: Payload) -> HttpResponse {
    let body = listed_body(&request, body, BODY_LIMIT).await;
    let key = idempotency_key(request.headers());
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let (service, pattern) = (Arc::clone(&served.service), served.route.pattern);
    respond(service, request, pattern, receive.permission, move |service, asker, visit| {
        let arrived = body.and_then(|(body, form)| {
            arrived(&served, path, &query, key, body.to_vec(), asker, visit).map(|arrived| (arrived, form))
        });
        match arrived {
            Ok((arrived, form)) => (receive.run)(service, &arrived, form),
            Err(problem) => problem.reply(asker.lang, &service.book, asker.request_id),
        }
    })
    .await
}
