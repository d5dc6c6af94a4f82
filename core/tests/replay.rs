//! Replays recorded sessions into a connection in the role of each side.

use crate::common::{Seen, good_recordings, look_at, replay};
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::lowlevel::logs::{Announced, LogReceiver, ReceivedEntry};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::Message;
use brocomm::node::{CloseCause, Phase};
use brocomm_conformance::strategies::on_few;
use brocomm_conformance::{Side, testing};
use proptest::prelude::*;

/// Returns the expected notifications for a peer's SERIALs, and for its other messages.
fn expected(
    ours: &Seen,
    theirs: &Seen,
) -> (Vec<ConnectionNotification>, Vec<ConnectionNotification>) {
    let wants_state = ours.config.requests.sync.is_some();
    let serials = theirs.serials.iter().cloned().filter_map(|serial| match serial {
        Serial::Event(event) => Some(ConnectionNotification::Event(event)),
        Serial::Id(id) => Some(ConnectionNotification::Id(id)),
        Serial::StateAccess(access) => {
            wants_state.then(|| ConnectionNotification::StateAccess(access))
        }
        Serial::Packet(packet) => Some(ConnectionNotification::Packet(packet)),
    });
    let mut other = Vec::new();
    let mut logs = LogReceiver::default().with_data_format(theirs.data_format);
    for message in &theirs.messages {
        match message.clone() {
            Message::Version(version) => other.push(ConnectionNotification::Established(version)),
            Message::RequestEvents(names) => other.extend(names.iter().map(|n| {
                ConnectionNotification::EventRequested(n.to_vec().as_slice().into_name())
            })),
            Message::CaptureFilter(filter) => {
                other.push(ConnectionNotification::CaptureFilter(filter))
            }
            Message::RequestSync { authoritative } => {
                other.push(ConnectionNotification::SyncRequested { authoritative });
            }
            Message::RequestLogs => other.push(ConnectionNotification::LogsRequested),
            Message::RemotePrint(items) => other.push(ConnectionNotification::RemotePrint(items)),
            Message::LogCreateWriter(argument) => match logs.announce(&argument).unwrap() {
                Announced::New(writer) => {
                    other.push(ConnectionNotification::LogWriterAnnounced(writer))
                }
                again => panic!("{again:?}"),
            },
            Message::LogWrite(argument) => {
                other.extend(logs.entries(&argument).map(|received| match received.unwrap() {
                    ReceivedEntry::Entry(entry) => ConnectionNotification::LogEntry(entry),
                    dropped => panic!("{dropped:?}"),
                }));
            }
            Message::SyncPoint(point) => other.push(ConnectionNotification::SyncPoint(point)),
            _ => {}
        }
    }
    (serials.collect(), other)
}

trait IntoName {
    fn into_name(self) -> brocomm::data::Name;
}

impl IntoName for &[u8] {
    fn into_name(self) -> brocomm::data::Name {
        bytes::Bytes::copy_from_slice(self).into()
    }
}

#[test]
fn each_side_is_notified_of_everything_that_the_other_sent() {
    let mut compared = 0;
    for (name, recording) in good_recordings() {
        for side in Side::BOTH {
            let ours = look_at(recording, side);
            let theirs = look_at(recording, side.other());
            let stream = recording.stream(side.other());
            let got = replay(&ours.config, side.role(), &[&stream]);
            let (serials, other) = expected(&ours, &theirs);

            let from_serials: Vec<_> = got
                .iter()
                .filter(|n| {
                    matches!(
                        n,
                        ConnectionNotification::Event(_)
                            | ConnectionNotification::Id(_)
                            | ConnectionNotification::StateAccess(_)
                            | ConnectionNotification::Packet(_)
                    )
                })
                .cloned()
                .collect();
            // Some values contain NaN, which equals nothing, so compare the printed form.
            assert_eq!(
                format!("{from_serials:?}"),
                format!("{serials:?}"),
                "{name}, in the role of the {side}"
            );
            let of_messages: Vec<_> = got
                .iter()
                .filter(|n| {
                    matches!(
                        n,
                        ConnectionNotification::Established(_)
                            | ConnectionNotification::EventRequested(_)
                            | ConnectionNotification::CaptureFilter(_)
                            | ConnectionNotification::SyncRequested { .. }
                            | ConnectionNotification::LogsRequested
                            | ConnectionNotification::RemotePrint(_)
                            | ConnectionNotification::LogWriterAnnounced(_)
                            | ConnectionNotification::LogEntry(_)
                            | ConnectionNotification::SyncPoint(_)
                    )
                })
                .cloned()
                .collect();
            assert_eq!(of_messages, other, "{name}, in the role of the {side}");

            let both_auth = name.ends_with("-sync-both-auth");
            let done =
                got.iter().filter(|n| matches!(n, ConnectionNotification::HandshakeDone)).count();
            assert_eq!(done, usize::from(!both_auth), "{name}, in the role of the {side}");
            match got.last() {
                Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) if both_auth => {
                    assert_eq!((error.section(), error.phase), ("§3.3", Phase::Handshake));
                }
                Some(ConnectionNotification::Closed(CloseCause::PeerClosed)) if !both_auth => {}
                last => panic!("{name}, in the role of the {side}, ended with {last:?}"),
            }
            compared += serials.len();
        }
    }
    assert!(compared > 5000, "{compared} SERIALs compared");
}

#[test]
fn the_peer_is_known_by_its_description() {
    let (_, recording) = good_recordings().iter().find(|r| r.0 == "bro-bro-events-basic").unwrap();
    let ours = look_at(recording, Side::Listener);
    let got = replay(&ours.config, Side::Listener.role(), &[&recording.stream(Side::Connector)]);
    assert!(got.contains(&ConnectionNotification::PeerDescription("bro".into())));
    let Some(ConnectionNotification::Established(version)) =
        got.iter().find(|n| matches!(n, ConnectionNotification::Established(_)))
    else {
        panic!("not established")
    };
    assert_eq!(version.class.as_deref(), Some(&b"alpha"[..]));
}

#[test]
fn byte_by_byte_gives_the_same() {
    for (name, recording) in good_recordings() {
        for side in Side::BOTH {
            let stream = recording.stream(side.other());
            if stream.len() > 50_000 {
                continue;
            }
            let config = look_at(recording, side).config;
            let whole = replay(&config, side.role(), &[&stream]);
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            let split = replay(&config, side.role(), &bytes);
            assert!(format!("{whole:?}") == format!("{split:?}"), "{name}, {side}");
        }
    }
}

#[test]
fn every_split_in_two_gives_the_same() {
    for (name, recording) in good_recordings() {
        for side in Side::BOTH {
            let stream = recording.stream(side.other());
            if stream.len() > 700 {
                continue;
            }
            let config = look_at(recording, side).config;
            let whole = format!("{:?}", replay(&config, side.role(), &[&stream]));
            for cut in 1..stream.len() {
                let (first, second) = stream.split_at(cut);
                let split = replay(&config, side.role(), &[first, second]);
                assert!(whole == format!("{split:?}"), "{name}, {side}, cut at {cut}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..on_few(12) })]

    #[test]
    fn random_splits_give_the_same(seed in any::<u64>(), at in any::<prop::sample::Index>()) {
        let recordings = good_recordings();
        let (name, recording) = at.get(recordings);
        for side in Side::BOTH {
            let config = look_at(recording, side).config;
            let stream = recording.stream(side.other());
            let whole = replay(&config, side.role(), &[&stream]);
            let pieces: Vec<_> = testing::random_split(&stream, seed).collect();
            let pieces: Vec<&[u8]> = pieces.iter().map(|piece| &piece[..]).collect();
            let split = replay(&config, side.role(), &pieces);
            prop_assert!(format!("{whole:?}") == format!("{split:?}"), "{}, {}", name, side);
        }
    }
}

/// A session that is cut at any byte ends with one `Closed` notification. The notifications before
/// it are those of the whole session.
#[test]
fn a_loss_at_any_byte_keeps_the_notifications_before_it() {
    let (_, recording) =
        good_recordings().iter().find(|r| r.0 == "bro-bro-capture-filter").unwrap();
    for side in Side::BOTH {
        let config = look_at(recording, side).config;
        let stream = recording.stream(side.other());
        let whole = replay(&config, side.role(), &[&stream]);
        for end in 0..stream.len() {
            let cut = replay(&config, side.role(), &[&stream[..end]]);
            let closed =
                cut.iter().filter(|n| matches!(n, ConnectionNotification::Closed(_))).count();
            assert_eq!(closed, 1, "cut at {end}");
            assert!(matches!(cut.last(), Some(ConnectionNotification::Closed(_))), "cut at {end}");
            let before = cut.iter().filter(|n| {
                !matches!(n, ConnectionNotification::Closed(_) | ConnectionNotification::Log(_))
            });
            let mut all = whole.iter();
            for notification in before {
                assert!(all.any(|n| n == notification), "cut at {end}: {notification:?}");
            }
        }
    }
}
