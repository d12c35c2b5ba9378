//! Several processes of one service: taken in turn, and left out for a while when unreachable.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use http::uri::{Authority, InvalidUri};
use url::Url;

/// How long a process that could not be reached is left out.
const EJECTION: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(crate) enum BalanceError {
    #[error("{0} does not name a host and a port")]
    Authority(Url, #[source] InvalidUri),
}

/// One process of a service.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) authority: Authority,
    /// `http://HOST:PORT`.
    pub(crate) base: String,
    /// Milliseconds after the balance was made.
    ejected_until_ms: AtomicU64,
}

/// The processes of one service.
#[derive(Debug)]
pub(crate) struct Balance {
    members: Vec<Member>,
    turn: AtomicUsize,
    since: Instant,
}

impl Balance {
    pub(crate) fn new(urls: &[Url]) -> Result<Self, BalanceError> {
        let members = urls.iter().map(member).collect::<Result<_, _>>()?;
        Ok(Self { members, turn: AtomicUsize::new(0), since: Instant::now() })
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The next process that is not left out; if all are, the next one all the same, since one of
    /// them may be back.
    pub(crate) fn next(&self) -> Option<&Member> {
        if let [only] = self.members.as_slice() {
            return Some(only);
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.members.len())?;
        let now = self.elapsed_ms();
        let (before, from) = self.members.split_at_checked(turn)?;
        let mut in_turn = from.iter().chain(before);
        let is_in = |member: &&Member| member.ejected_until_ms.load(Ordering::Relaxed) <= now;
        in_turn.clone().find(is_in).or_else(|| in_turn.next())
    }

    /// Leaves a process out for a while.
    pub(crate) fn eject(&self, member: &Member) {
        let until = self.elapsed_ms().saturating_add(millis(EJECTION));
        member.ejected_until_ms.store(until, Ordering::Relaxed);
    }

    fn elapsed_ms(&self) -> u64 {
        millis(self.since.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn member(url: &Url) -> Result<Member, BalanceError> {
    let authority = url.authority().parse();
    Ok(Member {
        authority: authority.map_err(|error| BalanceError::Authority(url.clone(), error))?,
        base: url.as_str().trim_end_matches('/').to_owned(),
        ejected_until_ms: AtomicU64::new(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(balance: &Balance) -> &str {
        balance.next().unwrap().authority.as_str()
    }

    #[test]
    fn processes_take_turns_and_an_ejected_one_is_left_out() {
        let urls = ["http://a:1", "http://b:2"].map(|url| url.parse().unwrap());
        let balance = Balance::new(&urls).unwrap();
        assert_eq!([next(&balance), next(&balance), next(&balance)], ["a:1", "b:2", "a:1"]);
        balance.eject(&balance.members()[0]);
        assert_eq!([next(&balance), next(&balance)], ["b:2", "b:2"]);
        balance.eject(&balance.members()[1]);
        assert_ne!(next(&balance), next(&balance));
    }
}
