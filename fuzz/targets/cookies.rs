//! Whatever is uploaded: refused, or a file of the site's cookies alone that reads back the same.
#![no_main]

use cookie_jar::{CookieJar, Reading};
use libfuzzer_sys::fuzz_target;

const SITE: [&str; 2] = ["youtube.com", "youtube-nocookie.com"];

fuzz_target!(|text: &str| {
    let Ok(Reading { jar, .. }) = CookieJar::read(text, &SITE, 1_800_000_000) else { return };
    let written = jar.to_netscape();
    for line in written.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let [domain, subdomains, ..] = fields[..] else { panic!("{line:?}") };
        assert_eq!(fields.len(), 7);
        assert_eq!(domain.starts_with('.'), subdomains == "TRUE");
        let name = domain.trim_start_matches('.');
        assert!(SITE.iter().any(|site| name == *site || name.ends_with(&format!(".{site}"))));
    }
    assert_eq!(CookieJar::read(&written, &SITE, 1_800_000_000), Ok(Reading { jar, dropped: 0 }));
});
