//! Events through `brocomm bridge` and the server of Zeek's API behind it, compared with the same
//! events from node to node in the same run. Only the ratios are comparable between machines.
//!
//! ```text
//! cargo bench -p brocomm-cli --bench bridge
//! EVENTS=20000 ROUNDS=3 cargo bench -p brocomm-cli --bench bridge
//! ```
//!
//! The sender is a node in this process. Behind it is a `brocomm run`, or a `brocomm bridge` and a
//! `brocomm run --zeek-websocket`, each a process of its own; the last one counts what it received.
//! On a machine with few CPUs, or with other work, compare the second ratio instead: that of the
//! CPU times that the slowest process takes per event. S is (count, string of 20), C is (record of
//! addr, port, addr, port; string of 20; double).

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{Event, Field, Port, Record, Type, Value};
use brocomm::node::Overflow;
use brocomm_tokio::Node;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const DECLARED: &str =
    "type Id: record { orig_h: addr; orig_p: port; resp_h: addr; resp_p: port; };
event s(n: count, text: string);
event c(id: Id, text: string, d: double);
";

const SIGNATURES: &str =
    "type Id: record { orig_h: addr; orig_p: port; resp_h: addr; resp_p: port; };
global s: event(n: count, text: string) &is_used;
global c: event(id: Id, text: string, d: double) &is_used;
";

const NODE: &str = "listen = true
listen_interface = '127.0.0.1'
listen_port = 0
declaration_files = ['bro.bro']
[outgoing]
overflow = 'block'
[incoming]
overflow = 'block'
[nodes.any]
host = '127.0.0.1'
events = 's|c'
";

/// A process that is killed on drop.
struct Process(Child);

impl Process {
    /// Returns the CPU time that it has used, in seconds. Returns `None` if that is unknown.
    fn cpu(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let ticks = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().ok());
        Some(ticks.sum::<Option<f64>>()? / 100.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A route for events: the node that sends them, the processes behind it, and the metric with which
/// the last process counts them.
struct Way {
    processes: Vec<Process>,
    node: Node,
    metrics: String,
    metric: &'static str,
}

impl Way {
    /// Sends events and waits until they have arrived. Returns the number of events per second, and
    /// per second of CPU time of the slowest process.
    async fn measure(&self, event: &Event, count: u64) -> Result<[f64; 2]> {
        let before = self.received()?;
        let cpus = || self.processes.iter().map(|process| process.cpu().unwrap_or_default());
        let used: Vec<f64> = cpus().collect();
        let begun = Instant::now();
        for _ in 0..count {
            self.node.raise(event.clone()).await?;
        }
        while self.received()? < before + count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let used = cpus().zip(used).map(|(now, before)| now - before).fold(0.0, f64::max);
        Ok([count as f64 / seconds, count as f64 / used])
    }

    fn received(&self) -> Result<u64> {
        let mut stream = TcpStream::connect(&self.metrics)?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let line = answer.lines().find_map(|line| line.strip_prefix(self.metric));
        Ok(line.map_or("0", str::trim).parse()?)
    }
}

/// Starts the program. Returns it with the words that follow these texts on its standard error, in
/// order, and the address on which it listens.
fn start(arguments: &[&str], output: &[&str]) -> Result<(Process, Vec<String>, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_brocomm"))
        .args(arguments)
        .args(["--no-log", "--log-level=info", "--metrics=127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let process = Process(child);
    let output = after(stderr.ok_or("no standard error")?, output)?;
    let address = after(stdout.ok_or("no standard output")?, &["listening on "])?;
    Ok((process, output, address.concat()))
}

/// Returns the words that follow these texts, and reads the rest in a thread.
fn after(from: impl Read + Send + 'static, texts: &[&str]) -> Result<Vec<String>> {
    let mut lines = BufReader::new(from).lines();
    let mut words = Vec::new();
    while let Some(text) = texts.get(words.len()) {
        let line = lines.next().ok_or_else(|| format!("no `{text}`"))??;
        if let Some((_, rest)) = line.split_once(text) {
            words.push(rest.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
    thread::spawn(move || lines.for_each(drop));
    Ok(words)
}

async fn node(address: &str) -> Result<Node> {
    let builder = Node::builder().declare(DECLARED).connect(address);
    let node = builder.options(|options| options.outgoing.overflow = Overflow::Block).start()?;
    node.connected().await;
    Ok(node)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<String> {
    let file = folder.join(name);
    fs::write(&file, text)?;
    Ok(file.to_string_lossy().into_owned())
}

/// A receiving node.
async fn directly(folder: &Path) -> Result<Way> {
    let config = write(folder, "run.toml", NODE)?;
    let (process, output, address) = start(&["run", &config], &["metrics are at http://"])?;
    let metrics = output.concat().replace("/metrics", "");
    let metric = "brocomm_received_events_total ";
    Ok(Way { processes: vec![process], node: node(&address).await?, metrics, metric })
}

/// A bridge, and the receiving server behind it.
async fn through_a_bridge(folder: &Path) -> Result<Way> {
    let (config, signatures) =
        (write(folder, "server.toml", NODE)?, write(folder, "zeek.zeek", SIGNATURES)?);
    let server = ["run", &config, "--zeek-websocket=127.0.0.1:0", "--zeek-signatures", &signatures];
    let (server, output, _) =
        start(&server, &["clients of Zeek's API are served at ", "metrics are at http://"])?;
    let [url, metrics] = output.as_slice() else { return Err("no addresses".into()) };
    let target = "[[zeek]]\nsignatures = 'zeek.zeek'\nto_zeek = 's|c'\n\
                  queue = { events = 10000, overflow = 'block' }\n";
    let config = write(folder, "bridge.toml", &format!("{NODE}{target}url = '{url}'\n"))?;
    let (bridge, _, address) = start(&["bridge", &config], &["connected to Zeek"])?;
    let metrics = metrics.replace("/metrics", "");
    let metric = "brocomm_zeek_events_total{target=\"clients\",what=\"received\"} ";
    Ok(Way { processes: vec![bridge, server], node: node(&address).await?, metrics, metric })
}

fn s() -> Event {
    Event::new("s", vec![Value::Count(7), Value::string("twenty bytes of text")])
}

fn c() -> Event {
    let names = ["orig_h", "orig_p", "resp_h", "resp_p"];
    let types = [Type::ADDR, Type::PORT, Type::ADDR, Type::PORT];
    let fields = names.into_iter().zip(types).map(|(name, ty)| Field::new(name, ty)).collect();
    let values = vec![
        Some(Value::Addr([10, 0, 0, 1].into())),
        Some(Value::Port(Port::tcp(1234))),
        Some(Value::Addr([192, 0, 2, 7].into())),
        Some(Value::Port(Port::tcp(443))),
    ];
    let id = Record::new(Type::record("Id", fields), values);
    let text = Value::string("twenty bytes of text");
    Event::new("c", vec![Value::Record(id.into()), text, Value::Double(1.5)])
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (count, rounds) = (number("EVENTS", 100_000), number("ROUNDS", 5));
    let folder: PathBuf =
        std::env::temp_dir().join(format!("brocomm-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    write(&folder, "bro.bro", DECLARED)?;
    let direct = directly(&folder).await?;
    let bridged = through_a_bridge(&folder).await?;
    for (name, event) in [("S", s()), ("C", c())] {
        // Warm up.
        direct.measure(&event, count / 20).await?;
        bridged.measure(&event, count / 20).await?;
        let mut ratios = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            let alone = direct.measure(&event, count).await?;
            let bridged = bridged.measure(&event, count).await?;
            let [wall, cpu] = [0, 1].map(|at| bridged[at] / alone[at]);
            println!(
                "{name}  node to node {:9.0}/s   through the bridge {:9.0}/s   ratio {wall:.2}, by the \
                 CPU of the slowest process {cpu:.2}",
                alone[0], bridged[0]
            );
            ratios[0].push(wall);
            ratios[1].push(cpu);
        }
        let [wall, cpu] = ratios.map(|mut ratios| {
            ratios.sort_by(f64::total_cmp);
            ratios.get(ratios.len() / 2).copied().unwrap_or_default()
        });
        println!("{name}  median ratios {wall:.2}, {cpu:.2}");
    }
    let _ = fs::remove_dir_all(&folder);
    Ok(())
}
