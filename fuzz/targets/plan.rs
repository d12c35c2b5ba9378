//! Whatever a service hands over to be sent: refused, or files of a store and no more.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media_store::{Plan, StorageKey};

fuzz_target!(|data: &[u8]| {
    for encoded in [data.to_vec(), [b"plan-1\n", data].concat()] {
        if let Ok(plan) = Plan::decode(Bytes::from(encoded.clone())) {
            assert_eq!(plan.encoded(), encoded);
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = text.parse::<StorageKey>()
    {
        assert!(!key.to_string().contains("..") || !key.to_string().split('/').any(|part| part == ".."));
        assert!(!key.to_string().starts_with('/'));
    }
});
