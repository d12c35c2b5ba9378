//! `/internal/users/{user}/batches` and `…/playlists`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    audit::AuditAction,
    internal::{
        changes::{ChangedKind, Mark},
        collections::{BatchRecord, CollectionChanged, NewBatch, NewPlaylist, PlaylistRecord},
        downloads::DownloadRecord,
    },
};
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use super::{
    actor::ByActor,
    downloads::{PlatformQuery, answer},
};
use crate::{
    connection::AnyConnection,
    error::StoreResult,
    service::Service,
    store::{
        audit::{self, Entry},
        batches, bulk,
        collections::Collection,
        downloads::Created,
        pauses, playlists,
    },
};

pub(super) async fn create_batch(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewBatch>,
) -> ApiResult<HttpResponse> {
    let created = service.write(move |conn, now| batches::create(conn, *user, &new, now)).await?;
    if let Created::New(record) = &created {
        let ids = record.items.iter().map(|item| item.download.id).collect();
        tell(&service, ChangedKind::Batch, record.user_id, record.id, ids);
    }
    Ok(answer(&created))
}

pub(super) async fn create_playlist(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewPlaylist>,
) -> ApiResult<HttpResponse> {
    let created = service.write(move |conn, now| playlists::create(conn, *user, &new, now)).await?;
    if let Created::New(record) = &created {
        tell(&service, ChangedKind::Playlist, record.user_id, record.id, Vec::new());
    }
    Ok(answer(&created))
}

pub(super) async fn get_batch(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<BatchRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let get = move |conn: &mut AnyConnection, now| {
        let mut record = batches::get(conn, &scope, &id.to_string())?;
        show_pauses(conn, &mut record.items, now)?;
        Ok(record)
    };
    Ok(Json(service.read_at_once(get).await?))
}

pub(super) async fn get_playlist(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<PlaylistRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let get = move |conn: &mut AnyConnection, now| {
        let mut record = playlists::get(conn, &scope, &id.to_string())?;
        show_pauses(conn, &mut record.items, now)?;
        Ok(record)
    };
    Ok(Json(service.read_at_once(get).await?))
}

fn show_pauses(
    conn: &mut AnyConnection,
    items: &mut [DownloadRecord],
    now: common_types::Timestamp,
) -> StoreResult<()> {
    pauses::show(conn, items.iter_mut().map(|item| &mut item.download), now)
}

/// Tells of a collection and those of its items that changed with it.
fn tell(service: &Service, kind: ChangedKind, user_id: i64, id: Uuid, items: Vec<Uuid>) {
    service.hub().tell(kind, [Mark { user_id, id }]);
    service.tell_downloads(items.into_iter().map(|id| Mark { user_id, id }));
}

macro_rules! bulk_handlers {
    ($($name:ident: $kind:ident $verb:ident($($now:ident)?) $(notes $action:ident of $what:literal)?),* $(,)?) => { $(
        pub(super) async fn $name(
            service: Data<Service>,
            path: Path<(i64, Uuid)>,
            Query(platform): Query<PlatformQuery>,
            ByActor(actor): ByActor,
        ) -> ApiResult<Json<CollectionChanged>> {
            let (user, id) = path.into_inner();
            let scope = platform.of(user);
            let _actor = actor.or(user);
            let change = move |conn: &mut AnyConnection, _now| {
                $(let $now = _now;)?
                let changed = bulk::$verb(conn, Collection::$kind, &scope, id, $($now)?)?;
                $({
                    let entry = Entry::done(AuditAction::$action, user);
                    let entry = entry.to($what, id);
                    audit::note(conn, &_actor, entry, _now)?;
                })?
                Ok(changed)
            };
            let changed = service.write(change).await?;
            tell(&service, ChangedKind::$kind, user, id, changed.downloads.clone());
            Ok(Json(changed))
        }
    )* };
}

bulk_handlers! {
    cancel_batch: Batch cancel(now),
    retry_batch: Batch retry(now),
    delete_batch: Batch delete() notes BatchDeleted of "batch",
    cancel_playlist: Playlist cancel(now),
    retry_playlist: Playlist retry(now),
    delete_playlist: Playlist delete() notes PlaylistDeleted of "playlist",
}
