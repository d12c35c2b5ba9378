//! The process `youtube-service`.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    service_kit::process::run(youtube_service::start).await
}
