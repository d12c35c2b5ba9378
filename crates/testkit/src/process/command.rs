//! The command `magpie`, as whoever runs a stack uses it beside the stack.

use std::process::Command;

use crate::{ProcessStack, binary};

impl ProcessStack {
    /// It with the settings of this stack.
    pub fn magpie(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("magpie"));
        command
            .args(arguments)
            .envs(self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())))
            .current_dir(self.data.path());
        command
    }
}
