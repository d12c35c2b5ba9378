//! No service accepts a request that bypassed the gateway, and no forged token passes it.

use auth_tokens::{AccessClaims, Identity, IdentityKey, KeyRing, Scopes, UserIdentity};
use awc::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common_types::{Timestamp, paths::IDENTITY_HEADER};
use service_kit::Clock;
use testkit::{Client, TestStack};

fn seconds_from_now(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(Clock::system().now().as_seconds() + seconds)
}

#[actix_web::test]
async fn services_refuse_what_bypassed_the_gateway() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("insider").await;
    let token = client.token().unwrap();
    let forged = IdentityKey::from_secret("not the secret of this installation");
    let forged = forged.sign(
        Identity {
            service: "gateway".into(),
            user: Some(UserIdentity {
                user_id: 1,
                session_id: None,
                expires_at: None,
                scopes: Scopes::All,
            }),
            client_address: Some([127, 0, 0, 1].into()),
        },
        Clock::system().now(),
    );
    let forged = forged.unwrap();
    let bearer = format!("Bearer {token}");
    let tries: [&[(&str, &str)]; 4] = [
        &[],
        &[("authorization", &bearer)],
        &[("x-user-id", "1"), ("x-magpie-user", "1")],
        &[(IDENTITY_HEADER, &forged)],
    ];
    let paths = [
        "/api/youtube/downloads",
        "/api/auth/profile",
        "/internal/users/1",
        "/internal/revocations",
        "/internal/openapi.json",
    ];
    for (name, url) in stack.service_urls() {
        for path in paths {
            for headers in tries {
                let answer = Client::new(&url).get_with(path, headers).await;
                assert!(matches!(answer.status, 401 | 404), "{name} {path}: {}", answer.status);
            }
        }
    }
    stack.stop().await;
}

#[actix_web::test]
async fn forged_tokens_are_unauthenticated() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("victim").await;
    let user = client.whoami().await;
    let token = client.token().unwrap().to_owned();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let strangers_keys = tempfile::tempdir().unwrap();
    let stranger = KeyRing::open(strangers_keys.path()).unwrap();
    let claims =
        |exp| AccessClaims::new(user.id, "sid".into(), "jti".into(), seconds_from_now(-100), exp);
    let none = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"JWT\"}");
    let forgeries = [
        String::new(),
        "nonsense".to_owned(),
        format!("{head}."),
        format!("{none}.{payload}."),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode("{\"sub\":\"1\"}")),
        stranger.sign(&claims(seconds_from_now(1000))).unwrap(),
        "mgp_0000000000000000000000000000000000000000".to_owned(),
    ];
    for forgery in forgeries {
        let answer = client.with_token(&forgery).get("/api/auth/profile").await;
        assert_eq!(answer.code(), (401, "unauthenticated".to_owned()), "{forgery}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let ours = KeyRing::open(&stack.data_dir().join("keys")).unwrap();
    let expired = ours.sign(&claims(seconds_from_now(-50))).unwrap();
    let answer = client.with_token(expired).get("/api/auth/profile").await;
    assert_eq!(answer.code(), (401, "token_expired".to_owned()));
    stack.stop().await;
}

#[actix_web::test]
async fn internal_routes_are_not_reachable_through_the_gateway() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("admin").await;
    for path in [
        "/internal/users",
        "/internal/openapi.json",
        "/api/internal/users",
        "/api/youtube/../../internal/users",
        "/api/youtube/..%2f..%2finternal/users",
        "/api/youtube/%2e%2e/%2e%2e/internal/users",
        "/api/database/../../internal/users",
        "/api/database//internal/users",
        "//internal/users",
        "/api/auth/;/internal/revocations",
        "/api/database/..%5cinternal%5cusers",
    ] {
        let answer = client.send(Method::GET, path, &[], None).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {} {}", answer.status, answer.text());
    }
    stack.stop().await;
}
