//! Creates the certificates of the page on TLS, and uses them.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm::event;
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm::tls::TlsConfig;
use brocomm_std::Node;

use crate::pages::pages;
use crate::program::example;
use crate::terminal::Terminal;

#[test]
fn a_sensor_with_the_certificates_of_the_page() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls");
    // May exist from a previous run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be created");
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/operations/tls.md");
    let mut terminal = Terminal::open("certificates", &folder, &folder);
    for (_, commands) in page.expect("the page exists").blocks("sh") {
        terminal.type_in(&commands);
        terminal.finish();
    }

    let read = |file| fs::read(folder.join(file)).expect("the commands of the page create it");
    let tls =
        TlsConfig::from_pem(&read("ca.pem"), &read("manager.pem"), None).expect("it is valid");
    let mut declarations = Declarations::new();
    declarations
        .read("event scan_seen(host: addr, ports: count); event block(host: addr, why: string);")
        .expect("they are valid");
    let here = Ipv4Addr::LOCALHOST.into();
    let sensors = PeerConfig {
        class: Some("sensor".into()),
        events: Some("scan_seen".parse().expect("a valid pattern")),
        ..PeerConfig::new(here)
    };
    let manager = Node::start(NodeConfig {
        options: Options {
            listen: true,
            listen_interface: here,
            listen_port: 0,
            listen_ssl: true,
            tls: Some(tls),
            ..Options::default()
        },
        nodes: vec![("sensors".into(), sensors)],
        declarations: Arc::new(declarations),
    })
    .expect("it is valid");
    let mut notifications = manager.subscribe();

    let mut sensor = None;
    while let Some(notification) = notifications.next(None) {
        match notification {
            Notification::Listening(endpoint) => {
                let mut command = Command::new(example("sensor_tls"));
                command.arg(endpoint.to_string()).args(["ca.pem", "sensor.pem"]);
                let child = command.current_dir(&folder).stdout(Stdio::piped()).spawn();
                sensor = Some(child.expect("cargo has built it"));
            }
            Notification::Event { event, .. } => {
                let host = event.arg::<std::net::IpAddr>(0).expect("it is declared with this type");
                manager.try_raise(event!("block", host, "it scans")).expect("there is room");
            }
            Notification::ConnectionClosed { .. } => break,
            _ => {}
        }
    }
    manager.terminate();
    let output = sensor.expect("it was started").wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "block 10.0.0.1: it scans\n");
}
