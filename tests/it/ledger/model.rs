//! A random history of commands with retries, duplicates and clock jumps, against a model that shares nothing with the
//! records: lists of payments and deferrals, and whole fen.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate};
use lode::domain::books::command::*;
use lode::domain::books::entry::{Moment, RightId, Subject};
use lode::domain::books::event::Event;
use lode::domain::books::history::{RightHistory, until};
use lode::domain::money::Yuan;
use lode::ledger::chain::Hash;
use lode::ledger::memory::{Known, Memory};
use lode::ledger::{BalanceQuery, Options};

use super::kept::agrees;
use super::verification::Dice;
use super::world::{Home, Kind, No, World, ask, day, on_every_store, reverse, serve, submit};

on_every_store!(ten_thousand_commands_agree_with_a_simple_model);

/// What happened to an item, in order.
#[derive(Clone, Copy)]
enum What {
    /// Fen came in.
    Paid(i128),
    /// Its payment was deferred from one day to another.
    Deferred(NaiveDate, NaiveDate),
}

/// One item as the model sees it.
struct Item {
    name: String,
    fen: i128,
    due: Option<NaiveDate>,
    /// Entry, day.
    moves: Vec<(u64, NaiveDate, What)>,
    notice: Option<String>,
}

impl Item {
    fn is_deferred(&self, on: NaiveDate) -> bool {
        self.moves.iter().any(|(_, _, what)| matches!(what, What::Deferred(from, to) if *from <= on && on <= *to))
    }

    fn is_late(&self, on: NaiveDate) -> bool {
        self.due.is_some_and(|due| due < on) && !self.is_deferred(on)
    }

    /// Paid of the principal, late fee, late fee paid, overpaid: in fen on a day. It goes from day to day.
    fn on(&self, as_of: NaiveDate) -> [i128; 4] {
        let paid = |until: NaiveDate| -> i128 {
            let paid = self.moves.iter().filter(|(_, on, _)| *on <= until);
            paid.map(|(_, _, what)| if let What::Paid(fen) = what { *fen } else { 0 }).sum()
        };
        let left = |evening: NaiveDate| (self.fen - paid(evening)).max(0);
        let (mut base, mut run) = (None, 0);
        let mut evening = self.due.unwrap_or(NaiveDate::MAX);
        while evening < as_of {
            let day = evening.succ_opt().unwrap();
            if !self.is_deferred(day) {
                run += left(evening);
                base.get_or_insert(left(evening));
            }
            evening = day;
        }
        // 0.2 % a day, half up, no more than what was unpaid when the last day to pay it ended.
        let fee = ((run * 2 + 500) / 1000).min(base.unwrap_or(0));
        let rest = (paid(as_of) - self.fen).max(0);
        let fee_paid = rest.min(fee);
        [self.fen - left(as_of), fee, fee_paid, rest - fee_paid]
    }
}

struct Right {
    id: RightId,
    items: Vec<Item>,
    today: NaiveDate,
}

/// Everything that the threads share.
struct Shared<'w> {
    world: &'w World<Home>,
    clock: Arc<AtomicI64>,
    receipts: AtomicU64,
    requests: AtomicU64,
    entries: AtomicU64,
    notices: Mutex<BTreeSet<String>>,
    memory: Memory,
}

impl Shared<'_> {
    /// Sends a command, sometimes twice, sometimes with the key of another request.
    fn send(&self, dice: &mut Dice, make: impl Fn() -> super::world::Ask) -> Result<u64, No> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let key = format!("key-{number}");
        let hash = Hash::sha256(key.as_bytes());
        // The clock of the machine jumps, back as well.
        self.clock.fetch_add(i64::try_from(dice.below(4000)).unwrap() - 2000, Ordering::Relaxed);
        let first = submit(&*self.world.store, "first", Some((key.clone(), hash)), make());
        if dice.below(5) == 0 {
            let again = submit(&*self.world.store, "first", Some((key.clone(), hash)), make());
            match (&first, &again) {
                (Ok((one, true)), Ok((two, false))) => assert_eq!(one, two, "a retry gives the first answer"),
                (Err(_), Err(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        if dice.below(20) == 0 && first.is_ok() {
            let other = submit(&*self.world.store, "first", Some((key, Hash::default())), make());
            assert_eq!(other.unwrap_err(), No::Mismatch);
        }
        first.map(|(stored, fresh)| {
            assert!(fresh);
            self.entries.fetch_add(1, Ordering::Relaxed);
            stored.entry.seq
        })
    }
}

fn yuan(fen: i128) -> Yuan {
    Yuan::from_fen(i64::try_from(fen).unwrap()).unwrap()
}

fn step(shared: &Shared<'_>, right: &mut Right, dice: &mut Dice) {
    // Read in the middle of what others record.
    if dice.below(40) == 0 {
        shared.memory.now(&*shared.world.store).unwrap();
    }
    let at = dice.below(right.items.len());
    let (id, today) = (right.id, right.today);
    let item = &mut right.items[at];
    match dice.below(20) {
        0..11 => {
            let fen = 1 + i128::from(dice.next() % u64::try_from(item.fen).unwrap());
            let receipt = format!("收{}", shared.receipts.fetch_add(1, Ordering::Relaxed));
            let (name, amount) = (item.name.clone(), yuan(fen).to_decimal());
            let seq = shared.send(dice, || {
                let (item, receipt) = (name.clone(), receipt.clone());
                ask!(Command::OnRight(
                    id,
                    OnRight::Pay(BookPayment { item: &item, paid_on: today, amount: amount.into(), receipt: &receipt })
                ))
            });
            item.moves.push((seq.unwrap(), today, What::Paid(fen)));
        }
        11..14 => {
            // What happened last can be taken back, anything earlier cannot.
            if let [.., (early, _, _), _] = item.moves[..] {
                assert_eq!(shared.send(dice, || reverse(early, "2026-01-01")), Err(No::Conflict));
            }
            if let Some((seq, on, _)) = item.moves.pop() {
                shared.send(dice, || reverse(seq, &on.to_string())).unwrap();
            }
        }
        14 => {
            if item.notice.is_none() && item.on(today)[0] < item.fen {
                let name = item.name.clone();
                let seq = shared.send(dice, || {
                    let item = name.clone();
                    ask!(Command::OnRight(id, OnRight::Notify(IssueNotice { effective_on: today, items: vec![&item] })))
                });
                let entry = shared.world.store.entry(seq.unwrap()).unwrap().unwrap().entry;
                let Event::NoticeIssued(event) = entry.event else { panic!() };
                assert!(shared.notices.lock().unwrap().insert(event.number.clone()), "a number twice");
                item.notice = Some(event.number);
            }
        }
        15 => {
            // Served before anything is paid, so that the model need not split anew.
            if let (Some(number), None, true) = (&item.notice, item.due, item.moves.is_empty()) {
                shared.send(dice, || serve(number, &today.to_string())).unwrap();
                item.due = today.checked_add_days(Days::new(30));
            }
        }
        16 => {
            // Days to come, beyond the due date, of what is open.
            if let (Some(due), true) = (item.due, item.on(today)[0] < item.fen) {
                let from = today.checked_add_days(Days::new(1 + dice.next() % 60)).unwrap();
                let to = from.max(due).checked_add_days(Days::new(1 + dice.next() % 60)).unwrap();
                let name = item.name.clone();
                let seq = shared.send(dice, || {
                    let item = name.clone();
                    ask!(Command::OnRight(
                        id,
                        OnRight::Defer(ApproveDeferral {
                            effective_on: today, item: &item, from, to, approval: "批1"
                        })
                    ))
                });
                item.moves.push((seq.unwrap(), today, What::Deferred(from, to)));
            }
        }
        17 => right.today = right.today.checked_add_days(Days::new(1 + dice.next() % 40)).unwrap(),
        _ => {
            // Nonsense is refused and leaves nothing.
            let refused = shared.send(dice, || {
                ask!(Command::OnRight(
                    id,
                    OnRight::Pay(BookPayment {
                        item: "I1-1",
                        paid_on: today,
                        amount: super::world::number("1.00"),
                        receipt: "x"
                    })
                ))
            });
            assert_eq!(refused, Err(No::Faults(vec!["/item".to_owned()])));
        }
    }
}

/// A right with one item that has a due date and one that has none.
fn right(world: &World<Home>, party: u64, number: usize, dice: &mut Dice) -> Right {
    let id = world.right_of(party, &format!("C{number}"));
    let fen = [(); 2].map(|()| 100 + i128::from(dice.next() % 1_000_000_000));
    let amounts = fen.map(|fen| yuan(fen).to_string());
    let (_, plan) = world.planned(id, &[(&amounts[0], Some("2024-01-31")), (&amounts[1], None)]);
    let item = |number: usize, due| Item {
        name: format!("I{plan}-{number}"),
        fen: fen[number - 1],
        due,
        moves: Vec::new(),
        notice: None,
    };
    Right { id, items: vec![item(1, Some(day("2024-01-31"))), item(2, None)], today: day("2024-01-15") }
}

fn compare(world: &World<Home>, right: &Right) {
    for as_of in [right.today, day("2027-01-01")] {
        let statement = world.statement(right.id, &as_of.to_string());
        for (line, item) in statement.lines.iter().zip(&right.items) {
            let [paid, fee, fee_paid, overpaid] = item.on(as_of).map(yuan);
            let total = yuan(item.fen);
            let late = item.is_late(as_of);
            let open = total.minus(paid).unwrap();
            let figures = line.figures;
            let (overdue, pending) = if late { (open, Yuan::ZERO) } else { (Yuan::ZERO, open) };
            assert_eq!((figures.total, figures.paid), (total, paid), "{} {as_of}", item.name);
            assert_eq!((figures.overdue, figures.pending), (overdue, pending), "{} {as_of}", item.name);
            assert_eq!((figures.late_fee, figures.late_fee_paid), (Some(fee), fee_paid), "{} {as_of}", item.name);
            assert_eq!(figures.overpaid, overpaid, "{} {as_of}", item.name);
        }
        // The index of postings says what the entries say, on that day as on any other.
        let subject = Some(Subject::Right(right.id));
        let query = BalanceQuery { as_of: Some(as_of), known_at: None, subject };
        for balance in world.store.balances(query).unwrap() {
            let line = statement.lines.iter().find(|line| line.item.id == balance.item);
            let folded = line.map(|line| line.item.balance(balance.account));
            assert_eq!(folded, Some(balance.amount), "{} {:?}", balance.item, balance.account);
        }
    }
}

/// Whatever entries are taken one after the other, a history is what all of them add up to.
fn one_by_one(world: &World<Home>, id: RightId) {
    let stored = world.store.entries_of(Subject::Right(id), None).unwrap();
    let entries: Vec<_> = stored.into_iter().map(|stored| stored.entry).collect();
    let mut history = RightHistory::begin(&entries[0]).unwrap();
    for (taken, entry) in entries.iter().enumerate().skip(1) {
        let all = RightHistory::ever(&entries[..=taken]).unwrap();
        if !history.extend(entry) {
            history = all.clone();
        }
        assert!(history == all, "{id} as of {}", entry.seq);
    }
}

/// What is kept in memory is what the journal says, on any day and as known at any moment.
fn in_memory(world: &World<Home>, known: &Known, right: &Right, half: Moment) {
    for as_of in [day("2023-05-01"), day("2024-01-20"), right.today, day("2027-01-01")] {
        for known_at in [None, Some(half), Some(Moment(0))] {
            let entries = world.store.entries_of(Subject::Right(right.id), known_at).unwrap();
            let entries = until(entries.into_iter().map(|stored| stored.entry).collect(), as_of);
            let wanted = RightHistory::fold(&entries);
            let plain = |mut history: RightHistory| {
                history.forget_ties();
                history
            };
            let found = known.at(as_of, known_at, &*world.store).unwrap();
            let found = found.map(|history| plain((*history).clone()));
            assert!(found == wanted.map(plain), "{} on {as_of} as known at {known_at:?}", right.id);
        }
    }
}

fn ten_thousand_commands_agree_with_a_simple_model(kind: Kind) {
    let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
    let told = Arc::clone(&clock);
    let options = Options { clock: Arc::new(move || Moment(told.load(Ordering::Relaxed))), ..Options::default() };
    let world = World::at(Home::new(kind), options);
    let party = world.party("91350100M000100Y43");
    let shared = Shared {
        world: &world,
        clock,
        receipts: AtomicU64::new(0),
        requests: AtomicU64::new(0),
        entries: AtomicU64::new(0),
        notices: Mutex::new(BTreeSet::new()),
        memory: Memory::default(),
    };
    let threads: usize = 8;
    let rights: Vec<Right> = std::thread::scope(|scope| {
        let shared = &shared;
        let run = |thread: usize| {
            let mut dice = Dice::new(thread as u64);
            let mut own: Vec<Right> =
                (0..60).map(|number| right(shared.world, party, thread * 60 + number, &mut dice)).collect();
            for _ in 0..10_000 / threads {
                let at = dice.below(own.len());
                step(shared, &mut own[at], &mut dice);
            }
            own
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let snapshot = shared.memory.now(&*world.store).unwrap();
    assert_eq!((snapshot.rights.len(), snapshot.parties.len()), (480, 1));
    let half = world.store.entry(world.store.head().unwrap().seq / 2).unwrap().unwrap().entry.recorded_at;
    for right in &rights {
        compare(&world, right);
        agrees(&world, right.id);
    }
    for right in rights.iter().step_by(8) {
        in_memory(&world, &snapshot.rights[&right.id], right, half);
        one_by_one(&world, right.id);
    }
    // Whatever was acknowledged is there, once, in order, and nothing else.
    let verification = world.store.verify().unwrap();
    assert_eq!(
        (verification.damage, verification.entries),
        (None, 2 + 480 * 4 + shared.entries.load(Ordering::Relaxed))
    );
    let all = world.store.entries_after(0, None, u32::MAX).unwrap();
    assert!(all.is_sorted_by_key(|stored| stored.entry.recorded_at), "time does not run back");
    let notices = shared.notices.lock().unwrap();
    for (year, numbers) in [2023, 2024, 2025, 2026].map(|year| {
        let prefix = format!("370105{year}");
        (year, notices.iter().filter(|number| number.starts_with(&prefix)).cloned().collect::<Vec<_>>())
    }) {
        let wanted: Vec<String> = (1..=numbers.len()).map(|number| format!("370105{year}{number:06}")).collect();
        assert_eq!(numbers, wanted, "no gap, none twice");
    }
    assert!(notices.len() > 20);
    let balances = world.store.balances(Default::default()).unwrap();
    assert_eq!(Yuan::sum(balances.iter().map(|balance| balance.amount)), Ok(Yuan::ZERO));
}
