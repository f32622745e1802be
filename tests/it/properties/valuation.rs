//! Starting price, benchmark value, reserves not yet paid for, fund-occupation charge.

use lode::domain::benchmark::{self, benchmark_value};
use lode::domain::explain::Value;
use lode::domain::fund_occupation::{self, DayCount, fund_occupation_charge};
use lode::domain::reserves::{self, unpaid_reserves};
use lode::domain::rounding::PriceRounding;
use lode::domain::start_price::{self, Parameters, Right, starting_price};

use super::*;

/// Standard, geology and stage coefficient, area.
fn factors() -> impl Strategy<Value = [Decimal; 4]> {
    (decimal(8, 6), decimal(9, 8), decimal(9, 8), decimal(10, 8)).prop_map(|(a, b, c, d)| [a, b, c, d])
}

fn price([standard, geology, stage, area]: [Decimal; 4], rounding: PriceRounding) -> start_price::Request<'static> {
    start_price::Request {
        as_of: day("2024-06-01"),
        province: None,
        mineral: "iron",
        right: Right::Exploration,
        geology: None,
        stage: None,
        area_km2: area.into(),
        place: None,
        parameters: Parameters {
            standard_wan_per_km2: Some(standard.into()),
            geology_coefficient: Some(geology.into()),
            stage_coefficient: Some(stage.into()),
            rounding: Some(rounding),
        },
        appraised_value: None,
        benchmark_value: None,
    }
}

/// The starting price in fen, or `None` when it is not below 10^15 yuan.
fn price_fen(factors: [Decimal; 4], rounding: PriceRounding) -> Result<Option<i64>, TestCaseError> {
    let request = price(factors, rounding);
    let pick = i64::try_from(factors[3].mantissa() % 1_000_000).unwrap();
    match answer(pick, |context| starting_price(&request, context))? {
        Ok(outcome) => Ok(Some(outcome.starting_price.yuan().fen())),
        Err(faults) => {
            prop_assert!(faults.iter().all(|fault| fault.code.as_str() == "invalid_field"), "{:?}", faults);
            Ok(None)
        }
    }
}

/// Largest amount, as the contract bounds it.
fn within_money(fen: &BigInt) -> Option<i64> {
    i64::try_from(fen.clone()).ok().filter(|fen| fen.abs() <= MOST_FEN)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_starting_price_is_the_rounded_product(factors in factors(), setting in 0_usize..5) {
        let product = factors.iter().fold(BigInt::from(1), |product, factor| product * whole(*factor, 8));
        // In fen: four factors of 10^-8, × 10 000 yuan for 万元, × 100 fen.
        let (numerator, denominator) = (product * 1_000_000, BigInt::from(10).pow(32));
        let rounding = PriceRounding::ALL[setting];
        let unit = BigInt::from([1, 100, 1_000_000, 1_000_000, 10_000][setting]);
        let unit_size = &denominator * &unit;
        let multiples = if rounding == PriceRounding::WanUp {
            (&numerator + &unit_size - 1) / &unit_size
        } else {
            rounded(&numerator, &unit_size)
        };
        prop_assert_eq!(price_fen(factors, rounding)?, within_money(&(multiples * unit)));
    }

    #[test]
    fn a_larger_area_is_never_cheaper(factors in factors(), more in decimal(10, 8), setting in 0_usize..5) {
        let rounding = PriceRounding::ALL[setting];
        let [standard, geology, stage, area] = factors;
        let smaller = price_fen(factors, rounding)?;
        let larger = price_fen([standard, geology, stage, area + more], rounding)?;
        match (smaller, larger) {
            (Some(smaller), Some(larger)) => prop_assert!(smaller <= larger),
            (None, Some(larger)) => prop_assert!(false, "the larger area has a price, {}", larger),
            (_, None) => {}
        }
    }

    #[test]
    fn the_benchmark_value_is_the_sum_of_rounded_products(
        items in prop::collection::vec((decimal(10, 6), decimal(12, 8), prop::collection::vec(decimal(9, 8), 0..=3)), 1..=4),
    ) {
        let request = benchmark::Request {
            as_of: day("2025-01-01"),
            province: None,
            items: items
                .iter()
                .map(|(price, quantity, coefficients)| benchmark::Item {
                    mineral: "iron",
                    class: None,
                    quantity: (*quantity).into(),
                    unit: Some("t"),
                    unit_price: Some((*price).into()),
                    coefficients: coefficients
                        .iter()
                        .map(|value| benchmark::NamedCoefficient { name: "c", value: Some((*value).into()) })
                        .collect(),
                    area: None,
                })
                .collect(),
        };
        let values: Vec<BigInt> = items
            .iter()
            .map(|(price, quantity, coefficients)| {
                let start = whole(*price, 8) * whole(*quantity, 8);
                let product = coefficients.iter().fold(start, |product, factor| product * whole(*factor, 8));
                let places = 16 + 8 * u32::try_from(coefficients.len()).unwrap();
                rounded(&(product * 100), &BigInt::from(10).pow(places))
            })
            .collect();
        let total: BigInt = values.iter().sum();
        let representable = values.iter().all(|value| within_money(value).is_some());
        let pick = i64::try_from(items[0].1.mantissa() % 1_000_000).unwrap();
        match answer(pick, |context| benchmark_value(&request, context))? {
            Ok(outcome) => {
                prop_assert_eq!(BigInt::from(outcome.benchmark_value.yuan().fen()), total);
                let found: Vec<BigInt> = outcome.items.iter().map(|item| BigInt::from(item.value.fen())).collect();
                prop_assert_eq!(found, values);
            }
            Err(faults) => {
                prop_assert!(!representable || within_money(&total).is_none(), "{:?}", faults);
            }
        }
    }

    #[test]
    fn reserves_to_pay_are_what_is_retained_beyond_what_is_paid(
        identified in 0_i64..1_000_000_000, mined in 0_i64..1_000_000_000, paid_for in 0_i64..1_000_000_000, scale in 0_u32..=8,
    ) {
        let number = |mantissa| Number::Exactly(Decimal::new(mantissa, scale));
        let request = reserves::Request {
            identified: number(identified),
            mined: number(mined),
            paid_for: number(paid_for),
            unit: "t",
        };
        let value = |exact| parse_value(&Value::Exact(exact).to_string());
        let expected = |mantissa: i64| parse_value(&Decimal::new(mantissa, scale).to_string());
        match answer(identified, |context| unpaid_reserves(&request, context))? {
            Ok(outcome) => {
                prop_assert!(mined <= identified);
                prop_assert_eq!(value(outcome.retained), expected(identified - mined));
                prop_assert_eq!(value(outcome.remaining_paid), expected(paid_for - mined));
                prop_assert_eq!(value(outcome.to_pay), expected((identified - paid_for).max(0)));
            }
            Err(faults) => {
                prop_assert!(mined > identified, "{:?}", faults);
                prop_assert_eq!(faults[0].pointer.as_str(), "/mined");
            }
        }
    }

    #[test]
    fn the_fund_occupation_charge_is_the_sum_of_rounded_periods(
        periods in prop::collection::vec((fen_up_to(15), percent(), 0_u64..5_000, 1_u64..2_000), 1..=4), days_360 in any::<bool>(),
    ) {
        let (day_count, basis) = if days_360 { (DayCount::Days360, 360) } else { (DayCount::Days365, 365) };
        let start = day("2006-01-01");
        let request = fund_occupation::Request {
            day_count,
            periods: periods
                .iter()
                .map(|(outstanding, percent, from, length)| fund_occupation::Period {
                    from: days_after(start, *from),
                    to: days_after(start, from + length),
                    outstanding: yuan(*outstanding),
                    annual_percent: (*percent).into(),
                })
                .collect(),
        };
        let outcome = sound(periods[0].0, |context| fund_occupation_charge(&request, context))?;
        let mut total = 0;
        for ((outstanding, percent, _, length), (days, charge)) in periods.iter().zip(&outcome.periods) {
            let expected = rounded(
                &(BigInt::from(*outstanding) * whole(*percent, 6) * BigInt::from(*length)),
                &(BigInt::from(100_000_000) * BigInt::from(basis)),
            );
            prop_assert_eq!(BigInt::from(charge.fen()), expected);
            prop_assert_eq!(u64::try_from(*days), Ok(*length));
            total += charge.fen();
        }
        prop_assert_eq!(outcome.charge.fen(), total);
    }
}
