//! The NATS sink of a running node.

use crate::config::NatsTable;
use crate::failure::{Failure, misused};
use crate::spool::spooler::Spooler;

#[cfg(feature = "nats")]
pub(super) use with::Sink;
#[cfg(not(feature = "nats"))]
pub(super) use without::Sink;

/// Prepares the sink, if there is to be one.
pub(super) fn prepare(
    table: Option<&NatsTable>,
    spooler: Option<&Spooler>,
    node: &str,
) -> Result<Option<Sink>, Failure> {
    let Some(table) = table else { return Ok(None) };
    let Some(spooler) = spooler else {
        return Err(misused(format_args!(
            "[nats] needs a spool: add a table [spool] with `dir`, or use --spool"
        )));
    };
    Sink::new(table, spooler, node).map(Some)
}

#[cfg(not(feature = "nats"))]
mod without {
    use super::{Failure, NatsTable, Spooler, misused};

    /// There is none in this program.
    pub(in crate::run) enum Sink {}

    impl Sink {
        pub(super) fn new(_: &NatsTable, _: &Spooler, _: &str) -> Result<Sink, Failure> {
            Err(misused(format_args!(
                "[nats]: this program was built without NATS; build it with `--features nats`"
            )))
        }

        pub(in crate::run) fn start(self) -> Sink {
            self
        }

        pub(in crate::run) async fn end(self) {
            match self {}
        }
    }
}

#[cfg(feature = "nats")]
mod with {
    use std::path::{Path, PathBuf};

    use brocomm_sinks::nats::{self, Login, NatsConfig, NewStream, Report};
    use brocomm_sinks::{SinkCounts, subject};
    use tokio::sync::watch;
    use tokio::task::{JoinHandle, spawn_blocking};

    use super::{Failure, NatsTable, Spooler, misused};
    use crate::failure::{reason, tell, warn};
    use crate::file;

    /// A sink that publishes a spool.
    pub(in crate::run) struct Sink {
        path: PathBuf,
        config: NatsConfig,
        durable: watch::Receiver<u64>,
        counts: SinkCounts,
        end: watch::Sender<bool>,
        task: Option<JoinHandle<()>>,
    }

    impl Sink {
        pub(super) fn new(
            table: &NatsTable,
            spooler: &Spooler,
            node: &str,
        ) -> Result<Sink, Failure> {
            let counts = SinkCounts::default();
            spooler.numbers().add("nats", counts.clone());
            Ok(Sink {
                path: spooler.path().to_owned(),
                config: config(table, spooler, node)?,
                durable: spooler.spool().subscribe(),
                counts,
                end: watch::Sender::new(false),
                task: None,
            })
        }

        /// Starts to publish, in a thread of its own.
        pub(in crate::run) fn start(mut self) -> Sink {
            let (path, config) = (self.path.clone(), self.config.clone());
            let (durable, counts) = (self.durable.clone(), self.counts.clone());
            let end = self.end.subscribe();
            self.task = Some(spawn_blocking(move || {
                let servers = config.servers.join(", ");
                let mut report = |report| say(&servers, report);
                let ended = nats::run(&path, &config, durable, end, &counts, &mut report);
                if let Err(error) = ended {
                    let path = path.display();
                    tell(format_args!("NATS {servers}: spool {path}: {}", reason(&error)));
                }
            }));
            self
        }

        /// Waits until what is on its way is acknowledged. What is not remains in the spool.
        pub(in crate::run) async fn end(self) {
            self.end.send_replace(true);
            if let Some(task) = self.task {
                // The sink itself has a time limit.
                let _ = task.await;
            }
        }
    }

    fn say(servers: &str, report: Report) {
        match report {
            Report::Working => tracing::info!("NATS {servers}: entries are acknowledged"),
            Report::Waiting { reason } => {
                warn(format_args!("NATS {servers}: {reason}; entries wait in the spool"));
            }
            Report::Refused { sequence, reason } => warn(format_args!(
                "NATS {servers}: entry {sequence} is left out: {reason}; more are only counted"
            )),
        }
    }

    fn config(table: &NatsTable, spooler: &Spooler, node: &str) -> Result<NatsConfig, Failure> {
        let read = |path: &Path| {
            file::read_text(path).map_err(|error| {
                misused(format_args!("[nats]: {}: cannot read: {}", path.display(), reason(&error)))
            })
        };
        let secret = |path: &Path| read(path).map(|text| text.trim_end().to_owned());
        let login = match (&table.credentials, &table.user, &table.token_file) {
            (Some(file), ..) => Login::Credentials(read(file)?),
            (_, Some(user), _) => Login::Password {
                user: user.clone(),
                password: table
                    .password_file
                    .as_deref()
                    .map(secret)
                    .transpose()?
                    .unwrap_or_default(),
            },
            (.., Some(file)) => Login::Token(secret(file)?),
            _ => Login::None,
        };
        // What is missing is told now, and not when a connection fails.
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
}
