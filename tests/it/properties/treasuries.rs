//! Split, refund and true-up: what the treasuries get and give back adds up.

use lode::domain::place::AreaKind;
use lode::domain::refund::{self, refund};
use lode::domain::revenue_split::{self, Area, Location, Outcome, Scheme, split};
use lode::domain::true_up::{self, Direction, true_up};

use super::*;

/// A place that the rate data knows: kind, province, class of its scheme.
const PLACES: [(AreaKind, Option<&str>, Option<&str>); 8] = [
    (AreaKind::Land, None, None),
    (AreaKind::LocalSea, None, None),
    (AreaKind::OtherSea, None, None),
    (AreaKind::Land, Some("370000"), None),
    (AreaKind::Land, Some("内蒙古"), None),
    (AreaKind::LocalSea, Some("山东省"), None),
    (AreaKind::OtherSea, Some("370000"), None),
    (AreaKind::Land, Some("130000"), None),
];

fn area(at: usize) -> Area<'static> {
    let (kind, province, class) = PLACES[at];
    Area { kind, province, scheme: class.map(Scheme::Class) }
}

/// A day on which the shares of central and local treasuries are known.
fn paid_on() -> impl Strategy<Value = NaiveDate> {
    (0_u64..4_500).prop_map(|days| days_after(day("2017-07-01"), days))
}

/// One of few days, so that several payments often fall on the same one.
fn paid_on_few_days() -> impl Strategy<Value = NaiveDate> {
    (0_u64..4).prop_map(|quarter| days_after(day("2022-12-31"), quarter * 90))
}

/// Forty and sixty of a hundred by largest remainder; the tie goes to the central treasury.
fn forty(amount: i64) -> i64 {
    let (share, remainder) = (amount / 5 * 2 + amount % 5 * 2 / 5, amount % 5 * 2 % 5);
    // 40 % leaves a remainder of n fifths, 60 % the rest of the fen: the larger one takes it.
    if remainder >= 3 { share + 1 } else { share }
}

fn check(outcome: &Outcome, amount: i64, kind: AreaKind) -> Result<(), TestCaseError> {
    let shares = outcome.shares;
    prop_assert_eq!(shares.central.fen() + shares.local.fen(), amount);
    let central = if kind == AreaKind::OtherSea { amount } else { forty(amount) };
    prop_assert_eq!(shares.central.fen(), central);
    if let Some(levels) = shares.levels {
        prop_assert_eq!(levels.iter().map(|level| level.fen()).sum::<i64>(), shares.local.fen());
        prop_assert!(levels.iter().all(|level| level.fen() >= 0));
    }
    prop_assert_eq!(outcome.account.as_str(), "103071404");
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_split_adds_up_and_the_central_share_never_depends_on_the_province(
        amount in fen(), paid_on in paid_on(), place in 0..PLACES.len(),
    ) {
        let request = revenue_split::Request {
            amount: yuan(amount),
            paid_on,
            part: None,
            location: Location::Single(area(place)),
        };
        let outcome = sound(amount, |context| split(&request, context))?;
        check(&outcome, amount, PLACES[place].0)?;
    }

    #[test]
    fn a_split_over_areas_adds_up_and_follows_their_sizes(
        amount in fen(), paid_on in paid_on(), parts in prop::collection::vec((0..3_usize, 1_i64..100_000_000, 0_u32..=8), 1..=5),
    ) {
        let sizes: Vec<i128> =
            parts.iter().map(|(_, mantissa, scale)| i128::from(*mantissa) * 10_i128.pow(8 - scale)).collect();
        let all: i128 = sizes.iter().sum();
        let request = revenue_split::Request {
            amount: yuan(amount),
            paid_on,
            part: None,
            location: Location::Parts(
                parts
                    .iter()
                    .map(|(place, mantissa, scale)| (area(*place), Decimal::new(*mantissa, *scale).into()))
                    .collect(),
            ),
        };
        let outcome = sound(amount, |context| split(&request, context))?;
        let shares = outcome.shares;
        prop_assert_eq!(shares.central.fen() + shares.local.fen(), amount);
        if parts.len() == 1 {
            return check(&outcome, amount, PLACES[parts[0].0].0);
        }
        prop_assert_eq!(outcome.parts.len(), parts.len());
        prop_assert_eq!(outcome.parts.iter().map(|part| part.amount.fen()).sum::<i64>(), amount);
        let mut central = 0;
        for (part, size) in outcome.parts.iter().zip(sizes) {
            prop_assert!((i128::from(part.amount.fen()) * all - i128::from(amount) * size).abs() < all);
            prop_assert_eq!(part.shares.central.fen() + part.shares.local.fen(), part.amount.fen());
            central += if part.kind == AreaKind::OtherSea { part.amount.fen() } else { forty(part.amount.fen()) };
        }
        prop_assert_eq!(shares.central.fen(), central);
    }

    #[test]
    fn a_refund_gives_back_what_came_in(
        payments in prop::collection::vec((fen_up_to(16), paid_on(), 0..PLACES.len()), 1..=5),
    ) {
        let request = refund::Request {
            payments: payments
                .iter()
                .map(|(amount, paid_on, place)| refund::Payment {
                    paid_on: *paid_on,
                    amount: yuan(*amount),
                    location: Location::Single(area(*place)),
                })
                .collect(),
        };
        let outcome = sound(payments[0].0, |context| refund(&request, context))?;
        let total: i64 = payments.iter().map(|(amount, _, _)| amount).sum();
        prop_assert_eq!(outcome.refund.fen(), total);
        prop_assert_eq!(outcome.central.fen() + outcome.local.fen(), total);
        for ((amount, paid_on, place), part) in payments.iter().zip(&outcome.parts) {
            prop_assert_eq!((part.amount.fen(), part.paid_on), (*amount, *paid_on));
            check(&part.split, *amount, PLACES[*place].0)?;
        }
        prop_assert_eq!(outcome.parts.len(), payments.len());
    }

    #[test]
    fn a_refund_of_old_payments_goes_by_the_shares_of_the_caller(amount in fen(), central in 0_i64..=100, before in 0_u64..4_000) {
        let request = refund::Request {
            payments: vec![refund::Payment {
                paid_on: days_after(day("2006-07-01"), before),
                amount: yuan(amount),
                location: Location::Single(Area {
                    kind: AreaKind::Land,
                    province: None,
                    scheme: Some(Scheme::Shares {
                        central: Decimal::from(central).into(),
                        local: Decimal::from(100 - central).into(),
                    }),
                }),
            }],
        };
        let outcome = sound(amount, |context| refund(&request, context))?;
        prop_assert_eq!(outcome.central.fen() + outcome.local.fen(), amount);
        // The nearest fen, the half to the central treasury, which comes first.
        let expected = (i128::from(amount) * i128::from(central) * 2 + 100) / 200;
        prop_assert_eq!(i128::from(outcome.central.fen()), expected);
    }

    #[test]
    fn a_true_up_settles_the_difference_to_the_fen(
        total in fen(), assessed in 1_i64..1_000_000_000_000, share in 0_i64..=1_000, paid_share in 0_i64..=1_500, place in 0..PLACES.len(),
    ) {
        let used = i64::try_from(i128::from(assessed) * i128::from(share) / 1_000).unwrap();
        let paid = i64::try_from((i128::from(total) * i128::from(paid_share) / 1_000).min(i128::from(MOST_FEN))).unwrap();
        let request = true_up::Request {
            total: yuan(total),
            reserves_assessed: Decimal::new(assessed, 4).into(),
            reserves_used: Decimal::new(used, 4).into(),
            paid: Some(yuan(paid)),
            payments: None,
            paid_on: Some(day("2024-06-01")),
            location: Some(Location::Single(area(place))),
        };
        let outcome = sound(total, |context| true_up(&request, context))?;
        let due = rounded_i128(i128::from(total) * i128::from(used), i128::from(assessed));
        prop_assert_eq!(i128::from(outcome.due.fen()), due);
        prop_assert!(outcome.due.fen() <= total);
        prop_assert_eq!(outcome.difference.fen(), outcome.due.fen() - paid);
        prop_assert_eq!(outcome.direction, match outcome.difference.fen() {
            0 => Direction::None,
            1.. => Direction::Collect,
            _ => Direction::Refund,
        });
        match outcome.split {
            Some(split) => prop_assert_eq!(split.central.fen() + split.local.fen(), outcome.difference.fen().abs()),
            None => prop_assert_eq!(outcome.difference.fen(), 0),
        }
        // One more unit of reserves used is never less income.
        if used < assessed {
            let more = true_up::Request { reserves_used: Decimal::new(used + 1, 4).into(), ..request };
            prop_assert!(sound(total, |context| true_up(&more, context))?.due >= outcome.due);
        }
    }

    #[test]
    fn a_true_up_gives_back_the_latest_payments_first(
        total in fen_up_to(15), share in 0_i64..1_000, payments in prop::collection::vec((1_i64..=600, paid_on_few_days(), 0..PLACES.len()), 1..=4),
    ) {
        let payments: Vec<(i64, NaiveDate, usize)> = payments
            .into_iter()
            .map(|(share, paid_on, place)| ((total / 1_000 * share).max(1), paid_on, place))
            .collect();
        let request = true_up::Request {
            total: yuan(total),
            reserves_assessed: Decimal::from(1_000).into(),
            reserves_used: Decimal::from(share).into(),
            paid: None,
            payments: Some(
                payments
                    .iter()
                    .map(|(amount, paid_on, place)| refund::Payment {
                        paid_on: *paid_on,
                        amount: yuan(*amount),
                        location: Location::Single(area(*place)),
                    })
                    .collect(),
            ),
            paid_on: None,
            location: None,
        };
        let outcome = sound(total, |context| true_up(&request, context))?;
        let paid: i64 = payments.iter().map(|(amount, _, _)| amount).sum();
        prop_assert_eq!(outcome.difference.fen(), outcome.due.fen() - paid);
        if outcome.direction != Direction::Refund {
            return Ok(());
        }
        let split = outcome.split.unwrap();
        let back: i64 = split.parts.iter().map(|part| part.amount.fen()).sum();
        prop_assert_eq!(back, paid - outcome.due.fen());
        prop_assert_eq!(split.central.fen() + split.local.fen(), back);
        // The latest day first; of several payments on one day the one named last is the latest.
        let mut latest = payments;
        latest.reverse();
        latest.sort_by_key(|(_, paid_on, _)| std::cmp::Reverse(*paid_on));
        let mut left = back;
        let mut expected = Vec::new();
        for (amount, paid_on, _) in latest {
            if left > 0 {
                expected.push((paid_on, amount.min(left)));
                left -= amount.min(left);
            }
        }
        let found: Vec<(NaiveDate, i64)> = split.parts.iter().map(|part| (part.paid_on, part.amount.fen())).collect();
        prop_assert_eq!(found, expected);
        for part in &split.parts {
            prop_assert_eq!(part.split.shares.central.fen() + part.split.shares.local.fen(), part.amount.fen());
        }
    }
}

#[test]
fn forty_percent_is_that_of_the_rules() {
    for (amount, central) in [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (100, 40), (101, 40), (102, 41), (99, 40)] {
        assert_eq!(forty(amount), central, "{amount}");
    }
}
