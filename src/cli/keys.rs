//! `lode keys`: keys are handed out, listed and revoked beside the running service, which looks them up with every request.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::{REFUSED, complain, print};
use crate::api::access::new_key;
use crate::api::records::today;
use crate::config::Keys;
use crate::domain::books::access::{KeyFault, NewKey, create_key, revoke_key};
use crate::domain::books::decide::Shelf;
use crate::domain::books::entry::{Entry, NewEntry, Seq};
use crate::domain::books::event::{Event, KeyCreated};
use crate::ledger::place::Place;
use crate::ledger::{Options, Outcome, Store, StoreError, Submission, rfc3339};

/// Under which name the records keep what is done from the command line.
const ACTOR: &str = "console";

/// Entries that are read in one go.
const STRIDE: u32 = 1000;

/// Runs one of the commands.
pub(super) fn run(place: &Place, action: Keys) -> io::Result<u8> {
    let done = match action {
        Keys::Create { role, area, party, name, person, ledger_hash } => {
            let options = Options { algorithm: ledger_hash.into(), ..Options::default() };
            let (key, hash) = new_key().map_err(io::Error::other)?;
            let created = KeyCreated { name, role, area, party, sha256: hash.to_string(), person };
            create(place, options, created)?.map(|seq| {
                complain(&format!("K{seq}：密钥只显示这一次，请妥善保管 · the key is shown this once, keep it safe\n"));
                format!("{key}\n")
            })
        }
        Keys::List => Ok(list(&*place.existing().map_err(io::Error::other)?).map_err(io::Error::other)?),
        Keys::Revoke { id } => {
            place.existing().map_err(io::Error::other)?;
            let store = place.open(Options::default()).map_err(io::Error::other)?;
            let day = today(&Options::default().clock);
            let revoked = submit(&*store, move |shelf| revoke_key(id, day, shelf)).map_err(io::Error::other)?;
            revoked.map(|_| format!("{id} 已撤销 · revoked\n"))
        }
    };
    match done {
        Ok(text) => {
            print(text.as_bytes())?;
            Ok(0)
        }
        Err(fault) => {
            complain(&format!("lode: {fault}\n"));
            Ok(REFUSED)
        }
    }
}

/// Creates a key, in a store that begins with it if there is none.
fn create(place: &Place, options: Options, key: KeyCreated) -> io::Result<Result<Seq, KeyFault>> {
    let new = NewKey { effective_on: today(&options.clock), key };
    let store = place.open(options).map_err(io::Error::other)?;
    submit(&*store, move |shelf| create_key(new, shelf)).map_err(io::Error::other)
}

/// Records what is decided; the fault if it is refused.
fn submit(
    store: &dyn Store,
    decide: impl FnOnce(&dyn Shelf) -> Result<NewEntry, KeyFault> + Send + 'static,
) -> Result<Result<Seq, KeyFault>, StoreError> {
    let fault = Arc::new(Mutex::new(KeyFault::Unreadable));
    let slot = Arc::clone(&fault);
    let keep = move |fault| *slot.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    let decide = Box::new(move |shelf: &dyn Shelf| decide(shelf).map_err(keep).ok());
    let outcome = store.submit(Submission { actor: ACTOR.to_owned(), request: None, decide, note: None })?;
    Ok(match outcome {
        Outcome::Recorded(stored) | Outcome::Repeated(stored) => Ok(stored.entry.seq),
        Outcome::Mismatch | Outcome::Refused => Err(*fault.lock().unwrap_or_else(PoisonError::into_inner)),
    })
}

/// A line for each key: id, role, area, party, when it was created and when revoked, name, person.
fn list(store: &dyn Store) -> Result<String, StoreError> {
    let revoked = all(store, "key_revoked")?;
    let mut text = "id\trole\tarea\tparty\tcreated\trevoked\tname\tperson\n".to_owned();
    for entry in all(store, "key_created")? {
        let Event::KeyCreated(key) = &entry.event else { continue };
        let end = revoked.iter().find(|revocation| revocation.subject == entry.subject);
        let dash = || "-".to_owned();
        let columns = [
            entry.subject.to_string(),
            key.role.code().to_owned(),
            key.area.clone().unwrap_or_else(dash),
            key.party.map_or_else(dash, |party| party.to_string()),
            rfc3339(entry.recorded_at),
            end.map_or_else(dash, |revocation| rfc3339(revocation.recorded_at)),
            key.name.clone(),
            key.person().to_owned(),
        ];
        text += &columns.join("\t");
        text.push('\n');
    }
    Ok(text)
}

fn all(store: &dyn Store, kind: &str) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.seq);
        let page = store.entries_after(after, Some(kind), STRIDE)?;
        if page.is_empty() {
            return Ok(entries);
        }
        entries.extend(page.into_iter().map(|stored| stored.entry));
    }
}
