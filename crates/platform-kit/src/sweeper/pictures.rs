//! The cache of pictures, which would grow for ever.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use actix_web::web;

use super::{SweepError, Sweeper};

/// A picture older than this is fetched anew when someone asks.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How much all pictures together may take; the oldest go first.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

struct Picture {
    path: PathBuf,
    size_bytes: u64,
    modified: SystemTime,
}

impl Sweeper {
    pub(super) async fn sweep_pictures(&self) -> Result<u64, SweepError> {
        let (directory, oldest) = (self.pictures.clone(), self.ago(KEPT_FOR));
        Ok(web::block(move || sweep(&directory, oldest, MAX_BYTES)).await??)
    }
}

/// Removes pictures from before `oldest`, and as many more as exceed `max_bytes`.
fn sweep(directory: &Path, oldest: SystemTime, max_bytes: u64) -> io::Result<u64> {
    let mut pictures = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let (size_bytes, modified) = (metadata.len(), metadata.modified()?);
        pictures.push(Picture { path: entry.path(), size_bytes, modified });
    }
    pictures.sort_by_key(|picture| std::cmp::Reverse(picture.modified));
    let (mut kept_bytes, mut removed) = (0_u64, 0_u64);
    for picture in pictures {
        kept_bytes = kept_bytes.saturating_add(picture.size_bytes);
        if picture.modified < oldest || kept_bytes > max_bytes {
            fs::remove_file(&picture.path)?;
            removed = removed.saturating_add(1);
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pictures_go_first() {
        let directory = tempfile::tempdir().unwrap();
        let now = directory.path().metadata().unwrap().modified().unwrap();
        for (name, age) in [("v-old", 300), ("v-middle", 200), ("v-new", 100)] {
            let file = fs::File::create(directory.path().join(name)).unwrap();
            file.set_len(10).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        assert_eq!(sweep(directory.path(), now - Duration::from_secs(250), 1000).unwrap(), 1);
        assert_eq!(sweep(directory.path(), now - Duration::from_secs(250), 15).unwrap(), 1);
        let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert!(directory.path().join("v-new").exists());
    }
}
