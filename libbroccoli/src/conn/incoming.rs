//! Received events.

use brocomm::data::{Event, Value};
use brocomm::lowlevel::serial::{LazyEvent, Writer};
use bytes::Bytes;

use crate::event::MODE;

/// A received event: decoded, unless there are callbacks that may read its bytes.
#[derive(Debug)]
pub(super) enum Incoming {
    Decoded(Event),
    Encoded(LazyEvent),
}

impl Incoming {
    pub(super) fn name(&self) -> &[u8] {
        match self {
            Incoming::Decoded(event) => &event.name,
            Incoming::Encoded(event) => event.name_bytes(),
        }
    }

    pub(super) fn time(&self) -> f64 {
        match self {
            Incoming::Decoded(event) => event.time,
            Incoming::Encoded(event) => event.time(),
        }
    }

    /// Returns the number of arguments.
    pub(super) fn len(&self) -> usize {
        match self {
            Incoming::Decoded(event) => event.args.len(),
            Incoming::Encoded(event) => event.len(),
        }
    }

    /// Passes on the arguments one by one. Afterwards there are none.
    pub(super) fn take_args(&mut self, take: impl FnMut(Value)) {
        match self {
            Incoming::Decoded(event) => std::mem::take(&mut event.args).into_iter().for_each(take),
            Incoming::Encoded(event) => event.args().for_each(take),
        }
    }

    /// Returns the event as the argument of a SERIAL: as received, or encoded again if it may
    /// contain references or was received in another data format.
    pub(super) fn argument(&self, writer: &mut Writer, may_refer: bool) -> Bytes {
        let mut out = Vec::new();
        let written = match self {
            Incoming::Encoded(event) if !may_refer && event.data_format() == MODE.data_format => {
                return event.argument().clone();
            }
            Incoming::Encoded(event) => writer.forward(MODE, event, &mut out),
            Incoming::Decoded(event) => {
                writer.event(MODE, &event.name, event.time, &event.args, &mut out)
            }
        };
        written.map(|()| out.into()).unwrap_or_default()
    }
}
