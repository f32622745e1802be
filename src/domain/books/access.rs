//! Who may do what, and with which records (arts 23, 24: departments share the work and exchange what they know; art. 34:
//! whoever misuses it answers for it). Roles and permissions are one table; an area or a party limits what is seen.
//!
//! What lies outside somebody's scope does not exist for them: [`Scoped`] stands between the records and a decision, so
//! that what is foreign and what is unknown are refused by the same words.

use std::sync::Arc;

use chrono::NaiveDate;

use super::command::{Command, OnRight};
use super::decide::{Asker, Refusal, Shelf, Unreadable, decide};
use super::entry::{Entry, KeyId, NewEntry, PartyId, RightId, Seq, Subject};
use super::event::{Event, KeyCreated, KeyRevoked, PartyRegistered, Register};
use super::history::RightHistory;
use crate::domain::rate_book::RateBook;

/// What a person or a program is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// A party: reads its own rights and declares for them.
    Enterprise,
    /// Registers, calculates, plans, issues notices.
    Assessor,
    /// Confirms what somebody else assessed.
    Confirmer,
    /// Books money.
    Cashier,
    /// Reads everything, the audit log too.
    Auditor,
    /// May do everything. Nobody confirms their own draft, an administrator neither.
    Admin,
}

kept_codes!(Role {
    Viewer => "viewer", Enterprise => "enterprise", Assessor => "assessor", Confirmer => "confirmer",
    Cashier => "cashier", Auditor => "auditor", Admin => "admin",
});

/// What can be done with the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read parties, rights, entries, statements and balances, and print notices and statements.
    ReadRecords,
    /// Read the work lists.
    ReadWorklists,
    /// Read what goes to the tax office.
    ReadFeeSources,
    /// Verify the ledger and read its head.
    VerifyLedger,
    /// Read the audit log.
    ReadAudit,
    /// Register a party, or correct its registration.
    RegisterParty,
    /// Register a right, or correct its registration.
    RegisterRight,
    /// Change, transfer, convert or close a right.
    ChangeRight,
    /// Draft an assessment.
    DraftAssessment,
    /// Confirm or reject an assessment.
    JudgeAssessment,
    /// Set a plan.
    SetPlan,
    /// File an annual declaration.
    FileDeclaration,
    /// Issue a notice.
    IssueNotice,
    /// Record that a notice was received.
    ServeNotice,
    /// Settle a true-up.
    SettleTrueUp,
    /// Book a payment.
    BookPayment,
    /// Charge a late fee.
    ChargeLateFee,
    /// Record that a payment was deferred.
    ApproveDeferral,
    /// Pay a refund.
    PayRefund,
    /// Accept or reject a fee-source record.
    AcknowledgeFeeSource,
    /// Reverse an entry: only together with the permission that recording it takes.
    Reverse,
}

/// In the table: may.
const MAY: bool = true;
/// In the table: may not.
const NOT: bool = false;

impl Permission {
    /// The table, with the roles in the order of [`Role::ALL`].
    #[rustfmt::skip]
    fn row(self) -> [bool; 7] {
        match self {
            //                             viewer enterprise assessor confirmer cashier auditor admin
            Permission::ReadRecords     => [MAY,    MAY,       MAY,     MAY,      MAY,    MAY,    MAY],
            Permission::ReadWorklists   => [MAY,    MAY,       MAY,     MAY,      MAY,    MAY,    MAY],
            Permission::ReadFeeSources  => [MAY,    NOT,       MAY,     MAY,      MAY,    MAY,    MAY],
            Permission::VerifyLedger    => [NOT,    NOT,       NOT,     NOT,      NOT,    MAY,    MAY],
            Permission::ReadAudit       => [NOT,    NOT,       NOT,     NOT,      NOT,    MAY,    MAY],
            Permission::RegisterParty   => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::RegisterRight   => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::ChangeRight     => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::DraftAssessment => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::JudgeAssessment => [NOT,    NOT,       NOT,     MAY,      NOT,    NOT,    MAY],
            Permission::SetPlan         => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::FileDeclaration => [NOT,    MAY,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::IssueNotice     => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::ServeNotice     => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::SettleTrueUp    => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::ApproveDeferral => [NOT,    NOT,       MAY,     NOT,      NOT,    NOT,    MAY],
            Permission::BookPayment     => [NOT,    NOT,       NOT,     NOT,      MAY,    NOT,    MAY],
            Permission::ChargeLateFee   => [NOT,    NOT,       NOT,     NOT,      MAY,    NOT,    MAY],
            Permission::PayRefund       => [NOT,    NOT,       NOT,     NOT,      MAY,    NOT,    MAY],
            Permission::AcknowledgeFeeSource =>
                                           [NOT,    NOT,       NOT,     NOT,      MAY,    NOT,    MAY],
            Permission::Reverse         => [NOT,    NOT,       MAY,     MAY,      MAY,    NOT,    MAY],
        }
    }

    /// Whether a role has it.
    pub fn is_of(self, role: Role) -> bool {
        Role::ALL.iter().zip(self.row()).any(|(known, may)| *known == role && may)
    }

    /// What recording an event of this kind takes; none for what no request reverses.
    pub fn to_record(event: &Event) -> Option<Permission> {
        match event {
            Event::RightChanged(_) | Event::RightTransferred(_) | Event::RightClosed(_) | Event::RightConverted(_) => {
                Some(Permission::ChangeRight)
            }
            Event::AssessmentDrafted(_) => Some(Permission::DraftAssessment),
            Event::AssessmentConfirmed(_) | Event::AssessmentRejected(_) => Some(Permission::JudgeAssessment),
            Event::PlanSet(_) => Some(Permission::SetPlan),
            Event::DeclarationFiled(_) => Some(Permission::FileDeclaration),
            Event::NoticeIssued(_) => Some(Permission::IssueNotice),
            Event::NoticeServed(_) => Some(Permission::ServeNotice),
            Event::PaymentBooked(_) => Some(Permission::BookPayment),
            Event::LateFeeCharged(_) => Some(Permission::ChargeLateFee),
            Event::DeferralApproved(_) => Some(Permission::ApproveDeferral),
            Event::RefundPaid(_) => Some(Permission::PayRefund),
            Event::TrueUpSettled(_) => Some(Permission::SettleTrueUp),
            Event::PartyRegistered(_) | Event::PartyCorrected(_) => Some(Permission::RegisterParty),
            Event::RightRegistered(_) | Event::RightCorrected(_) => Some(Permission::RegisterRight),
            Event::FeeSourceAcknowledged(_) => Some(Permission::AcknowledgeFeeSource),
            Event::Genesis(_)
            | Event::Reversal(_)
            | Event::ReceiptsReceived(_)
            | Event::KeyCreated(_)
            | Event::KeyRevoked(_) => None,
        }
    }
}

/// An area by its six-digit division code (GB/T 2260): a province when it ends in four zeros, a city when in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area(String);

impl Area {
    /// The area of a code; `None` unless it is six digits of a province, a city or a county.
    pub fn new(code: &str) -> Option<Area> {
        let digits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        (digits && !code.starts_with("00")).then(|| Area(code.to_owned()))
    }

    /// Whether a division is the area or lies in it.
    pub fn covers(&self, division: &str) -> bool {
        let prefix = self.0.strip_suffix("0000").or(self.0.strip_suffix("00")).unwrap_or(&self.0);
        division.len() == 6 && division.starts_with(prefix)
    }

    /// Its code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

/// Which records somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None.
    Nothing,
    /// The rights that one party holds, and the party itself.
    Party(PartyId),
    /// The rights of an area, and every party: a party belongs to no area.
    Area(Area),
    /// All.
    Everything,
}

impl Scope {
    /// Whether a right is seen. A party sees what it holds today; a right that it has transferred is no longer its own.
    pub fn covers(&self, right: &RightHistory, today: NaiveDate) -> bool {
        match self {
            Scope::Party(party) => right.holder_on(today) == *party,
            _ => self.covers_division(&right.registered.division),
        }
    }

    /// Whether rights of a division are seen, whoever holds them.
    pub fn covers_division(&self, division: &str) -> bool {
        match self {
            Scope::Nothing | Scope::Party(_) => false,
            Scope::Area(area) => area.covers(division),
            Scope::Everything => true,
        }
    }

    /// Whether a party is seen.
    pub fn covers_party(&self, id: PartyId) -> bool {
        match self {
            Scope::Nothing => false,
            Scope::Party(own) => *own == id,
            Scope::Area(_) | Scope::Everything => true,
        }
    }

    /// Whether everything that another scope covers is covered.
    pub fn includes(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Everything, _) | (_, Scope::Nothing) => true,
            (Scope::Area(own), Scope::Area(other)) => own.covers(other.code()),
            (Scope::Party(own), Scope::Party(other)) => own == other,
            _ => false,
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Under which name the records keep what they do: the id of their key, or `local`.
    pub actor: String,
    /// Which person they are: one person may come with several keys, or sign in.
    pub person: String,
    /// What they are there for.
    pub role: Role,
    /// What they see.
    pub scope: Scope,
}

impl Identity {
    /// The one user of a service without keys.
    pub fn local() -> Identity {
        let local = || "local".to_owned();
        Identity { actor: local(), person: local(), role: Role::Admin, scope: Scope::Everything }
    }

    /// Whoever asks for what needs no key: no record is seen.
    pub const fn nobody() -> Identity {
        Identity { actor: String::new(), person: String::new(), role: Role::Viewer, scope: Scope::Nothing }
    }

    /// Whoever has this key; `None` if the key is not one that is handed out.
    pub fn of(id: KeyId, key: &KeyCreated) -> Option<Identity> {
        Some(Identity { actor: id.to_string(), person: key.person().to_owned(), role: key.role, scope: scope_of(key)? })
    }

    /// Whoever signed in with this role, for an area or a party; `None` if the three do not fit together.
    pub fn signed_in(
        actor: &str,
        person: &str,
        role: Role,
        area: Option<&str>,
        party: Option<PartyId>,
    ) -> Option<Identity> {
        let scope = scope(role, area, party)?;
        Some(Identity { actor: actor.to_owned(), person: person.to_owned(), role, scope })
    }

    /// Whether they have a permission.
    pub fn may(&self, permission: Permission) -> bool {
        permission.is_of(self.role)
    }
}

/// What a key sees: an enterprise its party, everybody else an area or everything.
pub fn scope_of(key: &KeyCreated) -> Option<Scope> {
    scope(key.role, key.area.as_deref(), key.party)
}

fn scope(role: Role, area: Option<&str>, party: Option<PartyId>) -> Option<Scope> {
    match (role, area, party) {
        (Role::Enterprise, None, Some(party)) => Some(Scope::Party(party)),
        (Role::Enterprise, _, _) | (_, _, Some(_)) => None,
        (_, Some(area), None) => Area::new(area).map(Scope::Area),
        (_, None, None) => Some(Scope::Everything),
    }
}

/// The records as somebody sees them.
pub(super) struct Scoped<'s> {
    shelf: &'s dyn Shelf,
    scope: &'s Scope,
    today: NaiveDate,
}

impl<'s> Scoped<'s> {
    pub(super) fn new(shelf: &'s dyn Shelf, scope: &'s Scope, today: NaiveDate) -> Scoped<'s> {
        Scoped { shelf, scope, today }
    }
}

impl Shelf for Scoped<'_> {
    fn right(&self, id: RightId) -> Result<Option<Arc<RightHistory>>, Unreadable> {
        Ok(self.shelf.right(id)?.filter(|right| self.scope.covers(right, self.today)))
    }

    fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable> {
        if self.scope.covers_party(id) { self.shelf.party(id) } else { Ok(None) }
    }

    fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable> {
        let Some(entry) = self.shelf.entry(seq)? else { return Ok(None) };
        let seen = match entry.subject {
            Subject::Right(id) => self.right(id)?.is_some(),
            Subject::Party(id) => self.scope.covers_party(id),
            // Nothing is decided about them by a command on records.
            Subject::Store | Subject::Key(_) => false,
        };
        Ok(seen.then_some(entry))
    }

    fn find_after(
        &self,
        after: Seq,
        kind: &str,
        wanted: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<Seq>, Unreadable> {
        self.shelf.find_after(after, kind, wanted)
    }

    fn whole(&self) -> &dyn Shelf {
        self.shelf.whole()
    }

    // A name is taken whoever took it.
    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, Unreadable> {
        self.shelf.named(register, name)
    }

    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, Unreadable> {
        self.shelf.count_named(register, prefix)
    }
}

/// Why somebody's command did not become an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied<'b> {
    /// They may not do it.
    Forbidden,
    /// It was refused, whoever asks.
    Refused(Refusal<'b>),
}

impl From<Unreadable> for Denied<'_> {
    fn from(_: Unreadable) -> Self {
        Denied::Refused(Refusal::Unreadable)
    }
}

/// The entry that a command becomes when somebody asks for it on a day.
pub fn decide_for<'b>(
    who: &Identity,
    today: NaiveDate,
    command: &Command<'_>,
    shelf: &dyn Shelf,
    book: &'b RateBook,
) -> Result<NewEntry, Denied<'b>> {
    let seen = Scoped::new(shelf, &who.scope, today);
    match command {
        Command::RegisterRight(body) if !may_register(&who.scope, body.division) => return Err(Denied::Forbidden),
        Command::OnRight(id, OnRight::Correct(body)) => {
            let elsewhere = body.division.is_some_and(|division| !may_register(&who.scope, division));
            if elsewhere && seen.right(*id)?.is_some() {
                return Err(Denied::Forbidden);
            }
        }
        Command::Reverse(seq, _) => {
            let taken_back = seen.entry(*seq)?;
            let needed = taken_back.and_then(|entry| Permission::to_record(&entry.event));
            if needed.is_some_and(|needed| !who.may(needed)) {
                return Err(Denied::Forbidden);
            }
        }
        _ => {}
    }
    decide(command, Asker { actor: &who.actor, person: &who.person }, &seen, book).map_err(Denied::Refused)
}

/// Whether a right of this division may be registered. What is no code at all is refused as a fault of the request.
fn may_register(scope: &Scope, division: &str) -> bool {
    Area::new(division).is_none() || scope.covers_division(division)
}

/// What a new key is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The day from which it is valid.
    pub effective_on: NaiveDate,
    /// What it says of itself.
    pub key: KeyCreated,
}

/// Why a key was not created or revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The name.
    #[error(
        "名称应为 1 至 100 个字符，不含控制字符 · the name has 1 to 100 characters, none of them a control character"
    )]
    Name,
    /// The person.
    #[error(
        "--person 应为 1 至 600 个字符，不含控制字符，首尾无空白 · the person has 1 to 600 characters, none of them a control character, no space around them"
    )]
    Person,
    /// The area.
    #[error(
        "--area 应为六位行政区划代码，如 610000；不限地区则不写 · --area is a six-digit division code such as 610000; leave it out for all areas"
    )]
    Area,
    /// An enterprise without its party, or with an area.
    #[error("enterprise 须写 --party，不写 --area · enterprise takes --party and no --area")]
    Enterprise,
    /// A party for somebody else.
    #[error("--party 只用于 enterprise · --party is for enterprise only")]
    Party,
    /// No such party.
    #[error("没有该当事人 · no such party")]
    UnknownParty,
    /// No such key.
    #[error("没有该密钥 · no such key")]
    UnknownKey,
    /// Revoked already.
    #[error("该密钥已撤销 · the key is revoked already")]
    Revoked,
    /// The records could not be read.
    #[error("记录无法读取 · the records could not be read")]
    Unreadable,
}

impl From<Unreadable> for KeyFault {
    fn from(_: Unreadable) -> KeyFault {
        KeyFault::Unreadable
    }
}

/// The entry that creates a key.
pub fn create_key(new: NewKey, shelf: &dyn Shelf) -> Result<NewEntry, KeyFault> {
    let NewKey { effective_on, key } = new;
    let fits = (1..=100).contains(&key.name.chars().count()) && !key.name.contains(char::is_control);
    if !fits || key.name.trim() != key.name {
        return Err(KeyFault::Name);
    }
    let is_person = |person: &String| {
        (1..=600).contains(&person.chars().count()) && !person.contains(char::is_control) && person.trim() == person
    };
    if !key.person.as_ref().is_none_or(is_person) {
        return Err(KeyFault::Person);
    }
    match (key.role, &key.area, key.party) {
        (Role::Enterprise, Some(_), _) | (Role::Enterprise, None, None) => return Err(KeyFault::Enterprise),
        (Role::Enterprise, None, Some(party)) => {
            shelf.party(party)?.ok_or(KeyFault::UnknownParty)?;
        }
        (_, _, Some(_)) => return Err(KeyFault::Party),
        (_, Some(area), None) => {
            Area::new(area).ok_or(KeyFault::Area)?;
        }
        (_, None, None) => {}
    }
    // The number is that of the entry, which whoever records it knows.
    let subject = Subject::Key(KeyId(0));
    Ok(NewEntry { subject, effective_on, event: Event::KeyCreated(key), set: Default::default() })
}

/// The entry that revokes a key.
pub fn revoke_key(id: KeyId, effective_on: NaiveDate, shelf: &dyn Shelf) -> Result<NewEntry, KeyFault> {
    let created = shelf.entry(id.0)?.filter(|entry| matches!(entry.event, Event::KeyCreated(_)));
    created.ok_or(KeyFault::UnknownKey)?;
    if !shelf.named(Register::RevokedKey, &id.to_string())?.is_empty() {
        return Err(KeyFault::Revoked);
    }
    let event = Event::KeyRevoked(KeyRevoked { key: id });
    Ok(NewEntry { subject: Subject::Key(id), effective_on, event, set: Default::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_covers_itself_and_what_lies_in_it() {
        let covers = |area: &str, division: &str| Area::new(area).is_some_and(|area| area.covers(division));
        for (area, division) in [
            ("610000", "610000"),
            ("610000", "610104"),
            ("610100", "610104"),
            ("610104", "610104"),
            ("610100", "610100"),
        ] {
            assert!(covers(area, division), "{area} {division}");
        }
        for (area, division) in [
            ("610000", "620000"),
            ("610100", "610200"),
            ("610100", "610000"),
            ("610104", "610100"),
            ("610104", "610105"),
            ("610000", "61"),
            ("610000", ""),
        ] {
            assert!(!covers(area, division), "{area} {division}");
        }
        for text in ["", "61", "6100000", "61000x", "000000", "００００００", "-10000"] {
            assert_eq!(Area::new(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_that_says_two_things_opens_nothing() {
        let key = |role, area: Option<&str>, party| KeyCreated {
            name: "某人".to_owned(),
            role,
            area: area.map(str::to_owned),
            party,
            sha256: String::new(),
            person: None,
        };
        let party = Some(PartyId(2));
        assert_eq!(scope_of(&key(Role::Enterprise, None, party)), Some(Scope::Party(PartyId(2))));
        assert_eq!(scope_of(&key(Role::Admin, None, None)), Some(Scope::Everything));
        assert_eq!(scope_of(&key(Role::Admin, Some("610000"), None)), Area::new("610000").map(Scope::Area));
        for wrong in [
            key(Role::Enterprise, None, None),
            key(Role::Enterprise, Some("610000"), party),
            key(Role::Viewer, None, party),
            key(Role::Viewer, Some("61"), None),
        ] {
            assert_eq!(scope_of(&wrong), None, "{wrong:?}");
        }
        assert!(!Identity::nobody().scope.covers_party(PartyId(2)));
    }

    #[test]
    fn a_scope_covers_what_lies_in_it_and_includes_narrower_ones() {
        let area = |code: &str| Area::new(code).map_or(Scope::Nothing, Scope::Area);
        let (party, other) = (Scope::Party(PartyId(2)), Scope::Party(PartyId(3)));
        for (scope, division, covers) in [
            (Scope::Nothing, "370105", false),
            (party.clone(), "370105", false),
            (area("370000"), "370105", true),
            (area("370000"), "610104", false),
            (Scope::Everything, "370105", true),
        ] {
            assert_eq!(scope.covers_division(division), covers, "{scope:?} {division}");
        }
        for (scope, covers) in [
            (Scope::Nothing, [false, false]),
            (party.clone(), [true, false]),
            (area("370000"), [true, true]),
            (Scope::Everything, [true, true]),
        ] {
            assert_eq!([2, 3].map(|id| scope.covers_party(PartyId(id))), covers, "{scope:?}");
        }
        let all = [Scope::Nothing, party, other, area("370000"), area("370105"), area("610000"), Scope::Everything];
        let includes = [
            [true, false, false, false, false, false, false],
            [true, true, false, false, false, false, false],
            [true, false, true, false, false, false, false],
            [true, false, false, true, true, false, false],
            [true, false, false, false, true, false, false],
            [true, false, false, false, false, true, false],
            [true; 7],
        ];
        for (scope, wanted) in all.iter().zip(includes) {
            assert_eq!(all.each_ref().map(|other| scope.includes(other)), wanted, "{scope:?}");
        }
    }

    /// Records of one party, P2: the key K5 and the store's first entry, which no right has.
    struct Few;

    impl Few {
        fn entry(seq: Seq, subject: Subject) -> Entry {
            let event = Event::KeyRevoked(KeyRevoked { key: KeyId(5) });
            let (recorded_at, effective_on) = (Default::default(), NaiveDate::default());
            Entry { seq, recorded_at, effective_on, subject, actor: String::new(), event, set: Default::default() }
        }
    }

    impl Shelf for Few {
        fn right(&self, _: RightId) -> Result<Option<Arc<RightHistory>>, Unreadable> {
            Ok(None)
        }

        fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable> {
            let party = PartyRegistered { code: String::new(), name: String::new() };
            Ok(Some(party).filter(|_| id == PartyId(2)))
        }

        fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable> {
            Ok(match seq {
                1 => Some(Few::entry(1, Subject::Store)),
                2 => Some(Few::entry(2, Subject::Party(PartyId(2)))),
                3 => Some(Few::entry(3, Subject::Right(RightId(3)))),
                5 => Some(Few::entry(5, Subject::Key(KeyId(5)))),
                _ => None,
            })
        }

        fn named(&self, _: Register, name: &str) -> Result<Vec<Seq>, Unreadable> {
            Ok(if name == "甲" { vec![2] } else { Vec::new() })
        }

        fn count_named(&self, _: Register, prefix: &str) -> Result<u64, Unreadable> {
            if prefix == "甲" { Ok(7) } else { Ok(0) }
        }

        fn find_after(
            &self,
            after: Seq,
            _: &str,
            wanted: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
        ) -> Result<Option<Seq>, Unreadable> {
            let found = wanted(&Few::entry(5, Subject::Key(KeyId(5))))?;
            Ok(found.then_some(5).filter(|seq| after < *seq))
        }

        fn whole(&self) -> &dyn Shelf {
            self
        }
    }

    #[test]
    fn what_is_decided_about_is_what_is_seen() {
        let seen =
            |scope: &Scope, seq| Scoped::new(&Few, scope, NaiveDate::default()).entry(seq).map(|it| it.is_some());
        let (own, other) = (Scope::Party(PartyId(2)), Scope::Party(PartyId(3)));
        // The store, the party, a right that is not there, nothing, a key.
        for (scope, wanted) in [
            (&Scope::Everything, [false, true, false, false, false]),
            (&own, [false, true, false, false, false]),
            (&other, [false, false, false, false, false]),
            (&Scope::Nothing, [false, false, false, false, false]),
        ] {
            assert_eq!([1, 2, 3, 4, 5].map(|seq| seen(scope, seq)), wanted.map(Ok), "{scope:?}");
        }
        let scoped = |scope| Scoped::new(&Few, scope, NaiveDate::default());
        assert_eq!(scoped(&own).party(PartyId(2)).map(|party| party.is_some()), Ok(true));
        assert_eq!(scoped(&other).party(PartyId(2)), Ok(None));
        // Names are taken whoever took them, and what a search finds is found.
        assert_eq!(scoped(&other).named(Register::PartyCode, "甲"), Ok(vec![2]));
        assert_eq!(scoped(&other).count_named(Register::PartyCode, "甲"), Ok(7));
        let found = |after, is: bool| scoped(&other).find_after(after, "key_revoked", &mut |_| Ok(is));
        assert_eq!([found(2, true), found(5, true), found(2, false)], [Ok(Some(5)), Ok(None), Ok(None)]);
        assert_eq!(scoped(&other).whole().entry(5).map(|entry| entry.is_some()), Ok(true));
    }
}
