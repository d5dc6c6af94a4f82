//! The core in an application's own event loop.
//!
//! The application works in rounds, like many programs that measure, draw or control something. In
//! each round it feeds input to its connection, takes notifications and writes output, without
//! blocking. It needs only the standard library and the core. The peer is a second such
//! application, in another thread.
//!
//! ```text
//! cargo run -p brocomm-transport --example own_loop
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::data::{Event, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
use brocomm::node::{Phase, Role};

/// The application: its own work and its connection.
struct Application {
    socket: TcpStream,
    connection: Connection,
    start: (Time, Instant),
    buffer: Vec<u8>,
    measured: u64,
    heard: u64,
}

impl Application {
    fn new(socket: TcpStream, role: Role) -> io::Result<Application> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let start = (Time::from(SystemTime::now()), Instant::now());
        let config = ConnectionConfig::requesting(&["measured"]);
        let connection = Connection::new(config, role, start.0);
        Ok(Application { socket, connection, start, buffer: vec![0; 4096], measured: 0, heard: 0 })
    }

    fn now(&self) -> Time {
        self.start.0 + self.start.1.elapsed()
    }

    /// Runs until it has received ten measurements from the other application.
    fn run(mut self) -> io::Result<u64> {
        while self.heard < 10 {
            self.work();
            self.communicate()?;
            // A real application waits for the next frame or for a device here.
            thread::sleep(Duration::from_millis(1));
        }
        Ok(self.heard)
    }

    /// Does the application's own work, and sometimes sends a measurement.
    fn work(&mut self) {
        if self.connection.phase() == Phase::Running {
            self.measured += 1;
            let measured = Event::new("measured", vec![Value::Count(self.measured)]);
            // A measurement that is not sent now is soon replaced by the next one.
            let _ = self.connection.send_event(&measured);
        }
    }

    /// Reads, writes and handles notifications, without blocking.
    fn communicate(&mut self) -> io::Result<()> {
        let now = self.now();
        self.connection.feed_time(now);
        while self.connection.wants_input() {
            match self.socket.read(&mut self.buffer) {
                Ok(0) => {
                    self.connection.feed_eof(now);
                    break;
                }
                Ok(read) => self.connection.feed_bytes(&self.buffer[..read], now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            while let Some(notification) = self.connection.poll_notification() {
                if let ConnectionNotification::Event(_) = notification {
                    self.heard += 1;
                }
            }
        }
        while !self.connection.poll_transmit().is_empty() {
            match self.socket.write(self.connection.poll_transmit()) {
                Ok(written) => self.connection.advance(written, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let socket = TcpStream::connect(listener.local_addr()?)?;
    let (accepted, _) = listener.accept()?;
    let other = thread::spawn(|| Application::new(accepted, Role::Acceptor)?.run());
    // Either application may finish first; the other then sees the connection close.
    let heard = Application::new(socket, Role::Initiator)?.run()?;
    println!("heard of {heard} measurements");
    let _ = other.join();
    Ok(())
}
