//! Running ffmpeg.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::StandinError;

/// The longest takes seconds; what takes this long hangs.
const DEADLINE: Duration = Duration::from_secs(180);
/// How much of what ffmpeg complained about is kept.
const DETAIL_CHARS: usize = 400;

#[derive(Clone, Debug)]
pub(super) struct Ffmpeg {
    pub(super) program: PathBuf,
}

impl Ffmpeg {
    /// Runs it with these arguments and writes `output`; it dies with the caller.
    pub(super) async fn write(&self, args: &[String], output: &Path) -> Result<(), StandinError> {
        let mut command = Command::new(&self.program);
        command
            .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
            .args(args)
            .arg(output)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let spawn_failed = |source| StandinError::Spawn { program: self.program.clone(), source };
        let Ok(outcome) = tokio::time::timeout(DEADLINE, command.output()).await else {
            return Err(encode_failed(output, "it did not finish in time"));
        };
        let outcome = outcome.map_err(spawn_failed)?;
        if outcome.status.success() {
            return Ok(());
        }
        Err(encode_failed(output, &String::from_utf8_lossy(&outcome.stderr)))
    }
}

fn encode_failed(output: &Path, detail: &str) -> StandinError {
    StandinError::Encode {
        name: output.display().to_string(),
        detail: detail.trim().chars().take(DETAIL_CHARS).collect(),
    }
}
