//! How long lists take over many rights. Not run with the others: `cargo test many_rights -- --ignored --nocapture`.

use std::time::Instant;

use chrono::{Days, NaiveDate};
use lode::domain::books::account::{Account, EntrySet, Posting};
use lode::domain::books::checks::findings;
use lode::domain::books::entry::{ItemId, NewEntry, PartyId, RightId, Seq, Subject};
use lode::domain::books::event::*;
use lode::domain::books::history::{RightHistory, until};
use lode::domain::books::worklist;
use lode::domain::place::AreaKind;
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::memory::Memory;
use lode::ledger::{Outcome, Submission};

use super::world::{BOOK, World, day, yuan};

const RIGHTS: usize = 20_000;
const THREADS: usize = 32;

fn add(world: &World, subject: Subject, on: NaiveDate, event: Event, set: EntrySet) -> Seq {
    let entry = NewEntry { subject, effective_on: on, event, set };
    let decide = Box::new(move |_: &dyn lode::domain::books::decide::Shelf| Some(entry));
    match world.store.submit(Submission { actor: "import".to_owned(), request: None, decide, note: None }).unwrap() {
        Outcome::Recorded(stored) => stored.entry.seq,
        other => panic!("{other:?}"),
    }
}

/// A right with a plan of two items, a payment and a declaration: six entries.
fn right(world: &World, party: Seq, number: usize) {
    let start = day("2023-05-01");
    let licence_number = format!("C100000202305111{number:07}");
    let registered = RightRegistered {
        right: Right::Mining,
        holder: PartyId(party),
        licence_number,
        contract_number: None,
        contract_signed_on: Some(start),
        transfer_mode: TransferMode::Agreement,
        contract_rate_percent: None,
        division: if number.is_multiple_of(2) { "370105" } else { "610104" }.to_owned(),
        area: AreaKind::Land,
        scheme: None,
        minerals: vec!["coal".to_owned(), "cement_limestone".to_owned()],
        area_km2: "1.25".parse().unwrap(),
        term_from: None,
        term_to: None,
        mine_scale: None,
    };
    // The number 0 stands for the entry itself.
    let id = add(world, Subject::Right(RightId(0)), start, Event::RightRegistered(registered), EntrySet::default());
    let subject = Subject::Right(RightId(id));
    let on = start.checked_add_days(Days::new(number as u64 % 900)).unwrap();
    let part = |due: Option<NaiveDate>| Part {
        kind: ItemKind::Price,
        amount: yuan("100000.00"),
        due_on: due,
        levy_method: None,
        rule: None,
    };
    let parts = vec![part(on.checked_add_days(Days::new(60))), part(None)];
    let draft = AssessmentDrafted {
        topic: "transfer-income".to_owned(),
        request: r#"{"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement"}"#.to_owned(),
        dataset: "0".repeat(64),
        answer_sha256: "0".repeat(64),
        parts: parts.clone(),
        person: None,
    };
    let draft = add(world, subject, on, Event::AssessmentDrafted(draft), EntrySet::default());
    let confirmed = Event::AssessmentConfirmed(AssessmentConfirmed { assessment: draft });
    add(world, subject, on, confirmed, EntrySet::default());
    let owed = |number| {
        let item = ItemId { entry: 0, number };
        EntrySet::moved(item, yuan("100000.00"), Account::Assessed, Account::Receivable)
    };
    let plan = Event::PlanSet(PlanSet { assessment: draft, parts });
    let plan = add(world, subject, on, plan, owed(1).and(owed(2)));
    let item = ItemId { entry: plan, number: 1 };
    let lines = [(Account::Central, "24000.00"), (Account::Local, "36000.00"), (Account::Paid, "-60000.00")];
    let lines = lines.map(|(account, amount)| Posting { account, item, amount: yuan(amount) });
    let payment = PaymentBooked {
        item,
        amount: yuan("60000.00"),
        receipt: format!("{number:010}"),
        to_principal: yuan("60000.00"),
        to_late_fee: yuan("0.00"),
        overpaid: yuan("0.00"),
        late_fee_charged: yuan("0.00"),
        shares: TreasuryShares {
            central: yuan("24000.00"),
            local: yuan("36000.00"),
            province: None,
            city: None,
            county: None,
        },
    };
    let paid_on = on.checked_add_days(Days::new(30)).unwrap();
    add(world, subject, paid_on, Event::PaymentBooked(payment), EntrySet::new(lines).unwrap());
    let declaration = DeclarationFiled {
        year: 2024,
        request: r#"{"effective_on": "2025-01-15", "year": 2024, "lines": []}"#.to_owned(),
        dataset: "0".repeat(64),
        income: yuan("24000.00"),
        due_on: day("2025-02-28"),
        lines: vec![DeclaredLine {
            mineral: "coal".to_owned(),
            rate_percent: "2.4".parse().unwrap(),
            levy_revenue: yuan("1000000.00"),
            income: yuan("24000.00"),
        }],
        period_from: None,
        period_to: None,
        base: None,
        deduction: None,
        payable: None,
        reduction: None,
        already_paid: None,
        to_pay: None,
    };
    let income =
        EntrySet::moved(ItemId { entry: 0, number: 1 }, yuan("24000.00"), Account::Assessed, Account::Receivable);
    add(world, subject, day("2025-01-15").max(paid_on), Event::DeclarationFiled(declaration), income);
}

/// Kilobytes of memory that the process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), resident());
    let result = run();
    println!("{what}: {} ms, memory {before} to {} kB", start.elapsed().as_millis(), resident());
    result
}

#[test]
#[ignore = "takes minutes and only prints figures"]
fn many_rights() {
    let world = World::new();
    let party = world.party("91350100M000100Y43");
    timed("record", || {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let world = &world;
                scope.spawn(move || (thread..RIGHTS).step_by(THREADS).for_each(|number| right(world, party, number)));
            }
        });
    });
    let as_of = day("2026-11-21");
    let overdue = |history: &RightHistory, as_of| worklist::overdue(history, as_of).count();
    let folded = timed("overdue, every right folded from the journal", || {
        let registered = world.store.entries_after(0, Some("right_registered"), u32::MAX).unwrap();
        let history = |seq: Seq| {
            let stored = world.store.entries_of(Subject::Right(RightId(seq)), None).unwrap();
            RightHistory::fold(&until(stored.into_iter().map(|stored| stored.entry).collect(), as_of)).unwrap()
        };
        registered.iter().map(|stored| overdue(&history(stored.entry.seq), as_of)).sum::<usize>()
    });
    let memory = Memory::default();
    timed("read into memory", || memory.now(&*world.store).unwrap());
    let listed = |as_of| {
        let snapshot = memory.now(&*world.store).unwrap();
        let at = |known: &lode::ledger::memory::Known| known.at(as_of, None, &*world.store).unwrap();
        snapshot.rights.values().filter_map(at).map(|history| overdue(&history, as_of)).sum::<usize>()
    };
    assert_eq!(timed("overdue, from memory", || listed(as_of)), folded);
    timed("overdue, on a day in the past", || listed(day("2024-06-01")));
    timed("declarations missing", || {
        let snapshot = memory.now(&*world.store).unwrap();
        let missing = |history: &RightHistory| worklist::declarations_missing(history, as_of, &BOOK).len();
        snapshot.rights.values().map(|known| missing(&known.history)).sum::<usize>()
    });
    timed("checks", || {
        let snapshot = memory.now(&*world.store).unwrap();
        snapshot.rights.values().map(|known| findings(&known.history, as_of, &BOOK).len()).sum::<usize>()
    });
    right(&world, party, RIGHTS);
    timed("overdue, from memory, after six more entries", || listed(as_of));
}
