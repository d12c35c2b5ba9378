//! Runs the stand-in until Ctrl-C: `cargo run -p standin --example serve -- DATA_DIR`.

use std::error::Error;
use std::io::Write;

use standin::{Standin, StandinConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let data_dir = std::env::args_os().nth(1).ok_or("which directory may it keep things in?")?;
    let standin = Standin::start(StandinConfig::in_dir(data_dir)).await?;
    writeln!(
        std::io::stdout(),
        "export https_proxy={}\nexport SSL_CERT_FILE={}",
        standin.proxy_url(),
        standin.ca_file().display(),
    )?;
    tokio::signal::ctrl_c().await?;
    standin.stop().await;
    Ok(())
}
