//! Which credentials are good, until when, and what the others are told.

use std::{
    fmt::Write as _,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use auth_tokens::{KeyRing, Scopes};
use cluster::{Bus, RedisBus};
use common_types::{
    Timestamp,
    account::{ApiKeyScope, Role, User},
    internal::accounts::{ApiKeyVerdict, RevocationNews},
};
use gateway::{Options, Suspicion};
use service_kit::Clock;
use sha2::{Digest, Sha256};
use temp_redis::TempRedis;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    harness::{Rig, SECRET, Setup, answer, eventually},
    stub::Stub,
};

async fn code_of(rig: &Rig, token: &str) -> String {
    answer(rig.get("/api/youtube/x").bearer_auth(token)).await.code()
}

#[actix_web::test]
async fn forged_and_confused_tokens_are_unauthenticated() {
    let rig = Rig::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = KeyRing::open(elsewhere.path()).unwrap();
    let good = rig.token();
    let claims = rig.claims(Uuid::now_v7());
    let (head, _) = good.rsplit_once('.').unwrap();
    let mut of_no_session = claims.clone();
    of_no_session.sid = "anything".to_owned();
    let mut for_another = claims.clone();
    for_another.aud = "another".to_owned();
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", head.split('.').nth(1).unwrap());
    for (what, token) in [
        ("signed by another", foreign.sign(&claims).unwrap()),
        ("unsigned", format!("{head}.")),
        ("tampered with", good.replacen('.', "A.", 1)),
        ("of no algorithm", none),
        ("of no session that could end", rig.sign(&of_no_session)),
        ("for another audience", rig.sign(&for_another)),
        ("nonsense", "nonsense".to_owned()),
        ("too long", "x".repeat(5000)),
        ("an unknown API key", "mgp_unknown".to_owned()),
    ] {
        assert_eq!(code_of(&rig, &token).await, "unauthenticated", "{what}");
    }
    let twice = rig.get("/api/youtube/x").bearer_auth(&good);
    let twice = twice.append_header(("authorization", format!("Bearer {good}")));
    assert_eq!(answer(twice).await.code(), "unauthenticated");
    assert_eq!(rig.youtube.requests(), 0);
    rig.stop().await;
}

#[actix_web::test]
async fn a_token_that_expires_while_it_is_cached_is_refused() {
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock, ..Options::default() };
    let rig = Setup { options, ..Setup::default() }.start().await;
    let token = rig.token();
    for _ in 0..2 {
        assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(&token)).await.status, 200);
    }
    rig.clock.advance(Duration::from_secs(3600));
    assert_eq!(code_of(&rig, &token).await, "token_expired");
    let refused = answer(rig.post("/api/auth/verify").bearer_auth(&token)).await;
    assert_eq!((refused.code().as_str(), refused.problem().valid), ("token_expired", Some(false)));
    let without = answer(rig.post("/api/auth/verify")).await;
    assert_eq!(
        (without.code().as_str(), without.problem().valid),
        ("unauthenticated", Some(false))
    );
    rig.stop().await;
}

#[actix_web::test]
async fn an_identity_is_signed_anew_before_it_grows_old() {
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock, ..Options::default() };
    let rig = Setup { options, ..Setup::default() }.start().await;
    let token = rig.token();
    for _ in 0..4 {
        let seen = answer(rig.get("/api/youtube/x").bearer_auth(&token)).await.seen();
        assert!(rig.identity(&seen).user.is_some());
        rig.clock.advance(Duration::from_secs(40));
    }
    rig.stop().await;
}

#[actix_web::test]
async fn a_revocation_takes_effect_within_two_seconds() {
    let rig = Rig::start().await;
    let session = Uuid::now_v7();
    let (token, other) = (rig.token_of(session), rig.token());
    for token in [&token, &other] {
        assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(token)).await.status, 200);
    }
    (0..5).for_each(|_| rig.auth.revoke(Uuid::now_v7()));
    rig.auth.revoke(session);
    let revoked = Instant::now();
    let (rig_ref, token_ref) = (&rig, &token);
    eventually("the token is refused", || async move {
        answer(rig_ref.get("/api/youtube/x").bearer_auth(token_ref)).await.status == 401
    })
    .await;
    assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
    assert_eq!(code_of(&rig, &token).await, "token_revoked");
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(&other)).await.status, 200);
    rig.stop().await;
}

#[actix_web::test]
async fn what_has_ended_is_heard_of_at_once_where_there_is_a_redis() {
    let redis = TempRedis::start().unwrap();
    let mut options = Options::default();
    options.timeouts.revocation_poll = Duration::from_secs(3600);
    let setup = Setup { options, ..Setup::default() }.with("MAGPIE_REDIS_URL", redis.url());
    let rig = setup.start().await;
    let bus = RedisBus::new(&redis.url().parse().unwrap(), RevocationNews::CHANNEL).unwrap();
    let (bus, stop) = (Arc::new(bus), CancellationToken::new());
    let running = tokio::spawn({
        let (bus, stop) = (Arc::clone(&bus), stop.clone());
        async move { bus.run(stop).await }
    });
    let [first, second] = [Uuid::now_v7(), Uuid::now_v7()];
    let tokens = [first, second].map(|session| rig.token_of(session));
    let is_refused = |number: usize| {
        let asked = rig.get("/api/youtube/x").bearer_auth(&tokens[number]);
        async { answer(asked).await.status == 401 }
    };
    rig.auth.revoke(first);
    eventually("both are connected to Redis, and the first token is refused", || {
        bus.publish(RevocationNews {});
        is_refused(0)
    })
    .await;
    assert!(!is_refused(1).await);
    rig.auth.revoke(second);
    bus.publish(RevocationNews {});
    eventually("the second is refused", || is_refused(1)).await;
    stop.cancel();
    running.await.unwrap();
    rig.stop().await;
}

#[actix_web::test]
async fn a_logout_through_this_gateway_takes_effect_at_once() {
    let rig = Rig::start().await;
    let token = rig.token();
    assert_eq!(answer(rig.post("/api/auth/logout").bearer_auth(&token)).await.status, 200);
    assert_eq!(code_of(&rig, &token).await, "token_revoked");
    rig.stop().await;
}

#[actix_web::test]
async fn nobody_is_let_in_before_keys_and_revocations_are_known() {
    let auth = Stub::start("auth", SECRET);
    auth.state.is_willing.store(false, Ordering::SeqCst);
    let (youtube, database) = (Stub::start("youtube", SECRET), Stub::start("database", SECRET));
    let rig = Setup::default().start_before(auth, youtube, database).await;
    let token = rig.token();
    let early = answer(rig.get("/api/youtube/x").bearer_auth(&token)).await;
    assert_eq!(early.code(), "unavailable");
    assert!(early.header("retry-after").is_some());
    assert_eq!(answer(rig.get("/readyz")).await.status, 503);
    assert_eq!(answer(rig.get("/api/youtube/health")).await.status, 200);
    rig.auth.state.is_willing.store(true, Ordering::SeqCst);
    let rig_ref = &rig;
    eventually("the gateway is ready", || async move {
        answer(rig_ref.get("/readyz")).await.status == 200
    })
    .await;
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(&token)).await.status, 200);
    // Later failures stop nobody who is known.
    rig.auth.state.is_willing.store(false, Ordering::SeqCst);
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await.status, 200);
    let rig_ref = &rig;
    eventually("health says that news of logouts are missing", || async move {
        let health = answer(rig_ref.get("/health")).await;
        health.status == 200 && String::from_utf8_lossy(&health.body).contains("degraded")
    })
    .await;
    rig.stop().await;
}

#[actix_web::test]
async fn a_new_key_is_fetched_once_for_all_who_need_it() {
    let rig = Rig::start().await;
    let before = rig.auth.state.key_fetches.load(Ordering::SeqCst);
    let directory = tempfile::tempdir().unwrap();
    *rig.auth.state.ring.lock().unwrap() = KeyRing::open(directory.path()).unwrap();
    let tokens: Vec<_> = (0..8).map(|_| rig.token()).collect();
    let asked = tokens.iter().map(|token| answer(rig.get("/api/youtube/x").bearer_auth(token)));
    for got in futures_util::future::join_all(asked).await {
        assert_eq!(got.status, 200);
    }
    let fetches = rig.auth.state.key_fetches.load(Ordering::SeqCst) - before;
    assert!((1..=2).contains(&fetches), "{fetches}");
    rig.stop().await;
}

fn add_key(rig: &Rig, key: &str, expires_at: Option<Timestamp>) -> Uuid {
    let hash = Sha256::digest(key).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let id = Uuid::now_v7();
    let user =
        User { id: 9, username: "u".into(), email: "u@example.org".into(), role: Role::User };
    let verdict = ApiKeyVerdict { id, user, scopes: vec![ApiKeyScope::Read], expires_at };
    rig.auth.state.api_keys.lock().unwrap().insert(hash, verdict);
    id
}

#[actix_web::test]
async fn an_api_key_is_a_credential_until_it_is_deleted() {
    let rig = Rig::start().await;
    let id = add_key(&rig, "mgp_abc", None);
    let seen = answer(rig.get("/api/youtube/x").bearer_auth("mgp_abc")).await.seen();
    let user = rig.identity(&seen).user.unwrap();
    assert_eq!((user.user_id, user.session_id), (9, None));
    assert_eq!(user.scopes, Scopes::Only(vec![ApiKeyScope::Read]));
    // Once by the feed, although auth-service would still take it…
    rig.auth.revoke(id);
    let (rig_ref, deleted) = (&rig, Instant::now());
    let is_refused = |key: &'static str| async move {
        answer(rig_ref.get("/api/youtube/x").bearer_auth(key)).await.status == 401
    };
    eventually("the revoked key is refused", || is_refused("mgp_abc")).await;
    assert!(deleted.elapsed() < Duration::from_secs(2));
    // …and once because auth-service does not know it any more.
    add_key(&rig, "mgp_def", None);
    assert!(!is_refused("mgp_def").await);
    rig.auth.state.api_keys.lock().unwrap().clear();
    let deleted = Instant::now();
    eventually("the deleted key is refused", || is_refused("mgp_def")).await;
    assert!(deleted.elapsed() < Duration::from_secs(2));
    rig.stop().await;
}

#[actix_web::test]
async fn a_withdrawn_key_vouches_for_nothing_any_more() {
    let rig = Rig::start().await;
    let old = rig.token();
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(&old)).await.status, 200);
    let directory = tempfile::tempdir().unwrap();
    *rig.auth.state.ring.lock().unwrap() = KeyRing::open(directory.path()).unwrap();
    // A token of the next key has the gateway fetch; the verdict on the old one was kept.
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await.status, 200);
    assert_eq!(code_of(&rig, &old).await, "unauthenticated");
    rig.stop().await;
}

#[actix_web::test]
async fn made_up_keys_are_no_stream_of_fetches() {
    let rig = Rig::start().await;
    let directory = tempfile::tempdir().unwrap();
    let foreign = KeyRing::open(directory.path()).unwrap();
    let (begun, before) = (Instant::now(), rig.auth.state.key_fetches.load(Ordering::SeqCst));
    for _ in 0..3 {
        let forged: Vec<_> =
            (0..50).map(|_| foreign.sign(&rig.claims(Uuid::now_v7())).unwrap()).collect();
        let asked = forged.iter().map(|token| code_of(&rig, token));
        for code in futures_util::future::join_all(asked).await {
            assert_eq!(code, "unauthenticated");
        }
    }
    let fetches = rig.auth.state.key_fetches.load(Ordering::SeqCst) - before;
    let allowed = usize::try_from(begun.elapsed().as_secs()).unwrap() + 2;
    assert!(usize::try_from(fetches).unwrap() <= allowed, "{fetches}, allowed {allowed}");
    rig.stop().await;
}

/// A gateway behind a proxy that we trust, so that a test can be anybody.
async fn wary(second_looks_per_second: u32) -> Rig {
    let suspicion = Suspicion { failures_per_minute: 1, second_looks_per_second };
    let options = Options { suspicion, ..Options::default() };
    let setup = Setup { options, ..Setup::default() };
    let setup = setup.with("MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE", "20");
    setup.with("MAGPIE_TRUSTED_PROXIES", "127.0.0.0/8").start().await
}

async fn shown_from(rig: &Rig, address: &str, token: &str) -> u16 {
    let request = rig.get("/api/youtube/x").insert_header(("x-forwarded-for", address));
    let answer = answer(request.bearer_auth(token)).await;
    if answer.status == 429 {
        assert_eq!(answer.code(), "rate_limited");
        assert!(answer.header("retry-after").is_some());
    }
    answer.status
}

#[actix_web::test]
async fn where_logins_are_not_limited_bad_credentials_are_not_either() {
    let rig = Setup::default().with("MAGPIE_TRUSTED_PROXIES", "127.0.0.0/8").start().await;
    for _ in 0..700 {
        assert_eq!(shown_from(&rig, "192.0.2.1", "a.b.c").await, 401);
    }
    rig.stop().await;
}

#[actix_web::test]
async fn an_address_of_many_bad_credentials_is_refused_and_nobody_who_was_let_in_before() {
    let rig = wary(0).await;
    let (here, there) = ("192.0.2.1", "192.0.2.2");
    let (good, late) = (rig.token(), rig.token());
    add_key(&rig, "mgp_good", None);
    for credential in [good.as_str(), "mgp_good"] {
        assert_eq!(shown_from(&rig, here, credential).await, 200);
    }
    let mut seen = Vec::new();
    for bad in ["a.b.c", "mgp_bad", "mgp_bad", "d.e.f"] {
        seen.push(shown_from(&rig, here, bad).await);
    }
    assert_eq!(seen, [401, 429, 429, 429]);
    for credential in [good.as_str(), "mgp_good"] {
        assert_eq!(shown_from(&rig, here, credential).await, 200);
    }
    assert_eq!(shown_from(&rig, here, &late).await, 429);
    assert_eq!(shown_from(&rig, there, &late).await, 200);
    rig.stop().await;
}

#[actix_web::test]
async fn a_good_credential_that_is_new_gets_through_a_modest_flood() {
    let rig = wary(1_000_000).await;
    let here = "192.0.2.1";
    let mut seen = Vec::new();
    for bad in ["a.b.c", "mgp_bad", "d.e.f"] {
        seen.push(shown_from(&rig, here, bad).await);
    }
    assert_eq!(seen, [401, 429, 429]);
    assert_eq!(shown_from(&rig, here, &rig.token()).await, 200);
    // A token that was ours is told the truth, however it got here.
    let mut old = rig.claims(Uuid::now_v7());
    old.exp = old.iat - 1;
    old.iat -= 10;
    old.nbf -= 10;
    let old = rig.sign(&old);
    assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(&old)).await.code(), "token_expired");
    rig.stop().await;
}

#[actix_web::test]
async fn a_key_that_nobody_has_is_asked_about_once() {
    let rig = Rig::start().await;
    assert_eq!(code_of(&rig, "mgp_bad").await, "unauthenticated");
    let asked = rig.auth.state.lookups.load(Ordering::SeqCst);
    let again = (0..20).map(|_| code_of(&rig, "mgp_bad"));
    for code in futures_util::future::join_all(again).await {
        assert_eq!(code, "unauthenticated");
    }
    let asked = rig.auth.state.lookups.load(Ordering::SeqCst) - asked;
    // The answer may have been forgotten on a machine that is slow.
    assert!(asked < 20, "{asked}");
    rig.stop().await;
}
