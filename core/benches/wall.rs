//! Wall time per thousand events. Results are comparable only within one run.

use std::hint::black_box;

use brocomm::data::Event;
use brocomm::lowlevel::serial::{LazyEvent, Mode};
use brocomm_benches::{EVENTS, Receiver, Sender, UNCACHED, large, small, wide};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn events(c: &mut Criterion) {
    let shapes = [("small", small as fn() -> Event), ("large", large), ("wide", wide)];
    let modes = [("cached", Mode::RUNNING), ("uncached", UNCACHED)];
    let mut group = c.benchmark_group("thousand events");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for (shape, event) in shapes {
        for (caching, mode) in modes {
            group.bench_function(format!("encode {shape} {caching}"), |b| {
                let mut sender = Sender::warm(event(), mode);
                b.iter(|| {
                    sender.out.clear();
                    (0..EVENTS).for_each(|_| sender.send());
                });
            });
            group.bench_function(format!("decode {shape} {caching}"), |b| {
                b.iter_batched(
                    || Receiver::warm(event(), mode, false),
                    |(mut receiver, bytes)| {
                        let received: usize = bytes.iter().map(|b| receiver.receive(b)).sum();
                        assert_eq!(received, EVENTS);
                        receiver
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    for (shape, event) in shapes {
        group.bench_function(format!("name {shape}"), |b| {
            b.iter_batched(
                || Receiver::warm(event(), Mode::RUNNING, true),
                |(mut receiver, bytes)| {
                    let name = |event: &LazyEvent| {
                        black_box(event.name_bytes());
                    };
                    let received: usize =
                        bytes.iter().map(|b| receiver.receive_lazily(b, name)).sum();
                    assert_eq!(received, EVENTS);
                    receiver
                },
                BatchSize::PerIteration,
            );
        });
        group.bench_function(format!("forward {shape}"), |b| {
            b.iter_batched(
                || (Receiver::warm(event(), Mode::RUNNING, true), Sender::warm(event(), Mode::RUNNING)),
                |((mut receiver, bytes), mut sender)| {
                    let mut forward = |event: &LazyEvent| sender.forward(event);
                    let received: usize =
                        bytes.iter().map(|b| receiver.receive_lazily(b, &mut forward)).sum();
                    assert_eq!(received, EVENTS);
                    (receiver, sender)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, events);
criterion_main!(benches);
