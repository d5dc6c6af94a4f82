//! The sink for NATS.

use std::path::Path;

use brocomm_sinks::nats::{self, Login, NatsConfig, NewStream};
use brocomm_sinks::{SinkCounts, subject};

use super::{Given, Sink, read, secret};
use crate::config::NatsTable;
use crate::failure::Failure;
use crate::spool::spooler::Spooler;

pub(super) fn sink(table: &NatsTable, spooler: &Spooler, node: &str) -> Result<Sink, Failure> {
    let config = config(table, spooler, node)?;
    Ok(Sink {
        target: format!("NATS {}", config.servers.join(", ")),
        working: "entries are acknowledged",
        run: Box::new(move |given| {
            let Given { path, durable, end, counts, report } = given;
            nats::run(path, &config, durable, end, counts, report)
        }),
        counts: SinkCounts::default(),
    })
}

fn config(table: &NatsTable, spooler: &Spooler, node: &str) -> Result<NatsConfig, Failure> {
    let read = |path: &Path| read("nats", path);
    let secret = |path: &Path| secret("nats", path);
    let login = match (&table.credentials, &table.user, &table.token_file) {
        (Some(file), ..) => Login::Credentials(read(file)?),
        (_, Some(user), _) => Login::Password {
            user: user.clone(),
            password: table.password_file.as_deref().map(secret).transpose()?.unwrap_or_default(),
        },
        (.., Some(file)) => Login::Token(secret(file)?),
        _ => Login::None,
    };
    // Report a missing file now, not when connecting fails.
    for file in [&table.ca, &table.cert, &table.key].into_iter().flatten() {
        read(file)?;
    }
    let create = table.create_stream.as_ref().map(|name| NewStream {
        name: name.clone(),
        subjects: vec![subject::LOGS.to_owned(), spooler.event_subjects()],
        size: table.stream_size,
        age: table.stream_age,
    });
    let servers = table.servers.clone();
    let node = table.node.as_deref().unwrap_or(node);
    Ok(NatsConfig {
        reader: table.reader.clone(),
        create,
        window: usize::try_from(table.window).unwrap_or(usize::MAX),
        timeout: table.timeout,
        retry: table.retry,
        retry_max: table.retry_max,
        login,
        tls: table.tls,
        ca: table.ca.clone(),
        identity: table.cert.clone().zip(table.key.clone()),
        ..NatsConfig::new(node, servers)
    })
}
