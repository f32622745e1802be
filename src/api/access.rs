//! Who asks: the key in `Authorization: Bearer <key>`, looked up by its SHA-256 in the records. Without any key in the store
//! there is one local user. A key that is missing, malformed, unknown or revoked is refused by the same words.

use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::http::header::{self, AUTHORIZATION, HeaderMap, HeaderName};
use actix_web::{HttpRequest, web};

use super::error::{ErrorCode, Problem};
use super::records::{Records, store_failed};
use super::service::Service;
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
    /// A key.
    Key(Hash),
    /// Something that is no key.
    Other,
}

impl Presented {
    /// What the headers say.
    pub fn of(headers: &HeaderMap) -> Presented {
        let mut values = headers.get_all(AUTHORIZATION);
        match (values.next(), values.next()) {
            // A proxy on this machine brings others with it: they are not the local user.
            (None, _) if RELAYED.iter().any(|name| headers.contains_key(name)) => Presented::Other,
            (None, _) => Presented::Nothing,
            (Some(only), None) => {
                let key = only.to_str().ok().and_then(bearer).filter(|key| is_key(key));
                key.map_or(Presented::Other, |key| Presented::Key(Hash::sha256(key.as_bytes())))
            }
            // Of two nobody can say which one is meant.
            (Some(_), Some(_)) => Presented::Other,
        }
    }
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
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    let mut key = PREFIX.to_owned();
    for byte in bytes {
        // Writing into a string does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    let hash = Hash::sha256(key.as_bytes());
    Ok((key, hash))
}

/// Who asks; an error if nobody may ask so.
pub fn identify(records: &Records, presented: &Presented) -> Result<Identity, Problem<'static>> {
    let found = records.keyed().and_then(|keyed| match (keyed, presented) {
        (Keyed::No, Presented::Nothing) => Ok(Some(Identity::local())),
        (Keyed::Yes, Presented::Key(hash)) => holder(&*records.store()?, hash),
        _ => Ok(None),
    });
    found.map_err(|error| store_failed(&error))?.ok_or_else(unauthenticated)
}

/// Whether any key was ever handed out. Keys that were revoked count: revoking the last one opens nothing.
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
    let (service, presented) = (Arc::clone(service), Presented::of(request.headers()));
    let identified = web::block(move || identify(&service.records, &presented).map(|_| ())).await;
    identified.unwrap_or_else(|_| Err(Problem::internal())).err()
}
