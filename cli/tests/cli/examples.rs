//! Runs the examples in the help texts with a shell. Only the addresses of the peers are replaced, and
//! the number of events of a benchmark.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::support::wire::{Wire, pcap, pcapng};
use crate::support::{Program, no_folder, run, session};

/// Stubs for other programs in the examples. They copy their input.
const TOOLS: [&str; 3] = ["jq", "bro-cut", "vector"];

/// Creates the files that examples name.
fn folder() -> PathBuf {
    let folder = no_folder("examples");
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_brocomm"), bin.join("brocomm")).unwrap();
    for tool in TOOLS {
        fs::write(bin.join(tool), "#!/bin/sh\nexec cat\n").unwrap();
        fs::set_permissions(bin.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let write = |file: &str, content: &[u8]| fs::write(folder.join(file), content).unwrap();
    fs::create_dir_all(folder.join(".local/share/bash-completion/completions")).unwrap();
    let recorded = session("broccoli-bro-ping");
    let mut steps = fs::read(recorded.recording_path()).unwrap();
    if steps.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        MultiGzDecoder::new(&steps[..]).read_to_end(&mut plain).unwrap();
        steps = plain;
    }
    write("session.jsonl", &steps);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&steps).unwrap();
    write("session.jsonl.gz", &gzip.finish().unwrap());
    let frames = |port| Wire::of(&recorded, false, [50_000, port], 1400).frames;
    write("session.pcap", &pcap(&frames(47757)));
    write("dump.pcapng", &pcapng(&frames(1234)));
    write("events.bro", b"event Ping::ping(n: count);");
    write("vars.bro", VARIABLES.as_bytes());
    write("node.cfg", include_bytes!("../node_cfg/cluster-small.cfg"));
    fs::create_dir_all(folder.join("logs")).unwrap();
    write("logs/conn.log", b"");
    fs::create_dir_all(folder.join("spool")).unwrap();
    write("spool/identity", b"");
    folder
}

/// Returns the examples in a command's help, without remarks.
fn examples(command: &str) -> Vec<String> {
    let command: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let help = run(command).stdout;
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  ")).map(str::trim_start);
    let remarkless = |line: &str| line.split("   ").next().unwrap_or_default().to_owned();
    lines.filter(|line| line.contains("brocomm ")).map(remarkless).collect()
}

/// Returns a shell command that runs a line in the directory.
fn shell(folder: &Path, line: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("HOME", folder);
    command.env("PATH", format!("{}:{path}", folder.join("bin").display()));
    command
}

/// The contents of vars.bro according to the help of `state`.
const VARIABLES: &str = "global hits: count = 0 &synchronized;\n\
    global hosts: table[addr] of string &synchronized;\n\
    global blocked: set[addr] &synchronized;\n";

const SENSOR: &str = "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
    declarations = \"\"\"\nevent my_event(s: string, n: count, a: addr, p: port);\n\
    event seen(d: double, s: set[addr]);\nevent ping(n: count);\n\
    module Site;\ntype Host: record { host: addr; };\nglobal seen: event(h: Host);\n\
    global alert: event(s: string, n: count);\nmodule GLOBAL;\n\
    VARIABLES\"\"\"\n\
    [nodes.any]\nhost = '127.0.0.1'\nevents = '/my_event|seen|ping/'\nsync = true\n\
    [nodes.control]\nhost = '127.0.0.1'\nclass = 'control'\nevents = 'ping'\n";

/// Starts an example that runs until it is interrupted. The program itself gets the signal.
fn start(folder: &Path, line: &str) -> Program {
    let program = line.split(" | ").next().unwrap_or_default();
    Program::spawn(shell(folder, &format!("exec {program}")))
}

fn interrupt(program: Program, line: &str) {
    program.signal("-INT");
    let ended = program.end();
    assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
}

#[test]
fn the_examples_of_every_help_work() {
    let folder = folder();
    // A node that offers everything that the examples expect from a sensor.
    let file = folder.join("manager.toml");
    fs::write(&file, SENSOR.replace("VARIABLES", VARIABLES)).unwrap();
    let mut sensor = Program::start([
        "run",
        file.to_str().unwrap(),
        "--no-log",
        "--log-level=info",
        "--zeek-websocket=127.0.0.1:0",
    ]);
    let served = sensor.error_with("clients of Zeek's API are served at ");
    let zeek = served.split("served at ").nth(1).unwrap().split("/v1/").next().unwrap().to_owned();
    let address = sensor.line_with("listening on ").replace("listening on ", "");
    let port = address.rsplit(':').next().unwrap();
    let client = format!(
        "declarations = \"event ping(n: count); global hits: count = 0 &synchronized;\"\n\
         [nodes.sensor]\nhost = '127.0.0.1'\np = {port}\nconnect = true\n"
    );
    let bridge = format!("{client}[[zeek]]\nurl = '{zeek}'\n");
    fs::write(folder.join("bridge.toml"), &bridge).unwrap();
    fs::write(
        folder.join("site.zeek"),
        "module Site;\ntype Host: record { host: addr; };\nglobal seen: event(h: Host);\n",
    )
    .unwrap();
    for file in ["client.toml", "node.toml", "sensor.toml"] {
        fs::write(folder.join(file), &client).unwrap();
    }
    let mut echo = Program::start(["bench", "--serve=127.0.0.1:0"]);
    let echo_at = echo.line_with("listening on ").replace("listening on ", "");
    let own = ["--event", "ping(time, count)", "--reply", "pong"];
    let mut pong = Program::start([&["bench", "--serve=127.0.0.1:0"][..], &own].concat());
    let pong_at = pong.line_with("listening on ").replace("listening on ", "");

    let mut left_out = BTreeMap::new();
    for command in [
        "",
        "decode",
        "listen",
        "connect",
        "run",
        "bridge",
        "zeek listen",
        "zeek send",
        "send",
        "bench",
        "logs",
        "spool read",
        "tail",
        "print",
        "state",
        "replay",
        "doctor",
        "cluster show",
        "cluster import",
        "completions",
        "man",
    ] {
        let examples = examples(command);
        assert!(!examples.is_empty(), "{command}");
        for (count, example) in examples.into_iter().enumerate() {
            let peer = match example.starts_with("brocomm bench ") {
                true if example.contains("--reply") => &pong_at,
                true => &echo_at,
                false => &address,
            };
            let line = example
                .replace("bench 127.0.0.1:4711", &format!("bench {echo_at}"))
                .replace("--serve 127.0.0.1:4711", "--serve 127.0.0.1:0")
                .replace("[::1]:47757", &address)
                .replace("[::1]:0", "127.0.0.1:0")
                .replace("0.0.0.0:47757", "127.0.0.1:0")
                .replace("127.0.0.1:9477", "127.0.0.1:0")
                .replace("listen --event", "listen --on 127.0.0.1:0 --event")
                .replace("ws://127.0.0.1:27759", &zeek)
                .replace("ws://manager:27759", &zeek)
                .replace("ws://manager", &zeek)
                .replace("alerts.zeek", "site.zeek")
                .replace(" sensor", &format!(" {peer}"))
                .replace(&format!(" {address}.toml"), " sensor.toml");
            let is_long = example.starts_with("brocomm bench ")
                && !["--serve", "--count"].iter().any(|option| example.contains(option));
            let line = if is_long { line + " --count 100" } else { line };
            // An example has overwritten the file.
            fs::write(folder.join("brocomm.toml"), &client).unwrap();
            let words: Vec<&str> = example.split(' ').collect();
            match words[..] {
                // Needs a peer that matches the recording, or certificates.
                ["brocomm", "replay", ..] => drop(left_out.insert(example.clone(), "replay.rs")),
                // Ends with Ctrl-C only.
                _ if example.contains("--follow") => {
                    left_out.insert(example.clone(), "spool.rs");
                }
                // Needs a peer with logs.
                ["brocomm", "logs", _, "--list", ..] => {
                    left_out.insert(example.clone(), "logs.rs");
                }
                _ if example.contains("--tls-") => drop(left_out.insert(example.clone(), "tls.rs")),
                ["brocomm", "listen", ..]
                | ["brocomm", "logs", "--listen", ..]
                | ["brocomm", "bench", "--serve", _] => {
                    let mut program = start(&folder, &line);
                    program.line_with("listening");
                    interrupt(program, &line);
                }
                ["brocomm", "zeek", "listen", ..] => {
                    let mut program = start(&folder, &line);
                    program.line_with("ready");
                    interrupt(program, &line);
                }
                // It creates a file that exists already.
                ["brocomm", "config", "example", ..] if line.ends_with("bridge.toml") => {}
                // It draws on a terminal.
                ["brocomm", "top", ..] => drop(left_out.insert(example.clone(), "top.rs")),
                ["brocomm", "connect", ..] if example.contains("--fields") => {
                    left_out.insert(example.clone(), "fields.rs");
                }
                ["brocomm", "run" | "connect" | "bridge", ..] => {
                    let mut program = start(&folder, &line);
                    program.line_with("handshake_done");
                    interrupt(program, &line);
                }
                ["brocomm", "state", "watch", ..] => {
                    let mut program = start(&folder, &line);
                    program.line_with("hits");
                    interrupt(program, &line);
                }
                // These print nothing before something arrives.
                ["brocomm", "logs" | "tail" | "print", ..] => {
                    let (line, _) = line.split_once(" | ").unwrap_or((&line, ""));
                    let line = format!("{line} --description '{command} {count}'");
                    let program = start(&folder, &line);
                    sensor.error_with(&format!("peer_description is {command} {count}"));
                    sensor.error_with("phase: running");
                    interrupt(program, &line);
                }
                _ => {
                    let ended = shell(&folder, &line).output().unwrap();
                    let stderr = String::from_utf8_lossy(&ended.stderr);
                    assert_eq!(ended.status.code(), Some(0), "{line}: {stderr}");
                }
            }
        }
    }
    let missing: Vec<&str> = left_out.into_values().collect();
    assert_eq!(
        missing,
        [
            "fields.rs",
            "tls.rs",
            "tls.rs",
            "logs.rs",
            "replay.rs",
            "replay.rs",
            "spool.rs",
            "top.rs"
        ]
    );
}
