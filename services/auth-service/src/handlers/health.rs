//! `GET health`.

use actix_web::web::Json;
use common_types::health::{Health, ServiceHealth};

/// The name under which clients of the older API know this service.
const NAME: &str = "auth-server";

pub(crate) async fn health() -> Json<ServiceHealth> {
    Json(ServiceHealth { status: Health::Healthy, service: NAME.to_owned() })
}
