//! Publishes a spool to NATS JetStream.
//!
//! Entries are published in order, under their subjects, and each with an identifier
//! (`Nats-Msg-Id`) of the node, the spool's epoch and the sequence number. A stream keeps an identifier
//! for a while (two minutes unless configured), so that what is sent again after a lost connection is
//! stored once. The position moves when the stream has acknowledged an entry.
//!
//! Whatever is wrong with the server or the stream, entries stay in the spool and are sent again, with
//! growing pauses. Only an entry that is larger than the server takes is left out, and counted.

mod session;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use crate::sink::Work;
use crate::spool::{Reader, epoch};
use crate::{Report, SinkCounts};
use session::Session;

/// How to prove who we are.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// Not at all.
    None,
    /// The content of a file with credentials, as the tool `nsc` writes it.
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
        // No secrets.
        f.write_str(match self {
            Login::None => "None",
            Login::Credentials(_) => "Credentials(…)",
            Login::Password { .. } => "Password(…)",
            Login::Token(_) => "Token(…)",
        })
    }
}

/// A stream to create if there is none of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStream {
    /// Its name.
    pub name: String,
    /// The subjects that it takes.
    pub subjects: Vec<String>,
    /// Its maximum size in bytes; 0 for no limit. When it is full, it refuses new messages.
    pub size: u64,
    /// How long it keeps messages; zero for without end.
    pub age: Duration,
}

/// The server, and how entries go there.
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
    /// How to prove who we are.
    pub login: Login,
    /// Whether TLS is required.
    pub tls: bool,
    /// The authorities that the server's certificate may come from (PEM); those of the system if none.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key (PEM).
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl NatsConfig {
    /// Publishes to these servers as a node of this name, with a window of 1024 entries.
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
/// `durable` is the last entry that may be sent. If its sender is dropped, the sink ends when all is
/// acknowledged or sending fails. This function blocks: call it in a separate thread.
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
        Session { config, prefix: &prefix, work }.run().await
    })
}
