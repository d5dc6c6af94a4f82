//! Reads the table `[kafka]`: a Kafka cluster to which a spool is sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use super::reader::{Item, Read, Source, Table};

/// A Kafka cluster, and how to send a spool to it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "only reported"))]
pub(crate) struct KafkaTable {
    pub(crate) brokers: Vec<String>,
    /// The topic of all entries. If it is empty, each log and each event has its own.
    pub(crate) topic_name: String,
    pub(crate) tag_json: bool,
    pub(crate) key: Key,
    /// The first part of message identifiers. By default, the node's description.
    pub(crate) node: Option<String>,
    pub(crate) reader: String,
    pub(crate) window: u64,
    pub(crate) timeout: Duration,
    pub(crate) retry: Duration,
    pub(crate) retry_max: Duration,
    pub(crate) password_file: Option<PathBuf>,
    /// Options of librdkafka.
    pub(crate) kafka_conf: Conf,
}

impl std::fmt::Debug for KafkaTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options may contain secrets.
        f.debug_struct("KafkaTable").field("brokers", &self.brokers).finish_non_exhaustive()
    }
}

/// The key of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The node, so that messages of a topic are in order.
    Node,
    None,
}

impl Read for Key {
    const KIND: &'static str = "`\"node\"` or `\"none\"`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match String::read(item, None, source)?.as_str() {
            "node" => Some(Key::Node),
            "none" => Some(Key::None),
            _ => source.wrong(item, "expected \"node\" or \"none\""),
        }
    }
}

/// Options with their values, in the order of the file.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Conf(pub(crate) Vec<(String, String)>);

impl Read for Conf {
    const KIND: &'static str = "table of strings, numbers, and `true` or `false`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut conf = Conf::default();
        flatten(item, "", source, &mut conf).then_some(conf)
    }
}

/// Adds the values of a table; returns whether all can be used. Without quotes, TOML makes tables
/// of names with dots.
fn flatten(item: &Item<'_, '_>, prefix: &str, source: &mut Source<'_>, conf: &mut Conf) -> bool {
    let Some(mut table) = Table::new(item, source) else { return false };
    let mut is_usable = true;
    for (key, item) in table.items() {
        let name = format!("{prefix}{key}");
        let value = match item.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Table(_) => {
                is_usable &= flatten(&item, &format!("{name}."), table.source, conf);
                continue;
            }
            _ => {
                let what = "expected a string, a number, or true or false";
                is_usable = table.source.wrong::<()>(&item, what).is_some();
                continue;
            }
        };
        conf.0.push((name, value));
    }
    is_usable
}

impl Read for KafkaTable {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let read = (|| {
            Some(KafkaTable {
                brokers: table.field("brokers", Some(vec!["127.0.0.1:9092".to_owned()]))?,
                topic_name: table.field("topic_name", Some("zeek".to_owned()))?,
                tag_json: table.field("tag_json", Some(false))?,
                key: table.field("key", Some(Key::Node))?,
                node: table.field("node", Some(None))?,
                reader: table.field("reader", Some("kafka".to_owned()))?,
                window: table.field("window", Some(1024))?,
                timeout: table.field("timeout", Some(Duration::from_secs(5)))?,
                retry: table.field("retry", Some(Duration::from_secs(1)))?,
                retry_max: table.field("retry_max", Some(Duration::from_secs(60)))?,
                password_file: table.field("password_file", Some(None))?,
                kafka_conf: table.field("kafka_conf", Some(Conf::default()))?,
            })
        })();
        if let Some(read) = &read {
            check(read, &mut table);
            #[cfg(feature = "kafka")]
            check_options(read, item, &mut table);
        }
        table.finish();
        read
    }
}

/// Checks the values together.
fn check(read: &KafkaTable, table: &mut Table<'_, '_, '_, '_>) {
    let mut wrong = |key: &'static str, is_wrong: bool, what: &str| {
        if let Some(item) = table.item(key, "value").filter(|_| is_wrong) {
            let _: Option<()> = table.source.wrong(&item, what);
        }
    };
    let is_name = brocomm_sinks::spool::is_reader_name;
    wrong("reader", !is_name(&read.reader), "must be 1 to 64 letters, digits, - and _");
    // librdkafka's queue holds at least this many messages.
    let window = 1..=65_536;
    wrong("window", !window.contains(&read.window), "must be 1 to 65536");
    wrong("brokers", read.brokers.is_empty(), "expected at least one broker");
    let has = |name: &str| read.kafka_conf.0.iter().any(|(key, _)| key == name);
    wrong("password_file", has("sasl.password"), "kafka_conf has `sasl.password` as well");
    wrong("password_file", !has("sasl.username"), "needs `sasl.username` in `kafka_conf`");
}

/// Has librdkafka check its options.
#[cfg(feature = "kafka")]
fn check_options(read: &KafkaTable, item: &Item<'_, '_>, table: &mut Table<'_, '_, '_, '_>) {
    use brocomm_sinks::kafka::ConfigError;

    let Err(error) = read.config("node").check() else { return };
    let (key, what) = match &error {
        ConfigError::TopicName => (format!("{}.topic_name", item.path), error.to_string()),
        ConfigError::Option { key, reason } => {
            (format!("{}.kafka_conf.{key}", item.path), reason.clone())
        }
        ConfigError::Other(reason) => (format!("{}.kafka_conf", item.path), reason.clone()),
    };
    if !table.source.is_wrong(&key) {
        let what = format!("{key}: {what}");
        table.source.problems.push((table.source.place(&key), key, what));
    }
}

#[cfg(feature = "kafka")]
impl KafkaTable {
    /// Returns the configuration of the sink.
    pub(crate) fn config(&self, node: &str) -> brocomm_sinks::kafka::KafkaConfig {
        brocomm_sinks::kafka::KafkaConfig {
            reader: self.reader.clone(),
            topic_name: self.topic_name.clone(),
            tag_json: self.tag_json,
            key: self.key == Key::Node,
            window: usize::try_from(self.window).unwrap_or(usize::MAX),
            timeout: self.timeout,
            retry: self.retry,
            retry_max: self.retry_max,
            options: self.kafka_conf.0.clone(),
            ..brocomm_sinks::kafka::KafkaConfig::new(node, self.brokers.clone())
        }
    }
}

/// Reads the table. Relative paths start at a folder.
pub(super) fn table(root: &mut Table<'_, '_, '_, '_>, folder: &Path) -> Option<KafkaTable> {
    let item = root.item("kafka", KafkaTable::KIND)?;
    let mut read = KafkaTable::read(&item, None, root.source)?;
    if let Some(file) = &mut read.password_file {
        *file = folder.join(&*file);
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::super::Outputs;
    use super::super::load::read_with;
    use super::*;

    fn read(text: &str) -> Result<KafkaTable, Vec<String>> {
        let mut outputs = Outputs::default();
        let text = format!("listen = true\n[kafka]\n{text}\n");
        match read_with(Path::new("folder/b.toml"), &text, &mut outputs) {
            Ok(_) => Ok(outputs.kafka.unwrap()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_cluster_is_read_with_its_defaults() {
        let kafka = read("brokers = 'a:1'").unwrap();
        assert_eq!((kafka.brokers, kafka.topic_name.as_str()), (vec!["a:1".to_owned()], "zeek"));
        assert_eq!((kafka.window, kafka.tag_json, kafka.key), (1024, false, Key::Node));
        // With and without quotes.
        for text in [
            "kafka_conf = { 'socket.timeout.ms' = 1000, 'socket.keepalive.enable' = true }",
            "kafka_conf.socket.timeout.ms = 1000\nkafka_conf.socket.keepalive.enable = true",
        ] {
            let conf = read(text).unwrap().kafka_conf.0;
            let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
            let all = [("socket.timeout.ms", "1000"), ("socket.keepalive.enable", "true")];
            assert_eq!(conf, all.map(pair), "{text}");
        }
    }

    #[test]
    fn errors_have_positions() {
        for (text, expected) in [
            ("window = 0", "window = 0: must be 1 to 65536"),
            ("reader = '../x'", "must be 1 to 64 letters"),
            ("brokers = []", "expected at least one broker"),
            ("key = 'uid'", "expected \"node\" or \"none\""),
            ("kafka_conf = 1", "kafka_conf = 1: expected a table"),
            ("kafka_conf = { a = [] }", "kafka.kafka_conf.a = []: expected a string, a number"),
            ("password_file = 'x'", "needs `sasl.username` in `kafka_conf`"),
            ("topic = 'x'", "did you mean `topic_name`?"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }

    #[cfg(feature = "kafka")]
    #[test]
    fn options_of_librdkafka_are_checked() {
        for (text, expected) in [
            (
                "topic_name = 'a b'",
                "folder/b.toml:3:14: kafka.topic_name: must be 1 to 249 letters",
            ),
            (
                "kafka_conf = { 'no.such' = 1 }",
                "folder/b.toml:3:28: kafka.kafka_conf.no.such: there is no such option of librdkafka",
            ),
            (
                "kafka_conf = { 'socket.timeout.ms' = 'x' }",
                "kafka.kafka_conf.socket.timeout.ms: Invalid value",
            ),
            (
                "kafka_conf = { 'enable.idempotence' = false }",
                "kafka.kafka_conf.enable.idempotence: cannot be set here: it is always true",
            ),
            ("kafka_conf = { acks = 0 }", "kafka.kafka_conf: `acks` must be set to `all`"),
            ("kafka_conf = { 'security.protocol' = 'ssl' }", "OpenSSL not available at build time"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }
}
