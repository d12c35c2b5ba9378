//! `magpie doctor`: looks at all that Magpie needs, and says what to do where something is amiss.
//!
//! It writes nothing that stays, and a running Magpie does not notice it.

mod database;
mod engine;
mod finding;
mod places;
mod ports;
mod secrets;
mod servers;

use serde::Serialize;
use service_kit::{Clock, Config, config::Sources};

use self::finding::{Finding, State};
pub(super) use self::{engine::age_days, ports::is_ours};
use super::outcome::{CommandError, Outcome, Printer};

pub(super) const HELP: &str = "\
usage: magpie doctor [--json]

Looks at everything that Magpie needs here: the engine, the directories, the clock, the database, the
store, Redis, the secrets, the ports. One line each, `ok`, `warn` or `fail`, with what to do.
Exit code 1 if anything fails.

  --json    for scripts";

#[derive(Serialize)]
struct Told {
    is_healthy: bool,
    findings: Vec<Finding>,
}

pub(super) async fn run(sources: &Sources) -> Result<Outcome, CommandError> {
    let (config, print, clock) = (Config::check(sources)?, Printer::of(sources), Clock::system());
    let mut findings = Vec::new();
    let mut tell = |found: Vec<Finding>| -> Result<(), CommandError> {
        found.iter().try_for_each(|finding| print.line(finding))?;
        findings.extend(found);
        Ok(())
    };
    // As soon as each is known: some take their time.
    tell(engine::examine(&config, &clock).await)?;
    tell(places::examine(&config))?;
    tell(places::examine_clock(&config, &clock).await)?;
    tell(database::examine(&config, &clock))?;
    tell(servers::examine(&config).await)?;
    tell(secrets::examine(&config))?;
    tell(ports::examine(&config).await)?;
    let is_healthy = findings.iter().all(|finding| finding.state != State::Fail);
    print.json(&Told { is_healthy, findings })?;
    Ok(Outcome::problems_if(!is_healthy))
}
