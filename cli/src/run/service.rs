//! Notifies the service manager (systemd, for units with `Type=notify`) of the node's state.

use std::io::{self, Write};

#[cfg(target_os = "linux")]
use std::os::unix::net::{SocketAddr, UnixDatagram};

use crate::failure::reason;
use crate::output::{Output, Overflow};

/// A state to report to the service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State<'a> {
    /// The node is ready.
    Ready,
    /// The node is stopping.
    Stopping,
    /// A status text.
    Status(&'a str),
}

/// The service manager, if there is one.
pub(super) struct Manager {
    output: Option<Output>,
    /// The notifications sent so far. `Ready` is sent once, and never after `Stopping`.
    ready: bool,
    stopping: bool,
}

impl Manager {
    /// Opens the socket in the environment variable NOTIFY_SOCKET, if set.
    pub(super) fn of_environment() -> Manager {
        let socket = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        Manager::over(socket.and_then(|name| match Socket::new(&name) {
            Ok(socket) => Some(Output::new(socket, Overflow::Drop(|_| Vec::new()), || ())),
            Err(error) => {
                let name = name.to_string_lossy();
                tracing::warn!(
                    "NOTIFY_SOCKET={name}: cannot notify the service manager: {}",
                    reason(&error)
                );
                None
            }
        }))
    }

    fn over(output: Option<Output>) -> Manager {
        Manager { output, ready: false, stopping: false }
    }

    /// Notifies it. Never waits for it.
    pub(super) fn notify(&mut self, state: State<'_>) {
        if state == State::Ready && (self.ready || self.stopping) {
            return;
        }
        self.ready |= state == State::Ready;
        self.stopping |= state == State::Stopping;
        let line = match state {
            State::Ready => "READY=1\n".to_owned(),
            State::Stopping => "STOPPING=1\n".to_owned(),
            State::Status(words) => format!("STATUS={words}\n"),
        };
        if let Some(Err(error)) = self.output.as_mut().map(|out| out.write_all(line.as_bytes())) {
            tracing::warn!("the service manager cannot be notified: {}", reason(&error));
            self.output = None;
        }
    }

    /// Waits until all notifications are sent.
    pub(super) async fn notified(&self) {
        if let Some(output) = &self.output {
            output.written().await;
        }
    }
}

/// A datagram socket.
#[cfg(target_os = "linux")]
struct Socket {
    socket: UnixDatagram,
    manager: SocketAddr,
}

#[cfg(target_os = "linux")]
impl Socket {
    /// Opens a socket. A name that begins with `@` is in the abstract namespace, others are paths.
    fn new(name: &std::ffi::OsStr) -> io::Result<Socket> {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;

        let manager = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => {
                let problem = "expected an absolute path, or @ and a name";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
            }
        };
        Ok(Socket { socket: UnixDatagram::unbound()?, manager })
    }
}

#[cfg(target_os = "linux")]
impl Write for Socket {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.socket.send_to_addr(lines, &self.manager)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Not supported on this system.
#[cfg(not(target_os = "linux"))]
struct Socket;

#[cfg(not(target_os = "linux"))]
impl Socket {
    fn new(_: &std::ffi::OsStr) -> io::Result<Socket> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(target_os = "linux"))]
impl Write for Socket {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Forwards what is written.
    struct Heard(Sender<String>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn ready_is_sent_once_and_never_after_stopping() {
        use State::{Ready, Status, Stopping};
        for (states, expected) in [
            (&[Status("a"), Ready, Ready, Stopping, Ready][..], "STATUS=a\nREADY=1\nSTOPPING=1\n"),
            (&[Stopping, Ready, Status("b")], "STOPPING=1\nSTATUS=b\n"),
        ] {
            let (sender, heard) = channel();
            let mut manager = Manager::over(Some(Output::new(
                Heard(sender),
                Overflow::Drop(|_| Vec::new()),
                || (),
            )));
            states.iter().for_each(|state| manager.notify(*state));
            manager.output.unwrap().finish().unwrap();
            assert_eq!(heard.try_iter().collect::<String>(), expected);
        }
    }
}
