//! Errors before a connection is established.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use brocomm::ConfigErrors;
use brocomm::lowlevel::connection::{ConfigError, ConnectionConfig};
use brocomm_std::{Listener, Peer, TransportError};
use brocomm_transport::socket2::SockRef;

use super::*;

pub(crate) fn errors_name_the_address_and_the_cause(stream: Stream) {
    // A port on which nothing listens any longer.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Peer::connect(closed, config(stream), LONG).unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }));
    assert_eq!(error.to_string(), format!("cannot connect to {closed}: connection refused"));

    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr();
    let error = Listener::bind(taken).unwrap_err();
    assert!(matches!(error, TransportError::Bind { .. }));
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on {taken}: address ")), "{text}");

    let error = Peer::connect("127.0.0.1", config(stream), LONG).unwrap_err();
    assert_eq!(error.to_string(), "cannot resolve 127.0.0.1: invalid socket address");

    let error = Peer::connect(taken, config(stream), Duration::ZERO).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {taken}: no answer within 0 s"));
}

pub(crate) fn an_invalid_configuration_is_refused(stream: Stream) {
    let senseless = ConnectionConfig { cache_size: 0, ..config(stream) };
    let errors = ConfigErrors::from(vec![ConfigError::Zero { key: "cache_size" }]);
    let error = Peer::connect("127.0.0.1:1", senseless.clone(), LONG).unwrap_err();
    assert_eq!(error, TransportError::Config(errors.clone()));
    assert_eq!(error.to_string(), "configuration: cache_size: 0, must be at least 1");
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let error = listener.accept(senseless, None).unwrap_err();
    assert_eq!(error, TransportError::Config(errors));
}

pub(crate) fn a_listener_on_ipv6_leaves_the_port_free_for_ipv4(_: Stream) {
    // Not every machine has IPv6.
    let Ok(listener) = Listener::bind("[::]:0") else { return };
    let port = listener.local_addr().port();
    Listener::bind(format!("0.0.0.0:{port}")).unwrap();
}

pub(crate) fn a_peer_that_disconnects_before_it_is_accepted_is_skipped(stream: Stream) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr();
    let gone = TcpStream::connect(address).unwrap();
    // Makes closing the socket send a reset.
    SockRef::from(&gone).set_linger(Some(Duration::ZERO)).unwrap();
    drop(gone);
    let stays = TcpStream::connect(address).unwrap();
    let peer = listener.accept(config(stream), None).unwrap().unwrap();
    assert_eq!(peer.remote_addr(), stays.local_addr().unwrap());
}
