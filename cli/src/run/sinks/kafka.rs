//! The sink for Kafka.

use brocomm_sinks::SinkCounts;
use brocomm_sinks::kafka;

use super::{Given, Sink, secret};
use crate::config::KafkaTable;
use crate::failure::{Failure, misused};

pub(super) fn sink(table: &KafkaTable, node: &str) -> Result<Sink, Failure> {
    let mut config = table.config(table.node.as_deref().unwrap_or(node));
    if let Some(file) = &table.password_file {
        config.options.push(("sasl.password".to_owned(), secret("kafka", file)?));
    }
    config.check().map_err(|error| misused(format_args!("[kafka]: {error}")))?;
    Ok(Sink {
        target: format!("Kafka {}", config.brokers.join(", ")),
        working: "entries are acknowledged",
        run: Box::new(move |given| {
            let Given { path, durable, end, counts, report } = given;
            kafka::run(path, &config, durable, end, counts, report)
        }),
        counts: SinkCounts::default(),
    })
}
