//! A server whose client sends arbitrary bytes. The first byte says whether the handshake is done,
//! and how the rest is split.
#![no_main]

use brocomm::Time;
use brocomm_zeek::server::{Notification, Server, ServerConfig};
use libfuzzer_sys::fuzz_target;

const REQUEST: &[u8] = b"GET /v1/messages/json HTTP/1.1\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x02[]";

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let now = Time::from_secs_f64(1e9);
    let mut config = ServerConfig::new("e", "1");
    config.limits.message = 1 << 16;
    let mut server = Server::new(config, now);
    if first & 1 == 1 {
        server.feed_bytes(REQUEST, now);
    }
    for piece in rest.chunks(usize::from(first >> 1).max(1)) {
        while let Some(notification) = server.poll_notification() {
            match notification {
                Notification::Subscribed { .. } => server.acknowledge(now),
                Notification::Event { topic, event } => {
                    let _ = server.publish(&topic, &event, now);
                }
                _ => {}
            }
        }
        server.feed_bytes(piece, now);
    }
    server.feed_eof(now);
    assert!(server.is_over());
});
