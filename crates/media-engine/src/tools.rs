//! The programs that the engine is made of: where they are, and which versions.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::{EngineConfig, EngineError};

/// Older releases let a hostile page write files or run programs (CVE-2026-50574, CVE-2026-55404).
pub const YT_DLP_FLOOR: &str = "2026.07.04";
/// What an environment is made of, pinned, as scripts/setup-engine installs it.
pub const REQUIREMENTS: &str = include_str!("../worker/requirements.lock");
/// The package with an ffmpeg in one piece.
pub const FFMPEG_LOCK: &str = include_str!("../worker/ffmpeg.lock");
const SYSTEM_DIRS: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin"];
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// What was found on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    pub(crate) python: PathBuf,
    pub(crate) ffmpeg: PathBuf,
    pub(crate) ffprobe: PathBuf,
    pub(crate) ffmpeg_version: String,
}

impl Tools {
    /// # Errors
    /// Which of them is missing, or does not run.
    pub(crate) async fn find(config: &EngineConfig) -> Result<Self, EngineError> {
        let python = python_beside(&config.yt_dlp)?;
        let ffmpeg = match beside(&python, &config.ffmpeg) {
            Some(ffmpeg) => ffmpeg,
            None => program(&config.ffmpeg)?,
        };
        let ffprobe = program(&config.ffprobe)?;
        let (ffmpeg_version, _) = tokio::try_join!(version(&ffmpeg), version(&ffprobe))?;
        Ok(Self { python, ffmpeg, ffprobe, ffmpeg_version })
    }

    /// Puts both programs into one directory, under the names that yt-dlp looks for.
    ///
    /// # Errors
    /// When the links cannot be made.
    pub(crate) fn link_into(&self, directory: &Path) -> io::Result<()> {
        for (name, target) in [("ffmpeg", &self.ffmpeg), ("ffprobe", &self.ffprobe)] {
            let link = directory.join(name);
            if fs::read_link(&link).is_ok_and(|found| found == *target) {
                continue;
            }
            if link.is_symlink() || link.exists() {
                fs::remove_file(&link)?;
            }
            symlink(target, &link)?;
        }
        Ok(())
    }

    /// What a worker finds by name: the environment's own programs, then the system's.
    pub(crate) fn search_path(&self) -> String {
        let bin = self.python.parent().unwrap_or(Path::new("/usr/bin"));
        format!("{}:{}", bin.display(), SYSTEM_DIRS.join(":"))
    }
}

/// Whether a release is new enough; `2026.07.04` and `2026.7.4` are the same one.
pub(crate) fn is_recent(version: &str) -> bool {
    numbers(version) >= numbers(YT_DLP_FLOOR)
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn python_beside(yt_dlp: &Path) -> Result<PathBuf, EngineError> {
    if !yt_dlp.is_file() {
        return Err(EngineError::YtDlpNotFound { path: yt_dlp.to_owned() });
    }
    let yt_dlp = std::path::absolute(yt_dlp)
        .map_err(|source| EngineError::WorkDir { path: yt_dlp.to_owned(), source })?;
    // By the environment's own name, though it was found through a link: the link may lead elsewhere
    // while this runs. That of Python must be run itself, for it is what makes the environment.
    let bin = yt_dlp.parent().and_then(|bin| bin.canonicalize().ok());
    let python = bin.unwrap_or_default().join("python");
    if python.is_file() { Ok(python) } else { Err(EngineError::PythonNotFound { yt_dlp }) }
}

/// The program of this bare name in the engine's own environment.
fn beside(python: &Path, wanted: &Path) -> Option<PathBuf> {
    let is_bare = wanted.components().count() == 1;
    is_bare.then(|| python.with_file_name(wanted.as_os_str())).filter(|path| path.is_file())
}

fn program(wanted: &Path) -> Result<PathBuf, EngineError> {
    let found = if wanted.components().count() > 1 {
        std::path::absolute(wanted).ok()
    } else {
        SYSTEM_DIRS.iter().map(|dir| Path::new(dir).join(wanted)).find(|path| path.is_file())
    };
    found
        .filter(|path| path.is_file())
        .ok_or_else(|| EngineError::FfmpegNotUsable { path: wanted.to_owned(), source: None })
}

async fn version(program: &Path) -> Result<String, EngineError> {
    let unusable = |source| EngineError::FfmpegNotUsable { path: program.to_owned(), source };
    let mut command = Command::new(program);
    command.arg("-version").env_clear().stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = timeout(VERSION_TIMEOUT, command.output())
        .await
        .map_err(|_elapsed| unusable(None))?
        .map_err(|source| unusable(Some(source)))?;
    if !output.status.success() {
        return Err(unusable(None));
    }
    // "ffmpeg version 5.1.9-0+deb12u1 Copyright …"
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.split_whitespace().nth(2).unwrap_or("unknown").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_in_a_version_make_no_difference() {
        for recent in ["2026.07.04", "2026.7.4", "2026.10.26", "2026.7.4.1", "2027.1.1"] {
            assert!(is_recent(recent), "{recent}");
        }
        for old in ["2026.7.3", "2026.06.09", "2025.12.31", "", "nightly"] {
            assert!(!is_recent(old), "{old}");
        }
    }
}
