//! An answer whose bytes the gateway sends itself: the service says which, and they are read from
//! the disk that both share (what nginx calls X-Accel-Redirect).

use std::{error::Error, pin::Pin, time::Duration};

use actix_web::body::SizedStream;
use bytes::Bytes;
use common_types::paths::DELIVERY_HEADER;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::{HeaderMap, StatusCode, response::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use media_store::{Plan, PlanError, StoreError, StoreReader};
use service_kit::Chain;

const HANDOVERS: &str = "gateway_handovers_total";
const DELIVERED: &str = "delivery_bytes_total";
const CUT: &str = "deliveries_cut_total";

/// Says what each metric of deliveries means, and begins those that count.
pub(crate) fn describe() {
    metrics::describe_counter!(HANDOVERS, "Deliveries whose bytes the gateway read itself.");
    metrics::describe_counter!(DELIVERED, "Bytes of files and archives sent to clients.");
    metrics::describe_counter!(CUT, "Deliveries that broke off because a file could not be read.");
    metrics::counter!(HANDOVERS).increment(0);
    metrics::counter!(DELIVERED, "by" => "gateway").increment(0);
    metrics::counter!(CUT, "by" => "gateway").increment(0);
}

/// Why a service's plan is not followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandoverError {
    #[error("the service hands over what it was not asked to")]
    Unasked,
    #[error("the service does not say how much to send")]
    Length,
    #[error("the plan or its first bytes take too long")]
    TooSlow,
    #[error("cannot read the plan")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    #[error("cannot follow the plan")]
    Plan(#[source] PlanError),
    #[error("the plan is for {planned} bytes, the answer of {announced}")]
    Mismatch { planned: u64, announced: u64 },
    #[error("cannot send what the plan says")]
    Store(#[source] StoreError),
}

impl HandoverError {
    pub(crate) fn is_for_want_of_a_file(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_not_found())
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>>>>;

/// Whether an answer says what to send, rather than being it.
pub(crate) fn is_plan(headers: &HeaderMap) -> bool {
    headers.contains_key(DELIVERY_HEADER)
}

/// Begins to send what an answer says, from the store that was offered with the request. The first
/// bytes are read before anything is promised to the client.
pub(crate) async fn begin(
    store: Option<StoreReader>,
    head: &Parts,
    plan: Incoming,
    patience: Duration,
) -> Result<SizedStream<Chunks>, HandoverError> {
    let store = store.ok_or(HandoverError::Unasked)?;
    let announced = announced(head).ok_or(HandoverError::Length)?;
    let preparing = async {
        let plan = read_plan(plan).await?;
        let planned = plan.size_bytes();
        if planned != announced {
            return Err(HandoverError::Mismatch { planned, announced });
        }
        first_read(Box::pin(plan.read(&store))).await
    };
    let chunks = tokio::time::timeout(patience, preparing).await;
    let chunks = chunks.map_err(|_elapsed| HandoverError::TooSlow)??;
    metrics::counter!(HANDOVERS).increment(1);
    Ok(SizedStream::new(announced, chunks))
}

/// The length of the answer, which must be one that has a body.
fn announced(head: &Parts) -> Option<u64> {
    let has_body = matches!(head.status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    let length = head.headers.get(DELIVERY_HEADER).filter(|_| has_body)?;
    length.to_str().ok()?.parse().ok()
}

async fn read_plan(body: Incoming) -> Result<Plan, HandoverError> {
    let body = Limited::new(body, Plan::MAX_BYTES).collect().await;
    let encoded = body.map_err(HandoverError::Unreadable)?.to_bytes();
    Plan::decode(encoded).map_err(HandoverError::Plan)
}

/// Waits for the first chunk, which fails where the first file cannot be sent.
async fn first_read(mut chunks: Chunks) -> Result<Chunks, HandoverError> {
    let first = chunks.try_next().await.map_err(HandoverError::Store)?;
    let first = futures_util::stream::iter(first.map(Ok));
    let delivered = metrics::counter!(DELIVERED, "by" => "gateway");
    let count = move |chunk: &Bytes| {
        delivered.increment(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    };
    // The connection is cut, so that nobody takes a part for the whole.
    let cut = |error: &StoreError| {
        metrics::counter!(CUT, "by" => "gateway").increment(1);
        log::error!("an answer had to be cut: {}", Chain(error));
    };
    Ok(Box::pin(first.chain(chunks.inspect_err(cut)).inspect_ok(count)))
}
