//! Rounding and allocation.

use lode::domain::allocate::{AllocateError, allocate, allocate_equally};
use lode::domain::exact::Exact;
use lode::domain::money::Yuan;
use lode::domain::rounding::{PriceRounding, to_fen, to_published_price};

use super::*;

fn fen_of(parts: &[Yuan]) -> Vec<i64> {
    parts.iter().map(|part| part.fen()).collect()
}

/// Largest remainder the slow way: one fen at a time to the part that is furthest below its share.
fn naive_allocation(total: i64, weights: &[i128]) -> Vec<i64> {
    let sum: i128 = weights.iter().sum();
    let shares: Vec<i128> = weights.iter().map(|weight| i128::from(total) * weight).collect();
    let mut parts: Vec<i128> = shares.iter().map(|share| share / sum).collect();
    let mut left = i128::from(total) - parts.iter().sum::<i128>();
    while left > 0 {
        let gaps: Vec<i128> = shares.iter().zip(&parts).map(|(share, part)| share - part * sum).collect();
        let widest = gaps.iter().max().unwrap();
        let at = gaps.iter().position(|gap| gap == widest).unwrap();
        parts[at] += 1;
        left -= 1;
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap()).collect()
}

fn weights() -> impl Strategy<Value = Vec<(i64, u32)>> {
    // Mantissa and scale; a third of the weights are zero, most of the rest are percentages.
    let weight = prop_oneof![
        1 => Just((0_i64, 0_u32)),
        2 => (1_i64..=100).prop_map(|whole| (whole, 0)),
        1 => (1_i64..=1_000_000_000, 0_u32..=8),
    ];
    prop::collection::vec(weight, 1..=12)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_allocation_adds_up_and_stays_within_a_fen_of_each_share(total in fen(), weights in weights()) {
        let decimals: Vec<Decimal> = weights.iter().map(|(mantissa, scale)| Decimal::new(*mantissa, *scale)).collect();
        let common: Vec<i128> =
            weights.iter().map(|(mantissa, scale)| i128::from(*mantissa) * 10_i128.pow(8 - scale)).collect();
        let sum: i128 = common.iter().sum();
        let parts = allocate(Yuan::from_fen(total).unwrap(), &decimals);
        if sum == 0 {
            prop_assert_eq!(parts, Err(AllocateError::NoWeight));
            return Ok(());
        }
        let parts = fen_of(&parts.unwrap());
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        for (part, weight) in parts.iter().zip(&common) {
            let off = (i128::from(*part) * sum - i128::from(total) * weight).abs();
            prop_assert!(off < sum, "{} is a fen or more from its share", part);
            prop_assert!(*weight != 0 || *part == 0, "a zero weight got {}", part);
        }
        prop_assert_eq!(parts, naive_allocation(total, &common));
    }

    #[test]
    fn equal_parts_differ_by_at_most_a_fen(total in fen(), count in 1_usize..=40) {
        let parts = fen_of(&allocate_equally(Yuan::from_fen(total).unwrap(), count).unwrap());
        prop_assert_eq!(parts.len(), count);
        prop_assert!(equal_parts(total, &parts), "{:?}", parts);
    }

    #[test]
    fn rounding_takes_the_nearest_fen(
        mantissa in -999_999_999_999_999_999_i64..=999_999_999_999_999_999,
        scale in 0_u32..=12,
        divisor in 1_i64..=1_000_000,
    ) {
        let exact = Exact::from(Decimal::new(mantissa, scale)).divided_by(divisor).unwrap();
        // In fen: mantissa × 100 / (10^scale × divisor).
        let expected = rounded_i128(i128::from(mantissa) * 100, 10_i128.pow(scale) * i128::from(divisor));
        match i64::try_from(expected).ok().filter(|fen| fen.abs() <= MOST_FEN) {
            Some(fen) => prop_assert_eq!(to_fen(&exact).map(Yuan::fen), Ok(fen)),
            None => prop_assert!(to_fen(&exact).is_err()),
        }
    }

    #[test]
    fn the_half_fen_goes_away_from_zero_and_its_neighbours_do_not(fen in -MOST_FEN + 1..MOST_FEN, tail in 0_u32..=12) {
        // x.xx5 and the next decimals on both sides of it, the sign kept.
        let unit = i128::from(10_i64.pow(tail));
        let sign = if fen < 0 { -1 } else { 1 };
        let half = i128::from(fen) * 10 * unit + sign * 5 * unit;
        for (mantissa, expected) in [(half, fen + i64::try_from(sign).unwrap()), (half - sign, fen)] {
            // With no further digit the neighbour below the half is x.xx4.
            let value = Decimal::try_from_i128_with_scale(mantissa, 3 + tail);
            if let Ok(value) = value {
                prop_assert_eq!(to_fen(&Exact::from(value)).map(Yuan::fen), Ok(expected), "{}", value);
            }
        }
    }

    #[test]
    fn a_published_price_is_a_multiple_of_its_unit(price in decimal(17, 8)) {
        let exact = Exact::from(price);
        let (numerator, denominator) = (price.mantissa() * 100, 10_i128.pow(price.scale()));
        for (rounding, unit, up) in [
            (PriceRounding::Fen, 1, false),
            (PriceRounding::Yuan, 100, false),
            (PriceRounding::WanUp, 1_000_000, true),
            (PriceRounding::WanHalfUp, 1_000_000, false),
            (PriceRounding::HundredYuanHalfUp, 10_000, false),
        ] {
            let unit_size = denominator * unit;
            let multiples =
                if up { (numerator + unit_size - 1) / unit_size } else { rounded_i128(numerator, unit_size) };
            let expected = multiples * unit;
            match i64::try_from(expected).ok().filter(|fen| *fen <= MOST_FEN) {
                Some(fen) => prop_assert_eq!(to_published_price(&exact, rounding).map(Yuan::fen), Ok(fen)),
                None => prop_assert!(to_published_price(&exact, rounding).is_err()),
            }
        }
    }

    #[test]
    fn exact_arithmetic_is_that_of_fractions(
        a in decimal(18, 8), b in decimal(18, 8), c in decimal(9, 6), negative in any::<bool>(),
    ) {
        let b = if negative { -b } else { b };
        let (x, y, z) = (whole(a, 8), whole(b, 8), whole(c, 8));
        let same = |exact: &Exact, numerator: BigInt, denominator: BigInt| {
            // Through the rounding: both sides in fen.
            let fen = i64::try_from(rounded(&(numerator * 100), &denominator)).ok().filter(|fen| fen.abs() <= MOST_FEN);
            to_fen(exact).ok().map(Yuan::fen) == fen
        };
        let one = BigInt::from(10).pow(8);
        prop_assert!(same(&Exact::from(a).plus(b), &x + &y, one.clone()));
        prop_assert!(same(&Exact::from(a).minus(b), &x - &y, one.clone()));
        prop_assert!(same(&Exact::from(a).times(b), &x * &y, &one * &one));
        prop_assert!(same(&Exact::from(b).divided_by(c).unwrap(), y.clone(), z.clone()));
        let sign = y.signum();
        let quotient_and_more = Exact::from(a).divided_by(b).unwrap().plus(c);
        prop_assert!(same(&quotient_and_more, (&x * &one + &z * &y) * sign, y.abs() * &one));
        let product_of_quotients = Exact::from(b).divided_by(c).unwrap().times(Exact::from(a).divided_by(c).unwrap());
        prop_assert!(same(&product_of_quotients, &x * &y, &z * &z));
        prop_assert_eq!(Exact::from(a).cmp(&Exact::from(b)), x.cmp(&y));
        prop_assert_eq!(parse_value(&Exact::from(a).times(b).to_string()), parse_value(&format!("{}/{}", &x * &y, &one * &one)));
        prop_assert_eq!(parse_value(&Exact::from(a).divided_by(c).unwrap().to_string()), parse_value(&format!("{x}/{z}")));
    }
}
