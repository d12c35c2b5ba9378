//! `magpie up --demo`: the stand-in for the sites, so that anyone can try Magpie offline.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use service_kit::{Config, StartError};
use standin::{Standin, StandinConfig};

/// Starts the stand-in, points all media traffic at it, and says so.
pub(crate) async fn start(config: &mut Config) -> Result<Arc<Standin>, StartError> {
    let standin = Standin::start(StandinConfig {
        data_dir: config.data_dir.join("standin"),
        ffmpeg: config.ffmpeg.clone().unwrap_or_else(|| PathBuf::from("ffmpeg")),
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    })
    .await
    .map_err(|error| StartError::internal("cannot start the stand-in for the sites", error))?;
    config.egress_proxy = Some(standin.proxy_url());
    config.egress_ca_file = Some(standin.ca_file());
    // Whoever runs a demo must know that nothing comes from the real sites.
    let notice = "demo: a stand-in plays the sites; nothing is fetched from the internet\n\
                  demo: try https://www.youtube.com/watch?v=OKAY_000001";
    writeln!(io::stderr(), "{notice}")
        .map_err(|error| StartError::internal("cannot write to standard error", error))?;
    Ok(Arc::new(standin))
}
