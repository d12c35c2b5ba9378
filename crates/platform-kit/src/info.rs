//! What is known of videos: one probe for all who ask at once, and for the download that follows.

use std::{sync::Arc, time::Duration};

use media_engine::{Engine, ExtractedInfo, MediaFailure};
use moka::future::Cache;

use crate::Platform;

const MAX_ENTRIES: u64 = 1000;
/// For how long an answer stands. Titles and formats change rarely; failures are never kept.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// Probes and remembers.
#[derive(Clone)]
pub(crate) struct InfoCache {
    engine: Engine,
    platform: Arc<dyn Platform>,
    known: Cache<String, Arc<ExtractedInfo>>,
}

impl InfoCache {
    pub(crate) fn new(engine: Engine, platform: Arc<dyn Platform>) -> Self {
        let known = Cache::builder().max_capacity(MAX_ENTRIES).time_to_live(FRESH_FOR).build();
        Self { engine, platform, known }
    }

    /// What the site says of a video, perhaps as it said moments ago.
    ///
    /// # Errors
    /// When the video cannot be had.
    pub(crate) async fn probe(&self, video_id: &str) -> Result<Arc<ExtractedInfo>, MediaFailure> {
        let probe = async {
            let url = self.platform.video_url(video_id);
            self.engine.info(&url).await.map(Arc::new)
        };
        let found = self.known.try_get_with_by_ref(video_id, probe).await;
        found.map_err(|failure| (*failure).clone())
    }

    /// What a recent probe found, without asking the site.
    pub(crate) async fn recall(&self, video_id: &str) -> Option<Arc<ExtractedInfo>> {
        self.known.get(video_id).await
    }
}
