//! `playlist/*`: what a playlist holds, and all or some of it.

use actix_web::{HttpRequest, HttpResponse, web};
use common_types::{
    FieldError,
    account::ApiKeyScope,
    internal::collections::{NewPlaylist, Selection},
    playlist::{
        DEFAULT_PAGE, MAX_PAGE, PlaylistAccepted, PlaylistChanged, PlaylistInfoRequest,
        PlaylistRequest,
    },
};
use db_client::{CollectionKind, DbClient};
use service_kit::{ApiError, ApiResult, FromUser, JsonBody};
use uuid::Uuid;

use super::{collections, idempotency, single::owner};
use crate::{
    Link, PlaylistRef,
    errors::{media_refused, not_a_playlist, range_without_entries, refused_link},
    options,
    routes::Context,
    selection::{self, Wanted},
    wire,
};

const KIND: CollectionKind = CollectionKind::Playlist;

/// Says what a playlist holds, a page at a time; only the pages that are needed are asked for.
pub(crate) async fn probe_playlist(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    JsonBody(request): JsonBody<PlaylistInfoRequest>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let playlist = recognised(&context, &request.url)?;
    let limit = checked_limit(request.limit)?;
    let offset = request.offset.unwrap_or_default();
    let viewer = context.cookies.viewer(&client, user.id()).await?;
    let page = context.playlists.probe(viewer.as_ref(), &playlist, offset, limit).await;
    let page = page.map_err(media_refused)?;
    Ok(HttpResponse::Ok().json(wire::playlist_info(context.platform.as_ref(), &page, offset)))
}

/// Accepts a playlist; a worker enumerates it.
pub(crate) async fn create_playlist(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    JsonBody(body): JsonBody<PlaylistRequest>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let options = options::checked(&body)?;
    let selection = selection::checked(&body)?;
    let playlist = recognised(&context, &body.url)?;
    let known = context.playlists.recall(user.id(), &playlist.url).await.unwrap_or_default();
    let max_items = context.max_playlist_items;
    let known_total = known.total.map(|total| expected(&selection, total, max_items));
    if let (Some(total), Some(0)) = (known.total, known_total) {
        return Err(range_without_entries(total));
    }
    let new = NewPlaylist {
        platform: context.platform.name().to_owned(),
        url: playlist.url,
        site_id: playlist.id,
        options,
        selection,
        max_items,
        title: known.title,
        uploader: known.uploader,
        known_total,
        idempotency: idempotency::read(&request, &body)?,
    };
    let made = client.create_playlist(user.id(), &new).await?;
    context.jobs.wake_expander();
    Ok(HttpResponse::Accepted().json(PlaylistAccepted {
        success: true,
        playlist_id: made.id,
        // The same key must give the same answer, whatever has become known meanwhile.
        total_videos: made.foretold,
        message: "The playlist was accepted.".to_owned(),
    }))
}

/// Says where a playlist and each of its items stand.
pub(crate) async fn get_playlist(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record =
        client.playlist(owner(&user, &context), *id).await.map_err(collections::missing)?;
    Ok(HttpResponse::Ok().json(wire::playlist(context.platform.as_ref(), record)))
}

/// Cancels the enumeration and every item that has not ended.
pub(crate) async fn cancel_playlist(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::cancel(KIND, &user, &context, &client, *id).await?;
    Ok(HttpResponse::Ok().json(answer(*id, changed, "The playlist was cancelled.")))
}

/// Tries the failed and cancelled items again.
pub(crate) async fn retry_playlist(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::retry(KIND, &user, &context, &client, *id).await?;
    let answer = answer(*id, changed, "What failed or was cancelled will be tried again.");
    Ok(HttpResponse::Accepted().json(answer))
}

/// Removes a playlist, its items and their files.
pub(crate) async fn delete_playlist(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let changed = collections::delete(KIND, &user, &context, &client, *id).await?;
    Ok(HttpResponse::Ok().json(answer(*id, changed, "The playlist was deleted.")))
}

/// The playlist that a link names, also one that names a video in it.
fn recognised(context: &Context, url: &str) -> ApiResult<PlaylistRef> {
    match context.platform.recognise(url).map_err(|error| refused_link(error, "/url"))? {
        Link::Playlist(playlist) | Link::Channel(playlist) => Ok(playlist),
        Link::Video { playlist: Some(playlist), .. } => Ok(playlist),
        Link::Video { playlist: None, .. } => Err(not_a_playlist("/url")),
    }
}

fn checked_limit(limit: Option<u32>) -> ApiResult<u32> {
    match limit.unwrap_or(DEFAULT_PAGE) {
        limit @ 1..=MAX_PAGE => Ok(limit),
        _ => {
            let detail = format!("A page holds 1 to {MAX_PAGE} entries.");
            Err(ApiError::invalid_fields(vec![FieldError::new("/limit", detail)]))
        }
    }
}

/// How many items there will be of a playlist of `total` entries.
fn expected(selection: &Selection, total: u64, max_items: u32) -> u64 {
    Wanted::new(selection).count_up_to(total).min(u64::from(max_items))
}

fn answer(playlist_id: Uuid, changed: collections::Changed, message: &str) -> PlaylistChanged {
    PlaylistChanged {
        success: true,
        playlist_id,
        status: changed.status,
        changed: changed.count,
        message: message.to_owned(),
    }
}
