//! Acknowledged mode: a script on Zeek's side reports which events its scripts have handled.
//!
//! The bridge publishes `BrocommAck::sync` after events, and the script `brocomm-ack.zeek` answers
//! with `BrocommAck::done`. Zeek raises events in the order of arrival, so the answer covers
//! everything that was sent before.

use brocomm_zeek::Data;
use brocomm_zeek::message::ZeekEvent;

/// The topic for requests for an acknowledgement.
pub(super) const ASK: &str = "brocomm/ack/";

/// Returns the topic of acknowledgements for the bridge with this name.
pub(crate) fn topic(application: &str) -> String {
    format!("brocomm/acked/{application}")
}

/// Returns the event that requests an acknowledgement of everything sent before.
pub(super) fn ask(application: &str, number: u64) -> ZeekEvent {
    let args = vec![Data::string(application), Data::Count(number)];
    ZeekEvent::new("BrocommAck::sync", args)
}

/// Returns the number in an acknowledgement, or `None` for any other event.
pub(super) fn answered(event: &ZeekEvent) -> Option<u64> {
    match (event.name == "BrocommAck::done", event.args.as_slice()) {
        (true, [Data::String(_), Data::Count(number)]) => Some(*number),
        _ => None,
    }
}

/// Returns the acknowledgement that the script sends for a request, with its topic, or `None` for
/// any other event.
pub(crate) fn answer(event: &ZeekEvent) -> Option<(Vec<u8>, ZeekEvent)> {
    match (event.name == "BrocommAck::sync", event.args.as_slice()) {
        (true, [Data::String(application), Data::Count(_)]) => {
            let topic = [b"brocomm/acked/", &application[..]].concat();
            Some((topic, ZeekEvent::new("BrocommAck::done", event.args.clone())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_acknowledged() {
        let (under, done) = answer(&ask("brocomm/x", 7)).unwrap();
        assert_eq!(under, topic("brocomm/x").as_bytes());
        assert_eq!(answered(&done), Some(7));
        assert!(answer(&done).is_none() && answered(&ask("x", 7)).is_none());
    }
}
