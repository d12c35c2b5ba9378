//! kill -9 at random moments, again and again: every item ends exactly once, and nothing is lost,
//! doubled, cut short or left behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use common_types::{batch::Batch, download::Status};
use testkit::{
    Client, Database, ProcessStack, processes_under,
    standin::scenarios::{OKAY, SLOW},
    wait_until,
};

const ROUNDS: u64 = 20;
const LEASE_SECONDS: u64 = 2;
/// Objects younger than ten leases are left alone by the sweeper.
const SETTLED: Duration = Duration::from_secs(10 * LEASE_SECONDS + 2);

crate::on_both_databases!(a_batch_survives_twenty_kills);

async fn a_batch_survives_twenty_kills(database: Database) {
    let lease = LEASE_SECONDS.to_string();
    // Every kill costs the items that run an attempt.
    let settings = [("MAGPIE_LEASE_SECONDS", lease.as_str()), ("MAGPIE_MAX_ATTEMPTS", "100")];
    let mut stack = ProcessStack::services(database, &settings).await;
    let client = stack.client().sign_up("survivor").await;
    let token = client.token().unwrap().to_owned();
    let slow = (0..25).map(|number| SLOW.url(150 + number));
    let urls: Vec<String> = (1..=25).map(|number| OKAY.url(number)).chain(slow).collect();
    let accepted = client.create_batch(&urls).await;
    assert_eq!(accepted.total_videos, 50);
    for round in 0..ROUNDS {
        actix_web::rt::time::sleep(moment(round)).await;
        match round % 3 {
            0 => stack.kill_and_revive(&["youtube-service"]),
            1 => stack.kill_and_revive(&["db-service"]),
            _ => {
                stack.kill_and_revive(&[
                    "db-service",
                    "auth-service",
                    "youtube-service",
                    "gateway",
                ]);
            }
        }
    }
    let client = Client::new(stack.url()).with_token(token);
    let after = client.batch(accepted.batch_id).await;
    assert!(!after.status.is_final(), "the last kills hit a batch that had ended");
    let batch = client.batch_ended(accepted.batch_id).await;
    assert_eq!((batch.status, batch.completed, batch.total), (Status::Completed, 50, 50));
    assert_whole(&client, &batch).await;
    let again = batch.videos.iter().filter(|video| video.attempts > 1).count();
    assert!(again > 0, "no kill hit a running item");
    assert_nothing_is_left(&mut stack, &batch).await;
    stack.stop().await;
}

/// A moment of the round that is no multiple of anything, and the same in every run.
fn moment(round: u64) -> Duration {
    let hash = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_millis(150 + (hash >> 32) % 700)
}

/// All videos of a kind share their media, so a file that is cut or spoilt differs from its like.
async fn assert_whole(client: &Client, batch: &Batch) {
    let mut kinds = BTreeMap::new();
    for video in &batch.videos {
        let body = client.file(video.id).await.expect(200).body;
        assert_eq!(u64::try_from(body.len()).ok(), video.file_size, "{:?}", video.title);
        let kind = video.video_id.as_ref().unwrap().split('_').next().unwrap().to_owned();
        let like = kinds.entry(kind).or_insert_with(|| body.clone());
        assert!(*like == body, "{:?} is not as its like", video.title);
    }
    assert_eq!(kinds.len(), 2);
}

/// After the next start, which sweeps: the files of the items, no other, no directory of a job, and
/// no process but those of the stack.
async fn assert_nothing_is_left(stack: &mut ProcessStack, batch: &Batch) {
    actix_web::rt::time::sleep(SETTLED).await;
    stack.kill_and_revive(&["youtube-service"]);
    let expected: BTreeSet<PathBuf> =
        batch.videos.iter().map(|video| PathBuf::from(video.file_path.as_ref().unwrap())).collect();
    let media = stack.store_dir();
    wait_until("the store holds the items' files alone", || async {
        files_under(&media) == expected
    })
    .await;
    for jobs in stack.work_dirs().iter().map(|work| work.join("jobs")) {
        wait_until("no directory of a job is left", || async {
            fs::read_dir(&jobs).is_ok_and(|entries| entries.count() == 0)
        })
        .await;
        wait_until("no process of a job is left", || async { processes_under(&jobs).is_empty() })
            .await;
    }
}

/// The files below a directory, relative to it; hidden ones are the store's own.
pub(crate) fn files_under(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    found
}
