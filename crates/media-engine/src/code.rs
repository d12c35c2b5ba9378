//! The Python code, which travels inside this binary.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::job_dir;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../worker/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "__main__.py",
    "magpie_engine/__init__.py",
    "magpie_engine/download.py",
    "magpie_engine/examine.py",
    "magpie_engine/failure.py",
    "magpie_engine/gate.py",
    "magpie_engine/landlock.py",
    "magpie_engine/listing.py",
    "magpie_engine/media_file.py",
    "magpie_engine/meter.py",
    "magpie_engine/mp4.py",
    "magpie_engine/options.py",
    "magpie_engine/picture.py",
    "magpie_engine/probe.py",
    "magpie_engine/process.py",
    "magpie_engine/refusal.py",
    "magpie_engine/request.py",
    "magpie_engine/room.py",
    "magpie_engine/sandbox.py",
    "magpie_engine/seccomp.py",
    "magpie_engine/selectors.py",
    "magpie_engine/settings.py",
    "magpie_engine/toolkit.py",
    "magpie_engine/warm.py",
    "magpie_engine/wire.py",
    "magpie_engine/worker.py",
    "magpie_engine/zygote.py",
];

/// Writes the code below `engine_dir`, in a directory that is named after its content, unless it is
/// there already; other versions are removed.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn install(engine_dir: &Path) -> io::Result<PathBuf> {
    let place = engine_dir.join(format!("code-{}", digest()));
    if !is_intact(&place) {
        job_dir::remove(&place)?;
        let draft = engine_dir.join(format!("draft-{}", Uuid::new_v4()));
        write_all(&draft)?;
        fs::rename(&draft, &place)?;
    }
    remove_others(engine_dir, &place)?;
    Ok(place)
}

fn digest() -> String {
    let mut hash = Sha256::new();
    for (name, content) in FILES {
        hash.update(name);
        hash.update([0]);
        hash.update(content);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn is_intact(place: &Path) -> bool {
    FILES.iter().all(|(name, content)| {
        fs::read(place.join(name)).is_ok_and(|found| found == content.as_bytes())
    })
}

fn write_all(place: &Path) -> io::Result<()> {
    for (name, content) in FILES {
        let path = place.join(name);
        job_dir::make_private(path.parent().unwrap_or(place))?;
        fs::write(path, content)?;
    }
    Ok(())
}

fn remove_others(engine_dir: &Path, place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(engine_dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path != place && (name.starts_with("code-") || name.starts_with("draft-")) {
            job_dir::remove(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_shipped() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("worker/magpie_engine");
        for entry in fs::read_dir(sources).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let shipped = FILES.iter().any(|(file, _)| *file == format!("magpie_engine/{name}"));
            assert!(shipped || !name.ends_with(".py"), "{name} is not shipped");
        }
    }

    #[test]
    fn tampered_code_is_replaced() {
        let engine = tempfile::tempdir().unwrap();
        let place = install(engine.path()).unwrap();
        let main = place.join("__main__.py");
        fs::write(&main, "import evil").unwrap();
        assert_eq!(install(engine.path()).unwrap(), place);
        assert!(!fs::read_to_string(&main).unwrap().contains("evil"));
    }
}
