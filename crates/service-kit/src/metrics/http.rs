//! Requests: how many, how they ended, and how long until the head of their answer.

use std::{borrow::Cow, time::Duration};

use actix_web::http::{Method, StatusCode};

const REQUESTS: &str = "http_requests_total";
const REFUSED: &str = "http_refused_connections_total";
const STALLED: &str = "http_stalled_connections_total";
const DURATION: &str = "http_request_duration_seconds";

pub(super) fn describe() {
    metrics::describe_counter!(
        REQUESTS,
        "Requests that were answered, by method, route and status."
    );
    metrics::describe_counter!(
        REFUSED,
        "Connections that were answered before any service saw them."
    );
    metrics::describe_counter!(STALLED, "Connections whose client took its answer too slowly.");
    metrics::counter!(REFUSED, "status" => "429").increment(0);
    metrics::counter!(STALLED).increment(0);
    metrics::describe_histogram!(
        DURATION,
        "Time until the head of an answer was there, by method, route and class of status."
    );
}

/// Counts an answered request.
pub(crate) fn record(
    method: &Method,
    route: Cow<'static, str>,
    status: StatusCode,
    elapsed: Duration,
) {
    let method = known(method);
    let labels =
        [("method", method.into()), ("route", route.clone().into()), ("status", text(status))];
    metrics::counter!(REQUESTS, &labels).increment(1);
    metrics::histogram!(DURATION, "method" => method, "route" => route, "class" => class(status))
        .record(elapsed.as_secs_f64());
}

/// A client may send any word as its method, and must not fill the memory with them.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn text(status: StatusCode) -> metrics::SharedString {
    status.as_str().to_owned().into()
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_made_up_gets_no_series_of_its_own() {
        assert_eq!(known(&Method::from_bytes(b"BREW").unwrap()), "other");
        assert_eq!(known(&Method::PATCH), "PATCH");
    }

    #[test]
    fn every_status_has_its_class() {
        let classes =
            [101, 204, 304, 404, 503].map(|code| class(StatusCode::from_u16(code).unwrap()));
        assert_eq!(classes, ["1xx", "2xx", "3xx", "4xx", "5xx"]);
    }
}
