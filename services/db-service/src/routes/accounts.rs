//! `/internal/users`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    account::{Profile, Usage},
    internal::accounts::{Account, AccountLookup, AccountPatch, NewAccount},
    page::Page,
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};

use crate::{
    service::Service,
    store::{accounts, usage as store_usage},
};

pub(super) async fn create(
    service: Data<Service>,
    JsonBody(new): JsonBody<NewAccount>,
) -> ApiResult<HttpResponse> {
    let account = service.write(move |conn, now| accounts::create(conn, &new, now)).await?;
    Ok(HttpResponse::Created().json(account))
}

pub(super) async fn find(
    service: Data<Service>,
    JsonBody(lookup): JsonBody<AccountLookup>,
) -> ApiResult<Json<Account>> {
    Ok(Json(service.read(move |conn, _now| accounts::find(conn, &lookup)).await?))
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(super) async fn list(
    service: Data<Service>,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<Profile>>> {
    let page = service
        .read(move |conn, now| accounts::list(conn, query.limit, query.cursor.as_deref(), now))
        .await?;
    Ok(Json(page))
}

pub(super) async fn get(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Account>> {
    Ok(Json(service.read(move |conn, _now| accounts::get(conn, *user)).await?))
}

pub(super) async fn patch(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(patch): JsonBody<AccountPatch>,
) -> ApiResult<Json<Account>> {
    let change = move |conn: &mut _, now| accounts::patch(conn, *user, &patch, now);
    Ok(Json(service.write(change).await?))
}

pub(super) async fn usage(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Usage>> {
    let usage = service.read(move |conn, now| {
        accounts::get(conn, *user)?;
        store_usage::of(conn, *user, now)
    });
    Ok(Json(usage.await?))
}
