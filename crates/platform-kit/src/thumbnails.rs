//! Pictures of videos, fetched once through the egress guard and kept on disk: the browser of a
//! user never asks the site itself.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::web;
use media_engine::MediaFailure;
use moka::future::Cache;

use crate::{Platform, guarded::GuardedEngine};

/// A picture larger than this is none that a list needs.
const MAX_BYTES: u64 = 2 * 1024 * 1024;
const MAX_TYPES_KNOWN: u64 = 10_000;
/// How long a picture that cannot be had is not asked for again.
const MISSING_FOR: Duration = Duration::from_secs(60);

/// Why there is no picture.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ThumbnailError {
    #[error("the site has no picture of this video")]
    Missing(Arc<MediaFailure>),
    #[error("cannot keep the picture")]
    Keep(#[source] Arc<io::Error>),
}

/// A picture on disk.
#[derive(Debug, Clone)]
pub(crate) struct Thumbnail {
    pub(crate) path: PathBuf,
    pub(crate) media_type: &'static str,
}

/// The pictures of one platform.
#[derive(Clone)]
pub(crate) struct Thumbnails {
    directory: PathBuf,
    engine: GuardedEngine,
    platform: Arc<dyn Platform>,
    found: Cache<String, Thumbnail>,
    missing: Cache<String, Arc<MediaFailure>>,
}

impl Thumbnails {
    /// # Errors
    /// When the directory cannot be made.
    pub(crate) fn open(
        directory: PathBuf,
        engine: GuardedEngine,
        platform: Arc<dyn Platform>,
    ) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let found = Cache::builder().max_capacity(MAX_TYPES_KNOWN).build();
        let missing =
            Cache::builder().max_capacity(MAX_TYPES_KNOWN).time_to_live(MISSING_FOR).build();
        Ok(Self { directory, engine, platform, found, missing })
    }

    /// The picture of a video; `video_id` must have the platform's shape, which makes it a safe
    /// file name.
    ///
    /// # Errors
    /// When the site has none, or it cannot be kept.
    pub(crate) async fn get(&self, video_id: &str) -> Result<Thumbnail, ThumbnailError> {
        if let Some(failure) = self.missing.get(video_id).await {
            return Err(ThumbnailError::Missing(failure));
        }
        let result = self.found.try_get_with_by_ref(video_id, self.load(video_id)).await;
        result.map_err(|error| (*error).clone())
    }

    async fn load(&self, video_id: &str) -> Result<Thumbnail, ThumbnailError> {
        let path = self.directory.join(format!("v-{video_id}"));
        let kept = path.clone();
        if let Ok(Some(media_type)) = web::block(move || sniff_file(&kept)).await {
            return Ok(Thumbnail { path, media_type });
        }
        let url = self.platform.thumbnail_url(video_id);
        match self.engine.thumbnail(&url, &path, MAX_BYTES).await {
            Ok(image) => Ok(Thumbnail { path: image.path, media_type: image.media_type }),
            Err(failure) => {
                log::info!("no picture of {video_id}: {}", failure.detail);
                let failure = Arc::new(failure);
                self.missing.insert(video_id.to_owned(), Arc::clone(&failure)).await;
                Err(ThumbnailError::Missing(failure))
            }
        }
    }

    /// The bytes of a picture.
    ///
    /// # Errors
    /// When it is gone; it is then forgotten, so that the next call fetches it anew.
    pub(crate) async fn read(
        &self,
        video_id: &str,
        thumbnail: &Thumbnail,
    ) -> Result<Vec<u8>, ThumbnailError> {
        let path = thumbnail.path.clone();
        let read = web::block(move || fs::read(path)).await.map_err(io::Error::other).flatten();
        if read.is_err() {
            self.found.invalidate(video_id).await;
        }
        read.map_err(|error| ThumbnailError::Keep(Arc::new(error)))
    }
}

/// The media type of a picture that is on disk already.
fn sniff_file(path: &Path) -> Option<&'static str> {
    use io::Read;
    let mut head = [0; 12];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).ok()?;
    sniff(&head)
}

fn sniff(head: &[u8; 12]) -> Option<&'static str> {
    match head {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("image/webp"),
        _ => None,
    }
}
