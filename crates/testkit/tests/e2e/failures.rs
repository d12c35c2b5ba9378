//! Every way in which a video cannot be had ends with its code, a cause and a remedy, and leaves
//! nothing behind.

use common_types::{MediaErrorCode, download::Status};
use serde_json::{Value, json};
use testkit::{
    TestStack, processes_under,
    standin::scenarios::{self, Failure, Outcome, Scenario},
    wait_until,
};

/// Numbers of their own, so that what a scenario remembers of an id is this test's alone; where the
/// number means a size, it must exceed the limit below.
const NUMBER: u32 = 7;
/// Beyond what the engine takes to give up on a connection that always breaks.
const TIMEOUT_SECONDS: u64 = 25;
const LIMIT_BYTES: u64 = 60_000_000;

fn failing() -> impl Iterator<Item = (&'static Scenario, Failure)> {
    scenarios::ALL.iter().filter_map(|scenario| match scenario.outcome {
        Outcome::InfoFails(failure) | Outcome::DownloadFails(failure) => Some((scenario, failure)),
        Outcome::Downloads => None,
    })
}

#[actix_web::test]
async fn each_failure_has_its_code_a_cause_and_a_remedy() {
    let stack = TestStack::builder()
        .set("MAX_FILE_BYTES", LIMIT_BYTES)
        .set("DOWNLOAD_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
        .set("MAX_CONCURRENT_DOWNLOADS", 6)
        .start()
        .await;
    let client = stack.client().sign_up("unlucky").await;
    let mut asked = Vec::new();
    for (scenario, failure) in failing() {
        let request = json!({ "url": scenario.url(NUMBER), "quality": "360p" });
        asked.push((client.download(&request).await, scenario, failure));
    }
    let mut wrong = Vec::new();
    for (id, scenario, failure) in asked {
        let download = client.ended(id).await;
        let code = download.error_code.map(MediaErrorCode::slug);
        if (download.status, code) != (Status::Failed, Some(failure.code)) {
            wrong.push(format!("{}: {code:?} instead of {}", scenario.prefix, failure.code));
        }
        let sentences = [download.error, download.remedy].map(Option::unwrap_or_default);
        assert!(sentences.iter().all(|text| text.ends_with('.')), "{}", scenario.prefix);
        let file = client.file(id).await;
        assert_eq!(file.code(), (409, "not_ready".to_owned()));
        let directory = format!("jobs/{id}");
        wait_until("the job's directory is gone", || async {
            !stack.work_dirs().iter().any(|work| work.join(&directory).exists())
        })
        .await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let data_dir = stack.data_dir();
    stack.stop().await;
    wait_until("every process is gone", || async { processes_under(&data_dir).is_empty() }).await;
}

#[actix_web::test]
async fn info_answers_422_with_the_media_code() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("unlucky").await;
    let mut wrong = Vec::new();
    for (scenario, failure) in failing() {
        if !matches!(scenario.outcome, Outcome::InfoFails(_)) {
            continue;
        }
        let body = json!({ "url": scenario.url(NUMBER) });
        let answer = client.post("/api/youtube/single/info", &body).await;
        if answer.code() != (422, failure.code.to_owned()) {
            wrong.push(format!(
                "{}: {:?} instead of {}",
                scenario.prefix,
                answer.code(),
                failure.code
            ));
        }
        assert!(answer.problem().remedy.is_some());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    stack.stop().await;
}

#[actix_web::test]
async fn a_days_quota_says_when_it_comes_back() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("eager").await;
    let path = format!("/api/auth/users/{}", client.whoami().await.id);
    let quota = json!({ "quota": { "max_downloads_per_day": 0 } });
    client.send(awc::http::Method::PATCH, &path, &[], Some(&quota)).await.expect(200);
    let body = json!({ "url": scenarios::OKAY.url(78) });
    let refused = client.post("/api/youtube/single/download", &body).await;
    assert_eq!(refused.code(), (429, "quota_exceeded".to_owned()));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    let left = 86_400 - service_kit::Clock::system().now().as_seconds().rem_euclid(86_400);
    let left = u64::try_from(left).unwrap();
    // It may have become a second less, or midnight, since it was said.
    assert!(wait.abs_diff(left) <= 60 || left > 86_340, "{wait}, {left}");
    stack.stop().await;
}

#[actix_web::test]
async fn what_does_not_fit_into_the_users_storage_fails_and_is_not_kept() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("hoarder").await;
    let user = client.whoami().await.id;
    let quota = json!({ "quota": { "max_stored_bytes": 1000 } });
    let path = format!("/api/auth/users/{user}");
    client.send(awc::http::Method::PATCH, &path, &[], Some(&quota)).await.expect(200);
    let id = client.download(&json!({ "url": scenarios::OKAY.url(77), "quality": "360p" })).await;
    let download = client.ended(id).await;
    assert_eq!(download.error_code, Some(MediaErrorCode::FileTooLarge), "{download:?}");
    assert_eq!((download.status, download.attempts), (Status::Failed, 1));
    assert!(download.error.unwrap().contains("your storage"));
    client.file(id).await.expect(409);
    let profile: Value = client.get("/api/auth/profile").await.expect(200).json();
    assert_eq!(profile["usage"]["stored_bytes"], 0, "{profile}");
    stack.stop().await;
}
