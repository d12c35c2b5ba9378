//! `GET /openapi.json`: the parts of all services and the gateway's own, merged into one document.
//!
//! Services cannot be linked, so each is asked for its part. A service that does not answer is left
//! out, and the document then says so and is not kept.

mod own;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data, ServiceConfig},
};
use serde_json::{Map, Value, json};
use service_kit::{ApiResult, Chain, Endpoint};
use tokio::sync::Mutex;

use crate::{etag::Etag, neighbours::Neighbours, routes::Service, shared::Shared};

pub(crate) const PATH: &str = "/openapi.json";
/// For how long a whole document is given again; also by caches.
const KEEP: Duration = Duration::from_secs(60);
const CACHE: &str = "public, max-age=60";
/// In the order in which readers shall meet them.
const SERVICES: [(&str, Service); 3] =
    [("auth", Service::Auth), ("youtube", Service::Youtube), ("database", Service::Database)];
/// Lists the services that are left out of a document.
const MISSING: &str = "x-missing-services";

/// The last whole document.
#[derive(Default)]
pub(crate) struct Document(Mutex<Option<Kept>>);

#[derive(Clone)]
struct Kept {
    since: Instant,
    body: Bytes,
    etag: Etag,
}

/// One worker's way to the services.
struct Collector {
    neighbours: Neighbours,
    shared: Arc<Shared>,
}

pub(crate) fn mount(config: &mut ServiceConfig, shared: &Arc<Shared>) {
    let collector =
        Collector { neighbours: Neighbours::connect(shared), shared: Arc::clone(shared) };
    config.app_data(Data::new(collector));
    Endpoint::at(PATH).get(show_document).mount(config);
}

async fn show_document(
    request: HttpRequest,
    collector: Data<Collector>,
) -> ApiResult<HttpResponse> {
    // Those who ask at once wait for one collection.
    let mut document = collector.shared.document.0.lock().await;
    let fresh = document.as_ref().filter(|kept| kept.since.elapsed() < KEEP);
    if let Some(kept) = fresh {
        return Ok(kept.answer(&request));
    }
    let (merged, missing) = collector.collect().await;
    if !missing.is_empty() {
        let mut merged = merged;
        merged.insert(MISSING.to_owned(), json!(missing));
        return Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(merged));
    }
    let body = serde_json::to_vec(&merged).map_err(service_kit::ApiError::internal)?;
    let kept = Kept { since: Instant::now(), etag: Etag::of(&body), body: body.into() };
    Ok(document.insert(kept).answer(&request))
}

impl Kept {
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = self.etag.is_known_to(request);
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, CACHE));
        if is_known {
            return response.finish();
        }
        response.content_type("application/json").body(self.body.clone())
    }
}

impl Collector {
    /// The document, and the names of the services that did not answer.
    async fn collect(&self) -> (Map<String, Value>, Vec<&'static str>) {
        let asked = SERVICES.map(|(name, service)| async move {
            let service = self.shared.services.of(service);
            (name, self.neighbours.api_part(service).await)
        });
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for (name, part) in futures_util::future::join_all(asked).await {
            match part {
                Ok(part) => parts.push(part),
                Err(error) => {
                    log::warn!("the API document lacks {name}: {}", Chain(&error));
                    missing.push(name);
                }
            }
        }
        parts.push(own::part().document());
        (merge(own::head(), parts), missing)
    }
}

/// `head` with everything of `parts`. What several bring along, such as a shared schema, is there
/// once.
fn merge(mut head: Map<String, Value>, parts: Vec<Value>) -> Map<String, Value> {
    for part in parts {
        let Value::Object(part) = part else { continue };
        for (key, value) in part {
            add(head.entry(key).or_insert(Value::Null), value);
        }
    }
    head
}

fn add(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Array(items), Value::Array(more)) => items.extend(more),
        (Value::Object(members), Value::Object(more)) => {
            for (key, value) in more {
                match members.get_mut(&key) {
                    Some(member) if is_group(&key) => add(member, value),
                    Some(member) if *member == value => {}
                    // Services of different versions, or two things of one name.
                    Some(_) => log::warn!("services describe {key} differently"),
                    None => drop(members.insert(key, value)),
                }
            }
        }
        (into, more) => *into = more,
    }
}

fn is_group(key: &str) -> bool {
    matches!(key, "schemas" | "responses" | "headers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_what_they_share_is_there_once() {
        let part = |tag: &str, path: &str| {
            json!({
                "tags": [{ "name": tag }],
                "paths": { path: {} },
                "components": { "schemas": { "Problem": { "type": "object" }, tag: {} } },
            })
        };
        let head = Map::from_iter([("openapi".to_owned(), json!("3.1.0"))]);
        let merged = Value::Object(merge(head, vec![part("a", "/a"), part("b", "/b")]));
        let expected = json!({
            "openapi": "3.1.0",
            "tags": [{ "name": "a" }, { "name": "b" }],
            "paths": { "/a": {}, "/b": {} },
            "components": { "schemas": { "Problem": { "type": "object" }, "a": {}, "b": {} } },
        });
        assert_eq!(merged, expected);
    }
}
