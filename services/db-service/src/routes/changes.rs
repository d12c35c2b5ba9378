//! `/internal/changes` and `/internal/states`.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Json},
};
use cluster::Heard;
use common_types::internal::changes::{ChangeLine, Changes, States, StatesRequest};
use futures_util::{Stream, StreamExt, stream};
use service_kit::{ApiResult, JsonBody};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{service::Service, store::states};

/// Tells the reader that we are there, and us that it is.
const QUIET_AFTER: Duration = Duration::from_secs(5);

pub(super) async fn stream_changes(service: Data<Service>) -> HttpResponse {
    let lines = lines(service.hub().listen());
    let until_closed = lines.take_until(service.hub().closed().cancelled_owned());
    HttpResponse::Ok().content_type("application/x-ndjson").streaming(until_closed)
}

fn lines(
    changes: broadcast::Receiver<Heard<Changes>>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let greeting = stream::iter([Ok(line(&ChangeLine::Listening))]);
    let rest = stream::unfold(changes, |mut changes| async move {
        let told = match tokio::time::timeout(QUIET_AFTER, changes.recv()).await {
            Ok(Ok(Heard::Message(told))) => ChangeLine::Changed(Changes::clone(&told)),
            Ok(Ok(Heard::Missed) | Err(RecvError::Lagged(_))) => ChangeLine::Missed,
            Ok(Err(RecvError::Closed)) => return None,
            Err(_elapsed) => ChangeLine::Quiet,
        };
        Some((Ok(line(&told)), changes))
    });
    greeting.chain(rest)
}

/// These lines are always JSON, so there is no failure to tell of.
fn line(line: &ChangeLine) -> Bytes {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

pub(super) async fn get_states(
    service: Data<Service>,
    JsonBody(request): JsonBody<StatesRequest>,
) -> ApiResult<Json<States>> {
    Ok(Json(service.read_at_once(move |conn, now| states::of(conn, &request, now)).await?))
}
