//! Tests of Zeek's WebSocket API: the program as client, as server, and as a bridge.

#[cfg(unix)]
mod killed;
#[cfg(target_os = "linux")]
mod stopped;
mod trust;

use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::SanType;

use crate::support::{Program, Run, no_folder, run};
use crate::tls::files_with;

const BRO: &str = "type Pair: record { a: count; b: string; };
event ping(n: count);
event pair(p: Pair);
event back(n: count, s: string);
";

const ZEEK: &str = "module Site;
export {
    type Pair: record { b: string &log; new: int &optional; a: count; };
    global pair: event(p: Pair) &is_used;
    global ping: event(n: count) &is_used;
    global back: event(n: count, s: string) &is_used;
    global all: event(b: bool, i: int, c: count, d: double, t: time, v: interval, s: string,
        p: port, a: addr, n: subnet, e: Color) &is_used;
}
function f() { print \"no signature\"; }
";

const TYPES: &str = "module Site;\nexport { type Color: enum { RED, GREEN }; }\n";

/// Makes a node wait instead of dropping events.
#[cfg(unix)]
const BLOCK_ALL: &str = "[outgoing]\noverflow = 'block'\n[incoming]\noverflow = 'block'\n";

/// Creates the files of both sides, in a folder of their own.
fn folder(test: &str) -> PathBuf {
    let folder = no_folder(test);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("shared.bro"), BRO).unwrap();
    fs::write(folder.join("zeek-side.zeek"), format!("{TYPES}{ZEEK}")).unwrap();
    folder
}

/// Starts a node that serves clients of Zeek's API. Returns its URL, and the address for peers.
fn stand_in(folder: &Path, options: &[&str]) -> (Program, String, String) {
    let config = folder.join("stand-in.toml");
    fs::write(
        &config,
        "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
         declaration_files = ['types.bro']\n\
         [nodes.any]\nhost = '127.0.0.1'\nevents = '/.*/'\n",
    )
    .unwrap();
    let declared = "module Site;\ntype Color: enum { RED, GREEN };\n\
        type Pair: record { b: string; new: int &optional; a: count; };\nmodule GLOBAL;\n\
        event Site::pair(p: Site::Pair);\nevent Site::ping(n: count);\n\
        event Site::back(n: count, s: string);\n\
        event Site::all(b: bool, i: int, c: count, d: double, t: time, v: interval, s: string, \
        p: port, a: addr, n: subnet, e: Site::Color);\n";
    fs::write(folder.join("types.bro"), declared).unwrap();
    let signatures = folder.join("zeek-side.zeek");
    let mut arguments = vec!["run", config.to_str().unwrap(), "--no-log", "--log-level=info"];
    arguments.extend(["--zeek-websocket=127.0.0.1:0", "--zeek-signatures"]);
    arguments.push(signatures.to_str().unwrap());
    arguments.extend(options);
    let mut program = Program::start(arguments);
    let served = program.error_with("clients of Zeek's API are served at ");
    let url = served.split(" at ").last().unwrap().trim().to_owned();
    let url = url.split_whitespace().next().unwrap().to_owned();
    let address = program.line_with("listening on ").replace("listening on ", "");
    (program, url, address)
}

#[test]
fn events_are_published_and_printed() {
    let folder = folder("zeek-events");
    let (server, url, _) = stand_in(&folder, &[]);
    let signatures = folder.join("zeek-side.zeek");
    let signatures = signatures.to_str().unwrap();
    let mut listener = Program::start([
        "zeek",
        "listen",
        &url,
        "--topic=site/",
        "--count=2",
        "--signatures",
        signatures,
    ]);
    listener.notice_with(" ready ");
    let pair = "Site::pair([$a=7, $b=\"x\"])";
    let sent = run([
        "zeek",
        "send",
        &url,
        "--topic=site/x",
        "--signatures",
        signatures,
        pair,
        "Site::ping(5)",
    ]);
    assert_eq!(sent.outcome(), (0, "", ""));
    let shown = listener.notice_with(" event ");
    assert_eq!(shown, "event Site::pair([b=x, new=<uninitialized>, a=7])");
    assert_eq!(listener.notice_with(" event "), "event Site::ping(5)");
    assert_eq!(listener.end().code, 0);

    // An event that Zeek does not know is refused.
    let Run { code, stderr, .. } = run(["zeek", "send", &url, "Site::nosuch(5)"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("failed to create Zeek event"), "{stderr}");
    let Run { code, stderr, .. } =
        run(["zeek", "send", &url, "--signatures", signatures, "Site::pair([$a=7])"]);
    assert_eq!(code, 2, "{stderr}");

    let Run { code, stdout, .. } = run(["doctor", &url]);
    assert_eq!(code, 0, "{stdout}");
    for step in ["ok    reachable", "ok    websocket", "ok    zeek", "ok    close"] {
        assert!(stdout.contains(step), "{stdout}");
    }
    let Run { code, stdout, .. } = run(["doctor", &url.replace("/v1/", "/v2/")]);
    assert_eq!(code, 1);
    assert!(stdout.contains("Invalid URI - use /v1/messages/json"), "{stdout}");
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
    let Run { code, stdout, .. } = run(["doctor", &url, "--timeout=2"]);
    assert_eq!((code, stdout.starts_with("BAD   reachable")), (1, true), "{stdout}");
}

#[test]
fn a_bridge_passes_events_both_ways() {
    let folder = folder("zeek-bridge");
    let (_server, url, _) = stand_in(&folder, &[]);
    let bridge_toml = folder.join("bridge.toml");
    fs::write(
        &bridge_toml,
        format!(
            "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
             declaration_files = ['shared.bro']\n\
             [nodes.any]\nhost = '127.0.0.1'\nevents = 'ping|pair'\n\
             [[zeek]]\nurl = '{url}'\nsignatures = 'zeek-side.zeek'\n\
             to_zeek = 'ping|pair'\nto_bro = 'back'\n\
             rename = {{ ping = 'Site::ping', pair = 'Site::pair', back = 'Site::back' }}\n"
        ),
    )
    .unwrap();
    let check = run(["config", "check", bridge_toml.to_str().unwrap()]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    let (log, logs) = (folder.join("communication.log"), folder.join("logs"));
    // The path of a socket must be short.
    let socket = std::env::temp_dir().join(format!("brocomm-bridge-{}", std::process::id()));
    let mut bridge = Program::start([
        "bridge",
        bridge_toml.to_str().unwrap(),
        "--log",
        log.to_str().unwrap(),
        "--write-logs",
        logs.to_str().unwrap(),
        "--rotate=1d",
        "--utc",
        "--log-level=info",
        "--metrics",
        "127.0.0.1:0",
        "--stdin",
        "--timeout",
        "5",
        "--no-status",
        "--pretty",
        "--control-socket",
        socket.to_str().unwrap(),
    ]);
    let address = bridge.line_with("listening on ").replace("listening on ", "");
    bridge.error_with("connected to Zeek");

    let mut zeek =
        Program::start(["zeek", "listen", &url, "--topic=brocomm/from-bro/", "--pretty"]);
    assert_eq!(run(["top", socket.to_str().unwrap(), "--once", "--interval=0.01"]).code, 0);
    zeek.notice_with(" ready ");
    let declarations = folder.join("shared.bro");
    let declarations = declarations.to_str().unwrap();
    let sent = run([
        "send",
        &address,
        "--declarations",
        declarations,
        "ping(3)",
        "pair([$a=7, $b=\"x\"])",
    ]);
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    assert_eq!(zeek.notice_with(" event "), "event Site::ping(3)");
    // By position there.
    assert!(zeek.notice_with(" event ").contains("Site::pair("));

    let mut bro = Program::start(["connect", &address, "--event", "back(count, string)"]);
    bro.notice_with(" handshake_done");
    let back = "Site::back(9, \"from Zeek\")";
    let sent = run(["zeek", "send", &url, "--topic=brocomm/to-bro/x", back]);
    assert_eq!(sent.outcome(), (0, "", ""));
    assert_eq!(bro.notice_with(" event "), "event back(9, from Zeek)");

    bridge.signal("-TERM");
    let counts = bridge.error_with("offered 2");
    assert!(counts.contains("confirmed 2") && counts.contains("delivered 1"), "{counts}");
    assert_eq!(bridge.end().code, 0);
}

#[test]
fn events_pass_over_tls_and_under_another_topic() {
    let address = SanType::IpAddress([127, 0, 0, 1].into());
    let [ca, own] = files_with("zeek-tls", |own| own.subject_alt_names = vec![address]);
    let (ca, own) = (ca.to_str().unwrap(), own.to_str().unwrap());
    let folder = folder("zeek-tls-server");
    let options = ["--zeek-tls-cert", own, "--zeek-tls-key", own, "--zeek-topic", "mine/{event}"];
    let (_server, url, peer) = stand_in(&folder, &options);
    assert!(url.starts_with("wss://"), "{url}");
    let tls = ["--tls-ca", ca, "--tls-cert", own, "--tls-key", own, "--application", "brocomm/x"];
    let listen = ["zeek", "listen", &url, "--topic=mine/", "--count=1"];
    let mut listener = Program::start([&listen[..], &tls].concat());
    listener.notice_with(" ready ");
    let send = ["zeek", "send", &url, "Site::ping(1)"];
    assert_eq!(run([&send[..], &tls].concat()).outcome(), (0, "", ""));
    // The issuer of the certificate must be given, because the system does not trust it.
    assert_ne!(run(send).code, 0);
    assert_eq!(run(["zeek", "send", &url.replace("wss", "ws"), "Site::ping(1)"]).code, 1);

    let file = folder.join("bridge.toml");
    let files = format!("ca = '{ca}'\ncert = '{own}'\nkey = '{own}'\n");
    fs::write(&file, format!("listen = true\nlisten_port = 0\n[[zeek]]\nurl = '{url}'\n{files}"))
        .unwrap();
    let mut bridge =
        Program::start(["bridge", file.to_str().unwrap(), "--no-log", "--log-level=info"]);
    bridge.error_with("connected to Zeek");
    bridge.signal("-TERM");
    assert_eq!(bridge.end().code, 0);

    let sent = run(["send", &peer, "--event", "Site::ping(count)", "Site::ping(4)"]);
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let shown = listener.line_with("mine/Site::ping ");
    assert!(shown.ends_with("event Site::ping(4)"), "{shown}");
    assert_eq!(listener.end().code, 0);
}

/// A server that closes each connection after some events, in the middle of many.
#[test]
fn all_events_are_counted_when_connections_fail() {
    for (name, acknowledge, code) in [("once", false, 1011), ("again", true, 1001)] {
        let folder = folder(&format!("zeek-accounts-{name}"));
        let fault = format!("--zeek-fault=close-after=70:{code}");
        let (_server, url, _) = stand_in(&folder, &[&fault]);
        let file = folder.join("bridge.toml");
        fs::write(
            &file,
            format!(
                "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
                 declaration_files = ['shared.bro']\n\
                 [nodes.any]\nhost = '127.0.0.1'\nevents = 'ping'\n\
                 [[zeek]]\nurl = '{url}'\nsignatures = 'zeek-side.zeek'\nto_zeek = 'ping'\n\
                 rename = {{ ping = 'Site::ping' }}\nretry = 0.01\nacknowledge = {acknowledge}\n"
            ),
        )
        .unwrap();
        let mut bridge =
            Program::start(["bridge", file.to_str().unwrap(), "--no-log", "--log-level=info"]);
        let address = bridge.line_with("listening on ").replace("listening on ", "");
        let client = folder.join("client.toml");
        let port = address.rsplit(':').next().unwrap();
        let entry = format!("[nodes.b]\nhost = '127.0.0.1'\np = {port}\nconnect = true\n");
        fs::write(&client, format!("declarations = 'event ping(n: count);'\n{entry}")).unwrap();
        let mut sender = Program::start([
            "run",
            client.to_str().unwrap(),
            "--no-log",
            "--stdin",
            "--exit-at-eof",
        ]);
        (0..500).for_each(|number| sender.write(&format!("ping({number})")));
        sender.close_input();
        assert_eq!(sender.end().code, 0);

        bridge.signal("-TERM");
        let line = bridge.error_with("offered ");
        let count = |what: &str| count(&line, what);
        assert!(count("offered") > 0, "{line}");
        assert_eq!(count("confirmed") + count("lost"), count("offered"), "{line}");
        if acknowledge {
            assert_eq!(count("lost (unconfirmed)") + count("lost (connection)"), 0, "{line}");
        }
        assert_eq!(bridge.end().code, 0);
    }
}

/// Returns the sum of the counters with this prefix in a line with all counters.
fn count(line: &str, what: &str) -> u64 {
    let numbers = line.split(&[':', ','][..]).filter_map(|part| {
        let (name, number) = part.trim().rsplit_once(' ')?;
        (name.starts_with(what)).then(|| number.parse::<u64>().ok())?
    });
    numbers.sum()
}

#[test]
fn errors_in_a_bridge_are_reported_before_it_starts() {
    let folder = folder("zeek-wrong");
    let file = folder.join("wrong.toml");
    let started = |zeek: &str| {
        fs::write(&file, format!("listen = true\nlisten_port = 0\n{zeek}")).unwrap();
        let Run { code, stderr, .. } = run(["bridge", file.to_str().unwrap(), "--no-log"]);
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    assert!(started("").contains("no [[zeek]]"));
    let target = "[[zeek]]\nurl = 'ws://127.0.0.1:1'\n";
    assert!(started(&format!("{target}signatures = 'none.zeek'")).contains("none.zeek"));
    fs::write(folder.join("bad.zeek"), "type A: record {\n x: nosuch; };").unwrap();
    let output = started(&format!("{target}signatures = 'bad.zeek'"));
    assert!(output.contains("bad.zeek:2:5: no type is named `nosuch`"), "{output}");
    assert!(started(&format!("{target}rename = {{ a = 'b' }}")).contains("declares event b"));
    assert!(started(&format!("{target}application = 'a b'")).contains("application"));
    let target = "[[zeek]]\nurl = 'wss://127.0.0.1:1'\nca = 'bad.zeek'\n";
    assert!(started(target).contains("bad.zeek: no certificate found"));
}

/// Reports all errors at once, each with its position, and events that would never be passed.
#[test]
fn checking_a_bridge_includes_its_files() {
    let folder = folder("zeek-check");
    let file = folder.join("bridge.toml");
    let check = |zeek: &str| {
        let declared = "declaration_files = ['shared.bro']\n";
        let text = format!("listen = true\n{declared}[[zeek]]\nurl = 'ws://h'\n{zeek}");
        fs::write(&file, text).unwrap();
        let (plain, json) = (["config", "check"], ["config", "check", "--json"]);
        let [plain, json] =
            [&plain[..], &json].map(|check| run([check, &[file.to_str().unwrap()]].concat()));
        assert_eq!(plain.code, json.code);
        (plain, serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap())
    };
    fs::write(folder.join("bad.zeek"), "module Site;\ntype A: record {\n x: nosuch; };").unwrap();
    fs::write(folder.join("worse.zeek"), "global e: event(a: count\n").unwrap();
    let (plain, json) = check(
        "signatures = ['bad.zeek', 'worse.zeek', 'none.zeek']\nto_zeek = '('\nsubscribe = 'a'\n",
    );
    assert_eq!(plain.code, 2);
    for expected in
        ["bad.zeek:3:5: ", "worse.zeek:", "bridge.toml:5:14: zeek.signatures", "to_zeek = '('"]
    {
        assert!(plain.stderr.contains(expected), "{expected}: {}", plain.stderr);
    }
    assert_eq!(json["errors"].as_array().unwrap().len(), 4, "{json}");

    let (plain, json) = check(
        "signatures = 'zeek-side.zeek'\nto_zeek = 'ping|pair|back'\nto_bro = 'pi.*'\n\
         rename = { ping = 'Site::ping', back = 'Site::ping' }\n",
    );
    assert_eq!(plain.code, 0, "{}", plain.stderr);
    for expected in [
        "event pair will not be passed: no signature declares event pair",
        "event back will not be passed: it has 2 arguments, and Site::ping has 1",
    ] {
        assert!(plain.stderr.contains(expected), "{expected}: {}", plain.stderr);
        assert!(json["warnings"].to_string().contains(expected), "{json}");
    }
    let line =
        "  ws://h:27759/v1/messages/json: gets /^?(ping|pair|back)$?/ (3 known events), sends ";
    assert!(plain.stdout.contains(line), "{}", plain.stdout);
}

#[test]
fn a_python_client_talks_to_the_server() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/zeek/client.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_package = Command::new(&python).args(["-c", "import websockets"]).output();
    if !has_package.is_ok_and(|output| output.status.success()) {
        let why = "no Python with the package `websockets`; PYTHON names another one";
        writeln!(stderr(), "skipped: {why}").unwrap();
        return;
    }
    let folder = folder("zeek-python");
    let (server, url, _) = stand_in(&folder, &[]);
    let ended = Command::new(&python).arg(script).arg(&url).output().unwrap();
    let output = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}{output}", String::from_utf8_lossy(&ended.stdout));
    drop(server);
}
