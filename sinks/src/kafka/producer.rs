//! Creates producers.

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, DeliveryResult, ProducerContext, ThreadedProducer};
use thiserror::Error;
use tokio::sync::mpsc::UnboundedSender;

use super::{KafkaConfig, message};

/// Options that are derived from others, or on which the guarantees depend.
const OURS: [(&str, &str); 6] = [
    ("bootstrap.servers", "set `brokers`"),
    ("metadata.broker.list", "set `brokers`"),
    ("enable.idempotence", "it is always true"),
    ("message.timeout.ms", "messages have no timeout, since they remain in the spool"),
    ("delivery.timeout.ms", "messages have no timeout, since they remain in the spool"),
    ("queue.buffering.max.messages", "set `window`"),
];

/// An error in the configuration of a producer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The name of the topic is invalid.
    #[error("must be 1 to 249 letters, digits, `.`, `-` and `_`")]
    TopicName,
    /// An option of librdkafka cannot be used.
    #[error("{key}: {reason}")]
    Option {
        /// Its name.
        key: String,
        /// The reason.
        reason: String,
    },
    /// The options contradict each other, or librdkafka was built without a feature that they need.
    #[error("{0}")]
    Other(String),
}

/// An event of a producer.
pub(super) enum Happened {
    /// A message was delivered, or failed.
    Delivered(u64, Result<(), KafkaError>),
    /// A broker cannot be used, or the whole producer failed.
    Failed(KafkaError, String),
}

/// Forwards the events of a producer.
pub(super) struct Context(pub(super) UnboundedSender<Happened>);

impl ClientContext for Context {
    // Relevant errors are reported as events.
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        // The session may have ended.
        let _ = self.0.send(Happened::Failed(error, reason.to_owned()));
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<u64>;

    fn delivery(&self, result: &DeliveryResult<'_>, sequence: Box<u64>) {
        let result = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        let _ = self.0.send(Happened::Delivered(*sequence, result));
    }
}

/// Creates a producer. It connects when needed.
pub(super) fn create(
    config: &KafkaConfig,
    context: Context,
) -> Result<ThreadedProducer<Context>, String> {
    options(config)
        .create_with_context(context)
        .map_err(|error| format!("cannot create the producer: {}", reason(&error)))
}

pub(super) fn check(config: &KafkaConfig) -> Result<(), ConfigError> {
    if !config.topic_name.is_empty() && !message::is_name(&config.topic_name) {
        return Err(ConfigError::TopicName);
    }
    for (key, _) in &config.options {
        if let Some((_, reason)) = OURS.iter().find(|(ours, _)| ours == key) {
            let reason = format!("cannot be set here: {reason}");
            return Err(ConfigError::Option { key: key.clone(), reason });
        }
    }
    let options = options(config);
    // Check the single options first, then all together.
    options.create_native_config().map_err(config_error)?;
    options.create::<BaseProducer>().map(drop).map_err(config_error)
}

fn config_error(error: KafkaError) -> ConfigError {
    match error {
        KafkaError::ClientConfig(_, reason, key, _) => {
            // The message also contains the key.
            let unknown = reason.starts_with("No such configuration property");
            let reason =
                if unknown { "there is no such option of librdkafka".into() } else { reason };
            ConfigError::Option { key, reason }
        }
        KafkaError::ClientCreation(reason) => ConfigError::Other(reason),
        error => ConfigError::Other(error.to_string()),
    }
}

fn options(config: &KafkaConfig) -> ClientConfig {
    let mut options = ClientConfig::new();
    options.set("client.id", format!("brocomm {}", config.node));
    // Memory is limited by the number of messages and by bytes.
    options.set("queue.buffering.max.kbytes", "65536");
    for (key, value) in &config.options {
        options.set(key, value);
    }
    options.set("bootstrap.servers", config.brokers.join(","));
    options.set("enable.idempotence", "true");
    options.set("message.timeout.ms", "0");
    options.set("queue.buffering.max.messages", config.window.to_string());
    options
}

/// Returns the message of an error.
pub(super) fn reason(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    }
}
