//! Tests that kill either end of a bridge, or the bridge itself, while many events are sent. The
//! events delivered and those counted as lost add up to those sent.

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::{BLOCK_ALL, count, folder, stand_in};
use crate::support::Program;

/// The number of events. `BROCOMM_TEST_EVENTS=100000` sets that many.
fn events() -> u64 {
    std::env::var("BROCOMM_TEST_EVENTS").map_or(3_000, |count| count.parse().unwrap())
}

/// A proxy whose address leads to the current server.
struct Front {
    address: SocketAddr,
    behind: Arc<Mutex<String>>,
}

impl Front {
    fn before(url: &str) -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let behind = Arc::new(Mutex::new(String::new()));
        let target = Arc::clone(&behind);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let address = target.lock().unwrap().clone();
                let Ok(server) = TcpStream::connect(address) else { continue };
                for (mut from, mut to) in
                    [(stream.try_clone().unwrap(), server.try_clone().unwrap()), (server, stream)]
                {
                    thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        // A killed server is gone in both directions.
                        let _ = to.shutdown(std::net::Shutdown::Both);
                        let _ = from.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
        });
        let front = Front { address, behind };
        front.lead_to(url);
        front
    }

    fn lead_to(&self, url: &str) {
        let address = url.trim_start_matches("ws://").split('/').next().unwrap();
        address.clone_into(&mut self.behind.lock().unwrap());
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

/// A thread that writes events.
struct Writer {
    third: Receiver<()>,
    go: Sender<()>,
    thread: JoinHandle<()>,
}

impl Writer {
    fn start(mut input: ChildStdin, [event, last]: [&'static str; 2], count: u64) -> Writer {
        let ((sender, third), (go, gone)) = (channel(), channel());
        let thread = thread::spawn(move || {
            for number in 0..count {
                if number == count / 3 {
                    let _ = sender.send(());
                }
                let more = if event == "ping" { "" } else { r#", "x""# };
                // The program may be killed meanwhile.
                if writeln!(input, "{event}({number}{more})").is_err() {
                    return;
                }
            }
            let _ = gone.recv();
            let _ = writeln!(input, "{last}");
        });
        Writer { third, go, thread }
    }

    /// Waits until at least a third is written.
    fn third(&self) {
        self.third.recv().unwrap();
    }

    /// Lets the thread write the last event, and waits until all are written.
    fn finish(self) {
        let _ = self.go.send(());
        self.thread.join().unwrap();
    }
}

/// The events to send, with the last one.
const TO_ZEEK: [&str; 2] = ["ping", r#"pair([$a=7, $b="x"])"#];
const TO_BRO: [&str; 2] = ["Site::back", r#"Site::back(77, "last")"#];

/// Starts a node that sends what is on its standard input.
fn sender(config: &Path) -> Program {
    let mut arguments = vec!["run", config.to_str().unwrap(), "--no-log", "--stdin"];
    arguments.extend(["--exit-at-eof", "--timeout=60"]);
    Program::start(arguments)
}

/// Writes the configuration of a node that connects to another one.
fn connecting(folder: &Path, name: &str, address: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    let port = address.rsplit(':').next().unwrap();
    let declared = "declaration_files = ['types.bro', 'shared.bro']\n";
    let entry = format!("[nodes.b]\nhost = '127.0.0.1'\np = {port}\nconnect = true\n");
    fs::write(&file, format!("{declared}{BLOCK_ALL}{entry}")).unwrap();
    file
}

/// Writes the configuration of a bridge with a node entry and a target.
fn bridging(folder: &Path, node: &str, url: &str, target: &str) -> std::path::PathBuf {
    let file = folder.join("bridge.toml");
    let text = format!(
        "declaration_files = ['shared.bro']\n{node}\n\
         [[zeek]]\nurl = '{url}'\nsignatures = 'zeek-side.zeek'\n\
         to_zeek = 'ping|pair'\nto_bro = 'back|pair'\ntopic = 'brocomm/from-bro/{{event}}'\n\
         rename = {{ ping = 'Site::ping', pair = 'Site::pair', back = 'Site::back' }}\n\
         retry = 0.01\nretry_max = 0.1\n{target}\n"
    );
    fs::write(&file, text).unwrap();
    file
}

const LISTENING: &str = "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
    [outgoing]\noverflow = 'block'\n[incoming]\noverflow = 'block'\n\
    [nodes.any]\nhost = '127.0.0.1'\nevents = 'ping|pair'\n";

const QUEUE: &str = "queue = { events = 1000, overflow = 'block' }\n";

fn bridge(config: &Path, counts: &Path) -> Program {
    let (config, counts) = (config.to_str().unwrap(), counts.to_str().unwrap());
    Program::start(["bridge", config, "--no-log", "--log-level=info", "--counts", counts])
}

/// Returns the address for peers. Discards further output.
fn address_of(node: &mut Program) -> String {
    let address = node.line_with("listening on ").replace("listening on ", "");
    node.ignore_output();
    address
}

/// Waits until Zeek has published the last event.
fn last(url: &str) -> JoinHandle<()> {
    let topic = "--topic=brocomm/from-bro/pair";
    let mut listener = Program::start(["zeek", "listen", url, topic, "--count=1"]);
    listener.notice_with(" ready ");
    thread::spawn(move || {
        listener.notice_with(" event Site::pair(");
    })
}

fn ended(program: Program, about: &str) -> String {
    let mut program = program;
    program.signal("-TERM");
    let line = program.error_with(about);
    assert_eq!(program.end().code, 0);
    line
}

#[test]
fn when_zeek_is_killed_all_lost_events_are_counted() {
    for (name, target) in [
        ("once", "queue = { events = 1000, overflow = 'block' }"),
        ("drop", "queue = { events = 100, overflow = 'drop_oldest' }"),
        ("again", "queue = { events = 1000, overflow = 'block' }\nacknowledge = true"),
    ] {
        let folder = folder(&format!("zeek-killed-{name}"));
        let (zeek, url, _) = stand_in(&folder, &[]);
        let front = Front::before(&url);
        let config = bridging(&folder, LISTENING, &front.url(), target);
        let mut bridge = bridge(&config, &folder.join("counts"));
        let address = address_of(&mut bridge);
        bridge.error_with("connected to Zeek");
        let mut sender = sender(&connecting(&folder, "sender.toml", &address));
        let writer = Writer::start(sender.take_input(), TO_ZEEK, events());
        writer.third();
        drop(zeek);
        let (_zeek, url, _) = stand_in(&folder, &[]);
        let last = last(&url);
        front.lead_to(&url);
        writer.finish();
        assert_eq!(sender.end().code, 0);
        last.join().unwrap();

        let line = ended(bridge, "offered ");
        let (offered, lost) = (count(&line, "offered"), count(&line, "lost"));
        assert_eq!(offered, events() + 1, "{line}");
        assert_eq!(count(&line, "confirmed") + lost, offered, "{line}");
        if name == "again" {
            assert_eq!(lost, 0, "{line}");
        }
    }
}

#[test]
fn when_a_sender_is_killed_only_its_own_events_are_lost() {
    let folder = folder("zeek-killed-sender");
    let (zeek, url, _) = stand_in(&folder, &[]);
    let config = bridging(&folder, LISTENING, &url, QUEUE);
    let mut bridge = bridge(&config, &folder.join("counts"));
    let address = address_of(&mut bridge);
    bridge.error_with("connected to Zeek");
    let config = connecting(&folder, "sender.toml", &address);
    let mut first = sender(&config);
    let writer = Writer::start(first.take_input(), TO_ZEEK, events());
    writer.third();
    drop(first);
    writer.finish();
    let last = last(&url);
    let mut second = sender(&config);
    let writer = Writer::start(second.take_input(), TO_ZEEK, events() / 2);
    writer.finish();
    assert_eq!(second.end().code, 0);
    last.join().unwrap();

    let line = ended(bridge, "offered ");
    let offered = count(&line, "offered");
    // All events of the second sender, and those that the first had sent.
    let all = events() + events() / 2 + 1;
    assert!((events() / 2 + 1..=all).contains(&offered), "{line}");
    assert_eq!((count(&line, "confirmed"), count(&line, "lost")), (offered, 0), "{line}");
    assert_eq!(received(&ended(zeek, "clients of Zeek's API: ")), offered);
}

/// Returns the number of events that the server of clients has received.
fn received(line: &str) -> u64 {
    let (_, counts) = line.rsplit_once("received ").unwrap();
    counts.split(',').next().unwrap().trim().parse().unwrap()
}

#[test]
fn when_a_bridge_is_killed_the_next_one_counts_its_events() {
    let folder = folder("zeek-killed-bridge");
    let (zeek, url, _) = stand_in(&folder, &[]);
    let node = folder.join("sender.toml");
    fs::write(&node, format!("declaration_files = ['types.bro', 'shared.bro']\n{LISTENING}"))
        .unwrap();
    let mut sender = sender(&node);
    let address = sender.line_with("listening on ");
    let port = address.rsplit(':').next().unwrap();
    let entry = format!(
        "{BLOCK_ALL}[nodes.a]\nhost = '127.0.0.1'\np = {port}\nconnect = true\nretry = '1 sec'\n\
         events = 'ping|pair'\n"
    );
    let (config, counts) = (bridging(&folder, &entry, &url, QUEUE), folder.join("counts"));
    let mut first = bridge(&config, &counts);
    first.ignore_output();
    first.error_with("connected to Zeek");
    sender.notice_with(" handshake_done");
    let writer = Writer::start(sender.take_input(), TO_ZEEK, events());
    writer.third();
    drop(first);
    // Until then, events are queued for it, and lost with its connection.
    sender.notice_with(" closed");
    let text = fs::read_to_string(&counts).unwrap();
    let [taken, settled] = [0, 1].map(|at| {
        text.split_whitespace().nth(at).map_or(0, |number| number.parse::<u64>().unwrap())
    });
    let mut second = bridge(&config, &counts);
    second.ignore_output();
    if taken > settled {
        second.error_with(&format!("was killed with {} events", taken - settled));
    }
    second.error_with("connected to Zeek");
    sender.notice_with(" handshake_done");
    sender.ignore_output();
    let last = last(&url);
    writer.finish();
    let sender = sender.end();
    assert_eq!(sender.code, 0, "{}", sender.stderr);
    last.join().unwrap();

    let line = ended(second, "offered ");
    assert_eq!(count(&line, "lost (killed)"), taken - settled, "{line}");
    let offered = taken + count(&line, "offered");
    // The sender wrote the rest when its peer was gone.
    assert!(offered <= events() + 1, "{taken}, {line}");
    assert_eq!(settled + count(&line, "confirmed") + count(&line, "lost"), offered, "{line}");
    // Events in transit to Zeek may have arrived, and are still counted as lost.
    let received = received(&ended(zeek, "clients of Zeek's API: "));
    assert!(
        received <= offered && received + count(&line, "lost") >= offered,
        "{received}, {line}"
    );
}

#[test]
fn when_a_receiver_is_killed_all_events_are_counted() {
    let folder = folder("zeek-killed-receiver");
    let topic = "--zeek-topic=brocomm/to-bro/{event}";
    let (mut zeek, url, peer) = stand_in(&folder, &[topic]);
    zeek.ignore_output();
    let node = LISTENING.replace("ping|pair", "none");
    let mut bridge = bridge(&bridging(&folder, &node, &url, QUEUE), &folder.join("counts"));
    let address = address_of(&mut bridge);
    bridge.error_with("connected to Zeek");
    let connect = ["connect", &address, "--event", "back(count, string)"];
    let mut first = Program::start(connect);
    first.notice_with(" handshake_done");
    first.ignore_output();
    let mut sender = sender(&connecting(&folder, "sender.toml", &peer));
    let writer = Writer::start(sender.take_input(), TO_BRO, events());
    writer.third();
    drop(first);
    let mut second = Program::start(connect);
    second.notice_with(" handshake_done");
    writer.finish();
    assert_eq!(sender.end().code, 0);
    second.line_with(" event back(");
    ended(zeek, "clients of Zeek's API: ");
    bridge.error_with("reconnecting");
    let line = ended(bridge, "received ");
    let received = received(&line);
    assert!(received > 0, "{line}");
    assert_eq!(count(&line, "delivered") + count(&line, "lost"), received, "{line}");
}
