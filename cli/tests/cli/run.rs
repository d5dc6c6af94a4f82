//! Tests of `brocomm run` with two nodes on the loopback interface.

use std::fs;
use std::path::Path;

use crate::support::{Program, brocomm, run, scratch};

fn start(configuration: &Path, arguments: &[&str]) -> Program {
    Program::start([&["run", configuration.to_str().unwrap()], arguments].concat())
}

const EVENTS: &str = "declarations = 'event ping(n: count); event pong(n: count);'\n";

#[test]
fn two_nodes_behave_like_bros() {
    let test = "run-two-nodes";
    let text = format!(
        "{EVENTS}listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
         [nodes.client]\nhost = '127.0.0.1'\nclass = 'c'\nevents = 'ping'\n"
    );
    let server = scratch(test, "server.toml", text.as_bytes());
    let server_log = server.with_file_name("server.log");
    let mut server =
        start(&server, &["--stdin", "--no-status", "--log", server_log.to_str().unwrap()]);
    let listening = server.line_with("listening on 127.0.0.1:");
    let port = listening.rsplit(':').next().unwrap();

    let text = format!(
        "{EVENTS}[nodes.server]\nhost = '127.0.0.1'\np = {port}\nclass = 'c'\nconnect = true\n\
         retry = '1 sec'\nevents = '/pong/'\n"
    );
    let client = scratch(test, "client.toml", text.as_bytes());
    let client_log = client.with_file_name("client.log");
    let log = client_log.to_str().unwrap();
    let mut client = start(&client, &["--stdin", "--print", "json", "--log", log]);
    server.line_with("handshake_done");
    client.line_with("\"notification\":\"handshake_done\"");

    client.write("ping(7)");
    assert!(server.line_with(" event ").ends_with("event ping(7)"));
    server.write("pong(8)");
    let event = client.line_with("\"notification\":\"event\"");
    assert!(event.contains("\"event\":\"pong\"") && event.contains("\"args\":[8]"), "{event}");
    client.write("ping(oops");

    server.signal("-TERM");
    server.line_with(" closed ");
    let server = server.end();
    assert_eq!((server.code, server.stderr.as_str()), (0, ""));
    client.line_with("\"notification\":\"closed\"");
    // The peers are listed after the attempt to reconnect has failed.
    client.line_with("\"notification\":\"connect_failed\"");
    client.signal("-USR1");
    client.signal("-TERM");
    let client = client.end();
    let errors = client.stderr;
    assert_eq!(client.code, 1, "{errors}");
    for part in [
        "brocomm: standard input: line 2, column 10: ",
        "brocomm: 1 line of standard input failed",
        "connect failed: connection refused",
        "peer",
        "#1: last error: connect failed: connection refused",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }

    let log = fs::read_to_string(server_log).unwrap();
    for part in [
        "#path\tcommunication\n",
        "\tbro\tchild\t-\t-\t-\tinfo\tlistening on 127.0.0.1:",
        "\tbro\tscript\t-\t-\t-\tinfo\trequesting events matching /^?(ping)$?/\n",
        "] peer sent class \"c\"\n",
        "] phase: running\n",
        "\tinfo\tterminating...\n",
        "\n#close\t",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(
        fs::read_to_string(client_log).unwrap().contains("] connect failed: connection refused\n")
    );
}

#[test]
fn an_invalid_configuration_prevents_the_start() {
    let file = scratch("run-wrong", "node.toml", b"listen = true\ncompression_level = 10\n");
    let log = file.with_file_name("communication.log");
    let result = run(["run".as_ref(), file.as_os_str(), "--log".as_ref(), log.as_os_str()]);
    assert_eq!((result.code, result.stdout.as_str()), (2, ""));
    assert!(result.stderr.contains("compression_level = 10: "), "{}", result.stderr);
    assert!(!log.exists());
}

#[test]
fn a_node_with_nothing_to_do_says_so() {
    let file = scratch("run-nothing", "node.toml", b"");
    let result = run(["run".as_ref(), file.as_os_str()]);
    assert_eq!(result.code, 2);
    assert!(result.stderr.contains("nothing to do: set `listen = true`"), "{}", result.stderr);
}

#[test]
fn variables_are_kept_over_a_restart() {
    let test = "run-state";
    let text = "declarations = 'global hits = 1 &synchronized;'\nlisten = true\n\
        listen_interface = '127.0.0.1'\nlisten_port = 0\n\
        [nodes.tool]\nhost = '127.0.0.1'\nsync = true\n";
    let file = scratch(test, "node.toml", text.as_bytes());
    let kept = file.with_file_name("kept");
    // May exist from a previous run.
    let _ = fs::remove_file(&kept);
    let node = || {
        let mut node = start(&file, &["--no-log", "--state", kept.to_str().unwrap()]);
        let listening = node.line_with("listening on ");
        (node, listening.strip_prefix("listening on ").unwrap().to_owned())
    };
    let state = |arguments: &[&str]| {
        run([&["state"], arguments, &["--config", file.to_str().unwrap()]].concat())
    };
    let (first, address) = node();
    assert_eq!(state(&["set", &address, "hits", "7"]).stdout, "set hits = 7 (was 1)\n");
    first.signal("-TERM");
    assert_eq!(first.end().code, 0);
    let (_second, address) = node();
    assert_eq!(state(&["get", &address]).outcome(), (0, "hits = 7\n", ""));
}

#[test]
fn an_unwritable_state_file_prevents_the_start() {
    let text = b"declarations = 'global hits = 1 &synchronized;'\nlisten = true\nlisten_port = 0\n";
    let file = scratch("run-state-unwritable", "node.toml", text);
    let state = file.with_file_name("no").join("such").join("folder");
    let arguments = ["run".as_ref(), file.as_os_str(), "--no-log".as_ref(), "--state".as_ref()];
    let result = run([&arguments[..], &[state.as_os_str()]].concat());
    assert_eq!((result.code, result.stdout.as_str()), (1, ""));
    let wanted = format!("brocomm: {}: cannot write: ", state.display());
    assert!(result.stderr.starts_with(&wanted), "{}", result.stderr);
}

#[test]
fn the_log_has_local_time_unless_utc_is_given() {
    let file = scratch(
        "run-utc",
        "node.toml",
        b"listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n",
    );
    let log = file.with_file_name("communication.log");
    // Nine hours ahead of UTC, in POSIX notation.
    for (more, ahead) in [(&[][..], 9), (&["--utc"], 0)] {
        let mut command = brocomm();
        command.env("TZ", "XYZ-9").arg("run").arg(&file).arg("--log").arg(&log).args(more);
        let mut node = Program::spawn(command);
        node.line_with("listening on ");
        node.signal("-TERM");
        assert_eq!(node.end().code, 0);
        let text = fs::read_to_string(&log).unwrap();
        let open = text.lines().find_map(|line| line.strip_prefix("#open\t")).unwrap();
        let first = text.lines().find(|line| !line.starts_with('#')).unwrap();
        let seconds: f64 = first.split('\t').next().unwrap().parse().unwrap();
        let hour = (seconds as u64 / 3600 + ahead) % 24;
        assert_eq!(open[11..13].parse(), Ok(hour), "{open}");
    }
}
