//! Files whose time has come.

use common_types::internal::{downloads::StoredFile, files::ExpireRequest};
use db_client::DbClient;
use media_store::{StorageKey, Store};
use service_kit::Chain;

use super::{SweepError, Sweeper, count_of};

const PAGE: u32 = 100;

impl Sweeper {
    /// Gives up expired files, page by page, and removes them.
    pub(super) async fn expire(&self, client: &DbClient) -> Result<u64, SweepError> {
        let request = ExpireRequest { platform: self.platform.name().to_owned(), limit: PAGE };
        let mut total = 0_u64;
        loop {
            let expired = client.expire_files(&request).await?;
            let count = count_of(&expired);
            let keys = expired.iter().filter_map(key_of).collect();
            remove(&self.store, keys).await;
            total = total.saturating_add(count);
            if count < u64::from(PAGE) {
                return Ok(total);
            }
        }
    }
}

fn key_of(file: &StoredFile) -> Option<StorageKey> {
    let key = file.key.parse();
    key.inspect_err(|error| log::error!("{}: {error}", file.key)).ok()
}

/// Removes files. One that cannot be removed is left to a later sweep.
pub(super) async fn remove(store: &Store, keys: Vec<StorageKey>) {
    for error in store.remove_all(keys).await {
        log::error!("{}", Chain(&error));
    }
}
