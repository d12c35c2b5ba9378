//! `/internal/users/{user}/cookies/{platform}`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Payload},
};
use common_types::{
    audit::AuditAction,
    internal::cookies::{CookieRecord, MAX_SEALED_BYTES, SealedCookies},
};
use service_kit::{
    ApiResult,
    json::{parse, read_body},
};

use super::actor::ByActor;
use crate::{
    connection::AnyConnection,
    service::Service,
    store::{
        audit::{self, Entry},
        cookie_jars,
    },
};

/// The JSON around what is sealed.
const WRAPPING_BYTES: usize = 64;

pub(super) async fn put(
    service: Data<Service>,
    path: Path<(i64, String)>,
    ByActor(actor): ByActor,
    payload: Payload,
) -> ApiResult<Json<CookieRecord>> {
    let (user, platform) = path.into_inner();
    let body = read_body(payload.into_inner(), MAX_SEALED_BYTES + WRAPPING_BYTES).await?;
    let new: SealedCookies = parse(&body)?;
    let actor = actor.or(user);
    let put = move |conn: &mut AnyConnection, now| {
        let kept = cookie_jars::put(conn, user, &platform, &new, now)?;
        let entry = Entry::done(AuditAction::CookiesAdded, user).to("cookies", &platform);
        audit::note(conn, &actor, entry, now)?;
        Ok(kept)
    };
    Ok(Json(service.write(put).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, String)>,
) -> ApiResult<Json<CookieRecord>> {
    let (user, platform) = path.into_inner();
    Ok(Json(service.read(move |conn, _now| cookie_jars::get(conn, user, &platform)).await?))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, String)>,
    ByActor(actor): ByActor,
) -> ApiResult<HttpResponse> {
    let (user, platform) = path.into_inner();
    let actor = actor.or(user);
    let delete = move |conn: &mut AnyConnection, now| {
        // To forget what was not there is nothing to tell of.
        if cookie_jars::delete(conn, user, &platform)? {
            let entry = Entry::done(AuditAction::CookiesDeleted, user).to("cookies", &platform);
            audit::note(conn, &actor, entry, now)?;
        }
        Ok(())
    };
    service.write(delete).await?;
    Ok(HttpResponse::NoContent().finish())
}
