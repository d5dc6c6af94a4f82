//! A client whose server sends arbitrary bytes. The first byte says whether the handshake is done,
//! and how the rest is split.
#![no_main]

use brocomm::Time;
use brocomm_zeek::client::{Client, ClientConfig};
use brocomm_zeek::server::{Server, ServerConfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let now = Time::from_secs_f64(1e9);
    let mut config = ClientConfig::new("h", &["/a"]);
    config.limits.message = 1 << 16;
    let mut client = Client::new(config, [0; 24], now).expect("it is valid");
    if first & 1 == 1 {
        let mut server = Server::new(ServerConfig::new("e", "1"), now);
        for _ in 0..3 {
            let sent = client.poll_transmit().to_vec();
            client.advance(sent.len(), now);
            server.feed_bytes(&sent, now);
            while server.poll_notification().is_some() {
                server.acknowledge(now);
            }
            let answered = server.poll_transmit().to_vec();
            server.advance(answered.len(), now);
            client.feed_bytes(&answered, now);
        }
    }
    for piece in rest.chunks(usize::from(first >> 1).max(1)) {
        client.feed_bytes(piece, now);
        while client.poll_notification().is_some() {}
        // The answers are bounded even if nothing is written.
        assert!(client.poll_transmit().len() < (4 << 20));
    }
    client.feed_eof(now);
    assert!(client.is_over());
});
