//! What the records do not take, said by its reason.

use lode::domain::books::command::*;
use lode::domain::books::entry::{RightId, Seq};
use lode::domain::books::event::{ItemKind, Part};
use lode::domain::books::history::Standing;
use lode::domain::due_date::HolidayShift;
use lode::domain::sales::{Line, Product};

use crate::boundaries::line;

use super::world::{Ask, No, World, ask, confirm, day, draft, faulty, number, register, reverse, yuan};

fn price(amount: &str) -> Vec<Part> {
    vec![Part { kind: ItemKind::Price, amount: yuan(amount), due_on: None, levy_method: None, rule: None }]
}

fn rejected(draft: Seq, reason: Option<&'static str>) -> Ask {
    ask!(Command::JudgeAssessment(
        draft,
        JudgeAssessment { effective_on: day("2023-06-02"), verdict: Verdict::Reject, reason }
    ))
}

#[test]
fn a_rejected_assessment_has_its_reason_and_makes_nothing_due() {
    let world = World::new();
    let right = world.right();
    let drafted = world.on(right, OnRight::Assess(draft(price("100.00")))).unwrap();
    assert_eq!(world.by("second", rejected(drafted, None)), faulty(&["/reason"]));
    world.by("second", rejected(drafted, Some("面积有误"))).unwrap();
    let history = world.history(right, "2023-06-02");
    assert_eq!(history.assessments[&drafted].standing, Standing::Rejected);
    assert!(history.items.is_empty());
    // It has been judged, and is not confirmed.
    assert_eq!(world.by("second", confirm(drafted)), Err(No::Conflict));
    let plan = OnRight::Plan(SetPlan { effective_on: day("2023-06-03"), assessment: drafted });
    assert_eq!(world.on(right, plan), Err(No::Conflict));
}

#[test]
fn an_assessment_is_planned_once() {
    let world = World::new();
    let right = world.right();
    let (drafted, _) = world.planned(right, &[("100.00", None)]);
    let plan = |assessment| OnRight::Plan(SetPlan { effective_on: day("2023-06-03"), assessment });
    assert_eq!(world.on(right, plan(drafted)), Err(No::Conflict));
    assert_eq!(world.on(right, plan(9_999)), faulty(&["/assessment"]));
    assert_eq!(world.statement(right, "2024-01-01").sums.total, yuan("100.00"));
}

#[test]
fn a_right_goes_to_somebody_else() {
    let world = World::new();
    let right = world.right();
    let to = |to| OnRight::Transfer(TransferRight { effective_on: day("2024-01-01"), to, reason: "转让" });
    // The holder is the entry before the right, P2 by its id.
    assert_eq!(world.on(right, to("P2")), Err(No::Conflict));
    assert_eq!(world.on(right, to("P7")), faulty(&["/to"]));
}

#[test]
fn a_reversal_stands() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("100.00", None)]);
    let paid = world.pay(right, "I6-1", "2023-06-10", "60.00", "收1").unwrap();
    let reversal = world.ask(reverse(paid, "2023-06-20")).unwrap();
    assert_eq!(world.ask(reverse(reversal, "2023-06-21")), Err(No::Conflict));
    assert_eq!(world.ask(reverse(9_999, "2023-06-21")), Err(No::Unknown));
}

fn changed(world: &World, right: RightId, body: ChangeRight<'static>) -> Result<Seq, No> {
    world.on(right, OnRight::Change(body))
}

#[test]
fn a_mineral_is_registered_once_and_a_licence_ends_after_it_begins() {
    let world = World::new();
    let right = world.right();
    let nothing = ChangeRight {
        effective_on: day("2024-01-01"),
        added_minerals: Vec::new(),
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: None,
        reason: "变更登记",
    };
    let added = |minerals| ChangeRight { added_minerals: minerals, ..nothing.clone() };
    assert_eq!(changed(&world, right, added(vec!["煤"])), faulty(&["/added_minerals/0"]));
    assert_eq!(changed(&world, right, added(vec!["铁", "铁矿"])), faulty(&["/added_minerals/1"]));
    let term = |from, to| ChangeRight { term_from: Some(day(from)), term_to: Some(day(to)), ..nothing.clone() };
    assert_eq!(changed(&world, right, term("2044-01-02", "2044-01-01")), faulty(&["/term_to"]));
    changed(&world, right, term("2044-01-01", "2044-01-01")).unwrap();
    changed(&world, right, added(vec!["铁"])).unwrap();
}

#[test]
fn a_party_that_nobody_registered_holds_nothing() {
    let world = World::new();
    assert_eq!(world.ask(register(7, "C100000000000000000001".to_owned())), faulty(&["/holder"]));
}

#[test]
fn the_general_form_fits_the_sales() {
    let world = World::new();
    let right = world.right();
    let declare = |year, form| {
        let lines = vec![Line { revenue: Some(number("1000.00")), ..line("煤", Product::RawOre) }];
        let (effective_on, holiday_shift) = (day("2025-01-10"), HolidayShift::Off);
        let body =
            FileDeclaration { effective_on, year, lines, combine_as: None, holiday_shift, reduction: None, form };
        world.on(right, OnRight::Declare(body, "{}"))
    };
    let period = |from: &str, to: &str| GeneralForm {
        period_from: Some(day(from)),
        period_to: Some(day(to)),
        ..GeneralForm::default()
    };
    assert_eq!(declare(2024, period("2024-07-01", "2024-06-30")), faulty(&["/form/period_to"]));
    assert_eq!(declare(2024, period("2023-12-31", "2024-06-30")), faulty(&["/form/period_from"]));
    assert!(
        matches!(declare(2026, GeneralForm::default()), Err(No::Faults(faults)) if faults.contains(&"/year".to_owned()))
    );
    // Base less deduction is the revenue of the lines: what is left out follows, what is given has to fit.
    let amounts = |base: Option<&str>, deduction: Option<&str>| GeneralForm {
        base: base.map(number),
        deduction: deduction.map(number),
        ..GeneralForm::default()
    };
    assert!(declare(2024, amounts(Some("1200.00"), Some("100.00"))).is_err());
    let declared = declare(2024, amounts(Some("1200.00"), None)).unwrap();
    world.ask(reverse(declared, "2025-01-10")).unwrap();
    declare(2024, amounts(None, Some("200.00"))).unwrap();
}
