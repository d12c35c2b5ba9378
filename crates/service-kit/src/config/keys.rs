//! The table of every configuration key: its name, its default, and whether it is a secret.

/// How a value must be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Also accepted as `…_FILE`, and never printed.
    Secret,
    /// A URL that may hold a password, which is never printed; also accepted as `…_FILE`.
    SecretUrl,
}

/// One key. In the environment it is `MAGPIE_` and the name in capitals, as a flag `--` and the
/// name with dashes.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    pub default: Option<&'static str>,
    pub kind: Kind,
}

const fn key(name: &'static str, default: Option<&'static str>) -> Key {
    Key { name, default, kind: Kind::Plain }
}

const fn secret(name: &'static str, kind: Kind) -> Key {
    Key { name, default: None, kind }
}

/// Every key there is. A default that depends on another key is filled in when it is read.
pub const KEYS: &[Key] = &[
    key("data_dir", Some("./data")),
    key("gateway_bind", Some("127.0.0.1:5000")),
    key("auth_bind", Some("127.0.0.1:5001")),
    key("youtube_bind", Some("127.0.0.1:5002")),
    key("db_bind", Some("127.0.0.1:5003")),
    key("auth_url", None),
    key("youtube_url", None),
    key("db_url", None),
    secret("database_url", Kind::SecretUrl),
    secret("storage_url", Kind::SecretUrl),
    secret("s3_access_key", Kind::Secret),
    secret("s3_secret_key", Kind::Secret),
    secret("redis_url", Kind::SecretUrl),
    secret("internal_secret", Kind::Secret),
    key("jwt_ttl_seconds", Some("604800")),
    key("jwt_keys_dir", None),
    key("trusted_proxies", Some("")),
    key("registration", Some("open")),
    key("max_concurrent_downloads", Some("3")),
    key("max_batch_urls", Some("50")),
    key("max_playlist_items", Some("1000")),
    key("download_timeout_seconds", Some("300")),
    key("max_file_bytes", Some("524288000")),
    key("lease_seconds", Some("30")),
    key("max_attempts", Some("3")),
    key("drain_seconds", Some("0")),
    key("retention_hours", Some("168")),
    key("rate_limit_per_minute", Some("600")),
    key("auth_rate_limit_per_minute", Some("20")),
    key("cors_origins", Some("http://localhost:3000")),
    secret("egress_proxy", Kind::SecretUrl),
    key("egress_ca_file", None),
    key("egress_allow", Some("")),
    key("sandbox", Some("best-effort")),
    key("cookies_file", None),
    key("yt_dlp", None),
    key("ffmpeg", None),
    key("metrics_bind", None),
    key("log", Some("info")),
    key("log_format", Some("text")),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
