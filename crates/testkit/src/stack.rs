//! A whole Magpie in this process, with a directory, ports and a database of its own.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Once,
};

use service_kit::{
    Config,
    config::Sources,
    logging::{self, LogFormat},
};
use standalone::{Stack, StackOptions};
use standin::{Standin, StandinConfig};
use temp_s3::TempS3;
use tempfile::TempDir;

use crate::{
    Client, Database, Databases, ProcessStack, choice,
    database::Provided,
    storage,
    tools::{shared_standin_dir, yt_dlp},
};

static LOGGING: Once = Once::new();

/// A stack under construction.
pub struct TestStackBuilder {
    database: Database,
    settings: Vec<(String, String)>,
    is_on_disk: bool,
}

impl TestStackBuilder {
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Sets `MAGPIE_<key>`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.push((format!("MAGPIE_{key}"), value.to_string()));
        self
    }

    /// Keeps the files on a disk, whatever others do: the test is about that.
    #[must_use]
    pub fn on_disk(self) -> Self {
        Self { is_on_disk: true, ..self }
    }

    /// Keeps the files on this server.
    #[must_use]
    pub fn in_bucket(mut self, server: &TempS3) -> Self {
        let settings = storage::in_bucket(server);
        self.settings.extend(settings.map(|(key, value)| (key.to_owned(), value)));
        self
    }

    /// Starts everything; two of each service where the environment wants a fleet.
    pub async fn start(self) -> TestStack {
        LOGGING.call_once(|| logging::start("warn", LogFormat::Text));
        let storage = if self.is_on_disk {
            storage::Provided::on_disk()
        } else {
            storage::Provided::by_default()
        };
        if choice::is_fleet() {
            let more = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let fleet = ProcessStack::fleet(storage, &more.collect::<Vec<_>>()).await;
            return TestStack(Kind::Fleet(Box::new(fleet)));
        }
        let data = tempfile::tempdir().expect("a directory of its own");
        let database = Provided::new(self.database);
        let standin = start_standin().await;
        let more = [storage.settings(), self.settings].concat();
        let settings = settings(data.path(), &database, &standin, more);
        let stack = start_stack(&settings).await;
        let here = Here { stack, standin, settings, _database: database, storage, data };
        TestStack(Kind::Here(Box::new(here)))
    }
}

/// The settings of a stack on free ports that fetches from `standin` alone.
pub(crate) fn settings(
    data: &Path,
    database: &Provided,
    standin: &Standin,
    more: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = [
        ("MAGPIE_DATA_DIR", data.join("data").display().to_string()),
        ("MAGPIE_GATEWAY_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_AUTH_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_YOUTUBE_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_DB_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ("MAGPIE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ("MAGPIE_YT_DLP", yt_dlp().display().to_string()),
        ("MAGPIE_EGRESS_PROXY", standin.proxy_url().to_string()),
        ("MAGPIE_EGRESS_CA_FILE", standin.ca_file().display().to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    settings.extend(database.url().map(|url| ("MAGPIE_DATABASE_URL".to_owned(), url)));
    // Later ones win: the environment is a map.
    settings.extend(more);
    settings
}

pub(crate) async fn start_standin() -> Standin {
    let config = StandinConfig {
        data_dir: shared_standin_dir(),
        ffmpeg: "ffmpeg".into(),
        bind: ([127, 0, 0, 1], 0).into(),
    };
    Standin::start(config).await.expect("the stand-in starts")
}

async fn start_stack(settings: &[(String, String)]) -> Stack {
    let environment =
        settings.iter().map(|(key, value)| (OsString::from(key), OsString::from(value)));
    let sources = Sources::read(environment, [], &[]).expect("settings are well-formed");
    let config = Config::load(&sources).expect("settings are valid");
    Stack::start(config, StackOptions::default()).await.expect("the stack starts")
}

/// A running stack. Stop it at the end of the test, so that nothing of it outlives the test.
pub struct TestStack(Kind);

enum Kind {
    Here(Box<Here>),
    Fleet(Box<ProcessStack>),
}

/// All services in this process.
struct Here {
    stack: Stack,
    standin: Standin,
    settings: Vec<(String, String)>,
    _database: Provided,
    storage: storage::Provided,
    data: TempDir,
}

impl TestStack {
    pub fn builder() -> TestStackBuilder {
        TestStackBuilder { database: Database::Sqlite, settings: Vec::new(), is_on_disk: false }
    }

    /// A client without a credential.
    pub fn client(&self) -> Client {
        match &self.0 {
            Kind::Here(here) => Client::new(here.stack.url()),
            Kind::Fleet(fleet) => fleet.client(),
        }
    }

    pub fn url(&self) -> String {
        match &self.0 {
            Kind::Here(here) => here.stack.url(),
            Kind::Fleet(fleet) => fleet.url().to_owned(),
        }
    }

    pub fn standin(&self) -> &Standin {
        match &self.0 {
            Kind::Here(here) => &here.standin,
            Kind::Fleet(fleet) => fleet.standin(),
        }
    }

    /// Where the services behind the gateway listen: accounts, downloads, database.
    pub fn service_urls(&self) -> [(&'static str, String); 3] {
        match &self.0 {
            Kind::Here(here) => here.stack.service_urls(),
            Kind::Fleet(fleet) => ["auth-service", "youtube-service", "db-service"]
                .map(|name| (name, fleet.first_url_of(name))),
        }
    }

    /// Where the files of downloads are.
    pub fn store_dir(&self) -> PathBuf {
        match &self.0 {
            Kind::Here(here) => here.storage.store_dir(&self.data_dir()),
            Kind::Fleet(fleet) => fleet.store_dir(),
        }
    }

    /// `MAGPIE_DATA_DIR`, of the first node where there are two.
    pub fn data_dir(&self) -> PathBuf {
        match &self.0 {
            Kind::Here(here) => here.data.path().join("data"),
            Kind::Fleet(fleet) => fleet.data_dir(),
        }
    }

    /// Where downloads are put together, on each node.
    pub fn work_dirs(&self) -> Vec<PathBuf> {
        match &self.0 {
            Kind::Here(_) => vec![self.data_dir().join("work/youtube")],
            Kind::Fleet(fleet) => fleet.work_dirs(),
        }
    }

    /// Drains the stack and starts it again on the same data; ports may change.
    #[must_use]
    pub async fn restart(self) -> Self {
        match self.0 {
            Kind::Here(here) => {
                let Here { stack, standin, settings, _database, storage, data } = *here;
                stack.stop().await;
                let stack = start_stack(&settings).await;
                let here = Here { stack, standin, settings, _database, storage, data };
                Self(Kind::Here(Box::new(here)))
            }
            Kind::Fleet(mut fleet) => {
                fleet.terminate();
                fleet.start_nodes(Databases::All);
                Self(Kind::Fleet(fleet))
            }
        }
    }

    pub async fn stop(self) {
        match self.0 {
            Kind::Here(here) => {
                here.stack.stop().await;
                here.standin.stop().await;
            }
            Kind::Fleet(mut fleet) => {
                fleet.terminate();
                fleet.stop().await;
            }
        }
    }
}
