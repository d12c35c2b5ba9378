//! db-service as a process of its own.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    service_kit::process::run(|config| async move { db_service::start(&config).await }).await
}
