//! The metrics of a spool and of the sinks that read it, for Prometheus.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use brocomm::Time;
use brocomm_sinks::SinkCounts;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

/// The metrics of a spool. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct SpoolNumbers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    durable: watch::Receiver<u64>,
    /// The sequence number of the last entry when the program started.
    begin: u64,
    bytes: AtomicU64,
    refused: AtomicU64,
    sinks: Mutex<Vec<(&'static str, SinkCounts)>>,
}

impl SpoolNumbers {
    /// Creates the metrics. `durable` has the sequence number of the last spooled entry.
    pub(super) fn new(durable: watch::Receiver<u64>) -> SpoolNumbers {
        let begin = *durable.borrow();
        let (bytes, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        SpoolNumbers(Arc::new(Shared { durable, begin, bytes, refused, sinks: Mutex::default() }))
    }

    pub(super) fn set_bytes(&self, bytes: u64) {
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn refuse(&self) {
        self.0.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds a sink that reads the spool.
    pub(crate) fn add(&self, name: &'static str, counts: SinkCounts) {
        self.sinks().push((name, counts));
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(self.clone()));
    }

    fn sinks(&self) -> MutexGuard<'_, Vec<(&'static str, SinkCounts)>> {
        self.0.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A metric of a sink: its name, help text, whether it only grows, and a function that returns it.
type Number = (&'static str, &'static str, bool, fn(&SinkCounts) -> u64);

const OF_SINKS: [Number; 6] = [
    ("sink_sent", "Entries sent, including those sent again", true, SinkCounts::sent),
    ("sink_acknowledged", "Entries that the receiver acknowledged", true, SinkCounts::acknowledged),
    ("sink_duplicates", "Acknowledged entries that were duplicates", true, SinkCounts::duplicates),
    ("sink_refused", "Entries that the receiver refused", true, SinkCounts::refused),
    ("sink_missed", "Entries deleted before they were read, or damaged", true, SinkCounts::missed),
    ("sink_connected", "Whether the sink is connected: 1 or 0", false, |counts| {
        counts.is_connected().into()
    }),
];

impl Collector for SpoolNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Shared { durable, begin, bytes, refused, .. } = &*self.0;
        let durable = *durable.borrow();
        let (gauge, counter) = (MetricType::Gauge, MetricType::Counter);
        let mut one = |name: &str, help: &str, is_counter: bool, value: u64| {
            let kind = if is_counter { counter } else { gauge };
            let one = encoder.encode_descriptor(name, help, None, kind)?;
            match is_counter {
                true => ConstCounter::new(value).encode(one),
                false => ConstGauge::new(value).encode(one),
            }
        };
        let spooled = durable.saturating_sub(*begin);
        one("spool_entries", "Entries that are spooled.", true, spooled)?;
        let refused = refused.load(Ordering::Relaxed);
        one("spool_refused", "Entries that could not be spooled.", true, refused)?;
        let sequence = "The sequence number of the last spooled entry.";
        one("spool_sequence", sequence, false, durable)?;
        let bytes = bytes.load(Ordering::Relaxed);
        one("spool_bytes", "The size of the spool on the disk.", false, bytes)?;

        let sinks = self.sinks();
        if sinks.is_empty() {
            return Ok(());
        }
        for (name, help, is_counter, of) in OF_SINKS {
            let help = format!("{help}.");
            let kind = if is_counter { counter } else { gauge };
            let mut all = encoder.encode_descriptor(name, &help, None, kind)?;
            for (sink, counts) in &*sinks {
                let labels = [("sink", *sink)];
                let one = all.encode_family(&labels)?;
                match is_counter {
                    true => ConstCounter::new(of(counts)).encode(one)?,
                    false => ConstGauge::new(of(counts)).encode(one)?,
                }
            }
        }
        let help = "Spooled entries that the sink has not processed.";
        let mut all = encoder.encode_descriptor("sink_lag_entries", help, None, gauge)?;
        for (sink, counts) in &*sinks {
            let lag = durable.saturating_sub(counts.position());
            ConstGauge::new(lag).encode(all.encode_family(&[("sink", *sink)])?)?;
        }
        let help = "The age of the oldest entry that the sink has not processed, in seconds.";
        let mut all = encoder.encode_descriptor("sink_lag_seconds", help, None, gauge)?;
        let now: Time = SystemTime::now().into();
        for (sink, counts) in &*sinks {
            let oldest = counts.oldest().filter(|_| counts.position() < durable);
            let lag = oldest.map_or(0.0, |oldest| now.saturating_since(oldest).as_secs_f64());
            ConstGauge::new(lag).encode(all.encode_family(&[("sink", *sink)])?)?;
        }
        Ok(())
    }
}
