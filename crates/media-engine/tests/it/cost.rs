//! What the sandbox costs. Not a test of anything: figures to be read.

use std::time::{Duration, Instant};

use common_types::media::Quality;
use media_engine::Sandbox;
use standin::scenarios;

use crate::site::{Site, descendants, mp4};

const JOBS: u32 = 50;
const ROUNDS: u32 = 6;

/// CPU seconds of the zygote, of its workers, and of all that they have reaped.
fn cpu_seconds() -> f64 {
    let ticks = descendants().into_iter().filter_map(|process| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11..15)?.iter().map(|field| field.parse::<f64>().unwrap()).sum::<f64>())
    });
    ticks.sum::<f64>() / 100.0
}

async fn round(sandbox: Sandbox, first: u32) -> (Duration, Duration, Duration, f64) {
    let site = Site::with(|config| config.sandbox = sandbox).await;
    let before = cpu_seconds();
    let begun = Instant::now();
    site.engine.info(&scenarios::OKAY.url(first)).await.unwrap();
    let cold = begun.elapsed();
    let begun = Instant::now();
    site.engine.info(&scenarios::OKAY.url(first + 1)).await.unwrap();
    let warm = begun.elapsed();
    let begun = Instant::now();
    let jobs: Vec<_> = (0..JOBS)
        .map(|n| site.begin(&scenarios::OKAY.url(first + 2 + n), mp4(Quality::P360)))
        .collect();
    for job in jobs {
        job.end().await.unwrap();
    }
    let wall = begun.elapsed();
    let cpu = cpu_seconds() - before;
    site.stop().await;
    (cold, warm, wall, cpu)
}

#[tokio::test]
#[ignore = "a measurement, for a quiet machine"]
async fn fifty_small_jobs_with_and_without_a_sandbox() {
    for number in 0..ROUNDS {
        for (name, sandbox) in [("off", Sandbox::Off), ("on", Sandbox::Required)] {
            let (cold, warm, wall, cpu) = round(sandbox, 1000 + number * 200).await;
            println!("{name}: info cold {cold:?} warm {warm:?}; {JOBS} jobs {wall:?}, {cpu} CPU s");
        }
    }
}
