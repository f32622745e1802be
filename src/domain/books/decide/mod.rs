//! Whether a command may become the next entry, and which one (arts 8, 12, 18, 21, 24, 26, 33). Pure: what the records say
//! comes from a [`Shelf`], what the law says from the rate book.

mod correct;
mod owed;
mod paid;
mod rights;

use std::sync::Arc;

use chrono::NaiveDate;

use super::account::Account;
use super::command::{Command, OnRight};
use super::entry::{Entry, ItemId, KeyId, NewEntry, PartyId, RightId, Seq, Subject};
use super::event::{Event, PartyRegistered, Register, RightRegistered};
use super::history::{Item, RightHistory, stakes};
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::error::{At, Fault, Text};
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::text;

/// The records could not be read; whoever reads them knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records could not be read")]
pub struct Unreadable;

/// What the records say, as of the entry before the one to be made.
pub trait Shelf {
    /// A right with its history.
    fn right(&self, id: RightId) -> Result<Option<Arc<RightHistory>>, Unreadable>;
    /// A party.
    fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable>;
    /// An entry.
    fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable>;
    /// Every entry that carries a name, taken back or not.
    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, Unreadable>;
    /// How many entries carry a name that begins so.
    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, Unreadable>;
    /// The first entry of a kind after a number that is wanted, whoever sees it; reads all of that kind.
    fn find_after(
        &self,
        after: Seq,
        kind: &str,
        wanted: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<Seq>, Unreadable>;
    /// The same records without limits, for what does not depend on who asks and tells them nothing about others.
    fn whole(&self) -> &dyn Shelf;
}

/// Which person an actor is: whose key it is, or the actor itself.
fn person_of(actor: &str, shelf: &dyn Shelf) -> Result<String, Unreadable> {
    let Some(KeyId(seq)) = KeyId::parse(actor) else { return Ok(actor.to_owned()) };
    Ok(match shelf.whole().entry(seq)?.map(|entry| entry.event) {
        Some(Event::KeyCreated(key)) => key.person().to_owned(),
        _ => actor.to_owned(),
    })
}

/// From which day an entry counts as not recorded; none while it counts.
fn taken_back_from(seq: Seq, shelf: &dyn Shelf) -> Result<Option<NaiveDate>, Unreadable> {
    let Some(by) = shelf.named(Register::Reversed, &seq.to_string())?.first().copied() else { return Ok(None) };
    Ok(shelf.whole().entry(by)?.map(|entry| entry.effective_on))
}

/// The exploration right that became this mining right, and what of its income ended with it, to go on here.
struct Origin {
    registered: RightRegistered,
    rest: Yuan,
}

/// Where a mining right comes from: the first conversion into it that was not taken back.
fn origin(right: RightId, shelf: &dyn Shelf) -> Result<Option<Origin>, Unreadable> {
    let shelf = shelf.whole();
    for seq in shelf.named(Register::ConvertedTo, &right.to_string())? {
        let Some(entry) = shelf.entry(seq)? else { continue };
        let Subject::Right(from) = entry.subject else { continue };
        let Some(history) = shelf.right(from)?.filter(|history| history.converted_to == Some(right)) else { continue };
        let ended = entry.set.postings().iter().filter(|posting| posting.account == Account::Assessed);
        let rest = Yuan::sum(ended.map(|posting| posting.amount)).map_err(|_| Unreadable)?;
        return Ok(Some(Origin { registered: history.registered.clone(), rest }));
    }
    Ok(None)
}

/// Who asks for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// Under which name the entry is kept.
    pub actor: &'a str,
    /// Which person that is.
    pub person: &'a str,
}

impl<'a> Asker<'a> {
    /// Somebody who is known by one name.
    pub fn known_as(name: &'a str) -> Asker<'a> {
        Asker { actor: name, person: name }
    }
}

/// Why a command did not become an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal<'b> {
    /// Something in the request is wrong.
    Faults(Vec<Fault<'b>>),
    /// It contradicts what is recorded.
    Conflict(Text),
    /// What it is addressed to does not exist.
    Unknown,
    /// The records could not be read.
    Unreadable,
}

/// Why a decision stops; the faults are with the context.
enum Stop {
    Faulty,
    Conflict(Text),
    Unknown,
    Unreadable,
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Stop {
        Stop::Unreadable
    }
}

type Decision<T> = Result<T, Stop>;

/// What a decision looks at.
struct Desk<'s> {
    shelf: &'s dyn Shelf,
    asker: Asker<'s>,
}

/// The entry that the command becomes.
pub fn decide<'b>(
    command: &Command<'_>,
    asker: Asker<'_>,
    shelf: &dyn Shelf,
    book: &'b RateBook,
) -> Result<NewEntry, Refusal<'b>> {
    let desk = Desk { shelf, asker };
    let mut stop = None;
    let answer = calculate(book, Detail::FiguresOnly, |context| match desk.decide(command, context) {
        Ok(entry) => Some(entry),
        Err(reason) => {
            stop = Some(reason);
            None
        }
    });
    match (answer, stop) {
        (Ok(answer), _) => Ok(answer.result),
        (Err(_), Some(Stop::Conflict(text))) => Err(Refusal::Conflict(text)),
        (Err(_), Some(Stop::Unknown)) => Err(Refusal::Unknown),
        (Err(_), Some(Stop::Unreadable)) => Err(Refusal::Unreadable),
        (Err(faults), _) => Err(Refusal::Faults(faults)),
    }
}

impl Desk<'_> {
    fn decide<'b>(&self, command: &Command<'_>, context: &mut Context<'b>) -> Decision<NewEntry> {
        let day = At::ROOT.field("effective_on");
        match command {
            Command::RegisterParty(body) => {
                let entry = self.register_party(body, context)?;
                self.counts_once(None, day, entry, context)
            }
            Command::CorrectParty(id, body) => self.correct_party(*id, body, context),
            Command::RegisterRight(body) => {
                let entry = self.register_right(body, context)?;
                self.counts_once(None, day, entry, context)
            }
            Command::JudgeAssessment(seq, body) => self.judge_assessment(*seq, body, context),
            Command::ServeNotice(number, body) => self.serve_notice(number, body, context),
            Command::Reverse(seq, body) => self.reverse(*seq, body, context),
            Command::Acknowledge(seq, body) => self.acknowledge(*seq, body, context),
            Command::OnRight(id, command) => {
                let right = self.shelf.right(*id)?.ok_or(Stop::Unknown)?;
                let day = match command {
                    OnRight::Pay(_) => "paid_on",
                    OnRight::ChargeLateFee(_) => "as_of",
                    _ => "effective_on",
                };
                let entry = match command {
                    OnRight::Correct(body) => self.correct_right(&right, body, context),
                    OnRight::Change(body) => self.change_right(&right, body, context),
                    OnRight::Assess(body) => self.draft_assessment(&right, body, context),
                    OnRight::Plan(body) => self.set_plan(&right, body, context),
                    OnRight::Declare(body, request) => self.file_declaration(&right, body, request, context),
                    OnRight::Notify(body) => self.issue_notice(&right, body, None, context),
                    OnRight::NotifyFrom(body, office) => self.issue_notice(&right, body, Some(*office), context),
                    OnRight::Pay(body) => self.book_payment(&right, body, context),
                    OnRight::ChargeLateFee(body) => self.charge_late_fee(&right, body, context),
                    OnRight::Defer(body) => self.approve_deferral(&right, body, context),
                    OnRight::Refund(body) => self.pay_refund(&right, body, context),
                    OnRight::TrueUp(body) => self.settle_true_up(&right, body, context),
                    OnRight::Transfer(body) => self.transfer_right(&right, body, context),
                    OnRight::Close(body) => self.close_right(&right, body, context),
                    OnRight::Convert(body) => self.convert_right(&right, body, context),
                }?;
                self.counts_once(Some(&right), At::ROOT.field(day), entry, context)
            }
        }
    }

    /// The entry, unless one that was taken back from a later day still counts in its place on its own day.
    fn counts_once(
        &self,
        right: Option<&RightHistory>,
        at: At<'_>,
        entry: NewEntry,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let stakes = stakes(&entry.event, &entry.set);
        let mut free_from = stakes.iter().filter_map(|stake| right?.free_from(stake)).max();
        if let Some((register, name)) = entry.event.name() {
            for seq in self.shelf.named(register, &name)? {
                free_from = free_from.max(taken_back_from(seq, self.shelf)?);
            }
        }
        if let Some(day) = free_from.filter(|day| entry.effective_on < *day) {
            context.invalid(
                at,
                text!(
                    "不应早于 {day}：被冲销的原记录在该日以前仍列入账，会重复计入",
                    "not before {day}: until then the entry that was reversed still counts, so that it would count twice"
                ),
                None,
            );
        }
        sound(context)?;
        Ok(entry)
    }

    /// The entry among those that carry a name which was not taken back, and whose name was not corrected since.
    fn live(&self, register: Register, name: &str) -> Decision<Option<Seq>> {
        for seq in self.shelf.named(register, name)? {
            if self.shelf.named(Register::Reversed, &seq.to_string())?.is_empty() && self.is_named(seq, name)? {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    /// Whether what an entry registered or corrected still has this name.
    fn is_named(&self, seq: Seq, name: &str) -> Decision<bool> {
        let whole = self.shelf.whole();
        let Some(entry) = whole.entry(seq)? else { return Ok(false) };
        Ok(match (entry.subject, &entry.event) {
            (Subject::Party(id), _) => whole.party(id)?.is_some_and(|party| party.code == name),
            (Subject::Right(id), Event::RightRegistered(_) | Event::RightCorrected(_)) => {
                whole.right(id)?.is_some_and(|right| right.registered.licence_number == name)
            }
            _ => true,
        })
    }

    /// A conflict if something live carries the name. Which entry it is, is told to whoever may see it.
    fn name_is_free(&self, register: Register, name: &str) -> Decision<()> {
        let Some(seq) = self.live(register, name)? else { return Ok(()) };
        Err(Stop::Conflict(match self.shelf.entry(seq)? {
            Some(_) => text!("“{name}”已登记（第 {seq} 号记录）", "“{name}” is already recorded (entry {seq})"),
            None => text!("“{name}”已登记", "“{name}” is already recorded"),
        }))
    }

    /// The party that a field names.
    fn party(&self, at: At<'_>, name: &str, context: &mut Context<'_>) -> Decision<Option<PartyId>> {
        let known = match PartyId::parse(name) {
            Some(id) => self.shelf.party(id)?.map(|_| id),
            None => None,
        };
        if known.is_none() {
            context.invalid(
                at,
                Text::fixed("没有该当事人，请用其标识，如 P2", "no such party: use its id, such as P2"),
                None,
            );
        }
        Ok(known)
    }
}

fn entry(right: &RightHistory, effective_on: NaiveDate, event: Event) -> NewEntry {
    NewEntry { subject: Subject::Right(right.id), effective_on, event, set: Default::default() }
}

/// Goes on if nothing was reported.
fn sound(context: &Context<'_>) -> Decision<()> {
    if context.is_sound() { Ok(()) } else { Err(Stop::Faulty) }
}

/// A text that is there: not empty, no line ends or other control characters, 200 signs at most.
fn filled(at: At<'_>, text: &str, context: &mut Context<'_>) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= 200 && !text.contains(char::is_control);
    if !fits {
        let detail =
            Text::fixed("请填写 1 至 200 个字符，不含控制字符", "write 1 to 200 characters without control characters");
        context.invalid(at, detail, None);
    }
    fits.then(|| text.to_owned())
}

/// A day that may not be before that of an earlier entry.
fn not_before(at: At<'_>, day: NaiveDate, earliest: Option<NaiveDate>, context: &mut Context<'_>) {
    if let Some(earliest) = earliest.filter(|earliest| day < *earliest) {
        context.invalid(
            at,
            text!("不应早于 {earliest}，即所依据的记录的生效日", "not before {earliest}, the day of what it rests on"),
            None,
        );
    }
}

/// The item that a field names.
fn item<'h>(right: &'h RightHistory, at: At<'_>, name: &str, context: &mut Context<'_>) -> Option<&'h Item> {
    let item = ItemId::parse(name).and_then(|id| right.items.get(&id));
    if item.is_none() {
        let detail = Text::fixed(
            "该矿业权没有此应缴项，请用其标识，如 I12-1",
            "the right has no such item: use its id, such as I12-1",
        );
        context.invalid(at, detail, None);
    }
    item
}
