//! TLS, as a user asks for it.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::support::{Program, Run, run, scratch};

/// Makes an authority and a node's certificate with its key, for a test of this name; returns their
/// files.
fn files(test: &str) -> [PathBuf; 2] {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, test);
    let key = KeyPair::generate().unwrap();
    let ca = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let node = CertificateParams::new(vec!["node.example".to_owned()]).unwrap();
    let own = node.signed_by(&key, &issuer).unwrap().pem() + &key.serialize_pem();
    [scratch(test, "ca.pem", ca.as_bytes()), scratch(test, "node.pem", own.as_bytes())]
}

fn options(test: &str) -> Vec<String> {
    let [ca, own] = files(test);
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

#[test]
fn who_does_not_use_tls_is_told() {
    let options = options("tls-clear");
    let (listener, address) = listen(&options);
    assert_eq!(run(["send", &address, "e(7)"]).code, 1);
    let Run { code, stderr, .. } = listener.end();
    assert_eq!(code, 1);
    let text = "TLS: the peer speaks the protocol in clear text, TLS is expected, 4§6";
    assert!(stderr.contains(text), "{stderr}");

    let (listener, address) = listen(&[]);
    let send = [vec!["send".to_owned(), address, "e(7)".to_owned()], options].concat();
    assert_eq!(run(send).code, 1);
    let Run { code, stderr, .. } = listener.end();
    assert_eq!(code, 1);
    assert!(stderr.contains("the peer speaks TLS where clear text is expected"), "{stderr}");
}

#[test]
fn another_authority_and_another_name_are_refused() {
    let (_listener, address) = listen(&options("tls-refused"));
    let send = |options: Vec<String>| {
        let Run { code, stderr, .. } =
            run([vec!["send".to_owned(), address.clone(), "e(7)".to_owned()], options].concat());
        assert_eq!(code, 1);
        stderr
    };
    let stderr = send(options("tls-stranger"));
    assert!(stderr.contains("is from no authority among `ssl_ca_certificate`"), "{stderr}");
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_option() {
    let [ca, own] = files("tls-wrong").map(|file| file.display().to_string());
    let error = |ca: &str, own: &str| {
        let Run { code, stderr, .. } =
            run(["send", "127.0.0.1:1", "e()", "--tls-ca", ca, "--tls-cert", own]);
        assert_eq!(code, 1);
        stderr
    };
    let stderr = error("no.pem", &own);
    assert!(stderr.starts_with("brocomm: --tls-ca no.pem: cannot be read: "), "{stderr}");
    let text = "brocomm: --tls-cert: no private key in PEM (`-----BEGIN PRIVATE KEY-----`); \
                certificate chain and key go into one file, 4§6\n";
    assert_eq!(error(&ca, &ca), text);
    let Run { code, stderr, .. } = run(["send", "127.0.0.1:1", "e()", "--tls-ca", &ca]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--tls-cert"), "{stderr}");
}

#[test]
fn a_configuration_names_files() {
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
    assert_eq!(code, 1);
    assert!(stderr.starts_with("brocomm: FILE:2:1: "), "{stderr}");
    assert!(stderr.contains("ca.pem: `ssl_private_key`: no private key in PEM"), "{stderr}");
    let missing = good.replace("ca.pem", "none.pem");
    let (code, stderr) = check(&format!("{missing}{nodes}"));
    assert_eq!(code, 1);
    assert!(stderr.starts_with("brocomm: FILE:1:1: ssl_ca_certificate = "), "{stderr}");
    assert!(stderr.contains("none.pem\": cannot be read: "), "{stderr}");
    // Nobody wants TLS, so nothing is read.
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
    let event = parse(node.line_with("\"event\""));
    assert_eq!(event["name"], "e");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("(ssl)") && log.contains("accepted SSL connection"), "{log}");
}
