//! Log entries that `brocomm logs --spool` keeps, compared with those that `brocomm logs --write`
//! writes in the same run. Only the ratios are comparable between machines.
//!
//! ```text
//! cargo bench -p brocomm-cli --bench spool
//! ENTRIES=100000 ROUNDS=3 cargo bench -p brocomm-cli --bench spool
//! ```
//!
//! The sender is a node in this process, and `brocomm logs` a process of its own, which ends once
//! everything is written. The spool flushes to the disk every 100 ms. On a machine with few CPUs,
//! or with other work, the second ratio is more reliable: that of the CPU times that the process
//! takes per entry.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use brocomm::data::{Port, TypeTag};
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::Overflow;
use brocomm_tokio::Node;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const STREAM: i32 = 12;

/// A process that is killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The columns of `conn`, with an entry.
fn conn() -> (Vec<LogField>, Vec<LogValue>) {
    use TypeTag::{Addr, Count, Enum, Interval, String};
    let columns = [
        (LogField::new("ts", TypeTag::Time), LogValue::Time(1_795_384_276.061_275)),
        (LogField::new("uid", String), "Ck732CcR1CoeR69y5".into()),
        (LogField::new("id.orig_h", Addr), std::net::IpAddr::from([141, 142, 228, 5]).into()),
        (LogField::new("id.orig_p", TypeTag::Port), Port::tcp(59856).into()),
        (LogField::new("id.resp_h", Addr), std::net::IpAddr::from([192, 150, 187, 43]).into()),
        (LogField::new("id.resp_p", TypeTag::Port), Port::tcp(80).into()),
        (LogField::new("proto", Enum), LogValue::Enum("tcp".into())),
        (LogField::new("service", String).optional(), "http".into()),
        (
            LogField::new("duration", Interval).optional(),
            LogValue::Interval(0.211_483_955_383_300_78),
        ),
        (LogField::new("orig_bytes", Count).optional(), 136_u64.into()),
        (LogField::new("resp_bytes", Count).optional(), 5007_u64.into()),
        (LogField::new("conn_state", String), "SF".into()),
        (LogField::new("local_orig", TypeTag::Bool).optional(), LogValue::Unset(TypeTag::Bool)),
        (LogField::new("history", String), "ShADadFf".into()),
        (LogField::set("tunnel_parents", String), LogValue::Set(Vec::new())),
    ];
    columns.into_iter().unzip()
}

/// Returns the CPU time that a process has used, in seconds. Returns `None` if that is unknown.
fn cpu(process: &Process) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.0.id())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / 100.0)
}

/// Sends entries to `brocomm logs` with this option. Returns the number of entries per second, and
/// per second of its CPU time.
async fn measure(option: &str, folder: &Path, count: u64) -> Result<[f64; 2]> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_brocomm"))
        .args(["logs", "--listen", "127.0.0.1:0", "--once", option])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output")?;
    let mut process = Process(child);
    let mut lines = BufReader::new(stdout).lines();
    let first = lines.next().ok_or("nothing")??;
    let address = first.strip_prefix("listening on ").ok_or("it does not listen")?.to_owned();
    let (fields, values) = conn();
    let builder = Node::builder().connect(&address);
    let node = builder.options(|options| options.outgoing.overflow = Overflow::Block).start()?;
    node.with(|node, _| node.declare_log(LogStream::new(STREAM, "conn", fields)))?;
    node.connected().await;
    // Its request for logs may arrive a little later.
    while node.write_log(STREAM, &values).await?.peers == 0 {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    for _ in 0..count {
        node.write_log(STREAM, &values).await?;
    }
    node.terminate().await;
    let mut used = None;
    // It prints a summary just before it exits.
    for line in lines {
        line?;
        used = cpu(&process).or(used);
    }
    process.0.wait()?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok([count as f64 / seconds, count as f64 / used.unwrap_or(seconds)])
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (count, rounds) = (number("ENTRIES", 200_000), number("ROUNDS", 5));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-logs");
    let mut ratios = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let written = measure("--write", &folder, count).await?;
        let spooled = measure("--spool", &folder, count).await?;
        let [wall, cpu] = [0, 1].map(|at| spooled[at] / written[at]);
        println!(
            "written {:9.0}/s   spooled {:9.0}/s   ratio {wall:.2}, by the CPU of the process {cpu:.2}",
            written[0], spooled[0]
        );
        ratios[0].push(wall);
        ratios[1].push(cpu);
    }
    let [wall, cpu] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or_default()
    });
    println!("median ratios {wall:.2}, {cpu:.2}");
    let _ = fs::remove_dir_all(&folder);
    Ok(())
}
