//! Corrections: an entry is taken back by another one, nothing is changed or deleted (art. 26: what was wrongly booked is
//! corrected in the records).

use super::{Decision, Desk, Stop, filled, not_before, sound};
use crate::domain::books::command::Reverse;
use crate::domain::books::entry::{NewEntry, Seq, Subject};
use crate::domain::books::event::{Event, Register, Reversal};
use crate::domain::context::Context;
use crate::domain::error::{At, Text};
use crate::text;

impl Desk<'_> {
    pub(super) fn reverse(&self, seq: Seq, body: &Reverse<'_>, context: &mut Context<'_>) -> Decision<NewEntry> {
        let entry = self.shelf.entry(seq)?.ok_or(Stop::Unknown)?;
        let Subject::Right(id) = entry.subject else {
            return Err(Stop::Conflict(Text::fixed("登记不能冲销", "a registration is not reversed")));
        };
        match entry.event {
            Event::RightRegistered(_) => {
                return Err(Stop::Conflict(Text::fixed("登记不能冲销", "a registration is not reversed")));
            }
            Event::Reversal(_) => {
                return Err(Stop::Conflict(Text::fixed("冲销不能再冲销", "a reversal is not reversed")));
            }
            _ => {}
        }
        if let Some(by) = self.shelf.named(Register::Reversed, &seq.to_string())?.first() {
            return Err(Stop::Conflict(text!("已由第 {by} 号记录冲销", "already reversed by entry {by}")));
        }
        let right = self.shelf.right(id)?.ok_or(Stop::Unknown)?;
        if let Some(later) = right.resting_on(seq) {
            return Err(Stop::Conflict(text!(
                "第 {later} 号记录以此为依据，请先冲销它",
                "entry {later} rests on this one: reverse that first"
            )));
        }
        not_before(At::ROOT.field("effective_on"), body.effective_on, Some(entry.effective_on), context);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        sound(context)?;
        Ok(NewEntry {
            subject: entry.subject,
            effective_on: body.effective_on,
            event: Event::Reversal(Reversal { of: seq, reason: reason.ok_or(Stop::Faulty)? }),
            set: entry.set.negated(),
        })
    }
}
