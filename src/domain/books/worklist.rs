//! What has to be done: items due soon or overdue, annual declarations missing, notices not served (arts 24, 33).

use chrono::{Datelike, NaiveDate};

use super::entry::Seq;
use super::event::Acceptance;
use super::history::{Item, Notice, RightHistory};
use crate::domain::catalogue::LevyMethod;
use crate::domain::context::{Detail, calculate};
use crate::domain::dates::add_days;
use crate::domain::due_date::{self, HolidayShift};
use crate::domain::error::At;
use crate::domain::rate_book::RateBook;
use crate::domain::start_price::Right;

/// How many days ahead an item counts as due soon.
const DAYS_AHEAD: u32 = 30;

/// Items that can still be paid on time, within thirty days from that day on; deferred ones by the end of the deferral.
pub fn due_soon(history: &RightHistory, as_of: NaiveDate) -> impl Iterator<Item = &Item> {
    let last = add_days(as_of, DAYS_AHEAD).unwrap_or(NaiveDate::MAX);
    open(history).filter(move |item| item.payable_until(as_of).is_some_and(|due| as_of <= due && due <= last))
}

/// Items past their due date and not deferred.
pub fn overdue(history: &RightHistory, as_of: NaiveDate) -> impl Iterator<Item = &Item> {
    open(history).filter(move |item| item.is_late(as_of))
}

fn open(history: &RightHistory) -> impl Iterator<Item = &Item> {
    history.items.values().filter(|item| !item.outstanding().is_zero())
}

/// Notices that were issued and not received by that day.
pub fn unserved(history: &RightHistory) -> impl Iterator<Item = &Notice> {
    history.notices.values().filter(|notice| notice.received_on.is_none())
}

/// Fee-source records that the tax office rejected, with the entry that says so, unless they were taken back since.
pub fn rejected(history: &RightHistory) -> impl Iterator<Item = (Seq, Seq)> {
    let said = history.acknowledged.iter().filter(|(of, _)| !history.reversed.contains(of));
    said.filter(|(_, (_, verdict))| *verdict == Acceptance::Rejected).map(|(of, (by, _))| (*of, *by))
}

/// The years whose annual declaration is late on a day: those of a mining right with a mineral levied by rate, from the
/// year in which it was registered or the catalogue began, whichever is later, to the last one whose term has passed.
pub fn declarations_missing(history: &RightHistory, as_of: NaiveDate, book: &RateBook) -> Vec<i32> {
    if history.registered.right != Right::Mining {
        return Vec::new();
    }
    let last = history.closed_on.map_or(as_of, |closed| closed.min(as_of)).year();
    let years = history.registered_on.year()..=last;
    years
        .filter(|year| !history.declared.contains_key(year))
        .filter(|year| levied_by_rate(history, *year, book))
        .filter(|year| {
            let due = calculate(book, Detail::FiguresOnly, |context| {
                due_date::of_annual_declaration(At::ROOT, *year, HolidayShift::Off, context)
            });
            due.is_ok_and(|due| due.result < as_of)
        })
        .collect()
}

/// Whether the catalogue at the end of the year has one of the right's minerals.
fn levied_by_rate(history: &RightHistory, year: i32, book: &RateBook) -> bool {
    let end = NaiveDate::from_ymd_opt(year, 12, 31);
    let minerals = history.minerals.iter().map(String::as_str);
    end.and_then(|end| may_be_levied(minerals, LevyMethod::Rate, end, book)) == Some(true)
}

/// Whether the catalogue of a day levies one of the minerals in this form; `None` without a catalogue on that day.
pub(super) fn may_be_levied<'m>(
    minerals: impl IntoIterator<Item = &'m str>,
    method: LevyMethod,
    day: NaiveDate,
    book: &RateBook,
) -> Option<bool> {
    let catalogue = &book.catalogue.at(day).ok()?.value;
    let mut found = minerals.into_iter().filter_map(|code| book.minerals.find(code));
    // A group whose members differ may be levied either way.
    Some(found.any(|mineral| catalogue.levy(&book.minerals, mineral).map_or(true, |levy| levy.method() == method)))
}
