//! What a writer keeps from one group to the next never differs from the journal: whatever was rolled back, recorded by others
//! or restored in between. Those about others and about restores fail without the comparison of the last rows. Against a group
//! that failed there are two bars: what was kept does not come back from it, and its row is not the last one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lode::domain::books::command::*;
use lode::domain::books::entry::{Entry, PartyId, RightId, Subject};
use lode::domain::books::history::RightHistory;
use lode::domain::books::party::party;
use lode::ledger::{Options, Store};

use super::world::{Home, Kind, No, World, ask, day, nothing_corrected, on_every_store, reverse, submit, yuan};

on_every_store!(
    what_a_failed_group_recorded_is_not_kept,
    what_could_not_be_committed_is_not_kept,
    what_another_instance_recorded_is_seen,
    what_another_instance_recorded_at_length_is_seen,
    after_a_restore_nothing_is_kept,
    reversals_and_corrections_count_at_once,
);

fn entries_of(store: &dyn Store, subject: Subject) -> Vec<Entry> {
    store.entries_of(subject, None).unwrap().into_iter().map(|stored| stored.entry).collect()
}

/// What a decision of this instance sees of a right and a party is what their entries add up to.
#[track_caller]
pub(super) fn agrees(world: &World<Home>, id: RightId) {
    let seen = world.look(move |shelf| shelf.right(id).unwrap());
    let wanted = RightHistory::fold(&entries_of(&*world.store, Subject::Right(id)));
    assert!(seen.as_deref() == wanted.as_ref(), "{id}: {seen:#?}\n{wanted:#?}");
    let holder = wanted.map_or(PartyId(2), |history| history.registered.holder);
    let seen = world.look(move |shelf| shelf.party(holder).unwrap());
    assert_eq!(seen, party(&entries_of(&*world.store, Subject::Party(holder))));
}

/// A right that owes 1 000 yuan, known to the writer, and the item.
fn owing(world: &World<Home>) -> (RightId, String) {
    let right = world.right();
    let (_, plan) = world.planned(right, &[("1000.00", None)]);
    agrees(world, right);
    (right, format!("I{plan}-1"))
}

/// Another instance on the same records.
fn beside(world: &World<Home>) -> World<Home> {
    World { store: world.folder.place().open(Options::default()).unwrap(), folder: Home::new(Kind::Sqlite) }
}

#[track_caller]
fn paid(world: &World<Home>, right: RightId, amount: &str) {
    let history = world.look(move |shelf| shelf.right(right).unwrap()).unwrap();
    let item = history.items.values().next().unwrap();
    assert_eq!(item.received(), yuan(amount));
}

fn what_a_failed_group_recorded_is_not_kept(kind: Kind) {
    // Writes that still succeed.
    let left = Arc::new(AtomicUsize::new(usize::MAX));
    let counted = Arc::clone(&left);
    let seam = move || {
        let before = counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        before.map(|_| ()).map_err(|_| "no disk".to_owned())
    };
    let world = World::at(Home::new(kind), Options { seam: Some(Arc::new(seam)), ..Options::default() });
    let (right, item) = owing(&world);
    let mut failed = 0;
    loop {
        left.store(failed, Ordering::SeqCst);
        let booked = world.pay(right, &item, "2023-06-10", "10.00", "收1");
        left.store(usize::MAX, Ordering::SeqCst);
        agrees(&world, right);
        match booked {
            Ok(_) => break,
            Err(No::Store(_)) => paid(&world, right, "0.00"),
            Err(other) => panic!("{other:?}"),
        }
        failed += 1;
    }
    // The entry, its head, and what is asked for last at least.
    assert!(failed >= 3, "{failed}");
    paid(&world, right, "10.00");
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn what_could_not_be_committed_is_not_kept(kind: Kind) {
    let world = World::of(kind);
    let (right, item) = owing(&world);
    // Every posting brings a row that refers to nothing, which is found with the commit.
    let (integer, function, action) = match kind {
        Kind::Sqlite => ("INTEGER", "", "BEGIN INSERT INTO refers VALUES (-1); END"),
        Kind::Postgres => (
            "BIGINT",
            "CREATE FUNCTION refer() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN INSERT INTO refers VALUES (-1); RETURN NULL; END';",
            "FOR EACH ROW EXECUTE FUNCTION refer()",
        ),
    };
    world.folder.tamper(&format!(
        "CREATE TABLE refers (seq {integer} REFERENCES journal (seq) DEFERRABLE INITIALLY DEFERRED);
         {function} CREATE TRIGGER fails AFTER INSERT ON posting {action};"
    ));
    let refused = world.pay(right, &item, "2023-06-10", "10.00", "收1");
    assert!(matches!(refused, Err(No::Store(_))), "{refused:?}");
    agrees(&world, right);
    paid(&world, right, "0.00");
    world.folder.tamper(match kind {
        Kind::Sqlite => "DROP TRIGGER fails",
        Kind::Postgres => "DROP TRIGGER fails ON posting",
    });
    world.pay(right, &item, "2023-06-10", "10.00", "收1").unwrap();
    agrees(&world, right);
    paid(&world, right, "10.00");
}

fn what_another_instance_recorded_is_seen(kind: Kind) {
    let one = World::of(kind);
    let (right, item) = owing(&one);
    let other = beside(&one);
    let elsewhere = one.right_of(2, "C100000000000000000002");
    for round in 0..3 {
        for (world, who) in [(&other, "乙"), (&one, "甲")] {
            world.pay(right, &item, "2023-06-10", "10.00", &format!("{who}{round}")).unwrap();
            agrees(&one, right);
            agrees(&one, elsewhere);
            agrees(&other, right);
        }
    }
    paid(&one, right, "60.00");
    paid(&other, right, "60.00");
    // A name of a party, and what is taken back.
    other
        .ask(ask!(Command::CorrectParty(
            PartyId(2),
            CorrectParty {
                effective_on: Some(day("2023-06-11")), code: None, name: Some("乙公司"), reason: "更名"
            }
        )))
        .unwrap();
    agrees(&one, right);
    let last = other.pay(right, &item, "2023-06-12", "10.00", "末").unwrap();
    agrees(&one, right);
    other.ask(reverse(last, "2023-06-12")).unwrap();
    agrees(&one, right);
    paid(&one, right, "60.00");
    // More money than is left makes a difference to a decision.
    other.pay(right, &item, "2023-06-13", "930.00", "多").unwrap();
    let entry = one.pay(right, &item, "2023-06-13", "30.00", "余").unwrap();
    let entry = one.store.entry(entry).unwrap().unwrap().entry;
    let lode::domain::books::event::Event::PaymentBooked(booked) = entry.event else { panic!("{entry:?}") };
    assert_eq!((booked.to_principal, booked.overpaid), (yuan("10.00"), yuan("20.00")));
}

fn what_another_instance_recorded_at_length_is_seen(kind: Kind) {
    let one = World::of(kind);
    let (right, item) = owing(&one);
    let other = beside(&one);
    for number in 0..300 {
        other.right_of(2, &format!("C2{number:020}"));
    }
    other.pay(right, &item, "2023-06-10", "10.00", "乙").unwrap();
    agrees(&one, right);
    paid(&one, right, "10.00");
}

fn after_a_restore_nothing_is_kept(kind: Kind) {
    let one = World::of(kind);
    let (right, item) = owing(&one);
    let before = one.store.head().unwrap().seq;
    let back = || {
        one.folder.tamper(&format!(
            "DELETE FROM name WHERE seq > {before}; DELETE FROM posting WHERE seq > {before};
             DELETE FROM journal WHERE seq > {before};
             UPDATE head SET seq = {before}, hash = (SELECT hash FROM journal WHERE seq = {before});"
        ));
    };
    one.pay(right, &item, "2023-06-10", "10.00", "收1").unwrap();
    agrees(&one, right);
    // Shorter.
    back();
    agrees(&one, right);
    paid(&one, right, "0.00");
    // As long, with another last row.
    one.pay(right, &item, "2023-06-10", "10.00", "收1").unwrap();
    agrees(&one, right);
    back();
    let other = beside(&one);
    other.pay(right, &item, "2023-06-10", "20.00", "收1").unwrap();
    agrees(&one, right);
    paid(&one, right, "20.00");
    // Longer, with another row where its last one was; the entry behind it is of another right.
    back();
    other.pay(right, &item, "2023-06-10", "30.00", "收1").unwrap();
    other.right_of(2, "C100000000000000000003");
    agrees(&one, right);
    paid(&one, right, "30.00");
    assert_eq!(one.store.verify().unwrap().damage, None);
}

fn reversals_and_corrections_count_at_once(kind: Kind) {
    let world = World::of(kind);
    let (right, item) = owing(&world);
    let first = world.pay(right, &item, "2023-06-10", "10.00", "收1").unwrap();
    agrees(&world, right);
    world.ask(reverse(first, "2023-06-11")).unwrap();
    agrees(&world, right);
    paid(&world, right, "0.00");
    let corrected = CorrectRight { licence_number: Some("C100000000000000000009"), ..nothing_corrected() };
    world.on(right, OnRight::Correct(Box::new(corrected))).unwrap();
    agrees(&world, right);
    let renamed =
        CorrectParty { effective_on: Some(day("2023-06-11")), code: None, name: Some("乙公司"), reason: "更名" };
    world.ask(ask!(Command::CorrectParty(PartyId(2), renamed.clone()))).unwrap();
    agrees(&world, right);
    // A right whose registration is taken back is none.
    let gone = world.right_of(2, "C100000000000000000002");
    agrees(&world, gone);
    world.ask(reverse(gone.0, "2023-06-11")).unwrap();
    agrees(&world, gone);
    assert_eq!(world.look(move |shelf| shelf.right(gone).unwrap()), None);
    assert!(submit(&*world.store, "first", None, reverse(gone.0, "2023-06-11")).is_err());
}
