//! `/internal/expansions`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use common_types::internal::{
    changes::{ChangedKind, Mark},
    collections::{ExpansionAnswer, ExpansionClaim, ExpansionFailure, ExpansionJob, ExpansionPage},
    jobs::LeaseHolder,
};
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use crate::{connection::AnyConnection, service::Service, store::expansions};

pub(super) async fn claim(
    service: Data<Service>,
    JsonBody(request): JsonBody<ExpansionClaim>,
) -> ApiResult<Json<Vec<ExpansionJob>>> {
    let platform = request.platform.clone();
    if !service.read(move |conn, _now| expansions::are_waiting(conn, &platform)).await? {
        return Ok(Json(Vec::new()));
    }
    let max_attempts = service.policy().max_attempts;
    let claim =
        move |conn: &mut AnyConnection, now| expansions::claim(conn, &request, max_attempts, now);
    Ok(Json(service.write(claim).await?))
}

pub(super) async fn add_page(
    service: Data<Service>,
    id: Path<Uuid>,
    JsonBody(page): JsonBody<ExpansionPage>,
) -> ApiResult<Json<ExpansionAnswer>> {
    let id = *id;
    let added = service.write(move |conn, now| expansions::add_page(conn, id, &page, now)).await?;
    let user_id = added.user_id;
    service.hub().tell(ChangedKind::Playlist, [Mark { user_id, id }]);
    service.tell_downloads(added.items.into_iter().map(|id| Mark { user_id, id }));
    Ok(Json(added.answer))
}

pub(super) async fn fail(
    service: Data<Service>,
    id: Path<Uuid>,
    JsonBody(failure): JsonBody<ExpansionFailure>,
) -> ApiResult<HttpResponse> {
    let policy = service.policy();
    let fail =
        move |conn: &mut AnyConnection, now| expansions::fail(conn, *id, &failure, &policy, now);
    service.write(fail).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn release(
    service: Data<Service>,
    id: Path<Uuid>,
    JsonBody(holder): JsonBody<LeaseHolder>,
) -> ApiResult<HttpResponse> {
    service.write(move |conn, _now| expansions::release(conn, *id, &holder)).await?;
    Ok(HttpResponse::NoContent().finish())
}
