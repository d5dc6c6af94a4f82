//! Runs all connections of a node: in its own thread, and in those of callers that wait for it.
//!
//! A caller that waits polls the sockets itself, and one that sends writes itself, so that nothing
//! passes between threads. The node's own thread takes over when no caller has waited for a while.

mod listening;
mod sockets;
mod task;

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};
use std::task::Wake;
use std::thread::{self, Thread};
use std::time::Duration;

use brocomm_transport::Shared;
use mio::{Events, Poll, Token};

use crate::sleeping::Sleeper;
use sockets::Sockets;

/// The token of the managing task and of the poller's waker. No socket has it.
const WAKER: Token = Token(0);

/// The maximum number of ready sockets per poll.
const EVENTS: usize = 1024;

/// How long no caller has waited when the node's own thread takes over.
const AWAY: Duration = Duration::from_millis(1);

/// Runs a node: polls all its sockets, and runs the tasks that are ready.
#[derive(Debug)]
pub(crate) struct Runner {
    poller: Mutex<Poller>,
    sockets: Mutex<Sockets>,
    woken: Mutex<Woken>,
    interrupt: mio::Waker,
    /// Whether a caller polls, or is about to.
    led: AtomicBool,
    /// The number of times that a caller has polled.
    leads: AtomicUsize,
    /// The node's own thread.
    own: OnceLock<Thread>,
    /// Whether it sleeps until the caller that polls returns.
    asleep: AtomicBool,
    /// Whether it is to poll although callers have polled just before.
    called: AtomicBool,
    /// The callers that sleep because another one polls.
    sleepers: Mutex<Vec<Thread>>,
}

#[derive(Debug)]
struct Poller {
    poll: Poll,
    events: Events,
}

/// The tasks that were woken for a reason other than their sockets.
#[derive(Debug, Default)]
struct Woken {
    tokens: BTreeSet<Token>,
    poller: Polling,
}

/// What the thread that polls does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Polling {
    /// It runs tasks, or there is none.
    #[default]
    No,
    /// It waits in the poller.
    Waits,
    /// It is about to run the tasks that were woken.
    Interrupted,
}

/// Wakes a task.
struct TokenWaker {
    token: Token,
    runner: Weak<Runner>,
}

impl Wake for TokenWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(runner) = self.runner.upgrade() {
            runner.wake(self.token);
        }
    }
}

/// Locks a mutex. The node stays usable after a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runner {
    pub(crate) fn new(shared: Arc<Shared>) -> io::Result<Arc<Runner>> {
        let poll = Poll::new()?;
        let interrupt = mio::Waker::new(poll.registry(), WAKER)?;
        let registry = poll.registry().try_clone()?;
        Ok(Arc::new_cyclic(|runner| Runner {
            poller: Mutex::new(Poller { poll, events: Events::with_capacity(EVENTS) }),
            sockets: Mutex::new(Sockets::new(shared, registry, Weak::clone(runner))),
            woken: Mutex::default(),
            interrupt,
            led: AtomicBool::new(false),
            leads: AtomicUsize::new(0),
            own: OnceLock::new(),
            asleep: AtomicBool::new(false),
            called: AtomicBool::new(false),
            sleepers: Mutex::default(),
        }))
    }

    /// Runs the node in its own thread until it has stopped. Sleeps while callers poll.
    pub(crate) fn run(&self) {
        self.own.get_or_init(thread::current);
        let is_led = || self.led.load(Ordering::SeqCst);
        let leads = || Some(self.leads.load(Ordering::SeqCst));
        let mut before = leads();
        while self.turn(&mut lock(&self.poller), None, is_led) {
            while is_led() || before != leads() {
                let is_called = self.called.swap(false, Ordering::SeqCst) || self.has_work();
                if is_called && !is_led() {
                    break;
                }
                if std::mem::replace(&mut before, leads()) != leads() {
                    thread::park_timeout(AWAY);
                    continue;
                }
                self.asleep.store(true, Ordering::SeqCst);
                if is_led() {
                    thread::park();
                }
                before = None;
            }
        }
    }

    /// Polls the sockets once for a caller, until it is woken or the timeout passes. If another
    /// caller polls, just sleeps.
    pub(crate) fn wait(&self, sleeper: &Sleeper, timeout: Option<Duration>) {
        if self.led.swap(true, Ordering::SeqCst) {
            let this = thread::current();
            lock(&self.sleepers).push(this.clone());
            sleeper.sleep(timeout);
            return lock(&self.sleepers).retain(|sleeper| sleeper.id() != this.id());
        }
        self.leads.fetch_add(1, Ordering::SeqCst);
        // The node's own thread gives way.
        self.interrupt();
        sleeper.polls.store(true, Ordering::SeqCst);
        let runs = self.turn(&mut lock(&self.poller), timeout, || sleeper.is_woken());
        sleeper.polls.store(false, Ordering::SeqCst);
        self.led.store(false, Ordering::SeqCst);
        self.have_run(BTreeSet::new());
        // The next one polls.
        let next = lock(&self.sleepers).pop();
        let own = self.own.get().filter(|_| self.asleep.swap(false, Ordering::SeqCst));
        next.iter().chain(own).for_each(Thread::unpark);
        if !runs {
            sleeper.sleep(timeout);
        }
    }

    /// Waits for the sockets, unless the caller `is_wanted` elsewhere, and runs the tasks that are
    /// ready. Returns whether the node runs.
    fn turn(
        &self,
        poller: &mut Poller,
        timeout: Option<Duration>,
        is_wanted: impl Fn() -> bool,
    ) -> bool {
        let Poller { poll, events } = poller;
        let Some(due) = lock(&self.sockets).manage() else { return false };
        let has_work = {
            let mut woken = lock(&self.woken);
            let has_work = !woken.tokens.is_empty();
            woken.poller = if has_work { Polling::Interrupted } else { Polling::Waits };
            has_work
        };
        let at_once = (has_work || is_wanted()).then_some(Duration::ZERO);
        // Fails when a signal interrupts it; then nothing is ready.
        if poll.poll(events, [at_once, timeout, due].into_iter().flatten().min()).is_err() {
            events.clear();
        }
        let woken = std::mem::take(&mut *lock(&self.woken));
        lock(&self.sockets).run(events, woken.tokens);
        true
    }

    /// Has a task run by the thread that polls. To save a change of threads, this thread writes
    /// what the task has to write, unless it has done so just before: then it sends much, and more
    /// can be written at once.
    fn wake(&self, token: Token) {
        lock(&self.woken).tokens.insert(token);
        loop {
            let mut sockets = match self.sockets.try_lock() {
                Ok(sockets) => sockets,
                Err(TryLockError::Poisoned(sockets)) => sockets.into_inner(),
                // The other thread looks for woken tasks afterwards.
                Err(TryLockError::WouldBlock) => return,
            };
            let mut woken = lock(&self.woken);
            if woken.tokens.is_empty() || woken.poller == Polling::Interrupted {
                return;
            }
            if !sockets.may_write() {
                drop(woken);
                return self.have_run(BTreeSet::new());
            }
            let tokens = std::mem::take(&mut woken.tokens);
            drop(woken);
            let left = sockets.write(tokens);
            drop(sockets);
            if !left.is_empty() {
                return self.have_run(left);
            }
        }
    }

    /// Has these tasks run, and those that were woken, by the thread that polls or, if there is
    /// none, by the node's own.
    fn have_run(&self, mut tokens: BTreeSet<Token>) {
        let mut woken = lock(&self.woken);
        woken.tokens.append(&mut tokens);
        let is_polled = woken.poller != Polling::No;
        drop(woken);
        if is_polled {
            self.interrupt();
        } else if self.has_work() && !self.called.swap(true, Ordering::SeqCst) {
            self.own.get().into_iter().for_each(Thread::unpark);
        }
    }

    /// Returns whether tasks were woken and have not been run.
    fn has_work(&self) -> bool {
        !lock(&self.woken).tokens.is_empty()
    }

    /// Interrupts the thread that waits in the poller, if any.
    pub(crate) fn interrupt(&self) {
        let mut woken = lock(&self.woken);
        if woken.poller == Polling::Waits {
            woken.poller = Polling::Interrupted;
            drop(woken);
            // Fails only if the poller is gone.
            let _ = self.interrupt.wake();
        }
    }
}
