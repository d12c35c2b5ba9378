//! `/metrics` in the Prometheus text format, on a listener of its own that no gateway reaches.
//!
//! Metrics are named `<part>_<what>_<unit>`, with `_total` where they only grow. Values of labels
//! come from fixed lists, never from a client. What must be measured rather than counted is looked
//! at every few seconds, so that a scrape costs the same however often it comes.

pub mod disk;
pub(crate) mod http;
mod process;

use std::{net::SocketAddr, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{VERSION, process::StartError};

/// Seconds; from a cached answer to a slow probe of a site.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Seconds that a job takes.
const JOB_BUCKETS: [f64; 9] = [1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 150.0, 300.0, 900.0];
const JOBS: &str = "job_duration_seconds";
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Starts recording, and serving what is recorded at `bind`. Once per process.
///
/// # Errors
/// When the address cannot be bound, or recording has begun already.
pub fn start(bind: SocketAddr) -> Result<(), StartError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(JOBS.to_owned()), &JOB_BUCKETS)
        })
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
    for addr in server.addrs() {
        log::info!("metrics are served at http://{addr}/metrics");
    }
    actix_web::rt::spawn(server.run());
    process::describe();
    http::describe();
    actix_web::rt::spawn(upkeep(recorder));
    Ok(())
}

/// Says which service this is. One process may be several.
pub(crate) fn note_service(name: &'static str) {
    metrics::describe_gauge!("build_info", "1, with the service and the version of its build.");
    metrics::gauge!("build_info", "service" => name, "version" => VERSION).set(1.0);
}

/// A count as gauges have it. It is exact up to 2⁵³, which nothing here reaches.
#[expect(clippy::as_conversions, reason = "there is no other way from u64 to f64")]
pub const fn gauge_value(count: u64) -> f64 {
    count as f64
}

async fn render(recorder: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(recorder.render())
}

/// Folds samples into buckets; without it they pile up between scrapes. Ends with the process.
async fn upkeep(recorder: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        process::measure();
        recorder.run_upkeep();
    }
}
