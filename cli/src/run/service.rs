//! Tells the service manager how the node is, if that wants to know: systemd, of a unit with
//! `Type=notify`.

/// What the service manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State<'a> {
    /// Peers can connect, or are connected to.
    Ready,
    /// The node ends in order.
    Stopping,
    /// What it does, in words.
    Status(&'a str),
}

/// Tells it, if a manager is there.
#[cfg(target_os = "linux")]
pub(super) fn tell(state: State<'_>) {
    use sd_notify::NotifyState;

    let state = match state {
        State::Ready => NotifyState::Ready,
        State::Stopping => NotifyState::Stopping,
        State::Status(words) => NotifyState::Status(words),
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("the service manager cannot be told: {error}");
    }
}

/// Tells nobody: there is no such thing on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn tell(_: State<'_>) {}
