//! Counts processes and their memory, by the worker that they belong to.

use std::{collections::HashMap, fs, io, path::Path};

/// A chain of parents that is longer has a loop in it: it was read while it changed.
const MAX_ANCESTORS: usize = 64;

/// All processes, as they were at one moment.
#[derive(Debug, Default)]
pub(crate) struct Census {
    by_id: HashMap<i32, Process>,
}

/// What one worker and all that it started amount to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) processes: usize,
    pub(crate) threads: usize,
    pub(crate) memory_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    parent: i32,
    group: i32,
    threads: usize,
    resident_pages: u64,
    has_ended: bool,
}

impl Census {
    /// # Errors
    /// When the system does not tell of its processes.
    pub(crate) fn take() -> io::Result<Self> {
        let mut by_id = HashMap::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            // It may have ended meanwhile.
            if let Some(process) = read(&Path::new("/proc").join(&name).join("stat")) {
                by_id.insert(id, process);
            }
        }
        Ok(Self { by_id })
    }

    /// Everything in the group of this leader, and everything that descends from it.
    pub(crate) fn of(&self, leader: i32) -> Tally {
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let mut tally = Tally::default();
        for (id, process) in &self.by_id {
            if !process.has_ended && (process.group == leader || self.descends(*id, leader)) {
                tally.processes += 1;
                tally.threads = tally.threads.saturating_add(process.threads);
                tally.memory_bytes += process.resident_pages.saturating_mul(page);
            }
        }
        tally
    }

    fn descends(&self, id: i32, ancestor: i32) -> bool {
        let mut at = id;
        for _ in 0..MAX_ANCESTORS {
            if at == ancestor {
                return true;
            }
            match self.by_id.get(&at) {
                Some(process) if process.parent > 1 => at = process.parent,
                _ => return false,
            }
        }
        false
    }
}

/// `pid (name) state parent group session … (the 20th:) threads … (the 24th:) resident pages`; a name may hold anything.
fn read(stat: &Path) -> Option<Process> {
    let stat = fs::read(stat).ok()?;
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let threads = fields.nth(14)?.parse().ok()?;
    let resident_pages = fields.nth(3)?.parse().ok()?;
    Some(Process { parent, group, threads, resident_pages, has_ended: matches!(state, "Z" | "X") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(processes: &[(i32, i32, i32)]) -> Census {
        let process = |parent, group| Process {
            parent,
            group,
            threads: 1,
            resident_pages: 1,
            has_ended: false,
        };
        let by_id = processes.iter().map(|(id, parent, group)| (*id, process(*parent, *group)));
        Census { by_id: by_id.collect() }
    }

    #[test]
    fn those_who_left_the_group_or_lost_their_parent_count() {
        // A worker, its child, a grandchild with a session of its own, an orphan of the group, a stranger.
        let census =
            census(&[(10, 5, 10), (11, 10, 10), (12, 11, 12), (13, 5, 10), (14, 5, 14), (5, 1, 5)]);
        assert_eq!(census.of(10).processes, 4);
        assert_eq!(census.of(14).processes, 1);
    }

    #[test]
    fn a_loop_of_parents_ends() {
        assert_eq!(census(&[(20, 21, 20), (21, 20, 21)]).of(10), Tally::default());
    }

    #[test]
    fn this_process_is_there_and_has_memory() {
        let own = i32::try_from(std::process::id()).unwrap();
        let tally = Census::take().unwrap().of(own);
        assert!(tally.processes >= 1 && tally.threads >= 2, "{tally:?}");
        assert!((100_000..1 << 40).contains(&tally.memory_bytes), "{tally:?}");
    }
}
