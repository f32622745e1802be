//! Every topic, every mineral and group, days from 2017 to 2030: exactly one answer, or the error that the rules document.
//!
//! What is expected comes from `RULES` 1–11 and from the second reading of the catalogue under `tests/data`, not from the
//! rate data that the answers come from. The days are the first and the last one of every version with their neighbours,
//! and the first of every month.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::{Datelike, Days, NaiveDate};
use lode::domain::annual_income::{self, annual_income};
use lode::domain::arrears::{self, arrears};
use lode::domain::benchmark::{self, benchmark_value};
use lode::domain::context::{Context, Detail, calculate};
use lode::domain::due_date::HolidayShift;
use lode::domain::instalment::{self, instalments};
use lode::domain::late_fee::{self, late_fee};
use lode::domain::mineral::{Mineral, MineralId};
use lode::domain::place::{AreaKind, Place};
use lode::domain::quantity::Number;
use lode::domain::rate_book::Version;
use lode::domain::refund::{self, refund};
use lode::domain::revenue_split::{self, Area, Location, Scheme, split};
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::{self, Geology, Parameters, Right, Stage, starting_price};
use lode::domain::transfer_income::{self, AnnualRate, StageCompleted, TransferMode, transfer_income};
use lode::domain::true_up::{self, true_up};
use rust_decimal::Decimal;

use crate::rate_data::book;
use crate::report::say;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(value: i64) -> Number {
    Number::Exactly(Decimal::from(value))
}

/// Every version of every topic, national and provincial.
fn versions() -> impl Iterator<Item = &'static Version> {
    book().versions.values().map(|version| &**version)
}

/// The days looked at, in order.
pub(crate) fn days() -> &'static [NaiveDate] {
    static DAYS: OnceLock<Vec<NaiveDate>> = OnceLock::new();
    DAYS.get_or_init(|| {
        let mut days = BTreeSet::new();
        for version in versions() {
            // The first day and the one before; the last day and the one after.
            for first in std::iter::once(version.effective_from).chain(version.effective_until) {
                days.extend([first - Days::new(1), first, first + Days::new(1)]);
            }
        }
        for year in 2017..=2030 {
            days.extend((1..=12).map(|month| NaiveDate::from_ymd_opt(year, month, 1).unwrap()));
        }
        days.extend(["2020-02-29", "2024-02-29", "2028-02-29"].map(day));
        days.into_iter().filter(|day| (2017..=2030).contains(&day.year())).collect()
    })
}

/// What the printed catalogue says of a single mineral: row, levy object, percent on land and at 65 °C.
type Printed = (u32, String, Decimal);

/// The catalogue as it was read a second time, by Chinese name.
fn printed() -> &'static BTreeMap<String, Printed> {
    static PRINTED: OnceLock<BTreeMap<String, Printed>> = OnceLock::new();
    PRINTED.get_or_init(|| {
        let mut printed = BTreeMap::new();
        for line in include_str!("../data/catalogue-second-reading.csv").lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let [row, name, object, percent, condition] = fields[..] else { panic!("{line}") };
            if ["", "land", "60<=t<90"].contains(&condition) {
                let entry = (row.parse().unwrap(), object.to_owned(), percent.parse().unwrap());
                assert!(printed.insert(name.to_owned(), entry).is_none(), "{name} twice");
            }
        }
        printed
    })
}

/// How the measures levy a mineral or group from 2023-05-01 on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    ByRate(&'static Printed),
    Outside,
    Ambiguous,
}

fn class(mineral: &Mineral) -> Class {
    let single = |mineral: &Mineral| mineral.zh.iter().find_map(|name| printed().get(name));
    let members: Vec<&Mineral> = mineral.members.iter().map(|id| book().minerals.get(*id).unwrap()).collect();
    match members.as_slice() {
        [] => single(mineral).map_or(Class::Outside, Class::ByRate),
        [first, others @ ..] => {
            let row = |mineral: &Mineral| single(mineral).map(|(row, _, _)| *row);
            if others.iter().any(|other| row(other) != row(first)) {
                Class::Ambiguous
            } else {
                single(first).map_or(Class::Outside, Class::ByRate)
            }
        }
    }
}

fn minerals() -> impl Iterator<Item = (MineralId, &'static Mineral, Class)> {
    book().minerals.iter().map(|(id, mineral)| (id, mineral, class(mineral)))
}

/// What a topic did over all minerals and days.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, u64>,
    surprises: Vec<String>,
}

/// How many surprises are worth printing.
const SHOWN: usize = 40;

impl Tally {
    /// Runs one calculation and compares the code of its first fault, or the answer, with what is expected. The versions
    /// of an answer have to cover one of the days that the rule goes by.
    fn expect<'b, T>(
        &mut self,
        what: &dyn Fn() -> String,
        expected: Result<(), &str>,
        relevant: &[NaiveDate],
        rule: impl FnOnce(&mut Context<'b>) -> Option<T>,
    ) -> Option<T> {
        let detail = Detail::FiguresOnly;
        match calculate(book(), detail, rule) {
            Ok(answer) => {
                *self.outcomes.entry("answer".to_owned()).or_default() += 1;
                if let Err(code) = expected {
                    self.surprise(what, &format!("an answer, expected {code}"));
                }
                for version in answer.versions {
                    let covers = |day: &NaiveDate| {
                        version.effective_from <= *day && version.effective_until.is_none_or(|until| *day < until)
                    };
                    if !relevant.iter().any(covers) {
                        self.surprise(what, &format!("{} was not in force", version.id));
                    }
                }
                Some(answer.result)
            }
            Err(faults) => {
                let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
                *self.outcomes.entry(codes.first().copied().unwrap_or("no reason").to_owned()).or_default() += 1;
                if expected.err() != codes.first().copied() {
                    let expected = expected.err().unwrap_or("an answer");
                    self.surprise(
                        what,
                        &format!("{codes:?} at {:?}, expected {expected}", faults.first().map(|fault| &fault.pointer)),
                    );
                }
                None
            }
        }
    }

    fn surprise(&mut self, what: &dyn Fn() -> String, found: &str) {
        if self.surprises.len() <= SHOWN {
            self.surprises.push(format!("{}: {found}", what()));
        }
    }

    fn check(&mut self, what: &dyn Fn() -> String, found: Decimal, expected: Decimal) {
        if found != expected {
            self.surprise(what, &format!("{found}, expected {expected}"));
        }
    }

    #[track_caller]
    fn report(self, topic: &str) {
        let total: u64 = self.outcomes.values().sum();
        let counts: Vec<String> = self.outcomes.iter().map(|(code, count)| format!("{code} {count}")).collect();
        say(&format!("temporal: {topic:<28} {total:>8} = {}", counts.join(" + ")));
        assert!(self.surprises.is_empty(), "{topic}:\n  {}", self.surprises.join("\n  "));
    }
}

/// First days of what the rules name.
fn measures() -> NaiveDate {
    day("2023-05-01")
}

fn joint_notice() -> NaiveDate {
    day("2026-06-29")
}

/// The fault that the state of the catalogue gives on a day, before anything else is looked at.
fn catalogue_fault(class: Class, day: NaiveDate) -> Option<&'static str> {
    match class {
        _ if day < measures() => Some("rate_not_in_force"),
        Class::Ambiguous => Some("mineral_ambiguous"),
        _ => None,
    }
}

const OIL_GAS: [&str; 5] = ["petroleum", "natural_gas", "shale_gas", "gas_hydrate", "coalbed_methane"];

fn price_request(code: &str, on: NaiveDate) -> start_price::Request<'_> {
    let oil_gas = OIL_GAS.contains(&code) || code == "oil_gas";
    start_price::Request {
        as_of: on,
        province: None,
        mineral: code,
        right: Right::Exploration,
        geology: (!oil_gas).then_some(Geology::Medium),
        stage: (!oil_gas).then_some(Stage::General),
        area_km2: number(10),
        place: Some(Place::Land),
        parameters: Parameters::default(),
        appraised_value: Some(number(500)),
        benchmark_value: Some(number(600)),
    }
}

#[test]
fn starting_prices_over_all_days() {
    let mut tally = Tally::default();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        // Rare earth (rows 14, 15) and radioactive minerals (row 4) have national standards that did not reach us.
        let unknown = matches!(class, Class::ByRate((4 | 14 | 15, _, _)));
        for &on in days() {
            let what = || format!("{code} on {on}");
            let in_force = on >= day("2023-08-25") && on < day("2028-08-25");
            let expected = match (catalogue_fault(class, on), class) {
                (_, Class::Ambiguous) => Err("mineral_ambiguous"),
                (Some(fault), _) => Err(fault),
                (None, Class::Outside) if on < joint_notice() => Err("levy_method_mismatch"),
                (None, Class::Outside) => Ok(()),
                _ if !in_force => Err("rate_not_in_force"),
                _ if unknown => Err("parameter_unknown"),
                _ if OIL_GAS.contains(&code) && !["petroleum", "natural_gas"].contains(&code) => {
                    Err("parameter_unknown")
                }
                _ => Ok(()),
            };
            let request = price_request(code, on);
            if let Some(outcome) = tally.expect(&what, expected, &[on], |context| starting_price(&request, context)) {
                // 10 km² × 2 万元 × 1.5 × 2; for oil and gas 10 km² × 0.7 万元.
                let price = match class {
                    Class::Outside => 600,
                    _ if OIL_GAS.contains(&code) => 70_000,
                    _ => 600_000,
                };
                tally.check(&what, outcome.starting_price.yuan().to_decimal(), Decimal::from(price));
            }
            if code == "oil_gas" {
                continue;
            }
            // With every parameter of its own the price is computed on any day, for any mineral that the name stands for.
            let parameters = Parameters {
                standard_wan_per_km2: Some(number(3)),
                geology_coefficient: request.geology.map(|_| number(1)),
                stage_coefficient: request.stage.map(|_| number(1)),
                rounding: None,
            };
            let own = start_price::Request { geology: None, stage: None, parameters, ..request };
            let expected = one_mineral(class);
            if let Some(outcome) = tally.expect(&what, expected, &[on], |context| starting_price(&own, context)) {
                tally.check(&what, outcome.starting_price.yuan().to_decimal(), Decimal::from(300_000));
            }
        }
    }
    tally.report("starting-price");
}

#[test]
fn transfer_income_over_all_days() {
    let mut tally = Tally::default();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        for &on in days() {
            for transfer_mode in [TransferMode::Competitive, TransferMode::Agreement] {
                let what = || format!("{code} {transfer_mode:?} on {on}");
                let competitive = transfer_mode == TransferMode::Competitive;
                let request = transfer_income::Request {
                    as_of: on,
                    mineral: code,
                    transfer_mode,
                    transaction_price: competitive.then_some(number(300)),
                    starting_price: (!competitive).then_some(number(400)),
                    appraised_value: (!competitive).then_some(number(500)),
                    benchmark_value: (!competitive).then_some(number(600)),
                    state_funded_exploration: Some(true),
                    stage_completed: Some(StageCompleted::General),
                    place: Some(Place::Land),
                    temperature_c: Some(number(65)),
                    competition: None,
                    reserve_price: None,
                    contract_rate_percent: None,
                    appraisal_years: None,
                    reduction: None,
                };
                let expected = catalogue_fault(class, on).map_or(Ok(()), Err);
                let outcome = tally.expect(&what, expected, &[on], |context| transfer_income(&request, context));
                let Some(outcome) = outcome else { continue };
                let price = match (competitive, class) {
                    (true, _) => 300,
                    (false, Class::Outside) => 600,
                    (false, _) if on < joint_notice() => 400,
                    (false, _) => 500,
                };
                tally.check(&what, outcome.price_part.to_decimal(), Decimal::from(price));
                match (outcome.annual.map(|annual| annual.rate), class) {
                    (Some(AnnualRate::Fixed(found)), Class::ByRate((_, _, percent))) => {
                        tally.check(&what, found.value(), *percent);
                    }
                    (None, Class::Outside) => {}
                    (rate, _) => tally.surprise(&what, &format!("the annual rate is {rate:?}")),
                }
            }
        }
    }
    tally.report("transfer-income");
}

/// One line over 1000 yuan of what the levy is taken of, stated as the mineral asks for it.
fn line(code: &str, class: Class) -> Line<'_> {
    let by_volume = ["geothermal", "mineral_water", "groundwater"].contains(&code);
    let product = match class {
        Class::ByRate((_, object, _)) if object == "concentrate" => Product::Concentrate,
        Class::ByRate((_, object, _)) if object == "not_stated" => Product::Other,
        _ => Product::RawOre,
    };
    Line {
        revenue: (!by_volume).then_some(number(1_000)),
        volume_m3: by_volume.then_some(number(100)),
        approved_price: by_volume.then_some(number(10)),
        place: Some(Place::Land),
        temperature_c: Some(number(65)),
        ..Line::of(code, product)
    }
}

/// What a line gives, or why it gives nothing, once the day is one on which it can be levied.
fn levied(class: Class) -> Result<(), &'static str> {
    match class {
        Class::Ambiguous => Err("mineral_ambiguous"),
        Class::Outside => Err("levy_method_mismatch"),
        Class::ByRate(_) => Ok(()),
    }
}

/// What a name stands for is looked at whatever is computed, on any day.
fn one_mineral(class: Class) -> Result<(), &'static str> {
    match class {
        Class::Ambiguous => Err("mineral_ambiguous"),
        Class::Outside | Class::ByRate(_) => Ok(()),
    }
}

/// 1000 yuan at the printed rate.
fn income_of(class: Class) -> Decimal {
    match class {
        Class::ByRate((_, _, percent)) => *percent * Decimal::from(10),
        _ => Decimal::ZERO,
    }
}

#[test]
fn annual_income_over_all_days() {
    let mut tally = Tally::default();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        for &on in days() {
            for transfer_mode in [TransferMode::Agreement, TransferMode::Competitive] {
                let what = || format!("{code} {transfer_mode:?} sold on {on}");
                let request = annual_income::Request {
                    year: i64::from(on.year()),
                    transfer_mode,
                    transfer_date: (transfer_mode == TransferMode::Competitive && on >= measures())
                        .then_some(measures()),
                    contract_rate_percent: None,
                    province: None,
                    lines: vec![Line { sold_on: Some(on), ..line(code, class) }],
                    combine_as: None,
                    location: None,
                    paid_on: None,
                    holiday_shift: HolidayShift::Off,
                    reduction: None,
                };
                if transfer_mode == TransferMode::Competitive && on < measures() {
                    continue;
                }
                let expected = if on < measures() { Err("rate_not_in_force") } else { levied(class) };
                let year_end = NaiveDate::from_ymd_opt(on.year(), 12, 31).unwrap();
                let relevant = [on, year_end, measures()];
                if let Some(outcome) =
                    tally.expect(&what, expected, &relevant, |context| annual_income(&request, context))
                {
                    tally.check(&what, outcome.income.to_decimal(), income_of(class));
                    let february = NaiveDate::from_ymd_opt(on.year() + 1, 3, 1).unwrap() - Days::new(1);
                    if outcome.due_date != february {
                        tally.surprise(&what, &format!("due on {}", outcome.due_date));
                    }
                }
            }
        }
    }
    tally.report("annual-income");
}

#[test]
fn arrears_over_all_days() {
    let mut tally = Tally::default();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        for &on in days() {
            let what = || format!("{code} sold on {on}");
            let request = arrears::Request {
                lines: vec![Line { sold_on: Some(on), ..line(code, class) }],
                plan: arrears::Plan::SixYears,
                first_due_on: Some(on),
                holiday_shift: HolidayShift::Off,
            };
            let inside = on >= day("2017-07-01") && on < measures();
            let expected = one_mineral(class).and(if inside { levied(class) } else { Err("invalid_field") });
            let relevant = [on, measures()];
            if let Some(outcome) = tally.expect(&what, expected, &relevant, |context| arrears(&request, context)) {
                tally.check(&what, outcome.income.to_decimal(), income_of(class));
            }
        }
    }
    tally.report("arrears");
}

#[test]
fn instalments_over_all_days() {
    let mut tally = Tally::default();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        for &on in days() {
            let what = || format!("{code} signed on {on}");
            let request = instalment::Request {
                right: Right::Mining,
                mineral: Some(code),
                signed_on: on,
                total: number(1_000),
                province: None,
                mine_scale: Some(instalment::MineScale::Small),
                licence: Some(instalment::Licence::Years(number(10))),
                plan: instalment::Plan::FirstPayment { percent: number(20), years: Some(4) },
                notice_received_on: Some(on),
                first_annual_due_on: None,
                term_start: instalment::TermStart::Licence,
                basis: instalment::Basis::Art12,
                conversion: instalment::Conversion::Unconverted,
                holiday_shift: HolidayShift::Off,
                enforcement: instalment::Enforcement::Refuse,
            };
            let expected = match class {
                _ if on < day("2017-07-01") => Err("rate_not_in_force"),
                Class::Ambiguous => Err("mineral_ambiguous"),
                _ if on < measures() => Ok(()),
                Class::ByRate(_) => Err("levy_method_mismatch"),
                Class::Outside => Ok(()),
            };
            if let Some(outcome) = tally.expect(&what, expected, &[on], |context| instalments(&request, context)) {
                tally.check(&what, outcome.first_payment.to_decimal(), Decimal::from(200));
                if outcome.first_due_date != Some(on + Days::new(30)) || outcome.instalments.len() != 4 {
                    tally.surprise(&what, "another plan");
                }
            }
        }
    }
    tally.report("instalments");
}

#[test]
fn benchmark_values_over_all_days() {
    let mut tally = Tally::default();
    let mut priced = BTreeSet::new();
    for (_, mineral, class) in minerals() {
        let code = mineral.code.as_str();
        let request = |on, province, unit_price| benchmark::Request {
            as_of: on,
            province,
            items: vec![benchmark::Item {
                mineral: code,
                class: None,
                quantity: number(7),
                unit: None,
                unit_price,
                coefficients: Vec::new(),
                area: None,
            }],
        };
        let table = day("2024-06-30");
        let first = request(table, Some("130000"), None);
        let has_price = calculate(book(), Detail::FiguresOnly, |context| benchmark_value(&first, context)).is_ok();
        if has_price {
            priced.insert(code);
        }
        for &on in days() {
            let what = || format!("{code} on {on}");
            let own = request(on, None, Some(number(3)));
            if let Some(outcome) =
                tally.expect(&what, one_mineral(class), &[on], |context| benchmark_value(&own, context))
            {
                tally.check(&what, outcome.benchmark_value.yuan().to_decimal(), Decimal::from(21));
            }
            // The table of 河北 is in force from 2024-06-30 on without an end.
            let of_the_table = request(on, Some("130000"), None);
            let expected = one_mineral(class).and(match has_price {
                true if on >= table => Ok(()),
                true => Err("rate_not_in_force"),
                false => Err("parameter_unknown"),
            });
            tally.expect(&what, expected, &[on], |context| benchmark_value(&of_the_table, context));
        }
    }
    assert!(priced.len() >= 6, "only {priced:?} have a price in 河北");
    tally.report("benchmark-value");
}

#[test]
fn late_fees_over_all_days() {
    let mut tally = Tally::default();
    for &due in days() {
        for late in [0, 1, 499, 500, 501] {
            let as_of = due + Days::new(late);
            let what = || format!("due {due}, as of {as_of}");
            let request = late_fee::Request {
                principal: number(1_000),
                due_date: due,
                as_of,
                payments: Vec::new(),
                deferrals: Vec::new(),
                location: None,
            };
            let expected = if due < day("2017-07-01") { Err("rate_not_in_force") } else { Ok(()) };
            let relevant = [due, due + Days::new(1), as_of];
            if let Some(outcome) = tally.expect(&what, expected, &relevant, |context| late_fee(&request, context)) {
                tally.check(&what, outcome.late_fee.to_decimal(), Decimal::from((2 * late).min(1_000)));
            }
        }
    }
    tally.report("late-fee");
}

/// Provinces with a scheme for the local part: code, first and last day, and whether a class has to be named.
const SCHEMES: [(&str, &str, &str, bool); 3] = [
    ("15", "2024-05-15", "9999-12-31", false),
    ("14", "2024-03-10", "2028-03-09", true),
    ("45", "2022-01-01", "9999-12-31", true),
];

#[test]
fn splits_over_all_days_and_divisions() {
    let mut tally = Tally::default();
    for division in book().divisions.iter() {
        let scheme = SCHEMES.iter().find(|(prefix, ..)| division.code.starts_with(prefix));
        for &on in days() {
            let running = scheme.filter(|(_, from, to, _)| day(from) <= on && on <= day(to));
            for kind in [AreaKind::Land, AreaKind::LocalSea, AreaKind::OtherSea] {
                let area = |class| Area { kind, province: Some(&division.code), scheme: class };
                let request = |class| revenue_split::Request {
                    amount: number(1_000),
                    paid_on: on,
                    part: None,
                    location: Location::Single(area(class)),
                };
                let what = || format!("{} {kind:?} paid on {on}", division.code);
                let central = if kind == AreaKind::OtherSea { 1_000 } else { 400 };
                let needs_class = running.is_some_and(|(.., class)| *class) && kind != AreaKind::OtherSea;
                let expected = match needs_class {
                    _ if on < day("2017-07-01") => Err("rate_not_in_force"),
                    true => Err("condition_missing"),
                    false => Ok(()),
                };
                let unnamed = request(None);
                if let Some(outcome) = tally.expect(&what, expected, &[on], |context| split(&unnamed, context)) {
                    tally.check(&what, outcome.shares.central.to_decimal(), Decimal::from(central));
                    let divided = running.is_some() && kind != AreaKind::OtherSea;
                    if outcome.shares.levels.is_some() != divided {
                        tally.surprise(&what, "the local part is divided without a scheme, or not by the scheme");
                    }
                }
                if !needs_class {
                    continue;
                }
                let schemes = &book().provinces[&division.code].split_scheme;
                for class in &schemes.at(on).unwrap().value.classes {
                    let named = request(Some(Scheme::Class(&class.code)));
                    let outcome = tally.expect(&what, Ok(()), &[on], |context| split(&named, context));
                    if let Some(levels) = outcome.and_then(|outcome| outcome.shares.levels) {
                        let sum: Decimal = levels.iter().map(|level| level.to_decimal()).sum();
                        tally.check(&what, sum, Decimal::from(600));
                    } else {
                        tally.surprise(&what, "the local part is not divided");
                    }
                }
            }
        }
    }
    tally.report("split");
}

#[test]
fn refunds_and_true_ups_over_all_days() {
    let mut tally = Tally::default();
    let first = day("2017-07-01");
    for &on in days() {
        let what = || format!("paid on {on}");
        let shares = Scheme::Shares { central: number(20), local: number(80) };
        for scheme in [None, Some(shares)] {
            let payment = refund::Payment {
                paid_on: on,
                amount: number(1_000),
                location: Location::Single(Area { kind: AreaKind::Land, province: None, scheme }),
            };
            let expected = if on < first && scheme.is_none() { Err("rate_not_in_force") } else { Ok(()) };
            let central = if scheme.is_none() { 40 } else { 20 };
            let back = refund::Request { payments: vec![payment.clone()] };
            if let Some(outcome) = tally.expect(&what, expected, &[on, first], |context| refund(&back, context)) {
                tally.check(&what, outcome.central.to_decimal(), Decimal::from(central * 10));
            }
            let cancelled = true_up::Request {
                total: number(2_000),
                reserves_assessed: number(10),
                reserves_used: number(4),
                paid: None,
                payments: Some(vec![payment]),
                paid_on: None,
                location: None,
            };
            if let Some(outcome) = tally.expect(&what, expected, &[on, first], |context| true_up(&cancelled, context)) {
                tally.check(&what, outcome.difference.to_decimal(), Decimal::from(-200));
                let found = outcome.split.map(|split| split.central.to_decimal()).unwrap_or_default();
                tally.check(&what, found, Decimal::from(central * 2));
            }
        }
    }
    tally.report("refund and true-up");
}

#[test]
fn the_second_reading_and_the_registry_know_the_same_minerals() {
    let mut missing: BTreeSet<&str> = printed().keys().map(String::as_str).collect();
    for (_, mineral, _) in minerals() {
        for name in &mineral.zh {
            missing.remove(name.as_str());
        }
    }
    assert!(missing.is_empty(), "the registry does not know {missing:?}");
    assert!(days().len() > 200, "only {} days", days().len());
}
