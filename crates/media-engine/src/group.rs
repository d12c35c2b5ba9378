//! The one place where processes are killed.

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// A process group that is ours: a worker and everything it started, or the zygote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Group(Pid);

impl Group {
    /// The group that is led by the process with this id.
    pub(crate) fn led_by(pid: i32) -> Option<Self> {
        // 1 would be init's, and -1 and 0 mean "everyone" to kill(2).
        (pid > 1).then(|| Pid::from_raw(pid)).flatten().map(Self)
    }

    pub(crate) fn leader(self) -> i32 {
        self.0.as_raw_nonzero().get()
    }

    /// Kills all of it. Nothing less is sure: after a TERM, ffmpeg goes on for seconds.
    pub(crate) fn kill(self) {
        // The only failure is that nobody is left.
        _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Whether a process of it still exists, dead and unreaped ones included.
    pub(crate) fn exists(self) -> bool {
        test_kill_process_group(self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_group_can_be_named() {
        for pid in [-7, -1, 0, 1] {
            assert_eq!(Group::led_by(pid), None);
        }
    }
}
