//! Verification over random changes: a byte of any column of any table, a row deleted, two rows swapped.

use lode::domain::books::command::*;
use lode::ledger::Store;
use lode::ledger::chain::Algorithm;
use lode::ledger::sqlite::{FILE, Options, SqliteStore};
use lode::ledger::verify::{Cell, Cells, JOURNAL_COLUMNS, Tables, Verification, verify};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::world::{World, day, reverse, serve};

/// Numbers from a fixed seed, the same every time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Every table as it stands: name, columns, rows.
#[derive(Clone)]
struct Dump([Vec<Cells>; 5]);

const TABLES: [(&str, &str, usize); 5] = [
    ("migration", "SELECT number, name, checksum FROM migration ORDER BY number", 3),
    ("journal", "", 11),
    ("posting", "SELECT seq, line, account, item, amount FROM posting ORDER BY seq, line", 5),
    ("name", "SELECT seq, register, name FROM name ORDER BY seq, register", 3),
    ("head", "SELECT one, seq, hash FROM head", 3),
];

impl Dump {
    fn of(connection: &Connection) -> Dump {
        Dump(TABLES.map(|(_, sql, columns)| {
            let journal = format!("SELECT {JOURNAL_COLUMNS} FROM journal ORDER BY seq");
            let mut statement = connection.prepare(if sql.is_empty() { &journal } else { sql }).unwrap();
            let rows = statement.query_map([], |row| {
                Ok((0..columns)
                    .map(|index| match row.get_ref(index).unwrap() {
                        ValueRef::Null => Cell::Null,
                        ValueRef::Integer(number) => Cell::Integer(number),
                        ValueRef::Text(text) => Cell::Text(text.to_vec()),
                        ValueRef::Blob(blob) => Cell::Blob(blob.to_vec()),
                        ValueRef::Real(_) => Cell::Other,
                    })
                    .collect())
            });
            rows.unwrap().collect::<Result<Vec<Cells>, _>>().unwrap()
        }))
    }

    fn verify(&self) -> Verification {
        let [migration, journal, posting, name, head] = &self.0;
        verify(Tables {
            migration: migration.clone(),
            journal: journal.iter().cloned(),
            posting: posting.iter().cloned().peekable(),
            name: name.iter().cloned().peekable(),
            head: head.clone(),
        })
    }

    /// The entry that a row belongs to, as verification counts.
    fn seq(&self, table: usize, row: usize) -> u64 {
        match (table, &self.0[table][row][0]) {
            (0, _) => 0,
            (4, _) => self.0[1].len() as u64 + 1,
            (_, Cell::Integer(seq)) => seq.unsigned_abs(),
            _ => unreachable!(),
        }
    }
}

/// Changes one bit of a value.
fn flip(cell: &mut Cell, dice: &mut Dice) {
    match cell {
        Cell::Integer(number) => *number ^= 1 << dice.below(63),
        Cell::Text(bytes) | Cell::Blob(bytes) if !bytes.is_empty() => {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }
        // Nothing becomes something.
        _ => *cell = Cell::Text(b"x".to_vec()),
    }
}

/// Changes the dump and tells the first entry that is affected, and the most that verification may need to notice.
fn change(dump: &mut Dump, dice: &mut Dice) -> (String, u64) {
    // Tables by their number of rows, so that the small ones come up too.
    let table = dice.below(5);
    let rows = dump.0[table].len();
    let row = dice.below(rows);
    let seq = dump.seq(table, row);
    let name = TABLES[table].0;
    match dice.below(10) {
        0..7 => {
            let columns = dump.0[table][row].len();
            let column = dice.below(columns);
            flip(&mut dump.0[table][row][column], dice);
            // Rows are read in the order of their keys.
            dump.0[table].sort_by_key(|cells| match &cells[..2] {
                [Cell::Integer(first), Cell::Integer(second)] => (*first, *second),
                [Cell::Integer(first), _] => (*first, 0),
                _ => (i64::MAX, 0),
            });
            (format!("{name} {seq}: column {column}"), seq)
        }
        7..9 => {
            dump.0[table].remove(row);
            (format!("{name} {seq}: deleted"), seq)
        }
        _ => {
            // Two rows of the journal change places, but for their numbers.
            let journal = &mut dump.0[1];
            let (one, other) = (dice.below(journal.len()), dice.below(journal.len()));
            if one == other {
                journal.remove(one);
            } else {
                journal.swap(one, other);
                let (a, b) = (journal[one][0].clone(), journal[other][0].clone());
                journal[one][0] = b;
                journal[other][0] = a;
            }
            let first = one.min(other) as u64 + 1;
            (format!("journal {}: swapped", first), first)
        }
    }
}

fn filled(options: Options) -> World {
    let world = World::with(options);
    let right = world.right();
    world.owed(right, &[("100000.00", Some("2023-07-01")), ("200.00", None)]);
    let seq =
        world.on(right, OnRight::Notify(IssueNotice { effective_on: day("2023-06-02"), items: vec!["I6-2"] })).unwrap();
    world.ask(serve("3701052023000001", "2023-06-03")).unwrap();
    for (number, amount) in [(1, "60000.00"), (2, "41000.00"), (3, "5000.00")] {
        world.pay(right, "I6-1", &format!("2023-08-{number:02}"), amount, &format!("收{number}")).unwrap();
    }
    let last = world.pay(right, "I6-2", "2023-09-01", "0.01", "收9").unwrap();
    world.ask(reverse(last, "2023-09-02")).unwrap();
    world.on(right, OnRight::Close(CloseRight { effective_on: day("2024-07-01"), reason: "注销" })).unwrap();
    assert!(seq > 0);
    world
}

#[test]
fn ten_thousand_random_changes_are_noticed_at_the_first_bad_row() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sm3] {
        let world = filled(Options { algorithm, ..Options::default() });
        let connection = Connection::open(world.store.path()).unwrap();
        let sound = Dump::of(&connection);
        assert_eq!(sound.verify(), world.store.verify().unwrap());
        assert_eq!(sound.verify().damage, None);
        let mut dice = Dice::new(20_230_501);
        for round in 0..5_000 {
            let mut dump = sound.clone();
            let (what, seq) = change(&mut dump, &mut dice);
            let damage = dump.verify().damage.unwrap_or_else(|| panic!("{round}: {what} was not noticed"));
            // A row whose number changed may turn up before its place.
            assert!(damage.seq <= seq, "{round}: {what}, but verification names {damage}");
            if !what.contains("column 0") {
                assert_eq!(damage.seq, seq, "{round}: {what}, but verification names {damage}");
            }
        }
    }
}

#[test]
fn changes_in_the_file_are_noticed() {
    let world = filled(Options::default());
    let folder = world.folder.path().to_owned();
    drop(world.store);
    let changes = [
        ("journal", 6, "UPDATE journal SET content = replace(content, '100000.00', '100000.01') WHERE seq = 6"),
        ("journal", 6, "UPDATE journal SET actor = 'second' WHERE seq = 6"),
        ("journal", 9, "DELETE FROM journal WHERE seq = 9"),
        ("journal", 2, "UPDATE journal SET recorded_at = recorded_at - 1 WHERE seq = 2"),
        ("posting", 9, "UPDATE posting SET amount = amount + 1 WHERE seq = 9 AND line = 1"),
        ("posting", 6, "DELETE FROM posting WHERE seq = 6 AND line = 2"),
        ("name", 9, "UPDATE name SET name = '收8' WHERE seq = 9"),
        ("head", 15, "UPDATE head SET seq = 13"),
        ("head", 14, "DELETE FROM journal WHERE seq = 14"),
        ("migration", 0, "UPDATE migration SET checksum = '' WHERE number = 2"),
    ];
    for (table, seq, sql) in changes {
        let connection = Connection::open(folder.join(FILE)).unwrap();
        let before = connection.query_row("SELECT COUNT(*) FROM journal", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(before, 14);
        let copy = super::world::Folder::new();
        let target = copy.path().join(FILE);
        connection.execute("VACUUM INTO ?1", [target.to_str().unwrap()]).unwrap();
        let changed = Connection::open(copy.path().join(FILE)).unwrap();
        assert_eq!(changed.execute(sql, params![]).unwrap(), 1, "{sql}");
        drop(changed);
        let (_, verification) = lode::ledger::sqlite::verify_file(copy.path()).unwrap();
        let damage = verification.damage.unwrap_or_else(|| panic!("{sql}"));
        assert_eq!((damage.table, damage.seq), (table, seq), "{sql}");
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let world = filled(Options::default());
    let folder = &world.folder;
    let connection = Connection::open(world.store.path()).unwrap();
    connection.execute("INSERT INTO migration VALUES (99, '0099_future', '')", []).unwrap();
    let refused = SqliteStore::open(folder.path(), Options::default()).unwrap_err();
    assert!(refused.to_string().contains("99"), "{refused}");
}
