//! The transport of the pages: routes, headers, forms, errors in the dress of a page. Answers leave through
//! `api::http::conclude` like those of the API.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource};
use askama::Template;

use super::assets;
use super::page::{Page, Section};
use super::visit::{Pairs, Visit, pairs};
use super::words::Words;
use crate::api::access::{Calculations, identify};
use crate::api::error::{ErrorCode, Problem};
use crate::api::gate::{beside, its_turn};
use crate::api::http;
use crate::api::reply::Reply;
use crate::api::service::Service;

/// What a page may load: files of its own host, no script and no style in the page itself.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Longest form: 1 MiB, as a body of the API.
const FORM_LIMIT: usize = http::BODY_LIMIT;

/// Longest file that a page looks into before anything runs; longer ones are checked while they are computed.
const FILE_LIMIT: usize = 16 << 20;

const HTML: &str = "text/html; charset=utf-8";

/// Why a page is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is there.
    NotFound,
    /// Nobody is signed in, and somebody has to be.
    SignIn,
    /// The page is there, the method is not.
    NotAllowed(&'static str),
    /// A form of another site.
    Foreign,
    /// Too much is going on.
    Busy,
    /// A defect.
    Internal,
}

impl Failure {
    /// The page for what the API would say.
    fn of(problem: &Problem<'_>) -> Failure {
        if problem.code() == ErrorCode::Unavailable { Failure::Busy } else { Failure::Internal }
    }
}

/// Answers a page.
pub(crate) type Handler = fn(&Visit) -> Result<Reply, Failure>;

/// What a page costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// It is answered where the request came in.
    Quick,
    /// It waits or computes long: it is answered on a thread of its own.
    Long,
    /// The same, and it takes a file beside forms.
    File,
}

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Everybody.
    ToAll,
    /// Whoever may calculate and read the rates.
    ToCalculators,
}

/// A page.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    /// The pattern of its path; at most one part varies.
    pub(crate) pattern: &'static str,
    pub(crate) get: Option<Handler>,
    /// What takes a form that is sent to it.
    pub(crate) post: Option<Handler>,
    pub(crate) work: Work,
    pub(crate) open: Open,
}

impl Route {
    /// A page that calculates or shows rates.
    pub(crate) const fn get(pattern: &'static str, handler: Handler) -> Route {
        Route { pattern, get: Some(handler), post: None, work: Work::Quick, open: Open::ToCalculators }
    }

    fn allow(&self) -> &'static str {
        match (self.get, self.post) {
            (Some(_), Some(_)) => "GET, HEAD, POST",
            (None, Some(_)) => "POST",
            _ => "GET, HEAD",
        }
    }

    /// The part of a path that varies.
    fn varying(&self, path: &str) -> String {
        let Some((head, rest)) = self.pattern.split_once('{') else { return String::new() };
        let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
        path.strip_prefix(head).and_then(|path| path.strip_suffix(tail)).unwrap_or_default().to_owned()
    }
}

/// A page with the service that answers it.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) route: Route,
    pub(crate) service: Arc<Service>,
}

impl HttpServiceFactory for Served {
    fn register(self, config: &mut AppService) {
        let resource = Resource::new(self.route.pattern);
        let handle = move |request: HttpRequest, body: Payload| answer(self.clone(), request, body);
        resource.default_service(web::to(handle)).register(config);
    }
}

async fn answer(served: Served, request: HttpRequest, body: Payload) -> HttpResponse {
    let Served { route, service } = served;
    let request_id = http::id_of(&service, &request);
    let (form, upload) = match request.method().as_str() {
        "POST" if route.work == Work::File && !is_form(&request) => {
            (Some(Pairs::new()), body.to_bytes_limited(FILE_LIMIT).await.ok().and_then(Result::ok))
        }
        "POST" if route.post.is_some() => (form(&request, body).await, None),
        _ => (Some(Pairs::new()), None),
    };
    let handler = match request.method().as_str() {
        "GET" | "HEAD" => route.get,
        "POST" => route.post,
        _ => None,
    };
    let mut visit = Visit::of(&service, &request, request_id.clone(), form.clone().unwrap_or_default());
    visit.name = route.varying(&visit.path);
    visit.upload = upload;
    let is_guarded = route.open == Open::ToCalculators && service.calculations == Calculations::WithKey;
    let closed = if is_guarded { admitted(&service, &visit).await.err() } else { None };
    let reply = match handler {
        _ if form.is_none() || is_foreign(&request) => shown(Err(Failure::Foreign), &visit),
        _ if let Some(closed) = closed => shown(Err(closed), &visit),
        None => shown(Err(Failure::NotAllowed(route.allow())), &visit),
        Some(handler) if route.work != Work::Quick => {
            let asked = visit.clone();
            let answered = beside(&service, move || made(handler, &asked)).await;
            answered.unwrap_or_else(|problem| shown(Err(Failure::of(&problem)), &visit))
        }
        Some(handler) => {
            let answered = its_turn(&service, || made(handler, &visit)).await;
            answered.unwrap_or_else(|problem| shown(Err(Failure::of(&problem)), &visit))
        }
    };
    http::conclude(&service, &request, Some(route.pattern), &request_id, reply)
}

/// Whether whoever asks may calculate where that takes a key: it is looked up each time, since it may have been revoked.
async fn admitted(service: &Arc<Service>, visit: &Visit) -> Result<(), Failure> {
    if !visit.may_calculate() {
        return Err(Failure::SignIn);
    }
    let (within, presented) = (Arc::clone(service), visit.caller.presented.clone());
    let identified = beside(service, move || identify(&within, &presented).is_ok()).await;
    match identified {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::SignIn),
        Err(problem) => Err(Failure::of(&problem)),
    }
}

/// The fields of a form; `None` where the body is none.
async fn form(request: &HttpRequest, body: Payload) -> Option<Pairs> {
    let body = body.to_bytes_limited(FORM_LIMIT).await.ok()?.ok()?;
    if is_form(request) { std::str::from_utf8(&body).ok().map(pairs) } else { None }
}

/// Whether the body is a form.
fn is_form(request: &HttpRequest) -> bool {
    let announced = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    announced.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"))
}

/// Whether a browser says that another site sends a form.
fn is_foreign(request: &HttpRequest) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if request.method() != "POST" {
        return false;
    }
    // Browsers say it themselves where the connection is safe; a proxy that changes `Host` does not matter then.
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, own)| !own.eq_ignore_ascii_case(host)),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// What a page answers; a panic becomes a page that shows the request id and nothing else.
fn made(handler: Handler, visit: &Visit) -> Reply {
    let answered = catch_unwind(AssertUnwindSafe(|| handler(visit))).unwrap_or(Err(Failure::Internal));
    shown(answered, visit)
}

fn shown(answered: Result<Reply, Failure>, visit: &Visit) -> Reply {
    let mut reply = answered.unwrap_or_else(|failure| failure.page(visit));
    if !reply.headers.iter().any(|(name, _)| name == header::CACHE_CONTROL) {
        reply.headers.push((header::CACHE_CONTROL, "private, no-cache".into()));
        reply.headers.push((header::VARY, "Cookie, HX-Request".into()));
    }
    secured(reply)
}

fn secured(mut reply: Reply) -> Reply {
    // A document has a stricter one of its own.
    if !reply.headers.iter().any(|(name, _)| name == header::CONTENT_SECURITY_POLICY) {
        reply.headers.push((header::CONTENT_SECURITY_POLICY, POLICY.into()));
    }
    reply.headers.push((header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()));
    reply.headers.push((header::REFERRER_POLICY, "same-origin".into()));
    reply
}

/// A template as an answer.
pub(crate) fn html(status: u16, template: &impl Template) -> Result<Reply, Failure> {
    match template.render() {
        Ok(text) => Ok(Reply::new(status, HTML, text.into_bytes())),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            Err(Failure::Internal)
        }
    }
}

/// Another page, to be read instead.
pub(crate) fn redirect(address: String) -> Reply {
    let mut reply = Reply::new(303, "text/plain; charset=utf-8", Vec::new());
    reply.headers.push((header::LOCATION, address.into()));
    reply
}

#[derive(Template)]
#[template(path = "web/failure.html")]
struct FailurePage<'v> {
    page: Page<'v>,
    headline: &'static str,
    more: &'static str,
    status: u16,
}

impl Failure {
    fn page(self, visit: &Visit) -> Reply {
        let words = Words::of(visit.lang);
        let (status, headline, more) = match self {
            Failure::NotFound => (404, words.not_found, words.not_found_more),
            Failure::SignIn => (401, words.sign_in_first, words.sign_in_more),
            Failure::NotAllowed(_) => (405, words.not_allowed, ""),
            Failure::Foreign => (403, words.foreign, ""),
            Failure::Busy => (503, words.busy, words.busy_more),
            Failure::Internal => (500, words.internal, words.internal_more),
        };
        let page = Page::new(visit, Section::None, headline);
        let mut reply = html(status, &FailurePage { page, headline, more, status })
            .unwrap_or_else(|_| Reply::new(500, "text/plain; charset=utf-8", headline.into()));
        match self {
            Failure::NotAllowed(methods) => reply.headers.push((header::ALLOW, methods.into())),
            Failure::Busy => reply.headers.push((header::RETRY_AFTER, "1".into())),
            _ => {}
        }
        reply
    }
}

/// A file that pages load.
pub(crate) async fn asset(service: Arc<Service>, request: HttpRequest) -> HttpResponse {
    let request_id = http::id_of(&service, &request);
    let accepted = request.headers().get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    let gzip = accepted
        .flat_map(|list| list.split(','))
        .any(|one| one.trim() == "gzip" || one.trim().starts_with("gzip;") && !one.ends_with("q=0"));
    let reply = match assets::reply(request.path(), gzip) {
        Some(reply) if matches!(request.method().as_str(), "GET" | "HEAD") => secured(reply),
        Some(_) => shown(
            Err(Failure::NotAllowed("GET, HEAD")),
            &Visit::of(&service, &request, request_id.clone(), Pairs::new()),
        ),
        None => shown(Err(Failure::NotFound), &Visit::of(&service, &request, request_id.clone(), Pairs::new())),
    };
    http::conclude(&service, &request, Some(assets::PATTERN), &request_id, reply)
}

/// Answers whatever no route takes: browsers by a page, everybody else as the API does.
pub(crate) async fn not_found(service: Arc<Service>, request: HttpRequest, body: Payload) -> HttpResponse {
    let accepts = http::accepted(request.headers());
    if !accepts.contains("text/html") || request.path().starts_with("/v1/") {
        return http::not_found(service, request, body).await;
    }
    let request_id = http::id_of(&service, &request);
    let visit = Visit::of(&service, &request, request_id.clone(), Pairs::new());
    let reply = shown(Err(Failure::NotFound), &visit);
    http::conclude(&service, &request, None, &request_id, reply)
}
