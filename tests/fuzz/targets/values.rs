//! Money, numbers and days as people write them: what is read says the same when it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode::api::shape;
use lode::domain::capitals;
use lode::domain::dates;
use lode::domain::money::Yuan;
use lode::domain::quantity::Number;

fuzz_target!(|text: &str| {
    if let Some(Number::Exactly(number)) = shape::decimal(text) {
        assert_eq!(number, text.parse().expect("a decimal"), "{text}");
        if let Ok(amount) = Yuan::from_decimal(number) {
            assert_eq!(amount.to_decimal(), number, "{text}");
            assert_eq!(Yuan::from_fen(amount.fen()), Ok(amount), "{text}");
            let written = amount.to_string();
            assert_eq!(shape::decimal(&written), Some(Number::Exactly(number)), "{text}: {written}");
            assert!(capitals::in_capitals(amount).contains(char::is_alphabetic), "{text}");
        }
    }
    if let Some(day) = shape::date(text) {
        assert_eq!(day.to_string(), text);
        for years in [1, 2, 5, 30, 7_000] {
            if let Some(later) = dates::add_years(day, years) {
                assert!(later > day, "{text}");
            }
        }
        assert_eq!(dates::days(day, day), 0);
    }
});
