//! `multi/*`: several links at once, all or nothing.

use std::collections::HashSet;

use actix_web::{HttpRequest, HttpResponse, web};
use common_types::{
    ErrorCode, FieldError,
    account::ApiKeyScope,
    batch::{BatchAccepted, BatchChanged, BatchRequest},
    internal::{
        collections::{NewBatch, NewItem},
        downloads::KnownMedia,
    },
};
use db_client::{CollectionKind, DbClient};
use service_kit::{ApiError, ApiResult, FromUser, JsonBody};
use uuid::Uuid;

use super::{collections, idempotency, single::owner};
use crate::{Link, errors, options, routes::Context, wire};

const KIND: CollectionKind = CollectionKind::Batch;

/// Accepts up to as many links as are configured; one bad link refuses them all.
pub(crate) async fn create_batch(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    JsonBody(body): JsonBody<BatchRequest>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    check_count(&body, context.max_batch_urls)?;
    let options = options::checked(&body)?;
    let ids = recognised(&context, &body.urls)?;
    let asked = ids.len();
    let items = items(&context, user.id(), ids).await;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (total, duplicates) = (count(items.len()), count(asked.saturating_sub(items.len())));
    let new = NewBatch {
        platform: context.platform.name().to_owned(),
        options,
        items,
        duplicates,
        idempotency: idempotency::read(&request, &body)?,
    };
    let made = client.create_batch(user.id(), &new).await?;
    context.jobs.wake();
    // Of the request alone, so that its repetition is answered alike whatever became of the batch.
    Ok(HttpResponse::Accepted().json(BatchAccepted {
        success: true,
        batch_id: made.id,
        total_videos: total,
        duplicates,
        message: match total {
            1 => "1 download was accepted.".to_owned(),
            _ => format!("{total} downloads were accepted."),
        },
    }))
}

/// Says where a batch and each of its items stand.
pub(crate) async fn get_batch(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record = client.batch(owner(&user, &context), *id).await.map_err(collections::missing)?;
    Ok(HttpResponse::Ok().json(wire::batch(context.platform.as_ref(), record)))
}

/// Cancels every item that has not ended.
pub(crate) async fn cancel_batch(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::cancel(KIND, &user, &context, &client, *id).await?;
    Ok(HttpResponse::Ok().json(answer(*id, changed, "The batch was cancelled.")))
}

/// Tries the failed and cancelled items again.
pub(crate) async fn retry_batch(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::retry(KIND, &user, &context, &client, *id).await?;
    let answer = answer(*id, changed, "What failed or was cancelled will be tried again.");
    Ok(HttpResponse::Accepted().json(answer))
}

/// Removes a batch, its items and their files.
pub(crate) async fn delete_batch(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::delete(KIND, &user, &context, &client, *id).await?;
    Ok(HttpResponse::Ok().json(answer(*id, changed, "The batch was deleted.")))
}

fn answer(batch_id: Uuid, changed: collections::Changed, message: &str) -> BatchChanged {
    BatchChanged {
        success: true,
        batch_id,
        status: changed.status,
        changed: changed.count,
        message: message.to_owned(),
    }
}

fn check_count(body: &BatchRequest, limit: u32) -> ApiResult<()> {
    if body.urls.is_empty() {
        return Err(ApiError::invalid_field("/urls", "At least one URL is needed."));
    }
    if body.urls.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        let detail = format!("A batch holds at most {limit} URLs.");
        let errors = vec![FieldError::new("/urls", detail.as_str())];
        return Err(ApiError::new(ErrorCode::TooManyUrls, detail).with_errors(errors));
    }
    Ok(())
}

/// The id of every link; all that are wrong are named at once, the first one's code being the
/// answer's.
fn recognised(context: &Context, urls: &[String]) -> ApiResult<Vec<String>> {
    let mut refusals = Vec::new();
    let mut ids = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let pointer = format!("/urls/{index}");
        match context.platform.recognise(url) {
            Ok(Link::Video { id, .. }) => ids.push(id),
            Ok(Link::Playlist(_) | Link::Channel(_)) => {
                refusals.push(errors::not_one_video(&pointer));
            }
            Err(error) => refusals.push(errors::refused_link(error, &pointer)),
        }
    }
    let errors = refusals.iter().flat_map(|error| error.problem().errors.clone()).collect();
    match refusals.into_iter().next() {
        Some(first) => Err(first.with_errors(errors)),
        None => Ok(ids),
    }
}

/// An item for each video, in order, the first link to it counting.
async fn items(context: &Context, user_id: i64, ids: Vec<String>) -> Vec<NewItem> {
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for id in ids.into_iter().filter(|id| seen.insert(id.clone())) {
        items.push(new_item(context, user_id, id).await);
    }
    items
}

/// A video as an item, with what a recent probe told of it.
async fn new_item(context: &Context, user_id: i64, video_id: String) -> NewItem {
    let platform = context.platform.as_ref();
    let found = context.info.recall(user_id, &video_id).await;
    let known = found.map_or_else(KnownMedia::default, |info| wire::known_from_info(&info));
    NewItem {
        url: platform.video_url(&video_id),
        known: KnownMedia { thumbnail: Some(wire::thumbnail_path(platform, &video_id)), ..known },
        video_id,
    }
}
