//! Property tests with random splits, repetitions and orders.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::data::{Id, Opcode, Packet, StateAccess};
use crate::wire::{Compression, PrintItems, SyncPoint};

/// Runs a command by its number.
fn command(connection: &mut Connection, number: u8, now: Time) {
    let name = Name::from("count");
    let text = Bytes::from_static(b"text");
    let access = StateAccess {
        opcode: Opcode::Assign,
        target: name.clone(),
        op1: Value::Count(1),
        op2: None,
        op3: None,
    };
    let id = Arc::new(Id::global("a_global", Type::COUNT, Some(Value::Count(1))));
    let tag = Name::new();
    let packet = Packet { sec: 0, usec: 0, len: 4, link_type: 1, tag, data: text.clone() };
    // Any result is allowed, but nothing else may happen.
    let _ = match number {
        0 => connection.request_events(&[name]),
        1 => connection.send_capture_filter(&text),
        2 => connection.request_sync(SyncRequest { authoritative: false }),
        3 => connection.request_logs(),
        4 => connection.set_accept_input(true),
        5 => connection.set_compression(Compression::new(6)),
        6 => connection.complete_handshake(),
        7 => connection.send_event(&count(7)).map(drop),
        8 => connection.send_id(&id),
        9 => connection.send_state_access(&access).map(drop),
        10 => connection.state_done(),
        11 => connection.ping(1, now),
        12 => connection.send_packet(&packet),
        13 => connection.send_print(&PrintItems::default()).map(drop),
        14 => connection.send_sync_point(SyncPoint::Final),
        // An empty announcement, and entries without a writer.
        15 => connection.send_log_create_writer(Bytes::from_static(&[0; 44])).map(drop),
        16 => connection.send_log_write(Bytes::from_static(&[0; 16])).map(drop),
        17 => {
            connection.feed_time(now);
            Ok(())
        }
        _ => {
            connection.close(now);
            Ok(())
        }
    };
}

/// Returns all bytes that one side sent in a session.
fn session(compression: Option<Compression>) -> Vec<u8> {
    let config = ConnectionConfig { compression, ..config() };
    let mut pair = Pair::new(config, super::config());
    let mut bytes = Vec::new();
    let mut record = |pair: &mut Pair| {
        while !pair.initiator.poll_transmit().is_empty()
            || !pair.acceptor.poll_transmit().is_empty()
        {
            bytes.extend_from_slice(pair.initiator.poll_transmit());
            transfer(&mut pair.initiator, &mut pair.acceptor, usize::MAX, NOW);
            transfer(&mut pair.acceptor, &mut pair.initiator, usize::MAX, NOW);
        }
    };
    record(&mut pair);
    for n in [1, 2, 1] {
        assert_eq!(pair.initiator.send_event(&count(n)), Ok(Sent::Sent));
        pair.initiator.ping(n as u32, NOW).unwrap();
    }
    record(&mut pair);
    bytes
}

/// Feeds bytes in pieces of these sizes. Returns the notifications and the output.
fn replay(
    bytes: &[u8],
    sizes: &[usize],
    config: ConnectionConfig,
) -> (Vec<ConnectionNotification>, Vec<u8>) {
    let mut connection = Connection::new(config, Role::Acceptor, NOW);
    let (mut notified, mut out) = (Vec::new(), Vec::new());
    let mut rest = bytes;
    let mut sizes = sizes.iter().copied().cycle();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
        connection.feed_bytes(piece, NOW);
        notified.extend(drain(&mut connection));
        rest = after;
    }
    out.extend_from_slice(connection.poll_transmit());
    (notified, out)
}

proptest! {
    #[test]
    fn splits_of_the_input_do_not_matter(
        sizes in vec(1_usize..200, 1..20),
        level in 0_u8..10,
        limit in 1_usize..10,
    ) {
        let bytes = session(Compression::new(level));
        let whole = replay(&bytes, &[usize::MAX], config());
        prop_assert_eq!(&replay(&bytes, &sizes, config()), &whole);
        let narrow = ConnectionConfig { notification_limit: limit, ..config() };
        prop_assert_eq!(&replay(&bytes, &sizes, narrow), &whole);
    }

    #[test]
    fn a_pair_reaches_the_same_state_whatever_the_splits(sizes in vec(1_usize..50, 1..20)) {
        let sync = Some(SyncRequest { authoritative: false });
        let config = ConnectionConfig { requests: Requests { sync, ..requests() }, ..config() };
        let run = |sizes: &[usize]| {
            let mut pair = Pair::new(config.clone(), config.clone());
            pair.drive(sizes);
            assert_eq!(pair.initiator.phase(), Phase::Running);
            assert_eq!(pair.acceptor.phase(), Phase::Running);
            (pair.initiator_told, pair.acceptor_told)
        };
        prop_assert_eq!(run(&sizes), run(&[usize::MAX]));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..300), phase in 0_usize..5) {
        let phases = [
            Phase::Setup,
            Phase::Handshake,
            Phase::Sync(SyncRole::Sender),
            Phase::Sync(SyncRole::Receiver),
            Phase::Running,
        ];
        let mut connection = in_phase(phases[phase]);
        connection.feed_bytes(&bytes, NOW);
        connection.feed_eof(NOW);
        let notified = drain(&mut connection);
        let closings = notified.iter().filter(|n| matches!(n, ConnectionNotification::Closed(_))).count();
        prop_assert_eq!(closings, 1);
        prop_assert!(matches!(notified.last(), Some(ConnectionNotification::Closed(_))));
    }

    #[test]
    fn a_session_with_changed_bytes_never_panics(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        level in 0_u8..10,
    ) {
        let mut bytes = session(Compression::new(level));
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        let config = ConnectionConfig { undeclared: Undeclared::Deliver, ..config() };
        replay(&bytes, &[64], config);
    }

    #[test]
    fn any_order_of_commands_is_deterministic_and_closes_once(
        steps in vec((any::<bool>(), 0_u8..19, 0_usize..100), 0..60),
        setup_by_hand in any::<bool>(),
    ) {
        let run = || {
            let by_application = ConnectionConfig {
                handshake: if setup_by_hand { Handshake::Application } else { Handshake::Automatic },
                state: StateSource::Application,
                output_limit: 500,
                ..config()
            };
            let mut pair = Pair::new(by_application.clone(), by_application);
            let mut bytes = Vec::new();
            for (here, number, size) in &steps {
                let side = if *here { &mut pair.initiator } else { &mut pair.acceptor };
                // Closing is rare, so that other commands are tested too.
                let number = if *number == 18 && size % 8 != 0 { 6 } else { *number };
                command(side, number, NOW);
                bytes.extend_from_slice(pair.initiator.poll_transmit());
                transfer(&mut pair.initiator, &mut pair.acceptor, *size, NOW);
                pair.acceptor_told.extend(drain(&mut pair.acceptor));
                transfer(&mut pair.acceptor, &mut pair.initiator, *size, NOW);
                pair.initiator_told.extend(drain(&mut pair.initiator));
            }
            pair.initiator.close(NOW);
            pair.drive(&[usize::MAX]);
            (pair.initiator_told, pair.acceptor_told, bytes)
        };
        let (here, there, bytes) = run();
        for notified in [&here, &there] {
            let closings: Vec<_> =
                notified.iter().filter(|n| matches!(n, ConnectionNotification::Closed(_))).collect();
            prop_assert_eq!(closings.len(), 1);
            prop_assert!(
                !matches!(closings[0], ConnectionNotification::Closed(CloseCause::Protocol(_))),
                "our own commands never break the protocol: {:?}", closings
            );
        }
        prop_assert_eq!(run(), (here, there, bytes));
    }

    #[test]
    fn an_observer_never_panics(
        pieces in vec((any::<bool>(), vec(any::<u8>(), 0..100)), 0..6),
        start in any::<bool>(),
    ) {
        let mut observer = Observer::new(
            Framing::Clear,
            crate::wire::FramingLimits::default(),
            crate::serial::ReaderLimits::default(),
        );
        if start {
            observer.feed(Role::Initiator, &session(None));
        }
        for (here, bytes) in pieces {
            observer.feed(if here { Role::Initiator } else { Role::Acceptor }, &bytes);
        }
        while observer.poll().is_some() {}
    }
}
