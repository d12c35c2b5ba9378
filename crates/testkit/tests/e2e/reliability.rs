//! Two of every service under load, and one thing after another that goes wrong: no item is lost,
//! none is fetched into the store twice, and whoever asks is answered.
//!
//! The suite has one short round of each kind of restart; `scripts/reliability` runs all the faults,
//! each many times.

mod faults;
mod load;
mod sockets;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use common_types::{
    batch::{Batch, BatchAccepted},
    download::{Download, Status},
};
use serde_json::json;
use testkit::{
    Answer, Client,
    standin::scenarios::{OKAY, SLOW},
    wait_for, wait_until,
};
use uuid::Uuid;

use self::{
    faults::Fault,
    load::{Load, Report},
};

const BATCHES: &str = "/api/youtube/multi/batch";
const LEASE_SECONDS: u64 = 2;
/// Objects younger than ten leases are left alone by the sweeper.
const SETTLED: Duration = Duration::from_secs(10 * LEASE_SECONDS + 2);
/// A batch has this many items at most.
const BATCH: usize = 50;
/// A hundred slow items take a minute or two where nothing goes wrong.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between the recovery from one fault and the next.
const PAUSE: Duration = Duration::from_millis(700);

/// How much there is to go wrong.
struct Scale {
    times: usize,
    jobs: usize,
    sockets: usize,
    /// Whether to wait until the store can be looked through.
    is_thorough: bool,
}

const SHORT: Scale = Scale { times: 1, jobs: 12, sockets: 6, is_thorough: false };

#[actix_web::test]
async fn one_of_two_of_each_may_be_killed() {
    for name in ["gateway", "auth-service", "db-service", "youtube-service"] {
        survive(Fault::Kill(name), &SHORT).await;
    }
}

#[actix_web::test]
async fn everything_may_be_restarted_one_after_the_other() {
    survive(Fault::RollingRestart, &SHORT).await;
}

/// `E2E_FAULT` names one of the faults, `E2E_TIMES` says how often it strikes.
#[actix_web::test]
#[ignore = "takes minutes: scripts/reliability"]
async fn a_fault_strikes_again_and_again() {
    let says = |name: &str| std::env::var_os(name).and_then(|said| said.into_string().ok());
    let named = says("E2E_FAULT").unwrap_or_else(|| "kill gateway".to_owned());
    let fault = *Fault::ALL.iter().find(|fault| fault.name() == named).unwrap();
    let times = says("E2E_TIMES").map_or(10, |times| times.parse().unwrap());
    survive(fault, &Scale { times, jobs: 100, sockets: 50, is_thorough: true }).await;
}

async fn survive(fault: Fault, scale: &Scale) {
    let settings = [
        ("MAGPIE_LEASE_SECONDS", "2"),
        ("MAGPIE_DRAIN_SECONDS", "4"),
        // Every fault may cost the items that run an attempt.
        ("MAGPIE_MAX_ATTEMPTS", "100"),
        ("MAGPIE_LOG", "warn"),
    ];
    let mut fleet = fault.target(&settings).await;
    let clients = fleet.sign_up("survivor").await;
    let load = Load::start(&fleet, &clients[0], scale.sockets);
    let mut batches = Vec::new();
    top_up(&clients[0], &mut batches, scale.jobs).await;
    let mut recoveries = Vec::new();
    for _ in 0..scale.times {
        tokio::time::sleep(PAUSE).await;
        let struck = Instant::now();
        fault.strike(&mut fleet).await;
        recovered(&clients).await;
        recoveries.push(struck.elapsed());
        if scale.is_thorough && open_items(&clients[0], &batches).await < 20 {
            top_up(&clients[0], &mut batches, BATCH).await;
        }
    }
    let whole = nothing_is_lost(&clients[0], &batches).await;
    load.all_sockets_hear(&clients[0]).await;
    let report = load.stop();
    let written = nothing_written_is_lost(&clients[0], &report).await;
    if scale.is_thorough {
        tokio::time::sleep(SETTLED).await;
        fleet.stack.kill_and_revive(&["youtube-service"]);
    }
    let expected: BTreeSet<PathBuf> = whole.into_iter().chain(written).collect();
    let media = fleet.s3().files();
    wait_until("the store holds the items' files, and in the end no other", || async {
        let held = crate::rounds::files_under(&media);
        if scale.is_thorough { held == expected } else { held.is_superset(&expected) }
    })
    .await;
    assert_eq!(report.unclear, [""; 0], "{}", fault.name());
    // The suite runs on machines so busy that a service is late for its neighbours.
    if fault.is_hidden() && scale.is_thorough {
        assert_eq!(report.failed_reads, BTreeMap::new(), "{}", fault.name());
    }
    tell(fault, scale, &report, &recoveries, expected.len());
    fleet.stack.stop().await;
}

async fn top_up(client: &Client, batches: &mut Vec<Uuid>, items: usize) {
    let mut left = items;
    while left > 0 {
        let size = left.min(BATCH);
        let urls: Vec<String> = (150..).take(size).map(|number| SLOW.url(number)).collect();
        let accepted = wait_for("a batch is accepted", || async {
            let body = json!({ "urls": urls, "quality": "360p" });
            let answer = client.post(BATCHES, &body).await;
            (answer.status == 202).then_some(answer)
        })
        .await;
        batches.push(accepted.json::<BatchAccepted>().batch_id);
        left -= size;
    }
}

async fn open_items(client: &Client, batches: &[Uuid]) -> usize {
    let mut open = 0;
    for id in batches {
        let batch = wait_for("the batch can be seen", || async {
            let answer = client.get(&format!("{BATCHES}/{id}")).await;
            (answer.status == 200).then(|| answer.json::<Batch>())
        })
        .await;
        open += batch.videos.iter().filter(|video| !video.status.is_final()).count();
    }
    open
}

/// Until each gateway has had a download accepted and shown.
async fn recovered(clients: &[Client; 2]) {
    for client in clients {
        wait_until("a download is accepted again", || async {
            let key = Uuid::now_v7().to_string();
            let body = json!({ "url": OKAY.url(1), "quality": "360p" });
            load::create(client, &key, &body).await.is_ok()
        })
        .await;
    }
}

/// The files of all items, each of which has completed and is as its likes are.
async fn nothing_is_lost(client: &Client, batches: &[Uuid]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut like = None;
    for id in batches {
        let ending = async {
            loop {
                let batch: Batch = got(client, &format!("{BATCHES}/{id}")).await.json();
                if batch.status.is_final() {
                    return batch;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let batch = tokio::time::timeout(PATIENCE, ending).await.unwrap();
        assert_eq!((batch.status, batch.completed), (Status::Completed, batch.total));
        for video in &batch.videos {
            let body = got(client, &format!("/api/youtube/single/file/{}", video.id)).await.body;
            assert_eq!(u64::try_from(body.len()).ok(), video.file_size, "{:?}", video.title);
            assert!(*like.get_or_insert_with(|| body.clone()) == body, "{:?}", video.title);
            files.push(PathBuf::from(video.file_path.as_ref().unwrap()));
        }
    }
    files
}

/// The files of what the load asked for; each was made once, however often it was asked for.
async fn nothing_written_is_lost(client: &Client, report: &Report) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let all = all_singles(client).await;
    for id in &report.written {
        assert!(all.contains(id), "{id} was accepted and is gone");
    }
    for id in all {
        files.push(completed(client, id).await);
    }
    files
}

/// The file of a download, once that has completed.
async fn completed(client: &Client, id: Uuid) -> PathBuf {
    let path = format!("/api/youtube/single/status/{id}");
    wait_for("a download completes", || async {
        let download: Download = got(client, &path).await.json();
        (download.status == Status::Completed).then(|| download.file_path.unwrap().into())
    })
    .await
}

/// An answer, asked for again for as long as it is told that it cannot be had at the moment: faults
/// are over by now, but on a machine that is busy with other things a service may be late.
async fn got(client: &Client, path: &str) -> Answer {
    wait_for("an answer", || async {
        let answer = client.get(path).await;
        assert!(matches!(answer.status, 200 | 502..=504), "{path}: {}", answer.text());
        (answer.status == 200).then_some(answer)
    })
    .await
}

async fn all_singles(client: &Client) -> BTreeSet<Uuid> {
    let mut found = BTreeSet::new();
    let mut path = "/api/youtube/downloads?limit=100&type=single".to_owned();
    loop {
        let page: serde_json::Value = got(client, &path).await.json();
        let items = page["items"].as_array().unwrap();
        found
            .extend(items.iter().map(|item| item["id"].as_str().unwrap().parse::<Uuid>().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                path = format!("/api/youtube/downloads?limit=100&type=single&cursor={cursor}");
            }
            None => return found,
        }
    }
}

/// A line for `docs/reliability.md`, where `E2E_REPORT` says.
fn tell(fault: Fault, scale: &Scale, report: &Report, recoveries: &[Duration], files: usize) {
    let Some(path) = std::env::var_os("E2E_REPORT") else { return };
    let mut sorted: Vec<f64> = recoveries.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    let line = json!({
        "fault": fault.name(),
        "times": scale.times,
        "files": files,
        "requests": report.requests,
        "failed_reads": report.failed_reads,
        "failed_writes": report.failed_writes,
        "recovery_median_s": sorted[sorted.len() / 2],
        "recovery_max_s": sorted[sorted.len() - 1],
    });
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}
