//! `cookies`.

use common_types::cookies::{CookieState, CookiesRequest};
use serde_json::json;
use service_kit::openapi::Operation;

use crate::Platform;

pub(super) fn operations(platform: &dyn Platform) -> [Operation; 3] {
    [get(), put(platform), delete()]
}

fn get() -> Operation {
    Operation::get("/cookies", "get_cookies")
        .summary("Which cookies for the site one has given")
        .about("What they say is never told, to nobody.")
        .for_users("read")
        .answers::<CookieState>(200, "The domains, how many cookies each has, and until when.")
}

fn put(platform: &dyn Platform) -> Operation {
    let domain = platform.cookie_domains().first().copied().unwrap_or("example.org");
    let line = format!(".{domain}\tTRUE\t/\tTRUE\t4102444800\tSESSION\tabc");
    Operation::put("/cookies", "put_cookies")
        .summary("Give cookies for the site, in place of those before")
        .about(&format!(
            "A file in Netscape's format, as browser extensions export it, of at most 256 KiB. Kept \
             are only cookies of {} that have not expired; `dropped` counts the others. They are \
             sealed, used for one's own requests alone, and never told.",
            platform.cookie_domains().join(" and "),
        ))
        .for_users("download")
        .body::<CookiesRequest>(json!({ "cookies": line }))
        .or_text("The file itself.")
        .answers::<CookieState>(200, "What is kept.")
}

fn delete() -> Operation {
    Operation::delete("/cookies", "delete_cookies")
        .summary("Have one's cookies for the site forgotten")
        .about("Jobs that run already have theirs until they end.")
        .for_users("download")
        .answers::<CookieState>(200, "There are none.")
}
