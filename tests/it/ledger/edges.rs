//! Decisions at their edges: the day itself and the day beside it, the amount itself and a fen more, and what stands in the
//! journal beside what is decided about.

use lode::domain::books::account::Account;
use lode::domain::books::command::*;
use lode::domain::books::entry::{ItemId, PartyId, RightId, Seq, Subject};
use lode::domain::books::event::{Acceptance, Event, ItemKind, Part};
use lode::domain::books::history::{RightHistory, Standing};
use lode::domain::books::worklist;
use lode::domain::catalogue::LevyMethod;
use lode::domain::due_date::HolidayShift;
use lode::domain::instalment::MineScale;
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::quantity::Number;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;

use crate::boundaries::line;

use super::world::{
    BOOK, No, World, ask, confirm, day, draft, exploration_right, faulty, nothing_corrected, number, reverse, serve,
    yuan,
};

fn part(kind: ItemKind, amount: &str, due_on: Option<&str>) -> Part {
    Part { kind, amount: yuan(amount), due_on: due_on.map(day), levy_method: Some(LevyMethod::Amount), rule: None }
}

/// Drafts, confirms and plans: the numbers of draft and plan.
fn planned(world: &World, right: RightId, on: &str, parts: Vec<Part>) -> Result<(Seq, Seq), No> {
    let drafted = world.on(right, OnRight::Assess(draft(parts)))?;
    world.by("second", confirm(drafted))?;
    let plan = world.on(right, OnRight::Plan(SetPlan { effective_on: day(on), assessment: drafted }))?;
    Ok((drafted, plan))
}

fn text(text: String) -> &'static str {
    text.leak()
}

const CODES: [&str; 3] = ["91350100M000100Y43", "914403001922038216", "91110000710925462X"];

#[test]
fn the_code_before_a_correction_is_that_of_the_last_one_that_stands() {
    let correct = |world: &World, id: Seq, code: &'static str| {
        let body = CorrectParty { effective_on: None, code: Some(code), name: None, reason: "更正" };
        world.ask(ask!(Command::CorrectParty(PartyId(id), body.clone()))).unwrap()
    };
    let [first, second, third] = CODES;
    // Registered by the first code, corrected to the second, to the third and back to the first. Taken back, the last
    // correction gives the code before it: whoever has another one of these is not in the way.
    for (taken, stands) in [(second, true), (third, false)] {
        let world = World::new();
        let id = world.party(first);
        correct(&world, id, second);
        correct(&world, id, third);
        let last = correct(&world, id, first);
        // Of somebody else, with a correction in between.
        let other = world.party(taken);
        assert_eq!(world.ask(reverse(last, "2023-05-01")).is_ok(), stands, "{taken} is that of {other}");
    }
    // One that was taken back does not come back.
    let world = World::new();
    let id = world.party(first);
    correct(&world, id, second);
    let middle = correct(&world, id, third);
    world.ask(reverse(middle, "2023-05-01")).unwrap();
    let last = correct(&world, id, first);
    world.party(third);
    world.ask(reverse(last, "2023-05-01")).unwrap();
    // Nor one that was made later, by somebody else, or of the name alone.
    let world = World::new();
    let id = world.party(first);
    let corrected = correct(&world, id, second);
    let renamed = CorrectParty { effective_on: None, code: None, name: Some("乙公司"), reason: "更名" };
    let renamed = world.ask(ask!(Command::CorrectParty(PartyId(id), renamed.clone()))).unwrap();
    world.ask(reverse(renamed, "2023-05-01")).unwrap();
    let other = world.party(third);
    assert_eq!(world.ask(reverse(corrected, "2023-05-01")).map(|_| ()), Ok(()), "{other}");
}

#[test]
fn the_code_before_is_that_of_the_same_party() {
    let correct = |world: &World, id: Seq, code: &'static str| {
        let body = CorrectParty { effective_on: None, code: Some(code), name: None, reason: "更正" };
        world.ask(ask!(Command::CorrectParty(PartyId(id), body.clone()))).unwrap()
    };
    let [first, second, third] = CODES;
    let world = World::new();
    let (one, other) = (world.party(first), world.party(second));
    // The other party's code was the third one, and is the second one again.
    let there = correct(&world, other, third);
    world.ask(reverse(there, "2023-05-01")).unwrap();
    let there = correct(&world, other, third);
    let here = correct(&world, one, second);
    assert_eq!(world.ask(reverse(there, "2023-05-01")), Err(No::Conflict), "its code has been taken");
    world.ask(reverse(here, "2023-05-01")).unwrap();
    world.ask(reverse(there, "2023-05-01")).unwrap();
}

fn exploration(world: &World, holder: &'static str, licence: &'static str, parts: Vec<Part>) -> (RightId, Seq) {
    let right = world.ask(ask!(Command::RegisterRight(exploration_right(holder, licence))));
    let right = RightId(right.unwrap());
    let (_, plan) = planned(world, right, "2023-06-01", parts).unwrap();
    (right, plan)
}

fn convert(world: &World, from: RightId, to: RightId, on: &str) -> Result<Seq, No> {
    let (effective_on, to) = (day(on), text(to.to_string()));
    world.on(from, OnRight::Convert(ConvertRight { effective_on, to, reason: "转采1号" }))
}

#[test]
fn a_conversion_is_taken_back_unless_its_rest_goes_on() {
    let world = World::new();
    let holder = text(format!("P{}", world.party(CODES[0])));
    let waiting = || vec![part(ItemKind::Price, "200.00", None), part(ItemKind::OnConversion, "800.00", None)];
    let (from, _) = exploration(&world, holder, "T1", waiting());
    let mining = world.right_of(2, "C1");
    let each = |kind| vec![part(kind, "1.00", Some("2030-06-01"))];
    // Instalments of before the conversion, and a price of after it, have nothing to do with it.
    planned(&world, mining, "2023-06-01", each(ItemKind::Instalment)).unwrap();
    let converted = convert(&world, from, mining, "2025-06-01").unwrap();
    planned(&world, mining, "2025-06-02", each(ItemKind::Price)).unwrap();
    world.ask(reverse(converted, "2025-06-01")).unwrap();
    let converted = convert(&world, from, mining, "2025-06-01").unwrap();
    let mixed = vec![part(ItemKind::Instalment, "1.00", Some("2030-06-01")), part(ItemKind::Price, "1.00", None)];
    planned(&world, mining, "2025-06-02", mixed).unwrap();
    world.ask(reverse(converted, "2025-06-01")).unwrap();
    let converted = convert(&world, from, mining, "2025-06-01").unwrap();
    planned(&world, mining, "2025-06-02", each(ItemKind::Instalment)).unwrap();
    assert_eq!(world.ask(reverse(converted, "2025-06-01")), Err(No::Conflict));
}

#[test]
fn what_goes_on_after_a_conversion_is_at_most_its_rest() {
    for (last, goes_on) in [("400.00", true), ("400.01", false)] {
        let world = World::new();
        let holder = text(format!("P{}", world.party(CODES[0])));
        let (from, _) = exploration(&world, holder, "T1", vec![part(ItemKind::OnConversion, "800.00", None)]);
        let mining = world.right_of(2, "C1");
        convert(&world, from, mining, "2025-06-01").unwrap();
        let instalment = |amount: &str| part(ItemKind::Instalment, amount, Some("2030-06-01"));
        // A plan with anything else in it is one of the mining right's own.
        let own = vec![instalment("900.00"), part(ItemKind::Price, "1.00", None)];
        planned(&world, mining, "2025-06-02", own).unwrap();
        let rest = planned(&world, mining, "2025-06-02", vec![instalment("400.00"), instalment(last)]);
        assert_eq!(rest.is_ok(), goes_on, "{last}");
    }
}

#[test]
fn a_conversion_needs_a_mining_right_that_is_there() {
    let world = World::new();
    let holder = text(format!("P{}", world.party(CODES[0])));
    let (from, _) = exploration(&world, holder, "T1", vec![part(ItemKind::OnConversion, "800.00", None)]);
    // Registered on 1 May 2023, like the exploration right on 1 June.
    let mining = world.right_of(2, "C1");
    let close = CloseRight { effective_on: day("2024-01-01"), reason: "注销" };
    let closed = world.on(mining, OnRight::Close(close)).unwrap();
    assert_eq!(convert(&world, from, mining, "2025-06-01"), Err(No::Conflict));
    world.ask(reverse(closed, "2024-01-01")).unwrap();
    assert_eq!(convert(&world, from, mining, "2023-05-31"), faulty(&["/effective_on"]));
    convert(&world, from, mining, "2023-06-01").unwrap();
}

/// A declaration of coal on the right, changed as a test wants.
fn declaration(on: &str, year: i64) -> FileDeclaration<'static> {
    FileDeclaration {
        effective_on: day(on),
        year,
        lines: vec![Line { revenue: Some(number("1000.00")), ..line("煤", Product::RawOre) }],
        combine_as: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
        form: GeneralForm::default(),
    }
}

fn declare(world: &World, right: RightId, body: FileDeclaration<'static>) -> Result<Seq, No> {
    world.on(right, OnRight::Declare(body, "{}"))
}

#[test]
fn the_period_of_a_form_lies_in_the_year_to_its_ends() {
    let world = World::new();
    let right = world.right();
    let with = |from: Option<&str>, to: Option<&str>| {
        let form = GeneralForm { period_from: from.map(day), period_to: to.map(day), ..GeneralForm::default() };
        let filed = declare(&world, right, FileDeclaration { form, ..declaration("2025-01-10", 2024) });
        filed.map(|seq| {
            let Event::DeclarationFiled(filed) = world.store.entry(seq).unwrap().unwrap().entry.event else { panic!() };
            world.ask(reverse(seq, "2025-01-10")).unwrap();
            [filed.period_from, filed.period_to].map(|day| day.unwrap().to_string())
        })
    };
    let whole = || Ok(["2024-01-01", "2024-12-31"].map(str::to_owned));
    assert_eq!(with(None, None), whole());
    assert_eq!(with(Some("2024-01-01"), Some("2024-12-31")), whole());
    assert_eq!(with(Some("2024-12-31"), None), Ok(["2024-12-31", "2024-12-31"].map(str::to_owned)));
    assert_eq!(with(None, Some("2024-01-01")), Ok(["2024-01-01", "2024-01-01"].map(str::to_owned)));
    assert_eq!(with(Some("2023-12-31"), None), faulty(&["/form/period_from"]));
    assert_eq!(with(Some("2025-01-01"), None), faulty(&["/form/period_from", "/form/period_to"]));
    assert_eq!(with(None, Some("2025-01-01")), faulty(&["/form/period_to"]));
    assert_eq!(with(None, Some("2023-12-31")), faulty(&["/form/period_to"]));
}

#[test]
fn the_general_form_adds_up() {
    let world = World::new();
    let right = world.right();
    // 1 000.00 of sales at 2.4 %: 24.00.
    let filed = |form| {
        let seq = declare(&world, right, FileDeclaration { form, ..declaration("2025-01-10", 2024) })?;
        let Event::DeclarationFiled(filed) = world.store.entry(seq).unwrap().unwrap().entry.event else { panic!() };
        world.ask(reverse(seq, "2025-01-10")).unwrap();
        let amounts = [filed.base, filed.deduction, filed.payable, filed.reduction, filed.already_paid, filed.to_pay];
        Ok(amounts.map(|amount| amount.unwrap().to_string()))
    };
    let form = |base: Option<&str>, deduction: Option<&str>, already_paid: Option<&str>| GeneralForm {
        base: base.map(number),
        deduction: deduction.map(number),
        already_paid: already_paid.map(number),
        ..GeneralForm::default()
    };
    let owned = |amounts: [&str; 6]| Ok(amounts.map(str::to_owned));
    assert_eq!(filed(form(None, None, None)), owned(["1000.00", "0.00", "24.00", "0.00", "0.00", "24.00"]));
    assert_eq!(
        filed(form(Some("1200.00"), None, Some("4.00"))),
        owned(["1200.00", "200.00", "24.00", "0.00", "4.00", "20.00"])
    );
    assert_eq!(
        filed(form(None, Some("200.00"), Some("30.00"))),
        owned(["1200.00", "200.00", "24.00", "0.00", "30.00", "-6.00"])
    );
    assert_eq!(filed(form(Some("1000.00"), None, None)), owned(["1000.00", "0.00", "24.00", "0.00", "0.00", "24.00"]));
    assert_eq!(filed(form(Some("999.99"), None, None)), faulty(&["/form/base"]), "nothing negative is deducted");
    assert_eq!(filed(form(Some("1200.00"), Some("199.99"), None)), faulty(&["/form/base"]));
    assert_eq!(filed(form(Some("-1.00"), None, None)), faulty(&["/form/base"]));
    assert_eq!(filed(form(None, Some("-1.00"), None)), faulty(&["/form/deduction"]));
    assert_eq!(filed(form(None, None, Some("-1.00"))), faulty(&["/form/already_paid"]));
    let reduction = lode::domain::transfer_income::Reduction { percent: number("25"), approval: "批1号" };
    let body = FileDeclaration { reduction: Some(reduction), ..declaration("2025-01-10", 2024) };
    let seq = declare(&world, right, body).unwrap();
    let Event::DeclarationFiled(filed) = world.store.entry(seq).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(
        (filed.income, filed.payable, filed.reduction),
        (yuan("18.00"), Some(yuan("24.00")), Some(yuan("6.00")))
    );
}

#[test]
fn a_declaration_is_of_the_rights_minerals_and_days() {
    let world = World::new();
    let party = world.party(CODES[0]);
    let registered = |minerals: Vec<&'static str>, licence: &'static str| {
        let holder = format!("P{party}");
        let right = world.ask(ask!(Command::RegisterRight(RegisterRight {
            effective_on: day("2024-01-01"),
            right: Right::Mining,
            holder: &holder,
            licence_number: licence,
            contract_number: None,
            contract_signed_on: Some(day("2024-01-01")),
            transfer_mode: TransferMode::Agreement,
            contract_rate_percent: None,
            division: "370105",
            area: AreaKind::Land,
            scheme: None,
            minerals: minerals.clone(),
            area_km2: number("1"),
            term_from: None,
            term_to: None,
            mine_scale: None,
        })));
        RightId(right.unwrap())
    };
    let of = |right, mineral: &'static str| {
        let lines = vec![Line { revenue: Some(number("1000.00")), ..line(mineral, Product::Concentrate) }];
        declare(&world, right, FileDeclaration { lines, ..declaration("2025-01-10", 2024) }).map(|seq| {
            world.ask(reverse(seq, "2025-01-10")).unwrap();
        })
    };
    // A right of a group declares its members; one of all members declares the group; others are not its own.
    let (group, members, lead) =
        (registered(vec!["铅锌"], "C1"), registered(vec!["铅", "锌"], "C2"), registered(vec!["铅"], "C3"));
    let not_registered = || faulty(&["/lines/0/mineral"]);
    assert_eq!([of(group, "铅锌"), of(group, "铅"), of(group, "锌")], [Ok(()), Ok(()), Ok(())]);
    assert_eq!([of(members, "铅锌"), of(members, "铅"), of(members, "锌")], [Ok(()), Ok(()), Ok(())]);
    assert_eq!([of(lead, "铅锌"), of(lead, "铅"), of(lead, "锌")], [not_registered(), Ok(()), not_registered()]);
    assert_eq!(of(group, "金"), not_registered());
    assert_eq!(of(group, "无此矿"), not_registered());
    // Declared from the registration on, in its year or later.
    assert_eq!(
        declare(&world, lead, declaration("2023-12-31", 2023)),
        faulty(&["/effective_on", "/lines/0/mineral", "/lines/0/sold_on"])
    );
}

#[test]
fn what_is_declared_is_of_a_year_that_has_begun_and_a_right_that_is_open() {
    let world = World::new();
    let right = world.right();
    assert_eq!(declare(&world, right, declaration("2024-12-31", 2025)), faulty(&["/year"]));
    let early = declare(&world, right, declaration("2024-12-31", 2024)).unwrap();
    world.ask(reverse(early, "2024-12-31")).unwrap();
    world.on(right, OnRight::Close(CloseRight { effective_on: day("2024-06-30"), reason: "注销" })).unwrap();
    assert_eq!(declare(&world, right, declaration("2026-01-10", 2025)), faulty(&["/year"]));
    let sold = |on: &str| {
        let lines = declaration("2025-01-10", 2024).lines;
        let lines = lines.into_iter().map(|line| Line { sold_on: Some(day(on)), ..line }).collect();
        declare(&world, right, FileDeclaration { lines, ..declaration("2025-01-10", 2024) })
    };
    assert_eq!(sold("2024-07-01"), faulty(&["/lines/0/sold_on"]));
    sold("2024-06-30").unwrap();
    // On the day of the registration, for its year.
    let other = world.right_of(2, "C2");
    let registered = declaration("2023-05-01", 2023);
    let lines = registered.lines.iter().map(|line| Line { sold_on: Some(day("2023-05-01")), ..line.clone() }).collect();
    declare(&world, other, FileDeclaration { lines, ..registered }).unwrap();
}

fn notify(world: &World, right: RightId, on: &str, items: Vec<&'static str>) -> Result<Seq, No> {
    world.on(right, OnRight::Notify(IssueNotice { effective_on: day(on), items }))
}

#[test]
fn a_notice_is_over_what_is_open_each_item_once() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("100.00", None), ("50.00", None), ("1.00", None)]);
    world.pay(right, "I6-1", "2023-06-05", "100.00", "收1").unwrap();
    world.pay(right, "I6-2", "2023-06-05", "49.99", "收2").unwrap();
    assert_eq!(notify(&world, right, "2023-06-06", vec!["I6-1"]), faulty(&["/items/0"]), "it is paid");
    assert_eq!(notify(&world, right, "2023-06-06", vec!["I6-2", "I6-3", "I6-2"]), faulty(&["/items/2"]), "twice");
    assert_eq!(notify(&world, right, "2023-05-31", vec!["I6-2"]), faulty(&["/effective_on"]), "before the plan");
    let issued = notify(&world, right, "2023-06-06", vec!["I6-2", "I6-3"]).unwrap();
    let Event::NoticeIssued(notice) = world.store.entry(issued).unwrap().unwrap().entry.event else { panic!() };
    let items: Vec<_> = notice.items.iter().map(|line| (line.item.to_string(), line.amount)).collect();
    assert_eq!(items, [("I6-2".to_owned(), yuan("0.01")), ("I6-3".to_owned(), yuan("1.00"))]);
    assert_eq!((notice.total, notice.notice_days), (yuan("1.01"), Some(30)));
    assert_eq!((notice.office, notice.contact), (None, None));
    // In the name of an office.
    world.ask(reverse(issued, "2023-06-06")).unwrap();
    let (body, office) = (
        IssueNotice { effective_on: day("2023-06-06"), items: vec!["I6-3"] },
        Office { name: "某局", contact: Some("电话") },
    );
    let issued = world.on(right, OnRight::NotifyFrom(body, office)).unwrap();
    let Event::NoticeIssued(notice) = world.store.entry(issued).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!((notice.office.as_deref(), notice.contact.as_deref()), (Some("某局"), Some("电话")));
}

#[test]
fn a_notice_with_one_item_without_a_due_date_counts_its_days() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("100.00", Some("2024-07-01")), ("50.00", None), ("1.00", Some("2024-07-01"))]);
    let days = |items| {
        let issued = notify(&world, right, "2023-06-06", items).unwrap();
        let Event::NoticeIssued(notice) = world.store.entry(issued).unwrap().unwrap().entry.event else { panic!() };
        (issued, notice.number, notice.notice_days)
    };
    assert_eq!(days(vec!["I6-3"]).2, None);
    let (_, number, counted) = days(vec!["I6-1", "I6-2"]);
    assert_eq!(counted, Some(30));
    assert_eq!(world.ask(serve(&number, "2023-06-05")), faulty(&["/received_on"]), "before it was issued");
    let served = world.ask(serve(&number, "2023-06-06")).unwrap();
    let Event::NoticeServed(event) = world.store.entry(served).unwrap().unwrap().entry.event else { panic!() };
    // The date that was agreed stays.
    let due: Vec<_> = event.due.iter().map(|due| (due.item.to_string(), due.due_on)).collect();
    assert_eq!(due, [("I6-2".to_owned(), day("2023-07-06"))]);
    let dates = world.history(right, "2023-06-06").items.into_values().map(|item| item.due_on);
    assert_eq!(dates.collect::<Vec<_>>(), [Some(day("2024-07-01")), Some(day("2023-07-06")), Some(day("2024-07-01"))]);
}

#[test]
fn a_service_comes_after_no_money_beyond_its_due_date() {
    // Received on 14 June: due on 14 July. What was left over on that day was on time.
    for (paid_on, amount, served) in
        [("2023-07-14", "120.00", true), ("2023-07-15", "120.00", false), ("2023-07-15", "100.00", true)]
    {
        let world = World::new();
        let right = world.right();
        world.owed(right, &[("100.00", None)]);
        notify(&world, right, "2023-06-12", vec!["I6-1"]).unwrap();
        world.pay(right, "I6-1", paid_on, amount, "收1").unwrap();
        assert_eq!(world.ask(serve("3701052023000001", "2023-06-14")).is_ok(), served, "{paid_on} {amount}");
    }
}

fn defer(world: &World, right: RightId, on: &str, [from, to]: [&str; 2]) -> Result<Seq, No> {
    let (effective_on, from, to) = (day(on), day(from), day(to));
    world.on(right, OnRight::Defer(ApproveDeferral { effective_on, item: "I6-1", from, to, approval: "缓缴1号" }))
}

#[test]
fn a_deferral_ends_after_the_due_date_and_begins_after_the_money() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("100.00", Some("2023-07-01")), ("50.00", None)]);
    world.pay(right, "I6-1", "2023-06-20", "40.00", "收1").unwrap();
    assert_eq!(defer(&world, right, "2023-06-25", ["2023-07-03", "2023-07-02"]), faulty(&["/to"]));
    assert_eq!(defer(&world, right, "2023-06-25", ["2023-06-25", "2023-07-01"]), faulty(&["/to"]));
    assert_eq!(defer(&world, right, "2023-06-25", ["2023-06-20", "2023-07-10"]), Err(No::Conflict));
    assert_eq!(defer(&world, right, "2023-06-19", ["2023-07-02", "2023-07-10"]), Err(No::Conflict), "money has moved");
    defer(&world, right, "2023-06-20", ["2023-06-21", "2023-07-02"]).unwrap();
    let item = world.history(right, "2023-06-25").items.into_values().next().unwrap();
    assert_eq!(item.payable_until(day("2023-06-25")), Some(day("2023-07-02")));
    assert_eq!((item.is_late(day("2023-07-02")), item.is_late(day("2023-07-03"))), (false, true));
    assert_eq!(item.deferred_until(day("2023-06-25")), Some(day("2023-07-02")));
    let second = ApproveDeferral {
        effective_on: day("2023-06-25"),
        item: "I6-2",
        from: day("2023-07-02"),
        to: day("2023-07-10"),
        approval: "缓缴2号",
    };
    assert_eq!(world.on(right, OnRight::Defer(second)), Err(No::Conflict), "it has no due date");
    world.pay(right, "I6-1", "2023-07-02", "60.00", "收2").unwrap();
    assert_eq!(defer(&world, right, "2023-07-03", ["2023-07-03", "2023-07-10"]), Err(No::Conflict), "it is paid");
}

fn settle(world: &World, right: RightId, draft: Seq, on: &str, [assessed, used]: [&str; 2]) -> Result<Seq, No> {
    let (effective_on, reserves_assessed, reserves_used) = (day(on), number(assessed), number(used));
    let body = SettleTrueUp { effective_on, assessment: draft, reserves_assessed, reserves_used };
    world.on(right, OnRight::TrueUp(body))
}

#[test]
fn a_true_up_over_payments_of_which_nothing_went_to_the_principal() {
    let world = World::new();
    let right = world.right();
    let drafted = world.owed(right, &[("1000.00", Some("2023-07-01"))]);
    // Ten days late: 20.00 of fee, paid by itself afterwards.
    world.pay(right, "I6-1", "2023-07-11", "1000.00", "收1").unwrap();
    world.pay(right, "I6-1", "2023-07-12", "20.00", "收2").unwrap();
    let settled = settle(&world, right, drafted, "2024-01-01", ["10.0", "10"]).unwrap();
    let entry = world.store.entry(settled).unwrap().unwrap().entry;
    let Event::TrueUpSettled(event) = &entry.event else { panic!() };
    // All was used: nothing is collected, nothing goes back.
    assert_eq!((event.due, event.difference, event.refunds.len()), (yuan("1000.00"), Yuan::ZERO, 0));
    assert_eq!(
        (event.reserves_assessed.to_string(), event.reserves_used.to_string()),
        ("10".to_owned(), "10".to_owned())
    );
    assert!(entry.set.postings().is_empty(), "{:?}", entry.set);
    let history = world.history(right, "2024-01-01");
    assert_eq!(history.items.len(), 1);
    assert_eq!(history.items.values().next().unwrap().settled_on, Some(day("2024-01-01")));
    assert_eq!(settle(&world, right, drafted, "2024-01-01", ["10", "10"]), Err(No::Conflict), "once");
}

#[test]
fn a_true_up_gives_its_faults_before_it_looks_at_payments() {
    let world = World::new();
    let right = world.right();
    let drafted = world.owed(right, &[("1000.00", None)]);
    let [assessed, used] = ["/reserves_assessed", "/reserves_used"];
    assert_eq!(settle(&world, right, drafted, "2024-01-01", ["0", "0"]), faulty(&[assessed]));
    assert_eq!(settle(&world, right, drafted, "2024-01-01", ["10", "-1"]), faulty(&[used]));
    assert_eq!(settle(&world, right, drafted, "2024-01-01", ["10", "10.00000001"]), faulty(&[used]));
    let beyond = SettleTrueUp {
        effective_on: day("2024-01-01"),
        assessment: drafted,
        reserves_assessed: Number::BeyondPrecision,
        reserves_used: Number::BeyondPrecision,
    };
    assert_eq!(world.on(right, OnRight::TrueUp(beyond)), faulty(&[assessed, used]));
    assert_eq!(settle(&world, right, 999, "2024-01-01", ["10", "5"]), faulty(&["/assessment"]));
    assert_eq!(settle(&world, right, drafted, "2023-05-31", ["10", "5"]), faulty(&["/effective_on"]));
    world.pay(right, "I6-1", "2024-01-02", "1.00", "收1").unwrap();
    assert_eq!(settle(&world, right, drafted, "2024-01-01", ["10", "5"]), Err(No::Conflict), "money moved later");
    settle(&world, right, drafted, "2024-01-02", ["10", "0"]).unwrap();
}

#[test]
fn what_is_trued_up_is_levied_by_amount() {
    let of = |kind, levy_method, rule: Option<&str>| Part {
        levy_method,
        rule: rule.map(str::to_owned),
        ..part(kind, "100.00", Some("2024-01-01"))
    };
    let (amount, rate) = (Some(LevyMethod::Amount), Some(LevyMethod::Rate));
    for (what, part, goes) in [
        ("arrears", of(ItemKind::Arrears, rate, None), false),
        ("a charge for the past", of(ItemKind::FundOccupation, None, None), true),
        ("instalments", of(ItemKind::Instalment, amount, None), true),
        ("a price part", of(ItemKind::Price, rate, None), false),
        ("art. 30(2)", of(ItemKind::Price, rate, Some("T7")), true),
        ("another row", of(ItemKind::Price, rate, Some("T9")), false),
        // Coal and limestone: either may be.
        ("not said", of(ItemKind::Price, None, None), true),
    ] {
        let world = World::new();
        let right = world.right();
        let (drafted, _) = planned(&world, right, "2023-06-01", vec![part]).unwrap();
        let settled = settle(&world, right, drafted, "2024-01-01", ["10", "5"]);
        assert_eq!(settled.map(|_| ()), if goes { Ok(()) } else { faulty(&["/assessment"]) }, "{what}");
    }
}

#[test]
fn after_a_true_up_no_fee_grows_and_money_goes_to_what_is_open() {
    let world = World::new();
    let right = world.right();
    let drafted = world.owed(right, &[("1000.00", Some("2023-07-01"))]);
    world.pay(right, "I6-1", "2023-07-11", "600.00", "收1").unwrap();
    // Due 800.00, 200.00 more than was paid: an item of its own. Of the fee 20.00 to 11 July, and 400 × 0.002 × 10.
    let settled = settle(&world, right, drafted, "2023-07-21", ["10", "8"]).unwrap();
    let history = world.history(right, "2023-07-21");
    let item = &history.items[&ItemId { entry: 6, number: 1 }];
    assert_eq!((item.total(), item.outstanding(), item.fee_charged()), (yuan("600.00"), Yuan::ZERO, yuan("28.00")));
    let collected = &history.items[&ItemId { entry: settled, number: 1 }];
    assert_eq!((collected.kind, collected.amount, collected.due_on), (ItemKind::TrueUp, yuan("200.00"), None));
    assert_eq!((collected.levy_method, collected.assessment), (Some(LevyMethod::Amount), Some(drafted)));
    // A year later the fee is the same: 28.00, and what is beyond it is left over.
    let paid = world.pay(right, "I6-1", "2024-07-21", "30.00", "收2").unwrap();
    let Event::PaymentBooked(event) = world.store.entry(paid).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(
        [event.to_principal, event.to_late_fee, event.overpaid, event.late_fee_charged].map(|it| it.to_string()),
        ["0.00", "28.00", "2.00", "0.00"]
    );
    let charge = ChargeLateFee { item: "I6-1", as_of: day("2024-07-21") };
    assert_eq!(world.on(right, OnRight::ChargeLateFee(charge)), Err(No::Conflict));
}

#[test]
fn a_fee_is_charged_beyond_what_was_charged_before() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("1000.00", Some("2023-07-01"))]);
    let charge = |on: &str| world.on(right, OnRight::ChargeLateFee(ChargeLateFee { item: "I6-1", as_of: day(on) }));
    assert_eq!(charge("2023-07-01"), Err(No::Conflict), "nothing is late");
    for (on, days, fee, before) in [("2023-07-02", 1, "2.00", "0.00"), ("2023-07-11", 10, "20.00", "2.00")] {
        let seq = charge(on).unwrap();
        let Event::LateFeeCharged(event) = world.store.entry(seq).unwrap().unwrap().entry.event else { panic!() };
        assert_eq!((event.days, event.late_fee, event.charged_before), (days, yuan(fee), yuan(before)));
    }
    let item = world.history(right, "2023-07-11").items.into_values().next().unwrap();
    assert_eq!((item.fee_charged(), item.balance(Account::LateFeeAssessed)), (yuan("20.00"), yuan("-20.00")));
    assert_eq!((item.moved_on, item.booked_on), (Some(day("2023-07-11")), Some(day("2023-07-11"))));
}

#[test]
fn a_refund_is_of_this_payment_and_after_it() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("1000.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "1010.00", "收1").unwrap();
    let again = world.pay(right, "I6-1", "2023-06-20", "5.00", "收2").unwrap();
    let refund = |payment, on: &str, amount: &'static str| {
        let (effective_on, amount) = (day(on), number(amount));
        let body = PayRefund { effective_on, payment, amount, reason: "多缴", cause: None, document: None };
        world.on(right, OnRight::Refund(body))
    };
    assert_eq!(refund(999, "2023-06-20", "1.00"), faulty(&["/payment"]));
    assert_eq!(refund(paid, "2023-06-20", "0.00"), faulty(&["/amount"]));
    assert_eq!(refund(paid, "2023-06-19", "1.00"), Err(No::Conflict), "money moved later");
    // 15.00 are left over on the item; of the second payment no more goes back than came in.
    assert_eq!(refund(again, "2023-06-20", "5.01"), Err(No::Conflict));
    refund(again, "2023-06-20", "5.00").unwrap();
    assert_eq!(refund(paid, "2023-06-20", "10.01"), Err(No::Conflict));
    refund(paid, "2023-06-20", "10.00").unwrap();
    assert_eq!(refund(paid, "2023-06-20", "0.01"), Err(No::Conflict));
}

#[test]
fn what_is_assessed_is_above_nothing() {
    let world = World::new();
    let right = world.right();
    for (amount, drafted) in [("0.01", Ok(())), ("0.00", faulty(&["/request"])), ("-0.01", faulty(&["/request"]))] {
        let parts = vec![part(ItemKind::Price, "1.00", None), part(ItemKind::Price, amount, None)];
        assert_eq!(world.on(right, OnRight::Assess(draft(parts))).map(|_| ()), drafted, "{amount}");
    }
    let early = DraftAssessment { effective_on: day("2023-04-30"), ..draft(vec![]) };
    assert_eq!(world.on(right, OnRight::Assess(early.clone())), faulty(&["/effective_on"]));
    let early = DraftAssessment { effective_on: day("2023-05-01"), ..early };
    let drafted = world.on(right, OnRight::Assess(early)).unwrap();
    let judged = |on: &str| {
        let effective_on = day(on);
        let body = JudgeAssessment { effective_on, verdict: Verdict::Confirm, reason: None };
        world.by("second", ask!(Command::JudgeAssessment(drafted, body.clone())))
    };
    assert_eq!(judged("2023-04-30"), faulty(&["/effective_on"]));
    judged("2023-05-01").unwrap();
    let known = &world.history(right, "2023-05-01").assessments[&drafted];
    assert_eq!((known.standing, known.judged_on), (Standing::Confirmed, Some(day("2023-05-01"))));
}

#[test]
fn texts_have_their_length() {
    let world = World::new();
    let right = world.right();
    let reason = |count: usize| text("由".repeat(count));
    let change = |reason: &'static str| {
        let body = ChangeRight {
            effective_on: day("2024-01-01"),
            added_minerals: vec![],
            term_from: None,
            term_to: Some(day("2044-01-01")),
            mine_scale: None,
            licence_number: None,
            reason,
        };
        world.on(right, OnRight::Change(body))
    };
    for wrong in [reason(0), reason(201), " ", "一\n二", "一\u{7}"] {
        assert_eq!(change(wrong), faulty(&["/reason"]), "{wrong:?}");
    }
    change(reason(1)).unwrap();
    let seq = change(text(format!(" {} ", reason(200)))).unwrap();
    let Event::RightChanged(event) = world.store.entry(seq).unwrap().unwrap().entry.event else { panic!() };
    assert_eq!(event.reason, reason(200), "without the space around it");
    let contract = |number: &'static str| {
        let body = CorrectRight { contract_number: Some(number), ..nothing_corrected() };
        world.on(right, OnRight::Correct(Box::new(body)))
    };
    for wrong in [text("号".repeat(61)), " ", "号\n", ""] {
        let told = contract(wrong);
        assert_eq!(told.is_err(), wrong != "号\n", "{wrong:?}: {told:?}");
    }
    assert_eq!(contract("号\u{7}号"), faulty(&["/contract_number"]));
    contract(text("号".repeat(60))).unwrap();
}

#[test]
fn a_correction_has_every_field_and_each_is_checked() {
    let world = World::new();
    let right = world.right();
    let other = text(format!("P{}", world.party(CODES[1])));
    let corrected = |body: CorrectRight<'static>| {
        world.on(right, OnRight::Correct(Box::new(body)))?;
        Ok::<_, No>(world.history(right, "2023-05-01"))
    };
    let none = nothing_corrected;
    for holder in ["P99", "R3", "某某", "P02"] {
        assert_eq!(corrected(CorrectRight { holder: Some(holder), ..none() }).err(), faulty::<()>(&["/holder"]).err());
    }
    let history = corrected(CorrectRight { holder: Some(other), ..none() }).unwrap();
    assert_eq!(history.registered.holder.to_string(), other);
    for division in ["37010x", "37", "3701055", "999999"] {
        let told = corrected(CorrectRight { division: Some(division), ..none() });
        assert_eq!(told.err(), faulty::<()>(&["/division"]).err(), "{division}");
    }
    let scheme = corrected(CorrectRight { scheme: Some("whole_region"), ..none() });
    assert_eq!(scheme.err(), faulty::<()>(&["/scheme"]).err(), "Shandong has no such class");
    let term = |from: Option<&str>, to: Option<&str>| {
        corrected(CorrectRight { term_from: from.map(day), term_to: to.map(day), ..none() })
    };
    // The licence is from 2023-05-01 to 2043-04-30.
    assert_eq!(term(None, Some("2023-04-30")).err(), faulty::<()>(&["/term_to"]).err());
    assert_eq!(term(Some("2043-05-01"), None).err(), faulty::<()>(&["/term_to"]).err());
    assert_eq!(term(None, Some("2023-05-01")).unwrap().term, (Some(day("2023-05-01")), Some(day("2023-05-01"))));
    assert_eq!(term(Some("2023-04-30"), None).unwrap().term.0, Some(day("2023-04-30")));
    let rate = |percent| corrected(CorrectRight { contract_rate_percent: Some(number(percent)), ..none() });
    assert_eq!(rate("100.01").err(), faulty::<()>(&["/contract_rate_percent"]).err());
    assert_eq!(rate("2.5").unwrap().registered.contract_rate_percent, Some("2.5".parse().unwrap()));
    let scale = corrected(CorrectRight { mine_scale: Some(MineScale::Small), ..none() }).unwrap();
    assert_eq!(scale.mine_scale, Some(MineScale::Small));
    let mode = corrected(CorrectRight { transfer_mode: Some(TransferMode::Competitive), ..none() }).unwrap();
    assert_eq!(mode.registered.transfer_mode, TransferMode::Competitive);
    let signed = |on: &str| corrected(CorrectRight { contract_signed_on: Some(day(on)), ..none() });
    assert_eq!(signed("2023-05-02").err(), faulty::<()>(&["/contract_signed_on"]).err());
    assert_eq!(signed("2023-04-30").unwrap().registered.contract_signed_on, Some(day("2023-04-30")));
}

#[test]
fn a_change_takes_something_else_in_its_turn() {
    let world = World::new();
    let right = world.right();
    let none = || ChangeRight {
        effective_on: day("2024-01-01"),
        added_minerals: Vec::new(),
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: None,
        reason: "变更1号",
    };
    let change = |body: ChangeRight<'static>| world.on(right, OnRight::Change(body));
    assert_eq!(change(none()), faulty(&[""]), "nothing changes");
    assert_eq!(
        change(ChangeRight { effective_on: day("2023-04-30"), mine_scale: Some(MineScale::Large), ..none() }),
        faulty(&["/effective_on"])
    );
    for body in [
        ChangeRight { added_minerals: vec!["铁"], ..none() },
        ChangeRight { term_from: Some(day("2023-06-01")), ..none() },
        ChangeRight { term_to: Some(day("2044-01-01")), ..none() },
        ChangeRight { mine_scale: Some(MineScale::Large), ..none() },
        ChangeRight { licence_number: Some("C2"), ..none() },
    ] {
        change(body.clone()).unwrap_or_else(|no| panic!("{body:?}: {no:?}"));
    }
    // New dates are held against those that stay.
    assert_eq!(change(ChangeRight { term_from: Some(day("2044-01-02")), ..none() }), faulty(&["/term_to"]));
    let now = world.history(right, "2024-01-01");
    assert_eq!(
        (now.term, now.mine_scale),
        ((Some(day("2023-06-01")), Some(day("2044-01-01"))), Some(MineScale::Large))
    );
    assert_eq!((&*now.licence_number, now.minerals.len()), ("C2", 3));
    // Before that day the right was as it was.
    let before = world.history(right, "2023-12-31");
    assert_eq!(
        (&*before.licence_number, before.minerals.len(), before.mine_scale),
        ("C100000000000000000001", 2, None)
    );
}

#[test]
fn a_right_changes_hands_in_order_of_time() {
    let world = World::new();
    let right = world.right();
    let [second, third] = [CODES[1], CODES[2]].map(|code| text(format!("P{}", world.party(code))));
    let to = |to, on: &str| {
        world.on(right, OnRight::Transfer(TransferRight { effective_on: day(on), to, reason: "批复1号" }))
    };
    assert_eq!(to(second, "2023-04-30"), faulty(&["/effective_on"]));
    to(second, "2024-01-01").unwrap();
    assert_eq!(to(third, "2023-12-31"), faulty(&["/effective_on"]));
    assert_eq!(to(second, "2024-01-02"), Err(No::Conflict));
    to(third, "2024-01-01").unwrap();
    let history = world.history(right, "2024-01-01");
    assert_eq!(
        [history.holder_on(day("2023-12-31")), history.holder_on(day("2024-01-01"))].map(|it| it.to_string()),
        ["P2", third]
    );
    // Before its registration the right is that of who registered it.
    assert_eq!(history.holder_on(day("2000-01-01")), PartyId(2));
    let close = |on: &str| world.on(right, OnRight::Close(CloseRight { effective_on: day(on), reason: "注销" }));
    assert_eq!(close("2023-12-31"), faulty(&["/effective_on"]));
    close("2024-01-01").unwrap();
    assert_eq!(close("2024-01-02"), Err(No::Conflict));
    assert_eq!(to(second, "2024-01-02"), Err(No::Conflict));
}

#[test]
fn an_acknowledgement_is_of_a_record_once() {
    let world = World::new();
    let right = world.right();
    let (drafted, plan) = world.planned(right, &[("100.00", None)]);
    let said = |of: Seq, verdict, reason: Option<&'static str>| {
        let body = AcknowledgeFeeSource { effective_on: day("2023-06-10"), verdict, reason };
        world.ask(ask!(Command::Acknowledge(of, body.clone())))
    };
    assert_eq!(said(drafted, Acceptance::Accepted, None), Err(No::Unknown), "the tax office has not been told of it");
    assert_eq!(said(999, Acceptance::Accepted, None), Err(No::Unknown));
    assert_eq!(said(plan, Acceptance::Rejected, None), faulty(&["/reason"]));
    assert_eq!(said(plan, Acceptance::Accepted, Some(" ")), faulty(&["/reason"]));
    let rejected = said(plan, Acceptance::Rejected, Some("金额有误")).unwrap();
    assert_eq!(said(plan, Acceptance::Accepted, None), Err(No::Conflict));
    let listed = |on: &str| worklist::rejected(&world.history(right, on)).collect::<Vec<_>>();
    assert_eq!((listed("2023-06-09"), listed("2023-06-10")), (vec![], vec![(plan, rejected)]));
    world.ask(reverse(rejected, "2023-06-11")).unwrap();
    assert_eq!(listed("2023-06-11"), []);
    let accepted = ask!(Command::Acknowledge(
        plan,
        AcknowledgeFeeSource { effective_on: day("2023-06-11"), verdict: Acceptance::Accepted, reason: None }
    ));
    world.ask(accepted).unwrap();
    assert_eq!(listed("2023-06-11"), []);
    // The reversal of what was told is told, that of what was not is not.
    let plan_back = world.ask(reverse(plan, "2023-06-12")).unwrap();
    let again = AcknowledgeFeeSource { effective_on: day("2023-06-12"), verdict: Acceptance::Accepted, reason: None };
    world.ask(ask!(Command::Acknowledge(plan_back, again.clone()))).unwrap();
    let draft_back = world.ask(reverse(drafted + 1, "2023-06-12")).unwrap();
    assert_eq!(said(draft_back, Acceptance::Accepted, None), Err(No::Unknown));
}

#[test]
fn who_owes_what_until_when_is_on_the_lists() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("100.00", Some("2023-07-31")), ("50.00", Some("2023-07-31")), ("1.00", None)]);
    world.pay(right, "I6-2", "2023-06-10", "50.00", "收1").unwrap();
    let due = |on: &str| worklist::due_soon(&world.history(right, on), day(on)).count();
    let overdue = |on: &str| worklist::overdue(&world.history(right, on), day(on)).count();
    // Thirty days ahead, and the day itself.
    assert_eq!(["2023-06-30", "2023-07-01", "2023-07-31", "2023-08-01"].map(due), [0, 1, 1, 0]);
    assert_eq!(["2023-07-31", "2023-08-01"].map(overdue), [0, 1]);
    // Late declarations: of a mining right with coal, from its year on, once the end of February has passed.
    let missing = |on: &str| worklist::declarations_missing(&world.history(right, on), day(on), &BOOK);
    assert_eq!(missing("2024-02-29"), [] as [i32; 0]);
    assert_eq!(missing("2024-03-01"), [2023]);
    let close = CloseRight { effective_on: day("2024-12-31"), reason: "注销" };
    world.on(right, OnRight::Close(close)).unwrap();
    assert_eq!(missing("2027-01-01"), [2023, 2024]);
    let holder = "P2";
    let (exploration, _) = exploration(&world, holder, "T1", vec![part(ItemKind::Price, "1.00", None)]);
    let of = |right| worklist::declarations_missing(&world.history(right, "2027-01-01"), day("2027-01-01"), &BOOK);
    assert_eq!(of(exploration), [] as [i32; 0]);
    let limestone = world.right_of(2, "C2");
    world
        .on(
            limestone,
            OnRight::Correct(Box::new(CorrectRight { minerals: Some(vec!["水泥用灰岩"]), ..nothing_corrected() })),
        )
        .unwrap();
    assert_eq!(of(limestone), [] as [i32; 0]);
}

#[test]
fn names_are_those_of_the_entry_that_stands() {
    let world = World::new();
    let right = world.right();
    let other = world.right_of(2, "C2");
    let (_, plan) = world.planned(right, &[("100.00", None)]);
    let own = &*format!("I{plan}-1");
    // A receipt of another right is taken too; one that was reversed is free.
    let paid = world.pay(right, own, "2023-06-10", "10.00", "收1").unwrap();
    world.owed(other, &[("100.00", None)]);
    let item = world.history(other, "2030-01-01").items.keys().next().unwrap().to_string();
    assert_eq!(world.pay(other, &item, "2023-06-10", "10.00", "收1"), Err(No::Conflict));
    world.ask(reverse(paid, "2023-06-10")).unwrap();
    world.pay(other, &item, "2023-06-10", "10.00", "收1").unwrap();
    assert_eq!(world.pay(right, own, "2023-05-31", "10.00", "收2"), faulty(&["/paid_on"]), "before the plan");
    assert_eq!(world.pay(right, "I6-9", "2023-06-10", "10.00", "收2"), faulty(&["/item"]));
    assert_eq!(world.pay(right, own, "2023-06-10", "0.00", " "), faulty(&["/amount", "/receipt"]));
}

#[test]
fn a_party_keeps_its_code_under_another_name() {
    let world = World::new();
    let [first, second, _] = CODES;
    let (id, other) = (world.party(first), world.party(second));
    let correct = |code: Option<&'static str>, name: Option<&'static str>| {
        let body = CorrectParty { effective_on: None, code, name, reason: "更正" };
        world.ask(ask!(Command::CorrectParty(PartyId(id), body.clone())))
    };
    assert_eq!(correct(Some(first), Some("甲公司")), faulty(&[""]), "nothing is corrected");
    assert_eq!(correct(Some(first), None), faulty(&[""]));
    assert_eq!(correct(None, Some("甲公司")), faulty(&[""]));
    correct(Some(first), Some("乙公司")).unwrap();
    assert_eq!(correct(Some(second), None), Err(No::Conflict), "it is that of P{other}");
    assert_eq!(correct(Some("91350100M000100Y44"), Some(" ")), faulty(&["/code", "/name"]));
}

#[test]
fn a_year_without_sales_owes_nothing() {
    let world = World::new();
    let right = world.right();
    let lines = vec![Line { revenue: Some(number("0.00")), ..line("煤", Product::RawOre) }];
    let declared = declare(&world, right, FileDeclaration { lines, ..declaration("2025-01-10", 2024) }).unwrap();
    let history = world.history(right, "2025-01-10");
    assert_eq!((history.items.len(), history.declared.get(&2024)), (0, Some(&declared)));
    assert!(world.store.entry(declared).unwrap().unwrap().entry.set.postings().is_empty());
}

#[test]
fn a_history_begins_with_a_registration() {
    let world = World::new();
    let right = world.right();
    let entries = |subject| -> Vec<_> {
        world.store.entries_of(subject, None).unwrap().into_iter().map(|stored| stored.entry).collect()
    };
    assert!(RightHistory::fold(&entries(Subject::Right(right))).is_some());
    assert!(RightHistory::fold(&entries(Subject::Party(PartyId(2)))).is_none());
    assert!(RightHistory::fold(&[]).is_none());
    // What is not of a right leaves it as it was.
    let mut history = world.history(right, "2030-01-01");
    assert!(history.extend(&entries(Subject::Party(PartyId(2)))[0]));
    let before = world.history(right, "2030-01-01");
    assert_eq!((history.entries.len(), before.entries.len()), (2, 1));
    assert_eq!((history.registered, history.holders, history.items), (before.registered, before.holders, before.items));
    // Nor does what was taken back from a later day make a right of a party.
    let body = CorrectParty { effective_on: None, code: None, name: Some("乙公司"), reason: "更名" };
    let renamed = world.ask(ask!(Command::CorrectParty(PartyId(2), body.clone()))).unwrap();
    world.ask(reverse(renamed, "2024-01-01")).unwrap();
    assert!(RightHistory::ever(&entries(Subject::Party(PartyId(2)))).is_none());
}

#[test]
fn a_registration_that_was_only_acknowledged_is_taken_back() {
    let world = World::new();
    let right = world.right();
    let said = |of: Seq| {
        let body =
            AcknowledgeFeeSource { effective_on: day("2023-05-02"), verdict: Acceptance::Accepted, reason: None };
        world.ask(ask!(Command::Acknowledge(of, body.clone()))).unwrap()
    };
    said(right.0);
    // A draft beside it is in the way, before and after the acknowledgement.
    let drafted = world.on(right, OnRight::Assess(draft(vec![]))).unwrap();
    assert_eq!(world.ask(reverse(right.0, "2023-06-01")), Err(No::Conflict));
    world.ask(reverse(drafted, "2023-06-01")).unwrap();
    world.ask(reverse(right.0, "2023-06-01")).unwrap();
}

#[test]
fn a_party_stays_while_a_right_is_or_was_its_own() {
    let world = World::new();
    let right = world.right();
    let ids = [CODES[1], CODES[2]].map(|code| world.party(code));
    let [second, third] = ids.map(|id| text(format!("P{id}")));
    // By a correction of the registration.
    let body = CorrectRight { holder: Some(second), ..nothing_corrected() };
    let corrected = world.on(right, OnRight::Correct(Box::new(body))).unwrap();
    assert_eq!(world.ask(reverse(ids[0], "2030-01-01")), Err(No::Conflict));
    // The one that was never right is gone.
    world.ask(reverse(2, "2030-01-01")).unwrap();
    // By a transfer, also when the right has gone on since.
    let to = |to, on: &str| {
        world.on(right, OnRight::Transfer(TransferRight { effective_on: day(on), to, reason: "批复1号" })).unwrap()
    };
    let there = to(third, "2024-01-01");
    let back = to(second, "2024-06-01");
    assert_eq!(world.ask(reverse(ids[1], "2030-01-01")), Err(No::Conflict));
    world.ask(reverse(back, "2024-06-01")).unwrap();
    world.ask(reverse(there, "2024-01-01")).unwrap();
    world.ask(reverse(ids[1], "2030-01-01")).unwrap();
    assert_eq!(world.ask(reverse(corrected, "2023-05-01")).map(|_| ()), Ok(()));
    assert_eq!(world.ask(reverse(1, "2030-01-01")), Err(No::Unknown), "the beginning of the store");
}

#[test]
fn what_waits_ends_with_an_exploration_right_and_no_other() {
    let world = World::new();
    let mining = world.right();
    let waiting = || vec![part(ItemKind::OnConversion, "800.00", None), part(ItemKind::OnConversion, "1.00", None)];
    planned(&world, mining, "2023-06-01", waiting()).unwrap();
    let close = |right| world.on(right, OnRight::Close(CloseRight { effective_on: day("2025-06-01"), reason: "注销" }));
    close(mining).unwrap();
    let total = |right| world.statement(right, "2025-06-01").sums.total;
    assert_eq!(total(mining), yuan("801.00"), "of a mining right it stays");
    // What is paid stays paid, what a notice asks for stays owed.
    let (right, plan) = exploration(&world, "P2", "T1", waiting());
    world.pay(right, &format!("I{plan}-1"), "2025-07-01", "800.00", "收1").unwrap();
    notify(&world, right, "2025-05-01", vec![text(format!("I{plan}-2"))]).unwrap();
    let closed = close(right).unwrap();
    assert_eq!(total(right), yuan("801.00"));
    assert!(world.store.entry(closed).unwrap().unwrap().entry.set.postings().is_empty());
}
