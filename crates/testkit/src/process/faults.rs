//! What may happen to one of several processes of a name.

use std::{
    process::{Command, ExitStatus},
    time::Duration,
};

use super::{Started, bind_key, end};
use crate::ProcessStack;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A process that has ended and can be started again where it was.
pub struct Ended(pub(super) Started);

impl ProcessStack {
    /// Ends the process of this name that was started first, without warning. Revived, it is the one
    /// that was started last, so that the next time is another's turn.
    pub fn kill_one(&mut self, name: &str) -> Ended {
        let mut started = self.take(name);
        end(&mut started.child);
        Ended(started)
    }

    /// As [`ProcessStack::kill_one`], but asks it to end, and says how it did.
    pub async fn terminate_one(&mut self, name: &str) -> (Ended, ExitStatus) {
        let mut started = self.take(name);
        send(&started, "TERM");
        loop {
            if let Some(status) = started.child.try_wait().expect("it can be waited for") {
                return (Ended(started), status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Starts it again, and waits until it says that it is ready.
    pub fn revive(&mut self, Ended(ended): Ended) {
        let address = ended.url.trim_start_matches("http://").to_owned();
        let settings = ended.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let at_its_address = [(bind_key(ended.name), address.as_str())];
        let settings: Vec<_> = settings.chain(at_its_address).collect();
        self.start_with(ended.name, &ended.args, &settings);
    }

    fn take(&mut self, name: &str) -> Started {
        let first = self.children.iter().position(|started| started.name == name);
        self.children.remove(first.expect("a process of this name runs"))
    }
}

/// Sends a signal such as `STOP`.
pub(super) fn send(started: &Started, signal: &str) {
    let pid = started.child.id().to_string();
    let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status();
    assert!(sent.is_ok_and(|status| status.success()), "cannot signal {}", started.name);
}
