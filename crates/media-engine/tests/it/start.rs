//! What an engine needs, and says when it is not there.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use media_engine::{Engine, EngineConfig, EngineError};

use crate::site::{Site, yt_dlp};

fn config(work: &tempfile::TempDir) -> EngineConfig {
    EngineConfig::new(yt_dlp(), work.path().join("work"))
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let work = tempfile::tempdir().unwrap();
    let mut without = config(&work);
    without.yt_dlp = PathBuf::from("/nonexistent/yt-dlp");
    assert!(matches!(Engine::start(without).await, Err(EngineError::YtDlpNotFound { .. })));

    let mut alone = config(&work);
    alone.yt_dlp = work.path().join("yt-dlp");
    std::fs::write(&alone.yt_dlp, "").unwrap();
    assert!(matches!(Engine::start(alone).await, Err(EngineError::PythonNotFound { .. })));

    let mut without = config(&work);
    without.ffmpeg = PathBuf::from("no-such-ffmpeg");
    assert!(matches!(Engine::start(without).await, Err(EngineError::FfmpegNotUsable { .. })));

    let mut broken = config(&work);
    broken.ffprobe = PathBuf::from("/bin/false");
    assert!(matches!(Engine::start(broken).await, Err(EngineError::FfmpegNotUsable { .. })));
}

#[tokio::test]
async fn an_environment_without_yt_dlp_gives_up_at_once() {
    let work = tempfile::tempdir().unwrap();
    let mut empty = config(&work);
    empty.yt_dlp = work.path().join("yt-dlp");
    std::fs::write(&empty.yt_dlp, "").unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", work.path().join("python")).unwrap();
    let error = Engine::start(empty).await.unwrap_err();
    assert!(matches!(error, EngineError::YtDlpTooOld { .. }), "{error:?}");
}

#[tokio::test]
async fn versions_are_known_and_directories_private() {
    let site = Site::start().await;
    let versions = site.engine.versions();
    assert_eq!(versions.yt_dlp.as_deref(), Some("2026.10.26"));
    assert!(versions.ffmpeg.is_some());
    assert_eq!(versions.js_runtime.as_deref(), Some("deno 2.9.8"));
    for place in ["jobs", "workers", "cache", "found", "engine/home"] {
        let mode = site.config.work_dir.join(place).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{place}");
    }
    site.stop().await;
}

#[tokio::test]
async fn another_environment_is_gone_on_with_only_if_it_does() {
    let site = Site::start().await;
    let first = crate::site::zygote().pid;
    let missing = site.engine.go_on_with(PathBuf::from("/nonexistent/yt-dlp")).await;
    assert!(matches!(missing, Err(EngineError::YtDlpNotFound { .. })));
    let work = tempfile::tempdir().unwrap();
    let empty = work.path().join("yt-dlp");
    std::fs::write(&empty, "").unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", work.path().join("python")).unwrap();
    let empty = site.engine.go_on_with(empty).await;
    assert!(matches!(empty, Err(EngineError::YtDlpTooOld { .. })), "{empty:?}");
    site.engine.info(&standin::scenarios::OKAY.url(1)).await.unwrap();
    assert!(crate::site::is_alive(first, "python"), "it goes on as it was");

    site.engine.go_on_with(yt_dlp()).await.unwrap();
    site.engine.info(&standin::scenarios::OKAY.url(2)).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while crate::site::is_alive(first, "python") {
        assert!(std::time::Instant::now() < deadline, "the one before ends with its last worker");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    site.stop().await;
}

#[tokio::test]
async fn a_foreign_environment_does_not_reach_the_processes() {
    let site = Site::start().await;
    let environment =
        std::fs::read(format!("/proc/{}/environ", crate::site::zygote().pid)).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let names: Vec<_> = environment.split('\0').filter_map(|pair| pair.split('=').next()).collect();
    for name in names.iter().filter(|name| !name.is_empty()) {
        assert!(["PATH", "LANG", "HOME", "SSL_CERT_FILE"].contains(name), "{name}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_job_may_come_before_the_engine_is_warm() {
    let site = Site::start().await;
    site.engine.stop().await;
    let again = Engine::start(site.config.clone()).await.unwrap();
    again.info(&standin::scenarios::OKAY.url(1)).await.unwrap();
    again.stop().await;
    site.stop().await;
}
