//! `/internal/users/{user}/sessions` and `/internal/revocations`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    audit::AuditAction,
    internal::accounts::{EndSessions, NewSession, RevocationFeed, SessionRecord, SessionsEnded},
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
        revocations::{self, FEED_LIMIT},
        sessions,
    },
};

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    ByActor(actor): ByActor,
    JsonBody(new): JsonBody<NewSession>,
) -> ApiResult<HttpResponse> {
    let create = move |conn: &mut AnyConnection, now| {
        let session = sessions::create(conn, *user, &new, now)?;
        let entry = Entry::done(AuditAction::Login, *user).to("session", session.id);
        audit::note(conn, &actor, entry, now)?;
        Ok(session)
    };
    let session = service.write(create).await?;
    Ok(HttpResponse::Created().json(session))
}

pub(super) async fn list(
    service: Data<Service>,
    user: Path<i64>,
) -> ApiResult<Json<Vec<SessionRecord>>> {
    Ok(Json(service.read(move |conn, now| sessions::list(conn, *user, now)).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
) -> ApiResult<Json<SessionRecord>> {
    let (user, session) = path.into_inner();
    Ok(Json(service.read(move |conn, _now| sessions::get(conn, user, session)).await?))
}

pub(super) async fn end(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    ByActor(actor): ByActor,
) -> ApiResult<Json<SessionRecord>> {
    let (user, session) = path.into_inner();
    let end = move |conn: &mut AnyConnection, now| {
        let ended = sessions::end(conn, user, session, now)?;
        let is_own = actor.act.session == Some(session);
        let action = if is_own { AuditAction::Logout } else { AuditAction::SessionEnded };
        audit::note(conn, &actor, Entry::done(action, user).to("session", session), now)?;
        Ok(ended)
    };
    let ended = service.write(end).await?;
    service.tell_revoked();
    Ok(Json(ended))
}

pub(super) async fn end_all(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(end): JsonBody<EndSessions>,
) -> ApiResult<Json<SessionsEnded>> {
    let end = move |conn: &mut _, now| sessions::end_all(conn, *user, end.except, now);
    let ended = service.write(end).await?;
    service.tell_revoked();
    Ok(Json(SessionsEnded { ended }))
}

#[derive(Deserialize)]
pub(super) struct FeedQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

pub(super) async fn revocations(
    service: Data<Service>,
    Query(query): Query<FeedQuery>,
) -> ApiResult<Json<RevocationFeed>> {
    let limit = query.limit.unwrap_or(FEED_LIMIT);
    let feed = service.read(move |conn, _now| revocations::feed(conn, query.after, limit)).await?;
    Ok(Json(feed))
}
