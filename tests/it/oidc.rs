//! Signing in by OIDC: every way in which a token can be wrong, what its claims give, how keys are renewed, and that nothing
//! of a token goes anywhere. Keys are made by the tests.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use lode::api::oidc::{ClaimNames, Oidc, Settings, Source, Transport};
use lode::api::records::Records;
use lode::api::service::Service;
use lode::ledger::sqlite::Options;
use lode::rates::load_builtin;
use serde_json::{Value, json};

use crate::access::{ROLES, data, key, keys, recorded, same_but_date, send, started};
use crate::ledger::world::Folder;
use crate::service::{Client, Process, lode, serve};

const ISSUER: &str = "https://id.example.gov.cn/realms/lode";
const AUDIENCE: &str = "lode";

/// A key of an issuer.
struct Signer {
    kid: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn ec(kid: &'static str) -> Signer {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Signer { kid, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pkcs8.as_ref()) }
    }

    /// The key as its issuer publishes it, with these fields changed.
    fn published(&self, changes: &Value) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        changed(jwk, changes)
    }

    fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": format!("{:?}", self.algorithm), "typ": "at+jwt", "kid": self.kid});
        self.token_of(&header, claims)
    }

    fn token_of(&self, header: &Value, claims: &Value) -> String {
        let message =
            format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

static EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("ec"));

static RSA: LazyLock<Signer> = LazyLock::new(|| {
    let pkcs8 = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    // The RSAPrivateKey inside.
    let key = EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]);
    Signer { kid: "rsa", algorithm: Algorithm::RS256, key }
});

/// Fields put in, or taken out where they are `null`.
fn changed(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.as_object_mut().unwrap().remove(name)),
            value => object[name] = value.clone(),
        }
    }
    object
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            text.push(char::from(SIGNS[(bits >> (18 - 6 * index) & 63) as usize]));
        }
    }
    text
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Claims that are in order, with changes.
fn claims(changes: &Value) -> Value {
    let sound = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "0001", "exp": now() + 300, "iat": now(),
        "lode_role": "viewer", "lode_area": "*"});
    changed(sound, changes)
}

fn settings(source: Source) -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        source,
        transport: Transport::Plain,
        algorithms: vec![Algorithm::RS256, Algorithm::PS256, Algorithm::ES256],
        types: vec!["at+jwt".to_owned(), "JWT".to_owned()],
        claims: ClaimNames {
            role: "lode_role".to_owned(),
            area: "lode_area".to_owned(),
            party: "lode_party".to_owned(),
            person: None,
        },
        refetch: Duration::from_secs(60),
    }
}

fn published(folder: &Folder, keys: &[Value]) -> Source {
    let file = folder.path().join("jwks.json");
    fs::write(&file, json!({"keys": keys}).to_string()).unwrap();
    Source::File(file)
}

fn running(folder: &Folder, settings: Settings) -> Client {
    let records = Records::below(folder.path().to_owned(), Options::default());
    let oidc = Oidc::open(settings).unwrap();
    serve(Service::new(load_builtin().unwrap()).with_records(records).with_oidc(Some(oidc)))
}

/// A service that takes tokens signed by [`EC`] and [`RSA`].
fn signing_in(folder: &Folder) -> Client {
    let keys = [EC.published(&json!({})), RSA.published(&json!({"alg": null}))];
    running(folder, settings(published(folder, &keys)))
}

fn status(client: Client, token: &str, target: &str) -> u16 {
    send(client, token, &format!("GET {target}"), &Value::Null).status
}

#[test]
fn a_token_in_order_is_let_in() {
    let (folder, _) = recorded();
    let client = signing_in(&folder);
    for token in [
        EC.token(&claims(&json!({}))),
        RSA.token(&claims(&json!({}))),
        RSA.token(&claims(&json!({"aud": ["other", AUDIENCE]}))),
        EC.token_of(&json!({"alg": "ES256", "typ": "application/AT+JWT", "kid": "ec"}), &claims(&json!({}))),
        // Clocks may be half a minute apart.
        EC.token(&claims(&json!({"exp": now() - 10}))),
        EC.token(&claims(&json!({"nbf": now() + 10}))),
    ] {
        assert_eq!(status(client, &token, "/v1/rights"), 200, "{token}");
    }
    let pss = Signer { kid: "rsa", algorithm: Algorithm::PS256, key: RSA.key.clone() };
    assert_eq!(status(client, &pss.token(&claims(&json!({}))), "/v1/rights"), 200);
    // Without a token nobody is the local user, though no key was handed out.
    assert_eq!(client.get("/v1/rights").status, 401);
    assert_eq!(client.get("/v1/minerals/gold?as_of=2024-06-01").status, 200);
    // Keys go on beside it.
    let key = key(&folder, &["--role", "viewer"]);
    assert_eq!(status(client, &key, "/v1/rights"), 200);
}

#[test]
fn whatever_is_wrong_with_a_token_is_refused_by_the_same_words() {
    let (folder, _) = recorded();
    let elsewhere = Signer::ec("ec");
    let unused = Signer::ec("unused");
    let encrypting = Signer::ec("encrypting");
    let rs512 = Signer { kid: "rs512", algorithm: Algorithm::RS512, key: RSA.key.clone() };
    let listed = [
        EC.published(&json!({})),
        RSA.published(&json!({})),
        encrypting.published(&json!({"use": "enc"})),
        unused.published(&json!({"use": null, "key_ops": ["sign"]})),
        rs512.published(&json!({})),
        // Of two keys of one id nobody can say which one is meant.
        elsewhere.published(&json!({"kid": "twice"})),
        EC.published(&json!({"kid": "twice"})),
        json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256", "use": "sig"}),
        json!({"kty": "strange", "kid": "strange"}),
        json!("no key at all"),
    ];
    let client = running(&folder, settings(published(&folder, &listed)));
    assert_eq!(status(client, &EC.token(&claims(&json!({}))), "/v1/rights"), 200);

    let header = |changes: Value| changed(json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec"}), &changes);
    let with_header = |changes: Value| EC.token_of(&header(changes), &claims(&json!({})));
    let with_claims = |changes: Value| EC.token(&claims(&changes));
    let sound = with_claims(json!({}));
    let (message, signature) = sound.rsplit_once('.').unwrap();
    let (head, _) = message.split_once('.').unwrap();
    let forged = base64url(claims(&json!({"lode_role": "admin"})).to_string().as_bytes());
    let unsigned = |algorithm: &str| {
        let header = base64url(header(json!({"alg": algorithm})).to_string().as_bytes());
        format!("{header}.{}.", base64url(claims(&json!({})).to_string().as_bytes()))
    };
    // The public key of RS256 as the secret of HS256, in the forms in which somebody might have it at hand.
    let rsa = RSA.published(&json!({}));
    let confused = |secret: &[u8]| {
        let signer = Signer { kid: "rsa", algorithm: Algorithm::HS256, key: EncodingKey::from_secret(secret) };
        signer.token(&claims(&json!({})))
    };
    let wrong = [
        ("expired", with_claims(json!({"exp": now() - 31}))),
        ("without an end", with_claims(json!({"exp": null}))),
        ("an end that is no time", with_claims(json!({"exp": "tomorrow"}))),
        ("not valid yet", with_claims(json!({"nbf": now() + 40}))),
        ("of another issuer", with_claims(json!({"iss": "https://id.example.com"}))),
        ("of two issuers", with_claims(json!({"iss": [ISSUER, "https://id.example.com"]}))),
        ("of no issuer", with_claims(json!({"iss": null}))),
        ("for another audience", with_claims(json!({"aud": "other"}))),
        ("for no audience", with_claims(json!({"aud": null}))),
        ("of nobody", with_claims(json!({"sub": null}))),
        ("of a nameless one", with_claims(json!({"sub": ""}))),
        ("of a name of two lines", with_claims(json!({"sub": "a\nb"}))),
        ("of a name too long", with_claims(json!({"sub": "a".repeat(256)}))),
        ("of a number", with_claims(json!({"sub": 1}))),
        ("of another type", with_header(json!({"typ": "JOSE"}))),
        ("of no type", with_header(json!({"typ": null}))),
        ("with critical extensions", with_header(json!({"crit": ["b64"], "b64": true}))),
        ("of no key", with_header(json!({"kid": null}))),
        ("of an unknown key", with_header(json!({"kid": "ec2"}))),
        ("of a key that is there twice", with_header(json!({"kid": "twice"}))),
        ("of a key of another kind", with_header(json!({"kid": "rsa"}))),
        ("with its own key", with_header(json!({"jwk": EC.published(&json!({})), "kid": null}))),
        ("said to be of another algorithm", with_header(json!({"alg": "RS256", "kid": "rsa"}))),
        ("of a key of somebody else", elsewhere.token(&claims(&json!({})))),
        ("of a key for encryption", encrypting.token(&claims(&json!({})))),
        ("of a key that only signs", unused.token(&claims(&json!({})))),
        ("of an algorithm that is not configured", rs512.token(&claims(&json!({})))),
        ("of an algorithm that is not the key's", {
            let pss = Signer { kid: "rsa", algorithm: Algorithm::PS256, key: RSA.key.clone() };
            pss.token(&claims(&json!({})))
        }),
        ("of a published secret", {
            let key = EncodingKey::from_secret(b"secret");
            Signer { kid: "secret", algorithm: Algorithm::HS256, key }.token(&claims(&json!({})))
        }),
        ("of the public key as a secret", confused(rsa["n"].as_str().unwrap().as_bytes())),
        ("of the public key as a secret, as published", confused(rsa.to_string().as_bytes())),
        ("not signed", unsigned("none")),
        ("not signed, in other letters", unsigned("None")),
        ("signed by nothing", unsigned("ES256")),
        ("with other claims", format!("{head}.{forged}.{signature}")),
        ("with another signature", format!("{message}.{}", base64url(&[7; 64]))),
        ("with a signature of zeros", format!("{message}.{}", base64url(&[0; 64]))),
        ("with a part too much", format!("{sound}.x")),
        ("with a part too few", message.to_owned()),
        ("of no JSON", format!("{}.{}.{signature}", base64url(b"{"), base64url(b"{"))),
        ("enormous", with_claims(json!({"note": "x".repeat(9000)}))),
        ("empty", "..".to_owned()),
    ];
    let wanted = client.get("/v1/rights");
    assert_eq!(wanted.status, 401);
    for (name, token) in &wrong {
        let answer = send(client, token, "GET /v1/rights", &Value::Null);
        assert_eq!(same_but_date(&answer), same_but_date(&wanted), "{name}: {}", answer.text());
        let post = send(client, token, "POST /v1/parties", &json!({}));
        assert_eq!((post.status, &post.body), (401, &wanted.body), "{name}");
    }
    // What no token can be does not come through the door: 431 by the server of HTTP itself.
    let flood = format!("{}.b.c", "a".repeat(1024 * 1024));
    let sent = std::panic::catch_unwind(|| send(client, &flood, "GET /v1/rights", &Value::Null).status);
    assert!(sent.is_err() || sent.is_ok_and(|status| status == 431));
    // None of them is in the audit log.
    let admin = EC.token(&claims(&json!({"lode_role": "admin"})));
    let rows = send(client, &admin, "GET /v1/audit", &Value::Null).json()["accesses"].as_array().unwrap().len();
    assert_eq!(rows, 1);
}

#[test]
fn claims_that_give_no_role_are_forbidden() {
    let (folder, _) = recorded();
    let client = signing_in(&folder);
    let unclear = [
        json!({"lode_role": null}),
        json!({"lode_role": "king"}),
        json!({"lode_role": "Viewer"}),
        json!({"lode_role": ["viewer", "admin"]}),
        json!({"lode_role": []}),
        json!({"lode_role": 7}),
        // Whose area is not said does not see everything.
        json!({"lode_area": null}),
        json!({"lode_area": ""}),
        json!({"lode_area": "37"}),
        json!({"lode_area": "000000"}),
        json!({"lode_area": ["370000"]}),
        json!({"lode_party": "P2"}),
        json!({"lode_role": "enterprise"}),
        json!({"lode_role": "enterprise", "lode_party": "P2"}),
        json!({"lode_role": "enterprise", "lode_area": null}),
        json!({"lode_role": "enterprise", "lode_area": null, "lode_party": "P999"}),
        json!({"lode_role": "enterprise", "lode_area": null, "lode_party": "R4"}),
        // Number 4 is a right.
        json!({"lode_role": "enterprise", "lode_area": null, "lode_party": "P4"}),
        json!({"lode_role": "enterprise", "lode_area": null, "lode_party": "91350100M000100Y99"}),
    ];
    for changes in &unclear {
        let token = EC.token(&claims(changes));
        let texts = [
            (
                "zh",
                "无权执行",
                "令牌有效，但未写明可用的角色、地区（enterprise 为当事人）或人员，或互相矛盾；请由统一身份的管理员核对各声明",
            ),
            (
                "en",
                "Forbidden",
                "the token is valid, but its claims give no usable role, area (for an enterprise: party) or person, or contradict \
                 each other: have the administrator of the issuer check them",
            ),
        ];
        for (lang, title, detail) in texts {
            let answer = send(client, &token, &format!("GET /v1/rights?lang={lang}"), &Value::Null);
            let wanted = json!({"type": "/problems/forbidden", "title": title, "status": 403, "detail": detail,
                "code": "forbidden", "request_id": "test-0001", "errors": []});
            assert_eq!((answer.status, answer.text()), (403, wanted.to_string().as_str()), "{changes}");
        }
    }
    // It is known who they are: their accesses are in the log.
    let admin = EC.token(&claims(&json!({"lode_role": ["offline_access", "admin"], "sub": "0002"})));
    let told = send(client, &admin, "GET /v1/audit", &Value::Null).json();
    let rows = told["accesses"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * unclear.len());
    let stranger = json!(format!("oidc:{ISSUER}#0001"));
    assert!(rows.iter().all(|row| row["actor"] == stranger && row["status"] == 403));
}

#[test]
fn claims_give_role_area_and_party() {
    let (folder, known) = recorded();
    let client = signing_in(&folder);
    // Rights of P2 and P3 in 370105, of P2 and P3 in 610104.
    let seen = |token: &str| -> Vec<bool> {
        known.iter().map(|known| status(client, token, &format!("/v1/rights/{}", known.right)) == 200).collect()
    };
    for role in ROLES.into_iter().filter(|role| *role != "enterprise") {
        let of = |area: &str| EC.token(&claims(&json!({"lode_role": role, "lode_area": area})));
        assert_eq!(seen(&of("370000")), [true, true, false, false], "{role}");
        assert_eq!(seen(&of("610104")), [false, false, true, true], "{role}");
        assert_eq!(seen(&of("*")), [true; 4], "{role}");
        let audit = if ["auditor", "admin"].contains(&role) { 200 } else { 403 };
        assert_eq!(status(client, &of("*"), "/v1/audit"), audit, "{role}");
    }
    for party in ["P2", "91350100M000100Y43"] {
        let token = EC.token(&claims(&json!({"lode_role": "enterprise", "lode_area": null, "lode_party": party})));
        assert_eq!(seen(&token), [true, false, true, false], "{party}");
    }
}

#[test]
fn a_subject_is_the_actor_and_a_person() {
    let (folder, known) = recorded();
    let mut settings = settings(published(&folder, &[EC.published(&json!({}))]));
    settings.claims.person = Some("/profile/name".to_owned());
    let client = running(&folder, settings);
    let token = |subject: &str, role: &str, person: Value| {
        EC.token(&claims(&json!({"sub": subject, "lode_role": role, "profile": {"name": person}})))
    };
    let right = known[0].right;
    let request = format!("POST /v1/rights/{right}/assessments");
    let body = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"}});
    let drafted = |key: &str| {
        let answer = send(client, key, &request, &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    };
    let judged = |key: &str, draft: &Value| {
        let body = json!({"effective_on": "2023-06-02", "verdict": "confirm"});
        send(client, key, &format!("POST /v1/assessment-records/{}/confirmation", draft["entry"]), &body).status
    };
    // Whoever is not named could be anybody.
    assert_eq!(status(client, &token("0001", "viewer", Value::Null), "/v1/rights"), 403);
    assert_eq!(status(client, &token("0001", "viewer", json!(" ")), "/v1/rights"), 403);
    let draft = drafted(&token("0001", "assessor", json!("王某")));
    assert_eq!(draft["actor"], format!("oidc:{ISSUER}#0001"));
    assert_eq!(draft["content"]["person"], "王某");
    // Another account of the same person, and a key of theirs, do not confirm; somebody else does.
    assert_eq!(judged(&token("0009", "confirmer", json!("王某")), &draft), 409);
    let own = key(&folder, &["--role", "confirmer", "--person", "王某"]);
    assert_eq!(judged(&own, &draft), 409);
    assert_eq!(judged(&token("0002", "confirmer", json!("李某")), &draft), 201);
    // The other way round.
    let draft = drafted(&key(&folder, &["--role", "assessor", "--person", "王某"]));
    assert_eq!(judged(&token("0001", "admin", json!("王某")), &draft), 409);
    assert_eq!(judged(&token("0003", "admin", json!("王某某")), &draft), 201);
    let told = send(client, &token("0003", "admin", json!("王某某")), "GET /v1/audit", &Value::Null).json();
    let actors: Vec<&str> =
        told["accesses"].as_array().unwrap().iter().map(|row| row["actor"].as_str().unwrap()).collect();
    assert_eq!(actors[2], format!("oidc:{ISSUER}#0001"));
    assert!(lode(&["ledger", "verify", "--data", data(&folder)], b"").status.success());
}

#[test]
fn whoever_drafts_with_one_key_does_not_confirm_with_another() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let request = format!("POST /v1/rights/{}/assessments", known[0].right);
    let body = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"}});
    let judged = |key: &str, draft: &Value| {
        let body = json!({"effective_on": "2023-06-02", "verdict": "reject", "reason": "误"});
        send(client, key, &format!("POST /v1/assessment-records/{}/confirmation", draft["entry"]), &body).status
    };
    let named = |role: &str, name: &str, person: &[&str]| {
        let told = keys(&folder, &[&["create", "--role", role, "--name", name], person].concat());
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stdout).unwrap().trim_end().to_owned()
    };
    let first = named("assessor", "王某", &[]);
    let draft = send(client, &first, &request, &body).json();
    // Keys without a person are of whom they are named after, as those of before there were persons.
    assert_eq!(judged(&named("confirmer", "王某", &[]), &draft), 409);
    assert_eq!(judged(&named("confirmer", "王某的第二把", &["--person", "王某"]), &draft), 409);
    assert_eq!(judged(&named("confirmer", "王某", &["--person", "王某（同名）"]), &draft), 201);
    let list = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    let persons: Vec<&str> = list.lines().map(|line| line.rsplit('\t').next().unwrap()).collect();
    assert_eq!(persons, ["person", "王某", "王某", "王某", "王某（同名）"]);
    for person in ["", " 王某", "王\n某"] {
        let told = keys(&folder, &["create", "--role", "viewer", "--name", "某", "--person", person]);
        assert!(!told.status.success() && told.stdout.is_empty(), "{person:?}");
    }
    // A draft of before drafts said whose they are: by the name of the key that its actor had.
    assert_eq!(draft["content"]["person"], "王某");
    drop(process);
}

#[test]
fn a_draft_without_a_person_is_of_the_person_of_its_key() {
    use crate::ledger::world::{World, confirm, draft, number, submit, yuan};
    use lode::domain::books::access::{Identity, NewKey, Role, create_key};
    use lode::domain::books::command::{Command, OnRight};
    use lode::domain::books::event::{ItemKind, KeyCreated, Part};
    let _ = number;
    let world = World::new();
    let right = world.right();
    let key = |role: Role, sha256: &str| {
        let sha256 = sha256.repeat(64);
        let key = KeyCreated { name: "王某".to_owned(), role, area: None, party: None, sha256, person: None };
        let new = NewKey { effective_on: crate::ledger::world::day("2023-05-01"), key };
        let decide = Box::new(move |shelf: &dyn lode::domain::books::decide::Shelf| create_key(new, shelf).ok());
        use lode::ledger::{Outcome, Submission};
        let submission = Submission { actor: "console".to_owned(), request: None, decide, note: None };
        match world.store.submit(submission).unwrap() {
            Outcome::Recorded(stored) => stored.entry.seq,
            other => panic!("{other:?}"),
        }
    };
    let (one, two) = (key(Role::Assessor, "1"), key(Role::Confirmer, "2"));
    let parts = vec![Part { kind: ItemKind::Price, amount: yuan("1.00"), due_on: None, levy_method: None, rule: None }];
    // As the release before recorded it: the actor alone.
    let old = crate::ledger::world::ask!(Command::OnRight(right, OnRight::Assess(draft(parts.clone()))));
    let drafted = submit(&*world.store, &format!("K{one}"), None, old).unwrap().0.entry;
    assert!(
        matches!(&drafted.event, lode::domain::books::event::Event::AssessmentDrafted(draft) if draft.person.is_none())
    );
    assert_eq!(world.by("王某", confirm(drafted.seq)), Err(crate::ledger::world::No::Conflict));
    assert_eq!(
        world.by(&format!("K{two}"), confirm(drafted.seq)).map(|_| ()),
        Ok(()),
        "another name is another person"
    );
    assert_eq!(Identity::local().person, "local");
}

/// An issuer on this machine: what it answers can be changed, and how often it was asked is counted.
struct Issuer {
    address: SocketAddr,
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicU64>,
}

impl Issuer {
    fn new(keys: &[Value]) -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(Mutex::new((200, json!({"keys": keys}).to_string())));
        let asked = Arc::new(AtomicU64::new(0));
        let (within, count) = (Arc::clone(&answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                count.fetch_add(1, Ordering::SeqCst);
                let (status, body) = within.lock().unwrap().clone();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nLocation: /elsewhere\r\nConnection: close\r\n\r\n"
                );
                // Whoever asked may have had enough.
                let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat());
            }
        });
        Issuer { address, answer, asked }
    }

    fn answers(&self, status: u16, keys: &[Value]) {
        *self.answer.lock().unwrap() = (status, json!({"keys": keys}).to_string());
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn settings(&self, refetch: Duration) -> Settings {
        let source = Source::Url(format!("http://{}/jwks", self.address));
        Settings { refetch, ..settings(source) }
    }
}

#[test]
fn keys_are_renewed_when_a_token_names_a_new_one() {
    let (folder, _) = recorded();
    let issuer = Issuer::new(&[EC.published(&json!({}))]);
    let client = running(&folder, issuer.settings(Duration::from_millis(1)));
    let next = Signer::ec("next");
    let (old, new) = (EC.token(&claims(&json!({}))), next.token(&claims(&json!({}))));
    assert_eq!((status(client, &old, "/v1/rights"), issuer.asked()), (200, 1));
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!((status(client, &new, "/v1/rights"), issuer.asked()), (401, 2));
    // Whatever goes wrong, the old keys stay in force.
    let long = Signer::ec("next").published(&json!({"note": "x".repeat(300_000)}));
    for (code, keys) in [(500, vec![]), (302, vec![next.published(&json!({}))]), (200, vec![]), (200, vec![long])] {
        issuer.answers(code, &keys);
        std::thread::sleep(Duration::from_millis(5));
        let before = issuer.asked();
        assert_eq!(status(client, &new, "/v1/rights"), 401);
        assert_eq!(issuer.asked(), before + 1);
        assert_eq!(status(client, &old, "/v1/rights"), 200);
    }
    issuer.answers(200, &[next.published(&json!({}))]);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(status(client, &new, "/v1/rights"), 200);
    // The old one is no longer among them.
    assert_eq!(status(client, &old, "/v1/rights"), 401);
}

#[test]
fn keys_are_not_fetched_more_often_than_configured() {
    let (folder, _) = recorded();
    let issuer = Issuer::new(&[EC.published(&json!({}))]);
    let client = running(&folder, issuer.settings(Duration::from_secs(60)));
    let stranger = Signer::ec("stranger").token(&claims(&json!({})));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| status(client, &stranger, "/v1/rights"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((statuses, issuer.asked()), (vec![401; 16], 1));
}

#[test]
fn an_issuer_that_cannot_be_reached_stops_nobody_else() {
    let (folder, _) = recorded();
    // Nothing speaks TLS there.
    let issuer = Issuer::new(&[EC.published(&json!({}))]);
    let source = Source::Url(format!("https://{}/jwks", issuer.address));
    let client = running(&folder, Settings { transport: Transport::Tls, ..settings(source) });
    assert_eq!(status(client, &EC.token(&claims(&json!({}))), "/v1/rights"), 401);
    assert_eq!(status(client, &key(&folder, &["--role", "viewer"]), "/v1/rights"), 200);
}

#[test]
fn settings_that_make_no_sense_are_refused_at_the_start() {
    let (folder, _) = recorded();
    let file = folder.path().join("jwks.json");
    let file = file.to_str().unwrap();
    let start = |jwks: &str, more: &[&str]| {
        let options = ["serve", "--listen", "127.0.0.1:0", "--data", data(&folder), "--oidc-issuer", ISSUER];
        let told = lode(&[&options[..], &["--oidc-audience", AUDIENCE, "--oidc-jwks", jwks], more].concat(), b"");
        assert!(!told.status.success() && told.stdout.is_empty(), "{jwks} {more:?}: {told:?}");
        String::from_utf8(told.stderr).unwrap()
    };
    assert!(start(file, &[]).contains("jwks.json"), "no such file");
    fs::write(file, "{}").unwrap();
    assert!(start(file, &[]).contains("no set of keys"));
    fs::write(file, json!({"keys": [EC.published(&json!({"use": "enc"}))]}).to_string()).unwrap();
    assert!(start(file, &[]).contains("no key in it"));
    assert!(start("http://127.0.0.1:1/jwks", &[]).contains("--oidc-allow-http"));
    assert!(start("ftp://127.0.0.1/jwks", &["--oidc-allow-http"]).contains("https://"));
    fs::write(file, json!({"keys": [EC.published(&json!({}))]}).to_string()).unwrap();
    for algorithm in ["HS256", "none", ""] {
        start(file, &["--oidc-algorithms", algorithm]);
    }
    assert!(start(file, &["--oidc-algorithms", "RS256"]).contains("no key in it"), "the key is of ES256");
    start(file, &["--oidc-role-claim", ""]);
    let alone = lode(&["serve", "--listen", "127.0.0.1:0", "--oidc-issuer", ISSUER], b"");
    assert!(!alone.status.success());
}

#[test]
fn nothing_of_a_token_goes_anywhere() {
    let (folder, _) = recorded();
    published(&folder, &[EC.published(&json!({}))]);
    let jwks = folder.path().join("jwks.json");
    let log = folder.path().join("log");
    let options = [
        "--data",
        data(&folder),
        "--log",
        "trace",
        "--oidc-issuer",
        ISSUER,
        "--oidc-audience",
        AUDIENCE,
        "--oidc-jwks",
        jwks.to_str().unwrap(),
    ];
    // With an issuer the service may listen everywhere, though no key was handed out.
    let process = Process::start_at("0.0.0.0:0", &options, Stdio::from(File::create(&log).unwrap()));
    let client = Client(([127, 0, 0, 1], process.client().0.port()).into());
    let tokens = [
        EC.token(&claims(&json!({"lode_role": "admin", "note": "only-in-the-token"}))),
        EC.token(&claims(&json!({"exp": 1, "note": "only-in-the-token"}))),
        Signer::ec("ec").token(&claims(&json!({"note": "only-in-the-token"}))),
        EC.token(&claims(&json!({"lode_role": "king", "note": "only-in-the-token"}))),
    ];
    let mut texts = Vec::new();
    for (token, wanted) in tokens.iter().zip([200, 401, 401, 403]) {
        let answer = send(client, token, "GET /v1/rights", &Value::Null);
        assert_eq!(answer.status, wanted);
        texts.push(("an answer".to_owned(), format!("{answer:?} {}", answer.text()).into_bytes()));
        let body = json!({"effective_on": "2023-05-01", "code": "914403001922038216", "name": "丙公司"});
        let answer = send(client, token, "POST /v1/parties", &body);
        texts.push(("an answer".to_owned(), format!("{answer:?} {}", answer.text()).into_bytes()));
    }
    assert_eq!(client.get("/v1/rights").status, 401);
    drop(process);
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        texts.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    assert!(
        texts.iter().any(|(name, bytes)| name.ends_with("log") && String::from_utf8_lossy(bytes).contains("expired"))
    );
    let secrets = tokens.iter().flat_map(|token| token.split('.').skip(1)).chain(["only-in-the-token"]);
    for secret in secrets {
        for (name, bytes) in &texts {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{name} holds a part of a token");
        }
    }
}

#[test]
fn the_local_user_speaks_to_loopback_by_its_own_name() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let named = |host: &str, target: &str| client.send("GET", target, &[&format!("Host: {host}")], None);
    for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:1", "[::1]:8080", "LocalHost"] {
        assert_eq!(named(host, "/v1/rights").status, 200, "{host}");
    }
    let texts = [
        (
            "zh",
            "未通过身份认证",
            "没有密钥时记录只供本机用户：请以 127.0.0.1、localhost 或 [::1] 访问，不经代理；或先以 lode keys create 发放密钥",
        ),
        (
            "en",
            "Not authenticated",
            "without keys the records are for the local user alone: ask for them at 127.0.0.1, localhost or [::1], not through \
             a proxy, or create a key first by lode keys create",
        ),
    ];
    for host in ["evil.example", "localhost.evil.example", "192.168.1.7:8080", "127.0.0.1.nip.io", "test"] {
        for (lang, title, detail) in texts {
            let answer = named(host, &format!("/v1/rights?lang={lang}"));
            let wanted = json!({"type": "/problems/unauthenticated", "title": title, "status": 401, "detail": detail,
                "code": "unauthenticated", "request_id": "test-0001", "errors": []});
            assert_eq!((answer.status, answer.text()), (401, wanted.to_string().as_str()), "{host}");
        }
        let headers = ["Content-Type: application/json", "Idempotency-Key: 1", &format!("Host: {host}")];
        let body = json!({"effective_on": "2023-05-01", "code": "914403001922038216", "name": "丙公司"}).to_string();
        assert_eq!(client.send("POST", "/v1/parties", &headers, Some(body.as_bytes())).status, 401, "{host}");
        // Calculations are open to everybody.
        assert_eq!(named(host, "/v1/minerals/gold?as_of=2024-06-01").status, 200, "{host}");
    }
    let absolute = "GET http://evil.example/v1/rights HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    assert_eq!(client.raw(absolute.as_bytes()).status, 401);
    // With a key the name does not matter: a proxy sends its own.
    let key = key(&folder, &["--role", "viewer"]);
    let headers = ["Host: lode.example.gov.cn".to_owned(), format!("Authorization: Bearer {key}")];
    assert_eq!(client.send("GET", "/v1/rights", &[&headers[0], &headers[1]], None).status, 200);
}

#[test]
fn the_head_is_that_of_both_chains() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let head = || client.get("/v1/ledger/head").json();
    let first = head();
    assert_eq!((&first["accesses"], &first["accesses_hash"]), (&json!(0), &Value::Null));
    let second = head();
    let log = client.get("/v1/audit").json();
    assert_eq!((&second["accesses"], &second["accesses_hash"]), (&json!(1), &log["accesses"][0]["hash"]));
    drop(process);
    let told = String::from_utf8(lode(&["ledger", "head", "--data", data(&folder)], b"").stdout).unwrap();
    let words: Vec<&str> = told.split_whitespace().collect();
    assert_eq!((words.len(), words[2], words[5]), (7, first["hash"].as_str().unwrap(), "3"));
    assert_eq!((words[6].len(), words[6] == second["accesses_hash"]), (64, false));
}
