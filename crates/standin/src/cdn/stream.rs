//! Bodies: at full speed or at a trickle, whole, stalling, breaking or without end.

use std::future::pending;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::{self, unfold};
use tokio::time::{Instant, sleep, sleep_until};

use crate::media::{ContentReader, zeros};

const CHUNK_BYTES: u64 = 128 * 1024;
/// A trickle comes in this many drops a second.
const DROPS_PER_SECOND: u64 = 10;
/// Before a connection is broken.
const TIME_TO_SEND: Duration = Duration::from_millis(100);
const DROP_INTERVAL: Duration = Duration::from_millis(100);

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Complete,
    /// From this byte of the file on nothing comes, and the connection stays open.
    StallAt(u64),
    /// The connection breaks at this byte of the file.
    BreakAt(u64),
    /// The connection breaks after this many bytes of this body.
    BreakAfter(u64),
}

/// What to send of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The byte of the file before which the body ends.
    pub(super) end: u64,
    pub(super) bytes_per_second: Option<u64>,
    pub(super) ending: Ending,
}

/// The bytes of `reader` up to the plan's end, or to where it stalls or breaks.
pub(super) fn planned(
    reader: ContentReader,
    plan: Plan,
) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    let state = Sending { limit: limit(&reader, plan), reader, plan, next_drop: Instant::now() };
    unfold(state, Sending::step)
}

/// Zeros for as long as they are read.
pub(super) fn endless() -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    stream::repeat_with(|| Ok(zeros(CHUNK_BYTES)))
}

struct Sending {
    reader: ContentReader,
    plan: Plan,
    /// Where the bytes end, orderly or not.
    limit: u64,
    next_drop: Instant,
}

impl Sending {
    async fn step(mut self) -> Option<(io::Result<Bytes>, Self)> {
        let left = self.limit.saturating_sub(self.reader.position);
        if left == 0 {
            return self.finish().await;
        }
        let chunk = self.wait_for_pace().await;
        let bytes = self.reader.read(left.min(chunk)).await;
        Some((bytes, self))
    }

    async fn finish(self) -> Option<(io::Result<Bytes>, Self)> {
        if self.limit >= self.plan.end {
            return None;
        }
        match self.plan.ending {
            Ending::StallAt(_) => pending().await,
            // An error makes hyper drop the connection in the middle of the body, and with it what
            // it has not sent yet.
            Ending::Complete | Ending::BreakAt(_) | Ending::BreakAfter(_) => {
                sleep(TIME_TO_SEND).await;
                Some((Err(io::ErrorKind::ConnectionReset.into()), self))
            }
        }
    }

    /// How much may be sent now.
    async fn wait_for_pace(&mut self) -> u64 {
        let Some(rate) = self.plan.bytes_per_second else {
            return CHUNK_BYTES;
        };
        sleep_until(self.next_drop).await;
        self.next_drop = self.next_drop.max(Instant::now()) + DROP_INTERVAL;
        (rate / DROPS_PER_SECOND).max(1)
    }
}

fn limit(reader: &ContentReader, plan: Plan) -> u64 {
    let limit = match plan.ending {
        Ending::Complete => plan.end,
        Ending::StallAt(byte) | Ending::BreakAt(byte) => byte,
        Ending::BreakAfter(bytes) => reader.position.saturating_add(bytes),
    };
    limit.min(plan.end)
}
