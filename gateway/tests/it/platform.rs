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
    for (accept, wants_page) in [
        ("Text/HTML", true),
        ("text/html;q=0.9, application/json;q=0.8", true),
        ("application/json, text/html;q=0.9", false),
        ("application/json, text/html;q=0", false),
        ("text/html;q=0", false),
        ("text/htmlx", false),
    ] {
        let got = answer(rig.get("/").insert_header(("accept", accept))).await;
        let is_page = got.header("content-type") == Some("text/html; charset=utf-8");
        assert_eq!(is_page, wants_page, "{accept}");
    }
    let etag = page.header("etag").unwrap();
    let again = answer(browser().insert_header(("if-none-match", etag))).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    rig.stop().await;
}

/// The value of each `name="…"` within `html`.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("{name}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[actix_web::test]
async fn the_page_names_only_files_that_there_are() {
    let rig = Rig::start().await;
    let page = answer(rig.get("/").insert_header(("accept", "text/html"))).await;
    let page = String::from_utf8(page.body).unwrap();
    let named = [attributes(&page, "src"), attributes(&page, "href")].concat();
    assert!(named.len() > 3, "{named:?}");
    for path in named {
        let file = answer(rig.get(path)).await;
        assert_eq!(file.status, 200, "{path}");
        let lasts = file.header("cache-control").unwrap().contains("immutable");
        assert_eq!(lasts, path.starts_with("/assets/"), "{path}");
    }
    assert!(!page.contains("<style") && !page.contains("<script>") && !page.contains(" on"));
    rig.stop().await;
}

#[actix_web::test]
async fn files_of_the_page_travel_compressed() {
    let rig = Rig::start().await;
    let page = answer(rig.get("/").insert_header(("accept", "text/html"))).await;
    let page = String::from_utf8(page.body).unwrap();
    let script = *attributes(&page, "src").first().unwrap();
    let plain = answer(rig.get(script)).await;
    let small = answer(rig.get(script).insert_header(("accept-encoding", "gzip, br"))).await;
    assert_eq!(small.header("content-encoding"), Some("br"));
    assert!(small.body.len() * 2 < plain.body.len());
    assert_ne!(small.header("etag"), plain.header("etag"));
    for answer in [&plain, &small] {
        assert!(answer.headers.get_all("vary").any(|vary| vary == "Accept-Encoding"));
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    rig.stop().await;
}

#[actix_web::test]
async fn screens_have_paths_for_browsers_alone() {
    let rig = Rig::start().await;
    let browser = |path: &str| rig.get(path).insert_header(("accept", "text/html,*/*;q=0.8"));
    for screen in ["/account", "/users", "/about"] {
        let page = answer(browser(screen)).await;
        assert_eq!(
            (page.status, page.header("cache-control")),
            (200, Some("no-cache")),
            "{screen}"
        );
        assert_eq!(answer(rig.get(screen)).await.status, 404, "{screen}");
    }
    for path in ["/api/nothing", "/internal/jobs", "/assets/none.js"] {
        assert_eq!(answer(browser(path)).await.status, 404, "{path}");
    }
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
        let down = now.services.iter().filter(|(_, state)| **state == ServiceState::Down);
        let down: Vec<_> = down.map(|(name, _)| name.as_str()).collect();
        // The others run; that youtube is not ready may be for want of a database.
        status == 503 && now.status == Health::Unhealthy && down == ["database"]
    })
    .await;
}
