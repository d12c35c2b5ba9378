//! The files that were made, each once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use super::content::Content;
use super::ffmpeg::Ffmpeg;
use super::format::Format;
use super::recipe::Recipe;
use crate::StandinError;

/// Counts up whenever a recipe changes, so that files of an older one are not taken for it.
const VERSION: u32 = 1;
const MAX_ENCODERS: usize = 2;

type Cell = Arc<OnceCell<u64>>;

pub(crate) struct MediaLibrary {
    dir: PathBuf,
    ffmpeg: Ffmpeg,
    encoders: Semaphore,
    /// File name to length. There are as many names as recipes, so this is bounded.
    lengths: Mutex<HashMap<String, Cell>>,
}

impl MediaLibrary {
    pub(crate) fn new(data_dir: &Path, ffmpeg: PathBuf) -> Self {
        Self {
            dir: data_dir.join(format!("media-v{VERSION}")),
            ffmpeg: Ffmpeg { program: ffmpeg },
            encoders: Semaphore::new(MAX_ENCODERS),
            lengths: Mutex::default(),
        }
    }

    /// The bytes of a format; makes the file first if there is none yet.
    pub(crate) async fn content(&self, format: &Format) -> Result<Content, StandinError> {
        let name = format.recipe.file_name();
        let length = self.length(&name, Job::Encode(format.recipe)).await?;
        if length > format.size_bytes {
            let declared = format.size_bytes;
            return Err(StandinError::Oversized { name, actual: length, declared });
        }
        let path = self.dir.join(name);
        Ok(Content::padded(path, length, format.recipe.container(), format.size_bytes))
    }

    /// A still picture, two seconds into the clip, as JPEG.
    pub(crate) async fn thumbnail(&self, width: u32, height: u32) -> Result<Content, StandinError> {
        let name = format!("thumbnail-{width}x{height}.jpg");
        let length = self.length(&name, Job::Thumbnail { width, height }).await?;
        Ok(Content::whole(self.dir.join(name), length))
    }

    /// Two seconds in an MPEG transport stream, for live streams.
    pub(crate) async fn live_segment(&self) -> Result<Content, StandinError> {
        let name = "live-segment.ts";
        let length = self.length(name, Job::LiveSegment).await?;
        Ok(Content::whole(self.dir.join(name), length))
    }

    async fn length(&self, name: &str, job: Job) -> Result<u64, StandinError> {
        let cell = {
            let mut lengths = self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lengths.entry(name.to_owned()).or_default())
        };
        cell.get_or_try_init(|| self.find_or_make(name, job)).await.copied()
    }

    async fn find_or_make(&self, name: &str, job: Job) -> Result<u64, StandinError> {
        let path = self.dir.join(name);
        if let Ok(metadata) = tokio::fs::metadata(&path).await {
            return Ok(metadata.len());
        }
        let _permit = self.encoders.acquire().await;
        // Stand-ins of several processes share the directory: one makes the file, the others wait.
        let _lock = lock_file(path.with_extension("lock")).await?;
        if tokio::fs::metadata(&path).await.is_err() {
            self.make(&path, job).await?;
        }
        let metadata = tokio::fs::metadata(&path).await.map_err(StandinError::file(&path))?;
        Ok(metadata.len())
    }

    async fn make(&self, path: &Path, job: Job) -> Result<(), StandinError> {
        let temporary = path.with_extension("part");
        match job {
            Job::Encode(recipe) => self.encode(&recipe, path, &temporary).await?,
            Job::Thumbnail { width, height } => {
                self.ffmpeg.write(&thumbnail_args(width, height), &temporary).await?;
            }
            Job::LiveSegment => self.ffmpeg.write(&live_segment_args(), &temporary).await?,
        }
        tokio::fs::rename(&temporary, path).await.map_err(StandinError::file(path))
    }

    async fn encode(&self, recipe: &Recipe, path: &Path, to: &Path) -> Result<(), StandinError> {
        let minute = path.with_extension("minute");
        let Some(repeat) = recipe.repeat_args(&minute.to_string_lossy()) else {
            return self.ffmpeg.write(&recipe.encode_args(), to).await;
        };
        self.ffmpeg.write(&recipe.encode_args(), &minute).await?;
        self.ffmpeg.write(&repeat, to).await?;
        tokio::fs::remove_file(&minute).await.map_err(StandinError::file(&minute))
    }
}

#[derive(Clone, Copy)]
enum Job {
    Encode(Recipe),
    Thumbnail { width: u32, height: u32 },
    LiveSegment,
}

fn thumbnail_args(width: u32, height: u32) -> Vec<String> {
    let source = format!("testsrc2=size={width}x{height}:rate=1");
    let words = [
        "-f",
        "lavfi",
        "-i",
        &source,
        "-ss",
        "2",
        "-frames:v",
        "1",
        "-pix_fmt",
        "yuvj420p",
        "-f",
        "mjpeg",
    ];
    words.map(str::to_owned).to_vec()
}

fn live_segment_args() -> Vec<String> {
    let words = "-f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=220 -t 2 \
                 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -c:a aac -b:a 96k -f mpegts";
    words.split_whitespace().map(str::to_owned).collect()
}

/// Waits for the lock and holds it until the file is dropped.
async fn lock_file(path: PathBuf) -> Result<File, StandinError> {
    let lock = move || {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(StandinError::file(dir))?;
        }
        let file = File::create(&path).map_err(StandinError::file(&path))?;
        file.lock().map_err(StandinError::file(&path))?;
        Ok(file)
    };
    tokio::task::spawn_blocking(lock).await.map_err(StandinError::Background)?
}
