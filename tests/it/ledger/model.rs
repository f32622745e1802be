//! A random history of commands with retries, duplicates and clock jumps, against a model that shares nothing with the
//! records: lists of payments and whole fen.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate};
use lode::domain::books::command::*;
use lode::domain::books::entry::{Moment, RightId, Subject};
use lode::domain::books::event::Event;
use lode::domain::money::Yuan;
use lode::ledger::chain::Hash;
use lode::ledger::{BalanceQuery, Options};

use super::verification::Dice;
use super::world::{Home, Kind, No, World, ask, day, on_every_store, reverse, serve, submit};

on_every_store!(ten_thousand_commands_agree_with_a_simple_model);

/// One item as the model sees it.
struct Item {
    name: String,
    fen: i128,
    due: Option<NaiveDate>,
    /// Entry, day, fen.
    payments: Vec<(u64, NaiveDate, i128)>,
    notice: Option<String>,
}

impl Item {
    /// Paid of the principal, late fee, late fee paid, overpaid: in fen on a day.
    fn on(&self, as_of: NaiveDate) -> [i128; 4] {
        let (mut left, mut rest, mut base, mut run) = (self.fen, 0, None, 0);
        let due = self.due.unwrap_or(NaiveDate::MAX);
        let mut from = due;
        for (_, paid_on, fen) in &self.payments {
            if *paid_on > due {
                base.get_or_insert(left);
                run += left * i128::from((*paid_on - from).num_days());
                from = *paid_on;
            }
            let to_principal = left.min(*fen);
            left -= to_principal;
            rest += fen - to_principal;
        }
        if as_of > due {
            run += left * i128::from((as_of - from).num_days());
        }
        // 0.2 % a day, half up, no more than what was unpaid at the end of the due date.
        let fee = ((run * 2 + 500) / 1000).min(base.unwrap_or(left));
        let fee_paid = rest.min(fee);
        [self.fen - left, fee, fee_paid, rest - fee_paid]
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
            item.payments.push((seq.unwrap(), today, fen));
        }
        11..14 => {
            // The last payment can be taken back, an earlier one cannot.
            if let [.., (early, _, _), _] = item.payments[..] {
                assert_eq!(shared.send(dice, || reverse(early, "2026-01-01")), Err(No::Conflict));
            }
            if let Some((seq, paid_on, _)) = item.payments.pop() {
                shared.send(dice, || reverse(seq, &paid_on.to_string())).unwrap();
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
            if let (Some(number), None, true) = (&item.notice, item.due, item.payments.is_empty()) {
                shared.send(dice, || serve(number, &today.to_string())).unwrap();
                item.due = today.checked_add_days(Days::new(30));
            }
        }
        16 => right.today = right.today.checked_add_days(Days::new(1 + dice.next() % 40)).unwrap(),
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
        payments: Vec::new(),
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
            let late = item.due.is_some_and(|due| due < as_of);
            let open = total.minus(paid).unwrap();
            let figures = line.figures;
            let (overdue, pending) = if late { (open, Yuan::ZERO) } else { (Yuan::ZERO, open) };
            assert_eq!((figures.total, figures.paid), (total, paid), "{} {as_of}", item.name);
            assert_eq!((figures.overdue, figures.pending), (overdue, pending), "{} {as_of}", item.name);
            assert_eq!((figures.late_fee, figures.late_fee_paid), (fee, fee_paid), "{} {as_of}", item.name);
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
    for right in &rights {
        compare(&world, right);
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
