//! `magpie gc`: what a running Magpie sweeps from hour to hour, now and told, or only told.

mod objects;
mod rows;

use db_service::admin::Admin;
use media_store::Store;
use platform_kit::{Platform, upkeep};
use serde::Serialize;
use service_kit::{
    Config,
    config::{Sources, Storage},
};
use youtube_service::YouTube;

use super::{
    migrate,
    outcome::{CommandError, Outcome, Printer},
};

pub(super) const HELP: &str = "\
usage: magpie gc [--dry-run] [--json]

Removes what nobody needs: files whose time has come, objects of the store that no row names (once
they are ten leases old, for a job may just be telling its end), rows that are kept as history for
longer than 90 days, and sessions, revocations, log entries and the like that have expired. Notes
files that are gone. A running Magpie does the same from hour to hour; both may go on at once.

  --dry-run   change nothing, and say what would go; long lists are counted in part
  --json      for scripts";

/// Kinds of what goes, and how much of each.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Swept {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    failed: u64,
}

#[derive(Debug, Default, Serialize)]
struct Told {
    is_dry_run: bool,
    expired_files: Swept,
    objects_without_a_row: Swept,
    rows_without_an_object: Swept,
    old_history: Swept,
    expired_rows: Swept,
}

/// What a sweep works with.
struct Sweep<'a> {
    admin: &'a mut Admin,
    /// None where it is a directory that is not there.
    store: Option<Store>,
    config: &'a Config,
    platform: &'static str,
    is_dry_run: bool,
}

pub(super) async fn run(sources: &Sources) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    let is_dry_run = sources.switches.contains("dry-run");
    let mut admin = migrate::open(Admin::open(&config.database_url))?;
    migrate::require_current(&mut admin)?;
    let store = match &config.storage {
        Storage::Directory(root) if !root.exists() => None,
        storage => Some(upkeep::open_store(storage).await?),
    };
    let platform = YouTube.name();
    let mut sweep = Sweep { admin: &mut admin, store, config: &config, platform, is_dry_run };
    let told = Told {
        is_dry_run,
        expired_files: sweep.expired_files().await?,
        objects_without_a_row: sweep.objects_without_a_row().await?,
        rows_without_an_object: sweep.rows_without_an_object().await?,
        old_history: sweep.old_history()?,
        expired_rows: sweep.expired_rows()?,
    };
    let kinds = [
        ("files whose time has come", told.expired_files),
        ("objects without a row", told.objects_without_a_row),
        ("rows without an object", told.rows_without_an_object),
        ("rows of long ago", told.old_history),
        ("expired sessions and the like", told.expired_rows),
    ];
    for (what, swept) in kinds {
        print.line(format_args!("{:>8}  {what}{}", swept.count, more(swept)))?;
    }
    if is_dry_run {
        print.line("nothing was changed")?;
    }
    print.json(&told)?;
    Ok(Outcome::problems_if(kinds.iter().any(|(_, swept)| swept.failed > 0)))
}

fn more(swept: Swept) -> String {
    let bytes = swept.bytes.filter(|bytes| *bytes > 0);
    let size = bytes.map(|bytes| format!(", {:.1} MB", bytes_to_mb(bytes))).unwrap_or_default();
    let failed = (swept.failed > 0).then(|| format!("; {} could not be removed", swept.failed));
    format!("{size}{}", failed.unwrap_or_default())
}

/// For people, who want no more than a tenth.
fn bytes_to_mb(bytes: u64) -> f64 {
    let tenths = u32::try_from(bytes / 100_000).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}
