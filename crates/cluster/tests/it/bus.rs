//! What every bus does, alone in its process.

use std::sync::Arc;

use cluster::{Bus, Heard, LocalBus};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::nodes::{Nodes, word};

/// The suite, for one bus.
async fn conforms(bus: Arc<dyn Bus<String>>) {
    bus.publish(word(0));
    let mut listeners = [bus.listen(), bus.listen()];
    assert!(bus.has_listeners());
    for number in 1..=3 {
        bus.publish(word(number));
    }
    for listener in &mut listeners {
        for number in 1..=3 {
            let Heard::Message(heard) = listener.recv().await.unwrap() else { panic!("missed") };
            assert_eq!(*heard, word(number), "in order, and nothing of before");
        }
        assert!(matches!(listener.try_recv(), Err(TryRecvError::Empty)), "each once");
    }
    let [mut slow, _] = listeners;
    for number in 0..5000 {
        bus.publish(word(number));
    }
    assert!(matches!(slow.recv().await, Err(RecvError::Lagged(_))), "memory is bounded");
}

#[tokio::test]
async fn the_local_bus_conforms() {
    let bus = LocalBus::default();
    assert!(!Bus::<String>::has_listeners(&bus));
    conforms(Arc::new(bus)).await;
}

#[tokio::test]
async fn the_shared_bus_conforms() {
    let nodes = Nodes::start();
    conforms(nodes.join().await).await;
    nodes.stop().await;
}
