//! The peer of the tests by itself, for programs that are run by hand. It prints its address.

#[path = "peer.rs"]
#[allow(dead_code, reason = "it only serves here")]
mod peer;

use std::io::Write;

fn main() {
    let peer = peer::Peer::start();
    let _ = writeln!(std::io::stdout(), "{}", peer.address);
    loop {
        std::thread::park();
    }
}
