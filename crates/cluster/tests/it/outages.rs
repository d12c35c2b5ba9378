//! What several nodes hear of each other, and of each other's silence.

use cluster::{Bus, Heard};
use tokio::sync::broadcast::error::TryRecvError;

use crate::nodes::{Nodes, PATIENCE, next_word, until_missed, word};

#[tokio::test]
async fn nodes_hear_each_other_and_themselves_once() {
    let nodes = Nodes::start();
    let (one, two) = (nodes.join().await, nodes.join().await);
    let mut listeners = [one.listen(), two.listen()];
    for number in 0..100 {
        one.publish(word(number));
    }
    for listener in &mut listeners {
        for number in 0..100 {
            assert_eq!(next_word(listener).await, word(number));
        }
    }
    // Whatever comes back of the first node's own words came before this one's.
    two.publish(word(100));
    for listener in &mut listeners {
        assert_eq!(next_word(listener).await, word(100));
        assert!(matches!(listener.try_recv(), Err(TryRecvError::Empty)));
    }
    nodes.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_of_as_missed() {
    let nodes = Nodes::start();
    let (one, two) = (nodes.join().await, nodes.join().await);
    let (mut at_one, mut at_two) = (one.listen(), two.listen());
    nodes.redis.lock().unwrap().stop();
    // As long as Redis is away, again and again.
    for _ in 0..3 {
        until_missed(&mut at_two).await;
    }
    one.publish(word(1));
    assert_eq!(next_word(&mut at_one).await, word(1), "one's own words need no Redis");
    nodes.redis.lock().unwrap().start_again().unwrap();
    until_missed(&mut at_two).await;
    loop {
        one.publish(word(2));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        match at_two.try_recv() {
            Ok(Heard::Message(heard)) => {
                assert_eq!(*heard, word(2));
                break;
            }
            Ok(Heard::Missed) | Err(TryRecvError::Empty) => {}
            Err(error) => panic!("{error}"),
        }
    }
    nodes.stop().await;
}

#[tokio::test]
async fn a_node_that_was_thrown_out_comes_back_and_knows_that_it_missed_something() {
    let nodes = Nodes::start();
    let (one, two) = (nodes.join().await, nodes.join().await);
    let mut at_two = two.listen();
    nodes.disconnect_all();
    until_missed(&mut at_two).await;
    let mut at_one = one.listen();
    crate::nodes::eventually("the second node is heard again", || {
        two.publish(word(7));
        let heard = at_one.try_recv();
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            matches!(heard, Ok(Heard::Message(_)))
        }
    })
    .await;
    nodes.stop().await;
}

#[tokio::test]
async fn what_was_too_much_at_once_is_told_of_to_the_others() {
    let nodes = Nodes::start();
    let (one, two) = (nodes.join().await, nodes.join().await);
    let mut at_two = two.listen();
    // More than may wait, while nothing can be sent: this thread is the only one.
    for number in 0..1100 {
        one.publish(word(number));
    }
    let (mut words, mut is_told) = (0, false);
    while !is_told {
        match tokio::time::timeout(PATIENCE, at_two.recv()).await.expect("nobody says so") {
            Ok(Heard::Message(_)) => words += 1,
            Ok(Heard::Missed) => is_told = true,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(words <= 1024, "{words}");
    nodes.stop().await;
}
