//! A socket whose directions do not block each other.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Outcome, Stop};

/// Input from a socket.
#[derive(Debug)]
pub(super) enum Input {
    Bytes(Vec<u8>),
    /// The other end has closed the connection or failed.
    Closed(String),
}

/// A socket that a thread always reads, so that the implementation never waits for the suite.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    input: Receiver<Input>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, patience: Duration) -> Outcome<Socket> {
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_write_timeout(Some(patience)))
            .and_then(|()| stream.set_read_timeout(None))
            .and_then(|()| stream.try_clone());
        let mut reading = match prepared {
            Ok(reading) => reading,
            Err(error) => return Stop::inconclusive(format!("cannot prepare a socket: {error}")),
        };
        let (sender, input) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let input = match reading.read(&mut buffer) {
                    Ok(0) => Input::Closed("end of stream".to_owned()),
                    Ok(length) => Input::Bytes(buffer.get(..length).unwrap_or_default().to_vec()),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(error) => Input::Closed(error.to_string()),
                };
                let last = matches!(input, Input::Closed(_));
                if sender.send(input).is_err() || last {
                    return;
                }
            }
        });
        Ok(Socket { stream, input })
    }

    /// Waits for input. Returns `None` if there is none until the deadline.
    pub(super) fn read(&self, until: Instant) -> Option<Input> {
        match self.input.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(input) => Some(input),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Input::Closed("end of stream".to_owned())),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Shuts down the sending direction.
    pub(super) fn finish(&mut self) {
        // Fails if it is already closed.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Ends the reading thread.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
