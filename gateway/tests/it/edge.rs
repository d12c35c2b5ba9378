//! What browsers rely on: CORS, security headers, request ids.

use awc::http::Method;

use crate::harness::{Answer, Rig, answer};

async fn preflight(rig: &Rig, origin: &'static str, method: &'static str) -> Answer {
    let request = rig
        .request(Method::OPTIONS, "/api/youtube/single/download")
        .insert_header(("origin", origin))
        .insert_header(("access-control-request-method", method))
        .insert_header(("access-control-request-headers", "authorization, content-type"));
    answer(request).await
}

#[actix_web::test]
async fn a_preflight_of_a_listed_origin_is_answered_without_a_credential() {
    let rig = Rig::start().await;
    let got = preflight(&rig, "https://app.test", "POST").await;
    assert_eq!(got.status, 204);
    assert_eq!(got.header("access-control-allow-origin"), Some("https://app.test"));
    assert_eq!(got.header("access-control-allow-credentials"), Some("true"));
    let headers = got.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
    for name in ["authorization", "idempotency-key", "last-event-id", "if-range"] {
        assert!(headers.contains(name), "{name}");
    }
    assert_eq!(rig.youtube.requests(), 0);
    rig.stop().await;
}

fn has_cors_headers(answer: &Answer) -> bool {
    answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[actix_web::test]
async fn another_origin_and_none_get_no_cors_headers() {
    let rig = Rig::start().await;
    for origin in ["https://evil.test", "https://app.test.evil.test", "http://app.test", "null"] {
        let refused = preflight(&rig, origin, "POST").await;
        assert!(refused.status == 204 && !has_cors_headers(&refused), "{origin}");
        let request = rig.get("/api/youtube/x").bearer_auth(rig.token());
        let got = answer(request.insert_header(("origin", origin))).await;
        assert!(got.status == 200 && !has_cors_headers(&got), "{origin}");
        assert!(got.header("vary").unwrap().contains("Origin"));
    }
    assert!(!has_cors_headers(&answer(rig.get("/")).await));
    rig.stop().await;
}

#[actix_web::test]
async fn answers_to_a_listed_origin_can_be_read_by_its_page_refusals_too() {
    let rig = Rig::start().await;
    for (token, status) in [(rig.token(), 200), ("bad".to_owned(), 401)] {
        let request = rig.get("/api/youtube/x").bearer_auth(token);
        let got = answer(request.insert_header(("origin", "https://app.test"))).await;
        assert_eq!(got.status, status);
        assert_eq!(got.header("access-control-allow-origin"), Some("https://app.test"));
        let exposed = got.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
        assert!(exposed.contains("content-disposition") && exposed.contains("retry-after"));
    }
    rig.stop().await;
}

#[actix_web::test]
async fn every_response_has_security_headers_and_a_request_id() {
    let rig = Rig::start().await;
    for path in ["/", "/health", "/livez", "/nothing", "/api/youtube/x", "/api/youtube/health"] {
        let got = answer(rig.get(path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(got.header(name), Some(value), "{path}");
        }
        assert_eq!(got.headers.get_all("content-security-policy").count(), 1, "{path}");
        assert!(got.header("x-request-id").is_some_and(|id| !id.is_empty()));
    }
    rig.stop().await;
}
