//! The speed of events, compared with plain sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use crate::nodes::{Pair, Ping, Pong};
use crate::{DemoError, Speed, deadline};

/// The number of events sent in one direction.
const EVENTS: u64 = 5_000;

/// The number of events answered one after the other.
const ROUNDS: u64 = 200;

pub(crate) fn measure(pair: &Pair) -> Result<Speed, DemoError> {
    let mut pings = pair.manager.events::<Ping>()?;
    let mut pongs = pair.sensor.events::<Pong>()?;
    let sent = || pair.sensor.with(|node, _| node.total_counters().connection.output.bytes);
    let (sent_before, began) = (sent(), Instant::now());
    thread::scope(|scope| {
        let raising = scope.spawn(|| {
            (0..EVENTS)
                .try_for_each(|number| pair.sensor.raise(Ping { number }, deadline()).map(drop))
        });
        for _ in 0..EVENTS {
            pings.next(deadline()).ok_or("a ping was lost")??;
        }
        raising.join().map_err(|_| "the thread that raises events panicked")??;
        Ok::<_, DemoError>(())
    })?;
    let events_per_second = EVENTS as f64 / began.elapsed().as_secs_f64();
    let event_bytes = usize::try_from(sent().saturating_sub(sent_before) / EVENTS)?;

    let began = Instant::now();
    for number in 0..ROUNDS {
        pair.sensor.raise(Ping { number }, deadline())?;
        pings.next(deadline()).ok_or("a ping was lost")??;
        pair.manager.raise(Pong { number }, deadline())?;
        pongs.next(deadline()).ok_or("a pong was lost")??;
    }
    let round_trip = began.elapsed().as_secs_f64() / ROUNDS as f64;
    let (plain_events_per_second, plain_round_trip) = plain(event_bytes)?;
    Ok(Speed { events_per_second, plain_events_per_second, round_trip, plain_round_trip })
}

/// Measures plain sockets: the same number of bytes in one direction, written per event, and the
/// round trip of a byte.
fn plain(event_bytes: usize) -> Result<(f64, f64), DemoError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut one = TcpStream::connect(listener.local_addr()?)?;
    let (mut other, _) = listener.accept()?;
    one.set_nodelay(true)?;
    other.set_nodelay(true)?;
    let total = event_bytes * EVENTS as usize;
    let answering = thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        let mut left = total;
        while left > 0 {
            left = left.saturating_sub(other.read(&mut buffer)?);
        }
        other.write_all(&[0])?;
        for _ in 0..ROUNDS {
            other.read_exact(&mut buffer[..1])?;
            other.write_all(&[0])?;
        }
        Ok::<_, std::io::Error>(())
    });
    let began = Instant::now();
    let event = vec![0; event_bytes];
    for _ in 0..EVENTS {
        one.write_all(&event)?;
    }
    one.read_exact(&mut [0])?;
    let rate = EVENTS as f64 / began.elapsed().as_secs_f64();
    let began = Instant::now();
    for _ in 0..ROUNDS {
        one.write_all(&[0])?;
        one.read_exact(&mut [0])?;
    }
    let round_trip = began.elapsed().as_secs_f64() / ROUNDS as f64;
    answering.join().map_err(|_| "the thread that answers panicked")??;
    Ok((rate, round_trip))
}
