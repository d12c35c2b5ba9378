//! Whatever is presented as a token: nobody gets in who has no key.
#![no_main]

use std::sync::OnceLock;

use auth_tokens::{IdentityKey, KeyRing, Verifier};
use common_types::Timestamp;
use libfuzzer_sys::fuzz_target;

struct Door {
    verifier: Verifier,
    identity: IdentityKey,
    kid: String,
}

fn door() -> &'static Door {
    static DOOR: OnceLock<Door> = OnceLock::new();
    DOOR.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("magpie-fuzz-{}", std::process::id()));
        let ring = KeyRing::open(&directory).unwrap();
        let kid = ring.kids().next().unwrap().to_owned();
        let verifier = Verifier::new(&ring.jwks());
        std::fs::remove_dir_all(directory).unwrap();
        Door { verifier, identity: IdentityKey::from_secret("a secret of this process alone"), kid }
    })
}

fuzz_target!(|text: &str| {
    let Door { verifier, identity, kid } = door();
    let now = Timestamp::from_seconds(1_800_000_000);
    // The key that is looked up is the right one, as any client knows it.
    let named = text.replace("KID", kid);
    for token in [text, &named] {
        assert!(verifier.verify(token, now).is_err());
        assert!(identity.verify(token, now).is_err());
    }
    drop(Verifier::from_json(text.as_bytes()));
});
