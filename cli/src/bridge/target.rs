//! A Zeek that a bridge connects to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use brocomm::data::{Declarations, Event, Name};
use brocomm::node::EventPeer;
use brocomm_zeek::client::ClientConfig;
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::ZeekEvent;

use super::outgoing::{Item, OutgoingQueue};
use crate::config::ZeekTarget;
use crate::failure::warn;
use crate::zeek::counts::Counts;
use crate::zeek::serve::topic_of;

/// A target with its queue.
pub(crate) struct Prepared {
    /// The name in counters and messages: the URL.
    pub(super) name: String,
    pub(super) target: ZeekTarget,
    pub(super) client: ClientConfig,
    pub(super) outgoing: OutgoingQueue,
    mapping: Mapping,
    /// The names on Bro's side of Zeek's events, where they differ.
    renamed: BTreeMap<Name, String>,
    reported: Mutex<BTreeSet<&'static str>>,
}

impl Prepared {
    pub(super) fn new(target: ZeekTarget, bro: &Declarations) -> Prepared {
        let options = mapping::Options {
            widen: target.widen,
            drop_fields: target.drop_fields,
            drop_holes: target.drop_holes,
            functions: target.functions,
            as_zeek: false,
        };
        let mapping = Mapping::new(bro.clone(), target.declared.clone(), options);
        let renamed =
            target.rename.iter().map(|(bro, zeek)| (zeek.as_str().into(), bro.clone())).collect();
        Prepared {
            name: target.url.to_string(),
            client: target.client(),
            outgoing: OutgoingQueue::new(target.queue),
            target,
            mapping,
            renamed,
            reported: Mutex::default(),
        }
    }

    /// Queues an event of a peer, if the configuration passes it to this Zeek.
    pub(super) async fn offer(&self, peer: &EventPeer, event: &Event, counts: &Counts) {
        if !self.target.to_zeek.as_ref().is_some_and(|pattern| pattern.matches(&event.name)) {
            return;
        }
        counts.add(&self.name, "offered", 1);
        let renamed = event.name.as_str().and_then(|name| self.target.rename.get(name));
        let name = renamed.map_or(&*event.name, |name| name.as_bytes());
        match self.mapping.to_zeek(event, name) {
            Ok(mut mapped) => {
                mapped.metadata.extend(Mapping::timestamp(event));
                let topic = topic_of(&self.target.topic, &peer.descr, &event.name);
                let dropped = self.outgoing.push(Item::new(topic, mapped)).await;
                counts.lose(&self.name, "queue_full", dropped);
            }
            Err(refusal) => {
                counts.lose(&self.name, refusal.reason(), 1);
                self.warn_once(refusal.reason(), format_args!("event {}: {refusal}", event.name));
            }
        }
    }

    /// Converts an event of this Zeek for peers, if the configuration passes it to them.
    pub(super) fn receive(&self, event: &ZeekEvent, counts: &Counts) -> Option<Event> {
        let renamed = self.renamed.get(&event.name).map(|name| Name::from(name.as_str()));
        let name = renamed.unwrap_or_else(|| event.name.clone());
        if !self.target.to_bro.as_ref().is_some_and(|pattern| pattern.matches(&name)) {
            return None;
        }
        counts.add(&self.name, "received", 1);
        match self.mapping.to_bro(event, &name) {
            Ok(mapped) => Some(mapped),
            Err(refusal) => {
                counts.lose(&self.name, refusal.reason(), 1);
                self.warn_once(refusal.reason(), format_args!("event {}: {refusal}", event.name));
                None
            }
        }
    }

    /// Prints a warning, once for each kind.
    pub(super) fn warn_once(&self, kind: &'static str, what: fmt::Arguments<'_>) {
        if self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(kind) {
            warn(format_args!("{}: {what}; further cases are only counted", self.name));
        }
    }
}
