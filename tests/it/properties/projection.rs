//! Projections: their years are the single calculations called one by one, their sums the sums of their years, their
//! growth and their present values what another library computes.

use lode::domain::annual_income::{self, annual_income};
use lode::domain::due_date::HolidayShift;
use lode::domain::instalment::{
    self, Basis, Conversion, Enforcement, Licence, MineScale, Plan, TermStart, instalments,
};
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::projection::{
    Figures, Forecast, Outcome, Payment, PaymentKind, Projected, Request, Series, SplitSums, Values, Variant, YearRow,
    projection,
};
use lode::domain::revenue_split::{self, Area, IncomePart, Location, Scheme, split};
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::Right;
use lode::domain::transfer_income::{self, TransferMode, transfer_income};
use num_rational::BigRational;

use super::*;

/// A projection is a hundred calculations: fewer cases than elsewhere.
const PROJECTIONS: u32 = 1_500;

/// Minerals levied by rate with their levy object.
const BY_RATE: [(&str, Product); 4] = [
    ("copper", Product::Concentrate),
    ("gold", Product::Concentrate),
    ("iron", Product::Concentrate),
    ("coal", Product::RawOre),
];
const OUTSIDE: &str = "building_granite";

#[derive(Clone, Debug)]
enum Stated {
    Revenue(i64),
    Sold(Decimal, Decimal),
    Listed(Vec<(Decimal, Decimal)>),
}

#[derive(Clone, Debug)]
struct Sale {
    mineral: usize,
    first: i32,
    years: usize,
    stated: Stated,
    /// Of the revenue, or of the price.
    growth: Option<Decimal>,
}

#[derive(Clone, Debug)]
struct Life {
    by_rate: bool,
    mode: TransferMode,
    signed: NaiveDate,
    bid: i64,
    sales: Vec<Sale>,
    /// First payment in percent and years.
    plan: Option<(Decimal, i64)>,
    discount: Decimal,
    location: usize,
    change: Decimal,
    shift: i64,
    pick: i64,
}

fn sale() -> impl Strategy<Value = Sale> {
    let pair = || (decimal(6, 4), decimal(8, 6));
    let stated = prop_oneof![
        fen_up_to(11).prop_map(Stated::Revenue),
        pair().prop_map(|(output, price)| Stated::Sold(output, price)),
        proptest::collection::vec(pair(), 1..20).prop_map(Stated::Listed),
    ];
    let growth = proptest::option::of((-200_000_i64..200_000).prop_map(|growth| Decimal::new(growth, 4)));
    (0..BY_RATE.len(), 0..6_i32, 1..20_usize, stated, growth).prop_map(|(mineral, first, years, stated, growth)| {
        let years = if let Stated::Listed(list) = &stated { list.len() } else { years };
        let growth = growth.filter(|_| !matches!(stated, Stated::Listed(_)));
        Sale { mineral, first, years, stated, growth }
    })
}

fn life() -> impl Strategy<Value = Life> {
    let plan = proptest::option::of(((100_i64..=200).prop_map(|tenths| Decimal::new(tenths, 1)), 5..=9_i64));
    let rates = ((0..=1_500_i64).prop_map(|rate| Decimal::new(rate, 2)), (-9_000_i64..9_000), 0..4_i64);
    (
        (any::<bool>(), any::<bool>(), 0..1_400_u64, fen_up_to(12)),
        proptest::collection::vec(sale(), 1..4),
        (plan, rates, 0..4_usize, any::<i64>()),
    )
        .prop_map(|((by_rate, agreement, days, bid), sales, (plan, (discount, change, shift), location, pick))| {
            Life {
                by_rate,
                mode: if agreement { TransferMode::Agreement } else { TransferMode::Competitive },
                signed: days_after(day("2026-07-01"), days),
                bid,
                sales,
                plan: plan.filter(|_| !by_rate),
                discount,
                location,
                change: Decimal::new(change, 2),
                shift,
                pick,
            }
        })
}

impl Life {
    fn minerals(&self) -> Vec<&'static str> {
        if self.by_rate { BY_RATE.map(|(code, _)| code).to_vec() } else { vec![OUTSIDE] }
    }

    fn sold(&self, sale: &Sale) -> (&'static str, Product) {
        if self.by_rate { BY_RATE[sale.mineral] } else { (OUTSIDE, Product::RawOre) }
    }

    fn values(&self) -> Values {
        let bid = Some(yuan(self.bid));
        match (self.mode, self.by_rate) {
            (TransferMode::Competitive, _) => Values { transaction_price: bid, ..Values::default() },
            (TransferMode::Agreement, true) => Values { starting_price: bid, ..Values::default() },
            (TransferMode::Agreement, false) => {
                Values { appraised_value: bid, benchmark_value: Some(yuan(self.bid / 2)), ..Values::default() }
            }
        }
    }

    fn location(&self) -> Option<Location<'static>> {
        let of = |kind, province, scheme| Some(Location::Single(Area { kind, province, scheme }));
        match self.location {
            0 => None,
            1 => of(AreaKind::Land, Some("内蒙古"), None),
            2 => of(AreaKind::Land, Some("广西"), Some(Scheme::Class("county"))),
            _ => of(AreaKind::LocalSea, Some("山东"), None),
        }
    }

    fn licence(&self, shift: i32) -> Licence {
        let first = years_after(self.signed, shift);
        Licence::Dates(first, years_after(first, 10))
    }

    fn forecasts(&self) -> Vec<Forecast<'static>> {
        let signed = self.signed.year();
        let each = |sale: &Sale| {
            let (mineral, product) = self.sold(sale);
            let growth = sale.growth.map(|growth| Series::One(growth.into()));
            let one = |value: Decimal| Some(Series::One(value.into()));
            let list = |list: Vec<Decimal>| Some(Series::Listed(list.into_iter().map(Number::from).collect()));
            let (revenue, output, price) = match &sale.stated {
                Stated::Revenue(fen) => (one(Decimal::new(*fen, 2)), None, None),
                Stated::Sold(output, price) => (None, one(*output), one(*price)),
                Stated::Listed(pairs) => {
                    let (outputs, prices) = pairs.iter().copied().unzip();
                    (None, list(outputs), list(prices))
                }
            };
            Forecast {
                mineral,
                product,
                from_year: i64::from(signed + sale.first),
                to_year: Some(i64::from(signed + sale.first) + i64::try_from(sale.years).unwrap() - 1),
                revenue_growth_percent: growth.clone().filter(|_| revenue.is_some()),
                price_growth_percent: growth.filter(|_| revenue.is_none()),
                revenue,
                output,
                output_growth_percent: None,
                price,
                place: None,
                temperature_c: None,
                conversion_coefficient: None,
            }
        };
        self.sales.iter().map(each).collect()
    }

    fn plan(&self) -> Option<Plan> {
        self.plan.map(|(percent, years)| Plan::FirstPayment { percent: percent.into(), years: Some(years) })
    }

    fn request(&self) -> Request<'static> {
        let changed = Variant {
            name: "changed",
            acquired: None,
            contract_signed_on: None,
            shift_years: Some(self.shift),
            values: Values::default(),
            state_funded_exploration: None,
            stage_completed: None,
            contract_rate_percent: None,
            location: None,
            annual_location: None,
            mine_scale: None,
            licence: None,
            plan: None,
            notice_received_on: None,
            first_annual_due_on: None,
            sales: None,
            price_change_percent: Some(self.change.into()),
            discount_percent: None,
        };
        Request {
            name: None,
            right: Right::Mining,
            acquired: self.mode,
            contract_signed_on: self.signed,
            registered_minerals: self.minerals(),
            values: self.values(),
            state_funded_exploration: Some(false),
            stage_completed: None,
            competition: None,
            contract_rate_percent: None,
            place: None,
            temperature_c: None,
            province: None,
            location: self.location(),
            annual_location: None,
            mine_scale: Some(MineScale::Medium),
            licence: Some(self.licence(0)),
            plan: self.plan(),
            notice_received_on: None,
            first_annual_due_on: None,
            sales: self.forecasts(),
            discount_percent: Some(self.discount.into()),
            present_value_year: None,
            scenarios: vec![changed],
        }
    }

    fn project(&self) -> Result<Outcome, TestCaseError> {
        sound(self.pick, |context| projection(&self.request(), context))
    }
}

fn ratio(value: Decimal) -> BigRational {
    BigRational::new(BigInt::from(value.mantissa()), BigInt::from(10).pow(value.scale()))
}

fn one() -> BigRational {
    BigRational::from_integer(BigInt::from(1))
}

/// `1 + percent / 100`.
fn factor(percent: Decimal) -> BigRational {
    one() + ratio(percent) / BigRational::from_integer(BigInt::from(100))
}

/// The value with so many decimals, as a whole number of its last one.
fn whole_of(value: &BigRational, places: u32) -> BigInt {
    rounded(&(value.numer() * BigInt::from(10).pow(places)), value.denom())
}

fn fen_of(amounts: impl IntoIterator<Item = Yuan>) -> i64 {
    amounts.into_iter().map(Yuan::fen).sum()
}

fn of_kind<'p>(row: &'p YearRow, kinds: &'p [PaymentKind]) -> impl Iterator<Item = &'p Payment> {
    row.payments.iter().filter(|payment| kinds.contains(&payment.kind))
}

/// Both scenarios with the years by which each is later and its change of prices.
fn both<'p>(life: &Life, outcome: &'p Outcome) -> [(&'p Projected, i32, Option<Decimal>); 2] {
    let shift = i32::try_from(life.shift).unwrap();
    [(&outcome.scenarios[0], 0, None), (&outcome.scenarios[1], shift, Some(life.change))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: PROJECTIONS, ..config() })]

    #[test]
    fn sums_are_the_sums_of_the_years_and_splits_add_up(life in life()) {
        let outcome = life.project()?;
        for scenario in &outcome.scenarios {
            let years = &scenario.years;
            let figures = scenario.totals.figures;
            prop_assert!(years.windows(2).all(|pair| pair[1].year == pair[0].year + 1));
            let sum = |of: fn(&YearRow) -> Yuan| fen_of(years.iter().map(of));
            prop_assert_eq!(figures.sales.fen(), sum(|row| row.sales));
            prop_assert_eq!(figures.price_part.fen(), sum(|row| row.price_part));
            prop_assert_eq!(figures.instalments.fen(), sum(|row| row.instalments));
            prop_assert_eq!(figures.annual_income.fen(), sum(|row| row.annual_income));
            prop_assert_eq!(figures.total.fen(), sum(|row| row.total));
            prop_assert_eq!(years.last().unwrap().cumulative, figures.total);
            // What is sold in a year is paid for in the next one.
            for pair in years.windows(2) {
                prop_assert_eq!(pair[0].income_on_sales, pair[1].annual_income);
                prop_assert_eq!(pair[0].cumulative.fen() + pair[1].total.fen(), pair[1].cumulative.fen());
            }
            prop_assert!(years.last().unwrap().income_on_sales.is_zero());
            for row in years {
                prop_assert_eq!(row.sales.fen(), fen_of(row.sold.iter().map(|line| line.revenue)));
                let paid = |kinds: &[PaymentKind]| fen_of(of_kind(row, kinds).map(|payment| payment.amount));
                prop_assert_eq!(row.price_part.fen(), paid(&[PaymentKind::OneSum, PaymentKind::FirstPayment]));
                prop_assert_eq!(row.instalments.fen(), paid(&[PaymentKind::Instalment]));
                prop_assert_eq!(row.annual_income.fen(), paid(&[PaymentKind::AnnualIncome]));
                prop_assert_eq!(row.total.fen(), fen_of(row.payments.iter().map(|payment| payment.amount)));
                adds_up(row.split, row.total, !row.payments.is_empty() && life.location > 0)?;
                for payment in &row.payments {
                    prop_assert_eq!(payment.split.is_some(), life.location > 0);
                    if let Some(split) = &payment.split {
                        prop_assert_eq!(split.shares.central.fen() + split.shares.local.fen(), payment.amount.fen());
                        prop_assert_eq!(split.shares.levels.is_some(), life.location < 3);
                    }
                }
            }
            adds_up(scenario.totals.split, figures.total, life.location > 0)?;
            let minerals = &scenario.totals.minerals;
            prop_assert_eq!(fen_of(minerals.iter().map(|mineral| mineral.sales)), figures.sales.fen());
            prop_assert_eq!(fen_of(minerals.iter().map(|mineral| mineral.annual_income)), figures.annual_income.fen());
        }
        let [first, second] = &outcome.comparison[..] else { panic!("two scenarios") };
        prop_assert!(first.difference.is_none());
        let money: [fn(&Figures) -> Yuan; 5] =
            [|it| it.sales, |it| it.price_part, |it| it.instalments, |it| it.annual_income, |it| it.total];
        for figure in money {
            let difference = figure(second.difference.as_ref().unwrap()).fen();
            prop_assert_eq!(figure(&second.figures).fen() - figure(&first.figures).fen(), difference);
        }
    }

    #[test]
    fn every_year_is_the_single_calculations_called_one_by_one(life in life()) {
        let outcome = life.project()?;
        for (scenario, shift, _) in both(&life, &outcome) {
            let signed = years_after(life.signed, shift);
            let values = life.values();
            let grant = transfer_income::Request {
                as_of: signed,
                mineral: life.minerals()[0],
                transfer_mode: life.mode,
                transaction_price: values.transaction_price,
                starting_price: values.starting_price,
                appraised_value: values.appraised_value,
                benchmark_value: values.benchmark_value,
                state_funded_exploration: Some(false),
                stage_completed: None,
                place: None,
                temperature_c: None,
                competition: None,
                reserve_price: None,
                contract_rate_percent: None,
                appraisal_years: None,
                reduction: None,
            };
            let price = sound(1, |context| transfer_income(&grant, context))?.price_part;
            // Kind, number, amount and day of every payment of the price.
            let mut expected = Vec::new();
            match life.plan() {
                None => expected.push((PaymentKind::OneSum, None, price, signed)),
                Some(plan) => {
                    let request = instalment::Request {
                        right: Right::Mining,
                        mineral: Some(OUTSIDE),
                        signed_on: signed,
                        total: Number::Exactly(price.to_decimal()),
                        province: None,
                        mine_scale: Some(MineScale::Medium),
                        licence: Some(life.licence(shift)),
                        plan,
                        notice_received_on: None,
                        first_annual_due_on: None,
                        term_start: TermStart::Licence,
                        basis: Basis::Art12,
                        conversion: Conversion::Unconverted,
                        holiday_shift: HolidayShift::Off,
                        enforcement: Enforcement::Refuse,
                    };
                    let plan = sound(1, |context| instalments(&request, context))?;
                    expected.push((PaymentKind::FirstPayment, None, plan.first_payment, signed));
                    expected.extend(plan.instalments.iter().map(|one| {
                        (PaymentKind::Instalment, Some(one.number), one.amount, one.due_date.unwrap())
                    }));
                }
            }
            let price_kinds = [PaymentKind::OneSum, PaymentKind::FirstPayment, PaymentKind::Instalment];
            let found: Vec<(i32, &Payment)> = scenario
                .years
                .iter()
                .flat_map(|row| of_kind(row, &price_kinds).map(move |payment| (row.year, payment)))
                .collect();
            prop_assert_eq!(found.len(), expected.len());
            for ((year, payment), (kind, number, amount, day)) in found.into_iter().zip(expected) {
                prop_assert_eq!((payment.kind, payment.number, payment.amount, year), (kind, number, amount, day.year()));
                if let (Some(location), false) = (life.location(), amount.is_zero()) {
                    let request = revenue_split::Request {
                        amount: Number::Exactly(amount.to_decimal()),
                        paid_on: day,
                        part: Some(IncomePart::Price),
                        location,
                    };
                    let shares = sound(1, |context| split(&request, context))?.shares;
                    prop_assert_eq!(payment.split.as_ref().map(|split| split.shares), Some(shares));
                }
            }
            for pair in scenario.years.windows(2) {
                let [sold, paid] = pair else { continue };
                let mut paid = of_kind(paid, &[PaymentKind::AnnualIncome]);
                if sold.sold.is_empty() || !life.by_rate {
                    prop_assert!(paid.next().is_none());
                    continue;
                }
                let payment = paid.next().unwrap();
                let request = annual_income::Request {
                    year: sold.year.into(),
                    transfer_mode: life.mode,
                    transfer_date: Some(signed),
                    contract_rate_percent: None,
                    province: None,
                    lines: sold.sold.iter().map(line).collect(),
                    combine_as: None,
                    location: life.location(),
                    paid_on: None,
                    holiday_shift: HolidayShift::Off,
                    reduction: None,
                };
                let single = sound(1, |context| annual_income(&request, context))?;
                prop_assert_eq!(payment.amount, single.income);
                prop_assert_eq!(payment.sale_year, Some(sold.year));
                prop_assert_eq!(payment.due_date, Some(single.due_date));
                prop_assert_eq!(single.due_date.year(), sold.year + 1);
                prop_assert_eq!(payment.lines.len(), single.lines.len());
                for (own, other) in payment.lines.iter().zip(&single.lines) {
                    prop_assert_eq!((&own.mineral, own.rate_percent, own.income), (&other.mineral, other.rate_percent, other.income));
                }
                let shares = |split: Option<&revenue_split::Outcome>| split.map(|split| split.shares);
                prop_assert_eq!(shares(payment.split.as_ref()), shares(single.split.as_ref()));
            }
        }
    }

    #[test]
    fn growth_share_and_present_value_are_those_of_another_library(life in life()) {
        let outcome = life.project()?;
        for (scenario, shift, change) in both(&life, &outcome) {
            let change = change.map_or_else(one, factor);
            for row in &scenario.years {
                let sales = life.sales.iter().filter(|sale| {
                    let first = life.signed.year() + shift + sale.first;
                    (first..first + i32::try_from(sale.years).unwrap()).contains(&row.year)
                });
                let mut lines = row.sold.iter();
                for sale in sales {
                    let line = lines.next().unwrap();
                    let year = usize::try_from(row.year - life.signed.year() - shift - sale.first).unwrap();
                    let grown = sale.growth.map_or_else(one, |growth| num_traits::pow(factor(growth), year));
                    let (output, price) = match &sale.stated {
                        Stated::Revenue(fen) => {
                            let exact = ratio(Decimal::new(*fen, 2)) * &change * grown;
                            prop_assert_eq!(BigInt::from(line.revenue.fen()), whole_of(&exact, 2));
                            continue;
                        }
                        Stated::Sold(output, price) => (*output, *price),
                        Stated::Listed(list) => list[year],
                    };
                    let price = whole_of(&(ratio(price) * &change * grown), 6);
                    prop_assert_eq!(line.output.map(ratio), Some(ratio(output)));
                    prop_assert_eq!(whole_of(&ratio(line.price.unwrap()), 6), price.clone());
                    let exact = ratio(output) * BigRational::new(price, BigInt::from(1_000_000));
                    prop_assert_eq!(BigInt::from(line.revenue.fen()), whole_of(&exact, 2));
                }
                prop_assert!(lines.next().is_none());
            }
            let decimal = |text: String| ratio(text.parse().unwrap());
            let mut sum = BigInt::zero();
            for row in &scenario.years {
                let periods = usize::try_from(row.year - life.signed.year()).unwrap();
                let exact = ratio(row.total.to_decimal()) / num_traits::pow(factor(life.discount), periods);
                let value = whole_of(&exact, 10);
                prop_assert_eq!(decimal(row.present_value.unwrap().to_string()), BigRational::new(value.clone(), BigInt::from(10).pow(10)));
                sum += value;
            }
            let figures = scenario.totals.figures;
            let total = BigRational::new(sum, BigInt::from(10).pow(10));
            prop_assert_eq!(decimal(figures.present_value.unwrap().to_string()), total);
            let share = (!figures.sales.is_zero()).then(|| {
                let hundred = BigRational::from_integer(BigInt::from(100));
                let exact = ratio(figures.total.to_decimal()) / ratio(figures.sales.to_decimal()) * hundred;
                whole_of(&exact, 6)
            });
            prop_assert_eq!(figures.share_of_sales_percent.map(|share| whole_of(&ratio(share), 6)), share);
        }
    }
}

/// Central and local are the whole; the levels and what is undivided are the local part.
fn adds_up(split: Option<SplitSums>, whole: Yuan, wanted: bool) -> Result<(), TestCaseError> {
    prop_assert_eq!(split.is_some(), wanted);
    if let Some(split) = split {
        prop_assert_eq!(split.central.fen() + split.local.fen(), whole.fen());
        prop_assert_eq!(fen_of(split.levels.into_iter().flatten()) + split.undivided.fen(), split.local.fen());
    }
    Ok(())
}

/// What was sold as a line of a return.
fn line(sold: &lode::domain::projection::SoldLine) -> Line<'_> {
    let by_price = sold.output.is_some();
    Line {
        revenue: (!by_price).then(|| Number::Exactly(sold.revenue.to_decimal())),
        quantity: sold.output.map(Number::Exactly),
        unit_price: sold.price.map(Number::Exactly),
        ..Line::of(&sold.mineral, sold.product)
    }
}
