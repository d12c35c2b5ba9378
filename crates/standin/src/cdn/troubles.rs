//! What the media servers remember of the failures they have played.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::request::Request;
use crate::scenarios::{Delivery, Video};
use crate::world::World;

/// Beyond this many, everything is forgotten: no test has that many failing streams.
const CAPACITY: usize = 10_000;
const FAILURES: u32 = 2;

/// Memory per video, so that what fails once does so once for each id.
#[derive(Default)]
pub(crate) struct Troubles {
    failures: Mutex<HashMap<(String, u16), u32>>,
    /// The highest ticket whose addresses are refused.
    burned: Mutex<HashMap<String, u64>>,
}

/// The status with which this request must fail now, if it must.
pub(super) fn refusal(
    world: &World,
    request: &Request,
    video: &Video,
    itag: u16,
) -> Option<StatusCode> {
    let fails = match video.scenario.delivery {
        Delivery::Forbidden => return Some(StatusCode::FORBIDDEN),
        Delivery::ForbiddenOnce if is_burned(world, request, video) => {
            return Some(StatusCode::FORBIDDEN);
        }
        Delivery::FailsTwice(status) => status,
        _ => return None,
    };
    let failed_enough = world.troubles.count_failure(video, itag) > FAILURES;
    StatusCode::from_u16(fails).ok().filter(|_| !failed_enough)
}

/// The first request burns all addresses issued up to it, those of other formats too.
fn is_burned(world: &World, request: &Request, video: &Video) -> bool {
    let ticket = request.query.get("ticket").and_then(|ticket| ticket.parse::<u64>().ok());
    let mut burned = world.troubles.burned.lock().unwrap_or_else(PoisonError::into_inner);
    if burned.len() >= CAPACITY {
        burned.clear();
    }
    let limit = *burned.entry(video.id.clone()).or_insert_with(|| world.last_ticket());
    ticket.is_none_or(|ticket| ticket <= limit)
}

impl Troubles {
    /// How often this stream was asked for, this time included.
    fn count_failure(&self, video: &Video, itag: u16) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= CAPACITY {
            failures.clear();
        }
        let count = failures.entry((video.id.clone(), itag)).or_default();
        *count = count.saturating_add(1);
        *count
    }
}
