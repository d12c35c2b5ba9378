//! A new environment, from the registry, as scripts/setup-engine makes one.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use platform_kit::upkeep::{FFMPEG_LOCK, REQUIREMENTS};
use tokio::{process::Command, time::timeout};

use crate::commands::outcome::{CommandError, Printer};

/// The registry is far away, and what is fetched has 100 MB.
const PATIENCE: Duration = Duration::from_secs(900);
const PIP: [&str; 5] = ["-m", "pip", "install", "--disable-pip-version-check", "--no-compile"];
/// Only what is built already: nothing of it may run at its installation.
const WHEELS: [&str; 2] = ["--only-binary", ":all:"];
/// They go with the release.
const OWN: [&str; 2] = ["yt-dlp==", "yt-dlp-ejs=="];

/// Makes `environment` with the Python of the engine in use, which stays as it is.
pub(super) async fn make(
    yt_dlp: &Path,
    environment: &Path,
    version: Option<&str>,
    print: Printer,
) -> Result<(), CommandError> {
    let wanted = match version {
        Some(version) if is_version(version) => format!("yt-dlp[default]=={version}"),
        Some(version) => return Err(CommandError::refused(format!("{version} is no version"))),
        None => "yt-dlp[default]".to_owned(),
    };
    print.line(format_args!("making {} with {wanted}", environment.display()))?;
    let python = yt_dlp.with_file_name("python");
    run(&python, &["-m", "venv", &environment.to_string_lossy()]).await?;
    let python = environment.join("bin/python");
    let list = environment.join("requirements.txt");
    let others: String = REQUIREMENTS
        .lines()
        .filter(|line| !OWN.iter().any(|own| line.starts_with(own)))
        .flat_map(|line| [line, "\n"])
        .collect();
    fs::write(&list, others).map_err(CommandError::failed("cannot write a list of packages"))?;
    let list = list.to_string_lossy();
    // What is pinned first; then the release, with what it asks for beyond that.
    let pinned = [PIP.as_slice(), &WHEELS, &["--no-deps", "-r", &list]].concat();
    run(&python, &pinned).await?;
    run(&python, &[PIP.as_slice(), &WHEELS, &[&wanted]].concat()).await?;
    let ffmpeg = FFMPEG_LOCK.trim();
    let fetched = run(&python, &[PIP.as_slice(), &WHEELS, &["--no-deps", ffmpeg]].concat()).await;
    if fetched.and_then(|()| link_ffmpeg(environment)).is_err() {
        print.line("no ffmpeg in one piece for this machine; the system's will do")?;
    }
    let uninstall = ["-m", "pip", "uninstall", "--quiet", "--yes", "setuptools", "pip"];
    run(&python, &uninstall).await?;
    // First use without costs a second, and the service may have no right to write them.
    let lib = environment.join("lib");
    run(&python, &["-m", "compileall", "-q", "-j", "0", &lib.to_string_lossy()]).await
}

/// Beside yt-dlp, where the engine looks for it before it asks the system.
fn link_ffmpeg(environment: &Path) -> Result<(), CommandError> {
    let link = || -> io::Result<()> {
        let found = find_ffmpeg(&environment.join("lib"))?.ok_or(io::ErrorKind::NotFound)?;
        symlink(found, environment.join("bin/ffmpeg"))
    };
    link().map_err(CommandError::failed("cannot link ffmpeg"))
}

fn find_ffmpeg(lib: &Path) -> io::Result<Option<PathBuf>> {
    for python in fs::read_dir(lib)? {
        let binaries = python?.path().join("site-packages/imageio_ffmpeg/binaries");
        let Ok(entries) = fs::read_dir(binaries) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("ffmpeg-") {
                return Ok(Some(entry.path()));
            }
        }
    }
    Ok(None)
}

/// A release of yt-dlp; whatever else is named here would reach pip as an argument.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (3..=4).contains(&text.split('.').count()) && text.split('.').all(is_number)
}

async fn run(program: &Path, arguments: &[&str]) -> Result<(), CommandError> {
    let doing =
        || format!("{} {}", program.display(), arguments.get(..3).unwrap_or(arguments).join(" "));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await;
    let output = output.map_err(CommandError::failed(format!("{} took too long", doing())))?;
    let output = output.map_err(CommandError::failed(doing()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if said.contains("ensurepip is not available") {
        let why = "Python's venv is not complete here (Debian: python3-venv); make an environment \
                   elsewhere and have it used: `magpie engine --help`";
        return Err(CommandError::refused(why));
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(CommandError::refused(format!("{} failed: {last}", doing())))
}

/// Whether a process runs on the Python of this environment.
pub(super) fn is_in_use(environment: &Path) -> bool {
    let python = environment.join("bin/python").into_os_string().into_encoded_bytes();
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    processes.flatten().any(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.starts_with(&python)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_releases_are_versions() {
        assert!(is_version("2026.10.26") && is_version("2026.11.2.1"));
        for odd in ["", "2026", "2026.10", "--pre", "2026.10.x", "2026..1", "1.2.3 --pre"] {
            assert!(!is_version(odd), "{odd}");
        }
    }

    #[test]
    fn the_environment_of_a_process_is_in_use() {
        assert!(!is_in_use(Path::new("/nonexistent")));
    }
}
