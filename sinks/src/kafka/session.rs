//! One producer, from its creation until it fails.

use std::collections::VecDeque;
use std::time::Duration;

use brocomm::Time;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ThreadedProducer};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;

use super::KafkaConfig;
use super::message::{payload, topic};
use super::producer::{Context, Happened, create, reason};
use crate::sink::{Work, ended_now, passed};
use crate::spool::Entry;

/// How often the position is written to the disk.
const KEEP: Duration = Duration::from_secs(1);

/// An entry that is sent and not yet acknowledged.
struct Sent {
    sequence: u64,
    time: Time,
    /// Whether it is acknowledged or left out.
    is_done: bool,
}

pub(super) struct KafkaSession<'a, 'w> {
    pub(super) config: &'a KafkaConfig,
    pub(super) prefix: &'a str,
    pub(super) work: &'a mut Work<'w>,
}

impl KafkaSession<'_, '_> {
    /// Produces entries. Returns `Ok` when the sink must end, otherwise the reason for the failure.
    pub(super) async fn run(mut self) -> Result<(), String> {
        let (mut durable, mut end) = (self.work.durable.clone(), self.work.end.clone());
        let (sender, mut happened) = unbounded_channel();
        let producer = create(self.config, Context(sender))?;
        let mut sent = VecDeque::new();
        let mut held = None;
        let mut kept = Instant::now();
        let mut deadline = None;
        // When to report a missing acknowledgement, and its likely cause.
        let (mut late, mut cause) = (None, None::<String>);
        // Until the first entry is acknowledged, no other is sent: if it is too large, no other is
        // refused with it.
        let mut window = 1;
        loop {
            let room = deadline.is_none() && sent.len() < window;
            let mut is_idle = false;
            if room {
                let entry = match held.take() {
                    Some(entry) => Some(entry),
                    None => self.work.next()?,
                };
                match entry {
                    Some(entry) => held = self.send(&producer, entry, &mut sent)?,
                    None => is_idle = true,
                }
            }
            // The producer's memory may be full before the window is.
            let more = room && !is_idle && held.is_none();
            if sent.is_empty() {
                self.work.keep()?;
                if deadline.is_some() || is_idle && durable.has_changed().is_err() {
                    return Ok(());
                }
                late = None;
            } else if kept.elapsed() >= KEEP {
                kept = Instant::now();
                self.work.keep()?;
            }
            if !sent.is_empty() && late.is_none() {
                late = Some(Instant::now() + self.config.timeout);
            }
            self.work.counts.set_oldest(sent.front().map(|sent: &Sent| sent.time));
            tokio::select! {
                biased;
                what = happened.recv() => match what {
                    Some(Happened::Delivered(sequence, Ok(()))) => {
                        self.delivered(sequence, &mut sent);
                        window = self.config.window;
                        (late, cause) = (None, None);
                    }
                    Some(Happened::Delivered(sequence, Err(error))) => {
                        let taken = self.failed(sequence, &error, &mut sent);
                        self.work.keep()?;
                        taken?;
                    }
                    Some(Happened::Failed(error, why)) => {
                        // The error ends in, for example, `Connection refused (after 0ms in state
                        // CONNECT)`.
                        let why = why.split(" (after ").next().unwrap_or(&why).to_owned();
                        match error.rdkafka_error_code() {
                            Some(RDKafkaErrorCode::Fatal) => return Err(why),
                            // The previous error has the reason.
                            Some(RDKafkaErrorCode::AllBrokersDown) => {
                                self.work.counts.set_connected(false);
                                if !sent.is_empty() {
                                    self.work.reports.waiting(cause.clone().unwrap_or(why));
                                }
                            }
                            _ => cause = Some(why),
                        }
                    }
                    None => return Err("the producer has ended".to_owned()),
                },
                () = std::future::ready(()), if more => {}
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
                () = passed(late) => {
                    late = Some(Instant::now() + self.config.timeout);
                    self.work.counts.set_connected(false);
                    let unknown = || "no broker has acknowledged an entry in time".to_owned();
                    self.work.reports.waiting(cause.clone().unwrap_or_else(unknown));
                }
            }
        }
    }

    /// Passes an entry to the producer; returns it if there is no room yet.
    fn send(
        &mut self,
        producer: &ThreadedProducer<Context>,
        entry: Entry,
        sent: &mut VecDeque<Sent>,
    ) -> Result<Option<Entry>, String> {
        let Entry { sequence, time, .. } = entry;
        let id = format!("{}{sequence}", self.prefix);
        let header = Header { key: "brocomm-id", value: Some(&id) };
        let is_done = {
            let (topic, payload) = (topic(self.config, &entry), payload(self.config, &entry));
            let mut record = BaseRecord::with_opaque_to(&topic, Box::new(sequence))
                .payload(&*payload)
                .headers(OwnedHeaders::new().insert(header))
                .timestamp(i64::try_from(time.as_nanos() / 1_000_000).unwrap_or_default());
            if self.config.key {
                record = record.key(self.config.node.as_str());
            }
            match producer.send(record) {
                Ok(()) => false,
                Err((error, _)) => match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) if !sent.is_empty() => {
                        return Ok(Some(entry));
                    }
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                        self.refuse(sequence, reason(&error));
                        true
                    }
                    _ => return Err(reason(&error)),
                },
            }
        };
        self.work.counts.add_sent(u64::from(!is_done));
        sent.push_back(Sent { sequence, time, is_done });
        self.advance(sent);
        Ok(None)
    }

    fn refuse(&mut self, sequence: u64, reason: String) {
        self.work.counts.add_refused(1);
        self.work.reports.refused(sequence, reason);
    }

    fn delivered(&mut self, sequence: u64, sent: &mut VecDeque<Sent>) {
        self.work.counts.add_acknowledged(1);
        self.work.counts.set_connected(true);
        self.work.reports.working();
        self.done(sequence, sent);
    }

    fn failed(
        &mut self,
        sequence: u64,
        error: &KafkaError,
        sent: &mut VecDeque<Sent>,
    ) -> Result<(), String> {
        let is_too_large =
            error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        // Brokers refuse several messages together. So an entry is resent until it is the only one.
        if !is_too_large || sent.len() > 1 {
            return Err(reason(error));
        }
        self.refuse(sequence, reason(error));
        self.done(sequence, sent);
        Ok(())
    }

    fn done(&mut self, sequence: u64, sent: &mut VecDeque<Sent>) {
        // Acknowledgements are ordered only within a partition.
        if let Ok(at) = sent.binary_search_by_key(&sequence, |sent| sent.sequence)
            && let Some(sent) = sent.get_mut(at)
        {
            sent.is_done = true;
        }
        self.advance(sent);
    }

    /// Moves the position up to the first entry that is not acknowledged.
    fn advance(&mut self, sent: &mut VecDeque<Sent>) {
        while let Some(first) = sent.front().filter(|first| first.is_done) {
            self.work.counts.set_position(first.sequence);
            sent.pop_front();
        }
    }
}
