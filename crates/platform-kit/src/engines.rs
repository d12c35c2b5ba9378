//! The engines of a node: the one that it was set up with, and those that were made later, beside it.
//!
//! Later ones are environments in `<data>/engines`. The link `current` there says which one is used,
//! `previous` which one was used before it; without `current` it is the one of the setup, and also where
//! that one is newer: a new image brings its own.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use media_engine::Engine;
use service_kit::{Chain, Config};
use tokio_util::sync::CancellationToken;

use crate::tools;

const DIRECTORY: &str = "engines";
const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";
const YT_DLP: &str = "bin/yt-dlp";
/// How soon a running service takes another engine.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One that did not start may have been tried at a bad moment.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The engines of a node.
#[derive(Debug, Clone)]
pub struct Engines {
    directory: PathBuf,
    /// The yt-dlp of the setup.
    set_up: PathBuf,
}

impl Engines {
    /// Those of a node with this configuration.
    pub fn of(config: &Config) -> Self {
        let found = || tools::find_yt_dlp(&config.data_dir);
        let set_up = config.yt_dlp.clone().unwrap_or_else(found);
        Self { directory: config.data_dir.join(DIRECTORY), set_up }
    }

    /// Where those that were made later lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The environment of the setup.
    pub fn set_up(&self) -> PathBuf {
        environment_of(&self.set_up)
    }

    /// The yt-dlp that a service uses now, by its own name and not by that of a link of ours.
    pub fn yt_dlp(&self) -> PathBuf {
        match self.current() {
            Some(current) if !self.is_outdated(&current) => current.join(YT_DLP),
            _ => self.set_up.clone(),
        }
    }

    /// The environment that the link names, if there is one and it is whole.
    pub fn current(&self) -> Option<PathBuf> {
        self.linked(CURRENT)
    }

    /// The one that was used before it, if it was one of those made later.
    pub fn previous(&self) -> Option<PathBuf> {
        self.linked(PREVIOUS)
    }

    fn linked(&self, name: &str) -> Option<PathBuf> {
        let environment = self.directory.join(name).canonicalize().ok()?;
        environment.join(YT_DLP).is_file().then_some(environment)
    }

    fn is_outdated(&self, current: &Path) -> bool {
        version_of(&self.set_up()) > version_of(current)
    }

    /// Has services use the environment `next` from now on. They do so at once or not at all.
    ///
    /// # Errors
    /// When the links cannot be made.
    pub fn switch_to(&self, next: &Path) -> io::Result<()> {
        match self.current().filter(|current| current != next) {
            Some(current) => self.link(PREVIOUS, &current)?,
            None => self.unlink(PREVIOUS)?,
        }
        self.link(CURRENT, next)
    }

    /// Goes back to the one before, or else to that of the setup; which one it is.
    ///
    /// # Errors
    /// When there is nothing to go back from, or the links cannot be made.
    pub fn roll_back(&self) -> io::Result<PathBuf> {
        if self.current().is_none() {
            return Err(io::Error::other("the engine is that of the setup"));
        }
        match self.previous() {
            Some(previous) => self.link(CURRENT, &previous)?,
            None => self.unlink(CURRENT)?,
        }
        self.unlink(PREVIOUS)?;
        Ok(environment_of(&self.yt_dlp()))
    }

    /// Removes environments that are neither used nor kept to go back to, unless `is_busy`. Which.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove_others(&self, is_busy: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
        let kept = [self.current(), self.previous()];
        let mut removed = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let is_environment = path.join("pyvenv.cfg").is_file() && !path.is_symlink();
            let is_kept = || path.canonicalize().is_ok_and(|path| kept.contains(&Some(path)));
            if is_environment && !is_kept() && !is_busy(&path) {
                fs::remove_dir_all(&path)?;
                removed.push(path);
            }
        }
        Ok(removed)
    }

    /// A rename is seen whole or not at all.
    fn link(&self, name: &str, target: &Path) -> io::Result<()> {
        let draft = self.directory.join(format!(".{name}-{}", std::process::id()));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        symlink(target, &draft)?;
        fs::rename(draft, self.directory.join(name))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.directory.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The environment that a yt-dlp stands in.
fn environment_of(yt_dlp: &Path) -> PathBuf {
    let environment = yt_dlp.ancestors().nth(2).unwrap_or(yt_dlp);
    environment.canonicalize().unwrap_or_else(|_missing| environment.to_owned())
}

/// The release of yt-dlp that is installed in an environment, as numbers, which compare.
pub fn version_of(environment: &Path) -> Option<Vec<u32>> {
    let pythons = fs::read_dir(environment.join("lib")).ok()?;
    let packages = pythons.flatten().map(|python| python.path().join("site-packages"));
    packages.filter_map(|packages| fs::read_dir(packages).ok()).flatten().flatten().find_map(
        |found| {
            let name = found.file_name();
            let version = name.to_str()?.strip_prefix("yt_dlp-")?.strip_suffix(".dist-info")?;
            version.split('.').map(|part| part.parse().ok()).collect()
        },
    )
}

/// Takes over another engine when there is one, until `shutdown`.
pub(crate) async fn follow(
    engines: Engines,
    mut used: PathBuf,
    engine: Engine,
    shutdown: CancellationToken,
) {
    let mut pause = LOOK_EVERY;
    loop {
        if tokio::time::timeout(pause, shutdown.cancelled()).await.is_ok() {
            return;
        }
        pause = LOOK_EVERY;
        let looked_at = engines.clone();
        let looking = move || looked_at.yt_dlp();
        let Ok(wanted) = tokio::task::spawn_blocking(looking).await else { continue };
        if wanted == used {
            continue;
        }
        let doing = engine.go_on_with(wanted.clone());
        match tokio::select! { () = shutdown.cancelled() => return, done = doing => done } {
            Ok(()) => {
                log::info!("the engine is {} from now on", wanted.display());
                used = wanted;
            }
            Err(error) => {
                log::error!("the engine stays as it was: {}", Chain(&error));
                pause = TRY_AGAIN_AFTER;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment in which this release is installed.
    fn environment(at: &Path, version: &str) -> PathBuf {
        let packages = at.join("lib/python3.11/site-packages");
        fs::create_dir_all(packages.join(format!("yt_dlp-{version}.dist-info"))).unwrap();
        fs::create_dir_all(at.join("bin")).unwrap();
        fs::write(at.join(YT_DLP), "").unwrap();
        fs::write(at.join("pyvenv.cfg"), "").unwrap();
        at.canonicalize().unwrap()
    }

    fn engines(data: &Path) -> Engines {
        let set_up = environment(&data.join("setup"), "2026.10.26").join(YT_DLP);
        let directory = data.join(DIRECTORY);
        fs::create_dir_all(&directory).unwrap();
        Engines { directory, set_up }
    }

    #[test]
    fn what_was_made_last_is_used_and_can_be_gone_back_from() {
        let data = tempfile::tempdir().unwrap();
        let engines = engines(data.path());
        assert_eq!(engines.yt_dlp(), engines.set_up);
        let first = environment(&engines.directory.join("1"), "2026.11.1");
        let second = environment(&engines.directory.join("2"), "2026.11.2");
        engines.switch_to(&first).unwrap();
        engines.switch_to(&second).unwrap();
        assert_eq!(engines.yt_dlp(), second.join(YT_DLP));
        assert_eq!(engines.roll_back().unwrap(), first);
        assert_eq!(engines.roll_back().unwrap(), engines.set_up());
        assert!(engines.roll_back().is_err());
    }

    #[test]
    fn a_setup_that_is_newer_is_used() {
        let data = tempfile::tempdir().unwrap();
        let engines = engines(data.path());
        let old = environment(&engines.directory.join("1"), "2026.9.30");
        engines.switch_to(&old).unwrap();
        assert_eq!(engines.yt_dlp(), engines.set_up);
    }

    #[test]
    fn the_two_that_may_be_used_stay_and_what_is_busy() {
        let data = tempfile::tempdir().unwrap();
        let engines = engines(data.path());
        let made = [1, 2, 3, 4]
            .map(|number| environment(&engines.directory.join(number.to_string()), "2026.11.1"));
        engines.switch_to(&made[2]).unwrap();
        engines.switch_to(&made[3]).unwrap();
        let removed = engines.remove_others(|path| path.ends_with("1")).unwrap();
        assert_eq!(removed.len(), 1);
        assert!(!made[1].exists());
        assert!([0, 2, 3].iter().all(|&index| made[index].exists()));
    }
}
