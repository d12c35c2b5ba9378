//! `/metrics` in the Prometheus text format, on a listener of its own that no gateway reaches.

use std::{net::SocketAddr, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::process::StartError;

/// Seconds; from a cached answer to a slow probe of a site.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Starts recording, and serving what is recorded at `bind`. Once per process.
///
/// # Errors
/// When the address cannot be bound, or recording has begun already.
pub fn start(bind: SocketAddr) -> Result<(), StartError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| StartError::internal("cannot record metrics", error))?;
    let served = recorder.clone();
    let app = move || {
        App::new().app_data(web::Data::new(served.clone())).route("/metrics", web::get().to(render))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .bind(bind)
        .map_err(|error| StartError::bind(bind, error))?;
    actix_web::rt::spawn(server.run());
    actix_web::rt::spawn(upkeep(recorder));
    Ok(())
}

async fn render(recorder: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(recorder.render())
}

/// Folds samples into buckets; without it they pile up between scrapes. Ends with the process.
async fn upkeep(recorder: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        recorder.run_upkeep();
    }
}
