//! Due dates (财综〔2023〕10号 art. 24): thirty days after the payment notice was received; the end of February for the
//! annual part of the year before.

use chrono::{Datelike, NaiveDate, Weekday};

use super::context::Context;
use super::dates::{add_days, month_end};
use super::error::{At, Text};
use super::explain::{Step, WarningCode};
use super::law::measures;
use super::rate_book::HolidayYear;
use crate::inputs;

/// Whether a due date on a day off moves to the next working day. Off unless the request asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HolidayShift {
    /// The date stays.
    #[default]
    Off,
    /// The date moves.
    On,
}

/// How many calendar days after its receipt a payment notice of a day asks for the money.
pub fn notice_days(at: At<'_>, day: NaiveDate, context: &mut Context<'_>) -> Option<u32> {
    let subject = Text::fixed("缴款期限规定", "the rule on due dates");
    let dated = context.in_force(at, &context.book().due_date, day, subject)?;
    Some(*context.rests_on(&dated.value.notice_days))
}

/// The last day for a sum named by a payment notice: the day of receipt does not count.
pub fn after_notice<'b>(
    at: At<'_>,
    received_on: NaiveDate,
    shift: HolidayShift,
    context: &mut Context<'b>,
) -> Option<NaiveDate> {
    let book = context.book();
    let subject = Text::fixed("缴款期限规定", "the rule on due dates");
    let dated = context.in_force(at, &book.due_date, received_on, subject)?;
    let days = *context.rests_on(&dated.value.notice_days);
    let due = within_calendar(at, add_days(received_on, days), context)?;
    context.step(|| Step {
        rule: "due-date.notice",
        law: dated.value.notice_days.law(),
        formula: "add_days(received_on, notice_days)".into(),
        inputs: inputs!["received_on" => received_on, "notice_days" => days],
        result: due.into(),
        rounding: None,
        version: Some(&dated.version),
    });
    shifted(due, shift, context)
}

/// The last day for declaring and paying the annual part of a year.
pub fn of_annual_declaration<'b>(
    at: At<'_>,
    year: i32,
    shift: HolidayShift,
    context: &mut Context<'b>,
) -> Option<NaiveDate> {
    let book = context.book();
    let last_day = within_calendar(at, month_end(year, 12), context)?;
    let subject = Text::fixed("缴款期限规定", "the rule on due dates");
    let dated = context.in_force(at, &book.due_date, last_day, subject)?;
    let month = *context.rests_on(&dated.value.annual_month);
    let due = within_calendar(at, month_end(year + 1, month), context)?;
    context.step(|| Step {
        rule: "due-date.annual",
        law: dated.value.annual_month.law(),
        formula: "month_end(year + 1, annual_month)".into(),
        inputs: inputs!["year" => i64::from(year), "annual_month" => month],
        result: due.into(),
        rounding: None,
        version: Some(&dated.version),
    });
    shifted(due, shift, context)
}

/// A date that a rule computed; beyond the calendar it is a fault at `at`.
pub fn within_calendar(at: At<'_>, date: Option<NaiveDate>, context: &mut Context<'_>) -> Option<NaiveDate> {
    let date = date.filter(|date| (1..=9999).contains(&date.year()));
    if date.is_none() {
        context.invalid(at, Text::fixed("日期超出 9999 年", "the date runs past the year 9999"), None);
    }
    date
}

/// The date itself, or the next working day when the request asks for it and the date is a day off.
///
/// A year without holiday data is `rate_not_in_force`: what is a day off is set anew each year.
pub fn shifted(due: NaiveDate, shift: HolidayShift, context: &mut Context<'_>) -> Option<NaiveDate> {
    if shift == HolidayShift::Off {
        return Some(due);
    }
    let book = context.book();
    let mut day = due;
    let version = loop {
        let subject = Text::fixed("节假日安排", "the calendar of holidays");
        let dated = context.in_force(At::ROOT.field("holiday_shift"), &book.holidays, day, subject)?;
        context.rests_on_version(&dated.version);
        if !is_day_off(day, &dated.value) {
            break &dated.version;
        }
        day = add_days(day, 1)?;
    };
    if day != due {
        context.warn(
            WarningCode::Reading,
            Text::fixed(
                "缴款期限最后一日为法定休息日的，顺延至下一个工作日",
                "a due date on a statutory day off moves to the next working day",
            ),
            Some(measures("24")),
        );
        context.step(|| Step {
            rule: "due-date.holiday-shift",
            law: measures("24"),
            formula: "next_working_day".into(),
            inputs: inputs!["next_working_day" => day],
            result: day.into(),
            rounding: None,
            version: Some(version),
        });
    }
    Some(day)
}

fn is_day_off(day: NaiveDate, year: &HolidayYear) -> bool {
    match day.weekday() {
        Weekday::Sat | Weekday::Sun => !year.working_weekends.contains(&day),
        _ => year.rest_days.contains(&day),
    }
}
