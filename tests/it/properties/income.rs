//! Transfer income, annual income, arrears.

use lode::domain::annual_income::{self, Outcome, annual_income};
use lode::domain::arrears::{self, arrears};
use lode::domain::due_date::HolidayShift;
use lode::domain::sales::{Line, Product};
use lode::domain::transfer_income::{self, Competition, Reduction, TransferMode, transfer_income};

use super::*;

/// Minerals sold as what the levy is taken of, with the printed rate in tenths of a percent.
const LEVIED: [(&str, Product, i64); 6] = [
    ("coal", Product::RawOre, 24),
    ("gold", Product::Concentrate, 23),
    ("iron", Product::Concentrate, 18),
    ("copper", Product::Concentrate, 12),
    ("lanthanum", Product::Concentrate, 23),
    ("coalbed_methane", Product::Other, 3),
];

/// How a line states its revenue.
#[derive(Clone, Debug)]
enum Stated {
    Net(i64),
    Gross(i64, Decimal),
    Quantity(Decimal, Decimal),
}

#[derive(Clone, Debug)]
struct Sale {
    mineral: usize,
    stated: Stated,
    /// Makes the product the other one, so that it has to be converted.
    coefficient: Option<Decimal>,
    reduction: Option<Decimal>,
}

fn sale() -> impl Strategy<Value = Sale> {
    let stated = prop_oneof![
        3 => fen_up_to(16).prop_map(Stated::Net),
        1 => (fen_up_to(16), prop_oneof![Just(Decimal::from(13)), Just(Decimal::from(9)), Just(Decimal::ZERO), percent()])
            .prop_map(|(gross, vat)| Stated::Gross(gross, vat)),
        2 => (decimal(9, 8), decimal(8, 6)).prop_map(|(quantity, price)| Stated::Quantity(quantity, price)),
    ];
    let coefficient = prop_oneof![2 => Just(None), 1 => decimal(8, 8).prop_map(Some)];
    let reduction = prop_oneof![3 => Just(None), 1 => percent().prop_map(Some)];
    (0..LEVIED.len(), stated, coefficient, reduction).prop_map(|(mineral, stated, coefficient, reduction)| Sale {
        mineral,
        stated,
        // Row 2 names no levy object, so nothing is converted.
        coefficient: coefficient.filter(|_| LEVIED[mineral].0 != "coalbed_methane"),
        reduction,
    })
}

fn line(sale: &Sale) -> Line<'static> {
    let (mineral, product, _) = LEVIED[sale.mineral];
    let other = match product {
        Product::RawOre => Product::Concentrate,
        _ => Product::RawOre,
    };
    let mut line = Line {
        conversion_coefficient: sale.coefficient.map(Number::from),
        reduction: sale.reduction.map(|percent| Reduction { percent: percent.into(), approval: "x" }),
        ..Line::of(mineral, if sale.coefficient.is_some() { other } else { product })
    };
    match sale.stated {
        Stated::Net(fen) => line.revenue = Some(yuan(fen)),
        Stated::Gross(fen, vat) => {
            line.gross_revenue = Some(yuan(fen));
            line.vat_percent = Some(vat.into());
        }
        Stated::Quantity(quantity, price) => {
            line.quantity = Some(quantity.into());
            line.unit_price = Some(price.into());
        }
    }
    line
}

/// `100 %` in units of `10^-6` percent.
const WHOLE_PERCENT: i64 = 100_000_000;

/// Levy revenue and income of a sale in fen.
fn naive(sale: &Sale, of_the_return: Option<Decimal>) -> (BigInt, BigInt) {
    let revenue = match &sale.stated {
        Stated::Net(fen) => BigInt::from(*fen),
        Stated::Gross(fen, vat) => rounded(&(BigInt::from(*fen) * WHOLE_PERCENT), &(whole(*vat, 6) + WHOLE_PERCENT)),
        Stated::Quantity(quantity, price) => {
            rounded(&(whole(*quantity, 8) * whole(*price, 6) * 100), &BigInt::from(10).pow(14))
        }
    };
    let levy_revenue = match sale.coefficient {
        Some(coefficient) => rounded(&(revenue * whole(coefficient, 8)), &BigInt::from(10).pow(8)),
        None => revenue,
    };
    let (_, _, tenths) = LEVIED[sale.mineral];
    let reduction = sale.reduction.or(of_the_return).map_or(BigInt::zero(), |percent| whole(percent, 6));
    let income = rounded(
        &(&levy_revenue * tenths * (BigInt::from(WHOLE_PERCENT) - reduction)),
        &(BigInt::from(WHOLE_PERCENT) * 1_000),
    );
    (levy_revenue, income)
}

fn request<'r>(sales: &[Sale], reduction: Option<Decimal>) -> annual_income::Request<'r> {
    annual_income::Request {
        year: 2025,
        transfer_mode: TransferMode::Agreement,
        transfer_date: None,
        contract_rate_percent: None,
        province: None,
        lines: sales.iter().map(line).collect(),
        combine_as: None,
        location: None,
        paid_on: None,
        holiday_shift: HolidayShift::Off,
        reduction: reduction.map(|percent| Reduction { percent: percent.into(), approval: "x" }),
    }
}

/// Whether every amount in between is money, so that the answer has to be one.
fn is_money(figures: &[(BigInt, BigInt)], sales: &[Sale]) -> bool {
    let most = BigInt::from(MOST_FEN);
    let total: BigInt = figures.iter().map(|(_, income)| income).sum();
    let revenue_is_money = |sale: &Sale| match sale.stated {
        Stated::Quantity(quantity, price) => {
            rounded(&(whole(quantity, 8) * whole(price, 6) * 100), &BigInt::from(10).pow(14)) <= most
        }
        _ => true,
    };
    total <= most
        && figures.iter().all(|(levied, income)| *levied <= most && *income <= most)
        && sales.iter().all(revenue_is_money)
}

fn income_of(stated: Stated, mineral: usize) -> Result<Outcome, TestCaseError> {
    let sale = Sale { mineral, stated, coefficient: None, reduction: None };
    let request = request(&[sale], None);
    sound(1, |context| annual_income(&request, context))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn annual_income_is_the_sum_of_lines_each_rounded_once(
        sales in prop::collection::vec(sale(), 1..=4), reduction in prop_oneof![3 => Just(None), 1 => percent().prop_map(Some)],
    ) {
        let figures: Vec<(BigInt, BigInt)> = sales.iter().map(|sale| naive(sale, reduction)).collect();
        let request = request(&sales, reduction);
        let pick = i64::try_from(&figures[0].0 % 1_000_000).unwrap();
        match answer(pick, |context| annual_income(&request, context))? {
            Ok(outcome) => {
                let found: Vec<(BigInt, BigInt)> = outcome
                    .lines
                    .iter()
                    .map(|line| (BigInt::from(line.levy_revenue.fen()), BigInt::from(line.income.fen())))
                    .collect();
                prop_assert_eq!(&found, &figures);
                let total: BigInt = figures.iter().map(|(_, income)| income).sum();
                prop_assert_eq!(BigInt::from(outcome.income.fen()), total);
                prop_assert_eq!(outcome.due_date, day("2026-02-28"));
            }
            Err(faults) => prop_assert!(!is_money(&figures, &sales), "{:?}", faults),
        }
    }

    #[test]
    fn more_sales_are_never_less_income(revenue in fen(), more in fen(), mineral in 0..LEVIED.len()) {
        let larger = revenue.saturating_add(more).min(MOST_FEN);
        let smaller = income_of(Stated::Net(revenue), mineral)?.income;
        prop_assert!(smaller <= income_of(Stated::Net(larger), mineral)?.income);
        prop_assert!(smaller.fen() <= revenue);
    }

    #[test]
    fn two_lines_are_within_a_fen_of_one(a in fen_up_to(16), b in fen_up_to(16), mineral in 0..LEVIED.len()) {
        let one = income_of(Stated::Net(a + b), mineral)?.income.fen();
        let two = income_of(Stated::Net(a), mineral)?.income.fen() + income_of(Stated::Net(b), mineral)?.income.fen();
        prop_assert!((one - two).abs() <= 1);
    }

    #[test]
    fn oil_and_gas_combined_are_levied_once(a in fen_up_to(16), b in fen_up_to(16), main in 0_usize..2) {
        let oil = |mineral, fen| Line {
            mineral,
            product: Product::Other,
            revenue: Some(yuan(fen)),
            ..line(&Sale { mineral: 5, stated: Stated::Net(1), coefficient: None, reduction: None })
        };
        let (main, per_mille) = [("natural_gas", 8), ("coalbed_methane", 3)][main];
        let mut lines = vec![oil("natural_gas", a), oil("coalbed_methane", b)];
        for line in &mut lines {
            line.place = Some(lode::domain::place::Place::Land);
        }
        let request = annual_income::Request { combine_as: Some(main), lines, ..request(&[], None) };
        let outcome = sound(a, |context| annual_income(&request, context))?;
        let expected = rounded_i128((i128::from(a) + i128::from(b)) * per_mille, 1_000);
        prop_assert_eq!(i128::from(outcome.income.fen()), expected);
        prop_assert_eq!(outcome.lines.len(), 1);
        prop_assert_eq!(outcome.lines[0].levy_revenue.fen(), a + b);
    }

    #[test]
    fn arrears_are_at_the_rates_of_2023_in_six_parts_that_add_up(
        sales in prop::collection::vec((sale(), 0_u64..2_130), 1..=4), six in any::<bool>(), first_due in 0_u64..4_000,
    ) {
        let figures: Vec<(BigInt, BigInt)> = sales.iter().map(|(sale, _)| naive(sale, None)).collect();
        let first_due_on = days_after(day("2023-05-01"), first_due);
        let request = arrears::Request {
            lines: sales
                .iter()
                .map(|(sale, sold)| Line { sold_on: Some(days_after(day("2017-07-01"), *sold)), ..line(sale) })
                .collect(),
            plan: if six { arrears::Plan::SixYears } else { arrears::Plan::LumpSum },
            first_due_on: Some(first_due_on),
            holiday_shift: HolidayShift::Off,
        };
        let pick = i64::try_from(&figures[0].0 % 1_000_000).unwrap();
        let outcome = match answer(pick, |context| arrears(&request, context))? {
            Ok(outcome) => outcome,
            Err(faults) => {
                let sales: Vec<Sale> = sales.into_iter().map(|(sale, _)| sale).collect();
                prop_assert!(!is_money(&figures, &sales), "{:?}", faults);
                return Ok(());
            }
        };
        let incomes: Vec<BigInt> = outcome.lines.iter().map(|line| BigInt::from(line.income.fen())).collect();
        prop_assert_eq!(incomes, figures.into_iter().map(|(_, income)| income).collect::<Vec<_>>());
        let parts: Vec<i64> = outcome.instalments.iter().map(|part| part.amount.fen()).collect();
        prop_assert_eq!(parts.len(), if six { 6 } else { 1 });
        prop_assert!(equal_parts(outcome.income.fen(), &parts), "{:?}", parts);
        for (years, part) in outcome.instalments.iter().enumerate() {
            prop_assert_eq!(part.number, u32::try_from(years).unwrap() + 1);
            prop_assert_eq!(part.due_date, Some(years_after(first_due_on, i32::try_from(years).unwrap())));
        }
    }

    #[test]
    fn the_price_part_is_what_the_table_of_the_rules_says(
        a in fen(), b in fen(), c in fen(), mode in 0_usize..4, reduction in prop_oneof![1 => Just(None), 1 => percent().prop_map(Some)],
    ) {
        // Mineral, mode, and which of the three amounts the price is.
        let (mineral, transfer_mode, price) = [
            ("gold", TransferMode::Competitive, a),
            ("gold", TransferMode::Agreement, b),
            ("building_granite", TransferMode::Competitive, a),
            ("building_granite", TransferMode::Agreement, b.max(c)),
        ][mode];
        let outside = mineral == "building_granite";
        let competitive = transfer_mode == TransferMode::Competitive;
        let request = transfer_income::Request {
            as_of: day("2024-06-01"),
            mineral,
            transfer_mode,
            transaction_price: competitive.then_some(yuan(a)),
            starting_price: (!competitive && !outside).then_some(yuan(b)),
            appraised_value: (!competitive && outside).then_some(yuan(b)),
            benchmark_value: (!competitive && outside).then_some(yuan(c)),
            reduction: reduction.map(|percent| Reduction { percent: percent.into(), approval: "x" }),
            ..empty_grant()
        };
        let outcome = sound(a, |context| transfer_income(&request, context))?;
        let left = BigInt::from(WHOLE_PERCENT) - reduction.map_or(BigInt::zero(), |percent| whole(percent, 6));
        let expected = rounded(&(BigInt::from(price) * left), &BigInt::from(WHOLE_PERCENT));
        prop_assert_eq!(BigInt::from(outcome.price_part.fen()), expected);
        prop_assert_eq!(outcome.divisible, outside);
        prop_assert_eq!(outcome.annual.is_none(), outside);
    }

    #[test]
    fn a_price_below_its_floor_is_no_deal(price in fen(), starting in fen(), reserve in prop::option::of(fen()), form in 0_usize..3) {
        let competition = [Competition::Listing, Competition::Auction, Competition::Tender][form];
        let request = transfer_income::Request {
            as_of: day("2024-06-01"),
            mineral: "gold",
            transfer_mode: TransferMode::Competitive,
            transaction_price: Some(yuan(price)),
            starting_price: Some(yuan(starting)),
            reserve_price: reserve.map(yuan),
            competition: Some(competition),
            ..empty_grant()
        };
        let floor = reserve.unwrap_or(starting);
        let code = if reserve.is_some() { "below_reserve_price" } else { "below_starting_price" };
        match answer(price, |context| transfer_income(&request, context))? {
            Ok(outcome) => {
                prop_assert!(price >= floor || competition == Competition::Tender);
                prop_assert_eq!(outcome.price_part.fen(), price);
            }
            Err(faults) => {
                prop_assert!(price < floor && competition != Competition::Tender);
                prop_assert_eq!(faults.len(), 1);
                prop_assert_eq!(faults[0].code.as_str(), code);
            }
        }
    }
}

/// A grant that says nothing yet.
fn empty_grant() -> transfer_income::Request<'static> {
    transfer_income::Request {
        as_of: day("2024-06-01"),
        mineral: "gold",
        transfer_mode: TransferMode::Competitive,
        transaction_price: None,
        starting_price: None,
        appraised_value: None,
        benchmark_value: None,
        state_funded_exploration: None,
        stage_completed: None,
        place: None,
        temperature_c: None,
        competition: None,
        reserve_price: None,
        contract_rate_percent: None,
        appraisal_years: None,
        reduction: None,
    }
}
