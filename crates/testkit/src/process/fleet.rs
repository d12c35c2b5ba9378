//! Two of every process around one PostgreSQL, one Redis and one S3.

use std::fs;

use temp_disk::{TempDisk, TempDiskError};
use temp_postgres::TempPostgres;
use temp_redis::TempRedis;
use temp_s3::TempS3;

use crate::{Client, Database, ProcessStack, storage};

/// Which db-services the other services ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Databases {
    /// That of their own node, so that whatever they hear of the other one came through Redis.
    OfTheNode,
    /// All of them in turn, so that one may be away.
    All,
}

/// A stack of two nodes, of which each has a gateway, an auth-service, a db-service and a
/// youtube-service. The gateways send to all services.
pub struct Fleet {
    pub stack: ProcessStack,
}

impl Fleet {
    pub async fn start(databases: Databases, more: &[(&str, &str)]) -> Self {
        Self::prepare().await.started(databases, more)
    }

    /// As [`Fleet::start`], with everything that the first node writes on a disk of its own and of
    /// this size. None where this user may not mount one, which is said.
    pub async fn start_on_small_disk(
        databases: Databases,
        size_bytes: u64,
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let mut fleet = Self::prepare().await;
        let place = fleet.stack.data_dir();
        fs::create_dir(&place).expect("a node has a directory");
        match TempDisk::mount(&place, size_bytes) {
            Ok(disk) => fleet.stack.disk = Some(disk),
            Err(TempDiskError::NotAllowed) => {
                say_that_it_is_skipped();
                return None;
            }
            Err(error) => panic!("{error}"),
        }
        Some(fleet.started(databases, more))
    }

    async fn prepare() -> Self {
        let storage = storage::Provided::in_bucket();
        Self { stack: ProcessStack::prepare(Database::Postgres, storage).await }
    }

    fn started(mut self, databases: Databases, more: &[(&str, &str)]) -> Self {
        self.stack.share_all();
        self.stack.set(more);
        self.stack.start_nodes(databases);
        self
    }

    /// A client of each gateway, with the credential of the first.
    pub async fn sign_up(&self, name: &str) -> [Client; 2] {
        let [one, two] = [self.stack.client(), self.stack.client()];
        let first = one.sign_up(name).await;
        let second = two.with_token(first.token().expect("whoever signed up has a token"));
        [first, second]
    }

    pub fn redis(&mut self) -> &mut TempRedis {
        self.stack.redis.as_mut().expect("a fleet shares a Redis")
    }

    pub fn postgres(&mut self) -> &mut TempPostgres {
        self.stack.database.server().expect("a fleet shares a PostgreSQL")
    }

    /// The first node's, of a fleet that was started on a small disk.
    pub fn disk(&self) -> &TempDisk {
        self.stack.disk.as_ref().expect("the first node has a disk of its own")
    }

    pub fn s3(&mut self) -> &mut TempS3 {
        self.stack.storage.server().expect("a fleet shares an S3")
    }
}

#[expect(clippy::print_stdout, reason = "a test that did not run must be seen not to have")]
fn say_that_it_is_skipped() {
    println!("skipped: mounting a small disk is not allowed here");
}

struct Node {
    db: String,
    auth: String,
    youtube: String,
}

impl ProcessStack {
    /// Gives all nodes the same Redis, secret and store.
    pub(super) fn share_all(&mut self) {
        let redis = TempRedis::start().expect("Redis starts");
        self.set(&[("MAGPIE_REDIS_URL", &redis.url())]);
        for directory in [self.data_dir(), self.second_data_dir()] {
            fs::create_dir_all(&directory).expect("a node has a directory");
            fs::write(directory.join("internal.secret"), "one secret for every process\n")
                .expect("a node has a secret");
        }
        self.redis = Some(redis);
        if !self.storage.is_bucket() {
            let storage = format!("file://{}", self.data_dir().join("media").display());
            self.set(&[("MAGPIE_STORAGE_URL", &storage)]);
        }
    }

    /// Starts everything, also again after all of it has ended.
    pub(crate) fn start_nodes(&mut self, databases: Databases) {
        let of_nodes = ["data", "second"].map(|name| self.start_database(name));
        let all = of_nodes.join(",");
        let nodes = ["data", "second"].into_iter().zip(&of_nodes);
        let nodes: Vec<Node> = nodes
            .map(|(name, own)| {
                let asked = if databases == Databases::All { &all } else { own };
                let auth = self.start_of_node("auth-service", name, asked);
                let youtube = self.start_of_node("youtube-service", name, asked);
                Node { db: own.clone(), auth, youtube }
            })
            .collect();
        let all = |of: fn(&Node) -> &str| nodes.iter().map(of).collect::<Vec<_>>().join(",");
        let upstreams = [
            ("MAGPIE_DB_URL", all(|node| &node.db)),
            ("MAGPIE_AUTH_URL", all(|node| &node.auth)),
            ("MAGPIE_YOUTUBE_URL", all(|node| &node.youtube)),
        ];
        let upstreams = upstreams.each_ref().map(|(key, urls)| (*key, urls.as_str()));
        self.urls = (0..2).map(|_| self.start("gateway", &upstreams)).collect();
    }

    fn start_database(&mut self, node: &str) -> String {
        let own = self.own_settings(node);
        self.start("db-service", &own.each_ref().map(|(key, value)| (*key, value.as_str())))
    }

    fn start_of_node(&mut self, name: &'static str, node: &str, databases: &str) -> String {
        let own = self.own_settings(node);
        let mut settings: Vec<_> = own.iter().map(|(key, value)| (*key, value.as_str())).collect();
        settings.push(("MAGPIE_DB_URL", databases));
        self.start(name, &settings)
    }

    /// A directory for each node; the first makes the keys, the other reads them.
    fn own_settings(&self, node: &str) -> [(&'static str, String); 2] {
        let data = self.data.path().join(node).display().to_string();
        let keys = self.data_dir().join("keys").display().to_string();
        [("MAGPIE_DATA_DIR", data), ("MAGPIE_JWT_KEYS_DIR", keys)]
    }
}
