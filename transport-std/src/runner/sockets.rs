//! The sockets of a node and their tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use brocomm::Time;
use brocomm::lowlevel::driver::{BLOCK, Task};
use brocomm::node::{Action, KeepAlive};
use brocomm_transport::Shared;
use mio::net::TcpListener;
use mio::{Events, Registry, Token};

use super::task::SocketTask;
use super::{Runner, TokenWaker, WAKER};

/// How long after a write a waking thread leaves writing to the thread that polls, unless that one
/// has polled since.
const PAUSE: Duration = Duration::from_micros(20);

/// The sockets of a node, of which one thread runs the tasks at a time.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) shared: Arc<Shared>,
    pub(super) keep_alive: Option<KeepAlive>,
    pub(super) registry: Registry,
    runner: Weak<Runner>,
    manager: Waker,
    pub(super) listening: BTreeMap<Token, TcpListener>,
    pub(super) tasks: BTreeMap<Token, SocketTask>,
    /// The deadline of each task that has one.
    pub(super) alarms: BTreeMap<Token, Time>,
    next: usize,
    pub(super) buffer: Box<[u8]>,
    /// When a waking thread last wrote since a thread polled.
    wrote: Time,
}

impl Sockets {
    pub(super) fn new(shared: Arc<Shared>, registry: Registry, runner: Weak<Runner>) -> Sockets {
        let manager = Arc::new(TokenWaker { token: WAKER, runner: Weak::clone(&runner) }).into();
        Sockets {
            keep_alive: shared.with(|node, _| node.communication().options().keep_alive),
            shared,
            registry,
            runner,
            manager,
            listening: BTreeMap::new(),
            tasks: BTreeMap::new(),
            alarms: BTreeMap::new(),
            next: WAKER.0 + 1,
            buffer: vec![0; BLOCK].into(),
            wrote: Time::EPOCH,
        }
    }

    /// Does what the node asks for. Returns when to call it again at the latest, or `None` when the
    /// node has stopped.
    #[allow(clippy::option_option, reason = "the inner one is the poller's timeout")]
    pub(super) fn manage(&mut self) -> Option<Option<Duration>> {
        loop {
            match self.shared.with(|node, now| node.poll_task(now, &self.manager)) {
                Task::Do(Action::Connect { connection, endpoint, keep_alive, .. }) => {
                    self.connect(connection, &endpoint, keep_alive);
                }
                Task::Do(Action::Listen(target)) => self.listen(target),
                Task::Do(Action::StopListening) => self.listening.clear(),
                Task::Do(Action::CancelConnect(_)) => {}
                Task::Wait { until } => {
                    let due = until.into_iter().chain(self.alarms.values().copied()).min();
                    return Some(due.map(|due| due - self.shared.now()));
                }
                Task::End => {
                    self.listening.clear();
                    let all: Vec<Token> = self.tasks.keys().copied().collect();
                    all.into_iter().for_each(|token| self.close(token));
                    return None;
                }
            }
        }
    }

    /// Runs the tasks that were woken, whose sockets are ready, or whose deadline has passed.
    pub(super) fn run(&mut self, events: &Events, mut ready: BTreeSet<Token>) {
        self.wrote = Time::EPOCH;
        events.iter().for_each(|event| self.feed_ready(event));
        ready.extend(events.iter().map(mio::event::Event::token));
        if !self.alarms.is_empty() {
            let now = self.shared.now();
            let alarms = self.alarms.iter().filter(|(_, at)| **at <= now);
            ready.extend(alarms.map(|(token, _)| *token));
        }
        for token in ready {
            self.alarms.remove(&token);
            self.accept(token);
            self.run_task(token);
        }
    }

    /// Returns whether a waking thread may write. If so, this counts as a write.
    pub(super) fn may_write(&mut self) -> bool {
        let now = self.shared.now();
        let may_write = self.wrote + PAUSE <= now;
        if may_write {
            self.wrote = now;
        }
        may_write
    }

    /// Writes what these tasks have to write. Returns those that have more to do.
    pub(super) fn write(&mut self, mut woken: BTreeSet<Token>) -> BTreeSet<Token> {
        woken.retain(|token| !self.write_task(*token));
        woken
    }

    /// Returns an unused token and the waker of the task that gets it.
    pub(super) fn token(&mut self) -> (Token, Waker) {
        let token = Token(self.next);
        // Wrapping would take longer than any process runs.
        self.next = self.next.wrapping_add(1);
        let runner = Weak::clone(&self.runner);
        (token, Arc::new(TokenWaker { token, runner }).into())
    }
}
