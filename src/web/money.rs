//! Numbers as pages write them: thousands apart, amounts in the unit that was chosen. Only text is moved about; nothing is
//! computed here, so nothing can be rounded.

use super::visit::MoneyUnit;

/// A decimal with its thousands apart: `1,234,567.89`. What is no decimal stays as it is.
pub(crate) fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || fraction.is_some_and(|fraction| !is_number(fraction)) {
        return text.to_owned();
    }
    let mut grouped = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// An amount in yuan as it is shown in a unit, thousands apart.
pub(crate) fn shown(yuan: &str, unit: MoneyUnit) -> String {
    grouped(&typed(yuan, unit))
}

/// An amount in yuan as it is typed in a unit.
pub(crate) fn typed(yuan: &str, unit: MoneyUnit) -> String {
    match unit {
        MoneyUnit::Yuan => yuan.to_owned(),
        MoneyUnit::Wan => in_wan(yuan),
    }
}

/// What was typed in 万元, in yuan: the point four places to the right, exactly. What is no decimal stays as it is, for
/// the rules to refuse.
pub(crate) fn in_yuan(wan: &str) -> String {
    const PLACES: usize = 4;
    let plain = wan.replace([',', '，'], "");
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return wan.to_owned();
    }
    let padded = format!("{fraction:0<PLACES$}");
    let (moved, rest) = padded.split_at(PLACES);
    let joined = format!("{whole}{moved}");
    let yuan = joined.trim_start_matches('0');
    let yuan = if yuan.is_empty() { "0" } else { yuan };
    if rest.is_empty() { format!("{sign}{yuan}") } else { format!("{sign}{yuan}.{rest}") }
}

/// The point of a decimal four places to the left, exactly; zeros at the end beyond the fen are left out.
fn in_wan(yuan: &str) -> String {
    const PLACES: usize = 4;
    let (sign, digits) = yuan.strip_prefix('-').map_or(("", yuan), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return yuan.to_owned();
    }
    let padded = format!("{whole:0>width$}", width = PLACES + 1);
    let (wan, rest) = padded.split_at(padded.len() - PLACES);
    let fraction = format!("{rest}{fraction}");
    let fraction = fraction.trim_end_matches('0');
    let wan = wan.trim_start_matches('0');
    let wan = if wan.is_empty() { "0" } else { wan };
    if fraction.is_empty() { format!("{sign}{wan}") } else { format!("{sign}{wan}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (plain, written) in
            [("0", "0"), ("123", "123"), ("1234.5", "1,234.5"), ("-1234567.89", "-1,234,567.89"), ("abc", "abc")]
        {
            assert_eq!(grouped(plain), written);
        }
    }

    #[test]
    fn wan_are_exact() {
        for (yuan, wan) in [
            ("100000.00", "10"),
            ("12345678.90", "1234.56789"),
            ("0.01", "0.000001"),
            ("-50.5", "-0.00505"),
            ("10000", "1"),
            ("0.00", "0"),
            ("abc", "abc"),
            ("", ""),
        ] {
            assert_eq!(typed(yuan, MoneyUnit::Wan), wan, "{yuan}");
        }
        for (wan, yuan) in [
            ("10", "100000"),
            ("1,234.56789", "12345678.9"),
            ("0.000001", "0.01"),
            ("-0.00505", "-50.5"),
            ("0", "0"),
            ("1.2.3", "1.2.3"),
            ("x", "x"),
            ("", ""),
        ] {
            assert_eq!(in_yuan(wan), yuan, "{wan}");
        }
    }
}
