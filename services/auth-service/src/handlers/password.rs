//! `POST password`.

use actix_web::web::{Data, Json};
use common_types::account::{Done, PasswordRequest};
use service_kit::{ApiResult, FromUser, JsonBody};

use super::acting::Acting;
use crate::service::{AuthService, sessions};

pub(crate) async fn change_password(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> ApiResult<Json<Done>> {
    let session = sessions::required(&from.user)?;
    service.change_password(from.id(), session, &act, request).await?;
    Ok(Json(Done::new("Your password is changed, and every other session has ended.")))
}
