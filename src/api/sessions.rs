//! Who is signed in on the pages: a random token in a cookie of the browser stands for the key or token that was shown once.
//! Kept in memory alone, so that a restart signs everybody out. What was shown is looked up anew with every request
//! ([`super::access::identify`]): a key that is revoked opens nothing any more, whatever session it began.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;

use super::access::Presented;
use crate::ledger::chain::Hash;

/// A session that is not used for so long has ended.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// No session lasts longer, used or not.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions at once; beyond it the one that was not used for longest ends.
const MOST: usize = 10_000;

/// A text of 256 random bits.
pub fn random_text() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What they showed.
    pub presented: Presented,
    /// Under which name the records keep what they do.
    pub actor: String,
    /// What every form of theirs has to hold.
    pub form_token: String,
}

struct Held {
    signed: Signed,
    begun: Instant,
    used: Instant,
}

impl Held {
    fn has_ended(&self, now: Instant) -> bool {
        now.duration_since(self.used) > IDLE || now.duration_since(self.begun) > LONGEST
    }
}

/// The sessions of a service, by the SHA-256 of their tokens.
#[derive(Default)]
pub struct Sessions {
    open: Mutex<HashMap<String, Held>>,
    local: OnceLock<String>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

fn name_of(token: &str) -> String {
    Hash::sha256(token.as_bytes()).to_string()
}

impl Sessions {
    /// Begins a session; the token for the cookie.
    pub fn begin(&self, presented: Presented, actor: &str) -> Result<String, getrandom::Error> {
        self.begin_at(presented, actor, Instant::now())
    }

    fn begin_at(&self, presented: Presented, actor: &str, now: Instant) -> Result<String, getrandom::Error> {
        let (token, form_token) = (random_text()?, random_text()?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, held| !held.has_ended(now));
        if open.len() >= MOST {
            let oldest = open.iter().min_by_key(|(_, held)| held.used).map(|(name, _)| name.clone());
            oldest.and_then(|name| open.remove(&name));
        }
        let signed = Signed { presented, actor: actor.to_owned(), form_token };
        open.insert(name_of(&token), Held { signed, begun: now, used: now });
        Ok(token)
    }

    /// Whose session a token stands for; using it keeps it open.
    pub fn find(&self, token: &str) -> Option<Signed> {
        self.find_at(token, Instant::now())
    }

    fn find_at(&self, token: &str, now: Instant) -> Option<Signed> {
        let name = name_of(token);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.get_mut(&name)?;
        if held.has_ended(now) {
            open.remove(&name);
            return None;
        }
        held.used = now;
        Some(held.signed.clone())
    }

    /// Ends a session.
    pub fn end(&self, token: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&name_of(token));
    }

    /// What every form of the local user has to hold.
    pub fn local_form_token(&self) -> Option<&str> {
        if self.local.get().is_none() {
            let _ = self.local.set(random_text().ok()?);
        }
        self.local.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(begin: Instant, minutes: u64) -> Instant {
        begin + Duration::from_secs(minutes * 60)
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_when_it_is_old() -> Result<(), getrandom::Error> {
        let (sessions, begin) = (Sessions::default(), Instant::now());
        let token = sessions.begin_at(Presented::Nothing, "K2", begin)?;
        assert_eq!(token.len(), 64);
        assert_eq!(sessions.find_at(&token, later(begin, 59)).map(|signed| signed.actor), Some("K2".to_owned()));
        assert!(sessions.find_at(&token, later(begin, 59 + 61)).is_none());
        assert!(sessions.find_at(&token, later(begin, 59 + 62)).is_none());

        let busy = sessions.begin_at(Presented::Nothing, "K3", begin)?;
        let used: Vec<bool> = (1..=25).map(|half| sessions.find_at(&busy, later(begin, half * 30)).is_some()).collect();
        assert_eq!(used.iter().filter(|open| **open).count(), 24);
        Ok(())
    }

    #[test]
    fn the_one_that_was_not_used_for_longest_makes_room() -> Result<(), getrandom::Error> {
        let (sessions, begin) = (Sessions::default(), Instant::now());
        let first = sessions.begin_at(Presented::Nothing, "K1", begin)?;
        let second = sessions.begin_at(Presented::Nothing, "K2", later(begin, 1))?;
        for _ in 2..=MOST {
            sessions.begin_at(Presented::Nothing, "K3", later(begin, 2))?;
        }
        assert!(sessions.find_at(&first, later(begin, 3)).is_none());
        assert!(sessions.find_at(&second, later(begin, 3)).is_some());
        sessions.end(&second);
        assert!(sessions.find_at(&second, later(begin, 3)).is_none());
        Ok(())
    }
}
