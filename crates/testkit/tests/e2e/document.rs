//! The document as a check: whether an answer is one that it describes.

use serde_json::{Map, Value, json};
use testkit::{Answer, Client};

/// An API document.
pub(crate) struct Document(pub(super) Value);

/// One of its operations.
pub(crate) struct Operation<'d> {
    pub(crate) method: String,
    pub(crate) path: String,
    described: &'d Value,
}

impl Operation<'_> {
    pub(crate) fn id(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    pub(crate) fn example(&self) -> Option<Value> {
        self.described.pointer("/requestBody/content/application~1json/example").cloned()
    }

    pub(crate) fn takes_text(&self) -> bool {
        self.described.pointer("/requestBody/content/text~1plain").is_some()
    }

    pub(crate) fn body_schema(&self) -> Value {
        self.described.pointer("/requestBody/content/application~1json/schema").unwrap().clone()
    }

    /// Whether a parameter of this name is documented, in the path, the query or a header.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|parameter| parameter["name"] == name)
    }

    pub(crate) fn responses(&self) -> &Map<String, Value> {
        self.described["responses"].as_object().unwrap()
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let (ours, theirs) = (self.path.split('/'), path.split('/'));
        self.method == method
            && ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    }
}

impl Document {
    /// What the gateway serves.
    pub(crate) async fn of(client: &Client) -> Self {
        Self(client.anonymous().get("/openapi.json").await.expect(200).json())
    }

    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        paths
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().iter().map(|(method, described)| Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    described,
                })
            })
            .collect()
    }

    pub(crate) fn operation(&self, id: &str) -> Operation<'_> {
        self.operations().into_iter().find(|operation| operation.id() == id).unwrap()
    }

    /// Insists that the document describes this answer: its status, its media type, its body, and
    /// the headers that it says are there. A HEAD is described by its GET.
    #[track_caller]
    pub(crate) fn describes(&self, method: &str, target: &str, answer: &Answer) {
        let what = format!("{method} {target}: {}", answer.status);
        let path = target.split('?').next().unwrap();
        let described = if method == "HEAD" { "GET" } else { method };
        let operations = self.operations();
        let mut found: Vec<_> =
            operations.iter().filter(|operation| operation.matches(described, path)).collect();
        // A path without parameters wins, as it does in routing.
        found.sort_by_key(|operation| operation.path.matches('{').count());
        let operation = found.first().unwrap_or_else(|| panic!("{what}: not documented"));
        let response = operation.responses().get(&answer.status.to_string());
        let response =
            response.unwrap_or_else(|| panic!("{what}: no such status: {}", answer.text()));
        let response = self.resolve(response);
        self.check_headers(&what, response, answer);
        if method != "HEAD" {
            self.check_body(&what, response, answer);
        }
    }

    fn check_headers(&self, what: &str, response: &Value, answer: &Answer) {
        for (name, _header) in response["headers"].as_object().unwrap() {
            // The tests' stack has no limits.
            if !name.starts_with("RateLimit-") {
                assert!(answer.header(&name.to_lowercase()).is_some(), "{what}: lacks {name}");
            }
        }
    }

    fn check_body(&self, what: &str, response: &Value, answer: &Answer) {
        let Some(content) = response.get("content").and_then(Value::as_object) else {
            assert!(answer.body.is_empty(), "{what}: has a body");
            return;
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap();
        let group = format!("{}/*", media_type.split('/').next().unwrap());
        let described = content.get(media_type).or_else(|| content.get(&group));
        let described = described.unwrap_or_else(|| panic!("{what}: is {media_type}"));
        if media_type.ends_with("json") {
            let complaints = self.complaints(&described["schema"], &answer.json());
            assert_eq!(complaints, [""; 0], "{what}: {}", answer.text());
        }
    }

    /// How `value` differs from `schema`.
    pub(crate) fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let schema = json!({ "allOf": [schema], "components": self.0["components"] });
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let complaints = validator.iter_errors(value);
        complaints.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn resolve<'d>(&'d self, node: &'d Value) -> &'d Value {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).unwrap(),
            None => node,
        }
    }
}
