//! Whether there is TLS on a connection of a node (part 4 §6).

use crate::Time;
use crate::driver::NodeSession;
#[cfg(feature = "__tls")]
use crate::driver::secured::{Secured, Tls};
use crate::node::{Communication, ConnectionId};

/// A connection of a node, with TLS around it if there is any.
#[cfg(feature = "__tls")]
pub(super) type Carried<'a> = Secured<NodeSession<'a>>;
#[cfg(not(feature = "__tls"))]
pub(super) type Carried<'a> = NodeSession<'a>;

/// Whether there is TLS on a connection, and how far it is.
#[derive(Debug)]
pub(super) enum Security {
    /// The node has not been asked; TLS begins when it is.
    Unknown,
    Clear,
    #[cfg(feature = "__tls")]
    Tls(Box<Tls>),
    /// It is in use.
    #[cfg(feature = "__tls")]
    Lent,
}

impl Security {
    /// Puts TLS around a connection; to be [taken back](Self::take_back).
    pub(super) fn around<'a>(
        &mut self,
        node: &'a mut Communication,
        id: ConnectionId,
        now: Time,
    ) -> Carried<'a> {
        if let Security::Unknown = self {
            *self = Security::of(node, id, now);
        }
        let session = NodeSession { node, id };
        #[cfg(feature = "__tls")]
        let session = Secured { session, tls: self.lend() };
        session
    }

    #[cfg(feature = "__tls")]
    pub(super) fn take_back(&mut self, carried: Carried<'_>) {
        if let Some(tls) = carried.tls {
            *self = Security::Tls(tls);
        }
    }

    #[cfg(not(feature = "__tls"))]
    pub(super) fn take_back(&mut self, _: Carried<'_>) {}

    #[cfg(feature = "__tls")]
    fn lend(&mut self) -> Option<Box<Tls>> {
        match std::mem::replace(self, Security::Lent) {
            Security::Tls(tls) => Some(tls),
            other => {
                *self = other;
                None
            }
        }
    }

    #[cfg(feature = "__tls")]
    fn of(node: &mut Communication, id: ConnectionId, now: Time) -> Security {
        node.feed_time(now);
        let Some(role) = node.is_to_be_secured(id) else { return Security::Clear };
        let tls = match &node.options().tls {
            Some(config) => Tls::new(config, role, node.now()),
            None => Err(crate::tls::TlsError::NotConfigured),
        };
        match tls {
            Ok(tls) => Security::Tls(Box::new(tls)),
            Err(error) => {
                node.feed_tls_failure(id, &error, now);
                Security::Clear
            }
        }
    }

    #[cfg(not(feature = "__tls"))]
    fn of(node: &mut Communication, id: ConnectionId, now: Time) -> Security {
        if node.is_to_be_secured(id).is_some() {
            node.feed_securing_failed(id, "built without the feature `tls`, 4§6", now);
        }
        Security::Clear
    }
}
