//! Blocking a thread until it is woken.

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use crate::socket::remaining;

struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks until `poll` is ready. Returns `None` if the deadline passes.
pub(crate) fn wait_for<T>(
    deadline: Option<Instant>,
    mut poll: impl FnMut(&Waker) -> Poll<T>,
) -> Option<T> {
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    loop {
        if let Poll::Ready(answer) = poll(&waker) {
            return Some(answer);
        }
        match remaining(deadline)? {
            None => thread::park(),
            Some(left) => thread::park_timeout(left),
        }
    }
}
