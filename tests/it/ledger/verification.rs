//! Verification over random changes: a byte of any column of any table, a row deleted, two rows swapped.

use lode::domain::books::command::*;
use lode::ledger::Options;
use lode::ledger::chain::Algorithm;
use lode::ledger::migrate::{Dialect, MIGRATIONS};
use lode::ledger::sqlite::FILE;
use lode::ledger::verify::{Cell, Cells, JOURNAL_COLUMNS, Tables, Verification, verify};

use super::world::{Home, Kind, World, day, on_every_store, reverse, serve};

on_every_store!(
    ten_thousand_random_changes_are_noticed_at_the_first_bad_row,
    changes_in_the_tables_are_noticed,
    changes_of_the_audit_log_are_noticed,
    a_newer_schema_is_refused,
    an_older_schema_is_brought_forward,
    many_open_one_store_at_once,
);

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

/// Every table as it stands.
#[derive(Clone)]
pub(super) struct Dump {
    dialect: Dialect,
    pub(super) tables: [Vec<Cells>; 5],
}

/// Name, columns, how each is read (`i` an integer, `t` a text, `b` bytes), order.
const TABLES: [(&str, &str, &str, &str); 5] = [
    ("migration", "number, name, checksum", "itt", "number"),
    ("journal", JOURNAL_COLUMNS, "iitttttbtbb", "seq"),
    ("posting", "seq, line, account, item, amount", "iitti", "seq, line"),
    ("name", "seq, register, name", "itt", "seq, register"),
    ("head", "one, seq, hash", "iib", "one"),
];

pub(super) fn dump_of(home: &Home) -> Dump {
    let sql = |(table, columns, _, order)| format!("SELECT {columns} FROM {table} ORDER BY {order}");
    let cell = |kind, bytes: Vec<u8>| if kind == 't' { Cell::Text(bytes) } else { Cell::Blob(bytes) };
    match home {
        Home::Folder(folder) => {
            let connection = rusqlite::Connection::open(folder.path().join(FILE)).unwrap();
            let tables = TABLES.map(|table| {
                let mut statement = connection.prepare(&sql(table)).unwrap();
                let cells = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Cells> {
                    let columns = table.2.chars().enumerate();
                    let read = columns.map(|(index, kind)| match row.get_ref(index)? {
                        rusqlite::types::ValueRef::Integer(number) => Ok(Cell::Integer(number)),
                        value => {
                            let bytes = value.as_bytes_or_null().unwrap();
                            Ok(bytes.map_or(Cell::Null, |bytes| cell(kind, bytes.to_vec())))
                        }
                    });
                    read.collect()
                };
                statement.query_map([], cells).unwrap().collect::<Result<_, _>>().unwrap()
            });
            Dump { dialect: Dialect::Sqlite, tables }
        }
        #[cfg(not(feature = "postgres"))]
        Home::Schema(_) => unreachable!(),
        #[cfg(feature = "postgres")]
        Home::Schema(schema) => {
            let mut client = schema.client();
            let tables = TABLES.map(|table| {
                let cells = |row: ::postgres::Row| -> Cells {
                    let columns = table.2.chars().enumerate();
                    let read = columns.map(|(index, kind)| match row.columns()[index].type_().name() {
                        "int8" => Cell::Integer(row.get(index)),
                        "text" => {
                            row.get::<_, Option<String>>(index).map_or(Cell::Null, |text| cell(kind, text.into()))
                        }
                        "bytea" => row.get::<_, Option<Vec<u8>>>(index).map_or(Cell::Null, |bytes| cell(kind, bytes)),
                        other => panic!("{other}"),
                    });
                    read.collect()
                };
                client.query(&sql(table), &[]).unwrap().into_iter().map(cells).collect()
            });
            Dump { dialect: Dialect::Postgres, tables }
        }
    }
}

impl Dump {
    fn verify(&self) -> Verification {
        let [migration, journal, posting, name, head] = &self.tables;
        verify(Tables {
            dialect: self.dialect,
            migration: migration.clone(),
            journal: Box::new(journal.iter().cloned()),
            posting: Box::new(posting.iter().cloned()),
            name: Box::new(name.iter().cloned()),
            head: head.clone(),
            audit: Box::new(std::iter::empty()),
            audit_head: Vec::new(),
        })
    }

    /// The entry that a row belongs to, as verification counts.
    fn seq(&self, table: usize, row: usize) -> u64 {
        match (table, &self.tables[table][row][0]) {
            (0, _) => 0,
            (4, _) => self.tables[1].len() as u64 + 1,
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
    let rows = dump.tables[table].len();
    let row = dice.below(rows);
    let seq = dump.seq(table, row);
    let name = TABLES[table].0;
    match dice.below(10) {
        0..7 => {
            let columns = dump.tables[table][row].len();
            let column = dice.below(columns);
            flip(&mut dump.tables[table][row][column], dice);
            // Rows are read in the order of their keys.
            dump.tables[table].sort_by_key(|cells| match &cells[..2] {
                [Cell::Integer(first), Cell::Integer(second)] => (*first, *second),
                [Cell::Integer(first), _] => (*first, 0),
                _ => (i64::MAX, 0),
            });
            (format!("{name} {seq}: column {column}"), seq)
        }
        7..9 => {
            dump.tables[table].remove(row);
            (format!("{name} {seq}: deleted"), seq)
        }
        _ => {
            // Two rows of the journal change places, but for their numbers.
            let journal = &mut dump.tables[1];
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

pub(super) fn filled(kind: Kind, options: Options) -> World<Home> {
    let world = World::at(Home::new(kind), options);
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

fn ten_thousand_random_changes_are_noticed_at_the_first_bad_row(kind: Kind) {
    for algorithm in [Algorithm::Sha256, Algorithm::Sm3] {
        let world = filled(kind, Options { algorithm, ..Options::default() });
        let sound = dump_of(&world.folder);
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

/// A text as the column of names keeps it.
fn name_of(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Sqlite => format!("'{text}'"),
        Kind::Postgres => format!("convert_to('{text}', 'UTF8')"),
    }
}

fn changes_in_the_tables_are_noticed(kind: Kind) {
    let other = name_of(kind, "收8");
    let renamed = format!("UPDATE name SET name = {other} WHERE seq = 9");
    let swapped = "UPDATE journal SET seq = -1 WHERE seq = 7; UPDATE journal SET seq = 7 WHERE seq = 8; \
        UPDATE journal SET seq = 8 WHERE seq = -1";
    let changes = [
        ("journal", 6, "UPDATE journal SET content = replace(content, '100000.00', '100000.01') WHERE seq = 6"),
        ("journal", 6, "UPDATE journal SET actor = 'second' WHERE seq = 6"),
        ("journal", 9, "DELETE FROM journal WHERE seq = 9"),
        ("journal", 7, swapped),
        ("journal", 2, "UPDATE journal SET recorded_at = recorded_at - 1 WHERE seq = 2"),
        ("posting", 9, "UPDATE posting SET amount = amount + 1 WHERE seq = 9 AND line = 1"),
        ("posting", 6, "DELETE FROM posting WHERE seq = 6 AND line = 2"),
        ("name", 9, &renamed),
        ("head", 15, "UPDATE head SET seq = 13"),
        ("head", 14, "DELETE FROM journal WHERE seq = 14"),
        ("migration", 0, "UPDATE migration SET checksum = '' WHERE number = 2"),
    ];
    for (table, seq, sql) in changes {
        let world = filled(kind, Options::default());
        assert_eq!(world.store.verify().unwrap().entries, 14);
        let before = dump_of(&world.folder).tables;
        world.folder.tamper(sql);
        assert_ne!(dump_of(&world.folder).tables, before, "{sql}");
        let damage = world.folder.place().verify().unwrap().1.damage.unwrap_or_else(|| panic!("{sql}"));
        assert_eq!((damage.table, damage.seq), (table, seq), "{sql}");
    }
}

fn changes_of_the_audit_log_are_noticed(kind: Kind) {
    let changes = [
        ("audit", 2, "UPDATE audit SET status = 404 WHERE seq = 2"),
        ("audit", 2, "DELETE FROM audit WHERE seq = 2"),
        ("audit", 3, "UPDATE audit SET target = '/v1' WHERE seq = 3"),
        ("audit_head", 4, "DELETE FROM audit WHERE seq = 4"),
        ("audit_head", 5, "DELETE FROM audit_head"),
    ];
    for (table, seq, sql) in changes {
        let world = World::of(kind);
        for status in 200..204 {
            let access = super::world::access("GET", "/v1/rights", status);
            world.store.note(access).unwrap();
        }
        let sound = world.store.verify().unwrap();
        assert_eq!((sound.accesses, sound.damage), (4, None));
        world.folder.tamper(sql);
        let damage = world.store.verify().unwrap().damage.unwrap_or_else(|| panic!("{sql}"));
        assert_eq!((damage.table, damage.seq), (table, seq), "{sql}");
    }
}

fn a_newer_schema_is_refused(kind: Kind) {
    let world = filled(kind, Options::default());
    world.folder.tamper("INSERT INTO migration VALUES (99, '0099_future', '')");
    let refused = world.folder.place().open(Options::default()).unwrap_err();
    assert!(refused.to_string().contains("99"), "{refused}");
}

/// A value as SQL writes it.
fn literal(dialect: Dialect, column: &str, cell: &Cell) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match (dialect, cell) {
        (_, Cell::Integer(number)) => number.to_string(),
        (Dialect::Sqlite, Cell::Text(bytes)) => format!("CAST(X'{}' AS TEXT)", hex(bytes)),
        (Dialect::Sqlite, Cell::Blob(bytes)) => format!("X'{}'", hex(bytes)),
        // A name is bytes there.
        (Dialect::Postgres, Cell::Text(bytes)) if column != "name.name" => {
            format!("convert_from(decode('{}', 'hex'), 'UTF8')", hex(bytes))
        }
        (Dialect::Postgres, Cell::Text(bytes) | Cell::Blob(bytes)) => format!("decode('{}', 'hex')", hex(bytes)),
        _ => "NULL".to_owned(),
    }
}

fn an_older_schema_is_brought_forward(kind: Kind) {
    let filled = filled(kind, Options::default());
    let (head, Dump { dialect, tables }) = (filled.store.head().unwrap(), dump_of(&filled.folder));
    for released in 1..MIGRATIONS.len() {
        // The same records as that version kept them.
        let older = Home::new(kind);
        older.tamper("CREATE TABLE migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)");
        for (number, migration) in (1..=released).zip(&MIGRATIONS) {
            older.tamper(migration.text(dialect));
            let (name, checksum) = (migration.name, migration.checksum(dialect));
            older.tamper(&format!("INSERT INTO migration VALUES ({number}, '{name}', '{checksum}')"));
        }
        for ((table, columns, ..), rows) in TABLES.iter().zip(&tables).skip(1) {
            for row in rows {
                let values: Vec<String> = columns
                    .split(", ")
                    .zip(row)
                    .map(|(column, cell)| literal(dialect, &format!("{table}.{column}"), cell))
                    .collect();
                older.tamper(&format!("INSERT INTO {table} ({columns}) VALUES ({})", values.join(", ")));
            }
        }
        let damage = older.place().verify().unwrap().1.damage;
        assert_eq!(damage.map(|damage| damage.table), Some("migration"), "it is not the schema of this version");
        let world = World::at(older, Options::default());
        assert_eq!((world.store.head().unwrap(), dump_of(&world.folder).tables), (head.clone(), tables.clone()));
        world.party("914403001922038216");
        let verified = world.store.verify().unwrap();
        assert_eq!((verified.entries, verified.damage), (15, None));
    }
}

fn many_open_one_store_at_once(kind: Kind) {
    let home = Home::new(kind);
    let place = home.place();
    let heads: Vec<_> = std::thread::scope(|scope| {
        let open = || place.open(Options::default()).unwrap().head().unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(heads.iter().all(|head| *head == heads[0]), "one beginning");
    assert_eq!(place.verify().unwrap().1.damage, None);
}
