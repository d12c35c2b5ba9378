use std::{rc::Rc, time::Duration};

use actix_web::rt;
use auth_service::passwords::HashingLimits;
use common_types::ErrorCode;
use futures_util::future::join_all;

use crate::fixture::{
    Caller::{Anonymous, Outsider, Token},
    Fixture, PASSWORD, login,
};

const LOGINS: u64 = 50;

#[actix_web::test]
async fn other_requests_do_not_wait_behind_fifty_logins() {
    let limits = HashingLimits { slots: 1, waiting: 100 };
    let fixture = Rc::new(Fixture::start_with(&[], limits).await);
    let (_, token) = fixture.member("ada").await;
    let before = fixture.hasher.runs();
    let logins: Vec<_> = (0..LOGINS)
        .map(|_| {
            let fixture = Rc::clone(&fixture);
            rt::spawn(async move { fixture.log_in("ada").await })
        })
        .collect();
    while fixture.hasher.runs() == before {
        rt::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(fixture.get(Outsider, "health").await.status.is_success());
    assert!(fixture.get(Token(&token), "profile").await.status.is_success());
    let done = fixture.hasher.runs() - before;
    assert!(done < LOGINS / 2, "{done} logins came first");
    assert!(join_all(logins).await.into_iter().all(|login| login.is_ok()));
    assert_eq!(fixture.hasher.runs() - before, LOGINS);
}

#[actix_web::test]
async fn a_login_that_finds_the_queue_full_is_told_to_come_back() {
    let fixture = Fixture::start_with(&[], HashingLimits { slots: 1, waiting: 1 }).await;
    fixture.register("ada").await;
    let attempts = (0..20).map(|_| fixture.post(Anonymous, "login", login("ada", PASSWORD)));
    let (served, refused): (Vec<_>, Vec<_>) =
        join_all(attempts).await.into_iter().partition(|answer| answer.status.is_success());
    assert!(served.len() >= 2 && !refused.is_empty());
    for answer in refused {
        assert_eq!(answer.header("retry-after"), "4");
        answer.refused(ErrorCode::RateLimited);
    }
    fixture.log_in("ada").await;
}
