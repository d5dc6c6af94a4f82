//! All clients, and what is published to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brocomm::data::Name;
use brocomm_zeek::mapping::Mapping;
use brocomm_zeek::message::ZeekEvent;
use tokio::sync::{Notify, mpsc, watch};

use super::{Counts, TARGET};
use crate::failure::warn;

/// How many publications wait for a client at most.
const WAITING: usize = 1_000;

/// An event under its topic.
pub(super) type Published = Arc<(Vec<u8>, ZeekEvent)>;

/// A client, with the beginnings of the topics that it has subscribed to.
struct Subscriber {
    topics: Vec<Name>,
    sender: mpsc::Sender<Published>,
}

impl Subscriber {
    fn wants(&self, topic: &[u8]) -> bool {
        self.topics.iter().any(|prefix| topic.starts_with(prefix))
    }
}

/// Knows all clients.
pub(super) struct Hub {
    pub(super) mapping: Mapping,
    pub(super) counts: Counts,
    clients: Mutex<BTreeMap<u64, Subscriber>>,
    told: Mutex<BTreeSet<&'static str>>,
    end: watch::Sender<bool>,
    gone: Notify,
}

impl Hub {
    pub(super) fn new(mapping: Mapping, counts: Counts) -> Hub {
        Hub {
            mapping,
            counts,
            clients: Mutex::default(),
            told: Mutex::default(),
            end: watch::Sender::new(false),
            gone: Notify::new(),
        }
    }

    /// Adds a client; returns what is published to it, and whether all is to end.
    pub(super) fn join(&self, number: u64) -> (mpsc::Receiver<Published>, watch::Receiver<bool>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.clients().insert(number, Subscriber { topics: Vec::new(), sender });
        (receiver, self.end.subscribe())
    }

    /// Has a client get what is published under topics with these beginnings.
    pub(super) fn subscribe(&self, number: u64, topics: Vec<Name>) {
        if let Some(client) = self.clients().get_mut(&number) {
            client.topics = topics;
        }
    }

    pub(super) fn leave(&self, number: u64) {
        self.clients().remove(&number);
        self.gone.notify_waiters();
    }

    /// Publishes an event to all clients that have subscribed to its topic, but not to the one that
    /// sent it.
    pub(super) fn publish(&self, topic: &[u8], event: &ZeekEvent, from: Option<u64>) {
        let clients = self.clients();
        let is_other = |number: &u64| Some(*number) != from;
        let others =
            || clients.iter().filter(|(number, client)| is_other(number) && client.wants(topic));
        if others().next().is_none() {
            return;
        }
        let published: Published = Arc::new((topic.to_vec(), event.clone()));
        for (_, client) in others() {
            if client.sender.try_send(Arc::clone(&published)).is_err() {
                self.counts.lose(TARGET, "slow_client", 1);
            }
        }
    }

    /// Tells something once for each of its kind; it is counted besides.
    pub(super) fn tell_once(&self, kind: &'static str, what: fmt::Arguments<'_>) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(kind) {
            warn(format_args!("clients of Zeek's API: {what}; more of the kind are only counted"));
        }
    }

    /// Has all clients end.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    /// Waits until there are no clients.
    pub(super) async fn empty(&self) {
        loop {
            let gone = self.gone.notified();
            if self.clients().is_empty() {
                return;
            }
            gone.await;
        }
    }

    fn clients(&self) -> MutexGuard<'_, BTreeMap<u64, Subscriber>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
