//! The command `magpie`.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    standalone::commands::run().await
}
