//! One request from its head to its answer: target, route, credential, limits, service.

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{Method, header},
    web::{Data, Payload},
};
use cluster::Standing;
use common_types::ErrorCode;
use service_kit::{ApiError, ApiResult, middleware::RouteName};

use crate::{
    auth::{self, Verdict},
    caller::Caller,
    credential, csrf,
    exchange::Exchange,
    limits,
    neighbours::Neighbours,
    routes::{self, Route, Rule},
    shared::Shared,
    socket, target,
    upstream::Upstream,
};

const ALLOWED_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// One worker's gateway: what all share, and the connections of its thread.
pub(crate) struct Gateway {
    shared: Arc<Shared>,
    upstream: Upstream,
    neighbours: Neighbours,
}

/// A request that may be forwarded.
struct Admitted {
    verdict: Option<Arc<Verdict>>,
    standing: Option<Standing>,
}

/// Answers every request that is not for the gateway itself.
pub(crate) async fn forward(
    request: HttpRequest,
    payload: Payload,
    gateway: Data<Gateway>,
) -> HttpResponse {
    match gateway.answer(&request, payload).await {
        Ok(response) => response,
        Err(error) => refuse(&request, &error),
    }
}

/// What follows a CONNECT or an upgrade on a connection is not HTTP; it must not be read as such.
fn refuse(request: &HttpRequest, error: &ApiError) -> HttpResponse {
    let mut response = error.error_response();
    if request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE) {
        response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    response
}

impl Gateway {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            upstream: Upstream::new(&shared.options.timeouts),
            neighbours: Neighbours::connect(shared),
        }
    }

    async fn answer(&self, request: &HttpRequest, payload: Payload) -> ApiResult<HttpResponse> {
        let route = find_route(request)?;
        request.extensions_mut().insert(RouteName(route.name));
        let caller = Caller::of(request, &self.shared.trusted_proxies);
        let admitted = self.admit(request, route, &caller).await?;
        if let Some(refusal) = admitted.standing.as_ref().and_then(limits::refusal) {
            return Ok(described(refusal.error_response(), &admitted));
        }
        let verdict = admitted.verdict.as_ref();
        let exchange = Exchange { shared: &self.shared, request, route, caller: &caller, verdict };
        let response = exchange.run(&self.upstream, payload).await?;
        if route.rule == Rule::Logout && response.status().is_success() {
            verdict.into_iter().for_each(|verdict| self.shared.auth.end(verdict));
        }
        Ok(described(response, &admitted))
    }

    /// Decides who asks, whether they may, and how they stand.
    async fn admit(
        &self,
        request: &HttpRequest,
        route: Route,
        caller: &Caller<'_>,
    ) -> ApiResult<Admitted> {
        match route.rule {
            Rule::Public => Ok(Admitted { verdict: None, standing: None }),
            Rule::Password => {
                let standing = match *request.method() {
                    Method::POST => self.shared.limits.of_address(caller.address).await,
                    _ => None,
                };
                Ok(Admitted { verdict: None, standing })
            }
            Rule::Verify => self.admit_user(request, route.rule, caller).await.map_err(|error| {
                let is_refusal = error.problem().status == 401;
                if is_refusal { error.with_invalid_credential() } else { error }
            }),
            Rule::User | Rule::Slow | Rule::Live | Rule::Socket | Rule::Logout => {
                self.admit_user(request, route.rule, caller).await
            }
        }
    }

    async fn admit_user(
        &self,
        request: &HttpRequest,
        rule: Rule,
        caller: &Caller<'_>,
    ) -> ApiResult<Admitted> {
        let credential = credential::find(request.headers()).ok_or_else(auth::unauthenticated)?;
        let auth = &self.shared.auth;
        let verdict = auth.authenticate(credential.token, caller.address, &self.neighbours).await?;
        let origins = &self.shared.origins;
        if socket::is_asked_for(request) {
            csrf::check_socket(request, caller, origins, credential.is_cookie)?;
        } else if credential.is_cookie && rule != Rule::Verify {
            // Verifying changes nothing, whoever's page has it done.
            csrf::check(request, caller, origins)?;
        }
        let standing = self.shared.limits.of_user(verdict.user.user_id).await;
        Ok(Admitted { verdict: Some(verdict), standing })
    }
}

fn described(mut response: HttpResponse, admitted: &Admitted) -> HttpResponse {
    if let Some(standing) = &admitted.standing {
        limits::describe(standing, response.headers_mut());
    }
    response
}

/// The route of a request whose head has nothing odd about it.
fn find_route(request: &HttpRequest) -> ApiResult<Route> {
    if !is_known(request.method()) {
        return Err(ApiError::method_not_allowed(ALLOWED_METHODS));
    }
    let path = target::check(request.uri())?;
    let route = routes::find(path);
    let takes_sockets = route.is_some_and(|route| route.rule == Rule::Socket);
    let is_socket = socket::is_asked_for(request);
    if is_socket && !(takes_sockets && request.method() == Method::GET) {
        let detail = "There is no WebSocket at this path.";
        return Err(ApiError::new(ErrorCode::InvalidRequest, detail));
    }
    if takes_sockets && !is_socket && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed("GET"));
    }
    if takes_sockets && !is_socket {
        let detail = "This path takes WebSockets alone; `events` has the same over plain HTTP.";
        return Err(ApiError::new(ErrorCode::InvalidRequest, detail));
    }
    route.ok_or_else(|| ApiError::not_found("There is nothing at this path."))
}

fn is_known(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::PATCH
            | Method::DELETE
            | Method::OPTIONS
    )
}
