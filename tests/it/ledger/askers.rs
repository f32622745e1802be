//! Who asks, and about what: the same command by roles and scopes, before any HTTP; what the tax office is told of each kind
//! of entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lode::domain::books::access::{
    Denied, Identity, KeyFault, NewKey, Permission, Role, create_key, decide_for, revoke_key,
};
use lode::domain::books::command::*;
use lode::domain::books::decide::{Refusal, Shelf, Unreadable};
use lode::domain::books::entry::{Entry, ItemId, KeyId, NewEntry, PartyId, RightId, Seq, Subject};
use lode::domain::books::event::{Acceptance, Event, ItemKind, KeyCreated, Part, PartyRegistered, Register};
use lode::domain::books::exchange::{Collected, FeeLine, FeeSource, Received, Stage, collect_for, fee_source, receive};
use lode::domain::books::history::RightHistory;
use lode::domain::due_date::HolidayShift;
use lode::domain::place::AreaKind;
use lode::domain::quantity::Number;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::{Outcome, Submission};

use crate::boundaries::line;

use super::world::{
    Ask, BOOK, No, World, ask, confirm, day, draft, exploration_right, nothing_corrected, number, reverse, serve, yuan,
};

/// Why somebody's command became no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Forbidden,
    No(No),
}

impl From<Denied<'_>> for Told {
    fn from(denied: Denied<'_>) -> Told {
        match denied {
            Denied::Forbidden => Told::Forbidden,
            Denied::Refused(refusal) => Told::No(refusal.into()),
        }
    }
}

fn somebody(role: Role, area: Option<&str>, party: Option<Seq>) -> Identity {
    Identity::signed_in("K99", "某人", role, area, party.map(PartyId)).unwrap()
}

/// What somebody would record, on a day in 2030.
fn asked(world: &World, who: &Identity, ask: Ask) -> Result<NewEntry, Told> {
    let who = who.clone();
    world.look(move |shelf| {
        let mut decided = None;
        ask(&mut |command| decided = Some(decide_for(&who, day("2030-06-01"), command, shelf, &BOOK)));
        decided.unwrap().map_err(Told::from)
    })
}

fn faults(pointers: &[&str]) -> Told {
    Told::No(No::Faults(pointers.iter().map(|pointer| (*pointer).to_owned()).collect()))
}

fn corrected(division: Option<&'static str>, number_of: &'static str) -> CorrectRight<'static> {
    CorrectRight { licence_number: Some(number_of), division, ..nothing_corrected() }
}

#[test]
fn a_right_is_registered_and_corrected_within_the_area_of_who_asks() {
    let world = World::new();
    // In 370105.
    let right = world.right();
    let [everywhere, here, elsewhere] =
        [None, Some("370000"), Some("610000")].map(|area| somebody(Role::Assessor, area, None));
    let to = |division: Option<&'static str>| {
        ask!(Command::OnRight(right, OnRight::Correct(Box::new(corrected(division, "C2")))))
    };
    for division in [None, Some("370102")] {
        assert!(asked(&world, &here, to(division)).is_ok(), "{division:?}");
    }
    assert_eq!(asked(&world, &here, to(Some("610104"))), Err(Told::Forbidden));
    assert!(asked(&world, &everywhere, to(Some("610104"))).is_ok());
    // No code of any place is a fault, whoever asks.
    assert_eq!(asked(&world, &here, to(Some("61"))), Err(faults(&["/division"])));
    // Whoever does not see the right is not told that it is there.
    for division in [None, Some("370102"), Some("610104")] {
        assert_eq!(asked(&world, &elsewhere, to(division)), Err(Told::No(No::Unknown)), "{division:?}");
    }
    let register = |division: &'static str| {
        ask!(Command::RegisterRight(RegisterRight {
            effective_on: day("2023-05-01"),
            right: Right::Mining,
            holder: "P2",
            licence_number: "C3",
            contract_number: None,
            contract_signed_on: None,
            transfer_mode: TransferMode::Agreement,
            contract_rate_percent: None,
            division,
            area: AreaKind::Land,
            scheme: None,
            minerals: vec!["煤"],
            area_km2: number("1.25"),
            term_from: None,
            term_to: None,
            mine_scale: None,
        }))
    };
    assert!(asked(&world, &here, register("370105")).is_ok());
    assert_eq!(asked(&world, &elsewhere, register("370105")), Err(Told::Forbidden));
    assert_eq!(asked(&world, &here, register("37")), Err(faults(&["/division"])));
    assert!(asked(&world, &everywhere, register("610104")).is_ok());
}

fn on(right: RightId, command: OnRight<'static>) -> Ask {
    ask!(Command::OnRight(right, command.clone()))
}

/// A world in which every kind of entry about parties and rights was recorded, and which entries they are. The right is
/// R3 of P2, the exploration right that was converted into it another one; item 1 of its plan is paid too late and too
/// much, item 2 is asked for by a notice and deferred.
struct Everything {
    world: World,
    kinds: BTreeMap<&'static str, Seq>,
}

fn everything() -> Everything {
    let world = World::new();
    let right = world.right();
    let transferee = world.party("914403001922038216");
    let mut kinds = BTreeMap::from([("party_registered", 2), ("right_registered", right.0)]);
    let mut note = |kind: &'static str, seq: Result<Seq, No>| {
        let seq = seq.unwrap_or_else(|no| panic!("{kind}: {no:?}"));
        kinds.insert(kind, seq);
        seq
    };
    let (draft_of, plan) = world.planned(right, &[("1000.00", Some("2023-07-01")), ("50.00", None)]);
    note("assessment_drafted", Ok(draft_of));
    note("assessment_confirmed", Ok(draft_of + 1));
    note("plan_set", Ok(plan));
    let [first, second]: [&'static str; 2] = [1, 2].map(|index| &*format!("I{plan}-{index}").leak());
    let notified = IssueNotice { effective_on: day("2023-06-02"), items: vec![second] };
    note("notice_issued", world.on(right, OnRight::Notify(notified)));
    note("notice_served", world.ask(serve("3701052023000001", "2023-06-05")));
    // Due on 5 July.
    let deferral = ApproveDeferral {
        effective_on: day("2023-06-20"),
        item: second,
        from: day("2023-07-06"),
        to: day("2023-08-05"),
        approval: "缓缴〔2023〕1号",
    };
    note("deferral_approved", world.on(right, OnRight::Defer(deferral)));
    // Ten days late: 1 000 × 0.002 × 10 = 20.00, and 5.00 over.
    let payment = note("payment_booked", world.pay(right, first, "2023-07-11", "1025.00", "收1"));
    // Ten days after the deferral: 50 × 0.002 × 10 = 1.00.
    let charge = ChargeLateFee { item: second, as_of: day("2023-08-15") };
    note("late_fee_charged", world.on(right, OnRight::ChargeLateFee(charge)));
    let refund = PayRefund {
        effective_on: day("2023-09-01"),
        payment,
        amount: number("5.00"),
        reason: "多缴",
        cause: None,
        document: None,
    };
    note("refund_paid", world.on(right, OnRight::Refund(refund)));
    let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
    let (effective_on, holiday_shift) = (day("2025-01-10"), HolidayShift::Off);
    let declaration = FileDeclaration {
        effective_on,
        year: 2024,
        lines,
        combine_as: None,
        holiday_shift,
        reduction: None,
        form: GeneralForm::default(),
    };
    note("declaration_filed", world.on(right, OnRight::Declare(declaration, "{}")));
    let again = world.on(right, OnRight::Assess(draft(vec![]))).unwrap();
    let rejected = ask!(Command::JudgeAssessment(
        again,
        JudgeAssessment { effective_on: day("2023-06-02"), verdict: Verdict::Reject, reason: Some("面积有误") }
    ));
    note("assessment_rejected", world.by("second", rejected));
    let acknowledged = ask!(Command::Acknowledge(
        plan,
        AcknowledgeFeeSource { effective_on: day("2023-06-03"), verdict: Acceptance::Accepted, reason: None }
    ));
    note("fee_source_acknowledged", world.ask(acknowledged));
    // Half of 1 050 is due, 1 000 was paid.
    let settled = SettleTrueUp {
        effective_on: day("2025-02-01"),
        assessment: draft_of,
        reserves_assessed: number("10"),
        reserves_used: number("5"),
    };
    note("true_up_settled", world.on(right, OnRight::TrueUp(settled)));
    let (effective_on, name) = (Some(day("2025-03-01")), Some("乙公司"));
    let renamed =
        ask!(Command::CorrectParty(PartyId(2), CorrectParty { effective_on, code: None, name, reason: "更名" }));
    note("party_corrected", world.ask(renamed));
    note("right_corrected", world.on(right, OnRight::Correct(Box::new(corrected(None, "C2")))));
    let changed = ChangeRight {
        effective_on: day("2025-04-01"),
        added_minerals: vec!["铁"],
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: None,
        reason: "变更1号",
    };
    note("right_changed", world.on(right, OnRight::Change(changed)));
    let exploration = RightId(world.ask(explored("P2", "T1")).unwrap());
    let waits = |kind, amount: &str| Part { kind, amount: yuan(amount), due_on: None, levy_method: None, rule: None };
    let parts = vec![waits(ItemKind::Price, "200.00"), waits(ItemKind::OnConversion, "800.00")];
    let drafted = world.on(exploration, OnRight::Assess(draft(parts))).unwrap();
    world.by("second", confirm(drafted)).unwrap();
    let body = SetPlan { effective_on: day("2023-06-01"), assessment: drafted };
    world.on(exploration, OnRight::Plan(body)).unwrap();
    let to: &'static str = right.to_string().leak();
    let conversion = ConvertRight { effective_on: day("2025-05-01"), to, reason: "转采1号" };
    note("right_converted", world.on(exploration, OnRight::Convert(conversion)));
    let to: &'static str = format!("P{transferee}").leak();
    let transfer = TransferRight { effective_on: day("2025-06-01"), to, reason: "转让1号" };
    note("right_transferred", world.on(right, OnRight::Transfer(transfer)));
    let close = CloseRight { effective_on: day("2025-07-01"), reason: "注销1号" };
    note("right_closed", world.on(right, OnRight::Close(close)));
    Everything { world, kinds }
}

fn explored(holder: &'static str, licence_number: &'static str) -> Ask {
    ask!(Command::RegisterRight(exploration_right(holder, licence_number)))
}

#[test]
fn an_entry_is_taken_back_by_whoever_may_record_it() {
    let Everything { world, kinds } = everything();
    // Written by hand, as the table of endpoints in `access` is.
    let may = [
        ("party_registered", "assessor admin"),
        ("party_corrected", "assessor admin"),
        ("right_registered", "assessor admin"),
        ("right_corrected", "assessor admin"),
        ("right_changed", "assessor admin"),
        ("right_transferred", "assessor admin"),
        ("right_converted", "assessor admin"),
        ("right_closed", "assessor admin"),
        ("assessment_drafted", "assessor admin"),
        ("assessment_confirmed", "confirmer admin"),
        ("assessment_rejected", "confirmer admin"),
        ("plan_set", "assessor admin"),
        ("declaration_filed", "enterprise assessor admin"),
        ("notice_issued", "assessor admin"),
        ("notice_served", "assessor admin"),
        ("deferral_approved", "assessor admin"),
        ("true_up_settled", "assessor admin"),
        ("payment_booked", "cashier admin"),
        ("late_fee_charged", "cashier admin"),
        ("refund_paid", "cashier admin"),
        ("fee_source_acknowledged", "cashier admin"),
    ];
    let named: BTreeSet<&str> = may.iter().map(|(kind, _)| *kind).collect();
    let all: BTreeSet<&str> = Event::KINDS.iter().copied().collect();
    let others = ["genesis", "reversal", "receipts_received", "key_created", "key_revoked"];
    assert_eq!(all.difference(&named).copied().collect::<BTreeSet<_>>(), others.into(), "no kind is forgotten");
    let reversal = world.ask(reverse(kinds["right_closed"], "2025-07-01")).unwrap();
    for role in Role::ALL.iter().copied() {
        // The party to whom the right went: what lies before is its own too, but not what is of the other party.
        let party = (role == Role::Enterprise).then_some(4);
        for area in if party.is_some() { [None, None] } else { [None, Some("370000")] } {
            let who = somebody(role, area, party);
            for (kind, roles) in may {
                let told = asked(&world, &who, reverse(kinds[kind], "2030-01-01"));
                let seen = role != Role::Enterprise
                    || !["party_registered", "party_corrected", "right_converted"].contains(&kind);
                let allowed = roles.split(' ').any(|known| known == role.code());
                match (seen, allowed) {
                    (false, _) => assert_eq!(told, Err(Told::No(No::Unknown)), "{kind} by {role:?}"),
                    (true, true) => assert_ne!(told, Err(Told::Forbidden), "{kind} by {role:?}"),
                    (true, false) => assert_eq!(told, Err(Told::Forbidden), "{kind} by {role:?}"),
                }
            }
            // What nobody reverses is refused for another reason than who asks.
            assert_eq!(asked(&world, &who, reverse(reversal, "2030-01-01")), Err(Told::No(No::Conflict)), "{role:?}");
            assert_eq!(asked(&world, &who, reverse(1, "2030-01-01")), Err(Told::No(No::Unknown)), "{role:?}");
        }
    }
}

/// The record of an entry for the tax office, as it reads them.
fn told_of(world: &World, seq: Seq) -> Option<FeeSource> {
    let subject = world.store.entry(seq).unwrap().unwrap().entry.subject;
    let entries = world.store.entries_of(subject, None).unwrap().into_iter().map(|stored| stored.entry);
    fee_source(&entries.take_while(|entry| entry.seq <= seq).collect::<Vec<_>>())
}

#[test]
fn the_tax_office_is_told_what_each_entry_is_about() {
    let Everything { world, kinds } = everything();
    let plan = kinds["plan_set"];
    let item = |number| ItemId { entry: plan, number };
    let of = |kind: &str| told_of(&world, kinds[kind]).unwrap_or_else(|| panic!("{kind}"));
    let notice = Some("3701052023000001".to_owned());
    // 40 % of 50.00 and of 5.00 to the centre.
    let shares = |central: &str, local: &str| Some((yuan(central), yuan(local)));
    for (kind, number, divided, reason) in [
        ("right_registered", None, None, None),
        ("right_corrected", None, None, Some("录入有误")),
        ("right_changed", None, None, Some("变更1号")),
        ("right_transferred", None, None, Some("转让1号")),
        ("right_converted", None, None, Some("转采1号")),
        ("right_closed", None, None, Some("注销1号")),
        ("plan_set", None, None, None),
        ("declaration_filed", None, None, None),
        ("notice_issued", notice.clone(), shares("20.00", "30.00"), None),
        ("notice_served", notice, None, None),
        ("deferral_approved", None, None, Some("缓缴〔2023〕1号")),
        ("late_fee_charged", None, None, None),
        ("refund_paid", None, shares("2.00", "3.00"), Some("多缴")),
        ("true_up_settled", None, None, None),
    ] {
        let told = of(kind);
        let found = told.shares.map(|shares| (shares.central, shares.local));
        assert_eq!((told.kind, told.notice, found), (kind, number, divided), "{kind}");
        assert_eq!(told.reason.as_deref(), reason, "{kind}");
    }
    for silent in ["payment_booked", "assessment_drafted", "assessment_confirmed", "assessment_rejected"] {
        assert_eq!(told_of(&world, kinds[silent]), None, "{silent}");
    }
    let line = |number: u32, amount: &str, due_on: Option<&str>| FeeLine {
        item: item(number),
        kind: ItemKind::Price,
        amount: yuan(amount),
        due_on: due_on.map(day),
        year: None,
        notified: None,
        deferred_from: None,
        deferred_to: None,
        late_fee: None,
        refund: None,
    };
    let first = |amount: &str| line(1, amount, Some("2023-07-01"));
    let second = |amount: &str| line(2, amount, Some("2023-07-05"));
    assert_eq!(of("plan_set").lines, [first("1000.00"), line(2, "50.00", None)]);
    assert_eq!(of("notice_issued").lines, [FeeLine { notified: Some(yuan("50.00")), ..line(2, "50.00", None) }]);
    assert_eq!(of("notice_served").lines, [second("50.00")]);
    let (deferred_from, deferred_to) = (Some(day("2023-07-06")), Some(day("2023-08-05")));
    assert_eq!(of("deferral_approved").lines, [FeeLine { deferred_from, deferred_to, ..second("50.00") }]);
    assert_eq!(of("late_fee_charged").lines, [FeeLine { late_fee: Some(yuan("1.00")), ..second("50.00") }]);
    assert_eq!(of("refund_paid").lines, [FeeLine { refund: Some(yuan("5.00")), ..first("1000.00") }]);
    let declared = of("declaration_filed");
    assert_eq!((declared.lines.len(), declared.lines[0].year), (1, Some(2024)));
    assert_eq!((declared.lines[0].kind, declared.lines[0].amount), (ItemKind::Annual, yuan("24000.00")));
    // 525.00 are due: of the 1 000.00 paid 475.00 go back, of item 2 nothing was paid.
    assert_eq!(
        of("true_up_settled").lines,
        [FeeLine { refund: Some(yuan("475.00")), ..first("525.00") }, second("0.00")]
    );
    // What is open goes to the new holder: the declaration.
    assert_eq!(of("right_transferred").lines, declared.lines);
    assert_eq!((of("right_changed").payer, of("right_transferred").payer), (PartyId(2), PartyId(4)));
    let converted = of("right_converted");
    assert_eq!((converted.converted_to, converted.right_kind), (Some(RightId(3)), Right::Exploration));
    // What waited for it ends: the first payment stays owed and is not told of.
    assert_eq!(
        converted.lines.iter().map(|line| (line.kind, line.amount)).collect::<Vec<_>>(),
        [(ItemKind::OnConversion, yuan("0.00"))]
    );
    // A reversal is told with what it takes back, where that was told.
    let closed = kinds["right_closed"];
    let reversal = world.ask(reverse(closed, "2025-07-02")).unwrap();
    let told = told_of(&world, reversal).unwrap();
    assert_eq!((told.takes_back, told.reason.as_deref()), (Some(closed), Some("录入有误")));
    assert_eq!((told.effective_on, told.lines), (day("2025-07-02"), vec![]));
    let silent = world.ask(reverse(kinds["assessment_rejected"], "2025-07-02")).unwrap();
    assert_eq!(told_of(&world, silent), None, "of what was not told");
}

#[test]
fn what_the_tax_office_collected_is_one_payment() {
    let world = World::new();
    let right = world.right();
    let (_, plan) = world.planned(right, &[("100.00", None), ("50.00", None)]);
    let item: &'static str = format!("I{plan}-1").leak();
    let notified = IssueNotice { effective_on: day("2023-06-02"), items: vec![item] };
    world.on(right, OnRight::Notify(notified)).unwrap();
    let booked = world.pay(right, item, "2023-06-10", "60.00", "收1").unwrap();
    let collected = Collected {
        receipt: "收1",
        notice: None,
        item: Some(item),
        amount: number("60.00"),
        paid_on: day("2023-06-10"),
        treasury: None,
        stage: Stage::Accepted,
    };
    let [everywhere, here, elsewhere] =
        [None, Some("370000"), Some("610000")].map(|area| somebody(Role::Cashier, area, None));
    let told = |who: &Identity, line: &Collected<'static>| {
        let (who, line) = (who.clone(), line.clone());
        world.look(move |shelf| collect_for(&who, day("2023-07-01"), &line, shelf, &BOOK).map_err(Told::from))
    };
    assert_eq!(told(&here, &collected), Ok(Received::Repeated(booked)));
    assert_eq!(told(&everywhere, &Collected { receipt: " 收1 ", ..collected.clone() }), Ok(Received::Repeated(booked)));
    for other in [
        Collected { amount: number("60.01"), ..collected.clone() },
        Collected { amount: Number::BeyondPrecision, ..collected.clone() },
        Collected { paid_on: day("2023-06-11"), ..collected.clone() },
        Collected { item: Some(format!("I{plan}-2").leak()), ..collected.clone() },
    ] {
        assert_eq!(told(&here, &other), Err(Told::No(No::Conflict)), "{other:?}");
    }
    // What is outside the area is not there; neither is what is no item.
    assert_eq!(told(&elsewhere, &collected), Err(faults(&["/item"])));
    for item in ["I999-1", "I-1", "收1", "I2-1"] {
        assert_eq!(
            told(&here, &Collected { item: Some(item), ..collected.clone() }),
            Err(faults(&["/item"])),
            "{item}"
        );
    }
    let on_notice = Collected { receipt: "收2", notice: Some("3701052023000001"), item: None, ..collected.clone() };
    let Ok(Received::Payment(entry)) = told(&here, &on_notice) else { panic!() };
    assert_eq!((entry.subject, entry.effective_on), (Subject::Right(right), day("2023-06-10")));
    assert!(matches!(entry.event, Event::PaymentBooked(ref paid) if paid.item.to_string() == item));
    assert_eq!(told(&elsewhere, &on_notice), Err(faults(&["/notice"])));
    assert_eq!(told(&here, &Collected { notice: Some("3701052023000002"), ..on_notice }), Err(faults(&["/notice"])));
    let kept = receive("{}", day("2023-07-01"));
    assert_eq!((kept.subject, kept.effective_on), (Subject::Store, day("2023-07-01")));
}

fn new_key(role: Role, area: Option<&str>, party: Option<Seq>) -> KeyCreated {
    KeyCreated {
        name: "某人".to_owned(),
        role,
        area: area.map(str::to_owned),
        party: party.map(PartyId),
        sha256: "00".to_owned(),
        person: None,
    }
}

#[test]
fn a_key_has_a_name_a_person_and_one_scope() {
    let world = World::new();
    world.party("91350100M000100Y43");
    let created = |key: KeyCreated| {
        world.look(move |shelf| {
            create_key(NewKey { effective_on: day("2023-05-01"), key }, shelf).map(|entry| entry.event)
        })
    };
    let viewer = || new_key(Role::Viewer, None, None);
    let named = |name: &str| KeyCreated { name: name.to_owned(), ..viewer() };
    let person = |person: &str| KeyCreated { person: Some(person.to_owned()), ..viewer() };
    let signs = |count: usize| "名".repeat(count);
    for good in [named("a"), named(&signs(100)), person("b"), person(&signs(600))] {
        assert_eq!(created(good.clone()), Ok(Event::KeyCreated(good)));
    }
    for bad in [named(""), named(&signs(101)), named("a\nb"), named(" a"), named("a "), named(" ")] {
        assert_eq!(created(bad.clone()), Err(KeyFault::Name), "{bad:?}");
    }
    for bad in [person(""), person(&signs(601)), person("a\u{7}b"), person(" a"), person("a ")] {
        assert_eq!(created(bad.clone()), Err(KeyFault::Person), "{bad:?}");
    }
    let enterprise = |area, party| created(new_key(Role::Enterprise, area, party)).err();
    assert_eq!(enterprise(None, Some(2)), None);
    assert_eq!(enterprise(None, Some(3)), Some(KeyFault::UnknownParty));
    assert_eq!(enterprise(None, None), Some(KeyFault::Enterprise));
    assert_eq!(enterprise(Some("370000"), Some(2)), Some(KeyFault::Enterprise));
    assert_eq!(enterprise(Some("370000"), None), Some(KeyFault::Enterprise));
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::Enterprise) {
        let fault = |area, party| created(new_key(role, area, party)).err();
        assert_eq!([fault(None, None), fault(Some("370000"), None)], [None, None], "{role:?}");
        assert_eq!(fault(Some("37"), None), Some(KeyFault::Area), "{role:?}");
        assert_eq!(fault(None, Some(2)), Some(KeyFault::Party), "{role:?}");
        assert_eq!(fault(Some("370000"), Some(2)), Some(KeyFault::Party), "{role:?}");
    }
}

#[test]
fn what_is_in_the_way_is_named_to_whoever_sees_it() {
    let world = World::new();
    // In 370105; the party is seen from everywhere.
    let right = world.right();
    let told = |area: &str| {
        let who = somebody(Role::Assessor, Some(area), None);
        world.look(move |shelf| {
            let command = Command::Reverse(2, Reverse { effective_on: None, reason: "录入有误" });
            match decide_for(&who, day("2030-06-01"), &command, shelf, &BOOK) {
                Err(Denied::Refused(Refusal::Conflict(text))) => text.en.into_owned(),
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(told("370000"), format!("entry {} rests on this one: reverse that first", right.0));
    assert_eq!(told("610000"), "something else rests on this entry");
    // So is a name that is taken.
    let register = |area: &str| {
        let who = somebody(Role::Assessor, Some(area), None);
        let division = if area == "370000" { "370105" } else { "610104" };
        world.look(move |shelf| {
            let command = Command::RegisterRight(RegisterRight {
                effective_on: day("2023-05-01"),
                right: Right::Mining,
                holder: "P2",
                licence_number: "C100000000000000000001",
                contract_number: None,
                contract_signed_on: None,
                transfer_mode: TransferMode::Agreement,
                contract_rate_percent: None,
                division,
                area: AreaKind::Land,
                scheme: None,
                minerals: vec!["煤"],
                area_km2: number("1"),
                term_from: None,
                term_to: None,
                mine_scale: None,
            });
            match decide_for(&who, day("2030-06-01"), &command, shelf, &BOOK) {
                Err(Denied::Refused(Refusal::Conflict(text))) => text.en.into_owned(),
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(register("370000"), "“C100000000000000000001” is already recorded (entry 3)");
    assert_eq!(register("610000"), "“C100000000000000000001” is already recorded");
}

/// Records what no request records: keys.
fn recorded(world: &World, entry: NewEntry) -> Seq {
    let decide = Box::new(move |_: &dyn Shelf| Some(entry));
    match world.store.submit(Submission { actor: "local".to_owned(), request: None, decide, note: None }).unwrap() {
        Outcome::Recorded(stored) => stored.entry.seq,
        other => panic!("{other:?}"),
    }
}

fn keyed(world: &World, key: KeyCreated) -> KeyId {
    let entry = world.look(move |shelf| create_key(NewKey { effective_on: day("2023-05-01"), key }, shelf).unwrap());
    KeyId(recorded(world, entry))
}

#[test]
fn a_key_is_revoked_once_and_a_party_without_keys_is_taken_back() {
    let world = World::new();
    let party = world.party("91350100M000100Y43");
    let other = world.party("914403001922038216");
    let revoked = |id: KeyId| world.look(move |shelf| revoke_key(id, day("2024-01-01"), shelf));
    assert_eq!(revoked(KeyId(party)), Err(KeyFault::UnknownKey));
    assert_eq!(revoked(KeyId(999)), Err(KeyFault::UnknownKey));
    let key = keyed(&world, new_key(Role::Enterprise, None, Some(party)));
    keyed(&world, new_key(Role::Viewer, None, None));
    // Somebody comes as this party: it stays. Of the other one nobody does.
    assert_eq!(world.ask(reverse(party, "2024-01-01")), Err(No::Conflict));
    world.ask(reverse(other, "2024-01-01")).unwrap();
    recorded(&world, revoked(key).unwrap());
    assert_eq!(revoked(key), Err(KeyFault::Revoked));
    world.ask(reverse(party, "2024-01-01")).unwrap();
}

#[test]
fn the_person_behind_a_key_does_not_judge_what_they_drafted() {
    let world = World::new();
    let right = world.right();
    let key = keyed(&world, KeyCreated { person: Some("张三".to_owned()), ..new_key(Role::Admin, None, None) });
    let confirmed = |drafted: Seq, person: &str| {
        let who = Identity::signed_in("K77", person, Role::Confirmer, None, None).unwrap();
        asked(&world, &who, confirm(drafted)).map(|_| ())
    };
    // A draft of before keys had persons names the key alone: the person is the one whose key it is.
    for actor in [key.to_string(), "K999".to_owned(), "张三".to_owned()] {
        let drafted = world.by(&actor, on(right, OnRight::Assess(draft(vec![])))).unwrap();
        let person = if actor == "K999" { "K999" } else { "张三" };
        assert_eq!(confirmed(drafted, person), Err(Told::No(No::Conflict)), "{actor}");
        assert_eq!(confirmed(drafted, "李四"), Ok(()), "{actor}");
    }
    // A key that is none: the entry is a right.
    let drafted = world.by(&format!("K{}", right.0), on(right, OnRight::Assess(draft(vec![])))).unwrap();
    assert_eq!(confirmed(drafted, &format!("K{}", right.0)), Err(Told::No(No::Conflict)));
}

/// Records that cannot be read.
struct Unreachable;

impl Shelf for Unreachable {
    fn right(&self, _: RightId) -> Result<Option<Arc<RightHistory>>, Unreadable> {
        Err(Unreadable)
    }

    fn party(&self, _: PartyId) -> Result<Option<PartyRegistered>, Unreadable> {
        Err(Unreadable)
    }

    fn entry(&self, _: Seq) -> Result<Option<Entry>, Unreadable> {
        Err(Unreadable)
    }

    fn named(&self, _: Register, _: &str) -> Result<Vec<Seq>, Unreadable> {
        Err(Unreadable)
    }

    fn count_named(&self, _: Register, _: &str) -> Result<u64, Unreadable> {
        Err(Unreadable)
    }

    fn find_after(
        &self,
        _: Seq,
        _: &str,
        _: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<Seq>, Unreadable> {
        Err(Unreadable)
    }

    fn whole(&self) -> &dyn Shelf {
        self
    }
}

#[test]
fn records_that_cannot_be_read_are_said_to_be_so() {
    let who = somebody(Role::Admin, None, None);
    let unreadable = Denied::Refused(Refusal::Unreadable);
    let close = OnRight::Close(CloseRight { effective_on: day("2024-01-01"), reason: "注销" });
    for ask in [
        reverse(3, "2024-01-01"),
        on(RightId(3), OnRight::Correct(Box::new(corrected(Some("370105"), "C2")))),
        on(RightId(3), close),
        serve("3701052023000001", "2023-06-05"),
    ] {
        let mut told = None;
        ask(&mut |command| told = Some(decide_for(&who, day("2024-01-01"), command, &Unreachable, &BOOK)));
        assert_eq!(told, Some(Err(unreadable.clone())));
    }
    let collected = Collected {
        receipt: "收1",
        notice: Some("3701052023000001"),
        item: None,
        amount: number("1.00"),
        paid_on: day("2024-01-01"),
        treasury: None,
        stage: Stage::InTreasury,
    };
    assert_eq!(collect_for(&who, day("2024-01-01"), &collected, &Unreachable, &BOOK), Err(unreadable));
    let key = NewKey { effective_on: day("2024-01-01"), key: new_key(Role::Enterprise, None, Some(2)) };
    assert_eq!(create_key(key, &Unreachable), Err(KeyFault::Unreadable));
    assert_eq!(revoke_key(KeyId(2), day("2024-01-01"), &Unreachable), Err(KeyFault::Unreadable));
}

#[test]
fn what_somebody_may_do_hangs_on_their_role() {
    for (permission, roles) in [
        (Permission::ReadRecords, "viewer enterprise assessor confirmer cashier auditor admin"),
        (Permission::ReadFeeSources, "viewer assessor confirmer cashier auditor admin"),
        (Permission::VerifyLedger, "auditor admin"),
        (Permission::FileDeclaration, "enterprise assessor admin"),
        (Permission::BookPayment, "cashier admin"),
        (Permission::JudgeAssessment, "confirmer admin"),
        (Permission::Reverse, "assessor confirmer cashier admin"),
    ] {
        for role in Role::ALL.iter().copied() {
            let who = somebody(role, None, (role == Role::Enterprise).then_some(2));
            let may = roles.split(' ').any(|known| known == role.code());
            assert_eq!((who.may(permission), permission.is_of(role)), (may, may), "{permission:?} {role:?}");
        }
    }
}
