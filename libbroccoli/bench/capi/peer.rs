//! The peer of `client.c`. It receives events without decoding them, and sends as many as
//! requested. It prints its address.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::SystemTime;

use brocomm::data::{Event, Field, Port, Record, Type, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
use brocomm::node::Role;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let _ = writeln!(std::io::stdout(), "{}", listener.local_addr().expect("an address"));
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
}

fn serve(mut stream: TcpStream) {
    let now = || SystemTime::now().into();
    let config = ConnectionConfig::requesting(&["s", "c", "give_s", "give_c"]);
    let mut machine = Connection::new(config, Role::Acceptor, now());
    let mut buffer = vec![0; 64 << 10];
    let mut is_client = false;
    loop {
        while let Some(notification) = machine.poll_notification() {
            if let ConnectionNotification::Event(event) = notification {
                let count = event.arg(0).unwrap_or(0u64);
                match event.name.as_str() {
                    Some("give_s") => give(&mut machine, &mut stream, &s(), count),
                    Some("give_c") => give(&mut machine, &mut stream, &c(), count),
                    // Otherwise the client is measured, not this program.
                    _ => is_client = true,
                }
            }
        }
        flush(&mut machine, &mut stream);
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(_) if is_client => {}
            Ok(read) => machine.feed_bytes(buffer.get(..read).unwrap_or_default(), now()),
        }
    }
}

fn flush(machine: &mut Connection, stream: &mut TcpStream) {
    while !machine.poll_transmit().is_empty() {
        let Ok(written) = stream.write(machine.poll_transmit()) else { return };
        machine.advance(written, machine.now());
    }
}

/// Sends an event as many times as requested. Serializes it a hundred times.
fn give(machine: &mut Connection, stream: &mut TcpStream, event: &Event, count: u64) {
    const BATCH: u64 = 100;
    let mut batch = Vec::new();
    let Some(mut left) = count.checked_sub(BATCH) else { return };
    for _ in 0..BATCH {
        let _ = machine.send_event(event);
    }
    batch.extend_from_slice(machine.poll_transmit());
    let one = batch.len() / BATCH as usize;
    flush(machine, stream);
    while left > 0 {
        let now = left.min(BATCH);
        let bytes = batch.get(..one * now as usize).unwrap_or_default();
        if stream.write_all(bytes).is_err() {
            return;
        }
        left -= now;
    }
}

fn s() -> Event {
    Event::new("s", vec![Value::Count(7), Value::string("twenty bytes of text")])
}

fn c() -> Event {
    let names = [
        ("orig_h", Type::ADDR),
        ("orig_p", Type::PORT),
        ("resp_h", Type::ADDR),
        ("resp_p", Type::PORT),
    ];
    let fields = names.map(|(name, ty)| Field::new(name, ty)).to_vec();
    let values = vec![
        Some(Value::Addr([10, 0, 0, 1].into())),
        Some(Value::Port(Port::tcp(1234))),
        Some(Value::Addr("2001:db8::1".parse::<std::net::Ipv6Addr>().expect("an address").into())),
        Some(Value::Port(Port::tcp(443))),
    ];
    let id = Record::new(Type::record("", fields), values);
    Event::new(
        "c",
        vec![Value::Record(id.into()), Value::string("twenty bytes of text"), Value::Double(1.5)],
    )
}
