//! What is known of playlists: pages of them, and how many entries they have.

use std::{sync::Arc, time::Duration};

use media_engine::{MediaFailure, PlaylistPage};
use moka::future::Cache;

use common_types::Timestamp;

use crate::{PlaylistRef, cookies::Viewer, guarded::GuardedEngine};

const MAX_PAGES: u64 = 500;
/// For how long a page stands. Lists change more often than videos.
const FRESH_FOR: Duration = Duration::from_secs(120);

/// A page of a list: whose eyes saw it with which cookies, where not everyone's; its URL, and which
/// entries.
type PageKey = (Option<(i64, Timestamp)>, String, u32, u32);

/// What a recent look at a playlist told of it as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownPlaylist {
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) total: Option<u64>,
}

/// Probes and remembers.
#[derive(Clone)]
pub(crate) struct PlaylistCache {
    engine: GuardedEngine,
    pages: Cache<PageKey, Arc<PlaylistPage>>,
    known: Cache<(Option<i64>, String), KnownPlaylist>,
}

impl PlaylistCache {
    pub(crate) fn new(engine: GuardedEngine) -> Self {
        let pages = Cache::builder().max_capacity(MAX_PAGES).time_to_live(FRESH_FOR).build();
        let known = Cache::builder().max_capacity(MAX_PAGES).time_to_live(FRESH_FOR).build();
        Self { engine, pages, known }
    }

    /// The entries after the first `offset`, at most `limit`, perhaps as they were moments ago.
    ///
    /// # Errors
    /// When the list cannot be had.
    pub(crate) async fn probe(
        &self,
        viewer: Option<&Viewer>,
        playlist: &PlaylistRef,
        offset: u32,
        limit: u32,
    ) -> Result<Arc<PlaylistPage>, MediaFailure> {
        let probe = async {
            let target = Viewer::target(viewer, &playlist.url);
            let page = self.engine.playlist(target, offset, limit).await.map(Arc::new)?;
            self.remember(viewer, playlist, &page).await;
            Ok(page)
        };
        let seen_by = viewer.map(|viewer| (viewer.user_id, viewer.since));
        let key = (seen_by, playlist.url.clone(), offset, limit);
        let found = self.pages.try_get_with(key, probe).await;
        found.map_err(|failure: Arc<MediaFailure>| (*failure).clone())
    }

    async fn remember(&self, viewer: Option<&Viewer>, playlist: &PlaylistRef, page: &PlaylistPage) {
        let known = KnownPlaylist {
            title: page.title.clone(),
            uploader: page.uploader.clone(),
            total: page.total.filter(|_| !page.is_endless),
        };
        let key = (viewer.map(|viewer| viewer.user_id), playlist.url.clone());
        self.known.insert(key, known).await;
    }

    /// What a recent look told, this user's own or one for everyone, without asking the site.
    pub(crate) async fn recall(&self, user_id: i64, url: &str) -> Option<KnownPlaylist> {
        for user in [Some(user_id), None] {
            if let Some(known) = self.known.get(&(user, url.to_owned())).await {
                return Some(known);
            }
        }
        None
    }
}
