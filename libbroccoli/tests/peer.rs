//! A peer for C programs: a Bro that sends back what it receives.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use brocomm::Time;
use brocomm::data::{Event, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
use brocomm::node::{Role, Undeclared};
use bytes::Bytes;

/// The events that it requests from each client.
const REQUESTS: [&str; 8] = ["echo", "ask", "count", "end", "half", "garbage", "ping", "forget"];

/// A listener that records everything it receives.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<String>>>,
    config: Arc<Mutex<Option<ConnectionConfig>>>,
    /// The number of open connections.
    open: Arc<(Mutex<usize>, Condvar)>,
}

impl Peer {
    pub(crate) fn start() -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let config = Arc::new(Mutex::new(None));
        let open = Arc::new((Mutex::new(0), Condvar::new()));
        let (log, own, count) = (Arc::clone(&seen), Arc::clone(&config), Arc::clone(&open));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log) = (stream.unwrap(), Arc::clone(&log));
                let config = own.lock().unwrap().clone().unwrap_or_else(usual);
                let count = Arc::clone(&count);
                *count.0.lock().unwrap() += 1;
                thread::spawn(move || {
                    serve(stream, config, &log);
                    *count.0.lock().unwrap() -= 1;
                    count.1.notify_all();
                });
            }
        });
        Peer { address, seen, config, open }
    }

    /// Changes the configuration for later clients.
    pub(crate) fn configure(&self, config: ConnectionConfig) {
        *self.config.lock().unwrap() = Some(config);
    }

    /// Waits for the end of all connections, and returns the received events and packets as text.
    pub(crate) fn seen(&self) -> Vec<String> {
        let (open, changed) = &*self.open;
        drop(changed.wait_while(open.lock().unwrap(), |open| *open > 0).unwrap());
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn usual() -> ConnectionConfig {
    ConnectionConfig {
        class: Some(Bytes::from_static(b"peer")),
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::requesting(&REQUESTS)
    }
}

fn now() -> Time {
    std::time::SystemTime::now().into()
}

/// How a connection continues after an event.
enum Next {
    Go,
    /// Close the connection and lose unread input.
    End,
    /// Send nothing more, but read everything.
    Half,
}

fn serve(mut stream: TcpStream, config: ConnectionConfig, log: &Mutex<Vec<String>>) {
    let mut machine = Connection::new(config, Role::Acceptor, now());
    let mut buffer = [0; 4096];
    let mut is_half = false;
    loop {
        while let Some(notification) = machine.poll_notification() {
            match react(&mut machine, &mut stream, notification, log) {
                Next::Go => {}
                Next::End => return,
                Next::Half => {
                    stream.shutdown(Shutdown::Write).unwrap();
                    is_half = true;
                }
            }
        }
        while !is_half && !machine.poll_transmit().is_empty() {
            let Ok(written) = stream.write(machine.poll_transmit()) else { return };
            machine.advance(written, now());
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => machine.feed_bytes(&buffer[..read], now()),
        }
    }
}

fn react(
    machine: &mut Connection,
    stream: &mut TcpStream,
    notification: ConnectionNotification,
    log: &Mutex<Vec<String>>,
) -> Next {
    let answer = |machine: &mut Connection, name: &str, args: Vec<Value>| {
        let _ = machine.send_event(&Event { name: name.into(), time: 1.5, args });
    };
    let event = match notification {
        ConnectionNotification::Event(event) => event,
        ConnectionNotification::Packet(packet) => {
            let text = format!("packet {} {} {}", packet.link_type, packet.tag, packet.len);
            log.lock().unwrap().push(text);
            return Next::Go;
        }
        ConnectionNotification::Pong { seq, .. } => {
            answer(machine, "echoed", vec![Value::Count(seq.into())]);
            return Next::Go;
        }
        ConnectionNotification::Closed(cause) => {
            log.lock().unwrap().push(format!("{cause:?}").split(['(', ' ']).next().unwrap().into());
            return Next::Go;
        }
        _ => return Next::Go,
    };
    let args: Vec<_> = event.args.iter().map(ToString::to_string).collect();
    log.lock().unwrap().push(format!("{}({})", event.name, args.join(", ")));
    match event.name.as_str().unwrap() {
        "echo" => answer(machine, "echoed", event.args),
        "ask" => {
            machine.request_events_late(&["late".into()]).unwrap();
            answer(machine, "echoed", event.args);
        }
        "ping" => machine.ping(7, now()).unwrap(),
        "garbage" => {
            answer(machine, "echoed", event.args);
            while !machine.poll_transmit().is_empty() {
                let written = stream.write(machine.poll_transmit()).unwrap();
                machine.advance(written, now());
            }
            stream.write_all(&[0xff; 64]).unwrap();
        }
        "end" => return Next::End,
        "half" => return Next::Half,
        _ => {}
    }
    Next::Go
}
