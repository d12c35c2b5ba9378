//! Messages to and from the Python processes: one JSON object a line.

use std::{collections::BTreeMap, io, path::Path};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// No honest message is longer: an `info` of 300 formats has about 100 kB.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// What the zygote is told first; mirrors `settings.py`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Settings {
    pub(crate) tools_dir: String,
    pub(crate) home_dir: String,
    pub(crate) proxy: Option<String>,
    pub(crate) trusts_system: bool,
    pub(crate) allowed_extractors: Vec<String>,
    pub(crate) extractor_args: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub(crate) max_file_bytes: u64,
    pub(crate) max_memory_bytes: u64,
    pub(crate) is_confined: bool,
    pub(crate) connect_ports: Vec<u16>,
    pub(crate) warm_up: Option<String>,
}

/// What the zygote may be told later.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Order<'a> {
    /// With a socket attached; the worker is confined to `place`.
    Fork {
        place: &'a Path,
    },
    Reap {
        pid: i32,
    },
}

/// What a worker is asked; mirrors `request.py`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) url: &'a str,
    /// Within the place of the worker that is asked.
    pub(crate) directory: &'a Path,
    pub(crate) cache: &'a Path,
    pub(crate) cookies: Option<&'a Path>,
    /// In place of the settings'.
    pub(crate) proxy: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) task: Task<'a>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Task<'a> {
    Info,
    Picture {
        max_bytes: u64,
    },
    /// Entries by their index in the list, from 1, both inclusive.
    List {
        first: u32,
        last: u32,
    },
    Download {
        format: &'static str,
        height: Option<u32>,
        audio_kbps: Option<u32>,
        subtitle_languages: &'a [String],
        embed_metadata: bool,
        sponsorblock_remove: Vec<&'static str>,
        found: Option<&'a Path>,
    },
}

/// What a worker is told while it is at work.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Answer {
    Go,
}

/// What a Python process says.
#[derive(Debug, Deserialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
pub(crate) enum Event {
    Versions {
        yt_dlp: Option<String>,
        #[serde(default)]
        sandbox: SandboxReport,
    },
    Ready {
        js_runtime: Option<String>,
        private_kb: u64,
    },
    Gone {
        pid: i32,
    },
    Hello {
        pid: i32,
    },
    Found(Found),
    Bytes {
        done: u64,
        total: Option<u64>,
        speed: Option<f64>,
    },
    /// The streams are chosen, and take so many bytes of disk at the most. The worker waits for
    /// [`Answer::Go`].
    Chosen {
        bytes: Option<u64>,
    },
    Processing,
    List(ListHead),
    /// Entries that are not wanted are being passed over.
    Walking,
    Entries {
        entries: Vec<RawEntry>,
        has_more: bool,
    },
    Done {
        result: serde_json::Value,
        private_kb: u64,
    },
    Failed(Facts),
}

/// What was found to hold a worker back; see `sandbox.py`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct SandboxReport {
    /// `files`, `network`, `signals`, `calls` and `capabilities`.
    pub in_force: Vec<String>,
    pub missing: Vec<String>,
}

/// What is known of a video before its first byte.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Found {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) duration: Option<f64>,
    pub(crate) thumbnail: Option<String>,
}

/// What is known of a list before its first entry.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ListHead {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) total: Option<u64>,
    pub(crate) is_endless: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawEntry {
    pub(crate) index: u32,
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) duration: Option<f64>,
}

/// What is known of a failure; see `failure.py`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Facts {
    /// Set when our own code ended it.
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) classes: Vec<String>,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
    pub(crate) status: Option<i64>,
    pub(crate) errno: Option<i64>,
    pub(crate) free_bytes: Option<u64>,
    #[serde(default)]
    pub(crate) private_kb: u64,
}

/// Reads lines off a socket. `next` may be dropped at any point without losing anything.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    unread: Vec<u8>,
    searched: usize,
}

impl Lines {
    /// The next event, or none at the end.
    ///
    /// # Errors
    /// When the socket fails, or what came is no event.
    pub(crate) async fn next(&mut self, stream: &mut UnixStream) -> io::Result<Option<Event>> {
        loop {
            if let Some(line) = self.take_line() {
                return serde_json::from_slice(&line).map(Some).map_err(io::Error::other);
            }
            if self.unread.len() > MAX_LINE_BYTES {
                return Err(io::Error::other("a message is too long"));
            }
            if stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let fresh = self.unread.get(self.searched..).unwrap_or_default();
        let Some(found) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.unread.len();
            return None;
        };
        let rest = self.unread.split_off(self.searched + found + 1);
        self.searched = 0;
        Some(std::mem::replace(&mut self.unread, rest))
    }
}

/// Writes one message.
///
/// # Errors
/// When the other end is gone.
pub(crate) async fn send(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    stream.write_all(&to_line(message)?).await
}

pub(crate) fn to_line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_in_two_parts_is_one_event() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let mut lines = Lines::default();
        theirs.write_all(b"{\"ev\":\"hello\",").await.unwrap();
        tokio::select! {
            biased;
            event = lines.next(&mut ours) => panic!("{event:?} came too early"),
            () = tokio::task::yield_now() => {}
        }
        theirs
            .write_all(b"\"pid\":7}\n{\"ev\":\"processing\",\"step\":\"Merger\"}\n")
            .await
            .unwrap();
        assert!(matches!(lines.next(&mut ours).await.unwrap(), Some(Event::Hello { pid: 7 })));
        assert!(matches!(lines.next(&mut ours).await.unwrap(), Some(Event::Processing)));
        drop(theirs);
        assert!(lines.next(&mut ours).await.unwrap().is_none());
    }
}
