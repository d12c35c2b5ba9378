//! Logs on standard error, as text or JSON, each line with the id of the request it belongs to,
//! as JSON also with that of its trace.

use std::{
    io::{self, Write},
    str::FromStr,
};

use env_logger::{Builder, Target, fmt::Formatter};
use log::{
    Record,
    kv::{Error, Key, Value, VisitSource},
};

use crate::{clock::Clock, request_id, trace};

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected `text` or `json`"),
        }
    }
}

/// Whether `env_logger` can make sense of `filter`, such as `info,actix_server=warn`.
pub(crate) fn is_filter(filter: &str) -> bool {
    env_filter::Builder::new().try_parse(filter).is_ok()
}

/// Starts logging; a second call changes nothing, so that tests may all make one.
pub fn start(filter: &str, format: LogFormat) {
    let mut builder = Builder::new();
    builder.filter_module("actix_server", log::LevelFilter::Warn).parse_filters(filter);
    builder.target(Target::Stderr);
    match format {
        LogFormat::Text => builder.format(write_text),
        LogFormat::Json => builder.format(write_json),
    };
    // Only a second call fails, and the first one's choice stands.
    let _already_started = builder.try_init();
}

fn write_text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let now = Clock::system().now();
    write!(out, "{now} {:5} {}", record.level(), record.target())?;
    if let Some(id) = request_id::current() {
        write!(out, " [{id}]")?;
    }
    // A value that came from outside must not be able to start a line of its own.
    write!(out, " {}", record.args().to_string().replace(['\n', '\r'], " "))?;
    for (key, value) in pairs(record) {
        write!(out, " {key}={value}")?;
    }
    writeln!(out)
}

fn write_json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut line = pairs(record);
    line.insert("time".to_owned(), Clock::system().now().to_string().into());
    line.insert("level".to_owned(), record.level().as_str().into());
    line.insert("target".to_owned(), record.target().into());
    line.insert("message".to_owned(), record.args().to_string().into());
    if let Some(id) = request_id::current() {
        line.insert("request_id".to_owned(), id.into());
    }
    if let Some(trace) = trace::current() {
        line.insert("trace_id".to_owned(), trace.to_string().into());
    }
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

type Pairs = serde_json::Map<String, serde_json::Value>;

fn pairs(record: &Record<'_>) -> Pairs {
    let mut collected = Collect(Pairs::new());
    // Visiting fails only when `visit_pair` does, and ours cannot.
    let _infallible = record.key_values().visit(&mut collected);
    collected.0
}

struct Collect(Pairs);

impl<'kvs> VisitSource<'kvs> for Collect {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let json = value
            .to_u64()
            .map(serde_json::Value::from)
            .or_else(|| value.to_i64().map(serde_json::Value::from))
            .or_else(|| value.to_f64().map(serde_json::Value::from))
            .or_else(|| value.to_bool().map(serde_json::Value::from))
            .unwrap_or_else(|| value.to_string().into());
        self.0.insert(key.to_string(), json);
        Ok(())
    }
}
