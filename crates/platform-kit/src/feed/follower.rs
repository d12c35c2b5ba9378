//! Follows what one db-service says has changed.

use std::time::Duration;

use common_types::internal::changes::ChangeLine;
use db_client::{DbClient, DbError};
use service_kit::Chain;
use tokio_util::sync::CancellationToken;

use super::Feed;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Feeds the changes that one db-service tells into a feed.
pub(crate) struct Follower {
    feed: Feed,
    client: DbClient,
}

impl Follower {
    /// `client` must speak to one db-service only.
    pub(crate) fn new(feed: Feed, client: DbClient) -> Self {
        Self { feed, client }
    }

    /// Follows until `shutdown`. Whenever the stream begins anew, what happened in between is unknown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        let mut is_failing = false;
        loop {
            let followed = tokio::select! {
                () = shutdown.cancelled() => return,
                followed = self.follow(&mut pause, &mut is_failing) => followed,
            };
            if let Err(error) = followed
                && !is_failing
            {
                log::warn!("cannot follow changes: {}", Chain(&error));
                is_failing = true;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    async fn follow(&self, pause: &mut Duration, is_failing: &mut bool) -> Result<(), DbError> {
        let mut lines = self.client.changes().await?;
        while let Some(line) = lines.next().await? {
            match line {
                ChangeLine::Listening => {
                    (*pause, *is_failing) = (FIRST_PAUSE, false);
                    self.feed.note_missed();
                }
                ChangeLine::Missed => self.feed.note_missed(),
                ChangeLine::Changed(changes) => self.feed.note(&changes),
                ChangeLine::Quiet => {}
            }
        }
        Ok(())
    }
}
