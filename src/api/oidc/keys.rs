//! The keys of the issuer (JWKS): read at the start, again when a token names a key that is not among them, and when they
//! are old; never more often than configured. What was read last stays in force when reading fails.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{Settings, SetupError, Source, Transport};

/// Longest set of keys that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

/// How long an answer may take as a whole.
const PATIENCE: Duration = Duration::from_secs(5);

/// After this time keys are read again, so that one that was withdrawn does not stay in force.
const OLD: Duration = Duration::from_secs(60 * 60);

/// Requests that wait for keys to be read, at most; others do without.
const WAITING: usize = 8;

/// A key that verifies.
#[derive(Clone, Debug)]
pub(super) struct Key {
    kid: String,
    /// Algorithms that are configured and fit the key: never none, all of one family.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

#[derive(Debug, Default)]
struct Known {
    keys: Arc<[Key]>,
    read_at: Option<Instant>,
}

/// Keys that are kept up to date.
#[derive(Debug)]
pub(super) struct Keyring {
    source: Source,
    agent: Agent,
    accepted: Vec<Algorithm>,
    refetch: Duration,
    known: RwLock<Known>,
    /// When keys were last asked for, with or without success.
    asked_at: Mutex<Option<Instant>>,
    waiting: AtomicUsize,
}

impl Keyring {
    pub(super) fn open(settings: &Settings) -> Result<Keyring, SetupError> {
        if let Source::Url(url) = &settings.source {
            let plain = url.starts_with("http://");
            if !plain && !url.starts_with("https://") {
                return Err(SetupError::Setting(
                    "--oidc-jwks 应为文件或 https:// 地址 · a file or an address with https://",
                ));
            }
            if plain && settings.transport == Transport::Tls {
                return Err(SetupError::Setting(
                    "--oidc-jwks：http:// 须以 --oidc-allow-http 明示允许，只用于本机或可信内网 · \
                     http:// takes --oidc-allow-http; use it on this machine or a trusted network only",
                ));
            }
        }
        let ring = Keyring {
            source: settings.source.clone(),
            agent: agent(settings),
            accepted: settings.algorithms.clone(),
            refetch: settings.refetch,
            known: RwLock::default(),
            asked_at: Mutex::default(),
            waiting: AtomicUsize::new(0),
        };
        match (ring.read(), &settings.source) {
            (Ok(keys), _) => ring.know(keys),
            (Err(reason), Source::File(_)) => return Err(SetupError::Keys(format!("--oidc-jwks: {reason}"))),
            (Err(reason), Source::Url(url)) => {
                tracing::error!(url, reason, "the keys of the issuer could not be fetched")
            }
        }
        *ring.asking() = Some(Instant::now());
        Ok(ring)
    }

    /// The one key with this id that may verify by this algorithm.
    pub(super) fn find(&self, kid: &str, algorithm: Algorithm) -> Option<Key> {
        let (found, old) = self.look_up(kid, algorithm);
        match (&found, old) {
            (Some(_), false) => found,
            (Some(_), true) => {
                // Nobody waits for the others: whoever comes first reads.
                let mine = self.asked_at.try_lock().ok();
                match mine {
                    Some(asked_at) => self.read_again(asked_at, kid, algorithm),
                    None => found,
                }
            }
            (None, _) => {
                let place = Place::take(&self.waiting)?;
                let found = self.read_again(self.asking(), kid, algorithm);
                drop(place);
                found
            }
        }
    }

    fn asking(&self) -> MutexGuard<'_, Option<Instant>> {
        self.asked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, kid: &str, algorithm: Algorithm) -> (Option<Key>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = known.keys.iter().filter(|key| key.kid == kid && key.algorithms.contains(&algorithm));
        // Of two nobody can say which one is meant.
        let only = match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key.clone()),
            _ => None,
        };
        (only, known.read_at.is_none_or(|at| at.elapsed() >= OLD))
    }

    /// Reads the keys unless that was done a moment ago, and looks again.
    fn read_again(
        &self,
        mut asked_at: MutexGuard<'_, Option<Instant>>,
        kid: &str,
        algorithm: Algorithm,
    ) -> Option<Key> {
        let (found, old) = self.look_up(kid, algorithm);
        // Somebody else may have read them in the meantime.
        if found.is_some() && !old || asked_at.is_some_and(|at| at.elapsed() < self.refetch) {
            return found;
        }
        let read = self.read();
        *asked_at = Some(Instant::now());
        match read {
            Ok(keys) => self.know(keys),
            // The old ones stay in force.
            Err(reason) => tracing::error!(reason, "the keys of the issuer could not be fetched"),
        }
        self.look_up(kid, algorithm).0
    }

    fn know(&self, keys: Vec<Key>) {
        tracing::info!(keys = keys.len(), "keys of the issuer");
        let known = Known { keys: keys.into(), read_at: Some(Instant::now()) };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn read(&self) -> Result<Vec<Key>, String> {
        let bytes = match &self.source {
            Source::File(path) => from_file(path).map_err(|error| format!("{}: {error}", path.display()))?,
            Source::Url(url) => from_address(&self.agent, url).map_err(|error| error.to_string())?,
        };
        let set: Value = serde_json::from_slice(&bytes).map_err(|_| "it is no JSON".to_owned())?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or("it is no set of keys")?;
        let keys: Vec<Key> = listed.iter().filter_map(|jwk| usable(jwk, &self.accepted)).collect();
        if keys.is_empty() { Err("no key in it can verify tokens as configured".to_owned()) } else { Ok(keys) }
    }
}

/// A place among those who wait.
struct Place<'w>(&'w AtomicUsize);

impl Place<'_> {
    fn take(waiting: &AtomicUsize) -> Option<Place<'_>> {
        let place = Place(waiting);
        (waiting.fetch_add(1, Ordering::AcqRel) < WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The certificates that this machine trusts.
fn trusted() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        tracing::warn!(errors = ?found.errors, "this machine trusts no certificate: SSL_CERT_FILE may name a file of them");
    }
    found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}

fn agent(Settings { transport, source, .. }: &Settings) -> Agent {
    let by_tls = matches!(source, Source::Url(url) if url.starts_with("https://"));
    let trusted = if by_tls { trusted() } else { Vec::new() };
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&trusted))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .https_only(*transport == Transport::Tls)
        // What is configured is asked, and nobody else: neither a proxy of the environment nor where an answer points.
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent()
}

fn from_address(agent: &Agent, url: &str) -> Result<Vec<u8>, ureq::Error> {
    let mut answer = agent.get(url).header("accept", "application/jwk-set+json, application/json").call()?;
    if answer.status() != 200 {
        return Err(ureq::Error::StatusCode(answer.status().as_u16()));
    }
    answer.body_mut().with_config().limit(LONGEST).read_to_vec()
}

fn from_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A key that has an id, is for verifying, and fits one of the algorithms.
fn usable(jwk: &Value, accepted: &[Algorithm]) -> Option<Key> {
    // One that cannot be read is not for us; the others are.
    let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
    let kid = jwk.common.key_id.clone().filter(|kid| !kid.is_empty())?;
    let for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let operations = jwk.common.key_operations.as_ref();
    let for_verifying = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let said = jwk.common.key_algorithm;
    let fits = |algorithm: &Algorithm| {
        said.is_none_or(|said| said == KeyAlgorithm::from(*algorithm)) && is_of(&jwk.algorithm, *algorithm)
    };
    let algorithms: Vec<Algorithm> = accepted.iter().copied().filter(fits).collect();
    if !for_signatures || !for_verifying || algorithms.is_empty() {
        return None;
    }
    Some(Key { kid, algorithms, key: DecodingKey::from_jwk(&jwk).ok()? })
}

/// Whether a key is of the kind that an algorithm takes; a symmetric one is of none.
fn is_of(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    match (key, algorithm.family()) {
        (AlgorithmParameters::RSA(_), AlgorithmFamily::Rsa) => true,
        (AlgorithmParameters::EllipticCurve(key), AlgorithmFamily::Ec) => match algorithm {
            Algorithm::ES256 => key.curve == EllipticCurve::P256,
            Algorithm::ES384 => key.curve == EllipticCurve::P384,
            _ => false,
        },
        (AlgorithmParameters::OctetKeyPair(key), AlgorithmFamily::Ed) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    }
}
