//! The commands of `magpie`.

use std::process::ExitCode;

use service_kit::{
    Config, ConfigError, StartError, VERSION,
    config::Sources,
    process::{self, Signals},
};

use crate::{Stack, StackOptions};

const USAGE: &str = "\
usage: magpie COMMAND [--KEY VALUE]…

commands:
  up [--demo]   run every service in this process; --demo brings a stand-in for the sites along
  config        print the configuration in force, secrets masked

Every key of the configuration is also a flag, such as --gateway-bind 127.0.0.1:5000,
and an environment variable, such as MAGPIE_GATEWAY_BIND.";
const SWITCHES: [&str; 3] = ["demo", "help", "version"];

/// Runs the command that the arguments of this process name.
pub async fn run() -> ExitCode {
    match try_run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

async fn try_run() -> Result<(), StartError> {
    let sources = Sources::with_switches(&SWITCHES)?;
    let has = |switch: &str| sources.switches.contains(switch);
    let words: Vec<&str> = sources.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        _ if has("help") => process::announce(USAGE),
        _ if has("version") => process::announce(&format!("magpie {VERSION}")),
        ["up"] => up(&sources, StackOptions { demo: has("demo") }).await,
        ["config"] => process::announce(Config::describe(&sources)?.trim_end()),
        [] => Err(ConfigError::MissingCommand.into()),
        [word, ..] => Err(ConfigError::UnknownArgument((*word).to_owned()).into()),
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
