//! 人民币大写: the examples of the rule, and a reader that shares nothing with the writer.

use lode::domain::capitals::in_capitals;
use lode::domain::money::Yuan;
use proptest::test_runner::{Config, TestRunner};

use super::*;

/// The amount in fen that a text stands for: digits, then their units, 万 and 亿 for all that came before them.
fn read(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('负').map_or((1, text), |rest| (-1, rest));
    // Each of these is closed by the next larger unit: thousands and less, ten thousands, hundred millions; then fen.
    let (mut digit, mut group, mut wan, mut yi, mut fen) = (0_i64, 0_i64, 0_i64, 0_i64, 0_i64);
    for sign in text.chars() {
        match sign {
            '零' => digit = 0,
            '拾' => group += std::mem::take(&mut digit) * 10,
            '佰' => group += std::mem::take(&mut digit) * 100,
            '仟' => group += std::mem::take(&mut digit) * 1_000,
            '万' => wan = (group + std::mem::take(&mut digit)) * 10_000,
            '亿' => yi = (wan + group + std::mem::take(&mut digit)) * 100_000_000,
            '元' => fen += (yi + wan + group + std::mem::take(&mut digit)) * 100,
            '角' => fen += std::mem::take(&mut digit) * 10,
            '分' => fen += std::mem::take(&mut digit),
            '整' => {}
            numeral => {
                digit = i64::try_from("壹贰叁肆伍陆柒捌玖".chars().position(|known| known == numeral)?).ok()? + 1
            }
        }
        match sign {
            '万' => group = 0,
            '亿' => (group, wan) = (0, 0),
            _ => {}
        }
    }
    (digit == 0).then_some(sign * fen)
}

fn written(fen: i64) -> String {
    in_capitals(Yuan::from_fen(fen).unwrap())
}

/// 银发〔1997〕393号 annex 1, four; of two forms that it allows, the one that LIBRARIES of this house pins.
#[test]
fn the_examples_of_the_rule_are_written_as_it_says() {
    for (fen, text) in [
        (140_950, "壹仟肆佰零玖元伍角"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "壹拾万柒仟元零伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
    ] {
        assert_eq!(written(fen), text);
    }
}

#[test]
fn zeros_small_large_and_negative_amounts() {
    for (fen, text) in [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角"),
        (11, "壹角壹分"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (1_005, "壹拾元零伍分"),
        (10_000_010, "壹拾万元零壹角"),
        (10_000_000_000, "壹亿元整"),
        (10_000_100_000, "壹亿零壹仟元整"),
        (100_001_000_000, "壹拾亿零壹万元整"),
        (203_000_000_000, "贰拾亿叁仟万元整"),
        (10_005_000_500, "壹亿零伍万零伍元整"),
        (100_003_000_000_000, "壹万亿零叁仟万元整"),
        (10_000_000_000_000_000, "壹佰万亿元整"),
        (MOST_FEN, "玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        (-150_000, "负壹仟伍佰元整"),
        (-1, "负壹分"),
    ] {
        assert_eq!(written(fen), text);
        assert_eq!(read(text), Some(fen), "{text}");
    }
}

/// Sums reach beyond 10^15 yuan, up to what 64 bits hold.
#[test]
fn the_largest_sums_have_their_text_too() {
    let ten_to_the_14 = Yuan::from_fen(10_000_000_000_000_000).unwrap();
    let hundredfold = Yuan::sum([ten_to_the_14; 100]).unwrap();
    assert_eq!(in_capitals(hundredfold), "壹亿亿元整");
    let rest = Yuan::sum([ten_to_the_14; 822]).unwrap();
    // 922 × 10^14 yuan: 9 2200 0000 亿.
    assert_eq!(in_capitals(hundredfold.plus(rest).unwrap()), "玖亿贰仟贰佰万亿元整");
}

#[test]
fn a_million_amounts_read_back_to_themselves() {
    // Amounts with many zeros are the ones that are written wrong: each digit is 0 in half of the cases.
    let digits = prop::collection::vec(prop_oneof![Just(0_i64), 0_i64..=9], 1..=17);
    let amounts = (digits, any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 1_000_000, ..config() });
    let checked = runner.run(&amounts, |(digits, negative)| {
        let size = digits.into_iter().fold(0, |sum, digit| sum * 10 + digit);
        let fen = if negative { -size } else { size };
        let text = written(fen);
        prop_assert_eq!(read(&text), Some(fen), "{}", text);
        prop_assert!(!text.contains("零零") && !text.contains("零万") && !text.contains("零亿"), "{}", text);
        Ok(())
    });
    checked.unwrap();
}
