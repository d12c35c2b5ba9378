//! The one origin that clients speak to: it knows who asks, lets in what is allowed, and streams to
//! the service behind, or sends what the service says from a disk that both share.
//!
//! It owns the table of routes, the verification of credentials, limits, CORS and the web page. It
//! must never know what a service does with a request, and keeps no state that outlives it.

mod auth;
mod caller;
mod cors;
mod credential;
mod csrf;
mod disk;
mod docs;
mod etag;
mod exchange;
mod forward;
mod handover;
mod headers;
mod health;
mod lifeline;
mod limits;
mod neighbours;
mod openapi;
mod options;
mod page;
mod routes;
mod shared;
mod socket;
#[doc(hidden)]
pub mod target;
mod upstream;
mod vouch;
mod watch;

use std::{sync::Arc, time::Duration};

use actix_web::{
    http::header::{
        CONTENT_SECURITY_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderName, HeaderValue,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use service_kit::{Config, Running, Serve, StartError, middleware::DefaultHeaders};

pub use options::{Options, Suspicion, Timeouts};

use crate::{cors::Cors, forward::Gateway, neighbours::Neighbours, shared::Shared};

/// How long the start waits for auth-service, so that "ready" is true wherever it can be.
const READY_DEADLINE: Duration = Duration::from_secs(2);
/// Forwarding is cheap; more threads would only hold more idle connections.
const MAX_WORKERS: usize = 4;

/// On every response that does not have them already. The page has a policy of its own.
static SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// Starts the gateway.
///
/// # Errors
/// When its address cannot be bound.
pub async fn start(config: Config) -> Result<Running, StartError> {
    start_with(&config, Options::default()).await
}

/// As [`start`], with a clock and limits of one's own.
///
/// # Errors
/// As there.
pub async fn start_with(config: &Config, options: Options) -> Result<Running, StartError> {
    let shared = Arc::new(Shared::new(config, options)?);
    handover::describe();
    exchange::describe();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS);
    let serve = Serve {
        workers,
        clock: shared.clock.clone(),
        default_headers: DefaultHeaders(&SECURITY_HEADERS),
        allow_half_closed: false,
        connections: shared.options.connections,
        ..Serve::new("gateway", config.gateway_bind, config)
    };
    let mounted = Arc::clone(&shared);
    let running = serve.start(move |config| mount(config, &mounted))?;
    let running = with_loops(running, &shared);
    shared.auth.until_ready(READY_DEADLINE).await;
    Ok(running)
}

fn with_loops(running: Running, shared: &Arc<Shared>) -> Running {
    let stopping = shared.stopping.clone();
    let [keys, revocations, news, limits, suspects, disk, services] =
        [(); 7].map(|()| Arc::clone(shared));
    running
        .background("signing keys", |shutdown| async move {
            let neighbours = Neighbours::connect(&keys);
            keys.auth.keys.keep_fresh(&neighbours, shutdown).await;
        })
        .background("revocations", |shutdown| async move {
            let neighbours = Neighbours::connect(&revocations);
            let every = revocations.options.timeouts.revocation_poll;
            let auth = &revocations.auth;
            let (clock, news) = (&revocations.clock, &revocations.news);
            auth.revocations.follow(&neighbours, clock, every, news, shutdown).await;
        })
        .background("news", |shutdown| async move { news.news.run(shutdown).await })
        .background("readiness", |shutdown| watch::watch(services, shutdown))
        .background("rate limits", |shutdown| async move { limits.limits.run(shutdown).await })
        .background("suspects", |shutdown| async move {
            suspects.auth.suspects.run(shutdown).await;
        })
        .background("long answers", |shutdown| async move {
            shutdown.cancelled().await;
            stopping.cancel();
        })
        .background("store", |shutdown| async move {
            disk.disk.follow(disk.options.timeouts.store_poll, shutdown).await;
        })
}

/// Runs once per worker.
fn mount(config: &mut ServiceConfig, shared: &Arc<Shared>) {
    let cors = Cors::new(&shared.origins);
    let everything = web::scope("")
        .wrap(from_fn(move |request, next| cors.clone().apply(request, next)))
        .app_data(web::Data::new(Gateway::new(shared)))
        // First, for the patterns of the page's paths are costlier to try than a prefix.
        .service(web::scope("/api").default_service(web::to(forward::forward)))
        .configure(|config| health::mount(config, shared))
        .configure(|config| openapi::mount(config, shared))
        .configure(docs::mount)
        .configure(page::mount)
        .configure(page::mount_screens)
        .default_service(web::to(forward::forward));
    config.service(everything);
}
