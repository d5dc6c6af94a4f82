//! Instructions per event, counted under valgrind: the same on every run.
//!
//! Each figure is for [`brocomm_benches::EVENTS`] events or log entries, so divide by a thousand. Framing is included.

use std::hint::black_box;

use brocomm::lowlevel::serial::{LazyEvent, Mode};
use brocomm_benches::{EVENTS, Nodes, Receiver, Sender, UNCACHED, large, small, wide};
use gungraun::{library_benchmark, library_benchmark_group, main};

#[library_benchmark]
#[bench::small_cached(Sender::warm(small(), Mode::RUNNING))]
#[bench::small_uncached(Sender::warm(small(), UNCACHED))]
#[bench::large_cached(Sender::warm(large(), Mode::RUNNING))]
#[bench::large_uncached(Sender::warm(large(), UNCACHED))]
#[bench::wide_cached(Sender::warm(wide(), Mode::RUNNING))]
#[bench::wide_uncached(Sender::warm(wide(), UNCACHED))]
fn encode(mut sender: Sender) -> Sender {
    for _ in 0..EVENTS {
        black_box(&mut sender).send();
    }
    sender
}

#[library_benchmark]
#[bench::small_cached(Receiver::warm(small(), Mode::RUNNING))]
#[bench::small_uncached(Receiver::warm(small(), UNCACHED))]
#[bench::large_cached(Receiver::warm(large(), Mode::RUNNING))]
#[bench::large_uncached(Receiver::warm(large(), UNCACHED))]
#[bench::wide_cached(Receiver::warm(wide(), Mode::RUNNING))]
#[bench::wide_uncached(Receiver::warm(wide(), UNCACHED))]
fn decode(receiver_and_bytes: (Receiver, Vec<Vec<u8>>)) -> (Receiver, Vec<Vec<u8>>) {
    let (mut receiver, bytes) = receiver_and_bytes;
    let events: usize = bytes.iter().map(|bytes| black_box(&mut receiver).receive(bytes)).sum();
    assert_eq!(events, EVENTS);
    (receiver, bytes)
}

type Input = (Receiver, Vec<Vec<u8>>);

#[library_benchmark]
#[bench::small(Receiver::warm(small(), Mode::RUNNING))]
#[bench::large(Receiver::warm(large(), Mode::RUNNING))]
#[bench::wide(Receiver::warm(wide(), Mode::RUNNING))]
fn names(input: Input) -> Input {
    lazily(input, |event| {
        black_box(event.name_bytes());
    })
}

#[library_benchmark]
#[bench::small(Receiver::warm(small(), Mode::RUNNING))]
#[bench::large(Receiver::warm(large(), Mode::RUNNING))]
#[bench::wide(Receiver::warm(wide(), Mode::RUNNING))]
fn names_and_an_argument(input: Input) -> Input {
    lazily(input, |event| {
        black_box(event.name_bytes());
        drop(black_box(event.arg(event.len() - 1)));
    })
}

// Receiving is included.
#[library_benchmark]
#[bench::small(Receiver::warm(small(), Mode::RUNNING), Sender::warm(small(), Mode::RUNNING))]
#[bench::large(Receiver::warm(large(), Mode::RUNNING), Sender::warm(large(), Mode::RUNNING))]
#[bench::wide(Receiver::warm(wide(), Mode::RUNNING), Sender::warm(wide(), Mode::RUNNING))]
fn forward(input: Input, mut sender: Sender) -> (Input, Sender) {
    let input = lazily(input, |event| sender.forward(event));
    (input, sender)
}

#[inline(always)]
fn lazily((mut receiver, bytes): Input, mut take: impl FnMut(&LazyEvent)) -> Input {
    let receive = |bytes: &Vec<u8>| black_box(&mut receiver).receive_lazily(bytes, &mut take);
    let events: usize = bytes.iter().map(receive).sum();
    assert_eq!(events, EVENTS);
    (receiver, bytes)
}

// From `raise` on one node to the notification of another.
#[library_benchmark]
#[bench::small(Nodes::warm())]
fn node_events(mut nodes: Nodes) -> Nodes {
    assert_eq!(black_box(&mut nodes).events(), EVENTS);
    nodes
}

// From `write_log` on one node to the notification of another.
#[library_benchmark]
#[bench::small(Nodes::warm())]
fn node_log_entries(mut nodes: Nodes) -> Nodes {
    assert_eq!(black_box(&mut nodes).log_entries(), EVENTS);
    nodes
}

library_benchmark_group!(
    name = events,
    benchmarks =
        [encode, decode, names, names_and_an_argument, forward, node_events, node_log_entries]
);
main!(library_benchmark_groups = events);
