//! Who asks for a page: somebody whose cookie stands for a key that was shown once, or the local user of a service without
//! keys. The key itself is in no address, no cookie and no log; the cookie holds a random token.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::visit::cookie;
use crate::api::access::Presented;
use crate::api::service::Service;

/// The cookie of the session.
pub(crate) const COOKIE: &str = "lode_session";

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Somebody who is signed in, as the head of a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// The name.
    pub(crate) name: String,
    /// What every form has to hold.
    pub(crate) form_token: String,
}

/// What a request says about whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What the records are asked with.
    pub(crate) presented: Presented,
    /// From which address.
    pub(crate) address: String,
    /// The token of the cookie.
    pub(crate) token: Option<String>,
    /// Whether the browser came over TLS, by what the proxy before the service says: it decides whether the cookie goes
    /// over nothing else.
    pub(crate) is_secure: bool,
}

impl Caller {
    /// Who sends a request, and their session if there is one.
    pub(crate) fn of(service: &Service, request: &HttpRequest) -> (Caller, Option<Session>) {
        let headers = request.headers();
        let token = cookie(headers, COOKIE).map(str::to_owned);
        let signed = token.as_deref().and_then(|token| service.sessions.find(token));
        let presented = match (&signed, Presented::of(request)) {
            (Some(signed), _) => signed.presented.clone(),
            // A page is for whoever signed in on it: what a browser adds by itself would be added for others too.
            (None, Presented::Key(_) | Presented::Token(_)) => Presented::Other,
            (None, presented) => presented,
        };
        let proto = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
        let caller = Caller {
            presented,
            // Headers that name another address are not trusted.
            address: request.peer_addr().map_or_else(String::new, |address| address.ip().to_string()),
            token,
            is_secure: proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https")),
        };
        let session = signed.map(|signed| Session { name: signed.actor, form_token: signed.form_token });
        (caller, session)
    }
}
