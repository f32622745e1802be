//! What is in force when. A date that no version covers is an error, never "the last one known".

use std::sync::Arc;

use chrono::NaiveDate;

use super::rate_book::Version;

/// One version of a topic's data and the days on which it counts.
#[derive(Clone, Debug)]
pub struct Dated<T> {
    /// The data file that the value came from, with its interval.
    pub version: Arc<Version>,
    /// The data.
    pub value: T,
}

/// The versions of one topic in order of time, without overlap.
#[derive(Clone, Debug)]
pub struct Timeline<T> {
    entries: Vec<Dated<T>>,
    /// The first day of each, side by side: a look-up among many then touches little memory.
    starts: Vec<NaiveDate>,
}

/// Two versions claim the same day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{earlier} is still in force when {later} begins")]
pub struct Overlap {
    /// Id of the earlier version.
    pub earlier: String,
    /// Id of the later version.
    pub later: String,
}

/// No version covers the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no version is in force on {date}")]
pub struct NotInForce {
    /// The date asked for.
    pub date: NaiveDate,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Timeline { entries: Vec::new(), starts: Vec::new() }
    }
}

impl<T> Timeline<T> {
    /// Orders the versions; every overlap is reported.
    pub fn new(mut entries: Vec<Dated<T>>) -> Result<Timeline<T>, Vec<Overlap>> {
        entries.sort_by_key(|entry| entry.version.effective_from);
        let overlaps: Vec<Overlap> = entries
            .iter()
            .zip(entries.iter().skip(1))
            .filter(|(earlier, later)| {
                // An open end is closed by the next version: what was released is not edited when it is superseded.
                let ends = earlier.version.effective_until;
                earlier.version.effective_from == later.version.effective_from
                    || ends.is_some_and(|until| until > later.version.effective_from)
            })
            .map(|(earlier, later)| Overlap { earlier: earlier.version.id.clone(), later: later.version.id.clone() })
            .collect();
        if !overlaps.is_empty() {
            return Err(overlaps);
        }
        let starts = entries.iter().map(|entry| entry.version.effective_from).collect();
        Ok(Timeline { entries, starts })
    }

    /// How many versions have begun on a day.
    fn begun(&self, date: NaiveDate) -> usize {
        self.starts.partition_point(|start| *start <= date)
    }

    /// The version in force on the day.
    pub fn at(&self, date: NaiveDate) -> Result<&Dated<T>, NotInForce> {
        self.begun(date)
            .checked_sub(1)
            .and_then(|index| self.entries.get(index))
            .filter(|entry| entry.version.effective_until.is_none_or(|until| date < until))
            .ok_or(NotInForce { date })
    }

    /// The version in force on the day, else the first one after it, else the last one: for what has to be said of a
    /// request although its day is faulty. No result may rest on it.
    pub fn nearest(&self, date: NaiveDate) -> Option<&Dated<T>> {
        let later = || self.entries.get(self.begun(date));
        self.at(date).ok().or_else(later).or(self.entries.last())
    }

    /// All versions in order of time.
    pub fn entries(&self) -> &[Dated<T>] {
        &self.entries
    }

    /// The versions that count on some day of a span, and perhaps one that ended before it: their number does not depend on
    /// how many there are before and after.
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> &[Dated<T>] {
        self.entries.get(self.begun(from).saturating_sub(1)..self.begun(to)).unwrap_or_default()
    }

    /// What the timeline says over a span of days: each version (or none) that covers a part of it, in order.
    pub fn over(&self, from: NaiveDate, to: NaiveDate) -> Vec<Option<&Dated<T>>> {
        let mut starts = vec![from];
        for entry in self.between(from, to) {
            starts.push(entry.version.effective_from);
            starts.extend(entry.version.effective_until);
        }
        starts.retain(|day| from <= *day && *day <= to);
        starts.sort_unstable();
        starts.dedup();
        starts.into_iter().map(|day| self.at(day).ok()).collect()
    }
}
