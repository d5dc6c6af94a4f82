//! Two connections over a UNIX socket, with blocking reads and writes. One runs in its own thread.
//!
//! ```text
//! cargo run -p brocomm --example unix_socket
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "this is a program")]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    example::run()
}

#[cfg(unix)]
mod example {
    use std::io::{self, Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
    use brocomm::node::Role;
    use brocomm::{Time, event};

    /// Runs a connection over a socket until it is closed. Calls `handle` with each notification.
    fn drive(
        mut socket: UnixStream,
        mut connection: Connection,
        mut handle: impl FnMut(&mut Connection, ConnectionNotification),
    ) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            while let Some(notification) = connection.poll_notification() {
                handle(&mut connection, notification);
            }
            while !connection.poll_transmit().is_empty() {
                let written = socket.write(connection.poll_transmit())?;
                connection.advance(written, now());
            }
            if connection.poll_close().is_some() {
                return socket.shutdown(Shutdown::Both);
            }
            match socket.read(&mut buffer)? {
                0 => connection.feed_eof(now()),
                read => connection.feed_bytes(&buffer[..read], now()),
            }
        }
    }

    fn now() -> Time {
        std::time::SystemTime::now().into()
    }

    pub(crate) fn run() -> io::Result<()> {
        let (one, other) = UnixStream::pair()?;
        let sensor = Connection::new(ConnectionConfig::requesting(&[]), Role::Initiator, now());
        let requests = ConnectionConfig::requesting(&["scan_seen"]);
        let manager = Connection::new(requests, Role::Acceptor, now());
        let sending = thread::spawn(|| {
            drive(one, sensor, |connection, notification| {
                if notification == ConnectionNotification::HandshakeDone {
                    let host = std::net::IpAddr::from([10, 0, 0, 1]);
                    let scan = event!("scan_seen", host, 443_u64).at(now());
                    println!("sensor: {:?}", connection.send_event(&scan));
                }
            })
        });
        drive(other, manager, |connection, notification| {
            println!("manager: {notification:?}");
            if matches!(notification, ConnectionNotification::Event(_)) {
                connection.close(now());
            }
        })?;
        sending.join().expect("the thread does not panic")
    }
}
