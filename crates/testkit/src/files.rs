//! What is inside a media file, as ffprobe sees it.

use std::{path::Path, process::Command};

use serde::Deserialize;

/// One file.
#[derive(Debug, Clone, Deserialize)]
pub struct Probe {
    pub streams: Vec<Stream>,
    pub format: Container,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Stream {
    pub codec_type: String,
    pub codec_name: String,
    pub height: Option<u32>,
    pub width: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Container {
    pub format_name: String,
    pub duration: Option<String>,
    pub bit_rate: Option<String>,
}

impl Probe {
    /// The codec of the first stream of this kind (`video`, `audio`, `subtitle`).
    pub fn codec(&self, kind: &str) -> Option<&str> {
        self.stream(kind).map(|stream| stream.codec_name.as_str())
    }

    pub fn height(&self) -> Option<u32> {
        self.stream("video").and_then(|stream| stream.height)
    }

    pub fn seconds(&self) -> f64 {
        let text = self.format.duration.as_deref().unwrap_or("0");
        text.parse().expect("ffprobe writes a number")
    }

    fn stream(&self, kind: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.codec_type == kind)
    }
}

/// Looks into the file at `path`.
pub fn probe(path: &Path) -> Probe {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_streams", "-show_format"])
        .arg(path)
        .output()
        .expect("ffprobe must be installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ffprobe refuses {}: {stderr}", path.display());
    serde_json::from_slice(&output.stdout).expect("ffprobe writes JSON")
}
