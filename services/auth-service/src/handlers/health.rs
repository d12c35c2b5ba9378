//! `GET health`.

use actix_web::web::{Data, Json};
use common_types::health::{AuthHealth, Health};

use crate::service::AuthService;

/// The name under which clients of the older API know this service.
const NAME: &str = "auth-server";

pub(crate) async fn health(service: Data<AuthService>) -> Json<AuthHealth> {
    Json(AuthHealth {
        status: Health::Healthy,
        service: NAME.to_owned(),
        registration: service.registration_state().await,
    })
}
