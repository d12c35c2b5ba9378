//! The commands of `magpie`.

mod backup;
mod doctor;
mod drain;
mod engine;
mod gc;
mod migrate;
mod outcome;
mod restore;
#[cfg(test)]
mod testing;
mod user;

use std::process::ExitCode;

use service_kit::{
    Config, ConfigError, StartError, VERSION,
    config::Sources,
    process::{self, Signals},
};

use self::outcome::{CommandError, Outcome};
use crate::{Stack, StackOptions};

const USAGE: &str = "\
usage: magpie COMMAND [--KEY VALUE]…

commands:
  up [--demo]   run every service in this process; --demo brings a stand-in for the sites along
  config        print the configuration in force, secrets masked
  doctor        look at all that Magpie needs, and say what to do
  migrate       bring the database's schema up to date
  user          list, add, change and delete accounts
  backup        make a backup while Magpie runs, or check one
  restore       put a backup in place
  drain         have processes begin nothing more, and wait until they can be ended
  gc            remove what nobody needs
  engine        another yt-dlp without a restart, and back

`magpie COMMAND --help` says more of each.

Every key of the configuration is also a flag, such as --gateway-bind 127.0.0.1:5000,
and an environment variable, such as MAGPIE_GATEWAY_BIND.";
const UP_HELP: &str = "\
usage: magpie up [--demo]

Runs every service in this process. When everything can serve, it prints `ready http://HOST:PORT`.
SIGTERM and SIGINT end it gracefully, SIGHUP has it read the configuration again.

  --demo    bring a stand-in for the sites along; nothing is fetched from the internet";
const CONFIG_HELP: &str = "\
usage: magpie config

Prints the configuration in force, a line for each key, secrets masked.";

/// A command: its name, the switches that it knows, and what `--help` says of it.
struct Command {
    name: &'static str,
    switches: &'static [&'static str],
    help: &'static str,
}

const COMMANDS: &[Command] = &[
    Command { name: "up", switches: &["demo"], help: UP_HELP },
    Command { name: "config", switches: &[], help: CONFIG_HELP },
    Command { name: "doctor", switches: &["json"], help: doctor::HELP },
    Command { name: "migrate", switches: &["check", "json"], help: migrate::HELP },
    Command { name: "user", switches: &["admin", "force", "json"], help: user::HELP },
    Command { name: "backup", switches: &["with-files", "verify", "json"], help: backup::HELP },
    Command { name: "restore", switches: &["force", "json"], help: restore::HELP },
    Command { name: "drain", switches: &["json"], help: drain::HELP },
    Command { name: "gc", switches: &["dry-run", "json"], help: gc::HELP },
    Command { name: "engine", switches: &["json", "version"], help: engine::HELP },
];
const SWITCHES: [&str; 10] = [
    "admin",
    "check",
    "demo",
    "dry-run",
    "force",
    "help",
    "json",
    "verify",
    "version",
    "with-files",
];

/// Runs the command that the arguments of this process name.
pub async fn run() -> ExitCode {
    match try_run().await {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => error.report(),
    }
}

async fn try_run() -> Result<Outcome, CommandError> {
    let sources = Sources::with_switches(&SWITCHES)?;
    let words: Vec<&str> = sources.words.iter().map(String::as_str).collect();
    let (is_help, words) = match words.as_slice() {
        ["help", rest @ ..] => (true, rest),
        words => (sources.switches.contains("help"), words),
    };
    let command = words.first().and_then(|word| COMMANDS.iter().find(|c| c.name == *word));
    if is_help {
        return done(process::announce(command.map_or(USAGE, |command| command.help)));
    }
    let has_version = command.is_some_and(|command| command.switches.contains(&"version"));
    if sources.switches.contains("version") && !has_version {
        return done(process::announce(&format!("magpie {VERSION}")));
    }
    let Some(command) = command else {
        return Err(match words.first() {
            None => ConfigError::MissingCommand.into(),
            Some(word) => ConfigError::UnknownArgument((*word).to_owned()).into(),
        });
    };
    refuse_switches(&sources, command)?;
    match words {
        ["up"] => {
            let demo = sources.switches.contains("demo");
            done(up(&sources, StackOptions { demo }).await)
        }
        ["config"] => done(process::announce(Config::describe(&sources)?.trim_end())),
        ["doctor"] => doctor::run(&sources).await,
        ["drain", urls @ ..] => drain::run(&sources, urls).await,
        ["migrate"] => migrate::run(&sources),
        ["backup", rest @ ..] => backup::run(&sources, rest).await,
        ["restore", rest @ ..] => restore::run(&sources, rest).await,
        ["gc"] => gc::run(&sources).await,
        ["engine", rest @ ..] => engine::run(&sources, rest).await,
        ["user", rest @ ..] => user::run(&sources, rest).await,
        [_, unknown, ..] => Err(ConfigError::UnknownArgument((*unknown).to_owned()).into()),
        _ => Err(ConfigError::MissingCommand.into()),
    }
}

fn done(result: Result<(), StartError>) -> Result<Outcome, CommandError> {
    Ok(result.map(|()| Outcome::Done)?)
}

/// A switch of another command must not seem to have worked.
fn refuse_switches(sources: &Sources, command: &Command) -> Result<(), CommandError> {
    let foreign =
        sources.switches.iter().find(|switch| !command.switches.contains(&switch.as_str()));
    match foreign {
        Some(switch) => Err(ConfigError::UnknownFlag(format!("--{switch}")).into()),
        None => Ok(()),
    }
}

/// Runs every service until a signal, then drains.
async fn up(sources: &Sources, options: StackOptions) -> Result<(), StartError> {
    let config = Config::load(sources)?;
    process::prepare(&config)?;
    let live = config.live.clone();
    let mut signals = Signals::listen()?;
    let stack = tokio::select! {
        stack = Stack::start(config, options) => stack?,
        // Nothing is being served yet, so there is nothing to drain.
        () = signals.received() => return Ok(()),
    };
    process::announce(&format!("ready {}", stack.url()))?;
    let failed = tokio::select! {
        () = signals.received_while_reloading(&live, sources) => false,
        () = stack.failed() => true,
    };
    stack.stop().await;
    if failed {
        return Err(StartError::internal("a task of a service failed", "see the log above"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_and_every_command_stands_in_the_readme() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let settings = Config::describe(&Sources::read([], [], &[]).unwrap()).unwrap();
        for line in settings.lines() {
            let key = line.trim_start_matches("# ").split(' ').next().unwrap().to_uppercase();
            assert!(readme.contains(&format!("`MAGPIE_{key}`")), "MAGPIE_{key}");
        }
        for command in COMMANDS {
            let is_there = readme.contains(&format!("`magpie {}", command.name));
            assert!(is_there, "magpie {}", command.name);
        }
    }
}
