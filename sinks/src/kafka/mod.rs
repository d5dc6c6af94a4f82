//! Produces a spool to Kafka.
//!
//! Entries are produced in order by an idempotent producer, to the topics that the plugin
//! `zeek-kafka` uses. While a broker is down, the producer itself resends unacknowledged entries,
//! so nothing is stored twice. After the program was killed or a producer failed permanently, at
//! most [`window`](KafkaConfig::window) entries are stored twice. Each message has a unique
//! identifier (the node, the spool's epoch and the sequence number) in its header `brocomm-id`, by
//! which consumers can recognize duplicates.
//!
//! When a broker or a topic fails, entries stay in the spool and are resent, with growing pauses.
//! Only an entry that is too large for the brokers is left out and counted.

mod message;
mod producer;
mod session;

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use crate::sink::Work;
use crate::spool::{Reader, epoch};
use crate::{Report, SinkCounts};
pub use producer::ConfigError;
use session::KafkaSession;

/// The brokers, and how to send entries to them.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaConfig {
    /// Some brokers of a cluster, each as `host:port`. They name the others.
    pub brokers: Vec<String>,
    /// The first part of identifiers, and the key of messages.
    pub node: String,
    /// The name of the reader of the spool.
    pub reader: String,
    /// The topic of all entries. If empty, the topic of a log entry is the log's path, and that of
    /// an event its name.
    pub topic_name: String,
    /// Whether a message is an object with the log's path or the event's name as its only key.
    pub tag_json: bool,
    /// Whether messages have the node as their key, so that all of a topic go to one partition, in
    /// order.
    pub key: bool,
    /// The maximum number of entries that are not acknowledged.
    pub window: usize,
    /// The time limit for an acknowledgement before its absence is reported, and for all of them at
    /// the end.
    pub timeout: Duration,
    /// The first pause after a failure.
    pub retry: Duration,
    /// The longest pause.
    pub retry_max: Duration,
    /// Further options of librdkafka.
    pub options: Vec<(String, String)>,
}

impl KafkaConfig {
    /// Creates a configuration to produce to these brokers as a node with this name: all entries to
    /// the topic `zeek`, with a window of 1024 entries.
    pub fn new(node: impl Into<String>, brokers: Vec<String>) -> KafkaConfig {
        KafkaConfig {
            brokers,
            node: node.into(),
            reader: "kafka".to_owned(),
            topic_name: "zeek".to_owned(),
            tag_json: false,
            key: true,
            window: 1024,
            timeout: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
            options: Vec::new(),
        }
    }

    /// Checks the options without connecting to a broker.
    ///
    /// # Errors
    /// An option is unknown or has an invalid value, or options contradict each other.
    pub fn check(&self) -> Result<(), ConfigError> {
        producer::check(self)
    }
}

impl std::fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options may contain secrets.
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("node", &self.node)
            .field("topic_name", &self.topic_name)
            .field("tag_json", &self.tag_json)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Produces a spool until `end` is true. Then waits until the sent entries are acknowledged.
///
/// `durable` is the last entry that may be sent. If its sender is dropped, the sink ends when all
/// entries are acknowledged or sending fails. This function blocks: call it in a separate thread.
///
/// # Errors
/// Fails if the spool cannot be used, or no runtime can be created.
pub fn run(
    path: &Path,
    config: &KafkaConfig,
    durable: watch::Receiver<u64>,
    end: watch::Receiver<bool>,
    counts: &SinkCounts,
    report: &mut dyn FnMut(Report),
) -> io::Result<()> {
    let epoch = epoch(path)?.unwrap_or_default();
    let reader = Reader::open(path, &config.reader)?;
    let prefix = format!("{}-{epoch:x}-", config.node);
    let work = Work::new(reader, counts, durable, end, report);
    work.run((config.retry, config.retry_max), async |work| {
        KafkaSession { config, prefix: &prefix, work }.run().await
    })
}
