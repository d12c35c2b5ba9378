//! `GET /docs`: a page that shows `/openapi.json`. It is our own and small, loads nothing from
//! elsewhere, and writes text only as text.

use actix_web::{HttpRequest, HttpResponse, http::header, web::ServiceConfig};
use service_kit::Endpoint;

use crate::etag::Etag;

pub(crate) const PATH: &str = "/docs";

/// No inline script or style, and no script that makes markup out of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const PAGE: &[u8] = include_bytes!("../docs/index.html");
const SCRIPT: &[u8] = include_bytes!("../docs/docs.js");
const STYLE: &[u8] = include_bytes!("../docs/docs.css");

pub(crate) fn mount(config: &mut ServiceConfig) {
    serve(config, PATH, "text/html; charset=utf-8", PAGE);
    serve(config, "/docs/docs.js", "text/javascript; charset=utf-8", SCRIPT);
    serve(config, "/docs/docs.css", "text/css; charset=utf-8", STYLE);
}

fn serve(config: &mut ServiceConfig, path: &str, media_type: &'static str, bytes: &'static [u8]) {
    let etag = Etag::of(bytes);
    let show =
        move |request: HttpRequest| std::future::ready(respond(&request, &etag, media_type, bytes));
    Endpoint::at(path).get(show).mount(config);
}

fn respond(
    request: &HttpRequest,
    etag: &Etag,
    media_type: &'static str,
    bytes: &'static [u8],
) -> HttpResponse {
    let is_known = etag.is_known_to(request);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, etag.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    if is_known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, media_type)).body(bytes)
}
