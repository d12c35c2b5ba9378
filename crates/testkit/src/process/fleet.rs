//! Two of every process around one PostgreSQL and one Redis.

use temp_redis::TempRedis;

use crate::{Client, Database, ProcessStack};

/// A stack of two nodes, of which each has a gateway, an auth-service, a db-service and a
/// youtube-service. What follows changes follows those of its own node's db-service alone, so that
/// whatever it hears of the other node came through Redis.
pub struct Fleet {
    pub stack: ProcessStack,
    pub redis: TempRedis,
    /// Of the gateways. Each sends to all services.
    urls: [String; 2],
}

impl Fleet {
    pub async fn start(more: &[(&str, &str)]) -> Self {
        let redis = TempRedis::start().expect("Redis starts");
        let mut stack = ProcessStack::prepare(Database::Postgres).await;
        let storage = format!("file://{}", stack.data_dir().join("media").display());
        stack.set(&[
            ("MAGPIE_INTERNAL_SECRET", "one secret for every process"),
            ("MAGPIE_STORAGE_URL", &storage),
            ("MAGPIE_REDIS_URL", &redis.url()),
        ]);
        stack.set(more);
        let nodes = ["data", "second"].map(|name| start_services(&mut stack, name));
        let of = |name: &str| {
            let urls = nodes.each_ref().map(|node| match name {
                "auth" => node.auth.as_str(),
                "youtube" => node.youtube.as_str(),
                _ => node.db.as_str(),
            });
            urls.join(",")
        };
        let (db, auth, youtube) = (of("db"), of("auth"), of("youtube"));
        let upstreams = [
            ("MAGPIE_DB_URL", db.as_str()),
            ("MAGPIE_AUTH_URL", auth.as_str()),
            ("MAGPIE_YOUTUBE_URL", youtube.as_str()),
        ];
        let urls = [(); 2].map(|()| stack.start("gateway", &upstreams));
        stack.url.clone_from(&urls[0]);
        Self { stack, redis, urls }
    }

    /// A client of each gateway, with the credential of the first.
    pub async fn sign_up(&self, name: &str) -> [Client; 2] {
        let first = Client::new(&self.urls[0]).sign_up(name).await;
        let token = first.token().expect("whoever signed up has a token").to_owned();
        let second = Client::new(&self.urls[1]).with_token(token);
        [first, second]
    }
}

struct Node {
    db: String,
    auth: String,
    youtube: String,
}

fn start_services(stack: &mut ProcessStack, data: &str) -> Node {
    let data = stack.data.path().join(data).display().to_string();
    // One node makes the keys, the other reads them.
    let keys = stack.data_dir().join("keys").display().to_string();
    let own = [("MAGPIE_DATA_DIR", data.as_str()), ("MAGPIE_JWT_KEYS_DIR", keys.as_str())];
    let db = stack.start("db-service", &own);
    let with_db = [own.as_slice(), &[("MAGPIE_DB_URL", db.as_str())]].concat();
    let auth = stack.start("auth-service", &with_db);
    let youtube = stack.start("youtube-service", &with_db);
    Node { db, auth, youtube }
}
