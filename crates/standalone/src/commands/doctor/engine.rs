//! The engine: started, and ended again.

use platform_kit::upkeep::{self, Tried, YT_DLP_FLOOR};
use service_kit::{Chain, Clock, Config, config::SandboxMode};
use time::{Date, Month};
use youtube_service::YouTube;

use super::finding::Finding;

/// Sites change every few weeks, and old releases fail with them.
const OLD_AFTER_DAYS: i64 = 60;
const DAY_MS: i64 = 86_400_000;
/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;

pub(super) async fn examine(config: &Config, clock: &Clock) -> Vec<Finding> {
    let yt_dlp = upkeep::Engines::of(config).yt_dlp();
    let work = std::env::temp_dir().join(format!("magpie-doctor-{}", std::process::id()));
    match upkeep::try_engine(&YouTube, config, &yt_dlp, &work).await {
        Ok(tried) => found(config, &tried, clock),
        Err(error) => {
            let text = Chain(&error).to_string();
            // Its errors say what to do, behind a semicolon.
            let (what, remedy) =
                text.split_once("; ").unwrap_or((&text, "run scripts/setup-engine"));
            vec![Finding::fail(format!("engine: {what}"), remedy)]
        }
    }
}

fn found(config: &Config, tried: &Tried, clock: &Clock) -> Vec<Finding> {
    let version = tried.versions.yt_dlp.as_deref().unwrap_or("of an unknown version");
    let mut findings = vec![yt_dlp(version, age_days(version, clock))];
    if !tried.is_warm {
        findings.push(Finding::fail("engine: it does not warm up", "run scripts/setup-engine"));
    }
    findings.push(match &tried.versions.ffmpeg {
        Some(version) => Finding::ok(format!("ffmpeg {version}")),
        None => Finding::fail("ffmpeg does not run", "install it, or set MAGPIE_FFMPEG"),
    });
    findings.push(match &tried.versions.js_runtime {
        Some(runtime) => Finding::ok(format!("JavaScript runtime {runtime}")),
        None => Finding::warn(
            "no JavaScript runtime: YouTube withholds many formats",
            "run scripts/setup-engine",
        ),
    });
    findings.push(sandbox(config, tried));
    findings
}

fn yt_dlp(version: &str, age_days: Option<i64>) -> Finding {
    let update = "run `magpie engine update`";
    match age_days {
        Some(days) if days > OLD_AFTER_DAYS => {
            Finding::warn(format!("yt-dlp {version} is {days} days old"), update)
        }
        Some(days) => {
            Finding::ok(format!("yt-dlp {version}, {days} days old; the least is {YT_DLP_FLOOR}"))
        }
        None => Finding::warn(format!("yt-dlp {version} says no date"), update),
    }
}

/// How old a release of yt-dlp is.
pub(in crate::commands) fn age_days(version: &str, clock: &Clock) -> Option<i64> {
    let today = clock.now().as_millis().div_euclid(DAY_MS).saturating_add(EPOCH);
    days_before(version, today)
}

/// The version of a release is its date.
fn days_before(version: &str, today: i64) -> Option<i64> {
    let mut parts = version.split('.');
    let year = parts.next()?.parse().ok()?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    let day = parts.next()?.parse().ok()?;
    let released = Date::from_calendar_date(year, month, day).ok()?.to_julian_day();
    Some(today.saturating_sub(i64::from(released)))
}

fn sandbox(config: &Config, tried: &Tried) -> Finding {
    let missing = tried.sandbox.missing.join(", ");
    match config.sandbox {
        SandboxMode::Off => Finding::warn("the sandbox is off", "unset MAGPIE_SANDBOX"),
        _ if missing.is_empty() => {
            Finding::ok(format!("sandbox: {}", tried.sandbox.in_force.join(", ")))
        }
        mode => {
            let what = format!("sandbox: this system lacks {missing}");
            let remedy = "use Linux 6.12 or later, and a container runtime that allows Landlock";
            match mode {
                SandboxMode::Required => Finding::fail(what, remedy),
                _ => Finding::warn(what, remedy),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_as_old_as_its_date() {
        // 2026-11-24.
        let today = EPOCH + 20_781;
        assert_eq!(days_before("2026.11.24", today), Some(0));
        assert_eq!(days_before("2026.10.26.1", today), Some(29));
        for odd in ["", "nightly", "2026.13.1", "2026.2.30"] {
            assert_eq!(days_before(odd, today), None, "{odd}");
        }
        assert!(yt_dlp("2026.1.1", Some(300)).to_string().contains("magpie engine update"));
        assert!(yt_dlp("2026.10.26", Some(29)).to_string().starts_with("ok"));
    }
}
