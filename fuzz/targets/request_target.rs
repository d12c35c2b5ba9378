//! Whatever path is asked for: refused, or one that every reader after us reads alike.
#![no_main]

use actix_web::http::Uri;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    let Ok(uri) = text.parse::<Uri>() else { return };
    let Ok(path) = gateway::target::check(&uri) else { return };
    assert!(path.starts_with('/') && !path.contains("//") && !path.contains('\\'));
    let resolved = Url::parse("http://service").unwrap().join(path).unwrap();
    assert_eq!(resolved.path(), path, "what a browser's rules make of it");
    assert_eq!(resolved.host_str(), Some("service"));
    let lower = path.to_ascii_lowercase();
    for escaped in ["%2f", "%5c", "%2e", "%25", "%00", "%3b", "%0a", "%0d"] {
        assert!(!lower.contains(escaped));
    }
    assert!(!path.split('/').any(|segment| matches!(segment, "." | "..")));
});
