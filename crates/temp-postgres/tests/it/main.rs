//! The server starts, serves, and leaves nothing behind.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use temp_postgres::TempPostgres;

fn query(server: &TempPostgres, url: &str, sql: &str) -> String {
    let output = server.psql(url).args(["-c", sql]).output().expect("psql runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

fn is_running(pid: &str) -> bool {
    Path::new("/proc").join(pid).join("stat").exists()
}

/// The pid of the server that keeps its files in `directory`.
fn pid_in(directory: &Path) -> String {
    let file = std::fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}

#[test]
fn every_database_is_empty_and_its_own() {
    let server = TempPostgres::start().unwrap();
    let (one, two) = (server.create_database().unwrap(), server.create_database().unwrap());
    assert_ne!(one, two);
    query(&server, &one, "CREATE TABLE t (id INT)");
    assert_eq!(query(&server, &two, "SELECT count(*) FROM pg_tables WHERE tablename = 't'"), "0");
    assert_eq!(query(&server, &server.url(), "SELECT 41 + 1"), "42");
}

#[test]
fn two_servers_run_side_by_side() {
    let (one, two) = (TempPostgres::start().unwrap(), TempPostgres::start().unwrap());
    assert_ne!(one.url(), two.url());
    assert_eq!(query(&one, &one.url(), "SELECT 1"), "1");
    assert_eq!(query(&two, &two.url(), "SELECT 2"), "2");
}

#[test]
fn a_drop_leaves_nothing() {
    let server = TempPostgres::start().unwrap();
    let directory = server.directory().to_owned();
    let pid = pid_in(&directory);
    assert!(is_running(&pid));
    drop(server);
    assert!(!directory.exists());
    assert!(!is_running(&pid));
}

#[test]
fn a_restart_keeps_what_was_committed() {
    let mut server = TempPostgres::start().unwrap();
    let url = server.url();
    query(&server, &url, "CREATE TABLE t AS SELECT 7 AS n");
    server.stop().unwrap();
    let refused = server.psql(&url).args(["-c", "SELECT 1"]).output().unwrap();
    assert!(!refused.status.success());
    server.restart().unwrap();
    assert_eq!(query(&server, &url, "SELECT n FROM t"), "7");
}

#[test]
fn a_frozen_server_goes_on_where_it_was() {
    let server = TempPostgres::start().unwrap();
    server.freeze().unwrap();
    let url = server.url();
    let mut waiting = server.psql(&url);
    let mut waiting =
        waiting.args(["-c", "SELECT 1"]).stdout(Stdio::piped()).spawn().expect("psql runs");
    let pid = pid_in(server.directory());
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    assert_eq!(state.split_whitespace().nth(2), Some("T"));
    assert!(waiting.try_wait().unwrap().is_none());
    server.thaw().unwrap();
    assert!(waiting.wait().unwrap().success());
}

/// Started by the test below in a process of its own: holds a server until it is killed.
#[test]
#[ignore = "the process that another test kills"]
fn hold_a_server() {
    let server = TempPostgres::start().unwrap();
    let note = std::env::args().next_back().unwrap();
    let Some(note) = note.strip_prefix("--skip=") else { return };
    std::fs::write(note, server.directory().to_string_lossy().as_bytes()).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn a_killed_process_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let note = scratch.path().join("note");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "hold_a_server"])
        // The test harness passes no arguments on; a filter that matches nothing does no harm.
        .arg(format!("--skip={}", note.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let noted = || std::fs::read_to_string(&note).unwrap_or_default();
    wait_until("the other process starts a server", || Path::new(&noted()).is_dir());
    let directory = std::path::PathBuf::from(noted());
    let pid = pid_in(&directory);
    holder.kill().unwrap();
    holder.wait().unwrap();
    wait_until("the server ends", || !is_running(&pid));
    wait_until("its directory goes", || !directory.exists());
}
