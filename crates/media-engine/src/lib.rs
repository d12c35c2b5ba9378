//! Drives yt-dlp and ffmpeg: what a link or a playlist holds, and the file that was asked for.
//!
//! The engine owns every process that touches media: a warm Python parent (the zygote), the workers
//! that it forks, and whatever those start. It knows the formats, the limits and what each failure
//! means; it must never know an HTTP API, a database, a user or a particular site.

mod config;
mod engine;
mod error;
mod failure;
mod info;
mod job;
mod playlist;
mod target;

mod census;
mod download;
mod fetched;
mod found;
mod job_dir;
mod listing;
mod lodging;
mod probe;
mod progress;
mod room;
mod running;
mod scratch;
mod turns;
mod warden;
mod watchdog;

mod classify;

mod code;
mod group;
mod pool;
mod shared;
mod supervisor;
mod tools;
mod trust;
mod wire;
mod worker;
mod zygote;

pub use config::{EngineConfig, Sandbox};
pub use engine::Engine;
pub use error::EngineError;
pub use failure::{FORBIDDEN_ADDRESS_MARKER, MediaFailure, Outlook};
pub use info::{ExtractedInfo, ImageFile};
pub use job::{FetchedFile, JobEnd, JobSpec, JobState};
pub use playlist::{ListedEntry, PlaylistPage, PlaylistSummary};
pub use target::{Cookies, Proxy, Target};
pub use tools::{FFMPEG_LOCK, REQUIREMENTS, YT_DLP_FLOOR};
pub use wire::SandboxReport;
