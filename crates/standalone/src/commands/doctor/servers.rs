//! Redis and the bucket, where they are configured.

use cluster::RedisAddress;
use platform_kit::upkeep;
use service_kit::{
    Chain, Config,
    config::{Secret, Storage},
};

use super::finding::Finding;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(url) = &config.redis_url {
        findings.push(redis(url).await);
    }
    if let Storage::Bucket(bucket) = &config.storage {
        // Opening it lists, writes, reads and removes.
        findings.push(match upkeep::open_store(&config.storage).await {
            Ok(_store) => Finding::ok(format!("bucket {}: written, read, removed", bucket.name)),
            Err(error) => {
                let what = format!("bucket {}: {}", bucket.name, Chain(&error));
                Finding::fail(what, "see MAGPIE_STORAGE_URL and the two MAGPIE_S3_ keys")
            }
        });
    }
    findings
}

async fn redis(url: &Secret) -> Finding {
    let remedy = "see that it runs and that MAGPIE_REDIS_URL names it";
    let address: RedisAddress = match url.expose().parse() {
        Ok(address) => address,
        Err(error) => return Finding::fail(format!("Redis: {}", Chain(&error)), remedy),
    };
    match cluster::ping(&address).await {
        Ok(()) => Finding::ok(format!("Redis at {address:?}: answers")),
        // Its work goes on without.
        Err(error) => Finding::warn(format!("Redis at {address:?}: {}", Chain(&error)), remedy),
    }
}
