//! Reads the table `[spool]`: where events and log entries are kept for other programs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use brocomm::node::EventPattern;
use brocomm_sinks::line::LogLine;
use brocomm_sinks::spool::{Fsync, SpoolConfig, WhenFull};
use brocomm_sinks::subject;
use toml::de::DeValue;

use super::reader::{Item, Read, Source, Table};

/// What to keep in a spool, and how.
#[derive(Debug, Clone)]
pub(crate) struct SpoolTable {
    pub(crate) dir: Option<PathBuf>,
    /// The events, by name; all without a pattern.
    pub(crate) events: Option<EventPattern>,
    /// The logs, by path; all without a pattern.
    pub(crate) logs: Option<EventPattern>,
    pub(crate) line: LogLine,
    pub(crate) event_topic: String,
    pub(crate) event_subject: String,
    pub(crate) log_names: Option<PathBuf>,
    pub(crate) config: SpoolConfig,
}

impl Default for SpoolTable {
    fn default() -> Self {
        SpoolTable {
            dir: None,
            events: None,
            logs: None,
            line: LogLine::default(),
            event_topic: "brocomm/from-bro/{peer}/{event}".to_owned(),
            event_subject: subject::EVENTS.to_owned(),
            log_names: None,
            config: SpoolConfig::default(),
        }
    }
}

impl Read for Fsync {
    const KIND: &'static str = "`\"always\"`, `\"never\"` or a time";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match item.value {
            DeValue::String(text) if text == "always" => Some(Fsync::Always),
            DeValue::String(text) if text == "never" => Some(Fsync::Never),
            _ => {
                // A text of letters only is probably a mistyped word, not a time.
                if let DeValue::String(text) = item.value
                    && text.chars().all(|c| c.is_ascii_alphabetic())
                {
                    return source.wrong(
                        item,
                        "expected \"always\", \"never\" or a time, as in \"100 msec\"",
                    );
                }
                Duration::read(item, None, source).map(Fsync::Every)
            }
        }
    }
}

impl Read for WhenFull {
    const KIND: &'static str = "`\"block\"` or `\"drop_oldest\"`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match String::read(item, None, source)?.as_str() {
            "block" => Some(WhenFull::Block),
            "drop_oldest" => Some(WhenFull::DropOldest),
            _ => source.wrong(item, "expected \"block\" or \"drop_oldest\""),
        }
    }
}

impl Read for SpoolTable {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let usual = SpoolTable::default();
        let read = (|| {
            Some(SpoolTable {
                dir: table.field("dir", Some(None))?,
                events: table.field("events", Some(None))?,
                logs: table.field("logs", Some(None))?,
                line: LogLine {
                    path: table.field("path_field", Some(false))?,
                    write_ts: table.field("write_ts_field", Some(false))?,
                    peer: table.field("peer_field", Some(None))?,
                },
                event_topic: table.field("event_topic", Some(usual.event_topic))?,
                event_subject: table.field("event_subject", Some(usual.event_subject))?,
                log_names: table.field("log_names", Some(None))?,
                config: SpoolConfig {
                    fsync: table.field("fsync", Some(usual.config.fsync))?,
                    segment: table.field("segment", Some(usual.config.segment))?,
                    size: table.field("size", Some(usual.config.size))?,
                    age: table.field("age", Some(usual.config.age))?,
                    when_full: table.field("when_full", Some(usual.config.when_full))?,
                },
            })
        })();
        if let Some(read) = &read {
            check(read, &mut table);
        }
        table.finish();
        read
    }
}

/// Checks the values together.
fn check(read: &SpoolTable, table: &mut Table<'_, '_, '_, '_>) {
    let config = &read.config;
    if config.segment < 4096 {
        wrong(table, "segment", "must be at least 4096");
    }
    if config.size / 2 < config.segment {
        let what = "must be at least twice `segment`, since only whole segments are deleted";
        wrong(table, "size", what);
    }
    if let Err(error) = subject::check_template(&read.event_subject) {
        wrong(table, "event_subject", &error);
    }
    if read.event_topic.is_empty() {
        wrong(table, "event_topic", "must not be empty");
    }
}

fn wrong(table: &mut Table<'_, '_, '_, '_>, key: &'static str, what: &str) {
    match table.item(key, "value") {
        Some(item) => drop(table.source.wrong::<()>(&item, what)),
        // The value of another key does not fit the default.
        None => table.source.problems.push((
            None,
            format!("spool.{key}"),
            format!("spool.{key}: {what}"),
        )),
    }
}

/// Reads the table. Relative paths start at a folder.
pub(super) fn table(root: &mut Table<'_, '_, '_, '_>, folder: &Path) -> Option<SpoolTable> {
    let item = root.item("spool", SpoolTable::KIND)?;
    let mut read = SpoolTable::read(&item, None, root.source)?;
    for file in [&mut read.dir, &mut read.log_names].into_iter().flatten() {
        *file = folder.join(&*file);
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::super::Outputs;
    use super::super::load::read_with;
    use super::*;

    fn read(text: &str) -> Result<SpoolTable, Vec<String>> {
        let mut outputs = Outputs::default();
        let text = format!("listen = true\n[spool]\n{text}\n");
        match read_with(Path::new("folder/b.toml"), &text, &mut outputs) {
            Ok(_) => Ok(outputs.spool.unwrap()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_spool_is_read_with_its_defaults() {
        let spool = read("dir = 'spool'\nlogs = 'conn|http'").unwrap();
        assert_eq!(spool.dir.as_deref(), Some(Path::new("folder/spool")));
        assert_eq!((spool.config, spool.line), (SpoolConfig::default(), LogLine::default()));
        assert!(spool.events.is_none());
        let logs = spool.logs.unwrap();
        assert!(logs.matches(b"http") && !logs.matches(b"https"));
        for (text, fsync) in [
            ("'always'", Fsync::Always),
            ("'never'", Fsync::Never),
            ("'50 msecs'", Fsync::Every(Duration::from_millis(50))),
            ("0.5", Fsync::Every(Duration::from_millis(500))),
        ] {
            assert_eq!(read(&format!("fsync = {text}")).unwrap().config.fsync, fsync);
        }
    }

    #[test]
    fn errors_have_positions() {
        for (text, expected) in [
            (
                "fsync = 'sometimes'",
                "fsync = 'sometimes': expected \"always\", \"never\" or a time",
            ),
            ("fsync = '5 x'", "expected a time"),
            ("segment = 10", "segment = 10: must be at least 4096"),
            ("size = 1000000", "must be at least twice `segment`"),
            ("segment = 1000000000000", "spool.size: must be at least twice `segment`"),
            ("when_full = 'x'", "expected \"block\" or \"drop_oldest\""),
            ("event_subject = 'a.*'", "`*` is not allowed in a subject"),
            ("events = '('", "invalid pattern"),
            ("direc = 'x'", "there is no such key; did you mean `dir`?"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }
}
