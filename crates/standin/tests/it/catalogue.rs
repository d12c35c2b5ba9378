//! Whether yt-dlp sees every entry of the catalogue as the catalogue says.

use std::collections::HashMap;

use serde_json::Value;
use standin::scenarios::{self, Outcome, Scenario, Video};

use crate::{engine, stand};

/// A number that makes sense for scenarios whose number is a rate, a size or a delay.
fn sample(scenario: &Scenario) -> Video {
    scenario.video(match scenario.prefix {
        "SLOW_" => 150,
        "LARGE_" => 64,
        "HUGE_" => 5,
        _ => 1,
    })
}

#[tokio::test]
async fn yt_dlp_sees_every_scenario_as_the_catalogue_says() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let videos: Vec<Video> = scenarios::ALL.iter().map(sample).collect();
    let urls: Vec<String> = videos
        .iter()
        .map(|video| format!("https://www.youtube.com/watch?v={}", video.id))
        .collect();
    let mut args = vec!["--dump-json", "--ignore-errors", "--"];
    args.extend(urls.iter().map(String::as_str));
    let output = engine::run(&standin, dir.path(), &args).await;
    let complaints = engine::stderr(&output);
    let infos: HashMap<String, Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|info| (info["id"].as_str().unwrap().to_owned(), info))
        .collect();
    for video in &videos {
        check(video, infos.get(&video.id), &complaints);
    }
    standin.stop().await;
}

fn check(video: &Video, info: Option<&Value>, complaints: &str) {
    let about_it: Vec<&str> = complaints.lines().filter(|line| line.contains(&video.id)).collect();
    let Outcome::InfoFails(failure) = video.scenario.outcome else {
        let info = info.unwrap_or_else(|| panic!("{}: {about_it:?}", video.id));
        let live = info["is_live"] == true;
        assert_eq!(live, video.scenario.prefix == scenarios::LIVE.prefix);
        // yt-dlp adds the time to the titles of live streams.
        let title = info["title"].as_str().unwrap();
        assert!(title == video.title() || live && title.starts_with(&video.title()), "{title}");
        assert!(live || info["duration"] == video.duration_seconds(), "{}", video.id);
        return;
    };
    assert!(info.is_none(), "{} must be refused", video.id);
    assert!(
        about_it.iter().any(|line| line.contains(failure.message)),
        "{}: {:?} is not in {about_it:#?}",
        video.id,
        failure.message
    );
}

#[tokio::test]
async fn yt_dlp_reads_every_kind_of_list() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let lists = [
        (scenarios::playlist_url(&scenarios::playlist_of(5)), 5),
        (scenarios::playlist_url(&scenarios::playlist_of(250)), 250),
        (scenarios::playlist_url(&scenarios::playlist_of(2_000)), 2_000),
        (scenarios::playlist_url(scenarios::EMPTY_PLAYLIST), 0),
        (scenarios::playlist_url(scenarios::MIXED_PLAYLIST), 10),
        (format!("https://www.youtube.com/{}/videos", scenarios::CHANNEL_HANDLE), 70),
        (format!("https://www.youtube.com/channel/{}/shorts", scenarios::CHANNEL_ID), 3),
    ];
    let mut args = vec!["--flat-playlist", "--dump-single-json", "--"];
    args.extend(lists.iter().map(|(url, _)| url.as_str()));
    let output = engine::run(&standin, dir.path(), &args).await;
    let found: Vec<Value> = String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found.len(), lists.len(), "{}", engine::stderr(&output));
    for ((url, expected), list) in lists.iter().zip(&found) {
        assert_eq!(list["entries"].as_array().unwrap().len(), *expected, "{url}");
        assert_eq!(list["channel_id"], scenarios::CHANNEL_ID, "{url}");
    }
    let mixed = &found[4]["entries"];
    assert_eq!(mixed[2]["title"], "[Private video]");
    assert_eq!(mixed[5]["title"], "[Deleted video]");
    assert!(mixed[5]["duration"].is_null());
    standin.stop().await;
}

#[tokio::test]
async fn yt_dlp_follows_a_mix_as_far_as_it_is_told() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let url = scenarios::mix_url(&scenarios::OKAY.video(1));
    let args = ["--flat-playlist", "--dump-json", "--playlist-items", "1:60", "--", &url];
    let output = engine::run(&standin, dir.path(), &args).await;
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 60);
    standin.stop().await;
}

#[tokio::test]
async fn yt_dlp_is_refused_lists_that_are_none() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    for (id, said) in [
        (scenarios::PRIVATE_PLAYLIST, "This playlist is private"),
        (scenarios::UNKNOWN_PLAYLIST, "playlist does not exist"),
    ] {
        let url = scenarios::playlist_url(id);
        let output = engine::run(&standin, dir.path(), &["-J", "--", &url]).await;
        assert!(!output.status.success());
        assert!(engine::stderr(&output).contains(said), "{}", engine::stderr(&output));
    }
    standin.stop().await;
}
