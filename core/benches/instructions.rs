//! Instructions per event, counted under valgrind: the same on every run.
//!
//! Each figure is for [`shapes::EVENTS`] events, so divide by a thousand. Framing is included.

mod shapes;

use std::hint::black_box;

use brocomm::serial::Mode;
use gungraun::{library_benchmark, library_benchmark_group, main};
use shapes::{EVENTS, Receiver, Sender, UNCACHED, large, small};

#[library_benchmark]
#[bench::small_cached(Sender::warm(small(), Mode::RUNNING))]
#[bench::small_uncached(Sender::warm(small(), UNCACHED))]
#[bench::large_cached(Sender::warm(large(), Mode::RUNNING))]
#[bench::large_uncached(Sender::warm(large(), UNCACHED))]
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
fn decode(receiver_and_bytes: (Receiver, Vec<Vec<u8>>)) -> (Receiver, Vec<Vec<u8>>) {
    let (mut receiver, bytes) = receiver_and_bytes;
    let events: usize = bytes.iter().map(|bytes| black_box(&mut receiver).receive(bytes)).sum();
    assert_eq!(events, EVENTS);
    (receiver, bytes)
}

library_benchmark_group!(name = events, benchmarks = [encode, decode]);
main!(library_benchmark_groups = events);
