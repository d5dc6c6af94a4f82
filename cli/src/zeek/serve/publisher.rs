//! All clients, and the events that are published to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brocomm::data::Name;
use brocomm_zeek::mapping::Mapping;
use brocomm_zeek::message::ZeekEvent;
use tokio::sync::{Notify, mpsc, watch};

use super::{Counts, TARGET};
use crate::bridge::weight::weight;
use crate::failure::warn;

/// The maximum number of queued publications for a client.
const WAITING: usize = 1_000;

/// Their maximum size in memory.
const WAITING_BYTES: usize = 16 << 20;

/// An event under its topic.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) topic: Vec<u8>,
    pub(super) event: ZeekEvent,
    weight: usize,
}

/// The publications for a client.
pub(super) struct Publications {
    receiver: mpsc::Receiver<Arc<Published>>,
    bytes: Arc<AtomicUsize>,
}

impl Publications {
    /// Returns the next one, or `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Arc<Published>> {
        let published = self.receiver.recv().await?;
        self.bytes.fetch_sub(published.weight, Ordering::Relaxed);
        Some(published)
    }
}

/// A client, with the prefixes of the topics that it has subscribed to.
struct Subscriber {
    topics: Vec<Name>,
    sender: mpsc::Sender<Arc<Published>>,
    /// The memory of the queue.
    bytes: Arc<AtomicUsize>,
}

impl Subscriber {
    fn wants(&self, topic: &[u8]) -> bool {
        self.topics.iter().any(|prefix| topic.starts_with(prefix))
    }

    /// Queues an event for the client. Returns whether there was room.
    fn push(&self, published: Arc<Published>) -> bool {
        let weight = published.weight;
        if self.bytes.load(Ordering::Relaxed) >= WAITING_BYTES {
            return false;
        }
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        let is_sent = self.sender.try_send(published).is_ok();
        if !is_sent {
            self.bytes.fetch_sub(weight, Ordering::Relaxed);
        }
        is_sent
    }
}

/// The registry of all clients.
pub(super) struct Publisher {
    pub(super) mapping: Mapping,
    pub(super) counts: Counts,
    clients: Mutex<BTreeMap<u64, Subscriber>>,
    reported: Mutex<BTreeSet<&'static str>>,
    end: watch::Sender<bool>,
    gone: Notify,
}

impl Publisher {
    pub(super) fn new(mapping: Mapping, counts: Counts) -> Publisher {
        Publisher {
            mapping,
            counts,
            clients: Mutex::default(),
            reported: Mutex::default(),
            end: watch::Sender::new(false),
            gone: Notify::new(),
        }
    }

    /// Adds a client. Returns its publications, and a receiver that says when to stop.
    pub(super) fn join(&self, number: u64) -> (Publications, watch::Receiver<bool>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let bytes = Arc::<AtomicUsize>::default();
        let subscriber = Subscriber { topics: Vec::new(), sender, bytes: Arc::clone(&bytes) };
        self.clients().insert(number, subscriber);
        (Publications { receiver, bytes }, self.end.subscribe())
    }

    /// Subscribes a client to the topics with these prefixes.
    pub(super) fn subscribe(&self, number: u64, topics: Vec<Name>) {
        if let Some(client) = self.clients().get_mut(&number) {
            client.topics = topics;
        }
    }

    pub(super) fn leave(&self, number: u64) {
        self.clients().remove(&number);
        self.gone.notify_waiters();
    }

    /// Publishes an event to all clients that have subscribed to its topic, except the one that
    /// sent it.
    pub(super) fn publish(&self, topic: &[u8], event: &ZeekEvent, from: Option<u64>) {
        let clients = self.clients();
        let is_other = |number: &u64| Some(*number) != from;
        let others =
            || clients.iter().filter(|(number, client)| is_other(number) && client.wants(topic));
        if others().next().is_none() {
            return;
        }
        let weight = topic.len() + weight(event);
        let published = Arc::new(Published { topic: topic.to_vec(), event: event.clone(), weight });
        for (_, client) in others() {
            if !client.push(Arc::clone(&published)) {
                self.counts.lose(TARGET, "slow_client", 1);
            }
        }
    }

    /// Prints a warning, once for each kind.
    pub(super) fn warn_once(&self, kind: &'static str, what: fmt::Arguments<'_>) {
        if self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(kind) {
            warn(format_args!("clients of Zeek's API: {what}; further cases are only counted"));
        }
    }

    /// Disconnects all clients.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    /// Waits until all clients have gone.
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
