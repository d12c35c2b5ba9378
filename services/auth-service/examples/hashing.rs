//! Measures what a login costs: argon2id as auth-service verifies it, beside bcrypt of cost 10, with
//! as many at once as there are cores. On a busy machine the CPU time is the figure to trust.
//!
//! `cargo run --release -p auth-service --example hashing`

use std::{error::Error, fs, time::Instant};

use auth_service::passwords::{Hasher, HashingLimits, Verdict};
use futures_util::future::try_join_all;

const PASSWORD: &str = "correct horse battery staple";
const LOGINS: u32 = 200;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let limits = HashingLimits { waiting: 1000, ..HashingLimits::default() };
    let hasher = Hasher::new(limits)?;
    let argon2id = hasher.hash(PASSWORD.to_owned()).await?;
    let bcrypt = bcrypt::hash(PASSWORD, 10)?;
    println!("{} at once; resident after one hash: {}", limits.slots, resident()?);
    for (scheme, stored) in [("argon2id", argon2id), ("bcrypt cost 10", bcrypt)] {
        let (begun, cpu_before) = (Instant::now(), cpu_ms()?);
        let logins = (0..LOGINS).map(|_| hasher.verify(PASSWORD.to_owned(), Some(stored.clone())));
        let verdicts = try_join_all(logins).await?;
        let a_second = f64::from(LOGINS) / begun.elapsed().as_secs_f64();
        let right = verdicts.iter().filter(|verdict| **verdict != Verdict::Wrong).count();
        let each_ms = (cpu_ms()? - cpu_before) / f64::from(LOGINS);
        println!(
            "{scheme}: {a_second:.1} logins/s, {each_ms:.1} ms CPU each ({right} right); resident: {}",
            resident()?
        );
    }
    Ok(())
}

/// The resident memory of this process, as Linux tells it.
fn resident() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.unwrap_or("unknown").trim().to_owned())
}

/// What this process has used of the processors, in milliseconds; Linux counts in hundredths of a
/// second (proc(5), `stat`, fields 14 and 15).
fn cpu_ms() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let ticks: Vec<f64> =
        fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10.0)
}
