//! The thread that runs all connections of a node.

mod listening;
mod task;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use brocomm::Time;
use brocomm::lowlevel::driver::{BLOCK, Task};
use brocomm::node::{Action, KeepAlive};
use brocomm_transport::Shared;
use mio::net::TcpListener;
use mio::{Events, Poll, Token};

use task::SocketTask;

/// The token of the waker. No socket has it.
const WAKER: Token = Token(0);

/// The maximum number of ready sockets per poll.
const EVENTS: usize = 1024;

/// Runs a node: polls all its sockets, and runs the tasks that are ready.
pub(crate) struct Runner {
    shared: Arc<Shared>,
    keep_alive: Option<KeepAlive>,
    poll: Poll,
    woken: Arc<Woken>,
    manager: Waker,
    listening: BTreeMap<Token, TcpListener>,
    tasks: BTreeMap<Token, SocketTask>,
    /// The deadline of each task that has one.
    alarms: BTreeMap<Token, Time>,
    next: usize,
    buffer: Box<[u8]>,
}

/// The tasks that were woken for a reason other than their sockets.
#[derive(Debug)]
struct Woken {
    tokens: Mutex<BTreeSet<Token>>,
    poll: mio::Waker,
}

struct TokenWaker {
    token: Token,
    woken: Arc<Woken>,
}

impl Wake for TokenWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut tokens = self.woken.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(self.token);
        // Fails only if the poller is gone.
        let _ = self.woken.poll.wake();
    }
}

impl Runner {
    pub(crate) fn new(shared: Arc<Shared>) -> io::Result<Runner> {
        let poll = Poll::new()?;
        let tokens = Mutex::default();
        let woken = Arc::new(Woken { tokens, poll: mio::Waker::new(poll.registry(), WAKER)? });
        let manager = Arc::new(TokenWaker { token: WAKER, woken: Arc::clone(&woken) });
        Ok(Runner {
            keep_alive: shared.with(|node, _| node.communication().options().keep_alive),
            shared,
            poll,
            woken,
            manager: manager.into(),
            listening: BTreeMap::new(),
            tasks: BTreeMap::new(),
            alarms: BTreeMap::new(),
            next: WAKER.0 + 1,
            buffer: vec![0; BLOCK].into(),
        })
    }

    /// Runs until the node has stopped.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while let Some(until) = self.manage() {
            let now = self.shared.now();
            let due = until.into_iter().chain(self.alarms.values().copied()).min();
            // Fails when a signal interrupts it; then nothing is ready.
            if self.poll.poll(&mut events, due.map(|due| due - now)).is_err() {
                events.clear();
            }
            events.iter().for_each(|event| self.feed_ready(event));
            let mut ready: BTreeSet<Token> = events.iter().map(mio::event::Event::token).collect();
            let mut tokens = self.woken.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            ready.append(&mut tokens);
            drop(tokens);
            let now = self.shared.now();
            let alarms = self.alarms.iter().filter(|(_, at)| **at <= now);
            ready.extend(alarms.map(|(token, _)| *token));
            for token in ready {
                self.alarms.remove(&token);
                self.accept(token);
                self.run_task(token);
            }
        }
        let all: Vec<Token> = self.tasks.keys().copied().collect();
        all.into_iter().for_each(|token| self.close(token));
    }

    /// Does what the node asks for. Returns when to call it again, or `None` when the node has
    /// stopped.
    #[allow(clippy::option_option, reason = "the inner one is the node's next timeout")]
    fn manage(&mut self) -> Option<Option<Time>> {
        loop {
            match self.shared.with(|node, now| node.poll_task(now, &self.manager)) {
                Task::Do(Action::Connect { connection, endpoint, keep_alive, .. }) => {
                    self.connect(connection, &endpoint, keep_alive);
                }
                Task::Do(Action::Listen(target)) => self.listen(target),
                Task::Do(Action::StopListening) => self.listening.clear(),
                Task::Do(Action::CancelConnect(_)) => {}
                Task::Wait { until } => return Some(until),
                Task::End => return None,
            }
        }
    }

    /// Returns an unused token and the waker of the task that gets it.
    fn token(&mut self) -> (Token, Waker) {
        let token = Token(self.next);
        // Wrapping would take longer than any process runs.
        self.next = self.next.wrapping_add(1);
        (token, Arc::new(TokenWaker { token, woken: Arc::clone(&self.woken) }).into())
    }
}
