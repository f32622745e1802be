//! The audit log: who asked for which records, when, from where, and what they were answered. Rows are only added, chained
//! like those of the journal but apart from them, so that reading does not make the journal longer.

use super::chain::{Algorithm, Hash};
use crate::domain::books::entry::{Moment, Seq};

/// Longest text of a column in characters; what is longer is cut.
const LONGEST: usize = 2000;

/// An access to records, as it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub actor: String,
    /// `GET`, `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// From which address.
    pub address: String,
    /// The id of the request.
    pub request_id: String,
    /// The status of the answer.
    pub status: u16,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// 1, 2, 3 … without gaps.
    pub seq: Seq,
    /// When.
    pub at: Moment,
    /// What.
    pub access: Access,
    /// Hash of the row before; zeros for the first.
    pub prev_hash: Hash,
    /// Hash of this row.
    pub hash: Hash,
}

impl AuditRow {
    /// The row of an access after another, with its hash.
    pub fn new(access: Access, last: Option<&AuditRow>, now: Moment, algorithm: Algorithm) -> AuditRow {
        let Access { actor, method, target, address, request_id, status } = access;
        let access = Access {
            actor: one_line(&actor),
            method: one_line(&method),
            target: one_line(&target),
            address: one_line(&address),
            request_id: one_line(&request_id),
            status,
        };
        let mut row = AuditRow {
            seq: last.map_or(0, |last| last.seq) + 1,
            // The clock of a machine may jump back; the log does not.
            at: last.map_or(now, |last| last.at.max(now)),
            access,
            prev_hash: last.map_or(Hash::default(), |last| last.hash),
            hash: Hash::default(),
        };
        row.hash = row.computed(algorithm);
        row
    }

    /// The hash that the row has to have: taken over lines, a word for the form and each field but the hash.
    pub fn computed(&self, algorithm: Algorithm) -> Hash {
        let AuditRow { seq, at: Moment(at), access, prev_hash, .. } = self;
        let Access { actor, method, target, address, request_id, status } = access;
        let lines = format!(
            "lode-audit-1\n{seq}\n{at}\n{actor}\n{method}\n{target}\n{address}\n{request_id}\n{status}\n{prev_hash}"
        );
        algorithm.digest(lines.as_bytes())
    }
}

/// A text as one line of bounded length.
fn one_line(text: &str) -> String {
    text.chars().take(LONGEST).map(|sign| if sign.is_control() { '\u{fffd}' } else { sign }).collect()
}
