//! A service's part of the API document (OpenAPI 3.1): one [`Operation`] per route and method, kept
//! beside the routes and compared with them by a test. The gateway asks every service for its part
//! and merges them.
//!
//! Schemas are those that the wire types derive. What surrounds them is written by hand: an
//! attribute on the handler could not say it per platform, nor group refusals by status.

mod operation;
mod refusals;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::ServiceConfig};
use serde_json::{Map, Value, json};

pub use operation::Operation;

use crate::{Endpoint, FromPeer};

/// One service's part of the document.
#[derive(Debug, Clone)]
pub struct Part {
    name: &'static str,
    prefix: String,
    tags: Vec<Value>,
    paths: BTreeMap<String, Map<String, Value>>,
    responses: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Part {
    /// Nothing yet. All paths begin with `prefix`, all operations' ids with `name`.
    pub fn new(name: &'static str, prefix: impl Into<String>) -> Self {
        Self {
            name,
            prefix: prefix.into(),
            tags: Vec::new(),
            paths: BTreeMap::new(),
            responses: Map::new(),
            schemas: Map::new(),
        }
    }

    /// A group of operations, in the order in which readers shall meet them.
    #[must_use]
    pub fn tag(mut self, name: &str, description: &str) -> Self {
        self.tags.push(json!({ "name": name, "description": description }));
        self
    }

    /// Operations, all of the tag that was added last.
    #[must_use]
    pub fn operations(self, operations: impl IntoIterator<Item = Operation>) -> Self {
        operations.into_iter().fold(self, Self::operation)
    }

    fn operation(mut self, operation: Operation) -> Self {
        let tag = self.tags.last().and_then(|tag| tag.get("name")).cloned();
        let path = format!("{}{}", self.prefix, operation.path());
        let method = operation.method();
        let described = operation.describe(self.name, tag, &mut self.schemas, &mut self.responses);
        self.paths.entry(path).or_default().insert(method.to_owned(), described);
        self
    }

    /// The part as JSON, in the shape of a whole document's.
    pub fn document(self) -> Value {
        json!({
            "tags": self.tags,
            "paths": self.paths,
            "components": { "responses": self.responses, "schemas": self.schemas },
        })
    }

    /// What is mounted and not documented, or documented and not mounted. HEAD goes without
    /// saying wherever GET is.
    pub fn differences<'e>(&self, mounted: impl IntoIterator<Item = &'e Endpoint>) -> Vec<String> {
        let mut documented: Vec<String> = Vec::new();
        for (path, methods) in &self.paths {
            documented.extend(
                methods.keys().map(|method| format!("{} {path}", method.to_ascii_uppercase())),
            );
        }
        let mut differences = Vec::new();
        for endpoint in mounted {
            let path = if endpoint.path().starts_with(&self.prefix) {
                endpoint.path().to_owned()
            } else {
                format!("{}{}", self.prefix, endpoint.path())
            };
            for method in endpoint.methods().iter().filter(|method| **method != "HEAD") {
                let route = format!("{method} {path}");
                match documented.iter().position(|documented| *documented == route) {
                    Some(index) => drop(documented.swap_remove(index)),
                    None => differences.push(format!("{route} is not documented")),
                }
            }
        }
        differences.extend(documented.into_iter().map(|route| format!("{route} is not mounted")));
        differences
    }
}

/// Mounts a part at `path`, for our own processes alone. It is made when it is asked for, which is
/// seldom, so that nobody keeps it.
pub fn offer(config: &mut ServiceConfig, path: &str, part: impl Fn() -> Part + Clone + 'static) {
    let show =
        move |_peer: FromPeer| std::future::ready(HttpResponse::Ok().json(part().document()));
    Endpoint::at(path).get(show).mount(config);
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use common_types::{ErrorCode, account::Done};

    use super::*;

    fn part() -> Part {
        Part::new("toy", "/api/toy").tag("Toys", "All of them.").operations([
            Operation::post("/toys", "make_toy")
                .summary("Make a toy")
                .for_users("download")
                .answers::<Done>(201, "It is made.")
                .refuses(&[ErrorCode::AlreadyExists, ErrorCode::NotReady]),
            Operation::get("/toys/{id}", "get_toy")
                .summary("See a toy")
                .for_anyone()
                .id("The toy's.")
                .answers::<Done>(200, "There it is."),
        ])
    }

    #[test]
    fn codes_of_one_status_are_one_response() {
        let document = part().document();
        let conflict = document.pointer("/paths/~1api~1toy~1toys/post/responses/409/$ref").unwrap();
        assert_eq!(conflict, "#/components/responses/already_exists.not_ready");
        let schema = "/components/responses/already_exists.not_ready/content/application~1problem+json\
                      /schema/allOf/1/properties/code/enum";
        assert_eq!(document.pointer(schema).unwrap(), &json!(["already_exists", "not_ready"]));
        assert!(document.pointer("/components/schemas/Problem").is_some());
    }

    #[test]
    fn what_is_missing_on_either_side_is_named() {
        let toy = |path| Endpoint::at(path).get(async || HttpResponse::Ok().finish());
        let mounted = [toy("/api/toy/toys/{id}"), toy("/toys")];
        let differences = part().differences(&mounted);
        assert_eq!(
            differences,
            ["GET /api/toy/toys is not documented", "POST /api/toy/toys is not mounted"]
        );
    }
}
