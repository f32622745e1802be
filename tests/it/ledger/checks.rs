//! The checks of tax offices: one history for each finding, and one just beside it without.

use lode::domain::books::account::{Account, EntrySet, Posting};
use lode::domain::books::checks::{Check, Finding, findings, receipts_over_items};
use lode::domain::books::command::*;
use lode::domain::books::entry::{ItemId, NewEntry, RightId, Seq, Subject};
use lode::domain::books::event::{
    DeclarationFiled, DeclaredLine, Event, ItemAmount, ItemKind, NoticeIssued, Part, PaymentBooked, RefundPaid,
    RightCorrected, TreasuryShares,
};
use lode::domain::catalogue::LevyMethod;
use lode::domain::due_date::HolidayShift;
use lode::domain::place::AreaKind;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::{Outcome, Submission};

use crate::boundaries::line;

use super::world::{BOOK, World, ask, confirm, day, draft, number, serve, yuan};

/// A mining licence and an exploration licence of today's form.
const MINING: &str = "C1000002023051110000001";
const EXPLORATION: &str = "T1000002023051110000001";

/// What is said of a right; the rest is the same for all.
#[derive(Clone)]
struct Registered {
    right: Right,
    licence: &'static str,
    contract: Option<&'static str>,
    signed: Option<&'static str>,
    minerals: Vec<&'static str>,
}

fn mining(minerals: &[&'static str]) -> Registered {
    let (contract, signed) = (None, Some("2023-05-01"));
    Registered { right: Right::Mining, licence: MINING, contract, signed, minerals: minerals.to_vec() }
}

fn registered(of: Registered) -> (World, RightId) {
    let world = World::new();
    let holder = format!("P{}", world.party("91350100M000100Y43"));
    // No command registers a right before its contract.
    let (signed, later) = match of.signed.map(day) {
        Some(signed) if signed > day("2023-05-01") => (None, Some(signed)),
        signed => (signed, None),
    };
    let right = world.ask(ask!(Command::RegisterRight(RegisterRight {
        effective_on: day("2023-05-01"),
        right: of.right,
        holder: &holder,
        licence_number: of.licence,
        contract_number: of.contract,
        contract_signed_on: signed,
        transfer_mode: TransferMode::Agreement,
        contract_rate_percent: None,
        division: "370105",
        area: AreaKind::Land,
        scheme: None,
        minerals: of.minerals.clone(),
        area_km2: number("1.25"),
        term_from: None,
        term_to: None,
        mine_scale: None,
    })));
    let right = RightId(right.unwrap());
    if later.is_some() {
        let corrected = RightCorrected { contract_signed_on: later, ..corrected() };
        bypass(&world, right, "2023-05-01", Event::RightCorrected(corrected), EntrySet::default());
    }
    (world, right)
}

/// A correction of nothing.
fn corrected() -> RightCorrected {
    RightCorrected {
        holder: None,
        licence_number: None,
        contract_number: None,
        contract_signed_on: None,
        transfer_mode: None,
        contract_rate_percent: None,
        division: None,
        area: None,
        scheme: None,
        minerals: None,
        area_km2: None,
        term_from: None,
        term_to: None,
        mine_scale: None,
        reason: "导入".to_owned(),
    }
}

fn part(kind: ItemKind, amount: &str, due: Option<&str>, levy_method: Option<LevyMethod>, rule: Option<&str>) -> Part {
    Part { kind, amount: yuan(amount), due_on: due.map(day), levy_method, rule: rule.map(str::to_owned) }
}

/// Makes items of the parts: the ids.
fn owed(world: &World, right: RightId, parts: Vec<Part>) -> Vec<String> {
    let count = parts.len();
    let draft = world.on(right, OnRight::Assess(draft(parts))).unwrap();
    world.by("second", confirm(draft)).unwrap();
    let plan = SetPlan { effective_on: day("2023-06-01"), assessment: draft };
    let plan = world.on(right, OnRight::Plan(plan)).unwrap();
    (1..=count).map(|number| format!("I{plan}-{number}")).collect()
}

fn notify(world: &World, right: RightId, on: &str, items: &[&str]) -> String {
    let (effective_on, named) = (day(on), items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
    let seq = world.ask(ask!(Command::OnRight(
        right,
        OnRight::Notify(IssueNotice { effective_on, items: named.iter().map(String::as_str).collect() })
    )));
    let Event::NoticeIssued(notice) = world.store.entry(seq.unwrap()).unwrap().unwrap().entry.event else { panic!() };
    notice.number
}

/// Records what no command would: as an import, or a service before this one, may have done.
fn bypass(world: &World, right: RightId, on: &str, event: Event, set: EntrySet) -> Seq {
    let entry = NewEntry { subject: Subject::Right(right), effective_on: day(on), event, set };
    let decide = Box::new(move |_: &dyn lode::domain::books::decide::Shelf| Some(entry));
    let submission = Submission { actor: "import".to_owned(), request: None, decide, note: None };
    match world.store.submit(submission).unwrap() {
        Outcome::Recorded(stored) => stored.entry.seq,
        other => panic!("{other:?}"),
    }
}

/// What is found of one check, apart from the numbers of the short licences of other tests.
fn found(world: &World, right: RightId, as_of: &str, check: Check) -> Vec<Finding> {
    let history = world.history(right, as_of);
    let all = findings(&history, day(as_of), &BOOK).into_iter().chain(receipts_over_items([&history]));
    let found: Vec<Finding> = all.filter(|finding| finding.check == check).collect();
    for finding in &found {
        assert!(!finding.found.zh.is_empty() && !finding.expected.en.is_empty() && !finding.entries.is_empty());
        assert_eq!(finding.right, right);
    }
    found
}

#[track_caller]
fn names(found: &[Finding], item: &str, entries: &[Seq]) {
    let wanted = ItemId::parse(item);
    assert!(
        matches!(found, [only] if only.item == wanted && only.entries == entries),
        "wanted {item} {entries:?}: {found:?}"
    );
}

#[test]
fn the_form_of_the_levy_fits_the_minerals() {
    let (amount, rate) = (Some(LevyMethod::Amount), Some(LevyMethod::Rate));
    let instalment = |levy, rule| part(ItemKind::Instalment, "100.00", Some("2030-05-01"), levy, rule);
    let price = |levy| part(ItemKind::Price, "100.00", None, levy, None);
    let arrears = || part(ItemKind::Arrears, "100.00", Some("2030-05-01"), rate, None);
    for (what, of, part, wrong) in [
        ("coal in instalments", mining(&["煤"]), instalment(amount, None), true),
        ("limestone in instalments", mining(&["水泥用灰岩"]), instalment(amount, None), false),
        ("coal and limestone", mining(&["煤", "水泥用灰岩"]), instalment(amount, None), false),
        ("coal by art. 30(2)", mining(&["煤"]), instalment(amount, Some("T7")), false),
        (
            "coal of an older contract",
            Registered { signed: Some("2021-03-01"), ..mining(&["煤"]) },
            instalment(amount, None),
            false,
        ),
        ("coal as an amount", mining(&["煤"]), price(amount), true),
        ("coal with a price part", mining(&["煤"]), price(rate), false),
        ("coal, not said", mining(&["煤"]), price(None), false),
        ("limestone with a price part", mining(&["水泥用灰岩"]), price(rate), true),
        ("limestone in arrears", mining(&["水泥用灰岩"]), arrears(), true),
        ("coal in arrears", mining(&["煤"]), arrears(), false),
        // Arrears are held against the catalogue of the day on which they were found, whatever the contract is of.
        (
            "limestone in arrears of an older contract",
            Registered { signed: Some("2015-03-01"), ..mining(&["水泥用灰岩"]) },
            arrears(),
            true,
        ),
        ("a charge for the past", mining(&["煤"]), part(ItemKind::FundOccupation, "100.00", None, rate, None), false),
        ("coal on conversion", mining(&["煤"]), part(ItemKind::OnConversion, "100.00", None, rate, None), true),
    ] {
        let (world, right) = registered(of);
        let items = owed(&world, right, vec![part]);
        let found = found(&world, right, "2023-07-01", Check::WrongLevyMethod);
        assert_eq!(found.len(), usize::from(wrong), "{what}");
        if wrong {
            // The draft is entry 4, the plan entry 6.
            names(&found, &items[0], &[4, 6]);
        }
    }
    // A declaration for a mineral outside is refused by the rule of the annual part; one that came otherwise is found.
    // The catalogue is that of the year, whatever the contract is of.
    for (mineral, signed, wrong) in [
        ("coal", "2023-05-01", false),
        ("cement_limestone", "2023-05-01", true),
        ("cement_limestone", "2015-03-01", true),
    ] {
        let (world, right) = registered(Registered { signed: Some(signed), ..mining(&["煤", "水泥用灰岩"]) });
        assert!(BOOK.minerals.find(mineral).is_some(), "{mineral}");
        // Beside coal, which is in the catalogue.
        let lines = [mineral, "coal"].map(|mineral| DeclaredLine {
            mineral: mineral.to_owned(),
            rate_percent: "2.4".parse().unwrap(),
            levy_revenue: yuan("50.00"),
            income: yuan("1.20"),
        });
        let event = DeclarationFiled {
            year: 2023,
            request: "{}".to_owned(),
            dataset: String::new(),
            income: yuan("2.40"),
            due_on: day("2024-02-29"),
            lines: lines.to_vec(),
            period_from: None,
            period_to: None,
            base: None,
            deduction: None,
            payable: None,
            reduction: None,
            already_paid: None,
            to_pay: None,
        };
        let item = ItemId { entry: 4, number: 1 };
        let set = EntrySet::moved(item, yuan("2.40"), Account::Assessed, Account::Receivable);
        let seq = bypass(&world, right, "2024-01-10", Event::DeclarationFiled(event), set);
        let found = found(&world, right, "2024-02-01", Check::WrongLevyMethod);
        assert_eq!(found.len(), usize::from(wrong), "{mineral}");
        if wrong {
            names(&found, &item.to_string(), &[seq]);
            assert!(!found[0].found.en.contains("coal"), "{}", found[0].found.en);
        }
    }
}

#[test]
fn the_treasuries_get_what_the_rules_give_them() {
    let (world, right) = registered(mining(&["水泥用灰岩"]));
    let items = owed(&world, right, vec![part(ItemKind::Price, "1000.00", None, None, None)]);
    world.pay(right, &items[0], "2023-06-10", "100.00", "收1").unwrap();
    notify(&world, right, "2023-06-11", &[&items[0]]);
    let wrong = |as_of| found(&world, right, as_of, Check::WrongShares);
    assert!(wrong("2023-06-11").is_empty(), "recorded by the service");
    // 40 : 60 by the rules; half and half came from elsewhere.
    let item = ItemId::parse(&items[0]).unwrap();
    let halves = |amount: &str| {
        let half = yuan(amount);
        TreasuryShares { central: half, local: half, province: None, city: None, county: None }
    };
    let lines = [(Account::Central, "50.00"), (Account::Local, "50.00"), (Account::Paid, "-100.00")];
    let lines = lines.map(|(account, amount)| Posting { account, item, amount: yuan(amount) });
    let payment = PaymentBooked {
        item,
        amount: yuan("100.00"),
        receipt: "收2".to_owned(),
        to_principal: yuan("100.00"),
        to_late_fee: yuan("0.00"),
        overpaid: yuan("0.00"),
        late_fee_charged: yuan("0.00"),
        shares: halves("50.00"),
    };
    let paid = bypass(&world, right, "2023-06-12", Event::PaymentBooked(payment), EntrySet::new(lines).unwrap());
    names(&wrong("2023-06-12"), &items[0], &[paid]);
    let found = wrong("2023-06-12");
    assert_eq!(found[0].expected.zh, "中央 40.00, 地方 60.00");
    assert!(found[0].found.en.contains("central 50.00"), "{}", found[0].found.en);
    let notice = NoticeIssued {
        number: "3701052023000009".to_owned(),
        items: vec![ItemAmount { item, amount: yuan("800.00") }],
        total: yuan("800.00"),
        shares: halves("400.00"),
        account: None,
        notice_days: None,
        office: None,
        contact: None,
    };
    let noticed = bypass(&world, right, "2023-06-13", Event::NoticeIssued(notice), EntrySet::default());
    assert_eq!(
        wrong("2023-06-13").iter().map(|finding| finding.entries.clone()).collect::<Vec<_>>(),
        [vec![paid], vec![noticed]]
    );
}

#[test]
fn a_refund_leaves_the_treasuries_as_the_payment_came_in() {
    let (world, right) = registered(mining(&["水泥用灰岩"]));
    let items = owed(&world, right, vec![part(ItemKind::Price, "100.00", None, None, None)]);
    let paid = world.pay(right, &items[0], "2023-06-10", "200.00", "收1").unwrap();
    let item = ItemId::parse(&items[0]).unwrap();
    // 40 : 60 went in. Of 10.00, 4.00 and 6.00 go back; 5.00 and 5.00 did.
    let refunded = |on: &str, central: &str, local: &str| {
        let shares =
            TreasuryShares { central: yuan(central), local: yuan(local), province: None, city: None, county: None };
        let amount = shares.central.plus(shares.local).unwrap();
        let lines = [
            (Account::Refund, amount),
            (Account::Central, shares.central.negated()),
            (Account::Local, shares.local.negated()),
        ];
        let lines = lines.map(|(account, amount)| Posting { account, item, amount });
        let refund = RefundPaid {
            payment: paid,
            item,
            amount,
            reason: "多缴".to_owned(),
            shares,
            cause: None,
            document: None,
            ends: None,
        };
        bypass(&world, right, on, Event::RefundPaid(refund), EntrySet::new(lines).unwrap())
    };
    let wrong = |as_of| found(&world, right, as_of, Check::WrongShares);
    refunded("2023-07-01", "4.00", "6.00");
    assert!(wrong("2023-07-01").is_empty());
    let seq = refunded("2023-07-02", "5.00", "5.00");
    let told = wrong("2023-07-02");
    names(&told, &items[0], &[paid, seq]);
    assert_eq!(
        (&*told[0].found.zh, &*told[0].expected.zh),
        ("2023-07-02 退库 10.00 元：中央 5.00, 地方 5.00", "中央 4.00, 地方 6.00")
    );
    assert_eq!((told[0].law.article.as_ref(), told[0].check), ("26", Check::WrongShares));
}

#[test]
fn a_contract_number_that_is_none_is_found() {
    // No command records one; a record from elsewhere may have it.
    for (number, expected) in [
        ("号".repeat(61), Some("1 to 60 characters")),
        (String::new(), Some("1 to 60 characters")),
        (" CKHT-1".to_owned(), Some("no control characters, no spaces at the ends")),
        ("CKHT\u{7}1".to_owned(), Some("no control characters, no spaces at the ends")),
        ("号".repeat(60), None),
    ] {
        let (world, right) = registered(mining(&["煤"]));
        let corrected = RightCorrected { contract_number: Some(number.clone()), ..corrected() };
        bypass(&world, right, "2023-05-01", Event::RightCorrected(corrected), EntrySet::default());
        let found = found(&world, right, "2024-01-01", Check::MalformedContractNumber);
        let told: Vec<&str> = found.iter().map(|finding| finding.expected.en.as_ref()).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{number:?}");
    }
}

#[test]
fn nothing_is_levied_before_it_can_fall_due() {
    let early = |world: &World, right, as_of| found(world, right, as_of, Check::LeviedTooEarly);
    // A year that is not over.
    for (paid_on, closed_on, wrong) in
        [("2024-12-31", None, true), ("2025-01-01", None, false), ("2024-06-10", Some("2024-06-20"), false)]
    {
        let (world, right) = registered(mining(&["煤"]));
        let lines = vec![Line { revenue: Some(number("1000000.00")), ..line("煤", Product::RawOre) }];
        let body = FileDeclaration {
            effective_on: day("2024-06-01"),
            year: 2024,
            lines,
            combine_as: None,
            holiday_shift: HolidayShift::Off,
            reduction: None,
            form: Default::default(),
        };
        let declared = world.on(right, OnRight::Declare(body, "{}")).unwrap();
        let paid = world.pay(right, &format!("I{declared}-1"), paid_on, "24000.00", "收1").unwrap();
        if let Some(closed) = closed_on {
            world.on(right, OnRight::Close(CloseRight { effective_on: day(closed), reason: "注销" })).unwrap();
        }
        let found = early(&world, right, "2025-02-01");
        assert_eq!(found.len(), usize::from(wrong), "{paid_on} {closed_on:?}");
        if wrong {
            names(&found, &format!("I{declared}-1"), &[paid]);
        }
    }
    // The rest of an exploration right's income waits for the conversion.
    let exploration = Registered { right: Right::Exploration, licence: EXPLORATION, ..mining(&["水泥用灰岩"]) };
    let (world, right) = registered(exploration);
    let first = part(ItemKind::Price, "100.00", None, None, None);
    let items = owed(&world, right, vec![first, part(ItemKind::OnConversion, "900.00", None, None, None)]);
    notify(&world, right, "2023-06-05", &[&items[0]]);
    assert!(early(&world, right, "2023-06-05").is_empty());
    notify(&world, right, "2023-06-05", &[&items[1]]);
    names(&early(&world, right, "2023-06-05"), &items[1], &[8]);
    let paid = world.pay(right, &items[1], "2023-06-06", "900.00", "收1").unwrap();
    names(&early(&world, right, "2023-06-06"), &items[1], &[8, paid]);
    // A mining right waits for no conversion.
    let (world, right) = registered(mining(&["水泥用灰岩"]));
    let items = owed(&world, right, vec![part(ItemKind::OnConversion, "900.00", None, None, None)]);
    world.pay(right, &items[0], "2023-06-06", "900.00", "收1").unwrap();
    assert!(early(&world, right, "2023-06-06").is_empty());
    // An instalment falls due as agreed: a notice whose thirty days end before that day asks too early.
    for (received, wrong) in [("2024-05-31", true), ("2024-06-01", false)] {
        let (world, right) = registered(mining(&["水泥用灰岩"]));
        let items = owed(&world, right, vec![part(ItemKind::Instalment, "100.00", Some("2024-07-01"), None, None)]);
        let notice = notify(&world, right, "2024-05-31", &[&items[0]]);
        world.ask(serve(&notice, received)).unwrap();
        let found = early(&world, right, "2024-06-15");
        assert_eq!(found.len(), usize::from(wrong), "{received}");
        if wrong {
            names(&found, &items[0], &[7]);
        }
    }
    // Nobody asks for the price of a contract that is not signed; what is paid before its due date is not early (059).
    for (signed, wrong) in [("2023-06-10", true), ("2023-06-05", false)] {
        let (world, right) = registered(Registered { signed: Some(signed), ..mining(&["煤"]) });
        let items = owed(&world, right, vec![part(ItemKind::Price, "100.00", Some("2024-07-01"), None, None)]);
        let paid = world.pay(right, &items[0], "2023-06-05", "100.00", "收1").unwrap();
        let found = early(&world, right, "2023-06-15");
        assert_eq!(found.len(), usize::from(wrong), "{signed}");
        if wrong {
            names(&found, &items[0], &[paid]);
        }
    }
}

#[test]
fn one_payment_belongs_to_one_item() {
    for (receipts, wrong) in [
        (["0012345678-1", "0012345678-2"], true),
        (["0012345678（1）", "００１２３４５６７８"], true),
        (["ab 0012345678", "AB0012345678"], true),
        (["0012345678", "0012345679"], false),
        // Too short to be cut: two receipts of two months.
        (["2024-01", "2024-02"], false),
        (["123456789-1", "123456789-2"], false),
        (["1234567890-1", "1234567890-2"], true),
        // Nor is what is no number of a part.
        (["0012345678-AB", "0012345678-CD"], false),
        (["0012345678-", "0012345678"], false),
        (["0012345678-123", "0012345678-124"], false),
        (["0012345678-99", "0012345678/1"], true),
    ] {
        let (world, right) = registered(mining(&["水泥用灰岩"]));
        let price = || part(ItemKind::Price, "100.00", None, None, None);
        let items = owed(&world, right, vec![price(), price()]);
        let entries = [0, 1].map(|at| world.pay(right, &items[at], "2023-06-10", "100.00", receipts[at]).unwrap());
        let found = found(&world, right, "2023-06-10", Check::OnePaymentSeveralItems);
        assert_eq!(found.len(), usize::from(wrong), "{receipts:?}");
        if wrong {
            names(&found, &items[0], &entries);
        }
    }
    // What a notice asks for two items, paid on the first.
    for (second_paid, together, wrong) in [(false, true, true), (true, true, false), (false, false, false)] {
        let (world, right) = registered(mining(&["水泥用灰岩"]));
        let price = || part(ItemKind::Price, "100.00", None, None, None);
        let items = owed(&world, right, vec![price(), price()]);
        if together {
            notify(&world, right, "2023-06-05", &[&items[0], &items[1]]);
        } else {
            // What another notice asks for is another matter.
            notify(&world, right, "2023-06-05", &[&items[0]]);
            notify(&world, right, "2023-06-05", &[&items[1]]);
        }
        let paid = world.pay(right, &items[0], "2023-06-10", "200.00", "收1").unwrap();
        if second_paid {
            world.pay(right, &items[1], "2023-06-11", "100.00", "收2").unwrap();
        }
        let found = found(&world, right, "2023-06-12", Check::OnePaymentSeveralItems);
        assert_eq!(found.len(), usize::from(wrong), "{second_paid} {together}");
        if wrong {
            names(&found, &items[0], &[paid]);
        }
    }
}

#[test]
fn the_late_fee_comes_with_the_late_principal() {
    // Due on 2023-07-01; ten days late: 1000 × 0.002 × 10 = 20.
    for (paid_on, amount, wrong) in [
        ("2023-07-11", "1000.00", true),
        ("2023-07-11", "1019.99", true),
        ("2023-07-11", "1020.00", false),
        ("2023-07-11", "999.99", false),
        ("2023-07-01", "1000.00", false),
    ] {
        let (world, right) = registered(mining(&["水泥用灰岩"]));
        let items = owed(&world, right, vec![part(ItemKind::Price, "1000.00", Some("2023-07-01"), None, None)]);
        let paid = world.pay(right, &items[0], paid_on, amount, "收1").unwrap();
        let found = found(&world, right, "2023-08-01", Check::LateFeeOpen);
        assert_eq!(found.len(), usize::from(wrong), "{paid_on} {amount}");
        if wrong {
            names(&found, &items[0], &[paid]);
        }
    }
}

#[test]
fn a_late_fee_is_shown_by_what_was_paid_late() {
    let (world, right) = registered(mining(&["水泥用灰岩"]));
    let items = owed(&world, right, vec![part(ItemKind::Price, "1000.00", Some("2023-07-01"), None, None)]);
    // On the due date, and ten days after it.
    world.pay(right, &items[0], "2023-07-01", "400.00", "收1").unwrap();
    let late = world.pay(right, &items[0], "2023-07-11", "600.00", "收2").unwrap();
    let found = found(&world, right, "2023-08-01", Check::LateFeeOpen);
    names(&found, &items[0], &[late]);
    assert!(found[0].found.en.contains("principal paid on 2023-07-11, 12.00 yuan"), "{}", found[0].found.en);
}

#[test]
fn numbers_have_their_form() {
    let exploration = |licence, contract, signed| Registered {
        right: Right::Exploration,
        licence,
        contract,
        signed: Some(signed),
        minerals: vec!["煤"],
    };
    for (of, contract, licence) in [
        (mining(&["煤"]), false, false),
        (Registered { licence: "C1", ..mining(&["煤"]) }, false, true),
        (Registered { licence: EXPLORATION, ..mining(&["煤"]) }, false, true),
        // No form is at hand for contracts of mining rights.
        (Registered { contract: Some("CKHT-2023-001"), ..mining(&["煤"]) }, false, false),
        (exploration(EXPLORATION, Some("T3701052024001"), "2024-03-01"), false, false),
        (exploration("T12345678901234567", None, "2024-03-01"), false, false),
        (exploration(MINING, None, "2024-03-01"), false, true),
        (exploration(EXPLORATION, Some("TKHT-2024-1"), "2024-03-01"), true, false),
        (exploration(EXPLORATION, Some("TKHT-2021-1"), "2021-03-01"), false, false),
        // The model is of 2023: a contract of that year may have another form, one of the model's form has to fit.
        (exploration(EXPLORATION, Some("TKHT-2023-1"), "2023-12-31"), false, false),
        (exploration(EXPLORATION, Some("TKHT-2024-1"), "2024-01-01"), true, false),
        (exploration(EXPLORATION, Some("T3701052024001"), "2023-12-31"), true, false),
        (exploration(EXPLORATION, Some("T3701052023001"), "2024-03-01"), true, false),
        (exploration(EXPLORATION, Some("T6101042024001"), "2024-03-01"), true, false),
    ] {
        let (world, right) = registered(of.clone());
        let of_the_right = |check| {
            let found = found(&world, right, "2025-01-01", check);
            assert!(found.iter().all(|finding| finding.item.is_none() && finding.entries == [right.0]));
            found.len()
        };
        assert_eq!(of_the_right(Check::MalformedContractNumber), usize::from(contract), "{:?}", of.contract);
        assert_eq!(of_the_right(Check::MalformedLicenceNumber), usize::from(licence), "{}", of.licence);
    }
}
