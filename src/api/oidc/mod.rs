//! Signing in by OIDC: an access token (JWT) in `Authorization: Bearer` becomes an [`Identity`]. Issuer, audience, keys and
//! algorithms are configured; nothing that a token says of itself chooses how it is checked. Nothing of a token is logged
//! or answered.

mod keys;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::Value;

use self::keys::Keyring;
use crate::domain::books::access::{Identity, Role};
use crate::domain::books::entry::{PartyId, Subject};
use crate::domain::books::event::{PartyRegistered, Register};
use crate::domain::books::party::party;
use crate::ledger::{Store, StoreError};

/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// How far the clocks of issuer and service may be apart, for `exp` and `nbf`.
const LEEWAY_SECONDS: u64 = 30;

/// Longest `sub` in characters: what OpenID Connect allows.
const LONGEST_SUBJECT: usize = 255;

/// What the claim of the area says of whoever is not limited to one.
const EVERYWHERE: &str = "*";

/// Where the keys of the issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// At an address.
    Url(String),
}

/// Whether keys may be fetched without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By `https` only.
    Tls,
    /// By `http` too: on this machine, or on a network that is trusted.
    Plain,
}

/// Which claims say what; a name that begins with `/` is a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The role, or a list with one role in it.
    pub role: String,
    /// The area: a division code, or `*`.
    pub area: String,
    /// The party of an enterprise: its id or its credit code.
    pub party: String,
    /// The person, where that is not the subject itself.
    pub person: Option<String>,
}

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `iss`.
    pub issuer: String,
    /// What `aud` has to name.
    pub audience: String,
    /// Where the keys are.
    pub source: Source,
    /// How they may be fetched.
    pub transport: Transport,
    /// Algorithms that are accepted, all of them asymmetric.
    pub algorithms: Vec<Algorithm>,
    /// Values of `typ` that are accepted.
    pub types: Vec<String>,
    /// Names of claims.
    pub claims: ClaimNames,
    /// The shortest time between two fetches of the keys.
    pub refetch: Duration,
}

/// Why the service cannot sign anybody in.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(&'static str),
    /// The file of keys cannot be read.
    #[error("{0}")]
    Keys(String),
}

/// A token as it was sent. It has no form in which it could be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A text that has the form of a signed token: three parts in base64url, not too long.
    pub fn new(text: &str) -> Option<Token> {
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = text.len() <= LONGEST_TOKEN && text.bytes().all(sign) && text.split('.').count() == 3;
        fits.then(|| Token(text.to_owned()))
    }
}

/// Why a token signs nobody in. The words go to the log and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is no token of a known form.
    #[error("the header cannot be read, or its algorithm is none or unknown")]
    Header,
    /// Its algorithm is not configured.
    #[error("the algorithm is not one of those configured")]
    Algorithm,
    /// It is a token of another type.
    #[error("the type is not one of those configured")]
    Type,
    /// It asks for something that is not understood.
    #[error("the header has critical extensions")]
    Critical,
    /// No key has this id, or none that may be used so.
    #[error("no key for verifying has this id and algorithm")]
    Key,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// It is too old.
    #[error("expired")]
    Expired,
    /// It is not valid yet.
    #[error("not valid yet")]
    Immature,
    /// It is of another issuer.
    #[error("of another issuer")]
    Issuer,
    /// It is for another service.
    #[error("for another audience")]
    Audience,
    /// A claim is missing, or not of its form.
    #[error("a claim is missing or malformed")]
    Claims,
}

/// What came of a token.
#[derive(Debug)]
pub enum Signed {
    /// Somebody with a role.
    In(Identity),
    /// Somebody for whom this service has no role, or none that can be understood.
    Stranger {
        /// Under which name the records would keep what they do.
        actor: String,
    },
}

/// Signs people in.
#[derive(Debug)]
pub struct Oidc {
    settings: Settings,
    keys: Keyring,
}

impl Oidc {
    /// Checks the settings and fetches the keys. A file has to be readable; an address that does not answer is asked again
    /// by the next token.
    pub fn open(settings: Settings) -> Result<Oidc, SetupError> {
        let Settings { issuer, audience, algorithms, types, claims, .. } = &settings;
        // A fragment is not allowed in an issuer (OpenID Connect Discovery 1.0, 3): it can end its part of an actor.
        if !is_word(issuer) || issuer.contains('#') {
            return Err(SetupError::Setting("--oidc-issuer 应为无空白和 # 的标识 · a text without spaces and #"));
        }
        if !is_word(audience) {
            return Err(SetupError::Setting("--oidc-audience 应为无空白的标识 · a text without spaces"));
        }
        if algorithms.is_empty()
            || types.is_empty()
            || [&claims.role, &claims.area, &claims.party].contains(&&String::new())
        {
            return Err(SetupError::Setting(
                "--oidc-algorithms、--oidc-typ 和声明的名称不能为空 · algorithms, types and names of claims are not empty",
            ));
        }
        let keys = Keyring::open(&settings)?;
        Ok(Oidc { settings, keys })
    }

    /// Who sends a token.
    pub fn sign_in(&self, token: &Token, store: &dyn Store) -> Result<Result<Signed, Invalid>, StoreError> {
        let claims = match self.verified(&token.0) {
            Ok(claims) => claims,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let Some(actor) = self.actor(&claims) else { return Ok(Err(Invalid::Claims)) };
        let identity = self.identity(&claims, &actor, store)?;
        Ok(Ok(identity.map_or(Signed::Stranger { actor }, Signed::In)))
    }

    /// The claims of a token whose signature, times, issuer and audience are right.
    fn verified(&self, token: &str) -> Result<Value, Invalid> {
        let Settings { issuer, audience, algorithms, types, .. } = &self.settings;
        let header = decode_header(token).map_err(|_| Invalid::Header)?;
        if !algorithms.contains(&header.alg) {
            return Err(Invalid::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Invalid::Critical);
        }
        if !header.typ.is_some_and(|typ| types.iter().any(|known| is_type(&typ, known))) {
            return Err(Invalid::Type);
        }
        let key = header.kid.and_then(|kid| self.keys.find(&kid, header.alg)).ok_or(Invalid::Key)?;
        let mut validation = Validation {
            // Those that are configured and fit the key; the header only had to name one of them.
            algorithms: key.algorithms.clone(),
            leeway: LEEWAY_SECONDS,
            validate_nbf: true,
            ..Validation::default()
        };
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = decode::<Value>(token, &key.key, &validation).map_err(|error| invalid(error.kind()))?.claims;
        // One issuer, as a text.
        if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
            return Err(Invalid::Issuer);
        }
        Ok(claims)
    }

    /// `oidc:<issuer>#<sub>`: an issuer has no `#`, a key no colon.
    fn actor(&self, claims: &Value) -> Option<String> {
        let subject = claims.get("sub")?.as_str()?;
        let fits = (1..=LONGEST_SUBJECT).contains(&subject.chars().count()) && !subject.contains(char::is_control);
        fits.then(|| format!("oidc:{}#{subject}", self.settings.issuer))
    }

    /// What the claims say about somebody; `None` where they do not say it in full, or say two things.
    fn identity(&self, claims: &Value, actor: &str, store: &dyn Store) -> Result<Option<Identity>, StoreError> {
        let ClaimNames { role, area, party, person } = &self.settings.claims;
        let Some(role) = claim(claims, role).and_then(role_of) else { return Ok(None) };
        let person = match person {
            None => actor.to_owned(),
            Some(name) => {
                match claim(claims, name).and_then(Value::as_str).filter(|person| !person.trim().is_empty()) {
                    Some(person) => person.trim().to_owned(),
                    // Whoever is not named could be anybody: somebody who drafted, too.
                    None => return Ok(None),
                }
            }
        };
        if person.contains(char::is_control) {
            return Ok(None);
        }
        let (area, party) = (claim(claims, area), claim(claims, party));
        if role == Role::Enterprise {
            let (None, Some(party)) = (area, party.and_then(Value::as_str)) else { return Ok(None) };
            let party = registered(party, store)?;
            return Ok(party.and_then(|party| Identity::signed_in(actor, &person, role, None, Some(party))));
        }
        let (Some(area), None) = (area.and_then(Value::as_str), party) else { return Ok(None) };
        let area = (area != EVERYWHERE).then_some(area);
        Ok(Identity::signed_in(actor, &person, role, area, None))
    }
}

/// Whether a text can stand in a line of its own: visible ASCII.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Media types are compared without case, and may leave out `application/` (RFC 7515, 4.1.9).
fn is_type(typ: &str, known: &str) -> bool {
    let short = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
    };
    short(typ) == short(known)
}

/// The value of a claim; one that is `null` says nothing.
fn claim<'c>(claims: &'c Value, name: &str) -> Option<&'c Value> {
    let found = if name.starts_with('/') { claims.pointer(name) } else { claims.get(name) };
    found.filter(|value| !value.is_null())
}

/// A role, or the only one in a list of texts; other texts in a list are the business of other services.
fn role_of(value: &Value) -> Option<Role> {
    let texts: Vec<&str> = match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let mut roles = Role::ALL.iter().copied().filter(|role| texts.contains(&role.code()));
    match (roles.next(), roles.next()) {
        (Some(role), None) => Some(role),
        _ => None,
    }
}

/// The party by its id or its credit code.
fn registered(name: &str, store: &dyn Store) -> Result<Option<PartyId>, StoreError> {
    let party_of = |id: PartyId| -> Result<Option<PartyRegistered>, StoreError> {
        let stored = store.entries_of(Subject::Party(id), None)?;
        Ok(party(&stored.into_iter().map(|stored| stored.entry).collect::<Vec<_>>()))
    };
    if let Some(id) = PartyId::parse(name) {
        return Ok(party_of(id)?.map(|_| id));
    }
    // A code that was corrected, or whose registration was taken back, names nobody.
    for seq in store.named(Register::PartyCode, name)? {
        let Some(Subject::Party(id)) = store.entry(seq)?.map(|stored| stored.entry.subject) else { continue };
        if party_of(id)?.is_some_and(|party| party.code == name) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn invalid(kind: &jsonwebtoken::errors::ErrorKind) -> Invalid {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::ExpiredSignature => Invalid::Expired,
        ErrorKind::ImmatureSignature => Invalid::Immature,
        ErrorKind::InvalidIssuer => Invalid::Issuer,
        ErrorKind::InvalidAudience => Invalid::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => Invalid::Claims,
        ErrorKind::InvalidAlgorithm => Invalid::Algorithm,
        _ => Invalid::Signature,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_is_said_once() {
        let role = |value: Value| role_of(&value);
        assert_eq!(role(json!("cashier")), Some(Role::Cashier));
        assert_eq!(role(json!(["offline_access", "auditor"])), Some(Role::Auditor));
        for unclear in [json!("king"), json!(["cashier", "auditor"]), json!([]), json!(7), json!({"cashier": true})] {
            assert_eq!(role(unclear.clone()), None, "{unclear}");
        }
    }

    #[test]
    fn a_claim_is_named_or_pointed_at() {
        let claims = json!({"realm_access": {"roles": ["cashier"]}, "/odd": 1, "nothing": null});
        assert_eq!(claim(&claims, "/realm_access/roles"), Some(&json!(["cashier"])));
        assert_eq!(claim(&claims, "nothing"), None);
        assert_eq!(claim(&claims, "realm_access.roles"), None);
    }

    #[test]
    fn a_token_has_no_form_in_print() {
        assert_eq!(format!("{:?}", Token::new("aaaa.bbbb.cccc")), "Some(Token(…))");
        let long = format!("a.b.{}", "c".repeat(LONGEST_TOKEN));
        for text in ["", "a.b", "a.b.c.d", "a b.c.d", "lode_00", long.as_str()] {
            assert_eq!(Token::new(text), None, "{text}");
        }
    }

    #[test]
    fn types_are_compared_as_media_types() {
        assert!(is_type("application/AT+JWT", "at+jwt") && is_type("jwt", "JWT"));
        assert!(!is_type("JOSE", "JWT"));
    }
}
