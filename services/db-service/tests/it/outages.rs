//! PostgreSQL goes and comes back under a service that runs: every answer meanwhile says so, and what
//! follows is as if nothing had been.

use std::time::{Duration, Instant};

use auth_tokens::Identity;
use futures_util::future::join_all;
use temp_postgres::TempPostgres;

use crate::{
    fixture::new_account,
    http::{Service, config},
};

/// More than the pool has connections.
const MORE_THAN_THE_POOL: usize = 16;
const DEADLINE: Duration = Duration::from_secs(60);

async fn start() -> Service {
    Service::start(Some(TempPostgres::start().expect("these tests need PostgreSQL"))).await
}

/// The status of a question that needs the database, and how long to wait if it says so.
async fn ask(service: &Service) -> (u16, Option<String>) {
    let request = awc::Client::builder().timeout(DEADLINE).finish();
    let request = request.get(service.url("/internal/users/any"));
    let identity = service.vouch(Identity::of_service("auth-service"));
    let answer = request.insert_header(identity).send().await.unwrap();
    let wait = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), wait)
}

async fn until_it_answers(service: &Service) {
    let deadline = Instant::now() + DEADLINE;
    while ask(service).await.0 != 200 {
        assert!(Instant::now() < deadline, "the service does not find back");
    }
}

#[actix_web::test]
async fn while_the_server_is_frozen_everyone_is_told_to_come_back() {
    let service = start().await;
    assert_eq!(ask(&service).await.0, 200);
    service.server.as_ref().unwrap().freeze().unwrap();
    // Some wait on a connection that says nothing, the others for a connection.
    let answers = join_all((0..MORE_THAN_THE_POOL).map(|_| ask(&service))).await;
    for answer in answers {
        assert_eq!(answer, (503, Some("2".to_owned())));
    }
    service.server.as_ref().unwrap().thaw().unwrap();
    until_it_answers(&service).await;
    service.running.stop().await;
}

#[actix_web::test]
async fn a_server_that_was_restarted_is_used_again() {
    let mut service = start().await;
    let account = service.client.create_account(&new_account("a")).await.unwrap();
    service.server.as_mut().unwrap().stop().unwrap();
    assert_eq!(ask(&service).await.0, 503);
    service.server.as_mut().unwrap().restart().unwrap();
    until_it_answers(&service).await;
    // Nothing of what was answered for is lost, and everything is possible again.
    assert_eq!(service.client.account(account.user.id).await.unwrap().user, account.user);
    service.client.create_account(&new_account("b")).await.unwrap();
    service.running.stop().await;
}

#[actix_web::test]
async fn connections_that_the_server_ended_are_replaced() {
    let service = start().await;
    let server = service.server.as_ref().unwrap();
    let answers = join_all((0..MORE_THAN_THE_POOL).map(|_| ask(&service))).await;
    assert!(answers.iter().all(|(status, _)| *status == 200));
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let ended = server.psql(&server.url()).args(["-c", end_all]).output().unwrap();
    assert_ne!(String::from_utf8_lossy(&ended.stdout).trim(), "0");
    until_it_answers(&service).await;
    // None of the old ones is left to fail on.
    let answers = join_all((0..MORE_THAN_THE_POOL).map(|_| ask(&service))).await;
    let unexpected = answers.iter().find(|(status, _)| !matches!(status, 200 | 503));
    assert_eq!(unexpected, None);
    until_it_answers(&service).await;
    service.running.stop().await;
}

#[actix_web::test]
async fn of_services_that_start_together_one_migrates_and_all_serve() {
    let server = TempPostgres::start().expect("these tests need PostgreSQL");
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let configs = directories.each_ref().map(|home| config(home.path(), Some(server.url())));
    let started = join_all(configs.map(db_service::start)).await;
    let applied = "SELECT count(*) = count(DISTINCT version) FROM __diesel_schema_migrations";
    let applied = server.psql(&server.url()).args(["-c", applied]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&applied.stdout).trim(), "t");
    for running in started {
        let running = running.unwrap();
        let health = format!("{}/readyz", running.url());
        assert_eq!(awc::Client::default().get(health).send().await.unwrap().status(), 200);
        running.stop().await;
    }
}
