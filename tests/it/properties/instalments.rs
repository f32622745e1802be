//! Instalments: amounts that add up, terms and due dates by a calendar of their own.

use chrono::Datelike;
use lode::domain::due_date::HolidayShift;
use lode::domain::instalment::{
    Basis, Conversion, Enforcement, Licence, MineScale, Outcome, Plan, Remainder, Request, TermStart, instalments,
};
use lode::domain::start_price::Right;

use super::*;

fn request(total: i64, licence: Licence, plan: Plan) -> Request<'static> {
    Request {
        right: Right::Mining,
        mineral: None,
        signed_on: day("2024-06-01"),
        total: yuan(total),
        province: None,
        mine_scale: Some(MineScale::Large),
        licence: Some(licence),
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

/// First payment by largest remainder of two weights, the tie to the first payment.
fn first_of(total: i64, percent: Decimal) -> i64 {
    let weight = percent.mantissa() * 10_i128.pow(6 - percent.scale());
    let hundred = 100_000_000_i128;
    let (share, remainder) = (i128::from(total) * weight / hundred, i128::from(total) * weight % hundred);
    i64::try_from(share + i128::from(remainder * 2 >= hundred)).unwrap()
}

fn check_amounts(outcome: &Outcome, total: i64, first: i64) -> Result<(), TestCaseError> {
    let annual: Vec<i64> = outcome.instalments.iter().map(|instalment| instalment.amount.fen()).collect();
    prop_assert_eq!(outcome.total.fen(), total);
    prop_assert_eq!(outcome.first_payment.fen(), first);
    prop_assert_eq!(outcome.remainder_amount.fen(), total - first);
    prop_assert!(annual.is_empty() || equal_parts(total - first, &annual), "{:?}", annual);
    Ok(())
}

/// Months of a term: the fewest after which the same day of the month, or the month's last one, is not before the end.
fn months(from: NaiveDate, to: NaiveDate) -> i32 {
    let whole =
        (to.year() - from.year()) * 12 + i32::try_from(to.month()).unwrap() - i32::try_from(from.month()).unwrap();
    let last = (28..=31).rev().find(|day| to.with_day(*day).is_some()).unwrap();
    (whole + i32::from(to.day() > from.day().min(last))).max(1)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn instalments_add_up_to_the_total(
        total in fen(), percent in 10_000_000_i64..=20_000_000, years in 5_i64..=10, large in any::<bool>(),
    ) {
        let percent = Decimal::new(percent, 6);
        let plan = Plan::FirstPayment { percent: percent.into(), years: Some(years) };
        let scale = if large { MineScale::Large } else { MineScale::Small };
        let licence = Licence::Years(Decimal::from(10).into());
        let request = Request { mine_scale: Some(scale), ..request(total, licence, plan) };
        let outcome = sound(total, |context| instalments(&request, context))?;
        check_amounts(&outcome, total, first_of(total, percent))?;
        prop_assert_eq!(i64::try_from(outcome.instalments.len()), Ok(years));
        prop_assert_eq!(outcome.minimum_years, Some(if large { 5 } else { 1 }));
        prop_assert_eq!(outcome.remainder, Remainder::Scheduled);
    }

    #[test]
    fn own_percentages_are_one_allocation(total in fen(), parts in prop::collection::vec(1_i64..=100, 1..=8)) {
        // The first payment is 15 %, the rest is shared in proportion to the random parts, in millionths of a percent.
        let sum: i64 = parts.iter().sum();
        let mut millionths: Vec<i64> = parts.iter().map(|part| 85_000_000 * part / sum).collect();
        let given: i64 = millionths.iter().sum();
        millionths[0] += 85_000_000 - given;
        millionths.insert(0, 15_000_000);
        let percentages = millionths.iter().map(|value| Decimal::new(*value, 6).into()).collect();
        let licence = Licence::Years(Decimal::from(8).into());
        let request =
            Request { mine_scale: Some(MineScale::Small), ..request(total, licence, Plan::Percentages(percentages)) };
        let outcome = sound(total, |context| instalments(&request, context))?;
        let amounts: Vec<i64> = std::iter::once(outcome.first_payment.fen())
            .chain(outcome.instalments.iter().map(|instalment| instalment.amount.fen()))
            .collect();
        prop_assert_eq!(amounts.iter().sum::<i64>(), total);
        for (amount, weight) in amounts.iter().zip(&millionths) {
            let off = i128::from(*amount) * 100_000_000 - i128::from(total) * i128::from(*weight);
            prop_assert!(off.abs() < 100_000_000);
        }
    }

    #[test]
    fn the_first_payment_is_between_ten_and_twenty_percent(millionths in 1_i64..=100_000_000) {
        let percent = Decimal::new(millionths, 6);
        let plan = Plan::FirstPayment { percent: percent.into(), years: Some(5) };
        let request = request(100_000, Licence::Years(Decimal::from(10).into()), plan.clone());
        let within = (10_000_000..=20_000_000).contains(&millionths);
        match answer(millionths, |context| instalments(&request, context))? {
            Ok(_) => prop_assert!(within),
            Err(faults) => {
                prop_assert!(!within);
                prop_assert_eq!(faults[0].code.as_str(), "first_payment_ratio_out_of_range");
                prop_assert_eq!(faults[0].pointer.as_str(), "/plan/first_payment_percent");
                prop_assert_eq!(faults.len(), 1);
            }
        }
        // Checking an existing contract gives the plan and a warning.
        let checking = Request { enforcement: Enforcement::Warn, ..request };
        check_amounts(&sound(millionths, |context| instalments(&checking, context))?, 100_000, first_of(100_000, percent))?;
    }

    #[test]
    fn terms_and_due_dates_follow_the_licence(
        total in fen(), from in 0_u64..4_000, length in 200_u64..12_000, years in 1_i64..=30, start in 0_usize..2,
    ) {
        let from = days_after(day("2023-05-01"), from);
        let to = days_after(from, length);
        let plan = Plan::FirstPayment { percent: Decimal::from(10).into(), years: Some(years) };
        let term_start = [TermStart::Licence, TermStart::Signing][start];
        let base = request(total, Licence::Dates(from, to), plan);
        let (signed_on, counted_from) = match term_start {
            TermStart::Licence => (base.signed_on, from),
            TermStart::Signing => (days_after(from, length / 3), days_after(from, length / 3)),
        };
        let request = Request { signed_on, term_start, ..base };
        let minimum = (i64::from(months(counted_from, to)) + 23) / 24;
        let last = years_after(counted_from, i32::try_from(years).unwrap());
        let too_late = last > days_after(to, 1);
        match answer(total, |context| instalments(&request, context))? {
            Ok(outcome) => {
                prop_assert!(years >= minimum && !too_late);
                prop_assert_eq!(outcome.minimum_years.map(i64::from), Some(minimum));
                for (number, instalment) in (1..).zip(&outcome.instalments) {
                    let due = years_after(counted_from, number).min(to);
                    prop_assert_eq!(instalment.due_date, Some(due));
                }
                check_amounts(&outcome, total, first_of(total, Decimal::from(10)))?;
            }
            Err(faults) => {
                let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
                let mut expected = Vec::new();
                if years < minimum {
                    expected.push("instalment_term_too_short");
                }
                if too_late {
                    expected.push("instalment_after_licence");
                }
                prop_assert_eq!(codes, expected);
            }
        }
    }

    #[test]
    fn the_minimum_in_years_is_half_the_licence_rounded_up(hundredths in 1_i64..=10_000) {
        let licence = Decimal::new(hundredths, 2);
        let plan = Plan::FirstPayment { percent: Decimal::from(20).into(), years: None };
        let request = request(100_000, Licence::Years(licence.into()), plan);
        let minimum = (hundredths + 199) / 200;
        match answer(hundredths, |context| instalments(&request, context))? {
            Ok(outcome) => {
                prop_assert_eq!(outcome.minimum_years.map(i64::from), Some(minimum));
                prop_assert_eq!(i64::try_from(outcome.instalments.len()), Ok(minimum));
            }
            // Only a licence shorter than its own minimum of a year has no room for it.
            Err(faults) => {
                prop_assert!(minimum * 100 > hundredths, "{:?}", faults);
                prop_assert_eq!(faults[0].code.as_str(), "instalment_after_licence");
            }
        }
    }

    #[test]
    fn an_unconverted_exploration_right_pays_the_first_part_only(total in fen(), percent in 10_i64..=20, converted in any::<bool>()) {
        let percent = Decimal::from(percent);
        let plan = Plan::FirstPayment { percent: percent.into(), years: Some(6) };
        let licence = Licence::Dates(day("2026-01-01"), day("2037-12-31"));
        let conversion = if converted { Conversion::Converted } else { Conversion::Unconverted };
        let request = Request { right: Right::Exploration, conversion, ..request(total, licence, plan) };
        let outcome = sound(total, |context| instalments(&request, context))?;
        check_amounts(&outcome, total, first_of(total, percent))?;
        prop_assert_eq!(outcome.first_due_date, None);
        prop_assert_eq!(outcome.instalments.len(), if converted { 6 } else { 0 });
        prop_assert_eq!(outcome.remainder, if converted { Remainder::Scheduled } else { Remainder::OnConversion });
    }
}
