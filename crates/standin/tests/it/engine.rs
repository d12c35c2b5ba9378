//! The unmodified yt-dlp, told nothing but where the proxy is and whom to trust.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use standin::Standin;
use tokio::process::Command;

/// Where yt-dlp is: `MAGPIE_YT_DLP`, or what the setup script has put into the repository.
fn yt_dlp() -> PathBuf {
    let path = std::env::var_os("MAGPIE_YT_DLP").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.engine/bin/yt-dlp"),
        PathBuf::from,
    );
    assert!(path.is_file(), "there is no yt-dlp at {}: run scripts/setup-engine", path.display());
    path
}

pub(crate) fn command(standin: &Standin, dir: &Path) -> Command {
    let mut command = Command::new(yt_dlp());
    command
        .env("SSL_CERT_FILE", standin.ca_file())
        .env("HOME", dir)
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .current_dir(dir)
        .args(["--ignore-config", "--compat-options", "no-certifi", "--color", "never"])
        .args(["--proxy", standin.proxy_url().as_str()])
        .args(["--cache-dir", "cache", "--output", "%(id)s.%(ext)s"])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ffmpeg = crate::stand::ffmpeg();
    if ffmpeg.is_absolute() {
        command.arg("--ffmpeg-location").arg(ffmpeg);
    }
    command
}

pub(crate) async fn run(standin: &Standin, dir: &Path, args: &[&str]) -> Output {
    command(standin, dir).args(args).output().await.unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
