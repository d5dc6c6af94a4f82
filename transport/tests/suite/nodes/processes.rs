//! Nodes in separate processes: the tests start this program again with a role.
#![allow(clippy::explicit_write, reason = "the test harness captures the output of println!")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

/// The environment variable with the role of a child process.
const PART: &str = "BROCOMM_TEST_PART";

/// A child process, killed at the end of the test.
struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program again by a shell script that gets its path as `$0`.
    fn start(stream: Stream, shell: &str, part: &str) -> Process {
        let mut command = Command::new("sh");
        command
            .args(["-ec", shell])
            .arg(std::env::current_exe().unwrap())
            .args(["roles_of_child_processes", "--nocapture", "--test-threads=1"])
            .env(PART, part)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        stream.invite(&mut command);
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Process { child, output }
    }

    /// Returns the next line of its output, or `None` if it has exited.
    fn says(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some((_, said)) = line.trim_end().split_once("says: ") {
                return Some(said.to_owned());
            }
            line.clear();
        }
        None
    }

    fn port(&mut self) -> u16 {
        self.says().expect("it listens").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(text: impl std::fmt::Display) {
    writeln!(io::stdout(), "says: {text}").unwrap();
}

/// Plays the role of a child process. Does nothing in a process that no test has started.
pub(crate) async fn roles_of_child_processes(stream: Stream) {
    let Ok(part) = std::env::var(PART) else { return };
    if !stream.is_invited() {
        return;
    }
    let (part, argument) = part.split_once(' ').unwrap();
    match part {
        "talk" => talk(stream, argument.parse().unwrap()).await,
        "run_out" => run_out(stream).await,
        "listen" => listen_at(stream, argument).await,
        "connect" => connect_to(stream, argument).await,
        _ => panic!("{part}"),
    }
    // The other runtime has this test too and must not run it again.
    std::process::exit(0);
}

/// Raises events forever.
async fn talk(stream: Stream, port: u16) {
    let options = Options { listen_port: port, ..listening() };
    let (here, mut notifications, port) = listener(stream, options, vec![anyone("ping")]).await;
    say(port);
    running(&mut notifications).await;
    drop(notifications);
    for n in 0.. {
        here.raise(event("pong", n, 1000)).await.unwrap();
    }
}

/// The child is killed while it sends.
pub(crate) async fn reconnects_after_a_peer_process_is_killed(stream: Stream) {
    let mut process = Process::start(stream, "exec \"$0\" \"$@\"", "talk 0");
    let port = process.port();
    let (_here, mut notifications) = start(stream, Options::default(), vec![at(port, "pong")]);
    let peer = running(&mut notifications).await;
    assert!(numbers(&mut notifications, 1000).await.into_iter().eq(0..1000));
    drop(process);
    // Everything that arrived before is reported in order and once, then the end.
    let mut next = 1000;
    let closed = loop {
        let notification = notifications.next().await.expect("the node is running");
        if let Some(number) = number(&notification) {
            assert_eq!(number, next);
            next += 1;
        }
        if let Notification::ConnectionClosed { peer, .. } = notification {
            break peer.id;
        }
    };
    assert_eq!(closed, peer);

    let mut process = Process::start(stream, "exec \"$0\" \"$@\"", &format!("talk {port}"));
    assert_eq!(process.port(), port);
    assert_eq!(running(&mut notifications).await, peer);
    assert!(numbers(&mut notifications, 1000).await.into_iter().eq(0..1000));
}

/// Prints the error when accepting fails, and what is accepted once it works again.
async fn run_out(stream: Stream) {
    let (_here, mut notifications, port) =
        listener(stream, listening(), vec![anyone("ping")]).await;
    say(port);
    let reason = find(&mut notifications, |notification| match notification {
        Notification::Log(entry) => match &entry.line {
            CommLogLine::AcceptFailed { reason } => Some(reason.clone()),
            _ => None,
        },
        _ => None,
    });
    say(reason.await);
    loop {
        say(numbers(&mut notifications, 1).await[0]);
    }
}

#[cfg(unix)]
pub(crate) async fn peers_wait_while_no_descriptors_are_free(stream: Stream) {
    let mut process = Process::start(stream, "ulimit -n 40; exec \"$0\" \"$@\"", "run_out -");
    let port = process.port();
    let many: Vec<TcpStream> =
        (0..60).map(|_| TcpStream::connect((LOOPBACK, port)).unwrap()).collect();
    assert_eq!(process.says().as_deref(), Some("too many open files"));
    drop(many);
    let (here, mut notifications) = start(stream, Options::default(), vec![at(port, "")]);
    running(&mut notifications).await;
    assert_eq!(here.raise(small("ping", 7)).await.unwrap().peers, 1);
    assert_eq!(here.flush(LONG).await, []);
    assert_eq!(process.says().as_deref(), Some("7"));
}

#[cfg(not(unix))]
pub(crate) async fn peers_wait_while_no_descriptors_are_free(_: Stream) {
    writeln!(io::stderr(), "skipped: file descriptors can't be limited here").unwrap();
}

/// A script that creates two network namespaces with a link between them. Exits with 77 if that is
/// not permitted.
const HOSTS: &str = r#"
unshare -rn true 2>/dev/null || exit 77
exec unshare -rn sh -ec '
    exec 3<&0
    # Lives as long as the test does not close its input.
    unshare -n cat <&3 >/dev/null & other=$!
    # If one of them fails the others do not wait for it.
    trap "kill $other \$listening 2>/dev/null" EXIT
    while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do :; done
    ip link add here type veth peer name there netns $other 2>/dev/null || exit 77
    in_other="nsenter -t $other -n"
    # Or a second address of this kind, which comes a second later, may be the one to connect from.
    ip link set here addrgenmode none
    $in_other ip link set there addrgenmode none
    ip addr add 192.0.2.1/24 dev here
    ip addr add fe80::1/64 dev here nodad
    ip link set here up
    $in_other ip addr add 192.0.2.2/24 dev there
    $in_other ip addr add fe80::2/64 dev there nodad
    $in_other ip link set there up
    BROCOMM_TEST_PART="listen 192.0.2.2" $in_other "$0" "$@" & listening=$!
    BROCOMM_TEST_PART="listen fe80::2%there" $in_other "$0" "$@" & listening="$listening $!"
    BROCOMM_TEST_PART="connect 192.0.2.2" "$0" "$@"
    BROCOMM_TEST_PART="connect fe80::2%here" "$0" "$@"
' "$0" "$@"
"#;

/// Splits an address into the IP address and the zone.
fn place(address: &str) -> (IpAddr, Option<String>) {
    match address.split_once('%') {
        None => (address.parse().unwrap(), None),
        Some((host, zone)) => (host.parse().unwrap(), Some(zone.to_owned())),
    }
}

/// Answers one event.
async fn listen_at(stream: Stream, address: &str) {
    let (host, zone) = place(address);
    let options = Options {
        listen_interface: host,
        listen_port: 47757,
        listen_ipv6: host.is_ipv6(),
        listen_ipv6_zone_id: zone.clone().unwrap_or_default(),
        ..listening()
    };
    let host = if host.is_ipv6() { "fe80::1" } else { "192.0.2.1" }.parse().unwrap();
    let (here, mut notifications, _) =
        listener(stream, options, vec![PeerConfig { host, zone_id: zone, ..anyone("ping") }]).await;
    let number = numbers(&mut notifications, 1).await[0];
    here.raise(small("pong", number + 1)).await.unwrap();
    closed(&mut notifications).await;
}

/// Sends a request, again and again until the other node listens.
async fn connect_to(stream: Stream, address: &str) {
    let (host, zone_id) = place(address);
    let node = PeerConfig { host, zone_id, ..at(47757, "pong") };
    let (here, mut notifications) = start(stream, Options::default(), vec![node]);
    running(&mut notifications).await;
    assert_eq!(
        here.raise(small("ping", 1)).await.unwrap().peers,
        1,
        "the peer entry with our address applies"
    );
    say(numbers(&mut notifications, 1).await[0]);
    assert_eq!(here.terminate().await, []);
}

pub(crate) async fn two_hosts_connect_by_their_addresses_and_zones(stream: Stream) {
    let mut hosts = Process::start(stream, HOSTS, "-");
    let said: Vec<String> = std::iter::from_fn(|| hosts.says()).collect();
    if hosts.child.wait().unwrap().code() == Some(77) {
        writeln!(io::stderr(), "skipped: no network namespaces here").unwrap();
        return;
    }
    assert_eq!(said, ["2", "2"]);
}
