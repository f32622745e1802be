//! Records a second with full durability, beside SQLite itself: `cargo bench --bench records`.
//!
//! 64 clients book payments, each waiting until its record is on the disk: one after the other towards a right, ten each, then
//! towards the next. Then SQLite alone writes the very same rows into
//! a database of the same schema, a hundred entries in each transaction, with the same journal mode and `synchronous`, on
//! the same disk. They take turns. What is between them: decisions, canonical JSON, the chain of hashes, threads that wait
//! for answers, and that a group is as large as the number of those who wait. At last, how much it matters how many payments a
//! right has.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that meets the unexpected stops there"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lode::domain::books::command::*;
use lode::domain::books::decide::{Asker, Shelf, decide};
use lode::domain::books::entry::{RightId, Seq};
use lode::domain::books::event::{ItemKind, Part};
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::quantity::Number;
use lode::domain::rate_book::RateBook;
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::chain::Hash;
use lode::ledger::place::Place;
use lode::ledger::sqlite::FILE;
use lode::ledger::{Options, Outcome, Store, Submission};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Clients that record at once.
const CLIENTS: u64 = 64;
/// Payments of each in a round.
const EACH: u64 = 250;
/// Payments towards one right.
const OF_A_RIGHT: u64 = 10;
/// Payments of each, and of these towards one right, where that is compared.
const COMPARED: (u64, [u64; 3]) = (1000, [10, 100, 1000]);
/// Entries of each transaction of SQLite alone.
const BATCH: usize = 100;
/// Rounds.
const ROUNDS: u32 = 5;

fn main() {
    // Whoever lists or tests the benches wants no table.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // Beside the build, which is on a disk; the directory for temporary files may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let book = Arc::new(lode::rates::load_builtin().unwrap());
    let mut best = [0_u128; 3];
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let home = folder.path().join(format!("lode-{round}"));
        let recorded = recording(&home, &book, EACH, OF_A_RIGHT);
        let [rows, bare] = [false, true].map(|bare| alone(&home.join(FILE), &folder.path().join("alone.db"), bare));
        std::fs::remove_dir_all(&home).unwrap();
        println!("round {round}: {recorded} records/s; SQLite alone {rows} entries/s, one table {bare} rows/s");
        for (best, now) in best.iter_mut().zip([recorded, rows, bare]) {
            *best = now.max(*best);
        }
        ratios.push((recorded * 100 / rows, recorded * 100 / bare));
    }
    let [recorded, rows, bare] = best;
    ratios.sort_unstable();
    let middle = ratios.get(ratios.len() / 2).unwrap();
    println!("best: {recorded} records/s; SQLite alone {rows} entries/s; one table without indexes {bare} rows/s");
    println!("ratio (median of {ROUNDS}): 0.{:02} of the same rows, 0.{:02} of one table", middle.0, middle.1);
    println!("{} rights in each round, {OF_A_RIGHT} payments towards each", CLIENTS * EACH / OF_A_RIGHT);
    let (each, compared) = COMPARED;
    for of_a_right in compared {
        let home = folder.path().join(format!("lode-of-{of_a_right}"));
        let recorded = recording(&home, &book, each, of_a_right);
        let rows = alone(&home.join(FILE), &folder.path().join("alone.db"), false);
        std::fs::remove_dir_all(&home).unwrap();
        let (rights, ratio) = (CLIENTS * each / of_a_right, recorded * 100 / rows);
        println!(
            "{rights} rights, {of_a_right} payments towards each: {recorded} records/s; SQLite alone {rows}; ratio 0.{ratio:02}"
        );
    }
}

fn per_second(count: u64, time: Duration) -> u128 {
    u128::from(count) * 1_000_000 / time.as_micros().max(1)
}

/// A command as the writer decides it.
type Ask = Box<dyn Fn(&mut dyn FnMut(&Command<'_>)) + Send>;

fn submit(store: &dyn Store, actor: &str, key: &str, book: &Arc<RateBook>, ask: Ask) -> Seq {
    let (by, book) = (actor.to_owned(), Arc::clone(book));
    let refused = Arc::new(Mutex::new(String::new()));
    let slot = Arc::clone(&refused);
    let decide = Box::new(move |shelf: &dyn Shelf| {
        let mut entry = None;
        ask(&mut |command| match decide(command, Asker::known_as(&by), shelf, &book) {
            Ok(decided) => entry = Some(decided),
            Err(refusal) => *slot.lock().unwrap() = format!("{refusal:?}"),
        });
        entry
    });
    let request = Some((key.to_owned(), Hash::sha256(key.as_bytes())));
    match store.submit(Submission { actor: actor.to_owned(), request, decide, note: None }).unwrap() {
        Outcome::Recorded(stored) => stored.entry.seq,
        other => panic!("{other:?}: {}", refused.lock().unwrap()),
    }
}

fn number(text: &str) -> Number {
    Number::Exactly(text.parse().unwrap())
}

/// A right that owes a sum.
fn owing(store: &dyn Store, book: &Arc<RateBook>, holder: &str, client: u64) -> (RightId, String) {
    let day = |text: &str| text.parse().unwrap();
    let (holder, licence) = (holder.to_owned(), format!("C{client:021}"));
    let right = RightId(submit(
        store,
        "first",
        &format!("right {client}"),
        book,
        Box::new(move |give| {
            give(&Command::RegisterRight(RegisterRight {
                effective_on: day("2023-05-01"),
                right: Right::Mining,
                holder: &holder,
                licence_number: &licence,
                contract_number: None,
                contract_signed_on: Some(day("2023-05-01")),
                transfer_mode: TransferMode::Agreement,
                contract_rate_percent: None,
                division: "370105",
                area: AreaKind::Land,
                scheme: None,
                minerals: vec!["煤", "水泥用灰岩"],
                area_km2: number("1.25"),
                term_from: Some(day("2023-05-01")),
                term_to: Some(day("2043-04-30")),
                mine_scale: None,
            }));
        }),
    ));
    let amount = Yuan::from_fen(1_000_000_000).unwrap();
    let draft = submit(
        store,
        "first",
        &format!("draft {client}"),
        book,
        Box::new(move |give| {
            give(&Command::OnRight(
                right,
                OnRight::Assess(DraftAssessment {
                    effective_on: day("2023-06-01"),
                    topic: "transfer-income".into(),
                    request: "{}".into(),
                    answer_sha256: "".into(),
                    parts: vec![Part { kind: ItemKind::Price, amount, due_on: None, levy_method: None, rule: None }],
                }),
            ));
        }),
    );
    submit(
        store,
        "second",
        &format!("confirm {client}"),
        book,
        Box::new(move |give| {
            let verdict = JudgeAssessment { effective_on: day("2023-06-01"), verdict: Verdict::Confirm, reason: None };
            give(&Command::JudgeAssessment(draft, verdict));
        }),
    );
    let plan = submit(
        store,
        "first",
        &format!("plan {client}"),
        book,
        Box::new(move |give| {
            let plan = SetPlan { effective_on: day("2023-06-01"), assessment: draft };
            give(&Command::OnRight(right, OnRight::Plan(plan)));
        }),
    );
    (right, format!("I{plan}-1"))
}

/// Payments of 64 clients a second: each books so many, one after the other, and begins another right after every few.
fn recording(home: &Path, book: &Arc<RateBook>, each: u64, of_a_right: u64) -> u128 {
    let store = Place::Directory(home.to_owned()).open(Options::default()).unwrap();
    let store = &*store;
    let party = submit(
        store,
        "first",
        "party",
        book,
        Box::new(|give| {
            let (effective_on, code) = ("2023-05-01".parse().unwrap(), "91350100M000100Y43");
            give(&Command::RegisterParty(RegisterParty { effective_on, code, name: "某某矿业有限公司" }));
        }),
    );
    let holder = format!("P{party}");
    let holder = &*holder;
    let ready: Vec<Vec<(RightId, String)>> = std::thread::scope(|scope| {
        let prepare = |client: u64| {
            (0..each / of_a_right).map(move |number| owing(store, book, holder, client * each + number)).collect()
        };
        let threads: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || prepare(client))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (client, rights) in ready.iter().enumerate() {
            scope.spawn(move || {
                for ((right, item), count) in rights.iter().flat_map(|right| (0..of_a_right).map(move |n| (right, n))) {
                    let (right, item, receipt) = (*right, item.clone(), format!("收{client}-{}-{count}", right.0));
                    submit(
                        store,
                        "first",
                        &receipt.clone(),
                        book,
                        Box::new(move |give| {
                            let paid_on = "2023-06-10".parse().unwrap();
                            let payment =
                                BookPayment { item: &item, paid_on, amount: number("123.45"), receipt: &receipt };
                            give(&Command::OnRight(right, OnRight::Pay(payment)));
                        }),
                    );
                }
            });
        }
    });
    per_second(CLIENTS * each, start.elapsed())
}

/// What the entries of payments consist of: the rows of each table, by their entry.
const TABLES: [(&str, usize); 3] = [("journal", 11), ("posting", 5), ("name", 3)];

/// SQLite alone, writing the rows of payments that are in a store: into tables like those of the store, or the journal alone
/// into one table without indexes.
fn alone(store: &Path, path: &Path, bare: bool) -> u128 {
    let source = Connection::open(store).unwrap();
    let rows_of = |table: &str, columns: usize| -> Vec<Vec<Value>> {
        let sql = format!(
            "SELECT * FROM {table} WHERE seq IN (SELECT seq FROM journal WHERE kind = 'payment_booked') ORDER BY seq"
        );
        let mut statement = source.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let tables: Vec<Vec<Vec<Value>>> = TABLES.iter().map(|(table, columns)| rows_of(table, *columns)).collect();
    let mut rest: Vec<_> = tables.iter().map(|rows| rows.iter().peekable()).collect();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    let mut target = Connection::open(path).unwrap();
    target.pragma_update(None, "journal_mode", "WAL").unwrap();
    target.pragma_update(None, "synchronous", "FULL").unwrap();
    if bare {
        let columns =
            "seq, recorded_at, effective_on, kind, subject, actor, request_key, request_hash, content, prev_hash, hash";
        target.execute_batch(&format!("CREATE TABLE journal ({columns})")).unwrap();
    } else {
        // As the store has them, indexes and all.
        let mut made = source.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").unwrap();
        let made = made.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for sql in made {
            target.execute_batch(&sql.unwrap()).unwrap();
        }
    }
    let ends = |row: &'_ Vec<Value>| [row.first().unwrap().clone(), row.last().unwrap().clone()];
    let entries: Vec<[Value; 2]> = tables.first().unwrap().iter().map(ends).collect();
    let start = Instant::now();
    for batch in entries.chunks(BATCH) {
        let transaction = target.transaction().unwrap();
        for [seq, hash] in batch {
            for ((table, columns), rows) in TABLES.iter().zip(&mut rest).take(if bare { 1 } else { TABLES.len() }) {
                let marks = vec!["?"; *columns].join(", ");
                let mut insert = transaction.prepare_cached(&format!("INSERT INTO {table} VALUES ({marks})")).unwrap();
                while let Some(row) = rows.next_if(|row| row.first() == Some(seq)) {
                    insert.execute(params_from_iter(row)).unwrap();
                }
            }
            if !bare {
                let head = "INSERT INTO head (one, seq, hash) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2";
                transaction.prepare_cached(head).unwrap().execute(params_from_iter([seq, hash])).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    per_second(entries.len() as u64, start.elapsed())
}
