//! The server's data directory. `initdb` takes most of a second, so the first one is kept in the
//! temporary directory, and further ones are copies of it.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{SUPERUSER, TempPostgresError, account::Account, binaries::Binaries, succeeded};

/// Where, in the directory of a server, its data is.
pub(crate) const DATA: &str = "data";

/// Makes a directory with a data directory in it, owned by `account`.
pub(crate) fn make(
    binaries: &Binaries,
    account: &Account,
    from_template: bool,
) -> Result<TempDir, TempPostgresError> {
    let directory = private_directory(account)?;
    let data = directory.path().join(DATA);
    if from_template {
        let template = template(binaries, account)?;
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(template).arg(&data);
        run("cp", account, copy)?;
    } else {
        init(binaries, account, &data)?;
    }
    Ok(directory)
}

fn private_directory(account: &Account) -> Result<TempDir, TempPostgresError> {
    let directory = tempfile::Builder::new()
        .prefix("temp-postgres-")
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(TempPostgresError::io("making a directory"))?;
    account.own(directory.path())?;
    Ok(directory)
}

/// The kept data directory, made now if there is none of ours.
fn template(binaries: &Binaries, account: &Account) -> Result<PathBuf, TempPostgresError> {
    let name = format!("temp-postgres-template-{}-{}", account.uid(), binaries.slug());
    let kept = env::temp_dir().join(name);
    if is_ours(&kept, account) {
        return Ok(kept.join(DATA));
    }
    let draft = private_directory(account)?;
    init(binaries, account, &draft.path().join(DATA))?;
    // Whoever renames first wins; a directory with something in it is not replaced.
    let draft = draft.keep();
    if fs::rename(&draft, &kept).is_ok() || is_ours(&kept, account) {
        let _gone_already = fs::remove_dir_all(&draft);
        return Ok(kept.join(DATA));
    }
    Ok(draft.join(DATA))
}

/// Others may write to the temporary directory too.
fn is_ours(path: &Path, account: &Account) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir() && found.uid() == account.uid())
}

fn init(binaries: &Binaries, account: &Account, data: &Path) -> Result<(), TempPostgresError> {
    let mut command = binaries.command("initdb");
    command
        .args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"])
        .args(["--locale", "C.UTF-8", "--no-sync", "--wal-segsize", "1", "--pgdata"])
        .arg(data);
    run("initdb", account, command)
}

/// Has the server whose files are in `directory` offer TLS from its next start on.
pub(crate) fn turn_on_tls(
    directory: &Path,
    account: &Account,
    certificate: &str,
    key: &str,
) -> Result<(), TempPostgresError> {
    const DOING: &str = "writing the certificate";
    let data = directory.join(DATA);
    for (name, content) in [("server.crt", certificate), ("server.key", key)] {
        let path = data.join(name);
        fs::write(&path, content).map_err(TempPostgresError::io(DOING))?;
        // The server refuses a key that others may read.
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, private).map_err(TempPostgresError::io(DOING))?;
        account.own(&path)?;
    }
    let mut settings = fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.auto.conf"))
        .map_err(TempPostgresError::io(DOING))?;
    settings.write_all(b"ssl = on\n").map_err(TempPostgresError::io(DOING))
}

fn run(
    program: &'static str,
    account: &Account,
    command: Command,
) -> Result<(), TempPostgresError> {
    let output = account
        .run(command)
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(TempPostgresError::io("making a data directory"))?;
    succeeded(program, &output)
}
