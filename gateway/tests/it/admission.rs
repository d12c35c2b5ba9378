//! Which requests are let through, and what a service gets to see of them.

use auth_tokens::Scopes;
use awc::{ClientRequest, http::Method};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    harness::{Rig, Setup, answer, answer_with},
    raw,
};

#[actix_web::test]
async fn each_prefix_goes_to_its_service_with_path_and_query_untouched() {
    let rig = Rig::start().await;
    for (path, service) in [
        ("/api/auth/profile?a=%2f&b=c%20d", "auth"),
        ("/api/youtube/single/status/1", "youtube"),
        ("/api/database/init?", "database"),
    ] {
        let seen = answer(rig.get(path).bearer_auth(rig.token())).await.seen();
        assert_eq!((seen.service.as_str(), seen.method.as_str()), (service, "GET"));
        assert_eq!(seen.target, path);
    }
    rig.stop().await;
}

#[actix_web::test]
async fn without_a_credential_only_public_paths_answer() {
    let rig = Rig::start().await;
    for (method, path) in [
        (Method::POST, "/api/auth/register"),
        (Method::POST, "/api/auth/login"),
        (Method::GET, "/api/auth/health"),
        (Method::GET, "/api/youtube/health"),
        (Method::GET, "/api/database/health"),
    ] {
        let seen = answer(rig.request(method, path)).await.seen();
        let identity = rig.identity(&seen);
        assert!(identity.user.is_none());
        assert_eq!(identity.client_address, Some([127, 0, 0, 1].into()));
    }
    assert_eq!(answer(rig.get("/api/auth/.well-known/jwks.json")).await.status, 200);
    for (method, path) in [
        (Method::POST, "/api/auth/logout"),
        (Method::GET, "/api/auth/profile"),
        (Method::GET, "/api/auth/no-such-thing"),
        (Method::GET, "/api/youtube"),
        (Method::POST, "/api/youtube/single/download"),
        (Method::POST, "/api/database/init"),
        (Method::GET, "/api/auth/login/"),
    ] {
        assert_eq!(answer(rig.request(method, path)).await.code(), "unauthenticated", "{path}");
    }
    assert_eq!(rig.youtube.requests() + rig.database.requests(), 2);
    rig.stop().await;
}

#[actix_web::test]
async fn what_no_service_answers_is_not_found() {
    let rig = Rig::start().await;
    for path in ["/api", "/api/tiktok/health", "/api/authx", "/internal/jobs/claim", "/nothing"] {
        let got = answer(rig.get(path).bearer_auth(rig.token())).await;
        assert_eq!(got.code(), "not_found", "{path}");
    }
    rig.stop().await;
}

#[actix_web::test]
async fn no_spelling_reaches_an_internal_route() {
    let rig = Rig::start().await;
    let token = rig.token();
    for path in [
        "/internal/revocations?after=0",
        "//internal/revocations",
        "/./internal/revocations",
        "/api/../internal/revocations",
        "/api/auth/../../internal/revocations",
        "/api/auth/..%2f..%2finternal/revocations",
        "/api/auth/%2e%2e/%2e%2e/internal/revocations",
        "/api/auth/%252e%252e/internal",
        "/api/auth/..;/internal",
        "/api/auth/..\\..\\internal",
        "/api/auth/%5c..%5cinternal",
        "/api/auth//internal",
        "/api/auth/a%00b",
        "/%69nternal/revocations",
        "/api/auth;x=1/login",
        "/api/auth/%6cogin",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        let got = raw::exchange(rig.gateway.addr(), request.as_bytes()).await;
        assert!(
            got.starts_with("HTTP/1.1 404 ") || got.starts_with("HTTP/1.1 400 "),
            "{path} {got}"
        );
    }
    let absolute = format!(
        "GET http://x/api/auth/profile HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let got = raw::exchange(rig.gateway.addr(), absolute.as_bytes()).await;
    assert!(got.starts_with("HTTP/1.1 400 ") && got.contains("invalid_request"), "{got}");
    assert_eq!(rig.auth.requests(), 0);
    rig.stop().await;
}

#[actix_web::test]
async fn unknown_methods_and_upgrades_are_refused() {
    let rig = Rig::start().await;
    for line in ["TRACE /api/auth/profile", "CONNECT example.org:443", "BREW /api/auth/profile"] {
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\n\r\n");
        let got = raw::exchange(rig.gateway.addr(), request.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 405 "), "{got}");
        assert!(got.contains("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"), "{got}");
        assert!(got.contains("method_not_allowed"), "{got}");
    }
    let upgrade = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
                   upgrade: websocket\r\n\r\nsmuggled";
    let got = raw::exchange(rig.gateway.addr(), upgrade.as_bytes()).await;
    assert!(got.starts_with("HTTP/1.1 400 ") && got.contains("connection: close"), "{got}");
    assert_eq!(rig.auth.requests(), 0);
    rig.stop().await;
}

#[actix_web::test]
async fn a_service_sees_who_asks_and_nothing_that_a_client_claims_about_it() {
    let rig = Rig::start().await;
    let session = Uuid::now_v7();
    let request = [
        ("x-magpie-identity", "forged"),
        ("x-magpie-anything", "forged"),
        ("x-user-id", "1"),
        ("x_user_id", "1"),
        ("x-auth-role", "admin"),
        ("x-internal", "kept: no prefix"),
        ("x-internal-token", "1"),
        ("forwarded", "for=1.2.3.4"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/x"),
        ("x-real-ip", "1.2.3.4"),
        ("cookie", "other=1"),
        ("te", "trailers"),
        ("keep-alive", "timeout=1"),
        ("proxy-authorization", "Basic x"),
        ("x-custom", "kept"),
        ("range", "bytes=0-1"),
    ]
    .into_iter()
    .fold(rig.get("/api/youtube/x"), ClientRequest::append_header);
    let seen = answer(request.bearer_auth(rig.token_of(session))).await.seen();
    let identity = rig.identity(&seen);
    assert_eq!(
        (identity.service.as_str(), identity.client_address),
        ("gateway", Some([127, 0, 0, 1].into()))
    );
    let user = identity.user.unwrap();
    assert_eq!(
        (user.user_id, user.session_id, user.scopes),
        (7, Some(session.to_string()), Scopes::All)
    );
    let names: Vec<_> = seen.headers.keys().map(String::as_str).collect();
    for gone in [
        "authorization",
        "cookie",
        "x-magpie-anything",
        "x-user-id",
        "x_user_id",
        "x-auth-role",
        "x-internal-token",
        "forwarded",
        "x-forwarded-prefix",
        "x-real-ip",
        "te",
        "keep-alive",
        "proxy-authorization",
    ] {
        assert!(!names.contains(&gone), "{gone}");
    }
    let kept = |name: &str| seen.headers[name].clone();
    assert_eq!((kept("x-custom"), kept("range")), ("kept".into(), "bytes=0-1".into()));
    assert_eq!(
        (kept("x-forwarded-for"), kept("x-forwarded-proto")),
        ("127.0.0.1".into(), "http".into())
    );
    rig.stop().await;
}

#[actix_web::test]
async fn headers_that_connection_names_are_dropped_but_never_ours() {
    let rig = Rig::start().await;
    let request = format!(
        "GET /api/auth/profile HTTP/1.1\r\nhost: a.test\r\nauthorization: Bearer {}\r\n\
         connection: close, X-Magpie-Identity, x-forwarded-for, x-request-id, x-hop\r\n\
         x-hop: 1\r\nx-request-id: mine\r\n\r\n",
        rig.token()
    );
    let got = raw::exchange(rig.gateway.addr(), request.as_bytes()).await;
    let body = got.split("\r\n\r\n").nth(1).unwrap();
    let seen: crate::stub::Seen = serde_json::from_str(body).unwrap();
    assert_eq!(rig.identity(&seen).user.unwrap().user_id, 7);
    assert_eq!(seen.headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen.headers["x-forwarded-host"], "a.test");
    assert_eq!(seen.headers["x-request-id"], "mine");
    assert!(!seen.headers.contains_key("x-hop"));
    rig.stop().await;
}

#[actix_web::test]
async fn a_trusted_proxy_says_where_a_request_comes_from() {
    let rig = Setup::default().with("MAGPIE_TRUSTED_PROXIES", "127.0.0.0/8").start().await;
    let request = rig
        .get("/api/auth/health")
        .insert_header(("x-forwarded-for", "6.6.6.6, 198.51.100.7"))
        .insert_header(("x-forwarded-proto", "https"))
        .insert_header(("x-forwarded-host", "magpie.test"));
    let seen = answer(request).await.seen();
    assert_eq!(rig.identity(&seen).client_address, Some([198, 51, 100, 7].into()));
    assert_eq!(seen.headers["x-forwarded-for"], "198.51.100.7");
    assert_eq!(seen.headers["x-forwarded-proto"], "https");
    assert_eq!(seen.headers["x-forwarded-host"], "magpie.test");
    rig.stop().await;
}

#[actix_web::test]
async fn headers_of_an_answer_cross_unless_they_are_the_hop_s_or_ours() {
    let rig = Rig::start().await;
    let got = answer(
        rig.get("/api/youtube/headers")
            .bearer_auth(rig.token())
            .insert_header(("x-request-id", "mine")),
    )
    .await;
    assert_eq!(got.header("etag"), Some("\"e\""));
    assert_eq!(got.header("x-request-id"), Some("mine"));
    assert_eq!(got.headers.get_all("x-request-id").count(), 1);
    assert_eq!(got.headers.get_all("set-cookie").count(), 2);
    assert_eq!(got.header("x-magpie-file"), None);
    rig.stop().await;

    let url = raw::canned(
        b"HTTP/1.1 200 OK\r\nconnection: x-private\r\nx-private: 1\r\nkeep-alive: timeout=1\r\n\
          x-custom: 1\r\ncontent-length: 2\r\n\r\nok",
    );
    let rig = Setup::default().with("MAGPIE_YOUTUBE_URL", url.await).start().await;
    let got = answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await;
    assert_eq!(got.header("x-custom"), Some("1"));
    for gone in ["connection", "keep-alive", "x-private"] {
        assert_eq!(got.header(gone), None, "{gone}");
    }
    rig.stop().await;
}

#[actix_web::test]
async fn a_problem_of_a_service_passes_untouched() {
    let rig = Rig::start().await;
    let got = answer(rig.post("/api/youtube/problem").bearer_auth(rig.token())).await;
    assert_eq!((got.status, got.header("content-type")), (409, Some("application/problem+json")));
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["extra"], "kept");
    rig.stop().await;
}

#[actix_web::test]
async fn a_change_by_cookie_must_come_from_a_known_origin() {
    let rig = Rig::start().await;
    let cookie = format!("a=b; magpie_session={}", rig.token());
    let own = rig.gateway.url();
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Method, Headers<'_>, u16); 11] = [
        (Method::GET, &[("origin", "https://evil.test")], 200),
        (Method::POST, &[], 403),
        (Method::POST, &[("origin", "https://evil.test")], 403),
        (Method::POST, &[("origin", "null")], 403),
        (Method::POST, &[("sec-fetch-site", "cross-site"), ("origin", &own)], 403),
        (Method::DELETE, &[("sec-fetch-site", "same-site")], 403),
        (Method::PATCH, &[("sec-fetch-site", "none")], 403),
        (Method::POST, &[("sec-fetch-site", "same-origin")], 200),
        (Method::POST, &[("origin", &own)], 200),
        (Method::POST, &[("origin", "https://app.test"), ("sec-fetch-site", "cross-site")], 200),
        (Method::POST, &[("origin", "https://app.test.evil.test")], 403),
    ];
    for (method, headers, status) in cases {
        let request =
            rig.request(method, "/api/youtube/x").insert_header(("cookie", cookie.as_str()));
        let request =
            headers.iter().fold(request, |request, header| request.insert_header(*header));
        let got = answer(request).await;
        assert_eq!(got.status, status, "{headers:?}");
        if status == 403 {
            assert_eq!(got.code(), "csrf");
        }
    }
    let bearer = rig.post("/api/youtube/x").bearer_auth(rig.token());
    assert_eq!(answer(bearer.insert_header(("origin", "https://evil.test"))).await.status, 200);
    // Verifying changes nothing.
    let verify = rig.post("/api/auth/verify").insert_header(("cookie", cookie.as_str()));
    assert_eq!(answer(verify).await.status, 200);
    rig.stop().await;
}

#[actix_web::test]
async fn limits_are_kept_per_user_and_per_address() {
    let rig = Setup::default()
        .with("MAGPIE_RATE_LIMIT_PER_MINUTE", "2")
        .with("MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE", "3")
        .with("MAGPIE_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let mut other = rig.claims(Uuid::now_v7());
    other.sub = "8".to_owned();
    let (token, other) = (rig.token(), rig.sign(&other));
    let ask = |token: &str| answer(rig.get("/api/youtube/x").bearer_auth(token));
    let first = ask(&token).await;
    assert_eq!(first.header("ratelimit-limit"), Some("2"));
    assert_eq!(first.header("ratelimit-remaining"), Some("1"));
    assert_eq!(first.header("ratelimit-reset"), Some("30"));
    assert_eq!(ask(&rig.token()).await.status, 200);
    let refused = ask(&token).await;
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert_eq!(ask(&other).await.status, 200);
    let login = |address: &'static str| {
        answer_with(rig.post("/api/auth/login").insert_header(("x-forwarded-for", address)), "{}")
    };
    for expected in [200, 200, 200, 429] {
        assert_eq!(login("192.0.2.1").await.status, expected);
    }
    assert_eq!(login("192.0.2.2").await.status, 200);
    // One /64 is one client, however many addresses it has.
    for (address, expected) in
        [("2001:db8::1", 200), ("2001:db8::2", 200), ("2001:db8::3", 200), ("2001:db8::4", 429)]
    {
        assert_eq!(login(address).await.status, expected, "{address}");
    }
    rig.stop().await;
}
