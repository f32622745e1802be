//! The one allocation: treasuries, instalments, sea areas and refunds are divided by nothing else.

use dashu_int::UBig;
use dashu_int::ops::DivRem;
use rust_decimal::Decimal;

use super::exact::power_of_ten;
use super::money::Yuan;

/// Why an amount cannot be divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllocateError {
    /// The total is below zero.
    #[error("the total is negative")]
    NegativeTotal,
    /// A weight is below zero.
    #[error("a weight is negative")]
    NegativeWeight,
    /// No weight is above zero.
    #[error("the weights add up to nothing")]
    NoWeight,
}

/// Divides `total` in proportion to `weights` so that the parts always add up to it.
///
/// Largest remainder in fen: every part is first rounded down, then the fen left over go one by one to the largest
/// remainders, ties to the earlier weight. A weight of zero gets nothing. `RULES` 0.2.
///
/// `allocate(0.01, [40, 30, 30])` is `[0.01, 0.00, 0.00]`.
pub fn allocate(total: Yuan, weights: &[Decimal]) -> Result<Vec<Yuan>, AllocateError> {
    if total < Yuan::ZERO {
        return Err(AllocateError::NegativeTotal);
    }
    if weights.iter().any(|weight| weight.is_sign_negative() && !weight.is_zero()) {
        return Err(AllocateError::NegativeWeight);
    }
    let scale = weights.iter().map(Decimal::scale).max().unwrap_or(0);
    let whole_weights: Vec<UBig> = weights
        .iter()
        .map(|weight| UBig::from(weight.mantissa().unsigned_abs()) * power_of_ten(scale - weight.scale()))
        .collect();
    let sum = whole_weights.iter().fold(UBig::ZERO, |sum, weight| sum + weight);
    if sum == UBig::ZERO {
        return Err(AllocateError::NoWeight);
    }
    let fen = UBig::from(total.fen().unsigned_abs());
    let mut parts: Vec<i64> = Vec::with_capacity(weights.len());
    let mut remainders: Vec<(usize, UBig)> = Vec::with_capacity(weights.len());
    for (index, weight) in whole_weights.iter().enumerate() {
        let (share, remainder) = (&fen * weight).div_rem(&sum);
        // A share is never above the total, which is an i64.
        parts.push(i64::try_from(share).unwrap_or(i64::MAX));
        remainders.push((index, remainder));
    }
    let left_over = total.fen() - parts.iter().sum::<i64>();
    // Stable: equal remainders stay in the order of the weights.
    remainders.sort_by(|a, b| b.1.cmp(&a.1));
    for (index, _) in remainders.into_iter().take(usize::try_from(left_over).unwrap_or(0)) {
        if let Some(part) = parts.get_mut(index) {
            *part += 1;
        }
    }
    // Each part is between zero and the total, so it is an amount.
    Ok(parts.into_iter().map(Yuan::part_of_fen).collect())
}

/// Divides `total` into `count` equal parts that differ by at most one fen, the larger ones first.
pub fn allocate_equally(total: Yuan, count: usize) -> Result<Vec<Yuan>, AllocateError> {
    allocate(total, &vec![Decimal::ONE; count])
}
