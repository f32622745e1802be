//! Entries of the journal: what was recorded, when it took effect, when and by whom it was recorded (arts 23, 24: the
//! authorities keep and exchange these facts).

use std::fmt;

use chrono::NaiveDate;

use super::account::EntrySet;
use super::event::Event;

/// A number of an entry: 1, 2, 3 … without gaps.
pub type Seq = u64;

/// A right, by the number of the entry that registered it: `R5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RightId(pub Seq);

/// A party, by the number of the entry that registered it: `P2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(pub Seq);

/// A key of the interface, by the number of the entry that created it: `K4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub Seq);

/// Something owed: the number of the entry that recognized it and the number within it: `I12-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// The entry.
    pub entry: Seq,
    /// From 1.
    pub number: u32,
}

impl fmt::Display for RightId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "K{}", self.0)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I{}-{}", self.entry, self.number)
    }
}

/// A number in its one form: digits without sign or leading zero, within what a store keeps.
pub fn number(text: &str) -> Option<Seq> {
    let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok().filter(|number| *number <= i64::MAX.unsigned_abs()) } else { None }
}

impl RightId {
    /// Out of `R5`.
    pub fn parse(text: &str) -> Option<RightId> {
        text.strip_prefix('R').and_then(number).map(RightId)
    }
}

impl PartyId {
    /// Out of `P2`.
    pub fn parse(text: &str) -> Option<PartyId> {
        text.strip_prefix('P').and_then(number).map(PartyId)
    }
}

impl KeyId {
    /// Out of `K4`.
    pub fn parse(text: &str) -> Option<KeyId> {
        text.strip_prefix('K').and_then(number).map(KeyId)
    }
}

impl ItemId {
    /// Out of `I12-1`.
    pub fn parse(text: &str) -> Option<ItemId> {
        let (entry, item) = text.strip_prefix('I')?.split_once('-')?;
        Some(ItemId { entry: number(entry)?, number: number(item)?.try_into().ok()? })
    }
}

kept_as_text! {
    RightId: RightId::parse;
    PartyId: PartyId::parse;
    KeyId: KeyId::parse;
    ItemId: ItemId::parse;
}

/// Whose history an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The store itself: its first entry, and messages to all of it.
    Store,
    /// A party.
    Party(PartyId),
    /// A right.
    Right(RightId),
    /// A key.
    Key(KeyId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Store => f.write_str("store"),
            Subject::Party(id) => id.fmt(f),
            Subject::Right(id) => id.fmt(f),
            Subject::Key(id) => id.fmt(f),
        }
    }
}

impl Subject {
    /// Out of its text.
    pub fn parse(text: &str) -> Option<Subject> {
        match text {
            "store" => Some(Subject::Store),
            _ => RightId::parse(text)
                .map(Subject::Right)
                .or_else(|| PartyId::parse(text).map(Subject::Party))
                .or_else(|| KeyId::parse(text).map(Subject::Key)),
        }
    }
}

/// A moment in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

/// A decision that is about to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Whose history it belongs to.
    pub subject: Subject,
    /// When it takes effect.
    pub effective_on: NaiveDate,
    /// What happened.
    pub event: Event,
    /// What it does to the accounts.
    pub set: EntrySet,
}

impl NewEntry {
    /// The entry with its number: whatever it registers or recognizes is known by it.
    #[must_use]
    pub fn numbered(self, seq: Seq) -> NewEntry {
        let own = |number: Seq| if number == 0 { seq } else { number };
        let subject = match self.subject {
            Subject::Store => Subject::Store,
            Subject::Party(PartyId(number)) => Subject::Party(PartyId(own(number))),
            Subject::Right(RightId(number)) => Subject::Right(RightId(own(number))),
            Subject::Key(KeyId(number)) => Subject::Key(KeyId(own(number))),
        };
        let set = self.set.of_items(|item| ItemId { entry: own(item.entry), ..item });
        NewEntry { subject, set, ..self }
    }
}

/// A recorded fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was recorded; never before the entry before it.
    pub recorded_at: Moment,
    /// When it took effect.
    pub effective_on: NaiveDate,
    /// Whose history it belongs to.
    pub subject: Subject,
    /// Who recorded it.
    pub actor: String,
    /// What happened.
    pub event: Event,
    /// What it did to the accounts.
    pub set: EntrySet,
}
