//! One configuration for all processes: built-in defaults, `magpie.toml`, `MAGPIE_…`, flags.

mod keys;
mod live;
mod secret_file;
mod sources;
mod storage;
mod values;

use std::{
    collections::BTreeMap,
    fmt::Display,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use url::Url;

pub use keys::{KEYS, Key, Kind};
pub use live::{LiveConfig, LiveValues};
pub use sources::Sources;
pub use storage::{Bucket, Delivery, Storage};
pub use values::{EgressPermit, Registration, SandboxMode, Secret};

use crate::logging::{self, LogFormat};

/// A secret shorter than this can be guessed.
const MIN_SECRET_CHARS: usize = 16;

/// Why the configuration is refused, in one line that names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("unknown configuration key {0}")]
    UnknownKey(String),
    #[error("unknown flag {0}")]
    UnknownFlag(String),
    #[error("unknown argument {0}")]
    UnknownArgument(String),
    #[error("no command was given; `magpie --help` lists them")]
    MissingCommand,
    #[error("the flag {0} needs a value")]
    FlagWithoutValue(String),
    #[error("an argument is not UTF-8")]
    NotUtf8,
    #[error("invalid value for {key}: {why}")]
    Invalid { key: String, why: String },
    #[error("cannot read {0}")]
    ReadFile(String, #[source] io::Error),
}

impl ConfigError {
    pub fn invalid(key: &str, why: impl Display) -> Self {
        Self::Invalid { key: key.to_owned(), why: why.to_string() }
    }

    fn from_crate(error: config::ConfigError) -> Self {
        Self::invalid("the configuration", error.to_string().replace('\n', " "))
    }
}

/// Everything that can be configured. Paths are absolute.
#[derive(Debug, Clone)]
pub struct Config {
    pub data_dir: PathBuf,
    pub gateway_bind: SocketAddr,
    pub auth_bind: SocketAddr,
    pub youtube_bind: SocketAddr,
    pub db_bind: SocketAddr,
    pub auth_url: Vec<Url>,
    pub youtube_url: Vec<Url>,
    pub db_url: Vec<Url>,
    pub database_url: Secret,
    /// What processes share through Redis they keep each for itself without it.
    pub redis_url: Option<Secret>,
    pub storage: Storage,
    pub internal_secret: Secret,
    pub jwt_ttl: Duration,
    pub jwt_keys_dir: PathBuf,
    pub trusted_proxies: Vec<IpNet>,
    pub registration: Registration,
    pub max_concurrent_downloads: u32,
    pub max_batch_urls: u32,
    pub max_playlist_items: u32,
    pub download_timeout: Duration,
    pub max_file_bytes: u64,
    pub lease: Duration,
    pub max_attempts: u32,
    /// How long a process that is to end goes on for what it has; nothing new is begun meanwhile.
    pub drain: Duration,
    /// How long files are kept; `None` for ever.
    pub retention: Option<Duration>,
    /// Requests a minute per user; 0 for no limit.
    pub rate_limit_per_minute: u32,
    /// Logins and registrations a minute per address; 0 for no limit.
    pub auth_rate_limit_per_minute: u32,
    pub cors_origins: Vec<String>,
    pub egress_proxy: Option<Url>,
    pub egress_ca_file: Option<PathBuf>,
    pub egress_allow: Vec<EgressPermit>,
    pub sandbox: SandboxMode,
    pub cookies_file: Option<PathBuf>,
    pub yt_dlp: Option<PathBuf>,
    pub ffmpeg: Option<PathBuf>,
    pub metrics_bind: Option<SocketAddr>,
    pub log: String,
    pub log_format: LogFormat,
    /// What may change while the process runs.
    pub live: LiveConfig,
}

impl Config {
    /// Reads and checks every value, and that the tools are there; makes the internal secret if there
    /// is none.
    ///
    /// # Errors
    /// For the first key that is unknown or wrong.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut config = Self::check(sources)?;
        // Not in `check`, since `magpie doctor` has more to say of it.
        for (key, tool) in [("yt_dlp", &config.yt_dlp), ("ffmpeg", &config.ffmpeg)] {
            if let Some(path) = tool.as_ref().filter(|path| !path.is_file()) {
                return Err(invalid(key, &path.display().to_string(), "no such file"));
            }
        }
        if config.internal_secret.expose().is_empty() {
            config.internal_secret = secret_file::read_or_make(&config.data_dir)?;
        }
        Ok(config)
    }

    /// As [`Config::load`], but writes nothing: the internal secret stays empty if it is not given.
    ///
    /// # Errors
    /// As there.
    pub fn check(sources: &Sources) -> Result<Self, ConfigError> {
        let layers = Layers(sources.layers()?);
        let data_dir: PathBuf = layers.path("data_dir")?.unwrap_or_default();
        let gateway_bind = layers.parse("gateway_bind")?;
        let auth_bind = layers.parse("auth_bind")?;
        let youtube_bind = layers.parse("youtube_bind")?;
        let db_bind = layers.parse("db_bind")?;
        let max_concurrent_downloads = layers.number("max_concurrent_downloads", 1..=256)?;
        Ok(Self {
            auth_url: layers.upstreams("auth_url", auth_bind)?,
            youtube_url: layers.upstreams("youtube_url", youtube_bind)?,
            db_url: layers.upstreams("db_url", db_bind)?,
            database_url: layers.database_url(&data_dir)?,
            redis_url: layers.optional("redis_url", values::redis_url)?,
            storage: layers.storage(&data_dir)?,
            internal_secret: layers.internal_secret()?,
            jwt_ttl: layers.seconds("jwt_ttl_seconds", 1..=31_536_000)?,
            jwt_keys_dir: layers.path("jwt_keys_dir")?.unwrap_or_else(|| data_dir.join("keys")),
            trusted_proxies: layers.list("trusted_proxies", values::network)?,
            registration: layers.parse("registration")?,
            max_concurrent_downloads,
            max_batch_urls: layers.number("max_batch_urls", 1..=10_000)?,
            max_playlist_items: layers.number("max_playlist_items", 1..=100_000)?,
            download_timeout: layers.seconds("download_timeout_seconds", 1..=604_800)?,
            max_file_bytes: layers.number("max_file_bytes", 1..=i64::MAX.unsigned_abs())?,
            lease: layers.seconds("lease_seconds", 2..=3600)?,
            max_attempts: layers.number("max_attempts", 1..=100)?,
            drain: layers.seconds("drain_seconds", 0..=86_400)?,
            retention: layers.retention()?,
            rate_limit_per_minute: layers.number("rate_limit_per_minute", 0..=u32::MAX)?,
            auth_rate_limit_per_minute: layers
                .number("auth_rate_limit_per_minute", 0..=u32::MAX)?,
            cors_origins: layers.list("cors_origins", values::origin)?,
            egress_proxy: layers.optional("egress_proxy", values::proxy)?,
            egress_ca_file: layers.file("egress_ca_file")?,
            egress_allow: layers.list("egress_allow", str::parse)?,
            sandbox: layers.parse("sandbox")?,
            cookies_file: layers.file("cookies_file")?,
            yt_dlp: layers.path("yt_dlp")?,
            ffmpeg: layers.path("ffmpeg")?,
            metrics_bind: layers.optional("metrics_bind", str::parse)?,
            log: layers.log_filter()?,
            log_format: layers.parse("log_format")?,
            data_dir,
            gateway_bind,
            auth_bind,
            youtube_bind,
            db_bind,
            live: LiveConfig::new(LiveValues { max_concurrent_downloads }),
        })
    }

    fn live_values(&self) -> LiveValues {
        LiveValues { max_concurrent_downloads: self.max_concurrent_downloads }
    }

    /// The configuration in force, a line per key in TOML, secrets masked.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn describe(sources: &Sources) -> Result<String, ConfigError> {
        let config = Self::check(sources)?;
        let layers = sources.layers()?;
        let lines = KEYS.iter().map(|key| {
            let set = layers.get(key.name).map(|value| value.trim().to_owned());
            match set.filter(|value| !value.is_empty()).or_else(|| config.implied(key.name)) {
                Some(value) => format!("{} = {:?}\n", key.name, masked(key, &value)),
                None => format!("# {} is not set\n", key.name),
            }
        });
        Ok(lines.collect())
    }

    /// What follows from other keys where a key is not set.
    fn implied(&self, key: &str) -> Option<String> {
        let urls = |urls: &[Url]| {
            let urls: Vec<_> = urls.iter().map(|url| url.as_str().trim_end_matches('/')).collect();
            urls.join(",")
        };
        match (key, &self.storage) {
            ("auth_url", _) => Some(urls(&self.auth_url)),
            ("youtube_url", _) => Some(urls(&self.youtube_url)),
            ("db_url", _) => Some(urls(&self.db_url)),
            ("database_url", _) => Some(self.database_url.expose().to_owned()),
            ("jwt_keys_dir", _) => Some(self.jwt_keys_dir.display().to_string()),
            ("storage_url", Storage::Directory(path)) => Some(format!("file://{}", path.display())),
            _ => None,
        }
    }
}

fn masked(key: &Key, value: &str) -> String {
    match key.kind {
        Kind::Plain => value.to_owned(),
        Kind::Secret => "***".to_owned(),
        Kind::SecretUrl => masked_url(value),
    }
}

fn masked_url(value: &str) -> String {
    match Url::parse(value) {
        Ok(mut url) if url.password().is_some() => {
            // Fails only for a URL without a host, which has no password either.
            let _has_host = url.set_password(Some("***"));
            url.into()
        }
        Ok(_) => value.to_owned(),
        Err(_not_a_url) => "***".to_owned(),
    }
}

/// The text of every value, and how each kind is read.
struct Layers(BTreeMap<String, String>);

impl Layers {
    fn text(&self, key: &str) -> &str {
        self.0.get(key).map(String::as_str).unwrap_or_default().trim()
    }

    /// An empty value is as good as none: compose files write `KEY=` for "not set".
    fn set(&self, key: &str) -> Option<&str> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    fn parse<T: FromStr<Err: Display>>(&self, key: &str) -> Result<T, ConfigError> {
        let default = keys::find(key).and_then(|key| key.default).unwrap_or_default();
        let text = self.set(key).unwrap_or(default);
        text.parse().map_err(|error| invalid(key, text, error))
    }

    fn number<T: FromStr<Err: Display> + PartialOrd + Display>(
        &self,
        key: &str,
        range: RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let number = self.parse(key)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let why = format!("expected {} to {}", range.start(), range.end());
        Err(invalid(key, self.text(key), why))
    }

    fn seconds(&self, key: &str, range: RangeInclusive<u64>) -> Result<Duration, ConfigError> {
        self.number(key, range).map(Duration::from_secs)
    }

    fn retention(&self) -> Result<Option<Duration>, ConfigError> {
        let hours: u64 = self.number("retention_hours", 0..=876_000)?;
        Ok((hours > 0).then(|| Duration::from_secs(hours.saturating_mul(3600))))
    }

    fn list<T, E: Display>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, ConfigError> {
        values::list(self.text(key), read).map_err(|why| ConfigError::invalid(&variable(key), why))
    }

    fn optional<T, E: Display>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let shown =
            |text| move |why: E| ConfigError::invalid(&variable(key), masked_why(key, text, why));
        self.set(key).map(|text| read(text).map_err(shown(text))).transpose()
    }

    fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        self.optional(key, |text| std::path::absolute(text))
    }

    fn file(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        let path = self.path(key)?;
        match &path {
            Some(file) if !file.is_file() => Err(invalid(key, self.text(key), "no such file")),
            _ => Ok(path),
        }
    }

    /// The URLs of a service; by default where it binds.
    fn upstreams(&self, key: &str, bind: SocketAddr) -> Result<Vec<Url>, ConfigError> {
        let urls = self.list(key, values::upstream)?;
        if !urls.is_empty() {
            return Ok(urls);
        }
        let default = format!("http://{}", reachable(bind));
        values::upstream(&default).map(|url| vec![url]).map_err(|why| invalid(key, &default, why))
    }

    fn database_url(&self, data_dir: &Path) -> Result<Secret, ConfigError> {
        let default = || Secret::new(format!("sqlite://{}", data_dir.join("magpie.db").display()));
        Ok(self.optional("database_url", values::database_url)?.unwrap_or_else(default))
    }

    fn storage(&self, data_dir: &Path) -> Result<Storage, ConfigError> {
        let url = self.optional("storage_url", storage::storage)?;
        let mut storage = url.unwrap_or_else(|| Storage::Directory(data_dir.join("media")));
        if let Storage::Bucket(bucket) = &mut storage {
            bucket.access_key = self.set("s3_access_key").map(Secret::new);
            bucket.secret_key = self.set("s3_secret_key").map(Secret::new);
        }
        Ok(storage)
    }

    fn internal_secret(&self) -> Result<Secret, ConfigError> {
        let secret = self.text("internal_secret");
        if !secret.is_empty() && secret.chars().count() < MIN_SECRET_CHARS {
            let why = format!("it must have at least {MIN_SECRET_CHARS} characters");
            return Err(ConfigError::invalid(&variable("internal_secret"), why));
        }
        Ok(Secret::new(secret))
    }

    fn log_filter(&self) -> Result<String, ConfigError> {
        let filter = self.set("log").unwrap_or("info");
        if logging::is_filter(filter) {
            Ok(filter.to_owned())
        } else {
            Err(invalid("log", filter, "expected a filter such as `info` or `info,gateway=debug`"))
        }
    }
}

/// The key as most people know it.
fn variable(key: &str) -> String {
    format!("MAGPIE_{}", key.to_ascii_uppercase())
}

fn invalid(key: &str, text: &str, why: impl Display) -> ConfigError {
    ConfigError::invalid(&variable(key), masked_why(key, text, why))
}

/// The reason, with the value that was refused unless it is a secret.
fn masked_why(key: &str, text: &str, why: impl Display) -> String {
    let is_plain = keys::find(key).is_some_and(|key| key.kind == Kind::Plain);
    if is_plain { format!("`{text}`: {why}") } else { why.to_string() }
}

/// The address under which a bound one can be reached from the same machine.
pub fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

#[cfg(test)]
mod tests;
