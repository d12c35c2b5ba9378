//! The id that follows one request through every process and onto every line it logs.

use std::future::Future;

use uuid::{Builder, Uuid};

use crate::{Clock, dice};

/// Ids from outside are believed up to this length.
const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that the current task serves, if it serves one.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `future` as part of the request `id`.
pub async fn scope<F: Future>(id: String, future: F) -> F::Output {
    CURRENT.scope(id, future).await
}

/// The caller's id when it is a sane token, else a new one.
pub fn accept(offered: Option<&str>) -> String {
    offered.filter(|id| is_sane(id)).map_or_else(generate, str::to_owned)
}

/// A new id: a UUIDv7, so that ids sort by time.
pub fn generate() -> String {
    new_uuid().simple().to_string()
}

/// A UUIDv7, made of bytes that the system gave for many.
pub(crate) fn new_uuid() -> Uuid {
    let since_epoch = u64::try_from(Clock::system().now().as_millis());
    match (since_epoch, dice::roll()) {
        (Ok(millis), Some(random)) => {
            Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
        }
        _ => Uuid::now_v7(),
    }
}

fn is_sane(id: &str) -> bool {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(in_alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_is_a_uuid_of_this_moment() {
        let id = Uuid::parse_str(&generate()).unwrap();
        let beside = Uuid::now_v7();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, beside.get_variant()));
        let seconds = |id: Uuid| id.get_timestamp().unwrap().to_unix().0;
        assert!(seconds(beside).abs_diff(seconds(id)) < 60);
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        assert_eq!(accept(Some("abc-1_2.3:4")), "abc-1_2.3:4");
        for bad in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
            assert_ne!(accept(Some(bad)), bad);
        }
        assert_eq!(accept(None).len(), 32);
    }
}
