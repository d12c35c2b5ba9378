//! The web page, and what stands at `/` for those who are no browser.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::{Data, ServiceConfig},
};
use common_types::paths::{AUTH, DATABASE, YOUTUBE};
use service_kit::{Endpoint, VERSION};
use sha2::{Digest, Sha256};

/// The page loads its own script and style and speaks to this origin; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A file of the page, part of the binary.
#[derive(Debug)]
struct Asset {
    media_type: &'static str,
    bytes: &'static [u8],
    etag: String,
}

impl Asset {
    fn new(media_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash = Sha256::digest(bytes);
        let tag = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>();
        Self { media_type, bytes, etag: format!("\"{tag}\"") }
    }

    fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get(header::IF_NONE_MATCH);
        let is_known = known.is_some_and(|tags| self.is_among(tags));
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
        if is_known {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.media_type)).body(self.bytes)
    }

    /// Weak comparison (RFC 9110, section 13.1.2).
    fn is_among(&self, tags: &HeaderValue) -> bool {
        let mut tags = tags.to_str().unwrap_or("").split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag)
    }
}

/// All files of the page; made once per worker.
#[derive(Debug)]
struct Page {
    index: Asset,
    script: Asset,
    style: Asset,
}

pub(crate) fn mount(config: &mut ServiceConfig) {
    config.app_data(Data::new(Page {
        index: Asset::new("text/html; charset=utf-8", include_bytes!("../web/index.html")),
        script: Asset::new("text/javascript; charset=utf-8", include_bytes!("../web/app.js")),
        style: Asset::new("text/css; charset=utf-8", include_bytes!("../web/app.css")),
    }));
    Endpoint::at("/").get(show_root).mount(config);
    Endpoint::at("/assets/app.js").get(show_script).mount(config);
    Endpoint::at("/assets/app.css").get(show_style).mount(config);
}

/// The page for browsers; for others, what there is.
async fn show_root(request: HttpRequest, page: Data<Page>) -> HttpResponse {
    let mut response =
        if wants_html(&request) { page.index.respond(&request) } else { describe_api() };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

async fn show_script(request: HttpRequest, page: Data<Page>) -> HttpResponse {
    page.script.respond(&request)
}

async fn show_style(request: HttpRequest, page: Data<Page>) -> HttpResponse {
    page.style.respond(&request)
}

fn wants_html(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
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
