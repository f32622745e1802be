//! The gate before every request: who asks from where, how many at once and how often. What is turned away costs little and
//! says when to come again. Probes and counters are let in always, so that an overloaded service is not taken for a dead one.

use std::fmt;
use std::future::{Ready, ready};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{Service as ActixService, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use actix_web::web::Payload;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, rt, web};
use futures_util::future::Either;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::OwnedSemaphorePermit;

use super::connection::{Busy, Watch};
use super::error::{ErrorCode, Problem};
use super::http;
use super::service::Service;
use super::trace::Trace;
use super::turns;
use crate::domain::error::Text;
use crate::text;

/// How often somebody may ask: so many requests a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl FromStr for Rate {
    type Err = String;

    /// `50` or `50:200`: 50 a second, 200 at once (as many as a second has unless said).
    fn from_str(text: &str) -> Result<Rate, String> {
        let (per_second, burst) = text.split_once(':').unwrap_or((text, text));
        let number = |text: &str| text.parse::<NonZeroU32>().ok().filter(|_| !text.starts_with('+'));
        let rate = number(per_second).zip(number(burst)).map(|(per_second, burst)| Rate { per_second, burst });
        rate.ok_or_else(|| {
            "应为每秒次数，或 每秒次数:瞬时次数，如 50:200 · must be requests a second, or those with a burst: 50:200"
                .to_owned()
        })
    }
}

/// What one service lets in.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How often one address may ask; any number unless said. Of an IPv6 address the first 64 bits count.
    pub per_address: Option<Rate>,
    /// How often one key or token may ask.
    pub per_key: Option<Rate>,
    /// Requests that are worked on at once.
    pub at_once: u32,
    /// How long a request may wait for its turn to be worked on before it is turned away; any time unless said.
    pub wait: Option<Duration>,
    /// Longest body of what is not a batch, in bytes.
    pub body: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// The header in which a proxy, and nobody else, says who asked it.
    pub address_header: Option<HeaderName>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            per_address: None,
            per_key: None,
            at_once: 10_000,
            wait: None,
            body: http::BODY_LIMIT,
            body_time: Duration::from_secs(30),
            address_header: None,
        }
    }
}

/// Checks between two that forget who has not asked for a while.
const FORGET: u64 = 8192;

/// How often each may ask.
struct Counted<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>,
    checks: AtomicU64,
}

impl<K: Hash + Eq + Clone> Counted<K> {
    fn of(rate: Rate) -> Counted<K> {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Counted { limiter: RateLimiter::keyed(quota), checks: AtomicU64::new(0) }
    }

    /// How long to wait, if somebody has to.
    fn wait(&self, key: &K) -> Option<Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET == FORGET - 1 {
            self.limiter.retain_recent();
        }
        let refused = self.limiter.check_key(key).err()?;
        Some(refused.wait_time_from(self.limiter.clock().now()))
    }
}

/// The gate of a service.
pub struct Gate {
    limits: Limits,
    addresses: Option<Counted<IpAddr>>,
    keys: Option<Counted<u64>>,
    hashes: RandomState,
    at_once: AtomicU32,
    waiting: AtomicU32,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::of(Limits::default())
    }
}

impl Gate {
    /// A gate with these limits.
    pub fn of(limits: Limits) -> Gate {
        Gate {
            addresses: limits.per_address.map(Counted::of),
            keys: limits.per_key.map(Counted::of),
            hashes: RandomState::new(),
            at_once: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            limits,
        }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Requests that are worked on now.
    pub fn at_once(&self) -> u32 {
        self.at_once.load(Ordering::Relaxed)
    }

    /// Requests that wait for their worker now.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Who asks: whoever the proxy says if one is configured, else the other end of the connection. A proxy adds what it
    /// sees at the end of a list; what stands before is the client's own word.
    pub fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = || request.peer_addr().map(|address| address.ip());
        let Some(name) = &self.limits.address_header else { return peer() };
        let last = request.headers().get_all(name).last().and_then(|value| value.to_str().ok());
        let told = last.and_then(|list| list.rsplit(',').next()).map(str::trim);
        told.and_then(|text| text.parse().ok()).or_else(peer)
    }

    /// What stands against letting a request in.
    fn objection(&self, request: &HttpRequest) -> Option<Turned> {
        if let Some(addresses) = &self.addresses
            && let Some(wait) = self.address(request).and_then(|address| addresses.wait(&network(address)))
        {
            return Some(Turned::TooOften(wait));
        }
        if let Some(keys) = &self.keys
            && let Some(presented) = request.headers().get(AUTHORIZATION)
            && let Some(wait) = keys.wait(&self.hashes.hash_one(presented.as_bytes()))
        {
            return Some(Turned::TooOften(wait));
        }
        None
    }

    /// A place among those that are worked on.
    fn place(gate: &Arc<Service>) -> Option<Place> {
        let Gate { limits, at_once, .. } = &gate.gate;
        let entered = at_once.fetch_add(1, Ordering::Relaxed);
        // Gives the place back when there was none.
        let place = Place(Arc::clone(gate));
        (entered < limits.at_once).then_some(place)
    }
}

/// The part of an address that one customer of a network has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// A place among the requests that are worked on, given back when dropped.
struct Place(Arc<Service>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.gate.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why somebody is turned away.
enum Turned {
    TooOften(Duration),
    TooMany,
}

impl Turned {
    fn problem(&self) -> Problem<'static> {
        match self {
            Turned::TooOften(wait) => {
                let seconds = u16::try_from(wait.as_secs() + 1).unwrap_or(u16::MAX);
                let detail =
                    text!("请求过于频繁；请在 {seconds} 秒后重试", "too many requests: try again in {seconds} seconds");
                Problem::new(ErrorCode::RateLimited, detail).retried_after(seconds)
            }
            Turned::TooMany => {
                let detail = Text::fixed(
                    "同时处理的请求过多；请稍后重试",
                    "too many requests are worked on at once: try again later",
                );
                Problem::new(ErrorCode::Unavailable, detail).retried_after(1)
            }
        }
    }
}

/// Answers when it is the request's turn at its worker; whoever waits for too long is turned away. Everything that a worker
/// does itself and that takes more than a moment is done in here.
pub(super) async fn in_turn(
    service: &Service,
    request: &HttpRequest,
    pattern: &str,
    answer: impl FnOnce() -> HttpResponse,
) -> HttpResponse {
    let answered = its_turn(service, answer).await;
    answered.unwrap_or_else(|_| turned_away(service, request, Some(pattern), &Turned::TooMany))
}

/// Does something when it is its turn at its worker; whoever waits for too long is turned away.
pub(crate) async fn its_turn<T>(service: &Service, work: impl FnOnce() -> T) -> Result<T, Problem<'static>> {
    let Gate { limits, waiting, .. } = &service.gate;
    turns::run(limits.wait, waiting, work).await.map_err(|turns::TooLate| Turned::TooMany.problem())
}

/// Does something on a thread of its own; whoever waits for one for too long is turned away. An error is answered as it is.
pub(crate) async fn beside<T: Send + 'static>(
    service: &Service,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem<'static>> {
    let (asked, most) = (Instant::now(), service.gate.limits.wait);
    let done = web::block(move || {
        let is_late = most.is_some_and(|most| asked.elapsed() > most);
        if is_late { None } else { Some(work()) }
    });
    match done.await {
        Ok(Some(done)) => Ok(done),
        Ok(None) => Err(Turned::TooMany.problem()),
        Err(_) => Err(Problem::internal()),
    }
}

/// Documents are worth waiting for so many times as long: printing one of many pages takes a second or more.
const FOR_A_PRESS: u32 = 5;

/// A press, as soon as one is free; whoever waits for too long is turned away.
pub(super) async fn press(service: &Service) -> Result<OwnedSemaphorePermit, Problem<'static>> {
    let free = Arc::clone(&service.printing).acquire_owned();
    let taken = match service.gate.limits.wait {
        Some(most) => {
            rt::time::timeout(most.saturating_mul(FOR_A_PRESS), free).await.map_err(|_| Turned::TooMany.problem())?
        }
        None => free.await,
    };
    // Nobody closes it.
    taken.map_err(|_| Problem::internal())
}

/// What is known of a request from its first moment on.
pub(super) struct Begun {
    at: Instant,
    /// The trace that it belongs to, if its sender says so.
    pub(super) trace: Option<Trace>,
    _place: Option<Place>,
    _busy: Option<Busy>,
}

impl Begun {
    /// How long ago.
    pub(super) fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }
}

/// The gate as actix puts it before all routes.
#[derive(Clone, Debug)]
pub struct Gatekeeper(pub Arc<Service>);

impl<S> Transform<S, ServiceRequest> for Gatekeeper
where
    S: ActixService<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Guarded<S>;
    type InitError = ();
    type Future = Ready<Result<Guarded<S>, ()>>;

    fn new_transform(&self, next: S) -> Self::Future {
        ready(Ok(Guarded { next, service: Arc::clone(&self.0) }))
    }
}

/// All routes behind the gate.
#[derive(Debug)]
pub struct Guarded<S> {
    next: S,
    service: Arc<Service>,
}

/// The answer to who is turned away.
type Refusal = Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>>;

impl<S> ActixService<ServiceRequest> for Guarded<S>
where
    S: ActixService<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Refusal, S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.next.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let at = Instant::now();
        let trace = Trace::of(request.headers(), || self.service.new_id());
        let open = is_always_open(request.path());
        let place = if open { None } else { Gate::place(&self.service) };
        let turned = match &place {
            _ if open => None,
            None => Some(Turned::TooMany),
            Some(_) => self.service.gate.objection(request.request()),
        };
        let watch = request.conn_data::<Rc<Watch>>().map(Rc::clone);
        let busy = watch.map(|watch| watch.busy());
        request.extensions_mut().insert(Begun { at, trace, _place: place, _busy: busy });
        match turned {
            None => Either::Right(self.next.call(request)),
            Some(turned) => Either::Left(Box::pin(refuse(Arc::clone(&self.service), request, turned))),
        }
    }
}

/// Whether a path is that of a probe or of the counters.
fn is_always_open(path: &str) -> bool {
    path.starts_with("/health/") || path == "/metrics"
}

/// Longest body of somebody turned away that is read, so that they hear the answer.
const SHORT: u64 = 64 * 1024;

async fn refuse(
    service: Arc<Service>,
    request: ServiceRequest,
    turned: Turned,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, mut body) = request.into_parts();
    if has_short_body(request.headers())
        && let Ok(body) = Payload::from_request(&request, &mut body).await
    {
        http::drain(&service, &request, body).await;
    }
    let response = turned_away(&service, &request, None, &turned);
    Ok(ServiceResponse::new(request, response))
}

fn turned_away(service: &Service, request: &HttpRequest, pattern: Option<&str>, turned: &Turned) -> HttpResponse {
    http::respond(service, request, pattern, |asker| {
        turned.problem().reply(asker.lang, &service.book, asker.request_id)
    })
}

fn has_short_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let short = length.is_some_and(|length| length.parse().is_ok_and(|length: u64| length <= SHORT));
    short && !headers.contains_key(TRANSFER_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_one_number_or_two() {
        let rate = |per_second, burst| Rate {
            per_second: NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN),
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
        };
        assert_eq!("50".parse(), Ok(rate(50, 50)));
        assert_eq!("50:200".parse(), Ok(rate(50, 200)));
        for text in ["", "0", "5:0", ":5", "5:", "-1", "+5", "1.5", "5:5:5", " 5"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_customer_has_sixty_four_bits() {
        for (address, wanted) in
            [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
        {
            assert_eq!(address.parse().map(network), wanted.parse(), "{address}");
        }
    }
}
