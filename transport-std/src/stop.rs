//! Stops from another thread what waits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::{Poll, Token, Waker};

/// The token of the waker; sockets have others.
const WAKER: Token = Token(0);

/// Stops a [`Peer`](crate::Peer) or a [`Listener`](crate::Listener) from another thread.
///
/// Cheap to clone. Works once and for good; after the peer or listener is gone it does nothing.
#[derive(Debug, Clone)]
pub struct StopHandle {
    stopped: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl StopHandle {
    pub(crate) fn new(poll: &Poll) -> io::Result<StopHandle> {
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(StopHandle { stopped: Arc::default(), waker })
    }

    /// Makes the call that waits return, and later ones not wait.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Fails only if there is no poller left to wake, hence nobody who waits.
        let _ = self.waker.wake();
    }

    /// Returns whether [`stop`](Self::stop) has been called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}
