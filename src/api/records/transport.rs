//! The records on the wire: who asks is found out and what they are answered is noted, and what waits for the disk runs where
//! waiting does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::exchange::Receive;
use super::{Arrived, Write, batch, store_failed};
use crate::api::access::{Presented, Stopped, forbidden, identify};
use crate::api::documents;
use crate::api::error::{ErrorCode, Problem};
use crate::api::gate::{beside, press};
use crate::api::http::{
    Asker, Served, accepted, ask, caught, conclude, guarded, id_of, json_body, listed_body, with_asked,
};
use crate::api::lang::Lang;
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
fn access_of(service: &Service, request: &HttpRequest, request_id: &str) -> Access {
    let target = request.uri().path_and_query().map_or_else(String::new, |target| target.as_str().to_owned());
    Access {
        actor: String::new(),
        method: request.method().to_string(),
        target,
        // A header that names another address is trusted where one is configured, and no other.
        address: service.gate.address(request).map_or_else(String::new, |address| address.to_string()),
        request_id: request_id.to_owned(),
        status: 0,
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) enum Admission {
    /// Whoever has a permission.
    With(Permission),
    /// Whoever has a key; without one [`Identity::nobody`], who is not noted.
    Anybody,
}

/// What whoever is not let in is answered, and what the audit log says of it if it is known who it was.
pub(in crate::api) type Refused = Box<(Option<Access>, Reply)>;

/// A request before anybody looked who asks.
pub(in crate::api) struct Arrival {
    pub(in crate::api) request_id: String,
    lang: Lang,
    pattern: &'static str,
    admission: Admission,
    presented: Presented,
    access: Access,
}

impl Arrival {
    pub(in crate::api) fn of(
        service: &Service,
        request: &HttpRequest,
        pattern: &'static str,
        admission: Admission,
    ) -> Arrival {
        let request_id = id_of(service, request);
        let access = access_of(service, request, &request_id);
        let (lang, presented) = (query::lang(request.query_string()), Presented::of(request));
        Arrival { request_id, lang, pattern, admission, presented, access }
    }

    /// A request that a page makes for whoever looks at it.
    pub(in crate::api) fn inside(
        request_id: &str,
        lang: Lang,
        pattern: &'static str,
        admission: Admission,
        presented: Presented,
        access: Access,
    ) -> Arrival {
        Arrival { request_id: request_id.to_owned(), lang, pattern, admission, presented, access }
    }

    pub(in crate::api) fn asker(&self) -> Asker<'_> {
        Asker { request_id: &self.request_id, lang: self.lang }
    }

    pub(in crate::api) fn refuse(&self, service: &Service, problem: &Problem<'_>) -> Reply {
        problem.reply(self.lang, &service.book, &self.request_id)
    }

    /// Finds out who asks; a refusal if they may not.
    pub(in crate::api) fn admitted(&self, service: &Service) -> Result<Arc<Visit>, Refused> {
        let who = match identify(service, &self.presented) {
            Ok(who) => who,
            Err(_)
                if matches!(
                    (self.admission, &self.presented),
                    (Admission::Anybody, Presented::Nothing | Presented::Elsewhere)
                ) =>
            {
                Identity::nobody()
            }
            Err(Stopped { problem, actor }) => {
                let Access { address, method, .. } = &self.access;
                tracing::warn!(request_id = self.request_id, address, method, route = self.pattern, "no valid key");
                let reply = self.refuse(service, &problem);
                let access = |actor| Access { actor, status: reply.status, ..self.access.clone() };
                return Err(Box::new((actor.map(access), reply)));
            }
        };
        let access = Access { actor: who.actor.clone(), ..self.access.clone() };
        let visit = Arc::new(Visit { who, access, noted: AtomicBool::new(false) });
        match self.admission {
            Admission::With(permission) if !visit.who.may(permission) => {
                let refused = self.refuse(service, &forbidden(visit.who.role));
                Err(Box::new((Some(visit.access(refused.status)), refused)))
            }
            _ => Ok(visit),
        }
    }

    /// The answer as it may go out: what cannot be noted is not shown.
    pub(in crate::api) fn noted(&self, service: &Service, visit: &Visit, reply: Reply) -> Reply {
        if visit.noted.load(Ordering::Acquire) || visit.who == Identity::nobody() {
            return reply;
        }
        self.shown(service, visit.access(reply.status), reply)
    }

    fn shown(&self, service: &Service, access: Access, reply: Reply) -> Reply {
        let noted = service.records.store().and_then(|store| store.note(access));
        noted.map_or_else(|error| self.refuse(service, &store_failed(&error)), |()| reply)
    }

    /// The answer to who is not admitted.
    pub(in crate::api) fn turned_away(&self, service: &Service, refused: Refused) -> Reply {
        match *refused {
            (Some(access), reply) => self.shown(service, access, reply),
            (None, reply) => reply,
        }
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
    let arrival = Arc::new(Arrival::of(&service, &request, pattern, Admission::With(permission)));
    let (within, arrived) = (Arc::clone(&service), Arc::clone(&arrival));
    let reply = beside(&service, move || match arrived.admitted(&within) {
        Ok(visit) => {
            let reply = guarded(&within, arrived.asker(), |asker| make(&within, asker, &visit));
            arrived.noted(&within, &visit, reply)
        }
        Err(refused) => arrived.turned_away(&within, refused),
    });
    let reply = reply.await.unwrap_or_else(|problem| arrival.refuse(&service, &problem));
    conclude(&service, &request, Some(pattern), &arrival.request_id, reply)
}

/// Reads the records.
pub async fn consult(served: Served, request: HttpRequest, consult: Consult) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let other = consult.also.is_some_and(|other| documents::prefers(&accepted(request.headers()), other, JSON));
    let form = if other { Form::Csv } else { Form::Json };
    respond(service, request, route.pattern, consult.permission, move |service, asker, visit| {
        not_kept(ask(
            service,
            &route,
            |asked| (consult.read)(&Asked { form, ..*asked }),
            &path,
            &query,
            asker,
            &visit.who,
        ))
    })
    .await
}

/// Prints from the records: only as many documents at once as there are processors. Whether there is anything to print for
/// whoever asks is found out before they wait for a press.
pub async fn print(served: Served, request: HttpRequest, permission: Permission, compose: Compose) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let accept = accepted(request.headers());
    let arrival = Arc::new(Arrival::of(&service, &request, route.pattern, Admission::With(permission)));
    let (within, arrived) = (Arc::clone(&service), Arc::clone(&arrival));
    let composed = beside(&service, move || {
        let visit = arrived.admitted(&within).map_err(|refused| arrived.turned_away(&within, refused))?;
        let made = caught(&within, arrived.asker(), |asker| {
            with_asked(&within, &route, &path, &query, asker, &visit.who, |asked| {
                let format = documents::negotiated(Some(&accept)).ok_or_else(documents::not_acceptable)?;
                Ok((compose(asked)?, format))
            })
        });
        match made {
            Ok((paper, format)) => Ok((visit, paper, format)),
            Err(refused) => Err(not_kept(arrived.noted(&within, &visit, refused))),
        }
    });
    let reply = match composed.await {
        Ok(Ok((visit, paper, format))) => match press(&service).await {
            Err(problem) => arrival.refuse(&service, &problem),
            Ok(turn) => {
                let (within, arrived) = (Arc::clone(&service), Arc::clone(&arrival));
                let printed = beside(&service, move || {
                    let _turn = turn;
                    let reply = guarded(&within, arrived.asker(), |asker| {
                        let printed = documents::printed(&within, &paper, format, asker.request_id);
                        printed.unwrap_or_else(|problem| arrived.refuse(&within, &problem))
                    });
                    not_kept(arrived.noted(&within, &visit, reply))
                });
                printed.await.unwrap_or_else(|problem| arrival.refuse(&service, &problem))
            }
        },
        Ok(Err(refused)) => refused,
        Err(problem) => arrival.refuse(&service, &problem),
    };
    conclude(&service, &request, Some(route.pattern), &arrival.request_id, reply)
}

/// An answer that nobody on the way may keep.
pub(in crate::api) fn not_kept(mut reply: Reply) -> Reply {
    reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
    reply
}

/// Takes an order of many documents.
pub async fn order(served: Served, request: HttpRequest, body: Payload) -> HttpResponse {
    let Served { route, service } = served;
    let body = json_body(&service, &request, body, service.gate.limits().body).await;
    let query = request.query_string().to_owned();
    let given = request.headers().contains_key(IDEMPOTENCY_KEY);
    let key = idempotency_key(request.headers());
    respond(service, request, route.pattern, Permission::ReadRecords, move |service, asker, visit| {
        // One that has not the form of a key would not be one.
        let body = if given && key.is_none() { Err(no_key()) } else { body };
        let taken = batch::order(service, body, &query, key, &visit.who);
        not_kept(taken.unwrap_or_else(|problem| problem.reply(asker.lang, &service.book, asker.request_id)))
    })
    .await
}

fn no_key() -> Problem<'static> {
    let detail = Text::fixed(
        "缺少请求头 Idempotency-Key：1 至 200 个可见 ASCII 字符，重试时不变",
        "the header Idempotency-Key is missing: 1 to 200 visible ASCII signs, the same for every retry",
    );
    Problem::at("", ErrorCode::MalformedRequest, detail)
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
    let key = key.ok_or_else(no_key)?;
    let name = query::percent_decoded(served.route.varying(&path)).map(|name| name.into_owned());
    let name = name.ok_or_else(|| Problem::at("/id", ErrorCode::NotFound, ErrorCode::NotFound.title()))?;
    let request_id = asker.request_id.to_owned();
    Ok(Arrived { visit: Arc::clone(visit), key, path, name, body, request_id, lang })
}

/// Adds to the records.
pub async fn record(served: Served, request: HttpRequest, write: &'static Write, body: Payload) -> HttpResponse {
    let body = json_body(&served.service, &request, body, served.service.gate.limits().body).await;
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
    let body = listed_body(&served.service, &request, body, served.service.gate.limits().body).await;
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
