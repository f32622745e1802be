//! Backups: taken while others write, restored into both kinds of store, refused where something would be lost or hidden.

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lode::domain::books::entry::Seq;
use lode::ledger::chain::Hash;
use lode::ledger::place::{Place, backed_up};
use lode::ledger::sqlite::FILE;
use lode::ledger::{Options, Store, StoreError};

use super::verification::filled;
use super::world::{Folder, Home, Kind, World, access, has_server, on_every_store};
use crate::service::lode;

on_every_store!(
    a_backup_under_load_has_all_that_was_acknowledged_before_it,
    a_backup_is_restored_into_both_kinds_of_store,
    what_is_damaged_is_not_backed_up,
);

/// The kinds that this machine has.
fn kinds(test: &str) -> Vec<Kind> {
    let with_server = cfg!(feature = "postgres") && has_server(test);
    if with_server { vec![Kind::Sqlite, Kind::Postgres] } else { vec![Kind::Sqlite] }
}

fn a_backup_under_load_has_all_that_was_acknowledged_before_it(kind: Kind) {
    const BACKUPS: usize = 5;
    let world = World::of(kind);
    let right = world.right();
    world.owed(right, &[("100000000.00", None)]);
    let (place, folder) = (world.folder.place(), Folder::new());
    let (done, acknowledged) = (AtomicBool::new(false), Mutex::new((Vec::<(Seq, Hash)>::new(), 0)));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (world, done, acknowledged) = (&world, &done, &acknowledged);
            scope.spawn(move || {
                for count in 0.. {
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                    let seq = world.pay(right, "I6-1", "2023-06-10", "0.01", &format!("收{thread}-{count}")).unwrap();
                    let hash = world.store.entry(seq).unwrap().unwrap().hash;
                    world.store.note(access("GET", "/v1/rights/R3", 200)).unwrap();
                    let mut acknowledged = acknowledged.lock().unwrap();
                    acknowledged.0.push((seq, hash));
                    acknowledged.1 += 1;
                }
            });
        }
        let mut before = 0;
        for backup in 0..BACKUPS {
            // Some more than at the backup before: the writers are at work.
            while acknowledged.lock().unwrap().0.len() < before + 20 {
                std::thread::yield_now();
            }
            let (entries, accesses) = acknowledged.lock().unwrap().clone();
            before = entries.len();
            let file = folder.path().join(format!("{backup}.backup"));
            let (head, verification) = place.backup(&file).unwrap();
            assert_eq!(verification.damage, None);
            assert!(verification.accesses >= accesses, "backup {backup} lost accesses");
            let copy = backed_up(&file).unwrap();
            assert_eq!(copy.head().unwrap(), head);
            for (seq, hash) in entries {
                assert_eq!(
                    copy.entry(seq).unwrap().map(|stored| stored.hash),
                    Some(hash),
                    "backup {backup} lost {seq}"
                );
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(world.store.verify().unwrap().damage, None);
}

fn a_backup_is_restored_into_both_kinds_of_store(kind: Kind) {
    let world = filled(kind, Options::default());
    world.store.note(access("GET", "/v1/rights/R3", 200)).unwrap();
    let folder = Folder::new();
    let file = folder.path().join("backup");
    let (head, verification) = world.folder.place().backup(&file).unwrap();
    assert_eq!(head, world.store.head().unwrap());
    for into in kinds("ledger::backup: into the other kind of store") {
        let home = Home::new(into);
        let restored = home.place().restore(&file).unwrap();
        assert_eq!(restored, (head.clone(), verification.clone()), "{into:?}");
        let other = World { store: home.place().open(Options::default()).unwrap(), folder: home };
        assert_eq!(rows(&*other.store), rows(&*world.store), "{into:?}");
        // It goes on where it was.
        other.party("91110000710925462X");
        assert_eq!(other.store.verify().unwrap().entries, verification.entries + 1);
        // A second time there is something to lose.
        let refused = other.folder.place().restore(&file);
        assert!(matches!(&refused, Err(StoreError::Unusable(text)) if text.contains("empty store")), "{refused:?}");
        assert_eq!(other.store.verify().unwrap().entries, verification.entries + 1, "nothing was changed");
        // What was restored has the same backup, whatever keeps it.
        let again = Folder::new();
        let copy = again.path().join("backup");
        let (longer, _) = other.folder.place().backup(&copy).unwrap();
        assert_eq!((longer.seq, &longer.instance), (head.seq + 1, &head.instance));
    }
}

/// Everything in the journal and the audit log.
fn rows(store: &dyn Store) -> String {
    format!("{:?} {:?}", store.entries_after(0, None, u32::MAX).unwrap(), store.audit_after(0, u32::MAX).unwrap())
}

fn what_is_damaged_is_not_backed_up(kind: Kind) {
    let world = filled(kind, Options::default());
    world
        .folder
        .tamper("UPDATE posting SET amount = amount + 1 WHERE seq = (SELECT MIN(seq) FROM posting) AND line = 1");
    let folder = Folder::new();
    let file = folder.path().join("backup");
    let refused = world.folder.place().backup(&file);
    assert!(matches!(&refused, Err(StoreError::Damaged(text)) if text.starts_with("posting ")), "{refused:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_backup_of_an_older_schema_is_brought_forward() {
    let world = filled(Kind::Sqlite, Options::default());
    let (folder, into) = (Folder::new(), Folder::new());
    let file = folder.path().join("backup");
    world.folder.place().backup(&file).unwrap();
    // As the version before the audit log would have made it.
    let older = "DROP TABLE audit; DROP TABLE audit_head; DELETE FROM migration WHERE number = 2";
    rusqlite::Connection::open(&file).unwrap().execute_batch(older).unwrap();
    let before = std::fs::read(&file).unwrap();
    let (head, verification) = Place::Directory(into.path().to_owned()).restore(&file).unwrap();
    assert_eq!((head, verification.damage), (world.store.head().unwrap(), None));
    assert_eq!(std::fs::read(&file).unwrap(), before, "the backup stays as it was");
    // One of a newer version is refused.
    let newer = "INSERT INTO migration (number, name, checksum) VALUES (2, '0002', ''), (99, '0099_later', '')";
    rusqlite::Connection::open(&file).unwrap().execute_batch(newer).unwrap();
    let target = Folder::new();
    assert!(Place::Directory(target.path().to_owned()).restore(&file).is_err());
}

#[test]
fn the_commands_tell_what_they_did_and_what_stands_in_their_way() {
    let world = filled(Kind::Sqlite, Options::default());
    let (folder, target) = (Folder::new(), Folder::new());
    let [option, data] = world.folder.option();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let said = |arguments: &[&str]| {
        let output = lode(arguments, b"");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (status, told) = said(&["backup", &option, &data, "-o", &path("one")]);
    assert_eq!(status, Some(0), "{told}");
    let head = world.store.head().unwrap();
    assert!(told.contains("are backed up") && told.contains(&head.hash.to_string()), "{told}");
    assert_eq!(std::fs::metadata(path("one")).unwrap().permissions().mode() & 0o777, 0o600, "its owner's alone");
    // Heads that were kept elsewhere belong to the backup too.
    let anchors = path("anchors");
    std::fs::write(&anchors, lode(&["ledger", "head", &option, &data], b"").stdout).unwrap();
    let verify = ["ledger", "verify", "--backup", &path("one"), "--anchors", &anchors];
    assert_eq!(said(&verify).0, Some(0), "{}", said(&verify).1);
    let (status, told) = said(&["backup", &option, &data, "-o", &path("one")]);
    assert_eq!(status, Some(1));
    assert!(told.contains("exists already"), "{told}");
    let restored = target.path().join("new").to_str().unwrap().to_owned();
    let (status, told) = said(&["restore", &path("one"), "--data", &restored]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("are restored"), "{told}");
    assert_eq!(said(&["ledger", "verify", "--data", &restored]).0, Some(0));
    assert_eq!(said(&["restore", &path("one"), "--data", &restored]).0, Some(1), "there are records");
    // What is no backup, and what is none any more.
    std::fs::write(path("text"), "no database").unwrap();
    for (file, wanted) in [("text", "is no backup"), ("missing", "does not exist")] {
        let (status, told) = said(&["restore", &path(file), "--data", &path("into")]);
        assert_eq!(status, Some(1));
        assert!(told.contains(wanted), "{told}");
    }
    rusqlite::Connection::open(path("one")).unwrap().execute_batch("DELETE FROM name WHERE seq > 2").unwrap();
    let (status, told) = said(&["restore", &path("one"), "--data", &path("into")]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("the store is damaged: name"), "{told}");
    assert_eq!(said(&["ledger", "verify", "--backup", &path("one")]).0, Some(1));
    // Nothing half restored.
    let empty = rusqlite::Connection::open(folder.path().join("into").join(FILE)).unwrap();
    let tables: i64 = empty.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
}
