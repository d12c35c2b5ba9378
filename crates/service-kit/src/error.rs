//! The one error type that handlers return, and how it becomes a problem.

use std::{error::Error, fmt, panic::Location};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use common_types::{ErrorCode, FieldError, MediaProblem, Problem, problem::CONTENT_TYPE};

use crate::request_id;

pub type ApiResult<T> = Result<T, ApiError>;
type Source = Box<dyn Error + Send + Sync>;

/// How long a client should wait before it asks again, where nothing better is known.
const DEFAULT_RETRY_AFTER_SECONDS: u64 = 2;

/// A refusal or a failure. The problem was written for the caller and is sent; `source` and the
/// place are for the log only.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after_seconds: Option<u64>,
    allow: Option<String>,
    source: Option<Source>,
    at: &'static Location<'static>,
}

impl ApiError {
    /// A refusal with a sentence for the caller.
    #[track_caller]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(code.problem(detail)),
            retry_after_seconds: None,
            allow: None,
            source: None,
            at: Location::caller(),
        }
    }

    /// A failure of ours; the caller learns only that there was one.
    #[track_caller]
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::new(ErrorCode::Internal, "Something went wrong on our side.").with_source(source)
    }

    /// Something we need does not answer at the moment.
    #[track_caller]
    pub fn unavailable(detail: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::new(ErrorCode::Unavailable, detail).with_source(source)
    }

    /// Also what belongs to another user is not found.
    #[track_caller]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, detail)
    }

    /// One field of the request is wrong; `pointer` is a JSON pointer into the body.
    #[track_caller]
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError::new(pointer, detail)])
    }

    /// Several fields are wrong; the sentence for people is the first one's.
    #[track_caller]
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map(|error| error.detail.clone()).unwrap_or_default();
        let mut error = Self::new(ErrorCode::InvalidRequest, detail);
        error.problem.errors = errors;
        error
    }

    #[track_caller]
    pub fn method_not_allowed(allow: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorCode::MethodNotAllowed, "This method is not allowed here.");
        error.allow = Some(allow.into());
        error
    }

    /// The media cannot be had, and the answer is immediate.
    #[track_caller]
    pub fn media(problem: MediaProblem) -> Self {
        let mut error = Self::new(ErrorCode::Media(problem.error_code), problem.error);
        error.problem.remedy = Some(problem.remedy);
        error
    }

    /// A problem that another process of ours made, passed on as it is.
    #[track_caller]
    pub fn from_problem(problem: Problem) -> Self {
        let mut error = Self::new(problem.code, String::new());
        *error.problem = problem;
        error
    }

    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.problem.errors = errors;
        self
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds `valid: false`, for answers about a credential.
    pub fn with_invalid_credential(mut self) -> Self {
        self.problem.valid = Some(false);
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.problem.code
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    fn retry_after(&self) -> Option<u64> {
        let wants_one = matches!(self.problem.status, 429 | 503);
        self.retry_after_seconds.or(wants_one.then_some(DEFAULT_RETRY_AFTER_SECONDS))
    }

    /// Logs a failure of ours, once, as a chain; refusals are the access log's.
    fn log(&self) {
        if self.problem.status >= 500 {
            log::error!("{} at {}: {}", self.problem.code.slug(), self.at, Chain(self));
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.detail)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.problem.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if let Some(seconds) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        let mut problem = (*self.problem).clone();
        problem.request_id = request_id::current();
        response.json(problem)
    }
}

/// Displays an error and every source beneath it, joined by `: `.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}
