//! Fairness, and the index that makes it cheap.

use common_types::internal::jobs::ClaimRequest;
use db_service::{connection::AnyConnection, store::claims};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use uuid::Uuid;

use crate::fixture::{Fixture, LEASE_MS, on_both};

/// Whose jobs are claimed, one by one.
fn order(db: &Fixture, count: usize) -> Vec<i64> {
    let node = Uuid::now_v7();
    (0..count).map(|_| db.claim_one(node).user_id).collect()
}

on_both! {
    fn users_take_turns(db: &Fixture) {
        let (a, b, c) = (db.user("a"), db.user("b"), db.user("c"));
        for (user, count) in [(a, 6), (b, 2), (c, 1)] {
            for _ in 0..count {
                db.download(user);
            }
        }
        assert_eq!(order(db, 9), [a, b, c, a, b, a, a, a, a]);
    }

    fn who_comes_late_waits_for_one_of_each_other(db: &Fixture) {
        let (a, b) = (db.user("a"), db.user("b"));
        for _ in 0..20 {
            db.download(a);
        }
        assert_eq!(order(db, 7), [a; 7]);
        for _ in 0..3 {
            db.download(b);
        }
        assert_eq!(order(db, 7), [a, b, a, b, a, b, a]);
    }

    fn a_users_own_downloads_keep_their_order(db: &Fixture) {
        let user = db.user("a");
        let asked: Vec<Uuid> = (0..5).map(|_| db.download(user)).collect();
        let node = Uuid::now_v7();
        let claimed: Vec<Uuid> = (0..5).map(|_| db.claim_one(node).id).collect();
        assert_eq!(claimed, asked);
    }

    fn a_retry_takes_its_place_at_the_end_of_ones_own(db: &Fixture) {
        let (a, b) = (db.user("a"), db.user("b"));
        let first = db.download(a);
        db.download(a);
        db.download(b);
        db.cancel(a, first).unwrap();
        db.retry(a, first).unwrap();
        let jobs = db.claim(Uuid::now_v7(), 3);
        assert_eq!(jobs.iter().map(|job| job.user_id).collect::<Vec<_>>(), [b, a, a]);
        assert_eq!(jobs[2].id, first);
    }

    fn a_claim_stays_on_the_partial_index(db: &Fixture) {
        let user = db.user("a");
        fill(db, user, 20_000);
        let plan = db.database.write_once(|conn| Ok(explain(conn))).unwrap();
        assert!(plan.contains("downloads_to_claim"), "{plan}");
        assert!(!plan.contains("Seq Scan on downloads") && !plan.contains("SCAN downloads"), "{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

/// Thousands of downloads, three quarters of them cancelled.
pub(crate) fn fill(db: &Fixture, user: i64, count: i64) {
    const COLUMNS: &str = "INSERT INTO downloads (id, user_id, kind, platform, url, video_id, \
        format, quality, options, status, turn, created_at, completed_at) ";
    const VALUES: &str = "SELECT 'id-' || n, $1, 'single', 'youtube', 'u', 'v', 'mp4', 'best', \
        '{\"subtitles\":null,\"embed_metadata\":false,\"sponsorblock_remove\":[]}', \
        CASE n % 4 WHEN 0 THEN 'pending' ELSE 'cancelled' END, n, 0, \
        CASE n % 4 WHEN 0 THEN NULL ELSE 0 END FROM ";
    let insert = |source: &str, conn: &mut AnyConnection| {
        diesel::sql_query(format!("{COLUMNS}{VALUES}{source}"))
            .bind::<BigInt, _>(user)
            .bind::<BigInt, _>(count)
            .execute(conn)
            .unwrap();
        diesel::sql_query("ANALYZE").execute(conn).unwrap();
    };
    let numbers = "WITH RECURSIVE numbers (n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2) SELECT n FROM numbers";
    db.database
        .write_once(|conn| {
            match conn {
                AnyConnection::Postgres(_) => insert("generate_series(1, $2) AS n", conn),
                AnyConnection::Sqlite(_) => insert(&format!("({numbers})"), conn),
            }
            Ok(())
        })
        .unwrap();
}

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

#[derive(QueryableByName)]
struct SqliteLine {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The plan of a claim; its parameters are bound as in a real one.
fn explain(conn: &mut AnyConnection) -> String {
    let request = ClaimRequest {
        platform: "youtube".to_owned(),
        node_id: Uuid::now_v7(),
        slots: 3,
        lease_ms: LEASE_MS,
    };
    let sql = claims::claim_sql(conn, &request);
    macro_rules! plan {
        ($conn:expr, $explain:literal, $line:ty, $field:ident) => {{
            let lines: Vec<$line> = diesel::sql_query(format!("{} {sql}", $explain))
                .bind::<Text, _>("youtube")
                .bind::<Text, _>("youtube")
                .bind::<BigInt, _>(1)
                .bind::<Text, _>("node")
                .bind::<BigInt, _>(1)
                .bind::<BigInt, _>(1)
                .load($conn)
                .unwrap();
            lines.into_iter().map(|line| line.$field + "\n").collect()
        }};
    }
    match conn {
        AnyConnection::Postgres(conn) => plan!(conn, "EXPLAIN", PostgresLine, line),
        AnyConnection::Sqlite(conn) => plan!(conn, "EXPLAIN QUERY PLAN", SqliteLine, detail),
    }
}
