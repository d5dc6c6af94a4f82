//! The acknowledged mode: a script on Zeek's side says which events its scripts have handled.
//!
//! The bridge publishes `BrocommAck::sync` behind events, and the script `brocomm-ack.zeek` answers
//! with `BrocommAck::done`. Zeek raises events in the order in which they came, so the answer covers
//! all that was sent before.

use brocomm_zeek::Data;
use brocomm_zeek::message::ZeekEvent;

/// The topic under which a bridge asks.
pub(super) const ASK: &str = "brocomm/ack/";

/// Returns the topic under which a bridge of this name is answered.
pub(crate) fn topic(application: &str) -> String {
    format!("brocomm/acked/{application}")
}

/// Asks to be told when all that was sent before has been handled.
pub(super) fn ask(application: &str, number: u64) -> ZeekEvent {
    let args = vec![Data::string(application), Data::Count(number)];
    ZeekEvent::new("BrocommAck::sync", args)
}

/// Returns which number an answer has; nothing, if it is none.
pub(super) fn answered(event: &ZeekEvent) -> Option<u64> {
    match (event.name == "BrocommAck::done", event.args.as_slice()) {
        (true, [Data::String(_), Data::Count(number)]) => Some(*number),
        _ => None,
    }
}

/// Answers as the script does, with the topic; nothing, if that isn't what is asked.
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
    fn what_is_asked_is_answered() {
        let (under, done) = answer(&ask("brocomm/x", 7)).unwrap();
        assert_eq!(under, topic("brocomm/x").as_bytes());
        assert_eq!(answered(&done), Some(7));
        assert!(answer(&done).is_none() && answered(&ask("x", 7)).is_none());
    }
}
