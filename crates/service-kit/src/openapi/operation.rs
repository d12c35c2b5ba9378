//! One route and method as the document shows it.

use std::collections::BTreeMap;

use common_types::{
    ErrorCode, MediaErrorCode, Problem,
    page::{DEFAULT_LIMIT, MAX_LIMIT, Page},
};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::refusals;

/// What any operation may come to, whatever it does.
const ALWAYS: [ErrorCode; 5] = [
    ErrorCode::UnsupportedMediaType,
    ErrorCode::Internal,
    ErrorCode::BadGateway,
    ErrorCode::Unavailable,
    ErrorCode::GatewayTimeout,
];
/// What a credential may be refused for.
const CREDENTIAL: [ErrorCode; 5] = [
    ErrorCode::Unauthenticated,
    ErrorCode::TokenExpired,
    ErrorCode::TokenRevoked,
    ErrorCode::AccountDisabled,
    ErrorCode::RateLimited,
];

/// An operation under construction.
#[derive(Debug, Clone)]
pub struct Operation {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    description: String,
    /// Who may call it, said after everything else.
    access: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Map<String, Value>>,
    last_answer: u16,
    refusals: Vec<ErrorCode>,
    security: Value,
    schemas: BTreeMap<String, Value>,
}

impl Operation {
    pub fn get(path: &'static str, id: &'static str) -> Self {
        Self::new("get", path, id)
    }

    pub fn post(path: &'static str, id: &'static str) -> Self {
        Self::new("post", path, id)
    }

    pub fn put(path: &'static str, id: &'static str) -> Self {
        Self::new("put", path, id)
    }

    pub fn patch(path: &'static str, id: &'static str) -> Self {
        Self::new("patch", path, id)
    }

    pub fn delete(path: &'static str, id: &'static str) -> Self {
        Self::new("delete", path, id)
    }

    fn new(method: &'static str, path: &'static str, id: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary: "",
            description: String::new(),
            access: String::new(),
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            last_answer: 0,
            refusals: ALWAYS.to_vec(),
            security: json!([]),
            schemas: BTreeMap::new(),
        }
    }

    /// A few words for the list of operations.
    #[must_use]
    pub fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Sentences, perhaps with Markdown; each call adds a paragraph.
    #[must_use]
    pub fn about(mut self, text: &str) -> Self {
        if !self.description.is_empty() {
            self.description.push_str("\n\n");
        }
        self.description.push_str(text);
        self
    }

    /// No credential is needed.
    #[must_use]
    pub fn for_anyone(self) -> Self {
        self
    }

    /// A user's credential is needed, any.
    #[must_use]
    pub fn for_known(mut self) -> Self {
        self.security = json!([{ "token": [] }, { "api_key": [] }, { "session": [] }]);
        let changes_state = self.method != "get";
        let this = self.refuses(&CREDENTIAL);
        if changes_state { this.refuses(&[ErrorCode::Csrf]) } else { this }
    }

    /// A user's credential is needed; that of an API key must have `scope`.
    #[must_use]
    pub fn for_users(self, scope: &str) -> Self {
        let mut this = self.for_known().refuses(&[ErrorCode::Forbidden]);
        this.access = format!("An API key needs the scope `{scope}`.");
        this
    }

    /// A user's session is needed, which no API key is.
    #[must_use]
    pub fn for_sessions(self) -> Self {
        let mut this = self.for_known().refuses(&[ErrorCode::Forbidden]);
        this.security = json!([{ "token": [] }, { "session": [] }]);
        "An API key may not do this.".clone_into(&mut this.access);
        this
    }

    /// The gateway answers by itself, so that no service behind it can be missing.
    #[must_use]
    pub fn without_service(mut self) -> Self {
        self.refusals.retain(|code| !matches!(code.status(), 502..=504));
        self
    }

    /// The segment `{id}` of the path, a UUID.
    #[must_use]
    pub fn id(self, description: &str) -> Self {
        self.path_parameter("id", description, json!({ "type": "string", "format": "uuid" }))
    }

    /// A segment of the path. What it names may not be there.
    #[must_use]
    pub fn path_parameter(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        }));
        self.refuses(&[ErrorCode::NotFound])
    }

    /// A parameter of the query, which may be absent.
    #[must_use]
    pub fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "description": description, "schema": schema,
        }));
        self.refuses(&[ErrorCode::InvalidRequest])
    }

    /// As [`Operation::query`]; the values are those of a type.
    #[must_use]
    pub fn query_of<T: ToSchema>(mut self, name: &str, description: &str) -> Self {
        let reference = self.refer::<T>();
        self.query(name, description, reference)
    }

    /// A header of the request, which may be absent.
    #[must_use]
    pub fn header(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "header", "description": description, "schema": schema,
        }));
        self
    }

    /// The walk through pages: `limit` and `cursor`.
    #[must_use]
    pub fn paged(self) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT });
        self.query(
            "limit",
            "How many items a page holds; what is outside is brought inside.",
            limit,
        )
        .query("cursor", "`next_cursor` of the page before.", json!({ "type": "string" }))
    }

    /// A JSON body, with one that works.
    #[must_use]
    pub fn body<T: ToSchema>(mut self, example: Value) -> Self {
        let schema = self.refer::<T>();
        self.body = Some(json!({
            "required": true,
            "content": { "application/json": { "schema": schema, "example": example } },
        }));
        self.refuses(&[
            ErrorCode::InvalidJson,
            ErrorCode::InvalidRequest,
            ErrorCode::PayloadTooLarge,
        ])
    }

    /// Text in place of the JSON body, for whoever prefers it.
    #[must_use]
    pub fn or_text(mut self, description: &str) -> Self {
        let content = self.body.as_mut().and_then(|body| body.get_mut("content"));
        if let Some(content) = content.and_then(Value::as_object_mut) {
            let schema = json!({ "type": "string", "description": description });
            content.insert("text/plain".to_owned(), json!({ "schema": schema }));
        }
        self
    }

    /// An answer of success with a JSON body.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let schema = self.refer::<T>();
        self.answers_as(status, description, "application/json", schema)
    }

    /// A page of a list.
    #[must_use]
    pub fn answers_page<T: ToSchema>(mut self, description: &str) -> Self {
        let _reference = self.refer::<T>();
        // The schema of a generic type has the same name whatever it is of.
        let name = format!("{}Page", T::name());
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.schemas.insert(name, json!(Page::<T>::schema()));
        self.answers_as(200, description, "application/json", reference)
    }

    /// An answer of success with a body of another kind. Several kinds of one status add up.
    #[must_use]
    pub fn answers_as(
        self,
        status: u16,
        description: &str,
        media_type: &str,
        schema: Value,
    ) -> Self {
        let mut this = self.answer(status, description);
        let answer = this.answers.entry(status).or_default();
        let content = answer.entry("content").or_insert_with(|| json!({}));
        if let Some(content) = content.as_object_mut() {
            content.insert(media_type.to_owned(), json!({ "schema": schema }));
        }
        this
    }

    /// An answer without a body.
    #[must_use]
    pub fn answers_nothing(self, status: u16, description: &str) -> Self {
        self.answer(status, description)
    }

    fn answer(mut self, status: u16, description: &str) -> Self {
        let answer = self.answers.entry(status).or_default();
        answer.entry("description").or_insert_with(|| json!(description));
        self.last_answer = status;
        self
    }

    /// A header of the answer that was added last.
    #[must_use]
    pub fn with_header(mut self, name: &str, description: &str) -> Self {
        let answer = self.answers.entry(self.last_answer).or_default();
        let headers = answer.entry("headers").or_insert_with(|| json!({}));
        if let Some(headers) = headers.as_object_mut() {
            let header = json!({ "description": description, "schema": { "type": "string" } });
            headers.insert(name.to_owned(), header);
        }
        self
    }

    /// Codes of errors, beside those that its other properties bring along.
    #[must_use]
    pub fn refuses(mut self, codes: &[ErrorCode]) -> Self {
        self.refusals.extend_from_slice(codes);
        self
    }

    /// The site may not give the media.
    #[must_use]
    pub fn refuses_media(self) -> Self {
        let any = ErrorCode::Media(MediaErrorCode::VideoUnavailable);
        let mut this = self.refuses(&[any]);
        let _reference = this.refer::<MediaErrorCode>();
        this
    }

    /// Notes a type among the schemas and refers to it.
    fn refer<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        let mut found = vec![(name, T::schema())];
        T::schemas(&mut found);
        self.schemas.extend(found.into_iter().map(|(name, schema)| (name, json!(schema))));
        reference
    }

    pub(super) fn path(&self) -> &'static str {
        self.path
    }

    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    /// The operation as JSON; what it shares with others goes to the components.
    pub(super) fn describe(
        mut self,
        service: &str,
        tag: Option<Value>,
        schemas: &mut Map<String, Value>,
        responses: &mut Map<String, Value>,
    ) -> Value {
        let _reference = self.refer::<Problem>();
        let access = std::mem::take(&mut self.access);
        if !access.is_empty() {
            self = self.about(&access);
        }
        schemas.extend(self.schemas);
        let mut all: Map<String, Value> = Map::new();
        let is_limited = self.refusals.contains(&ErrorCode::RateLimited);
        for (status, mut answer) in self.answers {
            add_common_headers(&mut answer, is_limited);
            all.insert(status.to_string(), Value::Object(answer));
        }
        for (status, refusal) in refusals::responses(&self.refusals, responses) {
            all.entry(status.to_string()).or_insert(refusal);
        }
        let mut described = Map::new();
        let mut insert = |key: &str, value: Value| described.insert(key.to_owned(), value);
        insert("operationId", json!(format!("{service}_{}", self.id)));
        insert("summary", json!(self.summary));
        if let Some(tag) = tag {
            insert("tags", json!([tag]));
        }
        if !self.description.is_empty() {
            insert("description", json!(self.description));
        }
        if !self.parameters.is_empty() {
            insert("parameters", json!(self.parameters));
        }
        if let Some(body) = self.body {
            insert("requestBody", body);
        }
        insert("responses", Value::Object(all));
        insert("security", self.security);
        Value::Object(described)
    }
}

/// The headers that the gateway gives an answer, whoever made it; it describes them as well.
fn add_common_headers(answer: &mut Map<String, Value>, is_limited: bool) {
    let headers = answer.entry("headers").or_insert_with(|| json!({}));
    let limits: &[&str] = &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    let common = limits.iter().filter(|_| is_limited).chain([&"X-Request-Id"]);
    if let Some(headers) = headers.as_object_mut() {
        headers.extend(common.map(|name| ((*name).to_owned(), header_reference(name))));
    }
}

pub(super) fn header_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}
