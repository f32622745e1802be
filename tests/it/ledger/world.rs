//! A store in a folder of its own, and commands in the shortest form.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use chrono::NaiveDate;
use lode::domain::books::command::*;
use lode::domain::books::decide::{Asker, Refusal, decide};
use lode::domain::books::entry::{Entry, RightId, Seq, Subject};
use lode::domain::books::event::{ItemKind, Part};
use lode::domain::books::history::{RightHistory, until};
use lode::domain::books::statement::{Statement, statement};
use lode::domain::context::Detail;
use lode::domain::due_date::HolidayShift;
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::quantity::Number;
use lode::domain::rate_book::RateBook;
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::chain::Hash;
use lode::ledger::sqlite::{Options, SqliteStore};
use lode::ledger::{Outcome, Store, StoreError, Stored, Submission};
use lode::rates::load_builtin;

pub(crate) static BOOK: LazyLock<Arc<RateBook>> = LazyLock::new(|| Arc::new(load_builtin().unwrap()));

/// A folder that is removed when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("lode-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    lode::domain::dates::day(text).unwrap()
}

pub(crate) fn yuan(text: &str) -> Yuan {
    Yuan::from_decimal(text.parse().unwrap()).unwrap()
}

pub(crate) fn number(text: &str) -> Number {
    lode::api::shape::decimal(text).unwrap()
}

/// Why a command was not recorded, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// Pointers of the faults.
    Faults(Vec<String>),
    Conflict,
    Unknown,
    Mismatch,
    Store(StoreError),
}

/// Something that can be asked of the records, owned, so that it can go to the writer.
pub(crate) type Ask = Box<dyn Fn(&mut dyn FnMut(&Command<'_>)) + Send>;

/// An [`Ask`] of a command whose texts live inside it.
macro_rules! ask {
    ($command:expr) => {{
        let ask: $crate::ledger::world::Ask =
            Box::new(move |give: &mut dyn FnMut(&lode::domain::books::command::Command<'_>)| give(&$command));
        ask
    }};
}
pub(crate) use ask;

pub(crate) fn submit(
    store: &dyn Store,
    actor: &str,
    request: Option<(String, Hash)>,
    ask: Ask,
) -> Result<(Stored, bool), No> {
    let refusal = Arc::new(Mutex::new(None));
    let (slot, by) = (Arc::clone(&refusal), actor.to_owned());
    let decide = Box::new(move |shelf: &dyn lode::domain::books::decide::Shelf| {
        let mut decided = None;
        ask(&mut |command| decided = Some(decide(command, Asker::known_as(&by), shelf, &BOOK)));
        match decided.unwrap() {
            Ok(entry) => Some(entry),
            Err(refusal) => {
                *slot.lock().unwrap() = Some(match refusal {
                    Refusal::Faults(faults) => No::Faults(faults.into_iter().map(|fault| fault.pointer).collect()),
                    Refusal::Conflict(_) => No::Conflict,
                    Refusal::Unknown => No::Unknown,
                    Refusal::Unreadable => No::Store(StoreError::Damaged("unreadable".to_owned())),
                });
                None
            }
        }
    });
    match store.submit(Submission { actor: actor.to_owned(), request, decide, note: None }).map_err(No::Store)? {
        Outcome::Recorded(stored) => Ok((stored, true)),
        Outcome::Repeated(stored) => Ok((stored, false)),
        Outcome::Mismatch => Err(No::Mismatch),
        Outcome::Refused => Err(refusal.lock().unwrap().take().unwrap()),
    }
}

/// A store with what most tests begin with.
pub(crate) struct World {
    pub(crate) store: SqliteStore,
    pub(crate) folder: Folder,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> World {
        let folder = Folder::new();
        World { store: SqliteStore::open(folder.path(), options).unwrap(), folder }
    }

    pub(crate) fn by(&self, actor: &str, ask: Ask) -> Result<Seq, No> {
        submit(&self.store, actor, None, ask).map(|(stored, _)| stored.entry.seq)
    }

    pub(crate) fn ask(&self, ask: Ask) -> Result<Seq, No> {
        self.by("first", ask)
    }

    pub(crate) fn on(&self, right: RightId, command: OnRight<'static>) -> Result<Seq, No> {
        self.ask(ask!(Command::OnRight(right, command.clone())))
    }

    /// A party, and a mining right of coal and limestone in 济南 held by it.
    pub(crate) fn right(&self) -> RightId {
        let party = self.party("91350100M000100Y43");
        self.right_of(party, "C100000000000000000001")
    }

    pub(crate) fn party(&self, code: &'static str) -> Seq {
        self.ask(ask!(Command::RegisterParty(RegisterParty {
            effective_on: day("2023-05-01"), code, name: "甲公司"
        })))
        .unwrap()
    }

    pub(crate) fn right_of(&self, party: Seq, licence: &str) -> RightId {
        RightId(self.ask(register(party, licence.to_owned())).unwrap())
    }

    /// [`World::planned`]: the number of the draft.
    pub(crate) fn owed(&self, right: RightId, sums: &[(&str, Option<&str>)]) -> Seq {
        self.planned(right, sums).0
    }

    /// An assessment of these sums, drafted, confirmed by another person, and planned: the numbers of draft and plan.
    pub(crate) fn planned(&self, right: RightId, sums: &[(&str, Option<&str>)]) -> (Seq, Seq) {
        let parts = sums
            .iter()
            .map(|(amount, due)| Part { kind: ItemKind::Price, amount: yuan(amount), due_on: due.map(day) })
            .collect();
        let draft = self.on(right, OnRight::Assess(draft(parts))).unwrap();
        self.by("second", confirm(draft)).unwrap();
        let plan =
            self.on(right, OnRight::Plan(SetPlan { effective_on: day("2023-06-01"), assessment: draft })).unwrap();
        (draft, plan)
    }

    pub(crate) fn pay(
        &self,
        right: RightId,
        item: &str,
        paid_on: &str,
        amount: &str,
        receipt: &str,
    ) -> Result<Seq, No> {
        let (item, paid_on, receipt) = (item.to_owned(), day(paid_on), receipt.to_owned());
        let amount = number(amount);
        self.ask(ask!(Command::OnRight(
            right,
            OnRight::Pay(BookPayment { item: &item, paid_on, amount, receipt: &receipt })
        )))
    }

    pub(crate) fn history(&self, right: RightId, as_of: &str) -> RightHistory {
        let stored = self.store.entries_of(Subject::Right(right), None).unwrap();
        let entries: Vec<Entry> = stored.into_iter().map(|stored| stored.entry).collect();
        RightHistory::fold(&until(entries, day(as_of))).unwrap()
    }

    pub(crate) fn statement(&self, right: RightId, as_of: &str) -> Statement<'static> {
        statement(&self.history(right, as_of), day(as_of), Detail::Steps, &BOOK).unwrap()
    }
}

pub(crate) fn register(party: Seq, licence: String) -> Ask {
    let holder = format!("P{party}");
    ask!(Command::RegisterRight(RegisterRight {
        effective_on: day("2023-05-01"),
        right: Right::Mining,
        holder: &holder,
        licence_number: &licence,
        contract_number: None,
        contract_signed_on: Some(day("2023-05-01")),
        transfer_mode: TransferMode::Agreement,
        contract_rate_percent: None,
        division: "370105",
        area: AreaKind::Land,
        scheme: None,
        minerals: vec!["煤", "水泥用灰岩"],
        area_km2: number("1.25"),
        term_from: Some(day("2023-05-01")),
        term_to: Some(day("2043-04-30")),
        mine_scale: None,
    }))
}

pub(crate) fn draft(parts: Vec<Part>) -> DraftAssessment<'static> {
    DraftAssessment {
        effective_on: day("2023-06-01"),
        topic: "transfer-income".into(),
        request: "{}".into(),
        answer_sha256: "".into(),
        parts,
    }
}

pub(crate) fn confirm(draft: Seq) -> Ask {
    ask!(Command::JudgeAssessment(
        draft,
        JudgeAssessment { effective_on: day("2023-06-01"), verdict: Verdict::Confirm, reason: None }
    ))
}

pub(crate) fn reverse(seq: Seq, on: &str) -> Ask {
    let effective_on = day(on);
    ask!(Command::Reverse(seq, Reverse { effective_on, reason: "录入有误" }))
}

pub(crate) fn serve(number: &str, on: &str) -> Ask {
    let (number, received_on) = (number.to_owned(), day(on));
    ask!(Command::ServeNotice(&number, ServeNotice { received_on, holiday_shift: HolidayShift::Off }))
}
