//! Parties: the unified social credit code (统一社会信用代码, GB 32100—2015) with its check digit (art. 24: who declares and pays).

/// Digits and letters of the code without I, O, S, V and Z, each with its position as its value.
const SIGNS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A code with a right check digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditCode(String);

impl CreditCode {
    /// The code out of eighteen signs; `None` for another length, another sign or a wrong check digit.
    ///
    /// The check digit makes the sum of value × 3^(position − 1) over the first seventeen, and itself, a multiple of 31.
    pub fn new(text: &str) -> Option<CreditCode> {
        let values: Vec<usize> =
            text.bytes().map(|sign| SIGNS.iter().position(|known| *known == sign)).collect::<Option<_>>()?;
        let (check, first) = values.split_last()?;
        if first.len() != 17 {
            return None;
        }
        let (sum, _) = first.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
        ((31 - sum % 31) % 31 == *check).then(|| CreditCode(text.to_owned()))
    }

    /// The eighteen signs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        // Codes printed by their holders: 阿里巴巴（中国）, 中国石油天然气股份, 华为技术.
        for good in ["91350100M000100Y43", "91110000710925462X", "914403001922038216"] {
            assert!(CreditCode::new(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "91330100799655058",
            "91330100799655058A",
            "91330100799655O58B",
            "9133010079965505８B",
            "91330100799655058b",
        ] {
            assert!(CreditCode::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn any_one_sign_changed_is_noticed() {
        let good = "914403001922038216";
        for place in 0..good.len() {
            for sign in SIGNS {
                let mut changed = good.as_bytes().to_vec();
                if changed.get(place) != Some(sign) {
                    changed.splice(place..=place, [*sign]);
                    assert!(String::from_utf8(changed).is_ok_and(|text| CreditCode::new(&text).is_none()));
                }
            }
        }
    }
}
