//! The table of routes: which service answers a path, and who may call it.

use common_types::paths::{AUTH, DATABASE, YOUTUBE};

/// A service behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Auth,
    Youtube,
    Database,
}

impl Service {
    /// Whether its answers may be files of the store. Nobody else is told which store that is.
    pub(crate) fn delivers_files(self) -> bool {
        match self {
            Self::Youtube => true,
            Self::Auth | Self::Database => false,
        }
    }
}

/// What a path needs beyond being forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Anyone may call it.
    Public,
    /// Anyone may call it, so often a minute from one address: it takes passwords.
    Password,
    /// A user may call it. What is in no table is this.
    User,
    /// As `User`; the answer waits for a site.
    Slow,
    /// As `User`; the answer goes on until the credential ends.
    Live,
    /// As `Live`, over a WebSocket.
    Socket,
    /// As `User`; a refusal says `valid: false`.
    Verify,
    /// As `User`; success ends the session.
    Logout,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) service: Service,
    pub(crate) rule: Rule,
    /// For the access log and metrics.
    pub(crate) name: &'static str,
}

/// Each service's prefix, and its name in logs.
const MOUNTS: [(&str, &str, Service); 3] = [
    (AUTH, "/api/auth/*", Service::Auth),
    (YOUTUBE, "/api/youtube/*", Service::Youtube),
    (DATABASE, "/api/database/*", Service::Database),
];

/// The paths that are more, or less, than a user's. A path is public for every method: a service
/// answers the wrong one with 405, which tells nobody anything.
const EXCEPTIONS: [(&str, Rule); 12] = [
    ("/api/auth/register", Rule::Password),
    ("/api/auth/login", Rule::Password),
    ("/api/auth/.well-known/jwks.json", Rule::Public),
    ("/api/auth/health", Rule::Public),
    ("/api/youtube/health", Rule::Public),
    ("/api/database/health", Rule::Public),
    ("/api/auth/verify", Rule::Verify),
    ("/api/auth/logout", Rule::Logout),
    ("/api/youtube/single/info", Rule::Slow),
    ("/api/youtube/playlist/info", Rule::Slow),
    ("/api/youtube/events", Rule::Live),
    ("/api/youtube/ws", Rule::Socket),
];

/// The route of a path, which must be free of tricks already.
pub(crate) fn find(path: &str) -> Option<Route> {
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(is_end_or_slash);
    let (_, name, service) = MOUNTS.iter().find(|(prefix, ..)| below(prefix))?;
    let exception = EXCEPTIONS.iter().find(|(exact, _)| *exact == path);
    let rule = exception.map_or(Rule::User, |(_, rule)| *rule);
    Some(Route { service: *service, rule, name })
}

fn is_end_or_slash(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> Option<Rule> {
        find(path).map(|route| route.rule)
    }

    #[test]
    fn whatever_is_not_named_needs_a_user() {
        for path in ["/api/auth", "/api/auth/", "/api/auth/login/", "/api/youtube/anything"] {
            assert_eq!(rule(path), Some(Rule::User), "{path}");
        }
        assert_eq!(rule("/api/auth/login"), Some(Rule::Password));
        assert_eq!(rule("/api/database/health"), Some(Rule::Public));
    }

    #[test]
    fn what_no_service_answers_has_no_route() {
        for path in ["/", "/internal/jobs", "/api", "/api/", "/api/authx", "/api/tiktok/health"] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn every_exception_is_below_a_mount() {
        assert!(EXCEPTIONS.iter().all(|(path, _)| find(path).is_some()));
    }
}
