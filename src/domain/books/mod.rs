//! The records and their double entry: who owes what under which assessment, what was paid, what is late (财综〔2023〕10号
//! arts 12, 18, 21, 24, 26, 33).
//!
//! Pure like the rest of the domain. An [`entry::Entry`] is a fact that was recorded; [`history::RightHistory`] is what the
//! entries of one right add up to; [`decide`] says whether a command may become the next entry, and which one. Every figure
//! comes from the rules of the other modules of the domain: nothing is computed here a second time.

// First: its macros declare the records of the others.
#[macro_use]
pub mod content;

pub mod access;
pub mod account;
pub mod checks;
pub mod command;
pub mod decide;
pub mod entry;
pub mod event;
pub mod exchange;
pub mod history;
pub mod money;
pub mod party;
pub mod statement;
pub mod worklist;
