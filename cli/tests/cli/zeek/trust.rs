//! Tests of the verification of servers over TLS.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, SanType};

use super::{folder, stand_in};
use crate::support::{Run, brocomm, run};
use crate::tls::files_with;

/// Starts a server with a certificate. Returns it with its URL.
fn serving(test: &str, own: &str) -> (crate::support::Program, String) {
    let options = ["--zeek-tls-cert", own, "--zeek-tls-key", own];
    let (server, url, _) = stand_in(&folder(test), &options);
    (server, url)
}

fn doctor(url: &str, options: &[&str]) -> Run {
    run([&["doctor", url, "--timeout=5"], options].concat())
}

#[test]
fn a_client_needs_only_the_ca() {
    let address = SanType::IpAddress([127, 0, 0, 1].into());
    let [ca, own] = files_with("zeek-trust", |own| own.subject_alt_names = vec![address]);
    let (ca, own) = (ca.to_str().unwrap(), own.to_str().unwrap());
    let (_server, url) = serving("zeek-trust-server", own);
    let with_ca = ["--tls-ca", ca];
    let Run { code, stdout, stderr } = doctor(&url, &with_ca);
    assert_eq!(code, 0, "{stdout}{stderr}");
    for step in [
        "ok    tls           TLSv1",
        "ok    certificate   ",
        "for 127.0.0.1, issued by CN=zeek-trust",
    ] {
        assert!(stdout.contains(step), "{stdout}");
    }
    assert_eq!(run([&["zeek", "send", &url, "Site::ping(1)"][..], &with_ca].concat()).code, 0);
    // The variable that OpenSSL and curl read works too.
    let mut command = brocomm();
    let output = command.args(["doctor", &url]).env("SSL_CERT_FILE", ca).output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let named = url.replace("127.0.0.1", "localhost");
    let Run { code, stdout, .. } = doctor(&named, &with_ca);
    assert_eq!(code, 1);
    assert!(stdout.contains("BAD   reachable") && stdout.contains("--tls-name NAME"), "{stdout}");
    assert_eq!(doctor(&named, &["--tls-ca", ca, "--tls-name=127.0.0.1"]).code, 0);

    let [other, _] = files_with("zeek-trust-other", |_| {});
    let Run { code, stdout, .. } = doctor(&url, &["--tls-ca", other.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(stdout.contains("--tls-ca FILE"), "{stdout}");
    let Run { code, stderr, .. } = doctor(&url.replace("wss", "ws"), &with_ca);
    assert_eq!(code, 2);
    assert!(stderr.contains("options for TLS need a wss:// address"), "{stderr}");
    // A peer presents a certificate and requests one.
    let Run { code, stderr, .. } = doctor("127.0.0.1:1", &with_ca);
    assert_eq!(code, 2);
    assert!(stderr.contains("--tls-cert FILE is missing"), "{stderr}");
}

/// `openssl req -x509` creates self-signed CAs.
#[test]
fn a_self_signed_certificate_can_be_trusted() {
    let files = |test: &str, is_ca: bool| -> [PathBuf; 2] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().unwrap();
        let folder = folder(test);
        let [cert, own] = ["cert.pem", "own.pem"].map(|name| folder.join(name));
        let pem = params.self_signed(&key).unwrap().pem();
        fs::write(&cert, &pem).unwrap();
        fs::write(&own, pem + &key.serialize_pem()).unwrap();
        [cert, own]
    };
    for is_ca in [true, false] {
        let [cert, own] = files(&format!("zeek-self-{is_ca}"), is_ca);
        let [other, _] = files(&format!("zeek-self-other-{is_ca}"), is_ca);
        let (_server, url) = serving(&format!("zeek-self-server-{is_ca}"), own.to_str().unwrap());
        let ca = ["--tls-ca", cert.to_str().unwrap()];
        let Run { code, stdout, .. } = doctor(&url, &ca);
        assert_eq!(code, 0, "{stdout}");
        let named = [&ca[..], &["--tls-name", "node.example"]].concat();
        assert_eq!(doctor(&url, &named).code, 1, "a certificate for another name");
        assert_eq!(
            doctor(&url, &["--tls-ca", other.to_str().unwrap()]).code,
            1,
            "another certificate"
        );
    }
}
