//! The chain: each row carries the hash of the row before and of everything in itself.

use std::fmt::{self, Write};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::canonical;
use crate::domain::books::content::Damaged;
use crate::domain::books::entry::{Entry, Moment, Seq, Subject, number};
use crate::domain::books::event::Event;
use crate::domain::dates;

/// Bytes of the lines that a row is hashed over, but its content: usually enough.
const ROOM: usize = 512;

/// 256 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece: two of them stand in what every row is hashed over.
        let mut digits = [0; 64];
        f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut digits))
    }
}

impl Hash {
    /// Out of the bytes of a column.
    pub fn from_bytes(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// SHA-256 of some bytes.
    pub fn sha256(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }
}

/// How hashes are made: fixed when the store begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl Algorithm {
    /// The code that the first entry names.
    pub fn code(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sm3 => "sm3",
        }
    }

    /// The algorithm of that code.
    pub fn from_code(code: &str) -> Option<Algorithm> {
        [Algorithm::Sha256, Algorithm::Sm3].into_iter().find(|algorithm| algorithm.code() == code)
    }

    /// The hash of some bytes.
    pub(super) fn digest(self, bytes: &[u8]) -> Hash {
        match self {
            Algorithm::Sha256 => Hash::sha256(bytes),
            Algorithm::Sm3 => Hash(Sm3::digest(bytes).into()),
        }
    }
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub seq: i64,
    /// Milliseconds since 1970-01-01 UTC.
    pub recorded_at: i64,
    /// `YYYY-MM-DD`.
    pub effective_on: String,
    /// Kind of entry.
    pub kind: String,
    /// `store`, `P2`, `R5`.
    pub subject: String,
    /// Who recorded it.
    pub actor: String,
    /// Key of the request.
    pub request_key: Option<String>,
    /// Hash of the request.
    pub request_hash: Option<Hash>,
    /// Canonical JSON.
    pub content: String,
    /// Hash of the row before; zeros for the first.
    pub prev_hash: Hash,
    /// Hash of this row.
    pub hash: Hash,
}

impl Row {
    /// The row of an entry after another, with its hash.
    pub fn new(entry: &Entry, request: Option<&(String, Hash)>, prev_hash: Hash, algorithm: Algorithm) -> Row {
        let mut row = Row {
            seq: i64::try_from(entry.seq).unwrap_or(i64::MAX),
            recorded_at: entry.recorded_at.0,
            effective_on: entry.effective_on.to_string(),
            kind: entry.event.kind().to_owned(),
            subject: entry.subject.to_string(),
            actor: entry.actor.clone(),
            request_key: request.map(|(key, _)| key.clone()),
            request_hash: request.map(|(_, hash)| *hash),
            content: canonical::text(&canonical::content(&entry.event, &entry.set)),
            prev_hash,
            hash: Hash::default(),
        };
        row.hash = row.computed(algorithm);
        row
    }

    /// The hash that the row has to have.
    ///
    /// Taken over lines: a word for the form, each field but the hash, the content last. No field but the content is free
    /// text, and none of them holds a line end.
    pub fn computed(&self, algorithm: Algorithm) -> Hash {
        let Row { seq, recorded_at, effective_on, kind, subject, actor, content, prev_hash, .. } = self;
        let key = self.request_key.as_ref().map_or("-".to_owned(), |key| format!("={key}"));
        let request = self.request_hash.map_or("-".to_owned(), |hash| hash.to_string());
        let mut lines = String::with_capacity(content.len() + ROOM);
        // Writing into memory does not fail.
        let _ = write!(
            lines,
            "lode-journal-1\n{seq}\n{recorded_at}\n{effective_on}\n{kind}\n{subject}\n{actor}\n{key}\n{request}\n{prev_hash}\n"
        );
        lines.push_str(content);
        algorithm.digest(lines.as_bytes())
    }

    /// The entry that the row keeps; the hash is not looked at.
    pub fn entry(&self) -> Result<Entry, Damaged> {
        let (event, set) = canonical::parse(&self.kind, &self.content)?;
        Ok(Entry {
            seq: number(&self.seq.to_string()).ok_or(Damaged)?,
            recorded_at: Moment(self.recorded_at),
            effective_on: dates::day(&self.effective_on).ok_or(Damaged)?,
            subject: Subject::parse(&self.subject).ok_or(Damaged)?,
            actor: self.actor.clone(),
            event,
            set,
        })
    }
}

/// The algorithm and the name of the store that its first entry tells.
pub fn genesis(event: &Event) -> Option<(Algorithm, &str)> {
    match event {
        Event::Genesis(genesis) if genesis.format == 1 => {
            Some((Algorithm::from_code(&genesis.algorithm)?, &genesis.instance))
        }
        _ => None,
    }
}

/// Whether a text can stand in a line of the hashed form.
pub fn is_one_line(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// A number as SQL keeps it.
pub fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
