//! Runs the programs in the book.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;

use brocomm::data::{Declarations, Value};
use brocomm::event;
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Requests};
use brocomm_std::Listener;

use crate::pages::book;
use crate::program::{brocomm, example, path};

/// A running program, killed at the end of the test.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Program {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Program { child, lines }
    }

    /// Returns the first line that contains a text.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let mut lines = self.lines.by_ref().map(|line| line.expect("output is text"));
        lines.find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}"))
    }

    fn assert_ends_well(mut self) {
        assert!(self.child.wait().expect("it has not been waited for").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The manager of the tutorial, on a port that the system chooses.
const MANAGER: &str = "
    listen = true
    listen_interface = '127.0.0.1'
    listen_port = 0
    declarations = '''
        event scan_seen(host: addr, ports: count);
        event block(host: addr, why: string);
    '''
    [nodes.sensors]
    host = '127.0.0.1'
    class = 'sensor'
    events = 'scan_seen'
";

/// Runs a manager, and a sensor that gets the manager's address.
fn talks_to_a_manager(name: &str, sensor: impl FnOnce(&str) -> Command) {
    let file = folder().join(format!("{name}.toml"));
    fs::write(&file, MANAGER).expect("the folder is writable");
    let mut command = Command::new(brocomm());
    command.arg("run").arg(file).args(["--no-log", "--stdin"]);
    let mut manager = Program::start(command);
    let listening = manager.line_with("listening on ");
    let address = listening.rsplit(' ').next().expect("it prints its address");

    let mut sensor = Program::start(sensor(address));
    manager.line_with(" established node sensors");
    manager.line_with(" event scan_seen(10.0.0.1, 443)");
    let input = manager.child.stdin.as_mut().expect("it is piped");
    input.write_all(b"block(10.0.0.1, \"it scans\")\n").expect("the manager reads");
    sensor.line_with("block 10.0.0.1: it scans");
    sensor.assert_ends_well();
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn example_talks_to_a_manager(name: &str) {
    talks_to_a_manager(name, |address| {
        let mut command = Command::new(example(name));
        command.arg(address);
        command
    });
}

#[test]
fn a_sensor_on_std() {
    example_talks_to_a_manager("sensor_std");
}

#[test]
fn a_sensor_on_tokio() {
    example_talks_to_a_manager("sensor_tokio");
}

#[test]
fn a_sensor_on_smol() {
    example_talks_to_a_manager("sensor_smol");
}

#[test]
fn a_sensor_with_its_own_event_loop() {
    example_talks_to_a_manager("sensor_own_loop");
}

#[test]
fn a_sensor_in_python() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: python3 is not installed");
        return;
    }
    talks_to_a_manager("sensor_python", |address| {
        let (_, port) = address.rsplit_once(':').expect("it says which port");
        let text = format!(
            "declarations = 'event scan_seen(host: addr, ports: count); \
             event block(host: addr, why: string);'\n\
             [nodes.manager]\nhost = '127.0.0.1'\np = {port}\nclass = 'sensor'\nconnect = true\n\
             events = 'block'\n"
        );
        let folder = folder().join("python");
        fs::create_dir_all(&folder).expect("the folder can be created");
        fs::write(folder.join("sensor.toml"), text).expect("the folder is writable");
        let mut command = Command::new("python3");
        command.arg(book().join("examples/sensor.py")).current_dir(folder).env("PATH", path());
        command
    });
}

/// Returns the output of `brocomm listen --json` for some scans.
fn scans() -> String {
    let event = "scan_seen(addr, count, string)";
    let mut command = Command::new(brocomm());
    command.args(["listen", "--on=127.0.0.1:0", "--json", "--once", "--event", event]);
    let mut listener = Program::start(command);
    let first = listener.line_with("listening");
    let output: serde_json::Value = serde_json::from_str(&first).expect("it is JSON");
    let address = output["address"].as_str().expect("it prints its address");
    let sent = Command::new(brocomm())
        .args(["send", address, "--event", event, r#"scan_seen(10.0.0.1, 443, "\xff")"#])
        .arg(r#"{"event": "scan_seen", "args": ["10.0.0.2", "18446744073709551614", "é"]}"#)
        .output()
        .expect("it runs");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let second = listener.line_with("scan_seen\",\"time");
    let third = listener.line_with("scan_seen\",\"time");
    [first, second, third].join("\n") + "\n"
}

/// Runs a program with the given input and returns its output, or `None` if the program is not
/// installed.
fn piped(command: &mut Command, input: &str) -> Option<String> {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.spawn().ok()?;
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it runs");
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).expect("it is text"))
}

#[test]
fn python_reads_json_lines() {
    let mut python = Command::new("python3");
    let output = piped(python.arg(book().join("examples/scans.py")), &scans());
    let Some(output) = output else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    assert_eq!(output, "10.0.0.1 444 b'\\xff'\n10.0.0.2 18446744073709551615 b'\\xc3\\xa9'\n");
}

#[test]
fn jq_reads_json_lines() {
    let page = fs::read_to_string(book().join("src/json.md")).expect("the page is there");
    for (filter, input, expected) in [
        (
            r#"select(.event == "scan_seen" and .args[1] > 100) | .args[0]"#,
            scans(),
            "10.0.0.1\n10.0.0.2\n",
        ),
        (
            ".value | from_entries",
            r#"{"name":"blocked","value":[{"key":"10.0.0.1","value":"it scans"}]}"#.to_owned(),
            "{\n  \"10.0.0.1\": \"it scans\"\n}\n",
        ),
    ] {
        assert!(page.contains(&format!("'{filter}'")), "{filter}");
        match piped(Command::new("jq").args(["-r", filter]), &input) {
            Some(output) => assert_eq!(output, expected),
            None => eprintln!("skipped: jq is not installed"),
        }
    }
}

#[test]
fn state_and_logs() {
    let mut program = Program::start(Command::new(example("state_and_logs")));
    program.line_with("10.0.0.1\t443");
    program.assert_ends_well();
}

/// Answers one ping, like Bro's script.
fn answers_a_ping(declarations: &str, records: bool) {
    let mut declared = Declarations::new();
    declared.read(declarations).expect("they are valid");
    let requests = Requests { events: vec!["ping".into()], ..Requests::default() };
    let config = ConnectionConfig {
        requests,
        declarations: Arc::new(declared),
        ..ConnectionConfig::default()
    };
    let mut listener = Listener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().to_string();
    let bro = thread::spawn(move || {
        let mut peer = listener.accept(config, None).expect("it can").expect("nobody stops it");
        while let Some(notification) = peer.next(None).expect("it can") {
            if let ConnectionNotification::Event(ping) = notification {
                let pong = if records {
                    let Value::Record(data) = &ping.args[0] else { panic!("{ping:?}") };
                    let declared = &peer.connection().config().declarations;
                    let (seq, sent) = (&data.fields[0], &data.fields[1]);
                    let text = format!(
                        "pong([$seq={}, $src_time=time({}), $dst_time=time({})])",
                        seq.as_ref().expect("it is set"),
                        sent.as_ref().expect("it is set"),
                        sent.as_ref().expect("it is set"),
                    );
                    brocomm::data::Event::parse(&text, declared).expect("it is a call")
                } else {
                    event!("pong", ping.args[0], peer.now(), ping.args[1])
                };
                let _ = peer.send_event(&pong).expect("there is room");
            }
        }
    });
    let mut command = Command::new(example("broping"));
    command.args(if records { &["-r", "-c", "1"][..] } else { &["-c", "1"] }).arg(address);
    let mut broping = Program::start(command);
    broping.line_with("pong: seq=0, time=");
    broping.assert_ends_well();
    bro.join().expect("it does not panic");
}

#[test]
fn broping_with_plain_arguments() {
    let declarations = "event ping(src_time: time, seq: count); \
        event pong(src_time: time, dst_time: time, seq: count);";
    answers_a_ping(declarations, false);
}

#[test]
fn broping_with_records() {
    let declarations = "type ping_data: record { seq: count; src_time: time; }; \
        type pong_data: record { seq: count; src_time: time; dst_time: time; }; \
        event ping(data: ping_data); event pong(data: pong_data);";
    answers_a_ping(declarations, true);
}
