//! Code shared by `connect`, `logs`, `tail` and `print`, which connect to one peer and handle what
//! it sends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Requests};
use brocomm::node::CloseCause;
use brocomm_std::Peer;

use crate::address;
use crate::diagnosis;
use crate::failure::{Failure, failed, warn};
use crate::logging;
use crate::session::{self, DESCRIPTION, seconds, timeout};
use crate::stop::Stop;
use crate::tls::Tls;

/// The peer to follow.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    #[command(flatten)]
    pub(crate) manner: Manner,
}

/// What to send in the handshake.
#[derive(Debug, clap::Args)]
pub(crate) struct Manner {
    /// The time limit for connecting, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// The description to send.
    #[arg(long, default_value = DESCRIPTION)]
    description: String,

    #[command(flatten)]
    tls: Tls,
}

/// The minimum uptime, as a signed number (§3.3). If both sides request state, the side with the
/// longer uptime sends its own. With this uptime that is always the peer.
const YOUNGEST: u32 = i32::MIN as u32;

/// What to do when the connection is lost.
#[derive(Debug, clap::Args)]
pub(crate) struct Again {
    /// The delay before reconnecting when the connection is lost, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
        allow_negative_numbers = true)]
    retry: Duration,

    /// Exit when the connection is lost, instead of reconnecting.
    #[arg(long, conflicts_with = "retry")]
    pub(crate) once: bool,
}

/// How a connection was closed normally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer closed it.
    ByPeer,
    /// This side closed it: the follower is done, or a signal arrived.
    Here {
        /// Whether everything was written.
        all_written: bool,
    },
}

/// How a connection ended.
enum Ended {
    InOrder(End),
    /// The connection failed.
    Lost(String),
}

/// A handler of what a peer sends.
pub(crate) trait Follow {
    /// Called when a connection is established, for each connection.
    fn joined(&mut self) {}

    /// Handles a notification. Breaks when the follower is done.
    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure>;

    /// Returns the next time at which to call [`due`](Self::due).
    fn next_timeout(&self) -> Option<Time> {
        None
    }

    /// Does work that depends on time.
    fn due(&mut self, _: Time) -> Result<(), Failure> {
        Ok(())
    }

    /// Returns whether the follower is done.
    fn is_done(&self, _: Time) -> bool {
        false
    }
}

impl Target {
    /// Follows the peer, with the given requests.
    pub(crate) fn follow(
        &self,
        declarations: Arc<Declarations>,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        self.manner.follow(&self.peer, declarations, requests, follower)
    }

    /// Follows the peer, and reconnects if the options say so.
    pub(crate) fn follow_again(
        &self,
        again: &Again,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        self.manner.follow_again(&self.peer, again, requests, follower)
    }
}

impl Manner {
    /// Follows a peer, with the given requests.
    pub(crate) fn follow(
        &self,
        peer: &str,
        declarations: Arc<Declarations>,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        follow(peer, self.config(declarations, requests)?, self.timeout, follower)
    }

    /// Follows a peer, and reconnects if the options say so. After the first connection, it ends
    /// only on a signal, when the follower is done, or if the peer violates the protocol.
    pub(crate) fn follow_again(
        &self,
        address: &str,
        again: &Again,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        if again.once {
            return self.follow(address, Arc::default(), requests, follower);
        }
        let config = self.config(Arc::default(), requests)?;
        let stop = Stop::on_signal();
        let mut peer = session::join(address, config.clone(), self.timeout)?;
        // Finishes the output normally whenever a signal arrives.
        let _held = stop.hold();
        let mut was_there = false;
        loop {
            let ended = attend(&mut peer, self.timeout, &stop, follower)?;
            was_there |= peer.connection().peer_version().is_some();
            let name = peer.remote_addr();
            let gone = match ended {
                Ended::InOrder(End::ByPeer) => "the peer closed the connection".to_owned(),
                Ended::InOrder(end) => return Ok(end),
                Ended::Lost(fault) if was_there => fault,
                Ended::Lost(fault) => return Err(failed(format_args!("{name}: {fault}"))),
            };
            let seconds = again.retry.as_secs_f64();
            warn(format_args!("{name}: {gone}; trying to connect again every {seconds} s"));
            peer = loop {
                pass_time(again.retry, &stop, follower)?;
                if stop.is_stopped() {
                    return Ok(End::Here { all_written: true });
                }
                if let Ok(peer) = Peer::connect(address, config.clone(), self.timeout) {
                    break peer;
                }
            };
            warn(format_args!("{name}: connected again"));
        }
    }

    /// Returns the configuration of each connection.
    pub(crate) fn config(
        &self,
        declarations: Arc<Declarations>,
        requests: Requests,
    ) -> Result<ConnectionConfig, Failure> {
        Ok(ConnectionConfig {
            description: Name::from(self.description.as_str()),
            class: Some(self.class.clone().unwrap_or_default().into()),
            runtime: if requests.sync.is_some() { YOUNGEST } else { 0 },
            requests,
            tls: self.tls.read()?,
            ..session::base(declarations)
        })
    }
}

/// Follows the peer at an address until it closes the connection, the follower is done, or a signal
/// arrives.
pub(crate) fn follow(
    address: &str,
    config: ConnectionConfig,
    timeout: Duration,
    follower: &mut dyn Follow,
) -> Result<End, Failure> {
    let mut peer = session::join(address, config, timeout)?;
    match attend(&mut peer, timeout, &Stop::on_signal(), follower)? {
        Ended::InOrder(end) => Ok(end),
        Ended::Lost(fault) => Err(failed(format_args!("{}: {fault}", peer.remote_addr()))),
    }
}

/// Follows a peer until the connection is closed.
///
/// Gives up if the peer sends no VERSION in time.
fn attend(
    peer: &mut Peer,
    timeout: Duration,
    stop: &Stop,
    follower: &mut dyn Follow,
) -> Result<Ended, Failure> {
    let _registered = stop.add(peer.stop_handle());
    let until = Instant::now().checked_add(timeout);
    follower.joined();
    let mut end = None;
    let mut result = Ok(());
    while result.is_ok() {
        let now = peer.now();
        result = follower.due(now);
        if result.is_err() || follower.is_done(now) {
            break;
        }
        let wait = follower.next_timeout().map(|due| due.saturating_since(now));
        let due = wait.and_then(|wait| Instant::now().checked_add(wait));
        let until = until.filter(|_| peer.connection().peer_version().is_none());
        let deadline = due.into_iter().chain(until).min();
        let notification = peer.next(deadline).map_err(|error| failed(format_args!("{error}")))?;
        if let Some(notification) = &notification {
            logging::connection(peer.remote_addr(), notification);
        }
        let Some(notification) = notification else {
            if end.is_some() || stop.is_stopped() {
                break;
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                let tls = diagnosis::tls_differs(peer);
                let hint = diagnosis::try_doctor(peer.remote_addr());
                return Ok(Ended::Lost(format!("{}{tls}{hint}", diagnosis::no_version(timeout))));
            }
            continue;
        };
        match follower.notified(peer, &notification) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(failure) => result = Err(failure),
        }
        if let ConnectionNotification::Closed(cause) = notification {
            end = Some(cause);
        }
    }
    let Some(end) = end else {
        let parted = session::part(peer);
        result?;
        let all_written = parted.map_err(|error| failed(format_args!("{error}")))?;
        return Ok(Ended::InOrder(End::Here { all_written }));
    };
    result?;
    match diagnosis::fault(&end) {
        Some(fault) if matches!(end, CloseCause::Protocol(_)) => {
            Err(failed(format_args!("{}: {fault}", peer.remote_addr())))
        }
        // A TLS error names TLS itself.
        Some(fault) if matches!(end, CloseCause::Tls(_)) => Ok(Ended::Lost(fault)),
        Some(fault) => Ok(Ended::Lost(fault + diagnosis::tls_differs(peer))),
        None if peer.connection().counters().input.messages == 0 => {
            let tls = diagnosis::tls_differs(peer);
            Ok(Ended::Lost(format!("{}{tls}", diagnosis::CLOSED_AT_ONCE)))
        }
        None => Ok(Ended::InOrder(End::ByPeer)),
    }
}

/// Waits without a connection. Returns early on a signal.
fn pass_time(time: Duration, stop: &Stop, follower: &mut dyn Follow) -> Result<(), Failure> {
    let begin = Instant::now();
    while !stop.is_stopped() && begin.elapsed() < time {
        let now = SystemTime::now().into();
        follower.due(now)?;
        let left = time.saturating_sub(begin.elapsed());
        let due = follower.next_timeout().map_or(left, |due| due.saturating_since(now));
        stop.wait(left.min(due));
    }
    Ok(())
}
