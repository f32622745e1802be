//! What can happen to one right, and what its statement says after each step.

use lode::domain::books::command::*;
use lode::domain::books::entry::{PartyId, RightId, Subject};
use lode::domain::books::event::{Event, ItemKind, Part};
use lode::domain::books::statement::Figures;
use lode::domain::books::worklist;
use lode::domain::due_date::HolidayShift;
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::BalanceQuery;
use lode::ledger::memory::Memory;

use crate::boundaries::line;

use super::world::{
    BOOK, Home, Kind, No, World, ask, confirm, day, draft, exploration_right, number, on_every_store, reverse, serve,
    submit, yuan,
};

on_every_store!(
    an_assessment_needs_two_persons,
    a_payment_goes_to_the_principal_and_then_to_the_fee,
    treasuries_get_what_was_paid_and_every_set_balances,
    a_notice_counts_its_numbers_and_sets_the_due_date,
    a_year_is_declared_once_and_missing_ones_are_listed,
    the_payer_changes_with_a_transfer_and_history_stays,
    a_true_up_collects_or_refunds_the_difference,
    what_was_known_before_a_correction_can_be_asked_for,
    registrations_are_checked,
    what_was_refunded_as_overpaid_does_not_count_in_a_true_up,
    a_deferral_stops_the_late_fee_and_gives_time,
    a_late_fee_without_a_rule_is_unknown_and_the_principal_is_told,
    what_another_instance_records_is_seen_at_once,
    what_is_open_at_a_transfer_may_be_notified_to_the_transferee,
    a_plan_begins_when_the_assessment_is_confirmed_or_later,
    what_others_rest_on_is_not_taken_back_before_them,
    a_service_comes_before_what_it_makes_late,
    what_waits_for_a_conversion_ends_with_the_exploration_right,
);

fn figures(sums: Figures) -> [String; 7] {
    let Figures { total, paid, overdue, pending, overpaid, late_fee, late_fee_outstanding, .. } = sums;
    assert_eq!(Yuan::sum([paid, overdue, pending]), Ok(total), "总额 = 到期已缴 + 到期欠缴 + 未到期待缴");
    [Some(total), Some(paid), Some(overdue), Some(pending), Some(overpaid), late_fee, late_fee_outstanding]
        .map(|amount| amount.map_or_else(|| "?".to_owned(), |amount| amount.to_string()))
}

#[track_caller]
fn stands(world: &World<Home>, right: lode::domain::books::entry::RightId, as_of: &str, wanted: [&str; 7]) {
    assert_eq!(
        figures(world.statement(right, as_of).sums),
        wanted,
        "total, paid, overdue, pending, overpaid, fee, fee open"
    );
}

fn declare(world: &World<Home>, right: lode::domain::books::entry::RightId, year: i64, on: &str) -> Result<u64, No> {
    let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
    let body = FileDeclaration {
        effective_on: day(on),
        year,
        lines,
        combine_as: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
        form: Default::default(),
    };
    world.on(right, OnRight::Declare(body, "{}"))
}

fn an_assessment_needs_two_persons(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let drafted = world.on(right, OnRight::Assess(draft(vec![]))).unwrap();
    assert_eq!(world.by("first", confirm(drafted)), Err(No::Conflict), "the drafter does not confirm");
    let plan = || OnRight::Plan(SetPlan { effective_on: day("2023-06-01"), assessment: drafted });
    assert_eq!(world.on(right, plan()), Err(No::Conflict), "nothing is owed before it is confirmed");
    world.by("second", confirm(drafted)).unwrap();
    assert_eq!(world.by("third", confirm(drafted)), Err(No::Conflict), "judged once");
    assert_eq!(world.on(right, plan()), Err(No::Conflict), "there is no sum to plan");
    assert_eq!(world.by("second", confirm(999)), Err(No::Unknown));
}

fn a_plan_begins_when_the_assessment_is_confirmed_or_later(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let part = Part { kind: ItemKind::Price, amount: yuan("100.00"), due_on: None, levy_method: None, rule: None };
    let drafted = world.on(right, OnRight::Assess(draft(vec![part]))).unwrap();
    let verdict = JudgeAssessment { effective_on: day("2023-06-10"), verdict: Verdict::Confirm, reason: None };
    world.by("second", ask!(Command::JudgeAssessment(drafted, verdict.clone()))).unwrap();
    let plan = |on| OnRight::Plan(SetPlan { effective_on: day(on), assessment: drafted });
    // Between the draft of 1 June and its confirmation nothing is owed on any statement.
    assert_eq!(world.on(right, plan("2023-06-09")), Err(No::Faults(vec!["/effective_on".to_owned()])));
    world.on(right, plan("2023-06-10")).unwrap();
}

fn what_others_rest_on_is_not_taken_back_before_them(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("500.00", None)]);
    // A notice to the transferee rests on the transfer; one of an earlier day does not.
    let to: &'static str = format!("P{}", world.party("914403001922038216")).leak();
    let transfer = || {
        let transfer = TransferRight { effective_on: day("2023-06-20"), to, reason: "批复1号" };
        world.on(right, OnRight::Transfer(transfer)).unwrap()
    };
    let notify = |on: &str| {
        world.on(right, OnRight::Notify(IssueNotice { effective_on: day(on), items: vec!["I6-1"] })).unwrap()
    };
    let transferred = transfer();
    let notified = notify("2023-06-21");
    assert_eq!(world.ask(reverse(transferred, "2023-06-22")), Err(No::Conflict), "the notice names the transferee");
    world.ask(reverse(notified, "2023-06-21")).unwrap();
    world.ask(reverse(transferred, "2023-06-20")).unwrap();
    let transferred = transfer();
    notify("2023-06-19");
    world.ask(reverse(transferred, "2023-06-22")).unwrap();
    // A declaration rests on the minerals that it declares, and on no others.
    let add = |mineral: &'static str| {
        let change = ChangeRight {
            effective_on: day("2023-07-01"),
            added_minerals: vec![mineral],
            term_from: None,
            term_to: None,
            mine_scale: None,
            licence_number: None,
            reason: "变更",
        };
        world.on(right, OnRight::Change(change)).unwrap()
    };
    let (iron, copper) = (add("铁"), add("铜"));
    let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("铁", Product::Concentrate) }];
    let body = FileDeclaration {
        effective_on: day("2024-01-15"),
        year: 2023,
        lines: lines.into_iter().map(|line| Line { sold_on: Some(day("2023-08-01")), ..line }).collect(),
        combine_as: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
        form: Default::default(),
    };
    let declared = world.on(right, OnRight::Declare(body, "{}")).unwrap();
    world.ask(reverse(copper, "2024-02-01")).unwrap();
    assert_eq!(world.ask(reverse(iron, "2024-02-01")), Err(No::Conflict), "iron is declared");
    world.ask(reverse(declared, "2024-02-01")).unwrap();
    world.ask(reverse(iron, "2024-02-01")).unwrap();
    assert_eq!(world.history(right, "2024-02-01").minerals, ["coal", "cement_limestone"]);
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn what_waits_for_a_conversion_ends_with_the_exploration_right(kind: Kind) {
    let world = World::of(kind);
    let holder: &'static str = format!("P{}", world.party("91350100M000100Y43")).leak();
    let right = world.ask(ask!(Command::RegisterRight(exploration_right(holder, "T1"))));
    let right = RightId(right.unwrap());
    let part = |kind, amount| Part { kind, amount: yuan(amount), due_on: None, levy_method: None, rule: None };
    let parts = vec![part(ItemKind::Price, "200.00"), part(ItemKind::OnConversion, "800.00")];
    let drafted = world.on(right, OnRight::Assess(draft(parts))).unwrap();
    world.by("second", confirm(drafted)).unwrap();
    let plan =
        world.on(right, OnRight::Plan(SetPlan { effective_on: day("2023-06-01"), assessment: drafted })).unwrap();
    let first = format!("I{plan}-1");
    world.pay(right, &first, "2023-06-20", "150.00", "收1").unwrap();
    stands(&world, right, "2025-06-01", ["1000.00", "150.00", "0.00", "850.00", "0.00", "0.00", "0.00"]);
    let close = || world.on(right, OnRight::Close(CloseRight { effective_on: day("2025-06-02"), reason: "转采" }));
    let closed = close().unwrap();
    // The open 50.00 of the first payment stays owed.
    stands(&world, right, "2025-06-02", ["200.00", "150.00", "0.00", "50.00", "0.00", "0.00", "0.00"]);
    stands(&world, right, "2025-06-01", ["1000.00", "150.00", "0.00", "850.00", "0.00", "0.00", "0.00"]);
    assert_eq!(world.ask(reverse(plan, "2025-06-03")), Err(No::Conflict), "the closure rests on its items");
    world.ask(reverse(closed, "2025-06-02")).unwrap();
    stands(&world, right, "2025-06-02", ["1000.00", "150.00", "0.00", "850.00", "0.00", "0.00", "0.00"]);
    // What was asked for stays owed.
    let items: Vec<&'static str> = vec![format!("I{plan}-2").leak()];
    world.on(right, OnRight::Notify(IssueNotice { effective_on: day("2025-06-01"), items })).unwrap();
    close().unwrap();
    stands(&world, right, "2025-06-02", ["1000.00", "150.00", "0.00", "850.00", "0.00", "0.00", "0.00"]);
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_service_comes_before_what_it_makes_late(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100.00", None), ("100.00", None)]);
    let items = vec!["I6-1", "I6-2"];
    world.on(right, OnRight::Notify(IssueNotice { effective_on: day("2023-06-12"), items })).unwrap();
    // Received on 14 June: due on 14 July. Of 120.00 on 20 July 1.20 is late fee (100.00 × 0.002 × 6), not overpaid.
    let over = world.pay(right, "I6-1", "2023-07-20", "120.00", "收1").unwrap();
    world.pay(right, "I6-2", "2023-07-20", "60.00", "收2").unwrap();
    let served = || world.ask(serve("3701052023000001", "2023-06-14"));
    assert_eq!(served(), Err(No::Conflict), "what was left over was booked as if nothing were late");
    world.ask(reverse(over, "2023-07-20")).unwrap();
    served().unwrap();
    world.pay(right, "I6-1", "2023-07-20", "120.00", "收1").unwrap();
    // The second item: 100.00 × 0.002 × 6, of which nothing is paid yet.
    stands(&world, right, "2023-07-20", ["200.00", "160.00", "40.00", "0.00", "18.80", "2.40", "1.20"]);
}

fn a_payment_goes_to_the_principal_and_then_to_the_fee(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100000.00", Some("2023-07-01"))]);
    let item = "I6-1";
    stands(&world, right, "2023-07-01", ["100000.00", "0.00", "0.00", "100000.00", "0.00", "0.00", "0.00"]);
    // 100000 × 0.002 × 10 = 2000
    stands(&world, right, "2023-07-11", ["100000.00", "0.00", "100000.00", "0.00", "0.00", "2000.00", "2000.00"]);
    let first = world.pay(right, item, "2023-07-11", "60000.00", "收1").unwrap();
    // (100000 × 10 + 40000 × 5) × 0.002 = 2400
    stands(&world, right, "2023-07-16", ["100000.00", "60000.00", "40000.00", "0.00", "0.00", "2400.00", "2400.00"]);
    assert_eq!(world.pay(right, item, "2023-07-10", "1.00", "收0"), Err(No::Conflict), "money moves forward");
    assert_eq!(world.pay(right, item, "2023-07-16", "1.00", "收1"), Err(No::Conflict), "a receipt is booked once");
    let second = world.pay(right, item, "2023-07-16", "41000.00", "收2").unwrap();
    stands(&world, right, "2023-12-31", ["100000.00", "100000.00", "0.00", "0.00", "0.00", "2400.00", "1400.00"]);
    let third = world.pay(right, item, "2023-08-01", "1500.00", "收3").unwrap();
    stands(&world, right, "2023-12-31", ["100000.00", "100000.00", "0.00", "0.00", "100.00", "2400.00", "0.00"]);
    // As it stood before, whatever was recorded later.
    stands(&world, right, "2023-07-11", ["100000.00", "60000.00", "40000.00", "0.00", "0.00", "2000.00", "2000.00"]);

    let refund = |amount: &'static str| {
        OnRight::Refund(PayRefund {
            effective_on: day("2023-09-01"),
            payment: third,
            amount: number(amount),
            reason: "多缴",
            cause: None,
            document: None,
        })
    };
    assert_eq!(world.on(right, refund("100.01")), Err(No::Conflict));
    let refunded = world.on(right, refund("100.00")).unwrap();
    stands(&world, right, "2023-12-31", ["100000.00", "100000.00", "0.00", "0.00", "0.00", "2400.00", "0.00"]);
    // Taken back in the order in which one rests on the other.
    for blocked in [first, second, third] {
        assert_eq!(world.ask(reverse(blocked, "2023-09-02")), Err(No::Conflict));
    }
    for last in [refunded, third, second, first] {
        world.ask(reverse(last, "2023-09-02")).unwrap();
        assert_eq!(world.ask(reverse(last, "2023-09-02")), Err(No::Conflict), "once");
    }
    // (100000 × 63) × 0.002 = 12600
    stands(&world, right, "2023-09-02", ["100000.00", "0.00", "100000.00", "0.00", "0.00", "12600.00", "12600.00"]);
    world.pay(right, item, "2023-09-02", "1.00", "收1").unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn treasuries_get_what_was_paid_and_every_set_balances(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("0.03", None), ("99999.99", Some("2023-07-01"))]);
    world.pay(right, "I6-1", "2023-06-05", "0.01", "收1").unwrap();
    world.pay(right, "I6-2", "2023-08-05", "77777.77", "收2").unwrap();
    let charge = OnRight::ChargeLateFee(ChargeLateFee { item: "I6-2", as_of: day("2023-08-10") });
    world.on(right, charge.clone()).unwrap();
    assert_eq!(world.on(right, charge), Err(No::Conflict), "nothing more on the same day");
    let query = BalanceQuery { subject: Some(Subject::Right(right)), ..BalanceQuery::default() };
    let balances = world.store.balances(query).unwrap();
    assert_eq!(Yuan::sum(balances.iter().map(|balance| balance.amount)), Ok(Yuan::ZERO));
    let treasuries = balances
        .iter()
        .filter(|balance| ["central", "province", "city", "county", "local"].contains(&balance.account.code()));
    assert_eq!(Yuan::sum(treasuries.map(|balance| balance.amount)), Ok(yuan("77777.78")));
    for stored in world.store.entries_after(0, None, 1000).unwrap() {
        let sum = Yuan::sum(stored.entry.set.postings().iter().map(|posting| posting.amount));
        assert_eq!(sum, Ok(Yuan::ZERO), "entry {}", stored.entry.seq);
    }
}

fn a_notice_counts_its_numbers_and_sets_the_due_date(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("500.00", None), ("600.00", Some("2024-07-01"))]);
    let notify = |items: Vec<&'static str>| OnRight::Notify(IssueNotice { effective_on: day("2023-06-02"), items });
    assert_eq!(world.on(right, notify(vec![])), Err(No::Faults(vec!["/items".to_owned()])));
    assert_eq!(world.on(right, notify(vec!["I9-9"])), Err(No::Faults(vec!["/items/0".to_owned()])));
    let issued = world.on(right, notify(vec!["I6-1"])).unwrap();
    let Event::NoticeIssued(notice) = world.store.entry(issued).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(notice.number, "3701052023000001");
    assert_eq!(
        world.on(right, notify(vec!["I6-1"])),
        Err(No::Faults(vec!["/items/0".to_owned()])),
        "one notice for an item"
    );
    assert_eq!(worklist::unserved(&world.history(right, "2023-06-03")).count(), 1);
    assert_eq!(world.ask(serve("3701052023000002", "2023-06-03")), Err(No::Unknown));
    world.ask(serve("3701052023000001", "2023-06-03")).unwrap();
    assert_eq!(world.ask(serve("3701052023000001", "2023-06-03")), Err(No::Conflict));
    let history = world.history(right, "2023-06-30");
    assert_eq!(history.items.values().next().unwrap().due_on, Some(day("2023-07-03")));
    assert_eq!(worklist::due_soon(&history, day("2023-06-30")).count(), 1);
    assert_eq!(worklist::overdue(&world.history(right, "2023-07-04"), day("2023-07-04")).count(), 1);
    // A number is never used again.
    assert_eq!(world.ask(reverse(issued, "2023-06-05")), Err(No::Conflict), "it was served");
    world.on(right, notify(vec!["I6-2"])).map(|seq| world.ask(reverse(seq, "2023-06-02")).unwrap()).unwrap();
    let third = world.on(right, notify(vec!["I6-2"])).unwrap();
    let Event::NoticeIssued(notice) = world.store.entry(third).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(notice.number, "3701052023000003");
}

fn what_is_open_at_a_transfer_may_be_notified_to_the_transferee(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("500.00", None)]);
    let notify = |day_of: &str| OnRight::Notify(IssueNotice { effective_on: day(day_of), items: vec!["I6-1"] });
    world.on(right, notify("2023-06-02")).unwrap();
    world.ask(serve("3701052023000001", "2023-06-03")).unwrap();
    let to = format!("P{}", world.party("914403001922038216")).leak();
    let transfer = TransferRight { effective_on: day("2023-06-20"), to, reason: "批复1号" };
    world.on(right, OnRight::Transfer(transfer)).unwrap();
    assert_eq!(world.on(right, notify("2023-06-19")), Err(No::Faults(vec!["/items/0".to_owned()])), "the same holder");
    let second = world.on(right, notify("2023-06-21")).unwrap();
    let Event::NoticeIssued(notice) = world.store.entry(second).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!((notice.account.as_deref(), notice.notice_days), (Some("103071404"), None));
    assert_eq!(world.on(right, notify("2023-06-22")), Err(No::Faults(vec!["/items/0".to_owned()])), "once for each");
    world.ask(serve("3701052023000002", "2023-06-25")).unwrap();
    let due = world.history(right, "2023-06-30").items.values().next().unwrap().due_on;
    assert_eq!(due, Some(day("2023-07-03")), "the new notice gives no more time");
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_year_is_declared_once_and_missing_ones_are_listed(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let missing = |as_of| worklist::declarations_missing(&world.history(right, as_of), day(as_of), &BOOK);
    assert_eq!(missing("2025-02-28"), [2023]);
    assert_eq!(missing("2025-03-01"), [2023, 2024]);
    let seq = declare(&world, right, 2024, "2025-01-15").unwrap();
    assert_eq!(declare(&world, right, 2024, "2025-01-15"), Err(No::Conflict));
    assert_eq!(missing("2025-03-01"), [2023]);
    // 1000000 × 2.4 %
    stands(&world, right, "2025-02-28", ["24000.00", "0.00", "0.00", "24000.00", "0.00", "0.00", "0.00"]);
    stands(&world, right, "2025-03-01", ["24000.00", "0.00", "24000.00", "0.00", "0.00", "48.00", "48.00"]);
    world.ask(reverse(seq, "2025-03-01")).unwrap();
    stands(&world, right, "2025-03-01", ["0.00", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00"]);
    declare(&world, right, 2024, "2025-03-02").unwrap();
}

fn the_payer_changes_with_a_transfer_and_history_stays(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let before = world.history(right, "2024-01-01").holder_on(day("2024-01-01"));
    let other = world.party("914403001922038216");
    let to = format!("P{other}");
    world
        .ask(ask!(Command::OnRight(
            right,
            OnRight::Transfer(TransferRight { effective_on: day("2024-06-01"), to: &to, reason: "批复1号" })
        )))
        .unwrap();
    let history = world.history(right, "2025-01-01");
    assert_eq!(history.holder_on(day("2024-05-31")), before);
    assert_eq!(history.holder_on(day("2024-06-01")), PartyId(other));
    assert_eq!(world.statement(right, "2024-05-31").payer, before);
    world.on(right, OnRight::Close(CloseRight { effective_on: day("2024-07-01"), reason: "注销" })).unwrap();
    let change = ChangeRight {
        effective_on: day("2024-08-01"),
        added_minerals: vec!["铁"],
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: None,
        reason: "x",
    };
    assert_eq!(world.on(right, OnRight::Change(change)), Err(No::Conflict));
}

fn a_true_up_collects_or_refunds_the_difference(kind: Kind) {
    for (used, collect) in [("80", true), ("25", false)] {
        let world = World::of(kind);
        let right = world.right();
        let draft = world.owed(right, &[("200.00", Some("2023-07-01")), ("800.00", Some("2024-07-01"))]);
        world.pay(right, "I6-1", "2023-07-01", "200.00", "收1").unwrap();
        let second = world.pay(right, "I6-2", "2024-06-30", "300.00", "收2").unwrap();
        let settle = SettleTrueUp {
            effective_on: day("2024-07-11"),
            assessment: draft,
            reserves_assessed: number("100"),
            reserves_used: number(used),
        };
        let settled = world.on(right, OnRight::TrueUp(settle)).unwrap();
        // On 2024-07-11 500.00 of the second item were ten days late: 10.00.
        if collect {
            // due 800, paid 500: 300 more
            stands(&world, right, "2025-01-01", ["800.00", "500.00", "0.00", "300.00", "0.00", "10.00", "10.00"]);
            world.pay(right, &format!("I{settled}-1"), "2024-08-01", "300.00", "收3").unwrap();
            world.pay(right, "I6-2", "2024-08-01", "10.00", "收4").unwrap();
            stands(&world, right, "2025-01-01", ["800.00", "800.00", "0.00", "0.00", "0.00", "10.00", "0.00"]);
        } else {
            // due 250, paid 500: the latest payment gives 250 back
            stands(&world, right, "2025-01-01", ["250.00", "250.00", "0.00", "0.00", "250.00", "10.00", "10.00"]);
            let Event::TrueUpSettled(event) = world.store.entry(settled).unwrap().unwrap().entry.event else {
                panic!()
            };
            assert_eq!(
                event.refunds.iter().map(|refund| (refund.payment, refund.amount)).collect::<Vec<_>>(),
                [(second, yuan("250.00"))]
            );
            let refund = PayRefund {
                effective_on: day("2024-09-01"),
                payment: second,
                amount: number("250.00"),
                reason: "退库",
                cause: None,
                document: None,
            };
            world.on(right, OnRight::Refund(refund)).unwrap();
            stands(&world, right, "2025-01-01", ["250.00", "250.00", "0.00", "0.00", "0.00", "10.00", "10.00"]);
        }
        assert_eq!(
            world.history(right, "2025-01-01").items.values().filter(|item| item.kind == ItemKind::TrueUp).count(),
            usize::from(collect)
        );
        assert_eq!(world.store.verify().unwrap().damage, None);
    }
}

fn what_was_known_before_a_correction_can_be_asked_for(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "100.00", "收1").unwrap();
    let known_at = world.store.head().unwrap().recorded_at;
    std::thread::sleep(std::time::Duration::from_millis(5));
    world.ask(reverse(paid, "2023-06-10")).unwrap();
    let paid_then = |known_at| {
        let query = BalanceQuery { known_at, as_of: Some(day("2023-06-10")), subject: None };
        let balances = world.store.balances(query).unwrap();
        Yuan::sum(balances.iter().filter(|balance| balance.account.code() == "paid").map(|balance| balance.amount))
    };
    assert_eq!(paid_then(Some(known_at)), Ok(yuan("-100.00")));
    assert_eq!(paid_then(None), Ok(Yuan::ZERO));
}

fn registrations_are_checked(kind: Kind) {
    let world = World::of(kind);
    let party = world.party("91350100M000100Y43");
    let again = ask!(Command::RegisterParty(RegisterParty {
        effective_on: day("2023-05-01"),
        code: "91350100M000100Y43",
        name: "乙公司"
    }));
    assert_eq!(world.ask(again), Err(No::Conflict));
    let wrong = ask!(Command::RegisterParty(RegisterParty {
        effective_on: day("2023-05-01"),
        code: "91330100799655058A",
        name: " "
    }));
    assert_eq!(world.ask(wrong), Err(No::Faults(vec!["/code".to_owned(), "/name".to_owned()])));
    world.right_of(party, "C1");
    assert_eq!(world.ask(super::world::register(party, "C1".to_owned())), Err(No::Conflict));
    assert_eq!(world.ask(super::world::register(999, "C2".to_owned())), Err(No::Faults(vec!["/holder".to_owned()])));
    assert_eq!(world.ask(reverse(2, "2023-05-01")), Err(No::Conflict), "a right rests on it");
    // The rate of a competitive grant is that of the day of its contract.
    let holder: &'static str = format!("P{party}").leak();
    let won = |contract_signed_on: Option<&str>| {
        let contract_signed_on = contract_signed_on.map(day);
        ask!(Command::RegisterRight(RegisterRight {
            effective_on: day("2024-01-01"),
            right: Right::Mining,
            holder,
            licence_number: "C3",
            contract_number: None,
            contract_signed_on,
            transfer_mode: TransferMode::Competitive,
            contract_rate_percent: None,
            division: "370105",
            area: AreaKind::Land,
            scheme: None,
            minerals: vec!["煤"],
            area_km2: number("1"),
            term_from: None,
            term_to: None,
            mine_scale: None,
        }))
    };
    assert_eq!(world.ask(won(None)), Err(No::Faults(vec!["/contract_signed_on".to_owned()])));
    let too_late = world.ask(won(Some("2024-01-02")));
    assert_eq!(too_late, Err(No::Faults(vec!["/contract_signed_on".to_owned()])), "registered before its contract");
    let right = world.ask(won(Some("2023-12-01"))).unwrap();
    declare(&world, RightId(right), 2024, "2025-01-15").unwrap();
}

fn what_was_refunded_as_overpaid_does_not_count_in_a_true_up(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    let draft = world.owed(right, &[("1000.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-07-01", "1100.00", "收1").unwrap();
    let refund = |on: &str, amount: &'static str| {
        let (effective_on, amount) = (day(on), number(amount));
        OnRight::Refund(PayRefund {
            effective_on, payment: paid, amount, reason: "退库", cause: None, document: None
        })
    };
    world.on(right, refund("2023-08-01", "100.00")).unwrap();
    let settle = SettleTrueUp {
        effective_on: day("2024-07-11"),
        assessment: draft,
        reserves_assessed: number("10"),
        reserves_used: number("4"),
    };
    let settled = world.on(right, OnRight::TrueUp(settle.clone())).unwrap();
    assert_eq!(world.on(right, OnRight::TrueUp(settle)), Err(No::Conflict), "once");
    stands(&world, right, "2025-01-01", ["400.00", "400.00", "0.00", "0.00", "600.00", "0.00", "0.00"]);
    world.on(right, refund("2024-09-01", "600.00")).unwrap();
    stands(&world, right, "2025-01-01", ["400.00", "400.00", "0.00", "0.00", "0.00", "0.00", "0.00"]);
    assert_eq!(world.ask(reverse(settled, "2024-09-02")), Err(No::Conflict), "the refund rests on it");
    // As it stood before the cancellation.
    stands(&world, right, "2024-07-10", ["1000.00", "1000.00", "0.00", "0.00", "0.00", "0.00", "0.00"]);
}

fn a_deferral_stops_the_late_fee_and_gives_time(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("1000.00", Some("2023-07-01")), ("500.00", None)]);
    let defer = |on: &str, from: &str, to: &str| {
        let (effective_on, from, to) = (day(on), day(from), day(to));
        OnRight::Defer(ApproveDeferral { effective_on, item: "I6-1", from, to, approval: "财综〔2023〕30号" })
    };
    let faulty = |pointer: &str| Err(No::Faults(vec![pointer.to_owned()]));
    assert_eq!(world.on(right, defer("2023-06-20", "2023-07-02", "2023-07-01")), faulty("/to"), "backward");
    assert_eq!(world.on(right, defer("2023-06-20", "2023-06-25", "2023-07-01")), faulty("/to"), "before it falls due");
    let other = OnRight::Defer(ApproveDeferral {
        effective_on: day("2023-06-20"),
        item: "I6-2",
        from: day("2023-07-02"),
        to: day("2023-07-31"),
        approval: " ",
    });
    assert_eq!(world.on(right, other.clone()), faulty("/approval"));
    let OnRight::Defer(other) = other else { panic!() };
    let other = OnRight::Defer(ApproveDeferral { approval: "批1", ..other });
    assert_eq!(world.on(right, other), Err(No::Conflict), "it waits for a notice");

    // Two deferrals without a day between them: nothing is late until the end of the second.
    world.on(right, defer("2023-06-20", "2023-07-02", "2023-07-31")).unwrap();
    let second = world.on(right, defer("2023-07-20", "2023-08-01", "2023-08-10")).unwrap();
    stands(&world, right, "2023-08-10", ["1500.00", "0.00", "0.00", "1500.00", "0.00", "0.00", "0.00"]);
    let list = |as_of: &str| {
        let history = world.history(right, as_of);
        [worklist::due_soon(&history, day(as_of)).count(), worklist::overdue(&history, day(as_of)).count()]
    };
    assert_eq!(list("2023-07-19"), [1, 0], "due on 31 July");
    assert_eq!(list("2023-07-05"), [1, 0], "as it was known on 5 July");
    assert_eq!(list("2023-08-11"), [0, 1]);
    // 1000 × 0.002 × 10 days after 10 August = 20.
    stands(&world, right, "2023-08-20", ["1500.00", "0.00", "1000.00", "500.00", "0.00", "20.00", "20.00"]);
    world.ask(reverse(second, "2023-08-20")).unwrap();
    // As of 20 August only July is deferred: 20 days = 40.
    stands(&world, right, "2023-08-20", ["1500.00", "0.00", "1000.00", "500.00", "0.00", "40.00", "40.00"]);
    // A deferral that begins after the due date takes its days out, and nothing is overdue on them.
    let third = world.on(right, defer("2023-08-20", "2023-08-21", "2023-08-30")).unwrap();
    stands(&world, right, "2023-08-25", ["1500.00", "0.00", "0.00", "1500.00", "0.00", "40.00", "40.00"]);
    assert_eq!(list("2023-08-25"), [1, 0]);
    let paid = world.pay(right, "I6-1", "2023-08-25", "1040.00", "收1").unwrap();
    stands(&world, right, "2023-09-30", ["1500.00", "1000.00", "0.00", "500.00", "0.00", "40.00", "0.00"]);
    assert_eq!(world.ask(reverse(third, "2023-09-01")), Err(No::Conflict), "the payment rests on it");
    assert_eq!(world.on(right, defer("2023-09-01", "2023-09-02", "2023-09-03")), Err(No::Conflict), "it is paid");
    world.ask(reverse(paid, "2023-09-01")).unwrap();
    world.pay(right, "I6-1", "2023-09-05", "1.00", "收2").unwrap();
    assert_eq!(
        world.on(right, defer("2023-09-05", "2023-09-05", "2023-09-30")),
        Err(No::Conflict),
        "money moved that day"
    );
    world.on(right, defer("2023-09-05", "2023-09-06", "2023-09-30")).unwrap();
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_late_fee_without_a_rule_is_unknown_and_the_principal_is_told(kind: Kind) {
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("1000.00", Some("2017-06-30")), ("500.00", Some("2023-07-01"))]);
    // The second item is ten days late: 10.00. The first is due a day before the first rule.
    stands(&world, right, "2023-07-11", ["1500.00", "0.00", "1500.00", "0.00", "0.00", "?", "?"]);
    let statement = world.statement(right, "2023-07-11");
    let reason = statement.lines[0].late_fee.reason().unwrap();
    assert!(reason.zh.contains("2017-06-30") && reason.en.contains("late-fee"), "{reason:?}");
    assert_eq!(statement.lines[1].figures.late_fee, Some(yuan("10.00")));
    assert_eq!(world.pay(right, "I6-1", "2023-07-11", "1000.01", "收1"), Err(No::Faults(vec!["/item".to_owned()])));
    let charge = OnRight::ChargeLateFee(ChargeLateFee { item: "I6-1", as_of: day("2023-07-11") });
    assert_eq!(world.on(right, charge), Err(No::Faults(vec!["/item".to_owned()])));
    let settle = SettleTrueUp {
        effective_on: day("2023-07-11"),
        assessment: 4,
        reserves_assessed: number("10"),
        reserves_used: number("10"),
    };
    assert_eq!(world.on(right, OnRight::TrueUp(settle)), Err(No::Faults(vec!["/assessment".to_owned()])));
    world.pay(right, "I6-1", "2023-07-11", "1000.00", "收1").unwrap();
    stands(&world, right, "2023-07-11", ["1500.00", "1000.00", "500.00", "0.00", "0.00", "?", "?"]);
}

fn what_another_instance_records_is_seen_at_once(kind: Kind) {
    let world = World::of(kind);
    let other = world.folder.place().open(Default::default()).unwrap();
    let memory = Memory::default();
    let right = world.right();
    let known = |right| memory.now(&*world.store).unwrap().rights.get(&right).map(|known| known.history.items.len());
    assert_eq!(known(right), Some(0));
    let drafted = world.owed(right, &[("100.00", None)]);
    assert_eq!(known(right), Some(1));
    let before = memory.now(&*world.store).unwrap();
    // Reversed by the other instance.
    submit(&*other, "first", None, reverse(drafted + 2, "2023-06-02")).unwrap();
    assert_eq!(known(right), Some(0));
    assert_eq!(before.rights[&right].history.items.len(), 1, "what was handed out does not change");
}
