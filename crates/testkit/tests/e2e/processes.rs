//! The same as real processes: `magpie up`, and the four services on their own.

use std::process::Command;

use serde_json::{Value, json};
use testkit::{
    Database, ProcessStack, binary, processes_under, standin::scenarios::OKAY, wait_until,
};

#[actix_web::test]
async fn magpie_up_serves_and_ends_with_all_its_children() {
    let mut stack = ProcessStack::up_with(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("operator").await;
    let id = client.download(&json!({ "url": OKAY.url(90), "quality": "360p" })).await;
    client.completed(id).await;
    assert_eq!(stack.terminate(), [("magpie", Some(0))]);
    let data_dir = stack.data_dir();
    wait_until("no process is left", || async { processes_under(&data_dir).is_empty() }).await;
    stack.stop().await;
}

#[actix_web::test]
async fn the_four_services_work_as_processes_of_their_own() {
    let mut stack = ProcessStack::services(Database::Postgres, &[]).await;
    let client = stack.client().sign_up("operator").await;
    let id = client.download(&json!({ "url": OKAY.url(91), "format": "mp3" })).await;
    client.completed(id).await;
    client.file(id).await.expect(200);
    let codes = stack.terminate();
    assert!(codes.iter().all(|(_, code)| *code == Some(0)), "{codes:?}");
    let data_dir = stack.data_dir();
    wait_until("no process is left", || async { processes_under(&data_dir).is_empty() }).await;
    stack.stop().await;
}

#[actix_web::test]
async fn a_request_id_is_on_every_line_of_its_request_across_the_hops() {
    let mut stack =
        ProcessStack::services(Database::Sqlite, &[("MAGPIE_LOG_FORMAT", "json")]).await;
    let client = stack.client().sign_up("operator").await;
    let id = "a-request-of-this-test";
    let answer = client.get_with("/api/youtube/downloads", &[("x-request-id", id)]).await;
    assert_eq!(answer.expect(200).header("x-request-id"), Some(id));
    let missing = client.get_with("/api/nothing", &[("x-request-id", "not sane!")]).await;
    assert_ne!(missing.header("x-request-id"), Some("not sane!"));
    stack.terminate();
    let log = stack.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let routes: Vec<&str> = lines
        .iter()
        .filter(|line| line["request_id"] == id && line["target"] == "access")
        .filter_map(|line| line["message"].as_str())
        .collect();
    let saw = |part: &str| routes.iter().any(|message| message.contains(part));
    assert!(saw("/api/youtube/*") && saw("GET /api/youtube/downloads"), "{routes:?}");
    assert!(!log.contains("correct horse") && !log.contains(client.token().unwrap()));
    stack.stop().await;
}

#[test]
fn a_wrong_configuration_stops_the_start_with_one_line() {
    type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 6] = [
        ("magpie", &["up"], &[("MAGPIE_GATEWAY_BIND", "nowhere")], "MAGPIE_GATEWAY_BIND"),
        ("magpie", &["up"], &[("MAGPIE_UNHEARD_OF", "1")], "MAGPIE_UNHEARD_OF"),
        ("magpie", &["up", "--unheard-of", "1"], &[], "--unheard-of"),
        ("magpie", &["fly"], &[], "fly"),
        ("magpie", &[], &[], "magpie --help"),
        ("gateway", &[], &[("MAGPIE_LEASE_SECONDS", "soon")], "MAGPIE_LEASE_SECONDS"),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (name, args, environment, named) in cases {
        let output = Command::new(binary(name))
            .args(args)
            .current_dir(directory.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
        assert!(stderr.contains(named), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn magpie_config_prints_what_is_in_force_with_secrets_masked() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(binary("magpie"))
        .args(["config", "--max-attempts", "7"])
        .current_dir(directory.path())
        .env("MAGPIE_INTERNAL_SECRET", "a secret nobody may see")
        .env("MAGPIE_DATABASE_URL", "postgres://magpie:hunter2@db.test/magpie")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout.contains("max_attempts = \"7\"") && stdout.contains("lease_seconds"),
        "{stdout}"
    );
    assert!(!stdout.contains("nobody may see") && !stdout.contains("hunter2"), "{stdout}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is written");
}
