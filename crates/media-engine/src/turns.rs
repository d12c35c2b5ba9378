//! How many downloads may run at a time, which may change while they run.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// First come, first served. Fewer turns end nobody's: they only let fewer begin.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Holds what is free of `limit` + `debt`; the rest is out.
    free: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Turns that are out and must not come back: the limit was lowered under them.
    debt: usize,
}

/// Leave to run; it ends with this value.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    permit: Option<SemaphorePermit<'a>>,
}

impl Turns {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self { free: Semaphore::new(limit), state: Mutex::new(State { limit, debt: 0 }) }
    }

    /// Waits for a turn. None once there will be no more.
    pub(crate) async fn take(&self) -> Option<Turn<'_>> {
        loop {
            let permit = self.free.acquire().await.ok()?;
            // One that was meant for somebody who no longer waits comes back around `Turn`.
            if let Some(permit) = self.pay_with(permit) {
                return Some(Turn { turns: self, permit: Some(permit) });
            }
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.state().limit
    }

    pub(crate) fn set_limit(&self, limit: usize) {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        let mut state = self.state();
        if limit >= state.limit {
            let more = limit - state.limit;
            let forgiven = more.min(state.debt);
            state.debt -= forgiven;
            self.free.add_permits(more - forgiven);
        } else {
            let fewer = state.limit - limit;
            state.debt += fewer - self.free.forget_permits(fewer);
        }
        state.limit = limit;
    }

    /// Turns that are out.
    pub(crate) fn taken(&self) -> usize {
        let state = self.state();
        (state.limit + state.debt).saturating_sub(self.free.available_permits())
    }

    /// The permit, unless it is owed.
    fn pay_with<'a>(&self, permit: SemaphorePermit<'a>) -> Option<SemaphorePermit<'a>> {
        let mut state = self.state();
        if state.debt == 0 {
            return Some(permit);
        }
        state.debt -= 1;
        permit.forget();
        None
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // What is not owed goes back by being dropped.
        drop(self.permit.take().and_then(|permit| self.turns.pay_with(permit)));
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Poll};

    use super::*;

    /// A turn, if there is one at once.
    async fn at_once(turns: &Turns) -> Option<Turn<'_>> {
        let mut waiting = pin!(turns.take());
        std::future::poll_fn(|context| match waiting.as_mut().poll(context) {
            Poll::Ready(turn) => Poll::Ready(turn),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn more_turns_are_there_at_once() {
        let turns = Turns::new(1);
        let _first = at_once(&turns).await.unwrap();
        assert!(at_once(&turns).await.is_none());
        turns.set_limit(2);
        let _second = at_once(&turns).await.unwrap();
        assert!(at_once(&turns).await.is_none());
        assert_eq!((turns.taken(), turns.limit()), (2, 2));
    }

    #[tokio::test]
    async fn fewer_turns_end_nobodys() {
        let turns = Turns::new(3);
        let all = [at_once(&turns).await, at_once(&turns).await, at_once(&turns).await];
        turns.set_limit(1);
        assert_eq!((turns.taken(), turns.limit()), (3, 1));
        let [first, second, third] = all;
        drop((first, second));
        assert_eq!(turns.taken(), 1);
        assert!(at_once(&turns).await.is_none());
        drop(third);
        assert!(at_once(&turns).await.is_some());
    }

    #[tokio::test]
    async fn a_limit_that_is_raised_again_forgives_what_is_owed() {
        let turns = Turns::new(3);
        let first = at_once(&turns).await;
        let second = at_once(&turns).await;
        for limit in [0, 2, 1, 3] {
            turns.set_limit(limit);
        }
        assert_eq!(turns.taken(), 2);
        let third = at_once(&turns).await;
        assert!(third.is_some() && at_once(&turns).await.is_none());
        drop((first, second, third));
        assert_eq!(turns.taken(), 0);
    }

    #[tokio::test]
    async fn a_turn_that_nobody_waits_for_any_more_is_no_extra_one() {
        let turns = Turns::new(1);
        let first = at_once(&turns).await;
        let mut given_up = Box::pin(turns.take());
        let polled = std::future::poll_fn(|context| {
            Poll::Ready(given_up.as_mut().poll(context).is_pending())
        });
        assert!(polled.await);
        turns.set_limit(0);
        turns.set_limit(1);
        drop(first);
        turns.set_limit(0);
        drop(given_up);
        assert!(at_once(&turns).await.is_none());
        assert_eq!(turns.taken(), 0);
    }
}
