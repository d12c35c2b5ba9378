//! Short requests: what a site says of a video, and pictures.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use common_types::MediaErrorCode;
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::{
    Cookies, ExtractedInfo, ImageFile, MediaFailure, Target, classify, info,
    scratch::Scratch,
    shared::{Shared, broken, unprepared},
    wire::{Event, Request, Task},
    worker::{Lost, Worker},
};

/// What the site says of one video.
pub(crate) async fn info(shared: &Shared, target: &Target) -> Result<ExtractedInfo, MediaFailure> {
    require_web_address(&target.url)?;
    let scratch = Scratch::new(&shared.places);
    let save_as = match target.cookies {
        // What one user is shown goes with this request.
        Some(_) => scratch.path().join("found.json"),
        None => shared.found.new_path(),
    };
    let task = Task::Info { save_as: &save_as };
    let cookies = target.cookies.as_ref();
    let probe = Probe { shared, url: &target.url, cookies, task, scratch };
    let result = probe.run().await?;
    if target.cookies.is_none() {
        shared.found.keep(&target.url, &save_as);
    }
    info::read(result).map_err(|error| misunderstood(&error))
}

/// Fetches a picture to `dest`.
pub(crate) async fn picture(
    shared: &Shared,
    url: &str,
    dest: &Path,
    max_bytes: u64,
) -> Result<ImageFile, MediaFailure> {
    require_web_address(url)?;
    // Its directory must last until the picture has been moved out.
    let scratch = Scratch::new(&shared.places);
    let task = Task::Picture { max_bytes };
    let probe = Probe { shared, url, cookies: None, task, scratch };
    let result = probe.run().await?;
    let picture: RawPicture =
        serde_json::from_value(result).map_err(|error| misunderstood(&error))?;
    let media_type = media_type(&picture.media_type).ok_or_else(|| {
        MediaFailure::new(MediaErrorCode::EngineError, format!("{:?}", picture.media_type))
    })?;
    let dest = dest.to_owned();
    let (from, to) = (picture.path, dest.clone());
    let moved = tokio::task::spawn_blocking(move || move_file(&from, &to)).await;
    match moved {
        Ok(Ok(())) => Ok(ImageFile { path: dest, media_type, size_bytes: picture.size }),
        Ok(Err(error)) => Err(unprepared(&error)),
        Err(error) => Err(MediaFailure::new(MediaErrorCode::EngineError, error.to_string())),
    }
}

#[derive(Deserialize)]
struct RawPicture {
    path: PathBuf,
    size: u64,
    media_type: Option<String>,
}

/// One request, in a directory of its own that goes with it.
struct Probe<'a> {
    shared: &'a Shared,
    url: &'a str,
    cookies: Option<&'a Cookies>,
    task: Task<'a>,
    scratch: Scratch,
}

impl Probe<'_> {
    /// At most twice: a worker may have died of something that had nothing to do with this.
    async fn run(&self) -> Result<serde_json::Value, MediaFailure> {
        let limit = self.shared.config.probe_timeout;
        let work = async {
            let turn = self.shared.probes.acquire().await;
            self.scratch.prepare().map_err(|error| unprepared(&error))?;
            let answer = match self.ask().await {
                Err(Unanswered::Lost(_)) => self.ask().await,
                answer => answer,
            };
            drop(turn);
            answer.map_err(|unanswered| match unanswered {
                Unanswered::Lost(lost) => broken(&lost),
                Unanswered::Failed(failure) => failure,
            })
        };
        tokio::select! {
            biased;
            () = self.shared.stopping.cancelled() => {
                Err(being_stopped())
            }
            answer = timeout(limit, work) => {
                answer.unwrap_or_else(|_elapsed| Err(too_slow(limit)))
            }
        }
    }

    async fn ask(&self) -> Result<serde_json::Value, Unanswered> {
        let cookies = self.shared.lend_cookies(self.scratch.path(), self.cookies).await;
        let cookies = cookies.map_err(|error| Unanswered::Failed(unprepared(&error)))?;
        let request = Request {
            url: self.url,
            directory: self.scratch.path(),
            cookies: cookies.as_deref(),
            task: self.task.clone(),
        };
        let mut worker = self.shared.worker(cookies.as_deref()).await?;
        worker.ask(&request).await?;
        let answer = hear(&mut worker).await?;
        self.shared.release(worker).await;
        answer.map_err(Unanswered::Failed)
    }
}

enum Unanswered {
    Lost(Lost),
    Failed(MediaFailure),
}

impl From<Lost> for Unanswered {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

async fn hear(worker: &mut Worker) -> Result<Result<serde_json::Value, MediaFailure>, Lost> {
    loop {
        match worker.next().await? {
            Event::Done { result, .. } => return Ok(Ok(result)),
            Event::Failed(facts) => return Ok(Err(classify::classify(&facts))),
            other => log::debug!("a worker said {other:?} during a probe"),
        }
    }
}

pub(crate) fn too_slow(limit: Duration) -> MediaFailure {
    let cause = "The site did not answer in time.";
    let detail = format!("no answer within {limit:?}");
    MediaFailure::because(MediaErrorCode::TimedOut, cause, detail).that_may_pass()
}

pub(crate) fn being_stopped() -> MediaFailure {
    MediaFailure::new(MediaErrorCode::EngineError, "the engine is being stopped")
}

/// yt-dlp also takes search words, files and more; nothing but a web address reaches it.
pub(crate) fn require_web_address(url: &str) -> Result<(), MediaFailure> {
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(()),
        _ => {
            let cause = "This is not a web address that can be fetched.";
            Err(MediaFailure::because(MediaErrorCode::VideoUnavailable, cause, "no http(s) URL"))
        }
    }
}

fn media_type(told: &Option<String>) -> Option<&'static str> {
    let known = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];
    known.into_iter().find(|known| told.as_deref() == Some(known))
}

/// Moves a file, also to another file system; whoever looks at `to` sees all of it or nothing.
fn move_file(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let draft = to.with_extension("draft");
    std::fs::copy(from, &draft)?;
    std::fs::rename(&draft, to)
}

fn misunderstood(error: &serde_json::Error) -> MediaFailure {
    MediaFailure::new(MediaErrorCode::EngineError, format!("a worker's answer: {error}"))
}
