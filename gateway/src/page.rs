//! The web page, and what stands at `/` for those who are no browser.

mod files;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, guard,
    guard::GuardContext,
    http::header::{self, HeaderName, HeaderValue},
    web::{self, ServiceConfig},
};
use common_types::paths::{AUTH, DATABASE, YOUTUBE};
use service_kit::{ApiError, Endpoint, VERSION};

use files::Representation;

const INDEX: &str = "index.html";
/// What lies at the root beside the index; browsers and phones ask for these by name.
const ROOT_FILES: [&str; 4] = ["icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest"];

/// The page loads its own script and style and speaks to this origin; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// What a page of ours never needs, so that nothing that got into it can ask for it either.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), \
                           payment=(), usb=()";
/// The name of a file below `assets` changes with what is in it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_FIRST: &str = "no-cache";

pub(crate) fn mount(config: &mut ServiceConfig) {
    Endpoint::at("/").get(show_root).mount(config);
    Endpoint::at("/assets/{name}").get(show_asset).mount(config);
    for name in ROOT_FILES {
        let show = move |request: HttpRequest| async move { show_file(&request, name, ASK_FIRST) };
        Endpoint::at(&format!("/{name}")).get(show).mount(config);
    }
}

/// The page's own screens have paths of their own, which only its script knows. Mounted after
/// everything that answers for itself.
pub(crate) fn mount_screens(config: &mut ServiceConfig) {
    let reads = guard::Any(guard::Get()).or(guard::Head());
    let screens = web::resource("/{screen:.*}").guard(reads).guard(guard::fn_guard(is_screen));
    config.service(screens.route(web::to(show_index)));
}

fn is_screen(context: &GuardContext<'_>) -> bool {
    let path = context.head().uri.path();
    let is_page = !path.starts_with("/api") && !path.starts_with("/internal");
    is_page && accepts_html(context.head().headers().get(header::ACCEPT))
}

/// The page for browsers; for others, what there is.
async fn show_root(request: HttpRequest) -> HttpResponse {
    let wants_page = accepts_html(request.headers().get(header::ACCEPT));
    let mut response = if wants_page { index(&request) } else { describe_api() };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    response
}

async fn show_index(request: HttpRequest) -> HttpResponse {
    index(&request)
}

async fn show_asset(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    show_file(&request, &format!("assets/{name}"), FOR_EVER)
}

fn index(request: &HttpRequest) -> HttpResponse {
    show_file(request, INDEX, ASK_FIRST)
}

fn show_file(request: &HttpRequest, path: &str, cache: &'static str) -> HttpResponse {
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    match files::find(path, accepted.and_then(|accepted| accepted.to_str().ok())) {
        Some(file) => respond(request, file, cache),
        None => ApiError::not_found("There is no such file.").error_response(),
    }
}

fn respond(request: &HttpRequest, file: Representation, cache: &'static str) -> HttpResponse {
    let is_known = file.etag.is_known_to(request);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    describe(&mut response, &file, cache);
    if is_known {
        return response.finish();
    }
    if let Some(encoding) = file.encoding {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    response.insert_header((header::CONTENT_TYPE, file.media_type)).body(file.bytes)
}

fn describe(response: &mut HttpResponseBuilder, file: &Representation, cache: &'static str) {
    response
        .insert_header((header::ETAG, file.etag.as_str()))
        .insert_header((header::CACHE_CONTROL, cache))
        .append_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((HeaderName::from_static("permissions-policy"), PERMISSIONS))
        .insert_header((HeaderName::from_static("cross-origin-opener-policy"), "same-origin"));
}

/// Whether a page is wanted, and no less than JSON.
fn accepts_html(accept: Option<&HeaderValue>) -> bool {
    let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let html = weight(accept, "text/html");
    html > 0.0 && html >= weight(accept, "application/json")
}

/// How much `Accept` wants a media type that it names (RFC 9110, section 12.5.1).
fn weight(accept: &str, media_type: &str) -> f32 {
    let named = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_it = parts.next()?.eq_ignore_ascii_case(media_type);
        let weight = parts.find_map(|parameter| parameter.strip_prefix("q="));
        is_it.then(|| weight.map_or(1.0, |weight| weight.parse().unwrap_or_default()))
    });
    named.fold(0.0, f32::max)
}

fn describe_api() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "name": "Magpie",
        "version": VERSION,
        "documentation": "/docs",
        "endpoints": {
            "health": "/health",
            "auth": AUTH,
            "youtube": YOUTUBE,
            "database": DATABASE,
        },
    }))
}
