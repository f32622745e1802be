//! Which mutant is switched on, as `LODE_MUTANT` says: a number, or `note` to note every one that is reached in the file
//! that `LODE_MUTANTS_REACHED` names. Put into the copy of the sources by `tests/mutants/run.py`.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// No mutant.
pub const NONE: usize = usize::MAX;
/// No mutant, but what is reached is noted.
pub const NOTE: usize = usize::MAX - 1;
/// What was reached.
pub static REACHED: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];

/// The one that is on.
pub fn active() -> &'static AtomicUsize {
    static ACTIVE: OnceLock<AtomicUsize> = OnceLock::new();
    ACTIVE.get_or_init(|| {
        AtomicUsize::new(match std::env::var("LODE_MUTANT").as_deref() {
            Ok("note") => NOTE,
            Ok(number) => number.parse().unwrap_or(NONE),
            Err(_) => NONE,
        })
    })
}

/// Whether this one is on.
#[inline]
pub fn on(number: usize) -> bool {
    let active = active().load(Ordering::Relaxed);
    if active == NOTE && !REACHED[number].swap(true, Ordering::Relaxed) {
        if let Ok(file) = std::env::var("LODE_MUTANTS_REACHED") {
            if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
                let _ = file.write_all(format!("{number}\n").as_bytes());
            }
        }
    }
    active == number
}
