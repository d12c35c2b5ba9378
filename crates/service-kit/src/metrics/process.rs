//! This process: when it began, and what it takes of the machine. The engine's Python processes are
//! processes of their own and not in it.

use std::{fs, time::Duration};

use super::gauge_value;
use crate::Clock;

const STARTED: &str = "process_start_time_seconds";
const RESIDENT: &str = "process_resident_memory_bytes";
const OPEN_FILES: &str = "process_open_fds";

pub(super) fn describe() {
    metrics::describe_gauge!(STARTED, "When the process began, in seconds since 1970.");
    metrics::describe_gauge!(RESIDENT, "Memory of the process that is not swapped out.");
    metrics::describe_gauge!(OPEN_FILES, "Files and sockets that the process has open.");
    let now_ms = u64::try_from(Clock::system().now().as_millis()).unwrap_or_default();
    metrics::gauge!(STARTED).set(Duration::from_millis(now_ms).as_secs_f64());
}

/// What the system does not say is left as it was.
pub(super) fn measure() {
    if let Some(kilobytes) = resident_kilobytes() {
        metrics::gauge!(RESIDENT).set(gauge_value(kilobytes.saturating_mul(1024)));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        metrics::gauge!(OPEN_FILES)
            .set(gauge_value(u64::try_from(open.count()).unwrap_or(u64::MAX)));
    }
}

fn resident_kilobytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
