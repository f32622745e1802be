//! Whether a command may become the next entry, and which one (arts 8, 12, 18, 21, 24, 26, 33). Pure: what the records say
//! comes from a [`Shelf`], what the law says from the rate book.

mod correct;
mod owed;
mod paid;
mod rights;

use chrono::NaiveDate;

use super::command::{Command, OnRight};
use super::entry::{Entry, ItemId, KeyId, NewEntry, PartyId, RightId, Seq, Subject};
use super::event::{Event, PartyRegistered, Register};
use super::history::{Item, RightHistory};
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::error::{At, Fault, Text};
use crate::domain::rate_book::RateBook;
use crate::text;

/// The records could not be read; whoever reads them knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records could not be read")]
pub struct Unreadable;

/// What the records say, as of the entry before the one to be made.
pub trait Shelf {
    /// A right with its history.
    fn right(&self, id: RightId) -> Result<Option<RightHistory>, Unreadable>;
    /// A party.
    fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable>;
    /// An entry.
    fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable>;
    /// Every entry that carries a name, taken back or not.
    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, Unreadable>;
    /// How many entries carry a name that begins so.
    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, Unreadable>;
    /// Which person an actor is: whose key it is, or the actor itself.
    fn person_of(&self, actor: &str) -> Result<String, Unreadable> {
        let Some(KeyId(seq)) = KeyId::parse(actor) else { return Ok(actor.to_owned()) };
        Ok(match self.entry(seq)?.map(|entry| entry.event) {
            Some(Event::KeyCreated(key)) => key.person().to_owned(),
            _ => actor.to_owned(),
        })
    }
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
        match command {
            Command::RegisterParty(body) => self.register_party(body, context),
            Command::RegisterRight(body) => self.register_right(body, context),
            Command::JudgeAssessment(seq, body) => self.judge_assessment(*seq, body, context),
            Command::ServeNotice(number, body) => self.serve_notice(number, body, context),
            Command::Reverse(seq, body) => self.reverse(*seq, body, context),
            Command::OnRight(id, command) => {
                let right = self.shelf.right(*id)?.ok_or(Stop::Unknown)?;
                match command {
                    OnRight::Change(body) => self.change_right(&right, body, context),
                    OnRight::Assess(body) => self.draft_assessment(&right, body, context),
                    OnRight::Plan(body) => self.set_plan(&right, body, context),
                    OnRight::Declare(body, request) => self.file_declaration(&right, body, request, context),
                    OnRight::Notify(body) => self.issue_notice(&right, body, context),
                    OnRight::Pay(body) => self.book_payment(&right, body, context),
                    OnRight::ChargeLateFee(body) => self.charge_late_fee(&right, body, context),
                    OnRight::Defer(body) => self.approve_deferral(&right, body, context),
                    OnRight::Refund(body) => self.pay_refund(&right, body, context),
                    OnRight::TrueUp(body) => self.settle_true_up(&right, body, context),
                    OnRight::Transfer(body) => self.transfer_right(&right, body, context),
                    OnRight::Close(body) => self.close_right(&right, body, context),
                }
            }
        }
    }

    /// The entry among those that carry a name which was not taken back.
    fn live(&self, register: Register, name: &str) -> Decision<Option<Seq>> {
        for seq in self.shelf.named(register, name)? {
            if self.shelf.named(Register::Reversed, &seq.to_string())?.is_empty() {
                return Ok(Some(seq));
            }
        }
        Ok(None)
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
