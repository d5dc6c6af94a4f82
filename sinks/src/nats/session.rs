//! One connection to a server.

use std::collections::VecDeque;
use std::error::Error;
use std::future::{Future, IntoFuture, pending};
use std::pin::Pin;
use std::time::Duration;

use async_nats::jetstream::context::{ContextBuilder, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::{Context, stream};
use async_nats::{ConnectOptions, Event};
use brocomm::Time;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::{Login, NatsConfig, NewStream};
use crate::sink::{Work, ended_now, passed, reason};
use crate::spool::Entry;

/// How often the position is written to the disk.
const KEEP: Duration = Duration::from_secs(1);

/// A reconnect delay of the client that outlasts the connection.
const NEVER: Duration = Duration::from_secs(1 << 30);

/// The server's error code for a message that is too large for its stream.
const MESSAGE_TOO_LARGE: u64 = 10_054;

/// The result of an acknowledgement.
type Acked = Result<PublishAck, async_nats::jetstream::context::PublishError>;

/// An entry that is sent and not yet acknowledged.
struct Sent {
    sequence: u64,
    time: Time,
    /// `None` for an entry that is left out.
    acked: Option<Pin<Box<dyn Future<Output = Acked> + Send>>>,
}

pub(super) struct NatsSession<'a, 'w> {
    pub(super) config: &'a NatsConfig,
    pub(super) prefix: &'a str,
    pub(super) work: &'a mut Work<'w>,
}

impl NatsSession<'_, '_> {
    /// Connects and publishes. Returns `Ok` when the sink must end, otherwise the reason for the
    /// failure.
    pub(super) async fn run(mut self) -> Result<(), String> {
        let (mut durable, mut end) = (self.work.durable.clone(), self.work.end.clone());
        let (lost, mut is_lost) = watch::channel(None);
        let context = tokio::select! {
            context = connect(self.config, lost) => context?,
            () = ended_now(&mut end) => return Ok(()),
        };
        self.work.counts.set_connected(true);
        let mut sent = VecDeque::new();
        let mut kept = Instant::now();
        let mut deadline = None;
        // Until the first entry is acknowledged, no other is sent. Otherwise a stream that refuses
        // entries now and accepts them a moment later would store them out of order.
        let mut window = 1;
        loop {
            let room = deadline.is_none() && sent.len() < window;
            // Whether there are no further durable entries to read.
            let mut is_idle = false;
            if room {
                match self.work.next()? {
                    Some(entry) => {
                        self.send(&context, entry, &mut sent).await?;
                        // Occasionally handle acknowledgements.
                        if sent.len() < window && !sent.len().is_multiple_of(64) {
                            continue;
                        }
                    }
                    None => is_idle = true,
                }
            }
            if sent.is_empty() {
                self.work.keep()?;
                if deadline.is_some() || is_idle && durable.has_changed().is_err() {
                    return Ok(());
                }
            } else if kept.elapsed() >= KEEP {
                kept = Instant::now();
                self.work.keep()?;
            }
            self.work.counts.set_oldest(sent.front().map(|sent: &Sent| sent.time));
            tokio::select! {
                biased;
                reason = lost_reason(&mut is_lost) => {
                    // Handle acknowledgements that arrived before the failure.
                    self.take_ready(&mut sent).await;
                    self.work.keep()?;
                    return Err(reason);
                }
                acked = front(&mut sent) => {
                    let taken = self.take(acked, &mut sent);
                    if taken.is_err() {
                        self.work.keep()?;
                    }
                    taken?;
                    window = self.config.window;
                }
                () = std::future::ready(()), if room && !is_idle => {}
                changed = durable.changed(), if is_idle => {
                    // Without a sender, only wait for the acknowledgements of sent entries.
                    if changed.is_err() && !sent.is_empty() {
                        deadline = Some(Instant::now() + self.config.timeout);
                    }
                }
                () = ended_now(&mut end), if deadline.is_none() => {
                    deadline = Some(Instant::now() + self.config.timeout);
                }
                () = passed(deadline) => {
                    self.work.keep()?;
                    return Ok(());
                }
            }
        }
    }

    async fn send(
        &mut self,
        context: &Context,
        entry: Entry,
        sent: &mut VecDeque<Sent>,
    ) -> Result<(), String> {
        let Entry { sequence, time, subject, line } = entry;
        let id = format!("{}{sequence}", self.prefix);
        let message = PublishMessage::build().payload(line).message_id(id);
        self.work.counts.add_sent(1);
        let acked = match context.send_publish(subject.into_string(), message).await {
            Ok(acked) => Some(acked.into_future()),
            Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                self.refuse(sequence, reason(&error));
                None
            }
            Err(error) => return Err(reason(&error)),
        };
        sent.push_back(Sent { sequence, time, acked });
        Ok(())
    }

    fn refuse(&mut self, sequence: u64, reason: String) {
        self.work.counts.add_refused(1);
        self.work.reports.refused(sequence, reason);
    }

    /// Handles the answer to the oldest entry in flight.
    fn take(&mut self, acked: Option<Acked>, sent: &mut VecDeque<Sent>) -> Result<(), String> {
        let Some(Sent { sequence, .. }) = sent.front() else { return Ok(()) };
        let sequence = *sequence;
        match acked {
            Some(Ok(ack)) => {
                self.work.counts.add_acknowledged(1);
                self.work.counts.add_duplicates(ack.duplicate.into());
                self.work.reports.working();
            }
            Some(Err(error)) => match code(&error) {
                Some(MESSAGE_TOO_LARGE) => self.refuse(sequence, reason(&error)),
                _ => return Err(reason(&error)),
            },
            None => {}
        }
        sent.pop_front();
        self.work.counts.set_position(sequence);
        Ok(())
    }

    /// Handles the answers that have already arrived.
    async fn take_ready(&mut self, sent: &mut VecDeque<Sent>) {
        while !sent.is_empty() {
            let Ok(acked) = timeout(Duration::ZERO, front(sent)).await else { return };
            if self.take(acked, sent).is_err() {
                return;
            }
        }
    }
}

/// Waits for the answer to the oldest entry in flight.
async fn front(sent: &mut VecDeque<Sent>) -> Option<Acked> {
    match sent.front_mut() {
        Some(Sent { acked: Some(acked), .. }) => Some(acked.as_mut().await),
        Some(Sent { acked: None, .. }) => None,
        None => pending().await,
    }
}

async fn lost_reason(lost: &mut watch::Receiver<Option<String>>) -> String {
    let reason = match lost.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone(),
        Err(_) => None,
    };
    reason.unwrap_or_else(|| "the connection was closed".to_owned())
}

/// Connects. Sends the reason to `lost` when the connection is lost later.
async fn connect(
    config: &NatsConfig,
    lost: watch::Sender<Option<String>>,
) -> Result<Context, String> {
    let options = options(config)?;
    let is_connected = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let was_connected = std::sync::Arc::clone(&is_connected);
    let options = options
        .connection_timeout(config.timeout)
        .max_reconnects(config.servers.len().max(1))
        // The client must not reconnect by itself: it would send later entries after a gap.
        .reconnect_delay_callback(move |_| {
            match was_connected.load(std::sync::atomic::Ordering::Relaxed) {
                true => NEVER,
                false => Duration::ZERO,
            }
        })
        .event_callback(move |event| {
            let reason = match event {
                Event::Disconnected | Event::Closed => Some("the connection was closed".to_owned()),
                Event::ServerError(error) => Some(error.to_string()),
                Event::LameDuckMode => Some("the server is shutting down".to_owned()),
                _ => None,
            };
            lost.send_if_modified(|lost| match reason {
                Some(reason) if lost.is_none() => {
                    *lost = Some(reason);
                    true
                }
                _ => false,
            });
            std::future::ready(())
        });
    let client = timeout(config.timeout, options.connect(&config.servers[..])).await;
    let client = client
        .map_err(|_| "cannot connect: no answer in time".to_owned())?
        .map_err(|error| format!("cannot connect: {}", refusal(&reason(&error), config)))?;
    is_connected.store(true, std::sync::atomic::Ordering::Relaxed);
    let context = ContextBuilder::new()
        .timeout(config.timeout)
        .ack_timeout(config.timeout)
        .max_ack_inflight(config.window + 1)
        .build(client);
    if let Some(stream) = &config.create {
        let create = context.get_or_create_stream(new_stream(stream));
        create.await.map_err(|error| {
            format!("stream {} cannot be created: {}", stream.name, reason(&error))
        })?;
    }
    Ok(context)
}

/// Returns the reason for a failed connection in plain words. The client's own message names
/// internal types.
fn refusal(reason: &str, config: &NatsConfig) -> String {
    let ca = || match &config.ca {
        Some(ca) => ca.display().to_string(),
        None => "the system's store".to_owned(),
    };
    if reason.contains("InvalidContentType") {
        "the server does not offer TLS".to_owned()
    } else if reason.contains("UnknownIssuer") || reason.contains("BadSignature") {
        format!("the server's certificate is not signed by a CA in {}", ca())
    } else if reason.contains("NotValidForName") {
        "the server's certificate is for another name".to_owned()
    } else if reason.contains("authorization violation") {
        "the server refused the credentials: authorization violation".to_owned()
    } else if reason.contains("fatal alert") && reason.contains("Certificate") {
        match &config.identity {
            Some((file, _)) => format!("the server refused the certificate {}", file.display()),
            None => "the server requires a certificate: set `cert` and `key`".to_owned(),
        }
    } else {
        reason.to_owned()
    }
}

fn options(config: &NatsConfig) -> Result<ConnectOptions, String> {
    let mut options = ConnectOptions::new().name(format!("brocomm {}", config.node));
    options = match &config.login {
        Login::None => options,
        Login::Credentials(text) => options
            .credentials(text)
            .map_err(|error| format!("the credentials cannot be used: {error}"))?,
        Login::Password { user, password } => {
            options.user_and_password(user.clone(), password.clone())
        }
        Login::Token(token) => options.token(token.clone()),
    };
    if let Some(ca) = &config.ca {
        options = options.add_root_certificates(ca.clone());
    }
    if let Some((cert, key)) = &config.identity {
        options = options.add_client_certificate(cert.clone(), key.clone());
    }
    Ok(options.require_tls(config.tls))
}

fn new_stream(new: &NewStream) -> stream::Config {
    stream::Config {
        name: new.name.clone(),
        subjects: new.subjects.clone(),
        max_bytes: match i64::try_from(new.size) {
            Ok(0) | Err(_) => -1,
            Ok(size) => size,
        },
        max_age: new.age,
        // A full stream refuses new messages, and they stay in the spool.
        discard: stream::DiscardPolicy::New,
        ..stream::Config::default()
    }
}

/// Returns the server's error code, if the error comes from the server.
fn code(error: &(dyn Error + 'static)) -> Option<u64> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<async_nats::jetstream::Error>() {
            return Some(error.error_code().0);
        }
        next = error.source();
    }
    None
}
