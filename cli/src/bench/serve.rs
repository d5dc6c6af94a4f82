//! The echoing side of the benchmark.

use std::thread;

use brocomm::data::Event;
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Sent};
use brocomm::node::UsageError;
use brocomm_std::{Flushed, Peer};

use super::call::Call;
use crate::diagnosis;
use crate::failure::{Failure, failed, tell, warn};
use crate::session;
use crate::stop::Stop;

/// Accepts peers and answers their events until a signal arrives. Calls `listening` with the
/// address.
pub(super) fn serve(
    on: &str,
    config: &ConnectionConfig,
    call: &Call,
    listening: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let stop = Stop::on_signal();
    let mut listener = session::bind(on)?;
    let _registered = stop.add(listener.stop_handle());
    listening(&listener.local_addr().to_string())?;
    thread::scope(|scope| {
        loop {
            match session::accept(&mut listener, config, &stop) {
                Ok(Some(peer)) => {
                    let (stop, name) = (&stop, peer.remote_addr());
                    let begun = session::begin(scope, move || {
                        if let Err(fault) = echo(peer, stop, call) {
                            tell(format_args!("{name}: {fault}"));
                        }
                    });
                    if let Err(error) = begun {
                        warn(format_args!("{name}: {error}"));
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    stop.all();
                    return Err(failed(format_args!("{error}")));
                }
            }
        }
    })
}

/// Answers each event of a peer until it disconnects.
fn echo(mut peer: Peer, stop: &Stop, call: &Call) -> Result<(), String> {
    let _registered = stop.add(peer.stop_handle());
    let result = loop {
        match peer.next(None) {
            Ok(Some(ConnectionNotification::Event(event))) if event.name == call.event => {
                let time = peer.now().as_secs_f64();
                let reply = Event { name: call.reply.clone(), time, args: event.args };
                if let Err(fault) = answer(&mut peer, &reply) {
                    break Err(fault);
                }
            }
            Ok(Some(ConnectionNotification::Closed(cause))) => {
                break diagnosis::fault(&cause).map_or(Ok(()), Err);
            }
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.to_string()),
        }
    };
    // Fails if the peer is gone already.
    let _ = session::part(&mut peer);
    result
}

/// Sends a reply if the peer requested it. Waits while the send queue is full.
fn answer(peer: &mut Peer, reply: &Event) -> Result<(), String> {
    loop {
        match peer.send_event(reply) {
            Ok(Sent::Sent | Sent::NotRequested | Sent::NotRunning) => return Ok(()),
            Err(UsageError::QueueFull { .. }) => {}
            Err(error) => return Err(format!("not sent: {error}")),
        }
        match peer.flush(None).map_err(|error| error.to_string())? {
            Flushed::All => {}
            // The next call of `next` returns the cause.
            Flushed::Over | Flushed::Stopped => return Ok(()),
            Flushed::NotificationsWait | Flushed::TimedOut => {
                return Err("it keeps sending and does not read the replies".to_owned());
            }
        }
    }
}
