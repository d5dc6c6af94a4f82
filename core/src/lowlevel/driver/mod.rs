//! The logic shared by all transports, for authors of transports.
//!
//! A [`Driver`] owns a [`Connection`](crate::connection::Connection) and returns the next step for
//! the socket; the transport performs it and feeds the result. It requires only a non-blocking byte
//! stream. The loop is always the same:
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::net::{Shutdown, TcpStream};
//! use std::task::Poll;
//! use std::time::{Instant, SystemTime};
//!
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{ConnectionConfig, Connection};
//! use brocomm::node::Role;
//! use brocomm::lowlevel::driver::{BLOCK, Driver, Step};
//!
//! # fn wait_for(_: &TcpStream, _: Option<std::time::Duration>) {}
//! # fn main() -> std::io::Result<()> {
//! let mut socket = TcpStream::connect("localhost:47757")?;
//! socket.set_nonblocking(true)?;
//! let (wall, start) = (Time::from(SystemTime::now()), Instant::now());
//! let now = || wall + start.elapsed();
//! let connection = Connection::new(ConnectionConfig::default(), Role::Initiator, now());
//! let mut driver = Driver::new(connection);
//! let mut buffer = vec![0; BLOCK];
//! loop {
//!     match driver.poll_notification() {
//!         Poll::Ready(Some(notification)) => println!("{notification:?}"),
//!         Poll::Ready(None) => break,
//!         Poll::Pending => match driver.poll_step(now()) {
//!             Step::Write(bytes) => {
//!                 let result = socket.write(bytes);
//!                 driver.feed_write(result, now());
//!             }
//!             Step::Read => {
//!                 let result = socket.read(&mut buffer).map(|read| &buffer[..read]);
//!                 driver.feed_read(result, now());
//!             }
//!             Step::EndOutput => socket.shutdown(Shutdown::Write)?,
//!             Step::Close => socket.shutdown(Shutdown::Both)?,
//!             Step::Yield => {}
//!             Step::Wait { until } => {
//!                 wait_for(&socket, until.map(|until| until - now()));
//!                 driver.feed_readable();
//!                 driver.feed_writable();
//!             }
//!         },
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A node has many sockets, and is shared among tasks or threads: a [`NodeDriver`] holds the
//! [`NodeMachine`](crate::node::NodeMachine) and wakes the tasks, and a [`SocketDriver`] drives the
//! socket of each of its connections.

use std::time::Duration;

mod connection;
mod error;
mod node;
mod socket;
#[cfg(test)]
mod tests;

pub use connection::{Driver, Flushed};
pub use error::{Cause, LogPathError, RequestError, StartError, SubscribeError, TransportError};
pub use node::{Flush, NodeDriver, Raising, SocketDriver, Subscription, Task, Ticket};
pub use socket::{BLOCK, LINGER, Step};

use socket::{Socket, SocketConnection};

/// The default timeout of an attempt to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The delay before accepting again after a failure, such as a lack of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
