//! Who asks: the key in `Authorization: Bearer <key>`, looked up by its SHA-256 in the records, or a token of the issuer that
//! is configured ([`super::oidc`]). Without any key and issuer there is one local user. A key or token that is missing,
//! malformed, unknown, revoked or otherwise wrong is refused by the same words.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{self, AUTHORIZATION, HeaderName};

use super::error::{ErrorCode, Problem};
use super::gate::beside;
use super::oidc::{Signed, Token};
use super::records::store_failed;
use super::service::Service;
use super::sessions::random_text;
use crate::domain::books::access::{Identity, Role};
use crate::domain::books::entry::KeyId;
use crate::domain::books::event::{Event, Register};
use crate::domain::error::Text;
use crate::ledger::chain::Hash;
use crate::ledger::{Store, StoreError};
use crate::text;

/// What every key begins with, so that it is recognized where it should not be.
const PREFIX: &str = "lode_";

/// What a proxy adds to the requests that it passes on.
const RELAYED: [HeaderName; 5] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Whoever asks for what needs no key.
pub static NOBODY: Identity = Identity::nobody();

/// Who may calculate and read the rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calculations {
    /// Everybody.
    #[default]
    Open,
    /// Whoever has a key, of any role.
    WithKey,
}

/// What a request says about who asks. The key itself is not kept, only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// Nothing, and the request was not sent to this machine by its own name: it may come through a proxy, or from a page
    /// of somewhere else whose name was made to point here (DNS rebinding).
    Elsewhere,
    /// A key.
    Key(Hash),
    /// A token, if it is one.
    Token(Token),
    /// Something that is neither.
    Other,
}

impl Presented {
    /// What a request says.
    pub fn of(request: &HttpRequest) -> Presented {
        let headers = request.headers();
        let mut values = headers.get_all(AUTHORIZATION);
        match (values.next(), values.next()) {
            // A proxy on this machine brings others with it: they are not the local user.
            (None, _) if RELAYED.iter().any(|name| headers.contains_key(name)) => Presented::Elsewhere,
            (None, _) if !is_sent_to_loopback(request) => Presented::Elsewhere,
            (None, _) => Presented::Nothing,
            (Some(only), None) => only.to_str().ok().and_then(bearer).map_or(Presented::Other, Presented::shown),
            // Of two nobody can say which one is meant.
            (Some(_), Some(_)) => Presented::Other,
        }
    }

    /// A key or a token as somebody shows it.
    pub fn shown(text: &str) -> Presented {
        if is_key(text) {
            return Presented::Key(Hash::sha256(text.as_bytes()));
        }
        Token::new(text).map_or(Presented::Other, Presented::Token)
    }
}

/// Whether the one `Host`, and the address in the request line where there is one, name this machine to itself.
fn is_sent_to_loopback(request: &HttpRequest) -> bool {
    let mut hosts = request.headers().get_all(header::HOST);
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    host.to_str().is_ok_and(is_loopback) && request.uri().authority().is_none_or(|host| is_loopback(host.as_str()))
}

/// `localhost`, an address of 127.0.0.0/8 or `[::1]`, with any port.
fn is_loopback(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']').unwrap_or_default();
        return is_port(port) && address.parse() == Ok(Ipv6Addr::LOCALHOST);
    }
    let end = host.find(':').unwrap_or(host.len());
    let (name, port) = host.split_at(end);
    let is_address = || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_port(port) && (name.eq_ignore_ascii_case("localhost") || is_address())
}

/// Nothing, or a colon and digits.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn is_key(text: &str) -> bool {
    let digits = |rest: &str| rest.len() == 64 && rest.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    text.strip_prefix(PREFIX).is_some_and(digits)
}

/// A new key out of 32 random bytes, and its hash.
pub fn new_key() -> Result<(String, Hash), getrandom::Error> {
    let key = format!("{PREFIX}{}", random_text()?);
    let hash = Hash::sha256(key.as_bytes());
    Ok((key, hash))
}

/// Why somebody is not let in.
#[derive(Debug)]
pub struct Stopped {
    /// What they are told.
    pub problem: Problem<'static>,
    /// Under which name the audit log keeps it, if it is known who it was.
    pub actor: Option<String>,
}

impl From<Problem<'static>> for Stopped {
    fn from(problem: Problem<'static>) -> Stopped {
        Stopped { problem, actor: None }
    }
}

/// Who asks; why not if nobody may ask so.
pub fn identify(service: &Service, presented: &Presented) -> Result<Identity, Stopped> {
    let records = &service.records;
    let failed = |error| Stopped::from(store_failed(&error));
    match (service.keyed().map_err(failed)?, presented) {
        (Keyed::No, Presented::Nothing) => Ok(Identity::local()),
        (Keyed::No, Presented::Elsewhere) => Err(not_local().into()),
        (Keyed::Yes, Presented::Key(hash)) => {
            let found = records.store().and_then(|store| holder(&*store, hash));
            found.map_err(failed)?.ok_or_else(|| unauthenticated().into())
        }
        (Keyed::Yes, Presented::Token(token)) => {
            let Some(oidc) = &service.oidc else { return Err(unauthenticated().into()) };
            let signed = records.store().and_then(|store| oidc.sign_in(token, &*store));
            match signed.map_err(failed)? {
                Ok(Signed::In(who)) => Ok(who),
                Ok(Signed::Stranger { actor }) => Err(Stopped { problem: stranger(), actor: Some(actor) }),
                Err(reason) => {
                    tracing::warn!(%reason, "a token was refused");
                    Err(unauthenticated().into())
                }
            }
        }
        _ => Err(unauthenticated().into()),
    }
}

/// Whether whoever asks has to show who they are: an issuer is configured, or any key was ever handed out. Keys that were
/// revoked count: revoking the last one opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// There is one local user.
    No,
    /// Whoever asks needs a key.
    Yes,
}

/// Whoever has a key that is handed out and not revoked.
fn holder(store: &dyn Store, hash: &Hash) -> Result<Option<Identity>, StoreError> {
    let hash = hash.to_string();
    for seq in store.named(Register::KeyHash, &hash)? {
        let Some(stored) = store.entry(seq)? else { continue };
        let Event::KeyCreated(key) = stored.entry.event else { continue };
        let id = KeyId(seq);
        if key.sha256 == hash && store.named(Register::RevokedKey, &id.to_string())?.is_empty() {
            return Ok(Identity::of(id, &key));
        }
    }
    Ok(None)
}

/// No valid key was sent.
pub(super) fn unauthenticated() -> Problem<'static> {
    let detail = Text::fixed(
        "请以请求头 Authorization: Bearer <密钥> 发送有效的密钥；密钥由管理员以 lode keys create 发放",
        "send a valid key in the header Authorization: Bearer <key>; an administrator hands it out by lode keys create",
    );
    Problem::new(ErrorCode::Unauthenticated, detail)
}

/// Nobody has a key, and the request does not come from the local user.
fn not_local() -> Problem<'static> {
    let detail = Text::fixed(
        "没有密钥时记录只供本机用户：请以 127.0.0.1、localhost 或 [::1] 访问，不经代理；或先以 lode keys create 发放密钥",
        "without keys the records are for the local user alone: ask for them at 127.0.0.1, localhost or [::1], not through a \
         proxy, or create a key first by lode keys create",
    );
    Problem::new(ErrorCode::Unauthenticated, detail)
}

/// The token is right, but says nothing that this service can go by.
fn stranger() -> Problem<'static> {
    let detail = Text::fixed(
        "令牌有效，但未写明可用的角色、地区（enterprise 为当事人）或人员，或互相矛盾；请由统一身份的管理员核对各声明",
        "the token is valid, but its claims give no usable role, area (for an enterprise: party) or person, or contradict each \
         other: have the administrator of the issuer check them",
    );
    Problem::new(ErrorCode::Forbidden, detail)
}

/// The role may not do what was asked.
pub(super) fn forbidden(role: Role) -> Problem<'static> {
    let role = role.code();
    let detail = text!(
        "{role} 无权执行此操作，或不在其地区之内；各角色的权限见说明文件",
        "{role} may not do this, or not outside its area: see the documentation for what each role may do"
    );
    Problem::new(ErrorCode::Forbidden, detail)
}

/// What stands against answering a calculation or a question about the rates, if anything.
pub(super) async fn objection(
    service: &Arc<Service>,
    request: &HttpRequest,
    pattern: &str,
) -> Option<Problem<'static>> {
    if service.calculations == Calculations::Open || !pattern.starts_with("/v1/") {
        return None;
    }
    let (within, presented) = (Arc::clone(service), Presented::of(request));
    let identified = beside(service, move || identify(&within, &presented).map(|_| ())).await;
    identified.unwrap_or_else(|problem| Err(problem.into())).err().map(|stopped| stopped.problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_few_names() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "test",
            "localhost.example",
            "example.localhost",
            "localhost:8080:1",
            "localhost:x",
            "localhost@example.com",
            "127.0.0.1.example",
            "10.0.0.1",
            "0.0.0.0",
            "2130706433",
            "[::]",
            "[::1",
            "::1",
            "[::ffff:127.0.0.1]",
            "[::1]x",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
