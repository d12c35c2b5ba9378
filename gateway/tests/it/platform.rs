//! What the gateway answers itself: the page, API info, health.

use std::sync::atomic::Ordering;

use common_types::health::{Health, PlatformHealth, ServiceState};
use serde_json::Value;

use crate::harness::{Rig, answer, eventually};

#[actix_web::test]
async fn browsers_get_a_page_and_others_what_there_is() {
    let rig = Rig::start().await;
    let info = answer(rig.get("/").insert_header(("accept", "*/*"))).await;
    let info: Value = serde_json::from_slice(&info.body).unwrap();
    assert_eq!(info["name"], "Magpie");
    for member in ["version", "documentation", "endpoints"] {
        assert!(!info[member].is_null(), "{member}");
    }
    let browser = || rig.get("/").insert_header(("accept", "text/html,application/xhtml+xml"));
    let page = answer(browser()).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let varies = page.headers.get_all("vary").any(|vary| vary == "Accept");
    assert!(varies);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && policy.contains("default-src 'none'"));
    let etag = page.header("etag").unwrap();
    let again = answer(browser().insert_header(("if-none-match", etag))).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    rig.stop().await;
}

#[actix_web::test]
async fn the_page_names_only_files_that_there_are() {
    let rig = Rig::start().await;
    let page = answer(rig.get("/").insert_header(("accept", "text/html"))).await;
    let page = String::from_utf8(page.body).unwrap();
    for (path, media_type) in [
        ("/assets/app.js", "text/javascript; charset=utf-8"),
        ("/assets/app.css", "text/css; charset=utf-8"),
    ] {
        assert!(page.contains(path), "{path}");
        let asset = answer(rig.get(path)).await;
        assert_eq!((asset.status, asset.header("content-type")), (200, Some(media_type)));
    }
    assert!(!page.contains("<style") && !page.contains("<script>") && !page.contains(" on"));
    rig.stop().await;
}

async fn health(rig: &Rig) -> (u16, PlatformHealth) {
    let got = answer(rig.get("/health")).await;
    (got.status, serde_json::from_slice(&got.body).unwrap())
}

#[actix_web::test]
async fn health_sums_up_the_services() {
    let rig = Rig::start().await;
    let (status, all) = health(&rig).await;
    assert_eq!((status, all.status), (200, Health::Healthy));
    let names: Vec<_> = all.services.keys().map(String::as_str).collect();
    assert_eq!(names, ["auth", "database", "youtube"]);
    let rig = &rig;
    rig.youtube.state.is_ready.store(false, Ordering::SeqCst);
    eventually("it is degraded", || async {
        let (status, now) = health(rig).await;
        status == 200
            && now.status == Health::Degraded
            && now.services["youtube"] == ServiceState::Down
    })
    .await;
    rig.database.state.is_ready.store(false, Ordering::SeqCst);
    eventually("it is unhealthy", || async {
        let (status, now) = health(rig).await;
        status == 503 && now.status == Health::Unhealthy
    })
    .await;
}
