//! How many jobs a second can be claimed and finished, by how many wait.
//!
//! `cargo bench -p db-service --bench queue [rows…]`; every commit waits for the disk, as in
//! production. Without PostgreSQL installed it fails, and says so.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement ends at the first thing that is amiss, and prints what it found"
)]

use std::time::{Duration, Instant};

use common_types::{
    Timestamp,
    internal::{
        downloads::{KnownMedia, StoredFile},
        jobs::{ClaimRequest, Finish, LeaseHolder, Outcome},
    },
};
use db_service::{
    connection::{self, AnyConnection},
    database::{self, Database},
    migrations,
    store::{claims, outcomes, retries::RetryPolicy},
    url::DatabaseUrl,
};
use diesel::{RunQueryDsl, sql_types::BigInt};
use temp_postgres::{Durability, TempPostgres};
use uuid::Uuid;

const POLICY: RetryPolicy = RetryPolicy { max_attempts: 3, budget: Duration::from_secs(300) };
const MEASURED: Duration = Duration::from_secs(4);
const THREADS: [usize; 3] = [1, 2, 4];

fn main() {
    let asked: Vec<i64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let rows = if asked.is_empty() { vec![100_000, 1_000_000] } else { asked };
    println!("database    waiting  threads   jobs/s  claim p50 ms  p99 ms");
    for rows in rows {
        for threads in THREADS {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("queue.db");
            database::make_file(&path).unwrap();
            measure("sqlite", &DatabaseUrl::Sqlite(path), rows, threads);
            let server = TempPostgres::start_with(Durability::Full).expect("PostgreSQL is needed");
            measure("postgres", &DatabaseUrl::parse(&server.url()).unwrap(), rows, threads);
        }
    }
}

fn measure(name: &str, url: &DatabaseUrl, rows: i64, threads: usize) {
    migrations::run_pending(&mut connection::connect(url).unwrap()).unwrap();
    let database = Database::open(url);
    // Where the queue runs dry, the measurement ends.
    fill(url, rows);
    let started = Instant::now();
    let mut claims_ms: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| work(&database, started))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let seconds = started.elapsed().as_secs_f64();
    claims_ms.sort_by(f64::total_cmp);
    let jobs = claims_ms.len();
    let at = |part: usize| claims_ms.get(jobs * part / 100).copied().unwrap_or_default();
    let jobs_per_second = f64::from(u32::try_from(jobs).unwrap()) / seconds;
    println!(
        "{name:<10} {rows:>8} {threads:>8} {jobs_per_second:>8.0} {:>13.2} {:>7.2}",
        at(50),
        at(99)
    );
}

/// Claims one job at a time and finishes it, and notes how long each claim took.
fn work(database: &Database, started: Instant) -> Vec<f64> {
    let node_id = Uuid::now_v7();
    let now = Timestamp::from_millis(1_800_000_000_000);
    let request =
        ClaimRequest { platform: "youtube".to_owned(), node_id, slots: 1, lease_ms: 30_000 };
    let mut claims_ms = Vec::new();
    while started.elapsed() < MEASURED {
        let asked = Instant::now();
        let jobs = database.write_once(|conn| claims::claim(conn, &request, now)).unwrap();
        if jobs.is_empty() {
            break;
        }
        claims_ms.push(asked.elapsed().as_secs_f64() * 1000.0);
        for job in jobs {
            let holder = LeaseHolder { node_id, attempt: job.attempt };
            let finish = Finish { holder, outcome: completed() };
            database
                .write_once(|conn| outcomes::finish(conn, job.id, &finish, &POLICY, now))
                .unwrap();
        }
    }
    claims_ms
}

fn completed() -> Outcome {
    let file = StoredFile {
        key: "singlelink/a/a.mp4".to_owned(),
        filename: "a.mp4".to_owned(),
        size_bytes: 1,
        crc32: 1,
        sha256: "00".repeat(32),
    };
    Outcome::Completed { file, known: KnownMedia::default(), forgives_site: false, retain_ms: None }
}

/// One user with `count` pending downloads.
fn fill(url: &DatabaseUrl, count: i64) {
    const USER: &str = "INSERT INTO users (id, username, username_folded, email, email_folded, \
        password_hash, role, is_active, created_at) VALUES (1, 'u', 'u', 'e', 'e', 'h', 'user', ";
    const DOWNLOADS: &str = "INSERT INTO downloads (id, user_id, kind, platform, url, video_id, \
        format, quality, options, status, turn, created_at) \
        SELECT '00000000-0000-7000-8000-' || substr('000000000000' || n, \
        length('000000000000' || n) - 11), 1, 'single', 'youtube', \
        'https://www.youtube.com/watch?v=aaaaaaaaaaa', 'aaaaaaaaaaa', 'mp4', 'best', \
        '{\"subtitles\":null,\"embed_metadata\":false,\"sponsorblock_remove\":[]}', 'pending', n, 0 \
        FROM ";
    const RECURSION: &str = "(WITH RECURSIVE numbers (n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1) SELECT n FROM numbers)";
    let fill = |conn: &mut AnyConnection| {
        let (yes, numbers) = match conn {
            AnyConnection::Postgres(_) => ("TRUE, 0)", "generate_series(1, $1) AS n"),
            AnyConnection::Sqlite(_) => ("1, 0)", RECURSION),
        };
        diesel::sql_query(format!("{USER}{yes}")).execute(conn)?;
        diesel::sql_query(format!("{DOWNLOADS}{numbers}"))
            .bind::<BigInt, _>(count)
            .execute(conn)?;
        // What filling left to write is not to be measured.
        let settle = match conn {
            AnyConnection::Postgres(_) => ["VACUUM ANALYZE downloads", "CHECKPOINT"],
            AnyConnection::Sqlite(_) => ["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
        };
        settle.into_iter().try_for_each(|sql| diesel::sql_query(sql).execute(conn).map(drop))
    };
    let mut conn = connection::connect(url).unwrap();
    if let AnyConnection::Postgres(conn) = &mut conn {
        diesel::sql_query("SET statement_timeout = 0").execute(conn).unwrap();
    }
    let filled: diesel::QueryResult<()> = fill(&mut conn);
    filled.unwrap();
}
