//! Every spelling of every kind of address, with its verdict.

use std::net::{IpAddr, Ipv6Addr};

use egress_guard::{Permit, Reason, Rules, Target, is_public};
use ipnet::IpNet;
use proptest::prelude::*;

const ADDRESSES: &str = include_str!("../data/addresses.txt");

fn verdict(rules: &Rules, text: &str) -> &'static str {
    let admitted = Target::parse(text, Some(443)).and_then(|target| {
        rules.admit(&target)?;
        Ok(target)
    });
    match admitted {
        Ok(target) if target.address().is_some() => "public",
        Ok(_) => "name",
        Err(reason) => reason.slug(),
    }
}

#[test]
fn every_spelling_has_its_verdict() {
    let rules = Rules::default();
    let mut wrong = Vec::new();
    let lines = ADDRESSES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let mut parts = line.split("  ").map(str::trim).filter(|part| !part.is_empty());
        let (Some(text), Some(expected)) = (parts.next(), parts.next()) else {
            panic!("half a line: {line}");
        };
        count += 1;
        let found = verdict(&rules, text);
        if found != expected {
            wrong.push(format!("{text}: {found} and not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 400, "{count}");
}

fn host(text: &str, port: Option<u16>) -> Permit {
    Permit::Host { host: url::Host::parse(text).unwrap(), port }
}

#[test]
fn a_permit_lifts_what_it_names_and_no_more() {
    let rules = Rules::new(vec![
        host("nas.lan", None),
        host("media.example.com", Some(8080)),
        host("127.0.0.1", Some(9000)),
        Permit::Network("10.1.0.0/16".parse::<IpNet>().unwrap()),
    ]);
    for (text, expected) in [
        ("nas.lan:80", "name"),
        ("nas.lan:443", "name"),
        ("nas.lan:8080", "port"),
        ("other.lan:80", "local_name"),
        ("x.nas.lan:80", "local_name"),
        ("media.example.com:8080", "name"),
        ("media.example.com:8081", "port"),
        ("127.0.0.1:9000", "public"),
        ("127.0.0.1:80", "address"),
        ("127.0.0.2:9000", "port"),
        ("10.1.2.3:443", "public"),
        ("10.1.2.3:22", "port"),
        ("10.2.0.1:443", "address"),
        ("[::ffff:10.1.2.3]:443", "address"),
    ] {
        assert_eq!(verdict(&rules, text), expected, "{text}");
    }
    let resolved = |name: &str, address: &str| {
        let target = Target::parse(name, Some(443)).unwrap();
        rules.admit_address(&target, address.parse().unwrap())
    };
    assert_eq!(resolved("nas.lan", "192.168.1.5"), Ok(()));
    assert_eq!(resolved("example.com", "10.1.9.9"), Ok(()));
    assert_eq!(resolved("example.com", "192.168.1.5"), Err(Reason::Address));
    assert_eq!(resolved("media.example.com", "192.168.1.5"), Err(Reason::Address));
}

/// Written another way than in the crate: by what the standard library knows.
fn is_surely_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_multicast()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.to_ipv4().is_some()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_private_address_is_public(address in any::<IpAddr>()) {
        prop_assert!(!(is_public(address) && is_surely_private(address)), "{}", address);
    }

    #[test]
    fn no_ipv4_within_ipv6_is_public(inner in any::<u32>()) {
        let inner = u128::from(inner);
        let in_lower_half = [0, 0xffff << 32, 0xffff << 48, 0x64_ff9b << 96];
        let mut all: Vec<u128> = in_lower_half.map(|prefix: u128| prefix | inner).into();
        all.push((0x2002 << 112) | (inner << 80));
        for address in all.into_iter().map(Ipv6Addr::from) {
            prop_assert!(!is_public(address.into()), "{}", address);
        }
    }

    #[test]
    fn whatever_text_is_let_through_is_public_or_a_name(
        text in "[\\[\\]0-9a-fxA-F:.%@/。１-９ -]{1,24}",
    ) {
        let admitted = Target::parse(&text, Some(443));
        if let Ok(target) = admitted.and_then(|target| Rules::default().admit(&target).map(|()| target)) {
            match target.address() {
                Some(address) => prop_assert!(!is_surely_private(address), "{}", text),
                None => prop_assert!(target.name().is_some_and(|name| name.parse::<IpAddr>().is_err())),
            }
        }
    }
}
