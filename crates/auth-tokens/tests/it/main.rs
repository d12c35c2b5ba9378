//! The battery of access tokens: `tokens.json` says how each differs from a good one, and what the
//! verifier must answer. A new case is a new line there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests"
)]

use auth_tokens::{KeyRing, TokenError, Verifier};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common_types::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};

const NOW: i64 = 1_800_000_000;

#[derive(Deserialize)]
struct Battery {
    /// What every token has unless its case says otherwise.
    header: Map<String, Value>,
    claims: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    what: String,
    /// Members to set, or, being null, to leave out; `"null"` sets null.
    #[serde(default)]
    header: Map<String, Value>,
    #[serde(default)]
    claims: Map<String, Value>,
    /// The whole JSON, where members do not suffice.
    header_text: Option<String>,
    claims_text: Option<String>,
    #[serde(default)]
    sign: Sign,
    /// What is done to the finished token.
    #[serde(default)]
    then: Then,
    verdict: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Sign {
    #[default]
    Ours,
    /// With an Ed25519 key that is not in the ring.
    Another,
    /// HMAC with the public key as its secret, which is the classic confusion.
    HmacOfPublicKey,
    Nothing,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Then {
    #[default]
    Nothing,
    PadSignature,
    PadHeader,
    SpaceBefore,
    SpaceAfter,
    NewlineInside,
    FlipLastSignatureBit,
    SetUnusedBits,
    AddGroupOrder,
    TruncateSignature,
    DropSignature,
    DropSecondDot,
    FourthPart,
    FivePartsLikeJwe,
    StandardAlphabet,
    Grow,
    SwapHeaderAndClaims,
    Percent,
    NonAscii,
}

struct Keys {
    ring: KeyRing,
    ours: EncodingKey,
    another: EncodingKey,
    kid: String,
    public: Vec<u8>,
    _directories: [tempfile::TempDir; 2],
}

fn keys() -> Keys {
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let ring = KeyRing::open(directories[0].path()).unwrap();
    KeyRing::open(directories[1].path()).unwrap();
    let [ours, another] = [&directories[0], &directories[1]].map(|directory| {
        let file = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        EncodingKey::from_ed_pem(&std::fs::read(file).unwrap()).unwrap()
    });
    let jwks = serde_json::to_value(ring.jwks()).unwrap();
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let kid = ring.kids().next().unwrap().to_owned();
    Keys { ring, ours, another, kid, public, _directories: directories }
}

fn merged(base: &Map<String, Value>, change: &Map<String, Value>, kid: &str) -> String {
    let mut all = base.clone();
    for (name, value) in change {
        match value {
            Value::Null => drop(all.remove(name)),
            Value::String(text) if text == "null" => drop(all.insert(name.clone(), Value::Null)),
            value => drop(all.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(all).to_string().replace("$KID", kid)
}

fn forge(battery: &Battery, case: &Case, keys: &Keys) -> String {
    let text = |given: &Option<String>, base: &Map<String, Value>, change: &Map<String, Value>| {
        given
            .as_ref()
            .map_or_else(|| merged(base, change, &keys.kid), |text| text.replace("$KID", &keys.kid))
    };
    let header = text(&case.header_text, &battery.header, &case.header);
    let claims = text(&case.claims_text, &battery.claims, &case.claims);
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let sign = |key: &EncodingKey, algorithm| {
        jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap()
    };
    let signature = match case.sign {
        Sign::Ours => sign(&keys.ours, Algorithm::EdDSA),
        Sign::Another => sign(&keys.another, Algorithm::EdDSA),
        Sign::HmacOfPublicKey => sign(&EncodingKey::from_secret(&keys.public), Algorithm::HS256),
        Sign::Nothing => String::new(),
    };
    mutate(&case.then, &header, &claims, &signature)
}

fn mutate(then: &Then, header: &str, claims: &str, signature: &str) -> String {
    let token = format!("{header}.{claims}.{signature}");
    match then {
        Then::Nothing => token,
        Then::PadSignature => format!("{token}=="),
        Then::PadHeader => format!("{header}==.{claims}.{signature}"),
        Then::SpaceBefore => format!(" {token}"),
        Then::SpaceAfter => format!("{token} "),
        Then::NewlineInside => token.replacen('.', "\n.", 1),
        Then::FlipLastSignatureBit => changed(header, claims, signature, |bytes| bytes[63] ^= 1),
        Then::AddGroupOrder => changed(header, claims, signature, add_group_order),
        Then::SetUnusedBits => {
            // 64 bytes leave four bits of the last character unused.
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let (rest, last) = signature.split_at(signature.len() - 1);
            let next = alphabet.find(last).unwrap() + 1;
            format!("{header}.{claims}.{rest}{}", &alphabet[next..=next])
        }
        Then::TruncateSignature => token[..token.len() - 4].to_owned(),
        Then::DropSignature => format!("{header}.{claims}."),
        Then::DropSecondDot => format!("{header}.{claims}"),
        Then::FourthPart => format!("{token}.e30"),
        Then::FivePartsLikeJwe => format!("{header}..{claims}.{signature}.{signature}"),
        Then::StandardAlphabet => {
            format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+"))
        }
        Then::Grow => format!("{header}.{claims}.{}", signature.repeat(60)),
        Then::SwapHeaderAndClaims => format!("{claims}.{header}.{signature}"),
        Then::Percent => token.replacen('.', "%2e", 1),
        Then::NonAscii => token.replacen('e', "é", 1),
    }
}

fn changed(header: &str, claims: &str, signature: &str, change: fn(&mut [u8])) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    change(&mut bytes);
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Another spelling of the same signature, for verifiers that do not insist on the smallest.
fn add_group_order(signature: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn verdict(judged: Result<auth_tokens::AccessClaims, TokenError>) -> &'static str {
    match judged {
        Ok(_claims) => "ok",
        Err(TokenError::Invalid) => "invalid",
        Err(TokenError::Expired) => "expired",
        Err(TokenError::UnknownKey) => "unknown_key",
    }
}

#[test]
fn every_token_of_the_battery_gets_its_verdict() {
    let battery: Battery = serde_json::from_str(include_str!("tokens.json")).unwrap();
    let keys = keys();
    let verifier = Verifier::new(&keys.ring.jwks());
    let wrong: Vec<_> = battery
        .cases
        .iter()
        .filter_map(|case| {
            let token = forge(&battery, case, &keys);
            let found = verdict(verifier.verify(&token, Timestamp::from_seconds(NOW)));
            (found != case.verdict).then(|| format!("{}: {found}", case.what))
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
    assert!(battery.cases.len() >= 60, "{}", battery.cases.len());
}
