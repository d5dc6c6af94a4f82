//! What `connect`, `logs`, `tail` and `print` have in common: they join one peer and follow what it
//! sends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::connection::{ConnectionConfig, Notification, Requests};
use brocomm::node::CloseCause;
use brocomm_std::Peer;

use crate::address;
use crate::failure::{Failure, failed, warn};
use crate::logging;
use crate::session::{self, DESCRIPTION, seconds, timeout};
use crate::stop::Stop;
use crate::tls::Tls;

/// Whom to follow.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Where the peer listens; the port is 47757 unless given, IPv6 addresses are written
    /// [::1]:47757, with a zone [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    #[command(flatten)]
    pub(crate) manner: Manner,
}

/// How to introduce ourselves.
#[derive(Debug, clap::Args)]
pub(crate) struct Manner {
    /// How many seconds to wait for the connection.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// Our class, by which a Bro finds the entry of its `Communication::nodes` for us.
    #[arg(long)]
    class: Option<String>,

    /// What we call ourselves.
    #[arg(long, default_value = DESCRIPTION)]
    description: String,

    #[command(flatten)]
    tls: Tls,
}

/// The least running time that there is, compared as signed (§3.3). Where both sides want the other's
/// state, the one that has run for longer gives its own: with this that is the peer, even if it has
/// only just begun.
const YOUNGEST: u32 = i32::MIN as u32;

/// What to do when the peer is gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Again {
    /// How many seconds to wait before connecting again when the peer is gone.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
        allow_negative_numbers = true)]
    retry: Duration,

    /// End when the peer is gone, instead of connecting again.
    #[arg(long, conflicts_with = "retry")]
    pub(crate) once: bool,
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

/// How a connection ended.
enum Ended {
    InOrder(End),
    /// Not by the peer's will, as far as we know.
    Lost(String),
}

/// Takes what a peer sends.
pub(crate) trait Follow {
    /// Begins, on the first connection and each after it.
    fn joined(&mut self) {}

    /// Takes a notification; breaks off when enough came.
    fn told(&mut self, peer: &mut Peer, told: &Notification) -> Result<ControlFlow<()>, Failure>;

    /// Returns when something is due whether or not anything comes.
    fn next_timeout(&self) -> Option<Time> {
        None
    }

    /// Does what is due.
    fn due(&mut self, _: Time) -> Result<(), Failure> {
        Ok(())
    }

    /// Returns whether enough came, also if nothing more does.
    fn is_done(&self, _: Time) -> bool {
        false
    }
}

impl Target {
    /// Follows the peer, which is asked for something.
    pub(crate) fn follow(
        &self,
        declarations: Arc<Declarations>,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        self.manner.follow(&self.peer, declarations, requests, follower)
    }

    /// Follows the peer, and connects again when it is gone, if that is wanted.
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
    /// Follows a peer, which is asked for something.
    pub(crate) fn follow(
        &self,
        peer: &str,
        declarations: Arc<Declarations>,
        requests: Requests,
        follower: &mut dyn Follow,
    ) -> Result<End, Failure> {
        follow(peer, self.config(declarations, requests)?, self.timeout, follower)
    }

    /// Follows a peer, and connects again when it is gone, if that is wanted. Once it was there,
    /// only a signal, the follower, or a peer that breaks the protocol ends that.
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
        // What was begun is to be ended in order, wherever a signal finds us.
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

/// Follows the peer at an address until it closes the connection, enough came, or a signal asks us
/// to end.
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

/// Follows a peer until its connection is over.
///
/// What sends no VERSION in time is not waited for any longer.
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
        result = follower.due(peer.now());
        if result.is_err() || follower.is_done(peer.now()) {
            break;
        }
        let wait = follower.next_timeout().map(|due| due.saturating_since(peer.now()));
        let due = wait.and_then(|wait| Instant::now().checked_add(wait));
        let until = until.filter(|_| peer.connection().peer_version().is_none());
        let deadline = due.into_iter().chain(until).min();
        let told = peer.next(deadline).map_err(|error| failed(format_args!("{error}")))?;
        if let Some(told) = &told {
            logging::connection(peer.remote_addr(), told);
        }
        let Some(told) = told else {
            if end.is_some() || stop.is_stopped() {
                break;
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                let tls = session::tls_differs(peer);
                let hint = session::try_doctor(peer.remote_addr());
                return Ok(Ended::Lost(format!("{}{tls}{hint}", session::no_version(timeout))));
            }
            continue;
        };
        match follower.told(peer, &told) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(failure) => result = Err(failure),
        }
        if let Notification::Closed(cause) = told {
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
    match session::fault(&end) {
        Some(fault) if matches!(end, CloseCause::Protocol(_)) => {
            Err(failed(format_args!("{}: {fault}", peer.remote_addr())))
        }
        // What TLS says of itself names it.
        Some(fault) if matches!(end, CloseCause::Tls(_)) => Ok(Ended::Lost(fault)),
        Some(fault) => Ok(Ended::Lost(fault + session::tls_differs(peer))),
        None if peer.connection().counters().input.messages == 0 => {
            let tls = session::tls_differs(peer);
            Ok(Ended::Lost(format!("{}{tls}", session::CLOSED_AT_ONCE)))
        }
        None => Ok(Ended::InOrder(End::ByPeer)),
    }
}

/// Lets time pass in which there is no connection; less if a signal comes.
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
