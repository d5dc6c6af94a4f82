//! Runs the short programs with Rust types against a node with the same types.

use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use brocomm_std::{Change, Event, Node, Record};

use crate::examples::Program;
use crate::program::example;

/// Far longer than a passing test takes.
fn late() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(60))
}

const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

fn start(name: &str, address: &str) -> Program {
    let mut command = Command::new(example(name));
    command.arg(address);
    Program::start(command)
}

/// Starts an example that connects to a node, and waits until it is connected.
fn connected_to(node: &Node, name: &str) -> Program {
    let address = node.listening(late()).expect("it listens").to_string();
    let program = start(name, &address);
    node.connected(late()).expect("it connects");
    program
}

#[derive(Event)]
struct FailedLogin {
    user: String,
    host: IpAddr,
}

#[derive(Event)]
struct Block {
    host: IpAddr,
}

#[test]
fn failed_logins() {
    let builder = Node::builder().send::<FailedLogin>().receive::<Block>();
    let bro = builder.listen("127.0.0.1:0").accept("127.0.0.1").start().expect("it starts");
    let mut blocks = bro.events::<Block>().expect("it is declared");
    let _program = connected_to(&bro, "failed_logins");
    bro.raise(FailedLogin { user: "root".to_owned(), host: HOST }, late()).expect("there is room");
    let (_, block) = blocks.next(late()).expect("it answers").expect("it fits");
    assert_eq!(block.host, HOST);
}

#[derive(Event)]
struct Hit {
    host: IpAddr,
}

#[test]
fn hit_counts() {
    let mut program = start("hit_counts", "127.0.0.1:0");
    let listening = program.line_with("listening on ");
    let address = listening.rsplit(' ').next().expect("it prints its address");
    let builder = Node::builder().send::<Hit>().table::<IpAddr, u64>("hits");
    let bro = builder.connect(address).start().expect("it starts");
    let hits = bro.table::<IpAddr, u64>("hits").expect("it is declared");
    let changes = hits.changes();
    bro.connected(late()).expect("it connects");
    for _ in 0..2 {
        bro.raise(Hit { host: HOST }, late()).expect("there is room");
    }
    let counts = changes.filter_map(|change| match change.expect("it fits") {
        Change::Set(host, count) => Some((host, count)),
        _ => None,
    });
    assert_eq!(counts.take(2).collect::<Vec<_>>(), [(HOST, 1), (HOST, 2)]);
}

#[derive(Record)]
#[bro(log)]
struct Id {
    orig_h: IpAddr,
    resp_h: IpAddr,
}

#[derive(Record)]
#[bro(log)]
struct Conn {
    id: Id,
    service: Option<String>,
}

#[test]
fn connections() {
    let builder = Node::builder().log::<Conn>("conn").listen("127.0.0.1:0");
    let bro = builder.start().expect("it starts");
    let mut program = connected_to(&bro, "connections");
    let conn = bro.log("conn").expect("it is declared");
    for service in [Some("http".to_owned()), None] {
        let id = Id { orig_h: HOST, resp_h: [192, 0, 2, 7].into() };
        conn.write(&Conn { id, service }, late()).expect("there is room");
    }
    program.line_with("10.0.0.1 -> 192.0.2.7: http");
    program.line_with("10.0.0.1 -> 192.0.2.7: -");
}
