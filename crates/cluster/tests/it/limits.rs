//! Both limiters count alike; the shared one counts together while it can.

use std::{num::NonZeroU32, sync::Arc};

use cluster::{LocalLimiter, RateLimiter, RedisLimiter};

use crate::nodes::{Nodes, eventually};

/// Few enough that the allowance does not refill within a test: one in six seconds.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The suite, for one limiter.
async fn conforms(limiter: &impl RateLimiter<u32>) {
    for left in (0..10).rev() {
        let standing = limiter.count(&1).await;
        assert_eq!((standing.limit, standing.remaining), (10, left));
        assert_eq!(standing.retry_after_seconds, None);
        assert!((1..=60).contains(&standing.reset_seconds), "{standing:?}");
    }
    for _ in 0..3 {
        let standing = limiter.count(&1).await;
        assert_eq!(standing.remaining, 0);
        let wait = standing.retry_after_seconds.expect("one too many");
        assert!((1..=7).contains(&wait), "{standing:?}");
    }
    assert_eq!(limiter.count(&2).await.remaining, 9, "each for himself");
}

async fn node(nodes: &Nodes) -> Arc<RedisLimiter<u32>> {
    let limiter = Arc::new(RedisLimiter::new(&nodes.address(), "tries", PER_MINUTE).unwrap());
    let running = Arc::clone(&limiter);
    nodes.run(|shutdown| async move { running.run(shutdown).await });
    let probe = &limiter;
    // Until the connection is there, the node counts alone.
    eventually("the limiter counts together", || async move { probe.is_shared() }).await;
    limiter
}

#[tokio::test]
async fn the_local_limiter_conforms() {
    conforms(&LocalLimiter::new(PER_MINUTE)).await;
}

#[tokio::test]
async fn the_shared_limiter_conforms() {
    let nodes = Nodes::start();
    conforms(node(&nodes).await.as_ref()).await;
    nodes.stop().await;
}

#[tokio::test]
async fn two_nodes_share_one_allowance() {
    let nodes = Nodes::start();
    let (one, two) = (node(&nodes).await, node(&nodes).await);
    for left in (0..5).rev() {
        assert_eq!(one.count(&1).await.remaining, left * 2 + 1);
        assert_eq!(two.count(&1).await.remaining, left * 2);
    }
    for limiter in [&one, &two] {
        assert!(limiter.count(&1).await.retry_after_seconds.is_some());
    }
    nodes.stop().await;
}

#[tokio::test]
async fn without_redis_each_node_counts_alone_and_together_again_afterwards() {
    let nodes = Nodes::start();
    let (one, two) = (node(&nodes).await, node(&nodes).await);
    nodes.redis.lock().unwrap().stop();
    for limiter in [&one, &two] {
        for left in (0..10).rev() {
            assert_eq!(limiter.count(&1).await.remaining, left, "requests go on");
        }
        assert!(limiter.count(&1).await.retry_after_seconds.is_some(), "and are still limited");
    }
    nodes.redis.lock().unwrap().start_again().unwrap();
    for limiter in [&one, &two] {
        eventually("the limiter counts together again", || async move { limiter.is_shared() })
            .await;
    }
    assert_eq!(one.count(&3).await.remaining, 9);
    assert_eq!(two.count(&3).await.remaining, 8);
    nodes.stop().await;
}
