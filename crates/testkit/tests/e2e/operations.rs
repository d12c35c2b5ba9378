//! The commands of who runs Magpie, against a stack that runs.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use testkit::{
    Database, ProcessStack, binary, processes_under,
    standin::scenarios::{OKAY, SLOW},
    wait_until, yt_dlp,
};

const PASSWORD: &str = "a better horse battery";

crate::on_both_databases!(a_backup_brings_everything_back);

fn run(stack: &ProcessStack, arguments: &[&str]) -> Output {
    stack.magpie(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that must succeed; what it says as JSON.
fn told(stack: &ProcessStack, arguments: &[&str]) -> Value {
    let output = run(stack, &[arguments, &["--json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must not; what it says on standard error.
fn refused(stack: &ProcessStack, arguments: &[&str]) -> String {
    let output = run(stack, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Runs a command that reads a password.
fn with_password(stack: &ProcessStack, arguments: &[&str], password: &str) -> Output {
    let mut child = stack.magpie(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

async fn a_backup_brings_everything_back(database: Database) {
    let mut stack = ProcessStack::up_with(database, &[("MAGPIE_LEASE_SECONDS", "3")]).await;
    let is_file = stack.data_dir().join("magpie.db").exists();
    let client = stack.client().sign_up("keeper").await;
    let done = client.download(&json!({ "url": OKAY.url(700), "quality": "360p" })).await;
    client.completed(done).await;
    let bytes = client.file(done).await.expect(200).body;
    let running = client.download(&json!({ "url": SLOW.url(250), "quality": "360p" })).await;
    wait_until("bytes arrive", || async {
        client.status(running).await.downloaded_bytes > 100_000
    })
    .await;

    let place = stack.data_dir().with_file_name("backup");
    let backup = place.to_str().unwrap();
    let made = told(&stack, &["backup", backup, "--with-files"]);
    assert_eq!(
        (made["database"]["counts"]["downloads"].as_u64(), made["files"]["gone"].as_u64()),
        (Some(2), Some(0))
    );
    // On a machine that is busy enough it has ended by now.
    let was_running = made["files"]["count"] == 1;
    for secret in ["", "manifest.json", "secrets", "secrets/internal.secret"] {
        let mode = place.join(secret).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{secret}");
    }
    assert!(refused(&stack, &["backup", backup]).contains("there already"));
    assert_eq!(told(&stack, &["backup", "--verify", backup])["problems"], json!([]));
    let why = refused(&stack, &["restore", backup]);
    assert!(why.contains("already") || why.contains("stop Magpie first"), "{why}");

    stack.kill();
    let data = stack.data_dir();
    wait_until("no process is left", || async { processes_under(&data).is_empty() }).await;
    if is_file {
        fs::remove_dir_all(&data).unwrap();
        refuses_a_damaged_one(&stack, &place);
        told(&stack, &["restore", backup]);
    } else {
        told(&stack, &["restore", backup, "--force"]);
    }
    stack.start_magpie();
    let client = stack.client().sign_in("keeper").await;
    assert_eq!(client.file(done).await.expect(200).body, bytes);
    let attempts = client.completed(running).await.attempts;
    assert!(attempts > u32::from(was_running), "it was taken up again");
    client.file(running).await.expect(200);
    stack.stop().await;
}

/// Changes a byte of the file that the backup has, and puts it back.
fn refuses_a_damaged_one(stack: &ProcessStack, backup: &Path) {
    let list = fs::read_to_string(backup.join("files.jsonl")).unwrap();
    let line: Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    let file = backup.join("media").join(line["key"].as_str().unwrap());
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    damaged[1000] ^= 1;
    fs::write(&file, damaged).unwrap();
    let backup = backup.to_str().unwrap();
    let output = run(stack, &["backup", "--verify", backup]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("is not what it was"));
    assert!(refused(stack, &["restore", backup]).contains("damaged"));
    assert!(!stack.data_dir().join("magpie.db").exists(), "nothing was put in place");
    fs::write(&file, whole).unwrap();
}

#[actix_web::test]
async fn accounts_are_mended_from_the_command_line() {
    let mut stack = ProcessStack::up_with(Database::Postgres, &[]).await;
    let admin = stack.client().sign_up("admin").await;
    let added = with_password(&stack, &["user", "add", "ada", "ada@example.org"], PASSWORD);
    assert!(added.status.success(), "{added:?}");
    let weak = with_password(&stack, &["user", "add", "bob", "bob@example.org"], "password");
    assert_eq!(weak.status.code(), Some(1));
    let ada = stack.client();
    let login = json!({ "username": "ada", "password": PASSWORD });
    let token = ada.post("/api/auth/login", &login).await.expect(200).json::<Value>();
    let ada = ada.with_token(token["token"].as_str().unwrap());
    ada.get("/api/auth/profile").await.expect(200);

    let changed =
        with_password(&stack, &["user", "password", "ADA@example.org"], "another one entirely");
    assert!(changed.status.success(), "{changed:?}");
    wait_until("the session has ended", || async {
        ada.get("/api/auth/profile").await.status == 401
    })
    .await;
    ada.anonymous().post("/api/auth/login", &login).await.expect(401);

    assert!(
        refused(&stack, &["user", "role", "admin", "user"]).contains("last active administrator")
    );
    assert!(refused(&stack, &["user", "disable", "nobody"]).contains("no such account"));
    assert!(refused(&stack, &["user", "delete", "ada"]).contains("--force"));
    told(&stack, &["user", "role", "ada", "admin"]);
    told(&stack, &["user", "disable", "ada"]);
    told(&stack, &["user", "delete", "ada", "--force"]);
    let users = told(&stack, &["user", "list"]);
    assert_eq!((users.as_array().unwrap().len(), &users[0]["role"]), (1, &json!("admin")));

    let audit: Value = admin.get("/api/auth/audit").await.expect(200).json();
    let noted = |action: &str| {
        let items = audit["items"].as_array().unwrap().iter();
        items.filter(|item| item["action"] == action && item["user_agent"] == "magpie user").count()
    };
    for action in [
        "account_created",
        "password_changed",
        "admin_granted",
        "account_disabled",
        "account_deleted",
    ] {
        assert_eq!(noted(action), 1, "{action}: {audit}");
    }
    stack.terminate();
    assert!(!stack.log().contains(PASSWORD));
    stack.stop().await;
}

#[actix_web::test]
async fn the_doctor_finds_a_running_stack_well_and_says_what_is_not() {
    let mut stack = ProcessStack::up_with(Database::Sqlite, &[]).await;
    let found = told(&stack, &["doctor"]);
    let what: Vec<&str> =
        found["findings"].as_array().unwrap().iter().filter_map(|f| f["what"].as_str()).collect();
    for part in [
        "yt-dlp 2",
        "ffmpeg",
        "deno",
        "sandbox",
        "work directory",
        "clock",
        "schema",
        "internal.secret",
    ] {
        assert!(what.iter().any(|what| what.contains(part)), "{part}: {what:?}");
    }
    let secret = stack.data_dir().join("internal.secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let text = String::from_utf8(run(&stack, &["doctor"]).stdout).unwrap();
    assert!(
        text.lines().any(|line| line.starts_with("warn") && line.contains("chmod 600")),
        "{text}"
    );

    let broken = stack.magpie(&["doctor", "--yt-dlp", "/nonexistent/bin/yt-dlp"]).output().unwrap();
    let text = String::from_utf8(broken.stdout).unwrap();
    assert_eq!(broken.status.code(), Some(1), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("fail") && line.contains("setup-engine")),
        "{text}"
    );
    stack.terminate();
    stack.stop().await;
}

#[actix_web::test]
async fn what_is_gone_from_the_store_is_told_and_noted_once() {
    let stack = ProcessStack::up_with(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("sweeper").await;
    let id = client.download(&json!({ "url": OKAY.url(701), "format": "m4a" })).await;
    client.completed(id).await;
    let directory = stack.store_dir().join(format!("singlelink/{id}"));
    let path = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(path).unwrap();
    for _ in 0..2 {
        let seen = told(&stack, &["gc", "--dry-run"]);
        assert_eq!(seen["rows_without_an_object"]["count"], 1, "{seen}");
    }
    assert_eq!(told(&stack, &["gc"])["rows_without_an_object"]["count"], 1);
    assert_eq!(told(&stack, &["gc"])["rows_without_an_object"]["count"], 0);
    client.file(id).await.expect(410);
    stack.stop().await;
}

/// A copy of the engine with another release of yt-dlp.
fn engine_of(version: &str, at: &Path) {
    let ours = yt_dlp().ancestors().nth(2).unwrap().to_owned();
    let copied = |how: &str| {
        let _left = fs::remove_dir_all(at);
        Command::new("cp")
            .arg(how)
            .arg(&ours)
            .arg(at)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    };
    // By links where it is the same file system.
    assert!(copied("-al") || copied("-a"));
    let lib = fs::read_dir(at.join("lib")).unwrap().next().unwrap().unwrap().path();
    let packages = lib.join("site-packages");
    let info = |version: &str| packages.join(format!("yt_dlp-{version}.dist-info"));
    let old = fs::read_dir(&packages).unwrap().flatten().find_map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        Some(name.strip_prefix("yt_dlp-")?.strip_suffix(".dist-info")?.to_owned())
    });
    let old = old.unwrap();
    fs::rename(info(&old), info(version)).unwrap();
    // Where the engine reads it. A new file: the old one may be a link.
    let file = info(version).join("METADATA");
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let changed =
        text.replacen(&format!("\nVersion: {old}\n"), &format!("\nVersion: {version}\n"), 1);
    assert_ne!(changed, text);
    fs::write(&file, changed).unwrap();
}

#[actix_web::test]
async fn another_yt_dlp_is_taken_without_a_restart_and_given_back() {
    let stack = ProcessStack::up_with(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("current").await;
    let release = || async {
        let health: Value = client.get("/api/youtube/health").await.json();
        health["engine"]["yt_dlp"].as_str().unwrap_or_default().to_owned()
    };
    let before = release().await;
    let running = client.download(&json!({ "url": SLOW.url(251), "quality": "360p" })).await;
    wait_until("bytes arrive", || async { client.status(running).await.downloaded_bytes > 0 })
        .await;

    let next = stack.data_dir().with_file_name("next");
    engine_of("2099.1.2", &next);
    let taken = told(&stack, &["engine", "use", next.to_str().unwrap()]);
    assert_eq!(taken["yt_dlp"], "2099.1.2", "{taken}");
    wait_until("it is taken over", || async { release().await == "2099.1.2" }).await;
    let id = client.download(&json!({ "url": OKAY.url(702), "quality": "360p" })).await;
    client.completed(id).await;
    assert_eq!(client.completed(running).await.attempts, 1, "what ran ended with the one before");

    let broken = stack.data_dir().with_file_name("broken");
    engine_of("2099.1.3", &broken);
    fs::remove_file(broken.join("bin/python")).unwrap();
    assert!(refused(&stack, &["engine", "use", broken.to_str().unwrap()]).contains("does not do"));
    assert_eq!(told(&stack, &["engine", "rollback"])["yt_dlp"], before.as_str());
    wait_until("it is given back", || async { release().await == before }).await;
    assert!(refused(&stack, &["engine", "rollback"]).contains("setup"));
    stack.stop().await;
}

#[test]
fn a_schema_is_looked_at_and_brought_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    let magpie = |arguments: &[&str]| {
        let mut command = Command::new(binary("magpie"));
        command.args(arguments).current_dir(directory.path()).output().unwrap()
    };
    let missing = magpie(&["migrate", "--check"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is written");
    let made = magpie(&["migrate", "--json"]);
    let told: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(told["before"].is_null() && told["applied"].as_u64().unwrap() > 10, "{told}");
    assert_eq!(magpie(&["migrate", "--check"]).status.code(), Some(0));
    let again = String::from_utf8(magpie(&["migrate"]).stdout).unwrap();
    assert!(again.contains("up to date"), "{again}");
    for (arguments, code) in [
        (&["migrate", "--force"][..], 64),
        (&["user", "fly"], 64),
        (&["backup"], 64),
        (&["engine", "update", "latest"], 1),
        (&["restore", "nowhere"], 1),
        (&["gc", "--help"], 0),
        (&["help"], 0),
        (&["help", "gc"], 0),
    ] {
        let output = magpie(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let lines = String::from_utf8(output.stderr).unwrap().lines().count();
        assert_eq!(lines, usize::from(code != 0), "{arguments:?}");
    }
}
