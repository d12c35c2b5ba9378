//! `magpie backup` and its check: the database as it is at one moment, the secrets, and the list of
//! the files, or the files too.

mod files;
mod make;
pub(super) mod manifest;
pub(super) mod verify;

use std::path::{Path, PathBuf};

use service_kit::{Config, ConfigError, config::Sources};

pub(super) use self::files::{copy, make_private, sync};
use self::manifest::Manifest;
use super::outcome::{CommandError, Outcome, Printer};

pub(super) const HELP: &str = "\
usage: magpie backup DIRECTORY [--with-files] [--json]
       magpie backup --verify DIRECTORY [--json]

Makes a backup in DIRECTORY, which must not be there yet, while Magpie runs: the database as it is
at one moment (PostgreSQL's by pg_dump), the internal secret and the signing keys, and a list of all
files with their sizes and checksums. It holds secrets: only its owner may read it. A file that is
removed while the backup is made is noted as gone. Exit code 1 if a file is missing or damaged.

  --with-files   also the files themselves, each checked on the way
  --verify       check a backup: every checksum, and that list and database agree; the files in
                 the backup or, where it has none, in the store
  --json         for scripts";

pub(super) async fn run(sources: &Sources, words: &[&str]) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    let has = |switch: &str| sources.switches.contains(switch);
    match words {
        [directory] if has("verify") => verify(&config, print, &absolute(directory)?).await,
        [directory] => {
            let made = make::run(&config, &absolute(directory)?, has("with-files")).await?;
            tell(print, directory, &made, !config.internal_secret.expose().is_empty())?;
            let damaged = made.files.damaged;
            if damaged > 0 {
                print.line(format_args!("{damaged} files are missing or damaged in the store"))?;
            }
            Ok(Outcome::problems_if(damaged > 0))
        }
        [] => Err(CommandError::Usage("name a directory".to_owned(), "backup")),
        [_, unknown, ..] => Err(ConfigError::UnknownArgument((*unknown).to_owned()).into()),
    }
}

pub(super) fn absolute(path: &str) -> Result<PathBuf, CommandError> {
    std::path::absolute(path).map_err(CommandError::failed(format!("cannot use {path}")))
}

async fn verify(config: &Config, print: Printer, path: &Path) -> Result<Outcome, CommandError> {
    let verified = verify::with_store(path, &config.storage).await?;
    verified.problems.iter().try_for_each(|problem| print.line(format_args!("fail  {problem}")))?;
    if verified.problems.is_empty() {
        let files = &verified.manifest.files;
        let place = if files.are_included { "in the backup" } else { "in the store" };
        print.line(format_args!("ok    {} files {place}, all checksums hold", files.count))?;
    }
    print.json(&verified)?;
    Ok(Outcome::problems_if(!verified.problems.is_empty()))
}

fn tell(
    print: Printer,
    path: &str,
    made: &Manifest,
    is_secret_elsewhere: bool,
) -> Result<(), CommandError> {
    let (counts, files) = (&made.database.counts, &made.files);
    print.line(format_args!(
        "{path}: {} accounts, {} downloads, schema {}; {} files of {} MB {}",
        counts.users,
        counts.downloads,
        made.database.schema.as_deref().unwrap_or("none"),
        files.count,
        files.bytes / 1_000_000,
        if files.are_included { "included" } else { "listed" },
    ))?;
    if files.gone > 0 {
        print.line(format_args!("{} files were removed while it was made", files.gone))?;
    }
    if is_secret_elsewhere {
        print.line("the internal secret is configured, and not in it: keep that apart")?;
    }
    print.json(made)
}
