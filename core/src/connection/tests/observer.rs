//! Tests of the observer.

use super::*;
use crate::data::{Opcode, Serial, StateAccess};
use crate::serial::Mode;
use crate::wire::{self, MessageType};

fn observer() -> Observer {
    Observer::new(
        Framing::Clear,
        wire::FramingLimits::default(),
        crate::serial::ReaderLimits::default(),
    )
}

fn observed(observer: &mut Observer) -> Vec<Observed> {
    std::iter::from_fn(|| observer.poll()).collect()
}

/// Drives a pair and feeds every byte to an observer, in pieces.
fn watch(pair: &mut Pair, observer: &mut Observer, size: usize) {
    loop {
        let before = (pair.initiator.poll_transmit().len(), pair.acceptor.poll_transmit().len());
        if before == (0, 0) {
            return;
        }
        for side in [Role::Initiator, Role::Acceptor] {
            let (from, to) = match side {
                Role::Initiator => (&mut pair.initiator, &mut pair.acceptor),
                Role::Acceptor => (&mut pair.acceptor, &mut pair.initiator),
            };
            let waiting = from.poll_transmit();
            let piece = waiting[..size.min(waiting.len())].to_vec();
            observer.feed(side, &piece);
            transfer(from, to, piece.len(), NOW);
        }
        pair.initiator_told.extend(drain(&mut pair.initiator));
        pair.acceptor_told.extend(drain(&mut pair.acceptor));
    }
}

fn access(n: u64) -> StateAccess {
    let target = Name::from("a_global");
    StateAccess { opcode: Opcode::Assign, target, op1: Value::Count(n), op2: None, op3: None }
}

#[test]
fn serials_are_decoded_in_each_phase_with_the_right_width() {
    for size in [1, 7, usize::MAX] {
        let sync = Some(SyncRequest { authoritative: false });
        let requests = Requests { sync, ..requests() };
        let config = ConnectionConfig { requests, state: StateSource::Application, ..config() };
        let mut pair = Pair::new(config.clone(), config);
        let mut observer = observer();
        observer.set_transcripts(true);
        watch(&mut pair, &mut observer, size);
        assert_eq!(observer.phase(Role::Initiator), Phase::Sync(SyncRole::Sender));
        assert_eq!(observer.phase(Role::Acceptor), Phase::Sync(SyncRole::Receiver));
        assert_eq!(pair.initiator.send_state_access(&access(1)), Ok(Sent::Sent));
        pair.initiator.state_done().unwrap();
        assert_eq!(pair.initiator.send_state_access(&access(2)), Ok(Sent::Sent));
        assert_eq!(pair.initiator.send_event(&count(3)), Ok(Sent::Sent));
        watch(&mut pair, &mut observer, size);
        assert_eq!(pair.acceptor.send_event(&count(4)), Ok(Sent::Sent));
        assert_eq!(pair.acceptor.send_event(&count(4)), Ok(Sent::Sent));
        watch(&mut pair, &mut observer, size);

        let all = observed(&mut observer);
        let serials: Vec<_> = all
            .iter()
            .filter_map(|o| Some((o.side, o.phase, o.mode?, o.serial.clone()?.unwrap())))
            .filter(|(_, _, _, serial)| !matches!(serial, Serial::Id(_)))
            .collect();
        let sending = Phase::Sync(SyncRole::Sender);
        let (here, there) = (Role::Initiator, Role::Acceptor);
        assert_eq!(
            serials,
            [
                (here, sending, Mode::HANDSHAKE, Serial::StateAccess(access(1).into())),
                (here, Phase::Running, Mode::RUNNING, Serial::StateAccess(access(2).into())),
                (here, Phase::Running, Mode::RUNNING, Serial::Event(count(3))),
                (there, Phase::Running, Mode::RUNNING, Serial::Event(count(4))),
                (there, Phase::Running, Mode::RUNNING, Serial::Event(count(4))),
            ]
        );
        // Every transcript reproduces the same bytes.
        for observed in &all {
            if let (Some(transcript), Ok(Message::Serial(argument)), Some(Ok(serial))) =
                (&observed.transcript, &observed.message, &observed.serial)
            {
                let mut again = Vec::new();
                transcript.write_again(serial, observed.mode.unwrap(), &mut again);
                assert_eq!(again, *argument);
            }
        }
        // The stream is covered without gaps.
        for side in [here, there] {
            let mut end = 0;
            for observed in all.iter().filter(|o| o.side == side) {
                assert_eq!(observed.offset, end);
                end += observed.wire_len;
            }
            assert_eq!(end, observer.counters(side).wire.bytes);
            assert_eq!(observer.finish(side), Ok(()));
        }
    }
}

#[test]
fn serials_after_an_invalid_one_are_counted() {
    let mut observer = observer();
    let bad = Message::Serial(Bytes::from_static(b"z"));
    let session = [version(), call_of("none"), bad, call_of("none"), Message::PhaseDone];
    observer.feed(Role::Acceptor, &raw(&session));
    let serials: Vec<_> = observed(&mut observer)
        .into_iter()
        .map(|o| (o.message.unwrap().message_type(), o.serial.map(|s| s.is_ok())))
        .collect();
    assert_eq!(
        serials,
        [
            (MessageType::Version, None),
            (MessageType::Serial, Some(true)),
            (MessageType::Serial, Some(false)),
            (MessageType::Serial, None),
            (MessageType::PhaseDone, None),
        ]
    );
    assert_eq!(observer.counters(Role::Acceptor).serials_skipped, 1);
    assert_eq!(observer.counters(Role::Initiator).serials_skipped, 0);
}

#[test]
fn an_invalid_chunk_is_reported_once_and_later_bytes_are_counted() {
    let mut observer = observer();
    observer.feed(Role::Initiator, &raw(&[version()]));
    observer.feed(Role::Initiator, &[0, 0, 0, 0, 1, 2]);
    observer.feed(Role::Initiator, &[3; 10]);
    observer.feed(Role::Acceptor, &raw(&[version()]));
    let all = observed(&mut observer);
    assert_eq!(all.len(), 3);
    assert!(all[0].message.is_ok() && all[2].message.is_ok());
    let error = all[1].message.clone().unwrap_err();
    assert_eq!(error.kind, wire::WireErrorKind::EmptyChunk);
    assert_eq!(observer.finish(Role::Initiator), Err(error));
    assert_eq!(observer.counters(Role::Initiator).bytes_skipped, 16);
}

#[test]
fn a_broccoli_writes_short_ids_in_every_phase() {
    let broccoli = ConnectionConfig { capabilities: Caps::BROCCOLI_PEER, ..config() };
    let mut pair = Pair::new(broccoli, config());
    let mut observer = observer();
    watch(&mut pair, &mut observer, usize::MAX);
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    assert_eq!(pair.acceptor.send_event(&count(1)), Ok(Sent::Sent));
    watch(&mut pair, &mut observer, usize::MAX);
    let events = observed(&mut observer)
        .into_iter()
        .filter(|o| matches!(o.serial, Some(Ok(Serial::Event(_)))))
        .map(|o| o.mode)
        .collect::<Vec<_>>();
    let to_broccoli = Mode { to_broccoli: true, ..Mode::HANDSHAKE };
    assert_eq!(events, [Some(Mode::HANDSHAKE), Some(to_broccoli)]);
}
