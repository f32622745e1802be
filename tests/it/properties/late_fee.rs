//! The late fee against a loop over single days.

use lode::domain::late_fee::{Deferral, Outcome, Payment, Request, late_fee};

use super::*;

/// A case in days from the due date and in fen.
#[derive(Clone, Debug)]
struct Case {
    principal: i64,
    due: NaiveDate,
    /// From the due date to `as_of`.
    length: u64,
    /// Day and amount.
    payments: Vec<(i64, i64)>,
    /// First and last day.
    deferrals: Vec<(i64, i64)>,
}

fn case() -> impl Strategy<Value = Case> {
    let payment = (-40_i64..900, 1_i64..=1_200);
    let deferral = (-40_i64..700, 0_i64..200);
    let payments = prop_oneof![2 => Just(Vec::new()), 3 => prop::collection::vec(payment, 1..=4)];
    let deferrals = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(deferral, 1..=3)];
    // From the first day of the 2017 rule on.
    (fen(), 0_u64..3_600, 0_u64..800, payments, deferrals).prop_map(|(principal, due, length, payments, deferrals)| {
        Case {
            principal,
            due: days_after(day("2017-07-01"), due),
            length,
            // In thousandths of the principal, so that a few payments often pay it whole and more.
            payments: payments
                .into_iter()
                .map(|(day, share)| (day, i64::try_from(i128::from(principal) * i128::from(share) / 1_000).unwrap()))
                .map(|(day, amount)| (day, amount.clamp(1, MOST_FEN / 5)))
                .collect(),
            deferrals: deferrals.into_iter().map(|(from, length)| (from, from + length)).collect(),
        }
    })
}

impl Case {
    fn date(&self, offset: i64) -> NaiveDate {
        self.due + chrono::TimeDelta::days(offset)
    }

    fn request(&self) -> Request<'static> {
        Request {
            principal: yuan(self.principal),
            due_date: self.due,
            as_of: days_after(self.due, self.length),
            payments: self
                .payments
                .iter()
                .map(|(day, amount)| Payment { date: self.date(*day), amount: yuan(*amount) })
                .collect(),
            deferrals: self
                .deferrals
                .iter()
                .map(|(from, to)| Deferral { from: self.date(*from), to: self.date(*to), approval: "x" })
                .collect(),
            location: None,
        }
    }

    fn outcome(&self) -> Result<Outcome, TestCaseError> {
        let request = self.request();
        sound(self.principal, |context| late_fee(&request, context))
    }

    /// The case with a principal to which a fee of the same size can be added.
    fn halved(self) -> Case {
        Case { principal: self.principal.min(MOST_FEN / 2), ..self }
    }
}

/// Fee, cap and days, one day after the other.
fn naive(case: &Case) -> (i128, i128, i64) {
    let as_of = i64::try_from(case.length).unwrap();
    let deferred = |day: i64| case.deferrals.iter().any(|(from, to)| *from <= day && day <= *to);
    let unpaid_after = |day: i64| {
        let paid: i128 = case
            .payments
            .iter()
            .filter(|(on, _)| *on <= day && *on <= as_of)
            .map(|(_, amount)| i128::from(*amount))
            .sum();
        (i128::from(case.principal) - paid).max(0)
    };
    let mut base_day = 0;
    while deferred(base_day + 1) {
        base_day += 1;
    }
    let base = unpaid_after(base_day);
    let (mut sum, mut days) = (0_i128, 0_i64);
    for day in base_day + 1..=as_of {
        // The day of payment still counts with what was unpaid when it began.
        let outstanding = unpaid_after(day - 1);
        if outstanding == 0 {
            break;
        }
        if !deferred(day) {
            sum += outstanding;
            days += 1;
        }
    }
    // Two per mille a day.
    (rounded_i128(sum * 2, 1_000).min(base), base, days)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_late_fee_is_that_of_a_loop_over_days(case in case()) {
        let (fee, cap, days) = naive(&case);
        let as_of = i64::try_from(case.length).unwrap();
        let paid: i64 = case.payments.iter().filter(|(day, _)| *day <= as_of).map(|(_, amount)| amount).sum();
        let request = case.request();
        let outcome = match answer(case.principal, |context| late_fee(&request, context))? {
            Ok(outcome) => outcome,
            Err(faults) => {
                // The one thing that can be wrong: principal and fee together are no money any more.
                let total_due = (i128::from(case.principal) + fee - i128::from(paid)).max(0);
                prop_assert!(total_due > i128::from(MOST_FEN), "{:?}", faults);
                return Ok(());
            }
        };
        prop_assert_eq!(i128::from(outcome.late_fee.fen()), fee);
        prop_assert_eq!(i128::from(outcome.cap.fen()), cap);
        prop_assert_eq!(outcome.days, days);
        prop_assert!(outcome.late_fee <= outcome.cap);
        prop_assert_eq!(outcome.capped, fee == cap);
        // What was paid is all accounted for.
        let to_principal = case.principal - outcome.outstanding_principal.fen();
        prop_assert_eq!(to_principal + outcome.paid_to_late_fee.fen() + outcome.overpaid.fen(), paid);
        prop_assert_eq!(outcome.paid_to_late_fee.fen() + outcome.outstanding_late_fee.fen(), outcome.late_fee.fen());
        prop_assert_eq!(
            outcome.total_due.fen(),
            outcome.outstanding_principal.fen() + outcome.outstanding_late_fee.fen()
        );
        prop_assert!(outcome.outstanding_principal.is_zero() || outcome.paid_to_late_fee.is_zero());
        prop_assert!(outcome.outstanding_late_fee.is_zero() || outcome.overpaid.is_zero());
    }

    #[test]
    fn more_days_are_never_less_late_fee(case in case(), more in 1_u64..400) {
        // Payments after the earlier day would change the fee on their own, so they are ignored in both.
        let earlier = Case { payments: case.payments.iter().copied().filter(|(day, _)| *day <= i64::try_from(case.length).unwrap()).collect(), ..case };
        let later = Case { length: earlier.length + more, ..earlier.clone() };
        let (earlier, later) = (earlier.halved().outcome()?, later.halved().outcome()?);
        prop_assert!(earlier.late_fee <= later.late_fee);
        prop_assert!(earlier.days <= later.days);
        prop_assert!(earlier.capped <= later.capped);
    }

    #[test]
    fn more_principal_is_never_less_late_fee(case in case(), more in fen()) {
        let larger = Case { principal: case.principal.saturating_add(more), ..case.clone() };
        let (smaller, larger) = (case.halved().outcome()?, larger.halved().outcome()?);
        prop_assert!(smaller.late_fee <= larger.late_fee);
        prop_assert!(smaller.cap <= larger.cap);
    }

    #[test]
    fn a_payment_or_a_deferral_never_makes_the_fee_larger(case in case()) {
        let case = case.halved();
        let without_payments = Case { payments: Vec::new(), ..case.clone() };
        let without_deferrals = Case { deferrals: Vec::new(), ..case.clone() };
        let fee = case.outcome()?.late_fee;
        prop_assert!(fee <= without_payments.outcome()?.late_fee);
        // A deferral that moves the base past a payment makes the cap smaller, and the days fewer: never the fee larger.
        prop_assert!(fee <= without_deferrals.outcome()?.late_fee);
    }

    #[test]
    fn without_payments_the_cap_is_reached_on_day_five_hundred(principal in fen(), due in 0_u64..3_000) {
        let at = |length| Case {
            principal: principal.min(MOST_FEN / 2),
            due: days_after(day("2017-07-01"), due),
            length,
            payments: Vec::new(),
            deferrals: Vec::new(),
        };
        let principal = at(0).principal;
        let (before, on, after) = (at(499).outcome()?, at(500).outcome()?, at(501).outcome()?);
        // 998 per mille of a small principal round up to all of it.
        prop_assert_eq!(before.capped, rounded_i128(i128::from(principal) * 998, 1_000) == i128::from(principal));
        for outcome in [on, after] {
            prop_assert!(outcome.capped);
            prop_assert_eq!(outcome.late_fee.fen(), principal);
        }
    }
}
