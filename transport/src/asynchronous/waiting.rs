//! Waiting for a time.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use super::Runtime;

/// Wakes a task when it has waited long enough.
#[derive(Debug)]
pub(super) struct Alarm<R: Runtime>(Option<R::Alarm>);

impl<R: Runtime> Alarm<R> {
    /// Is not set.
    pub(super) const fn new() -> Alarm<R> {
        Alarm(None)
    }

    /// Is set to go off when so much time has passed.
    pub(super) fn set(wait: Duration) -> Alarm<R> {
        Alarm(Some(R::alarm(wait)))
    }

    /// Is ready when the time that was set has passed.
    pub(super) fn poll_set(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ready = Poll::Ready(());
        self.0.as_mut().map_or(ready, |alarm| Pin::new(alarm).poll(cx).map(drop))
    }

    /// Is ready when so much time has passed; replaces what was set before.
    pub(super) fn poll_in(&mut self, cx: &mut Context<'_>, wait: Duration) -> Poll<()> {
        match &mut self.0 {
            Some(alarm) => R::reset(alarm, wait),
            unset => *unset = Some(R::alarm(wait)),
        }
        self.poll_set(cx)
    }
}

/// Awaits something, but not for longer than this. What is ready already is had in any case.
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
