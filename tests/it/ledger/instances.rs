//! Several instances on one PostgreSQL server, what a server can do to them, and what is never shown of its address.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Command as Program, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use lode::domain::books::command::*;
use lode::domain::books::decide::Shelf;
use lode::domain::books::entry::{Moment, RightId, Subject};
use lode::domain::books::event::{Event, Register};
use lode::ledger::chain::Hash;
use lode::ledger::place::{Place, StoreUrl};
use lode::ledger::{Options, Outcome, StoreError, Submission};
use serde_json::{Value, json};

use super::verification::{dump_of, filled};
use super::world::{Home, Kind, No, Schema, World, access, ask, day, number, submit};
use crate::service::{Answer, Client, Process, lode, request};

/// A test of several instances: left out without a server.
macro_rules! with_server {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[test] fn $test() {
                if $crate::ledger::world::has_server(concat!(module_path!(), "::", stringify!($test))) {
                    super::$test()
                }
            })+
        }
    };
}
pub(super) use with_server;

with_server!(
    one_history_has_one_chain_on_both_stores,
    two_services_share_one_journal,
    one_key_at_two_services_makes_one_record,
    one_service_is_killed_and_the_other_goes_on,
    lost_connections_lose_nothing,
    a_group_with_a_failed_statement_is_not_recorded,
    whoever_waits_too_long_for_the_lock_is_refused_and_the_next_is_not,
    an_instance_does_not_write_into_a_newer_schema,
    sessions_wait_for_the_disk_whatever_the_database_says,
    without_a_schema_there_is_no_store,
    a_database_without_records_stays_empty,
    keys_are_handed_out_beside_the_running_service,
);

const CLIENTS: usize = 64;

fn started(schema: &Schema) -> Process {
    Process::start(&["--store", &schema.url()])
}

fn bytes(key: &str, target: &str, body: &Value) -> Vec<u8> {
    let headers = ["Content-Type: application/json", &format!("Idempotency-Key: {key}")];
    request("POST", target, &headers, Some(body.to_string().as_bytes()))
}

fn post(client: Client, key: &str, target: &str, body: &Value) -> Answer {
    client.raw(&bytes(key, target, body))
}

#[track_caller]
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn register_party(client: Client) {
    let party = json!({"effective_on": "2023-05-01", "code": "91350100M000100Y43", "name": "某某矿业有限公司"});
    made(&post(client, "party", "/v1/parties", &party));
}

fn right(licence: &str) -> Value {
    json!({"effective_on": "2023-05-01", "right": "mining", "holder": "P2", "licence_number": licence,
        "transfer_mode": "agreement", "division": "370105", "area": "land", "minerals": ["煤"], "area_km2": "1.25"})
}

fn declaration() -> Value {
    json!({"effective_on": "2025-01-15", "year": 2024,
        "lines": [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}]})
}

/// Everything that two instances say of the same journal: sound, as long, with the same last hash.
fn sound(clients: [Client; 2], entries: u64) {
    // Reading the head is an access itself.
    let heads = clients.map(|client| {
        let mut head = client.get("/v1/ledger/head").json();
        head.as_object_mut().unwrap().retain(|name, _| !name.starts_with("accesses"));
        head
    });
    assert_eq!(heads[0], heads[1]);
    assert_eq!(heads[0]["entries"], entries);
    for client in clients {
        let verification = client.get("/v1/ledger/verification").json();
        assert_eq!((&verification["sound"], &verification["entries"]), (&json!(true), &json!(entries)));
        assert_eq!(verification["hash"], heads[0]["hash"]);
    }
}

/// The sums of all accounts in fen; together they are nothing.
fn balances(client: Client) -> impl Fn(&str) -> i64 {
    let fen = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let told = client.get("/v1/ledger/balances?as_of=2026-01-01").json();
    let balances: Vec<(String, i64)> = told["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|balance| (balance["account"].as_str().unwrap().to_owned(), fen(balance["amount"].as_str().unwrap())))
        .collect();
    assert_eq!(balances.iter().map(|(_, fen)| fen).sum::<i64>(), 0);
    move |account| balances.iter().filter(|(known, _)| known == account).map(|(_, fen)| fen).sum()
}

fn one_history_has_one_chain_on_both_stores() {
    let [sqlite, postgres] = [Kind::Sqlite, Kind::Postgres].map(|kind| {
        let time = AtomicU64::new(1_700_000_000_000);
        let clock = Arc::new(move || Moment(time.fetch_add(1, Ordering::Relaxed).cast_signed()));
        let world = filled(kind, Options { clock, instance: Some("same".to_owned()), ..Options::default() });
        (world.store.head().unwrap(), dump_of(&world.folder).tables)
    });
    assert_eq!(sqlite.0, postgres.0);
    // All but the checksums of the migrations.
    assert_eq!(sqlite.1[1..], postgres.1[1..]);
}

fn two_services_share_one_journal() {
    let schema = Schema::new();
    let processes = [started(&schema), started(&schema)];
    let clients = processes.each_ref().map(Process::client);
    register_party(clients[0]);
    let notices: Vec<String> = std::thread::scope(|scope| {
        let run = |index: usize| {
            // Each step at the other instance.
            let at = |step: usize| clients[(index + step) % 2];
            let key = |step: usize| format!("{index}-{step}");
            let right = made(&post(at(0), &key(0), "/v1/rights", &right(&format!("C{index}"))));
            let path = format!("/v1/rights/{}", right["id"].as_str().unwrap());
            let declared = made(&post(at(1), &key(1), &format!("{path}/declarations"), &declaration()));
            let item = declared["items"][0].as_str().unwrap().to_owned();
            let notice = json!({"effective_on": "2025-01-16", "items": [item]});
            let noticed = made(&post(at(2), &key(2), &format!("{path}/notices"), &notice));
            let payment =
                json!({"item": item, "paid_on": "2025-02-10", "amount": "24000.00", "receipt": format!("收{index}")});
            let paid = post(at(3), &key(3), &format!("{path}/payments"), &payment);
            // The same again, at the other one.
            assert_eq!(post(at(4), &key(3), &format!("{path}/payments"), &payment).body, paid.body);
            made(&paid);
            noticed["content"]["number"].as_str().unwrap().to_owned()
        };
        let threads: Vec<_> = (0..CLIENTS).map(|index| scope.spawn(move || run(index))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let told: BTreeSet<String> = notices.into_iter().collect();
    let wanted: BTreeSet<String> = (1..=CLIENTS).map(|number| format!("3701052025{number:06}")).collect();
    assert_eq!(told, wanted, "no gap, none twice");
    sound(clients, 2 + 4 * CLIENTS as u64);
    // 1 000 000 × 2.4 % = 24 000 each, all of it paid: 40 % for the centre.
    for client in clients {
        let balance = balances(client);
        let all = 2_400_000 * CLIENTS as i64;
        assert_eq!((balance("receivable"), balance("paid"), balance("central")), (all, -all, all / 10 * 4));
    }
}

fn one_key_at_two_services_makes_one_record() {
    let schema = Schema::new();
    let processes = [started(&schema), started(&schema)];
    let clients = processes.each_ref().map(Process::client);
    register_party(clients[0]);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = |index: usize| post(clients[index % 2], "same", "/v1/rights", &right("C1"));
        let threads: Vec<_> = (0..CLIENTS).map(|index| scope.spawn(move || ask(index))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &answers {
        made(answer);
        assert_eq!(answer.body, answers[0].body, "the same answer");
    }
    sound(clients, 3);
    let other = post(clients[1], "same", "/v1/rights", &right("C2"));
    assert_eq!((other.status, &other.json()["code"]), (422, &json!("idempotency_mismatch")));
}

fn one_service_is_killed_and_the_other_goes_on() {
    const EACH: usize = 4;
    let schema = Schema::new();
    let mut processes = [started(&schema), started(&schema)];
    let clients = processes.each_ref().map(Process::client);
    register_party(clients[0]);
    made(&post(clients[0], "right", "/v1/rights", &right("C1")));
    made(&post(clients[0], "declaration", "/v1/rights/R3/declarations", &declaration()));
    let answered = AtomicU64::new(0);
    let (enough, told) = mpsc::channel();
    let bodies: Vec<Answer> = std::thread::scope(|scope| {
        let run = |index: usize, enough: mpsc::Sender<()>| -> Vec<Answer> {
            let pay = |count: usize| {
                let receipt = format!("收{index}-{count}");
                let payment = json!({"item": "I4-1", "paid_on": "2025-02-10", "amount": "0.01", "receipt": receipt});
                let bytes = bytes(&format!("{index}-{count}"), "/v1/rights/R3/payments", &payment);
                let first = clients[index % 2].try_raw(&bytes).filter(|answer| answer.status == 201);
                if answered.fetch_add(1, Ordering::SeqCst) as usize == CLIENTS {
                    enough.send(()).unwrap();
                }
                // Whoever got no answer asks the other one, under the same key.
                let again = clients[1].raw(&bytes);
                made(&again);
                if let Some(first) = first {
                    assert_eq!(first.body, again.body, "an acknowledged record is the one that stays");
                }
                again
            };
            (0..EACH).map(pay).collect()
        };
        let threads: Vec<_> = (0..CLIENTS)
            .map(|index| {
                let enough = enough.clone();
                scope.spawn(move || run(index, enough))
            })
            .collect();
        drop(enough);
        told.recv().unwrap();
        // SIGKILL in the middle of it.
        processes[0].signal("KILL");
        processes[0].wait();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let entries: BTreeSet<u64> = bodies.iter().map(|answer| answer.json()["entry"].as_u64().unwrap()).collect();
    let payments = CLIENTS * EACH;
    assert_eq!(entries, (5..5 + payments as u64).collect(), "none lost, none doubled");
    // A new instance sees the same.
    processes[0] = started(&schema);
    sound(processes.each_ref().map(Process::client), 4 + payments as u64);
    assert_eq!(balances(clients[1])("paid"), -(payments as i64));
}

fn pay(item: &'static str, receipt: String) -> super::world::Ask {
    ask!(Command::OnRight(
        RightId(3),
        OnRight::Pay(BookPayment { item, paid_on: day("2023-06-10"), amount: number("0.01"), receipt: &receipt })
    ))
}

/// A right that owes `I6-1`.
fn owing() -> World<Home> {
    let world = World::of(Kind::Postgres);
    let right = world.right();
    world.owed(right, &[("100000000.00", None)]);
    world
}

fn client_of(world: &World<Home>) -> ::postgres::Client {
    let Home::Schema(schema) = &world.folder else { panic!() };
    schema.client()
}

/// The receipts of the payments of the right.
fn receipts(world: &World<Home>) -> Vec<String> {
    let entries = world.store.entries_of(Subject::Right(RightId(3)), None).unwrap();
    let receipt = |event| if let Event::PaymentBooked(paid) = event { Some(paid.receipt) } else { None };
    entries.into_iter().filter_map(|stored| receipt(stored.entry.event)).collect()
}

fn lost_connections_lose_nothing() {
    let world = owing();
    let done = AtomicBool::new(false);
    let mut killer = client_of(&world);
    let failed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let book = |thread: usize| {
            for count in 0..50 {
                let receipt = format!("收{thread}-{count}");
                let request = (receipt.clone(), Hash::sha256(receipt.as_bytes()));
                // Until it is answered; what was committed without an answer is found by its key.
                loop {
                    match submit(&*world.store, "first", Some(request.clone()), pay("I6-1", receipt.clone())) {
                        Ok(_) => break,
                        Err(No::Store(StoreError::Unavailable(_) | StoreError::Damaged(_))) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || book(thread))).collect();
        scope.spawn(|| {
            // Whatever connection of the schema is in the middle of something, thirty times.
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity, pg_sleep(0.02)
                WHERE application_name = 'lode' AND pid IN (SELECT pid FROM pg_locks WHERE relation IN
                    (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace))";
            let mut ended = 0;
            while ended < 30 && !done.load(Ordering::SeqCst) {
                ended += killer.query(end, &[]).unwrap().len();
            }
        });
        for thread in threads {
            thread.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(failed.load(Ordering::SeqCst) > 0, "no connection was lost in use");
    let booked = receipts(&world);
    let once: BTreeSet<&String> = booked.iter().collect();
    assert_eq!((booked.len(), once.len()), (200, 200));
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_group_with_a_failed_statement_is_not_recorded() {
    let world = owing();
    world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "坏").unwrap();
    // From now on whoever looks for that receipt gets an error from the server.
    world.folder.tamper(
        "ALTER TABLE name RENAME TO name_kept;
         CREATE VIEW name AS SELECT seq, register, name FROM name_kept
         WHERE name <> convert_to('坏', 'UTF8') OR 1 / (seq - seq) = 0",
    );
    let mut groups = 0;
    for round in 0..20 {
        let (begun, running) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let sound = format!("收{round}");
        std::thread::scope(|scope| {
            // Holds the writer while the two others come behind it: they join its group, or the next.
            let decide = Box::new(move |_: &dyn Shelf| {
                begun.send(()).unwrap();
                let _ = wait.recv();
                None
            });
            let held = Submission { actor: "first".to_owned(), request: None, decide, note: None };
            let store = &*world.store;
            let holding = scope.spawn(move || store.submit(held));
            running.recv().unwrap();
            let receipt = sound.clone();
            let good = scope.spawn(move || submit(store, "first", None, pay("I6-1", receipt)));
            let bad = scope.spawn(move || {
                let decide = Box::new(|shelf: &dyn Shelf| {
                    assert!(shelf.named(Register::Receipt, "坏").is_err());
                    None
                });
                store.submit(Submission { actor: "first".to_owned(), request: None, decide, note: None })
            });
            for _ in 0..1000 {
                std::thread::yield_now();
            }
            drop(go_on);
            let held = holding.join().unwrap();
            assert!(matches!(held, Ok(Outcome::Refused) | Err(_)), "{held:?}");
            let (good, bad) = (good.join().unwrap(), bad.join().unwrap());
            assert!(bad.is_err(), "a group whose statement failed is told so: {bad:?}");
            // Together or apart: what was acknowledged is there, and nothing else.
            assert_eq!(good.is_ok(), receipts(&world).contains(&sound), "{good:?}");
            groups += u32::from(good.is_err());
        });
    }
    world.folder.tamper("DROP VIEW name; ALTER TABLE name_kept RENAME TO name");
    world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "收x").unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
    assert!(groups > 0, "the two never came together");
}

fn whoever_waits_too_long_for_the_lock_is_refused_and_the_next_is_not() {
    let world = owing();
    let mut other = client_of(&world);
    let mut held = other.transaction().unwrap();
    held.batch_execute(
        "SELECT pg_advisory_xact_lock(1819239525, (SELECT oid::int4 FROM pg_namespace WHERE nspname = current_schema()))",
    )
    .unwrap();
    let refused = world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "收1").unwrap_err();
    assert!(
        matches!(&refused, No::Store(StoreError::Unavailable(text)) if text.contains("lock timeout")),
        "{refused:?}"
    );
    assert_eq!(receipts(&world), [""; 0], "readers do not wait");
    held.rollback().unwrap();
    world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "收1").unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn an_instance_does_not_write_into_a_newer_schema() {
    let world = owing();
    world.folder.tamper("INSERT INTO migration VALUES (99, '0099_future', '')");
    let refused = world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "收1").unwrap_err();
    assert!(matches!(&refused, No::Store(StoreError::Unusable(text)) if text.contains("99")), "{refused:?}");
    world.folder.tamper("DELETE FROM migration WHERE number = 99");
    world.pay(RightId(3), "I6-1", "2023-06-10", "0.01", "收1").unwrap();
}

fn sessions_wait_for_the_disk_whatever_the_database_says() {
    let schema = Schema::new();
    let off = format!("{}%20-c%20synchronous_commit%3Doff", schema.url());
    let store = Place::Server(StoreUrl::from(off)).open(Options::default()).unwrap();
    // The server itself notes how each row came in.
    schema
        .client()
        .batch_execute(
            "CREATE TABLE seen (setting TEXT NOT NULL);
             CREATE FUNCTION see() RETURNS TRIGGER LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
             CREATE TRIGGER see AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION see()",
        )
        .unwrap();
    store.note(access("GET", "/v1/rights", 200)).unwrap();
    let seen: String = schema.client().query_one("SELECT setting FROM seen", &[]).unwrap().get(0);
    assert_eq!(seen, "on");
}

fn without_a_schema_there_is_no_store() {
    let schema = Schema::new();
    let none = Place::Server(StoreUrl::from(format!("{}_gone", schema.url())));
    let refused = none.open(Options::default()).unwrap_err();
    assert!(refused.to_string().contains("search_path"), "{refused}");
}

fn a_database_without_records_stays_empty() {
    let schema = Schema::new();
    for command in [&["ledger", "verify"], &["ledger", "head"], &["keys", "list"]] {
        let told = lode(&[command[0], command[1], "--store", &schema.url()], b"");
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && said.contains("no records in the database"), "{told:?}");
    }
    let tables = schema.client().query("SELECT 1 FROM pg_tables WHERE schemaname = current_schema()", &[]).unwrap();
    assert!(tables.is_empty());
}

fn keys_are_handed_out_beside_the_running_service() {
    let schema = Schema::new();
    let url = schema.url();
    let process = started(&schema);
    assert_eq!(process.client().get("/v1/rights").status, 200);
    let create = ["keys", "create", "--role", "viewer", "--name", "甲", "--store", &url];
    let key = String::from_utf8(lode(&create, b"").stdout).unwrap();
    assert_eq!(process.client().get("/v1/rights").status, 401);
    let bearer = format!("Authorization: Bearer {}", key.trim());
    assert_eq!(process.client().send("GET", "/v1/rights", &[&bearer], None).status, 200);
    assert!(String::from_utf8(lode(&["keys", "list", "--store", &url], b"").stdout).unwrap().contains("K2\tviewer"));
    // With a key in the records of the server, any address will do.
    drop(Process::start_at("0.0.0.0:0", &["--store", &url], Stdio::null()));
    assert!(lode(&["keys", "revoke", "K2", "--store", &url], b"").status.success());
    assert_eq!(process.client().send("GET", "/v1/rights", &[&bearer], None).status, 401);
    assert!(lode(&["ledger", "verify", "--store", &url], b"").status.success());
}

/// Everything that a command says, with the address in the environment.
fn said(arguments: &[&str], url: &str) -> String {
    let mut child = Program::new(env!("CARGO_BIN_EXE_lode"))
        .args(arguments)
        .envs([("LODE_STORE", url), ("LODE_LOG", "trace")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let mut told = String::new();
    let reading = std::thread::spawn(move || {
        let mut told = String::new();
        err.read_to_string(&mut told).unwrap();
        told
    });
    out.read_to_string(&mut told).unwrap();
    child.wait().unwrap();
    told + &reading.join().unwrap()
}

#[test]
fn the_password_is_shown_nowhere() {
    // Nothing listens there.
    let url = "postgres://lode:geheim@127.0.0.1:1/lode";
    let commands: [&[&str]; 7] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["serve", "--help"],
        &["ledger", "verify"],
        &["ledger", "head", "--help"],
        &["keys", "list"],
        &["keys", "create", "--role", "admin", "--name", "x"],
        &["serve", "--listen", "127.0.0.1:0", "--store", url],
    ];
    for command in commands {
        let told = said(command, url);
        assert!(!told.is_empty() && !told.contains("geheim"), "{command:?}: {told}");
    }
    let wrong = [
        ("postgres://lode:geheim@localhost/lode?geheim=1", "must be postgres://"),
        ("postgres://lode:geheim@localhost:geheim/lode", "must be postgres://"),
        ("mysql://lode:geheim@localhost/lode", "must be postgres://"),
        ("host=localhost password=geheim", "must be postgres://"),
        ("postgres://lode:geheim@localhost/lode?sslmode=allow", "sslmode may be"),
        ("postgres://lode:geheim@localhost/lode?sslmode=verify-full&sslrootcert=/none.pem", "sslrootcert /none.pem"),
    ];
    for (url, wanted) in wrong {
        for command in [["ledger", "verify"], ["keys", "list"], ["serve", "--workers=1"]] {
            let told = said(&command, url);
            assert!(told.contains(wanted) && !told.contains("geheim"), "{url}: {told}");
        }
    }
    let place = Place::Server(StoreUrl::from(url.to_owned()));
    assert!(!format!("{place:?}").contains("geheim"));
    let mut shown = Vec::new();
    write!(shown, "{:?}", place.open(Options::default()).unwrap_err()).unwrap();
    assert!(!String::from_utf8(shown).unwrap().contains("geheim"));
}
