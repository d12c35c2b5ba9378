//! Paths and headers that a server and its clients must agree on.

/// Where auth-service's public routes are mounted.
pub const AUTH: &str = "/api/auth";
/// Where youtube-service's public routes are mounted.
pub const YOUTUBE: &str = "/api/youtube";
/// Where db-service's public routes are mounted.
pub const DATABASE: &str = "/api/database";
/// Where every service keeps what only its neighbours may call; never reachable through the gateway.
pub const INTERNAL: &str = "/internal";
/// Where, below [`INTERNAL`], a service keeps its part of the API document, for the gateway.
pub const API_PART: &str = "/openapi.json";
/// Where, below [`INTERNAL`], a process is asked to drain.
pub const DRAIN: &str = "/drain";

/// Carries the id that follows a request through every process.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// Carries the signed identity from the gateway, or from one service to another.
pub const IDENTITY_HEADER: &str = "x-magpie-identity";
/// Offers, from the gateway, to send bytes of the store that has this id: the gateway reads its disk.
pub const STORE_HEADER: &str = "x-magpie-store";
/// Takes the offer: the body is the plan of what to send, the value how many bytes that is.
pub const DELIVERY_HEADER: &str = "x-magpie-delivery";
/// Names the session cookie that login sets.
pub const SESSION_COOKIE: &str = "magpie_session";
