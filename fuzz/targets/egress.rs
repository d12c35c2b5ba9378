//! Whatever a job wants to connect to: refused, or a public address or name on a port of the web,
//! however it is spelled.
#![no_main]

use std::net::IpAddr;

use egress_guard::{Rules, Target};
use libfuzzer_sys::fuzz_target;

fn is_plainly_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation())
        }
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000 && v6.segments()[0] != 0x2002,
    }
}

fuzz_target!(|text: &str| {
    for port in [None, Some(443), Some(25)] {
        let Ok(target) = Target::parse(text, port) else { continue };
        assert_eq!(Target::parse(&target.to_string(), None).as_ref(), Ok(&target), "it means itself");
        if Rules::default().admit(&target).is_err() {
            continue;
        }
        assert!(matches!(target.port(), 80 | 443));
        match (target.address(), target.name()) {
            (Some(address), _) => assert!(is_plainly_public(address), "{address}"),
            (None, Some(name)) => {
                assert!(name.contains('.') && name.parse::<IpAddr>().is_err());
                assert!(!name.ends_with(".localhost") && !name.ends_with(".internal"));
            }
            (None, None) => panic!("it is neither"),
        }
    }
});
