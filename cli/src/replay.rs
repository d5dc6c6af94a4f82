//! `brocomm replay`: replays one side of a recorded session to a live peer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::Observer;
use brocomm::lowlevel::wire::Framing;
use brocomm_conformance::{Side, Step, StepKind};
use bytes::Bytes;

use crate::address;
use crate::capture::{self, Captured};
use crate::decode::{Shown, length};
use crate::diagnosis;
use crate::failure::{Failure, failed, misused, reason};
use crate::input::{Input, Unusable};
use crate::number::within;
use crate::progress::Progress;
use crate::session::seconds;

/// Replays one side of a recorded session to a live peer, and prints what both send.
///
/// Sends the recorded bytes unchanged, even if they violate the protocol. Where the other side sent
/// messages in the recording, waits until the peer has sent as many, or has been silent for --wait.
/// At the end, waits in the same way and closes the connection.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A recording or a capture (pcap, pcapng), gzipped or not. `-` is standard input. At most 1
    /// GiB is held in memory.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(long, value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    to: String,

    /// Replay the listener's side instead of the connector's. The program connects in both cases.
    #[arg(long)]
    listener: bool,

    /// The maximum silence of the peer before the replay continues, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds,
        allow_negative_numbers = true)]
    wait: Duration,

    /// The listener's port in captures.
    #[arg(long, value_name = "PORT", default_value_t = address::PORT,
        value_parser = within(1..=u16::MAX))]
    port: u16,

    /// The connection to replay from a capture with several, counted from 1 in the order of
    /// `brocomm decode`.
    #[arg(long, value_name = "N", value_parser = within(1..=u32::MAX))]
    connection: Option<u32>,

    /// Print one JSON object per line, as `brocomm decode --json` does.
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm replay session.jsonl --to sensor
  brocomm replay session.pcap --listener --to 127.0.0.1:1234 --json

Exit codes:
  0  everything was sent, and the peer sent at least as many messages as were recorded
  1  there was no connection, the peer closed it early or sent less, or the file is not a recording
  2  the command line is wrong, or the file can't be read";

/// The maximum number of queued reads. When the queue is full, the peer waits.
const WAITING: usize = 64;

/// The hint for TLS peers. A recording contains clear text.
const NO_TLS: &str = "; `brocomm replay` does not support TLS";

/// The maximum number of connections that are listed to choose from.
const SHOWN: usize = 10;

/// Replays the recording.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let progress = Progress::new(true);
    let steps = steps(args, &progress)?;
    progress.end();
    let connected = address::resolve(&args.to).and_then(|found| TcpStream::connect(&*found));
    let stream = connected.map_err(|error| {
        let (why, hint) = (reason(&error), diagnosis::hint_for(error.kind()));
        failed(format_args!("cannot connect to {}: {why}{hint}", args.to))
    })?;
    let lost = |error: io::Error| {
        failed(format_args!("{}: the connection failed: {}", args.to, reason(&error)))
    };
    stream.set_write_timeout(Some(args.wait.max(Duration::from_secs(1)))).map_err(lost)?;
    let reading = stream.try_clone().map_err(lost)?;
    let (pieces, received) = sync_channel(WAITING);
    // The thread ends when the socket is closed.
    thread::spawn(move || read(reading, &pieces));
    let us = if args.listener { Side::Listener } else { Side::Connector };
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    observer.set_lenient(true);
    let mut play = Play {
        us,
        stream,
        received,
        begin: Instant::now(),
        observer,
        shown: Shown::new(args.json),
        messages: 0,
        other: None,
        is_closed: false,
        wait: args.wait,
        progress,
        out,
    };
    play.progress.begin(format!("sending to {}", args.to), Some(sent_by(us, &steps)));
    let result = play.all(&steps, &args.to);
    play.progress.end();
    // Fails if the peer is gone already.
    let _ = play.stream.shutdown(Shutdown::Both);
    result.map_err(|why| match why {
        Failed::Output(error) => Failure::Output(error),
        Failed::Peer(why) => failed(format_args!("{}: {why}", args.to)),
    })
}

/// Reads the whole recording.
fn steps(args: &Args, progress: &Progress) -> Result<Vec<Step>, Failure> {
    let file = args.file.display();
    match Input::open(&args.file, args.port, progress).map_err(Unusable::into_failure)? {
        Input::Recording(_) if args.connection.is_some_and(|number| number > 1) => {
            Err(misused(format_args!("{file}: a recording has one connection")))
        }
        Input::Recording(recording) => {
            let steps = held(capture::MOST, recording.map(|step| step.map_err(|e| e.to_string())));
            steps.map_err(|problem| failed(format_args!("{problem}")))
        }
        Input::Capture(connections) => {
            let chosen = chosen(connections, args.connection);
            let chosen = chosen.map_err(|why| misused(format_args!("{file}: {why}")))?;
            if chosen.gaps.is_empty() {
                return Ok(chosen.steps);
            }
            Err(failed(format_args!("{file}: {}", chosen.gaps.join("; "))))
        }
    }
}

/// Returns the connection to replay from a capture.
fn chosen(mut connections: Vec<Captured>, number: Option<u32>) -> Result<Captured, String> {
    let place = number.and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
    match (place, connections.len()) {
        (None, 1) => Ok(connections.remove(0)),
        (Some(place), all) if place < all => Ok(connections.swap_remove(place)),
        (_, all) => {
            let shown = connections.iter().zip(1..).take(SHOWN);
            let mut shown: Vec<String> = shown
                .map(|(one, number)| format!("{number} is {} > {}", one.connector, one.listener))
                .collect();
            if all > SHOWN {
                shown.push("…".to_owned());
            }
            let plural = if all == 1 { "" } else { "s" };
            let shown = shown.join(", ");
            Err(format!("it has {all} connection{plural}; choose one with --connection: {shown}"))
        }
    }
}

/// Returns the number of bytes that a side sent.
fn sent_by(us: Side, steps: &[Step]) -> u64 {
    let ours = |step: &&Step| matches!(step.kind, StepKind::Data { from, .. } if from == us);
    steps.iter().filter(ours).map(length).sum::<usize>() as u64
}

/// Collects the steps of a recording, up to a maximum number of bytes.
fn held(
    most: usize,
    steps: impl Iterator<Item = Result<Step, String>>,
) -> Result<Vec<Step>, String> {
    let (mut all, mut held) = (Vec::new(), 0_usize);
    for step in steps {
        let step = step?;
        held = held.saturating_add(length(&step)).saturating_add(size_of::<Step>());
        if held > most {
            return Err(format!("the recording takes more than {most} bytes"));
        }
        all.push(step);
    }
    Ok(all)
}

/// Reads from the socket until the connection is closed.
fn read(mut stream: TcpStream, pieces: &SyncSender<Bytes>) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let piece = buffer.get(..length).unwrap_or_default();
                if pieces.send(Bytes::copy_from_slice(piece)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// The errors of a replay.
enum Failed {
    Output(io::Error),
    Peer(String),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Output(error)
    }
}

/// A replay in progress.
struct Play<'a> {
    us: Side,
    stream: TcpStream,
    received: Receiver<Bytes>,
    begin: Instant,
    /// Decodes what both sides actually send.
    observer: Observer,
    shown: Shown,
    /// The number of messages from the peer.
    messages: u64,
    /// What kind of peer it is, if it does not use the protocol.
    other: Option<String>,
    is_closed: bool,
    wait: Duration,
    /// The progress of sending.
    progress: Progress,
    out: &'a mut dyn Write,
}

impl Play<'_> {
    /// Plays all steps. If that fails because the peer uses another protocol, the error says so.
    fn all(&mut self, steps: &[Step], to: &str) -> Result<(), Failed> {
        let played = self.each(steps);
        let Err(Failed::Peer(why)) = played else { return played };
        let why = match (self.other.take(), self.messages, self.is_closed) {
            (Some(other), ..) => other,
            (None, 0, true) => format!("{}{NO_TLS}", diagnosis::CLOSED_AT_ONCE),
            (None, 0, false) => {
                let (nothing, hint) = (diagnosis::no_version(self.wait), diagnosis::try_doctor(to));
                format!("{nothing}{NO_TLS}{hint}")
            }
            _ => why,
        };
        Err(Failed::Peer(why))
    }

    fn each(&mut self, steps: &[Step]) -> Result<(), Failed> {
        let mut recorded = Observer::new(Framing::Clear, Default::default(), Default::default());
        recorded.set_lenient(true);
        let (mut expected, mut unsent) = (0, 0_usize);
        for step in steps {
            let StepKind::Data { from, bytes } = &step.kind else { continue };
            recorded.feed(from.role(), bytes);
            while let Some(observed) = recorded.poll() {
                expected += u64::from(observed.side != self.us.role());
            }
            if *from != self.us {
                continue;
            }
            self.await_messages(expected)?;
            self.progress.add(bytes.len());
            if self.is_closed {
                unsent += bytes.len();
                continue;
            }
            self.send(bytes)?;
        }
        self.await_messages(expected)?;
        self.out.flush()?;
        if unsent > 0 {
            let what = format!("the peer closed the connection before {unsent} bytes were sent");
            return Err(Failed::Peer(what));
        }
        if self.messages < expected {
            let got = self.messages;
            return Err(Failed::Peer(format!("it sent {got} messages, {expected} were recorded")));
        }
        Ok(())
    }

    fn send(&mut self, bytes: &Bytes) -> Result<(), Failed> {
        if let Err(error) = self.stream.write_all(bytes) {
            // Earlier data from the peer may show the reason.
            self.await_messages(u64::MAX)?;
            return Err(Failed::Peer(format!("the connection failed: {}", reason(&error))));
        }
        self.observer.feed(self.us.role(), bytes);
        self.show()
    }

    /// Waits until the peer has sent this many messages, has been silent for too long, or has
    /// disconnected.
    fn await_messages(&mut self, expected: u64) -> Result<(), Failed> {
        while self.messages < expected && !self.is_closed {
            match self.received.recv_timeout(self.wait) {
                Ok(bytes) => {
                    self.observer.feed(self.us.role().other(), &bytes);
                    self.show()?;
                }
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => self.is_closed = true,
            }
        }
        Ok(())
    }

    fn show(&mut self) -> Result<(), Failed> {
        while let Some(observed) = self.observer.poll() {
            if observed.side != self.us.role() {
                self.messages += 1;
                if let Err(error) = &observed.message {
                    let tls = || format!("the peer uses TLS{NO_TLS}");
                    let other = diagnosis::other_protocol(error);
                    self.other = other.or_else(|| diagnosis::speaks_tls(error).then(tls));
                }
            }
            self.shown.show(self.begin.elapsed(), &observed, self.out)?;
        }
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_limited() {
        let data = StepKind::Data { from: Side::Connector, bytes: Bytes::from_static(b"abc") };
        let step = Step { time: Duration::ZERO, kind: data };
        let two = size_of::<Step>() * 2 + 6;
        let held = |most| held(most, [step.clone(), step.clone()].into_iter().map(Ok));
        assert_eq!(held(two).map(|steps| steps.len()), Ok(2));
        let expected = format!("the recording takes more than {} bytes", two - 1);
        assert_eq!(held(two - 1), Err(expected));
        let broken = || Err("broken".to_owned());
        assert_eq!(super::held(two, std::iter::once_with(broken)), Err("broken".to_owned()));
    }
}
