//! Tests of Sync, and of the encoding before and after it (§3.4, 2§3).

use super::*;
use crate::data::{Opcode, StateAccess};

fn access(n: u64) -> StateAccess {
    StateAccess {
        opcode: Opcode::Assign,
        target: Name::from("a_global"),
        op1: Value::Count(n),
        op2: None,
        op3: None,
    }
}

fn asks(authoritative: bool) -> ConnectionConfig {
    let sync = Some(SyncRequest { authoritative });
    let requests = Requests { sync, ..requests() };
    ConnectionConfig { requests, state: StateSource::Application, ..config() }
}

/// Returns the width in bits of the first object ID of each sent operation on state.
fn id_widths(messages: &[Message]) -> Vec<u32> {
    let width = |message: &Message| match message {
        // `s`, full, then the ID, then the serial type of a state access.
        Message::Serial(argument) if argument[0] == b's' && argument[6..8] == [0x11, 0x01] => 32,
        Message::Serial(argument) if argument[0] == b's' && argument[10..12] == [0x11, 0x01] => 64,
        other => panic!("{other:?}"),
    };
    messages.iter().filter(|m| matches!(m, Message::Serial(_))).map(width).collect()
}

#[test]
fn the_sender_sends_its_state_with_short_ids_and_then_runs_with_long_ones() {
    // Equal runtimes and no authority: the initiator sends.
    let mut pair = Pair::new(asks(false), asks(false));
    pair.drive(&[usize::MAX]);
    assert_eq!(pair.initiator.phase(), Phase::Sync(SyncRole::Sender));
    assert_eq!(pair.acceptor.phase(), Phase::Sync(SyncRole::Receiver));

    // The receiver sends nothing, and does not queue anything.
    assert_eq!(pair.acceptor.send_state_access(&access(1)), Ok(Sent::NotRunning));
    assert_eq!(pair.acceptor.send_event(&count(1)), Ok(Sent::NotRunning));
    assert_eq!(pair.acceptor.counters().not_running, 2);
    let phase = Phase::Sync(SyncRole::Receiver);
    let refused = |command| Err(UsageError::WrongPhase { command, phase });
    assert_eq!(pair.acceptor.state_done(), refused(Command::StateDone));
    assert_eq!(pair.acceptor.ping(1, NOW), refused(Command::Ping));
    assert_eq!(sent(&mut pair.acceptor), []);

    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::NotRunning));
    assert_eq!(pair.initiator.send_state_access(&access(2)), Ok(Sent::Sent));
    pair.initiator.state_done().unwrap();
    assert_eq!(pair.initiator.send_state_access(&access(3)), Ok(Sent::Sent));
    let bytes = pair.initiator.poll_transmit().to_vec();
    assert_eq!(id_widths(&messages(&bytes)), [32, 64]);

    pair.drive(&[1]);
    assert_eq!(pair.acceptor.send_state_access(&access(4)), Ok(Sent::Sent));
    assert_eq!(id_widths(&messages(pair.acceptor.poll_transmit())), [64]);
    pair.drive(&[1]);
    let of = |notified: &[ConnectionNotification]| -> Vec<_> {
        let wanted = |n: &&ConnectionNotification| {
            matches!(
                n,
                ConnectionNotification::StateAccess(_)
                    | ConnectionNotification::SyncStarted(_)
                    | ConnectionNotification::HandshakeDone
            )
        };
        notified.iter().filter(wanted).cloned().collect()
    };
    assert_eq!(
        of(&pair.initiator_told),
        [
            ConnectionNotification::SyncStarted(SyncRole::Sender),
            ConnectionNotification::HandshakeDone,
            ConnectionNotification::StateAccess(access(4).into()),
        ]
    );
    assert_eq!(
        of(&pair.acceptor_told),
        [
            ConnectionNotification::SyncStarted(SyncRole::Receiver),
            ConnectionNotification::StateAccess(access(2).into()),
            ConnectionNotification::HandshakeDone,
            ConnectionNotification::StateAccess(access(3).into()),
        ]
    );
    let tail = |notified: &[ConnectionNotification]| {
        log_lines(notified).into_iter().skip_while(|l| !l.contains("sync (")).collect::<Vec<_>>()
    };
    assert_eq!(
        tail(&pair.initiator_told),
        [
            "parent info phase: sync (sender)",
            "parent info starting to send full state",
            "parent info done sending full state",
            "parent info phase: running",
        ]
    );
    assert_eq!(
        tail(&pair.acceptor_told),
        ["parent info phase: sync (receiver)", "parent info phase: running"]
    );
    assert_eq!(pair.initiator.counters().accesses_sent, 2);
    assert_eq!(pair.acceptor.counters().accesses_received, 2);
}

#[test]
fn a_node_without_state_ends_sync_as_soon_as_it_begins() {
    let config = || ConnectionConfig { state: StateSource::None, ..asks(false) };
    let mut pair = Pair::running(config(), config());
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    assert_eq!(pair.acceptor.send_event(&count(2)), Ok(Sent::Sent));
    assert_eq!(
        pair.notified(),
        (
            vec![ConnectionNotification::Event(count(2))],
            vec![ConnectionNotification::Event(count(1))]
        )
    );
}

#[test]
fn authority_and_runtime_decide_who_sends() {
    for (initiator, acceptor, expected) in [
        (asks(true), asks(false), SyncRole::Sender),
        (asks(false), asks(true), SyncRole::Receiver),
        (
            ConnectionConfig { runtime: 1, ..asks(false) },
            ConnectionConfig { runtime: 2, ..asks(false) },
            SyncRole::Receiver,
        ),
        (
            ConnectionConfig { runtime: 2, ..asks(false) },
            ConnectionConfig { runtime: 1, ..asks(false) },
            SyncRole::Sender,
        ),
        (asks(true), config(), SyncRole::Receiver),
    ] {
        let mut pair =
            Pair::new(initiator, ConnectionConfig { state: StateSource::Application, ..acceptor });
        pair.drive(&[usize::MAX]);
        assert_eq!(pair.initiator.phase(), Phase::Sync(expected));
        assert_eq!(pair.acceptor.phase(), Phase::Sync(expected.other()));
    }
}

#[test]
fn operations_go_only_to_peers_that_requested_sync_and_accept_input() {
    // Only the acceptor asks, so only the initiator sends.
    let mut pair =
        Pair::running(config(), ConnectionConfig { state: StateSource::None, ..asks(false) });
    assert_eq!(pair.acceptor.send_state_access(&access(1)), Ok(Sent::NotRequested));
    assert_eq!(pair.initiator.send_state_access(&access(1)), Ok(Sent::Sent));
    assert_eq!(
        pair.notified(),
        (vec![], vec![ConnectionNotification::StateAccess(access(1).into())])
    );
    pair.acceptor.set_accept_input(false).unwrap();
    assert_eq!(pair.initiator.send_state_access(&access(2)), Ok(Sent::Sent));
    assert_eq!(pair.notified(), (vec![], vec![]));
    assert_eq!(pair.acceptor.counters().discarded, 1);
}

#[test]
fn a_peer_that_requests_sync_in_running_receives_later_operations() {
    let mut connection = in_phase(Phase::Running);
    assert_eq!(connection.send_state_access(&access(1)), Ok(Sent::NotRequested));
    feed(&mut connection, &[Message::RequestSync { authoritative: true }]);
    assert_eq!(connection.send_state_access(&access(1)), Ok(Sent::Sent));
    assert_eq!(id_widths(&sent(&mut connection)), [64]);
    let notified = drain(&mut connection);
    assert_eq!(log_lines(&notified), ["parent info peer considers its state authoritative"]);
    assert_eq!(
        without_log(notified),
        [ConnectionNotification::SyncRequested { authoritative: true }]
    );
}

#[test]
fn ids_are_short_unless_both_sides_announced_long_ids() {
    let with = |capabilities| ConnectionConfig { capabilities, ..config() };
    let broccoli = Caps::BROCCOLI_PEER;
    for (initiator, acceptor, width) in [
        (Caps::BRO, Caps::BRO, 8),
        (Caps::BRO, broccoli, 4),
        (broccoli, Caps::BRO, 4),
        (Caps::BRO, broccoli | Caps::NO_CACHING, 4),
    ] {
        let mut pair = Pair::running(with(initiator), with(acceptor));
        assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
        let [Message::Serial(argument)] = &messages(pair.initiator.poll_transmit())[..] else {
            panic!()
        };
        // `e`, the name, time, number of arguments, full; then the ID, then the serial type.
        let id = 1 + 4 + 5 + 8 + 4 + 1;
        assert_eq!(argument[id + width..id + width + 2], [0x88, 0x01]);
        assert_eq!(pair.acceptor.send_event(&count(2)), Ok(Sent::Sent));
        assert_eq!(
            pair.notified(),
            (
                vec![ConnectionNotification::Event(count(2))],
                vec![ConnectionNotification::Event(count(1))]
            )
        );
    }
}
