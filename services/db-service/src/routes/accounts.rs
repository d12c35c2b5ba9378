//! `/internal/users`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    account::{Profile, Usage},
    audit::AuditAction,
    internal::accounts::{Account, AccountPatch, NewAccount},
    page::Page,
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};

use super::actor::ByActor;
use crate::{
    connection::AnyConnection,
    service::Service,
    store::{
        accounts,
        audit::{self, Entry},
        logins, usage as store_usage,
    },
};

pub(super) async fn create(
    service: Data<Service>,
    ByActor(actor): ByActor,
    JsonBody(new): JsonBody<NewAccount>,
) -> ApiResult<HttpResponse> {
    let create = move |conn: &mut AnyConnection, now| {
        let account = accounts::create(conn, &new, now)?;
        let user_id = account.user.id;
        if let Some(address) = actor.act.address {
            logins::succeed(conn, user_id, address, now)?;
        }
        audit::note(conn, &actor, Entry::done(AuditAction::AccountCreated, user_id), now)?;
        Ok(account)
    };
    let account = service.write(create).await?;
    Ok(HttpResponse::Created().json(account))
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(super) async fn list(
    service: Data<Service>,
    ByActor(actor): ByActor,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<Profile>>> {
    let list = move |conn: &mut AnyConnection, now| {
        accounts::require_admin(conn, &actor)?;
        accounts::list(conn, query.limit, query.cursor.as_deref(), now)
    };
    Ok(Json(service.read(list).await?))
}

pub(super) async fn any(service: Data<Service>) -> ApiResult<Json<bool>> {
    Ok(Json(service.read(|conn, _now| accounts::any(conn)).await?))
}

pub(super) async fn get(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Account>> {
    Ok(Json(service.read(move |conn, _now| accounts::get(conn, *user)).await?))
}

pub(super) async fn patch(
    service: Data<Service>,
    user: Path<i64>,
    ByActor(actor): ByActor,
    JsonBody(patch): JsonBody<AccountPatch>,
) -> ApiResult<Json<Account>> {
    let change = move |conn: &mut AnyConnection, now| {
        let account = accounts::patch_by(conn, &actor, *user, &patch, now)?;
        if patch.password_hash.is_some() {
            logins::forgive_own(conn, *user)?;
        }
        Ok(account)
    };
    let account = service.write(change).await?;
    service.tell_revoked();
    Ok(Json(account))
}

pub(super) async fn usage(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Usage>> {
    let usage = service.read(move |conn, now| {
        accounts::get(conn, *user)?;
        store_usage::of(conn, *user, now)
    });
    Ok(Json(usage.await?))
}
