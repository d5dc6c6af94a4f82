//! Tests of the TLS options.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::support::{Program, Run, no_folder, run, scratch};

/// Creates a CA and a node's certificate with its key for a test, and returns the files.
fn files(test: &str) -> [PathBuf; 2] {
    files_with(test, |_| {})
}

/// The same with a modified certificate.
pub(crate) fn files_with(test: &str, unlike: impl FnOnce(&mut CertificateParams)) -> [PathBuf; 2] {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, test);
    let key = KeyPair::generate().unwrap();
    let ca = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let mut node = CertificateParams::new(vec!["node.example".to_owned()]).unwrap();
    unlike(&mut node);
    let own = node.signed_by(&key, &issuer).unwrap().pem() + &key.serialize_pem();
    [scratch(test, "ca.pem", ca.as_bytes()), scratch(test, "node.pem", own.as_bytes())]
}

fn options(test: &str) -> Vec<String> {
    as_options(files(test))
}

fn as_options([ca, own]: [PathBuf; 2]) -> Vec<String> {
    vec![format!("--tls-ca={}", ca.display()), format!("--tls-cert={}", own.display())]
}

fn listen(options: &[String]) -> (Program, String) {
    let mut all = vec!["--event", "e(count)", "--once"];
    all.extend(options.iter().map(String::as_str));
    Program::listen(&all)
}

#[test]
fn events_pass_over_tls() {
    let options = options("tls-good");
    let (mut listener, address) = listen(&options);
    let named = ["--tls-name", "node.example"].map(str::to_owned);
    let send = [vec!["send".to_owned(), address, "e(7)".to_owned()], options, named.into()];
    let Run { code, stderr, .. } = run(send.concat());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(listener.notice_with(" event "), "event e(7)");
    assert_eq!(listener.end().code, 0);
}

/// A killed program ends without `close_notify`, like a Bro that terminates.
#[cfg(unix)]
#[test]
fn an_end_without_close_notify_is_a_normal_close() {
    let options = options("tls-killed");
    let (mut listener, address) = listen(&options);
    let connect = ["connect", &address, "--event=e(count)"].map(str::to_owned);
    let mut follower = Program::start([&connect[..], &options].concat());
    follower.line_with("handshake_done");
    listener.line_with("handshake_done");
    drop(listener);
    let Run { code, stdout, stderr } = follower.end();
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.ends_with(" closed peer closed\n"), "{stdout}");
}

#[test]
fn both_sides_of_a_bench_use_tls() {
    let options = options("tls-bench");
    let serve = ["bench", "--serve=127.0.0.1:0"].map(str::to_owned);
    let mut server = Program::start([&serve[..], &options].concat());
    let address = server.line_with("listening on ").replace("listening on ", "");
    let bench = ["bench", &address, "--count=20", "--connections=2"].map(str::to_owned);
    let Run { code, stdout, stderr } = run([&bench[..], &options].concat());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("\nevents       40 sent, 40 answered\n"), "{stdout}");
    // Without TLS nothing is measured.
    assert_eq!(run(bench).code, 1);
    server.error_with("TLS: the peer does not use TLS");
}

#[test]
fn the_side_without_tls_is_named() {
    let options = options("tls-clear");
    let (listener, address) = listen(&options);
    assert_eq!(run(["send", &address, "e(7)"]).code, 1);
    let Run { code, stderr, .. } = listener.end();
    assert_eq!(code, 1);
    let text = "TLS: the peer does not use TLS, which is required here";
    assert!(stderr.contains(text), "{stderr}");

    let (listener, address) = listen(&[]);
    let send = [vec!["send".to_owned(), address, "e(7)".to_owned()], options].concat();
    assert_eq!(run(send).code, 1);
    let Run { code, stderr, .. } = listener.end();
    assert_eq!(code, 1);
    assert!(stderr.contains("the peer uses TLS, but clear text is expected"), "{stderr}");
}

#[test]
fn another_ca_and_another_name_are_refused() {
    let (_listener, address) = listen(&options("tls-refused"));
    let send = |options: Vec<String>| {
        let Run { code, stderr, .. } =
            run([vec!["send".to_owned(), address.clone(), "e(7)".to_owned()], options].concat());
        assert_eq!(code, 1);
        stderr
    };
    let stderr = send(options("tls-stranger"));
    assert!(stderr.contains("is not signed by a CA in `ssl_ca_certificate`"), "{stderr}");
}

/// Returns the doctor's finding at the first step with this prefix.
fn finding(address: &str, options: &[String], step: &str) -> (i32, Value) {
    let doctor = ["doctor", address, "--json"].map(str::to_owned);
    let run = run([&doctor[..], options].concat());
    let mut lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.find(|line| line["step"] == step).unwrap_or_else(|| panic!("{}", run.stdout));
    (run.code, line)
}

#[test]
fn doctor_reports_the_parameters_and_the_certificate() {
    let [ca, own] = files("tls-doctor");
    let options = as_options([ca.clone(), own]);
    let (_listener, address) = Program::listen(&as_str(&options));
    let named = [options.clone(), vec!["--tls-name=node.example".to_owned()]].concat();
    let text = run([vec!["doctor".to_owned(), address.clone()], named.clone()].concat());
    assert_eq!((text.code, text.stderr.as_str()), (0, ""), "{}", text.stdout);
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert!(lines[1].starts_with("ok    tls           TLS 1.3, TLS_"), "{}", lines[1]);
    assert!(lines[1].contains(", keys exchanged by "), "{}", lines[1]);
    let start = "ok    certificate   CN=rcgen self signed cert, for node.example, issued by \
                 CN=tls-doctor, valid from 1975-01-01T00:00:00Z to 4096-01-01T00:00:00Z, SHA-256 ";
    assert!(lines[2].starts_with(start), "{}", lines[2]);
    assert!(lines[3].starts_with("ok    version       protocol 7"), "{}", lines[3]);

    let (code, tls) = finding(&address, &options, "tls");
    assert_eq!((code, &tls["finding"], &tls["version"]), (0, &json!("ok"), &json!("TLS 1.3")));
    assert!(tls["cipher_suite"].as_str().unwrap().starts_with("TLS_"), "{tls}");
    assert!(tls["key_exchange"].is_string(), "{tls}");
    let (_, certificate) = finding(&address, &options, "certificate");
    for (key, value) in [
        ("subject", json!("CN=rcgen self signed cert")),
        ("issuer", json!("CN=tls-doctor")),
        ("names", json!(["node.example"])),
        ("not_before", json!("1975-01-01T00:00:00Z")),
        ("not_after", json!("4096-01-01T00:00:00Z")),
    ] {
        assert_eq!(certificate[key], value, "{key}");
    }
    assert_eq!(certificate["sha256"].as_str().map(str::len), Some(64));

    // The name is wrong, the CA differs, or there is no TLS.
    let bad = |options: &[String], step: &str, text: &str| {
        let (code, line) = finding(&address, options, step);
        assert_eq!((code, &line["finding"]), (1, &json!("BAD")), "{line}");
        assert!(line["text"].as_str().unwrap().contains(text), "{text}: {line}");
    };
    let other = [options, vec!["--tls-name=other.example".to_owned()]].concat();
    bad(&other, "tls", "is not for `other.example` but for ");
    bad(&self::options("tls-doctor-stranger"), "tls", "its issuer is not in --tls-ca");
    let own = files("tls-doctor-refused")[1].clone();
    bad(&as_options([ca, own]), "tls", "does it accept our certificate (--tls-cert)");
    bad(&[], "connection", " Does it expect TLS (--tls-ca)?");

    let (_listener, clear) = Program::listen(&[]);
    let (code, line) = finding(&clear, &self::options("tls-doctor-clear"), "tls");
    assert_eq!(code, 1);
    let text = "the peer does not use TLS, which is required here; without --tls-ca";
    assert!(line["text"].as_str().unwrap().starts_with(text), "{line}");
}

#[test]
fn doctor_reports_when_a_certificate_expires() {
    let now = SystemTime::now();
    for (days, code, step, finding, text) in [
        (3, 0, "certificate", "note", "; it expires in 2 days: reissue it"),
        (-3, 1, "tls", "BAD", "; reissue it, or set the clock"),
    ] {
        let files = files_with(&format!("tls-expires{days}"), |node| {
            let seconds = Duration::from_secs(3 * 24 * 3600 - 60);
            let at = if days > 0 { now + seconds } else { now - seconds };
            node.not_after = at.into();
        });
        let options = as_options(files);
        let (_listener, address) = Program::listen(&as_str(&options));
        let (ended, line) = self::finding(&address, &options, step);
        assert_eq!((ended, &line["finding"]), (code, &json!(finding)), "{line}");
        assert!(line["text"].as_str().unwrap().ends_with(text), "{line}");
    }
}

fn as_str(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

#[test]
fn errors_in_files_name_the_option() {
    let [ca, own] = files("tls-wrong").map(|file| file.display().to_string());
    let error = |ca: &str, own: &str| {
        let Run { code, stderr, .. } =
            run(["send", "127.0.0.1:1", "e()", "--tls-ca", ca, "--tls-cert", own]);
        assert_eq!(code, 2);
        stderr
    };
    let stderr = error("no.pem", &own);
    assert!(stderr.starts_with("brocomm: --tls-ca no.pem: cannot be read: "), "{stderr}");
    let text = "brocomm: --tls-cert: no private key in PEM (`-----BEGIN PRIVATE KEY-----`); \
                certificate chain and key go into one file\n";
    assert_eq!(error(&ca, &ca), text);
    let Run { code, stderr, .. } = run(["send", "127.0.0.1:1", "e()", "--tls-ca", &ca]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--tls-cert"), "{stderr}");
}

#[test]
fn errors_in_files_name_the_configuration() {
    let [_, own] = files("tls-config");
    let check = |text: &str| {
        let file = scratch("tls-config", "node.toml", text.as_bytes());
        let Run { code, stderr, .. } = run(["config".as_ref(), "check".as_ref(), file.as_os_str()]);
        (code, stderr.replace(&file.display().to_string(), "FILE"))
    };
    let nodes = "[nodes.a]\nhost = '192.0.2.1'\nconnect = true\nssl = true\n";
    let good = "ssl_ca_certificate = 'ca.pem'\nssl_private_key = 'node.pem'\n";
    assert_eq!(check(&format!("{good}{nodes}")), (0, String::new()));
    let swapped = "ssl_ca_certificate = 'node.pem'\nssl_private_key = 'ca.pem'\n";
    let (code, stderr) = check(&format!("{swapped}{nodes}"));
    assert_eq!(code, 2);
    assert!(stderr.starts_with("brocomm: FILE:2:1: "), "{stderr}");
    assert!(stderr.contains("ca.pem: `ssl_private_key`: no private key in PEM"), "{stderr}");
    let missing = good.replace("ca.pem", "none.pem");
    let (code, stderr) = check(&format!("{missing}{nodes}"));
    assert_eq!(code, 2);
    assert!(stderr.starts_with("brocomm: FILE:1:1: ssl_ca_certificate = "), "{stderr}");
    assert!(stderr.contains("none.pem\": cannot be read: "), "{stderr}");
    // Nothing uses TLS, so the files are not read.
    let (code, _) = check(&missing);
    assert_eq!(code, 0);
    drop(own);
}

#[test]
fn a_whole_node_listens_over_tls() {
    let [ca, own] = files("tls-run");
    let text = "listen = true\nlisten_port = 0\nlisten_interface = '127.0.0.1'\nlisten_ssl = true\n\
                ssl_ca_certificate = 'ca.pem'\nssl_private_key = 'node.pem'\n\
                declarations = 'global e: event(n: count);'\n\
                [nodes.a]\nhost = '127.0.0.1'\nevents = 'e'\n";
    let file = scratch("tls-run", "node.toml", text.as_bytes());
    let log = file.with_file_name("communication.log");
    let mut node = Program::start([
        "run".as_ref(),
        file.as_os_str(),
        "--print=json".as_ref(),
        "--log".as_ref(),
        log.as_os_str(),
    ]);
    let parse = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    let listening = parse(node.line_with("\"listening\""));
    let address = listening["address"].as_str().unwrap().to_owned();
    let [ca, own] = [ca, own].map(|file| file.display().to_string());
    let sent = run(["send", &address, "e(7)", "--tls-ca", &ca, "--tls-cert", &own]);
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    let event = parse(node.line_with("\"notification\":\"event\""));
    assert_eq!(event["event"], "e");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("(ssl)") && log.contains("accepted SSL connection"), "{log}");
}

#[test]
fn every_command_that_connects_or_listens_has_the_options() {
    let [ca, own] = files("tls-commands").map(|file| file.display().to_string());
    let variables = scratch("tls-commands", "vars.bro", b"global n = 1 &synchronized;");
    let variables = ["--declarations", variables.to_str().unwrap()];
    let folder = no_folder("tls-commands-logs");
    let peer = "127.0.0.1:1";
    let state = |arguments: &[&'static str]| [&["state"], arguments, &variables].concat();
    let config =
        b"declarations = 'global n = 1 &synchronized; global s: set[count] &synchronized;'\n\
        listen = true\n";
    let config = scratch("tls-commands", "node.toml", config);
    let config = ["--config", config.to_str().unwrap()];
    let change = |arguments: &[&'static str]| [&["state"], arguments, &config].concat();
    let layout = b"[bro]\ntype = standalone\nhost = 127.0.0.1\n";
    let layout = scratch("tls-commands", "node.cfg", layout);
    // The error occurs before connecting: the last file does not exist.
    let tls =
        ["--tls-ca", &ca, "--tls-cert", &own, "--tls-key", &own, "--tls-name", "node.example"];
    for command in [
        vec!["listen", "--on=127.0.0.1:0"],
        vec!["connect", peer],
        vec!["send", peer, "e()"],
        vec!["ping", peer],
        vec!["doctor", peer],
        vec!["bench", peer],
        vec!["bench", "--serve=127.0.0.1:0"],
        vec!["logs", peer, "--write", folder.to_str().unwrap()],
        vec!["tail", peer, "conn"],
        vec!["print", peer],
        vec!["top", peer, "--once"],
        [&["request", peer, "e()", "--answer", "f()"], &variables[..]].concat(),
        vec!["cluster", "check", layout.to_str().unwrap()],
        state(&["get", "127.0.0.1:1"]),
        state(&["set", "127.0.0.1:1", "n", "1"]),
        state(&["watch", "127.0.0.1:1"]),
        change(&["add", "127.0.0.1:1", "s[1]"]),
        change(&["delete", "127.0.0.1:1", "s[1]"]),
        change(&["incr", "127.0.0.1:1", "n"]),
    ] {
        let passphrase = ["--tls-passphrase-file", "no.txt"];
        let run = run([&command[..], &tls, &passphrase].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command:?}");
        let error = "brocomm: --tls-passphrase-file no.txt: cannot be read: ";
        assert!(run.stderr.contains(error), "{command:?}: {}", run.stderr);
    }
}
