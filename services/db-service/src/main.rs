//! db-service as a process of its own.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    service_kit::process::run(db_service::start).await
}
