//! What `connect`, `logs`, `tail` and `print` have in common: they join one peer and follow what it
//! sends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::connection::{Config, Notification, Setup};
use brocomm::data::{Declarations, Name};
use brocomm::logs::{Announced, LogEntry, LogReceiver, LogWriter, Received};
use brocomm_std::Peer;

use crate::address;
use crate::failure::{Failure, failed, tell};
use crate::session::{self, DESCRIPTION, seconds};
use crate::stop::Stop;

/// Whom to follow.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Where the peer listens; the port is 47757 unless given, IPv6 addresses are written
    /// [::1]:47757.
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse)]
    peer: String,

    /// How many seconds to wait for the connection.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// Our class, by which a Bro finds the entry of its `Communication::nodes` for us.
    #[arg(long)]
    class: Option<String>,

    /// What we call ourselves.
    #[arg(long, default_value = DESCRIPTION)]
    description: String,
}

/// Who ended a connection that ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer closed it.
    ByPeer,
    /// Enough came, or a signal came.
    Here {
        /// Whether the peer took all that was sent.
        all_written: bool,
    },
}

/// Takes what a peer sends.
pub(crate) trait Follow {
    /// Takes a notification; breaks off when enough came.
    fn told(&mut self, peer: &mut Peer, told: &Notification) -> Result<ControlFlow<()>, Failure>;

    /// Returns when something is due whether or not anything comes.
    fn next_timer(&self) -> Option<Time> {
        None
    }

    /// Does what is due.
    fn due(&mut self, _: Time) -> Result<(), Failure> {
        Ok(())
    }
}

impl Target {
    /// Follows the peer, which is asked for something.
    pub(crate) fn follow(
        &self,
        declarations: Arc<Declarations>,
        setup: Setup,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        let config = Config {
            description: Name::from(self.description.as_str()),
            class: Some(self.class.clone().unwrap_or_default().into()),
            setup: Some(setup),
            ..session::base(declarations)
        };
        follow(&self.peer, config, self.timeout, follower)
    }
}

/// Follows the peer at an address until it closes the connection, enough came, or a signal asks us
/// to end.
pub(crate) fn follow(
    address: &str,
    config: Config,
    timeout: Duration,
    follower: &mut dyn Follow,
) -> Result<End, Failure> {
    let stop = Stop::on_signal();
    let mut peer = session::join(address, config, timeout)?;
    let _registered = stop.add(peer.stop_handle());
    let name = peer.remote_addr().to_string();
    let mut end = None;
    let mut result = Ok(());
    while result.is_ok() {
        result = follower.due(peer.now());
        if result.is_err() {
            break;
        }
        let wait = follower.next_timer().map(|due| due.saturating_since(peer.now()));
        let deadline = wait.and_then(|wait| Instant::now().checked_add(wait));
        let told = peer.next(deadline).map_err(|error| failed(format_args!("{error}")))?;
        let Some(told) = told else {
            if end.is_some() || stop.is_stopped() {
                break;
            }
            continue;
        };
        match follower.told(&mut peer, &told) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(failure) => result = Err(failure),
        }
        if let Notification::Closed(cause) = told {
            end = Some(cause);
        }
    }
    if end.is_none() {
        let parted = session::part(&mut peer);
        result?;
        let all_written = parted.map_err(|error| failed(format_args!("{error}")))?;
        return Ok(End::Here { all_written });
    }
    result?;
    if let Some(fault) = end.as_ref().and_then(session::fault) {
        return Err(failed(format_args!("{name}: {fault}")));
    }
    if peer.connection().counters().input.messages == 0 {
        return Err(failed(format_args!(
            "{name}: the peer closed the connection at once; does it accept this host, and speak \
             this protocol?"
        )));
    }
    Ok(End::ByPeer)
}

/// Asks a peer for its logs.
pub(crate) fn for_logs() -> Setup {
    Setup { request_logs: true, ..Setup::default() }
}

/// Understands logs as they come.
#[derive(Debug, Default)]
pub(crate) struct LogReader {
    receiver: LogReceiver,
}

/// What came of a log.
pub(crate) enum LogNews {
    /// A log begins.
    Writer(Arc<LogWriter>),
    /// An entry of one.
    Entry(LogEntry),
}

impl LogReader {
    /// Returns what a notification tells of logs, in order. Entries that fit no log are told to
    /// the user and left out.
    pub(crate) fn read(&mut self, told: &Notification) -> Result<Vec<LogNews>, Failure> {
        let broken = |error| failed(format_args!("the peer broke the protocol: {error}"));
        match told {
            Notification::LogCreateWriter(argument) => {
                match self.receiver.announce(argument).map_err(broken)? {
                    Announced::New(writer) => Ok(vec![LogNews::Writer(writer)]),
                    Announced::Again(_) => Ok(Vec::new()),
                }
            }
            Notification::LogWrite(argument) => {
                let mut news = Vec::new();
                for received in self.receiver.entries(argument) {
                    match received.map_err(broken)? {
                        Received::Entry(entry) => news.push(LogNews::Entry(entry)),
                        Received::Dropped(entry) => {
                            let (path, why) = (entry.path, entry.why);
                            tell(format_args!("write error for log entry: {path}: {why}"));
                        }
                    }
                }
                Ok(news)
            }
            _ => Ok(Vec::new()),
        }
    }
}
