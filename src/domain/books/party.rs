//! What the entries of a party add up to on a day, as it was known at a moment (art. 3: who pays is known by name and code).

use std::collections::BTreeSet;

use super::entry::{Entry, Seq};
use super::event::{Event, PartyRegistered};

/// The entries that others of them take back.
pub(super) fn reversed(entries: &[Entry]) -> BTreeSet<Seq> {
    let taken_back = entries.iter().filter_map(|entry| match &entry.event {
        Event::Reversal(reversal) => Some(reversal.of),
        _ => None,
    });
    taken_back.collect()
}

/// A party as its entries say; `None` unless the first registers it and was not taken back.
///
/// Of several corrections the one that takes effect last counts, so that a name that was wrong from the start can be
/// corrected after the party was renamed.
pub fn party(entries: &[Entry]) -> Option<PartyRegistered> {
    let reversed = reversed(entries);
    let (first, rest) = entries.split_first()?;
    let Event::PartyRegistered(registered) = &first.event else { return None };
    if reversed.contains(&first.seq) {
        return None;
    }
    let mut corrections: Vec<&Entry> = rest.iter().filter(|entry| !reversed.contains(&entry.seq)).collect();
    corrections.sort_by_key(|entry| (entry.effective_on, entry.seq));
    let mut party = registered.clone();
    for entry in corrections {
        if let Event::PartyCorrected(corrected) = &entry.event {
            party.code = corrected.code.clone().unwrap_or(party.code);
            party.name = corrected.name.clone().unwrap_or(party.name);
        }
    }
    Some(party)
}
