//! Short requests: what a site says of a video, and pictures.

use std::{path::Path, time::Duration};

use common_types::MediaErrorCode;
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::{
    ExtractedInfo, ImageFile, MediaFailure, Proxy, Target, classify, found, info,
    scratch::Scratch,
    shared::{Shared, broken, unprepared},
    wire::{Event, Request, Task},
    worker::{Lost, Worker},
};

/// See `picture.py`.
const PICTURE_NAME: &str = "picture";

/// What the site says of one video.
pub(crate) async fn info(shared: &Shared, target: &Target) -> Result<ExtractedInfo, MediaFailure> {
    require_web_address(&target.url)?;
    // What one user is shown goes with this request.
    let found = target.cookies.is_none().then(|| shared.found.new_path());
    let harvest = found.as_deref().map(|to| Harvest { name: found::FILE_NAME, to });
    let probe = Probe { shared, target, task: Task::Info, harvest };
    let result = probe.run().await?;
    if let Some(found) = &found {
        shared.found.keep(&target.url, found);
    }
    info::read(result).map_err(|error| misunderstood(&error))
}

/// Fetches a picture to `dest`.
pub(crate) async fn picture(
    shared: &Shared,
    target: &Target,
    dest: &Path,
    max_bytes: u64,
) -> Result<ImageFile, MediaFailure> {
    require_web_address(&target.url)?;
    let harvest = Some(Harvest { name: PICTURE_NAME, to: dest });
    let probe = Probe { shared, target, task: Task::Picture { max_bytes }, harvest };
    let result = probe.run().await?;
    let picture: RawPicture =
        serde_json::from_value(result).map_err(|error| misunderstood(&error))?;
    let media_type = media_type(&picture.media_type).ok_or_else(|| {
        MediaFailure::new(MediaErrorCode::EngineError, format!("{:?}", picture.media_type))
    })?;
    Ok(ImageFile { path: dest.to_owned(), media_type, size_bytes: picture.size })
}

#[derive(Deserialize)]
struct RawPicture {
    size: u64,
    media_type: Option<String>,
}

/// One request, in a directory of its own that goes with it.
struct Probe<'a> {
    shared: &'a Shared,
    target: &'a Target,
    task: Task<'a>,
    harvest: Option<Harvest<'a>>,
}

/// The one file that is kept of a request's directory.
#[derive(Clone, Copy)]
struct Harvest<'a> {
    name: &'static str,
    to: &'a Path,
}

impl Probe<'_> {
    /// At most twice: a worker may have died of something that had nothing to do with this.
    async fn run(&self) -> Result<serde_json::Value, MediaFailure> {
        let limit = self.shared.config.probe_timeout;
        let work = async {
            let turn = self.shared.probes.acquire().await;
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
        let unready = |error| Unanswered::Failed(unprepared(&error));
        let own = self.target.cookies.as_ref();
        let mut worker = self.shared.worker(own).await?;
        let scratch = worker.lodging().scratch().map_err(unready)?;
        let cookies = self.shared.lend_cookies(scratch.path(), own).await;
        let cookies = cookies.map_err(unready)?;
        let cache = worker.lodging().cache();
        let request = Request {
            url: &self.target.url,
            directory: scratch.path(),
            cache: &cache,
            cookies: cookies.as_deref(),
            proxy: self.target.proxy.as_ref().map(Proxy::expose),
            task: self.task.clone(),
        };
        worker.ask(&request).await?;
        let answer = hear(&mut worker).await?;
        // Its directory may go with it.
        let brought_in = if answer.is_ok() { self.bring_in(&scratch).await } else { Ok(()) };
        self.shared.release(worker).await;
        brought_in.map_err(unready)?;
        answer.map_err(Unanswered::Failed)
    }

    async fn bring_in(&self, scratch: &Scratch) -> std::io::Result<()> {
        let Some(Harvest { name, to }) = self.harvest else { return Ok(()) };
        let (from, to) = (scratch.path().join(name), to.to_owned());
        let moved = tokio::task::spawn_blocking(move || move_file(&from, &to));
        moved.await.map_err(std::io::Error::other)?
    }
}

enum Unanswered {
    Lost(Lost),
    Failed(MediaFailure),
}

impl From<Lost> for Unanswered {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Overstepped(failure) => Self::Failed(failure),
            lost @ Lost::Ended(_) => Self::Lost(lost),
        }
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

/// Moves a plain file, also to another file system; whoever looks at `to` sees all of it or nothing.
fn move_file(from: &Path, to: &Path) -> std::io::Result<()> {
    if !std::fs::symlink_metadata(from)?.is_file() {
        return Err(std::io::Error::other("it is no plain file"));
    }
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
