//! A store in a place of its own, and commands in the shortest form.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use chrono::NaiveDate;
use lode::domain::books::command::*;
use lode::domain::books::decide::{Asker, Refusal, Shelf, decide};
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
use lode::ledger::audit::Access;
use lode::ledger::chain::Hash;
use lode::ledger::place::{Place, StoreUrl};
use lode::ledger::sqlite::FILE;
use lode::ledger::{Options, Outcome, Store, StoreError, Stored, Submission};
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

/// What keeps the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// The address of a PostgreSQL server for tests, on which every test makes a schema of its own.
const SERVER: &str = "LODE_TEST_POSTGRES";

/// Whether there is a server; if not, the name of the test that is left out goes to standard error, captured or not.
pub(crate) fn has_server(test: &str) -> bool {
    let there = std::env::var_os(SERVER).is_some();
    if !there {
        let told = format!("left out, no {SERVER}=postgres://… : {test}\n");
        std::io::stderr().write_all(told.as_bytes()).unwrap();
    }
    there
}

/// Each of these functions as a test of every kind of store.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test($crate::ledger::world::Kind::Sqlite) })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $test() {
                if $crate::ledger::world::has_server(concat!(module_path!(), "::", stringify!($test))) {
                    super::$test($crate::ledger::world::Kind::Postgres)
                }
            })+
        }
    };
}
pub(crate) use on_every_store;

/// A schema of a PostgreSQL server, which is removed when it is dropped.
pub(crate) struct Schema {
    name: String,
    base: String,
}

impl Schema {
    pub(crate) fn new() -> Schema {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let base = std::env::var_os(SERVER).unwrap().into_string().unwrap();
        let name = format!("lode_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let schema = Schema { name, base };
        schema.run(&schema.base, &format!("CREATE SCHEMA {}", schema.name));
        schema
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of the database.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The address of the database, with this schema.
    pub(crate) fn url(&self) -> String {
        let sign = if self.base.contains('?') { '&' } else { '?' };
        format!("{}{sign}options=-c%20search_path%3D{}", self.base, self.name)
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn client(&self) -> postgres::Client {
        postgres::Client::connect(&self.url(), postgres::NoTls).unwrap()
    }

    #[cfg(feature = "postgres")]
    fn run(&self, url: &str, sql: &str) {
        postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(sql).unwrap();
    }

    #[cfg(not(feature = "postgres"))]
    fn run(&self, _: &str, _: &str) {}
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.run(&self.base, &format!("SET client_min_messages = warning; DROP SCHEMA {} CASCADE", self.name));
    }
}

/// Where the records of a test are.
pub(crate) enum Home {
    Folder(Folder),
    Schema(Schema),
}

impl Home {
    pub(crate) fn new(kind: Kind) -> Home {
        match kind {
            Kind::Sqlite => Home::Folder(Folder::new()),
            Kind::Postgres => Home::Schema(Schema::new()),
        }
    }

    pub(crate) fn place(&self) -> Place {
        match self {
            Home::Folder(folder) => Place::Directory(folder.path().to_owned()),
            Home::Schema(schema) => Place::Server(StoreUrl::from(schema.url())),
        }
    }

    /// The option that names it.
    pub(crate) fn option(&self) -> [String; 2] {
        match self {
            Home::Folder(folder) => ["--data".to_owned(), folder.path().to_str().unwrap().to_owned()],
            Home::Schema(schema) => ["--store".to_owned(), schema.url()],
        }
    }

    /// Changes the tables behind the back of the store.
    pub(crate) fn tamper(&self, sql: &str) {
        match self {
            Home::Folder(folder) => {
                rusqlite::Connection::open(folder.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
            }
            Home::Schema(schema) => schema.run(&schema.url(), sql),
        }
    }
}

/// An access for the audit log.
pub(crate) fn access(method: &str, target: &str, status: u16) -> Access {
    let (method, target) = (method.to_owned(), target.to_owned());
    let (actor, address, request_id) = ("local".to_owned(), "127.0.0.1".to_owned(), "test".to_owned());
    Access { actor, method, target, address, request_id, status }
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

impl From<Refusal<'_>> for No {
    fn from(refusal: Refusal<'_>) -> No {
        match refusal {
            Refusal::Faults(faults) => No::Faults(faults.into_iter().map(|fault| fault.pointer).collect()),
            Refusal::Conflict(_) => No::Conflict,
            Refusal::Unknown => No::Unknown,
            Refusal::Unreadable => No::Store(StoreError::Damaged("unreadable".to_owned())),
        }
    }
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
    let decide = Box::new(move |shelf: &dyn Shelf| {
        let mut decided = None;
        ask(&mut |command| decided = Some(decide(command, Asker::known_as(&by), shelf, &BOOK)));
        match decided.unwrap() {
            Ok(entry) => Some(entry),
            Err(refusal) => {
                *slot.lock().unwrap() = Some(refusal.into());
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
pub(crate) struct World<H = Folder> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) folder: H,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> World {
        World::in_folder(Folder::new(), options)
    }

    pub(crate) fn in_folder(folder: Folder, options: Options) -> World {
        World { store: Place::Directory(folder.path().to_owned()).open(options).unwrap(), folder }
    }
}

impl World<Home> {
    pub(crate) fn of(kind: Kind) -> World<Home> {
        World::at(Home::new(kind), Options::default())
    }

    pub(crate) fn at(home: Home, options: Options) -> World<Home> {
        World { store: home.place().open(options).unwrap(), folder: home }
    }
}

impl<H> World<H> {
    pub(crate) fn by(&self, actor: &str, ask: Ask) -> Result<Seq, No> {
        submit(&*self.store, actor, None, ask).map(|(stored, _)| stored.entry.seq)
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
            .map(|(amount, due)| Part {
                kind: ItemKind::Price,
                amount: yuan(amount),
                due_on: due.map(day),
                levy_method: None,
                rule: None,
            })
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

    /// What the records say, to look at without recording anything.
    pub(crate) fn look<T: Send + 'static>(&self, at: impl FnOnce(&dyn Shelf) -> T + Send + 'static) -> T {
        let (sender, seen) = std::sync::mpsc::channel();
        let decide = Box::new(move |shelf: &dyn Shelf| {
            sender.send(at(shelf)).unwrap();
            None
        });
        let looked = Submission { actor: "first".to_owned(), request: None, decide, note: None };
        assert!(matches!(self.store.submit(looked), Ok(Outcome::Refused)));
        seen.recv().unwrap()
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

/// The registration of an exploration right.
pub(crate) fn exploration_right<'a>(holder: &'a str, licence_number: &'a str) -> RegisterRight<'a> {
    RegisterRight {
        effective_on: day("2023-06-01"),
        right: Right::Exploration,
        holder,
        licence_number,
        contract_number: None,
        contract_signed_on: Some(day("2023-06-01")),
        transfer_mode: TransferMode::Agreement,
        contract_rate_percent: None,
        division: "370105",
        area: AreaKind::Land,
        scheme: None,
        minerals: vec!["水泥用灰岩"],
        area_km2: number("1"),
        term_from: None,
        term_to: None,
        mine_scale: None,
    }
}

/// A correction that leaves everything as it is, for a test to say what differs.
pub(crate) fn nothing_corrected() -> CorrectRight<'static> {
    CorrectRight {
        holder: None,
        licence_number: None,
        contract_number: None,
        contract_signed_on: None,
        transfer_mode: None,
        contract_rate_percent: None,
        division: None,
        area: None,
        scheme: None,
        minerals: None,
        area_km2: None,
        term_from: None,
        term_to: None,
        mine_scale: None,
        reason: "录入有误",
    }
}

/// Refused with faults at these fields.
pub(crate) fn faulty<T>(pointers: &[&str]) -> Result<T, No> {
    Err(No::Faults(pointers.iter().map(|pointer| (*pointer).to_owned()).collect()))
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
    let effective_on = Some(day(on));
    ask!(Command::Reverse(seq, Reverse { effective_on, reason: "录入有误" }))
}

pub(crate) fn serve(number: &str, on: &str) -> Ask {
    let (number, received_on) = (number.to_owned(), day(on));
    ask!(Command::ServeNotice(&number, ServeNotice { received_on, holiday_shift: HolidayShift::Off }))
}
