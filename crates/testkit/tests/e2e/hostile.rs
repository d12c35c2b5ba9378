//! Pages that send yt-dlp and ffmpeg inside, asked for by a user, through the whole API.
//!
//! The platform is a test's own, since YouTube's links lead to YouTube alone; so are the names, which
//! the guard resolves itself. All else is as in production. The hostile site lies on loopback too: it
//! alone is permitted, as an operator would.

mod site;
mod stack;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use common_types::download::{Download, Status};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::Client;

use site::{Battery, CANARY, Case};
use stack::HostileStack;

/// A question about a page, and how it is answered.
#[derive(Deserialize)]
pub(crate) struct Look {
    ask: String,
    page: String,
    target: String,
    status: u16,
}

/// What an operator's environment may say of proxies; ours has no say in it.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("no_proxy", "*"),
    ("NO_PROXY", "*"),
    ("http_proxy", "http://127.0.0.1:9"),
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("ALL_PROXY", "http://127.0.0.1:9"),
];

#[test]
fn no_page_leads_a_job_a_question_or_a_picture_inside() {
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "hostile::the_battery_in_this_environment"])
        .envs(ENVIRONMENT)
        .stdin(Stdio::null())
        .status();
    assert!(ended.unwrap().success());
}

#[actix_web::test]
#[ignore = "the test above runs it, and scripts/trace-connections watches it"]
async fn the_battery_in_this_environment() {
    let battery = Battery::read();
    let stack = HostileStack::start(&battery).await;
    let client = stack.client().sign_up("curious").await;
    let mut wrong = looked(&stack, &client, &battery.looks).await;
    let mut asked = Vec::new();
    for case in &battery.cases {
        let subtitles = json!({ "languages": ["en"], "embed": true });
        let url = stack.url_of(&case.page, &case.target);
        let body = json!({ "url": url, "quality": "360p", "subtitles": subtitles });
        asked.push((client.download(&body).await, case));
    }
    for (id, case) in asked {
        let download = client.ended(id).await;
        wrong.extend(complaint(case, &download));
        assert_eq!(client.file(id).await.status, 409, "{}", case.name());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(stack.intrusions(), 0, "somebody went inside");
    let data = stack.stop().await;
    assert_eq!(files_with_canary(data.path()), Vec::<String>::new());
}

async fn looked(stack: &HostileStack, client: &Client, looks: &[Look]) -> Vec<String> {
    let mut wrong = Vec::new();
    for look in looks {
        let url = stack.url_of(&look.page, &look.target);
        let answer = match look.ask.as_str() {
            "info" => client.post("/api/youtube/single/info", &json!({ "url": url })).await,
            "playlist" => {
                let url = stack.url_of(&format!("list/{}", look.page), &look.target);
                client.post("/api/youtube/playlist/info", &json!({ "url": url })).await
            }
            _ => {
                let id = site::video_id(&look.page, &look.target);
                client.get(&format!("/api/youtube/thumbnail/{id}")).await
            }
        };
        let code = answer.problem().code;
        let is_right = answer.status == look.status
            && (answer.status != 422 || code.slug() == "forbidden_address");
        if !is_right || answer.text().contains(CANARY) {
            let Look { ask, page, target, .. } = look;
            wrong.push(format!("{ask} of {page} at {target}: {}", answer.text()));
        }
    }
    wrong
}

/// What is wrong with how it ended, if anything.
fn complaint(case: &Case, download: &Download) -> Option<String> {
    let told: Value = serde_json::to_value(download).unwrap();
    let code = told["error_code"].as_str().unwrap_or_default();
    let is_expected = case.code.as_deref().is_none_or(|expected| expected == code);
    // What will fail again is not tried again.
    let is_final = !matches!(code, "forbidden_address" | "drm_protected") || download.attempts == 1;
    let is_right = download.status == Status::Failed && is_expected && is_final;
    let is_quiet = !told.to_string().contains(CANARY);
    (!is_right || !is_quiet).then(|| format!("{}: {told}", case.name()))
}

fn files_with_canary(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        } else if path.is_dir() {
            found.extend(files_with_canary(&path));
        } else if fs::read(&path).is_ok_and(|bytes| holds_canary(&bytes)) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}
