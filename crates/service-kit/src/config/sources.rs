//! Where values come from, later ones winning: defaults, a TOML file, the environment, flags.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use config::{Environment, File, FileFormat, Value, ValueKind};

use super::{
    ConfigError,
    keys::{self, KEYS, Kind},
};

const PREFIX: &str = "MAGPIE_";
const FILE_VARIABLE: &str = "CONFIG";
const DEFAULT_FILE: &str = "magpie.toml";
const SECRET_FILE_SUFFIX: &str = "_file";

/// What a process was started with.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The environment, `MAGPIE_` variables only, without the prefix and in lower case.
    environment: BTreeMap<String, String>,
    flags: BTreeMap<String, String>,
    /// Flags without a value, such as `demo`.
    pub switches: BTreeSet<String>,
    /// Words, such as the name of a command.
    pub words: Vec<String>,
}

impl Sources {
    /// Reads the environment and the arguments of this process, once.
    ///
    /// # Errors
    /// For a flag that is not known, or lacks its value.
    pub fn of_process() -> Result<Self, ConfigError> {
        Self::with_switches(&[])
    }

    /// As [`Sources::of_process`], with flags that take no value.
    ///
    /// # Errors
    /// As there.
    pub fn with_switches(switches: &[&str]) -> Result<Self, ConfigError> {
        Self::read(std::env::vars_os(), std::env::args_os().skip(1), switches)
    }

    /// Reads the given environment and arguments.
    ///
    /// # Errors
    /// For a flag that is not known, or lacks its value, and for text that is not UTF-8.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        arguments: impl IntoIterator<Item = OsString>,
        switches: &[&str],
    ) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        for (name, value) in environment {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            let key = name.to_ascii_lowercase();
            let value = value.into_string().map_err(|_not_utf8| {
                ConfigError::invalid(&format!("{PREFIX}{name}"), "it is not UTF-8")
            })?;
            sources.environment.insert(key, value);
        }
        sources.read_arguments(arguments, switches)?;
        Ok(sources)
    }

    fn read_arguments(
        &mut self,
        arguments: impl IntoIterator<Item = OsString>,
        switches: &[&str],
    ) -> Result<(), ConfigError> {
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let argument = argument.into_string().map_err(|_not_utf8| ConfigError::NotUtf8)?;
            let Some(flag) = argument.strip_prefix("--") else {
                self.words.push(argument);
                continue;
            };
            let (name, inline) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            if inline.is_none() && switches.contains(&name) {
                self.switches.insert(name.to_owned());
                continue;
            }
            let key = name.replace('-', "_");
            if keys::find(&key).is_none() {
                return Err(ConfigError::UnknownFlag(argument));
            }
            let next = || arguments.next().and_then(|value| value.into_string().ok());
            let value = inline.or_else(next).ok_or(ConfigError::FlagWithoutValue(argument))?;
            self.flags.insert(key, value);
        }
        Ok(())
    }

    /// Refuses words where there is no command to name.
    ///
    /// # Errors
    /// For the first word.
    pub fn refuse_positional(&self) -> Result<(), ConfigError> {
        self.words.first().map_or(Ok(()), |word| Err(ConfigError::UnknownArgument(word.clone())))
    }

    /// The value of each key that some source gives, as text.
    pub(super) fn layers(&self) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut builder = config::Config::builder();
        for key in KEYS {
            if let Some(default) = key.default {
                builder =
                    builder.set_default(key.name, default).map_err(ConfigError::from_crate)?;
            }
        }
        if let Some(text) = self.file()? {
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let environment: HashMap<_, _> = self.environment_values()?.into_iter().collect();
        builder = builder.add_source(Environment::default().source(Some(environment)));
        for (key, value) in &self.flags {
            builder = builder.set_override(key, value.as_str()).map_err(ConfigError::from_crate)?;
        }
        let values: BTreeMap<String, Value> = builder
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(ConfigError::from_crate)?;
        values.into_iter().map(|(key, value)| Ok((key.clone(), text_of(&key, value)?))).collect()
    }

    /// The text of the configuration file, its keys checked, if there is one.
    fn file(&self) -> Result<Option<String>, ConfigError> {
        let (path, required) = match self.environment.get(&FILE_VARIABLE.to_ascii_lowercase()) {
            Some(path) if !path.is_empty() => (PathBuf::from(path), true),
            _ => (PathBuf::from(DEFAULT_FILE), false),
        };
        if !required && !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path)
            .map_err(|error| ConfigError::ReadFile(path.display().to_string(), error))?;
        check_keys(&path, &text)?;
        Ok(Some(text))
    }

    /// The environment with `…_FILE` replaced by what the file holds.
    fn environment_values(&self) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut values = BTreeMap::new();
        for (name, value) in &self.environment {
            let variable = || format!("{PREFIX}{}", name.to_ascii_uppercase());
            if name.eq_ignore_ascii_case(FILE_VARIABLE) {
                continue;
            } else if keys::find(name).is_some() {
                values.insert(name.clone(), value.clone());
            } else if let Some(key) = secret_behind(name) {
                if self.environment.contains_key(key) {
                    let why = "it is given both directly and as a file";
                    return Err(ConfigError::invalid(&variable(), why));
                }
                let secret = fs::read_to_string(value)
                    .map_err(|error| ConfigError::ReadFile(variable(), error))?;
                values.insert(key.to_owned(), secret.trim_end_matches(['\r', '\n']).to_owned());
            } else {
                return Err(ConfigError::UnknownKey(variable()));
            }
        }
        Ok(values)
    }
}

/// The secret whose value is in the file that `name` (ending in `_file`) names.
fn secret_behind(name: &str) -> Option<&str> {
    let key = keys::find(name.strip_suffix(SECRET_FILE_SUFFIX)?)?;
    (key.kind != Kind::Plain).then_some(key.name)
}

fn check_keys(path: &Path, text: &str) -> Result<(), ConfigError> {
    let name = path.display().to_string();
    let values: HashMap<String, Value> = config::Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| ConfigError::invalid(&name, error.to_string().replace('\n', " ")))?;
    let unknown = values.keys().filter(|key| keys::find(key).is_none()).min();
    unknown.map_or(Ok(()), |key| Err(ConfigError::UnknownKey(format!("{key} (in {name})"))))
}

/// TOML may write numbers and lists as such; from here on every value is text.
fn text_of(key: &str, value: Value) -> Result<String, ConfigError> {
    if let ValueKind::Array(items) = value.kind {
        let items: Result<Vec<_>, _> = items.into_iter().map(Value::into_string).collect();
        return items.map(|items| items.join(",")).map_err(ConfigError::from_crate);
    }
    value.into_string().map_err(|_no_text| ConfigError::invalid(key, "it is not a plain value"))
}
