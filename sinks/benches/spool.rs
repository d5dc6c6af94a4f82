//! Compares spooling with writing logs as Bro does, and publishing a spool with async-nats alone.
//!
//! ```sh
//! cargo bench -p brocomm-sinks --bench spool
//! cargo bench -p brocomm-sinks --bench spool --features nats    # with a nats-server in PATH
//! ```
//!
//! The two sides run alternately, and the median of the ratios of all rounds is printed.
#![allow(clippy::print_stdout, reason = "prints its results")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use brocomm::Time;
use brocomm::data::{Port, TypeTag};
use brocomm::logs::{LogEntry, LogField, LogFile, LogFormat, LogValue, Rotation};
use brocomm::lowlevel::logs::LogWriter;
use brocomm_sinks::line::LogLine;
use brocomm_sinks::spool::{Spool, SpoolConfig};

const ENTRIES: usize = 500_000;
const ROUNDS: usize = 5;
const SUBJECT: &str = "zeek.logs.log-1.default.conn";

fn now() -> Time {
    SystemTime::now().into()
}

fn entry() -> LogEntry {
    use TypeTag::{Addr, Count, Enum, Interval, String};
    let fields = vec![
        LogField::new("ts", TypeTag::Time),
        LogField::new("uid", String),
        LogField::new("id.orig_h", Addr),
        LogField::new("id.orig_p", TypeTag::Port),
        LogField::new("id.resp_h", Addr),
        LogField::new("id.resp_p", TypeTag::Port),
        LogField::new("proto", Enum),
        LogField::new("service", String).optional(),
        LogField::new("duration", Interval).optional(),
        LogField::new("orig_bytes", Count).optional(),
        LogField::new("resp_bytes", Count).optional(),
        LogField::new("conn_state", String),
        LogField::new("local_orig", TypeTag::Bool).optional(),
        LogField::new("history", String),
        LogField::set("tunnel_parents", String),
    ];
    let values = vec![
        LogValue::Time(1_795_384_276.061275),
        "Ck732CcR1CoeR69y5".into(),
        std::net::IpAddr::from([141, 142, 228, 5]).into(),
        Port::tcp(59856).into(),
        std::net::IpAddr::from([192, 150, 187, 43]).into(),
        Port::tcp(80).into(),
        LogValue::Enum("tcp".into()),
        "http".into(),
        LogValue::Interval(0.211_483_955_383_300_78),
        136_u64.into(),
        5007_u64.into(),
        "SF".into(),
        LogValue::Unset(TypeTag::Bool),
        "ShADadFf".into(),
        LogValue::Set(Vec::new()),
    ];
    let writer = LogWriter {
        stream: 1,
        writer: 1,
        path: "conn".into(),
        rotation_base: 0.0,
        rotation_interval: 0.0,
        network_time: 0.0,
        options: Vec::new(),
        fields,
    };
    LogEntry { writer: Arc::new(writer), values: values.into() }
}

/// Writes a log as `brocomm logs --write` does, flushing as often as at a possible pause.
fn written(folder: &Path, entry: &LogEntry) -> Duration {
    let begin = Instant::now();
    let format = LogFormat::default();
    let writer = Arc::clone(&entry.writer);
    let mut file = LogFile::new(writer, &format, Rotation::default(), now()).unwrap();
    let mut out = BufWriter::new(File::create(folder.join("conn.log")).unwrap());
    let mut buffer = Vec::new();
    for number in 0..ENTRIES {
        let _ = file.entry(&entry.values, now(), &mut buffer);
        out.write_all(&buffer).unwrap();
        buffer.clear();
        if number % 1024 == 0 {
            out.flush().unwrap();
        }
    }
    out.flush().unwrap();
    begin.elapsed()
}

/// Spools the same entries, flushing to the disk every 100 ms.
fn spooled(folder: &Path, entry: &LogEntry) -> Duration {
    let begin = Instant::now();
    let (mut spool, _) = Spool::open(folder, SpoolConfig::default(), now()).unwrap();
    let (form, mut line) = (LogLine::default(), Vec::new());
    for number in 0..ENTRIES {
        let now = now();
        line.clear();
        form.entry(entry, b"sensor", now, &mut line);
        spool.append(now, SUBJECT, &line).unwrap();
        let is_due = spool.next_timeout().is_some_and(|due| due <= now);
        if number % 1024 == 0 || spool.is_full() || is_due {
            spool.commit(now).unwrap();
        }
    }
    spool.finish(now()).unwrap();
    begin.elapsed()
}

fn fresh(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn rate(time: Duration, entries: usize) -> f64 {
    entries as f64 / time.as_secs_f64()
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}

/// Measures how long a large spool takes to open.
fn opened() {
    let folder = fresh("large");
    let (mut spool, _) = Spool::open(&folder, SpoolConfig::default(), now()).unwrap();
    let line = vec![b'x'; 4000];
    // The number of segments of a 10 GB spool. Only the last one has its real size.
    while spool.bytes() < 60 << 20 {
        spool.append(now(), SUBJECT, &line).unwrap();
        if spool.is_full() {
            spool.commit(now()).unwrap();
        }
    }
    spool.finish(now()).unwrap();
    drop(spool);
    let last = folder.join(format!("{:016x}.spool", 160_u64 << 20));
    fs::rename(folder.join("0000000000000001.spool"), &last).unwrap();
    for segment in 0..159_u64 {
        let name = format!("{:016x}.spool", (segment << 20) + 1);
        File::create(folder.join(name)).unwrap().set_len(64 << 20).unwrap();
    }
    let begin = Instant::now();
    let (spool, _) = Spool::open(&folder, SpoolConfig::default(), now()).unwrap();
    println!("open {:.1} GB: {:?}", spool.bytes() as f64 / 1e9, begin.elapsed());
    let _ = fs::remove_dir_all(folder);
}

fn main() {
    let entry = entry();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let written = rate(written(&fresh("written"), &entry), ENTRIES);
        let spooled = rate(spooled(&fresh("spooled"), &entry), ENTRIES);
        println!("written as Bro does {written:9.0}/s   spooled {spooled:9.0}/s");
        ratios.push(spooled / written);
    }
    println!("median ratio {:.2}", median(ratios));
    opened();
    #[cfg(feature = "nats")]
    nats::compare();
}

#[cfg(feature = "nats")]
mod nats {
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    use async_nats::jetstream::{self, message::PublishMessage, stream};
    use brocomm_sinks::SinkCounts;
    use brocomm_sinks::nats::{NatsConfig, run};
    use tokio::sync::watch;

    use super::*;

    const MESSAGES: usize = 100_000;
    const WINDOW: usize = 1024;

    struct Killed(Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn server(port: u16, folder: &Path) -> Option<Killed> {
        let mut command = Command::new("nats-server");
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Killed(child))
    }

    fn line() -> Vec<u8> {
        let mut line = Vec::new();
        LogLine::default().entry(&entry(), b"sensor", now(), &mut line);
        line
    }

    /// Publishes with the NATS client alone.
    async fn alone(context: &jetstream::Context, round: usize) -> Duration {
        use std::future::IntoFuture;
        let payload = bytes::Bytes::from(line());
        let begin = Instant::now();
        type Acked = <jetstream::context::PublishAckFuture as IntoFuture>::IntoFuture;
        let mut sent = std::collections::VecDeque::<Acked>::new();
        for number in 0..MESSAGES {
            if sent.len() >= WINDOW {
                sent.pop_front().unwrap().await.unwrap();
            }
            let id = format!("alone-{round}-{number}");
            let message = PublishMessage::build().payload(payload.clone()).message_id(id);
            let acked = context.send_publish(SUBJECT, message).await.unwrap();
            sent.push_back(acked.into_future());
        }
        for acked in sent {
            acked.await.unwrap();
        }
        begin.elapsed()
    }

    /// Publishes a spool.
    fn through(port: u16, round: usize) -> Duration {
        let folder = fresh("through");
        let line = line();
        let (mut spool, _) = Spool::open(&folder, SpoolConfig::default(), now()).unwrap();
        for _ in 0..MESSAGES {
            spool.append(now(), SUBJECT, &line).unwrap();
            if spool.is_full() {
                spool.commit(now()).unwrap();
            }
        }
        spool.finish(now()).unwrap();
        let servers = vec![format!("nats://127.0.0.1:{port}")];
        let config = NatsConfig { window: WINDOW, ..NatsConfig::new(format!("n{round}"), servers) };
        let (durable, counts) = (spool.subscribe(), SinkCounts::default());
        // There are no further entries: the sink ends when all are acknowledged.
        drop(spool);
        let end = watch::Sender::new(false);
        let begin = Instant::now();
        run(&folder, &config, durable, end.subscribe(), &counts, &mut |_| {}).unwrap();
        assert_eq!(counts.acknowledged(), MESSAGES as u64);
        begin.elapsed()
    }

    pub(super) fn compare() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Some(_server) = server(port, &fresh("nats")) else {
            println!("JetStream: skipped, as there is no nats-server");
            return;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let context = runtime.block_on(async {
            let client = async_nats::connect(format!("127.0.0.1:{port}")).await.unwrap();
            let context = jetstream::context::ContextBuilder::new()
                .max_ack_inflight(WINDOW + 1)
                .build(client);
            let config = stream::Config {
                name: "zeek".to_owned(),
                subjects: vec!["zeek.logs.>".to_owned()],
                ..stream::Config::default()
            };
            context.get_or_create_stream(config).await.unwrap();
            context
        });
        let mut ratios = Vec::new();
        for round in 0..ROUNDS {
            let alone = rate(runtime.block_on(alone(&context, round)), MESSAGES);
            let through = rate(through(port, round), MESSAGES);
            println!("async-nats alone {alone:9.0}/s   through a spool {through:9.0}/s");
            ratios.push(through / alone);
        }
        println!("median ratio {:.2}", median(ratios));
    }
}
