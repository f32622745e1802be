//! Both sides of every boundary: temperatures, the day on which the cap is reached, the bounds of the first payment, the
//! first and the last day of every version, 29 February.

use std::fmt::Debug;

use chrono::{Days, NaiveDate};
use lode::domain::annual_income::{self, annual_income};
use lode::domain::arrears::{self, arrears};
use lode::domain::context::{Context, Detail, calculate};
use lode::domain::dates::{add_years, days, month_end};
use lode::domain::due_date::{HolidayShift, after_notice, of_annual_declaration};
use lode::domain::error::At;
use lode::domain::explain::WarningCode;
use lode::domain::instalment::{
    self, Basis, Conversion, Enforcement, Licence, MineScale, Plan, TermStart, instalments,
};
use lode::domain::late_fee::{self, late_fee};
use lode::domain::quantity::Number;
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::{self, Geology, Parameters, Right, Stage, starting_price};
use lode::domain::timeline::Timeline;
use lode::domain::transfer_income::{self, StageCompleted, TransferMode, transfer_income};
use rust_decimal::Decimal;

use crate::rate_data::book;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(text: &str) -> Number {
    Number::Exactly(text.parse().unwrap())
}

/// What a rule answers, or the codes of its faults.
fn run<'b, T>(rule: impl FnOnce(&mut Context<'b>) -> Option<T>) -> Result<T, Vec<&'static str>> {
    calculate(book(), Detail::Steps, rule)
        .map(|answer| answer.result)
        .map_err(|faults| faults.iter().map(|fault| fault.code.as_str()).collect())
}

#[track_caller]
fn refused<T: Debug>(found: Result<T, Vec<&'static str>>, code: &str) {
    match found {
        Err(codes) => assert_eq!(codes, [code]),
        Ok(answer) => panic!("{answer:?}, {code} was expected"),
    }
}

pub(crate) fn line(mineral: &str, product: Product) -> Line<'_> {
    Line { revenue: Some(number("1000.00")), ..Line::of(mineral, product) }
}

fn year(year: i64, line: Line<'_>) -> annual_income::Request<'_> {
    annual_income::Request {
        year,
        transfer_mode: TransferMode::Agreement,
        transfer_date: None,
        contract_rate_percent: None,
        province: None,
        lines: vec![line],
        combine_as: None,
        location: None,
        paid_on: None,
        holiday_shift: HolidayShift::Off,
        reduction: None,
    }
}

fn income(request: &annual_income::Request<'_>) -> Result<String, Vec<&'static str>> {
    run(|context| annual_income(request, context)).map(|outcome| outcome.income.to_string())
}

#[test]
fn geothermal_rates_change_at_sixty_and_ninety_degrees() {
    for (temperature, income_expected) in [
        ("0", "36.00"),
        ("59.99", "36.00"),
        ("59.999999", "36.00"),
        ("60", "42.00"),
        ("60.01", "42.00"),
        ("89.999999", "42.00"),
        ("90", "47.00"),
        ("90.01", "47.00"),
    ] {
        let line = Line {
            revenue: None,
            volume_m3: Some(number("100")),
            approved_price: Some(number("10")),
            temperature_c: Some(number(temperature)),
            ..line("geothermal", Product::RawOre)
        };
        assert_eq!(income(&year(2025, line)).as_deref(), Ok(income_expected), "{temperature}");
    }
}

#[test]
fn the_approved_price_of_zhejiang_ends_at_sixty_degrees_and_begins_on_its_day() {
    let of = |temperature, sold_on| {
        let line = Line {
            revenue: None,
            volume_m3: Some(number("100")),
            temperature_c: Some(number(temperature)),
            sold_on: Some(day(sold_on)),
            ..line("geothermal", Product::RawOre)
        };
        income(&annual_income::Request { province: Some("浙江"), ..year(2024, line) })
    };
    // 100 m³ × 32 yuan × 3.6 %.
    assert_eq!(of("59.99", "2024-12-13").as_deref(), Ok("115.20"));
    refused(of("60", "2024-12-13"), "parameter_unknown");
    refused(of("59.99", "2024-12-12"), "parameter_unknown");
}

fn fee(due: &str, as_of: &str) -> Result<(String, bool, i64), Vec<&'static str>> {
    let request = late_fee::Request {
        principal: number("1000.00"),
        due_date: day(due),
        as_of: day(as_of),
        payments: Vec::new(),
        deferrals: Vec::new(),
        location: None,
    };
    run(|context| late_fee(&request, context))
        .map(|outcome| (outcome.late_fee.to_string(), outcome.capped, outcome.days))
}

#[test]
fn the_late_fee_is_capped_on_day_five_hundred() {
    let due = day("2023-12-31");
    for (late, expected, capped) in
        [(0, "0.00", false), (1, "2.00", false), (499, "998.00", false), (500, "1000.00", true), (501, "1000.00", true)]
    {
        let as_of = (due + Days::new(late)).to_string();
        let days = i64::try_from(late).unwrap();
        assert_eq!(fee("2023-12-31", &as_of), Ok((expected.to_owned(), capped, days)), "day {late}");
    }
}

#[test]
fn the_late_fee_begins_with_the_rule_of_2017_and_runs_through_2023() {
    refused(fee("2017-06-30", "2017-07-10"), "rate_not_in_force");
    assert_eq!(fee("2017-07-01", "2017-07-02"), Ok(("2.00".to_owned(), false, 1)));
    assert_eq!(fee("2023-04-29", "2023-05-02"), Ok(("6.00".to_owned(), false, 3)));
    // 2024-02-29 is a day like any other.
    assert_eq!(fee("2024-02-28", "2024-03-01"), Ok(("4.00".to_owned(), false, 2)));
    assert_eq!(fee("2023-02-28", "2023-03-01"), Ok(("2.00".to_owned(), false, 1)));
}

fn plan(signed_on: &str, mineral: Option<&'static str>, plan: Plan) -> instalment::Request<'static> {
    instalment::Request {
        right: Right::Mining,
        mineral,
        signed_on: day(signed_on),
        total: number("1000.00"),
        province: None,
        mine_scale: Some(MineScale::Large),
        licence: Some(Licence::Years(number("10"))),
        plan,
        notice_received_on: None,
        first_annual_due_on: None,
        term_start: TermStart::Licence,
        basis: Basis::Art12,
        conversion: Conversion::Unconverted,
        holiday_shift: HolidayShift::Off,
        enforcement: Enforcement::Refuse,
    }
}

fn first_payment(signed_on: &str, percent: &str) -> Result<String, Vec<&'static str>> {
    let request = plan(signed_on, None, Plan::FirstPayment { percent: number(percent), years: Some(5) });
    run(|context| instalments(&request, context)).map(|outcome| outcome.first_payment.to_string())
}

#[test]
fn the_first_payment_is_bound_by_ten_and_twenty_percent() {
    refused(first_payment("2023-05-01", "9.999999"), "first_payment_ratio_out_of_range");
    assert_eq!(first_payment("2023-05-01", "10").as_deref(), Ok("100.00"));
    assert_eq!(first_payment("2023-05-01", "20").as_deref(), Ok("200.00"));
    refused(first_payment("2023-05-01", "20.000001"), "first_payment_ratio_out_of_range");
    // Before, twenty percent were the least, without an upper bound.
    refused(first_payment("2023-04-30", "19.999999"), "first_payment_ratio_out_of_range");
    assert_eq!(first_payment("2023-04-30", "20").as_deref(), Ok("200.00"));
    assert_eq!(first_payment("2017-07-01", "99").as_deref(), Ok("990.00"));
    refused(first_payment("2017-06-30", "20"), "rate_not_in_force");
}

#[test]
fn own_percentages_obey_the_same_bounds() {
    let first = |percents: &[&str]| {
        let list = percents.iter().map(|percent| number(percent)).collect();
        let request = plan("2024-01-01", None, Plan::Percentages(list));
        run(|context| instalments(&request, context)).map(|outcome| outcome.first_payment.to_string())
    };
    assert_eq!(first(&["10", "18", "18", "18", "18", "18"]).as_deref(), Ok("100.00"));
    assert_eq!(first(&["20", "16", "16", "16", "16", "16"]).as_deref(), Ok("200.00"));
    refused(first(&["9.99", "18.01", "18", "18", "18", "18"]), "first_payment_ratio_out_of_range");
    refused(first(&["20.01", "15.99", "16", "16", "16", "16"]), "first_payment_ratio_out_of_range");
    refused(first(&["20", "20", "20", "20", "20"]), "instalment_term_too_short");
    refused(first(&["20", "16", "16", "16", "16", "15.99"]), "invalid_field");
    refused(first(&["20", "0", "20", "20", "20", "20"]), "invalid_field");
}

#[test]
fn one_sum_is_always_allowed() {
    for signed_on in ["2017-07-01", "2023-04-30", "2023-05-01"] {
        let request = plan(signed_on, None, Plan::LumpSum);
        let outcome = run(|context| instalments(&request, context)).unwrap();
        assert_eq!((outcome.first_payment.to_string().as_str(), outcome.instalments.len()), ("1000.00", 0));
    }
}

#[test]
fn a_catalogue_mineral_is_divisible_before_the_measures_only() {
    let of = |signed_on| {
        let request = plan(signed_on, Some("gold"), Plan::FirstPayment { percent: number("20"), years: Some(5) });
        run(|context| instalments(&request, context)).map(|outcome| outcome.instalments.len())
    };
    assert_eq!(of("2023-04-30"), Ok(5));
    refused(of("2023-05-01"), "levy_method_mismatch");
}

#[test]
fn terms_end_on_the_anniversary_or_the_day_before() {
    let minimum = |from, to| {
        let base = plan("2024-01-01", None, Plan::FirstPayment { percent: number("20"), years: None });
        let licence = Some(Licence::Dates(day(from), day(to)));
        let request = instalment::Request { licence, enforcement: Enforcement::Warn, ..base };
        run(|context| instalments(&request, context)).map(|outcome| outcome.minimum_years)
    };
    for (from, to, years) in [
        ("2024-01-01", "2043-12-31", 10),
        ("2024-01-01", "2044-01-01", 10),
        // A started month counts.
        ("2024-01-01", "2044-01-02", 11),
        ("2024-01-01", "2025-12-31", 1),
        ("2024-01-01", "2026-01-02", 2),
        ("2024-02-29", "2026-02-28", 1),
        ("2024-02-29", "2026-03-01", 2),
        ("2024-01-31", "2026-01-31", 1),
        ("2024-08-31", "2025-02-28", 1),
    ] {
        assert_eq!(minimum(from, to), Ok(Some(years)), "{from} .. {to}");
    }
}

#[test]
fn annual_dates_from_29_february_fall_on_the_28th_in_common_years() {
    let base = plan("2024-02-29", None, Plan::FirstPayment { percent: number("20"), years: Some(5) });
    let licence = Some(Licence::Dates(day("2024-02-29"), day("2034-02-27")));
    let request = instalment::Request { licence, ..base };
    let outcome = run(|context| instalments(&request, context)).unwrap();
    let dates: Vec<String> = outcome.instalments.iter().map(|part| part.due_date.unwrap().to_string()).collect();
    assert_eq!(dates, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]);
}

#[test]
fn an_instalment_on_the_day_after_the_licence_is_due_on_its_last_day() {
    let of = |to| {
        let base = plan("2024-01-01", None, Plan::FirstPayment { percent: number("20"), years: Some(5) });
        let licence = Some(Licence::Dates(day("2024-01-01"), day(to)));
        let request = instalment::Request { licence, ..base };
        run(|context| instalments(&request, context))
            .map(|outcome| outcome.instalments.last().unwrap().due_date.unwrap().to_string())
    };
    assert_eq!(of("2029-01-01").as_deref(), Ok("2029-01-01"));
    assert_eq!(of("2028-12-31").as_deref(), Ok("2028-12-31"));
    refused(of("2028-12-30"), "instalment_after_licence");
}

#[test]
fn calendar_functions_know_leap_years() {
    assert_eq!(add_years(day("2024-02-29"), 1), Some(day("2025-02-28")));
    assert_eq!(add_years(day("2024-02-29"), 4), Some(day("2028-02-29")));
    assert_eq!(add_years(day("2096-02-29"), 4), Some(day("2100-02-28")));
    assert_eq!(add_years(day("2025-02-28"), 3), Some(day("2028-02-28")));
    assert_eq!(month_end(2024, 2), Some(day("2024-02-29")));
    assert_eq!(month_end(2100, 2), Some(day("2100-02-28")));
    assert_eq!(month_end(2000, 2), Some(day("2000-02-29")));
    assert_eq!(month_end(2024, 12), Some(day("2024-12-31")));
    assert_eq!(month_end(2024, 13), None);
    assert_eq!(days(day("2024-02-28"), day("2024-03-01")), 2);
    assert_eq!(days(day("2023-02-28"), day("2023-03-01")), 1);
}

#[test]
fn the_annual_declaration_is_due_at_the_end_of_february() {
    for (year, due) in [(2023, "2024-02-29"), (2024, "2025-02-28"), (2027, "2028-02-29")] {
        let found = run(|context| of_annual_declaration(At::ROOT, year, HolidayShift::Off, context));
        assert_eq!(found, Ok(day(due)));
    }
}

#[test]
fn thirty_days_after_the_notice_the_day_of_receipt_does_not_count() {
    let due = |received, shift| run(|context| after_notice(At::ROOT, day(received), shift, context));
    assert_eq!(due("2024-01-30", HolidayShift::Off), Ok(day("2024-02-29")));
    assert_eq!(due("2023-01-29", HolidayShift::Off), Ok(day("2023-02-28")));
    assert_eq!(due("2017-07-01", HolidayShift::Off), Ok(day("2017-07-31")));
    refused(due("2017-06-30", HolidayShift::Off), "rate_not_in_force");
    // 2024-02-10 .. 17 were the days off of the spring festival, 18 a Sunday that was worked.
    assert_eq!(due("2024-01-11", HolidayShift::On), Ok(day("2024-02-18")));
    assert_eq!(due("2024-01-09", HolidayShift::On), Ok(day("2024-02-08")));
}

#[test]
fn days_off_are_known_until_the_end_of_2026() {
    let due = |year| run(|context| of_annual_declaration(At::ROOT, year, HolidayShift::On, context));
    // 2026-02-28 was a Saturday that was worked.
    assert_eq!(due(2025), Ok(day("2026-02-28")));
    assert_eq!(due(2023), Ok(day("2024-02-29")));
    refused(due(2026), "rate_not_in_force");
}

fn price(as_of: &str, province: Option<&'static str>) -> Result<String, Vec<&'static str>> {
    let request = start_price::Request {
        as_of: day(as_of),
        province,
        mineral: "iron",
        right: Right::Exploration,
        geology: Some(Geology::Simple),
        stage: Some(Stage::General),
        area_km2: number("10"),
        place: None,
        parameters: Parameters::default(),
        appraised_value: None,
        benchmark_value: None,
    };
    run(|context| starting_price(&request, context)).map(|outcome| outcome.starting_price.yuan().to_string())
}

#[test]
fn starting_prices_hold_for_the_five_years_of_their_instrument() {
    refused(price("2023-04-30", None), "rate_not_in_force");
    refused(price("2023-05-01", None), "rate_not_in_force");
    refused(price("2023-08-24", None), "rate_not_in_force");
    assert_eq!(price("2023-08-25", None).as_deref(), Ok("1000000.00"));
    assert_eq!(price("2028-08-24", None).as_deref(), Ok("1000000.00"));
    refused(price("2028-08-25", None), "rate_not_in_force");
    // 山东's own standard runs until 2029-01-31, but the coefficients end.
    refused(price("2028-08-25", Some("山东")), "rate_not_in_force");
}

#[test]
fn the_standard_of_shandong_is_in_force_from_its_first_day() {
    let versions = |as_of| {
        let request = start_price::Request {
            as_of: day(as_of),
            province: Some("370000"),
            mineral: "iron",
            right: Right::Exploration,
            geology: Some(Geology::Simple),
            stage: Some(Stage::General),
            area_km2: number("10"),
            place: None,
            parameters: Parameters::default(),
            appraised_value: None,
            benchmark_value: None,
        };
        let answer = calculate(book(), Detail::Steps, |context| starting_price(&request, context)).unwrap();
        answer.versions.iter().any(|version| version.id == "370000/starting-price-standard/2024-02-01")
    };
    assert!(!versions("2024-01-31"));
    assert!(versions("2024-02-01"));
}

fn agreement(as_of: &str, stage: StageCompleted, state_funded: bool) -> Result<String, Vec<&'static str>> {
    let request = transfer_income::Request {
        as_of: day(as_of),
        mineral: "gold",
        transfer_mode: TransferMode::Agreement,
        transaction_price: None,
        starting_price: Some(number("400.00")),
        appraised_value: Some(number("500.00")),
        benchmark_value: None,
        state_funded_exploration: Some(state_funded),
        stage_completed: Some(stage),
        place: None,
        temperature_c: None,
        competition: None,
        reserve_price: None,
        contract_rate_percent: None,
        appraisal_years: None,
        reduction: None,
    };
    run(|context| transfer_income(&request, context)).map(|outcome| outcome.price_part.to_string())
}

#[test]
fn the_joint_notice_changes_the_price_from_its_first_day() {
    refused(agreement("2023-04-30", StageCompleted::General, true), "rate_not_in_force");
    assert_eq!(agreement("2023-05-01", StageCompleted::General, true).as_deref(), Ok("400.00"));
    assert_eq!(agreement("2026-06-28", StageCompleted::Advanced, true).as_deref(), Ok("400.00"));
    assert_eq!(agreement("2026-06-29", StageCompleted::General, true).as_deref(), Ok("500.00"));
    assert_eq!(agreement("2026-06-29", StageCompleted::Advanced, true).as_deref(), Ok("500.00"));
    assert_eq!(agreement("2026-06-29", StageCompleted::None, true).as_deref(), Ok("400.00"));
    assert_eq!(agreement("2026-06-29", StageCompleted::General, false).as_deref(), Ok("400.00"));
}

#[test]
fn trading_rules_and_the_reserve_price_have_their_days() {
    let grant = |as_of, price, reserve: Option<&str>| {
        let request = transfer_income::Request {
            as_of: day(as_of),
            mineral: "gold",
            transfer_mode: TransferMode::Competitive,
            transaction_price: Some(number(price)),
            starting_price: Some(number("400.00")),
            appraised_value: None,
            benchmark_value: None,
            state_funded_exploration: None,
            stage_completed: None,
            place: None,
            temperature_c: None,
            competition: None,
            reserve_price: reserve.map(number),
            contract_rate_percent: None,
            appraisal_years: None,
            reduction: None,
        };
        calculate(book(), Detail::Steps, |context| transfer_income(&request, context))
            .map(|answer| answer.warnings.iter().any(|warning| warning.code == WarningCode::ReserveBelowStarting))
            .map_err(|faults| faults.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>())
    };
    assert_eq!(grant("2024-01-01", "400.00", None), Ok(false));
    refused(grant("2024-01-01", "399.99", None), "below_starting_price");
    refused(grant("2028-01-02", "399.99", None), "below_starting_price");
    refused(grant("2024-01-01", "499.99", Some("500.00")), "below_reserve_price");
    // With a reserve price the starting price is no floor.
    assert_eq!(grant("2025-12-31", "350.00", Some("300.00")), Ok(false));
    assert_eq!(grant("2026-01-01", "350.00", Some("300.00")), Ok(true));
    assert_eq!(grant("2026-01-01", "400.00", Some("400.00")), Ok(false));
}

#[test]
fn water_is_levied_on_volume_from_the_day_of_the_notice() {
    let net =
        |sold_on| income(&year(2024, Line { sold_on: Some(day(sold_on)), ..line("mineral_water", Product::RawOre) }));
    // 1000 yuan × 3 %.
    assert_eq!(net("2024-09-02").as_deref(), Ok("30.00"));
    refused(net("2024-09-03"), "invalid_field");
}

#[test]
fn annual_income_begins_with_the_measures() {
    let sold = |year_of, sold_on| {
        income(&year(year_of, Line { sold_on: Some(day(sold_on)), ..line("gold", Product::Concentrate) }))
    };
    refused(sold(2023, "2023-04-30"), "rate_not_in_force");
    assert_eq!(sold(2023, "2023-05-01").as_deref(), Ok("23.00"));
    assert_eq!(sold(2023, "2023-12-31").as_deref(), Ok("23.00"));
    refused(sold(2023, "2024-01-01"), "invalid_field");
    assert_eq!(sold(2024, "2024-02-29").as_deref(), Ok("23.00"));
    refused(income(&year(2023, line("gold", Product::Concentrate))), "condition_missing");
    refused(income(&year(2022, line("gold", Product::Concentrate))), "rate_not_in_force");
    // No parameter of gold changes in 2024 and in 2026, although other versions begin in them.
    assert_eq!(income(&year(2024, line("gold", Product::Concentrate))).as_deref(), Ok("23.00"));
    assert_eq!(income(&year(2026, line("gold", Product::Concentrate))).as_deref(), Ok("23.00"));
}

#[test]
fn arrears_are_of_sales_within_their_window() {
    let sold = |sold_on| {
        let line = Line { sold_on: Some(day(sold_on)), ..line("gold", Product::Concentrate) };
        let plan = arrears::Plan::LumpSum;
        let request =
            arrears::Request { lines: vec![line], plan, first_due_on: None, holiday_shift: HolidayShift::Off };
        run(|context| arrears(&request, context)).map(|outcome| outcome.income.to_string())
    };
    refused(sold("2017-06-30"), "invalid_field");
    assert_eq!(sold("2017-07-01").as_deref(), Ok("23.00"));
    assert_eq!(sold("2023-04-30").as_deref(), Ok("23.00"));
    refused(sold("2023-05-01"), "invalid_field");
}

/// On its first and last day a version is the one in force, on the days beside it is not.
fn check_edges<T>(topic: &str, timeline: &Timeline<T>, seen: &mut usize) {
    let id_on = |day: NaiveDate| timeline.at(day).ok().map(|dated| dated.version.id.clone());
    for dated in timeline.entries() {
        let version = &dated.version;
        let own = Some(version.id.clone());
        let first = version.effective_from;
        assert_eq!(id_on(first), own, "{topic}");
        assert_ne!(id_on(first - Days::new(1)), own, "{topic}");
        match version.effective_until {
            Some(until) => {
                assert_eq!(id_on(until - Days::new(1)), own, "{topic}");
                assert_ne!(id_on(until), own, "{topic}");
            }
            None => assert_eq!(id_on(day("2099-12-31")), own, "{topic}"),
        }
        assert_eq!(version.topic, topic);
        *seen += 1;
    }
}

#[test]
fn every_version_holds_from_its_first_to_its_last_day() {
    let rates = book();
    let mut seen = 0;
    check_edges("catalogue", &rates.catalogue, &mut seen);
    check_edges("levy", &rates.levy, &mut seen);
    check_edges("starting-price-standard", &rates.starting_price_standard, &mut seen);
    check_edges("starting-price-coefficient", &rates.starting_price_coefficient, &mut seen);
    check_edges("starting-price-rounding", &rates.starting_price_rounding, &mut seen);
    check_edges("trading", &rates.trading, &mut seen);
    check_edges("reserve-price", &rates.reserve_price, &mut seen);
    check_edges("sales-revenue", &rates.sales, &mut seen);
    check_edges("instalment", &rates.instalment, &mut seen);
    check_edges("due-date", &rates.due_date, &mut seen);
    check_edges("split", &rates.split, &mut seen);
    check_edges("late-fee", &rates.late_fee, &mut seen);
    check_edges("arrears", &rates.arrears, &mut seen);
    check_edges("appraisal", &rates.appraisal, &mut seen);
    check_edges("licence-term", &rates.licence_term, &mut seen);
    check_edges("fund-occupation", &rates.fund_occupation, &mut seen);
    check_edges("holidays", &rates.holidays, &mut seen);
    for province in rates.provinces.values() {
        check_edges("starting-price-standard", &province.starting_price_standard, &mut seen);
        check_edges("starting-price-rounding", &province.starting_price_rounding, &mut seen);
        check_edges("split-scheme", &province.split_scheme, &mut seen);
        check_edges("instalment", &province.instalment, &mut seen);
        check_edges("conversion-coefficient", &province.conversion, &mut seen);
        check_edges("approved-price", &province.approved_price, &mut seen);
        check_edges("benchmark-price", &province.benchmark, &mut seen);
    }
    assert_eq!(seen, rates.versions.len(), "a version belongs to no timeline that was looked at");
}

#[test]
fn versions_follow_each_other_where_the_table_of_instruments_says_so() {
    // First and last day of each national version that has a successor or an end, from the table of the rules.
    for (id, first, last) in [
        ("late-fee/2017-07-01", "2017-07-01", Some("2023-04-30")),
        ("late-fee/2023-05-01", "2023-05-01", None),
        ("split/2017-07-01", "2017-07-01", Some("2023-04-30")),
        ("instalment/2017-07-01", "2017-07-01", Some("2023-04-30")),
        ("catalogue/2023-05-01", "2023-05-01", None),
        ("levy/2023-05-01", "2023-05-01", Some("2026-06-28")),
        ("levy/2026-06-29", "2026-06-29", None),
        ("trading/2023-01-03", "2023-01-03", Some("2028-01-02")),
        ("starting-price-standard/2023-08-25", "2023-08-25", Some("2028-08-24")),
        ("starting-price-coefficient/2023-08-25", "2023-08-25", Some("2028-08-24")),
        ("sales-revenue/2024-09-03", "2024-09-03", None),
        ("reserve-price/2026-01-01", "2026-01-01", None),
        ("150000/split-scheme/2024-05-15", "2024-05-15", None),
        ("140000/split-scheme/2024-03-10", "2024-03-10", Some("2028-03-09")),
        ("450000/split-scheme/2022-01-01", "2022-01-01", None),
        ("370000/starting-price-standard/2024-02-01", "2024-02-01", Some("2029-01-31")),
    ] {
        let version = book().version(id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(version.effective_from, day(first), "{id}");
        assert_eq!(version.effective_until.map(|until| until - Days::new(1)), last.map(day), "{id}");
    }
}

#[test]
fn amounts_end_below_ten_to_the_fifteen() {
    let fee_on = |principal| {
        let request = late_fee::Request {
            principal: number(principal),
            due_date: day("2024-01-10"),
            as_of: day("2024-01-10"),
            payments: Vec::new(),
            deferrals: Vec::new(),
            location: None,
        };
        run(|context| late_fee(&request, context)).map(|outcome| outcome.total_due.to_decimal())
    };
    assert_eq!(fee_on("999999999999999.99"), Ok(Decimal::new(99_999_999_999_999_999, 2)));
    assert_eq!(fee_on("0.01"), Ok(Decimal::new(1, 2)));
    refused(fee_on("1000000000000000.00"), "invalid_field");
    refused(fee_on("0.00"), "invalid_field");
    refused(fee_on("0.001"), "invalid_field");
    refused(fee_on("-0.01"), "invalid_field");
}

#[test]
fn sums_of_amounts_end_where_sixty_four_bits_do() {
    // 2^63 - 1 fen is 92,233,720,368,547,758.07 yuan: 92 of the largest payments fit, 93 do not.
    let overpaid = |payments: usize| {
        let payment = late_fee::Payment { date: day("2024-01-10"), amount: number("999999999999999.99") };
        let request = late_fee::Request {
            principal: number("999999999999999.99"),
            due_date: day("2024-01-10"),
            as_of: day("2024-01-10"),
            payments: vec![payment; payments],
            deferrals: Vec::new(),
            location: None,
        };
        run(|context| late_fee(&request, context)).map(|outcome| outcome.overpaid.to_decimal())
    };
    assert_eq!(overpaid(92), Ok(Decimal::new(91 * 99_999_999_999_999_999, 2)));
    refused(overpaid(93), "invalid_field");
}
