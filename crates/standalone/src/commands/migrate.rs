//! `magpie migrate`: the schema brought up to date, or looked at.

use db_service::{admin::Admin, migrations::Schema};
use serde::Serialize;
use service_kit::{Config, config::Sources};

use super::outcome::{CommandError, Outcome, Printer};

pub(super) const HELP: &str = "\
usage: magpie migrate [--check] [--json]

Applies what migrations the database lacks, behind the lock that db-services take at their start:
running ones may go on. They are made so that the version before still works with them.

  --check   change nothing, and say what would be applied; exit code 1 if there is anything
  --json    for scripts";

#[derive(Serialize)]
struct Told<'a> {
    database: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    applied: usize,
    pending: Vec<String>,
}

pub(super) fn run(sources: &Sources) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    if sources.switches.contains("check") {
        return check(&config, print);
    }
    let mut admin = open(Admin::open_or_make(&config.database_url))?;
    let before = schema(&mut admin)?;
    refuse_foreign(&before)?;
    let applied = admin.migrate().map_err(CommandError::failed("cannot migrate"))?;
    let after = schema(&mut admin)?;
    tell(print, &admin, &before, &after, applied)?;
    Ok(Outcome::problems_if(!after.pending().is_empty()))
}

fn check(config: &Config, print: Printer) -> Result<Outcome, CommandError> {
    let mut admin = open(Admin::open(&config.database_url))?;
    let schema = schema(&mut admin)?;
    refuse_foreign(&schema)?;
    tell(print, &admin, &schema, &schema, 0)?;
    Ok(Outcome::problems_if(!schema.pending().is_empty()))
}

pub(super) fn open<T>(opened: Result<T, db_service::admin::AdminError>) -> Result<T, CommandError> {
    opened.map_err(CommandError::failed("cannot open the database"))
}

pub(super) fn schema(admin: &mut Admin) -> Result<Schema, CommandError> {
    admin.schema().map_err(CommandError::failed("cannot look at the schema"))
}

/// Refuses a database whose schema is not that of this build.
pub(super) fn require_current(admin: &mut Admin) -> Result<(), CommandError> {
    let schema = schema(admin)?;
    refuse_foreign(&schema)?;
    if schema.pending().is_empty() {
        return Ok(());
    }
    Err(CommandError::refused("the database is behind this version: run `magpie migrate`"))
}

/// A newer Magpie has been here, and what it changed is not known to this one.
pub(super) fn refuse_foreign(schema: &Schema) -> Result<(), CommandError> {
    let foreign = schema.foreign();
    if foreign.is_empty() {
        return Ok(());
    }
    let which = foreign.join(", ");
    Err(CommandError::refused(format!("the database is of a newer Magpie (migrations {which})")))
}

fn tell(
    print: Printer,
    admin: &Admin,
    before: &Schema,
    after: &Schema,
    applied: usize,
) -> Result<(), CommandError> {
    let pending = after.pending();
    let name = |schema: &Schema| schema.version().unwrap_or("none").to_owned();
    print.line(match (applied, pending.as_slice()) {
        (0, []) => format!("{}: schema {}, up to date", admin.kind(), name(after)),
        (0, pending) => {
            format!("{}: schema {}, behind by {}", admin.kind(), name(after), pending.join(", "))
        }
        (count, _) => format!(
            "{}: schema {} before, {} now; {count} migrations were applied",
            admin.kind(),
            name(before),
            name(after)
        ),
    })?;
    let (database, before, after) = (admin.kind(), before.version(), after.version());
    print.json(&Told { database, before, after, applied, pending })
}
