//! `/api/database`: what the gateway lets through.

use actix_web::{
    HttpResponse,
    web::{Data, Json, ServiceConfig},
};
use common_types::{
    ErrorCode,
    account::{ApiKeyScope, Role},
    audit::AuditAction,
    health::Health,
    internal::audit::Act,
    paths::{API_PART, DATABASE, INTERNAL},
};
use serde::Serialize;
use service_kit::{ApiError, ApiResult, Endpoint, FromUser, openapi::offer, request_id};
use utoipa::ToSchema;

use crate::{
    openapi,
    service::Service,
    store::{
        accounts,
        audit::{self, Actor, Entry},
    },
};

pub(super) fn configure(app: &mut ServiceConfig) {
    for endpoint in endpoints() {
        endpoint.mount(app);
    }
    offer(app, &format!("{INTERNAL}{API_PART}"), openapi::part);
}

/// What clients may ask; `openapi` describes each.
pub(crate) fn endpoints() -> [Endpoint; 2] {
    [
        Endpoint::at(&format!("{DATABASE}/health")).get(health),
        Endpoint::at(&format!("{DATABASE}/init")).post(init),
    ]
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DatabaseHealth {
    status: Health,
    service: &'static str,
    /// `sqlite` or `postgresql`.
    database: &'static str,
}

async fn health(service: Data<Service>) -> HttpResponse {
    let answer =
        |status| DatabaseHealth { status, service: "database-server", database: service.backend() };
    match service.check().await {
        Ok(()) => HttpResponse::Ok().json(answer(Health::Healthy)),
        Err(_logged) => HttpResponse::ServiceUnavailable().json(answer(Health::Unhealthy)),
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Initialised {
    success: bool,
    message: &'static str,
    /// How many migrations were pending.
    applied: usize,
}

async fn init(service: Data<Service>, from: FromUser) -> ApiResult<Json<Initialised>> {
    from.require(ApiKeyScope::Admin)?;
    let user = from.id();
    let account = service.read(move |conn, _now| accounts::get(conn, user)).await?;
    if !account.is_active || account.user.role != Role::Admin {
        let detail = "Only an administrator may do this.";
        return Err(ApiError::new(ErrorCode::Forbidden, detail));
    }
    let applied = service.migrate().await?;
    let act = Act { actor: Some(user), address: Some(from.client_address), ..Act::default() };
    let actor = Actor { act, request_id: request_id::current().unwrap_or_default() };
    let entry = Entry::done(AuditAction::DatabaseInitialised, user);
    service.write(move |conn, now| audit::note(conn, &actor, entry, now)).await?;
    Ok(Json(Initialised { success: true, message: "The database is up to date.", applied }))
}
