//! The hot path of a connection allocates nothing but what an event itself holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use brocomm::Time;
use brocomm::connection::{Config, Connection, Notification, Phase, Role, Sent, Setup};
use brocomm::data::{Declarations, Event, EventDecl, Field, Name, Type, Value};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all work is the system allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as our caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as our caller guarantees.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

const NOW: Time = Time::from_nanos(1);

fn transfer(from: &mut Connection, to: &mut Connection) {
    to.feed_bytes(from.poll_transmit(), NOW);
    from.advance(usize::MAX, NOW);
}

fn pair() -> (Connection, Connection) {
    let mut known = Declarations::new();
    let params = vec![Field::new("n", Type::COUNT), Field::new("s", Type::STRING)];
    known.add_event(EventDecl::new("two", params));
    let setup = Setup { events: vec![Name::from("two")], accept_input: true, ..Setup::default() };
    let config = Config { declarations: Arc::new(known), setup: Some(setup), ..Config::default() };
    let mut here = Connection::new(config.clone(), Role::Initiator, NOW);
    let mut there = Connection::new(config, Role::Acceptor, NOW);
    while here.phase() != Phase::Running || there.phase() != Phase::Running {
        transfer(&mut here, &mut there);
        transfer(&mut there, &mut here);
    }
    while here.poll_notification().is_some() || there.poll_notification().is_some() {}
    (here, there)
}

#[test]
fn sending_an_event_allocates_nothing_and_receiving_one_its_arguments() {
    let (mut here, mut there) = pair();
    let args = vec![Value::Count(7), Value::string("text")];
    let event = Event { name: Name::from("two"), time: 1.0, args };
    let (mut sending, mut receiving) = (0, 0);
    for round in 0..4000 {
        let sent = allocations(|| assert_eq!(here.send_event(&event), Ok(Sent::Sent)));
        let received = allocations(|| {
            transfer(&mut here, &mut there);
            match there.poll_notification() {
                Some(Notification::Event(received)) => assert_eq!(received.args.len(), 2),
                other => panic!("{other:?}"),
            }
        });
        // Buffers and caches have reached their size by then.
        if round >= 3000 {
            sending += sent;
            receiving += received;
        }
    }
    assert_eq!(sending, 0);
    // One for the list of arguments, and now and then a block for the input.
    assert!((1000..1100).contains(&receiving), "{receiving} allocations for 1000 events");
}
