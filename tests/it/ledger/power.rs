//! The power goes: what SQLite wrote and synced is recorded, and out of it the disk is made as it can be found afterwards.
//! What was synced is there; of everything else any subset is, and any of it in parts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use lode::domain::books::command::*;
use lode::domain::books::entry::{RightId, Seq};
use lode::ledger::chain::Hash;
use lode::ledger::place::Place;
use lode::ledger::{Options, Synchronous};

use super::disk::{Asked, Happened, Listener};
use super::verification::Dice;
use super::world::{Folder, World, access, ask, day, number, submit};

/// A disk writes so many bytes as a whole.
const SECTOR: usize = 512;

/// What somebody was told to be on the disk.
#[derive(Clone, Debug)]
enum Acknowledged {
    Entry(Seq, Hash),
    Access,
}

/// Eight rights with payments from four threads, accesses noted between them: several checkpoints long.
fn history(synchronous: Synchronous) -> Vec<Happened<Acknowledged>> {
    const THREADS: usize = 4;
    const RIGHTS: usize = 2;
    const PAYMENTS: usize = 320;
    let folder = Folder::new();
    let listener = Listener::of(folder.path());
    let world = World::in_folder(folder, Options { synchronous, ..Options::default() });
    let party = world.party("91350100M000100Y43");
    let owed: Vec<(RightId, String)> = (0..THREADS * RIGHTS)
        .map(|index| {
            let right = world.right_of(party, &format!("C{index}"));
            let (_, plan) = world.planned(right, &[("100000.00", None)]);
            (right, format!("I{plan}-1"))
        })
        .collect();
    std::thread::scope(|scope| {
        for (thread, owed) in owed.chunks(RIGHTS).enumerate() {
            let (store, listener) = (&*world.store, &listener);
            scope.spawn(move || {
                for count in 0..PAYMENTS {
                    let (right, item) = owed[count % RIGHTS].clone();
                    let receipt = format!("收{thread}-{count}");
                    let pay = ask!(Command::OnRight(
                        right,
                        OnRight::Pay(BookPayment {
                            item: &item,
                            paid_on: day("2023-06-10"),
                            amount: number("0.01"),
                            receipt: &receipt
                        })
                    ));
                    let (stored, _) = submit(store, "first", None, pay).unwrap();
                    listener.tell(Acknowledged::Entry(stored.entry.seq, stored.hash));
                    if count % 4 == 0 {
                        store.note(access("GET", &format!("/v1/rights/{right}"), 200)).unwrap();
                        listener.tell(Acknowledged::Access);
                    }
                }
            });
        }
    });
    let World { store, folder } = world;
    // The last connection writes everything into the file and removes the log.
    drop(store);
    drop(folder);
    listener.heard()
}

/// A file as the disk has it, and what it was asked since.
#[derive(Clone, Default)]
struct File {
    /// Surely there, with what is surely in it.
    synced: Option<Vec<u8>>,
    since: Vec<Asked>,
    /// Removed, as far as anybody knows: it may come back.
    removed: Option<Vec<u8>>,
}

impl File {
    fn asked(&mut self, asked: &Asked) {
        match asked {
            Asked::Sync { .. } => {
                let mut content = self.synced.take().unwrap_or_default();
                self.since.drain(..).for_each(|asked| apply(&mut content, &asked, |_| true));
                *self = File { synced: Some(content), ..File::default() };
            }
            Asked::Remove { synced } => {
                let removed = self.synced.take().filter(|_| !synced);
                *self = File { removed, ..File::default() };
            }
            Asked::Write(..) | Asked::Cut(_) => self.since.push(asked.clone()),
        }
    }

    /// The file as it may be found.
    fn found(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        let luck = dice.next() % 5;
        let mut kept = move || dice.next() % 4 < luck;
        if self.synced.is_none() && !kept() {
            return self.removed.clone().filter(|_| self.since.is_empty() && kept());
        }
        if self.synced.is_none() && self.since.is_empty() {
            return None;
        }
        let mut content = self.synced.clone().unwrap_or_default();
        for asked in &self.since {
            // All of it, none of it, or each sector by itself.
            match (kept(), kept()) {
                (true, true) => apply(&mut content, asked, |_| true),
                (false, false) => {}
                _ => apply(&mut content, asked, |_| kept()),
            }
        }
        Some(content)
    }
}

fn apply(content: &mut Vec<u8>, asked: &Asked, mut is_kept: impl FnMut(usize) -> bool) {
    match asked {
        Asked::Write(at, bytes) => {
            let (mut at, mut rest) = (usize::try_from(*at).unwrap(), bytes.as_slice());
            while !rest.is_empty() {
                let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                if is_kept(at / SECTOR) {
                    let end = at + sector.len();
                    content.resize(content.len().max(end), 0);
                    content[at..end].copy_from_slice(sector);
                }
                (at, rest) = (at + sector.len(), after);
            }
        }
        Asked::Cut(length) if is_kept(0) => content.resize(usize::try_from(*length).unwrap(), 0),
        _ => {}
    }
}

/// What an image lost, if it lost something; it does not open or is damaged: that is told with everything behind it.
fn lost(image: &BTreeMap<String, Vec<u8>>, entry: Option<&(Seq, Hash)>, accesses: u64, folder: &Path) -> bool {
    for (name, content) in image {
        std::fs::write(folder.join(name), content).unwrap();
    }
    // What only hastens this test: the image is thrown away.
    let store = Place::Directory(folder.to_owned()).open(Options::default()).unwrap();
    let verification = store.verify().unwrap();
    assert_eq!(verification.damage, None);
    // Sound, so the entry with that hash has all others before it.
    let entry_lost =
        entry.is_some_and(|(seq, hash)| store.entry(*seq).unwrap().map(|stored| stored.hash) != Some(*hash));
    entry_lost || verification.accesses < accesses
}

/// How many of so many images lost something that was acknowledged.
fn images_with_losses(happened: &[Happened<Acknowledged>], images: usize) -> usize {
    let (losses, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut dice = Dice::new(11);
    let mut moments: Vec<usize> =
        (0..images).map(|_| usize::try_from(dice.next()).unwrap_or(usize::MAX) % (happened.len() + 1)).collect();
    moments.sort_unstable();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (losses, next, moments) = (&losses, &next, &moments);
            scope.spawn(move || {
                let mut dice = Dice::new(100 + thread);
                let (mut files, mut at) = (BTreeMap::<String, File>::new(), 0);
                let (mut entry, mut accesses) = (None, 0);
                while let Some(&moment) = moments.get(next.fetch_add(1, Ordering::SeqCst)) {
                    for happened in &happened[at..moment] {
                        match happened {
                            Happened::Disk(name, asked) => {
                                files.entry(name.clone()).or_default().asked(asked);
                                if let Asked::Sync { with_folder: true } = asked {
                                    files.values_mut().for_each(|file| file.removed = None);
                                }
                            }
                            Happened::Told(Acknowledged::Access) => accesses += 1,
                            Happened::Told(Acknowledged::Entry(seq, hash)) => {
                                entry = entry.max(Some((*seq, hash.0)));
                            }
                        }
                    }
                    at = moment;
                    let found = |(name, file): (&String, &File)| Some((name.clone(), file.found(&mut dice)?));
                    let image: BTreeMap<String, Vec<u8>> = files.iter().filter_map(found).collect();
                    let told = entry.map(|(seq, hash)| (seq, Hash(hash)));
                    if lost(&image, told.as_ref(), accesses, Folder::new().path()) {
                        losses.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    losses.into_inner()
}

fn power_goes(images: usize) {
    let full = history(Synchronous::Full);
    let syncs = |name: &str| {
        let is = |happened: &&Happened<_>| matches!(happened, Happened::Disk(file, Asked::Sync { .. }) if file == name);
        full.iter().filter(is).count()
    };
    let (commits, checkpoints) = (syncs("lode.db-wal"), syncs("lode.db"));
    assert!(
        commits > 50 && checkpoints > 2,
        "too little was recorded: {commits} syncs of the log, {checkpoints} of the file"
    );
    assert_eq!(images_with_losses(&full, images), 0, "acknowledged and lost");
    // The test's own test: what waits for the disk now and then loses what it acknowledged.
    let normal = images_with_losses(&history(Synchronous::Normal), images);
    println!("{images} images each: none lost with FULL, {normal} with NORMAL");
    assert!(normal > images / 10, "only {normal} of {images}");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes() {
    power_goes(120);
}

#[test]
#[ignore = "10 000 images: for docs/reliability.md; LODE_TEST_IMAGES sets another number"]
fn nothing_acknowledged_is_lost_in_ten_thousand_images() {
    let images =
        std::env::var_os("LODE_TEST_IMAGES").map_or(10_000, |images| images.to_str().unwrap().parse().unwrap());
    power_goes(images);
}
