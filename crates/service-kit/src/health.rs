//! `/livez` says that the process turns over; `/readyz` that it can do its work.

use std::future::Future;

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    web::{self, ServiceConfig},
};
use common_types::{ErrorCode, Problem};
use serde::Serialize;

use crate::{ApiError, Endpoint, drain::Draining, request_id};

#[derive(Serialize)]
struct Probe {
    status: &'static str,
}

pub(crate) fn mount_livez(config: &mut ServiceConfig) {
    Endpoint::at("/livez")
        .get(|| async { HttpResponse::Ok().json(Probe { status: "alive" }) })
        .mount(config);
}

/// What a service cannot work without, and in a sentence what is amiss with it.
#[derive(Debug, Clone)]
pub struct Unready {
    /// Such as `database`; a name for programs.
    pub part: &'static str,
    pub detail: String,
}

impl Unready {
    pub fn new(part: &'static str, detail: impl Into<String>) -> Self {
        Self { part, detail: detail.into() }
    }
}

/// The body of a refusal: a problem that also names the part.
#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    failing: &'static str,
}

/// Mounts `/readyz`. `check` looks at what the service cannot work without.
pub fn mount_readyz<F, Fut>(config: &mut ServiceConfig, check: F)
where
    F: Fn() -> Fut + Clone + 'static,
    Fut: Future<Output = Result<(), Unready>> + 'static,
{
    let ready = move |draining: web::Data<Draining>| {
        let check = check.clone();
        async move { readyz(&draining, check()).await }
    };
    Endpoint::at("/readyz").get(ready).mount(config);
}

async fn readyz(
    draining: &Draining,
    check: impl Future<Output = Result<(), Unready>>,
) -> HttpResponse {
    let checked = if draining.has_begun() {
        Err(Unready::new("process", "This process is shutting down."))
    } else {
        check.await
    };
    match checked {
        Ok(()) => HttpResponse::Ok().json(Probe { status: "ready" }),
        Err(unready) => refuse(unready),
    }
}

fn refuse(Unready { part, detail }: Unready) -> HttpResponse {
    let error = ApiError::new(ErrorCode::Unavailable, detail);
    let mut problem = error.problem().clone();
    problem.request_id = request_id::current();
    let response = error.error_response();
    match serde_json::to_string(&Refusal { problem: &problem, failing: part }) {
        Ok(body) => response.set_body(BoxBody::new(body)),
        Err(_without_the_part) => response,
    }
}
