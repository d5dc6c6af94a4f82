//! Timers.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use super::Runtime;

/// An optional timer.
#[derive(Debug)]
pub(super) struct Alarm<R: Runtime>(Option<R::Alarm>);

impl<R: Runtime> Alarm<R> {
    /// Creates a timer that is not set.
    pub(super) const fn new() -> Alarm<R> {
        Alarm(None)
    }

    /// Creates a timer that is ready after `wait`.
    pub(super) fn set(wait: Duration) -> Alarm<R> {
        Alarm(Some(R::alarm(wait)))
    }

    /// Polls the timer. Ready when its time has passed, or if it is not set.
    pub(super) fn poll_set(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ready = Poll::Ready(());
        self.0.as_mut().map_or(ready, |alarm| Pin::new(alarm).poll(cx).map(drop))
    }

    /// Sets the timer to `wait` from now and polls it.
    pub(super) fn poll_in(&mut self, cx: &mut Context<'_>, wait: Duration) -> Poll<()> {
        match &mut self.0 {
            Some(alarm) => R::reset(alarm, wait),
            unset => *unset = Some(R::alarm(wait)),
        }
        self.poll_set(cx)
    }
}

/// Awaits a future with a time limit. A future that is ready already succeeds even with a limit of
/// zero.
pub(super) async fn within<R: Runtime, T>(
    limit: Duration,
    what: impl Future<Output = T>,
) -> Option<T> {
    let mut what = pin!(what);
    let mut alarm = None;
    poll_fn(|cx| match what.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => {
            let alarm = alarm.get_or_insert_with(|| R::alarm(limit));
            Pin::new(alarm).poll(cx).map(|_| None)
        }
    })
    .await
}
