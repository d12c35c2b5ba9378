//! What is known of videos: one probe for all who ask at once, and for the download that follows.

use std::{sync::Arc, time::Duration};

use common_types::Timestamp;
use media_engine::{ExtractedInfo, MediaFailure};
use moka::future::Cache;

use crate::{Platform, cookies::Viewer, guarded::GuardedEngine};

const MAX_ENTRIES: u64 = 1000;
/// For how long an answer stands. Titles and formats change rarely; failures are never kept.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// A video, and whose eyes saw it where not everyone's: what one user's cookies show is not for
/// another.
type Key = (Option<i64>, String);

#[derive(Clone)]
struct Seen {
    info: Arc<ExtractedInfo>,
    /// Of the cookies that it was seen with.
    since: Option<Timestamp>,
}

/// Probes and remembers.
#[derive(Clone)]
pub(crate) struct InfoCache {
    engine: GuardedEngine,
    platform: Arc<dyn Platform>,
    known: Cache<Key, Seen>,
}

impl InfoCache {
    pub(crate) fn new(engine: GuardedEngine, platform: Arc<dyn Platform>) -> Self {
        let known = Cache::builder().max_capacity(MAX_ENTRIES).time_to_live(FRESH_FOR).build();
        Self { engine, platform, known }
    }

    /// What the site says of a video, perhaps as it said moments ago.
    ///
    /// # Errors
    /// When the video cannot be had.
    pub(crate) async fn probe(
        &self,
        viewer: Option<&Viewer>,
        video_id: &str,
    ) -> Result<Arc<ExtractedInfo>, MediaFailure> {
        let key = (viewer.map(|viewer| viewer.user_id), video_id.to_owned());
        let since = viewer.map(|viewer| viewer.since);
        if self.known.get(&key).await.is_some_and(|seen| seen.since != since) {
            self.known.invalidate(&key).await;
        }
        let probe = async {
            let target = Viewer::target(viewer, &self.platform.video_url(video_id));
            let info = self.engine.info(target).await.map(Arc::new)?;
            Ok(Seen { info, since })
        };
        let found = self.known.try_get_with(key, probe).await;
        found.map(|seen| seen.info).map_err(|failure: Arc<MediaFailure>| (*failure).clone())
    }

    /// What a recent probe found, this user's own or one for everyone, without asking the site.
    pub(crate) async fn recall(&self, user_id: i64, video_id: &str) -> Option<Arc<ExtractedInfo>> {
        for user in [Some(user_id), None] {
            if let Some(seen) = self.known.get(&(user, video_id.to_owned())).await {
                return Some(seen.info);
            }
        }
        None
    }
}
