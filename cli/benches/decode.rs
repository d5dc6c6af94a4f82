//! Recordings that `brocomm decode` prints, compared with reading and copying the same file. Only
//! the ratios are comparable between machines.
//!
//! ```text
//! cargo bench -p brocomm-cli --bench decode
//! MEGABYTES=500 ROUNDS=3 cargo bench -p brocomm-cli --bench decode
//! PROGRAM=other/brocomm cargo bench -p brocomm-cli --bench decode
//! ```
//!
//! The output goes to /dev/null. Peak memory and CPU time are shown where /proc has them.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{Event, Field, Port, Record, Type, Value};
use brocomm::lowlevel::serial::{Mode, Writer};
use brocomm::lowlevel::wire::{Caps, Encoder, Framing, Message, Version};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The size of a read in the recording, in bytes.
const READ: usize = 64 << 10;

fn small(n: u64) -> Event {
    Event::new("small_event", vec![Value::Count(n), Value::string("twenty bytes of text")])
}

fn large(ty: &Type, n: u64) -> Event {
    let values = [
        Value::Addr([10, 0, (n >> 8) as u8, n as u8].into()),
        Value::Port(Port::tcp(40_000 + (n % 9999) as u16)),
        Value::Addr([192, 168, 1, 1].into()),
        Value::Port(Port::tcp(80)),
    ];
    let id = Record::new(ty.clone(), values.into_iter().map(Some).collect());
    let args =
        vec![id.into(), Value::string("GET /index.html?a=20"), Value::Double(n as f64 / 64.0)];
    Event::new("large_event", args)
}

/// Writes a recording of about this size, in which the connector raises events.
fn record(path: &Path, bytes: u64, event: impl Fn(u64) -> Event) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut line = |t: f64, from: &str, bytes: &[u8]| -> io::Result<u64> {
        let line = format!(r#"{{"t": {t:.6}, "from": "{from}", "hex": "{}"}}"#, hex::encode(bytes));
        writeln!(file, "{line}").map(|()| line.len() as u64)
    };
    let mut encoder = Encoder::new(Framing::Clear);
    let mut start = Vec::new();
    let (protocol, data_format) = (Version::PROTOCOL, Version::DATA_FORMAT);
    let version = Version { protocol, cache_size: 3000, data_format, runtime: 0, class: None };
    encoder.message(&Message::Version(version), &mut start);
    encoder.message(
        &Message::Caps(Caps::COMPRESSION | Caps::PID_64BIT | Caps::NEW_CACHE_STRATEGY),
        &mut start,
    );
    encoder.message(&Message::PhaseDone, &mut start);
    for from in ["connector", "listener"] {
        line(0.0, from, &start)?;
    }
    let (mut writer, mut out, mut written, mut n) = (Writer::new(3000), Vec::new(), 0, 0);
    while written < bytes {
        while out.len() < READ {
            let event = event(n);
            encoder.serial(&mut out, |out| {
                writer.event(Mode::RUNNING, &event.name, event.time, &event.args, out)
            })?;
            n += 1;
        }
        written += line(n as f64 / 1e5, "connector", out.get(..READ).unwrap_or_default())?;
        out.drain(..READ);
    }
    line(n as f64 / 1e5, "connector", &out)?;
    file.flush()?;
    Ok(())
}

/// What a run took: seconds, seconds of CPU, and KiB of memory at most.
struct Taken {
    seconds: f64,
    cpu: Option<f64>,
    memory: Option<u64>,
}

/// Reads the largest memory and the CPU time so far.
fn look(child: &Child) -> (Option<u64>, Option<f64>) {
    let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).ok();
    let memory = file("status").and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    });
    let cpu = file("stat").and_then(|stat| {
        let ticks = stat.rsplit_once(") ")?.1.split(' ').skip(11).take(2);
        Some(ticks.map(|ticks| ticks.parse::<f64>().ok()).sum::<Option<f64>>()? / 100.0)
    });
    (memory, cpu)
}

fn decode(program: &Path, path: &Path, options: &[&str]) -> Result<Taken> {
    let begun = Instant::now();
    let mut child = Command::new(program)
        .arg("decode")
        .args(options)
        .arg(path)
        .stdout(Stdio::null())
        .spawn()?;
    let (mut memory, mut cpu) = (None, None);
    let status = loop {
        let (more, used) = look(&child);
        (memory, cpu) = (memory.max(more), used.or(cpu));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(format!("{}: {status}", program.display()).into());
    }
    Ok(Taken { seconds: begun.elapsed().as_secs_f64(), cpu, memory })
}

/// Reads and copies a file, piece by piece. Returns the seconds.
fn copy(path: &Path) -> Result<f64> {
    let begun = Instant::now();
    let (mut file, mut piece, mut to) =
        (File::open(path)?, vec![0; READ], Vec::with_capacity(READ));
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            return Ok(begun.elapsed().as_secs_f64());
        }
        to.clear();
        to.extend_from_slice(std::hint::black_box(piece.get(..length).unwrap_or_default()));
        std::hint::black_box(&mut to);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

fn main() -> Result<()> {
    let (megabytes, rounds) = (number("MEGABYTES", 200), number("ROUNDS", 3));
    let program = std::env::var_os("PROGRAM").map(PathBuf::from);
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_brocomm").into());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-decode.jsonl");
    let fields = [
        ("orig_h", Type::ADDR),
        ("orig_p", Type::PORT),
        ("resp_h", Type::ADDR),
        ("resp_p", Type::PORT),
    ];
    let ty = Type::record("conn_id", fields.map(|(name, ty)| Field::new(name, ty)).into());
    let events: [(&str, &dyn Fn(u64) -> Event); 2] =
        [("small events", &small), ("large events", &|n| large(&ty, n))];
    for (what, event) in events {
        record(&path, megabytes * 1_000_000, event)?;
        let size = fs::metadata(&path)?.len() as f64 / 1e6;
        for options in [&[][..], &["--json"], &["--summary"]] {
            let mut best: Option<Taken> = None;
            let mut copied = f64::INFINITY;
            for _ in 0..rounds {
                copied = copied.min(copy(&path)?);
                let taken = decode(&program, &path, options)?;
                if best.as_ref().is_none_or(|best| taken.seconds < best.seconds) {
                    best = Some(taken);
                }
            }
            let Some(Taken { seconds, cpu, memory }) = best else { continue };
            println!(
                "{what} {:10} {:5.0} MB/s, {:5.2} s of CPU, {} KiB; ratio to copying {:.3}",
                options.concat(),
                size / seconds,
                cpu.unwrap_or_default(),
                memory.unwrap_or_default(),
                copied / seconds,
            );
        }
    }
    let _ = fs::remove_file(&path);
    Ok(())
}
