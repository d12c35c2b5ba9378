//! The memory that argon2id fills, kept between hashes: to allocate and page it in anew each time
//! is two fifths of the cost.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;

/// More than the largest size for which glibc may keep freed memory to itself (32 MiB): freed, it
/// goes back to the system. What is reserved and never touched costs nothing.
const RESERVED_BLOCKS: usize = 34 * 1024;

/// Blocks that are not in use, a set for each slot that was ever busy at once.
#[derive(Default)]
pub(super) struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    /// Lends a set of blocks to `work`, which makes it as long as it needs.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let kept = self.idle().pop();
        let mut blocks = kept.unwrap_or_else(|| Vec::with_capacity(RESERVED_BLOCKS));
        let answer = work(&mut blocks);
        self.idle().push(blocks);
        answer
    }

    /// Frees what nobody uses.
    pub(super) fn release(&self) {
        self.idle().clear();
    }

    #[cfg(test)]
    pub(super) fn sets(&self) -> usize {
        self.idle().len()
    }

    /// A panic while the lock is held leaves at worst a set of blocks less.
    fn idle(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
