//! The account that the server runs as: PostgreSQL refuses root.

use std::{fs, os::unix::process::CommandExt, path::Path, process::Command};

use crate::TempPostgresError;

/// Our own account, or `postgres` when we are root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    switch_to: Option<(u32, u32)>,
}

impl Account {
    pub(crate) fn for_server() -> Result<Self, TempPostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { switch_to: None });
        }
        let ids = postgres_ids().ok_or(TempPostgresError::NoAccount)?;
        Ok(Self { switch_to: Some(ids) })
    }

    pub(crate) fn uid(&self) -> u32 {
        self.switch_to.map_or_else(|| rustix::process::geteuid().as_raw(), |(uid, _)| uid)
    }

    /// Has `command` run as this account.
    pub(crate) fn run(&self, mut command: Command) -> Command {
        if let Some((uid, gid)) = self.switch_to {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives `path` to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), TempPostgresError> {
        let Some((uid, gid)) = self.switch_to else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(uid), Some(gid))
            .map_err(TempPostgresError::io("giving a directory to postgres"))
    }
}

fn postgres_ids() -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = passwd.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
