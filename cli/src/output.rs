//! Output that a thread of its own writes, so that nobody else waits for whoever reads it.
//!
//! What a command prints, its messages and its log files go through an [`Output`]. When as much
//! waits as there is [room](ROOM) for, whoever has more waits, or its text is dropped and counted;
//! signals, timers and other peers go on meanwhile.

use std::future::poll_fn;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How many bytes may wait to be written; what is being written comes on top of them.
const ROOM: usize = 1 << 20;

/// How long whoever reads the output may take for the rest when a signal ends the program.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// How long whoever reads output or messages may at least take for the last of it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What becomes of text for which there is no room.
pub(crate) enum Overflow {
    /// The writer waits for room.
    Wait,
    /// It is dropped. This text, made of the number of bytes, then stands in its place.
    Drop(fn(u64) -> Vec<u8>),
}

/// A bounded queue of bytes, and the thread that writes them. All clones are the same.
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
    /// Why nothing can be written any more.
    failure: Option<(io::ErrorKind, String)>,
    /// The program ends: nobody waits for room any more, and at this time not for the rest either.
    end_by: Option<Instant>,
    wakers: Vec<Waker>,
}

impl Output {
    /// Starts a thread that writes to `sink`; `failed` is called if it can't.
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

    /// Returns once there is room; also if there will never be any, or the program ends.
    pub(crate) async fn room(&self) {
        self.wait_until(|state| state.takes_more().then_some(())).await;
    }

    /// Returns once nothing can be written any more.
    pub(crate) async fn failed(&self) -> io::Error {
        self.wait_until(State::error).await
    }

    /// Returns once nothing waits to be written.
    pub(crate) async fn written(&self) {
        self.wait_until(|state| state.is_idle().then_some(())).await;
    }

    /// Lets nobody wait for room any more, and [`finish`](Self::finish) not longer than this.
    pub(crate) fn end_by(&self, deadline: Instant) {
        self.0.change(|state| {
            // An earlier one that was set before holds.
            let earlier = state.end_by.is_none_or(|end_by| deadline < end_by);
            state.end_by = state.end_by.filter(|_| !earlier).or(Some(deadline));
        });
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// What the system says; `TimedOut` if nobody read it [in time](Self::end_by).
    pub(crate) fn finish(&self) -> io::Result<()> {
        // What ended may have taken all the time, and have its last lines written only now.
        self.finish_within(LAST_WORDS)
    }

    /// The same, but waits at least so long.
    fn finish_within(&self, least: Duration) -> io::Result<()> {
        let least = Instant::now() + least;
        let mut state = self.0.state();
        while !state.is_idle() {
            state = match state.end_by {
                None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.max(least).saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        let late = "nobody read the rest of it";
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
    /// Takes all of it, or with [`Overflow::Drop`] perhaps nothing.
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

    /// Waits for nothing: the thread writes all as soon as it can.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes all who wait.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Writes whatever comes.
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
                // It came after what waited.
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
/// What stays below all other lines of the terminal.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Returns standard output. If it can't be written to, what [stops on
/// signals](crate::stop::Stop::on_signal) is stopped.
pub(crate) fn stdout() -> &'static Output {
    STDOUT.get_or_init(|| {
        Output::new(Console(io::stdout()), Overflow::Wait, crate::stop::Stop::all_if_any)
    })
}

/// Returns standard error; what the first call says about overflow holds.
pub(crate) fn stderr(overflow: Overflow) -> &'static Output {
    STDERR.get_or_init(|| Output::new(Console(io::stderr()), overflow, || ()))
}

/// Ends the program at this time at the latest, however much of standard output and standard error
/// is unread then.
pub(crate) fn end_by(deadline: Instant) {
    [&STDOUT, &STDERR].into_iter().filter_map(OnceLock::get).for_each(|o| o.end_by(deadline));
}

/// Waits until standard output and then standard error are written.
///
/// # Errors
/// What is wrong with standard output.
pub(crate) fn finish() -> io::Result<()> {
    STDOUT.get().map_or(Ok(()), Output::finish)
}

/// Waits until standard error is written.
pub(crate) fn finish_messages() {
    if let Some(stderr) = STDERR.get() {
        // Nothing is left to be done if it can't be written.
        let _ = stderr.finish();
    }
}

/// Keeps a bar below whatever is written from now on.
pub(crate) fn keep_below(bar: &ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
}

/// Takes the bar away while something else is written.
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

    /// Writes as often as it is let.
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

    /// Has the thread take something, and wait to be let write it.
    fn occupy(output: &mut Output) {
        output.write_all(b"first").unwrap();
        let mut state = output.0.state();
        while !state.is_writing {
            state = output.0.changed.wait(state).unwrap();
        }
    }

    #[test]
    fn whoever_has_more_than_there_is_room_for_waits() {
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
    fn nobody_waits_when_the_program_ends() {
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
    fn what_is_written_last_has_time_even_if_the_end_took_all_of_it() {
        let (mut output, let_it, writes) = gated(Overflow::Wait);
        output.end_by(Instant::now());
        output.write_all(b"last").unwrap();
        let writer = thread::spawn(move || let_it.send(Ok(())).map(|()| let_it));
        output.finish().unwrap();
        assert_eq!(writes.recv().unwrap(), b"last");
        drop(writer.join());
    }

    #[test]
    fn what_is_dropped_is_counted_where_it_would_stand() {
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
    fn an_error_is_that_of_all_who_write_later() {
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
