//! `/internal/users/{user}/downloads`.

use std::iter;

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    audit::AuditAction,
    download::{DownloadList, DownloadQuery},
    internal::{
        changes::Mark,
        downloads::{DownloadRecord, DownloadRemoved, Made, NewDownload},
    },
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use super::actor::ByActor;
use crate::{
    connection::AnyConnection,
    service::Service,
    store::{
        audit::{self, Entry},
        downloads::{self, Created, Scope},
        listing, pauses,
    },
};

/// `?platform=`: what the caller is not the service of does not exist for it.
#[derive(Deserialize)]
pub(super) struct PlatformQuery {
    platform: Option<String>,
}

impl PlatformQuery {
    pub(super) fn of(self, user_id: i64) -> Scope {
        Scope { user_id, platform: self.platform }
    }
}

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewDownload>,
) -> ApiResult<HttpResponse> {
    let created = service.write(move |conn, now| downloads::create(conn, *user, &new, now)).await?;
    if let Created::New(record) = &created {
        service.tell_download(record);
    }
    Ok(answer(&created))
}

/// 201 for what is new, 200 for what the idempotency key made before.
pub(super) fn answer<T>(created: &Created<T>) -> HttpResponse
where
    for<'a> Made: From<&'a T>,
{
    match created {
        Created::New(record) => HttpResponse::Created().json(Made::from(record)),
        Created::Before(made) => HttpResponse::Ok().json(made),
    }
}

pub(super) async fn list(
    service: Data<Service>,
    user: Path<i64>,
    Query(platform): Query<PlatformQuery>,
    Query(query): Query<DownloadQuery>,
) -> ApiResult<Json<DownloadList>> {
    let scope = platform.of(*user);
    let list = move |conn: &mut AnyConnection, now| {
        let mut list = listing::list(conn, &scope, &query)?;
        pauses::show(conn, list.items.iter_mut(), now)?;
        Ok(list)
    };
    Ok(Json(service.read(list).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let get = move |conn: &mut AnyConnection, now| {
        let mut record = downloads::get(conn, &scope, id)?;
        pauses::show(conn, iter::once(&mut record.download), now)?;
        Ok(record)
    };
    Ok(Json(service.read(get).await?))
}

pub(super) async fn cancel(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let record = service.write(move |conn, now| downloads::cancel(conn, &scope, id, now)).await?;
    service.tell_download(&record);
    Ok(Json(record))
}

pub(super) async fn retry(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let record = service.write(move |conn, now| downloads::retry(conn, &scope, id, now)).await?;
    service.tell_download(&record);
    Ok(Json(record))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
    ByActor(actor): ByActor,
) -> ApiResult<Json<DownloadRemoved>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    let actor = actor.or(user);
    let delete = move |conn: &mut AnyConnection, now| {
        let removed = downloads::delete(conn, &scope, id, now)?;
        let entry = Entry::done(AuditAction::DownloadDeleted, user).to("download", id);
        audit::note(conn, &actor, entry, now)?;
        Ok(removed)
    };
    let removed = service.write(delete).await?;
    service.tell_downloads([Mark { user_id: user, id }]);
    Ok(Json(removed))
}
