//! Several processes of one service: taken in turn, and left out while they are unwell.
//!
//! It owns who is asked next. It must never know how one is asked.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use tokio::sync::watch;

/// How long a process is left out after its first failure; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// One process of a service.
#[derive(Debug)]
pub struct Member<T> {
    /// Where it is.
    pub target: T,
    /// How often it failed since it last did not.
    failures: AtomicU32,
    /// After a failure: when somebody may try it again, in milliseconds after the balance was made.
    out_until_ms: AtomicU64,
    /// What it said of itself when it was last asked.
    is_ready: watch::Sender<bool>,
}

impl<T> Member<T> {
    fn new(target: T) -> Self {
        let (failures, out_until_ms) = (AtomicU32::new(0), AtomicU64::new(0));
        Self { target, failures, out_until_ms, is_ready: watch::Sender::new(true) }
    }

    /// Takes note of whether it can work; while it cannot, it is left out.
    pub fn set_ready(&self, is_ready: bool) {
        self.is_ready.send_if_modified(|was| std::mem::replace(was, is_ready) != is_ready);
        if is_ready {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    pub fn is_ready(&self) -> bool {
        *self.is_ready.borrow()
    }

    /// Waits until it is found unable to work. If that is known already, waits for the next time.
    pub async fn leaves(&self) {
        let mut is_ready = self.is_ready.subscribe();
        while is_ready.changed().await.is_ok() {
            if !*is_ready.borrow_and_update() {
                return;
            }
        }
    }
}

/// The processes of one service.
#[derive(Debug)]
pub struct Balance<T> {
    members: Vec<Member<T>>,
    turn: AtomicUsize,
    since: Instant,
}

impl<T> Balance<T> {
    pub fn new(targets: impl IntoIterator<Item = T>) -> Self {
        let members = targets.into_iter().map(Member::new).collect();
        Self { members, turn: AtomicUsize::new(0), since: Instant::now() }
    }

    pub fn members(&self) -> &[Member<T>] {
        &self.members
    }

    /// The next process that is not left out; if all are, the next one all the same, since one of
    /// them may be back. `None` when there are no processes at all.
    pub fn next(&self) -> Option<&Member<T>> {
        match self.members.as_slice() {
            [only] => Some(only),
            _ => {
                let mut in_turn = self.in_turn()?;
                in_turn.clone().find(|member| self.may_ask(member)).or_else(|| in_turn.next())
            }
        }
    }

    /// As [`Balance::next`], but another one than this, where there are others.
    pub fn another<'b>(&'b self, than: &'b Member<T>) -> &'b Member<T> {
        let Some(in_turn) = self.in_turn() else { return than };
        let mut others = in_turn.filter(|member| !std::ptr::eq(*member, than));
        let well = others.clone().find(|member| self.may_ask(member));
        well.or_else(|| others.next()).unwrap_or(than)
    }

    /// It could not be asked: it is left out for a while, and then tried by one request at a time.
    pub fn note_failure(&self, member: &Member<T>) {
        let failures = member.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let until = self.elapsed_ms().saturating_add(pause_ms(failures));
        member.out_until_ms.store(until, Ordering::Relaxed);
    }

    pub fn note_success(&self, member: &Member<T>) {
        if member.failures.load(Ordering::Relaxed) != 0 {
            member.failures.store(0, Ordering::Relaxed);
        }
    }

    fn in_turn(&self) -> Option<impl Iterator<Item = &Member<T>> + Clone> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.members.len())?;
        let (before, from) = self.members.split_at_checked(turn)?;
        Some(from.iter().chain(before))
    }

    fn may_ask(&self, member: &Member<T>) -> bool {
        if !member.is_ready() {
            return false;
        }
        let failures = member.failures.load(Ordering::Relaxed);
        failures == 0 || self.takes_the_trial(member, failures)
    }

    /// Whether the pause is over and nobody else has just taken it upon himself to try.
    fn takes_the_trial(&self, member: &Member<T>, failures: u32) -> bool {
        let (until, now) = (member.out_until_ms.load(Ordering::Relaxed), self.elapsed_ms());
        let next = now.saturating_add(pause_ms(failures));
        let swap = |from, to| {
            member.out_until_ms.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
        };
        until <= now && swap(until, next).is_ok()
    }

    fn elapsed_ms(&self) -> u64 {
        millis(self.since.elapsed())
    }
}

fn pause_ms(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    millis(FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(balance: &Balance<char>) -> char {
        balance.next().unwrap().target
    }

    #[test]
    fn processes_take_turns_and_one_that_failed_is_left_out() {
        let balance = Balance::new(['a', 'b']);
        assert_eq!([next(&balance), next(&balance), next(&balance)], ['a', 'b', 'a']);
        balance.note_failure(&balance.members()[0]);
        assert_eq!([next(&balance), next(&balance)], ['b', 'b']);
        balance.note_failure(&balance.members()[1]);
        assert_ne!(next(&balance), next(&balance), "when all are out, all are tried");
        balance.note_success(&balance.members()[0]);
        assert_eq!([next(&balance), next(&balance)], ['a', 'a']);
    }

    #[test]
    fn after_the_pause_one_request_tries_it_and_no_other() {
        let balance = Balance::new(['a', 'b']);
        let failed = &balance.members()[0];
        balance.note_failure(failed);
        failed.out_until_ms.store(0, Ordering::Relaxed);
        assert_eq!([next(&balance), next(&balance), next(&balance)], ['a', 'b', 'b']);
    }

    #[test]
    fn the_pause_doubles_up_to_a_limit() {
        let pauses = [1, 2, 3, 5, 6, 100, u32::MAX].map(pause_ms);
        assert_eq!(pauses, [1000, 2000, 4000, 16_000, 16_000, 16_000, 16_000]);
    }

    #[test]
    fn one_that_is_not_ready_is_asked_only_when_no_other_is() {
        let balance = Balance::new(['a', 'b']);
        let [a, b] = balance.members() else { panic!("two") };
        a.set_ready(false);
        assert_eq!([next(&balance), next(&balance)], ['b', 'b']);
        assert_eq!(balance.another(b).target, 'a');
        a.set_ready(true);
        assert_ne!(next(&balance), next(&balance));
    }

    #[test]
    fn another_is_the_same_only_when_it_is_alone() {
        let balance = Balance::new(['a', 'b', 'c']);
        let [a, b, _] = balance.members() else { panic!("three") };
        balance.note_failure(b);
        assert_eq!([balance.another(a).target, balance.another(a).target], ['c', 'c']);
        let alone = Balance::new(['a']);
        assert_eq!(alone.another(&alone.members()[0]).target, 'a');
    }

    #[tokio::test]
    async fn whoever_waits_hears_that_it_leaves() {
        let balance = Balance::new(['a']);
        let member = &balance.members()[0];
        let ((), ()) = tokio::join!(member.leaves(), async { member.set_ready(false) });
    }
}
