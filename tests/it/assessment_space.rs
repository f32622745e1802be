//! The whole space of facts of an assessment: every combination ends in exactly one row for the right, or one for each kind
//! of its minerals, or in the error that the rules document. What is expected is written here a second time, as `RULES` 12
//! reads and not as the table of the domain is built.
//!
//! The facts that every event has are crossed in full, and with them those that the event asks for; that it asks for no
//! others is a test of its own. How often each outcome occurs stands in `docs/assessment-space.md`, which is compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::NaiveDate;
use lode::domain::assessment::table::{Scope, TABLE};
use lode::domain::assessment::{self, Acquired, Event, Obligation, Reason, Values, assess};
use lode::domain::catalogue::LevyMethod;
use lode::domain::context::{Detail, calculate};
use lode::domain::place::Place;
use lode::domain::quantity::Number;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::StageCompleted;
use rust_decimal::Decimal;

use crate::boundaries::line;
use crate::rate_data::book;

const EVENTS: [(&str, Event); 12] = [
    ("grant", Event::Grant),
    ("conversion", Event::Conversion),
    ("unconverted", Event::Unconverted),
    ("undisposed_reserves", Event::UndisposedReserves),
    ("mineral_change", Event::MineralChange),
    ("oil_gas_added", Event::OilGasAdded),
    ("oil_gas_producing", Event::OilGasProducing),
    ("transfer", Event::Transfer),
    ("cancellation", Event::Cancellation),
    ("withdrawal", Event::Withdrawal),
    ("existing_contract", Event::ExistingContract),
    ("transition", Event::Transition),
];

const RIGHTS: [Right; 2] = [Right::Exploration, Right::Mining];

const ACQUIRED: [Option<Acquired>; 10] = [
    None,
    Some(Acquired::Competitive),
    Some(Acquired::Agreement),
    Some(Acquired::FirstCome),
    Some(Acquired::FreeStateFound),
    Some(Acquired::Free),
    Some(Acquired::PaidInFull),
    Some(Acquired::CapitalConverted),
    Some(Acquired::StateSharePaid),
    Some(Acquired::AreaPricePaid),
];

/// In the catalogue, outside it, both, and oil.
const MINERALS: [&[&str]; 4] = [&["金"], &["建筑用花岗岩"], &["金", "建筑用花岗岩"], &["石油"]];

/// Both sides of the measures and of the joint notice.
const AS_OF: [&str; 4] = ["2023-04-30", "2023-05-01", "2026-06-28", "2026-06-29"];

/// None, and both sides of 2017-06-29 (issue of the measures of 2017), of 2017-07-01, of the measures, of the joint notice.
const SIGNED: [&str; 9] = [
    "",
    "2017-06-28",
    "2017-06-29",
    "2017-06-30",
    "2017-07-01",
    "2023-04-30",
    "2023-05-01",
    "2026-06-28",
    "2026-06-29",
];

const STATE_FUNDED: [Option<bool>; 3] = [None, Some(false), Some(true)];
const STAGES: [Option<StageCompleted>; 5] = [
    None,
    Some(StageCompleted::None),
    Some(StageCompleted::General),
    Some(StageCompleted::Detailed),
    Some(StageCompleted::Advanced),
];
const REASONS: [Option<Reason>; 4] = [None, Some(Reason::Policy), Some(Reason::Disaster), Some(Reason::Exhausted)];
const FORMS: [Option<LevyMethod>; 3] = [None, Some(LevyMethod::Rate), Some(LevyMethod::Amount)];
const ADDED: [&[&str]; 4] = [&[], &["铜"], &["水泥用灰岩"], &["煤层气"]];
const OTHERS: [Option<bool>; 3] = [None, Some(false), Some(true)];

/// What remains of the registered minerals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remaining {
    NotSaid,
    Nothing,
    TheMain,
}

const REMAINING: [Remaining; 3] = [Remaining::NotSaid, Remaining::Nothing, Remaining::TheMain];

/// A point of the space.
#[derive(Clone, Copy, Debug)]
struct Point {
    event: Event,
    right: Right,
    acquired: Option<Acquired>,
    minerals: &'static [&'static str],
    as_of: NaiveDate,
    signed: Option<NaiveDate>,
    state_funded: Option<bool>,
    stage: Option<StageCompleted>,
    reason: Option<Reason>,
    form: Option<LevyMethod>,
    remaining: Remaining,
    added: &'static [&'static str],
    others: Option<bool>,
}

/// How a case ends: the rows that apply, or the faults.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Rules(Vec<&'static str>),
    Faults(Vec<(&'static str, String)>),
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The points of an event before its own facts are varied.
fn base(event: Event) -> Vec<Point> {
    let mut points = Vec::new();
    for right in RIGHTS {
        for acquired in ACQUIRED {
            for minerals in MINERALS {
                for as_of in AS_OF.map(day) {
                    for signed in SIGNED {
                        points.push(Point {
                            event,
                            right,
                            acquired,
                            minerals,
                            as_of,
                            signed: (!signed.is_empty()).then(|| day(signed)),
                            state_funded: None,
                            stage: None,
                            reason: None,
                            form: None,
                            remaining: Remaining::NotSaid,
                            added: &[],
                            others: None,
                        });
                    }
                }
            }
        }
    }
    points
}

type Vary = fn(Point) -> Vec<Point>;

/// State money and stage.
fn with_state_money(point: Point) -> Vec<Point> {
    let all = STATE_FUNDED.iter().flat_map(|state_funded| STAGES.iter().map(move |stage| (*state_funded, *stage)));
    all.map(|(state_funded, stage)| Point { state_funded, stage, ..point }).collect()
}

/// Reason and levy form.
fn with_cancellation(point: Point) -> Vec<Point> {
    let all = REASONS.iter().flat_map(|reason| FORMS.iter().map(move |form| (*reason, *form)));
    all.map(|(reason, form)| Point { reason, form, ..point }).collect()
}

/// What remains and what is added.
fn with_change(point: Point) -> Vec<Point> {
    let all = REMAINING.iter().flat_map(|remaining| ADDED.iter().map(move |added| (*remaining, *added)));
    all.map(|(remaining, added)| Point { remaining, added, ..point }).collect()
}

/// Whether there are reserves besides those paid for.
fn with_others(point: Point) -> Vec<Point> {
    OTHERS.iter().map(|others| Point { others: *others, ..point }).collect()
}

const VARIATIONS: [Vary; 4] = [with_state_money, with_cancellation, with_change, with_others];

/// Which of the variations an event asks for; none where it asks for nothing more.
fn own_variation(event: Event) -> Option<usize> {
    match event {
        Event::Grant => Some(0),
        Event::Cancellation => Some(1),
        Event::MineralChange | Event::OilGasAdded => Some(2),
        Event::UndisposedReserves | Event::Transition => Some(3),
        _ => None,
    }
}

fn space(event: Event) -> Vec<Point> {
    match own_variation(event) {
        Some(own) => base(event).into_iter().flat_map(VARIATIONS[own]).collect(),
        None => base(event),
    }
}

/// Amounts of every kind that agree with each other.
fn all_values() -> Values<'static> {
    let amount = Some(Number::Exactly(Decimal::from(100)));
    let line = Line { revenue: amount, sold_on: Some(day("2020-06-01")), ..line("gold", Product::Concentrate) };
    Values {
        transaction_price: amount,
        starting_price: amount,
        appraised_value: amount,
        benchmark_value: amount,
        contract_remainder: amount,
        fund_occupation_charge: amount,
        total: amount,
        sales: Some(vec![line]),
        reserves_assessed: amount,
        reserves_used: amount,
        paid: amount,
    }
}

/// Runs a case; the rows that apply are checked to be one for the right or one for each kind of its minerals.
fn run(point: &Point, values: Values<'static>) -> (End, Vec<Obligation>) {
    let request = assessment::Request {
        as_of: point.as_of,
        event: point.event,
        right: point.right,
        acquired: point.acquired,
        reason: point.reason,
        levy_form: point.form,
        reserve_base_date: None,
        reserves_not_paid_for: point.others,
        appraisal_years: None,
        approval: None,
        contract_signed_on: point.signed,
        registered_minerals: point.minerals.to_vec(),
        remaining_minerals: match point.remaining {
            Remaining::NotSaid => None,
            Remaining::Nothing => Some(Vec::new()),
            Remaining::TheMain => Some(vec![point.minerals[0]]),
        },
        added_minerals: point.added.to_vec(),
        payer: None,
        transferee: Some("乙"),
        values,
        state_funded_exploration: point.state_funded,
        stage_completed: point.stage,
        place: Some(Place::Land),
        temperature_c: None,
    };
    match calculate(book(), Detail::FiguresOnly, |context| assess(&request, context)) {
        Ok(answer) => {
            let outcome = answer.result;
            assert_eq!(outcome.trace.len(), TABLE.len());
            let applied = TABLE.iter().zip(&outcome.trace).filter(|(_, traced)| traced.failed.is_empty());
            let applied: Vec<(&str, Scope)> = applied.map(|(row, _)| (row.id, row.scope)).collect();
            let mut scopes: Vec<Scope> = applied.iter().map(|(_, scope)| *scope).collect();
            scopes.sort();
            let kinds = match point.minerals.len() {
                2 => vec![Scope::InCatalogue, Scope::Outside],
                _ if is_outside(point) => vec![Scope::Outside],
                _ => vec![Scope::InCatalogue],
            };
            assert!(scopes == [Scope::Right] || scopes == kinds, "{point:?} comes to {applied:?}");
            assert!(!outcome.obligations.is_empty(), "{point:?} comes to no obligation");
            (End::Rules(applied.into_iter().map(|(id, _)| id).collect()), outcome.obligations)
        }
        Err(faults) => {
            let mut faults: Vec<(&str, String)> =
                faults.into_iter().map(|fault| (fault.code.as_str(), fault.pointer)).collect();
            faults.sort();
            (End::Faults(faults), Vec::new())
        }
    }
}

fn is_outside(point: &Point) -> bool {
    point.minerals == MINERALS[1]
}

fn fault(code: &'static str, pointer: &str) -> (&'static str, String) {
    (code, pointer.to_owned())
}

/// How a case ends by `RULES` 12.
fn expected(point: &Point) -> End {
    let mut faults = Vec::new();
    if point.signed.is_some_and(|signed| signed > point.as_of) {
        faults.push(fault("invalid_field", "/contract_signed_on"));
    }
    if point.event == Event::UndisposedReserves && point.others == Some(false) {
        faults.push(fault("invalid_field", "/reserves_not_paid_for"));
    }
    let by_contract = point.event == Event::Grant && point.signed.is_some();
    let date = if by_contract { point.signed.unwrap() } else { point.as_of };
    if date < day("2023-05-01") {
        faults.push(fault("rate_not_in_force", if by_contract { "/contract_signed_on" } else { "/as_of" }));
    } else {
        match rows(point, date) {
            Ok(rows) if faults.is_empty() => return End::Rules(rows),
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
    }
    faults.sort();
    End::Faults(faults)
}

type Rows = Result<Vec<&'static str>, (&'static str, String)>;

fn unknown(field: &str) -> Rows {
    Err(fault("parameter_unknown", &format!("/{field}")))
}

fn no_rule() -> Rows {
    Err(fault("no_rule_applies", ""))
}

/// The rows by `RULES` 12, in the order of the table.
fn rows(point: &Point, date: NaiveDate) -> Rows {
    use Acquired::{Agreement, AreaPricePaid, Competitive, FirstCome, Free, FreeStateFound};
    let (outside, inside) = (is_outside(point) || point.minerals.len() == 2, !is_outside(point));
    let oil = point.minerals == MINERALS[3];
    let exploration = point.right == Right::Exploration;
    let old_contract = point.signed.map(|signed| signed < day("2023-05-01"));
    let never_paid = matches!(point.acquired, Some(FirstCome | FreeStateFound | Free | AreaPricePaid));
    // One row for what is in the catalogue, one for what is outside.
    let by_kind = |in_catalogue: &'static str, other: &'static str| -> Rows {
        let rows = [(in_catalogue, inside), (other, outside)];
        Ok(rows.into_iter().filter(|(_, has)| *has).map(|(row, _)| row).collect())
    };
    let only = |row: &'static str| -> Rows { Ok(vec![row]) };
    let adds_oil_and_gas = oil && point.added == ADDED[3];
    match point.event {
        Event::Grant => match point.acquired {
            None => unknown("acquired"),
            Some(Competitive) => by_kind("G1", "G4"),
            Some(Agreement) if date < day("2026-06-29") || point.state_funded != Some(true) => by_kind("G2", "G5"),
            Some(Agreement) => match point.stage {
                None if inside => unknown("stage_completed"),
                None | Some(StageCompleted::None) => by_kind("G2", "G5"),
                Some(_) => by_kind("G3", "G5"),
            },
            Some(_) => no_rule(),
        },
        Event::Conversion if !exploration || never_paid => no_rule(),
        Event::Conversion if !inside => only("G6"),
        Event::Conversion => match (old_contract, point.acquired) {
            (Some(true), _) => only("T1"),
            (None | Some(false), Some(Agreement)) | (Some(false), Some(Competitive)) if outside => Ok(vec!["G6", "G8"]),
            (None | Some(false), Some(Agreement)) | (Some(false), Some(Competitive)) => only("G8"),
            (None, _) => unknown("contract_signed_on"),
            (Some(false), None) => unknown("acquired"),
            (Some(false), Some(_)) => no_rule(),
        },
        Event::Unconverted if exploration && outside => only("G7"),
        Event::Unconverted => no_rule(),
        Event::UndisposedReserves => match point.acquired {
            Some(Acquired::StateSharePaid) => only("T11"),
            Some(Acquired::PaidInFull) => only("T13"),
            _ if exploration => no_rule(),
            _ => by_kind("E1", "E2"),
        },
        Event::MineralChange => match (point.remaining, exploration) {
            (Remaining::Nothing, true) => only("E3"),
            _ if adds_oil_and_gas => only("E6"),
            (Remaining::NotSaid, true) => only("E3"),
            (Remaining::TheMain, true) => only("E4"),
            (_, false) => only("E5"),
        },
        Event::OilGasAdded if adds_oil_and_gas => only("E6"),
        Event::OilGasAdded => no_rule(),
        Event::OilGasProducing if exploration && oil => only("E7"),
        Event::OilGasProducing => no_rule(),
        Event::Transfer => only("E8"),
        Event::Cancellation if exploration => no_rule(),
        Event::Cancellation if point.reason == Some(Reason::Exhausted) => only("E10"),
        Event::Cancellation => {
            let by_amount = match point.form {
                Some(form) => form == LevyMethod::Amount,
                None => old_contract == Some(true) || is_outside(point),
            };
            match (by_amount, inside) {
                (true, _) => only("E9"),
                (false, true) => only("E11"),
                (false, false) => no_rule(),
            }
        }
        Event::Withdrawal => only("E12"),
        Event::ExistingContract => match old_contract {
            None => unknown("contract_signed_on"),
            Some(true) => only("T1"),
            Some(false) => no_rule(),
        },
        Event::Transition => match (point.acquired, exploration) {
            (None, _) => unknown("acquired"),
            (Some(Competitive | Agreement), _) | (Some(Free), true) => no_rule(),
            (Some(FirstCome), true) => by_kind("T2", "T4"),
            (Some(FirstCome), false) => by_kind("T3", "T5"),
            (Some(FreeStateFound), true) => by_kind("T6", "T8"),
            (Some(FreeStateFound | Free), false) => by_kind("T7", "T9"),
            (Some(Acquired::CapitalConverted), _) => only("T10"),
            (Some(Acquired::StateSharePaid), _) => only("T11"),
            (Some(AreaPricePaid), _) => only("T12"),
            (Some(Acquired::PaidInFull), _) => only("T13"),
        },
    }
}

/// The whole space with the end of each case.
fn ends() -> &'static [(Point, End)] {
    static ENDS: OnceLock<Vec<(Point, End)>> = OnceLock::new();
    ENDS.get_or_init(|| {
        let points = EVENTS.into_iter().flat_map(|(_, event)| space(event));
        points.map(|point| (point, run(&point, Values::default()).0)).collect()
    })
}

#[test]
fn every_combination_ends_in_its_row_or_in_a_documented_error() {
    for (point, end) in ends() {
        assert_eq!(*end, expected(point), "{point:?}");
    }
}

#[test]
fn amounts_change_nothing_about_the_rows_and_leave_nothing_to_ask_for() {
    for (_, event) in EVENTS {
        for point in space(event) {
            let (end, obligations) = run(&point, all_values());
            assert_eq!(end, expected(&point), "{point:?}");
            for obligation in obligations {
                assert!(obligation.needs.is_empty(), "{point:?}: {} needs {:?}", obligation.rule, obligation.needs);
            }
        }
    }
}

#[test]
fn what_an_event_does_not_ask_for_changes_nothing() {
    for (_, event) in EVENTS {
        for point in base(event).into_iter().step_by(7) {
            let (alone, _) = run(&point, Values::default());
            for (index, variation) in VARIATIONS.iter().enumerate() {
                // Minerals that are said to remain or to be added are read whatever the event; they never decide elsewhere.
                if own_variation(event) != Some(index) {
                    for varied in variation(point) {
                        assert_eq!(run(&varied, Values::default()).0, alone, "{varied:?}");
                    }
                }
            }
        }
    }
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/assessment-space.md")
}

/// The end of a case as the document names it.
fn label(end: &End) -> String {
    match end {
        End::Rules(rows) => rows.join(" + "),
        End::Faults(faults) => {
            let names: Vec<String> = faults
                .iter()
                .map(
                    |(code, pointer)| {
                        if pointer.is_empty() { format!("`{code}`") } else { format!("`{code}` {pointer}") }
                    },
                )
                .collect();
            names.join(", ")
        }
    }
}

const INTRODUCTION: &str = "# 事实空间 · The space of facts

评估端点的全部事实组合及其结果的次数。每个组合要么恰好适用一条规则（目录内、外矿种并存的，各一条，写作“G1 + G4”），要么是列出的错误；没有 `rules_conflict`。
由 `tests/it/assessment_space.rs` 逐一计算，并与按规则另写的判定比较；本表与计算结果不一致时测试失败。

How often each outcome occurs over all combinations of facts. Each ends in exactly one rule (for a right with minerals of both kinds one for each, \"G1 + G4\") or in the error named; none in `rules_conflict`. `tests/it/assessment_space.rs` runs them all and compares each with a second writing of the rules; this page is compared too.

重新生成 · To renew it: `cargo test --test it renew_the_table_of_the_space -- --ignored`

每个事项都组合 · crossed for every event: `right` (2) × `acquired` (9 and none) × minerals (金; 建筑用花岗岩; both; 石油) × `as_of` (2023-04-30, 2023-05-01, 2026-06-28, 2026-06-29) × `contract_signed_on` (none, 2017-06-28, 2017-06-29, 2017-06-30, 2017-07-01, 2023-04-30, 2023-05-01, 2026-06-28, 2026-06-29).
另外 · besides: grant × `state_funded_exploration` (3) × `stage_completed` (5); cancellation × `reason` (4) × `levy_form` (3); mineral_change, oil_gas_added × `remaining_minerals` (none said; empty; the main one) × `added_minerals` (none; 铜; 水泥用灰岩; 煤层气); undisposed_reserves, transition × `reserves_not_paid_for` (3). 事项不问的事实不改变结果，另有测试 · What an event does not ask for changes nothing, which is tested.
";

/// The document as the code has it now.
fn fresh() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut all = 0;
    for (name, event) in EVENTS {
        let mut counts: BTreeMap<&End, [usize; 2]> = BTreeMap::new();
        for (point, end) in ends().iter().filter(|(point, _)| point.event == event) {
            counts.entry(end).or_default()[usize::from(point.right == Right::Mining)] += 1;
        }
        let total: usize = counts.values().flatten().sum();
        all += total;
        write!(text, "\n## {name}: {total}\n\n| 结果 outcome | exploration | mining |\n|---|---:|---:|\n").unwrap();
        for (end, [exploration, mining]) in counts {
            writeln!(text, "| {} | {exploration} | {mining} |", label(end)).unwrap();
        }
    }
    write!(text, "\n合计 · Altogether: {all}\n").unwrap();
    text
}

#[test]
fn the_table_of_the_space_is_current() {
    let committed = fs::read_to_string(document()).unwrap_or_default();
    assert!(
        fresh() == committed,
        "docs/assessment-space.md differs from the code; after a look at the difference: \
         cargo test --test it renew_the_table_of_the_space -- --ignored"
    );
}

#[test]
#[ignore = "writes docs/assessment-space.md anew"]
fn renew_the_table_of_the_space() {
    fs::write(document(), fresh()).unwrap();
}
