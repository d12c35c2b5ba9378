//! Files and directories that take their places together, or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use common_types::Timestamp;

use crate::commands::backup::{make_private, sync};

/// What is to be placed. What was staged and not placed goes with this.
pub(super) struct Placing {
    /// Tells what this run sets aside from what earlier ones did.
    stamp: String,
    staged: Vec<PathBuf>,
    steps: Vec<Step>,
}

/// A new thing for a place, or none.
struct Step {
    place: PathBuf,
    new: Option<PathBuf>,
}

/// What was done, to be undone unless it is kept.
pub(super) struct Placed {
    moves: Vec<(PathBuf, PathBuf)>,
    aside: Vec<PathBuf>,
}

impl Placing {
    pub(super) fn begin(now: Timestamp) -> Self {
        let stamp = now.as_millis().to_string();
        Self { stamp, staged: Vec::new(), steps: Vec::new() }
    }

    /// A name beside `place`, on the same file system, for what is to go there.
    ///
    /// # Errors
    /// When its directory cannot be made.
    pub(super) fn stage(&mut self, place: &Path) -> io::Result<PathBuf> {
        place.parent().map_or(Ok(()), make_private)?;
        let staged = self.beside(place, "restore");
        self.staged.push(staged.clone());
        Ok(staged)
    }

    pub(super) fn put(&mut self, place: &Path, staged: &Path) {
        self.steps.push(Step { place: place.to_owned(), new: Some(staged.to_owned()) });
    }

    /// What stands there goes, and nothing comes in its place.
    pub(super) fn set_aside(&mut self, place: PathBuf) {
        self.steps.push(Step { place, new: None });
    }

    /// Renames everything, in the order in which it was given.
    ///
    /// # Errors
    /// When something cannot be renamed; what was renamed before is back in its place then.
    pub(super) fn place(&self) -> io::Result<Placed> {
        let mut placed = Placed { moves: Vec::new(), aside: Vec::new() };
        for step in &self.steps {
            if step.place.symlink_metadata().is_ok() {
                let aside = self.beside(&step.place, "before-restore");
                placed.rename(&step.place, &aside)?;
                placed.aside.push(aside);
            }
            if let Some(new) = &step.new {
                placed.rename(new, &step.place)?;
            }
            step.place.parent().map_or(Ok(()), sync)?;
        }
        Ok(placed)
    }

    /// With a dot first, no store and no service looks at it.
    fn beside(&self, place: &Path, what: &str) -> PathBuf {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        place.with_file_name(format!(".{name}.{what}-{}", self.stamp))
    }
}

impl Drop for Placing {
    fn drop(&mut self) {
        for staged in &self.staged {
            let _placed =
                if staged.is_dir() { fs::remove_dir_all(staged) } else { fs::remove_file(staged) };
        }
    }
}

impl Placed {
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        self.moves.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Lets it stand, and says what was set aside.
    pub(super) fn keep(mut self) -> Vec<PathBuf> {
        self.moves.clear();
        std::mem::take(&mut self.aside)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for (from, to) in self.moves.drain(..).rev() {
            // Whoever reads of the failure finds the rest under the names that were told.
            let _back = fs::rename(to, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1)
    }

    #[test]
    fn all_take_their_places_and_what_was_there_is_kept_aside() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("a");
        fs::write(&place, "old").unwrap();
        let mut placing = Placing::begin(now());
        let staged = placing.stage(&place).unwrap();
        fs::write(&staged, "new").unwrap();
        placing.put(&place, &staged);
        let aside = placing.place().unwrap().keep();
        drop(placing);
        assert_eq!(fs::read_to_string(&place).unwrap(), "new");
        assert_eq!(fs::read_to_string(&aside[0]).unwrap(), "old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn where_one_fails_all_is_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&first, "old").unwrap();
        let mut placing = Placing::begin(now());
        let staged = placing.stage(&first).unwrap();
        fs::write(&staged, "new").unwrap();
        placing.put(&first, &staged);
        let never_made = placing.stage(&second).unwrap();
        placing.put(&second, &never_made);
        assert!(placing.place().is_err());
        drop(placing);
        assert_eq!(fs::read_to_string(&first).unwrap(), "old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
