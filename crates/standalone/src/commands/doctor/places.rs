//! The directories: whether they can be written to, how much room there is, and which time they have.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant, UNIX_EPOCH},
};

use service_kit::{Clock, Config, metrics::disk};

use super::finding::Finding;

const MIB: u64 = 1024 * 1024;
/// With less, the database cannot go on.
const LEAST_BYTES: u64 = 64 * MIB;
const COMFORTABLE_BYTES: u64 = 1024 * MIB;
const MAX_SKEW_MS: i64 = 2000;
const WATCHED_FOR: Duration = Duration::from_millis(100);

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let jobs = u64::from(config.max_concurrent_downloads);
    let for_jobs = jobs.saturating_mul(config.max_file_bytes);
    let data = ("data directory", config.data_dir.clone(), COMFORTABLE_BYTES);
    // Merging writes a second copy.
    let work = ("work directory", config.data_dir.join("work"), for_jobs.saturating_mul(2));
    let keys = ("keys directory", config.jwt_keys_dir.clone(), 0);
    let store = config.storage.directory().map(|path| ("store", path.clone(), for_jobs));
    let all = [data, work, keys].into_iter().chain(store);
    all.map(|(name, path, wanted)| examine_one(name, &path, wanted)).collect()
}

fn examine_one(name: &str, path: &Path, wanted_bytes: u64) -> Finding {
    let what = |text: &str| format!("{name} {}: {text}", path.display());
    let Some(existing) = path.ancestors().find(|ancestor| ancestor.exists()) else {
        return Finding::fail(what("there is no such place"), "set MAGPIE_DATA_DIR");
    };
    let probed = with_probe(existing, |_probe| Ok(()));
    if let Err(error) = probed {
        let remedy = format!("let the user that runs Magpie write to {}", existing.display());
        return Finding::fail(what(&format!("cannot be written to: {error}")), remedy);
    }
    let Some((free, _size)) = disk::room(existing) else {
        return Finding::warn(what("its room cannot be told"), "look at the file system");
    };
    let room = format!("{} MiB free", free / MIB);
    let make_room = "make room, lower MAGPIE_RETENTION_HOURS or MAGPIE_MAX_CONCURRENT_DOWNLOADS";
    if free < LEAST_BYTES {
        Finding::fail(what(&room), "make room: nothing can be stored")
    } else if free < wanted_bytes {
        let wanted = format!("{room}, {} MiB may be needed", wanted_bytes / MIB);
        Finding::warn(what(&wanted), make_room)
    } else if existing == path {
        Finding::ok(what(&room))
    } else {
        Finding::ok(what(&format!("will be made; {room}")))
    }
}

/// Writes a file into `directory`, for `look` to look at, and removes it. Its name begins with a dot,
/// which no file of ours does.
fn with_probe<T>(directory: &Path, look: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let probe: PathBuf = directory.join(format!(".magpie-doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create(true).truncate(true).open(&probe)?;
    let looked = look(&probe);
    fs::remove_file(&probe)?;
    looked
}

/// Whether the clock goes on evenly, and the disk's time is the same.
pub(super) async fn examine_clock(config: &Config, clock: &Clock) -> Vec<Finding> {
    let (began, at) = (Instant::now(), clock.now());
    tokio::time::sleep(WATCHED_FOR).await;
    let passed = clock.now().as_millis().saturating_sub(at.as_millis());
    let even = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    let mut findings = Vec::new();
    if passed.saturating_sub(even).abs() > MAX_SKEW_MS / 2 {
        findings.push(Finding::warn("the clock jumps", "let NTP slew it (chrony, timesyncd)"));
    }
    let existing = config.data_dir.ancestors().find(|ancestor| ancestor.exists());
    let written = existing.map(|directory| {
        with_probe(directory, |probe| {
            let modified = fs::metadata(probe)?.modified()?;
            let since = modified.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
            Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    });
    // Where nothing can be written, that was told already.
    if let Some(Ok(written)) = written {
        findings.push(skew("the disk of the data directory", written, clock));
    }
    findings
}

/// How far another's time is from ours.
pub(super) fn skew(whose: &str, theirs_ms: i64, clock: &Clock) -> Finding {
    let skew = theirs_ms.saturating_sub(clock.now().as_millis());
    if skew.abs() > MAX_SKEW_MS {
        let what = format!("clock: {whose} is {skew} ms away");
        Finding::warn(what, "run NTP on every machine")
    } else {
        Finding::ok(format!("clock: as that of {whose}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    #[test]
    fn a_place_is_tried_and_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(examine_one("data", directory.path(), 0).state, State::Ok);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let deep = directory.path().join("not/there");
        assert!(examine_one("data", &deep, 0).what.contains("will be made"));
        assert_eq!(examine_one("data", directory.path(), u64::MAX).state, State::Warn);
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(examine_one("data", &file, 0).state, State::Fail);
    }

    #[test]
    fn a_clock_far_away_is_told() {
        let clock = Clock::system();
        let now = clock.now().as_millis();
        assert_eq!(skew("it", now, &clock).state, State::Ok);
        assert_eq!(skew("it", now - 60_000, &clock).state, State::Warn);
    }
}
