//! Tests of TLS as set in the configuration file.

use brocomm::lowlevel::connection::ConnectionConfig;

use super::certificates::Authority;
use super::peer::{Peer, usual};
use super::support::Folder;

#[test]
fn the_configuration_decides_about_tls() {
    let folder = Folder::new("tls");
    folder.configure("");
    let Some(program) = folder.compile("tls") else { return };
    let (authority, foreign) = (Authority::new(), Authority::new());
    let write = |name: &str, text: &str| {
        std::fs::write(folder.0.join(name), text).unwrap();
        folder.0.join(name).display().to_string()
    };
    let (ca, own) = authority.pem();
    let (ca, own) = (write("ca.pem", &ca), write("own.pem", &own));
    let (foreign_ca, foreign_own) = foreign.pem();
    let (foreign_ca, foreign_own) =
        (write("other-ca.pem", &foreign_ca), write("other.pem", &foreign_own));

    let secure = Peer::start();
    secure.configure(ConnectionConfig { tls: Some(authority.config()), ..usual() });
    let clear = Peer::start();
    let works = "init 1, again 1, connected 1, echoes 1";
    let refused = "init 1, again 1, connected 0, echoes 0";
    let unusable = "init 0, again 1, connected 0, echoes 0";
    let with = |ca: &str, own: &str| {
        format!("/broccoli/ca_cert {ca}\n/broccoli/host_cert {own}\n/broccoli/host_pass \"x\"\n")
    };
    let without_key = std::fs::read_to_string(&own).unwrap();
    let at = without_key.find("-----BEGIN PRIVATE KEY").unwrap();
    let (certificate, key) = without_key.split_at(at);
    let (certificate, key) = (write("host.pem", certificate), write("host.key", key));
    let apart = with(&ca, &certificate) + &format!("/broccoli/host_key {key}\n");
    for (peer, config, expected) in [
        (&secure, with(&ca, &own), works),
        (&secure, apart, works),
        (&secure, with(&foreign_ca, &own), refused),
        (&secure, with(&ca, &foreign_own), refused),
        (&secure, String::new(), refused),
        (&clear, with(&ca, &own), refused),
        (&clear, with(&ca, &own) + "/broccoli/use_ssl no\n", works),
        (&clear, "/broccoli/use_ssl yes\n".into(), unusable),
        (&clear, with("/nowhere.pem", &own), unusable),
    ] {
        folder.configure(&(config.clone() + "/broccoli/connect_timeout 5\n"));
        let printed = folder.run(&program, &[&peer.address]);
        assert_eq!(printed.lines().next(), Some(expected), "{config}");
    }
}
