//! `magpie restore`: a backup put in place, all of it or nothing.
//!
//! Everything is copied beside its place first, which changes nothing. Then it is renamed into place,
//! the database last; what was there before is renamed aside, and back if anything fails.

mod placing;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use db_service::{admin::Admin, migrations::Schema, url::DatabaseUrl};
use media_store::StorageKey;
use platform_kit::upkeep;
use service_kit::{
    Clock, Config, ConfigError,
    config::{Sources, Storage},
};
use tokio_util::sync::CancellationToken;

use self::placing::Placing;
use super::{
    backup::{
        self, copy, make_private,
        manifest::{self, FileState, Manifest},
        verify,
    },
    doctor, migrate,
    outcome::{CommandError, Outcome, Printer},
};

pub(super) const HELP: &str = "\
usage: magpie restore DIRECTORY [--force] [--json]

Puts the backup in DIRECTORY in place, as the configuration names it; Magpie must be stopped. The
backup is checked first, and nothing is changed where it is damaged or of a newer version. Where
there is a database already, it refuses. All of it is put in place or nothing. Downloads that ran
when the backup was made go on after the next start.

  --force   replace what is there; files are kept beside it, under names with `.before-restore-`
  --json    for scripts";

const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

pub(super) async fn run(sources: &Sources, words: &[&str]) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    let directory = match words {
        [directory] => backup::absolute(directory)?,
        [] => return Err(CommandError::Usage("name the backup's directory".to_owned(), "restore")),
        [_, unknown, ..] => {
            return Err(ConfigError::UnknownArgument((*unknown).to_owned()).into());
        }
    };
    let must_replace = sources.switches.contains("force");
    let verified = verify::alone(&directory)?;
    if let Some(problem) = verified.problems.first() {
        return Err(CommandError::refused(format!("the backup is damaged: {problem}")));
    }
    refuse_running(&config).await?;
    let mut target = Target::find(&config, &verified.manifest)?;
    target.refuse_unless_vacant(&config, must_replace).await?;
    let aside = put_in_place(&config, &directory, &verified.manifest, &mut target).await?;
    tell(print, &verified.manifest, &aside)?;
    Ok(Outcome::Done)
}

/// A running Magpie would go on with what it has open.
async fn refuse_running(config: &Config) -> Result<(), CommandError> {
    for address in [config.db_bind, config.gateway_bind] {
        if address.port() != 0 && doctor::is_ours(address).await {
            return Err(CommandError::refused(format!("Magpie runs at {address}; stop it first")));
        }
    }
    Ok(())
}

/// The database that is to be filled.
enum Target {
    Sqlite(PathBuf),
    Postgres { admin: Box<Admin>, schema: Schema },
}

impl Target {
    fn find(config: &Config, manifest: &Manifest) -> Result<Self, CommandError> {
        let url = DatabaseUrl::parse(config.database_url.expose())
            .map_err(|error| ConfigError::invalid("MAGPIE_DATABASE_URL", error))?;
        let (target, known) = match url {
            DatabaseUrl::Sqlite(path) => {
                let path =
                    std::path::absolute(path).map_err(CommandError::failed("no such place"))?;
                (Self::Sqlite(path), db_service::migrations::newest_of_sqlite())
            }
            DatabaseUrl::Postgres(_) => {
                let mut admin = migrate::open(Admin::open(&config.database_url))?;
                let schema = migrate::schema(&mut admin)?;
                let known = schema.newest().map(str::to_owned);
                (Self::Postgres { admin: Box::new(admin), schema }, known)
            }
        };
        if target.kind() != manifest.database.kind {
            let why =
                format!("the backup is of {}, not of {}", manifest.database.kind, target.kind());
            return Err(CommandError::refused(why));
        }
        if manifest.database.schema > known {
            let why = format!("the backup is of a newer Magpie ({})", manifest.magpie);
            return Err(CommandError::refused(why));
        }
        Ok(target)
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres { .. } => "postgresql",
        }
    }

    async fn refuse_unless_vacant(
        &mut self,
        config: &Config,
        must_replace: bool,
    ) -> Result<(), CommandError> {
        let found = match self {
            Self::Sqlite(path) => path.exists().then(|| path.display().to_string()),
            Self::Postgres { admin, schema } => {
                wait_for_others(admin).await?;
                schema.version().map(|_| "a database".to_owned())
            }
        };
        let secret = config.data_dir.join("internal.secret");
        let found = found.or_else(|| secret.exists().then(|| secret.display().to_string()));
        match found {
            Some(found) if !must_replace => {
                let why = format!("{found} is there already; --force replaces it");
                Err(CommandError::refused(why))
            }
            _ => Ok(()),
        }
    }
}

/// A server may take a moment to notice that somebody has gone.
async fn wait_for_others(admin: &mut Admin) -> Result<(), CommandError> {
    let mut looks = 0;
    loop {
        let others = admin.others().map_err(CommandError::failed("cannot look around"))?;
        if others == 0 {
            return Ok(());
        }
        looks += 1;
        if looks > LOOKS {
            let why = format!("{others} others use the database; stop Magpie first");
            return Err(CommandError::refused(why));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Returns what was set aside.
async fn put_in_place(
    config: &Config,
    directory: &Path,
    manifest: &Manifest,
    target: &mut Target,
) -> Result<Vec<PathBuf>, CommandError> {
    let doing = "cannot copy the backup";
    let mut placing = Placing::begin(Clock::system().now());
    make_private(&config.data_dir).map_err(CommandError::failed(doing))?;
    if manifest.files.are_included {
        stage_files(config, directory, &mut placing).await?;
    }
    stage_secrets(config, directory, manifest, &mut placing)?;
    let copied = directory.join(&manifest.database.copy.path);
    match target {
        Target::Sqlite(path) => {
            let staged = placing.stage(path).map_err(CommandError::failed(doing))?;
            copy(&copied, &staged).map_err(CommandError::failed(doing))?;
            // Else they would be taken for the new one's.
            for suffix in ["-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                placing.set_aside(PathBuf::from(name));
            }
            placing.put(path, &staged);
        }
        Target::Postgres { .. } => {}
    }
    let placed = placing.place().map_err(CommandError::failed("cannot put the backup in place"))?;
    if let Target::Postgres { admin, schema } = target {
        let must_replace = schema.version().is_some();
        let filled = admin.fill_from(&copied, must_replace);
        // On the way out, what was placed goes back.
        filled.map_err(CommandError::failed("cannot fill the database"))?;
    }
    Ok(placed.keep())
}

fn stage_secrets(
    config: &Config,
    directory: &Path,
    manifest: &Manifest,
    placing: &mut Placing,
) -> Result<(), CommandError> {
    let doing = "cannot copy the secrets";
    let keys: Vec<_> =
        manifest.secrets.iter().filter(|part| part.path != manifest::SECRET).collect();
    if !keys.is_empty() {
        make_private(&config.jwt_keys_dir).map_err(CommandError::failed(doing))?;
        let entries = fs::read_dir(&config.jwt_keys_dir).map_err(CommandError::failed(doing))?;
        // The newest signs: one of another time must not.
        for entry in entries {
            let path = entry.map_err(CommandError::failed(doing))?.path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                placing.set_aside(path);
            }
        }
    }
    for part in &manifest.secrets {
        let name = Path::new(&part.path).file_name().unwrap_or_default();
        let target = match part.path.as_str() {
            manifest::SECRET => config.data_dir.join(name),
            _ => config.jwt_keys_dir.join(name),
        };
        let staged = placing.stage(&target).map_err(CommandError::failed(doing))?;
        copy(&directory.join(&part.path), &staged).map_err(CommandError::failed(doing))?;
        placing.put(&target, &staged);
    }
    Ok(())
}

/// Into a directory's store by way of a directory beside; into a bucket at once, where a file that no
/// row names yet is nobody's.
async fn stage_files(
    config: &Config,
    directory: &Path,
    placing: &mut Placing,
) -> Result<(), CommandError> {
    match &config.storage {
        Storage::Directory(root) => stage_tree(directory, root, placing),
        Storage::Bucket(_) => upload(config, directory).await,
    }
}

fn stage_tree(directory: &Path, root: &Path, placing: &mut Placing) -> Result<(), CommandError> {
    let doing = "cannot copy the files";
    make_private(root).map_err(CommandError::failed(doing))?;
    let mut kinds: Vec<(String, PathBuf)> = Vec::new();
    for key in included(directory)? {
        let key = key?;
        let (kind, rest) = key.as_str().split_once('/').unwrap_or((key.as_str(), ""));
        let staged = match kinds.iter().find(|(name, _)| name == kind) {
            Some((_, staged)) => staged.clone(),
            None => {
                let staged =
                    placing.stage(&root.join(kind)).map_err(CommandError::failed(doing))?;
                kinds.push((kind.to_owned(), staged.clone()));
                staged
            }
        };
        let to = if rest.is_empty() { staged } else { staged.join(rest) };
        to.parent().map_or(Ok(()), make_private).map_err(CommandError::failed(doing))?;
        copy(&directory.join(manifest::MEDIA).join(key.as_str()), &to)
            .map_err(CommandError::failed(format!("cannot copy {key}")))?;
    }
    for (kind, staged) in kinds {
        placing.put(&root.join(kind), &staged);
    }
    Ok(())
}

async fn upload(config: &Config, directory: &Path) -> Result<(), CommandError> {
    let store = upkeep::open_store(&config.storage).await?;
    let passing = config.data_dir.join(format!(".restore-{}", std::process::id()));
    for key in included(directory)? {
        let key = key?;
        let doing = || format!("cannot store {key}");
        // It is moved into the store, and a backup keeps what it has.
        copy(&directory.join(manifest::MEDIA).join(key.as_str()), &passing)
            .map_err(CommandError::failed(doing()))?;
        let put = store.put(&key, &passing, &CancellationToken::new()).await;
        let _moved = fs::remove_file(&passing);
        put.map_err(CommandError::failed(doing()))?;
    }
    Ok(())
}

/// The keys of the files that the backup has.
fn included(
    directory: &Path,
) -> Result<impl Iterator<Item = Result<StorageKey, CommandError>>, CommandError> {
    let lines = verify::lines_of(directory)?;
    Ok(lines.filter_map(|line| match line {
        Ok(line) if line.state == FileState::Included => {
            Some(line.key.parse().map_err(CommandError::failed("cannot read the list of files")))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }))
}

fn tell(print: Printer, manifest: &Manifest, aside: &[PathBuf]) -> Result<(), CommandError> {
    let (counts, files) = (&manifest.database.counts, &manifest.files);
    let place = if files.are_included { "with" } else { "without its" };
    print.line(format_args!(
        "restored: {} accounts, {} downloads, {place} {} files, as of {}",
        counts.users, counts.downloads, files.count, manifest.created_at
    ))?;
    for path in aside {
        print.line(format_args!("set aside: {}", path.display()))?;
    }
    print.json(&serde_json::json!({ "restored": manifest, "set_aside": aside }))
}
