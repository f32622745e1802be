//! 人民币大写: amounts in the numerals that cannot be altered, by 正确填写票据和结算凭证的基本规定 (银发〔1997〕393号, annex 1).
//!
//! Where that rule leaves a choice, this is the one taken; the other forms are right too:
//! 整 stands after 元, not after 角 (`1409.50` 壹仟肆佰零玖元伍角); when the last digit before 元 is 0 and 角 is not, 零 stands
//! after 元 (`1680.32` 壹仟陆佰捌拾元零叁角贰分); when only the last digit of a group of four is 0 and the next group begins
//! with thousands, no 零 stands between them (`107000.53` 壹拾万柒仟元零伍角叁分), but one stands for a group that is empty
//! (`100001000` 壹亿零壹仟元整).

use super::money::Yuan;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// The digit that an amount ends in.
fn digit(value: u64) -> char {
    DIGITS.get((value % 10) as usize).copied().unwrap_or('零')
}

/// An amount in capitals, without 人民币 before it; the rule wants both on paper, with nothing between them.
///
/// A negative amount, as a refund has it, begins with 负. Every [`Yuan`] has its text, and two amounts never share one.
pub fn in_capitals(amount: Yuan) -> String {
    let fen = amount.fen().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::from(if amount < Yuan::ZERO { "负" } else { "" });
    if yuan > 0 || (jiao, fen) == (0, 0) {
        push_whole(&mut text, yuan);
        text.push('元');
        match (jiao, fen) {
            (0, 0) => text.push('整'),
            _ if yuan % 10 == 0 || jiao == 0 => text.push('零'),
            _ => {}
        }
    }
    for (value, unit) in [(jiao, '角'), (fen, '分')] {
        if value > 0 {
            text.extend([digit(value), unit]);
        }
    }
    text
}

/// A whole number: zero is 零.
fn push_whole(text: &mut String, value: u64) {
    if value == 0 {
        text.push('零');
    }
    push_parts(text, value, &[(100_000_000, '亿'), (10_000, '万'), (1_000, '仟'), (100, '佰'), (10, '拾')]);
}

/// What is left of a number, largest unit first: 亿 and 万 count numbers of their own, the others single digits. From
/// 10^16 on, which only sums reach, 亿 counts 亿 (`10000000000000000` 壹亿亿).
fn push_parts(text: &mut String, value: u64, units: &[(u64, char)]) {
    let Some(((unit, name), smaller)) = units.split_first() else {
        if value > 0 {
            text.push(digit(value));
        }
        return;
    };
    let (count, rest) = (value / unit, value % unit);
    if count > 0 {
        push_parts(text, count, if count < *unit { smaller } else { units });
        text.push(*name);
        // 零 for what is passed over: the next digit, or the group that ends in 亿.
        if rest > 0 && (rest < unit / 10 || count % 10_000 == 0) {
            text.push('零');
        }
    }
    push_parts(text, rest, smaller);
}
