//! Steps of the rustls state machine.

use rustls::Error;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus,
};

/// The maximum plaintext of a record.
const MAX_RECORD: usize = 1 << 14;
const OVERHEAD: usize = 64;

/// The results of processing received bytes, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decrypted<'a> {
    /// The handshake is done: both sides are authenticated.
    Secured,
    /// Plaintext from the peer.
    Bytes(&'a [u8]),
    /// The peer will send no more.
    CloseNotify,
}

/// The result of a step.
pub(super) enum Next {
    /// There may be more to process.
    Again,
    /// All input is processed.
    NeedsMore,
}

/// The output to send when possible.
pub(super) enum Send<'a> {
    Nothing,
    Plaintext(&'a [u8]),
    CloseNotify,
}

/// The state that a step can change.
pub(super) struct Step<'a, 'p> {
    pub(super) outgoing: &'a mut Vec<u8>,
    pub(super) secured: &'a mut bool,
    pub(super) closed: &'a mut bool,
    pub(super) send: &'a mut Send<'p>,
    pub(super) receive: &'a mut dyn FnMut(Decrypted<'_>),
}

impl Step<'_, '_> {
    /// Handles the connection's state. Returns how much input was processed.
    pub(super) fn take<D>(
        &mut self,
        status: UnbufferedStatus<'_, '_, D>,
    ) -> (usize, Result<Next, Error>) {
        let UnbufferedStatus { mut discard, state } = status;
        let next = match state {
            Err(error) => Err(error),
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                append(self.outgoing, 0, |buffer| data.encode(buffer)).map(|()| Next::Again)
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                Ok(Next::Again)
            }
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                self.look(false);
                loop {
                    match traffic.next_record() {
                        None => break Ok(Next::Again),
                        Some(Err(error)) => break Err(error),
                        Some(Ok(record)) => {
                            discard = discard.saturating_add(record.discard);
                            (self.receive)(Decrypted::Bytes(record.payload));
                        }
                    }
                }
            }
            Ok(ConnectionState::PeerClosed) => {
                *self.closed = true;
                (self.receive)(Decrypted::CloseNotify);
                Ok(Next::Again)
            }
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                match std::mem::replace(self.send, Send::Nothing) {
                    Send::Nothing => Ok(Next::NeedsMore),
                    Send::Plaintext(plaintext) => {
                        append(self.outgoing, plaintext.len(), |buffer| {
                            traffic.encrypt(plaintext, buffer)
                        })
                        .map(|()| Next::Again)
                    }
                    Send::CloseNotify => {
                        append(self.outgoing, 0, |buffer| traffic.queue_close_notify(buffer))
                            .map(|()| Next::Again)
                    }
                }
            }
            Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => Ok(Next::NeedsMore),
            Ok(state) => Err(Error::General(format!("unexpected state: {state:?}"))),
        };
        (discard, next)
    }

    /// Reports the end of the handshake, before anything that follows it.
    pub(super) fn look(&mut self, is_handshaking: bool) {
        if !is_handshaking && !std::mem::replace(self.secured, true) {
            (self.receive)(Decrypted::Secured);
        }
    }
}

/// The reason why nothing was written to a buffer.
enum Refusal {
    TooSmall { required: usize },
    Other(Error),
}

impl From<EncodeError> for Refusal {
    fn from(error: EncodeError) -> Refusal {
        match error {
            EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Refusal::TooSmall { required: required_size }
            }
            error => Refusal::Other(Error::General(error.to_string())),
        }
    }
}

impl From<EncryptError> for Refusal {
    fn from(error: EncryptError) -> Refusal {
        match error {
            EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Refusal::TooSmall { required: required_size }
            }
            EncryptError::EncryptExhausted => Refusal::Other(Error::EncryptError),
        }
    }
}

/// Appends output to a buffer, growing it as needed. `size` is an estimate.
fn append<E: Into<Refusal>>(
    to: &mut Vec<u8>,
    size: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> Result<(), Error> {
    let start = to.len();
    // The overhead of a record, and one key update message.
    let records = size / MAX_RECORD + 2;
    let mut space = size.saturating_add(records.saturating_mul(OVERHEAD));
    loop {
        to.resize(start.saturating_add(space), 0);
        match write(to.get_mut(start..).unwrap_or_default()).map_err(E::into) {
            Ok(written) => {
                to.truncate(start.saturating_add(written));
                return Ok(());
            }
            Err(Refusal::TooSmall { required }) if required > space => space = required,
            Err(refusal) => {
                to.truncate(start);
                return Err(match refusal {
                    Refusal::Other(error) => error,
                    Refusal::TooSmall { .. } => Error::EncryptError,
                });
            }
        }
    }
}
