//! Byte streams over a socket, with or without TLS.

use std::future::pending;
use std::io;
use std::time::SystemTime;

use brocomm::Time;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Duration, sleep, timeout};

/// A bidirectional byte stream.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// The size of the read buffer.
const READ: usize = 64 << 10;

/// The time limit for writing the last bytes.
const LAST: Duration = Duration::from_secs(2);

/// The state machine of a client or server.
pub(crate) trait Machine {
    fn feed_bytes(&mut self, bytes: &[u8], now: Time);
    fn feed_eof(&mut self, now: Time);
    fn feed_failure(&mut self, reason: &str, now: Time);
    fn feed_time(&mut self, now: Time);
    fn next_timeout(&self) -> Option<Time>;
    fn poll_transmit(&self) -> &[u8];
    fn advance(&mut self, written: usize, now: Time);
    fn wants_input(&self) -> bool;
}

macro_rules! machine {
    ($ty:ty, $wants:expr) => {
        impl Machine for $ty {
            fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
                self.feed_bytes(bytes, now);
            }
            fn feed_eof(&mut self, now: Time) {
                self.feed_eof(now);
            }
            fn feed_failure(&mut self, reason: &str, now: Time) {
                self.feed_failure(reason, now);
            }
            fn feed_time(&mut self, now: Time) {
                self.feed_time(now);
            }
            fn next_timeout(&self) -> Option<Time> {
                self.next_timeout()
            }
            fn poll_transmit(&self) -> &[u8] {
                self.poll_transmit()
            }
            fn advance(&mut self, written: usize, now: Time) {
                self.advance(written, now);
            }
            fn wants_input(&self) -> bool {
                $wants(self)
            }
        }
    };
}
machine!(brocomm_zeek::client::Client, |_: &Self| true);
machine!(brocomm_zeek::server::Server, Self::wants_input);

/// A stream with the state for waiting on it.
pub(crate) struct Stream {
    reader: ReadHalf<Box<dyn Bytes>>,
    writer: WriteHalf<Box<dyn Bytes>>,
    buffer: Vec<u8>,
    /// Whether TLS may still buffer written bytes.
    is_dirty: bool,
}

/// What happened on a stream.
enum Happened {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Flushed(io::Result<()>),
    Time,
}

impl Stream {
    pub(crate) fn new(stream: Box<dyn Bytes>) -> Stream {
        let (reader, writer) = tokio::io::split(stream);
        Stream { reader, writer, buffer: vec![0; READ], is_dirty: false }
    }

    /// Waits until something happens, and feeds it to the machine. Cancel safe.
    pub(crate) async fn step(&mut self, machine: &mut impl Machine) {
        // Continuous traffic must not delay timers.
        let time = now();
        if machine.next_timeout().is_some_and(|at| at <= time) {
            return machine.feed_time(time);
        }
        let Stream { reader, writer, buffer, is_dirty } = self;
        let output = machine.poll_transmit();
        let has_output = !output.is_empty();
        let write = async {
            match has_output {
                true => Happened::Written(writer.write(output).await),
                false => Happened::Flushed(writer.flush().await),
            }
        };
        let happened = tokio::select! {
            read = reader.read(buffer), if machine.wants_input() => Happened::Read(read),
            happened = write, if has_output || *is_dirty => happened,
            () = until(machine.next_timeout()) => Happened::Time,
        };
        let now = now();
        match happened {
            Happened::Read(Ok(0)) => machine.feed_eof(now),
            Happened::Read(Ok(length)) => {
                machine.feed_bytes(buffer.get(..length).unwrap_or_default(), now);
            }
            Happened::Written(Ok(length)) => {
                machine.advance(length, now);
                *is_dirty = true;
            }
            Happened::Flushed(Ok(())) => *is_dirty = false,
            Happened::Time => machine.feed_time(now),
            Happened::Read(Err(error))
            | Happened::Written(Err(error))
            | Happened::Flushed(Err(error)) => {
                machine.feed_failure(&crate::failure::reason(&error), now);
            }
        }
    }

    /// Writes the remaining bytes, within a time limit, and shuts the stream down.
    pub(crate) async fn finish(mut self, machine: &impl Machine) {
        let last = async {
            self.writer.write_all(machine.poll_transmit()).await?;
            self.writer.shutdown().await
        };
        // Errors do not matter: the peer is gone.
        let _ = timeout(LAST, last).await;
    }
}

/// Returns the current time.
pub(crate) fn now() -> Time {
    SystemTime::now().into()
}

async fn until(time: Option<Time>) {
    match time {
        Some(time) => sleep(time.saturating_since(now())).await,
        None => pending().await,
    }
}
