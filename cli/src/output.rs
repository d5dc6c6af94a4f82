//! Output through a writer thread, so that a slow reader blocks nothing else.
//!
//! The output, the messages and the log files of a command go through an [`Output`]. When its
//! [buffer](ROOM) is full, the writer waits, or the text is dropped and counted. Signals, timers
//! and other peers are not affected.

use std::future::poll_fn;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// The size of the buffer in bytes, in addition to what is being written.
const ROOM: usize = 1 << 20;

/// The time limit for writing the rest of the output when a signal ends the program.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The minimum time for writing the last output or messages.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What happens to text when the buffer is full.
pub(crate) enum Overflow {
    /// The writer waits for room.
    Wait,
    /// The text is dropped and replaced by this text, which is made from the number of bytes.
    Drop(fn(u64) -> Vec<u8>),
}

/// A bounded buffer of bytes with the thread that writes them. Clones share the buffer.
#[derive(Clone)]
pub(crate) struct Output(Arc<Shared>);

struct Shared {
    overflow: Overflow,
    state: Mutex<State>,
    /// Notified whenever the state changes.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
    dropped: u64,
    /// The error after which nothing can be written.
    failure: Option<(io::ErrorKind, String)>,
    /// Set when the program ends: nothing waits for room any longer, and this is the deadline for
    /// the rest.
    end_by: Option<Instant>,
    wakers: Vec<Waker>,
}

impl Output {
    /// Starts a thread that writes to `sink`, and calls `failed` on an error.
    pub(crate) fn new(
        mut sink: impl Write + Send + 'static,
        overflow: Overflow,
        failed: impl FnOnce() + Send + 'static,
    ) -> Output {
        let shared = Shared { overflow, state: Mutex::default(), changed: Condvar::new() };
        let output = Output(Arc::new(shared));
        let shared = Arc::clone(&output.0);
        let begun = thread::Builder::new().name("output".to_owned()).spawn(move || {
            if shared.write_all_to(&mut sink).is_err() {
                failed();
            }
        });
        if let Err(error) = begun {
            output.0.change(|state| state.failure = Some((error.kind(), error.to_string())));
        }
        output
    }

    /// Waits for room in the buffer. Also returns after an error, and when the program ends.
    pub(crate) async fn room(&self) {
        self.wait_until(|state| state.takes_more().then_some(())).await;
    }

    /// Waits until nothing can be written any longer.
    pub(crate) async fn failed(&self) -> io::Error {
        self.wait_until(State::error).await
    }

    /// Waits until everything is written.
    pub(crate) async fn written(&self) {
        self.wait_until(|state| state.is_idle().then_some(())).await;
    }

    /// Stops all waits for room, and sets a deadline for [`finish`](Self::finish).
    pub(crate) fn end_by(&self, deadline: Instant) {
        self.0.change(|state| {
            // An earlier deadline stays.
            let earlier = state.end_by.is_none_or(|end_by| deadline < end_by);
            state.end_by = state.end_by.filter(|_| !earlier).or(Some(deadline));
        });
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// The error of the system; `TimedOut` if the output was not read [in time](Self::end_by).
    pub(crate) fn finish(&self) -> io::Result<()> {
        // The deadline may have passed although the last lines have only just been written.
        self.finish_within(LAST_WORDS)
    }

    /// The same, with at least this much time.
    fn finish_within(&self, least: Duration) -> io::Result<()> {
        let least = Instant::now() + least;
        let mut state = self.0.state();
        while !state.is_idle() {
            state = match state.end_by {
                None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.max(least).saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        let late = "the rest was not read";
                        return Err(io::Error::new(io::ErrorKind::TimedOut, late));
                    }
                    let waited = self.0.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.error().map_or(Ok(()), Err)
    }

    async fn wait_until<T>(&self, mut is_so: impl FnMut(&State) -> Option<T>) -> T {
        poll_fn(|cx| {
            let mut state = self.0.state();
            match is_so(&state) {
                Some(it) => Poll::Ready(it),
                None => {
                    if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                        state.wakers.push(cx.waker().clone());
                    }
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Write for Output {
    /// Accepts the whole text, or with [`Overflow::Drop`] possibly none of it.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state();
        if let Overflow::Wait = self.0.overflow {
            while !state.takes_more() {
                state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if let Some(error) = state.error() {
            return Err(error);
        }
        if state.takes_more() {
            state.waiting.extend_from_slice(text);
        } else {
            state.dropped = state.dropped.saturating_add(text.len() as u64);
        }
        drop(state);
        self.0.changed.notify_all();
        Ok(text.len())
    }

    /// Does not wait: the thread writes everything as soon as possible.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes all waiters.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The loop of the writer thread.
    fn write_all_to(&self, sink: &mut impl Write) -> Result<(), ()> {
        loop {
            let batch = self.next();
            let written = sink.write_all(&batch).and_then(|()| sink.flush());
            self.change(|state| {
                state.is_writing = false;
                if let Err(error) = &written {
                    state.failure = Some((error.kind(), error.to_string()));
                    state.waiting = Vec::new();
                }
            });
            written.map_err(drop)?;
        }
    }

    /// Waits for something to write.
    fn next(&self) -> Vec<u8> {
        let mut batch = Vec::new();
        let mut state = self.state();
        while state.waiting.is_empty() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.change(|state| {
            batch = std::mem::take(&mut state.waiting);
            state.is_writing = true;
            if let (Overflow::Drop(notice), 1..) = (&self.overflow, state.dropped) {
                // The notice follows the text in the buffer.
                state.waiting = notice(std::mem::take(&mut state.dropped));
            }
        });
        batch
    }
}

impl State {
    fn takes_more(&self) -> bool {
        self.waiting.len() < ROOM || self.end_by.is_some() || self.failure.is_some()
    }

    fn is_idle(&self) -> bool {
        self.failure.is_some() || self.waiting.is_empty() && !self.is_writing
    }

    fn error(&self) -> Option<io::Error> {
        let (kind, text) = self.failure.as_ref()?;
        Some(io::Error::new(*kind, text.clone()))
    }
}

static STDOUT: OnceLock<Output> = OnceLock::new();
static STDERR: OnceLock<Output> = OnceLock::new();
/// The bar below all other lines on the terminal.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Returns standard output. On a write error, stops everything that [stops on
/// signals](crate::stop::Stop::on_signal).
pub(crate) fn stdout() -> &'static Output {
    STDOUT.get_or_init(|| {
        Output::new(Console(io::stdout()), Overflow::Wait, crate::stop::Stop::all_if_any)
    })
}

/// Returns standard error. The first call sets the overflow policy.
pub(crate) fn stderr(overflow: Overflow) -> &'static Output {
    STDERR.get_or_init(|| Output::new(Console(io::stderr()), overflow, || ()))
}

/// Sets a deadline for standard output and standard error, when the program ends.
pub(crate) fn end_by(deadline: Instant) {
    [&STDOUT, &STDERR].into_iter().filter_map(OnceLock::get).for_each(|o| o.end_by(deadline));
}

/// Waits until standard output, then standard error are written.
///
/// # Errors
/// The error of standard output.
pub(crate) fn finish() -> io::Result<()> {
    STDOUT.get().map_or(Ok(()), Output::finish)
}

/// Waits until standard error is written.
pub(crate) fn finish_messages() {
    if let Some(stderr) = STDERR.get() {
        // An error of standard error cannot be reported.
        let _ = stderr.finish();
    }
}

/// Keeps a bar below all further lines.
pub(crate) fn keep_below(bar: &ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
}

/// Hides the bar while something else is written.
struct Console<W>(W);

impl<W: Write> Write for Console<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let written = match bar {
            Some(bar) => bar.suspend(|| self.0.write_all(text).and_then(|()| self.0.flush())),
            None => self.0.write_all(text),
        };
        written.map(|()| text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::Context;

    use super::*;

    /// A sink that writes only when allowed.
    struct Gate {
        lets: Receiver<io::Result<()>>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.lets.recv().unwrap_or(Ok(()))?;
            let _ = self.written.send(text.to_vec());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated(overflow: Overflow) -> (Output, Sender<io::Result<()>>, Receiver<Vec<u8>>) {
        let (let_it, lets) = channel();
        let (written, writes) = channel();
        (Output::new(Gate { lets, written }, overflow, || ()), let_it, writes)
    }

    fn is_ready(future: impl Future<Output = ()>) -> bool {
        let future = std::pin::pin!(future);
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Makes the thread take some text and wait for permission to write it.
    fn occupy(output: &mut Output) {
        output.write_all(b"first").unwrap();
        let mut state = output.0.state();
        while !state.is_writing {
            state = output.0.changed.wait(state).unwrap();
        }
    }

    #[test]
    fn writers_wait_while_the_buffer_is_full() {
        let (mut output, let_it, writes) = gated(Overflow::Wait);
        occupy(&mut output);
        assert!(is_ready(output.room()));
        output.write_all(&[b'x'; ROOM]).unwrap();
        assert!(!is_ready(output.room()) && !is_ready(output.written()));
        let mut other = output.clone();
        let waits = thread::spawn(move || other.write_all(b"last").unwrap());
        let_it.send(Ok(())).unwrap();
        assert_eq!(writes.recv().unwrap(), b"first");
        waits.join().unwrap();
        drop(let_it);
        output.finish().unwrap();
        assert!(is_ready(output.room()) && is_ready(output.written()));
        let rest: Vec<u8> = writes.try_iter().flatten().collect();
        assert_eq!((rest.len(), rest.ends_with(b"xlast")), (ROOM + 4, true));
    }

    #[test]
    fn waits_end_when_the_program_ends() {
        let (mut output, _let_it, _writes) = gated(Overflow::Wait);
        occupy(&mut output);
        output.write_all(&[b'x'; ROOM]).unwrap();
        let mut other = output.clone();
        let waits = thread::spawn(move || other.write_all(b"last").unwrap());
        output.end_by(Instant::now());
        output.end_by(Instant::now() + GRACE);
        waits.join().unwrap();
        assert!(is_ready(output.room()));
        let late = output.finish_within(Duration::ZERO).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn the_last_output_has_a_minimum_time() {
        let (mut output, let_it, writes) = gated(Overflow::Wait);
        output.end_by(Instant::now());
        output.write_all(b"last").unwrap();
        let writer = thread::spawn(move || let_it.send(Ok(())).map(|()| let_it));
        output.finish().unwrap();
        assert_eq!(writes.recv().unwrap(), b"last");
        drop(writer.join());
    }

    #[test]
    fn dropped_text_is_replaced_by_a_notice() {
        let notice = |bytes| format!("[{bytes} dropped]").into_bytes();
        let (mut output, let_it, writes) = gated(Overflow::Drop(notice));
        occupy(&mut output);
        output.write_all(&[b'x'; ROOM]).unwrap();
        output.write_all(b"one").unwrap();
        output.write_all(b"more").unwrap();
        let_it.send(Ok(())).unwrap();
        let_it.send(Ok(())).unwrap();
        writes.recv().unwrap();
        writes.recv().unwrap();
        output.write_all(b" after").unwrap();
        drop(let_it);
        output.finish().unwrap();
        let rest: Vec<u8> = writes.try_iter().flatten().collect();
        assert_eq!(rest, b"[7 dropped] after");
    }

    #[test]
    fn later_writes_return_the_same_error() {
        let (mut output, let_it, _writes) = gated(Overflow::Wait);
        occupy(&mut output);
        let mut other = output.clone();
        output.write_all(&[b'x'; ROOM]).unwrap();
        let waits = thread::spawn(move || other.write_all(b"last"));
        let_it.send(Err(io::ErrorKind::BrokenPipe.into())).unwrap();
        assert_eq!(waits.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(output.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(is_ready(output.room()) && is_ready(output.written()));
    }
}
