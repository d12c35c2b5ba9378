//! What probes found, kept for the downloads that follow them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

/// The addresses in it hold for hours, but bind to moods of the site that change sooner.
const FRESH: Duration = Duration::from_secs(300);
const MOST: usize = 64;
/// What a probe saves it as, and a job finds it as; see `probe.py`.
pub(crate) const FILE_NAME: &str = "found.json";

/// Files by URL. A file that is gone only costs its reader a new extraction.
#[derive(Debug)]
pub(crate) struct FoundStore {
    directory: PathBuf,
    by_url: Mutex<HashMap<String, (PathBuf, Instant)>>,
}

impl FoundStore {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory, by_url: Mutex::default() }
    }

    /// A file name for something new; not known to anyone until [`Self::keep`].
    pub(crate) fn new_path(&self) -> PathBuf {
        self.directory.join(format!("{}.json", Uuid::new_v4()))
    }

    pub(crate) fn keep(&self, url: &str, path: &Path) {
        let mut by_url = self.by_url.lock().unwrap_or_else(PoisonError::into_inner);
        if by_url.len() >= MOST
            && let Some(oldest) = oldest(&by_url)
        {
            forget(by_url.remove(&oldest));
        }
        forget(by_url.insert(url.to_owned(), (path.to_owned(), Instant::now())));
    }

    pub(crate) fn get(&self, url: &str) -> Option<PathBuf> {
        let by_url = self.by_url.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, since) = by_url.get(url)?;
        (since.elapsed() < FRESH).then(|| path.clone())
    }

    /// A copy for one job, in its directory; none where it has gone.
    pub(crate) async fn lend(found: &Path, directory: &Path) -> Option<PathBuf> {
        let copy = directory.join(FILE_NAME);
        tokio::fs::copy(found, &copy).await.ok().map(|_bytes| copy)
    }

    pub(crate) fn forget(&self, url: &str) {
        forget(self.by_url.lock().unwrap_or_else(PoisonError::into_inner).remove(url));
    }

    /// Drops what is too old to be used.
    pub(crate) fn thin_out(&self) {
        let mut by_url = self.by_url.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, old) in by_url.extract_if(|_, (_, since)| since.elapsed() >= FRESH) {
            forget(Some(old));
        }
    }
}

fn oldest(by_url: &HashMap<String, (PathBuf, Instant)>) -> Option<String> {
    by_url.iter().min_by_key(|(_, (_, since))| *since).map(|(url, _)| url.clone())
}

fn forget(entry: Option<(PathBuf, Instant)>) {
    if let Some((path, _)) = entry {
        // At the next start the whole directory is emptied.
        drop(std::fs::remove_file(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_store_forgets_the_oldest_and_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let store = FoundStore::new(directory.path().to_owned());
        for number in 0..=MOST {
            let path = store.new_path();
            std::fs::write(&path, "{}").unwrap();
            store.keep(&format!("https://example.org/{number}"), &path);
        }
        assert_eq!(store.get("https://example.org/0"), None);
        assert!(store.get(&format!("https://example.org/{MOST}")).is_some());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), MOST);
    }
}
