//! `magpie engine`: another yt-dlp without a restart, and back.

mod making;

use std::{
    fs,
    path::{Path, PathBuf},
};

use platform_kit::upkeep::{self, Engines, Tried};
use serde::Serialize;
use service_kit::{Chain, Clock, Config, ConfigError, config::Sources};
use youtube_service::YouTube;

use super::{
    backup::absolute,
    doctor,
    outcome::{CommandError, Outcome, Printer},
};

pub(super) const HELP: &str = "\
usage: magpie engine status [--json]
       magpie engine update [VERSION] [--json]
       magpie engine use DIRECTORY [--json]
       magpie engine rollback [--json]

The download engine of this node: a Python environment with yt-dlp. `update` makes a new one in
`engines` of the data directory, beside the one in use, with the newest yt-dlp or the VERSION that is
named (also as --version VERSION); `use` takes one that scripts/setup-engine has made elsewhere, for
machines that reach no registry. Either is tried first: it must start, be new enough and play through
a recorded extraction. Then a link is switched. A running youtube-service follows it within seconds;
what it fetches at that moment ends with the one before. `rollback` goes back to that, or to the one of
the setup. On several nodes, run it on each.

  --json   for scripts";

#[derive(Serialize)]
struct Told<'a> {
    environment: &'a Path,
    yt_dlp: Option<&'a str>,
    age_days: Option<i64>,
    js_runtime: Option<&'a str>,
    ffmpeg: Option<&'a str>,
    is_of_the_setup: bool,
    previous: Option<&'a Path>,
}

pub(super) async fn run(sources: &Sources, words: &[&str]) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    let engines = Engines::of(&config);
    match words {
        ["status"] => status(&config, &engines, print).await,
        ["update"] => update(&config, &engines, print, None).await,
        ["update", version] => update(&config, &engines, print, Some(version)).await,
        ["use", directory] => {
            let environment = absolute(directory)?.canonicalize();
            let doing = format!("cannot use {directory}");
            take(&config, &engines, print, &environment.map_err(CommandError::failed(doing))?).await
        }
        ["rollback"] => {
            engines.roll_back().map_err(CommandError::failed("cannot go back"))?;
            status(&config, &engines, print).await
        }
        ["status" | "update" | "use" | "rollback", ..] | [] => {
            Err(CommandError::Usage("that is not how this is called".to_owned(), "engine"))
        }
        [unknown, ..] => Err(ConfigError::UnknownArgument((*unknown).to_owned()).into()),
    }
}

async fn status(
    config: &Config,
    engines: &Engines,
    print: Printer,
) -> Result<Outcome, CommandError> {
    let tried = attempt(config, &engines.yt_dlp()).await?;
    tell(print, engines, &in_use(engines), &tried)?;
    Ok(Outcome::Done)
}

async fn update(
    config: &Config,
    engines: &Engines,
    print: Printer,
    version: Option<&str>,
) -> Result<Outcome, CommandError> {
    let doing = || format!("cannot write to {}", engines.directory().display());
    fs::create_dir_all(engines.directory()).map_err(CommandError::failed(doing()))?;
    let lock = fs::File::create(engines.directory().join(".lock"));
    let lock = lock.map_err(CommandError::failed(doing()))?;
    // Two at once would remove what the other makes.
    if lock.try_lock().is_err() {
        return Err(CommandError::refused("another `magpie engine update` is at work"));
    }
    let stamp = Clock::system().now().as_millis();
    let directory = engines.directory().canonicalize();
    let directory = directory.map_err(CommandError::failed(doing()))?;
    let environment = directory.join(stamp.to_string());
    let made = making::make(&engines.yt_dlp(), &environment, version, print).await;
    let is_newer = upkeep::version_of(&environment) > upkeep::version_of(&in_use(engines));
    let taken = match made {
        Ok(()) if version.is_none() && !is_newer => {
            print.line("there is no newer one")?;
            status(config, engines, print).await
        }
        Ok(()) => take(config, engines, print, &environment).await,
        Err(error) => Err(error),
    };
    if taken.is_err() || engines.current().as_ref() != Some(&environment) {
        // One that was not taken is of no use to anybody.
        let _removed = fs::remove_dir_all(&environment);
    }
    taken
}

/// The environment that a service uses now.
fn in_use(engines: &Engines) -> PathBuf {
    let yt_dlp = engines.yt_dlp();
    yt_dlp.ancestors().nth(2).unwrap_or(&yt_dlp).to_owned()
}

/// Tries an environment, and has it used from now on.
async fn take(
    config: &Config,
    engines: &Engines,
    print: Printer,
    environment: &Path,
) -> Result<Outcome, CommandError> {
    let before = upkeep::version_of(&engines.set_up());
    if upkeep::version_of(environment) < before {
        let why = "that is older than the one of the setup; set MAGPIE_YT_DLP to go further back";
        return Err(CommandError::refused(why));
    }
    let tried = attempt(config, &environment.join("bin/yt-dlp")).await?;
    fs::create_dir_all(engines.directory())
        .and_then(|()| engines.switch_to(environment))
        .map_err(CommandError::failed("cannot switch to the new engine"))?;
    let removed = engines.remove_others(making::is_in_use);
    if let Err(error) = removed {
        print.line(format_args!("an old engine could not be removed: {}", Chain(&error)))?;
    }
    tell(print, engines, environment, &tried)?;
    Ok(Outcome::Done)
}

/// The canary: what does not start, warm up or have its JavaScript runtime is not for users.
async fn attempt(config: &Config, yt_dlp: &Path) -> Result<Tried, CommandError> {
    let work = std::env::temp_dir().join(format!("magpie-engine-{}", std::process::id()));
    let tried = upkeep::try_engine(&YouTube, config, yt_dlp, &work).await;
    let tried = tried.map_err(CommandError::failed("the engine does not do"))?;
    if tried.is_warm {
        return Ok(tried);
    }
    Err(CommandError::refused("the engine does not warm up"))
}

fn tell(
    print: Printer,
    engines: &Engines,
    environment: &Path,
    tried: &Tried,
) -> Result<(), CommandError> {
    let versions = &tried.versions;
    let version = versions.yt_dlp.as_deref();
    let age_days = version.and_then(|version| doctor::age_days(version, &Clock::system()));
    let is_of_the_setup = engines.set_up() == environment;
    let previous = engines.previous();
    print.line(format_args!(
        "yt-dlp {}{} in {}{}",
        version.unwrap_or("of an unknown version"),
        age_days.map(|days| format!(", {days} days old,")).unwrap_or_default(),
        environment.display(),
        if is_of_the_setup { ", the one of the setup" } else { "" },
    ))?;
    let or_none = |found: &Option<String>| found.clone().unwrap_or_else(|| "none".to_owned());
    let (ffmpeg, runtime) = (or_none(&versions.ffmpeg), or_none(&versions.js_runtime));
    print.line(format_args!("ffmpeg {ffmpeg}, JavaScript runtime {runtime}"))?;
    if let Some(previous) = &previous {
        print.line(format_args!("before it: {}", previous.display()))?;
    }
    print.json(&Told {
        environment,
        yt_dlp: version,
        age_days,
        js_runtime: versions.js_runtime.as_deref(),
        ffmpeg: versions.ffmpeg.as_deref(),
        is_of_the_setup,
        previous: previous.as_deref(),
    })
}
