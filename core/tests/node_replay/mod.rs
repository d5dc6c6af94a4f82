//! Replays recorded sessions with a node in place of one Bro.

mod communication_log;
mod player;

use std::collections::BTreeSet;

use brocomm::lowlevel::wire::Message;

use player::{PLAYED, Played, Sent};

/// Formats a message without what a node need not reproduce: the order of a set, and times.
fn comparable((message, serial): &Sent) -> String {
    match message {
        Message::RequestEvents(names) => {
            let names: BTreeSet<_> = names.iter().collect();
            format!("{names:?}")
        }
        Message::Ping(args) => format!("ping {}", args.seq),
        Message::Pong(args) => format!("pong {}", args.seq),
        Message::Serial(_) => format!("{serial:?}"),
        other => format!("{other:?}"),
    }
}

/// Moves the answers to PINGs to the end, because their order among application-initiated messages
/// depends on timing.
fn in_order(sent: &[Sent]) -> Vec<String> {
    let is_pong = |sent: &&Sent| matches!(sent.0, Message::Pong(_));
    let (pongs, others): (Vec<_>, Vec<_>) = sent.iter().partition(is_pong);
    others.into_iter().chain(pongs).map(comparable).collect()
}

#[test]
fn a_node_sends_the_same_messages_as_the_recorded_bro() {
    let mut compared = 0;
    for Played { session, side, replay, recorded } in PLAYED.iter() {
        let name = session.name();
        assert!(replay.to_send.is_empty(), "{name}, {side}: {:?}", replay.to_send.front());
        let sent = in_order(&replay.sent);
        let recorded = in_order(recorded);
        for (at, (sent, recorded)) in sent.iter().zip(&recorded).enumerate() {
            assert!(sent == recorded, "{name}, {side}, message {at}:\n{sent}\n{recorded}");
        }
        assert_eq!(sent.len(), recorded.len(), "{name}, {side}: {sent:#?} {recorded:#?}");
        compared += sent.len();
    }
    assert!(compared > 5000, "{compared}");
}
