//! Publishes a spool to NATS JetStream.
//!
//! Entries are published in order, under their subjects, each with a unique identifier
//! (`Nats-Msg-Id`): the node, the spool's epoch and the sequence number. A stream remembers
//! identifiers for a while (two minutes unless configured), so an entry that is resent after a lost
//! connection is stored once. The position moves after the stream has acknowledged an entry.
//!
//! When the server or the stream fails, entries stay in the spool and are resent, with growing
//! pauses. Only an entry that is too large for the server is left out and counted.

mod session;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use crate::sink::Work;
use crate::spool::{Reader, epoch};
use crate::{Report, SinkCounts};
use session::NatsSession;

/// The credentials for the server.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// No credentials.
    None,
    /// The content of a credentials file, as written by the tool `nsc`.
    Credentials(String),
    /// A user with a password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(String),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Secrets are not shown.
        f.write_str(match self {
            Login::None => "None",
            Login::Credentials(_) => "Credentials(…)",
            Login::Password { .. } => "Password(…)",
            Login::Token(_) => "Token(…)",
        })
    }
}

/// A stream to create if it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStream {
    /// Its name.
    pub name: String,
    /// The subjects that it stores.
    pub subjects: Vec<String>,
    /// Its maximum size in bytes; 0 for no limit. When it is full, it refuses new messages.
    pub size: u64,
    /// How long it keeps messages. Zero for no limit.
    pub age: Duration,
}

/// The server, and how to send entries to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsConfig {
    /// The servers of one cluster.
    pub servers: Vec<String>,
    /// The first part of identifiers.
    pub node: String,
    /// The name of the reader of the spool.
    pub reader: String,
    /// The stream to create; usually none.
    pub create: Option<NewStream>,
    /// The maximum number of entries that are not acknowledged.
    pub window: usize,
    /// How long connecting and each acknowledgement may take.
    pub timeout: Duration,
    /// The first pause after a failure.
    pub retry: Duration,
    /// The longest pause.
    pub retry_max: Duration,
    /// The credentials for the server.
    pub login: Login,
    /// Whether TLS is required.
    pub tls: bool,
    /// The file with the CA certificates for the server's certificate (PEM). `None` for those of
    /// the system.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key (PEM).
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl NatsConfig {
    /// Creates a configuration to publish to these servers as a node with this name, with a window
    /// of 1024 entries.
    pub fn new(node: impl Into<String>, servers: Vec<String>) -> NatsConfig {
        NatsConfig {
            servers,
            node: node.into(),
            reader: "nats".to_owned(),
            create: None,
            window: 1024,
            timeout: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
            login: Login::None,
            tls: false,
            ca: None,
            identity: None,
        }
    }
}

/// Publishes a spool until `end` is true. Then waits until the sent entries are acknowledged.
///
/// `durable` is the last entry that may be sent. If its sender is dropped, the sink ends when all
/// entries are acknowledged or sending fails. This function blocks: call it in a separate thread.
///
/// # Errors
/// Fails if the spool cannot be used, or no runtime can be created.
pub fn run(
    path: &std::path::Path,
    config: &NatsConfig,
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
        NatsSession { config, prefix: &prefix, work }.run().await
    })
}
