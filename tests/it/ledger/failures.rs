//! What fails: the n-th write, a full disk, the process killed in the middle of writing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command as Program, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lode::domain::books::entry::{RightId, Subject};
use lode::domain::books::event::Event;
use lode::ledger::place::{Place, StoreUrl};
use lode::ledger::{Options, StoreError};

use super::verification::Dice;
use super::world::{Folder, Home, Kind, No, World, ask, day, has_server, number, on_every_store, submit};

use lode::domain::books::command::*;

on_every_store!(
    an_error_at_any_write_leaves_nothing_and_the_next_write_works,
    a_killed_process_loses_nothing_that_it_acknowledged,
);

fn an_error_at_any_write_leaves_nothing_and_the_next_write_works(kind: Kind) {
    let left = Arc::new(AtomicI64::new(i64::MAX));
    let counted = Arc::clone(&left);
    let seam = Arc::new(move || match counted.fetch_sub(1, Ordering::SeqCst) {
        0 => Err("the disk failed".to_owned()),
        _ => Ok(()),
    });
    let world = World::at(Home::new(kind), Options { seam: Some(seam), ..Options::default() });
    let right = world.right();
    world.owed(right, &[("100000.00", None)]);
    let mut failed = 0;
    for nth in 0.. {
        let before = world.store.head().unwrap();
        left.store(nth, Ordering::SeqCst);
        let receipt = format!("收{nth}");
        let result = world.pay(right, "I6-1", "2023-06-10", "1.00", &receipt);
        left.store(i64::MAX, Ordering::SeqCst);
        assert_eq!(world.store.verify().unwrap().damage, None, "after write {nth}");
        if result.is_ok() {
            break;
        }
        assert_eq!(result, Err(No::Store(StoreError::Unavailable("the disk failed".to_owned()))));
        assert_eq!(world.store.head().unwrap(), before, "nothing half done at write {nth}");
        failed += 1;
        world.pay(right, "I6-1", "2023-06-10", "1.00", &receipt).unwrap();
    }
    // The entry, its postings, its name, the head, the commit; or all of the first in one.
    let least = if kind == Kind::Sqlite { 7 } else { 2 };
    assert!(failed >= least, "{failed}");
    assert_eq!(world.history(right, "2024-01-01").payments.len(), failed + 1);
}

#[test]
fn a_full_disk_refuses_and_keeps_what_was_recorded() {
    let folder = Folder::new();
    let options = Options { most_pages: Some(60), ..Options::default() };
    let world = World::in_folder(folder, options);
    let right = world.right();
    world.owed(right, &[("100000000.00", None)]);
    let mut booked = 0;
    let refused = loop {
        match world.pay(right, "I6-1", "2023-06-10", "1.00", &format!("收{booked}")) {
            Ok(_) => booked += 1,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(&refused, No::Store(StoreError::Unavailable(text)) if text.contains("full")), "{refused:?}");
    let verification = world.store.verify().unwrap();
    assert_eq!((verification.damage, verification.entries), (None, 6 + booked));
    let World { store, folder } = world;
    drop(store);
    // The disk has room again.
    let world = World::in_folder(folder, Options::default());
    world.pay(right, "I6-1", "2023-06-10", "1.00", "收x").unwrap();
    assert_eq!(world.store.verify().unwrap().entries, 7 + booked);
}

/// Books payments from several threads and tells each that was acknowledged, until it is killed. Runs in a process of its
/// own; where, it reads from standard input.
#[test]
#[ignore = "the other half of the tests that kill a process"]
fn book_until_killed() {
    let mut place = String::new();
    if std::io::stdin().read_line(&mut place).unwrap_or(0) < 2 {
        return;
    }
    let place = match place.trim() {
        url if url.starts_with("postgres") => Place::Server(StoreUrl::from(url.to_owned())),
        folder => Place::Directory(folder.into()),
    };
    let store = place.open(Options::default()).unwrap();
    let right = RightId(3);
    let start = store.head().unwrap().seq;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &*store;
            scope.spawn(move || {
                for count in 0.. {
                    let receipt = format!("收{start}-{thread}-{count}");
                    let told = receipt.clone();
                    let booked = submit(
                        store,
                        "first",
                        None,
                        ask!(Command::OnRight(
                            right,
                            OnRight::Pay(BookPayment {
                                item: "I6-1",
                                paid_on: day("2023-06-10"),
                                amount: number("0.01"),
                                receipt: &receipt
                            })
                        )),
                    );
                    let (stored, _) = booked.unwrap();
                    // One write for one line: a killed process leaves whole lines or none.
                    let line = format!("booked {} {told}\n", stored.entry.seq);
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    std::io::stdout().lock().flush().unwrap();
                }
            });
        }
    });
}

fn kill_rounds(kind: Kind, rounds: usize, seed: u64) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100000000.00", None)]);
    let World { store, folder } = world;
    drop(store);
    let mut dice = Dice::new(seed);
    let mut acknowledged: Vec<(u64, String)> = Vec::new();
    for round in 0..rounds {
        let mut child = Program::new(std::env::current_exe().unwrap())
            .args(["ledger::failures::book_until_killed", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", folder.option()[1]).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        // Not before it writes, and then at any moment.
        let mut line = String::new();
        while !line.contains("booked ") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the process ended before it booked anything");
        }
        let first = line.clone();
        let reader = std::thread::spawn(move || {
            let rest: Vec<String> = lines.lines().map_while(Result::ok).collect();
            rest
        });
        std::thread::sleep(Duration::from_millis(dice.next() % 120));
        // SIGKILL: nothing is flushed, nothing is closed.
        child.kill().unwrap();
        child.wait().unwrap();
        let rest = reader.join().unwrap();
        for line in std::iter::once(first.trim_end()).chain(rest.iter().map(String::as_str)) {
            let Some((_, booked)) = line.split_once("booked ") else { continue };
            let (seq, receipt) = booked.split_once(' ').unwrap();
            acknowledged.push((seq.parse().unwrap(), receipt.to_owned()));
        }
        let store = folder.place().open(Options::default()).unwrap();
        assert_eq!(store.verify().unwrap().damage, None, "round {round}");
    }
    let store = folder.place().open(Options::default()).unwrap();
    let entries = store.entries_of(Subject::Right(right), None).unwrap();
    let booked: Vec<(u64, String)> = entries
        .into_iter()
        .filter_map(|stored| match stored.entry.event {
            Event::PaymentBooked(event) => Some((stored.entry.seq, event.receipt)),
            _ => None,
        })
        .collect();
    for one in &acknowledged {
        assert_eq!(booked.iter().filter(|known| known.1 == one.1).collect::<Vec<_>>(), [one], "lost or doubled");
    }
    assert!(acknowledged.len() > rounds);
}

fn a_killed_process_loses_nothing_that_it_acknowledged(kind: Kind) {
    kill_rounds(kind, 5, 9);
}

#[test]
#[ignore = "fifty rounds: run by .ci/run"]
fn fifty_killed_processes_lose_nothing_that_they_acknowledged() {
    // A thousand before a release: LODE_TEST_ROUNDS=1000.
    let rounds = std::env::var_os("LODE_TEST_ROUNDS").map_or(50, |rounds| rounds.to_str().unwrap().parse().unwrap());
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if kind == Kind::Postgres
            && !(cfg!(feature = "postgres") && has_server("ledger::failures: fifty killed processes"))
        {
            continue;
        }
        // A fresh store for each fifty: every round verifies the whole of it.
        let mut left = rounds;
        while left > 0 {
            let now = left.min(50);
            kill_rounds(kind, now, left as u64);
            left -= now;
            println!("{kind:?}: {} of {rounds} rounds", rounds - left);
        }
    }
}
