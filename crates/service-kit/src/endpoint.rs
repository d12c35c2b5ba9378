//! One path and the methods it knows; any other method is 405 with `Allow`.

use actix_web::{
    FromRequest, Handler, Resource, Responder, guard,
    http::Method,
    web::{self, ServiceConfig},
};

use crate::ApiError;

/// A path under construction. actix answers an unknown method without `Allow`, which RFC 9110
/// (section 15.5.6) requires; this adds it.
pub struct Endpoint {
    path: String,
    resource: Resource,
    allow: Vec<&'static str>,
}

impl Endpoint {
    pub fn at(path: &str) -> Self {
        Self { path: path.to_owned(), resource: web::resource(path), allow: Vec::new() }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// The methods that it knows, as `Allow` names them.
    pub fn methods(&self) -> &[&'static str] {
        &self.allow
    }

    /// Answers GET, and HEAD with the same head.
    #[must_use]
    pub fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let either = guard::Any(guard::Get()).or(guard::Head());
        self.resource = self.resource.route(web::route().guard(either).to(handler));
        self.allow.extend(["GET", "HEAD"]);
        self
    }

    #[must_use]
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, "POST", handler)
    }

    #[must_use]
    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PUT, "PUT", handler)
    }

    #[must_use]
    pub fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PATCH, "PATCH", handler)
    }

    #[must_use]
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, "DELETE", handler)
    }

    fn on<F, Args>(mut self, method: Method, name: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.resource = self.resource.route(web::method(method).to(handler));
        self.allow.push(name);
        self
    }

    /// Mounts the path.
    pub fn mount(self, config: &mut ServiceConfig) {
        let allow = self.allow.join(", ");
        let refuse = move || {
            let error = ApiError::method_not_allowed(allow.clone());
            std::future::ready(Err::<&'static str, _>(error))
        };
        config.service(self.resource.default_service(web::to(refuse)));
    }
}
