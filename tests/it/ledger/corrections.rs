//! What was wrong and is put right: reversals and what takes their place, corrections of registrations, conversions, refunds
//! of art. 26.

use lode::domain::books::account::Account;
use lode::domain::books::checks::{Check, findings};
use lode::domain::books::command::*;
use lode::domain::books::entry::{PartyId, RightId, Seq, Subject};
use lode::domain::books::event::{Event, ItemKind, Part, RefundCause, TreasuryShares};
use lode::domain::books::exchange::fee_source;
use lode::domain::books::history::{RightHistory, until};
use lode::domain::books::party::party;
use lode::domain::catalogue::LevyMethod;
use lode::domain::due_date::HolidayShift;
use lode::domain::money::Yuan;
use lode::domain::sales::{Line, Product};
use lode::domain::transfer_income::TransferMode;
use lode::ledger::memory::Memory;

use crate::boundaries::line;

use super::world::{
    Ask, BOOK, Home, Kind, No, World, ask, confirm, day, draft, exploration_right, faulty, nothing_corrected, number,
    on_every_store, reverse, yuan,
};

on_every_store!(
    a_reversal_counts_from_the_day_of_its_entry_unless_said,
    nothing_counts_twice_while_what_was_reversed_still_counts,
    what_rested_on_an_entry_ends_before_it,
    a_party_is_corrected_from_the_start_or_renamed_from_a_day,
    a_registration_on_which_nothing_rests_is_reversed,
    a_registration_ends_after_what_was_recorded_about_it,
    a_right_is_corrected_from_the_start,
    what_rests_on_a_corrected_fact_is_looked_at,
    a_conversion_hands_the_rest_to_the_mining_right,
    a_conversion_fits_both_rights,
    refunds_in_pieces_add_up_to_one,
    a_refund_with_a_cause_ends_what_was_owed,
    a_true_up_leaves_the_price_of_what_is_levied_by_rate,
);

fn taken_back(seq: Seq) -> Ask {
    ask!(Command::Reverse(seq, Reverse { effective_on: None, reason: "录入有误" }))
}

fn total_and_paid(world: &World<Home>, right: RightId, as_of: &str) -> [String; 2] {
    let sums = world.statement(right, as_of).sums;
    [sums.total, sums.paid].map(|amount| amount.to_string())
}

fn a_reversal_counts_from_the_day_of_its_entry_unless_said(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "60.00", "收1").unwrap();
    let reversal = world.ask(taken_back(paid)).unwrap();
    assert_eq!(world.store.entry(reversal).unwrap().unwrap().entry.effective_on, day("2023-06-10"));
    world.pay(right, "I6-1", "2023-06-10", "70.00", "收1").unwrap();
    for (as_of, paid) in [("2023-06-09", "0.00"), ("2023-06-10", "70.00"), ("2024-01-01", "70.00")] {
        assert_eq!(total_and_paid(&world, right, as_of), ["100.00", paid], "{as_of}");
    }
}

fn nothing_counts_twice_while_what_was_reversed_still_counts(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let (drafted, plan) = world.planned(right, &[("100.00", None), ("50.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "60.00", "收1").unwrap();
    world.ask(reverse(paid, "2023-08-01")).unwrap();
    // Until 31 July the first payment counts: neither money on the item nor the receipt comes in beside it.
    assert_eq!(world.pay(right, "I6-1", "2023-06-10", "60.00", "收2"), faulty(&["/paid_on"]));
    assert_eq!(world.pay(right, "I6-2", "2023-06-10", "50.00", "收1"), faulty(&["/paid_on"]));
    let other = world.right_of(2, "C2");
    world.owed(other, &[("60.00", None)]);
    let item = world.history(other, "2024-01-01").items.keys().next().unwrap().to_string();
    assert_eq!(world.pay(other, &item, "2023-07-31", "60.00", "收1"), faulty(&["/paid_on"]), "of another right too");
    let charge = OnRight::ChargeLateFee(ChargeLateFee { item: "I6-1", as_of: day("2023-07-31") });
    assert!(world.on(right, charge).is_err());
    world.pay(right, "I6-2", "2023-06-10", "50.00", "收3").unwrap();
    let again = world.pay(right, "I6-1", "2023-08-01", "60.00", "收1").unwrap();
    for (as_of, paid) in [("2023-06-10", "110.00"), ("2023-07-31", "110.00"), ("2023-08-01", "110.00")] {
        assert_eq!(total_and_paid(&world, right, as_of), ["150.00", paid], "{as_of}");
    }

    // The claim itself, also when another assessment takes its place.
    assert_eq!(world.history(right, "2024-01-01").payments.keys().next_back(), Some(&again));
    let live = world.history(right, "2024-01-01").payments.keys().copied().collect::<Vec<_>>();
    for seq in live.into_iter().rev() {
        world.ask(taken_back(seq)).unwrap();
    }
    world.ask(reverse(plan, "2023-09-01")).unwrap();
    let planned = |assessment, on: &str| OnRight::Plan(SetPlan { effective_on: day(on), assessment });
    assert_eq!(world.on(right, planned(drafted, "2023-06-01")), faulty(&["/effective_on"]));
    let part = Part { kind: ItemKind::Price, amount: yuan("80.00"), due_on: None, levy_method: None, rule: None };
    let corrected = world.on(right, OnRight::Assess(draft(vec![part]))).unwrap();
    world.by("second", confirm(corrected)).unwrap();
    assert_eq!(world.on(right, planned(corrected, "2023-08-31")), faulty(&["/effective_on"]));
    world.on(right, planned(corrected, "2023-09-01")).unwrap();
    for (as_of, total) in [("2023-08-31", "150.00"), ("2023-09-01", "80.00")] {
        assert_eq!(total_and_paid(&world, right, as_of)[0], total, "{as_of}");
    }
    // A year.
    let declare = |on: &str| {
        let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
        let (effective_on, reduction) = (day(on), None);
        let body = FileDeclaration {
            effective_on,
            year: 2024,
            lines,
            combine_as: None,
            holiday_shift: HolidayShift::Off,
            reduction,
            form: Default::default(),
        };
        world.on(right, OnRight::Declare(body, "{}"))
    };
    let declared = declare("2025-01-10").unwrap();
    world.ask(reverse(declared, "2025-02-01")).unwrap();
    assert_eq!(declare("2025-01-31"), faulty(&["/effective_on"]));
    declare("2025-02-01").unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn what_rested_on_an_entry_ends_before_it(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let (_, plan) = world.planned(right, &[("100.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "60.00", "收1").unwrap();
    world.ask(reverse(paid, "2023-08-01")).unwrap();
    assert_eq!(world.ask(taken_back(plan)), faulty(&["/effective_on"]), "in July money lies on the item");
    world.ask(reverse(plan, "2023-08-01")).unwrap();
    for (as_of, sums) in [("2023-07-31", ["100.00", "60.00"]), ("2023-08-01", ["0.00", "0.00"])] {
        assert_eq!(total_and_paid(&world, right, as_of), sums, "{as_of}");
    }
}

fn called(world: &World<Home>, id: Seq, as_of: &str) -> Option<[String; 2]> {
    let entries = world.store.entries_of(Subject::Party(PartyId(id)), None).unwrap();
    let entries = until(entries.into_iter().map(|stored| stored.entry).collect(), day(as_of));
    party(&entries).map(|party| [party.code, party.name])
}

fn a_party_is_corrected_from_the_start_or_renamed_from_a_day(kind: Kind) {
    let world = World::of(kind);
    let memory = Memory::default();
    let id = world.party("91350100M000100Y43");
    assert_eq!(memory.now(&*world.store).unwrap().parties.len(), 1);
    let correct = |on: Option<&str>, code: Option<&'static str>, name: Option<&'static str>| {
        let effective_on = on.map(day);
        world.ask(ask!(Command::CorrectParty(PartyId(id), CorrectParty { effective_on, code, name, reason: "更正" })))
    };
    assert_eq!(correct(None, None, None), faulty(&[""]), "nothing changes");
    assert_eq!(correct(Some("2023-04-30"), None, Some("乙公司")), faulty(&["/effective_on"]));
    assert_eq!(correct(None, Some("91350100M000100Y44"), None), faulty(&["/code"]));
    let renamed = correct(Some("2024-01-01"), None, Some("乙集团")).unwrap();
    // Recorded later, the code and the name of before are put right.
    let corrected = correct(None, Some("914403001922038216"), Some("乙公司")).unwrap();
    let [wrong, right] = ["91350100M000100Y43", "914403001922038216"];
    assert_eq!(called(&world, id, "2023-12-31"), Some([right, "乙公司"].map(str::to_owned)));
    assert_eq!(called(&world, id, "2024-01-01"), Some([right, "乙集团"].map(str::to_owned)));
    assert_eq!(memory.now(&*world.store).unwrap().parties[&PartyId(id)].party.name, "乙集团");
    // The code is free for whom it belongs to, and then not to be taken back.
    let other = world.party(wrong);
    assert_eq!(world.ask(taken_back(corrected)), Err(No::Conflict));
    assert_eq!(world.ask(taken_back(id)), Err(No::Conflict), "it was corrected");
    world.ask(taken_back(other)).unwrap();
    world.ask(taken_back(corrected)).unwrap();
    assert_eq!(called(&world, id, "2023-12-31"), Some([wrong, "甲公司"].map(str::to_owned)));
    world.ask(taken_back(renamed)).unwrap();
    world.ask(taken_back(id)).unwrap();
    assert_eq!(called(&world, id, "2030-01-01"), None);
    assert!(memory.now(&*world.store).unwrap().parties.is_empty());
    assert_eq!(correct(None, None, Some("丙公司")), Err(No::Unknown));
    assert_ne!(world.party(wrong), id);
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_registration_on_which_nothing_rests_is_reversed(kind: Kind) {
    let world = World::of(kind);
    let memory = Memory::default();
    let party = world.party("91350100M000100Y43");
    let right = world.right_of(party, "C1");
    assert_eq!(world.ask(taken_back(party)), Err(No::Conflict), "it holds the right");
    let (drafted, plan) = world.planned(right, &[("100.00", None)]);
    assert_eq!(world.ask(taken_back(right.0)), Err(No::Conflict));
    for seq in [plan, plan - 1, drafted] {
        world.ask(taken_back(seq)).unwrap();
    }
    memory.now(&*world.store).unwrap();
    // From a later day: until then the right was there.
    let before = world.store.head().unwrap().recorded_at;
    std::thread::sleep(std::time::Duration::from_millis(5));
    let reversal = world.ask(reverse(right.0, "2023-07-01")).unwrap();
    let snapshot = memory.now(&*world.store).unwrap();
    let at = |as_of: &str, known_at| snapshot.rights[&right].at(day(as_of), known_at, &*world.store).unwrap().is_some();
    assert_eq!([at("2023-06-30", None), at("2023-07-01", None), at("2024-01-01", Some(before))], [true, false, true]);
    assert_eq!(world.on(right, OnRight::Assess(draft(vec![]))), Err(No::Unknown));
    let entries: Vec<_> = world.store.entries_of(Subject::Right(right), None).unwrap();
    let entries: Vec<_> = entries.into_iter().map(|stored| stored.entry).collect();
    let told = fee_source(&entries).unwrap();
    assert_eq!((told.seq, told.takes_back), (reversal, Some(right.0)), "the tax office is told");
    // The number is free, but not before that day.
    let registered = super::world::register(party, "C1".to_owned());
    assert_eq!(world.ask(registered), faulty(&["/effective_on"]));
    world.ask(taken_back(party)).unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_registration_ends_after_what_was_recorded_about_it(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let (drafted, plan) = world.planned(right, &[("100.00", None)]);
    world.ask(reverse(plan, "2023-09-01")).unwrap();
    for seq in [plan - 1, drafted] {
        assert_eq!(world.ask(taken_back(seq)), faulty(&["/effective_on"]), "the plan counts until August");
        world.ask(reverse(seq, "2023-09-01")).unwrap();
    }
    assert_eq!(world.ask(reverse(right.0, "2023-08-31")), faulty(&["/effective_on"]));
    world.ask(reverse(right.0, "2023-09-01")).unwrap();
}

fn correct(world: &World<Home>, right: RightId, body: CorrectRight<'static>) -> Result<Seq, No> {
    world.on(right, OnRight::Correct(Box::new(body)))
}

fn a_right_is_corrected_from_the_start(kind: Kind) {
    let world = World::of(kind);
    let memory = Memory::default();
    let right = world.right();
    world.owed(right, &[("100.00", None)]);
    world.pay(right, "I6-1", "2023-06-10", "60.00", "收1").unwrap();
    memory.now(&*world.store).unwrap();
    let before = world.store.head().unwrap().recorded_at;
    std::thread::sleep(std::time::Duration::from_millis(5));
    let none = nothing_corrected;
    assert_eq!(correct(&world, right, none()), faulty(&[""]));
    let late = CorrectRight { contract_signed_on: Some(day("2023-05-02")), ..none() };
    assert_eq!(correct(&world, right, late), faulty(&["/contract_signed_on"]));
    let nowhere =
        CorrectRight { division: Some("999999"), minerals: Some(vec![]), area_km2: Some(number("0")), ..none() };
    assert_eq!(correct(&world, right, nowhere), faulty(&["/minerals", "/area_km2", "/division"]));
    world.right_of(2, "C2");
    assert_eq!(correct(&world, right, CorrectRight { licence_number: Some("C2"), ..none() }), Err(No::Conflict));
    let other: &'static str = format!("P{}", world.party("914403001922038216")).leak();
    let body = CorrectRight {
        holder: Some(other),
        licence_number: Some("C9"),
        contract_number: Some("CKHT-9"),
        contract_signed_on: Some(day("2023-04-28")),
        division: Some("370100"),
        minerals: Some(vec!["水泥用灰岩"]),
        area_km2: Some(number("2.5")),
        ..none()
    };
    let corrected = correct(&world, right, body).unwrap();
    let history = world.history(right, "2023-05-01");
    let registered = &history.registered;
    assert_eq!((history.licence_number.as_str(), registered.contract_number.as_deref()), ("C9", Some("CKHT-9")));
    assert_eq!((registered.division.as_str(), registered.contract_signed_on), ("370100", Some(day("2023-04-28"))));
    assert_eq!(
        (&*history.minerals, history.holder_on(day("2023-05-01")).to_string()),
        (&["cement_limestone".to_owned()][..], other.to_owned())
    );
    // What an item is levied on too.
    let item = world.history(right, "2024-01-01").items.into_values().next().unwrap();
    assert_eq!(item.minerals, ["cement_limestone"]);
    // As it was known before, it is as it was; in memory as in the journal.
    let known = memory.now(&*world.store).unwrap().rights[&right].clone();
    let at = |known_at| known.at(day("2024-01-01"), known_at, &*world.store).unwrap().unwrap();
    assert_eq!((&*at(Some(before)).licence_number, &*at(None).licence_number), ("C100000000000000000001", "C9"));
    assert_eq!(at(Some(before)).minerals, ["coal", "cement_limestone"]);
    // The number that was wrong is free, and the next correction comes off first.
    let second = correct(&world, right, CorrectRight { area_km2: Some(number("3")), ..none() }).unwrap();
    assert_eq!(world.ask(taken_back(corrected)), Err(No::Conflict));
    world.ask(taken_back(second)).unwrap();
    let taken = world.right_of(2, "C100000000000000000001");
    assert_eq!(world.ask(taken_back(corrected)), Err(No::Conflict), "its number is taken");
    world.ask(taken_back(taken.0)).unwrap();
    world.ask(taken_back(corrected)).unwrap();
    assert_eq!(world.history(right, "2024-01-01").licence_number, "C100000000000000000001");
    // A number that is another from a day on is a change.
    let change = ChangeRight {
        effective_on: day("2024-01-01"),
        added_minerals: vec![],
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: Some("C10"),
        reason: "延续",
    };
    world.on(right, OnRight::Change(change)).unwrap();
    let number_on = |as_of: &str| world.history(right, as_of).licence_number;
    assert_eq!((&*number_on("2023-12-31"), &*number_on("2024-01-01")), ("C100000000000000000001", "C10"));
    for number in ["C100000000000000000001", "C10"] {
        assert_eq!(world.ask(super::world::register(2, number.to_owned())), Err(No::Conflict), "{number}");
    }
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn what_rests_on_a_corrected_fact_is_looked_at(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100.00", None)]);
    world.pay(right, "I6-1", "2024-06-10", "100.00", "收1").unwrap();
    let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
    let body = FileDeclaration {
        effective_on: day("2025-01-15"),
        year: 2024,
        lines,
        combine_as: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
        form: Default::default(),
    };
    let declared = world.on(right, OnRight::Declare(body, "{}")).unwrap();
    let none = nothing_corrected;
    let without = || CorrectRight { minerals: Some(vec!["水泥用灰岩"]), ..none() };
    assert_eq!(correct(&world, right, without()), Err(No::Conflict), "coal is declared");
    world.ask(taken_back(declared)).unwrap();
    correct(&world, right, without()).unwrap();
    // Inner Mongolia: the shares that were paid in are no longer those of the rules.
    let place = CorrectRight { division: Some("150221"), scheme: Some("whole_region"), ..none() };
    correct(&world, right, place).unwrap();
    let found = findings(&world.history(right, "2025-03-01"), day("2025-03-01"), &BOOK);
    assert!(found.iter().any(|finding| finding.check == Check::WrongShares), "{found:?}");
    // With another division the class is given anew.
    correct(&world, right, CorrectRight { division: Some("370105"), ..none() }).unwrap();
    assert_eq!(world.history(right, "2025-03-01").registered.scheme, None);
    let to: &'static str = format!("P{}", world.party("914403001922038216")).leak();
    let transfer = TransferRight { effective_on: day("2025-01-01"), to, reason: "批复1号" };
    world.on(right, OnRight::Transfer(transfer)).unwrap();
    assert_eq!(correct(&world, right, CorrectRight { holder: Some(to), ..none() }), Err(No::Conflict));
}

fn exploration(world: &World<Home>, holder: &'static str, mode: TransferMode, licence: &'static str) -> RightId {
    let right = world
        .ask(ask!(Command::RegisterRight(RegisterRight { transfer_mode: mode, ..exploration_right(holder, licence) })));
    RightId(right.unwrap())
}

fn convert(world: &World<Home>, from: RightId, to: RightId, on: &str) -> Result<Seq, No> {
    let (effective_on, to) = (day(on), to.to_string());
    world.ask(ask!(Command::OnRight(from, OnRight::Convert(ConvertRight { effective_on, to: &to, reason: "转采1号" }))))
}

fn part(kind: ItemKind, amount: &str, due_on: Option<&str>) -> Part {
    Part { kind, amount: yuan(amount), due_on: due_on.map(day), levy_method: Some(LevyMethod::Amount), rule: None }
}

fn planned(world: &World<Home>, right: RightId, on: &str, parts: Vec<Part>) -> Result<Seq, No> {
    let drafted = world.on(right, OnRight::Assess(draft(parts)))?;
    world.by("second", confirm(drafted))?;
    world.on(right, OnRight::Plan(SetPlan { effective_on: day(on), assessment: drafted }))
}

fn a_conversion_hands_the_rest_to_the_mining_right(kind: Kind) {
    let world = World::of(kind);
    let holder: &'static str = format!("P{}", world.party("91350100M000100Y43")).leak();
    let from = exploration(&world, holder, TransferMode::Agreement, "T1");
    let parts = vec![part(ItemKind::Price, "200.00", None), part(ItemKind::OnConversion, "800.00", None)];
    let plan = planned(&world, from, "2023-06-01", parts).unwrap();
    let mining = world.right_of(2, "C1");
    let converted = convert(&world, from, mining, "2025-06-01").unwrap();
    let history = world.history(from, "2025-06-01");
    assert_eq!((history.closed_on, history.converted_to), (Some(day("2025-06-01")), Some(mining)));
    assert_eq!(total_and_paid(&world, from, "2025-05-31"), ["1000.00", "0.00"]);
    assert_eq!(total_and_paid(&world, from, "2025-06-01"), ["200.00", "0.00"], "the first payment stays owed");
    // The rest goes on at the mining right, and no more than it.
    let instalments = |each: &str| {
        let due = ["2026-06-01", "2027-06-01"];
        due.map(|due| part(ItemKind::Instalment, each, Some(due))).to_vec()
    };
    assert_eq!(planned(&world, mining, "2025-06-02", instalments("400.01")), Err(No::Conflict));
    let goes_on = planned(&world, mining, "2025-06-02", instalments("400.00")).unwrap();
    assert_eq!(total_and_paid(&world, mining, "2025-06-02")[0], "800.00");
    let items: Vec<&'static str> = vec![format!("I{goes_on}-1").leak()];
    let notify =
        |right, on: &str, items| world.on(right, OnRight::Notify(IssueNotice { effective_on: day(on), items }));
    notify(mining, "2026-05-20", items).unwrap();
    let early = |right, on: &str| {
        let found = findings(&world.history(right, on), day(on), &BOOK);
        found.into_iter().filter(|finding| finding.check == Check::LeviedTooEarly).count()
    };
    assert_eq!([early(mining, "2026-06-01"), early(from, "2026-06-01")], [0, 0]);
    assert_eq!(world.ask(taken_back(converted)), Err(No::Conflict), "the plan rests on it");
    world.ask(taken_back(goes_on + 1)).unwrap();
    world.ask(taken_back(goes_on)).unwrap();
    assert_eq!(world.ask(taken_back(mining.0)), Err(No::Conflict));
    world.ask(taken_back(converted)).unwrap();
    assert_eq!(total_and_paid(&world, from, "2025-06-01")[0], "1000.00");
    // What was asked for before stays owed where it was, and was too early; from the conversion on nothing is.
    notify(from, "2025-05-01", vec![format!("I{plan}-2").leak()]).unwrap();
    convert(&world, from, mining, "2025-06-01").unwrap();
    assert_eq!(total_and_paid(&world, from, "2025-06-01")[0], "1000.00");
    assert_eq!(early(from, "2025-07-01"), 1);
    let again = exploration(&world, holder, TransferMode::Agreement, "T2");
    let parts = vec![part(ItemKind::OnConversion, "800.00", None)];
    let plan = planned(&world, again, "2023-06-01", parts).unwrap();
    world.pay(again, &format!("I{plan}-1"), "2025-06-01", "800.00", "收9").unwrap();
    convert(&world, again, mining, "2025-06-01").unwrap();
    assert_eq!(early(again, "2025-07-01"), 0, "paid on the day of the conversion");
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_conversion_fits_both_rights(kind: Kind) {
    let world = World::of(kind);
    let holder: &'static str = format!("P{}", world.party("91350100M000100Y43")).leak();
    let from = exploration(&world, holder, TransferMode::Competitive, "T1");
    let mining = world.right_of(2, "C1");
    let other = world.right_of(world.party("914403001922038216"), "C2");
    assert_eq!(convert(&world, from, RightId(999), "2025-06-01"), faulty(&["/to"]));
    assert_eq!(convert(&world, from, from, "2025-06-01"), faulty(&["/to"]), "no mining right");
    assert_eq!(convert(&world, from, other, "2025-06-01"), faulty(&["/to"]), "of another holder");
    assert_eq!(convert(&world, from, mining, "2023-05-31"), faulty(&["/effective_on"]));
    assert_eq!(convert(&world, mining, mining, "2025-06-01"), Err(No::Conflict), "it is no exploration right");
    convert(&world, from, mining, "2025-06-01").unwrap();
    assert_eq!(convert(&world, from, mining, "2025-06-02"), Err(No::Conflict), "once");
    let close = CloseRight { effective_on: day("2025-07-01"), reason: "注销" };
    assert_eq!(world.on(from, OnRight::Close(close)), Err(No::Conflict));
    // By agreement the rate is that of the day of sale; a converted right has that of its grant, so that no day is needed.
    let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
    let body = FileDeclaration {
        effective_on: day("2026-01-15"),
        year: 2025,
        lines,
        combine_as: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
        form: Default::default(),
    };
    let declared = world.on(mining, OnRight::Declare(body, "{}")).unwrap();
    let Event::DeclarationFiled(filed) = world.store.entry(declared).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(filed.income, yuan("24000.00"));
}

fn refund(payment: Seq, on: &str, amount: &str, cause: Option<RefundCause>) -> OnRight<'static> {
    let (effective_on, amount) = (day(on), number(amount));
    let document = cause.map(|_| "财库退〔2024〕1号");
    OnRight::Refund(PayRefund { effective_on, payment, amount, reason: "退库", cause, document })
}

fn shares(world: &World<Home>, seq: Seq) -> TreasuryShares {
    match world.store.entry(seq).unwrap().unwrap().entry.event {
        Event::RefundPaid(event) => event.shares,
        Event::PaymentBooked(event) => event.shares,
        other => panic!("{other:?}"),
    }
}

/// A mining right of Inner Mongolia, where four treasuries share.
fn divided(world: &World<Home>) -> RightId {
    let right = world.right();
    let place = CorrectRight { division: Some("150221"), scheme: Some("whole_region"), ..nothing_corrected() };
    correct(world, right, place).unwrap();
    right
}

fn refunds_in_pieces_add_up_to_one(kind: Kind) {
    let world = World::of(kind);
    let right = divided(&world);
    world.owed(right, &[("0.01", None)]);
    let item = world.history(right, "2024-01-01").items.keys().next().unwrap().to_string();
    // After 2024-05-15: 40 central, 30 the region, 30 the city.
    let paid = world.pay(right, &item, "2024-06-10", "100.08", "收1").unwrap();
    let pieces = ["0.01", "0.01", "0.02", "33.33", "0.01", "66.66", "0.03"];
    let mut sums = [Yuan::ZERO; 4];
    for (index, piece) in pieces.into_iter().enumerate() {
        let seq = world.on(right, refund(paid, "2024-07-01", piece, None)).unwrap();
        let TreasuryShares { central, local, province, city, .. } = shares(&world, seq);
        let added = [Some(central), Some(local), province, city].map(Option::unwrap);
        assert_eq!(Yuan::sum([central, local]), Ok(yuan(piece)), "{index}");
        assert_eq!(Yuan::sum(added[2..].iter().copied()), Ok(local), "{index}");
        sums = std::array::from_fn(|at| sums[at].plus(added[at]).unwrap());
    }
    // One refund of 100.07: 40.03, 60.04, 30.02 and 30.02. Piece by piece the centre would have given 40.02.
    assert_eq!(sums.map(|sum| sum.to_string()), ["40.03", "60.04", "30.02", "30.02"]);
    let history = world.history(right, "2024-08-01");
    assert_eq!(
        findings(&history, day("2024-08-01"), &BOOK).iter().filter(|it| it.check == Check::WrongShares).count(),
        0
    );
    assert_eq!(history.items.values().next().unwrap().overpaid(), Yuan::ZERO);
    // What was paid in by other shares than those of the rules goes back in these.
    let place = CorrectRight { division: Some("370105"), ..nothing_corrected() };
    correct(&world, right, place).unwrap();
    let last = world.on(right, refund(paid, "2024-09-01", "0.01", Some(RefundCause::MistakenLevy))).unwrap();
    let kept = shares(&world, paid);
    let rest = shares(&world, last);
    assert_eq!(kept.central.minus(sums[0]), Ok(rest.central));
    assert_eq!(kept.province.unwrap().minus(sums[2]), Ok(rest.province.unwrap()));
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_refund_with_a_cause_ends_what_was_owed(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let drafted = world.owed(right, &[("1000.00", Some("2023-07-01"))]);
    // Ten days late: 1000 × 0.002 × 10 = 20.00 of late fee, and 5.00 over.
    let paid = world.pay(right, "I6-1", "2023-07-11", "1025.00", "收1").unwrap();
    let cause = Some(RefundCause::BeyondThePayer);
    let without = |cause, document| {
        let (effective_on, amount) = (day("2024-01-01"), number("1.00"));
        world.on(
            right,
            OnRight::Refund(PayRefund { effective_on, payment: paid, amount, reason: "撤回", cause, document }),
        )
    };
    assert_eq!(without(cause, None), faulty(&["/document"]));
    assert_eq!(without(None, Some("财库1号")), faulty(&["/cause"]));
    assert_eq!(
        world.on(right, refund(paid, "2024-01-01", "5.01", None)),
        Err(No::Conflict),
        "no more than was overpaid"
    );
    assert_eq!(world.on(right, refund(paid, "2024-01-01", "1005.01", cause)), Err(No::Conflict), "not the late fee");
    assert_eq!(world.on(right, refund(paid, "2023-07-10", "5.00", None)), Err(No::Conflict));
    let back = world.on(right, refund(paid, "2024-01-01", "305.00", cause)).unwrap();
    let entry = world.store.entry(back).unwrap().unwrap().entry;
    let Event::RefundPaid(event) = &entry.event else { panic!() };
    assert_eq!((event.ends, event.document.as_deref()), (Some(yuan("300.00")), Some("财库退〔2024〕1号")));
    assert_eq!(Yuan::sum(entry.set.postings().iter().map(|posting| posting.amount)), Ok(Yuan::ZERO));
    let of = |account| world.history(right, "2024-01-01").items.values().next().unwrap().balance(account);
    assert_eq!((of(Account::Refund), of(Account::Receivable)), (yuan("305.00"), yuan("700.00")));
    for (as_of, figures) in
        [("2023-12-31", ["1000.00", "1000.00", "0.00", "5.00"]), ("2024-01-01", ["700.00", "700.00", "0.00", "0.00"])]
    {
        let sums = world.statement(right, as_of).sums;
        assert_eq!([sums.total, sums.paid, sums.overdue, sums.overpaid].map(|it| it.to_string()), figures, "{as_of}");
        assert_eq!(sums.late_fee_outstanding, Some(Yuan::ZERO), "{as_of}");
    }
    // A true-up is over what is left of the payment: half of 700.00.
    let settle = SettleTrueUp {
        effective_on: day("2024-02-01"),
        assessment: drafted,
        reserves_assessed: number("10"),
        reserves_used: number("5"),
    };
    let settled = world.on(right, OnRight::TrueUp(settle)).unwrap();
    let Event::TrueUpSettled(event) = world.store.entry(settled).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(
        (event.due, event.difference, event.refunds[0].amount),
        (yuan("350.00"), yuan("-350.00"), yuan("350.00"))
    );
    world.on(right, refund(paid, "2024-03-01", "350.00", None)).unwrap();
    assert_eq!(total_and_paid(&world, right, "2024-03-01"), ["350.00", "350.00"]);
    assert_eq!(world.ask(taken_back(back)), Err(No::Conflict), "the true-up rests on it");
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_true_up_leaves_the_price_of_what_is_levied_by_rate(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let of =
        |levy_method| Part { kind: ItemKind::Price, amount: yuan("100.00"), due_on: None, levy_method, rule: None };
    let settle = |draft| {
        let (reserves_assessed, reserves_used) = (number("10"), number("5"));
        let body =
            SettleTrueUp { effective_on: day("2024-02-01"), assessment: draft, reserves_assessed, reserves_used };
        world.on(right, OnRight::TrueUp(body))
    };
    let by_rate = planned(&world, right, "2023-06-01", vec![of(Some(LevyMethod::Rate))]).unwrap();
    assert_eq!(settle(by_rate - 2), faulty(&["/assessment"]));
    let by_amount = planned(&world, right, "2023-06-01", vec![of(Some(LevyMethod::Amount))]).unwrap();
    settle(by_amount - 2).unwrap();
    // Art. 30(2): an amount also for a mineral of the catalogue.
    let used = Part { rule: Some("T7".to_owned()), ..of(Some(LevyMethod::Amount)) };
    let used = planned(&world, right, "2023-06-01", vec![used]).unwrap();
    settle(used - 2).unwrap();
    // Where the assessment does not say so, the minerals do.
    correct(&world, right, CorrectRight { minerals: Some(vec!["煤"]), ..nothing_corrected() }).unwrap();
    let open = planned(&world, right, "2023-06-01", vec![of(None)]).unwrap();
    assert_eq!(settle(open - 2), faulty(&["/assessment"]));
    let entries = world.store.entries_of(Subject::Right(right), None).unwrap();
    assert!(RightHistory::fold(&entries.into_iter().map(|stored| stored.entry).collect::<Vec<_>>()).is_some());
}
