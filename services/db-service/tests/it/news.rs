//! Gateways hear through Redis that something has ended, whatever it was that ended it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cluster::{Bus, Heard, RedisBus};
use common_types::{
    account::ApiKeyScope,
    internal::{
        accounts::{AccountPatch, EndSessions, NewApiKey, NewSession, RevocationNews},
        audit::Act,
    },
};
use db_client::DbConnector;
use service_kit::{Clock, config::Secret};
use temp_redis::TempRedis;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{fixture::new_account, http::config};

const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for a message, whatever may have been missed before it.
async fn is_told(listener: &mut Receiver<Heard<RevocationNews>>) {
    let told = async { while !matches!(listener.recv().await.unwrap(), Heard::Message(_)) {} };
    tokio::time::timeout(DEADLINE, told).await.unwrap();
}

#[actix_web::test]
async fn whatever_ends_is_told_through_redis() {
    let redis = TempRedis::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), None);
    config.redis_url = Some(Secret::new(redis.url()));
    let running = db_service::start_with(&config, Clock::system()).await.unwrap();
    config.db_url = vec![running.url().parse().unwrap()];
    let db = DbConnector::new("test-service", &config).connect();
    let address = redis.url().parse().unwrap();
    let bus = RedisBus::<RevocationNews>::new(&address, RevocationNews::CHANNEL).unwrap();
    let (bus, stop) = (Arc::new(bus), CancellationToken::new());
    let carrying = tokio::spawn({
        let (bus, stop) = (Arc::clone(&bus), stop.clone());
        async move { bus.run(stop).await }
    });
    let mut listener = bus.listen();

    let admin = db.create_account(&new_account("a")).await.unwrap().user.id;
    let user = db.create_account(&new_account("b")).await.unwrap().user.id;
    let expires_at = Clock::system().now() + Duration::from_secs(60);
    let new = |id| NewSession { id, token_id: id, expires_at, user_agent: None, address: None };
    // Until both are connected nothing is heard, so that this one is ended again and again.
    let deadline = Instant::now() + DEADLINE;
    while !matches!(listener.try_recv(), Ok(Heard::Message(_))) {
        assert!(Instant::now() < deadline, "nothing is told");
        let session = Uuid::now_v7();
        db.create_session(user, &new(session)).await.unwrap();
        db.end_session(user, session).await.unwrap();
    }
    // What was told of the others may still be on its way.
    db.create_session(user, &new(Uuid::now_v7())).await.unwrap();
    quiet(&mut listener).await;
    db.end_sessions(user, &EndSessions { except: None }).await.unwrap();
    is_told(&mut listener).await;
    let key = NewApiKey {
        name: "k".to_owned(),
        prefix: "mgp_ab".to_owned(),
        key_hash: "0a".repeat(32),
        scopes: vec![ApiKeyScope::Read],
        expires_at: None,
    };
    let key = db.create_api_key(user, &key).await.unwrap().id;
    db.delete_api_key(user, key).await.unwrap();
    is_told(&mut listener).await;
    let disabled = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
    let by_admin = Act { actor: Some(admin), ..Act::default() };
    db.acting(&by_admin).patch_account(user, &disabled).await.unwrap();
    is_told(&mut listener).await;
    stop.cancel();
    carrying.await.unwrap();
    running.stop().await;
}

/// Until nothing has been heard for a moment.
async fn quiet(listener: &mut Receiver<Heard<RevocationNews>>) {
    while tokio::time::timeout(Duration::from_secs(2), listener.recv()).await.is_ok() {}
    assert!(matches!(listener.try_recv(), Err(TryRecvError::Empty)));
}
