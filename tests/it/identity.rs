//! The numbers of parties, licences, contracts and notices.

use lode::domain::identity::{ContractNumber, CreditCode, IdentityError, LicenceNumber, NoticeNumber};

/// The example of GB 32100-2015, and codes that companies publish.
const CREDIT_CODES: [&str; 4] =
    ["91350100M000100Y43", "914403001922038216", "91330100799655058B", "9144030071526726XG"];

#[test]
fn published_credit_codes_are_right() {
    for code in CREDIT_CODES {
        assert_eq!(CreditCode::new(code).map(|code| code.to_string()), Ok(code.to_owned()));
    }
}

#[test]
fn every_single_misread_character_of_a_credit_code_is_found() {
    for code in CREDIT_CODES {
        for at in 0..18 {
            for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars() {
                let mut wrong: Vec<char> = code.chars().collect();
                if wrong[at] != other {
                    wrong[at] = other;
                    let wrong: String = wrong.into_iter().collect();
                    assert!(CreditCode::new(&wrong).is_err(), "{wrong} for {code}");
                }
            }
        }
    }
}

/// The weights 3^i mod 31 differ by their place, so that two neighbours cannot change places unseen.
#[test]
fn neighbours_of_a_credit_code_do_not_swap_unseen() {
    for code in CREDIT_CODES {
        for at in 0..17 {
            let mut wrong: Vec<char> = code.chars().collect();
            wrong.swap(at, at + 1);
            let wrong: String = wrong.into_iter().collect();
            assert!(wrong == code || CreditCode::new(&wrong).is_err(), "{wrong} for {code}");
        }
    }
}

#[test]
fn a_wrong_credit_code_says_what_is_wrong() {
    let check = |text: &str| CreditCode::new(text).unwrap_err();
    assert_eq!(check("91350100M000100Y4Z"), IdentityError::Character(17));
    assert_eq!(check("91350100M000100Y44"), IdentityError::CheckDigit { expected: '3' });
    assert_eq!(check("9135O100M000100Y43"), IdentityError::Character(4));
    assert_eq!(check("9135A100M000100Y43"), IdentityError::Character(4));
    assert_eq!(check("91350100m000100Y43"), IdentityError::Character(8));
    assert_eq!(check("91350100M000100Y4"), IdentityError::Length);
    assert_eq!(check(" 91350100M000100Y43"), IdentityError::Length);
    assert_eq!(check("９1350100M000100Y43"), IdentityError::Character(0));
    assert_eq!(check(""), IdentityError::Length);
}

#[test]
fn licences_have_23_characters_and_old_exploration_licences_18() {
    assert!(!LicenceNumber::new("C3706002023067110155432").unwrap().is_exploration());
    assert!(LicenceNumber::new("T3706002023063040057654").unwrap().is_exploration());
    assert!(LicenceNumber::new("T37120080502007654").is_ok());
    for (text, error) in [
        ("", IdentityError::Length),
        ("C37120080502007654", IdentityError::Length),
        ("C370600202306711015543", IdentityError::Length),
        ("D3706002023067110155432", IdentityError::Character(0)),
        ("C37060020230671101554A2", IdentityError::Character(21)),
        ("C370600202306711015543２", IdentityError::Character(22)),
    ] {
        assert_eq!(LicenceNumber::new(text), Err(error), "{text}");
    }
}

#[test]
fn contracts_have_any_number_and_the_model_is_known() {
    assert!(ContractNumber::new("T3706002024001").unwrap().follows_the_exploration_model());
    for other in ["T370600202400", "T37060020240011", "鲁采让〔2024〕3号", "C3706002024001"] {
        assert!(!ContractNumber::new(other).unwrap().follows_the_exploration_model(), "{other}");
    }
    assert_eq!(ContractNumber::new(""), Err(IdentityError::Length));
    assert_eq!(ContractNumber::new(&"一".repeat(61)), Err(IdentityError::Length));
    assert_eq!(ContractNumber::new("a b "), Err(IdentityError::Character(3)));
    assert_eq!(ContractNumber::new("a\nb"), Err(IdentityError::Character(1)));
}

#[test]
fn notices_are_numbered_in_one_form() {
    let number = NoticeNumber::new("370600", 2024, 7).unwrap();
    assert_eq!(number.to_string(), "3706002024000007");
    assert_eq!(NoticeNumber::parse("3706002024000007"), Ok(number.clone()));
    assert_eq!(number.next().map(|next| next.to_string()).as_deref(), Some("3706002024000008"));
    assert_eq!((number.division(), number.year(), number.sequence()), ("370600", 2024, 7));
    // A sequence may outgrow its zeros, and still has one form.
    let large = NoticeNumber::new("370600", 2024, 1_234_567).unwrap();
    assert_eq!(NoticeNumber::parse(&large.to_string()), Ok(large));
    for wrong in ["37060020240000007", "370600202407", "3706002024000000", "3706000024000007", "37060020240000a7", ""] {
        assert!(NoticeNumber::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(NoticeNumber::new("370600", 2024, 0), Err(IdentityError::Range));
    assert_eq!(NoticeNumber::new("3706", 2024, 1), Err(IdentityError::Length));
    assert_eq!(NoticeNumber::new("370600", 2024, u32::MAX).unwrap().next(), None);
}
