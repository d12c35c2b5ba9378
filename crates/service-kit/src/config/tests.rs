use std::{ffi::OsString, fs};

use super::*;

fn sources(environment: &[(&str, &str)], arguments: &[&str]) -> Result<Sources, ConfigError> {
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
    Sources::read(environment, arguments.iter().map(OsString::from), &["demo"])
}

fn check(environment: &[(&str, &str)], arguments: &[&str]) -> Result<Config, String> {
    sources(environment, arguments).and_then(|s| Config::check(&s)).map_err(|e| e.to_string())
}

#[test]
fn without_anything_the_defaults_of_the_contract_hold() {
    let config = check(&[], &[]).unwrap();
    assert_eq!(config.gateway_bind.to_string(), "127.0.0.1:5000");
    assert_eq!(config.db_url[0].as_str(), "http://127.0.0.1:5003/");
    assert!(config.database_url.expose().starts_with("sqlite:///"));
    assert!(config.database_url.expose().ends_with("/data/magpie.db"));
    assert!(config.storage.directory().unwrap().ends_with("data/media"));
    assert_eq!(config.max_file_bytes, 524_288_000);
    assert_eq!(config.retention, Some(Duration::from_secs(168 * 3600)));
    assert_eq!(config.cors_origins, ["http://localhost:3000"]);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.toml");
    fs::write(&file, "max_attempts = 5\nlease_seconds = 6\nmax_batch_urls = 7\n").unwrap();
    let environment = [
        ("MAGPIE_CONFIG", file.to_str().unwrap()),
        ("MAGPIE_LEASE_SECONDS", "8"),
        ("MAGPIE_MAX_BATCH_URLS", "9"),
    ];
    let config = check(&environment, &["--max-batch-urls", "10", "--demo"]).unwrap();
    assert_eq!(config.max_attempts, 5);
    assert_eq!(config.lease, Duration::from_secs(8));
    assert_eq!(config.max_batch_urls, 10);
}

#[test]
fn permits_of_the_egress_guard_are_hosts_ports_and_networks() {
    let permits = |text| check(&[("MAGPIE_EGRESS_ALLOW", text)], &[]).map(|c| c.egress_allow);
    let host =
        |text: &str, port| EgressPermit::Host { host: url::Host::parse(text).unwrap(), port };
    let network = |text: &str| EgressPermit::Network(text.parse().unwrap());
    assert_eq!(
        permits("NAS.lan, media.example.com.:8080, 10.0.0.0/8, 192.168.1.5, ::1, [::1]:90")
            .unwrap(),
        [
            host("nas.lan", None),
            host("media.example.com", Some(8080)),
            network("10.0.0.0/8"),
            network("192.168.1.5/32"),
            network("::1/128"),
            host("[::1]", Some(90)),
        ]
    );
    for wrong in [
        "a b",
        "nas.lan:",
        "nas.lan:0",
        "nas.lan:99999",
        "10.0.0.0/33",
        "http://nas.lan",
        "*.lan",
        "nas/x",
        "!!",
    ] {
        let told = permits(wrong).unwrap_err();
        assert!(told.starts_with("invalid value for MAGPIE_EGRESS_ALLOW: `"), "{told}");
        assert!(told.contains(wrong) && !told.contains('\n'), "{told}");
    }
}

#[test]
fn lists_are_written_with_commas_or_as_toml_lists() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.toml");
    fs::write(&file, "cors_origins = [\"http://a.test\", \"https://b.test:8443\"]\n").unwrap();
    let config = check(&[("MAGPIE_CONFIG", file.to_str().unwrap())], &[]).unwrap();
    assert_eq!(config.cors_origins, ["http://a.test", "https://b.test:8443"]);
    let config = check(&[("MAGPIE_DB_URL", "http://a:1, http://b:2")], &[]).unwrap();
    assert_eq!(config.db_url.len(), 2);
    let config = check(&[("MAGPIE_TRUSTED_PROXIES", "10.0.0.0/8,::1")], &[]).unwrap();
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn an_unknown_or_wrong_key_is_named_in_one_line() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let cases: [Case<'_>; 12] = [
        (&[("MAGPIE_GATEWAY_BIN", "x")], &[], "MAGPIE_GATEWAY_BIN"),
        (&[("MAGPIE_GATEWAY_BIND", "nowhere")], &[], "MAGPIE_GATEWAY_BIND"),
        (&[("MAGPIE_MAX_ATTEMPTS", "0")], &[], "MAGPIE_MAX_ATTEMPTS"),
        (&[("MAGPIE_REGISTRATION", "maybe")], &[], "MAGPIE_REGISTRATION"),
        (&[("MAGPIE_LOG_FORMAT", "xml")], &[], "MAGPIE_LOG_FORMAT"),
        (&[("MAGPIE_LOG", "gateway=loud")], &[], "MAGPIE_LOG"),
        (&[("MAGPIE_CORS_ORIGINS", "http://a.test/")], &[], "MAGPIE_CORS_ORIGINS"),
        (&[("MAGPIE_STORAGE_URL", "s3://bucket")], &[], "MAGPIE_STORAGE_URL"),
        (&[("MAGPIE_REDIS_URL", "127.0.0.1:6379")], &[], "MAGPIE_REDIS_URL"),
        (&[("MAGPIE_REDIS_URL", "redis://cache/magpie")], &[], "MAGPIE_REDIS_URL"),
        (&[], &["--gateway-bin", "x"], "--gateway-bin"),
        (&[], &["--gateway-bind"], "--gateway-bind"),
    ];
    for (environment, arguments, named) in cases {
        let line = check(environment, arguments).unwrap_err();
        assert!(line.contains(named) && !line.contains('\n'), "{line}");
    }
}

#[test]
fn an_unknown_key_of_the_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.toml");
    fs::write(&file, "prot = 1\n").unwrap();
    let line = check(&[("MAGPIE_CONFIG", file.to_str().unwrap())], &[]).unwrap_err();
    assert!(line.contains("prot"), "{line}");
}

#[test]
fn secrets_are_read_from_files_and_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    fs::write(&file, "0123456789abcdef-secret\n").unwrap();
    let environment = [
        ("MAGPIE_INTERNAL_SECRET_FILE", file.to_str().unwrap()),
        ("MAGPIE_DATABASE_URL", "postgres://magpie:hunter2@db.test/magpie"),
    ];
    let sources = sources(&environment, &[]).unwrap();
    let config = Config::check(&sources).unwrap();
    assert_eq!(config.internal_secret.expose(), "0123456789abcdef-secret");
    let shown = format!("{}{config:?}", Config::describe(&sources).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("abcdef"), "{shown}");
    assert!(shown.contains("postgres://magpie:***@db.test/magpie"), "{shown}");
}

#[test]
fn a_tool_that_is_not_there_stops_the_start_and_no_command_that_only_looks() {
    let directory = tempfile::tempdir().unwrap();
    let data = ("MAGPIE_DATA_DIR", directory.path().to_str().unwrap());
    for key in ["MAGPIE_YT_DLP", "MAGPIE_FFMPEG"] {
        let sources = sources(&[data, (key, "/nowhere/tool")], &[]).unwrap();
        let told = Config::load(&sources).unwrap_err().to_string();
        assert!(told.contains(key) && told.contains("/nowhere/tool"), "{told}");
        Config::check(&sources).unwrap();
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn what_is_not_set_is_shown_as_it_follows_from_the_rest() {
    let sources =
        sources(&[("MAGPIE_DATA_DIR", "/srv/m"), ("MAGPIE_AUTH_BIND", "127.0.0.1:7")], &[]);
    let shown = Config::describe(&sources.unwrap()).unwrap();
    for line in [
        "database_url = \"sqlite:///srv/m/magpie.db\"",
        "storage_url = \"file:///srv/m/media\"",
        "jwt_keys_dir = \"/srv/m/keys\"",
        "auth_url = \"http://127.0.0.1:7\"",
        "# redis_url is not set",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in {shown}");
    }
}

#[test]
fn the_keys_of_a_bucket_are_secrets_and_may_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    fs::write(&file, "open sesame\n").unwrap();
    let url = ("MAGPIE_STORAGE_URL", "s3://media?region=eu-west-1");
    let keys = [
        url,
        ("MAGPIE_S3_ACCESS_KEY", "the key"),
        ("MAGPIE_S3_SECRET_KEY_FILE", file.to_str().unwrap()),
    ];
    let sources = sources(&keys, &[]).unwrap();
    let config = Config::check(&sources).unwrap();
    let Storage::Bucket(bucket) = &config.storage else { panic!("a bucket") };
    assert_eq!(bucket.secret_key.as_ref().map(Secret::expose), Some("open sesame"));
    let shown = format!("{}{config:?}", Config::describe(&sources).unwrap());
    assert!(!shown.contains("sesame") && !shown.contains("the key"), "{shown}");
    // The gateway needs none.
    let Storage::Bucket(bucket) = check(&[url], &[]).unwrap().storage else { panic!("a bucket") };
    assert_eq!(bucket.access_key, None);
}

#[test]
fn the_internal_secret_is_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let sources = sources(&[("MAGPIE_DATA_DIR", data.to_str().unwrap())], &[]).unwrap();
    let first = Config::load(&sources).unwrap().internal_secret;
    assert_eq!(first.expose().len(), 64);
    assert_eq!(Config::load(&sources).unwrap().internal_secret, first);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}
