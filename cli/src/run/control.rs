//! The signals to a running node.

#[cfg(not(unix))]
use std::future::pending;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Failure, failed, reason};
use crate::signals::Ends;

/// A request by signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Stop the node. The second time, stop at once.
    End,
    /// List the peers.
    ShowPeers,
}

/// Waits for signals.
#[derive(Debug)]
pub(super) struct Signals {
    ends: Ends,
    #[cfg(unix)]
    user: Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Signals, Failure> {
        let taken = |error| failed(format_args!("cannot handle signals: {}", reason(&error)));
        Ok(Signals {
            ends: Ends::new().map_err(taken)?,
            #[cfg(unix)]
            user: signal(SignalKind::user_defined1()).map_err(taken)?,
        })
    }

    /// Waits for the next signal. Cancel safe.
    pub(super) async fn next(&mut self) -> Control {
        #[cfg(unix)]
        let user = self.user.recv();
        #[cfg(not(unix))]
        let user = pending::<Option<()>>();
        tokio::select! {
            // If both signals arrive, the peers are listed before the node stops.
            biased;
            Some(()) = user => Control::ShowPeers,
            () = self.ends.next() => Control::End,
        }
    }
}
