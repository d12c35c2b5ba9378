//! A node without room on its disk. It would fail what it claims at once, and so, claiming faster
//! than those that have room, use up the attempts of everybody's jobs. So it takes one now and then:
//! where it is the only node, its users still hear what is the matter.

use std::time::{Duration, Instant};

/// Longer than a failed attempt is held back at first, so that others may have it meanwhile.
const TRY_EVERY: Duration = Duration::from_secs(15);

/// When a node that is full may claim.
#[derive(Debug, Default)]
pub(super) struct Fullness {
    next_try: Option<Instant>,
}

impl Fullness {
    /// How many of the `free` places may be filled.
    pub(super) fn places(&mut self, free: usize, has_room: bool, now: Instant) -> usize {
        if has_room {
            if self.next_try.take().is_some() {
                log::info!("there is room on the disk again");
            }
            return free;
        }
        let next_try = self.next_try.unwrap_or_else(|| {
            log::error!("the disk is all but full; jobs are left to others");
            now
        });
        let may_try = next_try <= now && free > 0;
        self.next_try = if may_try { now.checked_add(TRY_EVERY) } else { Some(next_try) };
        usize::from(may_try)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_full_takes_one_now_and_then_and_everything_once_there_is_room() {
        let (mut fullness, start) = (Fullness::default(), Instant::now());
        assert_eq!(fullness.places(3, true, start), 3);
        let mut taken = 0;
        for second in 0..60 {
            taken += fullness.places(3, false, start + Duration::from_secs(second));
        }
        assert_eq!(taken, 4);
        assert_eq!(fullness.places(2, true, start), 2);
    }

    #[test]
    fn a_try_waits_for_a_free_place() {
        let (mut fullness, start) = (Fullness::default(), Instant::now());
        assert_eq!(fullness.places(0, false, start), 0);
        assert_eq!(fullness.places(3, false, start), 1);
        assert_eq!(fullness.places(3, false, start), 0);
        let later = start + TRY_EVERY;
        assert_eq!(fullness.places(0, false, later), 0);
        assert_eq!(fullness.places(3, false, later), 1);
    }
}
