//! Blocking a thread until a node has something for it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::runner::Runner;
use crate::socket::remaining;

/// A thread that waits for a node.
pub(crate) struct Sleeper {
    thread: Thread,
    runner: Arc<Runner>,
    woken: AtomicBool,
    /// Whether the thread polls the node's sockets.
    pub(crate) polls: AtomicBool,
}

impl Sleeper {
    /// Returns whether it was woken since this was last called.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn sleep(&self, timeout: Option<Duration>) {
        match timeout {
            None => thread::park(),
            Some(timeout) => thread::park_timeout(timeout),
        }
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if self.polls.load(Ordering::SeqCst) {
            self.runner.interrupt();
        }
        self.thread.unpark();
    }
}

/// Blocks until `poll` is ready. Returns `None` if the deadline passes.
fn wait_for<T>(
    runner: &Arc<Runner>,
    deadline: Option<Instant>,
    mut poll: impl FnMut(&Waker) -> Poll<T>,
) -> Option<T> {
    if let Poll::Ready(answer) = poll(Waker::noop()) {
        return Some(answer);
    }
    let sleeper = Arc::new(Sleeper {
        thread: thread::current(),
        runner: Arc::clone(runner),
        woken: AtomicBool::new(false),
        polls: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&sleeper));
    loop {
        if let Poll::Ready(answer) = poll(&waker) {
            return Some(answer);
        }
        runner.wait(&sleeper, remaining(deadline)?);
    }
}

/// A part of a node, and what runs the node while a thread waits for it.
#[derive(Clone)]
pub(crate) struct Waiting<T> {
    part: T,
    runner: Arc<Runner>,
}

impl<T> Waiting<T> {
    pub(crate) fn new(part: T, runner: Arc<Runner>) -> Waiting<T> {
        Waiting { part, runner }
    }

    /// Returns another part of the same node.
    pub(crate) fn other<U>(&self, part: U) -> Waiting<U> {
        Waiting { part, runner: Arc::clone(&self.runner) }
    }

    /// Blocks until `poll` is ready. Returns `None` if the deadline passes.
    pub(crate) fn wait_for<U>(
        &self,
        deadline: Option<Instant>,
        poll: impl FnMut(&Waker) -> Poll<U>,
    ) -> Option<U> {
        wait_for(&self.runner, deadline, poll)
    }

    /// Blocks until this part is ready. Returns `None` if the deadline passes.
    pub(crate) fn wait<U>(
        &mut self,
        deadline: Option<Instant>,
        mut poll: impl FnMut(&mut T, &Waker) -> Poll<U>,
    ) -> Option<U> {
        let Waiting { part, runner } = self;
        wait_for(runner, deadline, |waker| poll(part, waker))
    }
}

impl<T> Deref for Waiting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

impl<T: fmt::Debug> fmt::Debug for Waiting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.fmt(f)
    }
}
